#include "redeem/policy.h"

#include <string.h>

#include "base/cbor_window.h"
#include "redeem/seal.h"

/* In the order of enum policy_limit: every limit must be there, for none has a safe default. */
static const uint32_t MOST[POLICY_LIMITS] = {
    [POLICY_MAX_VALUE_PER_TOKEN] = UINT32_MAX,
    [POLICY_MAX_OFFLINE_COUNT] = UINT32_MAX,
    [POLICY_MAX_OFFLINE_VALUE] = UINT32_MAX,
    [POLICY_MAX_OFFLINE_S] = UINT32_MAX,
    [POLICY_PER_MEMBER_PER_DAY] = UINT32_MAX,
    [POLICY_RANDOM_ONLINE_PERMILLE] = 1000,
    [POLICY_STORE_TERMINALS] = UINT16_MAX,
    [POLICY_ONLINE_TIMEOUT_MS] = 60000,
    [POLICY_CURRENCY] = 999,
    [POLICY_CURRENCY_EXPONENT] = 4,
    [POLICY_REQUIRE_ONLINE_FIRST] = 1,
    [POLICY_ALLOW_UNKNOWN_TIME] = 1,
    [POLICY_REFUND_OFFLINE] = 1,
    [POLICY_MAX_OFFLINE_COUPONS] = 64,
    [POLICY_MAX_AWARDS] = UINT16_MAX,
    [POLICY_AWARD_WINDOW_S] = 86400,
};
_Static_assert(1 + (POLICY_LIMITS - 1) * (1 + 5) <= CBOR_WINDOW, "a policy is read in one window");

enum scrip_status policy_read(const struct object *object, struct policy *out)
{
    struct cbor_window window;
    struct cbor_reader *in = &window.in;
    uint32_t value[POLICY_LIMITS] = {0};
    int64_t label = CBOR_FIRST;
    size_t pairs;
    memset(out, 0, sizeof *out);
    TRY(cbor_window_open(&window, &object->body));
    if (object->kind != OBJECT_POLICY || !cbor_get_map(in, POLICY_LIMITS - 1, &pairs) ||
        pairs != POLICY_LIMITS - 1)
        return SCRIP_REFUSED_CLAIMS;
    for (int i = 1; i < POLICY_LIMITS; i++)
        if (!cbor_get_key(in, &label) || label != i || !cbor_get_u32(in, &value[i]) ||
            value[i] > MOST[i])
            return SCRIP_REFUSED_CLAIMS;
    if (!cbor_window_done(&window) || value[POLICY_CURRENCY] == 0 ||
        value[POLICY_AWARD_WINDOW_S] == 0)
        return SCRIP_REFUSED_CLAIMS;

    *out = (struct policy){
        .iat_s = object->iat_s,
        .exp_s = object->exp_s,
        .seq = object->seq,
        .max_value_per_token_minor = value[POLICY_MAX_VALUE_PER_TOKEN],
        .max_offline_count = value[POLICY_MAX_OFFLINE_COUNT],
        .max_offline_value_minor = value[POLICY_MAX_OFFLINE_VALUE],
        .max_offline_s = value[POLICY_MAX_OFFLINE_S],
        .per_member_per_day_minor = value[POLICY_PER_MEMBER_PER_DAY],
        .random_online_permille = value[POLICY_RANDOM_ONLINE_PERMILLE],
        .store_terminals = value[POLICY_STORE_TERMINALS],
        .online_timeout_ms = value[POLICY_ONLINE_TIMEOUT_MS],
        .currency = (uint16_t)value[POLICY_CURRENCY],
        .currency_exponent = (uint8_t)value[POLICY_CURRENCY_EXPONENT],
        .require_online_first = value[POLICY_REQUIRE_ONLINE_FIRST] != 0,
        .allow_unknown_time = value[POLICY_ALLOW_UNKNOWN_TIME] != 0,
        .refund_offline = value[POLICY_REFUND_OFFLINE] != 0,
        .max_offline_coupons = value[POLICY_MAX_OFFLINE_COUPONS],
        .max_awards = value[POLICY_MAX_AWARDS],
        .award_window_s = value[POLICY_AWARD_WINDOW_S],
    };
    return SCRIP_OK;
}

/* What the code and the sale alone decide, wherever the answer is given. */
static enum scrip_status value_of(const struct facts *facts, const struct token_claims *claims,
                                  const struct sale *sale, uint32_t *amount_minor)
{
    const struct policy *policy = facts->policy;
    if ((claims->scope & TOKEN_REDEEM_ANY) == 0)
        return SCRIP_REFUSED_SCOPE;
    if (claims->currency != sale->currency ||
        (policy != NULL && policy->currency != sale->currency))
        return SCRIP_REFUSED_CURRENCY;

    uint32_t most_minor = claims->limit_minor < sale->total_minor ? claims->limit_minor
                                                                  : sale->total_minor;
    *amount_minor = sale->wanted_minor != 0 ? sale->wanted_minor : most_minor;
    if (*amount_minor == 0 || *amount_minor > most_minor)
        return SCRIP_REFUSED_AMOUNT;
    return sale->training == ((claims->flags & TOKEN_TRAINING) != 0) ? SCRIP_OK
                                                                     : SCRIP_REFUSED_TRAINING;
}

/* Where no list tells, only the host knows whether a coupon still stands; so many may be wrong. */
static bool coupon_may_be_offline(const struct facts *facts)
{
    const struct policy *policy = facts->policy;
    if (policy == NULL || policy->max_offline_coupons == 0 || facts->coupon == POLICY_COUPON_LOST)
        return false;
    return facts->coupon == POLICY_COUPON_STANDS ||
           facts->unsettled_coupons < policy->max_offline_coupons;
}

/* OK: the terminal may decide alone. */
static enum scrip_status may_be_offline(const struct facts *facts, const struct voucher *voucher,
                                        const struct sale *sale, uint32_t amount_minor)
{
    const struct policy *policy = facts->policy;
    const struct token_claims *claims = &voucher->claims;
    if (sale->mode == SALE_ONLINE_ONLY || (claims->flags & TOKEN_OFFLINE) == 0)
        return SCRIP_REFUSED_ONLINE_ONLY;
    if (claims->has_status && !coupon_may_be_offline(facts))
        return SCRIP_REFUSED_STATUS;
    if (policy == NULL || wallclock_least(&voucher->now) >= policy->exp_s)
        return SCRIP_REFUSED_NO_POLICY;

    bool unknown_time = voucher->now.quality == WALLCLOCK_BAD;
    if (unknown_time && !voucher->bound && !policy->allow_unknown_time)
        return SCRIP_REFUSED_CLOCK;
    if (amount_minor > policy->max_value_per_token_minor)
        return SCRIP_REFUSED_LIMIT_VALUE;
    if (facts->unsettled_count >= policy->max_offline_count)
        return SCRIP_REFUSED_LIMIT_COUNT;
    if (facts->unsettled_minor + amount_minor > policy->max_offline_value_minor)
        return SCRIP_REFUSED_LIMIT_SUM;
    if (voucher->now.signed_age_s > policy->max_offline_s &&
        !(unknown_time && policy->allow_unknown_time))
        return SCRIP_REFUSED_LIMIT_TIME;
    if (facts->member_today_minor + amount_minor > policy->per_member_per_day_minor)
        return SCRIP_REFUSED_LIMIT_MEMBER;
    return SCRIP_OK;
}

/* The share of codes that ask the host grows from the policy's figure to all at the largest value.
 */
static bool is_drawn(const struct facts *facts, const struct voucher *voucher,
                     uint32_t amount_minor)
{
    uint32_t base = facts->policy->random_online_permille;
    uint32_t most_minor = facts->policy->max_value_per_token_minor;
    /* The draw finds a code that was used elsewhere too, which one bound to us cannot be. */
    if (base == 0 || voucher->bound)
        return false;
    if (facts->draw == NULL || amount_minor >= most_minor)
        return true;
    uint64_t share = base + (uint64_t)(1000 - base) * amount_minor / most_minor;
    return bytes_get_u32(facts->draw) % 1000 < share;
}

static enum scrip_status choose(const struct facts *facts, const struct voucher *voucher,
                                const struct sale *sale, struct permit *out)
{
    if (facts->suspended)
        return SCRIP_REFUSED_SUSPENDED;
    if (voucher->claims.has_status && facts->coupon == POLICY_COUPON_REVOKED)
        return SCRIP_REFUSED_REVOKED;
    TRY(value_of(facts, &voucher->claims, sale, &out->amount_minor));
    out->mode = PERMIT_OFFLINE;
    if (sale->training)
        return SCRIP_OK; /* no record, no value: nothing to limit and nobody to ask */
    if (facts->full || facts->capacity == 0)
        return SCRIP_REFUSED_FULL;

    enum scrip_status offline = may_be_offline(facts, voucher, sale, out->amount_minor);
    bool ask = facts->host_ready && sale->mode != SALE_OFFLINE &&
               (offline != SCRIP_OK || facts->policy->require_online_first ||
                is_drawn(facts, voucher, out->amount_minor));
    if (!ask)
        return offline;
    out->mode = PERMIT_ASK;
    out->offline_fallback = offline == SCRIP_OK;
    return SCRIP_OK;
}

enum scrip_status policy_permit(const struct facts *facts, struct voucher *voucher,
                                const struct sale *sale, struct permit *out)
{
    memset(out, 0, sizeof *out);
    TRY(seal_take(&voucher->seal, SEAL_VOUCHER));
    enum scrip_status status = choose(facts, voucher, sale, out);
    if (status != SCRIP_OK) {
        memset(out, 0, sizeof *out);
        return status;
    }
    out->voucher = *voucher;
    out->seal = SEAL_PERMIT;
    return SCRIP_OK;
}

enum scrip_status policy_award(const struct facts *facts, const struct token_claims *claims,
                               const struct wallclock_time *now, const struct sale *sale)
{
    const struct policy *policy = facts->policy;
    if (facts->suspended)
        return SCRIP_REFUSED_SUSPENDED;
    if (claims != NULL && (claims->scope & TOKEN_EARN) == 0)
        return SCRIP_REFUSED_SCOPE;
    if (policy == NULL || wallclock_least(now) >= (uint64_t)policy->exp_s + KEYSET_IDENTIFY_GRACE_S)
        return SCRIP_REFUSED_NO_POLICY;
    if (policy->currency != sale->currency)
        return SCRIP_REFUSED_CURRENCY;
    if (claims != NULL && sale->training != ((claims->flags & TOKEN_TRAINING) != 0))
        return SCRIP_REFUSED_TRAINING;
    if (sale->training)
        return SCRIP_OK;
    if (facts->member_awards >= policy->max_awards)
        return SCRIP_REFUSED_LIMIT_MEMBER;
    return facts->full || facts->capacity == 0 ? SCRIP_REFUSED_FULL : SCRIP_OK;
}
