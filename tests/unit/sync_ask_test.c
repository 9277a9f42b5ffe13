/*
 * Asks at the till: the host's verdict, and every way in which none comes.
 */
#include "tests/unit/sync_rig.h"

/* A ready session and one open ask, number 1. */
static void ask_open(void)
{
    rig_open(0);
    rig_now();
    rig_append(RECORD_REDEEM);
    rig.ledger.open_ask = 1;
    CHECK(sync_ready(&rig.sync));
    CHECK_STATUS(sync_ask(&rig.sync, 1), SCRIP_OK);
}

static void test_an_ask_is_accepted(void)
{
    struct sync_outcome outcome;

    ask_open();
    CHECK_STATUS(sync_ask_result(&rig.sync, &outcome), SCRIP_AGAIN);
    rig_poll_busy(20);
    CHECK_STATUS(sync_ask_result(&rig.sync, &outcome), SCRIP_OK);
    CHECK(outcome.accepted);
    CHECK_EQ_STRING(outcome.auth, "A-1");
    CHECK_EQ_STRING(rig.path, "/v1/redemptions");
    CHECK_EQ_STRING(rig.key, "7-1");
    CHECK(sync_ready(&rig.sync));
    /* Told once. */
    CHECK_STATUS(sync_ask_result(&rig.sync, &outcome), SCRIP_FAULT_NET);
    rig_close();
}

static void test_an_ask_is_refused(void)
{
    struct sync_outcome outcome;

    ask_open();
    rig.host.ask_status = "refused";
    rig_poll_busy(20);
    CHECK_STATUS(sync_ask_result(&rig.sync, &outcome), SCRIP_OK);
    CHECK(!outcome.accepted);
    CHECK_EQ_INT(outcome.code, RECORD_CODE_ALREADY_REDEEMED);
    rig_close();
}

static void check_failed_ask(enum scrip_status expected)
{
    struct sync_outcome outcome;

    rig_poll_busy(20);
    CHECK_STATUS(sync_ask_result(&rig.sync, &outcome), expected);
    CHECK(!outcome.accepted);
    rig_close();
}

static void test_asks_that_fail(void)
{
    ask_open();
    rig.host.wrong_seq = true;
    check_failed_ask(SCRIP_FAULT_PROTOCOL);
    ask_open();
    rig.host.wrong_nonce = true;
    check_failed_ask(SCRIP_FAULT_PROTOCOL);
    ask_open();
    rig.host.wrong_key = true;
    check_failed_ask(SCRIP_FAULT_PROTOCOL);
    ask_open();
    rig.host.no_time = true;
    check_failed_ask(SCRIP_FAULT_PROTOCOL);
    ask_open();
    rig.host.ask_status = "maybe";
    check_failed_ask(SCRIP_FAULT_PROTOCOL);
    ask_open();
    rig.host.cut = 10;
    check_failed_ask(SCRIP_FAULT_NET);
    ask_open();
    rig.host.drop = true;
    check_failed_ask(SCRIP_FAULT_NET);
    ask_open();
    rig.host.status = 503;
    check_failed_ask(SCRIP_FAULT_UNAVAILABLE);
    ask_open();
    rig.host.status = 403;
    check_failed_ask(SCRIP_FAULT_REJECTED);
    ask_open();
    rig.stale_certificate = true;
    check_failed_ask(SCRIP_FAULT_TLS);
}

static void test_an_ask_needs_a_session(void)
{
    rig_open(1);
    CHECK(!sync_ready(&rig.sync));
    CHECK_STATUS(sync_ask(&rig.sync, 1), SCRIP_FAULT_NET);
    rig_close();
}

static void test_a_late_answer_is_ignored(void)
{
    struct sync_outcome outcome;

    ask_open();
    rig.host.silent = true;
    rig_poll_busy(20);
    CHECK_STATUS(sync_ask_result(&rig.sync, &outcome), SCRIP_AGAIN);
    sync_ask_abandon(&rig.sync);
    CHECK(!sync_ready(&rig.sync)); /* the connection is still owed an answer */
    CHECK_EQ_INT(rig.sync.late_asks, 1);
    CHECK_STATUS(sync_ask_result(&rig.sync, &outcome), SCRIP_FAULT_NET);
    /* Now it comes, with a verdict that nobody may hear any more. */
    rig.host.silent = false;
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    memcpy(rig.answer, answer, sizeof answer - 1);
    rig.answer_len = sizeof answer - 1;
    rig.answer_at = 0;
    rig_poll_busy(20);
    CHECK_STATUS(sync_ask_result(&rig.sync, &outcome), SCRIP_FAULT_NET);
    rig_close();
}

/* One more ask that the till gives up on. */
static void ask_in_vain(void)
{
    CHECK_STATUS(sync_ask(&rig.sync, 1), SCRIP_OK);
    sync_ask_abandon(&rig.sync);
}

static void test_asks_that_time_out_are_made_no_more(void)
{
    struct sync_outcome outcome;

    ask_open();
    sync_ask_abandon(&rig.sync);
    for (int i = 1; i < SYNC_LATE_ASKS; i++) {
        CHECK(sync_ready(&rig.sync));
        ask_in_vain();
        rig_poll(100); /* that it settles well does not make it quick */
    }
    CHECK(!sync_ready(&rig.sync));
    CHECK(rig_state().breaker_open);
    CHECK_STATUS(sync_ask(&rig.sync, 1), SCRIP_FAULT_NET);

    /* One probe after a pause; its failure is another pause, its success the end of them. */
    sim_rtc_advance(&rig.rtc, SYNC_ASK_PAUSE_MS);
    CHECK(sync_ready(&rig.sync));
    ask_in_vain();
    CHECK(!sync_ready(&rig.sync));
    sim_rtc_advance(&rig.rtc, SYNC_ASK_PAUSE_MS);
    CHECK_STATUS(sync_ask(&rig.sync, 1), SCRIP_OK);
    rig_poll_busy(20);
    CHECK_STATUS(sync_ask_result(&rig.sync, &outcome), SCRIP_OK);
    ask_in_vain();
    CHECK(sync_ready(&rig.sync));
    rig_close();
}

int main(void)
{
    CHECK_RUN(test_an_ask_is_accepted);
    CHECK_RUN(test_an_ask_is_refused);
    CHECK_RUN(test_asks_that_fail);
    CHECK_RUN(test_an_ask_needs_a_session);
    CHECK_RUN(test_a_late_answer_is_ignored);
    CHECK_RUN(test_asks_that_time_out_are_made_no_more);
    return check_done();
}
