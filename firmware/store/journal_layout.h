/*
 * journal_layout: what the files of the journal share: the bytes on flash and the walk over them.
 *
 * Sector S lies at physical sector S mod N. It begins with a MARK, programmed only after its erase
 * has completed; entries follow, each on a unit of its own (no two share a tear unit), and none
 * that fits in a page crosses one. SPEC section 9 has the figures.
 */
#ifndef STORE_JOURNAL_LAYOUT_H
#define STORE_JOURNAL_LAYOUT_H

#include "store/journal.h"

enum {
    MARK_BYTES = 16,
    MARK_MAGIC = 0x314A4353, /* "SCJ1" */
    HEADER_BYTES = 16,
    HEADER_MAGIC = 0x5A,
    TYPE_SALTED = 0x80, /* the salt follows the header: BOOT, and the first entry of a sector */

    /* A fence's payload: u32 S and u16 offset / 16 of the last accepted entry, u8 type (0: no copy
     * follows), u8 0, u32 seq, then the copy of that entry's payload. */
    FENCE_BYTES = 12,
    SEALED_MAX = FENCE_BYTES + JOURNAL_PAYLOAD_MAX + CRYPTO_TAG_BYTES,
    LEAD_BYTES = HEADER_BYTES + JOURNAL_SALT_BYTES,
    ENTRY_MAX = LEAD_BYTES + SEALED_MAX,
    ENTRY_BUFFER = 528, /* ENTRY_MAX on a granule of 16 */

    TRIES = 3,      /* spots in a row that may fail to read back */
    LOOK_AHEAD = 16 /* blank page starts that end the log: so many boots may be torn in a row */
};

struct journal_header {
    enum journal_type type;
    bool salted;
    uint16_t len;
    uint32_t seq, ack;
    uint8_t raw[HEADER_BYTES];
};

/* How deep an entry may reach into the reserves: sizes of enum journal_reserve, and two below. */
enum journal_depth {
    DEPTH_ACK,
    DEPTH_SYSTEM,
    DEPTH_BOOT,
    DEPTH_VERDICT,
    DEPTH_REVERSE,
    DEPTH_NORMAL
};

static inline uint32_t round_up(uint32_t value, uint32_t to)
{
    return (value + to - 1) / to * to;
}

static inline bool is_fence(enum journal_type type)
{
    return type == JOURNAL_BOOT || type == JOURNAL_GAP;
}

/* The bytes that share nothing with a neighbour; also the offset of a sector's first entry. */
uint32_t journal_unit(const struct hal_flash *flash);
uint32_t journal_address(const struct hal_flash *flash, uint32_t sector, uint32_t offset);
uint32_t journal_extent(const struct hal_flash *flash, bool salted, uint32_t len);

/* The CRC that a MARK or a header ends with: bound to its medium and, for a header, to its place.
 */
uint32_t journal_crc(uint32_t format_id, struct journal_at at, const uint8_t *data);

/* OK: a header stands at `at`. AGAIN: none; *blank says whether its place is erased. FAULT_FLASH.
 */
MUST_CHECK enum scrip_status journal_header(const struct journal *journal, struct journal_at at,
                                            struct journal_header *header, bool *blank);

/* Moves *at past the entry whose header stands there. */
MUST_CHECK enum scrip_status journal_step(const struct journal *journal, struct journal_at *at,
                                          const struct journal_header *header);

/* The first header at or after *at, up to the head. AGAIN: the end. */
MUST_CHECK enum scrip_status journal_scan(const struct journal *journal, struct journal_at *at,
                                          struct journal_header *header);

/* Decrypts the entry into out (header->len + 16 bytes). FAULT_CORRUPT: it does not authenticate. */
MUST_CHECK enum scrip_status journal_open(const struct journal *journal, struct journal_at at,
                                          const struct journal_header *header, uint8_t *out);

/*
 * What the fences that follow say of an entry that ends at `after`; data is a reader's buffer. A
 * fence takes back what lies between the entry it names and itself, earlier fences too. One that
 * names an entry further on does not speak of this one, as entries that cannot be read lie between:
 * then those before that count.
 */
MUST_CHECK enum scrip_status journal_judge(const struct journal *journal, struct journal_at here,
                                           struct journal_at after, uint8_t *data, bool *is_void,
                                           bool *copied);

/* The last accepted entry that a fence's payload names. */
struct journal_at journal_fence_last(const uint8_t *payload);

MUST_CHECK enum scrip_status journal_key(const struct keys *keys,
                                         const uint8_t salt[JOURNAL_SALT_BYTES],
                                         struct crypto_key *key);
void journal_nonce(struct journal_at at, uint8_t type, uint8_t nonce[CRYPTO_NONCE_BYTES]);

/* The bytes that a depth must leave; those that a sector surely offers. */
uint32_t journal_held_back(const struct hal_flash *flash, enum journal_depth depth);
uint32_t journal_usable(const struct hal_flash *flash);

/* The bytes at a sector's start that a torn entry and the GAP after it may have touched. */
uint32_t journal_doubtful(const struct hal_flash *flash);

/* Writes one entry. buf is ENTRY_BUFFER bytes with the payload at LEAD_BYTES; afterwards undefined.
 * OK: durable and read back. REFUSED_FULL, FAULT_FLASH: as journal_append(). */
MUST_CHECK enum scrip_status journal_put(struct journal *journal, enum journal_type type,
                                         enum journal_depth depth, uint8_t *buf, uint32_t len,
                                         struct journal_at *at);

/* Reads a MARK: whether it is valid for the sector. */
MUST_CHECK enum scrip_status journal_mark_read(const struct hal_flash *flash, uint32_t format_id,
                                               uint32_t physical, uint32_t *sector);
MUST_CHECK enum scrip_status journal_mark_write(const struct hal_flash *flash, uint32_t format_id,
                                                uint32_t sector);

/* Locates the end of the log, and fences it: what a mount does once the sectors are known. ack: the
 * cursor to carry if it is ahead of the log's. */
MUST_CHECK enum scrip_status journal_fence(struct journal *journal, enum journal_depth depth,
                                           uint32_t ack);

#endif
