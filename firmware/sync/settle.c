#include "sync/settle.h"

#include <string.h>

/* S1  The ledger's cursor moves only to a link of our own chain that the host has named.
 * S2  Every listed verdict up to the new cursor is durable before the cursor moves.
 * S3  The cursor never passes the last record of the batch: verdicts beyond it were not listed.
 * S4  A batch is every number from the cursor on, each as a record or as missing.
 */

/* The batch -------------------------------------------------------------------------------------
 */

bool settle_pending(const struct sync *sync)
{
    const struct ledger *ledger = sync->parts->ledger;

    /* The outbox stops before an ask without outcome. */
    return ledger->head_seq > ledger->acked_seq && ledger->open_ask != ledger->acked_seq + 1;
}

static bool is_raw(const struct settle *settle, uint32_t seq)
{
    return seq == settle->poison_seq && settle->poison_tries >= SYNC_POISON_TRIES;
}

/* The host holds an asked code until the outcome says whether it was given: the two go together. */
static uint32_t records_with(struct bytes bytes)
{
    struct record record;

    return record_read(bytes, &record) == SCRIP_OK && record.type == RECORD_REDEEM &&
                   record.mode == PERMIT_ASK
               ? 2
               : 1;
}

/* Walks the outbox from the cursor on: the batch's numbers, and with a counting emitter its length.
 */
static enum scrip_status choose(struct sync *sync, struct json_out *count)
{
    struct settle *settle = &sync->settle;
    struct message_chain *chain = &settle->chain;
    uint32_t seq = chain->acked_seq;

    chain->from_seq = chain->acked_seq + 1;
    chain->to_seq = chain->acked_seq;
    while (settle->count + chain->missing_count < settle->batch_max &&
           chain->missing_count < MESSAGE_MISSING_MAX) {
        struct bytes record;
        enum scrip_status status = ledger_outbox(sync->parts->ledger, &seq, &record);
        if (status == SCRIP_AGAIN)
            break;
        if (status == SCRIP_FAULT_CORRUPT) {
            chain->missing[chain->missing_count++] = seq;
        } else {
            TRY(status);
            uint32_t together = records_with(record);
            uint32_t before = chain->to_seq - chain->acked_seq;
            if (before != 0 && (before + together > settle->batch_max ||
                                count->len + SYNC_OUT_BYTES * (2 + together) > LIMIT_SYNC_BODY))
                break;
            message_put_record(count, seq, record, is_raw(settle, seq));
            settle->count++;
        }
        chain->to_seq = seq;
    }
    return SCRIP_OK;
}

static void take_facts(struct sync *sync, uint64_t up_ms)
{
    const struct sync_parts *parts = sync->parts;
    const struct ledger *ledger = parts->ledger;
    const struct settle *settle = &sync->settle;
    struct wallclock_time now;
    size_t arena, peak;

    wallclock_read(parts->clock, &now);
    uint32_t room = journal_room(ledger->journal);
    crypto_arena(&arena, &peak);
    uint32_t depth = ledger->head_seq - ledger->acked_seq;
    sync->settle.facts = (struct message_facts){
        .depth = depth,
        .oldest_age_s = ledger->oldest_s != 0 && now.t_s > ledger->oldest_s
                            ? now.t_s - ledger->oldest_s
                            : 0,
        .capacity = depth + room,
        .lost = settle->lost,
        .quarantined = settle->quarantined,
        .firmware = parts->firmware,
        .t_s = now.t_s,
        .unc_s = now.unc_s,
        .floor_s = now.floor_s,
        .up_ms = up_ms,
        .scan_ok = parts->stats.scan_ok,
        .scan_bad = parts->stats.scan_bad,
        .replay = parts->stats.replay,
        .expired = parts->stats.expired,
        .sig_fail = parts->stats.sig_fail,
        .erase_max = parts->stats.erase_max,
        .arena_peak = (uint32_t)peak,
    };
    memcpy(sync->settle.facts.have, parts->have, sizeof parts->have);
}

/* One part of the body into out, in the order of message.h (http_body). */
static enum scrip_status next_part(void *context, struct buffer *out)
{
    struct sync *sync = context;
    struct settle *settle = &sync->settle;
    struct bytes record;
    enum scrip_status status;

    settle->json.context = out;
    switch (settle->part) {
    case SETTLE_OPEN:
        message_put_open(&settle->json);
        settle->part = settle->count != 0 ? SETTLE_RECORDS : SETTLE_CHAIN;
        break;
    case SETTLE_RECORDS:
        /* Unreadable ones are in the statement already. */
        do
            status = ledger_outbox(sync->parts->ledger, &settle->cursor, &record);
        while (status == SCRIP_FAULT_CORRUPT && settle->cursor < settle->chain.to_seq);
        TRY(status);
        message_put_record(&settle->json, settle->cursor, record, is_raw(settle, settle->cursor));
        if (--settle->count == 0)
            settle->part = SETTLE_CHAIN;
        break;
    case SETTLE_CHAIN:
        message_put_chain(&settle->json, &settle->chain,
                          bytes_of(sync->statement, settle->statement_len));
        settle->part = SETTLE_FACTS;
        break;
    case SETTLE_FACTS:
        message_put_facts(&settle->json, &settle->facts);
        settle->part = SETTLE_END;
        return json_out_end(&settle->json);
    default:
        return SCRIP_FAULT_SEAL;
    }
    return settle->json.status;
}

static enum scrip_status sign(struct sync *sync)
{
    struct settle *settle = &sync->settle;
    struct buffer statement = buffer_of(sync->statement, sizeof sync->statement);

    TRY(message_chain_sign(&settle->chain, sync->parts->keys, &statement));
    settle->statement_len = statement.len;
    return SCRIP_OK;
}

enum scrip_status settle_start(struct sync *sync)
{
    struct settle *settle = &sync->settle;
    struct ledger *ledger = sync->parts->ledger;
    struct message_chain *chain = &settle->chain;
    struct json_out count;

    memset(chain, 0, sizeof *chain);
    chain->terminal = sync->parts->bundle->identity.text;
    chain->epoch = sync->parts->keys->epoch;
    chain->boot = journal_boot(ledger->journal);
    chain->head_seq = ledger->head_seq;
    chain->acked_seq = ledger->acked_seq;
    memcpy(chain->head, ledger->head, sizeof chain->head);
    memcpy(chain->acked_head, ledger->acked_head, sizeof chain->acked_head);
    chain->adopt = settle->adopt;
    TRY(crypto_random(chain->nonce, sizeof chain->nonce));

    settle->count = 0;
    json_out_open(&count, NULL, NULL);
    message_put_open(&count);
    TRY(choose(sync, &count));
    TRY(sign(sync));
    take_facts(sync, sync->asked_up_ms);
    message_put_chain(&count, chain, bytes_of(sync->statement, settle->statement_len));
    message_put_facts(&count, &settle->facts);
    TRY(json_out_end(&count));

    settle->part = SETTLE_OPEN;
    settle->cursor = chain->acked_seq;
    json_out_open(&settle->json, json_to_buffer, NULL);
    const struct http_request request = {.method = "POST",
                                         .path = "/v1/sync",
                                         .host = sync->parts->bundle->host,
                                         .media = "application/json",
                                         .len = count.len,
                                         .body = next_part,
                                         .context = sync};
    return http_start(&sync->http, &request);
}

/* The answer ------------------------------------------------------------------------------------
 */

static void stamp_now(const struct sync *sync, struct record_stamp *stamp)
{
    struct wallclock_time now;

    wallclock_read(sync->parts->clock, &now);
    *stamp = (struct record_stamp){.t_s = now.t_s,
                                   .unc_s = now.unc_s,
                                   .source = (uint8_t)now.source,
                                   .boot = journal_boot(sync->parts->ledger->journal),
                                   .up_s = now.up_s};
}

enum scrip_status settle_time(struct sync *sync, struct bytes statement,
                              const uint8_t nonce[MESSAGE_NONCE_BYTES])
{
    const struct sync_parts *parts = sync->parts;
    struct wallclock_time now;
    uint32_t t_s;
    enum scrip_status status = message_time_read(statement, parts->bundle->host_point, nonce,
                                                 parts->bundle->identity.text, &t_s);

    if (status == SCRIP_FAULT_PROTOCOL)
        sync_say(sync, "time-not-ours");
    TRY(status);
    if (wallclock_set_host(parts->clock, t_s, sync->asked_up_ms) == SCRIP_OK) {
        sync->state.signed_up_ms = parts->rtc->uptime_ms(parts->rtc->context);
        wallclock_read(parts->clock, &now);
        ledger_clock(parts->ledger, now.floor_s, now.unc_s, t_s);
    } else {
        /* The host's clock went back. What it settles still counts; our time stays. */
        sync_say(sync, "host-clock-behind");
    }
    return tls_check_time(&sync->tls);
}

static enum scrip_status declare_fork(struct sync *sync, const char *problem)
{
    sync_say(sync, problem);
    return ledger_declare_fork(sync->parts->ledger);
}

/* The host's head must be ours before a word of the rest is believed (S1). */
static enum scrip_status check_ack(struct sync *sync, const struct message_answer *answer)
{
    struct ledger *ledger = sync->parts->ledger;
    uint8_t link[RECORD_LINK_BYTES];

    /* The host holds more of our chain than we do: this medium was restored, or copied. */
    if (answer->ack_seq > ledger->head_seq)
        return declare_fork(sync, "ack-beyond-head");
    if (answer->ack_seq < ledger->acked_seq)
        return declare_fork(sync, "ack-below-cursor");
    TRY(ledger_link_at(ledger, answer->ack_seq, link));
    if (memcmp(link, answer->ack_head, sizeof link) != 0)
        return declare_fork(sync, "ack-head-not-ours");
    return SCRIP_OK;
}

/* Late is what contradicts an approval. A refusal of what was never approved is known already, or
 * was told to nobody; and a late verdict on a late verdict would keep the journal growing for ever.
 */
static bool deserves_late(struct sync *sync, uint32_t of)
{
    struct ledger_story story;
    uint32_t seq = of - 1;
    struct bytes bytes;
    struct record record;

    if (ledger_outbox(sync->parts->ledger, &seq, &bytes) != SCRIP_OK ||
        record_read(bytes, &record) != SCRIP_OK)
        return true;
    if (record.type != RECORD_REDEEM)
        return record.type != RECORD_LATE;
    return ledger_story(sync->parts->ledger, of, &story) != SCRIP_OK ||
           (story.state != STORY_REFUSED && story.state != STORY_VOID);
}

/* S2. Where the ledger has no room for one more, *ack_seq stops short of it: what is acknowledged
 * until then makes room. */
static enum scrip_status take_verdicts(struct sync *sync, const struct message_answer *answer,
                                       uint32_t *ack_seq, uint32_t *listed)
{
    struct ledger *ledger = sync->parts->ledger;
    struct record_stamp stamp;

    *listed = 0;
    stamp_now(sync, &stamp);
    for (size_t i = 0; i < answer->verdict_count; i++) {
        const struct message_verdict *verdict = &answer->verdict[i];
        if (verdict->seq <= ledger->acked_seq)
            continue;
        if (verdict->seq > *ack_seq)
            break;
        if (deserves_late(sync, verdict->seq)) {
            enum scrip_status status = ledger_late(ledger, verdict->seq, verdict->code, &stamp);
            if (status == SCRIP_REFUSED_FULL && verdict->seq > ledger->acked_seq + 1) {
                *ack_seq = verdict->seq - 1;
                break;
            }
            TRY(status);
            sync->state.late_seq = verdict->seq;
            (*listed)++;
        }
    }
    return SCRIP_OK;
}

static enum scrip_status take_ack(struct sync *sync, const struct message_answer *answer,
                                  bool *moved)
{
    struct ledger *ledger = sync->parts->ledger;
    struct settle *settle = &sync->settle;
    uint8_t link[RECORD_LINK_BYTES];
    uint32_t before = ledger->acked_seq, listed;
    /* S3: a host that has more than this batch had it before; its verdicts come when we send it. */
    uint32_t ack_seq = answer->ack_seq < settle->chain.to_seq ? answer->ack_seq
                                                              : settle->chain.to_seq;

    *moved = ack_seq > before;
    if (!*moved)
        return SCRIP_OK;
    TRY(take_verdicts(sync, answer, &ack_seq, &listed));
    TRY(ledger_link_at(ledger, ack_seq, link));
    TRY(ledger_ack(ledger, ack_seq, link));

    sync->state.refused += listed;
    sync->state.settled += ack_seq - before - listed;
    for (size_t i = 0; i < settle->chain.missing_count; i++)
        if (settle->chain.missing[i] <= ack_seq)
            settle->lost++;
    if (settle->poison_seq > before && settle->poison_seq <= ack_seq) {
        settle->quarantined += settle->poison_tries >= SYNC_POISON_TRIES;
        settle->poison_tries = 0;
    }
    return SCRIP_OK;
}

enum scrip_status settle_answer(struct sync *sync, bool *moved)
{
    struct settle *settle = &sync->settle;
    struct message_answer answer;
    enum scrip_status status = message_read_answer(sync->http.answer.body, sync->parts->arena,
                                                   sync->parts->arena_len, &answer);

    *moved = false;
    if (status == SCRIP_FAULT_PROTOCOL)
        sync_say(sync, "answer-malformed");
    TRY(status);
    TRY(settle_time(sync, bytes_of(answer.time, answer.time_len), settle->chain.nonce));
    TRY(check_ack(sync, &answer));
    TRY(take_ack(sync, &answer, moved));

    settle->adopt = false;
    settle->batch_max = settle->batch_max * 2 < answer.max_records ? settle->batch_max * 2
                                                                   : answer.max_records;
    memcpy(sync->objects.want, answer.want, sizeof answer.want);
    sync->due_up_ms = sync->asked_up_ms + (uint64_t)answer.delay_s * 1000;
    uint64_t random;
    TRY(crypto_random(&random, sizeof random));
    sync->due_up_ms += retry_spread((uint64_t)answer.jitter_s * 1000, random);
    return SCRIP_OK;
}

/* Problems --------------------------------------------------------------------------------------
 */

static bool is(const struct message_problem *problem, const char *name)
{
    return strcmp(problem->name, name) == 0;
}

/* The host wants another number first: it is ours to give only if it stands on our chain. */
static void judge_gap(struct sync *sync, const struct message_problem *problem)
{
    struct ledger *ledger = sync->parts->ledger;
    uint8_t link[RECORD_LINK_BYTES];
    uint32_t base = problem->expected_seq - 1;

    if (!problem->has_expected || problem->expected_seq == 0 || base < ledger->acked_seq ||
        base > ledger->head_seq)
        return;
    if (ledger_link_at(ledger, base, link) == SCRIP_OK &&
        memcmp(link, problem->expected_head, sizeof link) != 0)
        (void)declare_fork(sync, "chain-gap-not-ours");
}

/* Half of the batch, until the one record that the host cannot take stands alone. */
static enum settle_next halve(struct sync *sync, bool poison)
{
    struct settle *settle = &sync->settle;
    uint32_t numbers = settle->chain.to_seq + 1 - settle->chain.from_seq;

    if (numbers > 1) {
        settle->batch_max = numbers / 2;
        return SETTLE_AT_ONCE;
    }
    if (numbers == 1 && poison) {
        if (settle->poison_seq != settle->chain.to_seq)
            settle->poison_tries = 0;
        settle->poison_seq = settle->chain.to_seq;
        settle->poison_tries++;
    }
    return SETTLE_LATER;
}

enum settle_next settle_problem(struct sync *sync, const struct message_problem *problem)
{
    int status = sync->http.answer.status;

    if (status == 400 || status == 422)
        return halve(sync, true);
    if (status == 413)
        return halve(sync, false);
    if (status != 409)
        return SETTLE_LATER;
    if (is(problem, "chain-fork"))
        (void)declare_fork(sync, "chain-fork");
    else if (is(problem, "chain-gap"))
        judge_gap(sync, problem);
    else if (is(problem, "host-behind") && !sync->settle.adopt) {
        /* The outbox is all that we still hold: the host takes our cursor as its base. */
        sync->settle.adopt = true;
        return SETTLE_AT_ONCE;
    }
    return SETTLE_LATER;
}
