/*
 * receipt: the terminal's signed statement of a redemption, as the text of a QR code, and its
 * check.
 *
 * Made after the answer has left, from the record alone, so that it can be made again; a reprint
 * may differ in its (randomised) signature.
 * Format   SPEC section 8: COSE_Sign1, aad "SCR1".
 */
#ifndef REDEEM_RECEIPT_H
#define REDEEM_RECEIPT_H

#include "redeem/ledger.h"

struct receipt {
    struct bytes audience; /* program: the merchant part */
    uint32_t iat_s, exp_s;
    uint32_t seq, random; /* together the receipt's cti */
    uint32_t total_minor;
    uint16_t currency;
    uint8_t hash[CRYPTO_HASH_BYTES]; /* rch */
    uint8_t token_cti[TOKEN_ID_BYTES];
    uint32_t amount_minor;
    uint32_t epoch;
};

/* The code's text for a redeem record, transport 'B' or 'D'. REFUSED_STATE: the record is not a
 * redemption. */
MUST_CHECK enum scrip_status receipt_make(const struct keys *keys, const struct identity *terminal,
                                          const struct record *redeem, char transport,
                                          struct buffer *text);

/* Checks a receipt's text against the terminal's public key. REFUSED_* as for tokens; *out views
 * scan->data. */
MUST_CHECK enum scrip_status receipt_verify(struct bytes code,
                                            const uint8_t point[CRYPTO_POINT_BYTES],
                                            struct scan *scan, struct receipt *out);

#endif
