/*
 * server: HTTP over mutual TLS 1.3, by libmicrohttpd.
 *
 * One thread of the server does everything, so nothing here needs a lock: the cryptographic library
 * and the JSON reader have one arena a process, and the database one writer. With one ECDSA
 * verification a record, the processor is the limit, not the thread's waiting for the disk.
 *
 * What has arrived when the loop goes round is one transaction of the database, so that many
 * terminals share a write to the disk: an answer leaves once what it says is durable.
 *
 * What a stranger can hold is bounded: connections by number, by idle time and by a date for each
 * request, a request by 256 KiB. While more requests arrive at once than SERVER_UNDER_WAY, a sync
 * is answered 429 with Retry-After: the terminal keeps its records and comes again. What a customer
 * waits for is answered all the same.
 */
#ifndef TOOLS_HOST_SERVER_H
#define TOOLS_HOST_SERVER_H

#include <pthread.h>
#include <stdatomic.h>

#include "tools/host/connection.h"
#include "tools/host/handler.h"

struct MHD_Daemon;
struct request;

enum {
    SERVER_BODY = 256 * 1024,
    SERVER_DRAIN = 4 * SERVER_BODY, /* read of a refused request, so that the answer arrives */
    SERVER_CONNECTIONS = 512,
    SERVER_TIMEOUT_S = 75,         /* of an idle connection, and of a handshake that stops */
    SERVER_REQUEST_MS = 60 * 1000, /* for a handshake and a head, and again for a body */
    SERVER_UNDER_WAY = 128
};

struct server {
    struct handler handler;
    struct MHD_Daemon *daemon;
    pthread_t thread;
    bool running;
    atomic_bool ending;
    gnutls_datum_t ticket_key;
    uint16_t port;
    /* SERVER_REQUEST_MS and SERVER_UNDER_WAY; a test may have less of both. */
    atomic_uint request_ms, under_way_most;
    unsigned under_way; /* requests that have begun and are not answered yet */
    struct connection *connections;
    struct request *waiting; /* answered, once what was stored meanwhile is durable */
    uint8_t out[LIMIT_OBJECT_BYTES];
};

/* Listens on address, an IPv4 literal; port 0: any, then in server->port. pki and db must be open
 * and outlive the server. Failures are logged. */
MUST_CHECK enum scrip_status server_open(struct server *server, struct pki *pki, struct db *db,
                                         const char *address, uint16_t port);

/* Ends what runs and closes every connection. */
void server_close(struct server *server);

#endif
