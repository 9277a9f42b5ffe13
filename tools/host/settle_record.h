/*
 * settle_record: one record and its final verdict, for the batch and for the ask at the till alike.
 *
 * Threads  The handler's thread, inside a transaction.
 */
#ifndef TOOLS_HOST_SETTLE_RECORD_H
#define TOOLS_HOST_SETTLE_RECORD_H

#include "tools/host/judge.h"
#include "tools/host/settle.h"

/* The terminal's chain of an epoch; begun where it is the epoch that is open and nothing was sent
 * yet. REFUSED_NOT_FOUND: another epoch. */
MUST_CHECK enum scrip_status settle_find_chain(struct db *db, const struct allow *terminal,
                                               uint32_t epoch, struct db_chain *chain);

/* Judges a record that was never seen before, does to the code that it names what it says, and
 * stores it with its verdict. *row has its link already; the rest of it is filled in. */
MUST_CHECK enum scrip_status settle_record(struct db *db, const struct db_chain *chain,
                                           const struct judge_bench *bench,
                                           const struct record *record, struct db_record *row);

#endif
