/*
 * challenge: what the terminal shows so that the customer's app answers with a token for this very
 * sale: 16 random bytes and the sale's hash, as the text of a QR code.
 *
 * A challenge is not signed: it gives nothing, and who changes it gets a token that this terminal
 * refuses. It lives in RAM only, with the sale it was shown for, so that a sale that has changed
 * since can be told by the field.
 *
 * Time     Linear; one hash.
 * Format   SPEC section 4: SCC, then det-CBOR [aud, nonce, txh, total, currency].
 */
#ifndef REDEEM_CHALLENGE_H
#define REDEEM_CHALLENGE_H

#include "redeem/bind.h"

enum { CHALLENGE_BYTES = 96, CHALLENGE_CHARS = 4 + (CHALLENGE_BYTES + 1) / 2 * 3 };

/* A fresh nonce and the sale's hash under it; shown_up_ms is the uptime now. FAULT_ENTROPY,
 * FAULT_CRYPTO. */
MUST_CHECK enum scrip_status challenge_make(const struct identity *terminal, uint32_t epoch,
                                            const struct sale *sale, uint64_t shown_up_ms,
                                            struct challenge *out);

/* What a customer's app reads of it. */
struct challenge_code {
    struct bytes audience; /* a terminal's whole name, inside data */
    uint8_t nonce[TOKEN_ID_BYTES], txh[TOKEN_ID_BYTES];
    uint32_t total_minor;
    uint16_t currency;
    uint8_t data[CHALLENGE_BYTES];
};

/* Appends the text. */
void challenge_write(const struct challenge *challenge, const struct identity *terminal,
                     const struct sale *sale, struct buffer *text);

/* Reads the text, transport B only. REFUSED_FOREIGN: no challenge. REFUSED_LENGTH, _LAYOUT, _TEXT:
 * as scan_decode(). REFUSED_SHAPE: not those five items, or no terminal's name. *out is zeroed
 * unless OK. For the answering side. */
MUST_CHECK enum scrip_status challenge_read(struct bytes text, struct challenge_code *out);

/* The name of the first field in which the sale is another one than was shown; NULL: the same. */
const char *challenge_difference(const struct sale *shown, const struct sale *sale);

#endif
