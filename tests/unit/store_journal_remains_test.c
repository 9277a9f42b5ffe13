/* What cuts, fences that nobody saw and sectors that were erased badly leave behind, and that it
 * changes nothing of what has been said. */
#include "store/journal_layout.h"

#include "platform/sim/device.h"
#include "platform/sim/flash.h"
#include "tests/check.h"

enum { SECTORS = 32 };

static const struct sim_geometry nor = {SECTORS * 4096, 4096, 256, 1, 1, true};
static const struct sim_geometry eeprom = {SECTORS * 4096, 4096, 128, 1, 128, false};
static struct sim_entropy entropy;
static struct sim_keystore keystore;
static struct sim_flash flash;
static struct keys keys;
static struct journal journal;

static void power_up(const struct sim_geometry *geometry)
{
    sim_entropy_open(&entropy, 1);
    sim_keystore_open(&keystore, false);
    sim_flash_open(&flash, geometry, 2);
    CHECK_STATUS(crypto_open(&entropy.hal), SCRIP_OK);
    CHECK_STATUS(keys_open(&keys, &keystore.hal), SCRIP_OK);
    CHECK_STATUS(journal_format(&flash.hal, &keys), SCRIP_OK);
    CHECK_STATUS(journal_mount(&journal, &flash.hal, &keys, NULL, NULL), SCRIP_OK);
}

static void power_down(void)
{
    crypto_key_close(&journal.aead);
    keys_close(&keys);
    sim_flash_close(&flash);
}

static void remount(void)
{
    crypto_key_close(&journal.aead);
    CHECK_STATUS(journal_mount(&journal, &flash.hal, &keys, NULL, NULL), SCRIP_OK);
}

static enum scrip_status append(uint8_t number)
{
    return journal_append(&journal, JOURNAL_DATA, JOURNAL_NORMAL, bytes_of(&number, 1));
}

/* Everything from 1 to last is there, in order, once, and nothing else. */
static void check_contents(uint8_t last)
{
    struct journal_cursor at = {{0, 0}, 0};
    struct journal_entry entry;
    uint8_t data[JOURNAL_BUFFER_BYTES];

    for (uint8_t number = 1; number <= last; number++) {
        CHECK_STATUS(journal_next(&journal, &at, data, &entry), SCRIP_OK);
        CHECK_EQ_INT(entry.seq, number);
        CHECK_EQ_INT(entry.payload.data[0], number);
    }
    CHECK_STATUS(journal_next(&journal, &at, data, &entry), SCRIP_AGAIN);
}

/* Where what was written last begins. */
static uint32_t newest(uint32_t len)
{
    struct journal_at at = journal.head;

    at.offset -= journal_extent(&flash.hal, len);
    return journal_address(&flash.hal, &at);
}

/* A first start sees nothing of entry 3, and its fence, which copies 2, is cut. A second one sees 3
 * and nothing of that fence. When that reads again, 2 must not come once more behind 3. */
static void test_a_copy_does_not_come_behind_what_followed_it(void)
{
    power_up(&nor);
    for (uint8_t number = 1; number <= 3; number++)
        CHECK_STATUS(append(number), SCRIP_OK);
    uint32_t torn = newest(1);
    sim_flash_flip(&flash, torn, 1);
    remount();
    CHECK_EQ_INT(journal_next_seq(&journal), 3);
    uint32_t unseen = newest(1);
    sim_flash_flip(&flash, torn, 1);
    sim_flash_flip(&flash, unseen, 1);
    remount();
    CHECK_EQ_INT(journal_next_seq(&journal), 4);
    check_contents(3);
    sim_flash_flip(&flash, unseen, 1);
    check_contents(3);
    CHECK_STATUS(append(4), SCRIP_OK);
    check_contents(4);
    power_down();
}

static enum scrip_status last_entry(void *context, const struct journal_finding *finding)
{
    if (finding->what == JOURNAL_FOUND_ENTRY && finding->entry.type == JOURNAL_DATA)
        *(uint8_t *)context = finding->entry.payload.data[0];
    return SCRIP_OK;
}

/* Entry 2 is torn, and a start says so; another 2 takes its number, and the next fence copies it.
 * When the first one reads again, and the second one's header does not, the fence is right; and
 * where its copy is damaged, what it was made of still is. */
static void test_what_a_fence_tells_of_is_not_what_reads_again(void)
{
    uint8_t shown = 0;

    power_up(&nor);
    CHECK_STATUS(append(1), SCRIP_OK);
    CHECK_STATUS(append(77), SCRIP_OK);
    uint32_t torn = newest(1);
    sim_flash_flip(&flash, torn + 30, 1);
    remount();
    CHECK_STATUS(append(2), SCRIP_OK);
    uint32_t second = newest(1);
    remount();
    uint32_t fence = newest(1);
    sim_flash_flip(&flash, fence + 30, 1);
    check_contents(2);
    sim_flash_flip(&flash, fence + 30, 1);
    sim_flash_flip(&flash, torn + 30, 1);
    sim_flash_flip(&flash, second, 1);
    check_contents(2);
    CHECK_STATUS(journal_examine(&flash.hal, &keys, last_entry, &shown), SCRIP_OK);
    CHECK_EQ_INT(shown, 1);
    CHECK_STATUS(append(3), SCRIP_OK);
    remount();
    check_contents(3);
    power_down();
}

/* Entry 1 is weak, and the fence behind it has it; entry 2 is weak too, and its header does not
 * read any more. The newest of the fences in a row tells of 2 alone, and the one before it of 1. */
static void test_each_fence_in_a_row_tells_of_its_own_entry(void)
{
    power_up(&nor);
    CHECK_STATUS(append(1), SCRIP_OK);
    uint32_t first = newest(1);
    remount();
    CHECK_STATUS(append(2), SCRIP_OK);
    uint32_t second = newest(1);
    remount();
    sim_flash_flip(&flash, first + 30, 1);
    sim_flash_flip(&flash, second, 1);
    check_contents(2);
    power_down();
}

/* Reads what flash holds, and no header at `unstable` from the second time on. */
static uint32_t unstable, unstable_reads;
static enum scrip_status (*sim_read)(void *context, uint32_t offset, void *data, size_t len);

static enum scrip_status read_unstable(void *context, uint32_t offset, void *data, size_t len)
{
    enum scrip_status status = sim_read(context, offset, data, len);

    if (offset == unstable && len < JOURNAL_BUFFER_BYTES && unstable_reads++ != 0)
        ((uint8_t *)data)[0] ^= 1;
    return status;
}

/* Entry 2 is torn, and a start sees nothing of it: its fence copies 1, and is cut. The next start
 * sees that 2 is torn, and as it was begun, 1 is whole: its fence copies nothing. Whatever the
 * header of the fence that was cut reads as, each time it is read, 1 is there. */
static void test_the_last_fence_in_a_row_decides(void)
{
    power_up(&nor);
    CHECK_STATUS(append(1), SCRIP_OK);
    CHECK_STATUS(append(2), SCRIP_OK);
    uint32_t torn = newest(1);
    sim_flash_flip(&flash, torn, 1);
    remount();
    unstable = newest(1);
    sim_flash_flip(&flash, unstable + 30, 1);
    sim_flash_flip(&flash, torn, 1);
    sim_flash_flip(&flash, torn + 30, 1);
    remount();
    CHECK_EQ_INT(journal_next_seq(&journal), 2);
    sim_flash_flip(&flash, torn, 1);
    check_contents(1);
    sim_read = flash.hal.read;
    unstable_reads = 0;
    flash.hal.read = read_unstable;
    check_contents(1);
    flash.hal.read = sim_read;
    power_down();
}

/* A worn part may call a sector erased that is not. The search for the log's end comes upon it, but
 * the log goes on where it was: sectors left out would end it at the next start. */
static void test_a_sector_that_was_erased_badly_is_not_where_the_log_ends(void)
{
    power_up(&nor);
    CHECK_STATUS(append(1), SCRIP_OK);
    for (uint32_t i = SECTORS + 8; i < 2 * SECTORS; i++) {
        struct journal_at at = {i, 1024};
        uint32_t before = journal_sector(&journal);
        sim_flash_flip(&flash, journal_address(&flash.hal, &at), 1);
        remount();
        CHECK(journal_sector(&journal) <= before + 1);
        sim_flash_flip(&flash, journal_address(&flash.hal, &at), 1);
    }
    CHECK_STATUS(append(2), SCRIP_OK);
    remount();
    check_contents(2);
    power_down();
}

/* Where programming overwrites, at a sector's end: an entry that was torn, and the fence behind it
 * in the next sector. A later start sees neither, and its fence goes where the entry was; when the
 * older one reads again, what has been appended since must stay. */
static void test_a_fence_in_the_next_sector_does_not_come_back(void)
{
    uint8_t longest[JOURNAL_PAYLOAD_MAX] = {0}, number = 0;

    power_up(&eeprom);
    while (journal.head.offset < 3200)
        CHECK_STATUS(append(++number), SCRIP_OK);
    CHECK_STATUS(
        journal_append(&journal, JOURNAL_DATA, JOURNAL_NORMAL, bytes_of(longest, sizeof longest)),
        SCRIP_OK);
    uint32_t torn = newest(sizeof longest), sector = journal_sector(&journal);
    remount();
    CHECK_EQ_INT(journal_sector(&journal), sector + 1);
    uint32_t stale = newest(sizeof longest);
    sim_flash_flip(&flash, torn, 1);
    sim_flash_flip(&flash, stale, 1);
    remount();
    CHECK_EQ_INT(journal_sector(&journal), sector);
    CHECK_STATUS(append(++number), SCRIP_OK);
    CHECK_STATUS(append(++number), SCRIP_OK);
    sim_flash_flip(&flash, stale, 1);
    remount();
    CHECK_EQ_INT(journal_next_seq(&journal), number + 1);
    check_contents(number);
    power_down();
}

/* Read only, the last entry is shown before a fence has decided on it. Once the host has
 * acknowledged it, the number is not given again, or a record would count as settled unsent. */
static void test_a_number_that_was_acknowledged_read_only_is_taken(void)
{
    uint8_t longest[JOURNAL_PAYLOAD_MAX] = {0};
    uint32_t last;

    power_up(&nor);
    while (journal_append(&journal, JOURNAL_DATA, JOURNAL_SYSTEM,
                          bytes_of(longest, sizeof longest)) == SCRIP_OK)
        ;
    last = journal_next_seq(&journal) - 1;
    uint32_t torn = newest(sizeof longest);
    crypto_key_close(&journal.aead);
    CHECK_STATUS(journal_mount(&journal, &flash.hal, &keys, NULL, NULL), SCRIP_FAULT_READ_ONLY);
    CHECK_STATUS(journal_ack(&journal, last), SCRIP_OK);
    sim_flash_flip(&flash, torn, 1);
    enum scrip_status status;
    while ((status = journal_idle(&journal)) == SCRIP_AGAIN)
        ;
    CHECK_STATUS(status, SCRIP_OK);
    CHECK_EQ_INT(journal_acked(&journal), last);
    CHECK_EQ_INT(journal_next_seq(&journal), last + 1);
    CHECK_STATUS(append(1), SCRIP_OK);
    power_down();
}

/* Starts have spent what is held back for them, and the last one's fence was cut: read only, what
 * the fence before it copies is still there. */
static void test_a_torn_fence_hides_nothing_read_only(void)
{
    uint8_t longest[JOURNAL_PAYLOAD_MAX] = {0};
    uint8_t data[JOURNAL_BUFFER_BYTES];
    struct journal_cursor at = {{0, 0}, 0};
    struct journal_entry entry;
    enum scrip_status status;
    uint32_t fence = 0, seq = 0;

    power_up(&nor);
    while (journal_append(&journal, JOURNAL_DATA, JOURNAL_NORMAL,
                          bytes_of(longest, sizeof longest)) == SCRIP_OK ||
           journal_idle(&journal) == SCRIP_AGAIN)
        ;
    uint32_t weak = newest(sizeof longest), last = journal_next_seq(&journal) - 1;
    for (;;) {
        crypto_key_close(&journal.aead);
        status = journal_mount(&journal, &flash.hal, &keys, NULL, NULL);
        if (status != SCRIP_OK)
            break;
        fence = newest(sizeof longest);
    }
    CHECK_STATUS(status, SCRIP_FAULT_READ_ONLY);
    sim_flash_flip(&flash, weak + 30, 1);
    sim_flash_flip(&flash, fence + 30, 1);
    crypto_key_close(&journal.aead);
    CHECK_STATUS(journal_mount(&journal, &flash.hal, &keys, NULL, NULL), SCRIP_FAULT_READ_ONLY);
    while ((status = journal_next(&journal, &at, data, &entry)) == SCRIP_OK)
        CHECK_EQ_INT(entry.seq, ++seq);
    CHECK_STATUS(status, SCRIP_AGAIN);
    CHECK_EQ_INT(seq, last);
    power_down();
}

/* The highest number there is, in a MARK that reads: an image is explained all the same. */
static void test_a_mark_that_no_mount_believes(void)
{
    struct journal_at last = {UINT32_MAX, 0};
    uint8_t shown = 0;

    power_up(&nor);
    CHECK_STATUS(append(1), SCRIP_OK);
    CHECK_STATUS(flash.hal.erase_start(flash.hal.context, journal_address(&flash.hal, &last)),
                 SCRIP_OK);
    while (flash.hal.erase_poll(flash.hal.context) == SCRIP_AGAIN)
        ;
    CHECK_STATUS(journal_mark(&journal, last.sector), SCRIP_OK);
    CHECK_STATUS(journal_examine(&flash.hal, &keys, last_entry, &shown), SCRIP_OK);
    CHECK_EQ_INT(shown, 1);
    power_down();
}

/* A first try that did not read back may be durable all the same, so this is no refusal. */
static void test_no_room_for_a_second_try_is_a_fault(void)
{
    static const uint8_t page[200];
    struct sim_flash before, last;
    struct journal earlier, now = {0};
    struct bytes payload = bytes_of(page, sizeof page);
    enum scrip_status status;

    power_up(&nor);
    sim_flash_open(&before, &nor, 2);
    sim_flash_open(&last, &nor, 2);
    /* Back to where one more entry fits, and no second one. */
    do {
        earlier = now;
        now = journal;
        sim_flash_copy(&before, &last);
        sim_flash_copy(&last, &flash);
        status = journal_append(&journal, JOURNAL_DATA, JOURNAL_NORMAL, payload);
    } while (status == SCRIP_OK);
    CHECK_STATUS(status, SCRIP_REFUSED_FULL);
    sim_flash_copy(&flash, &before);
    journal = earlier;
    flash.spoil_at = flash.operations + 1;
    CHECK_STATUS(journal_append(&journal, JOURNAL_DATA, JOURNAL_NORMAL, payload),
                 SCRIP_FAULT_FLASH);
    sim_flash_close(&before);
    sim_flash_close(&last);
    power_down();
}

/* A torn entry whose header reads at one start and not at the next: both put their fence at the
 * same place, so that the remains of the one never lie in the other's way. */
static void test_the_end_is_where_it_was_when_a_header_does_not_read(void)
{
    struct sim_flash torn;

    power_up(&nor);
    sim_flash_open(&torn, &nor, 2);
    CHECK_STATUS(append(1), SCRIP_OK);
    uint32_t at = journal_sector(&journal) % SECTORS * 4096 + journal.head.offset;
    CHECK_STATUS(append(2), SCRIP_OK);
    sim_flash_flip(&flash, at + 30, 1);
    sim_flash_copy(&torn, &flash);
    remount();
    struct journal_at first = journal.head;
    sim_flash_copy(&flash, &torn);
    sim_flash_flip(&flash, at + 8, 1);
    remount();
    CHECK_EQ_INT(journal.head.sector, first.sector);
    CHECK_EQ_INT(journal.head.offset, first.offset);
    sim_flash_close(&torn);
    power_down();
}

int main(void)
{
    CHECK_RUN(test_the_end_is_where_it_was_when_a_header_does_not_read);
    CHECK_RUN(test_what_a_fence_tells_of_is_not_what_reads_again);
    CHECK_RUN(test_each_fence_in_a_row_tells_of_its_own_entry);
    CHECK_RUN(test_the_last_fence_in_a_row_decides);
    CHECK_RUN(test_a_copy_does_not_come_behind_what_followed_it);
    CHECK_RUN(test_a_sector_that_was_erased_badly_is_not_where_the_log_ends);
    CHECK_RUN(test_a_fence_in_the_next_sector_does_not_come_back);
    CHECK_RUN(test_a_number_that_was_acknowledged_read_only_is_taken);
    CHECK_RUN(test_a_torn_fence_hides_nothing_read_only);
    CHECK_RUN(test_a_mark_that_no_mount_believes);
    CHECK_RUN(test_no_room_for_a_second_try_is_a_fault);
    return check_done();
}
