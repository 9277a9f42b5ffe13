#include "tools/host/db_statement.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "tools/host/log.h"

static const char *const sql[DB_STATEMENTS] = {
    /* IMMEDIATE: take the writer's place at once, so that a busy database shows before the work. */
    [DB_BEGIN] = "BEGIN IMMEDIATE",
    [DB_COMMIT] = "COMMIT",
    [DB_ROLLBACK] = "ROLLBACK",
    [DB_MARK] = "SAVEPOINT member",
    [DB_UNDO] = "ROLLBACK TO member",
    [DB_RELEASE] = "RELEASE member",
    [DB_CHAIN_FIND] = "SELECT id, ack_seq, ack_head, closed FROM chain"
                      " WHERE terminal = ?1 AND epoch = ?2",
    [DB_CHAIN_ADD] = "INSERT INTO chain (terminal, epoch, first_prev, ack_seq, ack_head)"
                     " VALUES (?1, ?2, ?3, 0, ?3)",
    [DB_CHAIN_ACK] = "UPDATE chain SET ack_seq = ?2, ack_head = ?3, closed = ?4 WHERE id = ?1",
    [DB_CHAIN_ADOPT] = "UPDATE chain SET ack_seq = ?2, ack_head = ?3, adopted_seq = ?2"
                       " WHERE id = ?1",
    [DB_CHAIN_FORK] = "UPDATE chain SET forked_seq = coalesce(forked_seq, ?2) WHERE id = ?1",
    [DB_CHAIN_REPORT] = "UPDATE chain SET seen_s = ?2, boot = ?3, report = ?4 WHERE id = ?1",
    [DB_RECORD_FIND] = "SELECT seq, type, link, verdict, code FROM record"
                       " WHERE chain = ?1 AND seq = ?2",
    [DB_RECORD_ADD] = "INSERT INTO record (chain, seq, type, link, bytes, verdict, code, claimed_s,"
                      " received_s) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [DB_RECORD_REFUSED] = "SELECT seq, type, link, verdict, code FROM record"
                          " WHERE chain = ?1 AND seq > ?2 AND seq <= ?3 AND verdict <> 1"
                          " ORDER BY seq LIMIT 1",
    [DB_USE_ADD] = "INSERT INTO token_use (chain, seq, issuer, cti, member, amount_minor, currency,"
                   " state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
                   " ON CONFLICT (issuer, cti) WHERE state = 1 DO NOTHING",
    [DB_USE_END] = "UPDATE token_use SET state = ?3 WHERE chain = ?1 AND seq = ?2 AND state = 1",
    [DB_BRANCH_ADD] = "INSERT INTO branch (chain, seq, bytes, received_s) VALUES (?1, ?2, ?3, ?4)"
                      " ON CONFLICT DO NOTHING",
    [DB_KEY_NOTE] = "INSERT INTO terminal_key (kid, point, terminal) VALUES (?1, ?2, ?3)"
                    " ON CONFLICT DO NOTHING",
    [DB_KEY_FIND] = "SELECT point, terminal FROM terminal_key WHERE kid = ?1",
    [DB_CLAIM_ADD] = "INSERT INTO receipt_claim (kid, epoch, seq, hash, key, claimed_s)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
    [DB_CLAIM_FIND] = "SELECT p.key, r.bytes, r.verdict, u.state FROM receipt_claim p"
                      " JOIN terminal_key k ON k.kid = p.kid"
                      " LEFT JOIN chain c ON c.terminal = k.terminal AND c.epoch = p.epoch"
                      " LEFT JOIN record r ON r.chain = c.id AND r.seq = p.seq"
                      " LEFT JOIN token_use u ON u.chain = c.id AND u.seq = p.seq"
                      " WHERE p.kid = ?1 AND p.epoch = ?2 AND p.seq = ?3",
    [DB_AWARD_ADD] = "INSERT INTO award (chain, seq, member, vault_epoch, total_minor, currency,"
                     " state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [DB_AWARD_END] = "UPDATE award SET state = 2 WHERE chain = ?1 AND seq = ?2 AND state = 1",
    [DB_AWARD_NAME] = "UPDATE award SET member = ?3, vault_epoch = ?4"
                      " WHERE chain = ?1 AND seq = ?2",
    [DB_AWARD_CLOSED] = "SELECT a.chain, a.seq, r.bytes, c.terminal FROM award a"
                        " JOIN record r ON r.chain = a.chain AND r.seq = a.seq"
                        " JOIN chain c ON c.id = a.chain"
                        " WHERE a.member IS NULL AND a.state = 1 AND (a.chain, a.seq) > (?1, ?2)"
                        " ORDER BY a.chain, a.seq LIMIT 1",
};

const char *verdict_name(enum verdict verdict)
{
    static const char *const name[] = {
        [VERDICT_ACCEPTED] = "accepted",
        [VERDICT_REFUSED] = "refused",
        [VERDICT_QUARANTINED] = "quarantined",
        [VERDICT_LOST] = "lost",
    };

    return name[verdict];
}

/* Opening. */

static bool run(struct db *db, const char *text)
{
    return sqlite3_exec(db->handle, text, NULL, NULL, NULL) == SQLITE_OK;
}

static bool pragma_value(struct db *db, const char *text, int *value)
{
    sqlite3_stmt *statement;
    bool good = sqlite3_prepare_v2(db->handle, text, -1, &statement, NULL) == SQLITE_OK &&
                sqlite3_step(statement) == SQLITE_ROW;

    if (good)
        *value = sqlite3_column_int(statement, 0);
    (void)sqlite3_finalize(statement);
    return good;
}

static bool add_code_names(struct db *db)
{
    for (int code = 0; code < RECORD_CODES; code++) {
        char text[96];

        (void)snprintf(text, sizeof text, "INSERT INTO code VALUES (%d, '%s')", code,
                       record_code_name((enum record_code)code));
        if (!run(db, text))
            return false;
    }
    return true;
}

static bool make(struct db *db)
{
    char mark[96];

    (void)snprintf(mark, sizeof mark, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
                   DB_APPLICATION, DB_VERSION);
    return run(db, "BEGIN EXCLUSIVE") && run(db, db_schema) && add_code_names(db) &&
           run(db, mark) && run(db, "COMMIT");
}

static enum scrip_status prepare(struct db *db, const char *path)
{
    int application = 0;
    int version = 0;
    int tables = 0;

    if (!pragma_value(db, "SELECT count(*) FROM sqlite_schema", &tables) ||
        !pragma_value(db, "PRAGMA application_id", &application) ||
        !pragma_value(db, "PRAGMA user_version", &version)) {
        log_line("%s is not a database: %s", path, sqlite3_errmsg(db->handle));
        return SCRIP_FAULT_FOREIGN;
    }
    if (tables != 0 && (application != DB_APPLICATION || version != DB_VERSION)) {
        log_line("%s belongs to another program or version: choose another file", path);
        return SCRIP_FAULT_FOREIGN;
    }
    /* The checkpoint threshold trades a longer log for a third fewer writes to the device. */
    if (!run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                 "PRAGMA wal_autocheckpoint = 20000") ||
        (tables == 0 && !make(db))) {
        log_line("%s cannot be written: %s", path, sqlite3_errmsg(db->handle));
        return SCRIP_FAULT_DEVICE;
    }
    for (int i = 0; i < DB_STATEMENTS; i++)
        if (sqlite3_prepare_v3(db->handle, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &db->statement[i],
                               NULL) != SQLITE_OK) {
            log_line("%s: %s", path, sqlite3_errmsg(db->handle));
            return SCRIP_FAULT_FOREIGN;
        }
    return SCRIP_OK;
}

enum scrip_status db_open(struct db *db, const char *path)
{
    enum scrip_status status;

    memset(db, 0, sizeof *db);
    if (sqlite3_open_v2(path, &db->handle,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK) {
        log_line("%s cannot be opened: %s", path, sqlite3_errmsg(db->handle));
        db_close(db);
        return SCRIP_FAULT_DEVICE;
    }
    (void)sqlite3_busy_timeout(db->handle, 2000);
    status = prepare(db, path);
    if (status != SCRIP_OK)
        db_close(db);
    return status;
}

void db_close(struct db *db)
{
    for (int i = 0; i < DB_STATEMENTS; i++)
        (void)sqlite3_finalize(db->statement[i]);
    (void)sqlite3_close(db->handle);
    memset(db, 0, sizeof *db);
}

/* Running statements. */

sqlite3_stmt *db_statement(struct db *db, enum db_statement which)
{
    (void)sqlite3_reset(db->statement[which]);
    return db->statement[which];
}

void db_bind_bytes(sqlite3_stmt *statement, int index, const void *data, size_t len)
{
    /* A NULL pointer would bind SQL NULL. */
    (void)sqlite3_bind_blob(statement, index, len == 0 ? "" : data, (int)len, SQLITE_STATIC);
}

void db_bind_text(sqlite3_stmt *statement, int index, const void *text, size_t len)
{
    (void)sqlite3_bind_text(statement, index, text, (int)len, SQLITE_STATIC);
}

void db_bind_int(sqlite3_stmt *statement, int index, int64_t value)
{
    (void)sqlite3_bind_int64(statement, index, value);
}

enum scrip_status db_step(struct db *db, sqlite3_stmt *statement)
{
    int rc = sqlite3_step(statement);

    if (rc == SQLITE_ROW)
        return SCRIP_OK;
    if (rc == SQLITE_DONE) {
        (void)sqlite3_reset(statement);
        return SCRIP_AGAIN;
    }
    log_line("database: %s", sqlite3_errmsg(db->handle));
    (void)sqlite3_reset(statement);
    return SCRIP_FAULT_UNAVAILABLE;
}

enum scrip_status db_finish(struct db *db, sqlite3_stmt *statement)
{
    enum scrip_status status = db_step(db, statement);

    return status == SCRIP_AGAIN ? SCRIP_OK : status;
}

static bool column_link(sqlite3_stmt *statement, int column, uint8_t link[RECORD_LINK_BYTES])
{
    if (sqlite3_column_bytes(statement, column) != RECORD_LINK_BYTES)
        return false;
    memcpy(link, sqlite3_column_blob(statement, column), RECORD_LINK_BYTES);
    return true;
}

/* Chains. */

enum scrip_status db_chain_find(struct db *db, const struct identity *terminal, uint32_t epoch,
                                struct db_chain *out)
{
    sqlite3_stmt *find = db_statement(db, DB_CHAIN_FIND);
    enum scrip_status status;

    memset(out, 0, sizeof *out);
    db_bind_text(find, 1, terminal->text, strlen(terminal->text));
    db_bind_int(find, 2, epoch);
    status = db_step(db, find);
    if (status != SCRIP_OK)
        return status == SCRIP_AGAIN ? SCRIP_REFUSED_NOT_FOUND : status;
    out->id = sqlite3_column_int64(find, 0);
    out->ack_seq = (uint32_t)sqlite3_column_int64(find, 1);
    out->closed = sqlite3_column_int(find, 3) != 0;
    status = column_link(find, 2, out->ack_head) ? SCRIP_OK : SCRIP_FAULT_UNAVAILABLE;
    (void)sqlite3_reset(find);
    return status;
}

enum scrip_status db_chain_add(struct db *db, const struct identity *terminal, uint32_t epoch,
                               const uint8_t first_prev[RECORD_LINK_BYTES], struct db_chain *out)
{
    sqlite3_stmt *add = db_statement(db, DB_CHAIN_ADD);

    memset(out, 0, sizeof *out);
    db_bind_text(add, 1, terminal->text, strlen(terminal->text));
    db_bind_int(add, 2, epoch);
    db_bind_bytes(add, 3, first_prev, RECORD_LINK_BYTES);
    TRY(db_finish(db, add));
    out->id = sqlite3_last_insert_rowid(db->handle);
    memcpy(out->ack_head, first_prev, RECORD_LINK_BYTES);
    return SCRIP_OK;
}

enum scrip_status db_chain_ack(struct db *db, const struct db_chain *chain)
{
    sqlite3_stmt *ack = db_statement(db, DB_CHAIN_ACK);

    db_bind_int(ack, 1, chain->id);
    db_bind_int(ack, 2, chain->ack_seq);
    db_bind_bytes(ack, 3, chain->ack_head, RECORD_LINK_BYTES);
    db_bind_int(ack, 4, chain->closed);
    return db_finish(db, ack);
}

enum scrip_status db_chain_adopt(struct db *db, const struct db_chain *chain)
{
    sqlite3_stmt *adopt = db_statement(db, DB_CHAIN_ADOPT);

    db_bind_int(adopt, 1, chain->id);
    db_bind_int(adopt, 2, chain->ack_seq);
    db_bind_bytes(adopt, 3, chain->ack_head, RECORD_LINK_BYTES);
    return db_finish(db, adopt);
}

enum scrip_status db_chain_fork(struct db *db, const struct db_chain *chain, uint32_t at_seq)
{
    sqlite3_stmt *fork = db_statement(db, DB_CHAIN_FORK);

    db_bind_int(fork, 1, chain->id);
    db_bind_int(fork, 2, at_seq);
    return db_finish(db, fork);
}

enum scrip_status db_chain_report(struct db *db, const struct db_chain *chain, uint32_t now_s,
                                  uint32_t boot, struct bytes report)
{
    sqlite3_stmt *update = db_statement(db, DB_CHAIN_REPORT);

    db_bind_int(update, 1, chain->id);
    db_bind_int(update, 2, now_s);
    db_bind_int(update, 3, boot);
    db_bind_text(update, 4, report.data, report.len);
    return db_finish(db, update);
}

/* Records. */

static enum scrip_status read_row(struct db *db, sqlite3_stmt *row, struct db_record *out)
{
    enum scrip_status status = db_step(db, row);

    memset(out, 0, sizeof *out);
    if (status != SCRIP_OK)
        return status;
    out->seq = (uint32_t)sqlite3_column_int64(row, 0);
    out->type = (uint8_t)sqlite3_column_int(row, 1);
    out->has_link = column_link(row, 2, out->link);
    out->verdict = (enum verdict)sqlite3_column_int(row, 3);
    out->code = (enum record_code)sqlite3_column_int(row, 4);
    (void)sqlite3_reset(row);
    return SCRIP_OK;
}

enum scrip_status db_record_find(struct db *db, const struct db_chain *chain, uint32_t seq,
                                 struct db_record *out)
{
    sqlite3_stmt *find = db_statement(db, DB_RECORD_FIND);
    enum scrip_status status;

    db_bind_int(find, 1, chain->id);
    db_bind_int(find, 2, seq);
    status = read_row(db, find, out);
    return status == SCRIP_AGAIN ? SCRIP_REFUSED_NOT_FOUND : status;
}

enum scrip_status db_record_add(struct db *db, const struct db_chain *chain,
                                const struct db_record *record)
{
    sqlite3_stmt *add = db_statement(db, DB_RECORD_ADD);

    db_bind_int(add, 1, chain->id);
    db_bind_int(add, 2, record->seq);
    db_bind_int(add, 3, record->type);
    if (record->has_link)
        db_bind_bytes(add, 4, record->link, RECORD_LINK_BYTES);
    else
        (void)sqlite3_bind_null(add, 4);
    db_bind_bytes(add, 5, record->bytes.data, record->bytes.len);
    db_bind_int(add, 6, record->verdict);
    db_bind_int(add, 7, record->code);
    db_bind_int(add, 8, record->claimed_s);
    db_bind_int(add, 9, record->received_s);
    return db_finish(db, add);
}

enum scrip_status db_record_refused(struct db *db, const struct db_chain *chain, uint32_t after,
                                    uint32_t last, struct db_record *out)
{
    sqlite3_stmt *find = db_statement(db, DB_RECORD_REFUSED);

    db_bind_int(find, 1, chain->id);
    db_bind_int(find, 2, after);
    db_bind_int(find, 3, last);
    return read_row(db, find, out);
}

/* Uses of codes. */

static enum scrip_status add_use(struct db *db, const struct db_chain *chain, uint32_t seq,
                                 const struct db_use *use, enum use_state state)
{
    sqlite3_stmt *add = db_statement(db, DB_USE_ADD);

    db_bind_int(add, 1, chain->id);
    db_bind_int(add, 2, seq);
    db_bind_int(add, 3, use->issuer);
    db_bind_bytes(add, 4, use->cti, sizeof use->cti);
    if (use->has_member)
        db_bind_bytes(add, 5, use->member, sizeof use->member);
    else
        (void)sqlite3_bind_null(add, 5);
    db_bind_int(add, 6, use->amount_minor);
    db_bind_int(add, 7, use->currency);
    db_bind_int(add, 8, state);
    return db_finish(db, add);
}

enum scrip_status db_use_add(struct db *db, const struct db_chain *chain, uint32_t seq,
                             const struct db_use *use, enum use_state wanted, bool *held)
{
    *held = false;
    TRY(add_use(db, chain, seq, use, wanted));
    if (wanted != USE_HELD)
        return SCRIP_OK;
    *held = sqlite3_changes(db->handle) == 1;
    return *held ? SCRIP_OK : add_use(db, chain, seq, use, USE_REFUSED);
}

enum scrip_status db_use_end(struct db *db, const struct db_chain *chain, uint32_t seq,
                             enum use_state state)
{
    sqlite3_stmt *end = db_statement(db, DB_USE_END);

    db_bind_int(end, 1, chain->id);
    db_bind_int(end, 2, seq);
    db_bind_int(end, 3, state);
    return db_finish(db, end);
}

enum scrip_status db_branch_add(struct db *db, const struct db_chain *chain, uint32_t seq,
                                struct bytes bytes, uint32_t now_s)
{
    sqlite3_stmt *add = db_statement(db, DB_BRANCH_ADD);

    db_bind_int(add, 1, chain->id);
    db_bind_int(add, 2, seq);
    db_bind_bytes(add, 3, bytes.data, bytes.len);
    db_bind_int(add, 4, now_s);
    return db_finish(db, add);
}
