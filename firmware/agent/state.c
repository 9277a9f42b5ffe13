/*
 * The state bits of every answer and the status page: functions of the agent as it stands, kept
 * nowhere.
 */
#include <string.h>

#include "agent/agent.h"

static uint32_t depth_of(const struct agent *agent)
{
    return agent->ledger.head_seq - agent->ledger.acked_seq;
}

static enum state_keys keys_at(const struct agent *agent, const struct wallclock_time *now)
{
    const struct keyset *keys = &agent->keyset;
    uint32_t least_s = wallclock_least(now);
    if (keys->count == 0 || keyset_is_stale(keys, least_s, false))
        return STATE_KEYS_NONE;
    return keyset_is_stale(keys, least_s, true) ? STATE_KEYS_AWARD : STATE_KEYS_GOOD;
}

enum state_keys state_keys(const struct agent *agent)
{
    struct wallclock_time now;
    wallclock_read(&agent->clock, &now);
    return keys_at(agent, &now);
}

uint32_t state_bits(struct agent *agent)
{
    struct sync_state state;
    struct wallclock_time now;
    uint32_t bits = 0;

    if (agent->service != SCRIP_OK)
        return SCRIP_STATE_OUT_OF_SERVICE;
    uint32_t room = journal_room(&agent->journal);
    sync_read_state(&agent->sync, &state);
    wallclock_read(&agent->clock, &now);

    if (agent->transaction.state == TRANSACTION_MEND || agent->ledger.broken || agent->ledger.fork)
        bits |= SCRIP_STATE_OUT_OF_SERVICE;
    if (!state.host_reachable)
        bits |= SCRIP_STATE_HOST_UNREACHABLE;
    if (room < depth_of(agent))
        bits |= SCRIP_STATE_BACKLOG_HIGH;
    if (depth_of(agent) != 0)
        bits |= SCRIP_STATE_PENDING_SYNC;
    if (now.quality == WALLCLOCK_BAD)
        bits |= SCRIP_STATE_CLOCK_UNTRUSTED;
    if (room == 0)
        bits |= SCRIP_STATE_QUEUE_FULL;
    if (agent->ledger.late_count != 0)
        bits |= SCRIP_STATE_LATE_REFUSALS;
    if (keys_at(agent, &now) != STATE_KEYS_GOOD)
        bits |= SCRIP_STATE_KEYS_STALE;
    if (agent->training)
        bits |= SCRIP_STATE_TRAINING;
    if (agent->ledger.suspended)
        bits |= SCRIP_STATE_SUSPENDED;
    return bits;
}

static uint32_t until(uint64_t end_s, uint32_t now_s)
{
    return end_s > now_s ? (uint32_t)(end_s - now_s) : 0;
}

static void page_time(const struct agent *agent, struct scrip_status_page *page)
{
    struct wallclock_time now;
    const struct policy *policy = &agent->policy;

    wallclock_read(&agent->clock, &now);
    page->offline_left_s = UINT32_MAX;
    if (policy->seq != 0 && now.signed_age_s != UINT32_MAX)
        page->offline_left_s = until(policy->max_offline_s, now.signed_age_s);
    if (now.quality == WALLCLOCK_BAD)
        return;
    page->time_s = now.t_s;
    page->uncertainty_s = now.unc_s;
    page->keys_left_s = until(agent->keyset.exp_s, now.t_s);
    if (agent->keyset.count != 0)
        page->award_left_s = until((uint64_t)agent->keyset.exp_s + KEYSET_IDENTIFY_GRACE_S,
                                   now.t_s);
    if (depth_of(agent) != 0 && agent->ledger.oldest_s != 0)
        page->oldest_age_s = until(now.t_s, agent->ledger.oldest_s);
}

void scrip_read_state(struct scrip *scrip, struct scrip_status_page *page)
{
    struct agent *agent = agent_of(scrip);
    struct sync_state state;

    memset(page, 0, sizeof *page);
    page->identity = agent->bundle.identity.text;
    page->epoch = agent->keys.epoch;
    page->state = state_bits(agent);
    crypto_arena(&page->crypto_arena, &page->crypto_peak);
    if (agent->service != SCRIP_OK) {
        page->host = agent->service;
        return;
    }
    uint32_t room = journal_room(&agent->journal);
    sync_read_state(&agent->sync, &state);

    page->depth = depth_of(agent);
    page->capacity = room;
    page->head_seq = agent->ledger.head_seq;
    page->acked_seq = agent->ledger.acked_seq;
    page->unsettled_count = agent->ledger.unsettled_count;
    page->unsettled_minor = agent->ledger.unsettled_minor;
    page->boot = agent->journal.boot;
    page->damaged = agent->damaged;
    page->settled = state.settled;
    page->late_refused = state.refused;
    page->keys_seq = agent->keyset.seq;
    page->policy_seq = agent->policy.seq;
    page->operators_seq = agent->operators.seq;
    page->lists_seq = agent->list.seq;
    page->currency = agent->policy.currency;
    page->currency_exponent = agent->policy.currency_exponent;
    page->host = state.last;
    memcpy(page->host_problem, state.problem, sizeof page->host_problem);
    page->next_try_s = state.next_up_ms > agent_up_ms(agent)
                           ? (uint32_t)((state.next_up_ms - agent_up_ms(agent)) / 1000)
                           : 0;
    page_time(agent, page);
}
