/*
 * What a sync sends, and what an answer may free: an honest host settles everything; a host that
 * lies, stalls or breaks off frees nothing that is not its to free.
 */
#include "tests/unit/sync_rig.h"

static void test_records_settle_in_batches(void)
{
    rig_open(150);
    rig_now();
    CHECK_EQ_INT(rig.ledger.acked_seq, 150);
    CHECK_EQ_INT(rig.requests, 3);
    CHECK_EQ_INT(rig.chain.from_seq, 129);
    CHECK_EQ_INT(rig.chain.to_seq, 150);
    CHECK_EQ_INT(rig_state().settled, 150);
    CHECK_STATUS(rig_state().last, SCRIP_OK);
    rig_close();
}

static void test_statement_says_where_the_chain_stands(void)
{
    rig_open(3);
    rig.ledger.acked_seq = 1;
    memcpy(rig.ledger.acked_head, rig.record[1].link, RECORD_LINK_BYTES);
    rig_now();
    CHECK_EQ_INT(rig.first_seq, 2);
    CHECK_EQ_INT(rig.chain.epoch, RIG_EPOCH);
    CHECK_EQ_INT(rig.chain.boot, 3);
    CHECK_EQ_INT(rig.chain.from_seq, 2);
    CHECK_EQ_INT(rig.chain.to_seq, 3);
    CHECK_EQ_INT(rig.chain.head_seq, 3);
    CHECK_EQ_INT(rig.chain.acked_seq, 1);
    CHECK_EQ_BYTES(rig.chain.head, rig.record[3].link, RECORD_LINK_BYTES);
    CHECK_EQ_BYTES(rig.chain.acked_head, rig.record[1].link, RECORD_LINK_BYTES);
    CHECK(!rig.chain.adopt);
    rig_close();
}

static void test_heartbeat_settles_nothing(void)
{
    rig_open(0);
    rig_now();
    CHECK_EQ_INT(rig.requests, 1);
    CHECK_EQ_INT(rig.record_count, 0);
    CHECK_EQ_INT(rig.chain.from_seq, 1);
    CHECK_EQ_INT(rig.chain.to_seq, 0);
    CHECK_EQ_INT(rig.acks, 0);
    CHECK_STATUS(rig_state().last, SCRIP_OK);
    rig_close();
}

static void test_an_open_ask_is_not_sent(void)
{
    rig_open(5);
    rig.ledger.open_ask = 5;
    rig_now();
    CHECK_EQ_INT(rig.ledger.acked_seq, 4);
    CHECK_EQ_INT(rig.requests, 1);
    rig_close();
}

static void test_unreadable_records_are_declared(void)
{
    rig_open(5);
    rig.record[2].unreadable = rig.record[4].unreadable = true;
    rig.host.verdicts = "[{\"seq\":2,\"status\":\"lost\"},{\"seq\":4,\"status\":\"lost\"}]";
    rig_now();
    CHECK_EQ_INT(rig.late[2], RECORD_CODE_LOST + 1);
    CHECK_EQ_INT(rig.late[4], RECORD_CODE_LOST + 1);
    CHECK(rig.ledger.acked_seq >= 5);
    CHECK_EQ_INT(rig.sync.settle.lost, 2);
    rig_close();
}

static void test_missing_stand_in_the_statement(void)
{
    rig_open(5);
    rig.record[2].unreadable = rig.record[4].unreadable = true;
    rig.host.drop = true;
    rig_now();
    REQUIRE(rig.chain.missing_count == 2);
    CHECK_EQ_INT(rig.chain.missing[0], 2);
    CHECK_EQ_INT(rig.chain.missing[1], 4);
    CHECK_EQ_INT(rig.record_count, 3);
    CHECK_EQ_INT(rig.chain.to_seq, 5);
    rig_close();
}

/* A whole sector: the host can pass it only together with the record behind it. */
static void test_a_lost_sector_fits_one_statement(void)
{
    rig_open(45);
    for (uint32_t seq = 2; seq <= 44; seq++)
        rig.record[seq].unreadable = true;
    rig.host.drop = true;
    rig_now();
    CHECK_EQ_INT(rig.chain.missing_count, 43);
    CHECK_EQ_INT(rig.record_count, 2);
    CHECK_EQ_INT(rig.chain.to_seq, 45);
    rig_close();
}

static void test_time_is_taken_from_the_host(void)
{
    struct wallclock_time now;

    rig_open(1);
    rig_now();
    wallclock_read(&rig.clock, &now);
    CHECK_EQ_INT(now.source, WALLCLOCK_HOST);
    CHECK_EQ_INT(now.quality, WALLCLOCK_GOOD);
    CHECK(now.floor_s >= RIG_START_S);
    CHECK_EQ_INT(rig.ledger.floor_s, now.floor_s);
    CHECK_EQ_INT(rig.ledger.signed_s, now.floor_s);
    rig_close();
}

static void test_a_host_behind_our_floor_settles_but_sets_no_clock(void)
{
    struct wallclock_time now;

    rig_open(2);
    rig.host.time_s = RIG_START_S - 5000;
    rig_now();
    wallclock_read(&rig.clock, &now);
    CHECK_EQ_INT(now.source, WALLCLOCK_NONE);
    CHECK_EQ_INT(now.floor_s, RIG_START_S - 1000);
    CHECK_EQ_INT(rig.ledger.acked_seq, 2);
    CHECK_EQ_STRING(rig_state().problem, "host-clock-behind");
    rig_close();
}

/* One dishonest answer: what it is called, and that it frees and teaches nothing. */
static void check_lie(enum scrip_status expected, const char *problem)
{
    uint32_t acked = rig.ledger.acked_seq;
    struct wallclock_time now;

    rig_now();
    CHECK_STATUS(rig_state().last, expected);
    CHECK_EQ_STRING(rig_state().problem, problem);
    CHECK_EQ_INT(rig.ledger.acked_seq, acked);
    CHECK_EQ_INT(rig.acks, 0);
    CHECK_EQ_INT(rig.late_count, 0);
    wallclock_read(&rig.clock, &now);
    if (expected == SCRIP_FAULT_PROTOCOL && strcmp(problem, "") != 0)
        CHECK_EQ_INT(now.source, WALLCLOCK_NONE);
    CHECK_EQ_INT(rig.ledger.fork, expected == SCRIP_FAULT_FORK);
    rig_close();
}

static void test_signed_time_of_others_is_refused(void)
{
    rig_open(3);
    rig.host.wrong_nonce = true;
    check_lie(SCRIP_FAULT_PROTOCOL, "time-not-ours");
    rig_open(3);
    rig.host.wrong_key = true;
    check_lie(SCRIP_FAULT_PROTOCOL, "time-not-ours");
    rig_open(3);
    rig.host.wrong_terminal = true;
    check_lie(SCRIP_FAULT_PROTOCOL, "time-not-ours");
    rig_open(3);
    rig.host.no_time = true;
    check_lie(SCRIP_FAULT_PROTOCOL, "answer-malformed");
}

static void test_acks_that_are_not_ours(void)
{
    rig_open(3);
    rig.host.ack_more = 1;
    check_lie(SCRIP_FAULT_FORK, "ack-beyond-head");
    rig_open(3);
    rig.host.wrong_head = true;
    check_lie(SCRIP_FAULT_FORK, "ack-head-not-ours");
    rig_open(3);
    rig.ledger.acked_seq = 2;
    memcpy(rig.ledger.acked_head, rig.record[2].link, RECORD_LINK_BYTES);
    rig.host.ack_less = 2;
    check_lie(SCRIP_FAULT_FORK, "ack-below-cursor");
    /* With the verdicts of all: none may be taken from an answer that is not believed. */
    rig_open(3);
    rig.host.wrong_head = true;
    rig.host.verdicts = "[{\"seq\":1,\"status\":\"refused\"}]";
    check_lie(SCRIP_FAULT_FORK, "ack-head-not-ours");
}

static void test_malformed_answers(void)
{
    static const char *const verdicts[] = {
        "{}",
        "[{\"seq\":2,\"status\":\"refused\"},{\"seq\":1,\"status\":\"refused\"}]",
        "[{\"seq\":1,\"status\":\"refused\"},{\"seq\":1,\"status\":\"refused\"}]",
        "[{\"seq\":1,\"status\":\"accepted\"}]",
        "[{\"seq\":1}]",
        "[{\"status\":\"refused\"}]",
        "[{\"seq\":4294967296,\"status\":\"refused\"}]",
        "[{\"seq\":-1,\"status\":\"refused\"}]",
        "[{\"seq\":1.5,\"status\":\"refused\"}]",
        "[{\"seq\":1,\"status\":\"refused\",\"code\":7}]",
        "[1]",
        "[",
    };
    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++) {
        rig_open(3);
        rig.host.verdicts = verdicts[i];
        check_lie(SCRIP_FAULT_PROTOCOL, "answer-malformed");
    }
    /* A member twice: which one would be believed? */
    rig_open(3);
    rig.host.more = ",\"ack_seq\":2";
    check_lie(SCRIP_FAULT_PROTOCOL, "answer-malformed");
}

static void test_too_many_verdicts(void)
{
    static char list[4096];
    size_t at = 1;

    list[0] = '[';
    for (int i = 1; i <= LIMIT_SYNC_RECORDS + 1; i++)
        at += (size_t)snprintf(list + at, sizeof list - at, "{\"seq\":%d,\"status\":\"lost\"},", i);
    list[at - 1] = ']';
    rig_open(100);
    rig.host.verdicts = list;
    check_lie(SCRIP_FAULT_PROTOCOL, "answer-malformed");
}

static void test_an_answer_that_is_too_long_is_not_read(void)
{
    static char more[8192];

    (void)snprintf(more, sizeof more, ",\"x\":\"%06000d\"", 0);
    rig_open(3);
    rig.host.more = more;
    check_lie(SCRIP_FAULT_PROTOCOL, "");
}

static void test_unknown_members_are_ignored(void)
{
    rig_open(3);
    rig.host.more = ",\"new\":{\"a\":[1,{\"b\":null}]},\"commands\":[\"0oQ\"],\"next\":{\"x\":1}";
    rig_now();
    CHECK_EQ_INT(rig.ledger.acked_seq, 3);
    rig_close();
}

static void test_the_host_advises_within_bounds(void)
{
    rig_open(0);
    rig.host.more = ",\"next\":{\"delay_s\":4000000000,\"jitter_s\":0,\"max_records\":0}";
    rig_now();
    CHECK_EQ_INT(rig.sync.settle.batch_max, 1);
    CHECK_EQ_INT(rig.sync.due_up_ms - rig.sync.asked_up_ms, 86400u * 1000);
    rig_close();
    rig_open(0);
    rig.host.more = ",\"next\":{\"delay_s\":0,\"jitter_s\":0,\"max_records\":9999}";
    rig_now();
    CHECK_EQ_INT(rig.sync.settle.batch_max, LIMIT_SYNC_RECORDS);
    CHECK_EQ_INT(rig.sync.due_up_ms - rig.sync.asked_up_ms, 1000);
    rig_close();
}

static void test_late_verdicts_are_durable_before_the_ack(void)
{
    rig_open(4);
    rig.host.verdicts = "[{\"seq\":2,\"status\":\"refused\",\"code\":\"ALREADY_REDEEMED\"},"
                        "{\"seq\":3,\"status\":\"quarantined\",\"code\":\"NEVER_HEARD_OF\"},"
                        "{\"seq\":4,\"status\":\"duplicate\"}]";
    rig_now(); /* ledger_late() of the rig checks the order */
    CHECK_EQ_INT(rig.late[2], RECORD_CODE_ALREADY_REDEEMED + 1);
    CHECK_EQ_INT(rig.late[3], RECORD_CODE_OTHER + 1);
    CHECK_EQ_INT(rig.late[4], RECORD_CODE_ALREADY_REDEEMED + 1);
    CHECK_EQ_INT(rig.late_count, 3);
    CHECK_EQ_INT(rig_state().refused, 3);
    CHECK_EQ_INT(rig_state().late_seq, 4);
    /* The late entries are records too, and have been settled after. */
    CHECK_EQ_INT(rig.ledger.head_seq, 7);
    CHECK_EQ_INT(rig.ledger.acked_seq, 7);
    CHECK_EQ_INT(rig_state().settled, 4);
    rig_close();
}

static void test_no_ack_where_a_verdict_cannot_be_kept(void)
{
    rig_open(4);
    rig.host.verdicts = "[{\"seq\":2,\"status\":\"refused\"}]";
    rig.late_broken = true;
    rig_now();
    CHECK_EQ_INT(rig.acks, 0);
    CHECK_STATUS(rig_state().last, SCRIP_FAULT_FLASH);
    rig_close();
}

static void test_a_full_ledger_acks_as_far_as_it_can(void)
{
    rig_open(6);
    rig.host.verdicts = "[{\"seq\":2,\"status\":\"refused\"},{\"seq\":5,\"status\":\"refused\"}]";
    rig.late_room = 1;
    sync_now(&rig.sync);
    for (int i = 0; i < 400 && rig.acks == 0; i++)
        rig_poll(1);
    CHECK_EQ_INT(rig.ledger.acked_seq, 4);
    CHECK_EQ_INT(rig.late[5], 0);
    rig.late_room = 0;
    rig_now();
    CHECK_EQ_INT(rig.late[5], RECORD_CODE_OTHER + 1);
    CHECK(rig.ledger.acked_seq >= 6);
    rig_close();
}

static void test_a_verdict_on_a_late_entry_makes_no_other(void)
{
    rig_open(1);
    rig_append(RECORD_LATE);
    rig.host.verdicts = "[{\"seq\":2,\"status\":\"refused\"}]";
    rig_now();
    CHECK_EQ_INT(rig.late_count, 0);
    CHECK_EQ_INT(rig.ledger.head_seq, 2);
    CHECK_EQ_INT(rig.ledger.acked_seq, 2);
    rig_close();
}

static void test_a_refusal_that_the_till_had_is_not_late(void)
{
    rig_open(3);
    rig.record[2].refused = true;
    rig.host.verdicts = "[{\"seq\":2,\"status\":\"refused\",\"code\":\"ALREADY_REDEEMED\"}]";
    rig_now();
    CHECK_EQ_INT(rig.late_count, 0);
    CHECK_EQ_INT(rig_state().refused, 0);
    CHECK_EQ_INT(rig_state().settled, 3);
    CHECK_EQ_INT(rig.ledger.acked_seq, 3);
    rig_close();
}

static void test_an_ack_beyond_the_batch_frees_the_batch_only(void)
{
    rig_open(100);
    rig.host.ack_more = 20;
    sync_now(&rig.sync);
    for (int i = 0; i < 400 && rig.acks == 0; i++)
        rig_poll(1);
    CHECK_EQ_INT(rig.ledger.acked_seq, LIMIT_SYNC_RECORDS);
    rig_close();
}

/* Between an ask and its outcome the host would hold a code that nobody has been given yet, or no
 * longer: they come together, unless the host takes no more than one record at a time. */
static void test_an_ask_is_sent_with_its_outcome(void)
{
    rig_open(LIMIT_SYNC_RECORDS - 1);
    rig_append_as(RECORD_REDEEM, PERMIT_ASK);
    rig_append(RECORD_OUTCOME);
    sync_now(&rig.sync);
    for (int i = 0; i < 400 && rig.acks == 0; i++)
        rig_poll(1);
    CHECK_EQ_INT(rig.ledger.acked_seq, LIMIT_SYNC_RECORDS - 1);
    rig_now();
    CHECK_EQ_INT(rig.first_seq, LIMIT_SYNC_RECORDS);
    CHECK_EQ_INT(rig.ledger.acked_seq, LIMIT_SYNC_RECORDS + 1);
    rig_close();

    rig_open(0);
    rig_append_as(RECORD_REDEEM, PERMIT_ASK);
    rig_append(RECORD_OUTCOME);
    rig.sync.settle.batch_max = 1;
    rig_now();
    CHECK_EQ_INT(rig.ledger.acked_seq, 2);
    rig_close();
}

static void test_lost_answers_are_asked_for_again(void)
{
    rig_open(3);
    rig.host.drop = true;
    rig_now();
    CHECK_STATUS(rig_state().last, SCRIP_FAULT_NET);
    CHECK_EQ_INT(rig.acks, 0);
    CHECK_EQ_INT(rig.first_seq, 1);
    uint8_t nonce[16];
    memcpy(nonce, rig.chain.nonce, sizeof nonce);
    rig.host.drop = false;
    rig_now();
    CHECK_EQ_INT(rig.first_seq, 1);
    CHECK_EQ_INT(rig.last_seq, 3);
    CHECK(memcmp(nonce, rig.chain.nonce, sizeof nonce) != 0);
    CHECK_EQ_INT(rig.ledger.acked_seq, 3);
    rig_close();
}

static void test_every_cut_of_an_answer_frees_nothing(void)
{
    rig_open(3);
    rig_now();
    size_t whole = rig.answer_len;
    rig_close();
    REQUIRE(whole > 100);
    for (size_t cut = 1; cut < whole; cut += 7) {
        rig_open(3);
        rig.host.cut = cut;
        rig_now();
        CHECK_STATUS(rig_state().last, SCRIP_FAULT_NET);
        CHECK_EQ_INT(rig.acks, 0);
        rig_close();
    }
}

static void test_a_certificate_that_expired_by_the_new_time(void)
{
    rig_open(3);
    rig.stale_certificate = true;
    rig_now();
    CHECK_STATUS(rig_state().last, SCRIP_FAULT_TLS);
    CHECK_EQ_INT(rig.acks, 0);
    CHECK(rig_state().next_up_ms >= 3600u * 1000);
    rig_close();
}

static void test_forks_are_kept_and_told(void)
{
    rig_open(5);
    rig.host.status = 409;
    rig.host.problem = "{\"type\":\"urn:scrip:err:chain-gap\",\"expected_seq\":3,"
                       "\"expected_head\":\"AAAAAAAAAAAAAAAAAAAAAA\"}";
    check_lie(SCRIP_FAULT_FORK, "chain-gap-not-ours");
    rig_open(5);
    rig.host.status = 409;
    rig.host.problem = "{\"type\":\"urn:scrip:err:chain-fork\",\"at_seq\":2}";
    check_lie(SCRIP_FAULT_FORK, "chain-fork");
}

int main(void)
{
    CHECK_RUN(test_records_settle_in_batches);
    CHECK_RUN(test_statement_says_where_the_chain_stands);
    CHECK_RUN(test_heartbeat_settles_nothing);
    CHECK_RUN(test_an_open_ask_is_not_sent);
    CHECK_RUN(test_unreadable_records_are_declared);
    CHECK_RUN(test_missing_stand_in_the_statement);
    CHECK_RUN(test_a_lost_sector_fits_one_statement);
    CHECK_RUN(test_time_is_taken_from_the_host);
    CHECK_RUN(test_a_host_behind_our_floor_settles_but_sets_no_clock);
    CHECK_RUN(test_signed_time_of_others_is_refused);
    CHECK_RUN(test_acks_that_are_not_ours);
    CHECK_RUN(test_malformed_answers);
    CHECK_RUN(test_too_many_verdicts);
    CHECK_RUN(test_an_answer_that_is_too_long_is_not_read);
    CHECK_RUN(test_unknown_members_are_ignored);
    CHECK_RUN(test_the_host_advises_within_bounds);
    CHECK_RUN(test_late_verdicts_are_durable_before_the_ack);
    CHECK_RUN(test_no_ack_where_a_verdict_cannot_be_kept);
    CHECK_RUN(test_a_full_ledger_acks_as_far_as_it_can);
    CHECK_RUN(test_a_verdict_on_a_late_entry_makes_no_other);
    CHECK_RUN(test_a_refusal_that_the_till_had_is_not_late);
    CHECK_RUN(test_an_ack_beyond_the_batch_frees_the_batch_only);
    CHECK_RUN(test_an_ask_is_sent_with_its_outcome);
    CHECK_RUN(test_lost_answers_are_asked_for_again);
    CHECK_RUN(test_every_cut_of_an_answer_frees_nothing);
    CHECK_RUN(test_a_certificate_that_expired_by_the_new_time);
    CHECK_RUN(test_forks_are_kept_and_told);
    return check_done();
}
