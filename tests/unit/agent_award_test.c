/* Sales that are noted for a member: by a code and by a raw identifier, what is left of that, how
 * often, and for how long behind the key set's end. */
#include "agent/agent.h"
#include "tests/check.h"
#include "tests/support/terminal.h"

enum { GRACE_S = KEYSET_IDENTIFY_GRACE_S };

static struct test_terminal terminal;
static struct crypto_key vault;
static struct scrip_answer answer;

static struct agent *agent(void)
{
    return agent_of(&terminal.scrip);
}

/* The newest vault key of a key set that ends at exp_s; the policy ends with it. */
static void open_until(uint32_t exp_s)
{
    test_terminal_make(&terminal);
    (void)test_terminal_vault(&terminal, &vault);
    struct keyset *keys = &terminal.issuer.keys;
    for (size_t i = 0; i < keys->count; i++)
        keys->key[i].sign_until_s = keys->key[i].verify_until_s = UINT32_MAX;
    if (exp_s != 0)
        keys->exp_s = exp_s;
    CHECK_STATUS(test_terminal_enroll(&terminal, 1), SCRIP_OK);
}

static void open_terminal(void)
{
    open_until(0);
}

static void close_terminal(void)
{
    crypto_key_close(&vault);
    test_terminal_free(&terminal);
}

static enum scrip_status award_raw(enum scrip_member_kind kind, const char *text, unsigned number)
{
    struct scrip_sale sale = test_sale(number);
    return scrip_award(&terminal.scrip, kind, text, strlen(text), &sale, &answer);
}

static enum scrip_status award(const struct token_claims *claims, unsigned number)
{
    uint8_t text[LIMIT_CODE_CHARS];
    struct scrip_sale sale = test_sale(number);
    struct bytes code = test_code(&terminal.issuer, claims, 'B', text);
    return scrip_award(&terminal.scrip, SCRIP_MEMBER_CODE, (const char *)code.data, code.len, &sale,
                       &answer);
}

static enum scrip_status redeem(const struct token_claims *claims, unsigned number)
{
    uint8_t text[LIMIT_CODE_CHARS];
    struct scrip_sale sale = test_sale(number);
    struct bytes code = test_code(&terminal.issuer, claims, 'B', text);
    return scrip_redeem(&terminal.scrip, (const char *)code.data, code.len, &sale, &answer);
}

/* A member's own code, which earns; `member` tells two apart. */
static struct token_claims earner(uint8_t member)
{
    struct token_claims claims = test_claims(member);
    claims.scope = TOKEN_EARN | TOKEN_IDENTIFY;
    claims.has_limit = false;
    claims.limit_minor = 0;
    claims.currency = 0;
    memset(claims.member, member, sizeof claims.member);
    return claims;
}

/* What a vault makes of the record at seq. */
static enum scrip_status open_seal(uint32_t seq, struct member_id *id)
{
    struct record record;

    TRY(ledger_record(&agent()->ledger, seq, &record));
    return test_award_open(vault, &record, id);
}

static void test_a_raw_identifier_is_recorded_as_its_seal(void)
{
    struct member_id id = {.len = 0};

    open_terminal();
    CHECK_STATUS(award_raw(SCRIP_MEMBER_PHONE, "+49 30 123-45678", 1), SCRIP_OK);
    CHECK(answer.award && answer.sealed && !answer.online);
    CHECK_EQ_INT(answer.amount_minor, 0);
    CHECK_EQ_STRING(answer.line1, "Points will follow");
    CHECK_EQ_STRING(answer.line2, "Will sync");
    CHECK_EQ_STRING(answer.detail, "");
    CHECK_EQ_INT(answer.seq, 1);
    CHECK(answer.reference[0] != '\0');
    CHECK_STATUS(open_seal(1, &id), SCRIP_OK);
    CHECK_EQ_INT(id.kind, MEMBER_PHONE);
    CHECK(bytes_equal(bytes_of(id.data, id.len), bytes_text("+493012345678")));
    CHECK_EQ_INT(agent()->ledger.unsettled_count, 0);
    close_terminal();
}

/* The digest is in the flash: from it nobody finds a number by trying. */
static void test_a_digest_does_not_tell_who(void)
{
    struct record record;
    uint8_t digest[SALE_DIGEST_BYTES];

    open_terminal();
    CHECK_STATUS(award_raw(SCRIP_MEMBER_NUMBER, "AB12", 1), SCRIP_OK);
    CHECK_STATUS(ledger_record(&agent()->ledger, 1, &record), SCRIP_OK);
    memcpy(digest, record.digest, sizeof digest);
    test_terminal_free(&terminal);
    crypto_key_close(&vault);
    open_terminal();
    CHECK_STATUS(award_raw(SCRIP_MEMBER_NUMBER, "CD34", 1), SCRIP_OK);
    CHECK_STATUS(ledger_record(&agent()->ledger, 1, &record), SCRIP_OK);
    CHECK_EQ_BYTES(record.digest, digest, sizeof digest);
    close_terminal();
}

static void test_the_same_request_is_noted_once(void)
{
    struct scrip_ref ref = {.sale_id = "TILL1", .service_id = "S1"};
    struct token_claims claims = earner(1), value = test_claims(9);

    open_terminal();
    CHECK_STATUS(award_raw(SCRIP_MEMBER_NUMBER, "AB12", 1), SCRIP_OK);
    for (int restart = 0; restart < 2; restart++) {
        CHECK_STATUS(award_raw(SCRIP_MEMBER_NUMBER, "AB12", 1), SCRIP_OK);
        CHECK(answer.award && answer.sealed && answer.seq == 1);
        CHECK_STATUS(scrip_result(&terminal.scrip, &ref, &answer), SCRIP_OK);
        CHECK(answer.award && answer.sealed);
        /* Under the same number: another kind, a code, or a redemption. */
        CHECK_STATUS(award_raw(SCRIP_MEMBER_GTIN, "4006381333931", 1), SCRIP_REFUSED_DUPLICATE);
        CHECK_STATUS(award(&claims, 1), SCRIP_REFUSED_DUPLICATE);
        CHECK_STATUS(redeem(&value, 1), SCRIP_REFUSED_DUPLICATE);
        CHECK_EQ_INT(agent()->ledger.head_seq, 1);
        CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
    }
    close_terminal();
}

/* The record has the very bytes that were scanned: the host verifies them again. */
static void check_token(uint32_t seq, const struct token_claims *claims)
{
    struct record record;
    struct cose message;
    struct token_claims read;

    CHECK_STATUS(ledger_record(&agent()->ledger, seq, &record), SCRIP_OK);
    CHECK_EQ_INT(record.issuer, TEST_ISSUER);
    CHECK_STATUS(cose_parse(record.token, &message), SCRIP_OK);
    CHECK_STATUS(cose_verify(&message, "SCT1", terminal.issuer.keys.key[0].point), SCRIP_OK);
    CHECK_STATUS(token_claims_read(message.payload, &read), SCRIP_OK);
    CHECK_EQ_BYTES(read.cti, claims->cti, sizeof read.cti);
}

static void test_a_code_earns_and_is_not_spent(void)
{
    struct token_claims claims = earner(1);

    open_terminal();
    CHECK_STATUS(award(&claims, 1), SCRIP_OK);
    CHECK(answer.award && !answer.sealed);
    check_token(1, &claims);
    CHECK_STATUS(award(&claims, 2), SCRIP_OK);
    CHECK_EQ_INT(agent()->ledger.spent_count, 0);
    claims.scope = TOKEN_EARN | TOKEN_REDEEM_VALUE;
    claims.has_limit = true;
    claims.limit_minor = 500;
    claims.currency = TEST_CURRENCY;
    CHECK_STATUS(award(&claims, 3), SCRIP_OK);
    CHECK_STATUS(redeem(&claims, 4), SCRIP_OK);
    CHECK_EQ_INT(answer.amount_minor, 500);
    claims = test_claims(5);
    CHECK_STATUS(award(&claims, 5), SCRIP_REFUSED_SCOPE);
    claims = earner(6);
    claims.exp_s = claims.iat_s + 900;
    CHECK_STATUS(award(&claims, 6), SCRIP_OK);
    claims.has_member = false;
    CHECK_STATUS(award(&claims, 7), SCRIP_REFUSED_SCOPE);
    sim_rtc_advance(&terminal.rtc, 2000000);
    claims = earner(8);
    CHECK_STATUS(award(&claims, 8), SCRIP_REFUSED_EXPIRED);
    close_terminal();
}

static void test_what_is_not_noted(void)
{
    static const char card[] = "4111 1111 1111 1111";
    char email[80];
    struct scrip_sale sale = test_sale(1);

    open_terminal();
    CHECK_STATUS(award_raw(SCRIP_MEMBER_NUMBER, card, 1), SCRIP_REFUSED_UNSUPPORTED);
    CHECK(strstr(answer.detail, "4111") == NULL);
    CHECK_STATUS(award_raw(SCRIP_MEMBER_GTIN, "4006381333932", 2), SCRIP_REFUSED_ARGUMENT);
    CHECK_STATUS(award_raw((enum scrip_member_kind)4, "4006381333931", 3), SCRIP_REFUSED_ARGUMENT);
    CHECK_STATUS(scrip_award(&terminal.scrip, SCRIP_MEMBER_PHONE, NULL, 0, &sale, &answer),
                 SCRIP_REFUSED_ARGUMENT);
    CHECK_EQ_INT(agent()->transaction.state, TRANSACTION_IDLE);
    /* 62 bytes fit the short form, and so a record; 63 do not. */
    memset(email, 'a', sizeof email);
    memcpy(email + 50, "@mail.exampl", 12);
    email[62] = '\0';
    CHECK_STATUS(award_raw(SCRIP_MEMBER_EMAIL, email, 4), SCRIP_OK);
    memcpy(email + 50, "@mail.example", 14);
    CHECK_STATUS(award_raw(SCRIP_MEMBER_EMAIL, email, 5), SCRIP_REFUSED_TOO_LONG);
    sale = test_sale(6);
    CHECK_STATUS(scrip_challenge(&terminal.scrip, &sale, email, 0, &answer),
                 SCRIP_REFUSED_TOO_LONG);
    char text[SCRIP_CHALLENGE_CHARS];
    CHECK_STATUS(scrip_challenge(&terminal.scrip, &sale, text, sizeof text, &answer), SCRIP_OK);
    CHECK_STATUS(award_raw(SCRIP_MEMBER_NUMBER, "AB12", 7), SCRIP_REFUSED_BUSY);
    CHECK_EQ_INT(agent()->ledger.head_seq, 1);
    close_terminal();
    test_terminal_open(&terminal);
    CHECK_STATUS(award_raw(SCRIP_MEMBER_NUMBER, "AB12", 1), SCRIP_REFUSED_KEY);
    test_terminal_free(&terminal);
}

/* An accident is no refusal, and may be tried again. */
static void test_without_entropy_nothing_is_noted(void)
{
    open_terminal();
    terminal.entropy.broken = true;
    CHECK(scrip_is_fault(award_raw(SCRIP_MEMBER_NUMBER, "AB12", 1)));
    CHECK_EQ_INT(agent()->ledger.head_seq, 0);
    terminal.entropy.broken = false;
    CHECK_STATUS(award_raw(SCRIP_MEMBER_NUMBER, "AB12", 1), SCRIP_OK);
    close_terminal();
}

static void test_training_notes_nothing(void)
{
    struct scrip_sale sale = test_sale(1);

    open_terminal();
    sale.training = true;
    CHECK_STATUS(scrip_award(&terminal.scrip, SCRIP_MEMBER_NUMBER, "AB12", 4, &sale, &answer),
                 SCRIP_OK);
    CHECK(answer.award && answer.seq == 0);
    CHECK_EQ_STRING(answer.line2, "Training");
    CHECK_EQ_INT(agent()->ledger.head_seq, 0);
    CHECK_EQ_INT(agent()->member_day.count, 0);
    close_terminal();
}

static void test_the_scanner_delivers_the_code(void)
{
    uint8_t text[LIMIT_CODE_CHARS];
    struct token_claims claims = earner(1);
    struct scrip_sale sale = test_sale(1);
    struct scrip_ref ref = {.sale_id = "TILL1", .service_id = "S1"};
    uint32_t sleep_ms;

    open_terminal();
    struct bytes code = test_code(&terminal.issuer, &claims, 'B', text);
    CHECK_STATUS(scrip_award(&terminal.scrip, SCRIP_MEMBER_CODE, NULL, 0, &sale, &answer),
                 SCRIP_AGAIN);
    terminal.scanner.code = (const char *)code.data;
    terminal.scanner.len = code.len;
    CHECK_STATUS(scrip_poll(&terminal.scrip, &sleep_ms), SCRIP_OK);
    CHECK_STATUS(scrip_result(&terminal.scrip, &ref, &answer), SCRIP_OK);
    CHECK(answer.award);
    close_terminal();
}

static void test_an_award_is_undone(void)
{
    struct scrip_sale by = test_sale(9);
    struct scrip_ref ref = {.sale_id = "TILL1", .service_id = "S1"};
    char receipt[800];

    open_terminal();
    CHECK_STATUS(award_raw(SCRIP_MEMBER_NUMBER, "AB12", 1), SCRIP_OK);
    CHECK_STATUS(scrip_receipt(&terminal.scrip, 1, 'B', receipt, sizeof receipt),
                 SCRIP_REFUSED_STATE);
    CHECK_STATUS(scrip_reverse(&terminal.scrip, &ref, &by, &answer), SCRIP_OK);
    CHECK(answer.reversed && answer.award);
    CHECK_EQ_STRING(answer.line2, "Reversed");
    CHECK_EQ_INT(agent()->ledger.unsettled_count, 0);
    close_terminal();
}

/* max_awards is 3 within an hour of uptime, whoever writes the number how. */
static void test_a_member_is_noted_so_often(void)
{
    struct token_claims claims = earner(1);

    open_terminal();
    CHECK_STATUS(award_raw(SCRIP_MEMBER_PHONE, "+49 30 123-45678", 1), SCRIP_OK);
    CHECK_STATUS(award_raw(SCRIP_MEMBER_PHONE, "0049 30 12345678", 2), SCRIP_OK);
    CHECK_STATUS(award_raw(SCRIP_MEMBER_PHONE, "+493012345678", 2), SCRIP_OK); /* the same again */
    CHECK_STATUS(award_raw(SCRIP_MEMBER_PHONE, "+493012345678", 3), SCRIP_OK);
    CHECK_STATUS(award_raw(SCRIP_MEMBER_PHONE, "+493012345678", 4), SCRIP_REFUSED_LIMIT_MEMBER);
    CHECK_STATUS(award_raw(SCRIP_MEMBER_PHONE, "+493012345679", 5), SCRIP_OK);
    for (unsigned i = 0; i < 3; i++)
        CHECK_STATUS(award(&claims, 10 + i), SCRIP_OK);
    CHECK_STATUS(award(&claims, 13), SCRIP_REFUSED_LIMIT_MEMBER);
    sim_rtc_advance(&terminal.rtc, 3600 * 1000);
    CHECK_STATUS(award_raw(SCRIP_MEMBER_PHONE, "+493012345678", 6), SCRIP_OK);
    CHECK_EQ_INT(agent()->ledger.head_seq, 8);
    /* With the power goes the key, and with it what was counted. */
    CHECK_EQ_INT(agent()->member_day.count, 1);
    CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
    CHECK_EQ_INT(agent()->member_day.count, 0);
    close_terminal();
}

static void test_the_table_of_the_day(void)
{
    struct member_day day;
    uint8_t tag[MEMBER_TAG_BYTES] = {0};

    member_day_open(&day);
    for (unsigned i = 0; i < LIMIT_AWARDED; i++) {
        tag[0] = (uint8_t)i;
        member_count(&day, 1, tag);
        if (i > 0)
            member_count(&day, 1, tag);
    }
    tag[0] = 0;
    CHECK_EQ_INT(member_times(&day, 1, tag), 1);
    /* The rarest gives way, and nobody unknown counts for less than it did. */
    tag[0] = LIMIT_AWARDED;
    CHECK_EQ_INT(member_times(&day, 1, tag), 0);
    member_count(&day, 1, tag);
    CHECK_EQ_INT(member_times(&day, 1, tag), 2);
    tag[0] = 0;
    CHECK_EQ_INT(member_times(&day, 1, tag), 1);
    tag[0] = 5;
    CHECK_EQ_INT(member_times(&day, 1, tag), 2);
    CHECK_EQ_INT(member_times(&day, 2, tag), 0);
    CHECK_EQ_INT(day.least, 0);
}

static void tell_time(uint32_t t_s)
{
    struct wallclock *clock = &agent()->clock;
    CHECK_STATUS(wallclock_set_host(clock, t_s, agent_up_ms(agent())), SCRIP_OK);
}

/* A redeeming and an earning code, as an issuer would sign them now. */
static struct token_claims dated(struct token_claims claims, uint32_t t_s)
{
    claims.iat_s = t_s;
    claims.exp_s = t_s + 100;
    return claims;
}

static enum scrip_status identify(const struct token_claims *claims)
{
    uint8_t text[LIMIT_CODE_CHARS];
    struct bytes code = test_code(&terminal.issuer, claims, 'B', text);
    return scrip_identify(&terminal.scrip, SCRIP_MEMBER_CODE, (const char *)code.data, code.len,
                          &answer);
}

static const char *banner(void)
{
    uint32_t sleep_ms;
    CHECK_STATUS(scrip_poll(&terminal.scrip, &sleep_ms), SCRIP_OK);
    return terminal.display.banner;
}

/* At the key set's end, and 14 days later, each a second before and at it. */
static void test_behind_the_key_sets_end(void)
{
    const uint32_t end_s = TEST_NOW_S + 1000;
    static const struct {
        uint32_t at_s; /* behind the end */
        enum scrip_status redeem, award;
        const char *banner;
    } edges[] = {
        {UINT32_MAX, SCRIP_OK, SCRIP_OK, "OFFLINE"},
        {0, SCRIP_REFUSED_KEYS_STALE, SCRIP_OK, "EARN ONLY"},
        {GRACE_S - 1, SCRIP_REFUSED_KEYS_STALE, SCRIP_OK, "EARN ONLY"},
        {GRACE_S, SCRIP_REFUSED_KEYS_STALE, SCRIP_REFUSED_KEYS_STALE, "NO KEYS"},
    };
    struct scrip_status_page page;

    open_until(end_s);
    for (unsigned i = 0; i < 4; i++) {
        uint32_t now_s = end_s + edges[i].at_s; /* the first is a second before */
        struct token_claims value = dated(test_claims((uint8_t)(40 + i)), now_s);
        struct token_claims earns = dated(earner((uint8_t)(50 + i)), now_s);
        char number[] = "AB00";
        number[3] = (char)('0' + i);
        tell_time(now_s);
        CHECK_STATUS(redeem(&value, 10 * i + 1), edges[i].redeem);
        CHECK_STATUS(award(&earns, 10 * i + 2), edges[i].award);
        if (edges[i].award == SCRIP_OK)
            CHECK_EQ_STRING(answer.line2, i == 0 ? "Will sync" : "Keys out of date");
        CHECK_STATUS(award_raw(SCRIP_MEMBER_NUMBER, number, 10 * i + 3), edges[i].award);
        CHECK_STATUS(identify(&earns), edges[i].award);
        CHECK_STATUS(scrip_identify(&terminal.scrip, SCRIP_MEMBER_NUMBER, "AB12", 4, &answer),
                     edges[i].award);
        CHECK_EQ_STRING(answer.line2, i == 0   ? "Number accepted"
                                      : i == 3 ? "Call supervisor"
                                               : "Keys out of date");
        CHECK(strncmp(banner(), edges[i].banner, strlen(edges[i].banner)) == 0);
        scrip_read_state(&terminal.scrip, &page);
        CHECK_EQ_INT((page.state & SCRIP_STATE_KEYS_STALE) != 0, i != 0);
        CHECK_EQ_INT(page.award_left_s, end_s + GRACE_S - now_s);
        CHECK_EQ_INT(page.keys_left_s, i == 0 ? 1 : 0);
    }
    close_terminal();
}

/* Alone for weeks the clock is BAD, and yet it is known that the days are over. */
static void test_alone_behind_the_key_sets_end(void)
{
    open_until(TEST_NOW_S + 1000);
    tell_time(TEST_NOW_S + 1000);
    CHECK_STATUS(award_raw(SCRIP_MEMBER_NUMBER, "AB12", 1), SCRIP_OK);
    for (unsigned i = 0; i < 14; i++)
        sim_rtc_advance(&terminal.rtc, 86400 * 1000);
    CHECK_STATUS(award_raw(SCRIP_MEMBER_NUMBER, "AB12", 2), SCRIP_OK);
    CHECK((answer.state & SCRIP_STATE_CLOCK_UNTRUSTED) != 0);
    sim_rtc_advance(&terminal.rtc, 300 * 1000);
    CHECK_STATUS(award_raw(SCRIP_MEMBER_NUMBER, "AB12", 3), SCRIP_REFUSED_KEYS_STALE);
    close_terminal();
}

static void test_identifying_keeps_nothing(void)
{
    struct token_claims claims = earner(3), value = test_claims(4);

    open_terminal();
    CHECK_STATUS(identify(&claims), SCRIP_OK);
    CHECK_EQ_INT(answer.tier, 2);
    CHECK_EQ_STRING(answer.line1, "Member");
    CHECK_EQ_STRING(answer.line2, "Tier 2");
    CHECK(!answer.sealed);
    CHECK_STATUS(identify(&value), SCRIP_REFUSED_SCOPE);
    CHECK_STATUS(
        scrip_identify(&terminal.scrip, SCRIP_MEMBER_NUMBER, "4111111111111111", 16, &answer),
        SCRIP_REFUSED_UNSUPPORTED);
    CHECK_STATUS(scrip_identify(&terminal.scrip, SCRIP_MEMBER_CODE, NULL, 0, &answer),
                 SCRIP_REFUSED_ARGUMENT);
    CHECK_EQ_INT(agent()->ledger.head_seq, 0);
    CHECK_EQ_INT(agent()->member_day.count, 0);
    CHECK_STATUS(ledger_suspend(&agent()->ledger, true), SCRIP_OK);
    CHECK_STATUS(identify(&claims), SCRIP_REFUSED_SUSPENDED);
    CHECK_STATUS(award(&claims, 1), SCRIP_REFUSED_SUSPENDED);
    close_terminal();
}

int main(void)
{
    CHECK_RUN(test_a_raw_identifier_is_recorded_as_its_seal);
    CHECK_RUN(test_a_digest_does_not_tell_who);
    CHECK_RUN(test_the_same_request_is_noted_once);
    CHECK_RUN(test_a_code_earns_and_is_not_spent);
    CHECK_RUN(test_what_is_not_noted);
    CHECK_RUN(test_without_entropy_nothing_is_noted);
    CHECK_RUN(test_training_notes_nothing);
    CHECK_RUN(test_the_scanner_delivers_the_code);
    CHECK_RUN(test_an_award_is_undone);
    CHECK_RUN(test_a_member_is_noted_so_often);
    CHECK_RUN(test_the_table_of_the_day);
    CHECK_RUN(test_behind_the_key_sets_end);
    CHECK_RUN(test_alone_behind_the_key_sets_end);
    CHECK_RUN(test_identifying_keeps_nothing);
    return check_done();
}
