/*
 * allow: the terminals that may speak, one file each: terminals/<SPKI SHA-256 in hex>.
 *
 * Lines: terminal=MERCHANT.STORE.TERMINAL, epoch=N, first_prev=HEX of 16 bytes, suspended=1
 * (optional); comments begin with #. Deleting the file revokes the terminal with its next request:
 * the file is read for each.
 */
#ifndef TOOLS_HOST_ALLOW_H
#define TOOLS_HOST_ALLOW_H

#include "base/identity.h"
#include "redeem/record.h"

struct allow {
    struct identity terminal;
    uint32_t epoch;
    uint8_t first_prev[RECORD_LINK_BYTES];
    bool suspended;
};

/* REFUSED_NOT_FOUND: not on the list. REFUSED_ARGUMENT: its file is damaged, and logged; nobody is
 * let in by it. *out is zeroed unless OK. */
MUST_CHECK enum scrip_status allow_read(const char *pki_dir, const uint8_t spki[CRYPTO_HASH_BYTES],
                                        struct allow *out);

#endif
