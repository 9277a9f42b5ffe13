/* Opening the log: which sectors are ours, where it ends, and the fence that says so. */
#include "store/journal_layout.h"

#include <string.h>

/* OK: ENTRY_MAX bytes are blank, twice over: what a cut has left may read differently each time.
 * Where programming overwrites, remains cannot be told from the last lap, and are overwritten. */
static enum scrip_status make_blank(const struct hal_flash *flash, uint32_t address)
{
    uint8_t chunk[ENTRY_MAX];
    unsigned pass, i, passes = 1u + flash->needs_erase;

    for (pass = 0; pass < passes; pass++) {
        memset(chunk, 0xFF, sizeof chunk);
        if (!flash->needs_erase)
            TRY(flash->program(flash->context, address, chunk, sizeof chunk));
        TRY(flash->read(flash->context, address, chunk, sizeof chunk));
        for (i = 0; i < sizeof chunk; i++)
            if (chunk[i] != 0xFF)
                return SCRIP_AGAIN;
    }
    return SCRIP_OK;
}

/* Erases a sector and waits. Where programming overwrites, the format_id alone makes what is there
 * another log's. */
static enum scrip_status erase(const struct hal_flash *flash, uint32_t sector)
{
    struct journal_at at = {sector, 0};
    enum scrip_status status;

    if (!flash->needs_erase)
        return SCRIP_OK;
    TRY(flash->erase_start(flash->context, journal_address(flash, &at)));
    do
        status = flash->erase_poll(flash->context);
    while (status == SCRIP_AGAIN);
    return status;
}

static uint32_t not_power(uint32_t value)
{
    return value & (value - 1);
}

/* Fills in what is known of a log before it is read. The reserves must fit, or nothing could ever
 * be appended; and the arithmetic of places relies on the rest. */
static enum scrip_status begin(struct journal *journal, const struct hal_flash *flash,
                               const struct keys *keys)
{
    uint32_t unit = journal_unit(flash), usable = flash->sector_size - ENTRY_MAX;

    memset(journal, 0, sizeof *journal);
    journal->flash = flash;
    journal->keys = keys;
    journal->sectors = flash->size / flash->sector_size;
    return flash->granularity != 0 &&
                   (not_power(flash->granularity) | not_power(unit) | not_power(flash->page_size) |
                    usable % ENTRY_MAX) == 0 &&
                   flash->page_size >= unit && flash->page_size <= ENTRY_MAX &&
                   journal->sectors * usable >=
                       journal_held_back(flash, JOURNAL_NORMAL) + 3 * usable
               ? SCRIP_OK
               : SCRIP_REFUSED_ARGUMENT;
}

/* The last sector stands for all: what a cut leaves is foreign or empty. */
enum scrip_status journal_format(const struct hal_flash *flash, const struct keys *keys)
{
    struct journal journal;
    uint32_t sector;

    TRY(begin(&journal, flash, keys));
    for (sector = journal.sectors; sector < 2 * journal.sectors; sector++) {
        TRY(erase(flash, sector));
        TRY(journal_mark(&journal, sector));
    }
    return SCRIP_OK;
}

/* The first MARK at or behind the physical sector: whose sector it is. AGAIN: none. */
static enum scrip_status next_mark(const struct journal *journal, uint32_t physical,
                                   uint32_t *sector)
{
    struct journal_header mark = {.at = {physical, 0}};
    enum scrip_status status;

    do {
        status = journal_header(journal, &mark);
        *sector = mark.seq;
        if (status == SCRIP_OK && mark.seq - journal->sectors > INT32_MAX)
            status = SCRIP_AGAIN;
    } while (status == SCRIP_AGAIN && ++mark.at.sector < journal->sectors);
    return status;
}

/* Sector numbers grow with the physical sector, and drop once: behind the newest. Sectors without a
 * MARK (being erased when power went) may lie anywhere: they are stepped over. */
static enum scrip_status find_newest(const struct journal *journal, uint32_t *newest)
{
    uint32_t low = 0, high = journal->sectors, sector;
    enum scrip_status status = next_mark(journal, 0, newest);

    if (status != SCRIP_OK)
        return status == SCRIP_AGAIN ? SCRIP_FAULT_FOREIGN : status;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        status = next_mark(journal, middle, &sector);
        if (status > SCRIP_AGAIN)
            return status;
        if (status == SCRIP_OK && sector >= *newest) {
            low = middle;
            *newest = sector;
        } else {
            high = middle;
        }
    }
    return SCRIP_OK;
}

/* The first header of a sector, before limit: the head while the log's end is not known. AGAIN:
 * none, and *at is at its start if it is not begun. */
static enum scrip_status scan_sector(struct journal *journal, const struct journal_at *limit,
                                     struct journal_at *at, struct journal_header *header)
{
    journal->head = *limit;
    *at = (struct journal_at){limit->sector, journal_unit(journal->flash)};
    return journal_scan(journal, at, header);
}

/* Finds the tail, and the sector that was begun last: *low, with its end as its offset. */
static enum scrip_status find_head(struct journal *journal, struct journal_at *low,
                                   uint32_t *newest)
{
    uint32_t sectors = journal->sectors, high;
    struct journal_at middle = {0, journal->flash->sector_size}, at;
    struct journal_header header;

    TRY(find_newest(journal, newest));
    high = *newest + 1;
    *low = middle;
    low->sector = high > 2 * sectors ? high - sectors : sectors;
    journal->tail_sector = low->sector;
    while (high - low->sector > 1) {
        middle.sector = low->sector + (high - low->sector) / 2;
        enum scrip_status status = scan_sector(journal, &middle, &at, &header);
        if (status > SCRIP_AGAIN)
            return status;
        if (status == SCRIP_OK || at.offset != journal_unit(journal->flash))
            *low = middle;
        else
            high = middle.sector;
    }
    return SCRIP_OK;
}

/*
 * Finds the log's end, and the newest header that says something: what it counts is taken over, and
 * *type, data and *len are what the fence is to repeat. A BOOT that does not authenticate was not
 * shown to anybody, and says nothing; another entry that does not was never accepted, but all
 * before it was: the head is set before either, as far as the log may be shown. A sector that was
 * erased badly may look begun: the log ends in the blank one before it.
 */
static enum scrip_status locate(struct journal *journal, struct journal_at *end, unsigned *type,
                                uint8_t *data, uint32_t *len)
{
    const struct hal_flash *flash = journal->flash;
    uint32_t newest, prepared;
    struct journal_at limit, at;
    struct journal_header header, last;
    enum scrip_status status;

    TRY(find_head(journal, &limit, &newest));
    prepared = limit.sector + 1;
    end->sector = 0;
    for (;;) {
        last = (struct journal_header){.seq = 1};
        for (status = scan_sector(journal, &limit, &at, &header); status == SCRIP_OK;
             status = journal_scan(journal, &at, &header)) {
            last = header;
            limit = header.at;
        }
        /* The newest header may not read next time, which must not bring the end nearer. */
        if (last.type != 0 && flash->needs_erase && status == SCRIP_AGAIN) {
            at = limit;
            at.offset++;
            status = journal_scan(journal, &at, &header);
            if (status == SCRIP_OK)
                status = SCRIP_AGAIN;
        }
        if (end->sector == 0 ||
            (limit.offset == flash->sector_size && at.offset <= flash->page_size))
            *end = at;
        if (last.type != 0 && status == SCRIP_AGAIN)
            status = journal_open(journal, &last, data);
        if (last.type == 0 && status == SCRIP_AGAIN && limit.sector != journal->tail_sector)
            limit = (struct journal_at){limit.sector - 1, flash->sector_size};
        else if (status != SCRIP_FAULT_CORRUPT || last.type < JOURNAL_BOOT)
            break;
    }
    if (status > SCRIP_AGAIN && status != SCRIP_FAULT_CORRUPT)
        return status;
    /* Only a log that was never used has no entry; without its last mark, format was cut. */
    if (last.type != 0)
        newest = limit.sector + last.ahead;
    else if (newest != 2 * journal->sectors - 1)
        return SCRIP_FAULT_FOREIGN;
    /* What was made after the newest entry a cut may have hit: it is made again (J9). */
    if (journal->prepared_sector == 0)
        journal->prepared_sector = newest > prepared ? newest : prepared;
    journal->turn = last.turn;
    journal->next_seq = last.seq;
    journal->durable_ack = last.ack;
    *type = JOURNAL_BOOT;
    *len = 0;
    if (status != SCRIP_OK) {
        journal->head = limit;
    } else {
        *type |= last.type;
        *len = last.len;
        journal->turn = (uint8_t)(last.turn + (last.type < JOURNAL_BOOT));
        journal->next_seq += last.type == JOURNAL_DATA;
    }
    return SCRIP_OK;
}

/* Moves the head to where the fence goes. An append may have begun at the end, and in the next
 * sector if it did not fit, and nothing of it be seen: the log goes on behind the longest, or where
 * programming overwrites, over it and over what boots before may have left behind that, also in the
 * next sector. */
static enum scrip_status find_place(struct journal *journal, struct journal_at at)
{
    const struct hal_flash *flash = journal->flash;
    uint32_t page = flash->page_size, skip = flash->needs_erase ? ENTRY_MAX : 0;
    int blank = 0;

    for (at.offset = round_up(at.offset, page) + skip; blank < (skip != 0 ? 1 : STALE_AHEAD);
         at.offset += ENTRY_MAX) {
        if (at.offset + ENTRY_MAX > flash->sector_size)
            at = (struct journal_at){at.sector + 1, page + skip};
        if (at.sector >= journal->prepared_sector)
            break;
        enum scrip_status status = make_blank(flash, journal_address(flash, &at));
        if (status > SCRIP_AGAIN)
            return status;
        if (status == SCRIP_AGAIN)
            blank = 0;
        else if (blank++ == 0)
            journal->head = at;
    }
    return blank == 0 ? SCRIP_REFUSED_FULL : SCRIP_OK;
}

enum scrip_status journal_fence(struct journal *journal, enum journal_reserve reserve)
{
    const struct hal_flash *flash = journal->flash;
    uint8_t data[ENTRY_MAX];
    struct journal_at end;
    unsigned type;
    uint32_t len;

    journal->writable = false;
    while (journal->erasing)
        journal->erasing = flash->erase_poll(flash->context) == SCRIP_AGAIN;
    TRY(locate(journal, &end, &type, data, &len));
    if (journal->ack_seq < journal->durable_ack)
        journal->ack_seq = journal->durable_ack;
    /* A log that was read only has shown its last entry, and the host has it: its number is taken,
     * even if it does not read any more. */
    journal->next_seq += journal->ack_seq == journal->next_seq;
    struct journal_at shown = journal->head;
    TRY(crypto_random(journal->salt, sizeof journal->salt));
    crypto_key_close(&journal->aead);
    TRY(journal_key(journal->keys, journal->salt, &journal->aead));
    enum scrip_status status = find_place(journal, end);
    if (status == SCRIP_OK)
        status = journal_put(journal, type, reserve, data, len);
    if (status == SCRIP_OK) {
        journal->boot = (journal->head.sector << 12) + journal->head.offset / HEADER_BYTES;
    } else if (status == SCRIP_REFUSED_FULL) {
        journal->head = shown;
        status = SCRIP_FAULT_READ_ONLY;
    }
    return status;
}

enum scrip_status journal_mount(struct journal *journal, const struct hal_flash *flash,
                                const struct keys *keys, journal_keep *keep, void *keep_context)
{
    TRY(begin(journal, flash, keys));
    journal->keep = keep;
    journal->keep_context = keep_context;
    return journal_fence(journal, JOURNAL_BOOTS);
}

enum scrip_status journal_refence(struct journal *journal)
{
    return journal_fence(journal, JOURNAL_BOOTS);
}
