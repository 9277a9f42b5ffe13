/* What every file of this room needs: a line in the log, and the stamp of a record. */
#include "agent/agent.h"

void agent_log(const struct agent *agent, enum hal_log_level level, const char *what,
               enum scrip_status status)
{
    char line[240];
    struct buffer out = buffer_of(line, sizeof line - 1);

    buffer_put_text(&out, what);
    if (status != SCRIP_OK) {
        buffer_put_text(&out, ": ");
        buffer_put_text(&out, scrip_status_name(status));
        buffer_put_text(&out, ": ");
        buffer_put_text(&out, scrip_status_text(status));
    }
    line[out.len] = '\0';
    agent->hal->log->write(agent->hal->log->context, level, line);
}

void agent_stamp(const struct agent *agent, uint16_t operator_number, uint16_t shift,
                 struct record_stamp *stamp)
{
    struct wallclock_time now;
    wallclock_read(&agent->clock, &now);
    *stamp = (struct record_stamp){
        .t_s = now.t_s,
        .unc_s = now.unc_s,
        .source = (uint8_t)now.source,
        .boot = agent->journal.boot,
        .up_s = now.up_s,
        .operator_number = operator_number,
        .shift = shift,
    };
}

static uint32_t later(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

void agent_open_clock(struct agent *agent)
{
    const struct ledger *ledger = &agent->ledger;
    uint32_t floor_s = later(agent->config.build_s, ledger->floor_s);
    uint32_t keys_s = agent->keyset.iat_s;
    /* A root-signed key set is word from the back office too: it serves until the host has
     * answered. */
    uint32_t signed_s = later(ledger->signed_s, keys_s);
    wallclock_open(&agent->clock, agent->hal->rtc, later(floor_s, keys_s), ledger->unc_s, signed_s,
                   agent->policy.seq != 0 ? agent->policy.max_offline_s : 0);
    /* RTC and key set contradict each other, and either may be wrong: neither says what time it is,
     * and a key set dated 2035 by mistake leaves no floor that the host could not pass. */
    if (agent->clock.source == WALLCLOCK_NONE && keys_s > floor_s)
        wallclock_open(&agent->clock, agent->hal->rtc, floor_s, 0, signed_s, 0);
}
