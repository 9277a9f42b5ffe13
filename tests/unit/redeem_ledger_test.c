/* ledger: what it takes, what it refuses, and what it tells. */
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

static void test_a_code_is_worth_something_once(void)
{
    uint32_t seq;
    open_shop(&SHOP_NOR);
    CHECK(!shop_is_spent(&shop, 1, &seq));
    redeem(1, 100);
    CHECK_EQ_INT(entry.seq, 1);
    CHECK_EQ_INT(entry.epoch, SHOP_EPOCH);
    CHECK(shop_is_spent(&shop, 1, &seq) && seq == 1);
    CHECK_STATUS(shop_redeem(&shop, 1, 101, PERMIT_OFFLINE, &entry), SCRIP_REFUSED_USED);
    CHECK_STATUS(shop_redeem(&shop, 1, 101, PERMIT_ASK, &entry), SCRIP_REFUSED_USED);
    CHECK_EQ_INT(shop.ledger.head_seq, 1);
    shop_check_sums(&shop);
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    CHECK_STATUS(shop_redeem(&shop, 1, 102, PERMIT_OFFLINE, &entry), SCRIP_REFUSED_USED);
    CHECK_EQ_INT(shop.found.last_seq, 1);
    shop_close(&shop);
}

static void test_a_repeated_request_gets_its_original(void)
{
    struct redemption redemption;
    open_shop(&SHOP_NOR);
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

        for (int again = restart; again < 2; again++) {
            shop_redemption(&shop, 4, 200 + (uint32_t)again, PERMIT_OFFLINE, &redemption);
            redemption.sale.transaction_id[0] = '\0';
            CHECK_STATUS(ledger_append(&shop.ledger, &redemption, &shop.stamp, 0, &entry),
                         again ? SCRIP_REFUSED_USED : SCRIP_OK);
        }

        /* The same ServiceID for something else. */
        CHECK_STATUS(shop_redeem(&shop, 3, 100, PERMIT_OFFLINE, &entry), SCRIP_REFUSED_DUPLICATE);
        CHECK(!entry.replayed && entry.seq == 0);
        CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    }
    CHECK_EQ_INT(shop.ledger.head_seq, 3);
    shop_close(&shop);
}

static void test_a_redemption_is_appended_once(void)
{
    struct redemption redemption;
    open_shop(&SHOP_NOR);
    shop_redemption(&shop, 1, 1, PERMIT_OFFLINE, &redemption);
    CHECK_STATUS(ledger_append(&shop.ledger, &redemption, &shop.stamp, 0, &entry), SCRIP_OK);
    CHECK_STATUS(ledger_append(&shop.ledger, &redemption, &shop.stamp, 0, &entry),
                 SCRIP_FAULT_SEAL);
    shop_redemption(&shop, 2, 2, PERMIT_OFFLINE, &redemption);
    memcpy(redemption.sale.sale_id, "A\nB", 4);
    CHECK_STATUS(ledger_append(&shop.ledger, &redemption, &shop.stamp, 0, &entry),
                 SCRIP_REFUSED_ARGUMENT);
    uint32_t seq;
    CHECK(!shop_is_spent(&shop, 2, &seq));
    CHECK_EQ_INT(shop.ledger.head_seq, 1);
    shop_close(&shop);
}

static void test_an_ask_counts_once_it_is_answered(void)
{
    struct ledger_story story;
    struct bytes none = {NULL, 0}, record;
    uint32_t seq = 0;
    open_shop(&SHOP_NOR);
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
    shop_check_sums(&shop);

    /* Void releases the code. What the host has refused stays refused, also when it is away. */
    for (unsigned result = RECORD_REFUSED; result <= RECORD_VOID; result++) {
        CHECK_STATUS(shop_redeem(&shop, 3 + result, 10 + result, PERMIT_ASK, &entry), SCRIP_OK);
        CHECK_STATUS(ledger_outcome(&shop.ledger, entry.seq, (enum record_result)result, none,
                                    RECORD_CODE_EXPIRED, &shop.stamp),
                     SCRIP_OK);
        CHECK_STATUS(ledger_story(&shop.ledger, entry.seq, &story), SCRIP_OK);
        CHECK_EQ_INT(shop_is_spent(&shop, 3 + result, &seq), result != RECORD_VOID);
        CHECK_EQ_INT(story.state, result == RECORD_REFUSED   ? STORY_REFUSED
                                  : result == RECORD_OFFLINE ? STORY_APPROVED
                                                             : STORY_VOID);
        if (result == RECORD_OFFLINE) {
            uint32_t approved = entry.seq;
            CHECK_STATUS(ledger_reverse(&shop.ledger, approved, &shop.stamp, &entry), SCRIP_OK);
        } else {
            CHECK_EQ_INT(story.code, RECORD_CODE_EXPIRED);
        }
        shop_check_sums(&shop);
    }
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    CHECK_STATUS(shop_redeem(&shop, 3 + RECORD_REFUSED, 20, PERMIT_OFFLINE, &entry),
                 SCRIP_REFUSED_USED);
    shop_close(&shop);
}

static void test_an_ask_without_outcome_is_void_after_a_restart(void)
{
    struct ledger_story story;
    uint32_t seq;
    open_shop(&SHOP_NOR);
    redeem(1, 1);
    CHECK_STATUS(shop_redeem(&shop, 2, 2, PERMIT_ASK, &entry), SCRIP_OK);
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    CHECK_EQ_INT(shop.found.voided_seq, 2);
    CHECK_EQ_INT(shop.found.last_seq, 1);
    CHECK_STATUS(ledger_story(&shop.ledger, 2, &story), SCRIP_OK);
    CHECK_EQ_INT(story.state, STORY_VOID);
    CHECK(!shop_is_spent(&shop, 2, &seq));
    shop_check_sums(&shop);
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
    open_shop(&SHOP_NOR);
    redeem(1, 1);
    redeem(6, 2); /* the same member */
    shop_member(1, member);
    CHECK_EQ_INT(ledger_member_today(&shop.ledger, member, SHOP_NOW_S), 1000);
    CHECK_STATUS(ledger_reverse(&shop.ledger, 1, &shop.stamp, &entry), SCRIP_OK);
    reverse = entry.seq;
    CHECK_EQ_INT(reverse, 3);
    CHECK(!entry.replayed && !shop_is_spent(&shop, 1, &seq));
    CHECK_EQ_INT(ledger_member_today(&shop.ledger, member, SHOP_NOW_S), 500);
    CHECK_EQ_INT(ledger_member_today(&shop.ledger, member, SHOP_NOW_S + 86400), 0);
    for (int restart = 0; restart < 2; restart++) {
        CHECK_STATUS(ledger_reverse(&shop.ledger, 1, &shop.stamp, &entry), SCRIP_OK);
        CHECK(entry.replayed && entry.seq == reverse);
        CHECK_STATUS(ledger_story(&shop.ledger, 1, &story), SCRIP_OK);
        CHECK_EQ_INT(story.state, STORY_REVERSED);
        shop_check_sums(&shop);
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
    open_shop(&SHOP_NOR);
    for (uint32_t i = 1; i <= 5; i++)
        redeem(i, i);
    CHECK_STATUS(shop_acknowledge(&shop, 2), SCRIP_OK);
    CHECK_EQ_INT(journal_acked(&shop.journal), 2);
    shop_check_sums(&shop);
    CHECK_STATUS(ledger_ack(&shop.ledger, 1, wrong), SCRIP_REFUSED_ARGUMENT);
    CHECK_STATUS(ledger_ack(&shop.ledger, 6, shop.ledger.head), SCRIP_REFUSED_ARGUMENT);
    CHECK(!shop.ledger.fork);
    CHECK_STATUS(ledger_ack(&shop.ledger, 4, wrong), SCRIP_FAULT_FORK);
    CHECK_EQ_INT(journal_acked(&shop.journal), 2);
    for (int restart = 0; restart < 2; restart++) {
        CHECK(shop.ledger.fork);
        CHECK_STATUS(shop_redeem(&shop, 9, 9, PERMIT_OFFLINE, &entry), SCRIP_FAULT_FORK);
        CHECK_EQ_INT(shop.ledger.acked_seq, 2);
        shop_check_sums(&shop);
        CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    }
    /* What was given can still be taken back. */
    CHECK_STATUS(ledger_reverse(&shop.ledger, 5, &shop.stamp, &entry), SCRIP_OK);
    shop_close(&shop);
}

static void test_late_verdicts_are_recorded_once(void)
{
    struct ledger_story story;
    open_shop(&SHOP_NOR);
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
    CHECK_STATUS(shop_acknowledge(&shop, 2), SCRIP_OK);
    CHECK_STATUS(ledger_late(&shop.ledger, 2, RECORD_CODE_ALREADY_REDEEMED, &shop.stamp), SCRIP_OK);
    CHECK_EQ_INT(shop.ledger.head_seq, 3);
    CHECK_EQ_INT(shop.ledger.mark_count, 0);
    CHECK_STATUS(ledger_story(&shop.ledger, 2, &story), SCRIP_OK);
    CHECK_EQ_INT(story.state, STORY_LATE_REFUSED);
    CHECK_EQ_INT(story.code, RECORD_CODE_ALREADY_REDEEMED);
    CHECK(story.acked);
    shop_check_sums(&shop);
    shop_close(&shop);
}

/* The host refuses a redemption (the code was used elsewhere), and the till takes it back: that
 * makes the code no better. */
static void test_a_code_that_the_host_refused_is_not_released(void)
{
    uint32_t seq;
    open_shop(&SHOP_NOR);
    redeem(1, 1);
    redeem(2, 2);
    CHECK_STATUS(ledger_late(&shop.ledger, 1, RECORD_CODE_ALREADY_REDEEMED, &shop.stamp), SCRIP_OK);
    CHECK_STATUS(shop_acknowledge(&shop, 2), SCRIP_OK);
    CHECK_STATUS(shop_redeem(&shop, 1, 1, PERMIT_OFFLINE, &entry), SCRIP_OK);
    CHECK(entry.replayed && entry.seq == 1);
    CHECK_STATUS(ledger_reverse(&shop.ledger, 1, &shop.stamp, &entry), SCRIP_OK);
    CHECK_STATUS(ledger_reverse(&shop.ledger, 2, &shop.stamp, &entry), SCRIP_OK);
    for (int restart = 0; restart < 2; restart++) {
        CHECK(shop_is_spent(&shop, 1, &seq) && seq == 1);
        CHECK(!shop_is_spent(&shop, 2, &seq));
        CHECK_STATUS(shop_redeem(&shop, 1, 9, PERMIT_OFFLINE, &entry), SCRIP_REFUSED_USED);
        CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    }
    shop_close(&shop);
}

static void test_lookup_finds_what_a_reference_led_to(void)
{
    struct bytes lane = bytes_text("LANE-4"), none = {NULL, 0};
    uint32_t seq;
    open_shop(&SHOP_NOR);
    for (uint32_t i = 1; i <= LEDGER_REFS + 10; i++)
        redeem(i, i);
    for (int restart = 0; restart < 2; restart++) {
        CHECK_STATUS(ledger_lookup(&shop.ledger, lane, bytes_text("S50"), none, &seq), SCRIP_OK);
        CHECK_EQ_INT(seq, 50);
        /* Beyond the table, by walking. */
        CHECK_STATUS(ledger_recent(&shop.ledger, lane, bytes_text("S50"), &seq), SCRIP_OK);
        CHECK_STATUS(ledger_recent(&shop.ledger, lane, bytes_text("S3"), &seq),
                     SCRIP_REFUSED_NOT_FOUND);
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
    open_shop(&SHOP_LARGE);
    for (uint32_t i = 1; i <= LIMIT_SPENT; i++) {
        redeem(i, i);
        /* A checkpoint which has nearly all of them, and none due for a while. */
        if (i == LIMIT_SPENT - 12)
            CHECK_STATUS(shop_idle(&shop), SCRIP_OK);
    }
    CHECK_EQ_INT(shop.ledger.since_checkpoint, 12);
    CHECK_STATUS(shop_redeem(&shop, 5000, 5000, PERMIT_OFFLINE, &entry), SCRIP_REFUSED_FULL);
    ledger_clock(&shop.ledger, SHOP_NOW_S + SHOP_LIFETIME_S + 120, 30, 0);
    CHECK_STATUS(shop_redeem(&shop, 5000, 5000, PERMIT_OFFLINE, &entry), SCRIP_REFUSED_FULL);
    ledger_clock(&shop.ledger, SHOP_NOW_S + SHOP_LIFETIME_S + 121, 30, 0);
    CHECK(!shop_is_spent(&shop, 1, &seq));
    shop.stamp.t_s += SHOP_LIFETIME_S + 121;
    for (uint32_t i = 1; i <= 50; i++)
        redeem(5000 + i, 5000 + i);

    /* Recovery starts from an older checkpoint, and holds all the same what is still valid. */
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    CHECK(shop.ledger.recovered_spent <= LIMIT_SPENT);
    CHECK(shop.ledger.floor_s > SHOP_NOW_S + SHOP_LIFETIME_S + 120);
    for (uint32_t i = 1; i <= 50; i++)
        CHECK(shop_is_spent(&shop, 5000 + i, &seq));
    shop_check_sums(&shop);
    shop_close(&shop);
}

/* Few members are counted exactly; many never short, and nobody by more than the rest allows. */
static void test_members_are_never_counted_short(void)
{
    enum { MANY = 3 * LEDGER_MEMBERS, CODES = 150 };
    uint8_t member[TOKEN_ID_BYTES];
    for (uint32_t members = LEDGER_MEMBERS; members <= MANY; members += MANY - LEDGER_MEMBERS) {
        uint32_t given[MANY] = {0}, random = 3;
        open_shop(&SHOP_LARGE);
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
    open_shop(&SHOP_NOR);
    redeem(1, 1);
    shop.keys.epoch++;
    CHECK_STATUS(shop_start(&shop), SCRIP_FAULT_FOREIGN);
    CHECK_STATUS(shop_redeem(&shop, 2, 2, PERMIT_OFFLINE, &entry), SCRIP_FAULT_READ_ONLY);
    shop_close(&shop);
}

static void test_the_draw_is_the_codes_own(void)
{
    uint8_t cti[TOKEN_ID_BYTES], one[8], two[8];
    open_shop(&SHOP_NOR);
    shop_cti(1, cti);
    CHECK_STATUS(ledger_draw(&shop.ledger, SHOP_ISSUER, cti, one), SCRIP_OK);
    CHECK_STATUS(ledger_draw(&shop.ledger, SHOP_ISSUER, cti, two), SCRIP_OK);
    CHECK_EQ_BYTES(one, two, 8);
    CHECK_STATUS(ledger_draw(&shop.ledger, SHOP_ISSUER + 1, cti, two), SCRIP_OK);
    CHECK(memcmp(one, two, 8) != 0);
    shop_close(&shop);
}

/* A day of reversals offline fills the marks; the host refuses what came before them. Settling must
 * go on all the same, one record at a time if need be. */
static void test_late_verdicts_settle_behind_full_marks(void)
{
    open_shop(&SHOP_NOR);
    for (uint32_t code = 0; code < LEDGER_MARKS + 2; code++) {
        redeem(code, code);
        if (code >= 2)
            CHECK_STATUS(ledger_reverse(&shop.ledger, entry.seq, &shop.stamp, &entry), SCRIP_OK);
        CHECK_STATUS(shop_idle(&shop), SCRIP_OK);
        shop.stamp.t_s += 300;
        ledger_clock(&shop.ledger, shop.stamp.t_s, 30, shop.stamp.t_s);
    }
    CHECK_EQ_INT(shop.ledger.mark_count, LEDGER_MARKS);
    CHECK_STATUS(ledger_late(&shop.ledger, 2, RECORD_CODE_OTHER, &shop.stamp), SCRIP_REFUSED_FULL);
    CHECK_STATUS(ledger_late(&shop.ledger, 1, RECORD_CODE_OTHER, &shop.stamp), SCRIP_OK);
    CHECK_STATUS(shop_acknowledge(&shop, 1), SCRIP_OK);
    CHECK_STATUS(ledger_late(&shop.ledger, 2, RECORD_CODE_OTHER, &shop.stamp), SCRIP_OK);
    CHECK_STATUS(shop_acknowledge(&shop, 2), SCRIP_OK);
    shop_check_sums(&shop);
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
    CHECK_RUN(test_a_code_that_the_host_refused_is_not_released);
    CHECK_RUN(test_lookup_finds_what_a_reference_led_to);
    CHECK_RUN(test_the_spent_set_fails_closed_and_forgets_behind_the_floor);
    CHECK_RUN(test_members_are_never_counted_short);
    CHECK_RUN(test_another_epochs_records_are_foreign);
    CHECK_RUN(test_the_draw_is_the_codes_own);
    CHECK_RUN(test_late_verdicts_settle_behind_full_marks);
    return check_done();
}
