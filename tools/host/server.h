/*
 * server: HTTP over mutual TLS 1.3, by libmicrohttpd.
 *
 * One thread of the daemon does everything, so nothing here needs a lock: the cryptographic library
 * and the JSON reader have one arena a process, and the database one writer. With one ECDSA
 * verification a record, the processor is the limit, not the thread's waiting for the disk.
 *
 * What a stranger can hold is bounded: connections by number and by idle time, a request by 256
 * KiB.
 */
#ifndef TOOLS_HOST_SERVER_H
#define TOOLS_HOST_SERVER_H

#include "tools/host/handler.h"

struct MHD_Daemon;

enum {
    SERVER_BODY = 256 * 1024,
    SERVER_DRAIN = 4 * SERVER_BODY, /* read of a refused request, so that the answer arrives */
    SERVER_CONNECTIONS = 512,
    SERVER_TIMEOUT_S = 75 /* of an idle connection, and of a handshake that stops */
};

struct server {
    struct handler handler;
    struct MHD_Daemon *daemon;
    gnutls_datum_t ticket_key;
    uint16_t port;
    uint8_t out[LIMIT_OBJECT_BYTES];
};

/* Listens on address, an IPv4 literal; port 0: any, then in server->port. pki and db must be open
 * and outlive the server. Failures are logged. */
MUST_CHECK enum scrip_status server_open(struct server *server, struct pki *pki, struct db *db,
                                         const char *address, uint16_t port);

/* Ends what runs and closes every connection. */
void server_close(struct server *server);

#endif
