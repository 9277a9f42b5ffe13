/*
 * A terminal's clock is moved, back and forward, by a second to ten years, at each step of its
 * life. Whatever it reads: a used code stays used, time never falls below the floor, and the host's
 * word sets it right again.
 */
#include "redeem/challenge.h"

#include "agent/agent.h"
#include "tests/check.h"
#include "tests/support/terminal.h"

static struct test_terminal terminal;
static struct scrip_answer answer;

static const int64_t shifts_s[] = {1,         59,          3600,          86400, 3 * 86400 + 1,
                                   7 * 86400, 365 * 86400, 3650LL * 86400};
enum { SHIFTS = sizeof shifts_s / sizeof *shifts_s, MAX_OFFLINE_S = 3 * 86400 };

/* At which step the clock is moved. */
enum step { RUNNING, OFF_BEFORE_A_SALE, OFF_AFTER_A_SALE, OFF_AFTER_A_REVERSE, STEPS };

static struct agent *agent(void)
{
    return agent_of(&terminal.scrip);
}

static struct wallclock_time now(void)
{
    struct wallclock_time time;
    wallclock_read(&agent()->clock, &time);
    return time;
}

static enum scrip_status redeem(const struct token_claims *claims, unsigned number)
{
    uint8_t text[LIMIT_CODE_CHARS];
    struct scrip_sale sale = test_sale(number);
    struct bytes code = test_code(&terminal.issuer, claims, 'B', text);
    return scrip_redeem(&terminal.scrip, (const char *)code.data, code.len, &sale, &answer);
}

static void move(int64_t by_s)
{
    terminal.rtc.unix_s = (uint32_t)((int64_t)terminal.rtc.unix_s + by_s);
}

/* What holds after any restart. */
static void check_restart(int64_t by_s)
{
    uint32_t floor_s = agent()->ledger.floor_s;
    CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
    struct wallclock_time time = now();
    CHECK(time.floor_s >= floor_s);
    CHECK(time.t_s >= time.floor_s);
    CHECK(time.quality != WALLCLOCK_GOOD);
    if (by_s > MAX_OFFLINE_S || by_s < -MAX_OFFLINE_S)
        CHECK_EQ_INT(time.quality, WALLCLOCK_BAD);
}

static void live(enum step step, int64_t by_s)
{
    struct token_claims used = test_claims(1), fresh = test_claims(2);

    test_terminal_open(&terminal);
    if (step == OFF_BEFORE_A_SALE) {
        move(by_s);
        check_restart(by_s);
        move(-by_s);
        check_restart(0);
    }
    CHECK_STATUS(redeem(&used, 1), SCRIP_OK);
    if (step == OFF_AFTER_A_REVERSE) {
        struct scrip_sale sale = test_sale(20), first = test_sale(1);
        struct scrip_ref ref = {.sale_id = first.sale_id, .service_id = first.service_id};
        CHECK_STATUS(scrip_reverse(&terminal.scrip, &ref, &sale, &answer), SCRIP_OK);
    }
    struct wallclock_time before = now();
    move(by_s);
    if (step == OFF_AFTER_A_REVERSE) {
        check_restart(by_s);
        /* It is free again, and worth something once: by its time or not at all. */
        enum scrip_status status = redeem(&used, 3);
        CHECK(status == SCRIP_OK || scrip_is_refused(status));
        CHECK(now().quality != WALLCLOCK_BAD || status == SCRIP_REFUSED_CLOCK);
        CHECK_EQ_INT(agent()->ledger.unsettled_count, status == SCRIP_OK);
        if (status != SCRIP_OK)
            CHECK(redeem(&fresh, 4) != SCRIP_OK);
    } else if (step == RUNNING) {
        /* The RTC is read at the start only. */
        struct wallclock_time after = now();
        CHECK_EQ_INT(after.t_s, before.t_s);
        CHECK_EQ_INT(after.floor_s, before.floor_s);
        CHECK_STATUS(redeem(&fresh, 2), SCRIP_OK);
    } else {
        check_restart(by_s);
        CHECK(redeem(&used, 3) != SCRIP_OK);
        /* Without a clock that can be believed a code redeems nothing here. */
        if (now().quality == WALLCLOCK_BAD)
            CHECK_STATUS(redeem(&fresh, 4), SCRIP_REFUSED_CLOCK);
    }
    /* The host's word, over our nonce: right again, whatever it was. */
    CHECK_STATUS(wallclock_set_host(&agent()->clock, TEST_NOW_S + 5, agent_up_ms(agent())),
                 SCRIP_OK);
    CHECK_EQ_INT(now().t_s, TEST_NOW_S + 5);
    CHECK_EQ_INT(now().quality, WALLCLOCK_GOOD);
    if (step != OFF_AFTER_A_REVERSE || agent()->ledger.unsettled_count == 1)
        CHECK_STATUS(redeem(&used, 5), SCRIP_REFUSED_USED);
    struct token_claims last = test_claims(3);
    CHECK_STATUS(redeem(&last, 6), SCRIP_OK);
    test_terminal_free(&terminal);
}

static void test_moved_clocks(void)
{
    for (int step = 0; step < STEPS; step++)
        for (size_t i = 0; i < SHIFTS; i++) {
            live((enum step)step, shifts_s[i]);
            live((enum step)step, -shifts_s[i]);
        }
}

static char shown[SCRIP_CHALLENGE_CHARS];

static enum scrip_status challenge(unsigned number)
{
    struct scrip_sale sale = test_sale(number);
    return scrip_challenge(&terminal.scrip, &sale, shown, sizeof shown, &answer);
}

/* A token for what is shown, issued at the true time. */
static struct token_claims answering(uint8_t number)
{
    struct token_claims claims = test_claims(number);
    static struct challenge_code code;
    CHECK_STATUS(challenge_read(bytes_text(shown), &code), SCRIP_OK);
    claims.audience = code.audience;
    claims.has_txh = claims.has_nonce = true;
    memcpy(claims.txh, code.txh, sizeof claims.txh);
    memcpy(claims.nonce, code.nonce, sizeof claims.nonce);
    return claims;
}

/* Off while a challenge is open. The restart takes it back; where the clock is not believed any
 * more, the answer to a new one redeems and tells the time, which the floor does not follow. */
static void test_moved_while_a_challenge_is_open(void)
{
    for (size_t i = 0; i < 2 * SHIFTS; i++) {
        int64_t by_s = i % 2 == 0 ? shifts_s[i / 2] : -shifts_s[i / 2];
        test_terminal_open(&terminal);
        CHECK_STATUS(challenge(1), SCRIP_OK);
        struct token_claims old = answering(1);
        move(by_s);
        check_restart(by_s);
        bool unknown = now().quality == WALLCLOCK_BAD;
        uint32_t floor_s = now().floor_s;
        CHECK_STATUS(redeem(&old, 1), SCRIP_REFUSED_BINDING);
        CHECK_STATUS(challenge(2), SCRIP_OK);
        struct token_claims answered = answering(2);
        enum scrip_status status = redeem(&answered, 2);
        if (unknown) {
            CHECK_STATUS(status, SCRIP_OK);
            CHECK_EQ_INT(now().t_s, answered.iat_s);
            CHECK_EQ_INT(now().source, WALLCLOCK_CHALLENGE);
            CHECK_EQ_INT(now().floor_s, floor_s);
        } else {
            CHECK(now().source != WALLCLOCK_CHALLENGE);
        }
        CHECK_EQ_INT(agent()->ledger.unsettled_count, status == SCRIP_OK);
        test_terminal_free(&terminal);
    }
}

/* The clock stands for days below the floor: the code expired, was used, and is not revived. */
static void test_a_clock_set_back_revives_nothing(void)
{
    struct token_claims used = test_claims(1);

    test_terminal_open(&terminal);
    CHECK_STATUS(redeem(&used, 1), SCRIP_OK);
    /* An hour later the host is heard: the floor rises, and the entry of the code may go. */
    sim_rtc_advance(&terminal.rtc, 3600 * 1000);
    CHECK_STATUS(wallclock_set_host(&agent()->clock, TEST_NOW_S + 3600, agent_up_ms(agent())),
                 SCRIP_OK);
    test_terminal_settle(&terminal);
    uint32_t seq;
    CHECK(!ledger_is_spent(&agent()->ledger, TEST_ISSUER, used.cti, &seq));
    for (size_t i = 0; i < SHIFTS; i++) {
        terminal.rtc.unix_s = TEST_NOW_S - (uint32_t)shifts_s[i];
        terminal.rtc.uptime_ms = 0;
        CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
        CHECK_EQ_INT(now().quality, WALLCLOCK_BAD);
        CHECK_EQ_INT(now().floor_s, TEST_NOW_S + 3600);
        CHECK_STATUS(redeem(&used, (unsigned)(10 + i)), SCRIP_REFUSED_EXPIRED);
    }
    test_terminal_free(&terminal);
}

static void dated(uint32_t iat_s)
{
    terminal.issuer.keys.iat_s = iat_s;
    terminal.issuer.keys.exp_s = iat_s + 7 * 86400;
    terminal.issuer.keys.key[0].nbf_s = TEST_NOW_S - 86400;
    terminal.issuer.keys.key[0].sign_until_s = UINT32_MAX;
    terminal.issuer.keys.key[0].verify_until_s = UINT32_MAX;
}

/* A root that believes it is 2035 does not shut the host's time out, with an RTC and without. */
static void test_a_key_set_from_2035(void)
{
    for (int with_rtc = 0; with_rtc < 2; with_rtc++) {
        test_terminal_make(&terminal);
        if (!with_rtc)
            terminal.rtc.hal.kind = HAL_RTC_NONE;
        dated(2051222400);
        CHECK_STATUS(test_terminal_enroll(&terminal, 1), SCRIP_OK);
        CHECK_EQ_INT(now().quality, WALLCLOCK_BAD);
        CHECK(now().floor_s < TEST_NOW_S);
        CHECK_EQ_INT(now().signed_age_s, UINT32_MAX);
        struct token_claims claims = test_claims(1);
        CHECK(redeem(&claims, 1) != SCRIP_OK);
        CHECK_STATUS(wallclock_set_host(&agent()->clock, TEST_NOW_S, agent_up_ms(agent())),
                     SCRIP_OK);
        CHECK_STATUS(redeem(&claims, 2), SCRIP_OK);
        CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
        CHECK(now().floor_s <= TEST_NOW_S);
        test_terminal_free(&terminal);
    }
}

int main(void)
{
    CHECK_RUN(test_moved_clocks);
    CHECK_RUN(test_moved_while_a_challenge_is_open);
    CHECK_RUN(test_a_clock_set_back_revives_nothing);
    CHECK_RUN(test_a_key_set_from_2035);
    return check_done();
}
