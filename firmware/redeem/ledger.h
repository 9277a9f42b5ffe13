/*
 * ledger: what the journal's entries mean: the chain, the codes already spent, the sums that limits
 * are held against, and the outbox that the host has yet to acknowledge.
 *
 * ledger_append() is the point of no return: OK means that the redemption is durable and its code
 * spent, and it is the only gate against a second use. Nothing later turns that into a failure.
 *
 * Memory   The caller owns struct ledger (a few KiB: the spent set is the largest part).
 * Threads  Owner task only.
 * Time     append is one journal append, one hash of a record and two HMACs; every 64 records,
 *          where ledger_idle() has had no chance, a checkpoint before it (at most ten appends).
 * Format   SPEC section 11. Invariants L1..L8 are at the top of ledger.c.
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
    uint32_t seq; /* bit 31: the host has refused this use */
};

/* A recent request of the till: hash of SaleID and ServiceID, and the record it led to. */
struct ledger_ref {
    uint32_t hash;
    uint32_t seq;
};

/* What one member was given today. */
struct ledger_member {
    uint8_t key[8]; /* HMAC(K_spent, pseudonym), truncated */
    uint32_t sum_minor;
};

/* What is known of a record that the host has not acknowledged. */
struct ledger_mark {
    uint32_t seq;
    uint8_t what; /* LEDGER_REVERSED, LEDGER_LATE */
};

/* Requests that are recognised when a till repeats them; members whose sums are exact; records that
 * are reversed or late at a time; late refusals that are remembered, the newest. */
enum {
    LEDGER_REFS = SCRIP_REFS,
    LEDGER_MEMBERS = SCRIP_MEMBERS,
    LEDGER_MARKS = SCRIP_MARKS,
    LEDGER_LATES = 8,
    LEDGER_PERIOD = 64
};

/* Readable by everyone, changed by the functions below only. */
struct ledger {
    struct journal *journal;
    const struct keys *keys;
    uint8_t spent_key[32];
    uint8_t head[RECORD_LINK_BYTES]; /* link of the newest record */
    uint32_t head_seq;
    uint8_t acked_head[RECORD_LINK_BYTES]; /* link of the record at the ack cursor */
    uint32_t acked_seq;
    uint32_t unsettled_count; /* approved, unreversed and not yet acknowledged */
    uint64_t unsettled_minor;
    uint32_t oldest_s;                 /* time of the oldest unacknowledged record, 0: none */
    uint32_t floor_s, unc_s, signed_s; /* the clock's persistent part */
    uint32_t listed_seq;   /* number of the status list that coupons were left to, 0: none was */
    uint32_t approved_seq; /* the newest approved redemption, 0: none */
    uint32_t open_ask;     /* seq of a redeem(ask) without outcome, 0: none */
    uint32_t ask_minor;    /* what it is worth once approved */
    uint8_t ask_member[8];
    bool ask_has_member;
    uint32_t acked_ask; /* an acknowledged ask whose outcome is not, 0: none */
    bool broken;        /* an append faulted: closed until refenced */
    bool fork;          /* chain and host disagree: redeem off; durable */
    bool suspended;     /* the host has said so: redeem off; durable */

    uint32_t since_checkpoint;         /* records that recovery would have to replay */
    uint32_t recovered_spent;          /* spent entries that recovery would have to hold */
    uint32_t checkpoint_sector;        /* where the last complete one begins */
    uint32_t noted_ack, noted_floor_s; /* as the newest note has them */
    bool noted_suspended;

    uint32_t member_day;
    uint32_t member_least_minor; /* nobody outside the table was given more than this today */
    struct {
        bool known;
        uint8_t member[TOKEN_ID_BYTES], key[8];
    } asked; /* whom ledger_member_today() was asked about last: the append needs no second HMAC */
    uint16_t spent_count, ref_count, member_count, mark_count, late_count;
    struct ledger_spent spent[LIMIT_SPENT];
    struct ledger_ref refs[LEDGER_REFS]; /* oldest first */
    struct ledger_member members[LEDGER_MEMBERS];
    struct ledger_mark marks[LEDGER_MARKS];
    /* Given, refused by the host since, and neither taken back nor gone from the journal. */
    uint32_t late[LEDGER_LATES]; /* oldest first */
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
    bool rolled_back;  /* the board's counter has seen more: as after ledger_declare_fork() */
};

/*
 * Rebuilds everything from the last complete checkpoint and what follows, and voids an ask without
 * outcome. The ledger is zeroed before journal_mount(), which gets ledger_keep as its keep callback
 * and the ledger as the context. A journal mounted read only is opened too: an open ask then stays
 * open, and the outbox stops before it. FAULT_CORRUPT: no checkpoint is readable, or the chain is
 * broken; FAULT_FOREIGN: another epoch's records; FAULT_FLASH. stamp is for the void.
 */
MUST_CHECK enum scrip_status ledger_open(struct ledger *ledger, struct journal *journal,
                                         const struct keys *keys, const struct record_stamp *stamp,
                                         struct ledger_recovery *found);
journal_keep ledger_keep;

/*
 * Consumes the redemption's seal. OK: durable and spent. A repeat (same SaleID, ServiceID and
 * digest, or the same code with the same SaleID and SaleTransactionID) is OK with entry->replayed,
 * and appends nothing. REFUSED_USED: the code was used, by another request. REFUSED_DUPLICATE: same
 * SaleID and ServiceID, other digest (among the last LEDGER_REFS requests). REFUSED_FULL,
 * REFUSED_TOO_LONG, REFUSED_ARGUMENT (ids that are no text), REFUSED_STATE (an ask is open),
 * FAULT_FORK: nothing changed. FAULT_READ_ONLY: closed by a fault, or the journal is; nothing was
 * tried. FAULT_FLASH: unknown until ledger_refence(). mode PERMIT_ASK: spent, not approved.
 */
MUST_CHECK enum scrip_status ledger_append(struct ledger *ledger, struct redemption *redemption,
                                           const struct record_stamp *stamp, uint32_t state,
                                           struct ledger_entry *entry);

/* A sale noted for a member: by a verified code, or else by a sealed identifier. */
struct ledger_award {
    const struct sale *sale;
    struct bytes token; /* empty: sealed says who */
    uint32_t issuer;
    struct bytes sealed; /* RECORD_SEALED_BYTES */
};
/* Appends an award. It spends no code and counts in no sum of redemptions. A repeat (same SaleID,
 * ServiceID and digest) is OK with entry->replayed. Statuses and faults as ledger_append(), without
 * REFUSED_USED. */
MUST_CHECK enum scrip_status ledger_award(struct ledger *ledger, const struct ledger_award *award,
                                          const struct record_stamp *stamp, uint32_t state,
                                          struct ledger_entry *entry);

/* Ends an ask, also on a full journal. accepted and offline approve; void releases the code
 * here, refused does not: the host has the last word on it also once it is out of reach.
 * REFUSED_STATE: seq is not the open ask. REFUSED_ARGUMENT: auth is not at most 16 bytes of text;
 * nothing changed. Faults as ledger_append(). */
MUST_CHECK enum scrip_status ledger_outcome(struct ledger *ledger, uint32_t seq,
                                            enum record_result result, struct bytes auth,
                                            enum record_code code,
                                            const struct record_stamp *stamp);

/* Undoes an approved redemption or an award, also on a full journal, and releases the code here
 * unless the host has refused it meanwhile. OK again, with
 * entry->replayed, for one already reversed. REFUSED_NOT_FOUND, REFUSED_STATE (never approved).
 * Faults as ledger_append(). */
MUST_CHECK enum scrip_status ledger_reverse(struct ledger *ledger, uint32_t seq,
                                            const struct record_stamp *stamp,
                                            struct ledger_entry *entry);

/* After FAULT_FLASH: settles what is durable and rebuilds everything from it. OK: works again, and
 * a record whose append faulted is either there (ledger_lookup() finds it; an ask is then open_ask,
 * for ledger_outcome()) or was never written. Statuses of journal_refence() and ledger_open():
 * still closed. */
MUST_CHECK enum scrip_status ledger_refence(struct ledger *ledger);

/* Whether a code would be refused as used, without changing anything (policy facts, display). *seq
 * is the record that spent it. A failing library counts as used, with *seq 0. */
bool ledger_is_spent(struct ledger *ledger, uint32_t issuer, const uint8_t cti[TOKEN_ID_BYTES],
                     uint32_t *seq);
/* How many coupons the outbox holds, reversed ones too; stops at most. A record that cannot be read
 * counts as one. Time: reads the outbox, so it is asked only where a coupon is at hand. */
uint32_t ledger_coupons(struct ledger *ledger, uint32_t most);
/* HMAC(K_spent, "draw", issuer, cti), truncated: the draw for random_online_permille. */
MUST_CHECK enum scrip_status ledger_draw(const struct ledger *ledger, uint32_t issuer,
                                         const uint8_t cti[TOKEN_ID_BYTES], uint8_t draw[8]);

/* What the member was given today: exact for the LEDGER_MEMBERS highest of the day, else an upper
 * bound. UINT64_MAX: the library failed. */
uint64_t ledger_member_today(struct ledger *ledger, const uint8_t member[TOKEN_ID_BYTES],
                             uint32_t t_s);

/* Drops spent entries whose exp + 120 s lies below the floor; persists the clock's part with the
 * next checkpoint. */
void ledger_clock(struct ledger *ledger, uint32_t floor_s, uint32_t unc_s, uint32_t signed_s);

/* Whether the status list numbered list_seq refuses this coupon from now on. */
typedef bool ledger_listed(void *context, const struct token_claims *claims);

/* Drops the spent entries of settled coupons that a status list refuses in their place, and keeps
 * the list's number with the next checkpoint: from then on a terminal that has lost that list must
 * not decide on coupons. An entry whose record is no longer held stays. Time: reads at most
 * LIMIT_SPENT records; idle only. */
void ledger_leave_to_list(struct ledger *ledger, uint32_t list_seq, ledger_listed *listed,
                          void *context);

/* Everything known of one redemption or award, from its records. */
struct ledger_story {
    struct record redeem; /* or award; views into the ledger's scratch: until the next ledger call
                           */
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
/* REFUSED_NOT_FOUND: never written, no longer held, or neither. FAULT_CORRUPT: its record, or
 * an ask's outcome, is unreadable. Bounded by a walk from seq to the head. */
MUST_CHECK enum scrip_status ledger_story(struct ledger *ledger, uint32_t seq,
                                          struct ledger_story *story);

/* The record at seq, of any type; views into the scratch. REFUSED_NOT_FOUND: beyond the head or no
 * longer held. FAULT_CORRUPT. */
MUST_CHECK enum scrip_status ledger_record(struct ledger *ledger, uint32_t seq,
                                           struct record *record);

/* The newest redemption or award that a till's reference led to. service_id or transaction_id may
 * be empty, not both (REFUSED_ARGUMENT); an award is found by its service_id only.
 * REFUSED_NOT_FOUND. At worst one walk over everything held. */
MUST_CHECK enum scrip_status ledger_lookup(struct ledger *ledger, struct bytes sale_id,
                                           struct bytes service_id, struct bytes transaction_id,
                                           uint32_t *seq);

/* The same among the last LEDGER_REFS requests alone, by both ids: what a sale is asked before it
 * may be new. Reads a record only where one is likely to be found, however long the journal. */
MUST_CHECK enum scrip_status ledger_recent(struct ledger *ledger, struct bytes sale_id,
                                           struct bytes service_id, uint32_t *seq);

/*
 * The outbox. Records in order above acked_seq, never an ask before its outcome. *seq: in, the last
 * one read (start with acked_seq); out, this one's. record is valid until the next ledger call.
 * AGAIN: no more now. FAULT_CORRUPT: *seq is unreadable: declare it missing.
 */
MUST_CHECK enum scrip_status ledger_outbox(struct ledger *ledger, uint32_t *seq,
                                           struct bytes *record);
/* The link at seq (acked_seq..head_seq), for comparison with the host's head. REFUSED_ARGUMENT:
 * outside. FAULT_CORRUPT: neither the record nor the next is readable. */
MUST_CHECK enum scrip_status ledger_link_at(struct ledger *ledger, uint32_t seq,
                                            uint8_t link[RECORD_LINK_BYTES]);

/* A verdict other than accepted, durable on OK, so before the ack that covers it. Repeating one,
 * and one at or below the cursor, is OK and appends nothing. REFUSED_ARGUMENT: beyond the head, or
 * no code. REFUSED_FULL: more than LEDGER_MARKS are open; never for the record next to the
 * cursor, so that an ack up to it makes room. Faults as ledger_append(). */
MUST_CHECK enum scrip_status ledger_late(struct ledger *ledger, uint32_t of, enum record_code code,
                                         const struct record_stamp *stamp);

/* Everything up to seq is settled: durable with the next append or idle step, and before anything
 * is freed. A cut before that only means that the host is told again. FAULT_FORK: head is not ours
 * at seq: nothing freed, redeem off from now on. REFUSED_ARGUMENT: below the cursor, beyond the
 * head, or an ask without outcome. FAULT_CORRUPT: as ledger_link_at(). Works on a read-only journal
 * too. */
MUST_CHECK enum scrip_status ledger_ack(struct ledger *ledger, uint32_t seq,
                                        const uint8_t head[RECORD_LINK_BYTES]);

/* The host has shown that our chain is not the only one of our name: redeem off from now on, also
 * after a restart; nothing is freed. FAULT_FORK: noted. FAULT_FLASH, FAULT_READ_ONLY. */
MUST_CHECK enum scrip_status ledger_declare_fork(struct ledger *ledger);

/* The host has suspended this terminal, or has lifted that: also after a restart. Known in RAM
 * whatever happens to the note; one that found no room is written again by ledger_idle(). OK,
 * REFUSED_FULL, FAULT_READ_ONLY, FAULT_FLASH. */
MUST_CHECK enum scrip_status ledger_suspend(struct ledger *ledger, bool suspended);

/* One idle step: checkpoint, erase ahead, reclaim. AGAIN: there is more to do. FAULT_READ_ONLY:
 * closed by a fault. */
MUST_CHECK enum scrip_status ledger_idle(struct ledger *ledger);

#endif
