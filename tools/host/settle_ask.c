#include <string.h>

#include "redeem/policy.h"
#include "tools/host/settle_record.h"

static enum scrip_status ask_in_transaction(struct db *db, const struct settle_ask *ask,
                                            const struct record *record, struct settle_word *out)
{
    struct judge_bench bench = {
        .pki = ask->pki,
        .terminal = &ask->terminal->terminal,
        .now_s = ask->now_s,
        .live = true,
    };
    struct db_chain chain;
    struct db_record row;
    enum scrip_status status = settle_find_chain(db, ask->terminal, ask->epoch, &chain);

    if (status == SCRIP_REFUSED_NOT_FOUND || (status == SCRIP_OK && chain.closed)) {
        out->end = SETTLE_EPOCH_STALE;
        out->at_seq = ask->terminal->epoch;
        return SCRIP_AGAIN;
    }
    TRY(status);
    status = db_record_find(db, &chain, ask->seq, &row);
    if (status == SCRIP_REFUSED_NOT_FOUND) {
        memcpy(row.link, out->link, sizeof row.link);
        status = settle_record(db, &chain, &bench, record, &row);
    } else if (status == SCRIP_OK && row.has_link &&
               memcmp(row.link, out->link, sizeof row.link) != 0) {
        out->end = SETTLE_FORK;
        return SCRIP_AGAIN;
    }
    TRY(status);
    out->verdict = row.verdict;
    out->code = row.code;
    return db_commit(db);
}

/* S4, as for a batch: the chain stays as it was, and the other history is stored beside it. */
static enum scrip_status keep_branch(struct db *db, const struct settle_ask *ask)
{
    struct db_chain chain;

    TRY(db_begin(db));
    TRY(settle_find_chain(db, ask->terminal, ask->epoch, &chain));
    TRY(db_chain_fork(db, &chain, ask->seq));
    TRY(db_branch_add(db, &chain, ask->seq, ask->bytes, ask->now_s));
    return db_commit(db);
}

enum scrip_status settle_ask(struct db *db, const struct settle_ask *ask, struct settle_word *out)
{
    struct record record;
    enum scrip_status status;

    memset(out, 0, sizeof *out);
    out->at_seq = ask->seq;
    if (record_read(ask->bytes, &record) != SCRIP_OK || record.seq != ask->seq ||
        record.epoch != ask->epoch || record.type != RECORD_REDEEM || record.mode != PERMIT_ASK) {
        out->end = SETTLE_MALFORMED;
        return SCRIP_OK;
    }
    TRY(record_link(ask->bytes, out->link));
    TRY(db_begin(db));
    status = ask_in_transaction(db, ask, &record, out);
    if (status == SCRIP_OK)
        return SCRIP_OK;
    db_rollback(db);
    if (status != SCRIP_AGAIN)
        return status;
    if (out->end != SETTLE_FORK)
        return SCRIP_OK;
    status = keep_branch(db, ask);
    if (status != SCRIP_OK)
        db_rollback(db);
    return status;
}
