/*
 * The till's side of the ledger: open, append, outcome, reverse.
 *
 * L1  What ledger_apply() has applied is durable, and what is durable is applied or the ledger is
 *     closed. Everything that can fail (reading, hashing, encoding) comes before the journal's
 *     append, nothing after it.
 * L2  RAM is a function of the log: the last complete checkpoint, then the records, in order, by
 *     the same ledger_apply(). Nothing else is stored.
 * L3  A fault of an append closes the ledger until recovery has read what really is there.
 * L4  A code that has been spent is refused until a durable record releases it, the floor has left
 *     it behind, or a status list refuses it instead. The floor that let an entry go, and the
 *     list's number, are in every checkpoint that does not have the entry.
 *     A use that the host has refused is never released.
 * L5  An entry is only spent if recovery, which starts from the last checkpoint and drops nothing
 *     meanwhile, can hold it too: recovered_spent never exceeds LIMIT_SPENT.
 * L6  No record is sent before the terminal has decided on it: an open ask stops the outbox.
 * L7  Nothing is acknowledged but what the host names by our own link, and no late verdict after
 *     the ack which covers it.
 * L8  Every sum that a limit is held against is the truth or more, never less.
 */
#include "redeem/ledger.h"

#include <string.h>

#include "redeem/ledger_private.h"
#include "redeem/seal.h"

enum { COUNTER_SEQ = (1 << 20) - 1 };

enum scrip_status ledger_put(struct ledger *ledger, enum journal_type type,
                             enum journal_reserve reserve, struct bytes payload)
{
    if (ledger->broken)
        return SCRIP_FAULT_READ_ONLY;
    enum scrip_status status = journal_append(ledger->journal, type, reserve, payload);
    if (scrip_is_fault(status) && status != SCRIP_FAULT_READ_ONLY)
        ledger->broken = true;
    return status;
}

/* What the board's monotonic counter shows once this record is there: epoch and number, as far as
 * 12 and 20 bits go; then it stands still. */
static uint32_t counter_of(const struct ledger *ledger)
{
    uint32_t epoch = ledger->keys->epoch, seq = ledger->head_seq;
    if (epoch >> 12 != 0)
        return 0;
    return epoch << 20 | (seq < COUNTER_SEQ ? seq : COUNTER_SEQ);
}

/* Not being able to is no reason to unsay an answer: the next record makes up for it. */
static void advance_counter(const struct ledger *ledger)
{
    const struct hal_keystore *store = ledger->keys->store;
    uint32_t value = counter_of(ledger);
    if (store->counter_advance != NULL && value != 0)
        (void)store->counter_advance(store->context, value);
}

/* A counter ahead of the log: records were here that are gone, or an older image was put back. */
static enum scrip_status check_counter(struct ledger *ledger, struct ledger_recovery *found)
{
    const struct hal_keystore *store = ledger->keys->store;
    uint32_t value = 0;
    if (store->counter_read == NULL)
        return SCRIP_OK;
    TRY(store->counter_read(store->context, &value));
    found->rolled_back = counter_of(ledger) != 0 && value > counter_of(ledger);
    if (!found->rolled_back)
        return SCRIP_OK;
    enum scrip_status status = ledger_declare_fork(ledger);
    return status == SCRIP_FAULT_FORK || status == SCRIP_FAULT_READ_ONLY ? SCRIP_OK : status;
}

/* Fills in what every record has, and makes it durable. The record has no views into the scratch.
 */
enum scrip_status ledger_put_record(struct ledger *ledger, struct record *record,
                                    enum journal_reserve reserve, const struct ledger_code *code)
{
    struct buffer out = buffer_of(ledger->scratch, LIMIT_RECORD_BYTES);
    uint8_t link[RECORD_LINK_BYTES];
    record->epoch = ledger->keys->epoch;
    record->seq = journal_next_seq(ledger->journal);
    memcpy(record->prev, ledger->head, RECORD_LINK_BYTES);
    TRY(record_write(record, &out));
    TRY(record_link(buffer_bytes(&out), link));
    TRY(ledger_put(ledger, JOURNAL_DATA, reserve, buffer_bytes(&out)));
    ledger_apply(ledger, record, code, link);
    advance_counter(ledger);
    return SCRIP_OK;
}

enum scrip_status ledger_put_outcome(struct ledger *ledger, enum record_result result,
                                     struct bytes auth, enum record_code code,
                                     enum journal_reserve reserve, const struct record_stamp *stamp)
{
    struct record record = {.type = RECORD_OUTCOME,
                            .stamp = *stamp,
                            .of = ledger->open_ask,
                            .result = (uint8_t)result,
                            .auth = auth,
                            .code = (uint8_t)code};
    if (result == RECORD_ACCEPTED || result == RECORD_OFFLINE)
        record.amount_minor = ledger->ask_minor;
    return ledger_put_record(ledger, &record, reserve, NULL);
}

/* Everything but what outlives a recovery in RAM. */
static void forget(struct ledger *ledger, struct journal *journal, const struct keys *keys)
{
    memset(ledger, 0, sizeof *ledger);
    ledger->journal = journal;
    ledger->keys = keys;
}

enum scrip_status ledger_open(struct ledger *ledger, struct journal *journal,
                              const struct keys *keys, const struct record_stamp *stamp,
                              struct ledger_recovery *found)
{
    memset(found, 0, sizeof *found);
    forget(ledger, journal, keys);
    enum scrip_status status = keys_derive(keys, "spent", bytes_of(NULL, 0), ledger->spent_key,
                                           sizeof ledger->spent_key);
    if (status == SCRIP_OK)
        status = ledger_recover(ledger, found);
    if (status == SCRIP_OK)
        status = check_counter(ledger, found);
    if (status == SCRIP_OK && ledger->open_ask != 0) {
        uint32_t ask = ledger->open_ask;
        /* The till was never told yes. */
        status = ledger_put_outcome(ledger, RECORD_VOID, bytes_of(NULL, 0), RECORD_CODE_NONE,
                                    JOURNAL_VERDICT, stamp);
        if (status == SCRIP_OK)
            found->voided_seq = ask;
        else if (status == SCRIP_FAULT_READ_ONLY)
            status = SCRIP_OK;
    }
    if (status != SCRIP_OK)
        ledger->broken = true;
    return status;
}

enum scrip_status ledger_refence(struct ledger *ledger)
{
    struct ledger_recovery found;
    uint8_t spent_key[sizeof ledger->spent_key];
    if (!ledger->broken)
        return SCRIP_OK;
    TRY(journal_refence(ledger->journal));
    uint32_t floor_s = ledger->floor_s, unc_s = ledger->unc_s, signed_s = ledger->signed_s;
    bool fork = ledger->fork, suspended = ledger->suspended;
    memcpy(spent_key, ledger->spent_key, sizeof spent_key);
    forget(ledger, ledger->journal, ledger->keys);
    memcpy(ledger->spent_key, spent_key, sizeof spent_key);
    bytes_wipe(spent_key, sizeof spent_key);
    enum scrip_status status = ledger_recover(ledger, &found);
    ledger->fork |= fork;
    ledger->suspended = suspended;
    ledger_clock(ledger, floor_s, unc_s, signed_s);
    if (status != SCRIP_OK)
        ledger->broken = true;
    return status;
}

/* The request that was recorded under the same SaleID and ServiceID. OK: seq is its record, the
 * same request again. AGAIN: none. REFUSED_DUPLICATE: another request. */
static enum scrip_status find_request(struct ledger *ledger, const struct record *wanted,
                                      uint32_t *seq)
{
    uint32_t hash = ledger_ref_hash(wanted->sale_id, wanted->service_id);
    for (size_t i = ledger->ref_count; i-- > 0 && wanted->service_id.len > 0;) {
        struct record seen;
        if (ledger->refs[i].hash != hash)
            continue;
        enum scrip_status status = ledger_record(ledger, ledger->refs[i].seq, &seen);
        /* No longer held, or unreadable: then the code itself still tells a second use. */
        if (status == SCRIP_REFUSED_NOT_FOUND || status == SCRIP_FAULT_CORRUPT)
            continue;
        TRY(status);
        if (!bytes_equal(seen.sale_id, wanted->sale_id) ||
            !bytes_equal(seen.service_id, wanted->service_id))
            continue;
        *seq = seen.seq;
        return memcmp(seen.digest, wanted->digest, sizeof seen.digest) == 0
                   ? SCRIP_OK
                   : SCRIP_REFUSED_DUPLICATE;
    }
    return SCRIP_AGAIN;
}

/* A till that had no answer asks again under a new ServiceID: the same code for the same sale. */
static enum scrip_status find_use(struct ledger *ledger, const struct record *wanted,
                                  const struct ledger_code *code, uint32_t *seq)
{
    const struct ledger_spent *spent = ledger_find_spent(ledger, code->key);
    struct record seen;
    if (!spent)
        return SCRIP_AGAIN;
    *seq = spent->seq & ~LEDGER_BURNT;
    enum scrip_status status = ledger_record(ledger, *seq, &seen);
    if (status == SCRIP_REFUSED_NOT_FOUND || status == SCRIP_FAULT_CORRUPT)
        return SCRIP_REFUSED_USED;
    TRY(status);
    bool same = wanted->transaction_id.len > 0 && bytes_equal(seen.sale_id, wanted->sale_id) &&
                bytes_equal(seen.transaction_id, wanted->transaction_id);
    return same ? SCRIP_OK : SCRIP_REFUSED_USED;
}

/* One that a full journal does not take is only a longer recovery, unless that could not hold what
 * is spent (L5). */
static enum scrip_status checkpoint_if_due(struct ledger *ledger)
{
    enum scrip_status status = SCRIP_OK;
    if (ledger->since_checkpoint >= LEDGER_PERIOD || ledger->recovered_spent == LIMIT_SPENT)
        status = ledger_checkpoint(ledger);
    if (status == SCRIP_REFUSED_FULL && ledger->recovered_spent < LIMIT_SPENT)
        status = SCRIP_OK;
    return status;
}

/* OK: a checkpoint is not overdue, and one more code can be spent (L5). */
static enum scrip_status make_room(struct ledger *ledger)
{
    return ledger->spent_count == LIMIT_SPENT ? SCRIP_REFUSED_FULL : checkpoint_if_due(ledger);
}

static void fill_sale(struct record *record, const struct sale *sale)
{
    record->currency = sale->currency;
    record->sale_id = bytes_text(sale->sale_id);
    record->service_id = bytes_text(sale->service_id);
    record->transaction_id = bytes_text(sale->transaction_id);
    record->total_minor = sale->total_minor;
    record->lines = bytes_of(sale->lines, sizeof sale->lines);
    memcpy(record->digest, sale->digest, sizeof record->digest);
}

static void fill_redeem(struct record *record, const struct redemption *redemption)
{
    fill_sale(record, &redemption->sale);
    const struct voucher *voucher = &redemption->permit.voucher;
    record->token = voucher->token;
    if (voucher->bound)
        record->txh = bytes_of(voucher->claims.txh, TOKEN_ID_BYTES);
    record->issuer = voucher->issuer;
    record->mode = (uint8_t)redemption->permit.mode;
    record->amount_minor = redemption->permit.amount_minor;
}

enum scrip_status ledger_append(struct ledger *ledger, struct redemption *redemption,
                                const struct record_stamp *stamp, uint32_t state,
                                struct ledger_entry *entry)
{
    struct record record = {.type = RECORD_REDEEM, .stamp = *stamp, .state = state};
    struct ledger_code code;
    memset(entry, 0, sizeof *entry);
    TRY(seal_take(&redemption->seal, SEAL_REDEMPTION));
    if (ledger->broken)
        return SCRIP_FAULT_READ_ONLY;
    const struct voucher *voucher = &redemption->permit.voucher;
    fill_redeem(&record, redemption);
    record.depth = ledger->head_seq - ledger->acked_seq;
    TRY(ledger_code_of(ledger, voucher->issuer, &voucher->claims, &code));

    uint32_t seq;
    enum scrip_status status = find_request(ledger, &record, &seq);
    if (status == SCRIP_AGAIN)
        status = find_use(ledger, &record, &code, &seq);
    if (status == SCRIP_OK)
        *entry = (struct ledger_entry){ledger->keys->epoch, seq, true};
    if (status != SCRIP_AGAIN)
        return status;

    if (ledger->fork)
        return SCRIP_FAULT_FORK;
    if (ledger->open_ask != 0)
        return SCRIP_REFUSED_STATE;
    TRY(make_room(ledger));
    TRY(ledger_put_record(ledger, &record, JOURNAL_NORMAL, &code));
    *entry = (struct ledger_entry){record.epoch, record.seq, false};
    return SCRIP_OK;
}

enum scrip_status ledger_award(struct ledger *ledger, const struct ledger_award *award,
                               const struct record_stamp *stamp, uint32_t state,
                               struct ledger_entry *entry)
{
    struct record record = {.type = RECORD_AWARD, .stamp = *stamp, .state = state};
    uint32_t seq;
    memset(entry, 0, sizeof *entry);
    if (ledger->broken)
        return SCRIP_FAULT_READ_ONLY;
    fill_sale(&record, award->sale);
    record.token = award->token;
    record.issuer = award->issuer;
    record.member = award->sealed;
    record.depth = ledger->head_seq - ledger->acked_seq;

    enum scrip_status status = find_request(ledger, &record, &seq);
    if (status == SCRIP_OK)
        *entry = (struct ledger_entry){ledger->keys->epoch, seq, true};
    if (status != SCRIP_AGAIN)
        return status;
    if (ledger->fork)
        return SCRIP_FAULT_FORK;
    if (ledger->open_ask != 0)
        return SCRIP_REFUSED_STATE;
    TRY(checkpoint_if_due(ledger));
    TRY(ledger_put_record(ledger, &record, JOURNAL_NORMAL, NULL));
    *entry = (struct ledger_entry){record.epoch, record.seq, false};
    return SCRIP_OK;
}

enum scrip_status ledger_outcome(struct ledger *ledger, uint32_t seq, enum record_result result,
                                 struct bytes auth, enum record_code code,
                                 const struct record_stamp *stamp)
{
    if (ledger->broken)
        return SCRIP_FAULT_READ_ONLY;
    if (seq == 0 || seq != ledger->open_ask)
        return SCRIP_REFUSED_STATE;
    return ledger_put_outcome(ledger, result, auth, code, JOURNAL_REVERSE, stamp);
}

/* The reverse of a redemption that has been reversed. */
static enum scrip_status find_reverse(struct ledger *ledger, uint32_t of, uint32_t *seq)
{
    struct journal_cursor at;
    struct record record;
    enum scrip_status status;
    TRY(journal_find(ledger->journal, of + 1, &at));
    do
        status = ledger_next(ledger, &at, &record);
    while (status == SCRIP_FAULT_CORRUPT ||
           (status == SCRIP_OK && (record.type != RECORD_REVERSE || record.of != of)));
    *seq = record.seq;
    return status == SCRIP_AGAIN ? SCRIP_REFUSED_NOT_FOUND : status;
}

enum scrip_status ledger_reverse(struct ledger *ledger, uint32_t seq,
                                 const struct record_stamp *stamp, struct ledger_entry *entry)
{
    struct record record = {.type = RECORD_REVERSE, .stamp = *stamp, .of = seq};
    struct ledger_story story;
    struct ledger_code code;
    memset(entry, 0, sizeof *entry);
    if (ledger->broken)
        return SCRIP_FAULT_READ_ONLY;
    TRY(ledger_story(ledger, seq, &story));
    if (story.state == STORY_REVERSED) {
        TRY(find_reverse(ledger, seq, &entry->seq));
        entry->epoch = ledger->keys->epoch;
        entry->replayed = true;
        return SCRIP_OK;
    }
    if (story.state != STORY_APPROVED && story.state != STORY_LATE_REFUSED)
        return SCRIP_REFUSED_STATE;
    bool redeemed = story.redeem.type == RECORD_REDEEM;
    if (redeemed)
        TRY(ledger_code_of_record(ledger, &story.redeem, &code));
    record.amount_minor = story.redeem.amount_minor;
    TRY(ledger_put_record(ledger, &record, JOURNAL_REVERSE, redeemed ? &code : NULL));
    *entry = (struct ledger_entry){record.epoch, record.seq, false};
    return SCRIP_OK;
}
