/*
 * vault: opens what terminals have sealed, and gives the member a name. The identifier itself is in
 * memory while it is opened, and nowhere else: what is kept is the name and its epoch.
 *
 *   vault.key       the key that terminals seal for, PEM
 *   vault/epoch-N   as `scrip vault` makes it: the epoch's key, 32 bytes, then its probe
 *
 * Epochs may be added while the host runs. A host does without a vault, too: seals then stay closed
 * until it is started with one.
 *
 * Threads  The handler's thread only.
 * Format   SPEC section 15.
 */
#ifndef TOOLS_HOST_VAULT_H
#define TOOLS_HOST_VAULT_H

#include "redeem/member.h"

enum { VAULT_DIR = 512 };

struct vault {
    char dir[VAULT_DIR];
    struct crypto_key key;
    uint32_t epoch; /* the newest */
    uint8_t epoch_key[CRYPTO_HASH_BYTES];
};

/* Reads the key and the newest epoch, or logs what is wrong. The cryptographic library must be
 * open. */
MUST_CHECK enum scrip_status vault_open(struct vault *vault, const char *dir);
void vault_close(struct vault *vault);

/* The name, in the newest epoch, of whoever was sealed under *context. FAULT_CORRUPT: not for this
 * key, terminal, sale and time. REFUSED_SHAPE: opened, but not the form. */
MUST_CHECK enum scrip_status vault_name(struct vault *vault, const struct member_context *context,
                                        struct bytes sealed, uint8_t name[MEMBER_TAG_BYTES],
                                        uint32_t *epoch);

#endif
