/* The walk over the log: headers, entries, fences. Reads only. */
#include "store/journal_layout.h"

#include <string.h>

uint32_t journal_unit(const struct hal_flash *flash)
{
    uint32_t unit = MARK_BYTES;

    if (flash->granularity > unit)
        unit = flash->granularity;
    return flash->tear_size > unit ? flash->tear_size : unit;
}

uint32_t journal_address(const struct hal_flash *flash, uint32_t sector, uint32_t offset)
{
    return sector % (flash->size / flash->sector_size) * flash->sector_size + offset;
}

uint32_t journal_extent(const struct hal_flash *flash, bool salted, uint32_t len)
{
    uint32_t lead = salted ? LEAD_BYTES : HEADER_BYTES;

    return round_up(lead + len + CRYPTO_TAG_BYTES, journal_unit(flash));
}

uint32_t journal_crc(uint32_t format_id, struct journal_at at, const uint8_t *data)
{
    uint8_t place[12];

    bytes_put_u32(place, format_id);
    bytes_put_u32(place + 4, at.sector);
    bytes_put_u32(place + 8, at.offset);
    return bytes_crc32(bytes_crc32(0, place, sizeof place), data, 12);
}

enum scrip_status journal_header(const struct journal *journal, struct journal_at at,
                                 struct journal_header *header, bool *blank)
{
    const struct hal_flash *flash = journal->flash;
    uint8_t *raw = header->raw;
    size_t i;

    TRY(flash->read(flash->context, journal_address(flash, at.sector, at.offset), raw,
                    HEADER_BYTES));
    header->type = (enum journal_type)(raw[1] & ~TYPE_SALTED);
    header->salted = (raw[1] & TYPE_SALTED) != 0;
    header->len = bytes_get_u16(raw + 2);
    header->seq = bytes_get_u32(raw + 4);
    header->ack = bytes_get_u32(raw + 8);
    if (raw[0] == HEADER_MAGIC && header->type >= JOURNAL_DATA && header->type <= JOURNAL_GAP &&
        header->len <= SEALED_MAX - CRYPTO_TAG_BYTES &&
        at.offset + journal_extent(flash, header->salted, header->len) <= flash->sector_size &&
        bytes_get_u32(raw + 12) == journal_crc(journal->keys->format_id, at, raw))
        return SCRIP_OK;
    *blank = true;
    for (i = 0; i < HEADER_BYTES; i++)
        *blank = *blank && raw[i] == 0xFF;
    return SCRIP_AGAIN;
}

/* A torn entry of several pages may have a later one inside what would be its extent, as the pages
 * it did not reach were free. */
enum scrip_status journal_step(const struct journal *journal, struct journal_at *at,
                               const struct journal_header *header)
{
    uint32_t page = journal->flash->page_size;
    uint32_t end = at->offset + journal_extent(journal->flash, header->salted, header->len);
    struct journal_at inner = *at;
    struct journal_header other;
    bool blank;

    if (header->salted)
        at->salt = at->offset;
    for (;;) {
        inner.offset = round_up(inner.offset + 1, page);
        if (inner.offset >= end)
            break;
        enum scrip_status status = journal_header(journal, inner, &other, &blank);
        if (status == SCRIP_OK)
            end = inner.offset;
        else if (status != SCRIP_AGAIN)
            return status;
    }
    at->offset = end;
    return SCRIP_OK;
}

enum scrip_status journal_scan(const struct journal *journal, struct journal_at *at,
                               struct journal_header *header)
{
    const struct hal_flash *flash = journal->flash;
    enum scrip_status status;
    bool blank;

    if (at->sector < journal->tail_sector)
        *at = (struct journal_at){journal->tail_sector, journal_unit(flash), 0, at->seen};
    while (at->sector <= journal->head.sector) {
        uint32_t end = at->sector == journal->head.sector ? journal->head.offset
                                                          : flash->sector_size;
        if (at->offset + HEADER_BYTES > end) {
            if (at->sector == journal->head.sector)
                break;
            *at = (struct journal_at){at->sector + 1, journal_unit(flash), 0, at->seen};
            continue;
        }
        status = journal_header(journal, *at, header, &blank);
        if (status != SCRIP_AGAIN)
            return status;
        at->offset = round_up(at->offset + 1, flash->page_size);
    }
    return SCRIP_AGAIN;
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

void journal_nonce(struct journal_at at, uint8_t type, uint8_t nonce[CRYPTO_NONCE_BYTES])
{
    memset(nonce, 0, CRYPTO_NONCE_BYTES);
    bytes_put_u32(nonce, at.sector);
    bytes_put_u32(nonce + 4, at.offset / 16);
    nonce[8] = type;
}

/* The salt in force at a place that came without its hint: that of the last salted entry before it.
 */
static enum scrip_status find_salt(const struct journal *journal, struct journal_at *at)
{
    struct journal_at walk = {at->sector, journal_unit(journal->flash), 0, 0};
    struct journal_header header;

    while (walk.offset < at->offset) {
        TRY(journal_scan(journal, &walk, &header));
        if (walk.sector != at->sector || walk.offset >= at->offset)
            break;
        TRY(journal_step(journal, &walk, &header));
    }
    at->salt = walk.sector == at->sector ? walk.salt : 0;
    return SCRIP_OK;
}

enum scrip_status journal_open(const struct journal *journal, struct journal_at at,
                               const struct journal_header *header, uint8_t *out)
{
    const struct hal_flash *flash = journal->flash;
    uint8_t aad[12 + JOURNAL_SALT_BYTES];
    uint8_t nonce[CRYPTO_NONCE_BYTES];
    uint8_t *salt = aad + 12;
    struct crypto_key key = journal->aead;
    size_t sealed_len = (size_t)header->len + CRYPTO_TAG_BYTES;
    enum scrip_status status;

    if (header->salted)
        at.salt = at.offset;
    else if (at.salt == 0)
        TRY(find_salt(journal, &at));
    if (at.salt == 0)
        return SCRIP_FAULT_CORRUPT;
    memcpy(aad, header->raw, 12);
    TRY(flash->read(flash->context, journal_address(flash, at.sector, at.salt) + HEADER_BYTES, salt,
                    JOURNAL_SALT_BYTES));
    TRY(flash->read(flash->context,
                    journal_address(flash, at.sector, at.offset) +
                        (header->salted ? LEAD_BYTES : HEADER_BYTES),
                    out, sealed_len));
    bool live = key.id != 0 && memcmp(salt, journal->salt, JOURNAL_SALT_BYTES) == 0;
    if (!live)
        TRY(journal_key(journal->keys, salt, &key));
    journal_nonce(at, header->raw[1], nonce);
    status = crypto_aead_open(key, nonce, bytes_of(aad, header->salted ? sizeof aad : 12),
                              bytes_of(out, sealed_len), out);
    if (!live)
        crypto_key_close(&key);
    return status;
}

struct journal_at journal_fence_last(const uint8_t *payload)
{
    return (struct journal_at){bytes_get_u32(payload), bytes_get_u16(payload + 4) * 16u, 0, 0};
}

static uint32_t place_code(const struct journal *journal, struct journal_at at)
{
    return at.sector * (journal->flash->sector_size / 16) + at.offset / 16;
}

static bool is_after(uint32_t place, uint32_t other)
{
    return place != other && place - other < UINT32_MAX / 2;
}

/* The last fence of the run of fences after `at`, not beyond limit: a BOOT, or a GAP when there is
 * none. AGAIN: what follows is no fence. */
static enum scrip_status fence_after(const struct journal *journal, struct journal_at at,
                                     uint32_t limit, struct journal_at *fence,
                                     struct journal_header *header)
{
    enum scrip_status found = SCRIP_AGAIN;
    struct journal_header next;

    for (;;) {
        enum scrip_status status = journal_scan(journal, &at, &next);
        if (status == SCRIP_AGAIN ||
            (status == SCRIP_OK &&
             (!is_fence(next.type) || is_after(place_code(journal, at), limit))))
            return found;
        TRY(status);
        if (found != SCRIP_OK || next.type == JOURNAL_BOOT || header->type == JOURNAL_GAP) {
            *fence = at;
            *header = next;
        }
        found = SCRIP_OK;
        TRY(journal_step(journal, &at, &next));
    }
}

/* Opens a fence into data. AGAIN: it is damaged, or names a place that is not before its own, which
 * would let the search for the first of a run of fences go round in circles. */
static enum scrip_status open_fence(const struct journal *journal, struct journal_at fence,
                                    const struct journal_header *header, uint8_t *data)
{
    if (header->len < FENCE_BYTES)
        return SCRIP_AGAIN;
    enum scrip_status status = journal_open(journal, fence, header, data);
    if (status == SCRIP_FAULT_CORRUPT)
        return SCRIP_AGAIN;
    TRY(status);
    uint32_t last = place_code(journal, journal_fence_last(data));
    return is_after(place_code(journal, fence), last) ? SCRIP_OK : SCRIP_AGAIN;
}

enum scrip_status journal_judge(const struct journal *journal, struct journal_at here,
                                struct journal_at after, uint8_t *data, bool *is_void, bool *copied)
{
    uint32_t limit = place_code(journal, journal->head);
    uint32_t place = place_code(journal, here);
    struct journal_header header;
    struct journal_at fence;

    *is_void = *copied = false;
    for (;;) {
        enum scrip_status status = fence_after(journal, after, limit, &fence, &header);
        if (status == SCRIP_OK)
            status = open_fence(journal, fence, &header, data);
        if (status != SCRIP_OK)
            return status == SCRIP_AGAIN ? SCRIP_OK : status;
        limit = place_code(journal, journal_fence_last(data));
        *is_void = is_after(place, limit);
        *copied = place == limit && data[6] != 0;
        if (!is_after(limit, place))
            return SCRIP_OK;
    }
}

/* A fence's copy is delivered where the walk comes to the fence, unless its original has been. What
 * decides is what was delivered, not what can be read: cells that were cut read differently each
 * time. */
static enum scrip_status next_copy(const struct journal *journal, struct journal_at here,
                                   const struct journal_header *header, struct journal_at *at,
                                   uint8_t *data, struct journal_entry *entry)
{
    enum scrip_status status = open_fence(journal, here, header, data);

    if (status == SCRIP_AGAIN)
        return SCRIP_FAULT_CORRUPT;
    TRY(status);
    struct journal_at last = journal_fence_last(data);
    if (data[6] == 0 || place_code(journal, last) == at->seen)
        return SCRIP_AGAIN;
    at->seen = place_code(journal, last);
    *entry = (struct journal_entry){
        (enum journal_type)data[6], bytes_get_u32(data + 8), last,
        bytes_of(data + FENCE_BYTES, header->len - (size_t)FENCE_BYTES)};
    return SCRIP_OK;
}

static enum scrip_status next_original(const struct journal *journal, struct journal_at here,
                                       const struct journal_header *header, struct journal_at *at,
                                       uint8_t *data, struct journal_entry *entry)
{
    enum scrip_status status = SCRIP_FAULT_CORRUPT;

    if (header->len <= JOURNAL_PAYLOAD_MAX)
        status = journal_open(journal, here, header, data);
    TRY(status);
    at->seen = place_code(journal, here);
    entry->payload = bytes_of(data, header->len);
    return SCRIP_OK;
}

enum scrip_status journal_next(const struct journal *journal, struct journal_at *at,
                               struct buffer *buffer, struct journal_entry *entry)
{
    struct journal_header header;
    enum scrip_status status = SCRIP_AGAIN;
    bool is_void, copied;

    if (buffer->capacity < JOURNAL_BUFFER_BYTES)
        return SCRIP_REFUSED_ARGUMENT;
    while (status == SCRIP_AGAIN) {
        TRY(journal_scan(journal, at, &header));
        struct journal_at here = *at;
        TRY(journal_step(journal, at, &header));
        *entry = (struct journal_entry){header.type, header.seq, here, {NULL, 0}};
        if (header.type == JOURNAL_ACK || header.type == JOURNAL_GAP)
            continue;
        TRY(journal_judge(journal, here, *at, buffer->data, &is_void, &copied));
        if (is_void)
            continue;
        if (header.type == JOURNAL_BOOT)
            status = next_copy(journal, here, &header, at, buffer->data, entry);
        else
            status = next_original(journal, here, &header, at, buffer->data, entry);
        if (status == SCRIP_FAULT_CORRUPT && copied)
            status = SCRIP_AGAIN;
    }
    return status;
}

enum scrip_status journal_read(const struct journal *journal, struct journal_at at,
                               struct buffer *buffer, struct journal_entry *entry)
{
    struct journal_at walk = {at.sector, at.offset, at.salt, 0};

    if (at.sector < journal->tail_sector)
        return SCRIP_REFUSED_NOT_FOUND;
    enum scrip_status status = journal_next(journal, &walk, buffer, entry);
    if (status == SCRIP_AGAIN)
        return SCRIP_FAULT_CORRUPT;
    TRY(status);
    bool same = entry->at.sector == at.sector && entry->at.offset == at.offset;
    return same ? SCRIP_OK : SCRIP_FAULT_CORRUPT;
}

void journal_oldest(const struct journal *journal, struct journal_at *at)
{
    *at = (struct journal_at){journal->tail_sector, journal_unit(journal->flash), 0, 0};
}

enum scrip_status journal_find(const struct journal *journal, uint32_t seq, struct journal_at *at)
{
    uint32_t low = journal->tail_sector;
    uint32_t high = journal->head.sector + 1;
    struct journal_header header;
    enum scrip_status status;

    while (high - low > 1 && high > low) {
        uint32_t middle = low + (high - low) / 2;
        *at = (struct journal_at){middle, journal_unit(journal->flash), 0, 0};
        status = journal_scan(journal, at, &header);
        if (status != SCRIP_OK && status != SCRIP_AGAIN)
            return status;
        if (status == SCRIP_OK && header.seq <= seq)
            low = middle;
        else
            high = middle;
    }
    *at = (struct journal_at){low, journal_unit(journal->flash), 0, 0};
    for (;;) {
        status = journal_scan(journal, at, &header);
        if (status == SCRIP_AGAIN)
            return SCRIP_OK;
        TRY(status);
        if (header.seq > seq || (header.type == JOURNAL_DATA && header.seq == seq))
            return SCRIP_OK;
        TRY(journal_step(journal, at, &header));
    }
}
