/*
 * When a session connects, waits, gives up and comes back; asks at the till; objects from the
 * office. Time is the test's own, so every delay is seen exactly.
 */
#include "base/object.h"

#include "tests/unit/sync_rig.h"

static void wait_ms(uint64_t ms)
{
    sim_rtc_advance(&rig.rtc, ms);
}

static void poll_busy_till(int polls)
{
    uint32_t sleep_ms;

    for (int i = 0; i < polls; i++)
        sync_poll(&rig.sync, false, &sleep_ms);
}

/* Connecting ------------------------------------------------------------------------------------
 */

static void test_first_sync_waits_its_turn_and_an_idle_till(void)
{
    rig_open(2);
    uint64_t turn = rig_state().next_up_ms;
    REQUIRE(turn > 10 && turn <= 120000);
    wait_ms(turn - 1);
    poll_busy_till(1);
    rig_poll(1); /* at turn - 1, then one millisecond on */
    CHECK_EQ_INT(rig.connects, 0);
    poll_busy_till(50);
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
    poll_busy_till(100);
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
        const char *type, *problem;
        enum scrip_status last;
        uint64_t least_ms, most_ms;
    } cases[] = {
        {400, "malformed", "malformed", SCRIP_FAULT_REJECTED, 2000, 4000},
        {401, "unauthorized", "unauthorized", SCRIP_FAULT_REJECTED, 3600000, 4320000},
        {403, "not-allowed", "not-allowed", SCRIP_FAULT_REJECTED, 3600000, 4320000},
        {403, "suspended", "suspended", SCRIP_FAULT_REJECTED, 3600000, 4320000},
        {404, "no-such-path", "no-such-path", SCRIP_FAULT_REJECTED, 3600000, 4320000},
        {408, "timeout", "timeout", SCRIP_FAULT_UNAVAILABLE, 2000, 4000},
        {409, "epoch-stale", "epoch-stale", SCRIP_FAULT_REJECTED, 3600000, 4320000},
        {409, "chain-gap", "chain-gap", SCRIP_FAULT_REJECTED, 2000, 4000},
        {413, "too-large", "too-large", SCRIP_FAULT_REJECTED, 2000, 4000},
        {415, "media-type", "media-type", SCRIP_FAULT_REJECTED, 3600000, 4320000},
        {422, "malformed", "malformed", SCRIP_FAULT_REJECTED, 2000, 4000},
        {429, "busy", "busy", SCRIP_FAULT_UNAVAILABLE, 2000, 4000},
        {500, "internal", "internal", SCRIP_FAULT_UNAVAILABLE, 2000, 4000},
        {502, "gateway", "gateway", SCRIP_FAULT_UNAVAILABLE, 2000, 4000},
        {503, "busy", "busy", SCRIP_FAULT_UNAVAILABLE, 2000, 4000},
        {504, "gateway", "gateway", SCRIP_FAULT_UNAVAILABLE, 2000, 4000},
        {302, "elsewhere", "elsewhere", SCRIP_FAULT_PROTOCOL, 3600000, 4320000},
        {503, NULL, "http-503", SCRIP_FAULT_UNAVAILABLE, 2000, 4000},
        {503, "Bad<Name>", "http-503", SCRIP_FAULT_UNAVAILABLE, 2000, 4000},
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
        CHECK_EQ_INT(state.suspended, strcmp(cases[i].problem, "suspended") == 0);
        CHECK_EQ_INT(rig.acks, 0);
        CHECK(!rig.ledger.fork);
        CHECK(state.host_reachable);
        rig_close();
    }
}

static void test_retry_after_is_honoured(void)
{
    rig_open(1);
    rig.host.status = 503;
    rig.host.fields = "Retry-After: 120\r\n";
    rig_now();
    uint64_t delay_ms = rig_state().next_up_ms - rig.sync.asked_up_ms;
    CHECK(delay_ms >= 120000 && delay_ms <= 144100);
    rig_close();
}

static void test_suspension_ends_with_the_first_good_answer(void)
{
    rig_open(1);
    rig.host.status = 403;
    rig.host.problem = "{\"type\":\"urn:scrip:err:suspended\"}";
    rig_now();
    CHECK(rig_state().suspended);
    rig.host.status = 503;
    rig.host.problem = NULL;
    rig_now();
    CHECK(rig_state().suspended);
    rig.host.status = 0;
    rig_now();
    CHECK(!rig_state().suspended);
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

/* Asks ------------------------------------------------------------------------------------------
 */

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
    poll_busy_till(20);
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
    poll_busy_till(20);
    CHECK_STATUS(sync_ask_result(&rig.sync, &outcome), SCRIP_OK);
    CHECK(!outcome.accepted);
    CHECK_EQ_INT(outcome.code, RECORD_CODE_ALREADY_REDEEMED);
    rig_close();
}

static void check_failed_ask(enum scrip_status expected)
{
    struct sync_outcome outcome;

    poll_busy_till(20);
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
    poll_busy_till(20);
    CHECK_STATUS(sync_ask_result(&rig.sync, &outcome), SCRIP_AGAIN);
    sync_ask_abandon(&rig.sync);
    CHECK(!sync_ready(&rig.sync)); /* the connection is still owed an answer */
    CHECK_EQ_INT(rig_state().failures, 1);
    CHECK_STATUS(sync_ask_result(&rig.sync, &outcome), SCRIP_FAULT_NET);
    /* Now it comes, with a verdict that nobody may hear any more. */
    rig.host.silent = false;
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    memcpy(rig.answer, answer, sizeof answer - 1);
    rig.answer_len = sizeof answer - 1;
    rig.answer_at = 0;
    poll_busy_till(20);
    CHECK_STATUS(sync_ask_result(&rig.sync, &outcome), SCRIP_FAULT_NET);
    rig_close();
}

static void test_asks_that_time_out_open_the_breaker(void)
{
    ask_open();
    for (int i = 0; i < RETRY_BREAKER_FAILURES; i++) {
        if (i != 0)
            CHECK_STATUS(sync_ask(&rig.sync, 1), SCRIP_OK);
        sync_ask_abandon(&rig.sync);
    }
    CHECK(!sync_ready(&rig.sync));
    /* One probe while the till rests closes it. */
    rig_poll(100);
    CHECK(sync_ready(&rig.sync));
    rig_close();
}

/* Objects ---------------------------------------------------------------------------------------
 */

static uint8_t object_memory[LIMIT_OBJECT_BYTES];

static void make_object(enum object_kind kind, uint32_t seq, uint32_t exp_s, struct crypto_key key)
{
    static const uint8_t body[] = {0xA0};
    struct buffer out = buffer_of(object_memory, sizeof object_memory);
    struct object object = {.kind = kind,
                            .iat_s = RIG_START_S - 60,
                            .exp_s = exp_s,
                            .seq = seq,
                            .body = {body, sizeof body}};

    CHECK_STATUS(object_sign(key, &object, &out), SCRIP_OK);
    rig.host.object = buffer_bytes(&out);
}

static void objects_open(void)
{
    rig_open(0);
    rig.parts.have_keys = 8;
    rig.parts.have_policy = 17;
    rig.host.more = ",\"want\":{\"keys\":9,\"policy\":17}";
}

static void test_a_newer_object_is_stored_and_told(void)
{
    objects_open();
    make_object(OBJECT_KEYS, 9, RIG_START_S + 86400, rig.root_key);
    rig.host.fields = "ETag: \"k9\"\r\n";
    rig_now();
    CHECK_EQ_STRING(rig.path, "/v1/objects/keys");
    CHECK_EQ_STRING(rig.etag, "");
    CHECK(rig_state().objects_changed);
    CHECK_EQ_INT(rig.blob_commits, 1);
    CHECK(bytes_equal(bytes_of(rig.blob, rig.blob_len), rig.host.object));
    /* Not again while the agent has not taken it, nor after. */
    int requests = rig.requests;
    rig.parts.have_keys = 9;
    sync_objects_taken(&rig.sync);
    rig_poll(100);
    CHECK_EQ_INT(rig.requests, requests);
    /* The next one is asked for by what we hold. */
    rig.host.more = ",\"want\":{\"keys\":10}";
    rig.host.object = (struct bytes){NULL, 0};
    rig.host.status = 0;
    sync_now(&rig.sync);
    for (int i = 0; i < 200 && rig.requests < requests + 2; i++)
        rig_poll(1);
    CHECK_EQ_STRING(rig.etag, "\"k9\"");
    rig_close();
}

static enum scrip_status refuse(void *context, const struct object *object)
{
    (void)context;
    CHECK_EQ_INT(object->seq, 9);
    return SCRIP_REFUSED_CLAIMS;
}

static void check_object_refused(enum scrip_status expected)
{
    rig_now();
    CHECK_EQ_STRING(rig.path, "/v1/objects/keys");
    CHECK_EQ_INT(rig.blob_commits, 0);
    CHECK(!rig_state().objects_changed);
    CHECK_EQ_STRING(rig_state().problem, "object-refused");
    CHECK_STATUS(rig_state().last, expected);
    CHECK(sync_ready(&rig.sync));
    rig_close();
}

static void test_objects_that_are_not_for_us(void)
{
    objects_open();
    make_object(OBJECT_KEYS, 9, RIG_START_S + 86400, rig.other_key);
    check_object_refused(SCRIP_REFUSED_KEY);
    objects_open();
    make_object(OBJECT_KEYS, 8, RIG_START_S + 86400, rig.root_key);
    check_object_refused(SCRIP_REFUSED_STATE);
    objects_open();
    make_object(OBJECT_KEYS, 9, RIG_START_S - 1, rig.root_key);
    check_object_refused(SCRIP_REFUSED_EXPIRED);
    objects_open();
    make_object(OBJECT_POLICY, 9, RIG_START_S + 86400, rig.root_key);
    check_object_refused(SCRIP_REFUSED_SIGNATURE);
    objects_open();
    make_object(OBJECT_KEYS, 9, RIG_START_S + 86400, rig.root_key);
    rig.host.object.len--;
    check_object_refused(SCRIP_REFUSED_SHAPE);
    objects_open();
    make_object(OBJECT_KEYS, 9, RIG_START_S + 86400, rig.root_key);
    rig.parts.accept = refuse;
    check_object_refused(SCRIP_REFUSED_CLAIMS);
}

static void test_an_object_too_long_is_not_stored(void)
{
    static uint8_t large[LIMIT_OBJECT_BYTES + 1];

    objects_open();
    rig.host.object = bytes_of(large, sizeof large);
    check_object_refused(SCRIP_REFUSED_TOO_LONG);
}

int main(void)
{
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
    CHECK_RUN(test_an_ask_is_accepted);
    CHECK_RUN(test_an_ask_is_refused);
    CHECK_RUN(test_asks_that_fail);
    CHECK_RUN(test_an_ask_needs_a_session);
    CHECK_RUN(test_a_late_answer_is_ignored);
    CHECK_RUN(test_asks_that_time_out_open_the_breaker);
    CHECK_RUN(test_a_newer_object_is_stored_and_told);
    CHECK_RUN(test_objects_that_are_not_for_us);
    CHECK_RUN(test_an_object_too_long_is_not_stored);
    return check_done();
}
