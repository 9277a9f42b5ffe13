/*
 * Accidents at every call of a sync: while it states where its chain stands, sends, and judges what
 * came back, the library, its allocator and the entropy source fail once. It is told as a fault:
 * never as a refusal of the host, never as an ack, a verdict or an object that the host has not
 * given; and the next attempt settles everything.
 */
#include "base/object.h"
#include "tests/support/inject.h"
#include "tests/unit/sync_rig.h"

static void open_records(uint32_t records)
{
    rig_open(records);
    rig.serving = inject_hold;
    CHECK_STATUS(crypto_open(inject_entropy(&rig.entropy.hal)), SCRIP_OK);
}

/* Nothing that only the host may say was made up. */
static void nothing_is_invented(void)
{
    CHECK(!rig.ledger.fork && !rig.ledger.suspended);
    CHECK_EQ_INT(rig.late_count, 0);
    CHECK_EQ_INT(rig_state().refused, 0);
}

/* Records ------------------------------------------------------------------------------------- */

enum { RECORDS = 3 };

static void with_records(void)
{
    open_records(RECORDS);
}

static enum scrip_status settle(void)
{
    rig_now();
    return rig_state().last;
}

static void settle_judge(enum scrip_status status)
{
    CHECK(!scrip_is_refused(status));
    nothing_is_invented();
    CHECK(rig.ledger.acked_seq == 0 || (rig.requests > 0 && rig.ledger.acked_seq == RECORDS));
    /* Tried again by itself, or by the next occasion. */
    if (rig.ledger.acked_seq == 0)
        CHECK_STATUS(settle(), SCRIP_OK);
    CHECK_EQ_INT(rig.ledger.acked_seq, RECORDS);
    CHECK_EQ_INT(rig_state().settled, RECORDS);
    nothing_is_invented();
}

static void test_records_settle_once_the_accident_is_over(void)
{
    const struct inject_experiment experiment = {"a sync", with_records, settle, settle_judge,
                                                 rig_close};
    inject_run(&experiment);
}

/* An ask -------------------------------------------------------------------------------------- */

static void with_a_session(void)
{
    open_records(0);
    rig_now();
    rig_append(RECORD_REDEEM);
    rig.ledger.open_ask = 1;
    CHECK(sync_ready(&rig.sync));
}

static enum scrip_status ask(void)
{
    struct sync_outcome outcome;
    TRY(sync_ask(&rig.sync, 1));
    rig_poll_busy(20);
    enum scrip_status status = sync_ask_result(&rig.sync, &outcome);
    CHECK(outcome.accepted == (status == SCRIP_OK));
    return status;
}

static void ask_judge(enum scrip_status status)
{
    inject_check_fault(status);
    nothing_is_invented();
    CHECK_EQ_INT(rig.ledger.acked_seq, 0);
}

static void test_an_ask_is_never_answered_by_an_accident(void)
{
    const struct inject_experiment experiment = {"an ask", with_a_session, ask, ask_judge,
                                                 rig_close};
    inject_run(&experiment);
}

/* An object ----------------------------------------------------------------------------------- */

static void with_an_object(void)
{
    static uint8_t memory[LIMIT_OBJECT_BYTES];
    static const uint8_t body[] = {0xA0};
    struct buffer out = buffer_of(memory, sizeof memory);
    const struct object object = {.kind = OBJECT_KEYS,
                                  .iat_s = RIG_START_S - 60,
                                  .exp_s = RIG_START_S + 86400,
                                  .seq = 9,
                                  .body = span_of(bytes_of(body, sizeof body))};

    open_records(0);
    rig.parts.have[OBJECT_KEYS] = 8;
    rig.host.more = ",\"want\":{\"keys\":9}";
    CHECK_STATUS(object_sign(rig.root_key, &object, &out), SCRIP_OK);
    rig.host.object = buffer_bytes(&out);
}

static void object_judge(enum scrip_status status)
{
    CHECK(!scrip_is_refused(status));
    nothing_is_invented();
    /* Stored as the host gave it, or not at all; and then it is asked for again. */
    if (rig.blob_commits == 0)
        CHECK_STATUS(settle(), SCRIP_OK);
    CHECK_EQ_INT(rig.blob_commits, 1);
    CHECK(bytes_equal(bytes_of(rig.blob, rig.blob_len), rig.host.object));
    CHECK(rig_state().objects_changed);
}

static void test_an_object_is_fetched_once_the_accident_is_over(void)
{
    const struct inject_experiment experiment = {"a key set", with_an_object, settle, object_judge,
                                                 rig_close};
    inject_run(&experiment);
}

int main(void)
{
    CHECK_RUN(test_records_settle_once_the_accident_is_over);
    CHECK_RUN(test_an_ask_is_never_answered_by_an_accident);
    CHECK_RUN(test_an_object_is_fetched_once_the_accident_is_over);
    return check_done();
}
