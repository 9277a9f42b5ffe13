/*
 * hal_keystore: a few small secrets outside the journal's medium, each replaced atomically.
 */
#ifndef HAL_KEYSTORE_H
#define HAL_KEYSTORE_H

#include <stddef.h>
#include <stdint.h>

#include "hal/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum hal_key_slot {
    HAL_KEY_DEVICE,    /* K_device, 32 bytes */
    HAL_KEY_SIGNING_A, /* the terminal's P-256 private scalar, 32 bytes; two slots for renewal */
    HAL_KEY_SIGNING_B,
    HAL_KEY_STATE, /* format_id, epoch, active signing slot: at most 64 bytes, see store/keys.h */
    HAL_KEY_SLOTS
};

struct hal_keystore {
    void *context;

    /* OK: *len bytes, at most cap. REFUSED_NOT_FOUND: the slot was never written. FAULT_KEYSTORE:
     * unreadable, too long for cap, damaged or readable by others; it says which in the log. */
    enum scrip_status (*read)(void *context, enum hal_key_slot slot, void *data, size_t cap,
                              size_t *len);

    /* Replaces the slot, durable on return; a cut leaves the old or the new value, never a mixture.
     */
    enum scrip_status (*write)(void *context, enum hal_key_slot slot, const void *data, size_t len);

    /* A monotonic counter, where the board has one; else both are NULL. advance() is durable on
     * return and never goes back. */
    enum scrip_status (*counter_read)(void *context, uint32_t *value);
    enum scrip_status (*counter_advance)(void *context, uint32_t value);
};

#ifdef __cplusplus
}
#endif

#endif
