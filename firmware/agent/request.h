/*
 * request: the till's sale, checked field by field and copied, before anything believes it.
 */
#ifndef AGENT_REQUEST_H
#define AGENT_REQUEST_H

#include "agent/agent.h"

/*
 * Copies a caller's sale into ours. REFUSED_ARGUMENT, REFUSED_TOO_LONG, REFUSED_CURRENCY: detail
 * (80 bytes) names the field and what is wrong with it; out then holds the ids that could be read.
 */
MUST_CHECK enum scrip_status request_read(const struct agent *agent, const struct scrip_sale *sale,
                                          struct sale *out, char detail[80]);

/* Copies ids that may be NULL; one that is too long becomes empty, so that it matches nothing. */
void request_ids(const char *sale_id, const char *service_id, const char *transaction_id,
                 struct request_ids *ids);
void request_sale_ids(const struct sale *sale, struct request_ids *ids);

#endif
