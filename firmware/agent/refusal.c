/*
 * Answers that left no record, remembered so that the same request gets the same answer. They live
 * in RAM: refusals in flash would let a flood of bad codes fill it.
 */
#include <string.h>

#include "agent/agent.h"
#include "agent/request.h"

const struct refusal *refusal_find(const struct agent *agent, const struct request_ids *ids)
{
    for (size_t i = 0; i < AGENT_REFUSALS; i++) {
        const struct refusal *kept = &agent->refusals[i];
        if (kept->ids.sale_id[0] == '\0' || strcmp(kept->ids.sale_id, ids->sale_id) != 0)
            continue;
        if (ids->service_id[0] != '\0' ? strcmp(kept->ids.service_id, ids->service_id) == 0
                                       : strcmp(kept->ids.transaction_id, ids->transaction_id) == 0)
            return kept;
    }
    return NULL;
}

const struct refusal *refusal_keep(struct agent *agent, const struct sale *sale,
                                   enum scrip_status status, uint32_t amount_minor,
                                   const char *detail)
{
    struct request_ids ids;
    struct refusal *slot = NULL;

    request_sale_ids(sale, &ids);
    /* A request tried again after an accident keeps one answer, the latest. */
    for (size_t i = 0; i < AGENT_REFUSALS && slot == NULL; i++)
        if (strcmp(agent->refusals[i].ids.sale_id, ids.sale_id) == 0 &&
            strcmp(agent->refusals[i].ids.service_id, ids.service_id) == 0)
            slot = &agent->refusals[i];
    if (slot == NULL) {
        slot = &agent->refusals[agent->refusal_next];
        agent->refusal_next = (uint8_t)((agent->refusal_next + 1) % AGENT_REFUSALS);
    }
    memset(slot, 0, sizeof *slot);
    slot->ids = ids;
    memcpy(slot->digest, sale->digest, sizeof slot->digest);
    slot->status = status;
    slot->amount_minor = amount_minor;
    slot->currency = sale->currency;
    memcpy(slot->detail, detail, strlen(detail) + 1);
    return slot;
}
