/*
 * till_peers: who is connected to the till's server, and who gives way when it is full.
 *
 * A connection that waits for the agent, or listens to events, stays; there is always room for
 * those. One that has yet to send its request whole holds a place only while nobody else needs it:
 * the oldest of the user who has the most of them goes first, so that a flood displaces itself.
 *
 * Threads  The server's; till_peers_expire() is the owner task's. Every function takes till->lock.
 */
#ifndef PLATFORM_POSIX_TILL_PEERS_H
#define PLATFORM_POSIX_TILL_PEERS_H

#include "platform/posix/till.h"

/* A new connection; where the table is full another is shut down. */
void till_peers_join(struct posix_till *till, int fd);
/* Whether its request is complete and has yet to be answered. */
void till_peers_waits(struct posix_till *till, int fd, bool waits);
void till_peers_leave(struct posix_till *till, int fd);
/* Shuts down those whose request came byte by byte, and not to its end in time. */
void till_peers_expire(struct posix_till *till);

#endif
