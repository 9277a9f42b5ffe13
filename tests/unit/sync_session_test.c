/*
 * When a session connects, waits, gives up and comes back. Time is the test's own, so every delay
 * is seen exactly.
 */
#include "tests/unit/sync_rig.h"

static void wait_ms(uint64_t ms)
{
    sim_rtc_advance(&rig.rtc, ms);
}

static void test_first_sync_waits_its_turn_and_an_idle_till(void)
{
    rig_open(2);
    uint64_t turn = rig_state().next_up_ms;
    REQUIRE(turn > 10 && turn <= 120000);
    wait_ms(turn - 1);
    rig_poll_busy(1);
    rig_poll(1); /* at turn - 1, then one millisecond on */
    CHECK_EQ_INT(rig.connects, 0);
    rig_poll_busy(50);
    CHECK_EQ_INT(rig.connects, 0);
    rig_poll(100);
    CHECK_EQ_INT(rig.connects, 1);
    CHECK_EQ_INT(rig.ledger.acked_seq, 2);
    rig_close();
}

static void test_a_busy_till_is_not_kept_waiting_by_a_batch(void)
{
    rig_open(0);
    rig_now();
    int requests = rig.requests;
    rig_append(RECORD_REDEEM);
    rig_poll_busy(100);
    CHECK_EQ_INT(rig.requests, requests);
    rig_poll(100);
    CHECK_EQ_INT(rig.requests, requests + 1);
    CHECK_EQ_INT(rig.ledger.acked_seq, 1);
    rig_close();
}

static void test_the_session_stays_up_and_beats_when_told(void)
{
    rig_open(0);
    rig.host.more = ",\"next\":{\"delay_s\":600,\"jitter_s\":0}";
    rig_now();
    CHECK(sync_ready(&rig.sync));
    int requests = rig.requests;
    wait_ms(599000 - 400);
    rig_poll(10);
    CHECK_EQ_INT(rig.requests, requests);
    wait_ms(1000);
    rig_poll(100);
    CHECK_EQ_INT(rig.requests, requests + 1);
    CHECK_EQ_INT(rig.connects, 1);
    rig_close();
}

static void test_a_quiet_close_is_no_failure(void)
{
    rig_open(0);
    rig_now();
    rig.connected = false;
    uint64_t closed_up_ms = rig.rtc.uptime_ms;
    rig_poll(2);
    CHECK_EQ_INT(rig_state().phase, SYNC_IDLE);
    CHECK_EQ_INT(rig_state().failures, 0);
    CHECK(!sync_ready(&rig.sync));
    CHECK(rig_state().next_up_ms >= closed_up_ms + 2000);
    CHECK(rig_state().next_up_ms <= closed_up_ms + 4002);
    wait_ms(4000);
    rig_poll(10);
    CHECK_EQ_INT(rig.connects, 2);
    CHECK(sync_ready(&rig.sync));
    rig_close();
}

static void test_a_host_that_closes_after_each_answer_still_settles(void)
{
    rig_open(150);
    rig.host.close_after = true;
    rig_now();
    CHECK_EQ_INT(rig.ledger.acked_seq, 150);
    CHECK_EQ_INT(rig.connects, 3);
    rig_close();
}

static void test_no_network_backs_off_and_comes_back(void)
{
    rig_open(1);
    rig.refuse_net = true;
    rig_now();
    CHECK_STATUS(rig_state().last, SCRIP_FAULT_NET);
    CHECK_EQ_INT(rig_state().phase, SYNC_WAITING);
    CHECK_EQ_INT(rig.connects, 1);
    CHECK(!rig_state().host_reachable);
    rig.refuse_net = false;
    wait_ms(4000);
    rig_poll(100);
    CHECK_EQ_INT(rig.ledger.acked_seq, 1);
    CHECK_EQ_INT(rig_state().failures, 0);
    CHECK(rig_state().host_reachable);
    rig_close();
}

static void test_a_host_that_is_not_ours_is_tried_hourly(void)
{
    rig_open(1);
    rig.refuse_tls = true;
    rig_now();
    CHECK_STATUS(rig_state().last, SCRIP_FAULT_TLS);
    wait_ms(3599000);
    rig_poll(2);
    CHECK_EQ_INT(rig.connects, 1);
    CHECK(strstr(rig.log_text, "FAULT_TLS") != NULL);
    rig.refuse_tls = false;
    rig_now();
    CHECK_EQ_INT(rig.ledger.acked_seq, 1);
    rig_close();
}

static void test_a_silent_host_times_out(void)
{
    rig_open(1);
    rig.host.silent = true;
    sync_now(&rig.sync);
    rig_poll(50);
    CHECK_EQ_INT(rig_state().phase, SYNC_EXCHANGE);
    wait_ms(SYNC_SILENCE_MS);
    rig_poll(1);
    CHECK_STATUS(rig_state().last, SCRIP_FAULT_TIMEOUT);
    CHECK_EQ_INT(rig_state().phase, SYNC_WAITING);
    CHECK(!rig.connected);
    CHECK_EQ_INT(rig.acks, 0);
    rig_close();
}

static void test_the_breaker(void)
{
    rig_open(1);
    rig.host.status = 503;
    rig_now();
    for (int i = 1; i < RETRY_BREAKER_FAILURES; i++) {
        CHECK(sync_ready(&rig.sync));
        rig_now();
    }
    CHECK(rig_state().breaker_open);
    CHECK(!sync_ready(&rig.sync));
    CHECK_STATUS(sync_ask(&rig.sync, 1), SCRIP_FAULT_NET);
    /* It recovers by itself: the backoff's next attempt is the probe. */
    int requests = rig.requests;
    rig.host.status = 0;
    rig_poll(100);
    CHECK_EQ_INT(rig.requests, requests);
    wait_ms(900000);
    rig_poll(100);
    CHECK(!rig_state().breaker_open);
    CHECK(sync_ready(&rig.sync));
    CHECK_EQ_INT(rig.ledger.acked_seq, 1);
    rig_close();
}

/* Every problem: what it is reported as, and when it is tried again. */
static void test_problems(void)
{
    static const struct {
        int status;
        enum scrip_status last;
        const char *type, *problem;
        uint64_t least_ms, most_ms;
    } cases[] = {
        {400, SCRIP_FAULT_REJECTED, "malformed", "malformed", 2000, 4000},
        {401, SCRIP_FAULT_REJECTED, "unauthorized", "unauthorized", 3600000, 4320000},
        {403, SCRIP_FAULT_REJECTED, "not-allowed", "not-allowed", 3600000, 4320000},
        {403, SCRIP_FAULT_REJECTED, "suspended", "suspended", 3600000, 4320000},
        {404, SCRIP_FAULT_REJECTED, "no-such-path", "no-such-path", 3600000, 4320000},
        {408, SCRIP_FAULT_UNAVAILABLE, "timeout", "timeout", 2000, 4000},
        {409, SCRIP_FAULT_REJECTED, "epoch-stale", "epoch-stale", 3600000, 4320000},
        {409, SCRIP_FAULT_REJECTED, "chain-gap", "chain-gap", 2000, 4000},
        {413, SCRIP_FAULT_REJECTED, "too-large", "too-large", 2000, 4000},
        {415, SCRIP_FAULT_REJECTED, "media-type", "media-type", 3600000, 4320000},
        {422, SCRIP_FAULT_REJECTED, "malformed", "malformed", 2000, 4000},
        {429, SCRIP_FAULT_UNAVAILABLE, "busy", "busy", 2000, 4000},
        {500, SCRIP_FAULT_UNAVAILABLE, "internal", "internal", 2000, 4000},
        {502, SCRIP_FAULT_UNAVAILABLE, "gateway", "gateway", 2000, 4000},
        {503, SCRIP_FAULT_UNAVAILABLE, "busy", "busy", 2000, 4000},
        {504, SCRIP_FAULT_UNAVAILABLE, "gateway", "gateway", 2000, 4000},
        {302, SCRIP_FAULT_PROTOCOL, "elsewhere", "elsewhere", 3600000, 4320000},
        {503, SCRIP_FAULT_UNAVAILABLE, NULL, "http-503", 2000, 4000},
        {503, SCRIP_FAULT_UNAVAILABLE, "Bad<Name>", "http-503", 2000, 4000},
    };
    char problem[128];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rig_open(1);
        (void)snprintf(problem, sizeof problem, "{\"type\":\"urn:scrip:err:%s\",\"status\":%d}",
                       cases[i].type != NULL ? cases[i].type : "", cases[i].status);
        rig.host.status = cases[i].status;
        rig.host.problem = cases[i].type != NULL ? problem : "<html>";
        rig_now();
        struct sync_state state = rig_state();
        uint64_t delay_ms = state.next_up_ms - rig.sync.asked_up_ms;
        CHECK_STATUS(state.last, cases[i].last);
        CHECK_EQ_STRING(state.problem, cases[i].problem);
        CHECK_EQ_INT(rig.requests, 1);
        CHECK(delay_ms >= cases[i].least_ms && delay_ms <= cases[i].most_ms + 100);
        CHECK_EQ_INT(rig.ledger.suspended, strcmp(cases[i].problem, "suspended") == 0);
        CHECK_EQ_INT(rig.acks, 0);
        CHECK(!rig.ledger.fork);
        CHECK(state.host_reachable);
        rig_close();
    }
}

static void test_retry_after_is_honoured(void)
{
    for (int status = 429; status <= 503; status += 503 - 429) {
        rig_open(1);
        rig.host.status = status;
        rig.host.fields = "Retry-After: 120\r\n";
        rig_now();
        uint64_t delay_ms = rig_state().next_up_ms - rig.sync.asked_up_ms;
        CHECK(delay_ms >= 120000 && delay_ms <= 144100);
        CHECK_EQ_INT(rig.ledger.acked_seq, 0);
        rig_close();
    }
}

static void test_suspension_ends_with_the_first_good_answer(void)
{
    rig_open(1);
    rig.host.status = 403;
    rig.host.problem = "{\"type\":\"urn:scrip:err:suspended\"}";
    rig_now();
    CHECK(rig.ledger.suspended);
    rig.host.status = 503;
    rig.host.problem = NULL;
    rig_now();
    CHECK(rig.ledger.suspended);
    rig.host.status = 0;
    rig_now();
    CHECK(!rig.ledger.suspended);
    CHECK_EQ_INT(rig.suspensions, 2);
    CHECK_EQ_STRING(rig_state().problem, "");
    rig_close();
}

static void test_an_arena_too_small_is_said(void)
{
    rig_open(1);
    rig.parts.arena_len = 64;
    rig_now();
    CHECK_STATUS(rig_state().last, SCRIP_FAULT_MEMORY);
    CHECK_EQ_INT(rig.acks, 0);
    rig_close();
}

static void test_without_a_network_nothing_is_ready(void)
{
    static struct sync sync;
    struct sync_state state;
    struct sync_outcome outcome;

    CHECK(!sync_ready(&sync));
    CHECK_STATUS(sync_ask(&sync, 1), SCRIP_FAULT_NET);
    CHECK_STATUS(sync_ask_result(&sync, &outcome), SCRIP_FAULT_NET);
    sync_ask_abandon(&sync);
    sync_now(&sync);
    sync_read_state(&sync, &state);
    CHECK_EQ_INT(state.phase, SYNC_IDLE);
    CHECK(!state.breaker_open);
    sync_close(&sync);
    CHECK(!sync_ready(&sync));
}

int main(void)
{
    CHECK_RUN(test_without_a_network_nothing_is_ready);
    CHECK_RUN(test_first_sync_waits_its_turn_and_an_idle_till);
    CHECK_RUN(test_a_busy_till_is_not_kept_waiting_by_a_batch);
    CHECK_RUN(test_the_session_stays_up_and_beats_when_told);
    CHECK_RUN(test_a_quiet_close_is_no_failure);
    CHECK_RUN(test_a_host_that_closes_after_each_answer_still_settles);
    CHECK_RUN(test_no_network_backs_off_and_comes_back);
    CHECK_RUN(test_a_host_that_is_not_ours_is_tried_hourly);
    CHECK_RUN(test_a_silent_host_times_out);
    CHECK_RUN(test_the_breaker);
    CHECK_RUN(test_problems);
    CHECK_RUN(test_retry_after_is_honoured);
    CHECK_RUN(test_suspension_ends_with_the_first_good_answer);
    CHECK_RUN(test_an_arena_too_small_is_said);
    return check_done();
}
