/*
 * Transactions, one by one or several in a group: then the first opens the database's, each is a
 * savepoint in it, and the end of the group makes all of them durable at once.
 */
#include <sqlite3.h>

#include "tools/host/db_statement.h"
#include "tools/host/log.h"

static enum scrip_status run(struct db *db, enum db_statement which)
{
    return db_finish(db, db_statement(db, which));
}

static bool is_open(const struct db *db)
{
    return sqlite3_get_autocommit(db->handle) == 0;
}

enum scrip_status db_begin(struct db *db)
{
    if (!db->grouped)
        return run(db, DB_BEGIN);
    if (db->lost)
        return SCRIP_FAULT_UNAVAILABLE;
    if (!is_open(db))
        TRY(run(db, DB_BEGIN));
    return run(db, DB_MARK);
}

enum scrip_status db_commit(struct db *db)
{
    return run(db, db->grouped ? DB_RELEASE : DB_COMMIT);
}

static void roll_back(struct db *db)
{
    /* A failed statement may already have rolled back; then there is nothing to do. */
    if (is_open(db) && run(db, DB_ROLLBACK) != SCRIP_OK)
        log_line("database: the transaction could not be rolled back");
}

void db_rollback(struct db *db)
{
    if (!db->grouped) {
        roll_back(db);
        return;
    }
    db->lost = !is_open(db) || run(db, DB_UNDO) != SCRIP_OK || run(db, DB_RELEASE) != SCRIP_OK;
    if (db->lost)
        roll_back(db);
}

void db_group_begin(struct db *db)
{
    db->grouped = true;
    db->lost = false;
}

bool db_group_waits(const struct db *db)
{
    return db->grouped && (db->lost || is_open(db));
}

enum scrip_status db_group_end(struct db *db)
{
    bool lost = db->lost;

    db->grouped = db->lost = false;
    if (lost)
        return SCRIP_FAULT_UNAVAILABLE;
    if (!is_open(db))
        return SCRIP_OK;
    enum scrip_status status = run(db, DB_COMMIT);
    if (status != SCRIP_OK)
        roll_back(db);
    return status;
}
