/* ledger: never lost, never twice, and sums that hold; through restarts, faults and a full journal.
 */
#include "redeem/ledger.h"

#include "tests/check.h"
#include "tests/support/shop.h"

static struct shop shop;
static struct ledger_entry entry;

static void open_shop(const struct sim_geometry *geometry)
{
    shop_open(&shop, geometry);
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
}

static void redeem(uint32_t code, uint32_t sale)
{
    CHECK_STATUS(shop_redeem(&shop, code, sale, PERMIT_OFFLINE, &entry), SCRIP_OK);
    CHECK(!entry.replayed);
}

static bool has_mark(const struct ledger *ledger, struct ledger_mark mark)
{
    for (size_t i = 0; i < ledger->mark_count; i++)
        if (ledger->marks[i].seq == mark.seq && ledger->marks[i].what == mark.what)
            return true;
    return false;
}

static void check_same(const struct ledger *a, const struct ledger *b)
{
    CHECK_EQ_BYTES(a->head, b->head, RECORD_LINK_BYTES);
    CHECK_EQ_BYTES(a->acked_head, b->acked_head, RECORD_LINK_BYTES);
    CHECK_EQ_INT(a->head_seq, b->head_seq);
    CHECK_EQ_INT(a->acked_seq, b->acked_seq);
    CHECK_EQ_INT(a->acked_ask, b->acked_ask);
    CHECK_EQ_INT(a->unsettled_count, b->unsettled_count);
    CHECK_EQ_INT(a->unsettled_minor, b->unsettled_minor);
    CHECK_EQ_INT(a->oldest_s, b->oldest_s);
    CHECK_EQ_INT(a->approved_seq, b->approved_seq);
    CHECK_EQ_INT(a->spent_count, b->spent_count);
    for (size_t i = 0; i < a->spent_count; i++) {
        size_t k = 0;
        while (k < b->spent_count && memcmp(a->spent[i].key, b->spent[k].key, 8) != 0)
            k++;
        CHECK(k < b->spent_count && a->spent[i].seq == b->spent[k].seq);
    }
    CHECK_EQ_INT(a->ref_count, b->ref_count);
    CHECK_EQ_BYTES(a->refs, b->refs, a->ref_count * sizeof a->refs[0]);
    CHECK_EQ_INT(a->member_count, b->member_count);
    for (size_t i = 0; i < a->member_count; i++) {
        CHECK_EQ_BYTES(a->members[i].key, b->members[i].key, 8);
        CHECK_EQ_INT(a->members[i].sum_minor, b->members[i].sum_minor);
    }
    CHECK_EQ_INT(a->late_count, b->late_count);
    CHECK_EQ_BYTES(a->late, b->late, a->late_count * sizeof a->late[0]);
    CHECK_EQ_INT(a->mark_count, b->mark_count);
    for (size_t i = 0; i < a->mark_count; i++)
        CHECK(has_mark(b, a->marks[i]));
}

/* A day at the till, as a seed has it. */
static void one_step(uint32_t *random, uint32_t *next_code)
{
    struct bytes none = {NULL, 0};
    *random = *random * 1664525 + 1013904223;
    uint32_t draw = *random >> 16, seq = shop.ledger.head_seq;
    struct ledger_story story;
    shop.stamp.t_s += draw % 7;
    /* What is prepared beyond the reserves runs low. */
    if (shop.journal.prepared_sector - journal_sector(&shop.journal) <= 12)
        CHECK_STATUS(shop_idle(&shop), SCRIP_OK);
    switch (draw % 16) {
    case 0:
    case 1:
        CHECK_STATUS(shop_redeem(&shop, *next_code, *next_code, PERMIT_ASK, &entry), SCRIP_OK);
        CHECK_STATUS(ledger_outcome(&shop.ledger, entry.seq,
                                    (enum record_result)(RECORD_ACCEPTED + draw / 16 % 4), none, 0,
                                    &shop.stamp),
                     SCRIP_OK);
        ++*next_code;
        break;
    case 2:
    case 3:
        seq -= seq > draw / 16 % 8 ? draw / 16 % 8 : 0;
        if (seq > 0 && ledger_story(&shop.ledger, seq, &story) == SCRIP_OK &&
            story.state == STORY_APPROVED)
            CHECK_STATUS(ledger_reverse(&shop.ledger, seq, &shop.stamp, &entry), SCRIP_OK);
        break;
    case 4:
        if (seq - shop.ledger.acked_seq > 2) {
            seq = shop.ledger.acked_seq + 1 + draw / 16 % (seq - shop.ledger.acked_seq);
            CHECK_STATUS(ledger_late(&shop.ledger, seq, RECORD_CODE_OTHER, &shop.stamp), SCRIP_OK);
        }
        break;
    case 5:
        if (seq > shop.ledger.acked_seq) {
            seq = shop.ledger.acked_seq + 1 + draw / 16 % (seq - shop.ledger.acked_seq);
            CHECK_STATUS(shop_acknowledge(&shop, seq), SCRIP_OK);
        }
        break;
    case 6:
        CHECK_STATUS(shop_idle(&shop), SCRIP_OK);
        break;
    default:
        CHECK_STATUS(shop_redeem(&shop, *next_code, *next_code, PERMIT_OFFLINE, &entry), SCRIP_OK);
        ++*next_code;
        break;
    }
    ledger_clock(&shop.ledger, shop.stamp.t_s - 60, 30, 0);
}

/* Boots alone lap the ring: what the checkpoint knows outlives the sector that it lies in. */
static void test_a_checkpoint_outlives_its_sector(void)
{
    static const struct sim_geometry small = {24 * 4096, 4096, 256, 1, 1, true};
    uint32_t seq;
    open_shop(&small);
    redeem(1, 1);
    CHECK_STATUS(shop_acknowledge(&shop, 1), SCRIP_OK);
    CHECK_STATUS(shop_idle(&shop), SCRIP_OK);
    uint32_t first = shop.ledger.checkpoint_sector;
    while (shop.journal.tail_sector <= first + 24 && check_state.failures == 0) {
        CHECK_STATUS(shop_start(&shop), SCRIP_OK);
        CHECK_STATUS(shop_idle(&shop), SCRIP_OK);
    }
    CHECK(shop_is_spent(&shop, 1, &seq) && seq == 1);
    CHECK_EQ_INT(shop.ledger.head_seq, 1);
    CHECK_STATUS(shop_redeem(&shop, 1, 2, PERMIT_OFFLINE, &entry), SCRIP_REFUSED_USED);
    redeem(2, 2);
    shop_close(&shop);
}

/* Long enough to lap the ring several times, so that checkpoints and reclaim take part. */
static void test_a_restart_knows_what_was_known(void)
{
    static struct ledger before;
    uint32_t random = 5, code = 1;
    open_shop(&SHOP_NOR);
    for (int step = 0; step < 3000; step++) {
        one_step(&random, &code);
        if (step % 37 != 0)
            continue;
        CHECK_STATUS(shop_idle(&shop), SCRIP_OK);
        before = shop.ledger;
        shop_check_sums(&shop);
        CHECK_STATUS(shop_start(&shop), SCRIP_OK);
        ledger_clock(&shop.ledger, before.floor_s, before.unc_s, before.signed_s);
        check_same(&before, &shop.ledger);
        CHECK_EQ_INT(shop.found.voided_seq, 0);
        CHECK(shop.found.records <= LEDGER_PERIOD);
        if (check_state.failures > 0)
            break;
    }
    CHECK(shop.journal.tail_sector > 64);
    shop_close(&shop);
}

static void test_a_fault_closes_until_it_is_known_what_is_there(void)
{
    uint32_t seq;
    open_shop(&SHOP_NOR);
    redeem(1, 1);
    for (int durable = 0; durable < 2; durable++) {
        uint32_t code = 10u + (uint32_t)durable, head = shop.ledger.head_seq;
        if (durable) {
            /* The second page is the record's last. */
            shop.flash.fault_at = shop.flash.operations + 2;
        } else {
            shop.flash.tear = SIM_TEAR_NONE;
            shop.flash.cut_at = shop.flash.operations + 1;
        }
        CHECK_STATUS(shop_redeem(&shop, code, code, PERMIT_OFFLINE, &entry), SCRIP_FAULT_FLASH);
        shop.flash.cut_at = shop.flash.fault_at = 0;
        CHECK(shop.ledger.broken);
        CHECK_STATUS(shop_redeem(&shop, 1, 1, PERMIT_OFFLINE, &entry), SCRIP_FAULT_READ_ONLY);
        CHECK_STATUS(ledger_reverse(&shop.ledger, 1, &shop.stamp, &entry), SCRIP_FAULT_READ_ONLY);
        CHECK_STATUS(ledger_ack(&shop.ledger, 1, shop.ledger.head), SCRIP_FAULT_READ_ONLY);
        CHECK_STATUS(ledger_idle(&shop.ledger), SCRIP_FAULT_READ_ONLY);
        if (!durable) {
            CHECK_STATUS(ledger_refence(&shop.ledger), SCRIP_FAULT_FLASH);
            CHECK(shop.ledger.broken);
            sim_flash_power_on(&shop.flash);
        }
        CHECK_STATUS(ledger_refence(&shop.ledger), SCRIP_OK);
        CHECK_EQ_INT(shop.ledger.head_seq, head + (durable ? 1u : 0u));
        CHECK_EQ_INT(shop_is_spent(&shop, code, &seq), durable);
        shop_check_sums(&shop);
    }
    CHECK_STATUS(shop_redeem(&shop, 11, 11, PERMIT_OFFLINE, &entry), SCRIP_OK);
    CHECK(entry.replayed);
    redeem(10, 10);
    shop_close(&shop);
}

struct wanted {
    uint32_t seq;
    struct journal_at at;
};

static enum scrip_status note_place(void *context, const struct journal_finding *finding)
{
    struct wanted *wanted = context;
    if (finding->what == JOURNAL_FOUND_ENTRY && finding->entry.type == JOURNAL_DATA &&
        finding->entry.seq == wanted->seq)
        wanted->at = finding->at;
    return SCRIP_OK;
}

/* Flips a bit of a record where it lies. */
static void damage(uint32_t seq)
{
    struct wanted wanted = {.seq = seq};
    CHECK_STATUS(journal_examine(&shop.flash.hal, &shop.keys, note_place, &wanted), SCRIP_OK);
    uint32_t sector = wanted.at.sector % (SHOP_NOR.size / SHOP_NOR.sector_size);
    sim_flash_flip(&shop.flash, sector * SHOP_NOR.sector_size + wanted.at.offset + 60, 4);
}

static void test_an_unreadable_record_is_missing_and_the_rest_goes_on(void)
{
    struct bytes record;
    uint8_t link[RECORD_LINK_BYTES];
    uint32_t seq = 0, lost;
    open_shop(&SHOP_NOR);
    for (uint32_t i = 1; i <= 9; i++)
        redeem(i, i);
    CHECK_STATUS(ledger_link_at(&shop.ledger, 4, link), SCRIP_OK);
    damage(4);
    for (int restart = 0; restart < 2; restart++) {
        for (seq = 0; ledger_outbox(&shop.ledger, &seq, &record) == SCRIP_OK;)
            ;
        CHECK_EQ_INT(seq, 4);
        CHECK_EQ_INT(record.len, 0);
        lost = seq;
        CHECK_STATUS(ledger_outbox(&shop.ledger, &seq, &record), SCRIP_OK);
        CHECK_EQ_INT(seq, lost + 1);
        uint8_t again[RECORD_LINK_BYTES];
        CHECK_STATUS(ledger_link_at(&shop.ledger, lost, again), SCRIP_OK);
        CHECK_EQ_BYTES(again, link, sizeof link);
        CHECK_STATUS(shop_start(&shop), SCRIP_OK);
        CHECK_EQ_INT(shop.found.damaged, 1);
    }
    CHECK_STATUS(ledger_late(&shop.ledger, 4, RECORD_CODE_LOST, &shop.stamp), SCRIP_OK);
    CHECK_STATUS(shop_acknowledge(&shop, 6), SCRIP_OK);
    shop_check_sums(&shop);
    CHECK_EQ_INT(shop.ledger.unsettled_count, 3);
    CHECK_STATUS(shop_acknowledge(&shop, 10), SCRIP_OK);
    CHECK_EQ_INT(shop.ledger.unsettled_minor, 0);
    shop_close(&shop);
}

/* The record was counted before it became unreadable: the sums are counted afresh. */
static void test_the_value_of_an_unreadable_record_leaves_the_sums(void)
{
    open_shop(&SHOP_NOR);
    for (uint32_t i = 1; i <= 9; i++)
        redeem(i, i);
    damage(4);
    CHECK_EQ_INT(shop.ledger.unsettled_count, 9);
    CHECK_STATUS(shop_acknowledge(&shop, 6), SCRIP_OK);
    CHECK_EQ_INT(shop.ledger.unsettled_count, 3);
    shop_check_sums(&shop);
    shop_close(&shop);
}

static void test_a_full_journal_still_takes_what_must_be_taken(void)
{
    struct bytes none = {NULL, 0};
    enum scrip_status status;
    uint32_t code = 1, seq;
    open_shop(&SHOP_NOR);
    for (;;) {
        status = shop_redeem(&shop, code, code, PERMIT_OFFLINE, &entry);
        if (status != SCRIP_OK)
            break;
        shop.stamp.t_s += 60;
        ledger_clock(&shop.ledger, shop.stamp.t_s, 30, 0);
        if (code++ % 4 == 0)
            CHECK_STATUS(shop_idle(&shop), SCRIP_OK);
    }
    CHECK_STATUS(status, SCRIP_REFUSED_FULL);
    CHECK(code > 100);
    shop_check_sums(&shop);
    seq = shop.ledger.head_seq;
    for (uint32_t i = 0; i < 32; i++)
        CHECK_STATUS(ledger_reverse(&shop.ledger, seq - i, &shop.stamp, &entry), SCRIP_OK);
    for (uint32_t i = 1; i <= 64; i++)
        CHECK_STATUS(ledger_late(&shop.ledger, i, RECORD_CODE_OTHER, &shop.stamp), SCRIP_OK);
    shop_check_sums(&shop);
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    shop_check_sums(&shop);
    CHECK_STATUS(shop_acknowledge(&shop, 64), SCRIP_OK);
    CHECK_STATUS(shop_idle(&shop), SCRIP_OK);
    CHECK_STATUS(shop_redeem(&shop, code, code, PERMIT_ASK, &entry), SCRIP_OK);
    CHECK_STATUS(ledger_outcome(&shop.ledger, entry.seq, RECORD_OFFLINE, none, 0, &shop.stamp),
                 SCRIP_OK);
    shop_check_sums(&shop);
    shop_close(&shop);
}

/* Boots have spent their reserve on a full journal: read only, until an ack makes room. */
static void test_a_read_only_journal_can_be_settled(void)
{
    struct bytes record;
    uint32_t code = 1, seq = 0;
    open_shop(&SHOP_NOR);
    while (shop_redeem(&shop, code, code, PERMIT_OFFLINE, &entry) == SCRIP_OK) {
        CHECK_STATUS(shop_idle(&shop), SCRIP_OK);
        shop.stamp.t_s += 60;
        ledger_clock(&shop.ledger, shop.stamp.t_s, 30, 0);
        code++;
    }
    uint32_t head = shop.ledger.head_seq, boots = 0;
    do
        CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    while (shop.read_only == false && boots++ < 100);
    CHECK(shop.read_only);
    CHECK_EQ_INT(shop.ledger.head_seq, head);
    shop_check_sums(&shop);
    CHECK_STATUS(shop_redeem(&shop, code, code, PERMIT_OFFLINE, &entry), SCRIP_FAULT_READ_ONLY);
    CHECK_STATUS(ledger_reverse(&shop.ledger, head, &shop.stamp, &entry), SCRIP_FAULT_READ_ONLY);
    CHECK(!shop.ledger.broken);
    CHECK_STATUS(ledger_outbox(&shop.ledger, &seq, &record), SCRIP_OK);
    CHECK_STATUS(shop_acknowledge(&shop, head - 3), SCRIP_OK);
    CHECK_STATUS(shop_idle(&shop), SCRIP_OK);
    CHECK_STATUS(shop_redeem(&shop, code, code, PERMIT_OFFLINE, &entry), SCRIP_OK);
    CHECK_EQ_INT(shop.ledger.unsettled_count, 4);
    shop_check_sums(&shop);
    shop_close(&shop);
}

/* Known whatever the medium did, and written as soon as it can be. */
static void test_a_suspension_outlives_a_fault_and_a_restart(void)
{
    open_shop(&SHOP_NOR);
    redeem(1, 1);
    shop.flash.fault_at = shop.flash.operations + 1;
    CHECK_STATUS(shop_redeem(&shop, 200, 200, PERMIT_OFFLINE, &entry), SCRIP_FAULT_FLASH);
    CHECK_STATUS(ledger_suspend(&shop.ledger, true), SCRIP_FAULT_READ_ONLY);
    CHECK(shop.ledger.suspended);
    CHECK_STATUS(ledger_refence(&shop.ledger), SCRIP_OK);
    CHECK(shop.ledger.suspended);
    CHECK_STATUS(shop_idle(&shop), SCRIP_OK);
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    CHECK(shop.ledger.suspended);
    /* In a checkpoint as in a note of its own. */
    for (uint32_t i = 2; i < LEDGER_PERIOD + 9; i++)
        redeem(i, i);
    CHECK_STATUS(shop_idle(&shop), SCRIP_OK);
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    CHECK(shop.ledger.suspended);
    CHECK_STATUS(ledger_suspend(&shop.ledger, false), SCRIP_OK);
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    CHECK(!shop.ledger.suspended);
    shop_close(&shop);
}

/* What was given and refused since is known until it is taken back, or gone: acknowledged or not,
 * through restarts and checkpoints. */
static void test_late_refusals_outlive_a_restart(void)
{
    open_shop(&SHOP_NOR);
    for (uint32_t i = 1; i <= 3; i++)
        redeem(i, i);
    CHECK_STATUS(ledger_reverse(&shop.ledger, 2, &shop.stamp, &entry), SCRIP_OK);
    for (uint32_t of = 1; of <= 3; of++)
        CHECK_STATUS(ledger_late(&shop.ledger, of, RECORD_CODE_OTHER, &shop.stamp), SCRIP_OK);
    CHECK_STATUS(shop_acknowledge(&shop, shop.ledger.head_seq), SCRIP_OK);
    CHECK_EQ_INT(shop.ledger.late_count, 2); /* one had been taken back before */
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    CHECK_EQ_INT(shop.ledger.late_count, 2);
    CHECK_STATUS(ledger_reverse(&shop.ledger, 3, &shop.stamp, &entry), SCRIP_OK);
    for (uint32_t i = 4; i < LEDGER_PERIOD + 9; i++)
        redeem(i, i);
    CHECK_STATUS(shop_idle(&shop), SCRIP_OK);
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    CHECK_EQ_INT(shop.ledger.late_count, 1);
    CHECK_EQ_INT(shop.ledger.late[0], 1);
    /* Until the ring has gone past it. */
    struct record record;
    for (uint32_t i = 100; i < 20000 && shop.ledger.late_count != 0; i++) {
        shop.stamp.t_s += 200;
        ledger_clock(&shop.ledger, shop.stamp.t_s, 0, 0);
        if (ledger_record(&shop.ledger, 1, &record) == SCRIP_OK)
            CHECK_EQ_INT(shop.ledger.late_count, 1);
        CHECK_STATUS(shop_redeem(&shop, i, i, PERMIT_OFFLINE, &entry), SCRIP_OK);
        CHECK_STATUS(shop_acknowledge(&shop, shop.ledger.head_seq), SCRIP_OK);
        CHECK_STATUS(shop_idle(&shop), SCRIP_OK);
    }
    CHECK_EQ_INT(shop.ledger.late_count, 0);
    CHECK_STATUS(ledger_record(&shop.ledger, 1, &record), SCRIP_REFUSED_NOT_FOUND);
    shop_close(&shop);
}

/* The oldest gives way: that there are any is what is told. */
static void test_many_late_refusals_keep_the_newest(void)
{
    open_shop(&SHOP_NOR);
    for (uint32_t i = 1; i <= LEDGER_LATES + 3; i++)
        redeem(i, i);
    for (uint32_t of = 1; of <= LEDGER_LATES + 3; of++)
        CHECK_STATUS(ledger_late(&shop.ledger, of, RECORD_CODE_OTHER, &shop.stamp), SCRIP_OK);
    CHECK_EQ_INT(shop.ledger.late_count, LEDGER_LATES);
    CHECK_EQ_INT(shop.ledger.late[0], 4);
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    CHECK_EQ_INT(shop.ledger.late_count, LEDGER_LATES);
    shop_close(&shop);
}

int main(void)
{
    CHECK_RUN(test_a_checkpoint_outlives_its_sector);
    CHECK_RUN(test_a_restart_knows_what_was_known);
    CHECK_RUN(test_a_suspension_outlives_a_fault_and_a_restart);
    CHECK_RUN(test_late_refusals_outlive_a_restart);
    CHECK_RUN(test_many_late_refusals_keep_the_newest);
    CHECK_RUN(test_a_fault_closes_until_it_is_known_what_is_there);
    CHECK_RUN(test_an_unreadable_record_is_missing_and_the_rest_goes_on);
    CHECK_RUN(test_the_value_of_an_unreadable_record_leaves_the_sums);
    CHECK_RUN(test_a_full_journal_still_takes_what_must_be_taken);
    CHECK_RUN(test_a_read_only_journal_can_be_settled);
    return check_done();
}
