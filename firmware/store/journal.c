/*
 * The invariants that every function here keeps, and that tests/power tries to break:
 *
 * J1  A place is programmed once between two erases of its sector; what did not read back is passed
 *     over, never repaired. So a nonce (place, type) meets a key (salt of this mount) once.
 * J2  A DATA takes the next number only when it has been read back.
 * J3  A program can damage no entry but its own: no two share a tear unit.
 * J4  Nothing is shown to a caller before a fence is durable that says where the log ended.
 * J5  A MARK is programmed after its erase has completed, and only marked sectors are written.
 * J6  A sector is reclaimed only after an ack that covers it is durable, and after keep() said yes.
 * J7  An append that is refused has changed nothing.
 * J8  What the reserves hold back for, they still hold after every append.
 * J9  What a cut may have left unstable is not used: nothing is placed in the newest prepared
 *     sector, and the first idle steps after a mount erase it again; a sector that an append may
 *     have begun is gone on with behind the places in doubt. No other marked sector is erased.
 */
#include "store/journal_layout.h"

#include <string.h>

/* What is held back, from the deepest: acks read only (a fence each), a checkpoint, boots,
 * verdicts, reversals; and below all the newest prepared sector (J9). */
static const struct {
    uint8_t count;
    uint16_t bytes;
} reserves[DEPTH_NORMAL] = {{2, ENTRY_MAX},
                            {10, JOURNAL_PAYLOAD_MAX},
                            {4, ENTRY_MAX},
                            {64, JOURNAL_SMALL_BYTES},
                            {32, JOURNAL_SMALL_BYTES}};

uint32_t journal_held_back(const struct hal_flash *flash, enum journal_depth depth)
{
    uint32_t page = flash->page_size;
    uint32_t bytes = journal_usable(flash);
    size_t i;

    for (i = 0; i < (size_t)depth; i++) {
        uint32_t extent = journal_extent(flash, true, reserves[i].bytes);
        uint32_t pages = extent > page ? round_up(extent, page) / page : 1;
        uint32_t together = extent > page ? 1 : page / extent;
        /* A fence may pass over as much as it takes. */
        if (reserves[i].bytes == ENTRY_MAX)
            pages = 2 * (pages + 1);
        bytes += round_up(reserves[i].count, together) / together * pages * page;
    }
    return bytes;
}

/* A sector's bytes, less what its first and last page may waste. */
uint32_t journal_usable(const struct hal_flash *flash)
{
    return flash->sector_size - round_up(journal_extent(flash, true, ENTRY_MAX), flash->page_size);
}

uint32_t journal_doubtful(const struct hal_flash *flash)
{
    return flash->sector_size - journal_usable(flash) + flash->page_size;
}

/* The bytes that can be programmed from a place on. */
static uint32_t room_after(const struct journal *journal, struct journal_at at)
{
    uint32_t usable = journal_usable(journal->flash);
    uint32_t waste = journal->flash->sector_size - usable;
    uint32_t rest = journal->flash->sector_size - at.offset;

    return (rest > waste ? rest - waste : 0) + (journal->prepared_sector - 1 - at.sector) * usable;
}

/* Where an entry of len bytes goes, and whether it is salted there. */
static enum scrip_status place(const struct journal *journal, enum journal_type type, uint32_t len,
                               enum journal_depth depth, struct journal_at *at, bool *salted)
{
    const struct hal_flash *flash = journal->flash;
    uint32_t page = flash->page_size;

    *at = journal->head;
    for (;;) {
        *salted = type == JOURNAL_BOOT || at->salt == 0;
        uint32_t extent = journal_extent(flash, *salted, len);
        if (at->offset % page != 0 && at->offset % page + extent > page)
            at->offset = round_up(at->offset, page);
        if (at->offset + extent <= flash->sector_size) {
            struct journal_at end = {at->sector, at->offset + extent, 0, 0};
            bool fits = room_after(journal, end) >= journal_held_back(flash, depth);
            return fits ? SCRIP_OK : SCRIP_REFUSED_FULL;
        }
        if (at->sector + 1 >= journal->prepared_sector)
            return SCRIP_REFUSED_FULL;
        *at = (struct journal_at){at->sector + 1, journal_unit(flash), 0, 0};
    }
}

/* Programs in one call where the granule allows it. data has room for the padding up to
 * ENTRY_BUFFER; beyond that the last granule moves to its start. */
static enum scrip_status program(const struct hal_flash *flash, uint32_t address, uint8_t *data,
                                 uint32_t len)
{
    uint32_t granule = flash->granularity;
    uint32_t padded = round_up(len, granule);

    if (padded > ENTRY_BUFFER) {
        uint32_t whole = len / granule * granule;
        TRY(flash->program(flash->context, address, data, whole));
        memmove(data, data + whole, len - whole);
        address += whole;
        len -= whole;
        padded = granule;
    }
    memset(data + len, 0xFF, padded - len);
    return flash->program(flash->context, address, data, padded);
}

/* AGAIN: flash does not hold what was programmed. */
static enum scrip_status read_back(const struct hal_flash *flash, uint32_t address,
                                   const uint8_t *data, uint32_t len)
{
    uint8_t chunk[256];
    uint32_t done, part;

    for (done = 0; done < len; done += part) {
        part = len - done < sizeof chunk ? len - done : (uint32_t)sizeof chunk;
        TRY(flash->read(flash->context, address + done, chunk, part));
        if (memcmp(chunk, data + done, part) != 0)
            return SCRIP_AGAIN;
    }
    return SCRIP_OK;
}

/* One try at one spot. AGAIN: it did not read back; the head is past the spot and the payload is as
 * it was. */
static enum scrip_status put_once(struct journal *journal, enum journal_type type,
                                  enum journal_depth depth, uint8_t *buf, uint32_t len,
                                  struct journal_at *at)
{
    const struct hal_flash *flash = journal->flash;
    uint8_t aad[12 + JOURNAL_SALT_BYTES];
    uint8_t nonce[CRYPTO_NONCE_BYTES];
    struct bytes salt = {journal->salt, JOURNAL_SALT_BYTES};
    uint8_t *body = buf + LEAD_BYTES;
    enum scrip_status status;
    bool salted;

    TRY(place(journal, type, len, depth, at, &salted));
    if (!salted)
        salt.len = 0;
    uint8_t *entry = buf + JOURNAL_SALT_BYTES - salt.len;
    uint32_t size = (uint32_t)(HEADER_BYTES + salt.len) + len + CRYPTO_TAG_BYTES;
    uint32_t address = journal_address(flash, at->sector, at->offset);
    entry[0] = HEADER_MAGIC;
    entry[1] = (uint8_t)(type | (salted ? TYPE_SALTED : 0));
    bytes_put_u16(entry + 2, (uint16_t)len);
    bytes_put_u32(entry + 4, journal->next_seq);
    bytes_put_u32(entry + 8, journal->ack_seq);
    bytes_put_u32(entry + 12, journal_crc(journal->keys->format_id, *at, entry));
    memcpy(entry + HEADER_BYTES, salt.data, salt.len);
    memcpy(aad, entry, 12);
    memcpy(aad + 12, salt.data, salt.len);
    journal_nonce(*at, entry[1], nonce);
    TRY(crypto_aead_seal(journal->aead, nonce, bytes_of(aad, 12 + salt.len), bytes_of(body, len),
                         body));
    journal->head = (struct journal_at){at->sector, at->offset + journal_extent(flash, salted, len),
                                        at->sector == journal->head.sector ? journal->head.salt : 0,
                                        0};
    /* Whatever happens from here on, the spot is spent (J1). */
    journal->writable = false;
    if (round_up(size, flash->granularity) > ENTRY_BUFFER) {
        /* The end moves while it is programmed: the tag alone tells whether it reads back. */
        struct journal_header header;
        bool blank;
        TRY(program(flash, address, entry, size));
        status = journal_header(journal, *at, &header, &blank);
        if (status == SCRIP_OK)
            status = journal_open(journal, *at, &header, body);
        if (status == SCRIP_AGAIN || status == SCRIP_FAULT_CORRUPT)
            status = SCRIP_FAULT_FLASH;
    } else {
        TRY(program(flash, address, entry, size));
        status = read_back(flash, address, entry, size);
    }
    if (status == SCRIP_AGAIN) {
        journal->gaps++;
        journal->head.offset = round_up(journal->head.offset, flash->page_size);
        TRY(crypto_aead_open(journal->aead, nonce, bytes_of(aad, 12 + salt.len),
                             bytes_of(body, (size_t)len + CRYPTO_TAG_BYTES), body));
        return SCRIP_AGAIN;
    }
    TRY(status);
    if (salted)
        journal->head.salt = at->offset;
    at->salt = journal->head.salt;
    journal->durable_ack = journal->ack_seq;
    journal->writable = true;
    return SCRIP_OK;
}

/* Closes the spot that did not read back: should it become readable, nobody will take it for real.
 */
static enum scrip_status put_gap(struct journal *journal)
{
    uint8_t buf[ENTRY_BUFFER];
    uint8_t *payload = buf + LEAD_BYTES;
    struct journal_at at;

    memset(payload, 0, FENCE_BYTES);
    bytes_put_u32(payload, journal->last.sector);
    bytes_put_u16(payload + 4, (uint16_t)(journal->last.offset / 16));
    return put_once(journal, JOURNAL_GAP, DEPTH_ACK, buf, FENCE_BYTES, &at);
}

enum scrip_status journal_put(struct journal *journal, enum journal_type type,
                              enum journal_depth depth, uint8_t *buf, uint32_t len,
                              struct journal_at *at)
{
    bool gap = false;
    int failed = 0;

    while (failed < TRIES) {
        enum scrip_status status = gap ? put_gap(journal)
                                       : put_once(journal, type, depth, buf, len, at);
        if (status == SCRIP_OK && gap) {
            gap = false;
            continue;
        }
        if (status != SCRIP_AGAIN)
            return status;
        gap = type != JOURNAL_BOOT;
        failed++;
    }
    journal->writable = false;
    return SCRIP_FAULT_FLASH;
}

enum scrip_status journal_append(struct journal *journal, enum journal_type type,
                                 enum journal_reserve reserve, struct bytes payload, uint32_t *seq,
                                 struct journal_at *at)
{
    static const uint8_t depths[] = {DEPTH_NORMAL, DEPTH_REVERSE, DEPTH_VERDICT, DEPTH_SYSTEM};
    uint8_t buf[ENTRY_BUFFER];
    struct journal_at placed;

    if (type != JOURNAL_DATA && type != JOURNAL_NOTE)
        return SCRIP_REFUSED_ARGUMENT;
    if (payload.len > JOURNAL_PAYLOAD_MAX)
        return SCRIP_REFUSED_TOO_LONG;
    if (!journal->writable)
        return SCRIP_FAULT_READ_ONLY;
    if (payload.len != 0)
        memcpy(buf + LEAD_BYTES, payload.data, payload.len);
    TRY(journal_put(journal, type, (enum journal_depth)depths[reserve], buf, (uint32_t)payload.len,
                    &placed));
    journal->last = placed;
    if (seq != NULL)
        *seq = journal->next_seq;
    if (at != NULL)
        *at = placed;
    if (type == JOURNAL_DATA)
        journal->next_seq++;
    return SCRIP_OK;
}

enum scrip_status journal_ack(struct journal *journal, uint32_t seq)
{
    if (seq < journal->ack_seq || seq >= journal->next_seq)
        return SCRIP_REFUSED_ARGUMENT;
    journal->ack_seq = seq;
    return SCRIP_OK;
}

/* Makes the cursor durable by itself, as no append has carried it. A log that is read only gets a
 * fence with it, and may be so no more. */
static enum scrip_status put_ack(struct journal *journal)
{
    uint8_t buf[ENTRY_BUFFER];
    struct journal_at placed;

    if (!journal->writable)
        return journal_fence(journal, DEPTH_ACK, journal->ack_seq);
    TRY(journal_put(journal, JOURNAL_ACK, DEPTH_ACK, buf, 0, &placed));
    journal->last = placed;
    return SCRIP_OK;
}

/* Whether every DATA of the sector is acknowledged: the next sector's first number tells. The
 * cursor is durable when idle asks. */
static bool is_acked(const struct journal *journal, uint32_t sector)
{
    struct journal_at at = {sector + 1, journal_unit(journal->flash), 0, 0};
    struct journal_header header;

    return sector < journal->head.sector && journal_scan(journal, &at, &header) == SCRIP_OK &&
           header.seq - 1 <= journal->ack_seq;
}

/* The sector being prepared is erased. */
static enum scrip_status finish_sector(struct journal *journal, uint32_t sector)
{
    TRY(journal_mark_write(journal->flash, journal->keys->format_id, sector));
    journal->prepared_sector = sector + 1;
    journal->renewing = false;
    return SCRIP_AGAIN;
}

/* Nothing is left to prepare. A log that boots have made read only is so no more once their reserve
 * is whole again. */
static enum scrip_status rest(struct journal *journal)
{
    if (journal->writable || journal->boot != 0 ||
        room_after(journal, journal->head) < journal_held_back(journal->flash, DEPTH_VERDICT))
        return SCRIP_OK;
    return journal_fence(journal, DEPTH_BOOT, journal->ack_seq);
}

enum scrip_status journal_idle(struct journal *journal)
{
    const struct hal_flash *flash = journal->flash;
    uint32_t sectors = flash->size / flash->sector_size;
    uint32_t ahead = journal_held_back(flash, DEPTH_NORMAL) / journal_usable(flash) + 3;
    uint32_t next = journal->prepared_sector - journal->renewing;

    if (journal->erasing) {
        enum scrip_status status = flash->erase_poll(flash->context);
        if (status == SCRIP_AGAIN)
            return SCRIP_AGAIN;
        journal->erasing = false;
        TRY(status);
        return finish_sector(journal, next);
    }
    if (journal->durable_ack != journal->ack_seq) {
        TRY(put_ack(journal));
        return SCRIP_AGAIN;
    }
    if (!journal->renewing && next - 1 - journal->head.sector >= ahead)
        return rest(journal);
    if (next - journal->tail_sector >= sectors) {
        if (!is_acked(journal, journal->tail_sector))
            return rest(journal);
        if (!journal->writable) {
            TRY(put_ack(journal));
            return SCRIP_AGAIN;
        }
        if (journal->keep != NULL)
            TRY(journal->keep(journal->keep_context, journal->tail_sector));
        journal->tail_sector++;
    }
    if (!flash->needs_erase)
        return finish_sector(journal, next);
    TRY(flash->erase_start(flash->context, journal_address(flash, next, 0)));
    journal->erasing = true;
    return SCRIP_AGAIN;
}

void journal_room(const struct journal *journal, struct journal_room *room)
{
    const struct hal_flash *flash = journal->flash;
    uint32_t usable = journal_usable(flash);
    uint32_t held = journal_held_back(flash, DEPTH_NORMAL);
    uint32_t now = room_after(journal, journal->head);
    uint32_t record = journal_extent(flash, false, JOURNAL_PAYLOAD_MAX);
    struct journal_at oldest;

    if (record > flash->page_size / 2)
        record = round_up(record, flash->page_size);
    room->sectors_total = flash->size / flash->sector_size;
    room->free_bytes = now > held ? now - held : 0;
    if (journal_find(journal, journal->ack_seq + 1, &oldest) != SCRIP_OK)
        oldest.sector = journal->tail_sector;
    room->sectors_free = room->sectors_total - 1 - (journal->head.sector - oldest.sector);
    uint32_t later = now - (journal->prepared_sector - 1 - journal->head.sector) * usable +
                     room->sectors_free * usable;
    room->records = later > held ? (later - held) / record : 0;
}

uint32_t journal_next_seq(const struct journal *journal)
{
    return journal->next_seq;
}

uint32_t journal_acked(const struct journal *journal)
{
    return journal->ack_seq;
}

uint32_t journal_boot(const struct journal *journal)
{
    return journal->boot;
}
