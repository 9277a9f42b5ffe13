/*
 * policy: may this voucher be worth something for this sale, how much, and who decides?
 *
 * Pure: facts in, answer out. The limits come from the signed policy object, the sums from the
 * ledger.
 *
 * Format   SPEC section 7. body of the object = {limit number: value...}, numbers as in enum
 *          policy_limit.
 */
#ifndef REDEEM_POLICY_H
#define REDEEM_POLICY_H

#include "base/limits.h"
#include "base/object.h"
#include "redeem/verify.h"

struct policy {
    uint32_t iat_s, exp_s, seq;
    uint32_t max_value_per_token_minor;
    uint32_t max_offline_count;
    uint32_t max_offline_value_minor;
    uint32_t max_offline_s; /* since the last time signed by the host */
    uint32_t per_member_per_day_minor;
    uint32_t random_online_permille;
    uint32_t store_terminals; /* terminals that one audience reaches offline: k */
    uint32_t online_timeout_ms;
    uint16_t currency;         /* the terminal's one currency, ISO 4217 numeric */
    uint8_t currency_exponent; /* digits behind the point */
    bool require_online_first; /* ask the host whenever a session is open */
    bool allow_unknown_time;
    bool refund_offline;
    uint32_t max_offline_coupons; /* unsettled, for one whose status no list here tells; 0: ask */
    uint32_t max_awards;          /* that one member is given within award_window_s, here */
    uint32_t award_window_s;
};

/* The numbers of the limits in the body. All are required, each an unsigned integer and a yes or no
 * 1 or 0: a limit left out has no safe default. UINT32_MAX is as good as none. */
enum policy_limit {
    POLICY_MAX_VALUE_PER_TOKEN = 1,
    POLICY_MAX_OFFLINE_COUNT,
    POLICY_MAX_OFFLINE_VALUE,
    POLICY_MAX_OFFLINE_S,
    POLICY_PER_MEMBER_PER_DAY,
    POLICY_RANDOM_ONLINE_PERMILLE, /* at most 1000; 0: off */
    POLICY_STORE_TERMINALS,
    POLICY_ONLINE_TIMEOUT_MS, /* at most 60,000 */
    POLICY_CURRENCY,
    POLICY_CURRENCY_EXPONENT, /* at most 4 */
    POLICY_REQUIRE_ONLINE_FIRST,
    POLICY_ALLOW_UNKNOWN_TIME,
    POLICY_REFUND_OFFLINE,
    POLICY_MAX_OFFLINE_COUPONS, /* at most 64 */
    POLICY_MAX_AWARDS,          /* at most 65,535; 0: none */
    POLICY_AWARD_WINDOW_S,      /* 1 to 86,400: what counts is forgotten at midnight all the same */
    POLICY_LIMITS
};

/* Reads a verified object. REFUSED_CLAIMS: another kind of object, a limit missing, unknown or out
 * of range; *out is zeroed unless OK. FAULT_*: the store's. */
MUST_CHECK enum scrip_status policy_read(const struct object *object, struct policy *out);
/* Writes the body (issuing side; policy_write.c). */
void policy_write(const struct policy *policy, struct buffer *out);

enum { SALE_DIGEST_BYTES = 8 };

/* What the till tells of the sale. Ids are as the till gave them, bounded, NUL-terminated. */
struct sale {
    char sale_id[LIMIT_SALE_ID + 1];
    char service_id[LIMIT_SERVICE_ID + 1];
    char transaction_id[LIMIT_TRANSACTION_ID + 1];
    uint32_t total_minor;
    uint32_t wanted_minor; /* LoyaltyAmount; 0: the code's limit */
    uint16_t currency;
    uint16_t operator_number;
    uint16_t shift;
    bool training;
    bool award;                       /* it is to be noted for a member, not reduced by a code */
    uint8_t mode;                     /* enum sale_mode */
    uint8_t lines[CRYPTO_HASH_BYTES]; /* sale_lines_finish() */
    uint8_t txh[TOKEN_ID_BYTES]; /* bind_txh() under the open challenge's nonce; zero: none open */
    uint8_t digest[SALE_DIGEST_BYTES]; /* sale_digest() of the till's request */
};

enum sale_mode { SALE_ANY, SALE_ONLINE_ONLY, SALE_OFFLINE /* a supervisor's choice */ };

/* What the terminal's status list says of a coupon. */
enum policy_coupon {
    POLICY_COUPON_UNKNOWN, /* no fresh list here names it */
    POLICY_COUPON_STANDS,
    POLICY_COUPON_REVOKED,
    POLICY_COUPON_LOST /* the list that was its gate here is gone: only the host can tell */
};

struct facts {
    const struct policy *policy; /* NULL: none */
    bool host_ready;             /* a session is open and the breaker closed */
    bool suspended;
    bool full;                /* the journal or the spent set has no room */
    uint32_t unsettled_count; /* approved here, not acknowledged by the host */
    uint64_t unsettled_minor;
    enum policy_coupon coupon;   /* where this voucher is one */
    uint32_t unsettled_coupons;  /* of these; counted where this one is UNKNOWN */
    uint32_t capacity;           /* records that still fit */
    uint64_t member_today_minor; /* of this voucher's member */
    uint32_t member_awards;      /* in the window, before this one */
    const uint8_t *draw; /* 8 bytes, ledger_draw(); NULL: none, which asks where one is wanted */
};

enum permit_mode { PERMIT_OFFLINE = 1, PERMIT_ASK };

struct permit {
    uint32_t seal;
    enum permit_mode mode;
    bool offline_fallback; /* PERMIT_ASK: may become offline when the host does not answer in time
                            */
    uint32_t amount_minor; /* what it is worth for this sale */
    struct voucher voucher;
};

/*
 * Consumes the voucher's seal; *out is zeroed unless OK. In this order:
 *
 *   REFUSED_SUSPENDED     by the host
 *   REFUSED_REVOKED       a coupon that its list no longer lets stand, also where the host could be
 *                         asked
 *   REFUSED_SCOPE         the code redeems nothing
 *   REFUSED_CURRENCY      the code's, the sale's and the policy's are not one
 *   REFUSED_AMOUNT        the value is wanted_minor or else the code's limit up to the total; it is
 *                         refused when zero or above either. All or nothing: a wanted value is
 * never cut down
 *   REFUSED_TRAINING      exactly one of sale and code is training. When both are, that is all: no
 *                         limit counts and nobody is asked, for nothing will be recorded
 *   REFUSED_FULL          no room for the record, also not for one that asks
 *
 * Then why the terminal may not decide alone: REFUSED_ONLINE_ONLY (the sale or the code wants the
 * host), REFUSED_STATUS (a coupon where max_offline_coupons is 0, one whose list is gone, or one
 * that no list here tells of beyond max_offline_coupons), REFUSED_NO_POLICY (none, or past its
 * exp), REFUSED_CLOCK (time is unknown, the code not bound to our challenge, and the policy does
 * not allow it), REFUSED_LIMIT_VALUE, _COUNT, _SUM, _TIME, _MEMBER. While host_ready, such a sale
 * becomes PERMIT_ASK without fallback instead, unless its mode is SALE_OFFLINE. One that the
 * terminal may decide becomes PERMIT_ASK with fallback when the policy wants the host first or the
 * draw says so, else PERMIT_OFFLINE. A code that is bound to our challenge reaches one terminal
 * only, k = 1, and is never drawn.
 *
 * TOKEN_STAFF_CHECK changes nothing here: what the cashier must look at is the agent's to show.
 */
MUST_CHECK enum scrip_status policy_permit(const struct facts *facts, struct voucher *voucher,
                                           const struct sale *sale, struct permit *out);

/*
 * May a sale be noted for a member? claims: of a verified code, or NULL for a raw identifier, which
 * proves nothing of who stands there: so it earns, and never redeems. Nothing is given away here:
 * what an award is worth the host decides. Needs no host, and goes on for KEYSET_IDENTIFY_GRACE_S
 * behind the policy's exp. REFUSED_SUSPENDED, _SCOPE, _NO_POLICY, _CURRENCY, _TRAINING,
 * _LIMIT_MEMBER (max_awards are given in this window), _FULL.
 */
MUST_CHECK enum scrip_status policy_award(const struct facts *facts,
                                          const struct token_claims *claims,
                                          const struct wallclock_time *now,
                                          const struct sale *sale);

#endif
