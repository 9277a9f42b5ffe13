/*
 * The invariants that every function here keeps, and that tests/power tries to break:
 *
 * J1  A place is programmed once between two erases of its sector; what did not read back is passed
 *     over, never repaired. So a nonce (place) meets a key (salt of this mount) once.
 * J2  A DATA takes the next number only when it has been read back.
 * J3  A program can damage no entry but its own: no two share a tear unit.
 * J4  Nothing is shown to a caller before a fence is durable that says where the log ended.
 * J5  A MARK is programmed after its erase has completed, and only marked sectors are written.
 * J6  A sector is reclaimed only after an ack that covers it is durable, and after keep() said yes.
 * J7  An append that is refused has changed nothing.
 * J8  What the reserves hold back for, they still hold after every append.
 * J9  What a cut may have left unstable is not used: a mount takes sectors that were made after the
 *     newest header for not prepared, and places its fence behind what an append may have touched
 *     unseen. No other marked sector is erased.
 */
#include "store/journal_layout.h"

#include <string.h>

/* What is held back: so many of the longest entry, so many of a small one, so many pages more. From
 * the deepest: two acks of a log that is read only, which take a fence each; a checkpoint of ten
 * notes; four boots; 64 verdicts; 32 reversals. A fence counts twice its pages and two more, as it
 * passes over as much as it takes. */
static const uint8_t reserves[][3] = {{0, 0, 0},   {4, 0, 4},    {14, 0, 4},
                                      {22, 0, 12}, {22, 64, 12}, {22, 96, 12}};

uint32_t journal_held_back(const struct hal_flash *flash, enum journal_reserve reserve)
{
    const uint8_t *pages = reserves[reserve];

    return pages[0] * (uint32_t)ENTRY_MAX +
           pages[1] * round_up(journal_extent(flash, JOURNAL_SMALL_BYTES), flash->page_size) +
           pages[2] * flash->page_size;
}

/* The bytes that can be programmed from a place on; each sector may waste the longest entry at its
 * ends. */
static uint32_t room_after(const struct journal *journal, uint32_t sector, uint32_t offset)
{
    uint32_t usable = journal->flash->sector_size - ENTRY_MAX;

    return (usable > offset ? usable - offset : 0) +
           (journal->prepared_sector - 1 - sector) * usable;
}

static uint32_t room(const struct journal *journal)
{
    return room_after(journal, journal->head.sector, journal->head.offset);
}

/* Where an entry of that extent goes. */
static enum scrip_status place(const struct journal *journal, uint32_t extent,
                               enum journal_reserve reserve, struct journal_at *at)
{
    const struct hal_flash *flash = journal->flash;
    uint32_t page = flash->page_size;

    for (*at = journal->head;; at->sector++, at->offset = journal_unit(flash)) {
        if ((at->offset & (page - 1)) + extent > page)
            at->offset = round_up(at->offset, page);
        if (at->offset + extent <= flash->sector_size)
            break;
    }
    return at->sector < journal->prepared_sector &&
                   room_after(journal, at->sector, at->offset + extent) >=
                       journal_held_back(flash, reserve)
               ? SCRIP_OK
               : SCRIP_REFUSED_FULL;
}

enum scrip_status journal_store(const struct hal_flash *flash, const struct journal_at *at,
                                uint8_t *data, uint32_t len)
{
    uint32_t padded = round_up(len, flash->granularity);
    uint8_t there[ENTRY_MAX];

    memset(data + len, 0xFF, padded - len);
    TRY(flash->program(flash->context, journal_address(flash, at), data, padded));
    TRY(journal_fetch(flash, at, there, len));
    return memcmp(there, data, len) == 0 ? SCRIP_OK : SCRIP_AGAIN;
}

enum scrip_status journal_mark(const struct journal *journal, uint32_t sector)
{
    const struct hal_flash *flash = journal->flash;
    struct journal_at at = {sector % journal->sectors, 0};
    uint8_t data[ENTRY_MAX];

    bytes_put_u32(data, TYPE_MARK << 8);
    bytes_put_u32(data + 4, sector);
    bytes_put_u32(data + 8, journal->keys->format_id);
    bytes_put_u32(data + 12, journal_crc(journal->keys->format_id, &at, data));
    enum scrip_status status = journal_store(flash, &at, data, HEADER_BYTES);
    return status == SCRIP_AGAIN ? SCRIP_FAULT_FLASH : status;
}

enum scrip_status journal_put(struct journal *journal, unsigned type, enum journal_reserve reserve,
                              uint8_t *data, uint32_t len)
{
    const struct hal_flash *flash = journal->flash;
    uint32_t extent = journal_extent(flash, len);
    struct journal_at at;
    int tries;

    for (tries = 0; tries < TRIES; tries++) {
        enum scrip_status status = place(journal, extent, reserve, &at);
        if (status != SCRIP_OK)
            return tries == 0 ? status : SCRIP_FAULT_FLASH;
        /* Whatever happens from here on, the spot is spent (J1). */
        journal->writable = false;
        journal->head.sector = at.sector;
        journal->head.offset = at.offset + extent;
        uint32_t ahead = journal->prepared_sector - at.sector;
        if (ahead > AHEAD_MAX)
            ahead = AHEAD_MAX;
        bytes_put_u32(data, journal->turn | type << 8 | len << 16 | ahead << (16 + AHEAD_SHIFT));
        bytes_put_u32(data + 4, journal->next_seq);
        bytes_put_u32(data + 8, journal->ack_seq);
        bytes_put_u32(data + 12, journal_crc(journal->keys->format_id, &at, data));
        memcpy(data + HEADER_BYTES, journal->salt, JOURNAL_SALT_BYTES);
        TRY(journal_crypt(journal->aead, &at, data, len, true));
        status = journal_store(flash, &at, data, LEAD_BYTES + len + CRYPTO_TAG_BYTES);
        if (status == SCRIP_OK) {
            journal->next_seq += type == JOURNAL_DATA;
            journal->turn = (uint8_t)(journal->turn + (type < JOURNAL_BOOT));
            journal->durable_ack = journal->ack_seq;
            journal->writable = true;
            return SCRIP_OK;
        }
        if (status != SCRIP_AGAIN)
            return status;
        journal->head.offset = round_up(journal->head.offset, flash->page_size);
        TRY(journal_crypt(journal->aead, &at, data, len, false));
    }
    return SCRIP_FAULT_FLASH;
}

enum scrip_status journal_append(struct journal *journal, enum journal_type type,
                                 enum journal_reserve reserve, struct bytes payload)
{
    uint8_t data[ENTRY_MAX];

    if (type != JOURNAL_DATA && type != JOURNAL_NOTE)
        return SCRIP_REFUSED_ARGUMENT;
    if (payload.len > JOURNAL_PAYLOAD_MAX)
        return SCRIP_REFUSED_TOO_LONG;
    if (!journal->writable)
        return SCRIP_FAULT_READ_ONLY;
    if (payload.len != 0)
        memcpy(data + LEAD_BYTES, payload.data, payload.len);
    return journal_put(journal, type, reserve, data, (uint32_t)payload.len);
}

/* Makes the cursor durable by itself, as no append has carried it. A log that is read only gets a
 * fence with it, and may be so no more. AGAIN: done. */
static enum scrip_status put_ack(struct journal *journal)
{
    uint8_t data[ENTRY_MAX];

    TRY(journal->writable ? journal_put(journal, JOURNAL_ACK, JOURNAL_ACKS, data, 0)
                          : journal_fence(journal, JOURNAL_ACKS));
    return SCRIP_AGAIN;
}

/* Nothing is left to prepare. A log that boots have made read only is so no more once their reserve
 * is whole again. */
static enum scrip_status rest(struct journal *journal)
{
    if (journal->writable || journal->boot != 0 ||
        room(journal) < journal_held_back(journal->flash, JOURNAL_VERDICT))
        return SCRIP_OK;
    return journal_fence(journal, JOURNAL_BOOTS);
}

/* The oldest sector with anything that is not acknowledged. */
static uint32_t oldest_needed(const struct journal *journal)
{
    struct journal_cursor cursor;

    if (journal_find(journal, journal->ack_seq + 1, &cursor) != SCRIP_OK)
        return journal->tail_sector;
    return cursor.at.sector;
}

enum scrip_status journal_idle(struct journal *journal)
{
    const struct hal_flash *flash = journal->flash;
    struct journal_at next = {journal->prepared_sector, 0};

    if (journal->erasing) {
        enum scrip_status status = flash->erase_poll(flash->context);
        if (status == SCRIP_AGAIN)
            return SCRIP_AGAIN;
        journal->erasing = false;
        TRY(status);
    } else {
        if (journal->durable_ack != journal->ack_seq)
            return put_ack(journal);
        if (room(journal) >= journal_held_back(flash, JOURNAL_NORMAL) + 3 * flash->sector_size)
            return rest(journal);
        if (next.sector - journal->tail_sector >= journal->sectors) {
            if (oldest_needed(journal) == journal->tail_sector)
                return rest(journal);
            if (!journal->writable)
                return put_ack(journal);
            if (journal->keep != NULL)
                TRY(journal->keep(journal->keep_context, journal->tail_sector));
            journal->tail_sector++;
        }
        if (flash->needs_erase) {
            TRY(flash->erase_start(flash->context, journal_address(flash, &next)));
            journal->erasing = true;
            return SCRIP_AGAIN;
        }
    }
    TRY(journal_mark(journal, next.sector));
    journal->prepared_sector++;
    return SCRIP_AGAIN;
}

uint32_t journal_room(const struct journal *journal)
{
    const struct hal_flash *flash = journal->flash;
    uint32_t held = journal_held_back(flash, JOURNAL_NORMAL) + flash->page_size;
    uint32_t free = journal->sectors - journal->prepared_sector + oldest_needed(journal);
    uint32_t bytes = room(journal) + free * (flash->sector_size - ENTRY_MAX);

    return bytes > held ? (bytes - held) / ENTRY_MAX : 0;
}
