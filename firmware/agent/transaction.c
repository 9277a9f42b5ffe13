/*
 * One sale, from the code to the answer.
 *
 *     IDLE --code--> run() --offline--> IDLE (answered)
 *       |              |-----ask------> HOST --verdict, timeout--> IDLE (FINISHED)
 *       |              '-----fault----> MEND --truth known-------> IDLE (FINISHED)
 *       '--no code--> SCAN --code--> run()
 *
 * T1  At most one transaction is open; others are Busy.
 * T2  run() is the whole path, straight down: no step waits, none is repeated.
 * T3  After ledger_append() answered OK nothing turns the redemption into a failure.
 * T4  After it faulted nothing is answered until ledger_refence() tells what is durable.
 */
#include <string.h>

#include "agent/agent.h"
#include "agent/request.h"

bool transaction_is(const struct agent *agent, const struct request_ids *ids)
{
    const struct transaction *open = &agent->transaction;
    return open->state != TRANSACTION_IDLE && strcmp(open->sale.sale_id, ids->sale_id) == 0 &&
           ((ids->service_id[0] != '\0' && strcmp(open->sale.service_id, ids->service_id) == 0) ||
            (ids->service_id[0] == '\0' &&
             strcmp(open->sale.transaction_id, ids->transaction_id) == 0));
}

/* Ends the open transaction; seq 0: without a record, its answer is a kept refusal. */
static void finish(struct agent *agent, uint32_t seq)
{
    struct request_ids ids;
    struct scrip_answer answer;

    request_sale_ids(&agent->transaction.sale, &ids);
    agent->transaction.state = TRANSACTION_IDLE;
    event_put(agent, SCRIP_EVENT_FINISHED, seq, SCRIP_OK, &ids);
    if (seq != 0) {
        if (answer_seq(agent, seq, &answer) != SCRIP_OK)
            return; /* the answer can still be asked for */
    } else {
        answer_refusal(agent, refusal_find(agent, &ids), &answer);
    }
    answer_show(agent, &answer);
}

static void refuse(struct agent *agent, enum scrip_status status)
{
    struct transaction *open = &agent->transaction;
    /* Nobody came with a token: the challenge has gone with the sale that waited for it. */
    if (status == SCRIP_REFUSED_ABORTED)
        challenge_withdraw(agent);
    (void)refusal_keep(agent, &open->sale, status, 0, open->detail);
    finish(agent, 0);
}

static void mend_later(struct agent *agent, enum scrip_status fault)
{
    struct transaction *open = &agent->transaction;
    agent_log(agent, HAL_LOG_ERROR, "journal append", fault);
    open->state = TRANSACTION_MEND;
    open->fault = fault;
    open->deadline_ms = agent_up_ms(agent);
}

static enum scrip_status gather_facts(struct agent *agent, const struct voucher *voucher,
                                      uint8_t draw[8], struct facts *facts)
{
    enum policy_coupon coupon = POLICY_COUPON_UNKNOWN;

    uint32_t room = journal_room(&agent->journal);
    if (voucher->claims.has_status)
        TRY(belief_coupon(agent, &voucher->claims, &voucher->now, &coupon));
    bool counted = voucher->claims.has_status && coupon == POLICY_COUPON_UNKNOWN;
    bool host_ready = sync_ready(&agent->sync);
    /* A draw decides nothing where nobody can be asked. */
    bool wanted = host_ready && agent->policy.random_online_permille != 0;
    if (wanted)
        TRY(ledger_draw(&agent->ledger, voucher->issuer, voucher->claims.cti, draw));
    *facts = (struct facts){
        .policy = agent->policy.seq != 0 ? &agent->policy : NULL,
        .host_ready = host_ready,
        .suspended = agent->ledger.suspended,
        .full = room == 0,
        .unsettled_count = agent->ledger.unsettled_count,
        .unsettled_minor = agent->ledger.unsettled_minor,
        .coupon = coupon,
        .unsettled_coupons = counted
                                 ? ledger_coupons(&agent->ledger, agent->policy.max_offline_coupons)
                                 : 0,
        .capacity = room,
        .member_today_minor = voucher->claims.has_member
                                  ? ledger_member_today(&agent->ledger, voucher->claims.member,
                                                        voucher->now.t_s)
                                  : 0,
        .draw = wanted ? draw : NULL,
    };
    return SCRIP_OK;
}

/* Training goes the same path up to the permit, and records nothing. */
static enum scrip_status answer_training(struct agent *agent, const struct permit *permit)
{
    struct transaction *open = &agent->transaction;
    return refusal_keep(agent, &open->sale, SCRIP_OK, permit->amount_minor,
                        "training: nothing was recorded")
        ->status;
}

/* A till that had no answer asks again under a new ServiceID: what this code was given for this
 * very sale. No limit is held against it a second time. */
static bool is_retry(struct agent *agent, const struct voucher *voucher, struct ledger_entry *entry)
{
    const struct sale *sale = &agent->transaction.sale;
    struct record record;
    uint32_t seq;

    if (!ledger_is_spent(&agent->ledger, voucher->issuer, voucher->claims.cti, &seq) ||
        ledger_record(&agent->ledger, seq, &record) != SCRIP_OK ||
        !bytes_equal(record.sale_id, bytes_text(sale->sale_id)) ||
        !bytes_equal(record.transaction_id, bytes_text(sale->transaction_id)))
        return false;
    *entry = (struct ledger_entry){agent->keys.epoch, seq, true};
    return true;
}

/* The same when the code has expired meanwhile, and the ledger no longer keeps it: the record is
 * there while its journal is. Time: one walk over what is held, for a code that was genuine once.
 */
static bool is_late_retry(struct agent *agent, const struct voucher *voucher,
                          struct ledger_entry *entry)
{
    const struct sale *sale = &agent->transaction.sale;
    struct record record;
    uint32_t seq;

    if (is_retry(agent, voucher, entry))
        return true;
    if (ledger_lookup(&agent->ledger, bytes_text(sale->sale_id), bytes_of(NULL, 0),
                      bytes_text(sale->transaction_id), &seq) != SCRIP_OK ||
        ledger_record(&agent->ledger, seq, &record) != SCRIP_OK ||
        !bytes_equal(record.token, voucher->token))
        return false;
    *entry = (struct ledger_entry){agent->keys.epoch, seq, true};
    return true;
}

/*
 * The path (T2). OK: *entry is durable, seq 0 in training. REFUSED_*: no value, nothing recorded.
 * FAULT_* with *appending: the record may be durable (T4); without: nothing was written.
 */
static enum scrip_status run(struct agent *agent, struct bytes code, struct ledger_entry *entry,
                             enum permit_mode *mode, bool *appending)
{
    struct transaction *open = &agent->transaction;
    struct trust trust = {.identity = &agent->bundle.identity};
    struct scan scan;
    struct token token;
    struct voucher voucher;
    struct facts facts;
    struct permit permit;
    struct redemption redemption;
    struct record_stamp stamp;
    uint8_t draw[8];

    *entry = (struct ledger_entry){0};
    *appending = false;
    TRY(belief_settle(agent));
    trust.keys = agent->keyset.count != 0 ? &agent->keyset : NULL;
    wallclock_read(&agent->clock, &trust.now);
    TRY(challenge_bind(agent, &open->sale, open->detail));

    TRY(scan_decode(code, &scan));
    TRY(token_parse(&scan, &token));
    trust.challenge = challenge_for(agent, &token);
    enum scrip_status status = verify_token(&trust, &token, &voucher);
    if (status == SCRIP_REFUSED_EXPIRED && !open->sale.training &&
        is_late_retry(agent, &voucher, entry))
        return SCRIP_OK;
    if (status != SCRIP_OK) {
        challenge_explain(agent, &token, status, open->detail);
        return status;
    }
    agent->parts.stats.scan_ok++;
    if (voucher.bound && voucher.now.quality == WALLCLOCK_BAD) {
        TRY(challenge_tell_time(agent, &voucher.claims));
        wallclock_read(&agent->clock, &trust.now);
        voucher.now = trust.now;
    }
    if (!open->sale.training && is_retry(agent, &voucher, entry))
        return SCRIP_OK;
    if (voucher.now.quality != WALLCLOCK_BAD)
        wallclock_raise_floor(&agent->clock, voucher.claims.iat_s);
    TRY(gather_facts(agent, &voucher, draw, &facts));
    status = policy_permit(&facts, &voucher, &open->sale, &permit);
    /* The list may say so because of this very use, whose spent entry it has taken over. */
    if (status == SCRIP_REFUSED_REVOKED && !open->sale.training &&
        is_late_retry(agent, &voucher, entry))
        return SCRIP_OK;
    TRY(status);
    *mode = permit.mode;
    open->fallback = permit.offline_fallback;
    if (open->sale.training)
        return answer_training(agent, &permit);
    status = bind_sale(&permit, &open->sale, &redemption);
    if (status != SCRIP_OK) {
        challenge_explain(agent, &token, status, open->detail);
        return status;
    }
    agent_stamp(agent, open->sale.operator_number, open->sale.shift, &stamp);
    /* The record carries the very reading that the token was judged by. */
    stamp.t_s = trust.now.t_s;
    stamp.unc_s = trust.now.unc_s;
    stamp.source = (uint8_t)trust.now.source;
    *appending = true;
    status = ledger_append(&agent->ledger, &redemption, &stamp, state_bits(agent), entry);
    /* Answered, also where it is not known yet how. */
    if (!scrip_is_refused(status))
        challenge_answered(agent);
    return status;
}

static void settle_ask(struct agent *agent, enum record_result result, struct bytes auth,
                       enum record_code code)
{
    struct transaction *open = &agent->transaction;
    struct record_stamp stamp;
    enum scrip_status status;

    agent_stamp(agent, open->sale.operator_number, open->sale.shift, &stamp);
    status = ledger_outcome(&agent->ledger, open->seq, result, auth, code, &stamp);
    if (status == SCRIP_OK)
        finish(agent, open->seq);
    else
        mend_later(agent, status);
}

/* The host did not answer in time: what the policy allowed when it permitted the ask. */
static void settle_alone(struct agent *agent)
{
    sync_ask_abandon(&agent->sync);
    settle_ask(agent, agent->transaction.fallback ? RECORD_OFFLINE : RECORD_VOID, bytes_of(NULL, 0),
               RECORD_CODE_NONE);
}

/* What the host learns of refusals: how many, and of what kind. */
static void count(struct sync_stats *stats, enum scrip_status status)
{
    if (!scrip_is_refused(status))
        return;
    stats->scan_bad += status <= SCRIP_REFUSED_SHAPE;
    stats->replay += status == SCRIP_REFUSED_USED;
    stats->expired += status == SCRIP_REFUSED_EXPIRED;
    stats->sig_fail += status == SCRIP_REFUSED_SIGNATURE;
}

/* Runs the sale's path; *seq is the record that now answers the request, 0: none, and the status
 * does. AGAIN: the answer comes later. */
static enum scrip_status run_path(struct agent *agent, const struct claimant *who, uint32_t *seq)
{
    struct transaction *open = &agent->transaction;
    struct ledger_entry entry;
    enum permit_mode mode = PERMIT_OFFLINE;
    bool appending;
    enum scrip_status status = open->sale.award ? award_run(agent, who, &entry, &appending)
                                                : run(agent, who->text, &entry, &mode, &appending);

    count(&agent->parts.stats, status);
    *seq = entry.seq;
    /* Whatever the fault's name: a ledger that closed itself may have written something. */
    if (appending && status != SCRIP_FAULT_READ_ONLY && agent->ledger.broken) {
        mend_later(agent, status);
        return SCRIP_AGAIN;
    }
    if (status != SCRIP_OK || entry.replayed || mode == PERMIT_OFFLINE || open->sale.training)
        return status;

    open->state = TRANSACTION_HOST;
    open->seq = entry.seq;
    open->deadline_ms = agent_up_ms(agent) + agent->policy.online_timeout_ms;
    if (sync_ask(&agent->sync, entry.seq) != SCRIP_OK)
        open->deadline_ms = 0; /* the session broke since the facts were gathered: decided at the
                                  next poll */
    return SCRIP_AGAIN;
}

static void poll_scan(struct agent *agent)
{
    struct transaction *open = &agent->transaction;
    const struct hal_scanner *scanner = agent->hal->scanner;
    uint8_t code[LIMIT_CODE_CHARS];
    size_t len = 0;
    uint32_t seq;
    enum scrip_status status = scanner->read(scanner->context, code, sizeof code, &len);

    if (status == SCRIP_OK) {
        const struct claimant who = {SCRIP_MEMBER_CODE, bytes_of(code, len)};
        status = run_path(agent, &who, &seq);
        bytes_wipe(code, sizeof code);
        if (status == SCRIP_AGAIN)
            return;
        if (status == SCRIP_OK)
            finish(agent, seq);
        else
            refuse(agent, status);
        return;
    }
    if (status == SCRIP_AGAIN && agent_up_ms(agent) < open->deadline_ms)
        return;
    refuse(agent, status == SCRIP_AGAIN ? SCRIP_REFUSED_ABORTED : status);
}

static void poll_host(struct agent *agent)
{
    struct transaction *open = &agent->transaction;
    struct sync_outcome outcome;
    enum scrip_status status = sync_ask_result(&agent->sync, &outcome);

    if (status == SCRIP_OK) {
        /* Should this very append fault, the host's no must not become our own yes (T4). */
        open->fallback = open->fallback && outcome.accepted;
        settle_ask(agent, outcome.accepted ? RECORD_ACCEPTED : RECORD_REFUSED,
                   bytes_text(outcome.auth), outcome.code);
    } else if (status != SCRIP_AGAIN || agent_up_ms(agent) >= open->deadline_ms) {
        settle_alone(agent);
    }
}

/* T4: first the truth about the medium, then the answer which follows from it. */
static void poll_mend(struct agent *agent)
{
    struct transaction *open = &agent->transaction;
    uint32_t seq;
    enum scrip_status status;

    if (agent_up_ms(agent) < open->deadline_ms)
        return;
    open->deadline_ms = agent_up_ms(agent) + AGENT_MEND_MS;
    if (ledger_refence(&agent->ledger) != SCRIP_OK)
        return;

    status = ledger_lookup(&agent->ledger, bytes_text(open->sale.sale_id),
                           bytes_text(open->sale.service_id), bytes_text(open->sale.transaction_id),
                           &seq);
    if (status == SCRIP_REFUSED_NOT_FOUND) {
        refuse(agent, open->fault);
        return;
    }
    if (status != SCRIP_OK)
        return;
    if (agent->ledger.open_ask == seq) {
        open->seq = seq;
        settle_alone(agent);
        return;
    }
    finish(agent, seq);
}

void transaction_poll(struct agent *agent)
{
    switch (agent->transaction.state) {
    case TRANSACTION_IDLE:
        break;
    case TRANSACTION_SCAN:
        poll_scan(agent);
        break;
    case TRANSACTION_HOST:
        poll_host(agent);
        break;
    case TRANSACTION_MEND:
        poll_mend(agent);
        break;
    }
}

enum scrip_status transaction_abort(struct agent *agent, const struct request_ids *ids)
{
    if (!transaction_is(agent, ids))
        return SCRIP_REFUSED_NOT_FOUND;
    switch (agent->transaction.state) {
    case TRANSACTION_SCAN:
        refuse(agent, SCRIP_REFUSED_ABORTED);
        return SCRIP_OK;
    case TRANSACTION_HOST:
        agent->transaction.fallback = false;
        settle_alone(agent);
        return agent->transaction.state == TRANSACTION_IDLE ? SCRIP_OK : SCRIP_AGAIN;
    case TRANSACTION_MEND:
        return SCRIP_REFUSED_STATE;
    case TRANSACTION_IDLE:
        break;
    }
    return SCRIP_REFUSED_NOT_FOUND;
}

/* Opens a transaction that waits for the terminal's own scanner. */
static enum scrip_status wait_for_scan(struct agent *agent)
{
    if (agent->hal->scanner == NULL)
        return SCRIP_FAULT_DEVICE;
    agent->transaction.state = TRANSACTION_SCAN;
    agent->transaction.deadline_ms = agent_up_ms(agent) + AGENT_SCAN_WAIT_MS;
    return SCRIP_AGAIN;
}

enum scrip_status transaction_begin(struct agent *agent, const struct claimant *who, bool award,
                                    const struct scrip_sale *sale, struct scrip_answer *answer)
{
    struct transaction *open = &agent->transaction;
    struct transaction next = {.state = TRANSACTION_IDLE};
    const uint8_t kind = (uint8_t)who->kind;
    const struct bytes kind_text = bytes_of(&kind, 1);
    struct request_ids ids;
    uint32_t seq = 0;
    enum scrip_status status;

    memset(answer, 0, sizeof *answer);
    status = request_read(agent, sale, &next.sale, next.detail);
    request_sale_ids(&next.sale, &ids);
    next.sale.award = award;
    if (agent->service != SCRIP_OK)
        status = agent->service;
    if (status == SCRIP_OK && who->kind != SCRIP_MEMBER_CODE && who->text.data == NULL)
        status = SCRIP_REFUSED_ARGUMENT;
    if (status == SCRIP_OK && sale->mode == SCRIP_MODE_OFFLINE)
        status = operator_allow(agent, sale, OPERATORS_OFFLINE, &next.sale.operator_number,
                                next.detail);
    /* Recorded: of a raw identifier its kind alone. */
    if (status == SCRIP_OK)
        status = sale_digest(&next.sale, who->kind == SCRIP_MEMBER_CODE ? who->text : kind_text,
                             next.sale.digest);
    if (status != SCRIP_OK) {
        answer_status(agent, &ids, status, next.detail, answer);
        return status;
    }
    if (open->state != TRANSACTION_IDLE) {
        bool same = transaction_is(agent, &ids) &&
                    memcmp(open->sale.digest, next.sale.digest, SALE_DIGEST_BYTES) == 0;
        status = same ? SCRIP_AGAIN : SCRIP_REFUSED_BUSY;
        answer_status(agent, &ids, status, "", answer);
        return status;
    }

    if (answer_again(agent, &ids, next.sale.digest, answer))
        return answer->status;

    *open = next;
    agent->training = next.sale.training;
    agent->busy_up_ms = agent_up_ms(agent);
    status = who->text.data == NULL ? wait_for_scan(agent) : run_path(agent, who, &seq);

    if (status == SCRIP_OK && seq != 0)
        status = answer_seq(agent, seq, answer);
    else if (status == SCRIP_AGAIN)
        answer_status(agent, &ids, status, "", answer);
    else if (status == SCRIP_OK)
        answer_refusal(agent, refusal_find(agent, &ids), answer);
    else
        answer_refusal(agent, refusal_keep(agent, &open->sale, status, 0, open->detail), answer);
    if (status != SCRIP_AGAIN)
        answer_show(agent, answer);
    return status;
}

enum scrip_status scrip_redeem(struct scrip *scrip, const char *code, size_t code_len,
                               const struct scrip_sale *sale, struct scrip_answer *answer)
{
    const struct claimant who = {SCRIP_MEMBER_CODE, bytes_of(code, code == NULL ? 0 : code_len)};
    return transaction_begin(agent_of(scrip), &who, false, sale, answer);
}
