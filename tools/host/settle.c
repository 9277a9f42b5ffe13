#include "tools/host/settle.h"

#include <string.h>

#include "tools/host/settle_record.h"

/* A batch while it is walked, number by number. */
struct walk {
    struct db *db;
    const struct settle_batch *batch;
    struct settle_answer *out;
    struct db_chain chain;
    size_t item, missing; /* next of each */
    uint32_t seq;         /* the number that is settled now */
    bool known;           /* link is that of seq - 1 */
    uint8_t link[RECORD_LINK_BYTES];
    uint32_t linked_seq; /* the last number with a known link: how far an ack may go */
    uint8_t linked[RECORD_LINK_BYTES];
    bool pending; /* seq - 1 is lost, and its link is what the next record says */
};

static enum scrip_status end_with(struct settle_answer *out, enum settle_end end, uint32_t at_seq)
{
    out->end = end;
    out->at_seq = at_seq;
    return SCRIP_AGAIN; /* inside the transaction: stop here, nothing is wrong with the host */
}

static bool same_link(const uint8_t a[RECORD_LINK_BYTES], const uint8_t b[RECORD_LINK_BYTES])
{
    return memcmp(a, b, RECORD_LINK_BYTES) == 0;
}

/* The walk. */

static void go_on(struct walk *walk, const struct db_record *row)
{
    walk->known = row->has_link;
    memcpy(walk->link, row->link, RECORD_LINK_BYTES);
    if (!row->has_link)
        return;
    walk->linked_seq = row->seq;
    memcpy(walk->linked, row->link, RECORD_LINK_BYTES);
}

/* A lost record is stored when its link is: from the next record, or as the head itself. */
static enum scrip_status store_lost(struct walk *walk, uint32_t seq, const uint8_t *link)
{
    struct db_record row = {
        .seq = seq,
        .verdict = VERDICT_LOST,
        .code = RECORD_CODE_LOST,
        .received_s = walk->batch->now_s,
        .has_link = link != NULL,
    };

    if (link != NULL)
        memcpy(row.link, link, RECORD_LINK_BYTES);
    walk->pending = false;
    TRY(db_record_add(walk->db, &walk->chain, &row));
    go_on(walk, &row);
    return SCRIP_OK;
}

static enum scrip_status walk_missing(struct walk *walk)
{
    const struct statement *statement = walk->batch->statement;
    struct db_record row;
    enum scrip_status status;

    if (walk->pending)
        TRY(store_lost(walk, walk->seq - 1, NULL));
    status = db_record_find(walk->db, &walk->chain, walk->seq, &row);
    if (status == SCRIP_OK)
        go_on(walk, &row); /* it reached us before the terminal lost it */
    if (status != SCRIP_REFUSED_NOT_FOUND)
        return status;
    if (walk->seq == statement->head_seq)
        return store_lost(walk, walk->seq, statement->head);
    walk->pending = true;
    return SCRIP_OK;
}

static enum scrip_status walk_raw(struct walk *walk, bool stored, struct db_record *row)
{
    if (walk->pending)
        TRY(store_lost(walk, walk->seq - 1, NULL));
    if (!stored)
        TRY(db_record_add(walk->db, &walk->chain, row));
    go_on(walk, row);
    return SCRIP_OK;
}

static enum scrip_status walk_record(struct walk *walk, const struct record *record, bool stored,
                                     struct db_record *row)
{
    const struct settle_batch *batch = walk->batch;
    struct judge_bench bench = {
        .pki = batch->pki,
        .terminal = &batch->terminal->terminal,
        .now_s = batch->now_s,
    };

    if (walk->pending)
        TRY(store_lost(walk, walk->seq - 1, record->prev));
    if (walk->known && !same_link(walk->link, record->prev))
        return end_with(walk->out, SETTLE_FORK, walk->seq);
    if (!stored)
        TRY(settle_record(walk->db, &walk->chain, &bench, record, row));
    go_on(walk, row);
    if (record->type == RECORD_CLOSE)
        walk->chain.closed = true;
    return SCRIP_OK;
}

/* Stored before (a lost answer, or an ask that came ahead of its turn): the same bytes keep their
 * verdict, others are a second history. */
static enum scrip_status walk_item(struct walk *walk, const struct settle_item *item)
{
    const struct settle_batch *batch = walk->batch;
    struct record record;
    struct db_record row;
    uint8_t link[RECORD_LINK_BYTES];
    enum scrip_status status;
    bool stored;

    if (!item->raw && (record_read(item->bytes, &record) != SCRIP_OK || record.seq != walk->seq ||
                       record.epoch != batch->statement->epoch))
        return end_with(walk->out, SETTLE_MALFORMED, walk->seq);
    TRY(record_link(item->bytes, link));
    status = db_record_find(walk->db, &walk->chain, walk->seq, &row);
    stored = status == SCRIP_OK;
    if (!stored && status != SCRIP_REFUSED_NOT_FOUND)
        return status;
    if (stored && row.has_link && !same_link(row.link, link))
        return end_with(walk->out, SETTLE_FORK, walk->seq);
    if (!stored)
        row = (struct db_record){
            .seq = walk->seq,
            .bytes = item->bytes,
            .verdict = VERDICT_QUARANTINED,
            .code = RECORD_CODE_MALFORMED,
            .received_s = batch->now_s,
        };
    row.has_link = true;
    memcpy(row.link, link, sizeof row.link);
    return item->raw ? walk_raw(walk, stored, &row) : walk_record(walk, &record, stored, &row);
}

static enum scrip_status walk_step(struct walk *walk)
{
    const struct settle_batch *batch = walk->batch;
    const struct statement *statement = batch->statement;
    bool sent = walk->item < batch->count && batch->item[walk->item].seq == walk->seq;
    bool missing = walk->missing < statement->missing_count &&
                   statement->missing[walk->missing] == walk->seq;

    if (sent == missing)
        return end_with(walk->out, SETTLE_UNCOVERED, walk->seq);
    walk->item += sent;
    walk->missing += missing;
    return missing ? walk_missing(walk) : walk_item(walk, &batch->item[walk->item - 1]);
}

/* The link before the batch, where it is known. */
static enum scrip_status find_start(struct walk *walk)
{
    const struct allow *terminal = walk->batch->terminal;
    const struct statement *statement = walk->batch->statement;
    uint32_t before = statement->from_seq - 1;
    struct db_record row = {.seq = before, .has_link = true};
    enum scrip_status status;

    if (before == walk->chain.ack_seq) {
        memcpy(row.link, walk->chain.ack_head, sizeof row.link);
    } else if (before == 0) {
        row.has_link = statement->epoch == terminal->epoch;
        memcpy(row.link, terminal->first_prev, sizeof row.link);
    } else {
        status = db_record_find(walk->db, &walk->chain, before, &row);
        if (status != SCRIP_OK && status != SCRIP_REFUSED_NOT_FOUND)
            return status;
    }
    go_on(walk, &row);
    return SCRIP_OK;
}

static enum scrip_status walk_batch(struct walk *walk)
{
    const struct statement *statement = walk->batch->statement;

    TRY(find_start(walk));
    for (walk->seq = statement->from_seq; walk->seq <= statement->to_seq; walk->seq++)
        TRY(walk_step(walk));
    if (walk->item != walk->batch->count)
        return end_with(walk->out, SETTLE_UNCOVERED, walk->batch->item[walk->item].seq);
    if (walk->linked_seq <= walk->chain.ack_seq)
        return SCRIP_OK;
    walk->chain.ack_seq = walk->linked_seq;
    memcpy(walk->chain.ack_head, walk->linked, RECORD_LINK_BYTES);
    return db_chain_ack(walk->db, &walk->chain);
}

/* Before the walk: does the terminal's chain agree with ours? */

/* Our link at seq, if we know it, must be the terminal's. */
static enum scrip_status check_link(struct walk *walk, uint32_t seq, const uint8_t *link)
{
    struct db_record row = {.has_link = false};
    enum scrip_status status = SCRIP_OK;

    if (seq == walk->chain.ack_seq) {
        row.has_link = true;
        memcpy(row.link, walk->chain.ack_head, sizeof row.link);
    } else if (seq > 0) {
        status = db_record_find(walk->db, &walk->chain, seq, &row);
    }
    if (status != SCRIP_OK && status != SCRIP_REFUSED_NOT_FOUND)
        return status;
    if (row.has_link && !same_link(row.link, link))
        return end_with(walk->out, SETTLE_FORK, seq);
    return SCRIP_OK;
}

static enum scrip_status adopt(struct walk *walk)
{
    const struct statement *statement = walk->batch->statement;

    walk->chain.ack_seq = statement->acked_seq;
    memcpy(walk->chain.ack_head, statement->acked_head, RECORD_LINK_BYTES);
    return db_chain_adopt(walk->db, &walk->chain);
}

static enum scrip_status check_chain(struct walk *walk)
{
    const struct statement *statement = walk->batch->statement;
    struct db_chain *chain = &walk->chain;

    memcpy(walk->out->head, chain->ack_head, RECORD_LINK_BYTES);
    if (chain->closed && statement->to_seq > chain->ack_seq)
        return end_with(walk->out, SETTLE_EPOCH_STALE, walk->batch->terminal->epoch);
    if (statement->acked_seq > chain->ack_seq && statement->adopt)
        TRY(adopt(walk));
    /* Restored from a backup: what is held from here on may still be sent. */
    if (statement->acked_seq > chain->ack_seq && statement->from_seq > chain->ack_seq + 1)
        return end_with(walk->out, SETTLE_HOST_BEHIND, chain->ack_seq);
    if (statement->from_seq > chain->ack_seq + 1)
        return end_with(walk->out, SETTLE_GAP, chain->ack_seq + 1);
    /* A terminal that has less than it once settled was restored or cloned. */
    if (statement->head_seq < chain->ack_seq)
        return end_with(walk->out, SETTLE_FORK, statement->head_seq + 1);
    TRY(check_link(walk, statement->acked_seq, statement->acked_head));
    return check_link(walk, statement->head_seq, statement->head);
}

/* The answer. */

/* Everything between the terminal's cursor and the ack that was not accepted, whatever this batch
 * brought: an answer may have been lost. The ack stops where the verdicts no longer fit, at one
 * whose link is known. */
static enum scrip_status collect(struct walk *walk)
{
    struct settle_answer *out = walk->out;
    uint32_t last = walk->chain.ack_seq;
    struct db_record row = {.seq = walk->batch->statement->acked_seq};
    struct db_record cut = {.seq = row.seq};
    size_t cut_count = 0;
    enum scrip_status status;

    out->ack_seq = last;
    memcpy(out->ack_head, walk->chain.ack_head, RECORD_LINK_BYTES);
    while ((status = db_record_refused(walk->db, &walk->chain, row.seq, last, &row)) == SCRIP_OK) {
        if (out->count == SETTLE_VERDICTS) {
            out->count = cut_count;
            out->ack_seq = cut.seq;
            memcpy(out->ack_head, cut.link, RECORD_LINK_BYTES);
            return SCRIP_OK;
        }
        out->verdict[out->count++] = (struct settle_verdict){row.seq, row.verdict, row.code};
        if (row.has_link) {
            cut = row;
            cut_count = out->count;
        }
    }
    return status == SCRIP_AGAIN ? SCRIP_OK : status;
}

static enum scrip_status settle(struct walk *walk)
{
    const struct settle_batch *batch = walk->batch;
    const struct statement *statement = batch->statement;
    enum scrip_status status = settle_find_chain(walk->db, batch->terminal, statement->epoch,
                                                 &walk->chain);

    if (status == SCRIP_REFUSED_NOT_FOUND)
        return end_with(walk->out, SETTLE_EPOCH_STALE, batch->terminal->epoch);
    TRY(status);
    TRY(check_chain(walk));
    TRY(walk_batch(walk));
    TRY(db_chain_report(walk->db, &walk->chain, batch->now_s, statement->boot, batch->report));
    TRY(collect(walk));
    return db_commit(walk->db);
}

/* S4: the chain stays as it was, and the other history is stored beside it. */
static enum scrip_status keep_branch(struct walk *walk)
{
    const struct settle_batch *batch = walk->batch;

    TRY(db_begin(walk->db));
    /* Again: if this batch had made the chain, the rollback took it away. */
    TRY(settle_find_chain(walk->db, batch->terminal, batch->statement->epoch, &walk->chain));
    TRY(db_chain_fork(walk->db, &walk->chain, walk->out->at_seq));
    for (size_t i = 0; i < batch->count; i++)
        if (batch->item[i].seq >= walk->out->at_seq)
            TRY(db_branch_add(walk->db, &walk->chain, batch->item[i].seq, batch->item[i].bytes,
                              batch->now_s));
    return db_commit(walk->db);
}

enum scrip_status settle_batch(struct db *db, const struct settle_batch *batch,
                               struct settle_answer *out)
{
    struct walk walk = {.db = db, .batch = batch, .out = out};
    enum scrip_status status;

    memset(out, 0, sizeof *out);
    TRY(db_begin(db));
    status = settle(&walk);
    if (status == SCRIP_OK)
        return SCRIP_OK;
    db_rollback(db);
    if (status != SCRIP_AGAIN)
        return status;
    if (out->end != SETTLE_FORK)
        return SCRIP_OK;
    status = keep_branch(&walk);
    if (status != SCRIP_OK)
        db_rollback(db);
    return status;
}
