/*
 * journal_layout: what the files of the journal share: the bytes on flash and the walk over them.
 *
 * Sector S lies at physical sector S mod N. It begins with a MARK, programmed only after its erase
 * has completed; entries follow, each on a unit of its own (no two share a tear unit), and none
 * that fits in a page crosses one. SPEC section 9 has the figures.
 *
 * Every entry but a BOOT takes a turn, one after the other, and every header says whose turn it is:
 * an entry its own, a BOOT that of the next entry to be accepted. So an entry counts unless the
 * header that follows it has its turn again: that of a second try, of what was appended after a
 * mount had found it torn, or of the BOOT of that mount. Of several BOOTs in a row the last one
 * decides: what the others said was never shown to anybody, or what followed them does not read any
 * more. If it has a copy, that is the entry, whatever the cells before it read as later.
 */
#ifndef STORE_JOURNAL_LAYOUT_H
#define STORE_JOURNAL_LAYOUT_H

#include "store/journal.h"

enum {
    LAYOUT_VERSION = 1, /* where the CRC of every header begins */
    TYPE_MARK = 8, /* a header whose place is the physical sector and offset 0, and whose seq is S
                    */
    HEADER_BYTES = 16,
    LEAD_BYTES = HEADER_BYTES + JOURNAL_SALT_BYTES,
    ENTRY_MAX = LEAD_BYTES + JOURNAL_PAYLOAD_MAX + CRYPTO_TAG_BYTES, /* 512, on every granule */

    /* The types of a BOOT: JOURNAL_BOOT, plus the type of the last accepted entry, 0 without one.
     * Its payload is that entry's. */
    TYPE_COPIED = JOURNAL_BOOT - 1,

    AHEAD_SHIFT = 9, /* where in the length's 16 bits the prepared sectors are counted */
    AHEAD_MAX = 127,

    TRIES = 3, /* spots in a row that may fail to read back */
    /* Where programming overwrites: over how many of the longest entries from the log's end boots
     * that were cut one after the other may have left remains. */
    STALE_AHEAD = 4
};

struct journal_header {
    struct journal_at at;
    uint8_t type, turn;
    bool blank; /* no header, and nothing else either */
    uint16_t len;
    uint16_t ahead; /* sectors prepared when it was written, its own included */
    uint32_t seq, ack;
};

/* To a power of two, as pages, units and granules are. */
static inline uint32_t round_up(uint32_t value, uint32_t to)
{
    return (value + to - 1) & -to;
}

/* The bytes that share nothing with a neighbour; also the offset of a sector's first entry. */
uint32_t journal_unit(const struct hal_flash *flash);
uint32_t journal_address(const struct hal_flash *flash, const struct journal_at *at);
MUST_CHECK enum scrip_status journal_fetch(const struct hal_flash *flash,
                                           const struct journal_at *at, void *data, uint32_t len);
uint32_t journal_extent(const struct hal_flash *flash, uint32_t len);

/* The CRC that a MARK or a header ends with: bound to its medium and to its place. */
uint32_t journal_crc(uint32_t format_id, const struct journal_at *at, const uint8_t *data);

/* Programs what begins with a header, pads it to the granule (data has room for that), and reads it
 * back. AGAIN: flash does not hold what was programmed. */
MUST_CHECK enum scrip_status journal_store(const struct hal_flash *flash,
                                           const struct journal_at *at, uint8_t *data,
                                           uint32_t len);

/* Makes an erased sector one that may be written. FAULT_FLASH: it is not. */
MUST_CHECK enum scrip_status journal_mark(const struct journal *journal, uint32_t sector);

/* OK: a header stands at header->at. AGAIN: none; header->blank says whether its place is erased.
 * Where programming overwrites, what is there is of the last lap, and as good as blank. */
MUST_CHECK enum scrip_status journal_header(const struct journal *journal,
                                            struct journal_header *header);

/* The first header at or after *at, up to the head; then *at is behind its entry. AGAIN: the end,
 * and *at is behind what any entry there may have touched. */
MUST_CHECK enum scrip_status journal_scan(const struct journal *journal, struct journal_at *at,
                                          struct journal_header *header);

/* Reads the entry into data (ENTRY_MAX bytes) and decrypts it: the payload is at LEAD_BYTES.
 * FAULT_CORRUPT: it does not authenticate. */
MUST_CHECK enum scrip_status journal_open(const struct journal *journal,
                                          const struct journal_header *header, uint8_t *data);

/* What tells an entry from its neighbours; a fence's copy has the name of what it copies. */
static inline uint32_t journal_name(uint32_t seq, uint8_t turn)
{
    return seq << 8 | turn;
}

/* What the headers behind an entry of that name say of it. */
enum journal_fate {
    FATE_COUNTS, /* it was read back before the next one was begun */
    FATE_FENCED, /* it counts, but if it does not read, an earlier fence may have the copy */
    FATE_TOLD,   /* the last fence behind it has the copy that counts */
    FATE_VOID
};
MUST_CHECK enum scrip_status journal_judge(const struct journal *journal,
                                           const struct journal_at *after, uint32_t name,
                                           enum journal_fate *fate);

MUST_CHECK enum scrip_status journal_key(const struct keys *keys,
                                         const uint8_t salt[JOURNAL_SALT_BYTES],
                                         struct crypto_key *key);

/* Seals or opens in place what is at LEAD_BYTES: len bytes, and behind them the tag. */
MUST_CHECK enum scrip_status journal_crypt(struct crypto_key key, const struct journal_at *at,
                                           uint8_t *data, uint32_t len, bool seal);

/* The bytes that a reserve must leave. */
uint32_t journal_held_back(const struct hal_flash *flash, enum journal_reserve reserve);

/* Writes one entry. data is ENTRY_MAX bytes with the payload at LEAD_BYTES; afterwards undefined.
 * OK: durable and read back. REFUSED_FULL, FAULT_FLASH: as journal_append(). */
MUST_CHECK enum scrip_status journal_put(struct journal *journal, unsigned type,
                                         enum journal_reserve reserve, uint8_t *data, uint32_t len);

/* Locates the end of the log, and fences it: what a mount does once the sectors are known. An ack
 * that is ahead of the log's is carried. */
MUST_CHECK enum scrip_status journal_fence(struct journal *journal, enum journal_reserve reserve);

#endif
