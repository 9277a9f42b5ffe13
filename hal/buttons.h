/*
 * hal_buttons: what the cashier, or a supervisor with a key for it, presses at the terminal itself.
 */
#ifndef HAL_BUTTONS_H
#define HAL_BUTTONS_H

#include "hal/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum hal_button {
    HAL_BUTTON_CONFIRM,   /* the customer has read the code on the display */
    HAL_BUTTON_CANCEL,    /* undo the sale that waits for a scan or the host; where none does, print
                             the receipt that the customer cannot read off the display */
    HAL_BUTTON_SUPERVISOR /* try the host now */
};

struct hal_buttons {
    void *context;
    /* OK: a press, debounced, each told once however late it is asked for. AGAIN: none. */
    enum scrip_status (*read)(void *context, enum hal_button *button);
};

#ifdef __cplusplus
}
#endif

#endif
