/*
 * db: the host's memory: chains, records with their verdicts, and which code was used where.
 *
 * SQLite in WAL mode with synchronous=FULL: after db_commit() a power cut takes nothing back. That
 * a code is accepted at most once is the database's own doing: a partial unique index over
 * token_use(issuer, cti) where the use is accepted and not undone.
 *
 * Threads  One: the handler's. Every statement is prepared once.
 * Format   schema.c.
 */
#ifndef TOOLS_HOST_DB_H
#define TOOLS_HOST_DB_H

#include "base/identity.h"
#include "redeem/record.h"
#include "redeem/token.h"

/* Final, and stored as these numbers. */
enum verdict { VERDICT_ACCEPTED = 1, VERDICT_REFUSED, VERDICT_QUARANTINED, VERDICT_LOST };

/* "accepted", "refused", "quarantined", "lost". */
const char *verdict_name(enum verdict verdict);

/* What became of a code's use; stored as these numbers. At most one USE_HELD for an (issuer, cti).
 */
enum use_state { USE_REFUSED = 0, USE_HELD = 1, USE_REVERSED = 2, USE_VOID = 3 };

enum db_statement {
    DB_BEGIN,
    DB_COMMIT,
    DB_ROLLBACK,
    DB_MARK,
    DB_UNDO,
    DB_RELEASE,
    DB_CHAIN_FIND,
    DB_CHAIN_ADD,
    DB_CHAIN_ACK,
    DB_CHAIN_ADOPT,
    DB_CHAIN_REPORT,
    DB_CHAIN_FORK,
    DB_RECORD_FIND,
    DB_RECORD_ADD,
    DB_RECORD_REFUSED,
    DB_USE_ADD,
    DB_USE_END,
    DB_BRANCH_ADD,
    DB_KEY_NOTE,
    DB_KEY_FIND,
    DB_CLAIM_ADD,
    DB_CLAIM_FIND,
    DB_AWARD_ADD,
    DB_AWARD_END,
    DB_AWARD_NAME,
    DB_AWARD_CLOSED,
    DB_STATEMENTS
};

struct sqlite3;
struct sqlite3_stmt;

struct db {
    struct sqlite3 *handle;
    struct sqlite3_stmt *statement[DB_STATEMENTS];
    bool grouped, lost; /* lost: what failed has taken the whole group along */
};

/* Opens or makes the file. FAULT_DEVICE, FAULT_FOREIGN (another program's or another version's
 * file): logged with what to do. */
MUST_CHECK enum scrip_status db_open(struct db *db, const char *path);
void db_close(struct db *db);

/* All of the following: FAULT_UNAVAILABLE when the database is busy, full or failing (logged); the
 * transaction must then be rolled back. Writers need db_begin(). */
MUST_CHECK enum scrip_status db_begin(struct db *db);
MUST_CHECK enum scrip_status db_commit(struct db *db); /* OK: durable, in a group at its end */
void db_rollback(struct db *db);

/* Until the group's end transactions share one write to the disk. db_group_waits(): there is
 * something that the end makes durable, or says is lost. OK: everything that was committed in the
 * group is durable. FAULT_UNAVAILABLE: nothing of it was stored. */
void db_group_begin(struct db *db);
bool db_group_waits(const struct db *db);
MUST_CHECK enum scrip_status db_group_end(struct db *db);

/* A terminal's chain of one epoch, and how far it is settled. */
struct db_chain {
    int64_t id;
    uint32_t ack_seq; /* every number up to it has a durable verdict; 0: none yet */
    uint8_t ack_head[RECORD_LINK_BYTES];
    bool closed; /* its close record is settled */
};

/* REFUSED_NOT_FOUND. */
MUST_CHECK enum scrip_status db_chain_find(struct db *db, const struct identity *terminal,
                                           uint32_t epoch, struct db_chain *out);
MUST_CHECK enum scrip_status db_chain_add(struct db *db, const struct identity *terminal,
                                          uint32_t epoch,
                                          const uint8_t first_prev[RECORD_LINK_BYTES],
                                          struct db_chain *out);
/* Stores ack_seq, ack_head and closed as they stand in *chain. */
MUST_CHECK enum scrip_status db_chain_ack(struct db *db, const struct db_chain *chain);
/* The same, and notes that the base was taken from the terminal. */
MUST_CHECK enum scrip_status db_chain_adopt(struct db *db, const struct db_chain *chain);
MUST_CHECK enum scrip_status db_chain_fork(struct db *db, const struct db_chain *chain,
                                           uint32_t at_seq);
/* What the terminal last told of itself: counters, as JSON. */
MUST_CHECK enum scrip_status db_chain_report(struct db *db, const struct db_chain *chain,
                                             uint32_t now_s, uint32_t boot, struct bytes report);

/* One record and its verdict. bytes is empty for a lost one; has_link is false where the link is
 * not known (lost, and nothing readable followed). */
struct db_record {
    uint32_t seq;
    uint8_t type; /* enum record_type; 0: lost or unreadable */
    bool has_link;
    uint8_t link[RECORD_LINK_BYTES];
    struct bytes bytes;
    enum verdict verdict;
    enum record_code code;
    uint32_t claimed_s, received_s;
};

/* Without bytes and times. REFUSED_NOT_FOUND. */
MUST_CHECK enum scrip_status db_record_find(struct db *db, const struct db_chain *chain,
                                            uint32_t seq, struct db_record *out);
MUST_CHECK enum scrip_status db_record_add(struct db *db, const struct db_chain *chain,
                                           const struct db_record *record);

/* The first number above `after` and up to `last` whose record was not accepted. AGAIN: none. */
MUST_CHECK enum scrip_status db_record_refused(struct db *db, const struct db_chain *chain,
                                               uint32_t after, uint32_t last,
                                               struct db_record *out);

struct db_use {
    uint32_t issuer;
    uint8_t cti[TOKEN_ID_BYTES];
    bool has_member;
    uint8_t member[TOKEN_ID_BYTES]; /* the pseudonym as the token gave it */
    uint32_t amount_minor;
    uint16_t currency;
};

/* Notes a redemption. Wanted as USE_HELD, *held says whether the code was still free; where it was
 * not, the row says USE_REFUSED. */
MUST_CHECK enum scrip_status db_use_add(struct db *db, const struct db_chain *chain, uint32_t seq,
                                        const struct db_use *use, enum use_state wanted,
                                        bool *held);
/* Frees the code of a held use; nothing where seq holds none. */
MUST_CHECK enum scrip_status db_use_end(struct db *db, const struct db_chain *chain, uint32_t seq,
                                        enum use_state state);

/* A sale noted for a member. The name is the code's own (vault_epoch 0), or the vault's in one of
 * its epochs; a seal that nobody has opened yet has none. */
struct db_award {
    bool has_member;
    uint8_t member[TOKEN_ID_BYTES];
    uint32_t vault_epoch;
    uint32_t total_minor;
    uint16_t currency;
};
/* state: USE_HELD, or USE_REFUSED. */
MUST_CHECK enum scrip_status db_award_add(struct db *db, const struct db_chain *chain, uint32_t seq,
                                          const struct db_award *award, enum use_state state);
/* It is reversed; nothing where seq is none that stands. */
MUST_CHECK enum scrip_status db_award_end(struct db *db, const struct db_chain *chain,
                                          uint32_t seq);

struct db_closed {
    int64_t chain;
    uint32_t seq;
    struct identity terminal;
    uint8_t record[LIMIT_RECORD_BYTES];
    size_t record_len;
};
/* The award behind *at (zero: the first) that stands without a name. AGAIN: none. */
MUST_CHECK enum scrip_status db_award_closed(struct db *db, struct db_closed *at);
MUST_CHECK enum scrip_status db_award_name(struct db *db, const struct db_closed *closed,
                                           const struct db_award *award);

/* A record of a fork: kept as evidence, never judged. The same again is no fault. */
MUST_CHECK enum scrip_status db_branch_add(struct db *db, const struct db_chain *chain,
                                           uint32_t seq, struct bytes bytes, uint32_t now_s);

/* The signing keys of terminals that have settled, so that their receipts can be verified. */
MUST_CHECK enum scrip_status db_key_note(struct db *db, const uint8_t kid[COSE_KID_BYTES],
                                         const uint8_t point[CRYPTO_POINT_BYTES],
                                         const struct identity *terminal);
/* REFUSED_NOT_FOUND. */
MUST_CHECK enum scrip_status db_key_find(struct db *db, const uint8_t kid[COSE_KID_BYTES],
                                         uint8_t point[CRYPTO_POINT_BYTES],
                                         struct identity *terminal);

/* A receipt is named by the terminal's key, the epoch and the number of its record: a reprint is
 * the same receipt. */
enum { DB_CLAIM_KEY = 64 };
struct db_claim {
    uint8_t kid[COSE_KID_BYTES];
    uint32_t epoch, seq;
    uint8_t hash[CRYPTO_HASH_BYTES]; /* rch */
    char key[DB_CLAIM_KEY + 1];      /* who claims: the request's Idempotency-Key */
    uint32_t now_s;
};
/* Claims it unless it was before; *first: by us, now. */
MUST_CHECK enum scrip_status db_claim_add(struct db *db, const struct db_claim *claim, bool *first);

/* What stands behind a claim, as it is now. */
struct db_claim_state {
    char key[DB_CLAIM_KEY + 1]; /* of the first claim */
    bool arrived;               /* the terminal has settled the record */
    bool held;                  /* accepted, and not reversed or void */
    bool reversed;
    uint8_t record[LIMIT_RECORD_BYTES];
    size_t record_len;
};
/* REFUSED_NOT_FOUND: nobody has claimed it. */
MUST_CHECK enum scrip_status db_claim_find(struct db *db, const struct db_claim *claim,
                                           struct db_claim_state *out);

/* schema.c */
extern const char db_schema[];
enum { DB_APPLICATION = 0x53435250, DB_VERSION = 3 };

#endif
