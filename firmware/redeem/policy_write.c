#include "base/cbor.h"
#include "redeem/policy.h"

void policy_write(const struct policy *policy, struct buffer *out)
{
    const uint32_t value[POLICY_LIMITS] = {
        [POLICY_MAX_VALUE_PER_TOKEN] = policy->max_value_per_token_minor,
        [POLICY_MAX_OFFLINE_COUNT] = policy->max_offline_count,
        [POLICY_MAX_OFFLINE_VALUE] = policy->max_offline_value_minor,
        [POLICY_MAX_OFFLINE_S] = policy->max_offline_s,
        [POLICY_PER_MEMBER_PER_DAY] = policy->per_member_per_day_minor,
        [POLICY_RANDOM_ONLINE_PERMILLE] = policy->random_online_permille,
        [POLICY_STORE_TERMINALS] = policy->store_terminals,
        [POLICY_ONLINE_TIMEOUT_MS] = policy->online_timeout_ms,
        [POLICY_CURRENCY] = policy->currency,
        [POLICY_CURRENCY_EXPONENT] = policy->currency_exponent,
        [POLICY_REQUIRE_ONLINE_FIRST] = policy->require_online_first,
        [POLICY_ALLOW_UNKNOWN_TIME] = policy->allow_unknown_time,
        [POLICY_REFUND_OFFLINE] = policy->refund_offline,
        [POLICY_MAX_OFFLINE_COUPONS] = policy->max_offline_coupons,
        [POLICY_MAX_AWARDS] = policy->max_awards,
        [POLICY_AWARD_WINDOW_S] = policy->award_window_s,
    };
    cbor_put_map(out, POLICY_LIMITS - 1);
    for (unsigned i = 1; i < POLICY_LIMITS; i++) {
        cbor_put_uint(out, i);
        cbor_put_uint(out, value[i]);
    }
}
