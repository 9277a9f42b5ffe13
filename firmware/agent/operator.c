/* What only some operators may do, once the back office has said who they are. */
#include <string.h>

#include "agent/agent.h"
#include "base/text.h"

static enum scrip_status refuse(char detail[80], const char *why)
{
    struct buffer out = buffer_of(detail, 79);

    buffer_put_text(&out, why);
    detail[out.len] = '\0';
    return SCRIP_REFUSED_OPERATOR;
}

static enum scrip_status judge(const struct agent *agent, const struct scrip_sale *sale,
                               struct bytes badge, enum operators_role role, uint16_t *number,
                               char detail[80])
{
    struct wallclock_time now;
    struct operators_entry found;

    if (agent->operators.seq == 0)
        return refuse(detail, "The list of operators here is not believed: it needs a sync");
    wallclock_read(&agent->clock, &now);
    if (wallclock_least(&now) >= agent->operators.exp_s)
        return refuse(detail, "The list of operators is past its date: it needs a sync");
    enum scrip_status status = operators_find(&agent->operators, sale->operator_number, badge,
                                              &found);
    if (status == SCRIP_REFUSED_KEY)
        return refuse(detail, "OperatorID must be this operator's badge");
    if (status == SCRIP_REFUSED_NOT_FOUND)
        return refuse(detail, "OperatorID is nobody on the list of operators");
    TRY(status);
    if ((found.roles & role) == 0)
        return refuse(detail, role == OPERATORS_REVERSE ? "This operator may not reverse"
                                                        : "This operator may not go offline");
    *number = found.number;
    return SCRIP_OK;
}

enum scrip_status operator_allow(struct agent *agent, const struct scrip_sale *sale,
                                 enum operators_role role, uint16_t *number, char detail[80])
{
    size_t len = 0;

    *number = sale->operator_number;
    TRY(belief_settle(agent));
    if (!agent->has_operators)
        return SCRIP_OK;
    while (sale->badge != NULL && len <= BADGE_MAX && sale->badge[len] != '\0')
        len++;
    if (len > BADGE_MAX)
        return refuse(detail, "OperatorID is nobody on the list of operators");
    return judge(agent, sale, bytes_of(sale->badge, len), role, number, detail);
}
