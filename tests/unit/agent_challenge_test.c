/* A sale that waits for a token of its own: what answers it, what does not, and what it does to the
 * clock. */
#include "redeem/challenge.h"

#include "agent/agent.h"
#include "tests/check.h"
#include "tests/support/terminal.h"

static struct test_terminal terminal;
static struct scrip_answer answer;
static char text[SCRIP_CHALLENGE_CHARS];

static const struct scrip_item basket[] = {{"4006381333931", 1000, 1500}, {"MILK", 2000, 500}};

static struct scrip_sale sale_of(unsigned number)
{
    struct scrip_sale sale = test_sale(number);
    sale.transaction_id = "CHECKOUT-1";
    sale.items = basket;
    sale.item_count = 2;
    return sale;
}

static enum scrip_status redeem(struct bytes code, const struct scrip_sale *sale)
{
    return scrip_redeem(&terminal.scrip, (const char *)code.data, code.len, sale, &answer);
}

static enum scrip_status challenge(const struct scrip_sale *sale)
{
    return scrip_challenge(&terminal.scrip, sale, text, sizeof text, &answer);
}

/* What the customer's app answers with. */
static struct token_claims answering(uint8_t number)
{
    struct token_claims claims = test_claims(number);
    static struct challenge_code code;
    CHECK_STATUS(challenge_read(bytes_text(text), &code), SCRIP_OK);
    claims.audience = code.audience;
    claims.has_txh = claims.has_nonce = true;
    memcpy(claims.txh, code.txh, sizeof claims.txh);
    memcpy(claims.nonce, code.nonce, sizeof claims.nonce);
    return claims;
}

static struct bytes mint(const struct token_claims *claims)
{
    static uint8_t code[LIMIT_CODE_CHARS];
    return test_code(&terminal.issuer, claims, 'B', code);
}

static void test_an_answer_redeems_once_for_its_sale(void)
{
    test_terminal_open(&terminal);
    struct scrip_sale sale = sale_of(1), again = sale_of(2);
    CHECK_STATUS(challenge(&sale), SCRIP_OK);
    CHECK_STATUS(answer.status, SCRIP_AGAIN);
    CHECK_EQ_INT(strncmp(text, "SCCB", 4), 0);
    struct token_claims claims = answering(1);
    struct challenge_code code;
    CHECK_STATUS(challenge_read(bytes_text(text), &code), SCRIP_OK);
    CHECK_EQ_INT(code.total_minor, 2000);
    CHECK_EQ_INT(code.currency, TEST_CURRENCY);
    CHECK(bytes_equal(code.audience, bytes_text(TEST_TERMINAL)));

    CHECK_STATUS(redeem(mint(&claims), &again), SCRIP_OK);
    struct record record;
    CHECK_STATUS(ledger_record(&agent_of(&terminal.scrip)->ledger, 1, &record), SCRIP_OK);
    CHECK(bytes_equal(record.txh, bytes_of(claims.txh, sizeof claims.txh)));
    /* A till that sends the sale again, under another number, gets the same answer. */
    struct scrip_sale retry = sale_of(8);
    char reference[SCRIP_REFERENCE_CHARS];
    memcpy(reference, answer.reference, sizeof reference);
    CHECK_STATUS(redeem(mint(&claims), &retry), SCRIP_OK);
    CHECK_EQ_STRING(answer.reference, reference);
    CHECK_EQ_INT(agent_of(&terminal.scrip)->ledger.head_seq, 1);
    /* And a second code for the same sale is a code like any other. */
    struct token_claims second = test_claims(7);
    retry = sale_of(9);
    CHECK_STATUS(redeem(mint(&second), &retry), SCRIP_OK);
    CHECK_EQ_INT(agent_of(&terminal.scrip)->ledger.head_seq, 2);
    /* It is answered: the next sale is free again, and the code is used. */
    struct scrip_sale next = test_sale(3);
    CHECK_STATUS(redeem(mint(&claims), &next), SCRIP_REFUSED_BINDING);
    CHECK_EQ_STRING(answer.detail, "txh in the token answers a challenge that is not open");
    next = test_sale(4);
    claims = test_claims(9);
    CHECK_STATUS(redeem(mint(&claims), &next), SCRIP_OK);
    test_terminal_free(&terminal);
}

static void test_while_open_only_its_answer_counts(void)
{
    test_terminal_open(&terminal);
    struct scrip_sale sale = sale_of(1);
    CHECK_STATUS(challenge(&sale), SCRIP_OK);

    struct token_claims plain = test_claims(2), claims = answering(1);
    struct scrip_sale request = sale_of(2);
    CHECK_STATUS(redeem(mint(&plain), &request), SCRIP_REFUSED_BINDING);
    CHECK_EQ_STRING(answer.detail, "txh is missing in the token: a challenge is open");
    CHECK_EQ_STRING(answer.line1, "Not this bill");
    claims.nonce[0] ^= 1;
    request = sale_of(3);
    CHECK_STATUS(redeem(mint(&claims), &request), SCRIP_REFUSED_BINDING);
    CHECK_EQ_STRING(answer.detail, "nonce in the token is another challenge's");
    claims = answering(1);
    claims.txh[15] ^= 0x80;
    request = sale_of(4);
    CHECK_STATUS(redeem(mint(&claims), &request), SCRIP_REFUSED_BINDING);
    CHECK_EQ_STRING(answer.detail, "txh in the token is another sale's");
    claims = answering(1);
    claims.audience = bytes_text("ACME.S2.T1");
    request = sale_of(5);
    CHECK_STATUS(redeem(mint(&claims), &request), SCRIP_REFUSED_AUDIENCE);
    CHECK_EQ_STRING(answer.detail, "store in the token's audience is not ours");
    claims.audience = bytes_text("ACME.S1.T2");
    request = sale_of(6);
    CHECK_STATUS(redeem(mint(&claims), &request), SCRIP_REFUSED_AUDIENCE);
    CHECK_EQ_STRING(answer.detail, "terminal in the token's audience is not ours");
    CHECK_EQ_INT(agent_of(&terminal.scrip)->ledger.head_seq, 0);
    claims = answering(1);
    request = sale_of(7);
    CHECK_STATUS(redeem(mint(&claims), &request), SCRIP_OK);
    test_terminal_free(&terminal);
}

/* Everything that the hash covers, changed after the customer has answered. */
static void test_a_changed_sale_is_refused_by_the_field(void)
{
    static const struct scrip_item fewer[] = {{"4006381333931", 1000, 1500}};
    static const struct scrip_item other[] = {{"4006381333931", 1000, 1500}, {"BEER", 2000, 500}};
    static const struct scrip_item dearer[] = {{"4006381333931", 1000, 1501}, {"MILK", 2000, 499}};
    static const struct scrip_item more[] = {{"4006381333931", 1001, 1500}, {"MILK", 2000, 500}};
    static const struct scrip_item swapped[] = {{"MILK", 2000, 500}, {"4006381333931", 1000, 1500}};
    const struct {
        const struct scrip_item *items;
        size_t count;
    } baskets[] = {{fewer, 1}, {other, 2}, {dearer, 2}, {more, 2}, {swapped, 2}};
    unsigned number = 2;

    test_terminal_open(&terminal);
    struct scrip_sale sale = sale_of(1);
    CHECK_STATUS(challenge(&sale), SCRIP_OK);
    struct token_claims claims = answering(1);
    for (size_t i = 0; i < sizeof baskets / sizeof *baskets; i++) {
        struct scrip_sale request = sale_of(number++);
        request.items = baskets[i].items;
        request.item_count = baskets[i].count;
        CHECK_STATUS(redeem(mint(&claims), &request), SCRIP_REFUSED_BINDING);
        CHECK_EQ_STRING(answer.detail, "SaleItem is not what the open challenge was shown for");
    }
    struct scrip_sale request = sale_of(number++);
    request.total_minor = 2001;
    CHECK_STATUS(redeem(mint(&claims), &request), SCRIP_REFUSED_BINDING);
    CHECK_EQ_STRING(answer.detail, "TotalAmount is not what the open challenge was shown for");
    request = sale_of(number++);
    request.transaction_id = "CHECKOUT-2";
    CHECK_STATUS(redeem(mint(&claims), &request), SCRIP_REFUSED_BINDING);
    CHECK_EQ_STRING(answer.detail,
                    "SaleTransactionID is not what the open challenge was shown for");
    request = sale_of(number++);
    request.training = true;
    CHECK_STATUS(redeem(mint(&claims), &request), SCRIP_REFUSED_BINDING);
    CHECK_EQ_INT(agent_of(&terminal.scrip)->ledger.head_seq, 0);
    request = sale_of(number++);
    CHECK_STATUS(redeem(mint(&claims), &request), SCRIP_OK);
    test_terminal_free(&terminal);
}

static void test_it_is_withdrawn_by_abort_time_and_restart(void)
{
    test_terminal_open(&terminal);
    struct scrip_sale sale = sale_of(1), other = test_sale(2);
    CHECK_STATUS(challenge(&sale), SCRIP_OK);
    char first[SCRIP_CHALLENGE_CHARS];
    memcpy(first, text, sizeof first);
    CHECK_STATUS(challenge(&sale), SCRIP_OK);
    CHECK_EQ_STRING(text, first);
    CHECK_STATUS(challenge(&other), SCRIP_REFUSED_BUSY);
    CHECK_EQ_STRING(text, "");
    memcpy(text, first, sizeof first);
    struct token_claims claims = answering(1);

    CHECK_STATUS(scrip_abort(&terminal.scrip, "TILL1", "S2"), SCRIP_REFUSED_NOT_FOUND);
    CHECK_STATUS(scrip_abort(&terminal.scrip, sale.sale_id, sale.service_id), SCRIP_OK);
    CHECK_STATUS(scrip_abort(&terminal.scrip, sale.sale_id, sale.service_id),
                 SCRIP_REFUSED_NOT_FOUND);
    struct scrip_sale request = sale_of(3);
    CHECK_STATUS(redeem(mint(&claims), &request), SCRIP_REFUSED_BINDING);

    CHECK_STATUS(challenge(&sale), SCRIP_OK);
    CHECK(strcmp(text, first) != 0);
    sim_rtc_advance(&terminal.rtc, AGENT_CHALLENGE_MS);
    test_terminal_settle(&terminal);
    CHECK(agent_of(&terminal.scrip)->challenge.open);
    sim_rtc_advance(&terminal.rtc, 1);
    test_terminal_settle(&terminal);
    CHECK(!agent_of(&terminal.scrip)->challenge.open);
    CHECK_EQ_STRING(terminal.display.line1, "Cancelled");

    CHECK_STATUS(challenge(&sale), SCRIP_OK);
    claims = answering(2);
    CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
    request = sale_of(4);
    CHECK_STATUS(redeem(mint(&claims), &request), SCRIP_REFUSED_BINDING);
    test_terminal_free(&terminal);
}

static void test_the_scanner_waits_for_the_answer(void)
{
    test_terminal_open(&terminal);
    struct scrip_sale sale = sale_of(1);
    CHECK_STATUS(challenge(&sale), SCRIP_OK);
    struct token_claims claims = answering(1);
    struct bytes code = mint(&claims);
    CHECK_STATUS(scrip_redeem(&terminal.scrip, NULL, 0, &sale, &answer), SCRIP_AGAIN);
    terminal.scanner.code = (const char *)code.data;
    terminal.scanner.len = code.len;
    test_terminal_settle(&terminal);
    struct scrip_ref ref = {.sale_id = sale.sale_id, .service_id = sale.service_id};
    CHECK_STATUS(scrip_result(&terminal.scrip, &ref, &answer), SCRIP_OK);

    /* A sale that is given up while it waits takes its challenge along. */
    struct scrip_sale next = sale_of(2);
    CHECK_STATUS(challenge(&next), SCRIP_OK);
    CHECK_STATUS(scrip_redeem(&terminal.scrip, NULL, 0, &next, &answer), SCRIP_AGAIN);
    CHECK_STATUS(scrip_abort(&terminal.scrip, next.sale_id, next.service_id), SCRIP_OK);
    CHECK(!agent_of(&terminal.scrip)->challenge.open);
    test_terminal_free(&terminal);
}

/* Without a clock nothing is redeemed offline, but for the answer to our own challenge. */
static void test_a_challenge_tells_the_time(void)
{
    struct wallclock_time now;

    test_terminal_make(&terminal);
    terminal.rtc.hal.kind = HAL_RTC_NONE;
    CHECK_STATUS(test_terminal_enroll(&terminal, 1), SCRIP_OK);
    struct agent *agent = agent_of(&terminal.scrip);
    wallclock_read(&agent->clock, &now);
    CHECK_EQ_INT(now.quality, WALLCLOCK_BAD);
    uint32_t floor_s = now.floor_s;
    struct token_claims claims = test_claims(1);
    struct scrip_sale request = test_sale(1);
    CHECK_STATUS(redeem(mint(&claims), &request), SCRIP_REFUSED_CLOCK);

    struct scrip_sale sale = sale_of(2);
    CHECK_STATUS(challenge(&sale), SCRIP_OK);
    sim_rtc_advance(&terminal.rtc, 20000);
    claims = answering(2);
    /* An issuer that believes it is 2035 vouches for no time behind its own key set's end. */
    claims.iat_s = 2051222400;
    claims.exp_s = claims.iat_s + 120;
    agent->keyset.key[0].sign_until_s = agent->keyset.key[0].verify_until_s = UINT32_MAX;
    request = sale_of(3);
    CHECK_STATUS(redeem(mint(&claims), &request), SCRIP_REFUSED_KEYS_STALE);
    claims.iat_s = floor_s - 1;
    claims.exp_s = claims.iat_s + 120;
    agent->keyset.key[0].nbf_s = 0;
    request = sale_of(4);
    CHECK_STATUS(redeem(mint(&claims), &request), SCRIP_REFUSED_CLOCK);
    wallclock_read(&agent->clock, &now);
    CHECK_EQ_INT(now.quality, WALLCLOCK_BAD);

    claims = answering(2);
    request = sale_of(5);
    CHECK_STATUS(redeem(mint(&claims), &request), SCRIP_OK);
    wallclock_read(&agent->clock, &now);
    CHECK_EQ_INT(now.quality, WALLCLOCK_GOOD);
    CHECK_EQ_INT(now.source, WALLCLOCK_CHALLENGE);
    CHECK_EQ_INT(now.t_s, TEST_NOW_S);
    CHECK_EQ_INT(now.unc_s, 20);
    CHECK_EQ_INT(now.floor_s, floor_s);
    struct record record;
    CHECK_STATUS(ledger_record(&agent->ledger, 1, &record), SCRIP_OK);
    CHECK_EQ_INT(record.stamp.t_s, TEST_NOW_S);
    CHECK_EQ_INT(record.stamp.source, WALLCLOCK_CHALLENGE);
    /* And the time serves the next code, which answers nothing. */
    claims = test_claims(3);
    request = test_sale(6);
    CHECK_STATUS(redeem(mint(&claims), &request), SCRIP_OK);
    test_terminal_free(&terminal);
}

static void test_bad_sales_and_buffers(void)
{
    char small[SCRIP_CHALLENGE_CHARS - 1];

    test_terminal_open(&terminal);
    struct scrip_sale sale = sale_of(1);
    CHECK_STATUS(scrip_challenge(&terminal.scrip, &sale, small, sizeof small, &answer),
                 SCRIP_REFUSED_TOO_LONG);
    CHECK_EQ_STRING(small, "");
    sale.transaction_id = NULL;
    CHECK_STATUS(challenge(&sale), SCRIP_REFUSED_ARGUMENT);
    CHECK_EQ_STRING(answer.detail, "SaleTransactionID is missing");
    sale = sale_of(1);
    sale.total_minor = 0;
    CHECK_STATUS(challenge(&sale), SCRIP_REFUSED_ARGUMENT);
    CHECK(!agent_of(&terminal.scrip)->challenge.open);
    sale = sale_of(1);
    terminal.entropy.broken = true;
    CHECK(scrip_is_fault(challenge(&sale)));
    CHECK(!agent_of(&terminal.scrip)->challenge.open);
    terminal.entropy.broken = false;
    CHECK_STATUS(challenge(&sale), SCRIP_OK);
    test_terminal_free(&terminal);
}

static void test_texts_that_are_no_challenge(void)
{
    static const char *const texts[] = {"", "SCC", "SCTB00", "SCCD00", "https://example.com"};
    struct challenge_code code;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CHECK_STATUS(challenge_read(bytes_text(texts[i]), &code), SCRIP_REFUSED_FOREIGN);
    CHECK_STATUS(challenge_read(bytes_text("SCCB0"), &code), SCRIP_REFUSED_TEXT);
    CHECK_STATUS(challenge_read(bytes_text("SCCB"), &code), SCRIP_REFUSED_SHAPE);

    test_terminal_open(&terminal);
    struct scrip_sale sale = sale_of(1);
    CHECK_STATUS(challenge(&sale), SCRIP_OK);
    size_t len = strlen(text);
    /* Every cut, and every character replaced by another of the alphabet or by none of it. */
    for (size_t i = 0; i < len; i++)
        CHECK(challenge_read(bytes_of(text, i), &code) != SCRIP_OK);
    unsigned refused = 0;
    for (size_t i = 4; i < len; i++) {
        char kept = text[i];
        text[i] = 'a';
        CHECK_STATUS(challenge_read(bytes_text(text), &code), SCRIP_REFUSED_TEXT);
        text[i] = kept == 'A' ? 'B' : 'A';
        refused += challenge_read(bytes_text(text), &code) != SCRIP_OK;
        text[i] = kept;
    }
    CHECK(refused > 20);
    CHECK_STATUS(challenge_read(bytes_text(text), &code), SCRIP_OK);
    test_terminal_free(&terminal);
}

int main(void)
{
    CHECK_RUN(test_an_answer_redeems_once_for_its_sale);
    CHECK_RUN(test_while_open_only_its_answer_counts);
    CHECK_RUN(test_a_changed_sale_is_refused_by_the_field);
    CHECK_RUN(test_it_is_withdrawn_by_abort_time_and_restart);
    CHECK_RUN(test_the_scanner_waits_for_the_answer);
    CHECK_RUN(test_a_challenge_tells_the_time);
    CHECK_RUN(test_bad_sales_and_buffers);
    CHECK_RUN(test_texts_that_are_no_challenge);
    return check_done();
}
