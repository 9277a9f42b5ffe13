/*
 * till_events: GET /events, a stream of server-sent events (WHATWG HTML, section 9.2) to every
 * subscriber. A subscriber that does not read fast enough for what fits its buffer is dropped:
 * it connects again and asks for what it missed.
 */
#ifndef PLATFORM_POSIX_TILL_EVENTS_H
#define PLATFORM_POSIX_TILL_EVENTS_H

#include <microhttpd.h>

#include "platform/posix/till.h"

enum MHD_Result till_events_subscribe(struct posix_till *till, struct MHD_Connection *connection);

/* hal_till.event. */
MUST_CHECK enum scrip_status till_events_send(struct posix_till *till, const char *text,
                                              size_t len);

/* Ends every stream; the caller holds till->lock. */
void till_events_close(struct posix_till *till);

#endif
