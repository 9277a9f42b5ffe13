/*
 * settle: a batch of a terminal's records becomes final verdicts, in one transaction.
 *
 * Invariants, held by this file and the keys of the schema together:
 *
 *   S1  One (terminal, epoch, seq) has one verdict for ever; the same bytes again get it again.
 *   S2  A code of an issuer is held by at most one redemption; the first commit wins.
 *   S3  ack_seq never passes a number without a durable verdict, and each record up to it links to
 *       the one before, or the one before was declared missing.
 *   S4  Two histories of one chain are never both settled: the second is kept aside as evidence.
 *
 * Threads  The handler's thread only.
 */
#ifndef TOOLS_HOST_SETTLE_H
#define TOOLS_HOST_SETTLE_H

#include "base/limits.h"
#include "tools/host/allow.h"
#include "tools/host/db.h"
#include "tools/host/statement.h"

enum {
    SETTLE_ITEMS = LIMIT_SYNC_RECORDS,
    SETTLE_VERDICTS = LIMIT_SYNC_RECORDS /* that a terminal reads in one answer */
};

struct settle_item {
    uint32_t seq;
    struct bytes bytes;
    bool raw; /* refused too often: store it, read nothing */
};

struct settle_batch {
    const struct allow *terminal;
    const struct pki *pki;
    const struct statement *statement; /* verified */
    const struct settle_item *item;    /* ascending by seq */
    size_t count;
    struct bytes report; /* the terminal's counters, JSON */
    uint32_t now_s;
};

enum settle_end {
    SETTLE_DONE,
    SETTLE_MALFORMED,   /* at_seq: not a record, or not of this number and epoch */
    SETTLE_UNCOVERED,   /* at_seq: neither sent nor declared missing */
    SETTLE_GAP,         /* at_seq, head: what was expected first */
    SETTLE_FORK,        /* at_seq: this and what followed is kept aside */
    SETTLE_HOST_BEHIND, /* at_seq, head: all that this host knows of */
    SETTLE_EPOCH_STALE  /* at_seq: the epoch that is open */
};

struct settle_verdict {
    uint32_t seq;
    enum verdict verdict;
    enum record_code code;
};

struct settle_answer {
    enum settle_end end;
    uint32_t at_seq;
    uint8_t head[RECORD_LINK_BYTES];
    /* SETTLE_DONE: the ack, and every record between the terminal's cursor and it that was not
     * accepted. */
    uint32_t ack_seq;
    uint8_t ack_head[RECORD_LINK_BYTES];
    struct settle_verdict verdict[SETTLE_VERDICTS];
    size_t count;
};

/* OK: *out is durable (also evidence of a fork). FAULT_*: nothing has changed; the terminal sends
 * again. */
MUST_CHECK enum scrip_status settle_batch(struct db *db, const struct settle_batch *batch,
                                          struct settle_answer *out);

/* One redeem record that asks at the till, ahead of its turn in the chain: the sync that follows
 * must bring the same bytes. */
struct settle_ask {
    const struct allow *terminal;
    const struct pki *pki;
    uint32_t epoch, seq;
    struct bytes bytes;
    uint32_t now_s;
};

struct settle_word {
    enum settle_end end; /* DONE, MALFORMED, FORK or EPOCH_STALE */
    uint32_t at_seq;
    enum verdict verdict;
    enum record_code code;
    uint8_t link[RECORD_LINK_BYTES]; /* of the record */
};

/* OK: *out is durable, evidence of a fork too. FAULT_*: nothing has changed. */
MUST_CHECK enum scrip_status settle_ask(struct db *db, const struct settle_ask *ask,
                                        struct settle_word *out);

#endif
