#include "store/journal_layout.h"

#include "platform/sim/device.h"
#include "platform/sim/flash.h"
#include "tests/check.h"

static struct sim_entropy entropy;
static struct sim_keystore keystore;
static struct sim_flash flash;
static struct keys keys;
static struct journal journal;
static uint8_t room[JOURNAL_BUFFER_BYTES];

static const struct sim_geometry nor = {32 * 4096, 4096, 256, 1, 1, true};
static const struct sim_geometry geometries[] = {
    {32 * 4096, 4096, 256, 1, 1, true},     {32 * 4096, 4096, 256, 4, 4, true},
    {32 * 4096, 4096, 256, 16, 16, true},   {32 * 4096, 4096, 256, 256, 256, true},
    {40 * 4096, 4096, 512, 512, 512, true}, {8 * 65536, 65536, 256, 1, 1, true},
    {32 * 4096, 4096, 128, 1, 128, false},  {40 * 4096, 4096, 512, 512, 512, false}};

static void power_up(const struct sim_geometry *geometry)
{
    sim_entropy_open(&entropy, 1);
    sim_keystore_open(&keystore, false);
    sim_flash_open(&flash, geometry, 2);
    CHECK_STATUS(crypto_open(&entropy.hal), SCRIP_OK);
    CHECK_STATUS(keys_open(&keys, &keystore.hal), SCRIP_OK);
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

static void settle(void)
{
    enum scrip_status status = SCRIP_AGAIN;
    while (status == SCRIP_AGAIN)
        status = journal_idle(&journal);
    CHECK_STATUS(status, SCRIP_OK);
}

/* A payload that its number determines, and its length too. */
static struct bytes payload_of(uint32_t number, uint8_t out[JOURNAL_PAYLOAD_MAX])
{
    size_t len = number * 37 % (JOURNAL_PAYLOAD_MAX + 1);
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(number * 31 + i * 7 + (number >> 8));
    return bytes_of(out, len);
}

static enum scrip_status append_number(uint32_t number)
{
    uint8_t data[JOURNAL_PAYLOAD_MAX];
    enum scrip_status status = journal_append(&journal, JOURNAL_DATA, JOURNAL_NORMAL,
                                              payload_of(number, data));

    if (status == SCRIP_OK)
        CHECK_EQ_INT(journal_next_seq(&journal), number + 1);
    return status;
}

/* Everything from `first` to `last` is there, in order, once, with its contents. */
static void check_contents(uint32_t first, uint32_t last)
{
    uint8_t data[JOURNAL_PAYLOAD_MAX];
    struct journal_entry entry;
    struct journal_cursor at;
    uint32_t number;

    CHECK_STATUS(journal_find(&journal, first, &at), SCRIP_OK);
    for (number = first; number <= last; number++) {
        struct bytes expected = payload_of(number, data);
        CHECK_STATUS(journal_next(&journal, &at, room, &entry), SCRIP_OK);
        CHECK_EQ_INT(entry.type, JOURNAL_DATA);
        CHECK_EQ_INT(entry.seq, number);
        REQUIRE(entry.payload.len == expected.len);
        CHECK_EQ_BYTES(entry.payload.data, expected.data, expected.len);
    }
    CHECK_STATUS(journal_next(&journal, &at, room, &entry), SCRIP_AGAIN);
}

static void test_what_was_appended_is_there_after_each_restart(void)
{
    for (size_t g = 0; g < sizeof geometries / sizeof *geometries; g++) {
        power_up(&geometries[g]);
        CHECK_STATUS(journal_format(&flash.hal, &keys), SCRIP_OK);
        remount();
        settle();
        for (uint32_t number = 1; number <= 40; number++) {
            CHECK_STATUS(append_number(number), SCRIP_OK);
            if (number % 7 == 0) {
                check_contents(1, number);
                remount();
                settle();
                check_contents(1, number);
                CHECK_EQ_INT(journal_next_seq(&journal), number + 1);
            }
        }
        power_down();
    }
}

static void test_the_ring_turns(void)
{
    for (size_t g = 0; g < sizeof geometries / sizeof *geometries; g++) {
        power_up(&geometries[g]);
        CHECK_STATUS(journal_format(&flash.hal, &keys), SCRIP_OK);
        remount();
        settle();
        uint32_t turns = 4 * geometries[g].size / 256;
        for (uint32_t number = 1; number <= turns; number++) {
            REQUIRE(append_number(number) == SCRIP_OK);
            if (number % 16 == 0)
                CHECK_STATUS(journal_ack(&journal, number - 3), SCRIP_OK);
            if (number % 4 == 0)
                settle();
            if (number % 97 == 0) {
                remount();
                settle();
                check_contents(journal_acked(&journal) + 1, number);
            }
        }
        CHECK(journal.tail_sector > 2 * geometries[g].size / geometries[g].sector_size);
        check_contents(journal_acked(&journal) + 1, turns);
        power_down();
    }
}

static void test_a_full_log_refuses_and_changes_nothing(void)
{
    enum scrip_status status;
    uint8_t data[JOURNAL_PAYLOAD_MAX];
    uint32_t number = 1, filled, i;

    for (size_t g = 0; g < sizeof geometries / sizeof *geometries; g++) {
        power_up(&geometries[g]);
        CHECK_STATUS(journal_format(&flash.hal, &keys), SCRIP_OK);
        remount();
        settle();
        for (number = 1; (status = append_number(number)) == SCRIP_OK; number++)
            settle();
        CHECK_STATUS(status, SCRIP_REFUSED_FULL);
        uint64_t before = flash.operations, reads = flash.reads;
        CHECK_STATUS(journal_append(&journal, JOURNAL_DATA, JOURNAL_NORMAL, bytes_of(data, 472)),
                     SCRIP_REFUSED_FULL);
        CHECK_EQ_INT(flash.operations, before);
        CHECK_EQ_INT(flash.reads, reads);
        CHECK_EQ_INT(journal_room(&journal), 0);
        /* What is held back is really there. */
        filled = number - 1;
        memset(data, 0, sizeof data);
        for (i = 0; i < 32; i++)
            CHECK_STATUS(journal_append(&journal, JOURNAL_DATA, JOURNAL_REVERSE,
                                        bytes_of(data, JOURNAL_SMALL_BYTES)),
                         SCRIP_OK);
        for (i = 0; i < 64; i++)
            CHECK_STATUS(journal_append(&journal, JOURNAL_DATA, JOURNAL_VERDICT,
                                        bytes_of(data, JOURNAL_SMALL_BYTES)),
                         SCRIP_OK);
        remount();
        for (i = 0; i < 10; i++)
            CHECK_STATUS(journal_append(&journal, JOURNAL_NOTE, JOURNAL_SYSTEM,
                                        bytes_of(data, JOURNAL_PAYLOAD_MAX)),
                         SCRIP_OK);
        CHECK_STATUS(journal_ack(&journal, filled + 32 + 64), SCRIP_OK);
        settle();
        CHECK_STATUS(journal_append(&journal, JOURNAL_DATA, JOURNAL_NORMAL, bytes_of(data, 472)),
                     SCRIP_OK);
        CHECK_EQ_INT(journal_next_seq(&journal), filled + 32 + 64 + 2);
        power_down();
    }
}

static void test_boots_without_end_leave_a_log_that_can_be_acknowledged(void)
{
    enum scrip_status status;
    uint32_t number, boots;

    power_up(&nor);
    CHECK_STATUS(journal_format(&flash.hal, &keys), SCRIP_OK);
    remount();
    settle();
    for (number = 1; append_number(number) == SCRIP_OK; number++)
        settle();
    for (boots = 0; boots < 2000; boots++) {
        crypto_key_close(&journal.aead);
        status = journal_mount(&journal, &flash.hal, &keys, NULL, NULL);
        if (status != SCRIP_OK)
            break;
    }
    CHECK(boots >= 8 && boots < 2000);
    CHECK_STATUS(status, SCRIP_FAULT_READ_ONLY);
    CHECK_STATUS(append_number(number), SCRIP_FAULT_READ_ONLY);
    check_contents(1, number - 1);
    CHECK_STATUS(journal_ack(&journal, number - 1), SCRIP_OK);
    settle();
    CHECK_STATUS(append_number(number), SCRIP_OK);
    remount();
    check_contents(number, number);
    power_down();
}

static void test_a_spot_that_does_not_read_back_is_passed_over(void)
{
    power_up(&nor);
    CHECK_STATUS(journal_format(&flash.hal, &keys), SCRIP_OK);
    remount();
    settle();
    for (uint32_t number = 1; number <= 60; number++) {
        flash.spoil_at = number % 3 == 0 ? flash.operations + 1 : 0;
        CHECK_STATUS(append_number(number), SCRIP_OK);
    }
    check_contents(1, 60);
    remount();
    check_contents(1, 60);
    power_down();
}

/* Where programming overwrites: an entry that was torn, and the fence behind it, both of which a
 * later start does not see. That start's fence goes where the entry was, and when the older one
 * reads again it must not take back what has been appended since. */
static void test_a_fence_of_an_earlier_start_does_not_come_back(void)
{
    static const struct sim_geometry eeprom = {32 * 4096, 4096, 128, 1, 128, false};
    uint8_t torn[JOURNAL_PAYLOAD_MAX] = {0}, stale[128];
    struct sim_flash before;

    power_up(&eeprom);
    sim_flash_open(&before, &eeprom, 2);
    CHECK_STATUS(journal_format(&flash.hal, &keys), SCRIP_OK);
    remount();
    CHECK_STATUS(append_number(1), SCRIP_OK);
    CHECK_STATUS(append_number(2), SCRIP_OK);
    sim_flash_copy(&before, &flash);
    CHECK_STATUS(
        journal_append(&journal, JOURNAL_DATA, JOURNAL_NORMAL, bytes_of(torn, sizeof torn)),
        SCRIP_OK);
    uint8_t *behind = flash.cells + journal_sector(&journal) % 32 * 4096 + journal.head.offset;
    behind[-40] ^= 1;
    remount();
    memcpy(stale, behind, sizeof stale);

    sim_flash_copy(&flash, &before);
    memcpy(behind, stale, sizeof stale);
    behind[12] ^= 1;
    remount();
    CHECK_STATUS(append_number(3), SCRIP_OK);
    behind[12] ^= 1;
    check_contents(1, 3);
    remount();
    check_contents(1, 3);
    sim_flash_close(&before);
    power_down();
}

static void test_after_a_fault_only_a_fence_opens_the_log_again(void)
{

    power_up(&nor);
    CHECK_STATUS(journal_format(&flash.hal, &keys), SCRIP_OK);
    remount();
    settle();
    CHECK_STATUS(append_number(1), SCRIP_OK);
    flash.fault_at = flash.operations + 1;
    CHECK_STATUS(append_number(2), SCRIP_FAULT_FLASH);
    CHECK_STATUS(append_number(2), SCRIP_FAULT_READ_ONLY);
    CHECK_STATUS(journal_refence(&journal), SCRIP_OK);
    CHECK_EQ_INT(journal_next_seq(&journal), 3);
    CHECK_STATUS(append_number(3), SCRIP_OK);
    check_contents(1, 3);
    power_down();
}

static void test_a_foreign_medium_is_left_alone(void)
{
    static const uint8_t prev[16] = {1};

    power_up(&nor);
    CHECK_STATUS(journal_mount(&journal, &flash.hal, &keys, NULL, NULL), SCRIP_FAULT_FOREIGN);
    CHECK_EQ_INT(flash.operations, 0);
    CHECK_STATUS(journal_format(&flash.hal, &keys), SCRIP_OK);
    remount();
    CHECK_STATUS(append_number(1), SCRIP_OK);
    CHECK_STATUS(keys_set_epoch(&keys, 2, prev, true), SCRIP_OK);
    uint64_t before = flash.operations;
    CHECK_STATUS(journal_mount(&journal, &flash.hal, &keys, NULL, NULL), SCRIP_FAULT_FOREIGN);
    CHECK_EQ_INT(flash.operations, before);
    CHECK_STATUS(journal_format(&flash.hal, &keys), SCRIP_OK);
    remount();
    CHECK_EQ_INT(journal_next_seq(&journal), 1);
    power_down();
}

static void test_without_entropy_nothing_is_written(void)
{
    power_up(&nor);
    CHECK_STATUS(journal_format(&flash.hal, &keys), SCRIP_OK);
    remount();
    CHECK_STATUS(append_number(1), SCRIP_OK);
    entropy.broken = true;
    CHECK_STATUS(journal_mount(&journal, &flash.hal, &keys, NULL, NULL), SCRIP_FAULT_ENTROPY);
    CHECK_STATUS(append_number(2), SCRIP_FAULT_READ_ONLY);
    check_contents(1, 1);
    power_down();
}

/* Any flipped bit of an entry costs that entry at the most, and never passes unnoticed. */
static void test_a_flipped_bit_is_noticed(void)
{
    uint8_t data[JOURNAL_PAYLOAD_MAX];
    struct journal_entry entry;
    struct journal_cursor at, walk;
    uint32_t offset;

    power_up(&nor);
    CHECK_STATUS(journal_format(&flash.hal, &keys), SCRIP_OK);
    remount();
    for (uint32_t number = 1; number <= 9; number++)
        CHECK_STATUS(append_number(number), SCRIP_OK);
    CHECK_STATUS(journal_find(&journal, 4, &at), SCRIP_OK);
    struct bytes expected = payload_of(4, data);
    uint32_t start = at.at.sector % 32 * 4096 + at.at.offset;
    for (offset = 0; offset < 24 + expected.len + 16; offset++) {
        sim_flash_flip(&flash, start + offset, 0x10);
        uint32_t seen = 0;
        walk = (struct journal_cursor){{0, 0}, 0};
        for (enum scrip_status status;
             (status = journal_next(&journal, &walk, room, &entry)) != SCRIP_AGAIN;) {
            if (status == SCRIP_OK)
                seen |= 1u << entry.seq;
            else
                CHECK_STATUS(status, SCRIP_FAULT_CORRUPT);
        }
        CHECK_EQ_INT(seen, 0x3FE & ~(1u << 4));
        sim_flash_flip(&flash, start + offset, 0x10);
    }
    check_contents(1, 9);
    power_down();
}

/* Programs what nobody of ours would: a header that is whole, and whose length no buffer holds. */
static void test_a_header_with_a_hostile_length_is_no_header(void)
{
    uint8_t header[16] = {0x5A, JOURNAL_DATA, 0xFF, 0x01, 3};
    static uint8_t guarded[JOURNAL_BUFFER_BYTES + 1024];
    struct journal_entry entry;
    uint8_t data[JOURNAL_PAYLOAD_MAX];
    struct journal_cursor at = {{0, 0}, 0};
    uint32_t i;

    power_up(&nor);
    CHECK_STATUS(journal_format(&flash.hal, &keys), SCRIP_OK);
    remount();
    CHECK_STATUS(journal_append(&journal, JOURNAL_DATA, JOURNAL_NORMAL, bytes_of(data, 0)),
                 SCRIP_OK);
    struct journal_at place = {journal_sector(&journal), 2048};
    bytes_put_u32(header + 12, journal_crc(keys.format_id, &place, header));
    CHECK_STATUS(flash.hal.program(flash.hal.context, journal_sector(&journal) % 32 * 4096 + 2048,
                                   header, 16),
                 SCRIP_OK);
    journal.head.offset = 3072;
    memset(guarded, 0xA5, sizeof guarded);
    CHECK_STATUS(journal_next(&journal, &at, guarded, &entry), SCRIP_OK);
    CHECK_STATUS(journal_next(&journal, &at, guarded, &entry), SCRIP_AGAIN);
    for (i = JOURNAL_BUFFER_BYTES; i < sizeof guarded && guarded[i] == 0xA5; i++)
        ;
    CHECK_EQ_INT(i, sizeof guarded);
    power_down();
}

/* A header has no room for all the sectors that a format prepares on a large medium. */
static void test_a_large_medium_starts_again(void)
{
    static const struct sim_geometry large = {129 * 4096, 4096, 256, 1, 1, true};

    power_up(&large);
    CHECK_STATUS(journal_format(&flash.hal, &keys), SCRIP_OK);
    remount();
    remount();
    CHECK_STATUS(append_number(1), SCRIP_OK);
    power_down();
}

/* What makes an append one program operation. */
static void test_an_entry_that_fits_in_a_page_crosses_none(void)
{
    uint8_t data[JOURNAL_PAYLOAD_MAX] = {0};

    power_up(&nor);
    CHECK_STATUS(journal_format(&flash.hal, &keys), SCRIP_OK);
    remount();
    settle();
    for (uint32_t len = 0; len <= 200; len++) {
        uint64_t before = flash.programs;
        CHECK_STATUS(journal_append(&journal, JOURNAL_NOTE, JOURNAL_NORMAL, bytes_of(data, len)),
                     SCRIP_OK);
        CHECK_EQ_INT(flash.programs - before, 1);
    }
    power_down();
}

struct tally {
    uint32_t found[JOURNAL_FOUND_DAMAGED + 1];
    uint32_t damaged_seq;
};

static enum scrip_status count_finding(void *context, const struct journal_finding *finding)
{
    struct tally *tally = context;

    tally->found[finding->what]++;
    if (finding->what == JOURNAL_FOUND_DAMAGED)
        tally->damaged_seq = finding->entry.seq;
    return SCRIP_OK;
}

static void test_an_image_is_explained_entry_by_entry(void)
{
    struct tally tally = {{0}, 0};
    struct journal_cursor at;

    power_up(&nor);
    CHECK_STATUS(journal_examine(&flash.hal, &keys, count_finding, &tally), SCRIP_FAULT_FOREIGN);
    CHECK_STATUS(journal_format(&flash.hal, &keys), SCRIP_OK);
    remount();
    for (uint32_t number = 1; number <= 6; number++)
        CHECK_STATUS(append_number(number), SCRIP_OK);
    flash.tear = SIM_TEAR_RANDOM;
    flash.cut_at = flash.operations + 1;
    CHECK_STATUS(append_number(7), SCRIP_FAULT_FLASH);
    sim_flash_power_on(&flash);
    remount();
    CHECK_STATUS(journal_find(&journal, 3, &at), SCRIP_OK);
    sim_flash_flip(&flash, at.at.sector % 32 * 4096 + at.at.offset + 20, 1);
    uint64_t before = flash.operations;
    CHECK_STATUS(journal_examine(&flash.hal, &keys, count_finding, &tally), SCRIP_OK);
    CHECK_EQ_INT(flash.operations, before);
    CHECK(tally.found[JOURNAL_FOUND_SECTOR] >= 30);
    CHECK_EQ_INT(tally.found[JOURNAL_FOUND_ENTRY], 5 + 2);
    CHECK_EQ_INT(tally.found[JOURNAL_FOUND_COPY], 1);
    CHECK_EQ_INT(tally.found[JOURNAL_FOUND_VOID], 0);
    CHECK(tally.found[JOURNAL_FOUND_TORN] >= 1);
    CHECK_EQ_INT(tally.found[JOURNAL_FOUND_DAMAGED], 1);
    CHECK_EQ_INT(tally.damaged_seq, 3);
    power_down();
}

static void test_bad_arguments_are_refused(void)
{
    static const struct sim_geometry tiny = {4 * 4096, 4096, 256, 1, 1, true};
    uint8_t data[JOURNAL_PAYLOAD_MAX + 1] = {0};

    power_up(&tiny);
    CHECK_STATUS(journal_format(&flash.hal, &keys), SCRIP_REFUSED_ARGUMENT);
    power_down();
    power_up(&nor);
    CHECK_STATUS(journal_format(&flash.hal, &keys), SCRIP_OK);
    remount();
    CHECK_STATUS(
        journal_append(&journal, JOURNAL_DATA, JOURNAL_NORMAL, bytes_of(data, sizeof data)),
        SCRIP_REFUSED_TOO_LONG);
    CHECK_STATUS(journal_append(&journal, JOURNAL_BOOT, JOURNAL_NORMAL, bytes_of(data, 4)),
                 SCRIP_REFUSED_ARGUMENT);
    CHECK_STATUS(append_number(1), SCRIP_OK);
    CHECK_STATUS(journal_ack(&journal, 2), SCRIP_REFUSED_ARGUMENT);
    CHECK_STATUS(journal_ack(&journal, 1), SCRIP_OK);
    CHECK_STATUS(journal_ack(&journal, 0), SCRIP_REFUSED_ARGUMENT);
    CHECK(sizeof journal <= 128);
    power_down();
}

int main(void)
{
    CHECK_RUN(test_what_was_appended_is_there_after_each_restart);
    CHECK_RUN(test_the_ring_turns);
    CHECK_RUN(test_a_full_log_refuses_and_changes_nothing);
    CHECK_RUN(test_boots_without_end_leave_a_log_that_can_be_acknowledged);
    CHECK_RUN(test_a_spot_that_does_not_read_back_is_passed_over);
    CHECK_RUN(test_a_fence_of_an_earlier_start_does_not_come_back);
    CHECK_RUN(test_after_a_fault_only_a_fence_opens_the_log_again);
    CHECK_RUN(test_a_foreign_medium_is_left_alone);
    CHECK_RUN(test_without_entropy_nothing_is_written);
    CHECK_RUN(test_a_flipped_bit_is_noticed);
    CHECK_RUN(test_a_header_with_a_hostile_length_is_no_header);
    CHECK_RUN(test_a_large_medium_starts_again);
    CHECK_RUN(test_an_entry_that_fits_in_a_page_crosses_none);
    CHECK_RUN(test_an_image_is_explained_entry_by_entry);
    CHECK_RUN(test_bad_arguments_are_refused);
    return check_done();
}
