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

/* How long past its exp a code's spent entry is kept, in seconds of the floor: the largest S. */
enum { VERIFY_SPENT_S = 120 };

struct voucher {
    uint32_t seal;
    struct bytes token;         /* the received bytes */
    struct token_claims claims; /* audience is a view into token */
    uint32_t issuer;
    bool bound;                /* to our open challenge */
    struct wallclock_time now; /* the reading it was judged by */
};

/*
 * Consumes the token's seal. The statuses in the order in which they are found out; *out is zeroed
 * unless OK, but for REFUSED_EXPIRED, which leaves token, claims and issuer for a look at what the
 * code was given once; without a seal it buys nothing:
 *
 *   FAULT_SEAL          the token does not come from token_parse()
 *   REFUSED_FOREIGN     a receipt is not worth anything
 *   REFUSED_KEYS_STALE  no key set
 *   REFUSED_KEY         no token key has the kid
 *   REFUSED_SIGNATURE   keys that share the kid are all tried, and none made it
 *   REFUSED_CLAIMS      token_claims_read(), or beyond the key's max_scope or max_limit
 *   REFUSED_KEY         issued or expiring outside the key's own life
 *   REFUSED_AUDIENCE    not a prefix of our identity
 *   REFUSED_BINDING     a txh without an open challenge, another one's, or none while one is open
 *   REFUSED_NOT_YET     iat > T + S
 *   REFUSED_EXPIRED     T >= exp + S + grace
 *   REFUSED_KEYS_STALE  the key set is past its exp and the code is worth something, or it is 14
 *                       days past
 *   FAULT_*             an accident; says nothing of the code
 *
 * While the clock is BAD there is no T: then, as always, the floor alone refuses what expired so
 * long ago that the spent set may have dropped it (floor > exp + 120 s), and the key set is judged
 * by the iat of a bound token: no key can vouch for a time beyond its own set's. The voucher
 * carries the reading, and policy_permit() decides what may be done without knowing the time.
 */
MUST_CHECK enum scrip_status verify_token(const struct trust *trust, struct token *token,
                                          struct voucher *out);

#endif
