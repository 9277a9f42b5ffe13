/* A log that somebody has changed: entries swapped, removed, put back or copied. */
#include "store/journal_layout.h"
#include "tests/check.h"
#include "tests/support/shop.h"

static struct shop shop;
static struct ledger_entry entry;
static struct sim_flash backup;

static void open_shop(bool has_counter)
{
    shop_open(&shop, &SHOP_NOR);
    struct sim_keystore before = shop.keystore;
    sim_keystore_open(&shop.keystore, has_counter);
    memcpy(shop.keystore.slot, before.slot, sizeof before.slot);
    sim_flash_open(&backup, &SHOP_NOR, 1);
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    CHECK_STATUS(shop_idle(&shop), SCRIP_OK);
}

static void close_shop(void)
{
    sim_flash_close(&backup);
    shop_close(&shop);
}

static void redeem(uint32_t from, uint32_t to)
{
    for (uint32_t code = from; code <= to; code++)
        CHECK_STATUS(shop_redeem(&shop, code, code, PERMIT_OFFLINE, &entry), SCRIP_OK);
}

/* Where the entry lies that the walk has just passed. */
static struct journal_at start_of(const struct journal_cursor *behind,
                                  const struct journal_entry *passed)
{
    struct journal_at at = behind->at;
    at.offset -= journal_extent(&shop.flash.hal, (uint32_t)passed->payload.len);
    return at;
}

static struct journal_at place_of(uint32_t seq)
{
    uint8_t room[JOURNAL_BUFFER_BYTES];
    struct journal_entry found = {0};
    struct journal_cursor at;
    CHECK_STATUS(journal_find(&shop.journal, seq, &at), SCRIP_OK);
    do
        CHECK_STATUS(journal_next(&shop.journal, &at, room, &found), SCRIP_OK);
    while (found.type != JOURNAL_DATA && check_state.failures == 0);
    CHECK_EQ_INT(found.seq, seq);
    return start_of(&at, &found);
}

/* The cells of the entry, to the end of its last page. */
static uint8_t *cells_of(uint32_t seq)
{
    struct journal_at at = place_of(seq);
    return shop.flash.cells + journal_address(&shop.flash.hal, &at);
}

/* What the outbox makes of a record. */
static enum scrip_status outbox(uint32_t seq)
{
    struct bytes bytes;
    seq--;
    return ledger_outbox(&shop.ledger, &seq, &bytes);
}

static void test_swapped_records_do_not_pass_for_each_other(void)
{
    uint8_t held[512];
    open_shop(false);
    redeem(1, 5);
    uint8_t *two = cells_of(2), *three = cells_of(3);
    memcpy(held, two, sizeof held);
    memcpy(two, three, sizeof held);
    memcpy(three, held, sizeof held);
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    CHECK_STATUS(outbox(1), SCRIP_OK);
    CHECK_STATUS(outbox(2), SCRIP_FAULT_CORRUPT);
    CHECK_STATUS(outbox(3), SCRIP_FAULT_CORRUPT);
    CHECK_STATUS(outbox(4), SCRIP_OK);
    CHECK_EQ_INT(shop.ledger.head_seq, 5);
    close_shop();
}

static void test_a_removed_record_is_missed(void)
{
    open_shop(false);
    redeem(1, 5);
    memset(cells_of(3), 0xFF, 512);
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    CHECK_STATUS(outbox(2), SCRIP_OK);
    CHECK_STATUS(outbox(3), SCRIP_FAULT_CORRUPT);
    CHECK_STATUS(outbox(4), SCRIP_OK);
    CHECK_EQ_INT(shop.ledger.head_seq, 5);
    redeem(6, 6);
    CHECK_EQ_INT(entry.seq, 6);
    close_shop();
}

/* Puts back what was there after three records, once there are five. */
static void put_back(void)
{
    redeem(1, 3);
    sim_flash_copy(&backup, &shop.flash);
    redeem(4, 5);
    sim_flash_copy(&shop.flash, &backup);
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
}

static void test_a_counter_tells_an_image_that_was_put_back(void)
{
    open_shop(true);
    redeem(11, 12);
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    CHECK(!shop.found.rolled_back && !shop.ledger.fork);
    put_back();
    CHECK(shop.found.rolled_back && shop.ledger.fork);
    CHECK_STATUS(shop_redeem(&shop, 9, 9, PERMIT_OFFLINE, &entry), SCRIP_FAULT_FORK);
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    CHECK(shop.ledger.fork);
    close_shop();
}

/* Where the board has none, the terminal cannot know: the host can, by what it has been sent. */
static void test_without_a_counter_the_host_tells(void)
{
    uint8_t seen[RECORD_LINK_BYTES];
    open_shop(false);
    redeem(1, 3);
    sim_flash_copy(&backup, &shop.flash);
    redeem(4, 4);
    memcpy(seen, shop.ledger.head, sizeof seen);
    sim_flash_copy(&shop.flash, &backup);
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    CHECK(!shop.found.rolled_back && !shop.ledger.fork);
    CHECK_STATUS(ledger_ack(&shop.ledger, 4, seen), SCRIP_REFUSED_ARGUMENT);
    redeem(5, 5);
    CHECK_EQ_INT(entry.seq, 4);
    CHECK_STATUS(ledger_ack(&shop.ledger, 4, seen), SCRIP_FAULT_FORK);
    CHECK_EQ_INT(shop.ledger.acked_seq, 0);
    CHECK_STATUS(shop_redeem(&shop, 9, 9, PERMIT_OFFLINE, &entry), SCRIP_FAULT_FORK);
    close_shop();
}

/* Two terminals from one image: neither writes what the other does under the same key. */
static void test_a_clone_writes_under_another_key(void)
{
    uint8_t first[512];
    open_shop(false);
    redeem(1, 3);
    sim_flash_copy(&backup, &shop.flash);
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    redeem(4, 4);
    struct journal_at at = place_of(4);
    memcpy(first, cells_of(4), sizeof first);
    sim_flash_copy(&shop.flash, &backup);
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    redeem(4, 4);
    struct journal_at again = place_of(4);
    CHECK(at.sector == again.sector && at.offset == again.offset);
    CHECK(memcmp(first + 16, cells_of(4) + 16, 64) != 0);
    close_shop();
}

/* The only checkpoint there is, soon after enrolment. */
static void test_without_a_checkpoint_the_records_tell_it_all(void)
{
    uint8_t room[JOURNAL_BUFFER_BYTES];
    struct journal_entry found = {0};
    struct journal_cursor at = {{0, 0}, 0};
    uint32_t seq;
    open_shop(false);
    redeem(1, 4);
    CHECK_STATUS(journal_next(&shop.journal, &at, room, &found), SCRIP_OK);
    CHECK_EQ_INT(found.type, JOURNAL_NOTE);
    struct journal_at first = start_of(&at, &found);
    shop.flash.cells[journal_address(&shop.flash.hal, &first) + 30] ^= 1;
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    CHECK_EQ_INT(shop.ledger.head_seq, 4);
    CHECK_EQ_INT(shop.ledger.unsettled_count, 4);
    CHECK(shop_is_spent(&shop, 3, &seq) && seq == 3);
    redeem(5, 5);
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    CHECK_EQ_INT(shop.ledger.head_seq, 5);
    close_shop();
}

int main(void)
{
    CHECK_RUN(test_without_a_checkpoint_the_records_tell_it_all);
    CHECK_RUN(test_swapped_records_do_not_pass_for_each_other);
    CHECK_RUN(test_a_removed_record_is_missed);
    CHECK_RUN(test_a_counter_tells_an_image_that_was_put_back);
    CHECK_RUN(test_without_a_counter_the_host_tells);
    CHECK_RUN(test_a_clone_writes_under_another_key);
    return check_done();
}
