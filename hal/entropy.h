/*
 * hal_entropy: random bytes from a source that an attacker cannot predict.
 */
#ifndef HAL_ENTROPY_H
#define HAL_ENTROPY_H

#include <stddef.h>

#include "hal/status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hal_entropy {
    void *context;
    /* Fills len bytes (at most 256 a call) of full entropy. FAULT_ENTROPY: the source failed or its
     * health test did; data is undefined and must not be used. No entropy, no keys. */
    enum scrip_status (*read)(void *context, void *data, size_t len);
};

#ifdef __cplusplus
}
#endif

#endif
