/* What the database knows of awards: for whom, of how much, and whether they still stand. */
#include <string.h>

#include "tools/host/db_statement.h"

static void bind_member(sqlite3_stmt *statement, int index, const struct db_award *award)
{
    (void)sqlite3_bind_null(statement, index);
    (void)sqlite3_bind_null(statement, index + 1);
    if (award->has_member) {
        db_bind_bytes(statement, index, award->member, sizeof award->member);
        db_bind_int(statement, index + 1, award->vault_epoch);
    }
}

enum scrip_status db_award_add(struct db *db, const struct db_chain *chain, uint32_t seq,
                               const struct db_award *award, enum use_state state)
{
    sqlite3_stmt *add = db_statement(db, DB_AWARD_ADD);

    db_bind_int(add, 1, chain->id);
    db_bind_int(add, 2, seq);
    bind_member(add, 3, award);
    db_bind_int(add, 5, award->total_minor);
    db_bind_int(add, 6, award->currency);
    db_bind_int(add, 7, state);
    return db_finish(db, add);
}

enum scrip_status db_award_end(struct db *db, const struct db_chain *chain, uint32_t seq)
{
    sqlite3_stmt *end = db_statement(db, DB_AWARD_END);

    db_bind_int(end, 1, chain->id);
    db_bind_int(end, 2, seq);
    return db_finish(db, end);
}

enum scrip_status db_award_name(struct db *db, const struct db_closed *closed,
                                const struct db_award *award)
{
    sqlite3_stmt *name = db_statement(db, DB_AWARD_NAME);

    db_bind_int(name, 1, closed->chain);
    db_bind_int(name, 2, closed->seq);
    bind_member(name, 3, award);
    return db_finish(db, name);
}

enum scrip_status db_award_closed(struct db *db, struct db_closed *at)
{
    sqlite3_stmt *find = db_statement(db, DB_AWARD_CLOSED);
    enum scrip_status status;

    db_bind_int(find, 1, at->chain);
    db_bind_int(find, 2, at->seq);
    TRY(db_step(db, find));
    at->chain = sqlite3_column_int64(find, 0);
    at->seq = (uint32_t)sqlite3_column_int64(find, 1);
    at->record_len = (size_t)sqlite3_column_bytes(find, 2);
    status = at->record_len <= sizeof at->record ? SCRIP_OK : SCRIP_FAULT_UNAVAILABLE;
    if (status == SCRIP_OK)
        memcpy(at->record, sqlite3_column_blob(find, 2), at->record_len);
    if (status == SCRIP_OK)
        status = identity_parse(bytes_text((const char *)sqlite3_column_text(find, 3)),
                                &at->terminal);
    (void)sqlite3_reset(find);
    return status;
}
