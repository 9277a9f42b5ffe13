/*
 * A journal's image, changed at will: it mounts or says why not, ends every walk, shows nothing as
 * a record that does not authenticate, and what is appended afterwards survives the next mount.
 */
#include <string.h>

#include "store/journal_layout.h"
#include "tests/fuzz/medium.h"
#include "tests/support/shop.h"

enum { IMAGE_BYTES = 24 * MEDIUM_SECTOR, BUDGET = 200000, RECORDS = 24 };

static struct medium medium;
static uint8_t golden[IMAGE_BYTES];
static uint32_t golden_end; /* where its log ends, and blank cells begin */
static struct shop shop;

/* A journal with a history: redemptions, reversals, several boots, acknowledged sectors reused. */
static void open_image(void)
{
    static bool open;

    if (open)
        return;
    open = true;
    shop_equip(&shop);
    medium_open(&medium, IMAGE_BYTES);
    FUZZ_HOLDS(journal_format(&medium.hal, &shop.keys) == SCRIP_OK);
    shop.flash.hal = medium.hal; /* whose context is the medium */
    for (uint32_t code = 1; code <= RECORDS; code++) {
        struct ledger_entry entry;

        if (code % 8 == 1)
            FUZZ_HOLDS(shop_start(&shop) == SCRIP_OK);
        FUZZ_HOLDS(shop_redeem(&shop, code, code, PERMIT_OFFLINE, &entry) == SCRIP_OK);
        if (code % 5 == 0)
            FUZZ_HOLDS(ledger_reverse(&shop.ledger, entry.seq, &shop.stamp, &entry) == SCRIP_OK);
        if (code % 8 == 3)
            FUZZ_HOLDS(shop_acknowledge(&shop, entry.seq - 2) == SCRIP_OK);
        FUZZ_HOLDS(shop_idle(&shop) == SCRIP_OK);
    }
    memcpy(golden, medium.cells, sizeof golden);
    golden_end = journal_address(&medium.hal, &shop.journal.head);
}

static void mend(struct medium *changed, uint32_t offset)
{
    uint8_t *cell = changed->cells + offset;
    uint32_t physical = offset / MEDIUM_SECTOR;
    struct journal_at at = {physical, offset % MEDIUM_SECTOR};

    /* The place of an entry's header is counted from the sector's number, which is in its MARK. */
    if (at.offset != 0)
        at.sector = bytes_get_u32(changed->cells + (size_t)physical * MEDIUM_SECTOR + 4);
    bytes_put_u32(cell + 12, journal_crc(shop.keys.format_id, &at, cell));
}

/* Everything that a walk delivers, in order of numbers, and an end. */
static uint32_t walk(const struct journal *journal)
{
    static uint8_t memory[JOURNAL_BUFFER_BYTES];
    struct journal_cursor at = {{0, 0}, 0};
    struct journal_entry entry;
    enum scrip_status status;
    uint32_t seen = 0, entries = 0;

    for (;;) {
        struct journal_at before = at.at;

        status = journal_next(journal, &at, memory, &entry);
        if (status == SCRIP_AGAIN)
            break;
        FUZZ_HOLDS(++entries <= IMAGE_BYTES / 16);
        FUZZ_HOLDS(status == SCRIP_OK || status == SCRIP_FAULT_CORRUPT ||
                   (status == SCRIP_FAULT_FLASH && medium.faulted));
        if (status == SCRIP_FAULT_FLASH)
            continue;
        FUZZ_HOLDS(at.at.sector > before.sector || at.at.offset > before.offset);
        if (status == SCRIP_OK && entry.type == JOURNAL_DATA) {
            FUZZ_HOLDS(entry.payload.len <= JOURNAL_PAYLOAD_MAX);
            seen = entry.seq;
        }
    }
    return seen;
}

static enum scrip_status count_finding(void *context, const struct journal_finding *finding)
{
    uint32_t *findings = context;

    FUZZ_HOLDS(finding->entry.payload.len <= JOURNAL_PAYLOAD_MAX);
    FUZZ_HOLDS(++*findings <= IMAGE_BYTES / 16);
    return SCRIP_OK;
}

static void find(const struct journal *journal)
{
    static uint8_t memory[JOURNAL_BUFFER_BYTES];
    uint32_t next = journal_next_seq(journal);

    for (uint32_t back = 1; back <= 4 && back < next; back++) {
        struct journal_cursor at;
        struct journal_entry entry;

        if (journal_find(journal, next - back, &at) == SCRIP_OK)
            (void)!journal_next(journal, &at, memory, &entry);
    }
}

/* Where an input has put garbage into cells that are to be blank, a program does not read back, and
 * the medium is at fault. */
static bool is_honest(enum scrip_status status)
{
    return status == SCRIP_OK || status == SCRIP_FAULT_FOREIGN || status == SCRIP_FAULT_READ_ONLY ||
           (status == SCRIP_FAULT_FLASH && (medium.faulted || medium.changed_to > 0));
}

/* What is appended now is there after the next mount, or the append had said no. */
static void append_and_remount(struct journal *journal)
{
    static const uint8_t payload[40] = {0xA5, 1};
    uint32_t seq = journal_next_seq(journal);
    struct journal again;
    enum scrip_status status = journal_append(journal, JOURNAL_DATA, JOURNAL_NORMAL,
                                              bytes_of(payload, sizeof payload));

    if (status == SCRIP_FAULT_FLASH)
        (void)!journal_refence(journal);
    if (status == SCRIP_OK && journal->head.offset % 3 == 0)
        (void)!journal_ack(journal, seq);
    for (int steps = 0; steps < 64 && journal_idle(journal) == SCRIP_AGAIN; steps++)
        continue;
    if (status != SCRIP_OK)
        return;
    medium.fault_in = 0;
    status = journal_mount(&again, &medium.hal, &shop.keys, NULL, NULL);
    FUZZ_HOLDS(is_honest(status));
    /* Whole sectors of garbage, or garbage in cells that are to be blank, may end the log for one
     * mount and not for another, and so may damage for a mount whose read has failed: then nothing
     * is promised. */
    if (!medium.gross && medium.changed_to <= golden_end &&
        (medium.changed_to == 0 || !medium.faulted)) {
        FUZZ_HOLDS(status == SCRIP_OK || status == SCRIP_FAULT_READ_ONLY);
        FUZZ_HOLDS(journal_next_seq(&again) == seq + 1);
        FUZZ_HOLDS(walk(&again) == seq);
    }
    crypto_key_close(&again.aead);
}

static void examine(void)
{
    uint32_t findings = 0;

    FUZZ_HOLDS(is_honest(journal_examine(&medium.hal, &shop.keys, count_finding, &findings)));
}

static void mount(void)
{
    struct journal journal;
    enum scrip_status status = journal_mount(&journal, &medium.hal, &shop.keys, NULL, NULL);

    FUZZ_HOLDS(is_honest(status));
    if (medium.boots_twice && status == SCRIP_OK) {
        crypto_key_close(&journal.aead);
        status = journal_mount(&journal, &medium.hal, &shop.keys, NULL, NULL);
        FUZZ_HOLDS(is_honest(status));
    }
    if (status == SCRIP_OK || status == SCRIP_FAULT_READ_ONLY) {
        (void)walk(&journal);
        find(&journal);
        append_and_remount(&journal);
    }
    crypto_key_close(&journal.aead);
}

void fuzz_one(struct bytes input)
{
    open_image();
    memcpy(medium.cells, golden, sizeof golden);
    medium_choose(&medium, &input);
    medium_change(&medium, input, mend);
    medium.budget = BUDGET;
    if (medium.other)
        examine();
    else
        mount();
    medium.budget = UINT32_MAX;
    medium.fault_in = 0;
}

void fuzz_seeds(fuzz_visit *visit, void *context)
{
    static const uint8_t ways[] = {0, 1, 8, 9};
    /* Nothing; a flipped byte; an erased, a cleared sector; a page twice; a header set and mended.
     */
    static const struct {
        uint8_t len, bytes[24];
    } seeds[] = {{0, {0}},
                 {4, {1, 0x20, 0x00, 0xFF}},
                 {4, {1, 0x0A, 0x00, 0x01}},
                 {3, {3, 1, 0}},
                 {3, {3, 0, 0}},
                 {6, {3, 1, 0, 3, 2, 0}},
                 {3, {2, 3, 0}},
                 {5, {4, 16, 0, 17, 0}},
                 {5, {4, 1, 0, 17, 0}},
                 {4, {5, 1, 0, 0}},
                 {20, {6, 1, 0, 16, 0, 0x05, 0, 2, 0xFF, 0xFF, 0xFF, 0x7F, 0, 0, 0, 0}},
                 {20, {6, 0, 0, 16, 0, 8, 0, 0, 0xF0, 0xFF, 0xFF, 0xFF}},
                 {20, {6, 0, 0, 16, 0, 8, 0, 0, 0x30, 0, 0, 0}},
                 {24, {6, 0x18, 0, 12, 3, 1, 40, 0xFE, 9, 0, 0, 0, 8, 0, 0, 0, 5, 0x18, 0}}};

    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++)
        for (size_t way = 0; way < sizeof ways; way++)
            fuzz_visit_with(ways[way], bytes_of(seeds[i].bytes, seeds[i].len), visit, context);
    fuzz_visit_with(4, bytes_of(NULL, 0), visit, context);
    fuzz_visit_with(7, bytes_of(NULL, 0), visit, context);
    open_image();
    for (unsigned at = 0; at < IMAGE_BYTES / 2; at += 24) {
        uint8_t flip[] = {(uint8_t)(at / 24 % 4 * 8 % 17), 1, (uint8_t)at, (uint8_t)(at >> 8),
                          0x40};
        if (golden[2 * at] != 0xFF)
            visit(context, bytes_of(flip, sizeof flip));
    }
    for (unsigned fault = 1; fault < 6000; fault += fault < 40 ? 1 : 53) {
        uint8_t faulty[] = {2, (uint8_t)fault, (uint8_t)(fault >> 8), 1, 0x80, 0x02, 0x40};
        visit(context, bytes_of(faulty, sizeof faulty));
    }
}
