/*
 * client: one HTTP/1.1 request to a terminal's Unix socket, for the commands that talk to scripd.
 *
 * Failures are said on stderr.
 */
#ifndef TOOLS_SCRIP_CLIENT_H
#define TOOLS_SCRIP_CLIENT_H

#include "base/bytes.h"

struct client_answer {
    unsigned code;     /* HTTP status */
    struct bytes body; /* inside the memory given */
};

/* Sends body (JSON; empty for GET) and waits at most timeout_s for the whole answer, which must fit
 * into memory. FAULT_NET: nobody listens there, or the connection broke. FAULT_TIMEOUT.
 * FAULT_PROTOCOL: not an HTTP answer with a Content-Length. REFUSED_TOO_LONG. */
MUST_CHECK enum scrip_status client_ask(const char *socket_path, const char *method,
                                        const char *target, struct bytes body, unsigned timeout_s,
                                        struct buffer *memory, struct client_answer *out);

#endif
