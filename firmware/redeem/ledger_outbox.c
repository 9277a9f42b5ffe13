/* Settling with the host: what is sent, what comes back, what may then be freed. */
#include <string.h>

#include "redeem/ledger_private.h"

/* The clock's floor is written down when it has risen by this much, records or not. */
enum { FLOOR_STEP_S = 3600, IDLE_PERIOD = LEDGER_PERIOD * 3 / 4 };

enum scrip_status ledger_outbox(struct ledger *ledger, uint32_t *seq, struct bytes *record)
{
    struct record found;
    uint32_t next = (*seq > ledger->acked_seq ? *seq : ledger->acked_seq) + 1;
    *record = bytes_of(NULL, 0);
    if (ledger->broken)
        return SCRIP_FAULT_READ_ONLY;
    if (next > ledger->head_seq || next == ledger->open_ask)
        return SCRIP_AGAIN;
    enum scrip_status status = ledger_record(ledger, next, &found);
    if (status == SCRIP_OK || status == SCRIP_FAULT_CORRUPT)
        *seq = next;
    *record = found.raw;
    return status;
}

static bool is_coupon(const struct record *record)
{
    struct cose message;
    struct token_claims claims;
    return record->type == RECORD_REDEEM &&
           (cose_parse(record->token, &message) != SCRIP_OK ||
            token_claims_read(message.payload, &claims) != SCRIP_OK || claims.has_status);
}

uint32_t ledger_coupons(struct ledger *ledger, uint32_t most)
{
    uint32_t count = 0;
    struct record record;
    for (uint32_t seq = ledger->acked_seq + 1; seq <= ledger->head_seq && count < most; seq++)
        count += ledger_record(ledger, seq, &record) != SCRIP_OK || is_coupon(&record);
    return count;
}

enum scrip_status ledger_link_at(struct ledger *ledger, uint32_t seq,
                                 uint8_t link[RECORD_LINK_BYTES])
{
    struct record record;
    if (seq < ledger->acked_seq || seq > ledger->head_seq)
        return SCRIP_REFUSED_ARGUMENT;
    if (seq == ledger->head_seq || seq == ledger->acked_seq) {
        memcpy(link, seq == ledger->head_seq ? ledger->head : ledger->acked_head,
               RECORD_LINK_BYTES);
        return SCRIP_OK;
    }
    /* The next record names it, also where this one is unreadable. */
    enum scrip_status status = ledger_record(ledger, seq + 1, &record);
    if (status == SCRIP_OK) {
        memcpy(link, record.prev, RECORD_LINK_BYTES);
        return SCRIP_OK;
    }
    if (status != SCRIP_FAULT_CORRUPT)
        return status;
    TRY(ledger_record(ledger, seq, &record));
    return record_link(record.raw, link);
}

enum scrip_status ledger_late(struct ledger *ledger, uint32_t of, enum record_code code,
                              const struct record_stamp *stamp)
{
    struct record record = {.type = RECORD_LATE, .stamp = *stamp, .of = of, .code = (uint8_t)code};
    if (ledger->broken)
        return SCRIP_FAULT_READ_ONLY;
    if (of <= ledger->acked_seq || ledger_has_mark(ledger, of, LEDGER_LATE))
        return SCRIP_OK;
    if (of > ledger->head_seq)
        return SCRIP_REFUSED_ARGUMENT;
    /* The ack that frees marks waits for the verdict on the record next to the cursor: that one
     * goes without a mark, and settling always moves. */
    if (ledger->mark_count == LEDGER_MARKS && of != ledger->acked_seq + 1 &&
        !ledger_has_mark(ledger, of, LEDGER_REVERSED))
        return SCRIP_REFUSED_FULL;
    return ledger_put_record(ledger, &record, JOURNAL_VERDICT, NULL);
}

/* A record that adds to the unsettled sum while it is not acknowledged. */
static bool counts(const struct ledger *ledger, const struct record *record)
{
    uint32_t redeem_seq = record->type == RECORD_OUTCOME ? record->of : record->seq;
    return ledger_is_approval(record) && !ledger_has_mark(ledger, redeem_seq, LEDGER_REVERSED);
}

/* Takes what (acked, seq] holds from the sums. Where a record there is unreadable, what it held is
 * not known: the rest is counted afresh, up to the head. */
enum scrip_status ledger_settle(struct ledger *ledger, uint32_t seq,
                                struct ledger_settling *settling)
{
    struct journal_cursor at;
    struct record record;
    enum scrip_status status;
    uint32_t before = ledger->acked_seq, ask = ledger->acked_ask;
    uint32_t covered_count = 0, rest_count = 0;
    uint64_t covered_minor = 0, rest_minor = 0;
    bool whole = true;
    *settling = (struct ledger_settling){.seq = seq};
    TRY(ledger_link_at(ledger, seq, settling->head));
    TRY(journal_find(ledger->journal, before + 1, &at));
    while ((status = ledger_next(ledger, &at, &record)) != SCRIP_AGAIN) {
        if (status == SCRIP_FAULT_CORRUPT || record.seq <= before)
            continue;
        TRY(status);
        whole &= before >= seq || record.seq == before + 1;
        before = record.seq;
        if (record.seq > seq && settling->oldest_s == 0)
            settling->oldest_s = record.stamp.t_s;
        if (record.seq > seq && whole)
            break;
        if (record.seq <= seq && record.type == RECORD_REDEEM)
            ask = record.mode == PERMIT_ASK ? record.seq : 0;
        if (record.seq <= seq && record.type == RECORD_OUTCOME)
            ask = 0;
        if (counts(ledger, &record)) {
            *(record.seq <= seq ? &covered_count : &rest_count) += 1;
            *(record.seq <= seq ? &covered_minor : &rest_minor) += record.amount_minor;
        }
    }
    if (whole && before >= seq) {
        rest_count = ledger->unsettled_count;
        rest_minor = ledger->unsettled_minor;
        rest_count -= covered_count < rest_count ? covered_count : rest_count;
        rest_minor -= covered_minor < rest_minor ? covered_minor : rest_minor;
    }
    settling->count = rest_count;
    settling->minor = rest_minor;
    settling->acked_ask = ask;
    return SCRIP_OK;
}

void ledger_settled(struct ledger *ledger, const struct ledger_settling *settling)
{
    ledger->acked_seq = settling->seq;
    memcpy(ledger->acked_head, settling->head, RECORD_LINK_BYTES);
    ledger->unsettled_count = settling->count;
    ledger->unsettled_minor = settling->minor;
    ledger->acked_ask = settling->acked_ask;
    ledger->oldest_s = settling->oldest_s;
    for (size_t i = ledger->mark_count; i-- > 0;)
        if (ledger->marks[i].seq <= settling->seq && ledger->marks[i].seq != settling->acked_ask)
            ledger->marks[i] = ledger->marks[--ledger->mark_count];
}

enum scrip_status ledger_declare_fork(struct ledger *ledger)
{
    enum scrip_status status = SCRIP_OK;
    if (ledger->broken)
        return SCRIP_FAULT_READ_ONLY;
    /* So that a restart does not forget; if the journal takes it no more, the next sync finds out
     * again. */
    if (!ledger->fork) {
        ledger->fork = true;
        status = ledger_note_state(ledger);
    }
    return status == SCRIP_FAULT_FLASH ? status : SCRIP_FAULT_FORK;
}

enum scrip_status ledger_suspend(struct ledger *ledger, bool suspended)
{
    ledger->suspended = suspended;
    if (ledger->noted_suspended == suspended)
        return SCRIP_OK;
    return ledger_note_state(ledger);
}

enum scrip_status ledger_ack(struct ledger *ledger, uint32_t seq,
                             const uint8_t head[RECORD_LINK_BYTES])
{
    struct ledger_settling settling;
    if (ledger->broken)
        return SCRIP_FAULT_READ_ONLY;
    if (seq < ledger->acked_seq || seq > ledger->head_seq ||
        (ledger->open_ask != 0 && seq >= ledger->open_ask))
        return SCRIP_REFUSED_ARGUMENT;
    TRY(ledger_settle(ledger, seq, &settling));
    if (memcmp(settling.head, head, RECORD_LINK_BYTES) != 0)
        return ledger_declare_fork(ledger);
    if (seq == ledger->acked_seq)
        return SCRIP_OK;
    TRY(journal_ack(ledger->journal, seq));
    ledger_settled(ledger, &settling);
    return SCRIP_OK;
}

enum scrip_status ledger_keep(void *context, uint32_t sector)
{
    struct ledger *ledger = context;
    if (!ledger->journal || ledger->broken)
        return SCRIP_FAULT_READ_ONLY;
    if (ledger->checkpoint_sector <= sector)
        return ledger_checkpoint(ledger);
    /* Recovery takes what was acknowledged since the last note from the sums, one record at a time.
     * Where those are gone it counts the whole outbox: right too, but long. So a full journal does
     * without the note. */
    if (ledger->noted_ack != ledger->acked_seq) {
        enum scrip_status status = ledger_note_state(ledger);
        return status == SCRIP_REFUSED_FULL ? SCRIP_OK : status;
    }
    return SCRIP_OK;
}

/* A fence that the journal writes by itself, once a log that was read only has room, may accept an
 * entry that a start had found torn: then the ledger is rebuilt. */
static enum scrip_status idle_journal(struct ledger *ledger)
{
    enum scrip_status status = journal_idle(ledger->journal);
    if (journal_next_seq(ledger->journal) != ledger->head_seq + 1)
        ledger->broken = true;
    return status;
}

enum scrip_status ledger_idle(struct ledger *ledger)
{
    enum scrip_status status = SCRIP_OK;
    if (ledger->broken)
        return SCRIP_FAULT_READ_ONLY;
    bool much = ledger->recovered_spent > LIMIT_SPENT * 3 / 4 &&
                ledger->spent_count < LIMIT_SPENT / 2;
    if (ledger->since_checkpoint >= IDLE_PERIOD || much) {
        status = ledger_checkpoint(ledger);
    } else if (ledger->suspended != ledger->noted_suspended ||
               ledger->acked_seq - ledger->noted_ack >= LEDGER_PERIOD ||
               ledger->floor_s - ledger->noted_floor_s >= FLOOR_STEP_S) {
        status = ledger_note_state(ledger);
    } else {
        return idle_journal(ledger);
    }
    /* A journal too full for a note, or read only, still erases and reclaims. */
    if (status == SCRIP_OK)
        return SCRIP_AGAIN;
    if (status == SCRIP_REFUSED_FULL || (status == SCRIP_FAULT_READ_ONLY && !ledger->broken))
        return idle_journal(ledger);
    return status;
}
