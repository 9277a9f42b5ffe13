/*
 * The agent's life: opening a terminal on whatever a power cut left, one step of its loop, and
 * becoming enrolled.
 *
 * A1  Nothing is answered before the ledger has recovered.
 * A2  A terminal that cannot redeem (not enrolled, foreign medium) still answers status and
 *     enrolment.
 * A3  Objects are believed only after their signature was checked in this boot (belief.c).
 */
#include "scrip.h"

#include <string.h>

#include "agent/agent.h"
#include "base/crypto.h"
#include "sync/enroll.h"

_Static_assert(sizeof(struct agent) <= SCRIP_BYTES, "struct scrip holds the agent");
_Static_assert(_Alignof(struct agent) <= _Alignof(struct scrip),
               "struct scrip is aligned for the agent");

/* What is kept of the bundle, its views into the work arena: until forget_views(), which comes
 * before any other use of it. */
static enum scrip_status load_identity(struct agent *agent)
{
    struct buffer bytes = buffer_of(agent->config.arena, agent->config.arena_len);

    TRY(blob_load(&agent->blobs, BLOB_IDENTITY, &bytes));
    return bundle_read(buffer_bytes(&bytes), &agent->bundle);
}

static void forget_views(struct bundle *bundle)
{
    memset(bundle->chain, 0, sizeof bundle->chain);
    memset(bundle->roots, 0, sizeof bundle->roots);
    bundle->chain_count = bundle->root_count = 0;
    bundle->keyset = bundle->policy = bundle->stored = bytes_of(NULL, 0);
}

static enum scrip_status open_identity(struct agent *agent)
{
    if (agent->keys.epoch == 0)
        return SCRIP_REFUSED_NOT_ENROLLED;
    TRY(load_identity(agent));
    forget_views(&agent->bundle);
    /* A cut between storing a new identity and beginning its epoch leaves them apart: enrol again.
     */
    return agent->bundle.epoch == agent->keys.epoch ? SCRIP_OK : SCRIP_REFUSED_NOT_ENROLLED;
}

static enum scrip_status open_ledger(struct agent *agent)
{
    struct ledger_recovery found;
    struct record_stamp stamp;

    enum scrip_status status = journal_mount(&agent->journal, agent->hal->journal, &agent->keys,
                                             ledger_keep, &agent->ledger);
    /* Read only: nothing is redeemed until the host has acknowledged enough to make room. */
    if (status == SCRIP_FAULT_READ_ONLY)
        agent_log(agent, HAL_LOG_ERROR, "journal", status);
    else
        TRY(status);
    agent_open_clock(agent);
    agent_stamp(agent, 0, 0, &stamp);
    TRY(ledger_open(&agent->ledger, &agent->journal, &agent->keys, &stamp, &found));
    agent_open_clock(agent); /* again, with the floor that the ledger kept */
    belief_prune(agent);

    agent->damaged = found.damaged;
    agent->told_seq = agent->ledger.acked_seq;
    if (found.last_seq != 0)
        event_put(agent, SCRIP_EVENT_UNANSWERED, found.last_seq, SCRIP_OK, NULL);
    if (found.damaged != 0)
        agent_log(agent, HAL_LOG_WARNING, "journal: entries that do not authenticate were passed",
                  SCRIP_FAULT_CORRUPT);
    return SCRIP_OK;
}

static enum scrip_status open_sync(struct agent *agent)
{
    memset(&agent->sync, 0, sizeof agent->sync);
    if (agent->hal->net == NULL)
        return SCRIP_OK;
    agent->parts = (struct sync_parts){
        .net = agent->hal->net,
        .rtc = agent->hal->rtc,
        .log = agent->hal->log,
        .ledger = &agent->ledger,
        .keys = &agent->keys,
        .blobs = &agent->blobs,
        .clock = &agent->clock,
        .bundle = &agent->bundle,
        .arena = agent->config.arena,
        .arena_len = agent->config.arena_len,
        .firmware = SCRIP_VERSION,
        .verify = belief_verify,
        .verify_context = agent,
    };
    belief_tell(agent);
    TRY(load_identity(agent));
    enum scrip_status status = sync_open(&agent->sync, &agent->parts);
    forget_views(&agent->bundle);
    return status;
}

/* From the identity upwards; what it needs below is open. */
static enum scrip_status enter_service(struct agent *agent)
{
    TRY(open_identity(agent));
    belief_load(agent);
    TRY(open_ledger(agent));
    TRY(open_sync(agent));
    answer_banner(agent);
    return SCRIP_OK;
}

/* What service stands on, and enrolment too. */
static enum scrip_status open_stores(struct agent *agent)
{
    const struct hal *hal = agent->hal;
    uint32_t damaged = 0;

    TRY(crypto_open(hal->entropy));
    TRY(keys_open(&agent->keys, hal->keystore));
    TRY(blob_mount(&agent->blobs, hal->blobs, &agent->keys, &damaged));
    if (damaged != 0)
        agent_log(agent, HAL_LOG_WARNING,
                  "blobs: a damaged slot fell back to the version before it", SCRIP_FAULT_CORRUPT);
    return SCRIP_OK;
}

enum scrip_status scrip_open(struct scrip *scrip, const struct hal *hal,
                             const struct scrip_config *config)
{
    struct agent *agent = agent_of(scrip);

    memset(agent, 0, sizeof *agent);
    agent->hal = hal;
    agent->config = *config;
    agent->banner_shown = UINT32_MAX;
    member_day_open(&agent->member_day);
    wallclock_open(&agent->clock, hal->rtc, config->build_s, 0, 0, 0);

    agent->service = open_stores(agent);
    if (agent->service == SCRIP_OK)
        agent->service = enter_service(agent);
    if (agent->service != SCRIP_OK) {
        agent_log(agent, HAL_LOG_ERROR, "out of service", agent->service);
        event_put(agent, SCRIP_EVENT_ALARM, 0, agent->service, NULL);
    }
    return agent->service;
}

/* Lets go of what enter_service() took, and of nothing durable. */
static void leave_service(struct agent *agent)
{
    if (agent->service == SCRIP_OK && agent->hal->net != NULL)
        sync_close(&agent->sync);
    crypto_key_close(&agent->journal.aead);
}

void scrip_close(struct scrip *scrip)
{
    struct agent *agent = agent_of(scrip);

    leave_service(agent);
    keys_close(&agent->keys);
    bytes_wipe(agent, sizeof *agent);
}

/* A code that arrives while nobody asked for one belongs to no sale: it must not serve the next. */
static void drop_stray_scan(struct agent *agent)
{
    uint8_t code[LIMIT_CODE_CHARS];
    size_t len;
    const struct hal_scanner *scanner = agent->hal->scanner;
    if (scanner != NULL && scanner->read(scanner->context, code, sizeof code, &len) == SCRIP_OK)
        agent_log(agent, HAL_LOG_INFO, "a scan while no sale was open was dropped", SCRIP_OK);
    bytes_wipe(code, sizeof code);
}

/* What codes and the host have proven of the time is the ledger's to keep: it lets go of codes
 * whose life is over, also on a terminal that is offline for long. */
static void keep_time(struct agent *agent)
{
    const struct wallclock *clock = &agent->clock;
    if (clock->source != WALLCLOCK_NONE &&
        (clock->floor_s != agent->ledger.floor_s || clock->signed_s != agent->ledger.signed_s))
        ledger_clock(&agent->ledger, clock->floor_s, wallclock_floor_unc_s(clock), clock->signed_s);
}

/* A fault outside a sale (a reversal, a late verdict, a checkpoint) closes the ledger as well. */
static enum scrip_status keep_house(struct agent *agent, uint64_t now_ms)
{
    if (!agent->ledger.broken)
        return ledger_idle(&agent->ledger);
    if (now_ms < agent->mend_up_ms)
        return SCRIP_OK;
    agent->mend_up_ms = now_ms + AGENT_MEND_MS;
    return ledger_refence(&agent->ledger);
}

/* Sync appends (late verdicts, acks), which must not mix with an append that is in doubt. */
static void poll_sync(struct agent *agent, uint64_t now_ms, uint32_t *sleep_ms)
{
    bool idle = agent->transaction.state == TRANSACTION_IDLE &&
                now_ms - agent->busy_up_ms >= AGENT_IDLE_MS;

    if (agent->hal->net == NULL || agent->transaction.state == TRANSACTION_MEND)
        return;
    sync_poll(&agent->sync, idle, sleep_ms);
    belief_follow(agent);
}

enum scrip_status scrip_poll(struct scrip *scrip, uint32_t *sleep_ms)
{
    struct agent *agent = agent_of(scrip);
    uint64_t now_ms = agent_up_ms(agent);

    *sleep_ms = 1000;
    if (agent->service != SCRIP_OK)
        return agent->service;

    if (agent->transaction.state != TRANSACTION_IDLE) {
        agent->busy_up_ms = now_ms;
        transaction_poll(agent);
    } else {
        drop_stray_scan(agent);
        challenge_poll(agent);
    }

    poll_sync(agent, now_ms, sleep_ms);
    keep_time(agent);
    if (agent->transaction.state == TRANSACTION_IDLE) {
        enum scrip_status status = keep_house(agent, now_ms);
        if (status == SCRIP_AGAIN)
            *sleep_ms = 0;
        else if (status != SCRIP_OK)
            agent_log(agent, HAL_LOG_WARNING, "journal housekeeping", status);
    } else if (*sleep_ms > 5) {
        *sleep_ms = 5;
    }
    event_watch(agent);
    answer_banner(agent);
    return SCRIP_OK;
}

/* An accident that tells nothing of what the terminal holds, nor of whose it is: it is not enrolled
 * anew on the strength of that, but started again. */
static bool says_nothing(enum scrip_status status)
{
    return status == SCRIP_FAULT_CRYPTO || status == SCRIP_FAULT_MEMORY ||
           status == SCRIP_FAULT_ENTROPY || status == SCRIP_FAULT_KEYSTORE;
}

enum scrip_status scrip_enroll_request(struct scrip *scrip, const char *identity, uint8_t *der,
                                       size_t cap, size_t *len)
{
    struct agent *agent = agent_of(scrip);
    struct buffer out = buffer_of(der, cap);
    struct identity parsed;

    *len = 0;
    if (says_nothing(agent->service))
        return agent->service;
    TRY(identity_parse(bytes_text(identity), &parsed));
    TRY(enroll_request(&agent->keys, &parsed, &out));
    *len = out.len;
    return SCRIP_OK;
}

/* The records of this epoch are readable only under its medium: the host must have them before
 * another begins. Out of service the journal alone tells, where it is ours and can be read. */
static enum scrip_status check_settled(struct agent *agent)
{
    struct journal *journal = &agent->journal;
    bool unsettled = agent->ledger.head_seq != agent->ledger.acked_seq;
    enum scrip_status status;

    if (agent->service != SCRIP_OK) {
        if (agent->keys.epoch == 0)
            return SCRIP_OK;
        leave_service(agent);
        status = journal_mount(journal, agent->hal->journal, &agent->keys, NULL, NULL);
        if (says_nothing(status))
            return status;
        unsettled = (status == SCRIP_OK || status == SCRIP_FAULT_READ_ONLY) &&
                    journal_next_seq(journal) - 1 != journal_acked(journal);
    }
    return unsettled ? SCRIP_REFUSED_UNSETTLED : SCRIP_OK;
}

/* *found is false where it belongs to nobody yet, or what it kept of its owner was gone at its
 * start. What was there then must be there now. The bundle's views are forget_views()'s to end. */
static enum scrip_status find_owner(struct agent *agent, struct enroll_owner *owner, bool *found)
{
    *found = agent->keys.epoch != 0 && agent->bundle.epoch != 0;
    if (!*found)
        return SCRIP_OK;
    TRY(load_identity(agent));
    owner->bundle = &agent->bundle;
    owner->roots = agent->roots.count != 0 ? &agent->roots : &agent->bundle.object_roots;
    return SCRIP_OK;
}

enum scrip_status scrip_enroll_install(struct scrip *scrip, const uint8_t *bundle, size_t len)
{
    struct agent *agent = agent_of(scrip);
    struct enroll_owner owner;
    enum scrip_status status;
    bool owned;

    if (agent->transaction.state != TRANSACTION_IDLE)
        return SCRIP_REFUSED_BUSY;
    if (says_nothing(agent->service))
        return agent->service;
    TRY(check_settled(agent));
    TRY(find_owner(agent, &owner, &owned));
    status = enroll_install(bytes_of(bundle, len), owned ? &owner : NULL, &agent->keys,
                            &agent->blobs);
    forget_views(&agent->bundle);
    /* A fault may have left the new identity beside the old epoch, which the next start would not
     * serve: so nothing is redeemed now that it could not settle then. */
    if (scrip_is_fault(status)) {
        leave_service(agent);
        agent->service = enter_service(agent);
    }
    TRY(status);
    leave_service(agent);
    /* From here the old medium no longer counts; a cut before the format ends leaves it foreign,
     * and enrolment is repeated. */
    agent->service = SCRIP_FAULT_FOREIGN;
    TRY(journal_format(agent->hal->journal, &agent->keys));
    memset(&agent->ledger, 0, sizeof agent->ledger);
    challenge_withdraw(agent);
    agent->event_count = 0; /* what was announced of the old epoch no longer holds */
    agent->service = enter_service(agent);
    return agent->service;
}

enum scrip_status scrip_sync_now(struct scrip *scrip)
{
    struct agent *agent = agent_of(scrip);
    if (agent->service != SCRIP_OK)
        return agent->service;
    if (agent->hal->net == NULL)
        return SCRIP_FAULT_NET;
    sync_now(&agent->sync);
    return SCRIP_OK;
}
