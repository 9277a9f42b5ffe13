/*
 * Checkpoints. A note is `u8 kind, u8 index, u8 last`, then runs: `u8 run, u8 count`, items of the
 * run's size. A checkpoint is notes 0..n in a row, the last of which commits it; a state note has
 * the scalars alone, and replaces them where it stands in the log. Numbers are little-endian.
 */
#include <assert.h>
#include <string.h>

#include "redeem/ledger_private.h"

enum { NOTE_CHECKPOINT = 1, NOTE_STATE = 2, NOTE_HEAD_BYTES = 3, RUN_HEAD_BYTES = 2 };
enum run { RUN_STATE = 1, RUN_SPENT, RUN_REF, RUN_MEMBER, RUN_MARK, RUN_LATE, RUN_LISTED, RUNS };
enum { STATE_BYTES = 102, FLAG_FORK = 1, FLAG_ASK_MEMBER = 2, FLAG_SUSPENDED = 4 };

static const uint8_t ITEM_BYTES[RUNS] = {
    [RUN_STATE] = STATE_BYTES, [RUN_SPENT] = 16, [RUN_REF] = 8,
    [RUN_MEMBER] = 12,         [RUN_MARK] = 5,   [RUN_LATE] = 4,
    [RUN_LISTED] = 4};

/* The journal holds ten notes back for a checkpoint. At worst each wastes most of a spent entry and
 * begins two runs. */
_Static_assert(STATE_BYTES + LIMIT_SPENT * 16 + LEDGER_REFS * 8 + LEDGER_MEMBERS * 12 +
                       LEDGER_MARKS * 5 + LEDGER_LATES * 4 + 4 <=
                   10 * (JOURNAL_PAYLOAD_MAX - NOTE_HEAD_BYTES - 2 * RUN_HEAD_BYTES - 15),
               "a checkpoint fits into the journal's reserve for it");

struct writer {
    struct ledger *ledger;
    struct buffer out; /* the scratch */
    uint8_t *count;    /* of the run that is being written; NULL: none in this note */
    uint8_t kind, index, run;
    uint32_t first; /* the sector of the first note */
};

static void begin_note(struct writer *w)
{
    w->out = buffer_of(w->ledger->scratch, JOURNAL_PAYLOAD_MAX);
    w->count = NULL;
    buffer_put_byte(&w->out, w->kind);
    buffer_put_byte(&w->out, w->index);
    buffer_put_byte(&w->out, 0);
}

static enum scrip_status end_note(struct writer *w, bool last)
{
    w->out.data[2] = last;
    TRY(ledger_put(w->ledger, JOURNAL_NOTE, JOURNAL_SYSTEM, buffer_bytes(&w->out)));
    if (w->index == 0)
        w->first = journal_sector(w->ledger->journal);
    w->index++;
    return SCRIP_OK;
}

static enum scrip_status put_item(struct writer *w, enum run run, const uint8_t *item)
{
    size_t len = ITEM_BYTES[run];
    if (w->out.len + RUN_HEAD_BYTES + len > w->out.capacity) {
        TRY(end_note(w, false));
        begin_note(w);
    }
    if (!w->count || w->run != run) {
        w->run = (uint8_t)run;
        buffer_put_byte(&w->out, w->run);
        w->count = w->out.data + w->out.len;
        buffer_put_byte(&w->out, 0);
    }
    buffer_put(&w->out, item, len);
    ++*w->count;
    return SCRIP_OK;
}

static void put_u32(struct buffer *out, uint32_t value)
{
    uint8_t number[4];
    bytes_put_u32(number, value);
    buffer_put(out, number, sizeof number);
}

static uint32_t take_u32(const uint8_t **at)
{
    *at += 4;
    return bytes_get_u32(*at - 4);
}

static void take(const uint8_t **at, uint8_t *out, size_t len)
{
    memcpy(out, *at, len);
    *at += len;
}

static enum scrip_status put_state(struct writer *w)
{
    const struct ledger *l = w->ledger;
    uint8_t memory[STATE_BYTES];
    struct buffer out = buffer_of(memory, sizeof memory);
    put_u32(&out, l->keys->epoch);
    put_u32(&out, l->head_seq);
    buffer_put(&out, l->head, sizeof l->head);
    put_u32(&out, l->acked_seq);
    buffer_put(&out, l->acked_head, sizeof l->acked_head);
    put_u32(&out, l->acked_ask);
    put_u32(&out, l->unsettled_count);
    put_u32(&out, (uint32_t)l->unsettled_minor);
    put_u32(&out, (uint32_t)(l->unsettled_minor >> 32));
    put_u32(&out, l->floor_s);
    put_u32(&out, l->unc_s);
    put_u32(&out, l->signed_s);
    put_u32(&out, l->approved_seq);
    put_u32(&out, l->open_ask);
    put_u32(&out, l->ask_minor);
    buffer_put(&out, l->ask_member, sizeof l->ask_member);
    put_u32(&out, l->member_day);
    put_u32(&out, l->member_least_minor);
    uint8_t flags = (uint8_t)((l->fork ? FLAG_FORK : 0) |
                              (l->ask_has_member ? FLAG_ASK_MEMBER : 0) |
                              (l->suspended ? FLAG_SUSPENDED : 0));
    buffer_put_byte(&out, flags);
    buffer_put_byte(&out, 0);
    assert(!out.overflow && out.len == STATE_BYTES);
    return put_item(w, RUN_STATE, memory);
}

static enum scrip_status load_state(struct ledger *l, const uint8_t *at)
{
    if (take_u32(&at) != l->keys->epoch)
        return SCRIP_FAULT_FOREIGN;
    l->head_seq = take_u32(&at);
    take(&at, l->head, sizeof l->head);
    l->acked_seq = take_u32(&at);
    take(&at, l->acked_head, sizeof l->acked_head);
    l->acked_ask = take_u32(&at);
    l->unsettled_count = take_u32(&at);
    l->unsettled_minor = take_u32(&at);
    l->unsettled_minor |= (uint64_t)take_u32(&at) << 32;
    l->floor_s = take_u32(&at);
    l->unc_s = take_u32(&at);
    l->signed_s = take_u32(&at);
    l->approved_seq = take_u32(&at);
    l->open_ask = take_u32(&at);
    l->ask_minor = take_u32(&at);
    take(&at, l->ask_member, sizeof l->ask_member);
    l->member_day = take_u32(&at);
    l->member_least_minor = take_u32(&at);
    l->fork = (*at & FLAG_FORK) != 0;
    l->ask_has_member = (*at & FLAG_ASK_MEMBER) != 0;
    l->suspended = (*at & FLAG_SUSPENDED) != 0;
    l->noted_suspended = l->suspended;
    l->noted_ack = l->acked_seq;
    l->noted_floor_s = l->floor_s;
    return SCRIP_OK;
}

static enum scrip_status put_tables(struct writer *w)
{
    const struct ledger *l = w->ledger;
    uint8_t item[16];
    for (size_t i = 0; i < l->spent_count; i++) {
        memcpy(item, l->spent[i].key, 8);
        bytes_put_u32(item + 8, l->spent[i].exp_s);
        bytes_put_u32(item + 12, l->spent[i].seq);
        TRY(put_item(w, RUN_SPENT, item));
    }
    for (size_t i = 0; i < l->member_count; i++) {
        memcpy(item, l->members[i].key, 8);
        bytes_put_u32(item + 8, l->members[i].sum_minor);
        TRY(put_item(w, RUN_MEMBER, item));
    }
    for (size_t i = 0; i < l->ref_count; i++) {
        bytes_put_u32(item, l->refs[i].hash);
        bytes_put_u32(item + 4, l->refs[i].seq);
        TRY(put_item(w, RUN_REF, item));
    }
    for (size_t i = 0; i < l->mark_count; i++) {
        bytes_put_u32(item, l->marks[i].seq);
        item[4] = l->marks[i].what;
        TRY(put_item(w, RUN_MARK, item));
    }
    for (size_t i = 0; i < l->late_count; i++) {
        bytes_put_u32(item, l->late[i]);
        TRY(put_item(w, RUN_LATE, item));
    }
    if (l->listed_seq != 0) {
        bytes_put_u32(item, l->listed_seq);
        TRY(put_item(w, RUN_LISTED, item));
    }
    return SCRIP_OK;
}

/* False: the table is full, or the run is unknown. */
static bool load_item(struct ledger *l, uint8_t run, const uint8_t *item)
{
    uint32_t number = bytes_get_u32(item);
    switch (run) {
    case RUN_SPENT:
        if (l->spent_count == LIMIT_SPENT)
            return false;
        memcpy(l->spent[l->spent_count].key, item, 8);
        l->spent[l->spent_count].exp_s = bytes_get_u32(item + 8);
        l->spent[l->spent_count++].seq = bytes_get_u32(item + 12);
        return true;
    case RUN_MEMBER:
        if (l->member_count == LEDGER_MEMBERS)
            return false;
        memcpy(l->members[l->member_count].key, item, 8);
        l->members[l->member_count++].sum_minor = bytes_get_u32(item + 8);
        return true;
    case RUN_REF:
        if (l->ref_count == LEDGER_REFS)
            return false;
        l->refs[l->ref_count++] = (struct ledger_ref){number, bytes_get_u32(item + 4)};
        return true;
    case RUN_MARK:
        if (l->mark_count == LEDGER_MARKS)
            return false;
        l->marks[l->mark_count++] = (struct ledger_mark){number, item[4]};
        return true;
    case RUN_LATE:
        if (l->late_count == LEDGER_LATES)
            return false;
        l->late[l->late_count++] = number;
        return true;
    case RUN_LISTED:
        l->listed_seq = number;
        return true;
    default:
        return false;
    }
}

/* What the journal has let go of can no longer be taken back, nor looked at. */
static void drop_old_late(struct ledger *ledger)
{
    for (size_t i = ledger->late_count; i-- > 0;) {
        struct record record;
        if (ledger_record(ledger, ledger->late[i], &record) == SCRIP_REFUSED_NOT_FOUND)
            ledger_forget_late(ledger, ledger->late[i]);
    }
}

enum scrip_status ledger_checkpoint(struct ledger *ledger)
{
    struct writer w = {.ledger = ledger, .kind = NOTE_CHECKPOINT};
    drop_old_late(ledger);
    begin_note(&w);
    enum scrip_status status = put_state(&w);
    if (status == SCRIP_OK)
        status = put_tables(&w);
    if (status == SCRIP_OK)
        status = end_note(&w, true);
    /* A full journal is tried again after as many records, not at every step. */
    if (status == SCRIP_OK || status == SCRIP_REFUSED_FULL)
        ledger->since_checkpoint = 0;
    TRY(status);
    ledger->checkpoint_sector = w.first;
    ledger->recovered_spent = ledger->spent_count;
    ledger->noted_ack = ledger->acked_seq;
    ledger->noted_floor_s = ledger->floor_s;
    ledger->noted_suspended = ledger->suspended;
    return SCRIP_OK;
}

enum scrip_status ledger_note_state(struct ledger *ledger)
{
    struct writer w = {.ledger = ledger, .kind = NOTE_STATE};
    begin_note(&w);
    TRY(put_state(&w));
    TRY(end_note(&w, true));
    ledger->noted_ack = ledger->acked_seq;
    ledger->noted_floor_s = ledger->floor_s;
    ledger->noted_suspended = ledger->suspended;
    return SCRIP_OK;
}

bool ledger_note_piece(struct bytes note, uint8_t *index, bool *last)
{
    if (note.len < NOTE_HEAD_BYTES || note.data[0] != NOTE_CHECKPOINT)
        return false;
    *index = note.data[1];
    *last = note.data[2] == 1;
    return true;
}

bool ledger_note_is_state(struct bytes note)
{
    return note.len >= NOTE_HEAD_BYTES && note.data[0] == NOTE_STATE;
}

enum scrip_status ledger_note_load(struct ledger *ledger, struct bytes note)
{
    const uint8_t *at = note.data + NOTE_HEAD_BYTES;
    const uint8_t *end = note.data + note.len;
    while (end - at >= RUN_HEAD_BYTES) {
        uint8_t run = at[0], count = at[1];
        at += RUN_HEAD_BYTES;
        if (run == 0 || run >= RUNS || end - at < count * ITEM_BYTES[run])
            return SCRIP_FAULT_CORRUPT;
        for (; count > 0; count--, at += ITEM_BYTES[run]) {
            if (run == RUN_STATE)
                TRY(load_state(ledger, at));
            else if (!load_item(ledger, run, at))
                return SCRIP_FAULT_CORRUPT;
        }
    }
    return at == end ? SCRIP_OK : SCRIP_FAULT_CORRUPT;
}
