/*
 * journal: an append-only log in flash which survives a power cut.
 *
 * A sale may be approved only once its record can no longer be lost. The return of SCRIP_OK from
 * journal_append() is that moment, and the only one. Payloads are opaque, encrypted and
 * authenticated; the journal knows nothing of redemptions.
 *
 * Memory   No heap. The caller owns struct journal; there is no close. At most 1.3 KiB of stack.
 * Threads  Not reentrant: one task owns a journal. Never call from an ISR.
 * Time     append: one program operation for a one-page entry and its read-back, never an erase.
 *          idle: at most one erase under way. mount never erases.
 * Format   SPEC section 9. Invariants J1..J9 are at the top of journal.c.
 */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include "base/bytes.h"
#include "base/crypto.h"
#include "hal/flash.h"
#include "store/keys.h"

enum journal_type {
    JOURNAL_DATA = 1, /* a record for the host: takes a sequence number, in the outbox until acked
                       */
    JOURNAL_NOTE = 2, /* our own keeping: no number of its own, never sent */
    JOURNAL_ACK = 3,  /* carries the ack cursor when no other entry follows */
    JOURNAL_BOOT = 4, /* fence of a mount: nothing between the last accepted entry and it counts */
    JOURNAL_GAP = 5   /* fence of a spot that did not read back */
};

/* Which reserve an append may use: later values reach deeper into what is held back. */
enum journal_reserve { JOURNAL_NORMAL, JOURNAL_REVERSE, JOURNAL_VERDICT, JOURNAL_SYSTEM };

enum {
    JOURNAL_PAYLOAD_MAX = 472,
    JOURNAL_SALT_BYTES = 8,
    JOURNAL_BUFFER_BYTES = JOURNAL_PAYLOAD_MAX + 40, /* what a reader's buffer must hold */
    JOURNAL_SMALL_BYTES = 112 /* reversals and verdicts up to this size are what is held back for */
};

/* A place in the log: stays valid until the entry's sector is reclaimed. {sector, offset} names it;
 * the rest is what a walk remembers, 0: nothing. */
struct journal_at {
    uint32_t sector; /* sector sequence number S */
    uint32_t offset; /* within the sector */
    uint32_t salt;   /* offset of the entry whose salt is in force there */
    uint32_t seen;   /* the place last delivered, in units of 16 bytes, modulo 2^32 */
};

/* One entry as a reader sees it. */
struct journal_entry {
    enum journal_type type;
    uint32_t seq; /* DATA: its number. NOTE: the number of the next DATA when it was written */
    struct journal_at at;
    struct bytes payload; /* inside the caller's buffer */
};

/* Called before a sector is reclaimed, so that the owner can append (JOURNAL_SYSTEM) what must
 * outlive it: every entry in sectors up to and including `sector` will be gone. It may be called
 * again for the same sector. A failure postpones the reclaim. */
typedef enum scrip_status journal_keep(void *context, uint32_t sector);

/* Private fields; read through the functions below. At most 128 bytes. */
struct journal {
    const struct hal_flash *flash;
    const struct keys *keys;
    journal_keep *keep;
    void *keep_context;
    struct crypto_key aead; /* under the live salt */
    uint8_t salt[JOURNAL_SALT_BYTES];
    struct journal_at head;   /* where the next entry goes; its salt 0: none in the sector yet */
    struct journal_at last;   /* the newest accepted entry that is no fence */
    uint32_t tail_sector;     /* the oldest sector still held */
    uint32_t prepared_sector; /* sectors from the head's up to below this are erased and marked */
    uint32_t next_seq;
    uint32_t ack_seq;     /* every DATA up to and including it is acknowledged */
    uint32_t durable_ack; /* as the newest entry has it */
    uint32_t boot;
    uint32_t gaps;
    bool renewing; /* the newest prepared sector has yet to be erased, perhaps again */
    bool erasing;  /* it, or the one after it, is being erased */
    bool writable; /* a fence is durable and no append has faulted since */
};

/*
 * Opens the log, and writes the BOOT fence before it returns. OK: ready. keep may be NULL.
 * FAULT_FOREIGN: blank, or another format_id: nothing was written; journal_format() makes it ours.
 * FAULT_READ_ONLY: readable and ackable, but no append (boots have spent their reserve); an ack and
 * idle make room and lift it. FAULT_ENTROPY: likewise, until journal_refence(). FAULT_FLASH.
 * REFUSED_ARGUMENT: a geometry that cannot hold the reserves.
 */
MUST_CHECK enum scrip_status journal_mount(struct journal *journal, const struct hal_flash *flash,
                                           const struct keys *keys, journal_keep *keep,
                                           void *keep_context);

/* Makes an empty log under the keystore's format_id, first DATA number 1. Erases all; blocks; for
 * enrolment only. Cut before its end, the medium mounts as empty or as foreign. */
MUST_CHECK enum scrip_status journal_format(const struct hal_flash *flash, const struct keys *keys);

/*
 * Appends one DATA or NOTE, durable on OK. *seq is its number (NOTE: the next DATA's), *at its
 * place; either may be NULL. REFUSED_FULL: nothing changed, O(1); journal_idle() or an ack may
 * help. REFUSED_TOO_LONG. REFUSED_ARGUMENT: another type. FAULT_FLASH: may or may not be durable:
 * further appends answer FAULT_READ_ONLY until journal_refence() has settled which.
 */
MUST_CHECK enum scrip_status journal_append(struct journal *journal, enum journal_type type,
                                            enum journal_reserve reserve, struct bytes payload,
                                            uint32_t *seq, struct journal_at *at);

/* After a FAULT_FLASH: walks the tail and writes a new BOOT fence, as mount does and with its
 * statuses. OK: appends work again, and *last_seq is the last durable DATA. */
MUST_CHECK enum scrip_status journal_refence(struct journal *journal, uint32_t *last_seq);

/* Reads the DATA or NOTE at `at` into buffer (at least JOURNAL_BUFFER_BYTES). FAULT_CORRUPT: there
 * is none that authenticates. REFUSED_NOT_FOUND: reclaimed. */
MUST_CHECK enum scrip_status journal_read(const struct journal *journal, struct journal_at at,
                                          struct buffer *buffer, struct journal_entry *entry);

/*
 * Walks forward over DATA and NOTE: *at is where to look; on OK entry is filled and *at moved past
 * it. A place already reclaimed means the oldest one held. AGAIN: the end of the log.
 * FAULT_CORRUPT: an entry that does not authenticate was passed; *at moved past it and entry->seq
 * is its header's. An entry whose header is unreadable is passed in silence: watch the numbers.
 * FAULT_FLASH.
 */
MUST_CHECK enum scrip_status journal_next(const struct journal *journal, struct journal_at *at,
                                          struct buffer *buffer, struct journal_entry *entry);

/* The oldest place held. */
void journal_oldest(const struct journal *journal, struct journal_at *at);

/* A place from which journal_next() reaches DATA seq, or the first one after it that is still held;
 * the end of the log when there is none. Binary search over sectors. */
MUST_CHECK enum scrip_status journal_find(const struct journal *journal, uint32_t seq,
                                          struct journal_at *at);

/* Everything up to seq is acknowledged. The cursor becomes durable with the next append, else by
 * the next idle step, and in any case before it frees anything; a cut before that only means that
 * the host is asked again. Works read only too. REFUSED_ARGUMENT: beyond the newest or backward. */
MUST_CHECK enum scrip_status journal_ack(struct journal *journal, uint32_t seq);

/* Makes an ack durable, erases ahead, and reclaims acknowledged sectors when erased space runs low.
 * OK: nothing more to do; AGAIN: call again. Statuses of keep are handed on; FAULT_FLASH: the
 * sector is tried again; REFUSED_FULL or FAULT_READ_ONLY: no room even for an ack. */
MUST_CHECK enum scrip_status journal_idle(struct journal *journal);

struct journal_room {
    uint32_t free_bytes; /* programmable without any erase or reclaim still pending, less reserves
                          */
    uint32_t records;    /* DATA of JOURNAL_PAYLOAD_MAX that fit under JOURNAL_NORMAL after idle */
    uint32_t sectors_free, sectors_total;
};
void journal_room(const struct journal *journal, struct journal_room *room);

uint32_t journal_next_seq(const struct journal *journal);
uint32_t journal_acked(const struct journal *journal);

/* A number that grows with every boot, not by one. 0: mounted read only. */
uint32_t journal_boot(const struct journal *journal);

/* Offline examination of an image for tools: walks everything readable, also what fences hide,
 * calling back a finding at a time; nothing is written. A status of visit but OK ends the walk. */
struct journal_finding {
    enum {
        JOURNAL_FOUND_SECTOR, /* entry.at.sector begins; entry.at.offset 0 */
        JOURNAL_FOUND_ENTRY,  /* authentic and counted */
        JOURNAL_FOUND_VOID,   /* authentic, but a later fence says that it never was */
        JOURNAL_FOUND_COPY,   /* a fence's copy of the last entry before it */
        JOURNAL_FOUND_TORN,   /* not blank, and no header */
        JOURNAL_FOUND_DAMAGED /* a header whose entry does not authenticate */
    } what;
    struct journal_entry entry;
    uint32_t ack;
};
typedef enum scrip_status journal_visit(void *context, const struct journal_finding *finding);
MUST_CHECK enum scrip_status journal_examine(const struct hal_flash *flash, const struct keys *keys,
                                             journal_visit *visit, void *context);

#endif
