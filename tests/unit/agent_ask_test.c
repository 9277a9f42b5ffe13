/*
 * Asking the host while the customer waits, and appends that fault: the agent against a session
 * whose every answer the test decides. The session's own behaviour is tested in sync_*_test.
 */
#include "agent/agent.h"
#include "tests/check.h"
#include "tests/support/terminal.h"

static struct test_terminal terminal;
static const struct hal_net net; /* never called: it only says that there is a network */

static struct {
    bool ready;
    uint32_t asked_seq;
    enum scrip_status result;
    struct sync_outcome outcome;
    bool abandoned;
} host;

enum scrip_status sync_open(struct sync *sync, const struct sync_parts *parts)
{
    (void)sync;
    return parts->net == &net ? SCRIP_OK : SCRIP_FAULT_NET;
}

void sync_poll(struct sync *sync, bool till_idle, uint32_t *sleep_ms)
{
    (void)sync;
    (void)till_idle;
    *sleep_ms = 1;
}

bool sync_ready(const struct sync *sync)
{
    (void)sync;
    return host.ready;
}

enum scrip_status sync_ask(struct sync *sync, uint32_t seq)
{
    (void)sync;
    host.asked_seq = seq;
    return SCRIP_OK;
}

enum scrip_status sync_ask_result(struct sync *sync, struct sync_outcome *outcome)
{
    (void)sync;
    *outcome = host.outcome;
    return host.result;
}

void sync_ask_abandon(struct sync *sync)
{
    (void)sync;
    host.abandoned = true;
}

void sync_now(struct sync *sync)
{
    (void)sync;
}

void sync_read_state(const struct sync *sync, struct sync_state *state)
{
    (void)sync;
    *state = (struct sync_state){.host_reachable = host.ready};
}

void sync_objects_taken(struct sync *sync)
{
    (void)sync;
}

void sync_close(struct sync *sync)
{
    (void)sync;
}

static void open_online(void)
{
    memset(&host, 0, sizeof host);
    host.ready = true;
    host.result = SCRIP_AGAIN;
    test_terminal_make(&terminal);
    terminal.hal.net = &net;
    terminal.policy.require_online_first = true;
    CHECK_STATUS(test_terminal_enroll(&terminal, 1), SCRIP_OK);
}

static enum scrip_status redeem(uint8_t number, unsigned sale_number, uint32_t flags,
                                enum scrip_mode mode, struct scrip_answer *answer)
{
    uint8_t text[LIMIT_CODE_CHARS];
    struct token_claims claims = test_claims(number);
    struct scrip_sale sale = test_sale(sale_number);
    claims.flags = flags;
    sale.mode = mode;
    struct bytes code = test_code(&terminal.issuer, &claims, 'B', text);
    return scrip_redeem(&terminal.scrip, (const char *)code.data, code.len, &sale, answer);
}

static enum scrip_status result(unsigned sale_number, struct scrip_answer *answer)
{
    struct scrip_sale sale = test_sale(sale_number);
    struct scrip_ref ref = {.sale_id = sale.sale_id, .service_id = sale.service_id};
    return scrip_result(&terminal.scrip, &ref, answer);
}

static void poll_once(void)
{
    uint32_t sleep_ms;
    CHECK_STATUS(scrip_poll(&terminal.scrip, &sleep_ms), SCRIP_OK);
}

/* The FINISHED event, past whatever else was announced. */
static bool finished(struct scrip_answer *answer)
{
    struct scrip_event event;
    while (scrip_event(&terminal.scrip, &event) == SCRIP_OK) {
        if (event.kind == SCRIP_EVENT_FINISHED) {
            *answer = event.answer;
            return true;
        }
    }
    return false;
}

static uint32_t unsettled(void)
{
    return agent_of(&terminal.scrip)->ledger.unsettled_count;
}

static void test_host_accepts(void)
{
    struct scrip_answer answer;

    open_online();
    CHECK_STATUS(redeem(1, 1, TOKEN_OFFLINE, SCRIP_MODE_ANY, &answer), SCRIP_AGAIN);
    CHECK_EQ_INT(host.asked_seq, 1);
    CHECK_EQ_INT(unsettled(), 0); /* durable and spent, and worth nothing yet */
    CHECK_STATUS(redeem(2, 2, TOKEN_OFFLINE, SCRIP_MODE_ANY, &answer), SCRIP_REFUSED_BUSY);
    CHECK_STATUS(result(1, &answer), SCRIP_AGAIN);
    host.result = SCRIP_OK;
    host.outcome = (struct sync_outcome){.accepted = true, .auth = "A77"};
    poll_once();
    CHECK(finished(&answer));
    CHECK_STATUS(answer.status, SCRIP_OK);
    CHECK(answer.online);
    CHECK_EQ_STRING(terminal.display.line2, "Applied");
    CHECK_EQ_INT(unsettled(), 1);
    CHECK_STATUS(result(1, &answer), SCRIP_OK);
    test_terminal_free(&terminal);
}

static void test_host_refuses(void)
{
    struct scrip_answer answer;

    open_online();
    CHECK_STATUS(redeem(1, 1, TOKEN_OFFLINE, SCRIP_MODE_ANY, &answer), SCRIP_AGAIN);
    host.result = SCRIP_OK;
    host.outcome = (struct sync_outcome){.code = RECORD_CODE_ALREADY_REDEEMED};
    poll_once();
    CHECK(finished(&answer));
    CHECK_STATUS(answer.status, SCRIP_REFUSED_USED);
    CHECK_EQ_INT(answer.amount_minor, 0);
    CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
    CHECK_STATUS(result(1, &answer), SCRIP_REFUSED_USED);
    CHECK_EQ_INT(unsettled(), 0);
    test_terminal_free(&terminal);
}

static void test_silence_becomes_offline_where_allowed(void)
{
    struct scrip_answer answer;

    open_online();
    CHECK_STATUS(redeem(1, 1, TOKEN_OFFLINE, SCRIP_MODE_ANY, &answer), SCRIP_AGAIN);
    sim_rtc_advance(&terminal.rtc, 799);
    poll_once();
    CHECK(!finished(&answer));
    sim_rtc_advance(&terminal.rtc, 1);
    poll_once();
    CHECK(finished(&answer));
    CHECK_STATUS(answer.status, SCRIP_OK);
    CHECK(!answer.online);
    CHECK(host.abandoned);
    CHECK_EQ_INT(unsettled(), 1);
    test_terminal_free(&terminal);
}

static void test_silence_undoes_where_offline_is_not_allowed(void)
{
    struct scrip_answer answer;

    open_online();
    CHECK_STATUS(redeem(1, 1, 0, SCRIP_MODE_ANY, &answer), SCRIP_AGAIN);
    host.result = SCRIP_FAULT_NET;
    poll_once();
    CHECK(finished(&answer));
    CHECK_STATUS(answer.status, SCRIP_REFUSED_VOID);
    /* Undone means undone: the code is as good as new here. */
    host.result = SCRIP_AGAIN;
    CHECK_STATUS(redeem(1, 2, 0, SCRIP_MODE_ANY, &answer), SCRIP_AGAIN);
    host.result = SCRIP_OK;
    host.outcome.accepted = true;
    poll_once();
    CHECK(finished(&answer));
    CHECK_STATUS(answer.status, SCRIP_OK);
    test_terminal_free(&terminal);
}

static void test_online_only_is_never_answered_offline(void)
{
    struct scrip_answer answer;

    open_online();
    CHECK_STATUS(redeem(1, 1, TOKEN_OFFLINE, SCRIP_MODE_ONLINE_ONLY, &answer), SCRIP_AGAIN);
    sim_rtc_advance(&terminal.rtc, 10000);
    poll_once();
    CHECK(finished(&answer));
    CHECK_STATUS(answer.status, SCRIP_REFUSED_VOID);
    host.ready = false;
    CHECK_STATUS(redeem(2, 2, TOKEN_OFFLINE, SCRIP_MODE_ONLINE_ONLY, &answer),
                 SCRIP_REFUSED_ONLINE_ONLY);
    CHECK_STATUS(redeem(3, 3, TOKEN_OFFLINE, SCRIP_MODE_OFFLINE, &answer), SCRIP_OK);
    CHECK(!answer.online);
    test_terminal_free(&terminal);
}

/* Whatever the clock reads then, by ten years either way. */
static void test_restart_voids_an_ask(void)
{
    static const int64_t shifts_s[] = {0, 1, -1, 86400, -86400, 315360000, -315360000};

    for (size_t i = 0; i < sizeof shifts_s / sizeof *shifts_s; i++) {
        struct scrip_answer answer;

        open_online();
        CHECK_STATUS(redeem(1, 1, TOKEN_OFFLINE, SCRIP_MODE_ANY, &answer), SCRIP_AGAIN);
        terminal.rtc.unix_s = (uint32_t)((int64_t)terminal.rtc.unix_s + shifts_s[i]);
        CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
        CHECK_STATUS(result(1, &answer), SCRIP_REFUSED_VOID);
        CHECK_EQ_INT(unsettled(), 0);
        test_terminal_free(&terminal);
    }
}

static void test_abort_voids_an_ask(void)
{
    struct scrip_answer answer;

    open_online();
    CHECK_STATUS(redeem(1, 1, TOKEN_OFFLINE, SCRIP_MODE_ANY, &answer), SCRIP_AGAIN);
    CHECK_STATUS(scrip_abort(&terminal.scrip, "TILL1", "S1"), SCRIP_OK);
    CHECK_STATUS(result(1, &answer), SCRIP_REFUSED_VOID);
    test_terminal_free(&terminal);
}

/* The bit in every answer is the ledger's, so that a restart does not forget what is owed. */
static void test_a_late_refusal_is_told_after_a_restart(void)
{
    struct scrip_answer answer;
    struct ledger *ledger = &agent_of(&terminal.scrip)->ledger;
    struct record_stamp stamp = {.t_s = TEST_NOW_S};
    struct ledger_entry entry;

    open_online();
    host.ready = false;
    CHECK_STATUS(redeem(1, 1, TOKEN_OFFLINE, SCRIP_MODE_ANY, &answer), SCRIP_OK);
    CHECK((answer.state & SCRIP_STATE_LATE_REFUSALS) == 0);
    CHECK_STATUS(ledger_late(ledger, 1, RECORD_CODE_OTHER, &stamp), SCRIP_OK);
    CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
    CHECK_STATUS(redeem(2, 2, TOKEN_OFFLINE, SCRIP_MODE_ANY, &answer), SCRIP_OK);
    CHECK((answer.state & SCRIP_STATE_LATE_REFUSALS) != 0);
    CHECK_STATUS(ledger_reverse(ledger, 1, &stamp, &entry), SCRIP_OK);
    CHECK_STATUS(redeem(3, 3, TOKEN_OFFLINE, SCRIP_MODE_ANY, &answer), SCRIP_OK);
    CHECK((answer.state & SCRIP_STATE_LATE_REFUSALS) == 0);
    test_terminal_free(&terminal);
}

static void test_suspended_terminal_gives_nothing(void)
{
    struct scrip_answer answer;

    open_online();
    CHECK_STATUS(ledger_suspend(&agent_of(&terminal.scrip)->ledger, true), SCRIP_OK);
    for (unsigned boot = 0; boot < 3; boot++) {
        CHECK_STATUS(redeem(1, 1 + boot, TOKEN_OFFLINE, SCRIP_MODE_ANY, &answer),
                     SCRIP_REFUSED_SUSPENDED);
        CHECK((answer.state & SCRIP_STATE_SUSPENDED) != 0);
        host.ready = false; /* the plug was pulled, and the network too */
        CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
    }
    CHECK_STATUS(ledger_suspend(&agent_of(&terminal.scrip)->ledger, false), SCRIP_OK);
    CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
    CHECK_EQ_INT(unsettled(), 0);
    test_terminal_free(&terminal);
}

/* The medium did it and said no: nobody knows until the fence, and then it counts. */
static void test_fault_after_the_record_was_written(void)
{
    struct scrip_answer answer;

    open_online();
    host.ready = false;
    /* The same redemption once before tells how many pages it takes: the fault is at the last. */
    uint64_t before = terminal.journal.operations;
    CHECK_STATUS(redeem(9, 9, TOKEN_OFFLINE, SCRIP_MODE_ANY, &answer), SCRIP_OK);
    terminal.journal.fault_at = 2 * terminal.journal.operations - before;
    CHECK_STATUS(redeem(1, 1, TOKEN_OFFLINE, SCRIP_MODE_ANY, &answer), SCRIP_AGAIN);
    CHECK_STATUS(result(1, &answer), SCRIP_AGAIN);
    CHECK((answer.state & SCRIP_STATE_OUT_OF_SERVICE) != 0);
    CHECK_STATUS(redeem(2, 2, TOKEN_OFFLINE, SCRIP_MODE_ANY, &answer), SCRIP_REFUSED_BUSY);
    poll_once();
    CHECK(finished(&answer));
    CHECK_STATUS(answer.status, SCRIP_OK);
    CHECK_EQ_INT(unsettled(), 2);
    CHECK_STATUS(redeem(1, 3, TOKEN_OFFLINE, SCRIP_MODE_ANY, &answer), SCRIP_REFUSED_USED);
    test_terminal_free(&terminal);
}

/* The medium fails for good: no answer but "in progress" until it is back, and then the truth. */
static void test_fault_before_anything_was_written(void)
{
    struct scrip_answer answer;

    open_online();
    host.ready = false;
    terminal.journal.tear = SIM_TEAR_NONE;
    terminal.journal.cut_at = terminal.journal.operations + 1;
    CHECK_STATUS(redeem(1, 1, TOKEN_OFFLINE, SCRIP_MODE_ANY, &answer), SCRIP_AGAIN);
    poll_once();
    CHECK(!finished(&answer));
    sim_flash_power_on(&terminal.journal);
    poll_once(); /* it is not tried again at once */
    CHECK(!finished(&answer));
    sim_rtc_advance(&terminal.rtc, AGENT_MEND_MS);
    poll_once();
    CHECK(finished(&answer));
    CHECK_STATUS(answer.status, SCRIP_FAULT_FLASH);
    CHECK_EQ_INT(unsettled(), 0);
    /* An accident may be tried again under the same ids. */
    CHECK_STATUS(redeem(1, 1, TOKEN_OFFLINE, SCRIP_MODE_ANY, &answer), SCRIP_OK);
    test_terminal_free(&terminal);
}

/* The host said yes, and the outcome's append faulted: it is answered from what turns out durable.
 */
static void test_fault_of_an_outcome(void)
{
    struct scrip_answer answer;

    open_online();
    CHECK_STATUS(redeem(1, 1, TOKEN_OFFLINE, SCRIP_MODE_ANY, &answer), SCRIP_AGAIN);
    host.result = SCRIP_OK;
    host.outcome.accepted = true;
    terminal.journal.fault_at = terminal.journal.operations + 1;
    poll_once();
    CHECK(!finished(&answer));
    poll_once();
    CHECK(finished(&answer));
    CHECK_STATUS(answer.status, SCRIP_OK);
    CHECK(answer.online);
    CHECK_EQ_INT(agent_of(&terminal.scrip)->ledger.head_seq, 2);
    test_terminal_free(&terminal);
}

/* The host said no, and the outcome's append was lost: its no is not forgotten over that. */
static void test_lost_outcome_of_a_refusal_gives_nothing(void)
{
    struct scrip_answer answer;

    open_online();
    CHECK_STATUS(redeem(1, 1, TOKEN_OFFLINE, SCRIP_MODE_ANY, &answer), SCRIP_AGAIN);
    host.result = SCRIP_OK;
    host.outcome = (struct sync_outcome){.code = RECORD_CODE_ALREADY_REDEEMED};
    terminal.journal.tear = SIM_TEAR_NONE;
    terminal.journal.cut_at = terminal.journal.operations + 1;
    poll_once();
    sim_flash_power_on(&terminal.journal);
    sim_rtc_advance(&terminal.rtc, AGENT_MEND_MS);
    poll_once();
    CHECK(finished(&answer));
    CHECK_STATUS(answer.status, SCRIP_REFUSED_VOID);
    CHECK_EQ_INT(answer.amount_minor, 0);
    CHECK_EQ_INT(unsettled(), 0);
    test_terminal_free(&terminal);
}

/* A reversal's append faulted: nothing goes until it is known what is durable, and then all does.
 */
static void test_fault_of_a_reversal(void)
{
    struct scrip_answer answer;
    struct scrip_ref ref = {.reference = TEST_TERMINAL "-1-1"};
    struct scrip_sale undo = test_sale(8);

    open_online();
    host.ready = false;
    CHECK_STATUS(redeem(1, 1, TOKEN_OFFLINE, SCRIP_MODE_ANY, &answer), SCRIP_OK);
    terminal.journal.fault_at = terminal.journal.operations + 1;
    CHECK_STATUS(scrip_reverse(&terminal.scrip, &ref, &undo, &answer), SCRIP_FAULT_FLASH);
    CHECK((answer.state & SCRIP_STATE_OUT_OF_SERVICE) != 0);
    sim_rtc_advance(&terminal.rtc, AGENT_MEND_MS);
    poll_once();
    CHECK_STATUS(scrip_reverse(&terminal.scrip, &ref, &undo, &answer), SCRIP_OK);
    CHECK(answer.reversed && (answer.state & SCRIP_STATE_OUT_OF_SERVICE) == 0);
    CHECK_EQ_INT(unsettled(), 0);
    CHECK_STATUS(redeem(2, 2, TOKEN_OFFLINE, SCRIP_MODE_ANY, &answer), SCRIP_OK);
    test_terminal_free(&terminal);
}

/* One sync can bring more late verdicts than there is room for events: none is dropped, and least
 * of all the answer that a till waits for. */
static void test_late_verdicts_push_nothing_out(void)
{
    struct scrip_answer answer;
    struct scrip_event event;
    struct ledger *ledger;
    struct record_stamp stamp;
    uint32_t late = 0;
    bool answered = false;

    open_online();
    host.ready = false;
    ledger = &agent_of(&terminal.scrip)->ledger;
    for (unsigned number = 1; number <= AGENT_EVENTS + 4; number++)
        CHECK_STATUS(redeem((uint8_t)number, number, TOKEN_OFFLINE, SCRIP_MODE_ANY, &answer),
                     SCRIP_OK);
    host.ready = true;
    CHECK_STATUS(redeem(99, 99, TOKEN_OFFLINE, SCRIP_MODE_ANY, &answer), SCRIP_AGAIN);
    host.result = SCRIP_OK;
    host.outcome.accepted = true;
    agent_stamp(agent_of(&terminal.scrip), 0, 0, &stamp);
    for (uint32_t seq = 1; seq <= AGENT_EVENTS + 4; seq++)
        CHECK_STATUS(ledger_late(ledger, seq, RECORD_CODE_ALREADY_REDEEMED, &stamp), SCRIP_OK);
    for (int step = 0; step < 4; step++) {
        poll_once();
        while (scrip_event(&terminal.scrip, &event) == SCRIP_OK) {
            answered |= event.kind == SCRIP_EVENT_FINISHED;
            late += event.kind == SCRIP_EVENT_LATE_REFUSAL;
        }
    }
    CHECK(answered);
    CHECK_EQ_INT(late, AGENT_EVENTS + 4);
    test_terminal_free(&terminal);
}

int main(void)
{
    CHECK_RUN(test_host_accepts);
    CHECK_RUN(test_host_refuses);
    CHECK_RUN(test_silence_becomes_offline_where_allowed);
    CHECK_RUN(test_silence_undoes_where_offline_is_not_allowed);
    CHECK_RUN(test_online_only_is_never_answered_offline);
    CHECK_RUN(test_restart_voids_an_ask);
    CHECK_RUN(test_abort_voids_an_ask);
    CHECK_RUN(test_a_late_refusal_is_told_after_a_restart);
    CHECK_RUN(test_suspended_terminal_gives_nothing);
    CHECK_RUN(test_fault_after_the_record_was_written);
    CHECK_RUN(test_fault_before_anything_was_written);
    CHECK_RUN(test_fault_of_an_outcome);
    CHECK_RUN(test_lost_outcome_of_a_refusal_gives_nothing);
    CHECK_RUN(test_fault_of_a_reversal);
    CHECK_RUN(test_late_verdicts_push_nothing_out);
    return check_done();
}
