/*
 * hal_scanner: one scanned code at a time, as the bytes that the device sent, its line end removed.
 */
#ifndef HAL_SCANNER_H
#define HAL_SCANNER_H

#include <stddef.h>

#include "hal/status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hal_scanner {
    void *context;
    /* OK: one code of *len bytes, *len <= cap. AGAIN: none. REFUSED_TOO_LONG: a code longer than
     * cap was dropped whole. FAULT_DEVICE: unplugged; it is looked for again at the next call. */
    enum scrip_status (*read)(void *context, void *data, size_t cap, size_t *len);
};

#ifdef __cplusplus
}
#endif

#endif
