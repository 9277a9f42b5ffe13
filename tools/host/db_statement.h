/*
 * db_statement: how the prepared statements of a database are run. Private to the files of db.
 */
#ifndef TOOLS_HOST_DB_STATEMENT_H
#define TOOLS_HOST_DB_STATEMENT_H

#include <sqlite3.h>

#include "tools/host/db.h"

/* Reset, and ready to be bound. */
sqlite3_stmt *db_statement(struct db *db, enum db_statement which);

/* Binding fails only for an index that the statement lacks, or without memory; the step then fails
 * on a NOT NULL column, so the results need no check of their own. Data must stay until the step.
 */
void db_bind_bytes(sqlite3_stmt *statement, int index, const void *data, size_t len);
void db_bind_text(sqlite3_stmt *statement, int index, const void *text, size_t len);
void db_bind_int(sqlite3_stmt *statement, int index, int64_t value);

/* OK: a row is there. AGAIN: done without a (further) row; the statement is then reset.
 * FAULT_UNAVAILABLE, logged. */
MUST_CHECK enum scrip_status db_step(struct db *db, sqlite3_stmt *statement);
/* A statement that gives no rows. */
MUST_CHECK enum scrip_status db_finish(struct db *db, sqlite3_stmt *statement);

#endif
