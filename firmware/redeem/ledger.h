/*
 * ledger: what the journal's entries mean: the chain, the codes already spent, the sums that limits
 * are held against, and the outbox that the host has yet to acknowledge.
 *
 * ledger_append() is the point of no return: OK means that the redemption is durable and its code
 * spent, and it is the only gate against a second use. Nothing later turns that into a failure.
 *
 * Memory   The caller owns struct ledger (a few KiB: the spent set is the largest part).
 * Threads  Owner task only. Time: append is one journal append and two SHA-256 of a record.
 * Format   SPEC section 3. Invariants L1..Ln are at the top of ledger.c.
 */
#ifndef REDEEM_LEDGER_H
#define REDEEM_LEDGER_H

#include "redeem/bind.h"
#include "redeem/record.h"
#include "store/journal.h"
#include "store/keys.h"

struct ledger_spent {
    uint8_t key[8]; /* HMAC(K_spent, issuer, cti), truncated */
    uint32_t exp_s;
    uint32_t seq;
};

/* A recent request of the till: hash of SaleID and ServiceID, and the record it led to. */
struct ledger_ref {
    uint32_t hash;
    uint32_t seq;
};

enum { LEDGER_REFS = 64, LEDGER_MEMBERS = 32 };

struct ledger {
    struct journal *journal;
    const struct keys *keys;
    uint8_t spent_key[32];
    uint8_t head[RECORD_LINK_BYTES]; /* link of the newest record */
    uint32_t head_seq;
    uint8_t acked_head[RECORD_LINK_BYTES]; /* link of the record at the ack cursor */
    uint32_t acked_seq;
    uint32_t unsettled_count;
    uint64_t unsettled_minor;
    uint32_t oldest_s;                 /* time of the oldest unacknowledged record, 0: none */
    uint32_t floor_s, unc_s, signed_s; /* the clock's persistent part */
    uint32_t since_checkpoint;
    uint32_t open_ask; /* seq of a redeem(ask) without outcome, 0: none */
    bool broken;       /* an append faulted: closed until refenced */
    bool fork;         /* chain and host disagree: redeem off */
    size_t spent_count;
    struct ledger_spent spent[LIMIT_SPENT];
    struct ledger_ref refs[LEDGER_REFS];
    uint8_t ref_next;
    struct {
        uint8_t key[8];
        uint32_t day;
        uint32_t sum_minor;
    } members[LEDGER_MEMBERS];
    uint8_t scratch[LIMIT_RECORD_BYTES + 64];
};

struct ledger_entry {
    uint32_t epoch, seq;
    bool replayed; /* the same request was already recorded: this is its original, nothing was
                      appended */
};

/* What recovery found, for the log and the till. */
struct ledger_recovery {
    uint32_t records;    /* read since the checkpoint */
    uint32_t voided_seq; /* an ask without outcome, now void; 0: none */
    uint32_t last_seq; /* the newest approved redemption: it may not have been answered; 0: none */
    uint32_t damaged;  /* entries that did not authenticate */
};

/* Rebuilds everything from the checkpoint and what follows; voids an ask without outcome. The
 * journal must be mounted with ledger_keep as its keep callback and this ledger as the context. */
MUST_CHECK enum scrip_status ledger_open(struct ledger *ledger, struct journal *journal,
                                         const struct keys *keys, const struct record_stamp *stamp,
                                         struct ledger_recovery *found);
journal_keep ledger_keep;

/*
 * Consumes the redemption's seal. OK: durable and spent. REFUSED_USED: the code was used, by
 * another request. A repeat of the same sale (same SaleTransactionID and same code) is OK with
 * entry->replayed. REFUSED_DUPLICATE: same SaleID and ServiceID, other digest. REFUSED_FULL,
 * REFUSED_TOO_LONG: nothing changed. FAULT_FLASH: unknown until ledger_refence().
 */
MUST_CHECK enum scrip_status ledger_append(struct ledger *ledger, struct redemption *redemption,
                                           const struct record_stamp *stamp, uint32_t state,
                                           struct ledger_entry *entry);

/* Ends an ask. REFUSED_STATE: seq is not the open ask. accepted and offline approve; refused and
 * void release the code here. */
MUST_CHECK enum scrip_status ledger_outcome(struct ledger *ledger, uint32_t seq,
                                            enum record_result result, struct bytes auth,
                                            enum record_code code,
                                            const struct record_stamp *stamp);

/* Undoes an approved redemption, also on a full journal. OK again for one already reversed.
 * REFUSED_NOT_FOUND, REFUSED_STATE (never approved). */
MUST_CHECK enum scrip_status ledger_reverse(struct ledger *ledger, uint32_t seq,
                                            const struct record_stamp *stamp,
                                            struct ledger_entry *entry);

/* After FAULT_FLASH: settles what is durable. OK: works again. */
MUST_CHECK enum scrip_status ledger_refence(struct ledger *ledger);

/* Whether a code would be refused as used, without changing anything (policy facts, display). */
bool ledger_is_spent(struct ledger *ledger, uint32_t issuer, const uint8_t cti[TOKEN_ID_BYTES],
                     uint32_t *seq);
/* HMAC(K_device, issuer, cti): the draw for random_online_permille. */
MUST_CHECK enum scrip_status ledger_draw(const struct ledger *ledger, uint32_t issuer,
                                         const uint8_t cti[TOKEN_ID_BYTES], uint8_t draw[8]);
uint64_t ledger_member_today(const struct ledger *ledger, const uint8_t member[TOKEN_ID_BYTES],
                             uint32_t t_s);

/* Drops spent entries whose exp + 120 s lies below the floor; persists the clock's part with the
 * next checkpoint. */
void ledger_clock(struct ledger *ledger, uint32_t floor_s, uint32_t unc_s, uint32_t signed_s);

/* Everything known of one redemption, from its records. */
struct ledger_story {
    struct record redeem; /* views into the ledger's scratch: until the next ledger call */
    enum {
        STORY_ASKING,
        STORY_APPROVED,
        STORY_REFUSED,
        STORY_VOID,
        STORY_REVERSED,
        STORY_LATE_REFUSED
    } state;
    uint8_t result; /* enum record_result of the outcome, 0: none */
    uint8_t code;   /* enum record_code of an outcome or late verdict */
    char auth[17];
    bool acked;
};
/* REFUSED_NOT_FOUND: never written or no longer held. Bounded by a walk from seq to the head. */
MUST_CHECK enum scrip_status ledger_story(struct ledger *ledger, uint32_t seq,
                                          struct ledger_story *story);

/* The record at seq, of any type; views into the scratch. REFUSED_NOT_FOUND: beyond the head or no
 * longer held. FAULT_CORRUPT. */
MUST_CHECK enum scrip_status ledger_record(struct ledger *ledger, uint32_t seq,
                                           struct record *record);

/* The redemption that a till's reference led to. service_id may be empty with transaction_id given.
 * REFUSED_NOT_FOUND. */
MUST_CHECK enum scrip_status ledger_lookup(struct ledger *ledger, struct bytes sale_id,
                                           struct bytes service_id, struct bytes transaction_id,
                                           uint32_t *seq);

/*
 * The outbox. Records in order above acked_seq, never an ask before its outcome. *seq: in, the last
 * one read (start with acked_seq); out, this one's. record is valid until the next ledger call.
 * AGAIN: no more now. FAULT_CORRUPT: *seq is unreadable: declare it missing.
 */
MUST_CHECK enum scrip_status ledger_outbox(struct ledger *ledger, uint32_t *seq,
                                           struct bytes *record);
/* The link at seq (acked_seq..head_seq), for comparison with the host's head. */
MUST_CHECK enum scrip_status ledger_link_at(struct ledger *ledger, uint32_t seq,
                                            uint8_t link[RECORD_LINK_BYTES]);

/* A verdict other than accepted, durable before the ack that covers it. Repeating one is OK and
 * appends nothing. */
MUST_CHECK enum scrip_status ledger_late(struct ledger *ledger, uint32_t of, enum record_code code,
                                         const struct record_stamp *stamp);

/* FAULT_FORK: head is not ours at seq: nothing freed, redeem off. REFUSED_ARGUMENT: below the
 * cursor or beyond the head. */
MUST_CHECK enum scrip_status ledger_ack(struct ledger *ledger, uint32_t seq,
                                        const uint8_t head[RECORD_LINK_BYTES]);

/* One idle step: erase ahead, reclaim, checkpoint. AGAIN: there is more to do. */
MUST_CHECK enum scrip_status ledger_idle(struct ledger *ledger);

#endif
