/* Opening the log: which sectors are ours, where it ends, and the fence that says so. */
#include "store/journal_layout.h"

#include <string.h>

/* The newest entries that a mount looks at, newest first, and the end of what has a header. An
 * append and the boots that followed it may all have been torn with their headers whole. */
enum { NEWEST = 6 };
struct newest {
    unsigned count;
    struct journal_at at[NEWEST];
    struct journal_at end;
};

static uint32_t sector_count(const struct hal_flash *flash)
{
    return flash->size / flash->sector_size;
}

enum scrip_status journal_mark_read(const struct hal_flash *flash, uint32_t format_id,
                                    uint32_t physical, uint32_t *sector)
{
    uint8_t mark[MARK_BYTES];

    TRY(flash->read(flash->context, physical * flash->sector_size, mark, sizeof mark));
    *sector = bytes_get_u32(mark + 4);
    if (bytes_get_u32(mark) != MARK_MAGIC || bytes_get_u32(mark + 8) != format_id ||
        bytes_get_u32(mark + 12) != bytes_crc32(0, mark, 12) ||
        *sector % sector_count(flash) != physical)
        return SCRIP_AGAIN;
    return SCRIP_OK;
}

enum scrip_status journal_mark_write(const struct hal_flash *flash, uint32_t format_id,
                                     uint32_t sector)
{
    uint8_t mark[512];
    uint32_t found;

    memset(mark, 0xFF, sizeof mark);
    bytes_put_u32(mark, MARK_MAGIC);
    bytes_put_u32(mark + 4, sector);
    bytes_put_u32(mark + 8, format_id);
    bytes_put_u32(mark + 12, bytes_crc32(0, mark, 12));
    TRY(flash->program(flash->context, journal_address(flash, sector, 0), mark,
                       round_up(MARK_BYTES, flash->granularity)));
    enum scrip_status status = journal_mark_read(flash, format_id, sector % sector_count(flash),
                                                 &found);
    return status == SCRIP_OK && found != sector ? SCRIP_FAULT_FLASH
           : status == SCRIP_AGAIN               ? SCRIP_FAULT_FLASH
                                                 : status;
}

/* Writes blanks over bytes, not beyond room. */
static enum scrip_status overwrite(const struct hal_flash *flash, uint32_t address, uint32_t room,
                                   uint32_t bytes)
{
    uint8_t blank[512];
    uint32_t done, part = flash->granularity > 128 ? flash->granularity : 128;

    memset(blank, 0xFF, sizeof blank);
    for (done = 0; done < bytes && done < room; done += part)
        TRY(flash->program(flash->context, address + done, blank, part));
    return SCRIP_OK;
}

/* Erases a sector and waits. Where programming overwrites, that is writing. */
static enum scrip_status erase(const struct hal_flash *flash, uint32_t sector)
{
    uint32_t address = journal_address(flash, sector, 0);
    enum scrip_status status;

    if (!flash->needs_erase)
        return overwrite(flash, address, flash->sector_size, flash->sector_size);
    TRY(flash->erase_start(flash->context, address));
    do
        status = flash->erase_poll(flash->context);
    while (status == SCRIP_AGAIN);
    return status;
}

/* The reserves must fit, or nothing could ever be appended; and the arithmetic of places relies on
 * it. */
static enum scrip_status check_geometry(const struct hal_flash *flash)
{
    uint32_t unit = journal_unit(flash);

    if (flash->granularity == 0 || flash->granularity > 512 || flash->page_size == 0 ||
        flash->sector_size % flash->page_size != 0 || flash->size % flash->sector_size != 0 ||
        (flash->page_size % unit != 0 && unit % flash->page_size != 0) || unit > 512 ||
        flash->sector_size < 4096)
        return SCRIP_REFUSED_ARGUMENT;
    uint32_t needed = journal_held_back(flash, DEPTH_NORMAL) / journal_usable(flash) + 3;
    return sector_count(flash) < needed ? SCRIP_REFUSED_ARGUMENT : SCRIP_OK;
}

enum scrip_status journal_format(const struct hal_flash *flash, const struct keys *keys)
{
    uint32_t sectors = sector_count(flash);
    uint32_t sector;

    TRY(check_geometry(flash));
    /* All are erased before the first is marked, and the last, which stands for all, is erased
     * first and marked last: what a cut leaves is foreign or empty. */
    for (sector = 2 * sectors; sector-- > sectors;)
        TRY(erase(flash, sector));
    for (sector = sectors; sector < 2 * sectors; sector++)
        TRY(journal_mark_write(flash, keys->format_id, sector));
    return SCRIP_OK;
}

/* Sector numbers grow with the physical sector, and drop once: behind the newest. Sectors without a
 * MARK (being erased when power went) may lie anywhere: they are stepped over. */
static enum scrip_status find_newest(const struct journal *journal, uint32_t *newest)
{
    const struct hal_flash *flash = journal->flash;
    uint32_t format_id = journal->keys->format_id;
    uint32_t sectors = sector_count(flash);
    uint32_t low = 0, high = sectors, at, sector, lap;
    enum scrip_status status;

    while ((status = journal_mark_read(flash, format_id, low, &sector)) == SCRIP_AGAIN)
        if (++low == sectors)
            return SCRIP_FAULT_FOREIGN;
    TRY(status);
    *newest = sector;
    lap = sector / sectors;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        for (at = middle; at < high; at++) {
            status = journal_mark_read(flash, format_id, at, &sector);
            if (status != SCRIP_AGAIN)
                break;
        }
        if (status == SCRIP_OK && at < high && sector / sectors == lap) {
            low = at;
            *newest = sector;
        } else if (status == SCRIP_OK || status == SCRIP_AGAIN) {
            high = middle;
        } else {
            return status;
        }
    }
    return SCRIP_OK;
}

/* OK: the sector is begun: an entry, or what a cut has left of one, stands at one of the places
 * that a first entry may have. */
static enum scrip_status is_open(const struct journal *journal, uint32_t sector)
{
    const struct hal_flash *flash = journal->flash;
    struct journal_at at = {sector, journal_unit(flash), 0, 0};
    uint32_t end = 2 * journal_doubtful(flash);
    struct journal_header header;
    bool blank;

    for (; at.offset < end; at.offset = round_up(at.offset + 1, flash->page_size)) {
        enum scrip_status status = journal_header(journal, at, &header, &blank);
        if (status != SCRIP_AGAIN)
            return status;
        if (!blank && flash->needs_erase)
            return SCRIP_OK;
    }
    return SCRIP_AGAIN;
}

static enum scrip_status walk_sector(const struct journal *journal, uint32_t sector,
                                     struct newest *newest)
{
    const struct hal_flash *flash = journal->flash;
    struct journal_at at = {sector, journal_unit(flash), 0, 0};
    struct journal_header header;
    int blanks = 0;
    bool blank;

    newest->end = at;
    while (at.offset + HEADER_BYTES <= flash->sector_size && blanks <= LOOK_AHEAD) {
        enum scrip_status status = journal_header(journal, at, &header, &blank);
        if (status == SCRIP_OK) {
            /* A GAP only closes a spot: what came before it is the newest. */
            if (header.type != JOURNAL_GAP) {
                memmove(newest->at + 1, newest->at, sizeof newest->at - sizeof newest->at[0]);
                newest->at[0] = at;
                newest->count += newest->count < NEWEST;
            }
            TRY(journal_step(journal, &at, &header));
            newest->end = at;
            blanks = 0;
        } else if (status == SCRIP_AGAIN) {
            bool spent = !blank && flash->needs_erase;
            blanks = spent ? 0 : blanks + 1;
            at.offset = round_up(at.offset + 1, flash->page_size);
            if (spent)
                newest->end.offset = at.offset;
        } else {
            return status;
        }
    }
    return SCRIP_OK;
}

/* Finds the newest prepared sector (*newest), the tail, and the open sector's end. */
static enum scrip_status locate(struct journal *journal, uint32_t *prepared, struct newest *newest)
{
    const struct hal_flash *flash = journal->flash;
    uint32_t sectors = sector_count(flash);
    uint32_t low, high, found;
    enum scrip_status status;

    TRY(find_newest(journal, &high));
    *prepared = high;
    low = high - sectors + 1 > sectors ? high - sectors + 1 : sectors;
    for (; low < high; low++) {
        status = journal_mark_read(flash, journal->keys->format_id, low % sectors, &found);
        if (status == SCRIP_OK && found == low)
            break;
        if (status != SCRIP_OK && status != SCRIP_AGAIN)
            return status;
    }
    journal->tail_sector = low;
    newest->count = 0;
    newest->end.sector = 0;
    for (high++; high - low > 1;) {
        uint32_t middle = low + (high - low) / 2;
        status = is_open(journal, middle);
        if (status == SCRIP_OK)
            newest->end.sector = low = middle;
        else if (status == SCRIP_AGAIN)
            high = middle;
        else
            return status;
    }
    /* A sector found open stays so: asked again, a header that was cut might deny it. */
    status = newest->end.sector == low ? SCRIP_OK : is_open(journal, low);
    if (status == SCRIP_AGAIN) {
        /* Only a log that was never used has no entry; without all its marks, format was cut. */
        if (*prepared != 2 * sectors - 1)
            return low < 2 * sectors ? SCRIP_FAULT_FOREIGN : SCRIP_FAULT_CORRUPT;
        journal->tail_sector = sectors;
        newest->end = (struct journal_at){sectors - 1, flash->sector_size, 0, 0};
        return SCRIP_OK;
    }
    TRY(status);
    TRY(walk_sector(journal, low, newest));
    if (newest->count < NEWEST && low > journal->tail_sector) {
        newest->count = 0;
        TRY(walk_sector(journal, low - 1, newest));
        TRY(walk_sector(journal, low, newest));
    }
    return SCRIP_OK;
}

/* Decides which entry is the last accepted one, sets the cursors, and lays out the fence's payload.
 */
static enum scrip_status accept(struct journal *journal, const struct newest *newest,
                                uint8_t *payload, uint32_t *len)
{
    struct journal_header header;
    bool torn = false;
    unsigned i;

    memset(payload, 0, FENCE_BYTES);
    *len = FENCE_BYTES;
    journal->next_seq = 1;
    journal->ack_seq = 0;
    journal->last = (struct journal_at){0, 0, 0, 0};
    for (i = 0; i < newest->count; i++) {
        bool blank;
        enum scrip_status status = journal_header(journal, newest->at[i], &header, &blank);
        if (status == SCRIP_AGAIN)
            continue;
        TRY(status);
        bool boot = header.type == JOURNAL_BOOT;
        if (boot ? header.len < FENCE_BYTES : header.len > JOURNAL_PAYLOAD_MAX)
            continue;
        status = journal_open(journal, newest->at[i], &header,
                              boot ? payload : payload + FENCE_BYTES);
        if (status != SCRIP_OK && status != SCRIP_FAULT_CORRUPT)
            return status;
        journal->next_seq = header.seq;
        journal->ack_seq = header.ack;
        if (status != SCRIP_OK && (boot || !torn)) {
            torn = torn || !boot;
            continue;
        }
        if (boot) {
            *len = header.len;
            journal->last = journal_fence_last(payload);
            return SCRIP_OK;
        }
        journal->next_seq += header.type == JOURNAL_DATA;
        journal->last = newest->at[i];
        memset(payload, 0, FENCE_BYTES);
        bytes_put_u32(payload, journal->last.sector);
        bytes_put_u16(payload + 4, (uint16_t)(journal->last.offset / 16));
        if (status != SCRIP_OK) {
            /* The second that does not authenticate: it had been read back, so it was there. */
            journal->gaps++;
        } else if (header.type != JOURNAL_ACK) {
            payload[6] = (uint8_t)header.type;
            bytes_put_u32(payload + 8, header.seq);
            *len += header.len;
        }
        return SCRIP_OK;
    }
    return SCRIP_OK;
}

/* Whether all is erased, twice over: what a cut has left may read differently each time. */
static enum scrip_status is_blank(const struct hal_flash *flash, uint32_t address, uint32_t len)
{
    uint8_t chunk[64];
    uint32_t done, i;
    int pass;

    for (pass = 0; pass < 2; pass++) {
        for (done = 0; done < len; done += sizeof chunk) {
            TRY(flash->read(flash->context, address + done, chunk, sizeof chunk));
            for (i = 0; i < sizeof chunk; i++)
                if (chunk[i] != 0xFF)
                    return SCRIP_AGAIN;
        }
    }
    return SCRIP_OK;
}

/* The fence stands on a page that no earlier write can have touched, and so does what follows.
 * Where programming overwrites, remains cannot be seen: they are overwritten. */
static enum scrip_status fresh_page(const struct journal *journal, uint32_t len,
                                    struct journal_at *at)
{
    const struct hal_flash *flash = journal->flash;
    uint32_t step = flash->page_size > journal_unit(flash) ? flash->page_size : journal_unit(flash);
    uint32_t extent = round_up(journal_extent(flash, true, len), step);

    at->offset = round_up(at->offset + 1, step);
    for (; at->offset + extent <= flash->sector_size; at->offset += step) {
        uint32_t address = journal_address(flash, at->sector, at->offset);
        uint32_t room = flash->sector_size - at->offset;
        if (!flash->needs_erase)
            return overwrite(flash, address, room, extent + 4 * step);
        enum scrip_status status = is_blank(flash, address,
                                            extent + step < room ? extent + step : room);
        if (status != SCRIP_AGAIN)
            return status;
    }
    return SCRIP_OK;
}

/* A cut may have hit the making of one sector: the one behind the newest, or, where that one is
 * held, the newest. Idle makes it anew before anything is placed in it (J9). */
static void adopt_prepared(struct journal *journal, uint32_t newest)
{
    bool held = newest + 1 - journal->tail_sector >= sector_count(journal->flash);

    journal->prepared_sector = newest + (held ? 1 : 2);
    journal->renewing = journal->prepared_sector - 1 > journal->head.sector;
}

enum scrip_status journal_fence(struct journal *journal, enum journal_depth depth, uint32_t ack)
{
    const struct hal_flash *flash = journal->flash;
    uint8_t buf[ENTRY_BUFFER];
    struct newest newest;
    struct journal_at at;
    enum scrip_status status;
    uint32_t prepared, len;

    journal->writable = false;
    while (journal->erasing)
        journal->erasing = flash->erase_poll(flash->context) == SCRIP_AGAIN;
    TRY(locate(journal, &prepared, &newest));
    journal->head = newest.end;
    if (journal->prepared_sector == 0)
        adopt_prepared(journal, prepared);
    /* Without room for any entry, an append may have begun the next sector and nothing of it be
     * seen: the log goes on there, behind it. */
    uint32_t doubtful = journal_doubtful(flash);
    if (newest.end.sector + 2 < journal->prepared_sector &&
        round_up(newest.end.offset, flash->page_size) + doubtful > flash->sector_size)
        journal->head = (struct journal_at){newest.end.sector + 1, doubtful - 1, 0, 0};
    TRY(accept(journal, &newest, buf + LEAD_BYTES, &len));
    journal->durable_ack = journal->ack_seq;
    if (ack > journal->ack_seq)
        journal->ack_seq = ack;
    TRY(crypto_random(journal->salt, sizeof journal->salt));
    crypto_key_close(&journal->aead);
    TRY(journal_key(journal->keys, journal->salt, &journal->aead));
    TRY(fresh_page(journal, len, &journal->head));
    status = journal_put(journal, JOURNAL_BOOT, depth, buf, len, &at);
    if (status == SCRIP_OK) {
        journal->boot = at.sector * (flash->sector_size / flash->page_size) +
                        at.offset / flash->page_size;
    } else if (status == SCRIP_REFUSED_FULL) {
        journal->head = newest.end;
        status = SCRIP_FAULT_READ_ONLY;
    }
    return status;
}

enum scrip_status journal_mount(struct journal *journal, const struct hal_flash *flash,
                                const struct keys *keys, journal_keep *keep, void *keep_context)
{
    memset(journal, 0, sizeof *journal);
    journal->flash = flash;
    journal->keys = keys;
    journal->keep = keep;
    journal->keep_context = keep_context;
    TRY(check_geometry(flash));
    return journal_fence(journal, DEPTH_BOOT, 0);
}

enum scrip_status journal_refence(struct journal *journal, uint32_t *last_seq)
{
    TRY(journal_fence(journal, DEPTH_BOOT, 0));
    *last_seq = journal->next_seq - 1;
    return SCRIP_OK;
}
