/* ledger: sales that are noted for a member, beside those that are reduced by a code. */
#include "redeem/ledger.h"
#include "tests/check.h"
#include "tests/support/shop.h"

static struct shop shop;
static struct ledger_entry entry;
static const uint8_t SEALED[RECORD_SEALED_BYTES] = {4, 9, 9};

static void open_shop(void)
{
    shop_open(&shop, &SHOP_NOR);
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
}

static enum scrip_status award(uint32_t sale, uint8_t digest)
{
    struct redemption redemption;
    shop_redemption(&shop, 1000 + sale, sale, PERMIT_OFFLINE, &redemption);
    redemption.sale.award = true;
    redemption.sale.digest[0] = digest;
    const struct ledger_award noted = {.sale = &redemption.sale,
                                       .sealed = bytes_of(SEALED, sizeof SEALED)};
    return ledger_award(&shop.ledger, &noted, &shop.stamp, 0, &entry);
}

static void test_an_award_is_recorded_once_and_spends_nothing(void)
{
    struct ledger_story story;
    open_shop();
    CHECK_STATUS(shop_redeem(&shop, 1, 1, PERMIT_OFFLINE, &entry), SCRIP_OK);
    uint64_t minor = shop.ledger.unsettled_minor;
    CHECK_STATUS(award(2, 5), SCRIP_OK);
    CHECK(!entry.replayed && entry.seq == 2 && entry.epoch == SHOP_EPOCH);
    for (int restart = 0; restart < 2; restart++) {
        CHECK_STATUS(award(2, 5), SCRIP_OK);
        CHECK(entry.replayed && entry.seq == 2);
        CHECK_STATUS(award(2, 6), SCRIP_REFUSED_DUPLICATE);
        CHECK_STATUS(ledger_story(&shop.ledger, 2, &story), SCRIP_OK);
        CHECK_EQ_INT(story.state, STORY_APPROVED);
        CHECK_EQ_INT(story.redeem.type, RECORD_AWARD);
        CHECK(bytes_equal(story.redeem.member, bytes_of(SEALED, sizeof SEALED)));
        CHECK_EQ_INT(shop.ledger.unsettled_count, 1);
        CHECK_EQ_INT(shop.ledger.unsettled_minor, minor);
        CHECK_EQ_INT(shop.ledger.spent_count, 1);
        CHECK_EQ_INT(shop.ledger.head_seq, 2);
        CHECK_STATUS(shop_start(&shop), SCRIP_OK);
        CHECK_EQ_INT(shop.found.last_seq, 1);
    }
    shop_close(&shop);
}

static void test_an_award_is_undone_without_a_sum(void)
{
    struct ledger_story story;
    open_shop();
    CHECK_STATUS(shop_redeem(&shop, 1, 1, PERMIT_OFFLINE, &entry), SCRIP_OK);
    uint64_t minor = shop.ledger.unsettled_minor;
    CHECK_STATUS(award(2, 5), SCRIP_OK);
    CHECK_STATUS(ledger_reverse(&shop.ledger, 2, &shop.stamp, &entry), SCRIP_OK);
    CHECK_EQ_INT(entry.seq, 3);
    for (int restart = 0; restart < 2; restart++) {
        CHECK_EQ_INT(shop.ledger.unsettled_count, 1);
        CHECK_EQ_INT(shop.ledger.unsettled_minor, minor);
        CHECK_STATUS(ledger_story(&shop.ledger, 2, &story), SCRIP_OK);
        CHECK_EQ_INT(story.state, STORY_REVERSED);
        CHECK_STATUS(ledger_reverse(&shop.ledger, 2, &shop.stamp, &entry), SCRIP_OK);
        CHECK(entry.replayed && entry.seq == 3);
        CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    }
    shop_close(&shop);
}

/* Its transaction may have been redeemed in as well: the id alone means the redemption. */
static void test_an_award_is_found_by_its_request(void)
{
    struct redemption redemption;
    const struct sale *sale = &redemption.sale;
    uint32_t seq;
    open_shop();
    CHECK_STATUS(shop_redeem(&shop, 1, 7, PERMIT_OFFLINE, &entry), SCRIP_OK);
    shop_redemption(&shop, 1, 7, PERMIT_OFFLINE, &redemption);
    memcpy(redemption.sale.service_id, "AWARD", 6);
    const struct ledger_award noted = {.sale = sale, .sealed = bytes_of(SEALED, sizeof SEALED)};
    CHECK_STATUS(ledger_award(&shop.ledger, &noted, &shop.stamp, 0, &entry), SCRIP_OK);
    for (int restart = 0; restart < 2; restart++) {
        CHECK_STATUS(ledger_lookup(&shop.ledger, bytes_text(sale->sale_id), bytes_text("AWARD"),
                                   bytes_of(NULL, 0), &seq),
                     SCRIP_OK);
        CHECK_EQ_INT(seq, 2);
        CHECK_STATUS(ledger_lookup(&shop.ledger, bytes_text(sale->sale_id), bytes_of(NULL, 0),
                                   bytes_text(sale->transaction_id), &seq),
                     SCRIP_OK);
        CHECK_EQ_INT(seq, 1);
        CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    }
    shop_close(&shop);
}

static void test_what_closes_the_ledger_closes_it_for_awards(void)
{
    open_shop();
    CHECK_STATUS(shop_redeem(&shop, 1, 1, PERMIT_ASK, &entry), SCRIP_OK);
    CHECK_STATUS(award(2, 5), SCRIP_REFUSED_STATE);
    CHECK_STATUS(ledger_outcome(&shop.ledger, 1, RECORD_VOID, bytes_of(NULL, 0), RECORD_CODE_NONE,
                                &shop.stamp),
                 SCRIP_OK);
    CHECK_STATUS(ledger_declare_fork(&shop.ledger), SCRIP_FAULT_FORK);
    CHECK_STATUS(award(2, 5), SCRIP_FAULT_FORK);
    shop.ledger.broken = true;
    CHECK_STATUS(award(2, 5), SCRIP_FAULT_READ_ONLY);
    CHECK_EQ_INT(shop.ledger.head_seq, 2);
    shop_close(&shop);
}

static void test_awards_are_settled_and_checkpointed(void)
{
    uint32_t seq = 0;
    struct bytes bytes;
    uint8_t link[RECORD_LINK_BYTES];
    open_shop();
    for (uint32_t i = 1; i <= 3 * LEDGER_PERIOD; i++)
        CHECK_STATUS(award(i, 1), SCRIP_OK);
    CHECK(shop.ledger.since_checkpoint <= LEDGER_PERIOD);
    CHECK_STATUS(ledger_outbox(&shop.ledger, &seq, &bytes), SCRIP_OK);
    CHECK_STATUS(ledger_link_at(&shop.ledger, LEDGER_PERIOD, link), SCRIP_OK);
    CHECK_STATUS(ledger_ack(&shop.ledger, LEDGER_PERIOD, link), SCRIP_OK);
    CHECK_EQ_INT(shop.ledger.unsettled_count, 0);
    CHECK_STATUS(ledger_late(&shop.ledger, LEDGER_PERIOD + 1, RECORD_CODE_MALFORMED, &shop.stamp),
                 SCRIP_OK);
    CHECK_EQ_INT(shop.ledger.late_count, 1);
    CHECK_STATUS(ledger_reverse(&shop.ledger, LEDGER_PERIOD + 1, &shop.stamp, &entry), SCRIP_OK);
    CHECK_EQ_INT(shop.ledger.late_count, 0);
    shop_close(&shop);
}

/* An award spends no code that would tell a repeat behind that. */
static void test_how_far_back_a_repeat_is_known(void)
{
    open_shop();
    for (uint32_t i = 1; i <= LEDGER_REFS; i++)
        CHECK_STATUS(award(i, 1), SCRIP_OK);
    for (int restart = 0; restart < 2; restart++) {
        CHECK_STATUS(award(1, 1), SCRIP_OK);
        CHECK(entry.replayed && entry.seq == 1);
        CHECK_STATUS(award(1, 2), SCRIP_REFUSED_DUPLICATE);
        CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    }
    CHECK_STATUS(award(LEDGER_REFS + 1, 1), SCRIP_OK);
    CHECK_STATUS(award(1, 1), SCRIP_OK);
    CHECK(!entry.replayed);
    shop_close(&shop);
}

int main(void)
{
    CHECK_RUN(test_an_award_is_recorded_once_and_spends_nothing);
    CHECK_RUN(test_an_award_is_undone_without_a_sum);
    CHECK_RUN(test_an_award_is_found_by_its_request);
    CHECK_RUN(test_what_closes_the_ledger_closes_it_for_awards);
    CHECK_RUN(test_awards_are_settled_and_checkpointed);
    CHECK_RUN(test_how_far_back_a_repeat_is_known);
    return check_done();
}
