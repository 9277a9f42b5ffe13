/* Recovery: the last complete checkpoint, what follows it, and what was acknowledged since. */
#include <string.h>

#include "redeem/ledger_private.h"

/* One entry of the log, of any type; the scratch holds it. */
static enum scrip_status next_entry(struct ledger *ledger, struct journal_cursor *at,
                                    struct journal_entry *entry)
{
    return journal_next(ledger->journal, at, ledger->scratch, entry);
}

/* From `at` to the end: where the last checkpoint begins that has all its pieces, one after the
 * other. AGAIN: none there. */
static enum scrip_status find_last(struct ledger *ledger, struct journal_cursor at,
                                   struct journal_cursor *start)
{
    struct journal_cursor candidate = at;
    unsigned expected = 0; /* 0: no checkpoint has begun */
    enum scrip_status status, found = SCRIP_AGAIN;
    for (;;) {
        struct journal_cursor before = at;
        struct journal_entry entry;
        uint8_t index;
        bool last;
        status = next_entry(ledger, &at, &entry);
        if (status != SCRIP_OK && status != SCRIP_FAULT_CORRUPT)
            break;
        if (status != SCRIP_OK || entry.type != JOURNAL_NOTE ||
            !ledger_note_piece(entry.payload, &index, &last)) {
            expected = 0;
            continue;
        }
        if (index == 0) {
            candidate = before;
        } else if (expected == 0 || index != expected) {
            expected = 0;
            continue;
        }
        expected = index + 1u;
        if (last) {
            *start = candidate;
            found = SCRIP_OK;
            expected = 0;
        }
    }
    return status == SCRIP_AGAIN ? found : status;
}

/* A checkpoint is never further back than LEDGER_PERIOD records, unless the journal was too full
 * for one; then the look goes back further. */
static enum scrip_status find_checkpoint(struct ledger *ledger, struct journal_cursor *start)
{
    uint32_t next = journal_next_seq(ledger->journal);
    uint32_t span = LEDGER_PERIOD + 1;
    for (;;) {
        struct journal_cursor at;
        bool all = span >= next;
        if (all)
            at = (struct journal_cursor){{0, 0}, 0};
        else
            TRY(journal_find(ledger->journal, next - span, &at));
        enum scrip_status status = find_last(ledger, at, start);
        if (status != SCRIP_AGAIN || all)
            return status;
        span *= 4;
    }
}

static enum scrip_status load(struct ledger *ledger, struct journal_cursor *at)
{
    uint8_t index;
    bool last = false;
    while (!last) {
        struct journal_entry entry;
        TRY(next_entry(ledger, at, &entry));
        if (!ledger_note_piece(entry.payload, &index, &last))
            return SCRIP_FAULT_CORRUPT;
        TRY(ledger_note_load(ledger, entry.payload));
    }
    ledger->recovered_spent = ledger->spent_count;
    return SCRIP_OK;
}

/* The member of the redemption that a reverse is about, if that record is still there. */
static enum scrip_status subject_of(struct ledger *ledger, uint32_t seq, struct ledger_code *code,
                                    const struct ledger_code **known)
{
    struct record redeem;
    enum scrip_status status = ledger_record(ledger, seq, &redeem);
    *known = NULL;
    if (status == SCRIP_REFUSED_NOT_FOUND || status == SCRIP_FAULT_CORRUPT)
        return SCRIP_OK;
    TRY(status);
    if (redeem.type == RECORD_REDEEM) {
        TRY(ledger_code_of_record(ledger, &redeem, code));
        *known = code;
    }
    return SCRIP_OK;
}

static enum scrip_status replay_record(struct ledger *ledger, struct record *record)
{
    struct ledger_code code;
    const struct ledger_code *known = NULL;
    uint8_t link[RECORD_LINK_BYTES];
    if (record->epoch != ledger->keys->epoch)
        return SCRIP_FAULT_FOREIGN;
    /* Behind an unreadable record the chain goes on from what the next one says. */
    if (record->seq == ledger->head_seq + 1 &&
        memcmp(record->prev, ledger->head, RECORD_LINK_BYTES) != 0)
        return SCRIP_FAULT_CORRUPT;
    TRY(record_link(record->raw, link));
    if (record->type == RECORD_REDEEM) {
        TRY(ledger_code_of_record(ledger, record, &code));
        known = &code;
    } else if (record->type == RECORD_REVERSE) {
        TRY(subject_of(ledger, record->of, &code, &known));
    }
    ledger_apply(ledger, record, known, link);
    return SCRIP_OK;
}

static enum scrip_status replay(struct ledger *ledger, struct journal_cursor at,
                                struct ledger_recovery *found)
{
    for (;;) {
        struct journal_entry entry;
        struct record record;
        enum scrip_status status = next_entry(ledger, &at, &entry);
        if (status == SCRIP_AGAIN)
            return SCRIP_OK;
        if (status == SCRIP_FAULT_CORRUPT) {
            found->damaged++;
            continue;
        }
        TRY(status);
        if (entry.type == JOURNAL_NOTE && ledger_note_is_state(entry.payload))
            TRY(ledger_note_load(ledger, entry.payload));
        if (entry.type != JOURNAL_DATA || entry.seq <= ledger->head_seq)
            continue;
        if (record_read(entry.payload, &record) != SCRIP_OK || record.seq != entry.seq) {
            found->damaged++;
            continue;
        }
        TRY(replay_record(ledger, &record));
        found->records++;
    }
}

enum scrip_status ledger_recover(struct ledger *ledger, struct ledger_recovery *found)
{
    struct journal_cursor start = {{0, 0}, 0}, at;
    enum scrip_status status = find_checkpoint(ledger, &start);
    memset(found, 0, sizeof *found);
    at = start;
    if (status == SCRIP_OK) {
        TRY(load(ledger, &at));
    } else if (status == SCRIP_AGAIN && journal_is_whole(ledger->journal)) {
        /* Before the first checkpoint, or without it, the records tell it all from the start. */
        memcpy(ledger->head, ledger->keys->first_prev, RECORD_LINK_BYTES);
        memcpy(ledger->acked_head, ledger->keys->first_prev, RECORD_LINK_BYTES);
        if (journal_next_seq(ledger->journal) == 1)
            return ledger_checkpoint(ledger);
    } else {
        return status == SCRIP_AGAIN ? SCRIP_FAULT_CORRUPT : status;
    }
    ledger->checkpoint_sector = start.at.sector;
    TRY(replay(ledger, at, found));
    /* A number whose record is unreadable is taken all the same. */
    if (ledger->head_seq + 1 < journal_next_seq(ledger->journal))
        ledger->head_seq = journal_next_seq(ledger->journal) - 1;

    struct ledger_settling settling;
    TRY(ledger_settle(ledger, journal_acked(ledger->journal), &settling));
    ledger_settled(ledger, &settling);
    found->last_seq = ledger->approved_seq;
    return SCRIP_OK;
}
