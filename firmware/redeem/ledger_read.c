/* Single records, and what they tell of one redemption. Nothing is changed here. */
#include <string.h>

#include "redeem/ledger_private.h"

enum scrip_status ledger_next(struct ledger *ledger, struct journal_cursor *at,
                              struct record *record)
{
    struct journal_entry entry;
    memset(record, 0, sizeof *record);
    for (;;) {
        enum scrip_status status = journal_next(ledger->journal, at, ledger->scratch, &entry);
        if (status != SCRIP_OK && status != SCRIP_FAULT_CORRUPT)
            return status;
        if (entry.type != JOURNAL_DATA)
            continue;
        if (status == SCRIP_OK && record_read(entry.payload, record) == SCRIP_OK &&
            record->seq == entry.seq)
            return SCRIP_OK;
        memset(record, 0, sizeof *record);
        record->seq = entry.seq;
        return SCRIP_FAULT_CORRUPT;
    }
}

enum scrip_status ledger_record(struct ledger *ledger, uint32_t seq, struct record *record)
{
    struct journal_cursor at;
    enum scrip_status status;
    memset(record, 0, sizeof *record);
    if (seq == 0 || seq > ledger->head_seq)
        return SCRIP_REFUSED_NOT_FOUND;
    TRY(journal_find(ledger->journal, seq, &at));
    /* A torn entry may stand before the good one of the same number. */
    do
        status = ledger_next(ledger, &at, record);
    while ((status == SCRIP_OK && record->seq < seq) ||
           (status == SCRIP_FAULT_CORRUPT && record->seq <= seq));
    if (status == SCRIP_OK && record->seq == seq)
        return SCRIP_OK;
    memset(record, 0, sizeof *record);
    if (status != SCRIP_OK && status != SCRIP_AGAIN && status != SCRIP_FAULT_CORRUPT)
        return status;
    return seq <= ledger->acked_seq ? SCRIP_REFUSED_NOT_FOUND : SCRIP_FAULT_CORRUPT;
}

static bool answers_a_sale(const struct record *record)
{
    return record->type == RECORD_REDEEM || record->type == RECORD_AWARD;
}

/* What the records behind seq say about it. */
static enum scrip_status listen(struct ledger *ledger, uint32_t seq, struct ledger_story *story,
                                bool *reversed, bool *late)
{
    struct journal_cursor at;
    struct record record;
    enum scrip_status status;
    TRY(journal_find(ledger->journal, seq + 1, &at));
    while ((status = ledger_next(ledger, &at, &record)) != SCRIP_AGAIN) {
        if (status == SCRIP_FAULT_CORRUPT)
            continue;
        TRY(status);
        if (record.of != seq)
            continue;
        if (record.type == RECORD_OUTCOME) {
            story->result = record.result;
            if (record.auth.len > 0)
                memcpy(story->auth, record.auth.data, record.auth.len);
            story->auth[record.auth.len] = '\0';
        }
        *reversed |= record.type == RECORD_REVERSE;
        *late |= record.type == RECORD_LATE;
        if (record.code != RECORD_CODE_NONE)
            story->code = record.code;
    }
    return SCRIP_OK;
}

enum scrip_status ledger_story(struct ledger *ledger, uint32_t seq, struct ledger_story *story)
{
    bool reversed = false, late = false;
    memset(story, 0, sizeof *story);
    TRY(ledger_record(ledger, seq, &story->redeem));
    if (!answers_a_sale(&story->redeem))
        return SCRIP_REFUSED_NOT_FOUND;
    bool asked = story->redeem.mode == PERMIT_ASK;
    bool newest = seq == ledger->head_seq; /* the common case: a sale's own answer */
    if (!newest)
        TRY(listen(ledger, seq, story, &reversed, &late));
    story->acked = seq <= ledger->acked_seq;

    if (asked && story->result == 0) {
        if (ledger->open_ask != seq)
            return SCRIP_FAULT_CORRUPT;
        story->state = STORY_ASKING;
    } else if (story->result == RECORD_REFUSED) {
        story->state = STORY_REFUSED;
    } else if (story->result == RECORD_VOID) {
        story->state = STORY_VOID;
    } else if (reversed) {
        story->state = STORY_REVERSED;
    } else if (late) {
        story->state = STORY_LATE_REFUSED;
    } else {
        story->state = STORY_APPROVED;
    }
    /* The walk has used the scratch: the views are taken again. */
    return newest ? SCRIP_OK : ledger_record(ledger, seq, &story->redeem);
}

static bool matches(const struct record *record, struct bytes sale_id, struct bytes service_id,
                    struct bytes transaction_id)
{
    /* A transaction may have been noted for a member and redeemed in: alone, its id means the
     * latter. */
    return (record->type == RECORD_REDEEM ||
            (record->type == RECORD_AWARD && service_id.len != 0)) &&
           bytes_equal(record->sale_id, sale_id) &&
           (service_id.len == 0 || bytes_equal(record->service_id, service_id)) &&
           (transaction_id.len == 0 || bytes_equal(record->transaction_id, transaction_id));
}

/* Among the last LEDGER_REFS requests. */
static enum scrip_status find_recent(struct ledger *ledger, struct bytes sale_id,
                                     struct bytes service_id, struct bytes transaction_id,
                                     uint32_t *seq)
{
    uint32_t hash = ledger_ref_hash(sale_id, service_id);
    for (size_t i = ledger->ref_count; i-- > 0 && service_id.len > 0;) {
        struct record record;
        if (ledger->refs[i].hash != hash)
            continue;
        enum scrip_status status = ledger_record(ledger, ledger->refs[i].seq, &record);
        if (status == SCRIP_OK && matches(&record, sale_id, service_id, transaction_id)) {
            *seq = record.seq;
            return SCRIP_OK;
        }
        if (status != SCRIP_OK && status != SCRIP_REFUSED_NOT_FOUND &&
            status != SCRIP_FAULT_CORRUPT)
            return status;
    }
    return SCRIP_REFUSED_NOT_FOUND;
}

enum scrip_status ledger_recent(struct ledger *ledger, struct bytes sale_id,
                                struct bytes service_id, uint32_t *seq)
{
    *seq = 0;
    return find_recent(ledger, sale_id, service_id, bytes_of(NULL, 0), seq);
}

enum scrip_status ledger_lookup(struct ledger *ledger, struct bytes sale_id,
                                struct bytes service_id, struct bytes transaction_id, uint32_t *seq)
{
    struct record record;
    struct journal_cursor at = {{0, 0}, 0};
    *seq = 0;
    if (service_id.len == 0 && transaction_id.len == 0)
        return SCRIP_REFUSED_ARGUMENT;
    enum scrip_status status = find_recent(ledger, sale_id, service_id, transaction_id, seq);
    if (status != SCRIP_REFUSED_NOT_FOUND)
        return status;
    while ((status = ledger_next(ledger, &at, &record)) != SCRIP_AGAIN) {
        if (status == SCRIP_OK && matches(&record, sale_id, service_id, transaction_id))
            *seq = record.seq;
        else if (status != SCRIP_OK && status != SCRIP_FAULT_CORRUPT)
            return status;
    }
    return *seq != 0 ? SCRIP_OK : SCRIP_REFUSED_NOT_FOUND;
}
