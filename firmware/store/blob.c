/*
 * A slot: six heads and two voids, each on a tear unit of its own, then the data. Heads come in
 * pairs of equals.
 *
 * B1  The first head of a pair makes the version current. The second is programmed after the first
 *     has been read back, so where it stands, the first is stable.
 * B2  A mount that finds a first head without its second cannot know whether a cut has left it
 *     unstable: it writes the next pair before it shows the version.
 * B3  Remains of a head that did not count when an older version was shown could become readable
 *     later. So the mount programs a void in the active slot, whose cells no erase or write has put
 * in doubt: by not being blank, void i takes back version active + 1 + i, unless a second head of
 * that was begun, which the cut erase of the other slot must not undo. Two attempts in a row can be
 * taken back; the void's unit is free again after the next commit.
 */
#include "store/blob.h"

#include <string.h>

enum {
    HEADS = 6,
    UNITS = HEADS + 2,
    HEAD_MAGIC = 0x31424353, /* "SCB1" */
    HEAD_LEAD = 16,          /* u32 magic, u32 kind, u32 version, u32 len; then HMAC-SHA-256 */
    HEAD_BYTES = HEAD_LEAD + CRYPTO_HASH_BYTES,
    UNIT_MIN = 64
};

struct head {
    uint8_t raw[HEAD_BYTES];
    uint32_t version, len;
    bool shaped; /* its lead is that of a head of this kind */
    bool valid;  /* and its MAC holds over the slot's data */
    bool blank;
};

static uint32_t unit(const struct hal_flash *flash)
{
    uint32_t size = UNIT_MIN;

    if (flash->granularity > size)
        size = flash->granularity;
    return flash->tear_size > size ? flash->tear_size : size;
}

static uint32_t slot_size(const struct hal_flash *flash)
{
    return flash->size / (2 * BLOB_KINDS);
}

static uint32_t slot_start(const struct hal_flash *flash, enum blob_kind kind, uint8_t slot)
{
    return (2 * (uint32_t)kind + slot) * slot_size(flash);
}

static uint32_t data_start(const struct hal_flash *flash, enum blob_kind kind, uint8_t slot)
{
    return slot_start(flash, kind, slot) + UNITS * unit(flash);
}

uint32_t blob_capacity(const struct blob_store *store)
{
    return slot_size(store->flash) - UNITS * unit(store->flash);
}

static enum scrip_status mac(const struct blob_store *store, const uint8_t *lead,
                             const uint8_t hash[CRYPTO_HASH_BYTES], uint8_t out[CRYPTO_HASH_BYTES])
{
    struct bytes parts[] = {{lead, HEAD_LEAD}, {hash, CRYPTO_HASH_BYTES}};

    return crypto_hmac(bytes_of(store->mac_key, sizeof store->mac_key), parts, 2, out);
}

/* Hashes a slot's data as it is on flash; out, where given, receives it. */
static enum scrip_status hash_data(const struct hal_flash *flash, uint32_t start, uint32_t len,
                                   struct buffer *out, uint8_t hash[CRYPTO_HASH_BYTES])
{
    enum scrip_status status = SCRIP_OK;
    struct crypto_hash running;
    uint32_t done, part;
    uint8_t chunk[64];

    TRY(crypto_hash_start(&running));
    for (done = 0; done < len && status == SCRIP_OK; done += part) {
        part = len - done < sizeof chunk ? len - done : (uint32_t)sizeof chunk;
        status = flash->read(flash->context, start + done, chunk, part);
        if (status == SCRIP_OK)
            status = crypto_hash_update(&running, bytes_of(chunk, part));
        if (status == SCRIP_OK && out != NULL)
            buffer_put(out, chunk, part);
    }
    enum scrip_status ended = crypto_hash_finish(&running, hash);
    return status != SCRIP_OK ? status : ended;
}

static enum scrip_status read_head(const struct blob_store *store, enum blob_kind kind,
                                   uint8_t slot, unsigned index, struct head *head)
{
    const struct hal_flash *flash = store->flash;
    uint8_t hash[CRYPTO_HASH_BYTES], expected[CRYPTO_HASH_BYTES];
    size_t i;

    memset(head, 0, sizeof *head);
    TRY(flash->read(flash->context, slot_start(flash, kind, slot) + index * unit(flash), head->raw,
                    HEAD_BYTES));
    head->blank = true;
    for (i = 0; i < HEAD_BYTES; i++)
        head->blank = head->blank && head->raw[i] == 0xFF;
    head->version = bytes_get_u32(head->raw + 8);
    head->len = bytes_get_u32(head->raw + 12);
    head->shaped = bytes_get_u32(head->raw) == HEAD_MAGIC &&
                   bytes_get_u32(head->raw + 4) == (uint32_t)kind && head->version != 0 &&
                   head->len <= blob_capacity(store);
    if (!head->shaped)
        return SCRIP_OK;
    TRY(hash_data(flash, data_start(flash, kind, slot), head->len, NULL, hash));
    TRY(mac(store, head->raw, hash, expected));
    head->valid = bytes_equal(bytes_of(expected, sizeof expected),
                              bytes_of(head->raw + HEAD_LEAD, sizeof expected));
    return SCRIP_OK;
}

/* Programs len bytes, padded with 0xFF to the granule inside room, and reads them back. */
static enum scrip_status program(const struct hal_flash *flash, uint32_t address, uint8_t *data,
                                 uint32_t len, uint32_t room)
{
    uint32_t padded = (len + flash->granularity - 1) / flash->granularity * flash->granularity;
    uint8_t chunk[64];
    uint32_t done, part;

    if (padded > room)
        return SCRIP_REFUSED_ARGUMENT;
    memset(data + len, 0xFF, padded - len);
    TRY(flash->program(flash->context, address, data, padded));
    for (done = 0; done < len; done += part) {
        part = len - done < sizeof chunk ? len - done : (uint32_t)sizeof chunk;
        TRY(flash->read(flash->context, address + done, chunk, part));
        if (memcmp(chunk, data + done, part) != 0)
            return SCRIP_FAULT_FLASH;
    }
    return SCRIP_OK;
}

static enum scrip_status write_pair(const struct blob_store *store, enum blob_kind kind,
                                    uint8_t slot, unsigned index, const uint8_t raw[HEAD_BYTES])
{
    const struct hal_flash *flash = store->flash;
    uint32_t address = slot_start(flash, kind, slot) + index * unit(flash);
    uint8_t room[BLOB_CHUNK];

    memcpy(room, raw, HEAD_BYTES);
    TRY(program(flash, address, room, HEAD_BYTES, sizeof room));
    memcpy(room, raw, HEAD_BYTES);
    return program(flash, address + unit(flash), room, HEAD_BYTES, sizeof room);
}

/* Readies a slot for writing. Where programming overwrites, blank heads are enough. */
static enum scrip_status erase_slot(const struct hal_flash *flash, uint32_t start)
{
    uint8_t blank[BLOB_CHUNK];
    uint32_t done;

    if (!flash->needs_erase) {
        memset(blank, 0xFF, sizeof blank);
        for (done = 0; done < UNITS * unit(flash); done += unit(flash))
            TRY(flash->program(flash->context, start + done, blank, unit(flash)));
        return SCRIP_OK;
    }
    for (done = 0; done < slot_size(flash); done += flash->sector_size) {
        enum scrip_status status;
        TRY(flash->erase_start(flash->context, start + done));
        do
            status = flash->erase_poll(flash->context);
        while (status == SCRIP_AGAIN);
        TRY(status);
    }
    return SCRIP_OK;
}

/* What a mount finds in one slot. */
struct finding {
    uint8_t raw[HEAD_BYTES]; /* a valid head */
    uint32_t version, len;   /* its; 0: none */
    uint32_t claimed;        /* the highest version that a head claims, valid or not */
    bool remains;            /* not blank where heads go */
    bool second;             /* a second head is valid */
    bool claimed_second;     /* or has at least the shape of one */
    bool second_begun;       /* or at least is not blank: the first had been read back */
    uint8_t pair;            /* the first pair that is not begun */
    uint8_t voids;           /* how many are not blank */
};

static enum scrip_status read_slot(const struct blob_store *store, enum blob_kind kind,
                                   uint8_t slot, struct finding *found)
{
    struct head head;
    unsigned i;

    memset(found, 0, sizeof *found);
    for (i = 0; i < UNITS; i++) {
        TRY(read_head(store, kind, slot, i, &head));
        if (head.blank)
            continue;
        if (i >= HEADS) {
            found->voids++;
            continue;
        }
        found->remains = true;
        found->second_begun = found->second_begun || i % 2 == 1;
        found->pair = (uint8_t)(i / 2 + 1);
        if (!head.shaped)
            continue;
        if (head.version > found->claimed)
            found->claimed = head.version;
        found->claimed_second = found->claimed_second || i % 2 == 1;
        if (!head.valid)
            continue;
        memcpy(found->raw, head.raw, sizeof found->raw);
        found->version = head.version;
        found->len = head.len;
        found->second = found->second || i % 2 == 1;
    }
    return SCRIP_OK;
}

/* Makes one kind's newest version the current one, and sees to it that it stays so. */
static enum scrip_status mount_kind(struct blob_store *store, enum blob_kind kind, bool *damaged)
{
    struct blob_slot *current = &store->slot[kind];
    uint8_t zeros[BLOB_CHUNK] = {0};
    struct finding found[2];

    TRY(read_slot(store, kind, 0, &found[0]));
    TRY(read_slot(store, kind, 1, &found[1]));
    uint8_t active = found[1].version > found[0].version;
    const struct finding *older = &found[!active];
    if (found[active].version > older->version && !found[active].second_begun &&
        found[active].version - older->version <= older->voids)
        active = !active;
    const struct finding *now = &found[active];
    const struct finding *other = &found[!active];
    *current = (struct blob_slot){now->version, now->len, now->voids, active};
    *damaged = now->claimed > now->version || other->claimed > now->version;
    if (now->version != 0 && !now->second && now->pair < HEADS / 2)
        TRY(write_pair(store, kind, active, 2u * now->pair, now->raw));
    bool taken_back = now->voids > 0 && other->claimed <= now->version + now->voids;
    if (other->remains && !other->claimed_second && !taken_back && now->voids < UNITS - HEADS) {
        TRY(program(store->flash,
                    slot_start(store->flash, kind, active) +
                        (HEADS + (uint32_t)now->voids) * unit(store->flash),
                    zeros, HEAD_BYTES, sizeof zeros));
        current->voids++;
    }
    return SCRIP_OK;
}

enum scrip_status blob_mount(struct blob_store *store, const struct hal_flash *flash,
                             const struct keys *keys, uint32_t *damaged)
{
    unsigned kind;

    memset(store, 0, sizeof *store);
    store->flash = flash;
    *damaged = 0;
    if (flash->size % (2 * BLOB_KINDS) != 0 || slot_size(flash) % flash->sector_size != 0 ||
        unit(flash) > BLOB_CHUNK || slot_size(flash) < (UNITS + 1) * unit(flash))
        return SCRIP_REFUSED_ARGUMENT;
    TRY(keys_derive(keys, "blob", bytes_of(NULL, 0), store->mac_key, sizeof store->mac_key));
    for (kind = 0; kind < BLOB_KINDS; kind++) {
        bool bad = false;
        TRY(mount_kind(store, (enum blob_kind)kind, &bad));
        *damaged |= (uint32_t)bad << kind;
    }
    return SCRIP_OK;
}

void blob_abandon(struct blob_store *store)
{
    uint8_t unused[CRYPTO_HASH_BYTES];

    if (!store->write.open)
        return;
    store->write.open = false;
    enum scrip_status ended = crypto_hash_finish(&store->write.hash, unused);
    (void)ended; /* it is released, and nobody wants it */
}

enum scrip_status blob_begin(struct blob_store *store, enum blob_kind kind, uint32_t len)
{
    uint8_t slot = !store->slot[kind].active;

    blob_abandon(store);
    if (len > blob_capacity(store))
        return SCRIP_REFUSED_TOO_LONG;
    TRY(erase_slot(store->flash, slot_start(store->flash, kind, slot)));
    TRY(crypto_hash_start(&store->write.hash));
    store->write.open = true;
    store->write.kind = kind;
    store->write.offset = 0;
    store->write.len = len;
    return SCRIP_OK;
}

/* Programs what is pending; offset counts it already. */
static enum scrip_status flush(struct blob_store *store)
{
    const struct hal_flash *flash = store->flash;
    uint8_t slot = !store->slot[store->write.kind].active;
    uint32_t part = (store->write.offset - 1) % BLOB_CHUNK + 1;
    uint32_t from = store->write.offset - part;

    return program(flash, data_start(flash, store->write.kind, slot) + from, store->write.pending,
                   part, BLOB_CHUNK);
}

static enum scrip_status write_pieces(struct blob_store *store, struct bytes data)
{
    TRY(crypto_hash_update(&store->write.hash, data));
    while (data.len > 0) {
        uint32_t at = store->write.offset % BLOB_CHUNK;
        uint32_t part = BLOB_CHUNK - at < data.len ? BLOB_CHUNK - at : (uint32_t)data.len;
        memcpy(store->write.pending + at, data.data, part);
        data.data += part;
        data.len -= part;
        store->write.offset += part;
        if (store->write.offset % BLOB_CHUNK == 0 || store->write.offset == store->write.len)
            TRY(flush(store));
    }
    return SCRIP_OK;
}

enum scrip_status blob_write(struct blob_store *store, struct bytes data)
{
    if (!store->write.open)
        return SCRIP_REFUSED_ARGUMENT;
    if (data.len > store->write.len - store->write.offset)
        return SCRIP_REFUSED_TOO_LONG;
    enum scrip_status status = write_pieces(store, data);
    if (status != SCRIP_OK)
        blob_abandon(store);
    return status;
}

enum scrip_status blob_read_back(const struct blob_store *store, uint32_t offset, void *data,
                                 size_t len)
{
    const struct hal_flash *flash = store->flash;
    uint8_t *out = data;

    if (!store->write.open || offset > store->write.offset || len > store->write.offset - offset)
        return SCRIP_REFUSED_ARGUMENT;
    uint8_t slot = !store->slot[store->write.kind].active;
    uint32_t flushed = store->write.offset == store->write.len
                           ? store->write.len
                           : store->write.offset / BLOB_CHUNK * BLOB_CHUNK;
    size_t stored = offset >= flushed ? 0 : flushed - offset;
    if (stored > len)
        stored = len;
    if (stored > 0)
        TRY(flash->read(flash->context, data_start(flash, store->write.kind, slot) + offset, out,
                        stored));
    if (len > stored)
        memcpy(out + stored, store->write.pending + (offset + stored) % BLOB_CHUNK, len - stored);
    return SCRIP_OK;
}

static enum scrip_status read_written(const void *context, unsigned number, uint32_t offset,
                                      void *data, size_t len)
{
    (void)number;
    return blob_read_back(context, offset, data, len);
}

struct span blob_written(const struct blob_store *store)
{
    bool whole = store->write.open && store->write.offset == store->write.len;

    return (struct span){read_written, store, 0, 0, whole ? store->write.len : 0};
}

enum scrip_status blob_commit(struct blob_store *store, uint32_t *version)
{
    enum blob_kind kind = store->write.kind;
    struct blob_slot *current = &store->slot[kind];
    uint8_t slot = !current->active;
    uint8_t written[CRYPTO_HASH_BYTES], stored[CRYPTO_HASH_BYTES], raw[HEAD_BYTES];

    if (!store->write.open || store->write.offset != store->write.len)
        return SCRIP_REFUSED_ARGUMENT;
    store->write.open = false;
    TRY(crypto_hash_finish(&store->write.hash, written));
    TRY(hash_data(store->flash, data_start(store->flash, kind, slot), store->write.len, NULL,
                  stored));
    if (memcmp(written, stored, sizeof stored) != 0)
        return SCRIP_FAULT_FLASH;
    bytes_put_u32(raw, HEAD_MAGIC);
    bytes_put_u32(raw + 4, (uint32_t)kind);
    uint32_t next = current->version + 1 + current->voids;
    bytes_put_u32(raw + 8, next);
    bytes_put_u32(raw + 12, store->write.len);
    TRY(mac(store, raw, stored, raw + HEAD_LEAD));
    TRY(write_pair(store, kind, slot, 0, raw));
    *current = (struct blob_slot){next, store->write.len, 0, slot};
    *version = current->version;
    return SCRIP_OK;
}

enum scrip_status blob_size(const struct blob_store *store, enum blob_kind kind, uint32_t *len)
{
    if (store->slot[kind].version == 0)
        return SCRIP_REFUSED_NOT_FOUND;
    *len = store->slot[kind].len;
    return SCRIP_OK;
}

enum scrip_status blob_read(const struct blob_store *store, enum blob_kind kind, uint32_t offset,
                            void *data, size_t len)
{
    const struct hal_flash *flash = store->flash;
    const struct blob_slot *current = &store->slot[kind];

    if (current->version == 0)
        return SCRIP_REFUSED_NOT_FOUND;
    if (offset > current->len || len > current->len - offset)
        return SCRIP_REFUSED_ARGUMENT;
    return flash->read(flash->context, data_start(flash, kind, current->active) + offset, data,
                       len);
}

static enum scrip_status read_current(const void *context, unsigned number, uint32_t offset,
                                      void *data, size_t len)
{
    return blob_read(context, (enum blob_kind)number, offset, data, len);
}

struct span blob_span(const struct blob_store *store, enum blob_kind kind)
{
    const struct blob_slot *current = &store->slot[kind];

    return (struct span){read_current, store, (unsigned)kind, 0,
                         current->version != 0 ? current->len : 0};
}

enum scrip_status blob_load(const struct blob_store *store, enum blob_kind kind, struct buffer *out)
{
    const struct hal_flash *flash = store->flash;
    const struct blob_slot *current = &store->slot[kind];
    uint8_t hash[CRYPTO_HASH_BYTES], expected[CRYPTO_HASH_BYTES];
    struct head head;
    unsigned i;

    if (current->version == 0)
        return SCRIP_REFUSED_NOT_FOUND;
    if (current->len > out->capacity - out->len)
        return SCRIP_REFUSED_TOO_LONG;
    size_t before = out->len;
    TRY(hash_data(flash, data_start(flash, kind, current->active), current->len, out, hash));
    for (i = 0; i < HEADS; i++) {
        TRY(read_head(store, kind, current->active, i, &head));
        TRY(mac(store, head.raw, hash, expected));
        if (head.valid && bytes_equal(bytes_of(expected, sizeof expected),
                                      bytes_of(head.raw + HEAD_LEAD, sizeof expected)))
            return SCRIP_OK;
    }
    out->len = before;
    return SCRIP_FAULT_CORRUPT;
}
