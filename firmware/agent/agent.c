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
