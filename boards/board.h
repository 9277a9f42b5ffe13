/*
 * board: what each folder under boards/ provides, and the only way an image gets its hardware.
 */
#ifndef BOARDS_BOARD_H
#define BOARDS_BOARD_H

#include <stdint.h>

#include "hal/hal.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Brings the hardware up and answers its devices, valid for ever. argc and argv are the process's
 * on boards that have them, else 0 and NULL. FAULT_*: what failed was logged and the image must
 * stop.
 */
MUST_CHECK enum scrip_status board_open(int argc, char **argv, const struct hal **hal);

/* Waits for an event or at most timeout_ms, whichever comes first; feeds the watchdog. False: the
 * image was asked to end. */
MUST_CHECK int board_wait(uint32_t timeout_ms);

#ifdef __cplusplus
}
#endif

#endif
