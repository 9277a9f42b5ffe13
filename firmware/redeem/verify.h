/*
 * verify: from a token to a voucher: signature, claims, audience, binding and time, in this order.
 *
 * The only maker of vouchers. What a caller believes comes in as one struct trust; nothing here
 * reads a clock or a store. The host uses the same function on the token inside every record.
 *
 * Time     One ECDSA verification for each key that shares the kid (at most LIMIT_KEYS); all else
 *          linear.
 * Format   SPEC sections 2 to 5.
 */
#ifndef REDEEM_VERIFY_H
#define REDEEM_VERIFY_H

#include "base/identity.h"
#include "base/wallclock.h"
#include "redeem/keyset.h"
#include "redeem/token.h"

/* A challenge that the terminal shows: open until answered or withdrawn. */
struct challenge {
    uint8_t nonce[TOKEN_ID_BYTES];
    uint8_t txh[TOKEN_ID_BYTES];
    uint64_t shown_up_ms;
};

struct trust {
    const struct keyset *keys; /* NULL: none loaded: REFUSED_KEYS_STALE */
    const struct identity *identity;
    struct wallclock_time now;         /* one reading for the whole transaction */
    const struct challenge *challenge; /* NULL: none is open */
    uint32_t exp_grace_s;              /* the host's extra tolerance behind exp; 0 on a terminal */
};

struct voucher {
    uint32_t seal;
    struct bytes token;         /* the received bytes */
    struct token_claims claims; /* audience is a view into token */
    uint32_t issuer;
    bool bound;                /* to our open challenge */
    struct wallclock_time now; /* the reading it was judged by */
};

/* Consumes the token's seal. One REFUSED_* per class, FAULT_* for accidents; *out is zeroed unless
 * OK. */
MUST_CHECK enum scrip_status verify_token(const struct trust *trust, struct token *token,
                                          struct voucher *out);

#endif
