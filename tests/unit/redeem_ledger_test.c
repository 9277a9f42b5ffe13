/* ledger: never lost, never twice, and sums that hold; through restarts, faults and a full journal.
 */
#include "redeem/ledger.h"

#include "tests/check.h"
#include "tests/support/shop.h"

static const struct sim_geometry NOR = {64 * 4096, 4096, 256, 1, 1, true};
static const struct sim_geometry LARGE = {256 * 4096, 4096, 256, 1, 1, true};
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

static void check_sums(void)
{
    struct shop_sums sums;
    shop_recount(&shop, &sums);
    CHECK(sums.chained);
    CHECK_EQ_INT(shop.ledger.unsettled_count, sums.count);
    CHECK_EQ_INT(shop.ledger.unsettled_minor, sums.minor);
    CHECK_EQ_INT(shop.ledger.head_seq - shop.ledger.acked_seq, sums.records);
}

static bool spent(uint32_t code, uint32_t *seq)
{
    uint8_t cti[TOKEN_ID_BYTES];
    shop_cti(code, cti);
    return ledger_is_spent(&shop.ledger, SHOP_ISSUER, cti, seq);
}

/* The host's part: acknowledges up to seq under the terminal's own link. */
static enum scrip_status acknowledge(uint32_t seq)
{
    uint8_t link[RECORD_LINK_BYTES];
    CHECK_STATUS(ledger_link_at(&shop.ledger, seq, link), SCRIP_OK);
    return ledger_ack(&shop.ledger, seq, link);
}

static void test_a_code_is_worth_something_once(void)
{
    uint32_t seq;
    open_shop(&NOR);
    CHECK(!spent(1, &seq));
    redeem(1, 100);
    CHECK_EQ_INT(entry.seq, 1);
    CHECK_EQ_INT(entry.epoch, SHOP_EPOCH);
    CHECK(spent(1, &seq) && seq == 1);
    CHECK_STATUS(shop_redeem(&shop, 1, 101, PERMIT_OFFLINE, &entry), SCRIP_REFUSED_USED);
    CHECK_STATUS(shop_redeem(&shop, 1, 101, PERMIT_ASK, &entry), SCRIP_REFUSED_USED);
    CHECK_EQ_INT(shop.ledger.head_seq, 1);
    check_sums();
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    CHECK_STATUS(shop_redeem(&shop, 1, 102, PERMIT_OFFLINE, &entry), SCRIP_REFUSED_USED);
    CHECK_EQ_INT(shop.found.last_seq, 1);
    shop_close(&shop);
}

static void test_a_repeated_request_gets_its_original(void)
{
    struct redemption redemption;
    open_shop(&NOR);
    redeem(1, 100);
    redeem(2, 101);
    for (int restart = 0; restart < 2; restart++) {
        CHECK_STATUS(shop_redeem(&shop, 1, 100, PERMIT_OFFLINE, &entry), SCRIP_OK);
        CHECK(entry.replayed && entry.seq == 1 && entry.epoch == SHOP_EPOCH);

        /* The till asks again under a new ServiceID: the same code for the same sale. */
        shop_redemption(&shop, 2, 101, PERMIT_OFFLINE, &redemption);
        memcpy(redemption.sale.service_id, "NEW", 4);
        redemption.sale.digest[0] ^= 1;
        CHECK_STATUS(ledger_append(&shop.ledger, &redemption, &shop.stamp, 0, &entry), SCRIP_OK);
        CHECK(entry.replayed && entry.seq == 2);

        /* Without a SaleTransactionID nothing says that it is the same sale. */
        shop_redemption(&shop, 2, 101, PERMIT_OFFLINE, &redemption);
        memcpy(redemption.sale.service_id, "NEW", 4);
        redemption.sale.transaction_id[0] = '\0';
        CHECK_STATUS(ledger_append(&shop.ledger, &redemption, &shop.stamp, 0, &entry),
                     SCRIP_REFUSED_USED);

        /* The same ServiceID for something else. */
        CHECK_STATUS(shop_redeem(&shop, 3, 100, PERMIT_OFFLINE, &entry), SCRIP_REFUSED_DUPLICATE);
        CHECK(!entry.replayed && entry.seq == 0);
        CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    }
    CHECK_EQ_INT(shop.ledger.head_seq, 2);
    shop_close(&shop);
}

static void test_a_redemption_is_appended_once(void)
{
    struct redemption redemption;
    open_shop(&NOR);
    shop_redemption(&shop, 1, 1, PERMIT_OFFLINE, &redemption);
    CHECK_STATUS(ledger_append(&shop.ledger, &redemption, &shop.stamp, 0, &entry), SCRIP_OK);
    CHECK_STATUS(ledger_append(&shop.ledger, &redemption, &shop.stamp, 0, &entry),
                 SCRIP_FAULT_SEAL);
    shop_redemption(&shop, 2, 2, PERMIT_OFFLINE, &redemption);
    memcpy(redemption.sale.sale_id, "A\nB", 4);
    CHECK_STATUS(ledger_append(&shop.ledger, &redemption, &shop.stamp, 0, &entry),
                 SCRIP_REFUSED_ARGUMENT);
    uint32_t seq;
    CHECK(!spent(2, &seq));
    CHECK_EQ_INT(shop.ledger.head_seq, 1);
    shop_close(&shop);
}

static void test_an_ask_counts_once_it_is_answered(void)
{
    struct ledger_story story;
    struct bytes none = {NULL, 0}, record;
    uint32_t seq = 0;
    open_shop(&NOR);
    CHECK_STATUS(shop_redeem(&shop, 1, 1, PERMIT_ASK, &entry), SCRIP_OK);
    CHECK_EQ_INT(shop.ledger.unsettled_count, 0);
    CHECK_STATUS(ledger_story(&shop.ledger, 1, &story), SCRIP_OK);
    CHECK_EQ_INT(story.state, STORY_ASKING);
    CHECK_STATUS(ledger_outbox(&shop.ledger, &seq, &record), SCRIP_AGAIN);
    CHECK_EQ_INT(seq, 0);
    CHECK_STATUS(ledger_ack(&shop.ledger, 1, shop.ledger.head), SCRIP_REFUSED_ARGUMENT);
    CHECK_STATUS(shop_redeem(&shop, 2, 2, PERMIT_OFFLINE, &entry), SCRIP_REFUSED_STATE);
    CHECK_STATUS(ledger_reverse(&shop.ledger, 1, &shop.stamp, &entry), SCRIP_REFUSED_STATE);
    CHECK_STATUS(ledger_outcome(&shop.ledger, 2, RECORD_ACCEPTED, none, 0, &shop.stamp),
                 SCRIP_REFUSED_STATE);
    CHECK_STATUS(ledger_outcome(&shop.ledger, 1, RECORD_ACCEPTED,
                                bytes_text("more than sixteen bytes"), 0, &shop.stamp),
                 SCRIP_REFUSED_ARGUMENT);
    CHECK_STATUS(
        ledger_outcome(&shop.ledger, 1, RECORD_ACCEPTED, bytes_text("A-1"), 0, &shop.stamp),
        SCRIP_OK);
    CHECK_EQ_INT(shop.ledger.unsettled_minor, 500);
    CHECK_STATUS(ledger_story(&shop.ledger, 1, &story), SCRIP_OK);
    CHECK_EQ_INT(story.state, STORY_APPROVED);
    CHECK_EQ_STRING(story.auth, "A-1");
    CHECK(bytes_equal(story.redeem.sale_id, bytes_text("LANE-4")));
    CHECK_STATUS(ledger_outbox(&shop.ledger, &seq, &record), SCRIP_OK);
    CHECK_EQ_INT(seq, 1);
    check_sums();

    /* Refused and void release the code. */
    for (uint8_t result = RECORD_REFUSED; result <= RECORD_VOID; result++) {
        CHECK_STATUS(shop_redeem(&shop, 3, 10u + result, PERMIT_ASK, &entry), SCRIP_OK);
        CHECK_STATUS(ledger_outcome(&shop.ledger, entry.seq, (enum record_result)result, none,
                                    RECORD_CODE_EXPIRED, &shop.stamp),
                     SCRIP_OK);
        CHECK_STATUS(ledger_story(&shop.ledger, entry.seq, &story), SCRIP_OK);
        CHECK_EQ_INT(spent(3, &seq), result == RECORD_OFFLINE);
        CHECK_EQ_INT(story.state, result == RECORD_REFUSED   ? STORY_REFUSED
                                  : result == RECORD_OFFLINE ? STORY_APPROVED
                                                             : STORY_VOID);
        if (result == RECORD_OFFLINE) {
            uint32_t approved = entry.seq;
            CHECK_STATUS(ledger_reverse(&shop.ledger, approved, &shop.stamp, &entry), SCRIP_OK);
        } else {
            CHECK_EQ_INT(story.code, RECORD_CODE_EXPIRED);
        }
        check_sums();
    }
    shop_close(&shop);
}

static void test_an_ask_without_outcome_is_void_after_a_restart(void)
{
    struct ledger_story story;
    uint32_t seq;
    open_shop(&NOR);
    redeem(1, 1);
    CHECK_STATUS(shop_redeem(&shop, 2, 2, PERMIT_ASK, &entry), SCRIP_OK);
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    CHECK_EQ_INT(shop.found.voided_seq, 2);
    CHECK_EQ_INT(shop.found.last_seq, 1);
    CHECK_STATUS(ledger_story(&shop.ledger, 2, &story), SCRIP_OK);
    CHECK_EQ_INT(story.state, STORY_VOID);
    CHECK(!spent(2, &seq));
    check_sums();
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    CHECK_EQ_INT(shop.found.voided_seq, 0);
    CHECK_EQ_INT(shop.ledger.head_seq, 3);
    shop_close(&shop);
}

static void test_a_reverse_undoes_and_releases(void)
{
    struct ledger_story story;
    uint8_t member[TOKEN_ID_BYTES];
    uint32_t seq, reverse;
    open_shop(&NOR);
    redeem(1, 1);
    redeem(6, 2); /* the same member */
    shop_member(1, member);
    CHECK_EQ_INT(ledger_member_today(&shop.ledger, member, SHOP_NOW_S), 1000);
    CHECK_STATUS(ledger_reverse(&shop.ledger, 1, &shop.stamp, &entry), SCRIP_OK);
    reverse = entry.seq;
    CHECK_EQ_INT(reverse, 3);
    CHECK(!entry.replayed && !spent(1, &seq));
    CHECK_EQ_INT(ledger_member_today(&shop.ledger, member, SHOP_NOW_S), 500);
    CHECK_EQ_INT(ledger_member_today(&shop.ledger, member, SHOP_NOW_S + 86400), 0);
    for (int restart = 0; restart < 2; restart++) {
        CHECK_STATUS(ledger_reverse(&shop.ledger, 1, &shop.stamp, &entry), SCRIP_OK);
        CHECK(entry.replayed && entry.seq == reverse);
        CHECK_STATUS(ledger_story(&shop.ledger, 1, &story), SCRIP_OK);
        CHECK_EQ_INT(story.state, STORY_REVERSED);
        check_sums();
        CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    }
    CHECK_STATUS(ledger_reverse(&shop.ledger, reverse, &shop.stamp, &entry),
                 SCRIP_REFUSED_NOT_FOUND);
    CHECK_STATUS(ledger_reverse(&shop.ledger, 99, &shop.stamp, &entry), SCRIP_REFUSED_NOT_FOUND);
    /* Released: worth something again, in another sale. */
    redeem(1, 3);
    CHECK_EQ_INT(shop.ledger.unsettled_count, 2);
    shop_close(&shop);
}

static void test_nothing_is_freed_without_our_head(void)
{
    uint8_t wrong[RECORD_LINK_BYTES] = {1};
    open_shop(&NOR);
    for (uint32_t i = 1; i <= 5; i++)
        redeem(i, i);
    CHECK_STATUS(acknowledge(2), SCRIP_OK);
    CHECK_EQ_INT(journal_acked(&shop.journal), 2);
    check_sums();
    CHECK_STATUS(ledger_ack(&shop.ledger, 1, wrong), SCRIP_REFUSED_ARGUMENT);
    CHECK_STATUS(ledger_ack(&shop.ledger, 6, shop.ledger.head), SCRIP_REFUSED_ARGUMENT);
    CHECK(!shop.ledger.fork);
    CHECK_STATUS(ledger_ack(&shop.ledger, 4, wrong), SCRIP_FAULT_FORK);
    CHECK_EQ_INT(journal_acked(&shop.journal), 2);
    for (int restart = 0; restart < 2; restart++) {
        CHECK(shop.ledger.fork);
        CHECK_STATUS(shop_redeem(&shop, 9, 9, PERMIT_OFFLINE, &entry), SCRIP_FAULT_FORK);
        CHECK_EQ_INT(shop.ledger.acked_seq, 2);
        check_sums();
        CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    }
    /* What was given can still be taken back. */
    CHECK_STATUS(ledger_reverse(&shop.ledger, 5, &shop.stamp, &entry), SCRIP_OK);
    shop_close(&shop);
}

static void test_late_verdicts_are_recorded_once(void)
{
    struct ledger_story story;
    open_shop(&NOR);
    redeem(1, 1);
    redeem(2, 2);
    CHECK_STATUS(ledger_late(&shop.ledger, 3, RECORD_CODE_EXPIRED, &shop.stamp),
                 SCRIP_REFUSED_ARGUMENT);
    CHECK_STATUS(ledger_late(&shop.ledger, 2, RECORD_CODE_NONE, &shop.stamp),
                 SCRIP_REFUSED_ARGUMENT);
    for (int restart = 0; restart < 2; restart++) {
        CHECK_STATUS(ledger_late(&shop.ledger, 2, RECORD_CODE_ALREADY_REDEEMED, &shop.stamp),
                     SCRIP_OK);
        CHECK_EQ_INT(shop.ledger.head_seq, 3);
        CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    }
    CHECK_STATUS(acknowledge(2), SCRIP_OK);
    CHECK_STATUS(ledger_late(&shop.ledger, 2, RECORD_CODE_ALREADY_REDEEMED, &shop.stamp), SCRIP_OK);
    CHECK_EQ_INT(shop.ledger.head_seq, 3);
    CHECK_EQ_INT(shop.ledger.mark_count, 0);
    CHECK_STATUS(ledger_story(&shop.ledger, 2, &story), SCRIP_OK);
    CHECK_EQ_INT(story.state, STORY_LATE_REFUSED);
    CHECK_EQ_INT(story.code, RECORD_CODE_ALREADY_REDEEMED);
    CHECK(story.acked);
    check_sums();
    shop_close(&shop);
}

static void test_lookup_finds_what_a_reference_led_to(void)
{
    struct bytes lane = bytes_text("LANE-4"), none = {NULL, 0};
    uint32_t seq;
    open_shop(&NOR);
    for (uint32_t i = 1; i <= LEDGER_REFS + 10; i++)
        redeem(i, i);
    for (int restart = 0; restart < 2; restart++) {
        CHECK_STATUS(ledger_lookup(&shop.ledger, lane, bytes_text("S50"), none, &seq), SCRIP_OK);
        CHECK_EQ_INT(seq, 50);
        /* Beyond the table, by walking. */
        CHECK_STATUS(ledger_lookup(&shop.ledger, lane, bytes_text("S3"), none, &seq), SCRIP_OK);
        CHECK_EQ_INT(seq, 3);
        CHECK_STATUS(ledger_lookup(&shop.ledger, lane, none, bytes_text("T7"), &seq), SCRIP_OK);
        CHECK_EQ_INT(seq, 7);
        CHECK_STATUS(ledger_lookup(&shop.ledger, lane, bytes_text("S3"), bytes_text("T7"), &seq),
                     SCRIP_REFUSED_NOT_FOUND);
        CHECK_STATUS(
            ledger_lookup(&shop.ledger, bytes_text("LANE-5"), bytes_text("S50"), none, &seq),
            SCRIP_REFUSED_NOT_FOUND);
        CHECK_STATUS(ledger_lookup(&shop.ledger, lane, none, none, &seq), SCRIP_REFUSED_ARGUMENT);
        CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    }
    shop_close(&shop);
}

static void test_the_spent_set_fails_closed_and_forgets_behind_the_floor(void)
{
    uint32_t seq;
    open_shop(&LARGE);
    for (uint32_t i = 1; i <= LIMIT_SPENT; i++)
        redeem(i, i);
    CHECK_STATUS(shop_redeem(&shop, 5000, 5000, PERMIT_OFFLINE, &entry), SCRIP_REFUSED_FULL);
    ledger_clock(&shop.ledger, SHOP_NOW_S + SHOP_LIFETIME_S + 120, 30, 0);
    CHECK_STATUS(shop_redeem(&shop, 5000, 5000, PERMIT_OFFLINE, &entry), SCRIP_REFUSED_FULL);
    ledger_clock(&shop.ledger, SHOP_NOW_S + SHOP_LIFETIME_S + 121, 30, 0);
    CHECK(!spent(1, &seq));
    shop.stamp.t_s += SHOP_LIFETIME_S + 121;
    for (uint32_t i = 1; i <= 50; i++)
        redeem(5000 + i, 5000 + i);

    /* Recovery starts from an older checkpoint, and holds all the same what is still valid. */
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    CHECK(shop.ledger.recovered_spent <= LIMIT_SPENT);
    CHECK(shop.ledger.floor_s > SHOP_NOW_S + SHOP_LIFETIME_S + 120);
    for (uint32_t i = 1; i <= 50; i++)
        CHECK(spent(5000 + i, &seq));
    check_sums();
    shop_close(&shop);
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
    struct journal_room room;
    shop.stamp.t_s += draw % 7;
    journal_room(&shop.journal, &room);
    if (room.free_bytes < 2048)
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
            CHECK_STATUS(acknowledge(seq), SCRIP_OK);
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

/* Long enough to lap the ring several times, so that checkpoints and reclaim take part. */
static void test_a_restart_knows_what_was_known(void)
{
    static struct ledger before;
    uint32_t random = 5, code = 1;
    open_shop(&NOR);
    for (int step = 0; step < 3000; step++) {
        one_step(&random, &code);
        if (step % 37 != 0)
            continue;
        before = shop.ledger;
        check_sums();
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
    open_shop(&NOR);
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
        CHECK_EQ_INT(spent(code, &seq), durable);
        check_sums();
    }
    CHECK_STATUS(shop_redeem(&shop, 11, 11, PERMIT_OFFLINE, &entry), SCRIP_OK);
    CHECK(entry.replayed);
    redeem(10, 10);
    shop_close(&shop);
}

/* Flips a bit of a record where it lies. */
static void damage(uint32_t seq)
{
    struct journal_at at;
    uint8_t room[JOURNAL_BUFFER_BYTES];
    struct journal_entry found;
    CHECK_STATUS(journal_find(&shop.journal, seq, &at), SCRIP_OK);
    do {
        struct buffer buffer = buffer_of(room, sizeof room);
        CHECK_STATUS(journal_next(&shop.journal, &at, &buffer, &found), SCRIP_OK);
    } while (found.type != JOURNAL_DATA || found.seq != seq);
    uint32_t sector = found.at.sector % (NOR.size / NOR.sector_size);
    sim_flash_flip(&shop.flash, sector * NOR.sector_size + found.at.offset + 60, 4);
}

static void test_an_unreadable_record_is_missing_and_the_rest_goes_on(void)
{
    struct bytes record;
    uint8_t link[RECORD_LINK_BYTES];
    uint32_t seq = 0, lost;
    open_shop(&NOR);
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
    CHECK_STATUS(acknowledge(6), SCRIP_OK);
    check_sums();
    CHECK_EQ_INT(shop.ledger.unsettled_count, 3);
    CHECK_STATUS(acknowledge(10), SCRIP_OK);
    CHECK_EQ_INT(shop.ledger.unsettled_minor, 0);
    shop_close(&shop);
}

static void test_a_full_journal_still_takes_what_must_be_taken(void)
{
    struct bytes none = {NULL, 0};
    enum scrip_status status;
    uint32_t code = 1, seq;
    open_shop(&NOR);
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
    check_sums();
    seq = shop.ledger.head_seq;
    for (uint32_t i = 0; i < 32; i++)
        CHECK_STATUS(ledger_reverse(&shop.ledger, seq - i, &shop.stamp, &entry), SCRIP_OK);
    for (uint32_t i = 1; i <= 64; i++)
        CHECK_STATUS(ledger_late(&shop.ledger, i, RECORD_CODE_OTHER, &shop.stamp), SCRIP_OK);
    check_sums();
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    check_sums();
    CHECK_STATUS(acknowledge(64), SCRIP_OK);
    CHECK_STATUS(shop_idle(&shop), SCRIP_OK);
    CHECK_STATUS(shop_redeem(&shop, code, code, PERMIT_ASK, &entry), SCRIP_OK);
    CHECK_STATUS(ledger_outcome(&shop.ledger, entry.seq, RECORD_OFFLINE, none, 0, &shop.stamp),
                 SCRIP_OK);
    check_sums();
    shop_close(&shop);
}

/* Few members are counted exactly; many never short, and nobody by more than the rest allows. */
static void test_members_are_never_counted_short(void)
{
    enum { MANY = 3 * LEDGER_MEMBERS, CODES = 150 };
    uint8_t member[TOKEN_ID_BYTES];
    for (uint32_t members = LEDGER_MEMBERS; members <= MANY; members += MANY - LEDGER_MEMBERS) {
        uint32_t given[MANY] = {0}, random = 3;
        open_shop(&LARGE);
        shop.members = members;
        for (uint32_t i = 0; i < CODES; i++) {
            random = random * 1664525 + 1013904223;
            uint32_t who = random >> 16 & 1 ? 7 : (random >> 17) % members;
            redeem(i * members + who, i);
            given[who] += 500;
        }
        for (uint32_t who = 0; who < members; who++) {
            shop_member(who, member);
            uint64_t today = ledger_member_today(&shop.ledger, member, SHOP_NOW_S);
            if (members == LEDGER_MEMBERS || who == 7)
                CHECK_EQ_INT(today, given[who]);
            CHECK(today >= given[who] && today - given[who] <= CODES * 500 / LEDGER_MEMBERS);
        }
        shop_close(&shop);
    }
}

static void test_another_epochs_records_are_foreign(void)
{
    open_shop(&NOR);
    redeem(1, 1);
    shop.keys.epoch++;
    CHECK_STATUS(shop_start(&shop), SCRIP_FAULT_FOREIGN);
    CHECK_STATUS(shop_redeem(&shop, 2, 2, PERMIT_OFFLINE, &entry), SCRIP_FAULT_READ_ONLY);
    shop_close(&shop);
}

static void test_the_draw_is_the_codes_own(void)
{
    uint8_t cti[TOKEN_ID_BYTES], one[8], two[8];
    open_shop(&NOR);
    shop_cti(1, cti);
    CHECK_STATUS(ledger_draw(&shop.ledger, SHOP_ISSUER, cti, one), SCRIP_OK);
    CHECK_STATUS(ledger_draw(&shop.ledger, SHOP_ISSUER, cti, two), SCRIP_OK);
    CHECK_EQ_BYTES(one, two, 8);
    CHECK_STATUS(ledger_draw(&shop.ledger, SHOP_ISSUER + 1, cti, two), SCRIP_OK);
    CHECK(memcmp(one, two, 8) != 0);
    shop_close(&shop);
}

int main(void)
{
    CHECK_RUN(test_a_code_is_worth_something_once);
    CHECK_RUN(test_a_repeated_request_gets_its_original);
    CHECK_RUN(test_a_redemption_is_appended_once);
    CHECK_RUN(test_an_ask_counts_once_it_is_answered);
    CHECK_RUN(test_an_ask_without_outcome_is_void_after_a_restart);
    CHECK_RUN(test_a_reverse_undoes_and_releases);
    CHECK_RUN(test_nothing_is_freed_without_our_head);
    CHECK_RUN(test_late_verdicts_are_recorded_once);
    CHECK_RUN(test_lookup_finds_what_a_reference_led_to);
    CHECK_RUN(test_the_spent_set_fails_closed_and_forgets_behind_the_floor);
    CHECK_RUN(test_a_restart_knows_what_was_known);
    CHECK_RUN(test_a_fault_closes_until_it_is_known_what_is_there);
    CHECK_RUN(test_an_unreadable_record_is_missing_and_the_rest_goes_on);
    CHECK_RUN(test_a_full_journal_still_takes_what_must_be_taken);
    CHECK_RUN(test_members_are_never_counted_short);
    CHECK_RUN(test_another_epochs_records_are_foreign);
    CHECK_RUN(test_the_draw_is_the_codes_own);
    return check_done();
}
