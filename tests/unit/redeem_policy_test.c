/* policy: each limit at its border, who decides, and the object's form. */
#include "redeem/policy.h"
#include "base/cbor.h"
#include "redeem/seal.h"
#include "tests/check.h"
#include "tests/support/issuer.h"

static struct policy policy;
static struct facts facts;
static struct voucher voucher;
static struct sale sale;
static struct permit permit;
static uint8_t draw[8];

/* A sale of 20.00 euro, a code worth 5.00, far from every limit, the host out of reach. */
static void reset(void)
{
    policy = (struct policy){.iat_s = TEST_NOW_S - 86400,
                             .exp_s = TEST_NOW_S + 86400,
                             .seq = 1,
                             .max_value_per_token_minor = 1000,
                             .max_offline_count = 500,
                             .max_offline_value_minor = 100000,
                             .max_offline_s = 86400,
                             .per_member_per_day_minor = 2000,
                             .store_terminals = 1,
                             .online_timeout_ms = 800,
                             .currency = TEST_CURRENCY,
                             .currency_exponent = 2,
                             .max_awards = 3,
                             .award_window_s = 3600};
    facts = (struct facts){.policy = &policy, .capacity = 100, .draw = draw};
    voucher = (struct voucher){
        .seal = SEAL_VOUCHER,
        .claims = test_claims(1),
        .issuer = TEST_ISSUER,
        .now = {.t_s = TEST_NOW_S, .quality = WALLCLOCK_GOOD, .signed_age_s = 60},
    };
    memset(&sale, 0, sizeof sale);
    memcpy(sale.sale_id, "POS1", 4);
    sale.total_minor = 2000;
    sale.currency = TEST_CURRENCY;
    memset(draw, 0xFF, sizeof draw);
}

static enum scrip_status decide(void)
{
    static const struct permit zero;
    struct voucher copy = voucher;
    enum scrip_status status = policy_permit(&facts, &copy, &sale, &permit);
    CHECK_EQ_INT(copy.seal, 0);
    if (status == SCRIP_OK)
        CHECK(permit.seal == SEAL_PERMIT && permit.voucher.seal == 0);
    else
        CHECK_EQ_BYTES(&permit, &zero, sizeof permit);
    return status;
}

static void check_mode(enum permit_mode mode, bool fallback)
{
    CHECK_STATUS(decide(), SCRIP_OK);
    CHECK_EQ_INT(permit.mode, mode);
    CHECK_EQ_INT(permit.offline_fallback, fallback);
}

static void test_value(void)
{
    reset();
    check_mode(PERMIT_OFFLINE, false);
    CHECK_EQ_INT(permit.amount_minor, 500);
    sale.total_minor = 300; /* never above the sale */
    CHECK_STATUS(decide(), SCRIP_OK);
    CHECK_EQ_INT(permit.amount_minor, 300);
    sale.wanted_minor = 120;
    CHECK_STATUS(decide(), SCRIP_OK);
    CHECK_EQ_INT(permit.amount_minor, 120);

    sale.wanted_minor = 301;
    CHECK_STATUS(decide(), SCRIP_REFUSED_AMOUNT);
    sale.total_minor = 2000;
    sale.wanted_minor = 500;
    CHECK_STATUS(decide(), SCRIP_OK);
    sale.wanted_minor = 501;
    CHECK_STATUS(decide(), SCRIP_REFUSED_AMOUNT);
    sale.wanted_minor = 0;
    sale.total_minor = 0;
    CHECK_STATUS(decide(), SCRIP_REFUSED_AMOUNT);
    reset();
    voucher.claims.limit_minor = 0;
    CHECK_STATUS(decide(), SCRIP_REFUSED_AMOUNT);
}

static void test_seals(void)
{
    reset();
    CHECK_STATUS(policy_permit(&facts, &voucher, &sale, &permit), SCRIP_OK);
    CHECK_STATUS(policy_permit(&facts, &voucher, &sale, &permit), SCRIP_FAULT_SEAL);
    CHECK_EQ_INT(permit.seal, 0);
    voucher.seal = SEAL_TOKEN;
    CHECK_STATUS(policy_permit(&facts, &voucher, &sale, &permit), SCRIP_FAULT_SEAL);
}

/* These hold whoever would decide. */
static void test_what_nobody_may_permit(void)
{
    for (int host_ready = 0; host_ready < 2; host_ready++) {
        reset();
        facts.host_ready = host_ready != 0;
        voucher.claims.scope = TOKEN_IDENTIFY | TOKEN_EARN;
        CHECK_STATUS(decide(), SCRIP_REFUSED_SCOPE);
        reset();
        facts.host_ready = host_ready != 0;
        sale.currency = 840;
        CHECK_STATUS(decide(), SCRIP_REFUSED_CURRENCY);
        voucher.claims.currency = 840; /* both agree, but the terminal counts in euro */
        CHECK_STATUS(decide(), SCRIP_REFUSED_CURRENCY);
        reset();
        facts.host_ready = host_ready != 0;
        facts.suspended = true;
        CHECK_STATUS(decide(), SCRIP_REFUSED_SUSPENDED);
        reset();
        facts.host_ready = host_ready != 0;
        facts.full = true;
        CHECK_STATUS(decide(), SCRIP_REFUSED_FULL);
        facts.full = false;
        facts.capacity = 0;
        CHECK_STATUS(decide(), SCRIP_REFUSED_FULL);
    }
}

static void test_training(void)
{
    reset();
    sale.training = true;
    CHECK_STATUS(decide(), SCRIP_REFUSED_TRAINING);
    voucher.claims.flags |= TOKEN_TRAINING;
    facts.host_ready = policy.require_online_first = true;
    facts.full = true;
    facts.unsettled_count = 500;
    check_mode(PERMIT_OFFLINE, false);
    sale.training = false;
    CHECK_STATUS(decide(), SCRIP_REFUSED_TRAINING);
}

/* Why the terminal may not decide alone. Each refuses while the host is out of reach, or when the
 * supervisor wants no host; and is the host's to decide, without fallback, while it can be asked.
 */
static void check_needs_host(enum scrip_status status)
{
    CHECK_STATUS(decide(), status);
    facts.host_ready = true;
    check_mode(PERMIT_ASK, false);
    if (sale.mode == SALE_ANY) {
        sale.mode = SALE_OFFLINE;
        CHECK_STATUS(decide(), status);
    }
}

static void test_online_only(void)
{
    reset();
    voucher.claims.flags = 0; /* offline is not allowed */
    check_needs_host(SCRIP_REFUSED_ONLINE_ONLY);
    reset();
    voucher.claims.flags = TOKEN_ONLINE_ONLY;
    check_needs_host(SCRIP_REFUSED_ONLINE_ONLY);
    reset();
    sale.mode = SALE_ONLINE_ONLY;
    check_needs_host(SCRIP_REFUSED_ONLINE_ONLY);
    reset();
    voucher.claims.has_status = true;
    check_needs_host(SCRIP_REFUSED_STATUS);
    reset();
    policy.max_offline_coupons = 2;
    facts.unsettled_coupons = 1;
    voucher.claims.has_status = true;
    check_mode(PERMIT_OFFLINE, false);
    facts.unsettled_coupons = 2;
    check_needs_host(SCRIP_REFUSED_STATUS);
}

/* What the status list here says, against what the policy lets go unasked. */
static void test_coupons_with_a_list(void)
{
    reset();
    policy.max_offline_coupons = 1;
    facts.unsettled_coupons = 1;
    voucher.claims.has_status = true;
    facts.coupon = POLICY_COUPON_STANDS;
    check_mode(PERMIT_OFFLINE, false);
    facts.coupon = POLICY_COUPON_LOST;
    check_needs_host(SCRIP_REFUSED_STATUS);
    facts.host_ready = false;
    facts.unsettled_coupons = 0;
    CHECK_STATUS(decide(), SCRIP_REFUSED_STATUS);
    /* Nothing offline: not even one that stands. */
    reset();
    policy.max_offline_coupons = 0;
    voucher.claims.has_status = true;
    facts.coupon = POLICY_COUPON_STANDS;
    check_needs_host(SCRIP_REFUSED_STATUS);
    /* Revoked is revoked, whoever could be asked. */
    for (int ready = 0; ready < 2; ready++) {
        reset();
        policy.max_offline_coupons = 64;
        voucher.claims.has_status = true;
        facts.coupon = POLICY_COUPON_REVOKED;
        facts.host_ready = ready != 0;
        CHECK_STATUS(decide(), SCRIP_REFUSED_REVOKED);
    }
    /* It is nothing to a code that is no coupon. */
    voucher.claims.has_status = false;
    CHECK_STATUS(decide(), SCRIP_OK);
}

static void test_policy_missing_or_expired(void)
{
    reset();
    facts.policy = NULL;
    check_needs_host(SCRIP_REFUSED_NO_POLICY);
    reset();
    policy.exp_s = TEST_NOW_S + 1;
    CHECK_STATUS(decide(), SCRIP_OK);
    policy.exp_s = TEST_NOW_S;
    check_needs_host(SCRIP_REFUSED_NO_POLICY);
}

static void test_unknown_time(void)
{
    reset();
    voucher.now.quality = WALLCLOCK_BAD;
    check_needs_host(SCRIP_REFUSED_CLOCK);
    reset();
    voucher.now.quality = WALLCLOCK_BAD;
    voucher.bound = true;
    check_mode(PERMIT_OFFLINE, false);
    voucher.now.signed_age_s = UINT32_MAX;
    CHECK_STATUS(decide(), SCRIP_REFUSED_LIMIT_TIME);
    voucher.bound = false;
    policy.allow_unknown_time = true;
    check_mode(PERMIT_OFFLINE, false);
}

static void test_each_offline_limit(void)
{
    reset();
    policy.max_value_per_token_minor = 500;
    CHECK_STATUS(decide(), SCRIP_OK);
    policy.max_value_per_token_minor = 499;
    check_needs_host(SCRIP_REFUSED_LIMIT_VALUE);

    reset();
    facts.unsettled_count = 499;
    CHECK_STATUS(decide(), SCRIP_OK);
    facts.unsettled_count = 500;
    check_needs_host(SCRIP_REFUSED_LIMIT_COUNT);

    reset();
    facts.unsettled_minor = 99500;
    CHECK_STATUS(decide(), SCRIP_OK);
    facts.unsettled_minor = 99501;
    check_needs_host(SCRIP_REFUSED_LIMIT_SUM);

    reset();
    voucher.now.signed_age_s = 86400;
    CHECK_STATUS(decide(), SCRIP_OK);
    voucher.now.signed_age_s = 86401;
    check_needs_host(SCRIP_REFUSED_LIMIT_TIME);

    reset();
    facts.member_today_minor = 1500;
    CHECK_STATUS(decide(), SCRIP_OK);
    facts.member_today_minor = 1501;
    check_needs_host(SCRIP_REFUSED_LIMIT_MEMBER);
}

static void test_sums_do_not_wrap(void)
{
    reset();
    policy.max_offline_value_minor = UINT32_MAX;
    policy.per_member_per_day_minor = UINT32_MAX;
    facts.unsettled_minor = UINT32_MAX;
    CHECK_STATUS(decide(), SCRIP_REFUSED_LIMIT_SUM);
    facts.unsettled_minor = 0;
    facts.member_today_minor = UINT32_MAX;
    CHECK_STATUS(decide(), SCRIP_REFUSED_LIMIT_MEMBER);
}

static void test_host_first(void)
{
    reset();
    facts.host_ready = true;
    check_mode(PERMIT_OFFLINE, false);
    policy.require_online_first = true;
    check_mode(PERMIT_ASK, true);
    facts.host_ready = false;
    check_mode(PERMIT_OFFLINE, false);
    facts.host_ready = true;
    sale.mode = SALE_OFFLINE;
    check_mode(PERMIT_OFFLINE, false);
}

/* How many of a thousand draws ask the host. */
static unsigned asked_of_thousand(void)
{
    unsigned asked = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        bytes_put_u32(draw, i);
        CHECK_STATUS(decide(), SCRIP_OK);
        asked += permit.mode == PERMIT_ASK && permit.offline_fallback;
    }
    return asked;
}

static void test_a_share_asks_the_host(void)
{
    reset();
    facts.host_ready = true;
    CHECK_EQ_INT(asked_of_thousand(), 0);
    policy.random_online_permille = 100;
    CHECK_EQ_INT(asked_of_thousand(), 100 + 450); /* half of the largest value */
    sale.wanted_minor = 100;
    CHECK_EQ_INT(asked_of_thousand(), 100 + 90);
    sale.wanted_minor = 0;
    voucher.claims.limit_minor = 1000;
    CHECK_EQ_INT(asked_of_thousand(), 1000);
    voucher.claims.limit_minor = 1;
    facts.draw = NULL; /* no draw can be made: rather ask */
    check_mode(PERMIT_ASK, true);
    facts.host_ready = false;
    check_mode(PERMIT_OFFLINE, false);
}

static enum scrip_status read_body(struct bytes body, struct policy *out)
{
    const struct object object = {
        .kind = OBJECT_POLICY, .iat_s = 5, .exp_s = 6, .seq = 7, .body = span_of(body)};
    return policy_read(&object, out);
}

static void test_written_and_read_back(void)
{
    uint8_t memory[200];
    struct buffer body = buffer_of(memory, sizeof memory);
    struct policy out;
    reset();
    policy.random_online_permille = 1000;
    policy.refund_offline = true;
    policy_write(&policy, &body);
    CHECK(!body.overflow);
    CHECK_STATUS(read_body(buffer_bytes(&body), &out), SCRIP_OK);
    CHECK(out.iat_s == 5 && out.exp_s == 6 && out.seq == 7);
    CHECK(out.refund_offline && !out.require_online_first && !out.allow_unknown_time);
    uint8_t again_memory[200];
    struct buffer again = buffer_of(again_memory, sizeof again_memory);
    policy_write(&out, &again);
    CHECK(bytes_equal(buffer_bytes(&again), buffer_bytes(&body)));

    for (size_t len = 0; len < body.len; len++)
        CHECK_STATUS(read_body(bytes_of(memory, len), &out), SCRIP_REFUSED_CLAIMS);
    memory[body.len] = 0;
    CHECK_STATUS(read_body(bytes_of(memory, body.len + 1), &out), SCRIP_REFUSED_CLAIMS);
    const struct object foreign = {.kind = OBJECT_KEYS, .body = span_of(buffer_bytes(&body))};
    CHECK_STATUS(policy_read(&foreign, &out), SCRIP_REFUSED_CLAIMS);
}

#define BROKEN(...)                                                                                \
    do {                                                                                           \
        uint8_t memory[200];                                                                       \
        struct buffer body = buffer_of(memory, sizeof memory);                                     \
        struct policy out;                                                                         \
        reset();                                                                                   \
        __VA_ARGS__;                                                                               \
        policy_write(&policy, &body);                                                              \
        CHECK_STATUS(read_body(buffer_bytes(&body), &out), SCRIP_REFUSED_CLAIMS);                  \
        CHECK(out.exp_s == 0 && out.currency == 0);                                                \
    } while (0)

static void test_values_out_of_range(void)
{
    BROKEN(policy.random_online_permille = 1001);
    BROKEN(policy.store_terminals = 65536);
    BROKEN(policy.online_timeout_ms = 60001);
    BROKEN(policy.currency = 0);
    BROKEN(policy.currency = 1000);
    BROKEN(policy.currency_exponent = 5);
    BROKEN(policy.max_awards = 65536);
    BROKEN(policy.award_window_s = 0);
    BROKEN(policy.award_window_s = 86401);
}

static enum scrip_status award(void)
{
    return policy_award(&facts, &voucher.claims, &voucher.now, &sale);
}

static enum scrip_status award_raw(void)
{
    return policy_award(&facts, NULL, &voucher.now, &sale);
}

/* What an award is worth the host decides; what is counted here is how many. */
static void test_awards(void)
{
    reset();
    voucher.claims.scope = TOKEN_EARN;
    CHECK_STATUS(award(), SCRIP_OK);
    CHECK_STATUS(award_raw(), SCRIP_OK);
    facts.member_awards = 2;
    CHECK_STATUS(award(), SCRIP_OK);
    facts.member_awards = 3;
    CHECK_STATUS(award(), SCRIP_REFUSED_LIMIT_MEMBER);
    CHECK_STATUS(award_raw(), SCRIP_REFUSED_LIMIT_MEMBER);
    facts.member_awards = 0;
    policy.max_awards = 0;
    CHECK_STATUS(award_raw(), SCRIP_REFUSED_LIMIT_MEMBER);
    reset();
    voucher.claims.scope = TOKEN_IDENTIFY | TOKEN_REDEEM_VALUE;
    CHECK_STATUS(award(), SCRIP_REFUSED_SCOPE);
    voucher.claims.scope = TOKEN_EARN;
    sale.currency++;
    CHECK_STATUS(award(), SCRIP_REFUSED_CURRENCY);
    CHECK_STATUS(award_raw(), SCRIP_REFUSED_CURRENCY);
    sale.currency--;
    sale.training = true;
    CHECK_STATUS(award(), SCRIP_REFUSED_TRAINING);
    CHECK_STATUS(award_raw(), SCRIP_OK);
    voucher.claims.flags = TOKEN_TRAINING;
    facts.full = true;
    CHECK_STATUS(award(), SCRIP_OK);
    sale.training = false;
    CHECK_STATUS(award(), SCRIP_REFUSED_TRAINING);
    CHECK_STATUS(award_raw(), SCRIP_REFUSED_FULL);
    facts.full = false;
    facts.capacity = 0;
    CHECK_STATUS(award_raw(), SCRIP_REFUSED_FULL);
    facts.suspended = true;
    CHECK_STATUS(award_raw(), SCRIP_REFUSED_SUSPENDED);
}

static void test_awards_go_on_behind_the_policy(void)
{
    reset();
    voucher.now.t_s = policy.exp_s + KEYSET_IDENTIFY_GRACE_S - 1;
    CHECK_STATUS(award_raw(), SCRIP_OK);
    voucher.now.t_s++;
    CHECK_STATUS(award_raw(), SCRIP_REFUSED_NO_POLICY);
    /* Time that is not known well enough is still known to be over. */
    voucher.now.quality = WALLCLOCK_BAD;
    voucher.now.source = WALLCLOCK_RTC;
    voucher.now.unc_s = 300;
    CHECK_STATUS(award_raw(), SCRIP_OK);
    voucher.now.t_s += 300;
    CHECK_STATUS(award_raw(), SCRIP_REFUSED_NO_POLICY);
    facts.policy = NULL;
    voucher.now.t_s = TEST_NOW_S;
    CHECK_STATUS(award_raw(), SCRIP_REFUSED_NO_POLICY);
}

static void test_every_limit_is_required_and_no_other(void)
{
    for (unsigned missing = 1; missing <= POLICY_LIMITS; missing++) {
        uint8_t memory[200];
        struct buffer body = buffer_of(memory, sizeof memory);
        struct policy out;
        cbor_put_map(&body, POLICY_LIMITS - 1);
        for (unsigned i = 1; i <= POLICY_LIMITS; i++) {
            if (i == missing)
                continue;
            cbor_put_uint(&body, i);
            cbor_put_uint(&body, 1);
        }
        CHECK_STATUS(read_body(buffer_bytes(&body), &out),
                     missing == POLICY_LIMITS ? SCRIP_OK : SCRIP_REFUSED_CLAIMS);
    }
}

int main(void)
{
    CHECK_RUN(test_value);
    CHECK_RUN(test_seals);
    CHECK_RUN(test_what_nobody_may_permit);
    CHECK_RUN(test_training);
    CHECK_RUN(test_online_only);
    CHECK_RUN(test_coupons_with_a_list);
    CHECK_RUN(test_policy_missing_or_expired);
    CHECK_RUN(test_unknown_time);
    CHECK_RUN(test_each_offline_limit);
    CHECK_RUN(test_sums_do_not_wrap);
    CHECK_RUN(test_host_first);
    CHECK_RUN(test_a_share_asks_the_host);
    CHECK_RUN(test_awards);
    CHECK_RUN(test_awards_go_on_behind_the_policy);
    CHECK_RUN(test_written_and_read_back);
    CHECK_RUN(test_values_out_of_range);
    CHECK_RUN(test_every_limit_is_required_and_no_other);
    return check_done();
}
