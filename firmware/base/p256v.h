/*
 * p256v: ECDSA verification over P-256 for keys that are known before the signature comes.
 *
 * A key is prepared once, when it is loaded: its point is checked and eight combinations of it are
 * stored, with which a verification needs 64 doublings instead of 256. All data here are public.
 * The time depends on their values, so nothing secret may ever be handed in: no private key, no
 * nonce, no key agreement. Those stay with base/crypto (THREATS.md, "Variable time").
 *
 * Two files offer these functions, and a program links one of them: p256v.c, and p256v_library.c,
 * which asks base/crypto and is the oracle. Under p256v.c the kernel is p256v_kernel.c, or a
 * processor's own in assembly, which a board.mk names.
 *
 * Memory   No heap, no statics. Stack on a Cortex-M, measured by `make bench-verify`: verify below
 *          1 KiB, prepare below 2 KiB.
 * Threads  Any: nothing is shared.
 * Time     verify: 64 doublings, 107 additions. prepare: 192 doublings. `make bench-verify` counts.
 * Format   SEC 1 version 2.0, section 4.1.4; FIPS 186-5; points as in SEC 1, section 2.3.3.
 */
#ifndef BASE_P256V_H
#define BASE_P256V_H

#include <stdint.h>

#include "hal/status.h"

enum {
    P256V_POINT_BYTES = 65, /* 04 x y, big-endian */
    P256V_HASH_BYTES = 32,
    P256V_SIGNATURE_BYTES = 64, /* r || s, big-endian */
    P256V_WORDS = 8,
    P256V_TEETH = 4, /* of a key's comb; they stand P256V_SPACING bits apart */
    P256V_SPACING = 64,
    P256V_ENTRIES = 1 << (P256V_TEETH - 1)
};

/* Coordinates in Montgomery form, least significant word first. */
struct p256v_affine {
    uint32_t x[P256V_WORDS], y[P256V_WORDS];
};

/* A prepared key: 512 bytes, to be kept as safe from change as the key itself. */
struct p256v_table {
    struct p256v_affine entry[P256V_ENTRIES];
};

/* REFUSED_KEY: not an uncompressed point of the curve with both coordinates below p; *table is then
 * zeroed. FAULT_*: only from the library. */
MUST_CHECK enum scrip_status p256v_prepare(const uint8_t point[P256V_POINT_BYTES],
                                           struct p256v_table *table);

/* REFUSED_SIGNATURE: not made by the key over this hash, or r or s is not in [1, n - 1].
 * FAULT_SEAL: the table was never prepared (it is zeroed, or no table at all). FAULT_*: only from
 * the library; says nothing of the signature. */
MUST_CHECK enum scrip_status p256v_verify(const struct p256v_table *table,
                                          const uint8_t hash[P256V_HASH_BYTES],
                                          const uint8_t signature[P256V_SIGNATURE_BYTES]);

#endif
