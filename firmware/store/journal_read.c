/* The walk over the log: marks, headers, entries, and what later headers say of them. Reads only.
 */
#include "store/journal_layout.h"

#include <string.h>

uint32_t journal_unit(const struct hal_flash *flash)
{
    uint32_t unit = HEADER_BYTES;

    if (flash->granularity > unit)
        unit = flash->granularity;
    return flash->tear_size > unit ? flash->tear_size : unit;
}

uint32_t journal_address(const struct hal_flash *flash, const struct journal_at *at)
{
    return at->sector % (flash->size / flash->sector_size) * flash->sector_size + at->offset;
}

enum scrip_status journal_fetch(const struct hal_flash *flash, const struct journal_at *at,
                                void *data, uint32_t len)
{
    return flash->read(flash->context, journal_address(flash, at), data, len);
}

uint32_t journal_extent(const struct hal_flash *flash, uint32_t len)
{
    return round_up(LEAD_BYTES + len + CRYPTO_TAG_BYTES, journal_unit(flash));
}

uint32_t journal_crc(uint32_t format_id, const struct journal_at *at, const uint8_t *data)
{
    uint8_t place[12];

    bytes_put_u32(place, format_id);
    bytes_put_u32(place + 4, at->sector);
    bytes_put_u32(place + 8, at->offset);
    return bytes_crc32(bytes_crc32(LAYOUT_VERSION, place, sizeof place), data, 12);
}

enum scrip_status journal_header(const struct journal *journal, struct journal_header *header)
{
    const struct hal_flash *flash = journal->flash;
    const struct journal_at *at = &header->at;
    uint8_t raw[HEADER_BYTES];

    header->blank = false;
    TRY(journal_fetch(flash, at, raw, sizeof raw));
    uint32_t crc = bytes_get_u32(raw + 12);
    header->turn = raw[0];
    header->type = raw[1];
    header->len = bytes_get_u16(raw + 2) & ((1 << AHEAD_SHIFT) - 1);
    header->ahead = bytes_get_u16(raw + 2) >> AHEAD_SHIFT;
    header->seq = bytes_get_u32(raw + 4);
    header->ack = bytes_get_u32(raw + 8);
    if (header->len <= JOURNAL_PAYLOAD_MAX &&
        at->offset + journal_extent(flash, header->len) <= flash->sector_size &&
        crc == journal_crc(journal->keys->format_id, at, raw))
        return SCRIP_OK;
    header->blank = !flash->needs_erase ||
                    (bytes_get_u32(raw) & header->seq & header->ack & crc) == UINT32_MAX;
    return SCRIP_AGAIN;
}

enum scrip_status journal_scan(const struct journal *journal, struct journal_at *at,
                               struct journal_header *header)
{
    const struct hal_flash *flash = journal->flash;
    uint32_t start = journal_unit(flash);

    if (at->sector < journal->tail_sector)
        *at = (struct journal_at){journal->tail_sector, start};
    for (;;) {
        bool newest = at->sector >= journal->head.sector;
        uint32_t limit = newest ? journal->head.offset : flash->sector_size;
        uint32_t end = at->offset;
        while (at->offset + HEADER_BYTES <= limit) {
            header->at = *at;
            enum scrip_status status = journal_header(journal, header);
            if (status == SCRIP_OK)
                at->offset += journal_extent(flash, header->len);
            if (status != SCRIP_AGAIN)
                return status;
            if (!header->blank)
                end = at->offset + ENTRY_MAX - 1;
            at->offset = round_up(at->offset + 1, flash->page_size);
        }
        at->offset = end < limit ? end : limit;
        if (newest)
            return SCRIP_AGAIN;
        at->sector++;
        at->offset = start;
    }
}

enum scrip_status journal_key(const struct keys *keys, const uint8_t salt[JOURNAL_SALT_BYTES],
                              struct crypto_key *key)
{
    uint8_t context[4 + JOURNAL_SALT_BYTES];
    uint8_t raw[CRYPTO_AEAD_KEY_BYTES];
    enum scrip_status status;

    bytes_put_u32(context, keys->format_id);
    memcpy(context + 4, salt, JOURNAL_SALT_BYTES);
    TRY(keys_derive(keys, "journal", bytes_of(context, sizeof context), raw, sizeof raw));
    status = crypto_aead_key(raw, key);
    bytes_wipe(raw, sizeof raw);
    return status;
}

/* A place is written once as long as S is the sector's number, so it is all that a nonce takes. */
enum scrip_status journal_crypt(struct crypto_key key, const struct journal_at *at, uint8_t *data,
                                uint32_t len, bool seal)
{
    uint8_t nonce[CRYPTO_NONCE_BYTES] = {0};
    struct bytes lead = bytes_of(data, LEAD_BYTES);
    uint8_t *body = data + LEAD_BYTES;

    bytes_put_u32(nonce, at->sector);
    bytes_put_u32(nonce + 4, at->offset);
    return (seal ? crypto_aead_seal : crypto_aead_open)(
        key, nonce, lead, bytes_of(body, seal ? len : len + CRYPTO_TAG_BYTES), body);
}

enum scrip_status journal_open(const struct journal *journal, const struct journal_header *header,
                               uint8_t *data)
{
    const uint8_t *salt = data + HEADER_BYTES;
    struct crypto_key key = journal->aead;

    TRY(journal_fetch(journal->flash, &header->at, data,
                      LEAD_BYTES + header->len + CRYPTO_TAG_BYTES));
    bool live = key.id != 0 && memcmp(salt, journal->salt, JOURNAL_SALT_BYTES) == 0;
    if (!live)
        TRY(journal_key(journal->keys, salt, &key));
    enum scrip_status status = journal_crypt(key, &header->at, data, header->len, false);
    if (!live)
        crypto_key_close(&key);
    return status;
}

enum scrip_status journal_judge(const struct journal *journal, const struct journal_at *after,
                                uint32_t name, enum journal_fate *fate)
{
    struct journal_at at = *after;
    struct journal_header next;

    *fate = FATE_COUNTS;
    do {
        enum scrip_status status = journal_scan(journal, &at, &next);
        if (status != SCRIP_OK)
            return status == SCRIP_AGAIN ? SCRIP_OK : status;
        if (next.type >= JOURNAL_BOOT)
            *fate = FATE_FENCED;
        if (next.type > JOURNAL_BOOT && next.turn == (uint8_t)(name + 1))
            *fate = FATE_TOLD;
        if (journal_name(next.seq, next.turn) == name)
            *fate = FATE_VOID;
    } while (next.type >= JOURNAL_BOOT);
    return SCRIP_OK;
}

/* What the last fence in a row copies comes as it stands there: the cells before it may be remains
 * of another entry, in whose place that one was accepted. A fence's copy has the turn before the
 * fence's, and is left out if it has been delivered. What decides is what was delivered, not what
 * can be read: cells that were cut read differently each time. */
enum scrip_status journal_next(const struct journal *journal, struct journal_cursor *cursor,
                               uint8_t data[JOURNAL_BUFFER_BYTES], struct journal_entry *entry)
{
    struct journal_header original, fence, *header = &original;
    enum journal_fate fate;

    for (;;) {
        TRY(journal_scan(journal, &cursor->at, header));
        bool copy = header->type >= JOURNAL_BOOT;
        entry->type = (enum journal_type)(header->type & TYPE_COPIED);
        entry->seq = header->seq - (copy && entry->type == JOURNAL_DATA);
        uint32_t name = journal_name(entry->seq, (uint8_t)(header->turn - copy));
        if ((entry->type != JOURNAL_DATA && entry->type != JOURNAL_NOTE) ||
            (copy && cursor->seen == name))
            continue;
        TRY(journal_judge(journal, &cursor->at, name, &fate));
        if (fate == FATE_TOLD)
            header = &fence;
        if (fate >= FATE_TOLD)
            continue;
        enum scrip_status status = journal_open(journal, header, data);
        if (status == SCRIP_FAULT_CORRUPT && header == &fence) {
            header = &original;
            status = journal_open(journal, header, data);
        }
        if (status == SCRIP_FAULT_CORRUPT && fate != FATE_COUNTS)
            continue;
        if (status == SCRIP_OK)
            cursor->seen = name;
        entry->payload = bytes_of(data + LEAD_BYTES, header->len);
        return status;
    }
}

enum scrip_status journal_find(const struct journal *journal, uint32_t seq,
                               struct journal_cursor *cursor)
{
    struct journal_at *at = &cursor->at;
    uint32_t low = journal->tail_sector;
    uint32_t high = journal->head.sector + 1;
    struct journal_header header;
    enum scrip_status status;

    cursor->seen = 0;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        *at = (struct journal_at){middle, journal_unit(journal->flash)};
        status = journal_scan(journal, at, &header);
        if (status > SCRIP_AGAIN)
            return status;
        if (status == SCRIP_OK && header.seq <= seq)
            low = middle;
        else
            high = middle;
    }
    *at = (struct journal_at){low, journal_unit(journal->flash)};
    do
        status = journal_scan(journal, at, &header);
    while (status == SCRIP_OK && header.seq + (header.type == JOURNAL_DATA) <= seq);
    if (status == SCRIP_OK)
        *at = header.at;
    return status == SCRIP_AGAIN ? SCRIP_OK : status;
}
