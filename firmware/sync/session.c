#include "sync/session.h"

#include <string.h>

#include "sync/ask.h"
#include "sync/objects.h"
#include "sync/settle.h"

/*
 *            due, till idle                established
 *   IDLE ------------------> CONNECTING ------------------> READY <-----> EXCHANGE
 *    ^  \                        |                            |   answered    |
 *    |   `-- closed, quiet ------|----------------------------'               |
 *    |                           v                                            |
 *    `------- due -------- WAITING <------------- a failure ------------------'
 *
 * A session is kept up while it lasts, so that an ask costs no handshake; a host that closes it is
 * connected to again after the shortest backoff.
 */

enum {
    SLEEP_BUSY_MS = 1,     /* something may move at any time */
    SLEEP_READY_MS = 50,   /* a close or a ticket may come */
    SLEEP_LONGEST_MS = 500 /* the agent has other clocks to mind */
};

static uint64_t uptime(const struct sync *sync)
{
    return sync->parts->rtc->uptime_ms(sync->parts->rtc->context);
}

/* Jitter protects the host from us all at once; where there is no entropy it is only less fair. */
static uint64_t jitter(void)
{
    uint64_t random;

    return crypto_random(&random, sizeof random) == SCRIP_OK ? random : UINT64_MAX / 2;
}

void sync_say(struct sync *sync, const char *problem)
{
    struct buffer out = buffer_of(sync->state.problem, sizeof sync->state.problem - 1);

    memset(sync->state.problem, 0, sizeof sync->state.problem);
    buffer_put_text(&out, problem);
}

static void log_end(const struct sync *sync, enum scrip_status status)
{
    char line[240] = "";
    struct buffer out = buffer_of(line, sizeof line - 1);

    if (sync->parts->log == NULL)
        return;
    buffer_put_text(&out, "sync: ");
    buffer_put_text(&out, scrip_status_name(status));
    if (sync->state.problem[0] != '\0') {
        buffer_put_text(&out, " (");
        buffer_put_text(&out, sync->state.problem);
        buffer_put_text(&out, ")");
    }
    buffer_put_text(&out, ": ");
    if (tls_detail(&sync->tls)[0] != '\0')
        buffer_put_text(&out, tls_detail(&sync->tls));
    else
        buffer_put_text(&out, scrip_status_text(status));
    sync->parts->log->write(sync->parts->log->context, HAL_LOG_WARNING, line);
}

/* Ends of attempts ------------------------------------------------------------------------------
 */

static void disconnect(struct sync *sync, enum sync_phase phase)
{
    tls_disconnect(&sync->tls);
    objects_drop(sync);
    sync->exchange = EXCHANGE_NONE;
    sync->state.phase = phase;
}

/* An attempt has failed. The session goes on only where the host has answered in order. */
static void failed(struct sync *sync, enum scrip_status status, enum retry_kind kind,
                   int32_t retry_after_s, bool keep)
{
    sync->urgent = false;
    sync->state.last = status;
    retry_failed(&sync->retry, kind, retry_after_s, uptime(sync), jitter());
    log_end(sync, status);
    ask_end(sync, status);
    if (keep) {
        sync->exchange = EXCHANGE_NONE;
        sync->state.phase = SYNC_READY;
    } else {
        disconnect(sync, SYNC_WAITING);
    }
}

static void broke(struct sync *sync, enum scrip_status status)
{
    bool people = status == SCRIP_FAULT_TLS;

    sync->state.host_reachable = false;
    failed(sync, status, people ? RETRY_HOURLY : RETRY_SOON, HTTP_RETRY_AFTER_NONE, false);
}

/* The host has closed a quiet session: not a failure, but not to be hammered either. */
static void closed(struct sync *sync)
{
    uint64_t soonest = uptime(sync) + RETRY_BASE_MS + retry_spread(RETRY_BASE_MS, jitter());

    if (sync->retry.next_up_ms < soonest)
        sync->retry.next_up_ms = soonest;
    ask_end(sync, SCRIP_FAULT_NET);
    disconnect(sync, SYNC_IDLE);
}

/* A force that comes while an attempt is under way is for the next one. */
static void take_force(struct sync *sync)
{
    sync->urgent |= sync->forced;
    sync->forced = false;
}

/* Exchanges -------------------------------------------------------------------------------------
 */

static void start(struct sync *sync, enum sync_exchange exchange)
{
    enum scrip_status status;

    sync->asked_up_ms = uptime(sync);
    sync->deadline_up_ms = sync->asked_up_ms + SYNC_SILENCE_MS;
    sync->exchange = exchange;
    sync->state.phase = SYNC_EXCHANGE;
    sync_say(sync, "");
    if (exchange == EXCHANGE_SETTLE)
        take_force(sync);
    if (exchange == EXCHANGE_ASK)
        status = ask_start(sync);
    else if (exchange == EXCHANGE_OBJECT)
        status = objects_start(sync);
    else
        status = settle_start(sync);
    /* Nothing has been sent: the session is as good as before. */
    if (status != SCRIP_OK)
        failed(sync, status, RETRY_SOON, HTTP_RETRY_AFTER_NONE, true);
}

static enum retry_kind kind_of(int status)
{
    switch (status) {
    case 429:
    case 503:
        return RETRY_BUSY;
    case 500:
        return RETRY_ERROR;
    case 400: /* a poisoned record is tried five times before it goes raw */
    case 408:
    case 409:
    case 413:
    case 422:
    case 502:
    case 504:
        return RETRY_SOON;
    default:
        return RETRY_HOURLY;
    }
}

static enum scrip_status fault_of(int status)
{
    if (status == 408 || status == 429 || status >= 500)
        return SCRIP_FAULT_UNAVAILABLE;
    return status >= 400 ? SCRIP_FAULT_REJECTED : SCRIP_FAULT_PROTOCOL;
}

/* Written at once, so that pulling the plug lifts nothing; what the journal does not take now, the
 * ledger's idle step writes. */
static void suspend(struct sync *sync, bool suspended)
{
    enum scrip_status status = ledger_suspend(sync->parts->ledger, suspended);

    if (status != SCRIP_OK)
        log_end(sync, status);
}

/* An answer that is neither the good one nor "not modified". */
static void refused(struct sync *sync)
{
    const struct http_answer *answer = &sync->http.answer;
    struct message_problem problem;
    enum scrip_status status = fault_of(answer->status);
    enum retry_kind kind = kind_of(answer->status);

    message_read_problem(answer->body, answer->status, sync->parts->arena, sync->parts->arena_len,
                         &problem);
    sync_say(sync, problem.name);
    if (strcmp(problem.name, "suspended") == 0)
        suspend(sync, true);
    if (strcmp(problem.name, "epoch-stale") == 0)
        kind = RETRY_HOURLY;
    if (sync->exchange == EXCHANGE_SETTLE && settle_problem(sync, &problem) == SETTLE_AT_ONCE &&
        answer->keep_alive) {
        start(sync, EXCHANGE_SETTLE);
        return;
    }
    if (sync->exchange == EXCHANGE_SETTLE && answer->status == 409 && sync->parts->ledger->fork)
        status = SCRIP_FAULT_FORK;
    if (sync->exchange == EXCHANGE_OBJECT)
        sync->objects.want[sync->objects.kind] = 0;
    failed(sync, status, kind, answer->retry_after_s, answer->keep_alive);
}

/* The exchange has done what it was for. */
static void succeeded(struct sync *sync)
{
    uint64_t now = uptime(sync);

    sync->state.last = SCRIP_OK;
    suspend(sync, false);
    retry_succeeded(&sync->retry);
    sync->retry.next_up_ms = now;
    sync->exchange = EXCHANGE_NONE;
    sync->state.phase = SYNC_READY;
    if (!sync->http.answer.keep_alive)
        closed(sync);
}

static void settled(struct sync *sync)
{
    bool moved, had = sync->settle.chain.to_seq >= sync->settle.chain.from_seq;
    enum scrip_status status = settle_answer(sync, &moved);

    if (status != SCRIP_OK) {
        failed(sync, status, status == SCRIP_FAULT_TLS ? RETRY_HOURLY : RETRY_SOON,
               HTTP_RETRY_AFTER_NONE, false);
        return;
    }
    if (had && !moved) {
        sync_say(sync, "no-progress");
        failed(sync, SCRIP_FAULT_UNAVAILABLE, RETRY_SOON, HTTP_RETRY_AFTER_NONE,
               sync->http.answer.keep_alive);
        return;
    }
    sync->urgent = sync->urgent && settle_pending(sync);
    succeeded(sync);
}

static void answered(struct sync *sync)
{
    int code = sync->http.answer.status;
    enum scrip_status status;

    sync->state.host_reachable = true;
    sync->answered = true;
    if (code != 200 && !(code == 304 && sync->exchange == EXCHANGE_OBJECT)) {
        refused(sync);
        return;
    }
    if (sync->exchange == EXCHANGE_SETTLE) {
        settled(sync);
        return;
    }
    bool abandoned = sync->ask.phase == ASK_ABANDONED;
    status = sync->exchange == EXCHANGE_ASK ? ask_answer(sync) : objects_answer(sync);
    if (scrip_is_refused(status)) {
        /* An object that is not for us: the session is sound, and the next sync states it again. */
        sync_say(sync, "object-refused");
        log_end(sync, status);
        sync->state.last = status;
        sync->exchange = EXCHANGE_NONE;
        sync->state.phase = SYNC_READY;
    } else if (status != SCRIP_OK) {
        failed(sync, status, status == SCRIP_FAULT_TLS ? RETRY_HOURLY : RETRY_SOON,
               HTTP_RETRY_AFTER_NONE, false);
        return;
    } else {
        if (sync->exchange == EXCHANGE_ASK && !abandoned)
            sync->late_asks = 0;
        succeeded(sync);
        return;
    }
    if (!sync->http.answer.keep_alive)
        closed(sync);
}

static void exchange_step(struct sync *sync)
{
    uint64_t now = uptime(sync);
    bool moved;
    enum scrip_status status = http_poll(&sync->http, &moved);

    if (moved)
        sync->deadline_up_ms = now + SYNC_SILENCE_MS;
    if (status == SCRIP_OK)
        answered(sync);
    else if (status != SCRIP_AGAIN)
        broke(sync, status);
    else if (now >= sync->deadline_up_ms || now >= sync->asked_up_ms + SYNC_EXCHANGE_MS)
        broke(sync, SCRIP_FAULT_TIMEOUT);
}

/* The machine -----------------------------------------------------------------------------------
 */

static void connect(struct sync *sync)
{
    enum scrip_status status;

    sync_say(sync, "");
    take_force(sync);
    sync->deadline_up_ms = uptime(sync) + SYNC_CONNECT_MS;
    sync->state.phase = SYNC_CONNECTING;
    sync->answered = false;
    status = tls_connect(&sync->tls);
    if (status != SCRIP_OK)
        broke(sync, status);
}

static void connect_step(struct sync *sync)
{
    enum scrip_status status = tls_poll(&sync->tls);

    if (status == SCRIP_OK) {
        http_open(&sync->http, tls_stream(&sync->tls), buffer_of(sync->out, sizeof sync->out),
                  buffer_of(sync->in, sizeof sync->in));
        sync->state.phase = SYNC_READY;
    } else if (status != SCRIP_AGAIN) {
        broke(sync, status);
    } else if (uptime(sync) >= sync->deadline_up_ms) {
        broke(sync, SCRIP_FAULT_TIMEOUT);
    }
}

/* Records go as soon as the till rests; else the host is told that we live, when it said. After a
 * failure only when the backoff is over, and with an open breaker also without a record. */
static bool settle_due(const struct sync *sync, bool till_idle)
{
    uint64_t now = uptime(sync);

    if (sync->forced || sync->urgent)
        return true;
    if (!till_idle || now < sync->retry.next_up_ms)
        return false;
    return settle_pending(sync) || now >= sync->due_up_ms || sync->retry.open;
}

static void ready_step(struct sync *sync, bool till_idle)
{
    enum scrip_status status = http_listen(&sync->http);

    if (status == SCRIP_FAULT_TLS || (status != SCRIP_AGAIN && !sync->answered))
        /* The host looks at our certificate only after our side of the handshake is done. */
        broke(sync, status);
    else if (status != SCRIP_AGAIN)
        closed(sync);
    else if (sync->ask.phase == ASK_QUEUED)
        start(sync, EXCHANGE_ASK);
    else if (settle_due(sync, till_idle))
        start(sync, EXCHANGE_SETTLE);
    else if (till_idle && objects_wanted(sync) && uptime(sync) >= sync->retry.next_up_ms)
        start(sync, EXCHANGE_OBJECT);
}

static uint32_t sleep_of(const struct sync *sync)
{
    uint64_t now = uptime(sync), left;

    switch (sync->state.phase) {
    case SYNC_CONNECTING:
    case SYNC_EXCHANGE:
        return SLEEP_BUSY_MS;
    case SYNC_READY:
        return SLEEP_READY_MS;
    default:
        left = sync->retry.next_up_ms > now ? sync->retry.next_up_ms - now : SLEEP_READY_MS;
        return left < SLEEP_LONGEST_MS ? (uint32_t)left : SLEEP_LONGEST_MS;
    }
}

void sync_poll(struct sync *sync, bool till_idle, uint32_t *sleep_ms)
{
    switch (sync->state.phase) {
    case SYNC_IDLE:
    case SYNC_WAITING:
        if (sync->forced || sync->urgent || (till_idle && uptime(sync) >= sync->retry.next_up_ms))
            connect(sync);
        break;
    case SYNC_CONNECTING:
        connect_step(sync);
        break;
    case SYNC_READY:
        ready_step(sync, till_idle);
        break;
    case SYNC_EXCHANGE:
        exchange_step(sync);
        break;
    }
    *sleep_ms = sleep_of(sync);
}

enum scrip_status sync_open(struct sync *sync, const struct sync_parts *parts)
{
    memset(sync, 0, sizeof *sync);
    sync->parts = parts;
    if (parts->bundle->host[0] == '\0' || parts->bundle->chain_count == 0)
        return SCRIP_REFUSED_NOT_ENROLLED;
    TRY(tls_open(&sync->tls, parts->net, parts->bundle, parts->keys, parts->clock));
    sync->settle.batch_max = LIMIT_SYNC_RECORDS;
    retry_boot(&sync->retry, uptime(sync), jitter());
    return SCRIP_OK;
}

void sync_close(struct sync *sync)
{
    ask_end(sync, SCRIP_FAULT_NET);
    if (sync->parts != NULL)
        objects_drop(sync);
    tls_close(&sync->tls);
    memset(sync, 0, sizeof *sync);
}

/* What the agent asks ---------------------------------------------------------------------------
 */

static bool asks_paused(const struct sync *sync)
{
    return sync->asks_up_ms != 0 && uptime(sync) < sync->asks_up_ms;
}

bool sync_ready(const struct sync *sync)
{
    if (sync->retry.open || asks_paused(sync))
        return false;
    return sync->state.phase == SYNC_READY ||
           (sync->state.phase == SYNC_EXCHANGE && sync->exchange != EXCHANGE_ASK);
}

enum scrip_status sync_ask(struct sync *sync, uint32_t seq)
{
    if (!sync_ready(sync))
        return SCRIP_FAULT_NET;
    memset(&sync->ask, 0, sizeof sync->ask);
    sync->ask.phase = ASK_QUEUED;
    sync->ask.seq = seq;
    return SCRIP_OK;
}

enum scrip_status sync_ask_result(struct sync *sync, struct sync_outcome *outcome)
{
    struct ask *ask = &sync->ask;

    memset(outcome, 0, sizeof *outcome);
    if (ask->phase == ASK_QUEUED || ask->phase == ASK_SENT)
        return SCRIP_AGAIN;
    if (ask->phase != ASK_DONE)
        return SCRIP_FAULT_NET;
    ask->phase = ASK_NONE;
    *outcome = ask->outcome;
    return ask->status;
}

void sync_ask_abandon(struct sync *sync)
{
    struct ask *ask = &sync->ask;

    /* A host that lets sales wait is as good as none, even if it settles well enough. */
    if ((ask->phase == ASK_QUEUED || ask->phase == ASK_SENT) && sync->late_asks < UINT32_MAX)
        sync->late_asks++;
    if (sync->late_asks >= SYNC_LATE_ASKS)
        sync->asks_up_ms = uptime(sync) + SYNC_ASK_PAUSE_MS;
    ask->phase = ask->phase == ASK_SENT ? ASK_ABANDONED : ASK_NONE;
}

void sync_now(struct sync *sync)
{
    sync->forced = true;
    sync->asks_up_ms = 0;
}

void sync_read_state(const struct sync *sync, struct sync_state *state)
{
    *state = sync->state;
    state->breaker_open = sync->retry.open || asks_paused(sync);
    state->failures = sync->retry.failures;
    state->next_up_ms = sync->state.phase == SYNC_READY && sync->retry.failures == 0
                            ? sync->due_up_ms
                            : sync->retry.next_up_ms;
}

void sync_objects_taken(struct sync *sync)
{
    sync->state.objects_changed = false;
}
