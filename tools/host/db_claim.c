/* What the database knows of receipts: who signs them, and who has handed one in. */
#include <stdio.h>
#include <string.h>

#include "tools/host/db_statement.h"

enum scrip_status db_key_note(struct db *db, const uint8_t kid[COSE_KID_BYTES],
                              const uint8_t point[CRYPTO_POINT_BYTES],
                              const struct identity *terminal)
{
    sqlite3_stmt *note = db_statement(db, DB_KEY_NOTE);

    db_bind_bytes(note, 1, kid, COSE_KID_BYTES);
    db_bind_bytes(note, 2, point, CRYPTO_POINT_BYTES);
    db_bind_text(note, 3, terminal->text, strlen(terminal->text));
    return db_finish(db, note);
}

enum scrip_status db_key_find(struct db *db, const uint8_t kid[COSE_KID_BYTES],
                              uint8_t point[CRYPTO_POINT_BYTES], struct identity *terminal)
{
    sqlite3_stmt *find = db_statement(db, DB_KEY_FIND);
    enum scrip_status status;

    db_bind_bytes(find, 1, kid, COSE_KID_BYTES);
    status = db_step(db, find);
    if (status != SCRIP_OK)
        return status == SCRIP_AGAIN ? SCRIP_REFUSED_NOT_FOUND : status;
    if (sqlite3_column_bytes(find, 0) == CRYPTO_POINT_BYTES) {
        memcpy(point, sqlite3_column_blob(find, 0), CRYPTO_POINT_BYTES);
        status = identity_parse(bytes_text((const char *)sqlite3_column_text(find, 1)), terminal);
    } else {
        status = SCRIP_FAULT_UNAVAILABLE;
    }
    (void)sqlite3_reset(find);
    return status;
}

static void bind_claim(sqlite3_stmt *statement, const struct db_claim *claim)
{
    db_bind_bytes(statement, 1, claim->kid, COSE_KID_BYTES);
    db_bind_int(statement, 2, claim->epoch);
    db_bind_int(statement, 3, claim->seq);
}

enum scrip_status db_claim_add(struct db *db, const struct db_claim *claim, bool *first)
{
    sqlite3_stmt *add = db_statement(db, DB_CLAIM_ADD);

    bind_claim(add, claim);
    db_bind_bytes(add, 4, claim->hash, sizeof claim->hash);
    db_bind_text(add, 5, claim->key, strlen(claim->key));
    db_bind_int(add, 6, claim->now_s);
    TRY(db_finish(db, add));
    *first = sqlite3_changes(db->handle) == 1;
    return SCRIP_OK;
}

enum scrip_status db_claim_find(struct db *db, const struct db_claim *claim,
                                struct db_claim_state *out)
{
    sqlite3_stmt *find = db_statement(db, DB_CLAIM_FIND);
    enum scrip_status status;

    memset(out, 0, sizeof *out);
    bind_claim(find, claim);
    status = db_step(db, find);
    if (status != SCRIP_OK)
        return status == SCRIP_AGAIN ? SCRIP_REFUSED_NOT_FOUND : status;
    (void)snprintf(out->key, sizeof out->key, "%s", (const char *)sqlite3_column_text(find, 0));
    out->arrived = sqlite3_column_type(find, 1) != SQLITE_NULL;
    out->record_len = (size_t)sqlite3_column_bytes(find, 1);
    if (out->record_len > sizeof out->record)
        out->record_len = 0;
    if (out->record_len != 0)
        memcpy(out->record, sqlite3_column_blob(find, 1), out->record_len);
    out->reversed = sqlite3_column_int(find, 3) == USE_REVERSED;
    out->held = sqlite3_column_int(find, 2) == VERDICT_ACCEPTED &&
                sqlite3_column_int(find, 3) == USE_HELD;
    (void)sqlite3_reset(find);
    return SCRIP_OK;
}
