/*
 * till: hal_till over HTTP/1.1, on a Unix socket and, where it is asked for, on loopback TCP.
 *
 *     POST /nexo             a nexo message          GET  /status   the status page
 *     POST /sync             settle now              GET  /events   server-sent events
 *     POST /enroll/request   POST /enroll/install
 *
 * A request waits, suspended, until the agent has replied. Bodies are JSON of at most
 * POSIX_TILL_MESSAGE bytes; what is wrong in HTTP is answered here, as {"ErrorCondition", "error"}.
 * A request that stands still for POSIX_TILL_READ_S before it is whole is dropped, one that is not
 * whole after POSIX_TILL_REQUEST_S too, and it gives its place up earlier where others need it
 * (till_peers.h). The Unix socket has mode 0660 and the
 * credentials of whoever connects are logged. On TCP a request must carry the cookie file's text as
 * a bearer token, name this host and come from no web page.
 *
 * Memory   The caller owns struct posix_till; hal points into it, so it must not move. Messages and
 *          answers are on the heap until they are sent.
 * Threads  The server has a thread of its own, which writes to the log too; hal's functions are for
 *          the owner task.
 */
#ifndef PLATFORM_POSIX_TILL_H
#define PLATFORM_POSIX_TILL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "hal/log.h"
#include "hal/till.h"

struct MHD_Daemon;
struct posix_till_request;
struct posix_till_subscriber;

enum { POSIX_TILL_MESSAGE = 16384, POSIX_TILL_WAITING = 16, POSIX_TILL_SUBSCRIBERS = 8 };
enum { POSIX_TILL_CONNECTIONS = 32, POSIX_TILL_READ_S = 5, POSIX_TILL_REQUEST_S = 10 };
enum { POSIX_TILL_COOKIE = 64 }; /* hex digits of 32 random bytes */

/* Private to till_peers. */
struct posix_till_peer {
    bool used, waits;
    int fd;
    uint32_t user, since;
    uint64_t until_ms; /* by when its request must be whole; of CLOCK_MONOTONIC */
};

struct posix_till_options {
    const char *socket_path;
    const char *cookie_path; /* NULL: no TCP */
    uint16_t port;           /* on 127.0.0.1; 0: any, see posix_till.port */
};

struct posix_till {
    struct hal_till hal;
    const struct hal_log *log;
    char socket_path[108];
    struct MHD_Daemon *local, *loopback;
    uint16_t port;
    char cookie[POSIX_TILL_COOKIE + 1];
    int wake_fd; /* an eventfd: readable while a message waits */

    pthread_mutex_t lock; /* guards everything below, and each request and subscriber */
    struct posix_till_request *requests[POSIX_TILL_WAITING];
    struct posix_till_subscriber *subscribers[POSIX_TILL_SUBSCRIBERS];
    struct posix_till_peer peers[POSIX_TILL_CONNECTIONS];
    uint32_t next_peer, next_since;
    bool closing;
};

/* Listens. FAULT_DEVICE: the socket or the cookie file cannot be made, or another process answers
 * on the socket; the log says which and what to do. */
MUST_CHECK enum scrip_status posix_till_open(struct posix_till *till,
                                             const struct posix_till_options *options,
                                             const struct hal_log *log);
/* Answers what still waits with 503, closes, and removes the socket. */
void posix_till_close(struct posix_till *till);

#endif
