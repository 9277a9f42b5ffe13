/* sync: what it does about a host that refuses, forgets or disagrees: poison, smaller batches, a
 * base to adopt, a gap on our own chain. */
#include "tests/unit/sync_rig.h"

static void test_poison_is_found_and_goes_raw(void)
{
    rig_open(64);
    rig.host.poison = 37;
    rig_now();
    CHECK_EQ_INT(rig.ledger.acked_seq, 36);
    CHECK_EQ_INT(rig.record_count, 1);
    CHECK_EQ_INT(rig.first_seq, 37);
    CHECK(!rig.any_raw);
    for (int i = 0; i < 4; i++)
        rig_now();
    CHECK_EQ_INT(rig.ledger.acked_seq, 36);
    CHECK_EQ_INT(rig.sync.settle.poison_tries, SYNC_POISON_TRIES);
    rig_now();
    CHECK_EQ_INT(rig.ledger.acked_seq, 64);
    CHECK_EQ_INT(rig.sync.settle.quarantined, 1);
    rig_close();
}

static void test_a_smaller_batch_where_the_host_asks_for_one(void)
{
    rig_open(64);
    rig.host.max_records = 10;
    rig_now();
    CHECK_EQ_INT(rig.ledger.acked_seq, 64);
    CHECK_EQ_INT(rig_state().failures, 0);
    rig_close();
}

static void test_a_host_restored_from_a_backup_adopts_our_cursor(void)
{
    rig_open(5);
    rig.host.status = 409;
    rig.host.problem = "{\"type\":\"urn:scrip:err:host-behind\"}";
    sync_now(&rig.sync);
    for (int i = 0; i < 100 && rig.requests < 2; i++)
        rig_poll(1);
    CHECK(rig.chain.adopt);
    rig.host.status = 0;
    rig_now();
    CHECK(rig.chain.adopt);
    CHECK_EQ_INT(rig.ledger.acked_seq, 5);
    CHECK(!rig.ledger.fork);
    rig_append(RECORD_REDEEM);
    rig_now();
    CHECK(!rig.chain.adopt);
    rig_close();
}

static void test_a_gap_on_our_chain_is_no_fork(void)
{
    char problem[200];
    char text[32] = "";
    struct buffer out = buffer_of(text, sizeof text - 1);

    rig_open(5);
    text_base64url_encode(bytes_of(rig.record[2].link, RECORD_LINK_BYTES), &out);
    (void)snprintf(problem, sizeof problem,
                   "{\"type\":\"urn:scrip:err:chain-gap\",\"expected_seq\":3,"
                   "\"expected_head\":\"%s\"}",
                   text);
    rig.host.status = 409;
    rig.host.problem = problem;
    rig_now();
    CHECK_STATUS(rig_state().last, SCRIP_FAULT_REJECTED);
    CHECK_EQ_STRING(rig_state().problem, "chain-gap");
    CHECK(!rig.ledger.fork);
    CHECK_EQ_INT(rig.acks, 0);
    rig_close();
}

static void test_an_ack_that_does_not_move_is_not_hammered(void)
{
    rig_open(3);
    rig.host.ack_less = 3;
    rig_now();
    CHECK_EQ_INT(rig.requests, 1);
    CHECK_EQ_STRING(rig_state().problem, "no-progress");
    CHECK(rig_state().next_up_ms >= rig.sync.asked_up_ms + RETRY_BASE_MS);
    rig_close();
}

int main(void)
{
    CHECK_RUN(test_poison_is_found_and_goes_raw);
    CHECK_RUN(test_a_smaller_batch_where_the_host_asks_for_one);
    CHECK_RUN(test_a_host_restored_from_a_backup_adopts_our_cursor);
    CHECK_RUN(test_a_gap_on_our_chain_is_no_fork);
    CHECK_RUN(test_an_ack_that_does_not_move_is_not_hammered);
    return check_done();
}
