/*
 * journal: an append-only log in flash which survives a power cut.
 *
 * A sale may be approved only once its record can no longer be lost. The return of SCRIP_OK from
 * journal_append() is that moment, and the only one. Payloads are opaque, encrypted and
 * authenticated; the journal knows nothing of redemptions.
 *
 * Memory   No heap. The caller owns struct journal; there is no close.
 * Threads  Not reentrant: one task owns a journal. Never call from an ISR.
 * Time     append: one program operation for a one-page entry and its read-back, never an erase.
 *          idle: at most two erase steps.
 * Format   SPEC.md, section 3. Invariants J1..Jn are at the top of journal.c.
 */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include "base/bytes.h"
#include "base/crypto.h"
#include "hal/flash.h"
#include "store/keys.h"

enum journal_type {
    JOURNAL_DATA = 1, /* a record for the host: takes a sequence number, part of the outbox until
                         acked */
    JOURNAL_NOTE = 2, /* our own keeping: no number of its own, never sent */
    JOURNAL_ACK = 3,
    JOURNAL_BOOT = 4,
    JOURNAL_GAP = 5
};

/* Which reserve an append may use: later values reach deeper into what is held back. */
enum journal_reserve { JOURNAL_NORMAL, JOURNAL_REVERSE, JOURNAL_VERDICT, JOURNAL_SYSTEM };

enum { JOURNAL_PAYLOAD_MAX = 472, JOURNAL_SALT_BYTES = 8 };

/* A place in the log: stays valid until the entry's sector is reclaimed. */
struct journal_at {
    uint32_t sector; /* sector sequence number S */
    uint32_t offset; /* within the sector */
};

/* One entry as a reader sees it. */
struct journal_entry {
    enum journal_type type;
    uint32_t seq; /* DATA: its number. NOTE: the number of the next DATA when it was written */
    struct journal_at at;
    struct bytes payload; /* inside the caller's buffer */
};

/* Called before a sector is reclaimed, so that the owner can append (JOURNAL_SYSTEM) what must
 * outlive it: every entry in sectors up to and including `sector` will be gone. A failure postpones
 * the reclaim. */
typedef enum scrip_status journal_keep(void *context, uint32_t sector);

/* Private fields; read through the functions below. Target: at most 128 bytes. */
struct journal {
    const struct hal_flash *flash;
    const struct keys *keys;
    journal_keep *keep;
    void *keep_context;
    struct crypto_key aead; /* under the live salt */
    uint8_t salt[JOURNAL_SALT_BYTES];
    uint8_t aead_salt[JOURNAL_SALT_BYTES];
    uint32_t head_sector, head_offset; /* where the next entry goes */
    uint32_t tail_sector;              /* the oldest sector still held */
    uint32_t prepared_sector; /* sectors below this sequence number are erased and marked */
    uint32_t next_seq;
    uint32_t ack_seq;      /* every DATA up to and including it is acknowledged */
    uint32_t erase_sector; /* an erase under way, or UINT32_MAX */
    uint32_t boots;
    uint32_t gaps;
    uint8_t flags;
};

/*
 * Opens the log, and writes the BOOT fence before it returns. found: how it was found. OK: ready.
 * FAULT_FOREIGN: blank, or another format_id: nothing was written; journal_format() makes it ours.
 * FAULT_READ_ONLY: readable and ackable, but no append (boot reserve spent); FAULT_ENTROPY;
 * FAULT_FLASH.
 */
MUST_CHECK enum scrip_status journal_mount(struct journal *journal, const struct hal_flash *flash,
                                           const struct keys *keys, journal_keep *keep,
                                           void *keep_context);

/* Makes an empty log under the keystore's format_id, first DATA number 1. Erases; blocks; for
 * enrolment only. */
MUST_CHECK enum scrip_status journal_format(const struct hal_flash *flash, const struct keys *keys);

/*
 * Appends one entry, durable on OK. *seq (DATA) is its number, *at its place. REFUSED_FULL: nothing
 * changed, O(1). REFUSED_TOO_LONG. FAULT_FLASH: may or may not be durable: the journal refuses
 * further appends with FAULT_READ_ONLY until journal_refence() has settled which.
 */
MUST_CHECK enum scrip_status journal_append(struct journal *journal, enum journal_type type,
                                            enum journal_reserve reserve, struct bytes payload,
                                            uint32_t *seq, struct journal_at *at);

/* After a FAULT_FLASH: walks the tail and writes a new BOOT fence. OK: appends work again, and
 * *last_seq is the last durable DATA. */
MUST_CHECK enum scrip_status journal_refence(struct journal *journal, uint32_t *last_seq);

/* Reads the entry at `at` into buffer (at least JOURNAL_PAYLOAD_MAX + 40 bytes); FAULT_CORRUPT: it
 * does not authenticate. */
MUST_CHECK enum scrip_status journal_read(const struct journal *journal, struct journal_at at,
                                          struct buffer *buffer, struct journal_entry *entry);

/*
 * Walks forward: *at is where to look; on OK entry is filled and *at moved past it. AGAIN: the end
 * of the log. FAULT_CORRUPT: an entry that does not authenticate was passed; *at moved past it and
 * entry->seq says which by its header.
 */
MUST_CHECK enum scrip_status journal_next(const struct journal *journal, struct journal_at *at,
                                          struct buffer *buffer, struct journal_entry *entry);

/* The oldest place held; the first place that still has DATA above ack_seq (binary search over
 * sectors). */
void journal_oldest(const struct journal *journal, struct journal_at *at);
MUST_CHECK enum scrip_status journal_find(const struct journal *journal, uint32_t seq,
                                          struct journal_at *at);

/* Everything up to seq is acknowledged; durable on OK. Frees nothing yet: reclaim is lazy.
 * REFUSED_ARGUMENT: beyond the newest or backward. */
MUST_CHECK enum scrip_status journal_ack(struct journal *journal, uint32_t seq);

/* Erases ahead and reclaims acknowledged sectors when free space runs low: at most two erase steps.
 * OK: nothing more to do; AGAIN: call again. */
MUST_CHECK enum scrip_status journal_idle(struct journal *journal);

struct journal_room {
    uint32_t free_bytes; /* programmable without any erase or reclaim still pending, reserves
                            excluded */
    uint32_t records; /* DATA of JOURNAL_PAYLOAD_MAX that still fit under JOURNAL_NORMAL once idle
                         has run */
    uint32_t sectors_free, sectors_total;
};
void journal_room(const struct journal *journal, struct journal_room *room);

uint32_t journal_next_seq(const struct journal *journal);
uint32_t journal_acked(const struct journal *journal);

/* Offline examination of an image for tools: walks everything readable, calling back an entry or a
 * fault at a time. */
struct journal_finding {
    enum {
        JOURNAL_FOUND_SECTOR,
        JOURNAL_FOUND_ENTRY,
        JOURNAL_FOUND_TORN,
        JOURNAL_FOUND_DAMAGED
    } what;
    struct journal_entry entry;
    uint32_t ack;
};
typedef enum scrip_status journal_visit(void *context, const struct journal_finding *finding);
MUST_CHECK enum scrip_status journal_examine(const struct hal_flash *flash, const struct keys *keys,
                                             journal_visit *visit, void *context);

#endif
