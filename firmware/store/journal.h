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
    JOURNAL_BOOT = 4  /* fence of a mount: what was under way before it counts or not, for ever */
};

/* Which reserve an append may use: earlier values reach deeper into what is held back. An owner's
 * are the last three and JOURNAL_SYSTEM; the journal's own are the other two. */
enum journal_reserve {
    JOURNAL_ACKS,
    JOURNAL_SYSTEM,
    JOURNAL_BOOTS,
    JOURNAL_VERDICT,
    JOURNAL_REVERSE,
    JOURNAL_NORMAL
};

enum {
    JOURNAL_PAYLOAD_MAX = 472,
    JOURNAL_SALT_BYTES = 8,
    JOURNAL_BUFFER_BYTES = JOURNAL_PAYLOAD_MAX + 40, /* a whole entry, as a reader needs it */
    JOURNAL_SMALL_BYTES = 112 /* reversals and verdicts up to this size are what is held back for */
};

/* A place in the log: stays valid until the entry's sector is reclaimed. */
struct journal_at {
    uint32_t sector; /* sector sequence number S */
    uint32_t offset; /* within the sector */
};

/* A place in a walk over the log: all zero begins at the oldest place held, whichever that is. */
struct journal_cursor {
    struct journal_at at; /* where it looks next */
    uint32_t seen;        /* the name of what it has delivered last; 0: nothing yet */
};

/* One entry as a reader sees it. */
struct journal_entry {
    enum journal_type type;
    uint32_t seq; /* DATA: its number. NOTE: the number of the next DATA when it was written */
    struct bytes payload; /* inside the caller's data */
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
    struct journal_at head;   /* where the next entry goes, if it fits there */
    uint32_t sectors;         /* that flash has */
    uint32_t tail_sector;     /* the oldest sector still held */
    uint32_t prepared_sector; /* sectors from the head's up to below this are erased and marked */
    uint32_t next_seq;
    uint32_t ack_seq;     /* every DATA up to and including it is acknowledged */
    uint32_t durable_ack; /* as the newest entry has it */
    uint32_t boot;
    uint8_t turn;  /* of the next entry: see journal_layout.h */
    bool erasing;  /* the sector behind the prepared ones is being erased */
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
 * Appends one DATA or NOTE, durable on OK; a DATA's number is journal_next_seq() of before.
 * REFUSED_FULL: nothing changed, O(1); journal_idle() or an ack may help. REFUSED_TOO_LONG.
 * REFUSED_ARGUMENT: another type. FAULT_FLASH: may or may not be durable: further appends answer
 * FAULT_READ_ONLY until journal_refence() has settled which.
 */
MUST_CHECK enum scrip_status journal_append(struct journal *journal, enum journal_type type,
                                            enum journal_reserve reserve, struct bytes payload);

/* After a FAULT_FLASH: walks the tail and writes a new BOOT fence, as mount does and with its
 * statuses. OK: appends work again, and journal_next_seq() says which DATA is durable. */
MUST_CHECK enum scrip_status journal_refence(struct journal *journal);

/*
 * Walks forward over DATA and NOTE: on OK entry is filled, its payload in data, and *cursor moved
 * past it. A place already reclaimed means the oldest one held. AGAIN: the end of the log.
 * FAULT_CORRUPT: an entry that does not authenticate was passed; *cursor moved past it and
 * entry->seq is its header's. An entry whose header is unreadable is passed in silence: watch the
 * numbers. FAULT_FLASH.
 */
MUST_CHECK enum scrip_status journal_next(const struct journal *journal,
                                          struct journal_cursor *cursor,
                                          uint8_t data[JOURNAL_BUFFER_BYTES],
                                          struct journal_entry *entry);

/* The place from which journal_next() reaches DATA seq, or the first one after it that is still
 * held; the end of the log when there is none. Binary search over sectors. */
MUST_CHECK enum scrip_status journal_find(const struct journal *journal, uint32_t seq,
                                          struct journal_cursor *cursor);

/* Everything up to seq is acknowledged. The cursor becomes durable with the next append, else by
 * the next idle step, and in any case before it frees anything; a cut before that only means that
 * the host is asked again. Works read only too. REFUSED_ARGUMENT: beyond the newest or backward. */
MUST_CHECK static inline enum scrip_status journal_ack(struct journal *journal, uint32_t seq)
{
    if (seq < journal->ack_seq || seq >= journal->next_seq)
        return SCRIP_REFUSED_ARGUMENT;
    journal->ack_seq = seq;
    return SCRIP_OK;
}

/* Makes an ack durable, erases ahead, and reclaims acknowledged sectors when erased space runs low.
 * OK: nothing more to do; AGAIN: call again. Statuses of keep are handed on; FAULT_FLASH: the
 * sector is tried again; REFUSED_FULL or FAULT_READ_ONLY: no room even for an ack. */
MUST_CHECK enum scrip_status journal_idle(struct journal *journal);

/* DATA of JOURNAL_PAYLOAD_MAX that fit under JOURNAL_NORMAL once idle has done what it can. */
uint32_t journal_room(const struct journal *journal);

/* The number that the next DATA gets, and the last one acknowledged. */
static inline uint32_t journal_next_seq(const struct journal *journal)
{
    return journal->next_seq;
}

static inline uint32_t journal_acked(const struct journal *journal)
{
    return journal->ack_seq;
}

/* Whether no sector was ever given up: the walk from the oldest place begins where the log did. */
static inline bool journal_is_whole(const struct journal *journal)
{
    return journal->tail_sector == journal->sectors;
}

/* The sector of the newest entry. */
static inline uint32_t journal_sector(const struct journal *journal)
{
    return journal->head.sector;
}

/* A number that grows with every boot, not by one. 0: mounted read only. */
static inline uint32_t journal_boot(const struct journal *journal)
{
    return journal->boot;
}

/* Offline examination of an image for tools: walks everything readable, also what fences hide,
 * calling back a finding at a time; nothing is written. A status of visit but OK ends the walk. */
struct journal_finding {
    enum {
        JOURNAL_FOUND_SECTOR, /* at.sector begins; at.offset 0 */
        JOURNAL_FOUND_ENTRY,  /* authentic and counted */
        JOURNAL_FOUND_VOID, /* authentic, but a later fence says that it never was, or was other */
        JOURNAL_FOUND_COPY, /* a fence's copy of the last entry before it */
        JOURNAL_FOUND_TORN, /* not blank, and no header */
        JOURNAL_FOUND_DAMAGED /* a header whose entry does not authenticate */
    } what;
    struct journal_at at;
    struct journal_entry entry;
    uint32_t ack;
};
typedef enum scrip_status journal_visit(void *context, const struct journal_finding *finding);
MUST_CHECK enum scrip_status journal_examine(const struct hal_flash *flash, const struct keys *keys,
                                             journal_visit *visit, void *context);

#endif
