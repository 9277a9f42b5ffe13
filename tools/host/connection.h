/*
 * connection: who is connected, and until when each must have said what it has to say.
 *
 * A peer that is silent is ended by its silence. One that goes on byte by byte is not, so that each
 * connection has a date besides: for a handshake and the head of a request, then for its body, then
 * for the next request after an answer.
 *
 * Memory   One allocation a connection, from its start to its end.
 * Threads  The daemon's.
 */
#ifndef TOOLS_HOST_CONNECTION_H
#define TOOLS_HOST_CONNECTION_H

#include "tools/host/peer.h"

struct connection {
    struct peer peer;
    int fd;
    uint64_t until_ms;
    struct connection *next, **at; /* at: what points here */
};

uint64_t connection_now_ms(void); /* of no known beginning; never back */

/* NULL: no memory. */
struct connection *connection_open(struct connection **list, int fd, uint64_t until_ms);
void connection_close(struct connection *connection);

/* Shuts down those whose date has passed, so that the daemon finds them closed. */
void connection_expire(struct connection *list, uint64_t now_ms);

#endif
