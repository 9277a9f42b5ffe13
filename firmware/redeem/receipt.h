/*
 * receipt: the terminal's signed statement of a redemption, as the text of a QR code, and its
 * check.
 *
 * Made after the answer has left, from the record alone, so that it can be made again; a reprint
 * may differ in its (randomised) signature.
 * Memory   Views; about 1 KiB of stack. Time: make is one ECDSA signature, verify one verification.
 * Format   SPEC section 8: COSE_Sign1, aad "SCR1".
 */
#ifndef REDEEM_RECEIPT_H
#define REDEEM_RECEIPT_H

#include "redeem/ledger.h"

enum { RECEIPT_LIFETIME_S = 30 * 86400 };

struct receipt {
    struct bytes audience; /* program: the merchant part */
    uint32_t iat_s, exp_s;
    uint32_t seq, random; /* together the receipt's cti, little-endian */
    uint32_t total_minor;
    uint16_t currency;
    uint8_t hash[CRYPTO_HASH_BYTES]; /* rch: binds the sale's lines, see receipt_hash() */
    uint8_t token_cti[TOKEN_ID_BYTES];
    uint32_t amount_minor;
    uint32_t epoch;
};

/* Appends the code's text for a redeem record, transport 'B' or 'D'; nothing else once it does not
 * fit (REFUSED_TOO_LONG). REFUSED_STATE: the record is not a redemption. FAULT_CORRUPT: its token
 * is not one. FAULT_ENTROPY, FAULT_CRYPTO. */
MUST_CHECK enum scrip_status receipt_make(const struct keys *keys, const struct identity *terminal,
                                          const struct record *redeem, char transport,
                                          struct buffer *text);

/* rch = SHA-256("SCRIP/RCH/1" || det-CBOR[terminal kid, epoch, seq, iat, total, currency, lines]).
 */
MUST_CHECK enum scrip_status receipt_hash(const uint8_t kid[COSE_KID_BYTES],
                                          const struct record *redeem,
                                          uint8_t hash[CRYPTO_HASH_BYTES]);

/* Checks a receipt's text against the terminal's public key. REFUSED_FOREIGN: not a receipt.
 * REFUSED_KEY: by another terminal. Other REFUSED_* as for tokens. Time is the caller's to judge.
 * *out views scan->data and is zeroed unless OK. */
MUST_CHECK enum scrip_status receipt_verify(struct bytes code,
                                            const uint8_t point[CRYPTO_POINT_BYTES],
                                            struct scan *scan, struct receipt *out);

#endif
