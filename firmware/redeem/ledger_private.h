/*
 * ledger_private: what the files of the ledger share. ledger.c appends; ledger_state.c keeps what
 * the records say; ledger_note.c writes and reads checkpoints; ledger_recover.c rebuilds;
 * ledger_read.c reads single records; ledger_outbox.c settles with the host.
 */
#ifndef REDEEM_LEDGER_PRIVATE_H
#define REDEEM_LEDGER_PRIVATE_H

#include "redeem/ledger.h"

enum { LEDGER_REVERSED = 1, LEDGER_LATE = 2 };

/* In a spent entry's seq: the host has refused this use, so a reverse does not release the code. */
#define LEDGER_BURNT (UINT32_C(1) << 31)

/* What a token says that the ledger keeps. */
struct ledger_code {
    uint8_t key[8];
    uint32_t exp_s;
    uint8_t member[8];
    bool has_member;
};

/* ledger_state.c */

MUST_CHECK enum scrip_status ledger_code_of(const struct ledger *ledger, uint32_t issuer,
                                            const struct token_claims *claims,
                                            struct ledger_code *code);
/* The same from a redeem record. FAULT_CORRUPT: its token is not one. */
MUST_CHECK enum scrip_status ledger_code_of_record(const struct ledger *ledger,
                                                   const struct record *redeem,
                                                   struct ledger_code *code);

/* The one place where a durable record changes what is known, at the till and in recovery alike;
 * cannot fail. code: of a redeem, or of the redeem that a reverse is about (NULL: unreadable). */
void ledger_apply(struct ledger *ledger, const struct record *record,
                  const struct ledger_code *code, const uint8_t link[RECORD_LINK_BYTES]);

struct ledger_spent *ledger_find_spent(struct ledger *ledger, const uint8_t key[8]);
void ledger_forget_late(struct ledger *ledger, uint32_t seq);
bool ledger_has_mark(const struct ledger *ledger, uint32_t seq, uint8_t what);
uint32_t ledger_ref_hash(struct bytes sale_id, struct bytes service_id);
bool ledger_is_approval(const struct record *record); /* of this record's own value */

/* ledger_note.c */

/* A whole checkpoint, or the scalars alone. REFUSED_FULL: the old one stays in force. Faults close
 * the ledger as an append's do. */
MUST_CHECK enum scrip_status ledger_checkpoint(struct ledger *ledger);
MUST_CHECK enum scrip_status ledger_note_state(struct ledger *ledger);

/* Which piece of a checkpoint a note is: index from 0, last. False: not one. */
bool ledger_note_piece(struct bytes note, uint8_t *index, bool *last);
bool ledger_note_is_state(struct bytes note);
/* Takes a piece of a checkpoint, or the scalars. FAULT_CORRUPT: malformed. FAULT_FOREIGN: epoch. */
MUST_CHECK enum scrip_status ledger_note_load(struct ledger *ledger, struct bytes note);

/* ledger_recover.c */

MUST_CHECK enum scrip_status ledger_recover(struct ledger *ledger, struct ledger_recovery *found);

/* ledger_read.c */

/* The next DATA from *at on, into the scratch. AGAIN: the end. FAULT_CORRUPT: it is unreadable, and
 * record->seq alone is set; *at is past it. */
MUST_CHECK enum scrip_status ledger_next(struct ledger *ledger, struct journal_cursor *at,
                                         struct record *record);

/* ledger_outbox.c */

/* What an ack changes, found out before it is durable. */
struct ledger_settling {
    uint32_t seq;
    uint8_t head[RECORD_LINK_BYTES];
    uint32_t count;
    uint64_t minor;
    uint32_t acked_ask, oldest_s;
};
MUST_CHECK enum scrip_status ledger_settle(struct ledger *ledger, uint32_t seq,
                                           struct ledger_settling *settling);
void ledger_settled(struct ledger *ledger, const struct ledger_settling *settling);

/* ledger.c */

/* Appends to the journal; a fault closes the ledger (L3). */
MUST_CHECK enum scrip_status ledger_put(struct ledger *ledger, enum journal_type type,
                                        enum journal_reserve reserve, struct bytes payload);
MUST_CHECK enum scrip_status ledger_put_record(struct ledger *ledger, struct record *record,
                                               enum journal_reserve reserve,
                                               const struct ledger_code *code);
MUST_CHECK enum scrip_status ledger_put_outcome(struct ledger *ledger, enum record_result result,
                                                struct bytes auth, enum record_code code,
                                                enum journal_reserve reserve,
                                                const struct record_stamp *stamp);

#endif
