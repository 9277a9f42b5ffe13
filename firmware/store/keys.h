/*
 * keys: the terminal's secrets: made here, kept in the hal_keystore, never exported.
 *
 * K_device (32 bytes) is the root of every symmetric key, by HKDF with a label. The signing key is
 * a P-256 key in one of two slots, so that a renewal can be tried before it replaces the old.
 * State: format_id (names the journal's medium) and epoch.
 *
 * Memory   The caller owns struct keys. Threads: owner task only.
 */
#ifndef STORE_KEYS_H
#define STORE_KEYS_H

#include "base/crypto.h"
#include "hal/keystore.h"

struct keys {
    const struct hal_keystore *store;
    uint8_t device[32];
    struct crypto_key signing[2]; /* id 0: slot empty */
    uint8_t active;               /* 0 or 1 */
    uint32_t format_id;           /* random; names the medium that belongs to this keystore */
    uint32_t epoch;               /* 0: not enrolled */
    uint8_t first_prev[16];       /* the chain's start in this epoch, from enrolment */
};

/* Opens the keystore; at the very first boot makes K_device, format_id and a signing key.
 * FAULT_KEYSTORE: a slot is unreadable or half there (never silently remade: the journal could not
 * be read any more). FAULT_ENTROPY. */
MUST_CHECK enum scrip_status keys_open(struct keys *keys, const struct hal_keystore *store);

/* Wipes and closes. */
void keys_close(struct keys *keys);

/* HKDF(K_device, info = label || parts). label such as "journal", "spent", "blob". */
MUST_CHECK enum scrip_status keys_derive(const struct keys *keys, const char *label,
                                         struct bytes context, uint8_t *out, size_t out_len);

/* Begins an epoch: durable on return. A new medium gets a new format_id. */
MUST_CHECK enum scrip_status keys_set_epoch(struct keys *keys, uint32_t epoch,
                                            const uint8_t first_prev[16], bool new_medium);

/* Makes a signing key in the slot that is not active; activate makes it the active one. Each
 * durable on return. */
MUST_CHECK enum scrip_status keys_renew(struct keys *keys);
MUST_CHECK enum scrip_status keys_activate_renewed(struct keys *keys);

/* The active signing key and its public point and kid. */
MUST_CHECK enum scrip_status keys_signing(const struct keys *keys, struct crypto_key *key,
                                          uint8_t point[CRYPTO_POINT_BYTES], uint8_t kid[8]);

#endif
