/* The whole agent on virtual devices: a code and a sale in, an answer and a record out. */
#include <stdio.h>

#include "agent/agent.h"
#include "redeem/receipt.h"
#include "tests/check.h"
#include "tests/support/terminal.h"

static struct test_terminal terminal;

static enum scrip_status redeem(struct bytes code, const struct scrip_sale *sale,
                                struct scrip_answer *answer)
{
    return scrip_redeem(&terminal.scrip, (const char *)code.data, code.len, sale, answer);
}

static void test_offline_redemption_is_durable_and_complete(void)
{
    uint8_t text[LIMIT_CODE_CHARS];
    struct scrip_sale sale = test_sale(1);
    struct scrip_answer answer;
    struct scrip_status_page page;

    test_terminal_open(&terminal);
    CHECK_STATUS(redeem(test_terminal_code(&terminal, 1, text), &sale, &answer), SCRIP_OK);
    CHECK_STATUS(answer.status, SCRIP_OK);
    CHECK(!answer.online);
    CHECK_EQ_INT(answer.amount_minor, 500);
    CHECK_EQ_INT(answer.currency, TEST_CURRENCY);
    CHECK_EQ_INT(answer.time_s, TEST_NOW_S);
    CHECK_EQ_STRING(answer.reference, TEST_TERMINAL "-1-1");
    CHECK_EQ_STRING(answer.transaction_id, "T1");
    CHECK_EQ_STRING(terminal.display.line1, "EUR 5.00 OFF");
    CHECK_EQ_STRING(terminal.display.line2, "Will sync");
    scrip_read_state(&terminal.scrip, &page);
    CHECK_EQ_INT(page.depth, 1);
    CHECK_EQ_INT(page.unsettled_minor, 500);
    CHECK((page.state & SCRIP_STATE_PENDING_SYNC) != 0);

    struct agent *agent = agent_of(&terminal.scrip);
    struct record record;
    CHECK_STATUS(ledger_record(&agent->ledger, 1, &record), SCRIP_OK);
    CHECK_EQ_INT(record.type, RECORD_REDEEM);
    CHECK_EQ_INT(record.amount_minor, 500);
    test_terminal_free(&terminal);
}

static void test_a_code_is_worth_something_once(void)
{
    uint8_t text[LIMIT_CODE_CHARS];
    struct scrip_answer answer;
    struct bytes code;

    test_terminal_open(&terminal);
    code = test_terminal_code(&terminal, 1, text);
    struct scrip_sale first = test_sale(1), second = test_sale(2);
    CHECK_STATUS(redeem(code, &first, &answer), SCRIP_OK);
    CHECK_STATUS(redeem(code, &second, &answer), SCRIP_REFUSED_USED);
    CHECK_EQ_STRING(terminal.display.line1, "Already used");
    CHECK_EQ_INT(answer.seq, 0);
    CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
    CHECK_STATUS(redeem(code, &second, &answer), SCRIP_REFUSED_USED);
    test_terminal_free(&terminal);
}

static void test_the_same_request_gets_the_same_answer(void)
{
    uint8_t text[LIMIT_CODE_CHARS];
    struct scrip_answer first, again;
    struct scrip_sale sale = test_sale(1);
    struct bytes code;

    test_terminal_open(&terminal);
    code = test_terminal_code(&terminal, 1, text);
    CHECK_STATUS(redeem(code, &sale, &first), SCRIP_OK);
    CHECK_STATUS(redeem(code, &sale, &again), SCRIP_OK);
    CHECK_EQ_STRING(again.reference, first.reference);
    CHECK_EQ_INT(again.amount_minor, first.amount_minor);

    /* A till that retries under a new ServiceID, and one that asks after a restart. */
    struct scrip_sale retry = sale;
    retry.service_id = "R1";
    CHECK_STATUS(redeem(code, &retry, &again), SCRIP_OK);
    CHECK_EQ_STRING(again.reference, first.reference);
    CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
    CHECK_STATUS(redeem(code, &sale, &again), SCRIP_OK);
    CHECK_EQ_STRING(again.reference, first.reference);
    struct scrip_ref ref = {.sale_id = sale.sale_id, .service_id = sale.service_id};
    CHECK_STATUS(scrip_result(&terminal.scrip, &ref, &again), SCRIP_OK);
    CHECK_EQ_STRING(again.reference, first.reference);
    CHECK_EQ_INT(agent_of(&terminal.scrip)->ledger.head_seq, 1);

    sale.total_minor = 1999;
    CHECK_STATUS(redeem(code, &sale, &again), SCRIP_REFUSED_DUPLICATE);
    test_terminal_free(&terminal);
}

/* The first answer was lost, and it was the last that the day's limit and the queue allowed: it is
 * given again, not refused by the very sum that it has filled. */
static void test_a_retry_is_not_held_against_limits(void)
{
    uint8_t text[LIMIT_CODE_CHARS];
    struct scrip_answer first, again;
    struct scrip_sale sale = test_sale(1), retry = sale, other = test_sale(2);
    struct bytes code;

    test_terminal_make(&terminal);
    terminal.policy.max_offline_count = 1;
    terminal.policy.max_offline_value_minor = 500;
    terminal.policy.per_member_per_day_minor = 500;
    CHECK_STATUS(test_terminal_enroll(&terminal, 1), SCRIP_OK);
    code = test_terminal_code(&terminal, 1, text);
    CHECK_STATUS(redeem(code, &sale, &first), SCRIP_OK);
    retry.service_id = "R1";
    CHECK_STATUS(redeem(code, &retry, &again), SCRIP_OK);
    CHECK_EQ_STRING(again.reference, first.reference);
    CHECK_EQ_INT(again.amount_minor, first.amount_minor);
    CHECK_EQ_INT(agent_of(&terminal.scrip)->ledger.head_seq, 1);
    code = test_terminal_code(&terminal, 2, text);
    CHECK_STATUS(redeem(code, &other, &again), SCRIP_REFUSED_LIMIT_COUNT);
    test_terminal_free(&terminal);
}

/* The value is durable, whatever the code's date says when the till asks again: also behind the
 * time for which the ledger keeps the code itself. Another sale, or another code, gets nothing. */
static void test_a_retry_after_the_code_expired(void)
{
    uint8_t text[LIMIT_CODE_CHARS];
    struct scrip_answer first, again;
    struct scrip_sale sale = test_sale(1), retry = sale, other = test_sale(2);
    struct bytes code;

    test_terminal_open(&terminal);
    code = test_terminal_code(&terminal, 1, text);
    CHECK_STATUS(redeem(code, &sale, &first), SCRIP_OK);
    static const char *const services[] = {"R1", "R2"};
    for (unsigned i = 0; i < 2; i++) {
        uint32_t seq;
        struct token_claims claims = test_claims(1);
        struct ledger *ledger = &agent_of(&terminal.scrip)->ledger;
        sim_rtc_advance(&terminal.rtc, 600 * 1000);
        if (i == 1)
            ledger_clock(ledger, TEST_NOW_S + 1000, 0, TEST_NOW_S);
        CHECK(ledger_is_spent(ledger, TEST_ISSUER, claims.cti, &seq) == (i == 0));
        retry.service_id = services[i];
        CHECK_STATUS(redeem(code, &retry, &again), SCRIP_OK);
        CHECK_EQ_STRING(again.reference, first.reference);
        CHECK_EQ_INT(again.amount_minor, first.amount_minor);
        CHECK_STATUS(redeem(code, &other, &again), SCRIP_REFUSED_EXPIRED);
        retry.service_id = i == 0 ? "R3" : "R4";
        uint8_t second[LIMIT_CODE_CHARS];
        claims = test_claims(2);
        CHECK_STATUS(redeem(test_code(&terminal.issuer, &claims, 'B', second), &retry, &again),
                     SCRIP_REFUSED_EXPIRED);
    }
    CHECK_EQ_INT(agent_of(&terminal.scrip)->ledger.head_seq, 1);
    test_terminal_free(&terminal);
}

static void test_refusals_have_words_and_leave_no_record(void)
{
    static const struct {
        const char *code;
        enum scrip_status status;
        const char *line1;
    } cases[] = {
        {"https://example.com", SCRIP_REFUSED_FOREIGN, "Not a reward code"},
        {"SCTB", SCRIP_REFUSED_LENGTH, "Can't read"},
        {"", SCRIP_REFUSED_FOREIGN, "Not a reward code"},
    };
    uint8_t text[LIMIT_CODE_CHARS];
    struct scrip_answer answer;

    test_terminal_open(&terminal);
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scrip_sale sale = test_sale(10 + i);
        CHECK_STATUS(redeem(bytes_text(cases[i].code), &sale, &answer), cases[i].status);
        CHECK_EQ_STRING(answer.line1, cases[i].line1);
        /* Asked again, the answer is the same. */
        struct scrip_ref ref = {.sale_id = sale.sale_id, .service_id = sale.service_id};
        CHECK_STATUS(scrip_result(&terminal.scrip, &ref, &answer), cases[i].status);
    }

    struct token_claims claims = test_claims(1);
    struct scrip_sale sale = test_sale(20);
    claims.iat_s -= 1000;
    claims.exp_s -= 1000;
    CHECK_STATUS(redeem(test_code(&terminal.issuer, &claims, 'B', text), &sale, &answer),
                 SCRIP_REFUSED_EXPIRED);
    CHECK_EQ_STRING(answer.line1, "Code expired");
    claims = test_claims(2);
    claims.audience = bytes_text("ACME.S2");
    sale = test_sale(21);
    CHECK_STATUS(redeem(test_code(&terminal.issuer, &claims, 'B', text), &sale, &answer),
                 SCRIP_REFUSED_AUDIENCE);
    CHECK_EQ_STRING(answer.line1, "Not for this store");
    CHECK_EQ_INT(agent_of(&terminal.scrip)->ledger.head_seq, 0);
    test_terminal_free(&terminal);
}

static void test_bad_sales_name_the_field(void)
{
    uint8_t text[LIMIT_CODE_CHARS];
    struct scrip_answer answer;
    struct bytes code;
    struct scrip_sale sale;

    test_terminal_open(&terminal);
    code = test_terminal_code(&terminal, 1, text);
    sale = test_sale(1);
    sale.service_id = "12345678901";
    CHECK_STATUS(redeem(code, &sale, &answer), SCRIP_REFUSED_TOO_LONG);
    CHECK_EQ_STRING(answer.detail, "ServiceID is too long");
    sale = test_sale(1);
    sale.transaction_id = NULL;
    CHECK_STATUS(redeem(code, &sale, &answer), SCRIP_REFUSED_ARGUMENT);
    CHECK_EQ_STRING(answer.detail, "SaleTransactionID is missing");
    sale = test_sale(1);
    sale.total_minor = 0;
    CHECK_STATUS(redeem(code, &sale, &answer), SCRIP_REFUSED_ARGUMENT);
    sale = test_sale(1);
    sale.currency = 840;
    CHECK_STATUS(redeem(code, &sale, &answer), SCRIP_REFUSED_CURRENCY);
    sale = test_sale(1);
    sale.wanted_minor = 2001;
    CHECK_STATUS(redeem(code, &sale, &answer), SCRIP_REFUSED_AMOUNT);
    sale = test_sale(1);
    sale.sale_id = "\xFF";
    CHECK_STATUS(redeem(code, &sale, &answer), SCRIP_REFUSED_ARGUMENT);
    struct scrip_item items[LIMIT_ITEMS + 1] = {{0}};
    sale = test_sale(1);
    sale.items = items;
    sale.item_count = LIMIT_ITEMS + 1;
    CHECK_STATUS(redeem(code, &sale, &answer), SCRIP_REFUSED_TOO_LONG);
    sale.item_count = 1;
    CHECK_STATUS(redeem(code, &sale, &answer), SCRIP_REFUSED_ARGUMENT);
    /* And the code was not spent by any of it. */
    sale = test_sale(2);
    CHECK_STATUS(redeem(code, &sale, &answer), SCRIP_OK);
    test_terminal_free(&terminal);
}

static void test_scanner_serves_the_open_sale_only(void)
{
    uint8_t text[LIMIT_CODE_CHARS];
    struct scrip_sale sale = test_sale(1), other = test_sale(2);
    struct scrip_answer answer;
    struct scrip_event event;
    struct bytes code;

    test_terminal_open(&terminal);
    code = test_terminal_code(&terminal, 1, text);
    CHECK_STATUS(scrip_event(&terminal.scrip, &event), SCRIP_AGAIN);

    /* A scan while no sale is open is nobody's. */
    terminal.scanner.code = (const char *)code.data;
    terminal.scanner.len = code.len;
    test_terminal_settle(&terminal);
    CHECK(terminal.scanner.code == NULL);

    CHECK_STATUS(scrip_redeem(&terminal.scrip, NULL, 0, &sale, &answer), SCRIP_AGAIN);
    CHECK_STATUS(scrip_redeem(&terminal.scrip, NULL, 0, &sale, &answer), SCRIP_AGAIN);
    CHECK_STATUS(scrip_redeem(&terminal.scrip, NULL, 0, &other, &answer), SCRIP_REFUSED_BUSY);
    struct scrip_ref ref = {.sale_id = sale.sale_id, .service_id = sale.service_id};
    CHECK_STATUS(scrip_result(&terminal.scrip, &ref, &answer), SCRIP_AGAIN);

    terminal.scanner.code = (const char *)code.data;
    test_terminal_settle(&terminal);
    uint32_t sleep_ms;
    CHECK_STATUS(scrip_poll(&terminal.scrip, &sleep_ms), SCRIP_OK);
    CHECK_STATUS(scrip_event(&terminal.scrip, &event), SCRIP_OK);
    CHECK_EQ_INT(event.kind, SCRIP_EVENT_FINISHED);
    CHECK_STATUS(event.answer.status, SCRIP_OK);
    CHECK_EQ_STRING(event.answer.service_id, "S1");
    CHECK_STATUS(scrip_result(&terminal.scrip, &ref, &answer), SCRIP_OK);
    CHECK_EQ_INT(answer.amount_minor, 500);
    test_terminal_free(&terminal);
}

static void test_abort_before_and_after(void)
{
    uint8_t text[LIMIT_CODE_CHARS];
    struct scrip_sale sale = test_sale(1), next = test_sale(2);
    struct scrip_answer answer;
    struct bytes code;

    test_terminal_open(&terminal);
    code = test_terminal_code(&terminal, 1, text);
    CHECK_STATUS(scrip_abort(&terminal.scrip, "TILL1", "S1"), SCRIP_REFUSED_NOT_FOUND);
    CHECK_STATUS(scrip_redeem(&terminal.scrip, NULL, 0, &sale, &answer), SCRIP_AGAIN);
    CHECK_STATUS(scrip_abort(&terminal.scrip, "TILL1", "S1"), SCRIP_OK);
    struct scrip_ref ref = {.sale_id = sale.sale_id, .service_id = sale.service_id};
    CHECK_STATUS(scrip_result(&terminal.scrip, &ref, &answer), SCRIP_REFUSED_ABORTED);
    CHECK_STATUS(redeem(code, &next, &answer), SCRIP_OK);
    CHECK_STATUS(scrip_abort(&terminal.scrip, "TILL1", "S2"), SCRIP_REFUSED_STATE);
    test_terminal_free(&terminal);
}

static void test_reversal_releases_the_code_here(void)
{
    uint8_t text[LIMIT_CODE_CHARS];
    struct scrip_sale sale = test_sale(1), undo = test_sale(2), again = test_sale(3);
    struct scrip_answer answer;
    struct bytes code;

    test_terminal_open(&terminal);
    code = test_terminal_code(&terminal, 1, text);
    CHECK_STATUS(redeem(code, &sale, &answer), SCRIP_OK);
    struct scrip_ref ref = {.reference = TEST_TERMINAL "-1-1"};
    CHECK_STATUS(scrip_reverse(&terminal.scrip, &ref, &undo, &answer), SCRIP_OK);
    CHECK(answer.reversed);
    CHECK_STATUS(scrip_reverse(&terminal.scrip, &ref, &undo, &answer), SCRIP_OK);
    CHECK_EQ_INT(agent_of(&terminal.scrip)->ledger.head_seq, 2);
    CHECK_EQ_INT(agent_of(&terminal.scrip)->ledger.unsettled_minor, 0);
    CHECK_STATUS(redeem(code, &again, &answer), SCRIP_OK);
    CHECK_EQ_STRING(answer.reference, TEST_TERMINAL "-1-3");

    static const char *const wrong[] = {"",
                                        "x",
                                        TEST_TERMINAL,
                                        TEST_TERMINAL "-1-",
                                        TEST_TERMINAL "-2-1",
                                        TEST_TERMINAL "-1-99",
                                        TEST_TERMINAL "-1-1x",
                                        "ACME.S1.T2-1-1"};
    for (size_t i = 1; i < sizeof wrong / sizeof *wrong; i++) {
        ref.reference = wrong[i];
        CHECK_STATUS(scrip_reverse(&terminal.scrip, &ref, &undo, &answer), SCRIP_REFUSED_NOT_FOUND);
    }
    test_terminal_free(&terminal);
}

static void test_receipt_verifies_without_the_terminal(void)
{
    uint8_t text[LIMIT_CODE_CHARS], kid[COSE_KID_BYTES], point[CRYPTO_POINT_BYTES];
    char receipt_text[LIMIT_CODE_CHARS + 1];
    struct scrip_sale sale = test_sale(1);
    struct scrip_answer answer;
    struct crypto_key key;
    struct scan scan;
    struct receipt receipt;

    test_terminal_open(&terminal);
    CHECK_STATUS(redeem(test_terminal_code(&terminal, 1, text), &sale, &answer), SCRIP_OK);
    CHECK_STATUS(scrip_receipt(&terminal.scrip, 2, 'B', receipt_text, sizeof receipt_text),
                 SCRIP_REFUSED_NOT_FOUND);
    CHECK_STATUS(scrip_receipt(&terminal.scrip, 1, 'B', receipt_text, 20), SCRIP_REFUSED_TOO_LONG);
    CHECK_STATUS(scrip_receipt(&terminal.scrip, 1, 'X', receipt_text, sizeof receipt_text),
                 SCRIP_REFUSED_ARGUMENT);
    CHECK_STATUS(scrip_receipt(&terminal.scrip, 1, 'U', receipt_text, sizeof receipt_text),
                 SCRIP_OK);
    CHECK_EQ_INT(strncmp(receipt_text, "HTTPS://127.0.0.1/R/SCRD", 24), 0);
    CHECK_EQ_INT(strcspn(receipt_text, "abcdefghijklmnopqrstuvwxyz"), strlen(receipt_text));
    struct scan url;
    CHECK_STATUS(scan_decode(bytes_text(receipt_text), &url), SCRIP_OK);
    CHECK_EQ_INT(url.kind, TOKEN_RECEIPT);
    CHECK_STATUS(scrip_receipt(&terminal.scrip, 1, 'B', receipt_text, sizeof receipt_text),
                 SCRIP_OK);
    CHECK_STATUS(keys_signing(&agent_of(&terminal.scrip)->keys, &key, point, kid), SCRIP_OK);
    CHECK_STATUS(receipt_verify(bytes_text(receipt_text), point, &scan, &receipt), SCRIP_OK);
    CHECK_EQ_INT(receipt.seq, 1);
    CHECK_EQ_INT(receipt.amount_minor, 500);
    CHECK_EQ_INT(receipt.total_minor, 2000);
    test_terminal_free(&terminal);
}

static void test_training_records_nothing(void)
{
    uint8_t text[LIMIT_CODE_CHARS];
    struct scrip_sale sale = test_sale(1);
    struct scrip_answer answer;
    struct token_claims claims = test_claims(1);

    test_terminal_open(&terminal);
    sale.training = true;
    CHECK_STATUS(redeem(test_code(&terminal.issuer, &claims, 'B', text), &sale, &answer),
                 SCRIP_REFUSED_TRAINING);
    claims.flags |= TOKEN_TRAINING;
    sale = test_sale(2);
    sale.training = true;
    CHECK_STATUS(redeem(test_code(&terminal.issuer, &claims, 'B', text), &sale, &answer), SCRIP_OK);
    CHECK_EQ_INT(answer.seq, 0);
    CHECK((answer.state & SCRIP_STATE_TRAINING) != 0);
    CHECK_EQ_STRING(answer.line2, "Training");
    CHECK_EQ_INT(agent_of(&terminal.scrip)->ledger.head_seq, 0);
    test_terminal_free(&terminal);
}

/* Without a host for long, genuine codes are what shows that time has passed. */
static void test_expired_codes_make_room_offline(void)
{
    uint8_t text[LIMIT_CODE_CHARS];
    struct scrip_sale first = test_sale(1), second = test_sale(2);
    struct scrip_answer answer;
    struct token_claims claims = test_claims(2);
    const struct ledger *ledger = &agent_of(&terminal.scrip)->ledger;

    test_terminal_open(&terminal);
    CHECK_STATUS(redeem(test_terminal_code(&terminal, 1, text), &first, &answer), SCRIP_OK);
    sim_rtc_advance(&terminal.rtc, 600 * 1000);
    test_terminal_settle(&terminal);
    CHECK_EQ_INT(ledger->spent_count, 1);
    claims.iat_s += 600;
    claims.exp_s += 600;
    CHECK_STATUS(redeem(test_code(&terminal.issuer, &claims, 'B', text), &second, &answer),
                 SCRIP_OK);
    test_terminal_settle(&terminal);
    CHECK_EQ_INT(ledger->spent_count, 1);
    CHECK_EQ_INT(ledger->spent[0].seq, 2);
    test_terminal_free(&terminal);
}

/* The customer does not wait for the records of those before. */
static void test_a_long_journal_is_not_read_for_a_new_sale(void)
{
    uint8_t text[LIMIT_CODE_CHARS];
    struct scrip_answer answer;
    uint64_t early = 0, late = 0;

    test_terminal_open(&terminal);
    for (uint8_t number = 1; number <= 25; number++) {
        struct scrip_sale sale = test_sale(number);
        struct bytes code = test_terminal_code(&terminal, number, text);
        uint64_t before = terminal.journal.reads;
        CHECK_STATUS(redeem(code, &sale, &answer), SCRIP_OK);
        if (number == 2)
            early = terminal.journal.reads - before;
        late = terminal.journal.reads - before;
        test_terminal_settle(&terminal);
    }
    CHECK(early > 0);
    /* A binary search over the sectors is what may grow. */
    CHECK(late <= 2 * early);
    test_terminal_free(&terminal);
}

/* A new epoch begins on an empty journal, so never over records that the host has not. */
static void test_enrolment_never_costs_a_record(void)
{
    uint8_t text[LIMIT_CODE_CHARS];
    struct scrip_answer answer;
    struct scrip_sale sale = test_sale(1);
    struct scrip_ref ref = {.sale_id = sale.sale_id, .service_id = sale.service_id};
    struct agent *agent = agent_of(&terminal.scrip);

    test_terminal_open(&terminal);
    CHECK_STATUS(redeem(test_terminal_code(&terminal, 1, text), &sale, &answer), SCRIP_OK);
    CHECK_STATUS(test_terminal_enroll(&terminal, 2), SCRIP_REFUSED_UNSETTLED);
    CHECK_STATUS(scrip_result(&terminal.scrip, &ref, &answer), SCRIP_OK);

    /* Out of service for whatever reason: the journal itself is asked. */
    agent->service = SCRIP_REFUSED_NOT_ENROLLED;
    CHECK_STATUS(scrip_enroll_install(&terminal.scrip, text, 1), SCRIP_REFUSED_UNSETTLED);
    CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
    CHECK_STATUS(scrip_result(&terminal.scrip, &ref, &answer), SCRIP_OK);
    CHECK_EQ_INT(answer.amount_minor, 500);
    test_terminal_free(&terminal);
}

/* The new identity was stored and its epoch was not: nothing may be redeemed any more in an epoch
 * that the next start will not serve. */
static void test_a_half_enrolment_redeems_nothing(void)
{
    uint8_t text[LIMIT_CODE_CHARS];
    struct scrip_answer answer;
    struct scrip_sale sale = test_sale(1);

    test_terminal_open(&terminal);
    terminal.keystore.off = true;
    CHECK_STATUS(test_terminal_enroll(&terminal, 2), SCRIP_FAULT_KEYSTORE);
    CHECK_STATUS(redeem(test_terminal_code(&terminal, 1, text), &sale, &answer),
                 SCRIP_REFUSED_NOT_ENROLLED);
    terminal.keystore.off = false;
    CHECK_STATUS(test_terminal_enroll(&terminal, 2), SCRIP_OK);
    CHECK_STATUS(redeem(test_terminal_code(&terminal, 1, text), &sale, &answer), SCRIP_OK);
    CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
    test_terminal_free(&terminal);
}

int main(void)
{
    CHECK_RUN(test_offline_redemption_is_durable_and_complete);
    CHECK_RUN(test_a_code_is_worth_something_once);
    CHECK_RUN(test_the_same_request_gets_the_same_answer);
    CHECK_RUN(test_a_retry_is_not_held_against_limits);
    CHECK_RUN(test_a_retry_after_the_code_expired);
    CHECK_RUN(test_refusals_have_words_and_leave_no_record);
    CHECK_RUN(test_bad_sales_name_the_field);
    CHECK_RUN(test_scanner_serves_the_open_sale_only);
    CHECK_RUN(test_abort_before_and_after);
    CHECK_RUN(test_reversal_releases_the_code_here);
    CHECK_RUN(test_receipt_verifies_without_the_terminal);
    CHECK_RUN(test_training_records_nothing);
    CHECK_RUN(test_expired_codes_make_room_offline);
    CHECK_RUN(test_a_long_journal_is_not_read_for_a_new_sale);
    CHECK_RUN(test_enrolment_never_costs_a_record);
    CHECK_RUN(test_a_half_enrolment_redeems_nothing);
    return check_done();
}
