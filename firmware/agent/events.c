/*
 * What happened without being asked. The queue drops its oldest entry when nobody listens:
 * everything in it can also be asked for.
 */
#include "agent/agent.h"
#include "agent/request.h"

void event_put(struct agent *agent, enum scrip_event_kind kind, uint32_t seq,
               enum scrip_status status, const struct request_ids *ids)
{
    struct queued_event *slot;

    if (agent->event_count == AGENT_EVENTS) {
        agent->event_first = (uint8_t)((agent->event_first + 1) % AGENT_EVENTS);
        agent->event_count--;
    }
    slot = &agent->events[(agent->event_first + agent->event_count) % AGENT_EVENTS];
    *slot = (struct queued_event){.kind = kind, .seq = seq, .status = status};
    if (ids != NULL)
        slot->ids = *ids;
    agent->event_count++;
}

/* Late verdicts are records of our own chain: whatever was appended since the last look is looked
 * through, as far as there is room, for one answer may bring more of them than the queue holds. */
static void watch_late(struct agent *agent)
{
    struct record record;

    while (agent->told_seq < agent->ledger.head_seq && agent->event_count < AGENT_EVENTS) {
        enum scrip_status status = ledger_record(&agent->ledger, agent->told_seq + 1, &record);
        if (status == SCRIP_OK && record.type == RECORD_LATE)
            event_put(agent, SCRIP_EVENT_LATE_REFUSAL, record.of, SCRIP_OK, NULL);
        agent->told_seq++;
    }
}

void event_watch(struct agent *agent)
{
    struct sync_state state;

    sync_read_state(&agent->sync, &state);
    if (state.host_reachable != agent->online) {
        agent->online = state.host_reachable;
        event_put(agent, agent->online ? SCRIP_EVENT_ONLINE : SCRIP_EVENT_OFFLINE, 0, SCRIP_OK,
                  NULL);
    }
    if (agent->ledger.fork && !agent->fork_announced) {
        agent->fork_announced = true;
        agent_log(agent, HAL_LOG_ERROR, "chain", SCRIP_FAULT_FORK);
        event_put(agent, SCRIP_EVENT_ALARM, 0, SCRIP_FAULT_FORK, NULL);
    }
    watch_late(agent);
}

enum scrip_status scrip_event(struct scrip *scrip, struct scrip_event *event)
{
    struct agent *agent = agent_of(scrip);
    const struct queued_event *next = &agent->events[agent->event_first];
    const struct refusal *kept;

    if (agent->event_count == 0)
        return SCRIP_AGAIN;
    agent->event_first = (uint8_t)((agent->event_first + 1) % AGENT_EVENTS);
    agent->event_count--;

    event->kind = next->kind;
    kept = next->seq == 0 && next->ids.sale_id[0] != '\0' ? refusal_find(agent, &next->ids) : NULL;
    if (next->seq != 0)
        event->answer.status = answer_seq(agent, next->seq, &event->answer);
    else if (kept != NULL)
        answer_refusal(agent, kept, &event->answer);
    else
        answer_status(agent, &next->ids, next->status, scrip_status_text(next->status),
                      &event->answer);
    return SCRIP_OK;
}
