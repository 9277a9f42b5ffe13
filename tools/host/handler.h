/*
 * handler: one request in, one answer out, without HTTP.
 *
 * Threads  The daemon's one thread: JSON and the cryptographic library keep one arena each for the
 *          whole process, and SQLite's writer is one anyway.
 */
#ifndef TOOLS_HOST_HANDLER_H
#define TOOLS_HOST_HANDLER_H

#include "tools/host/allow.h"
#include "tools/host/db.h"
#include "tools/host/peer.h"
#include "tools/host/pki.h"
#include "tools/host/problem.h"
#include "tools/host/request.h"

enum { HANDLER_ARENA = 1 << 20 };

struct handler {
    struct pki *pki;
    struct db *db;
    uint8_t *arena; /* HANDLER_ARENA bytes, for JSON */
    struct request_sync sync;
};

struct exchange {
    const struct peer *peer;
    struct allow allow;
    struct bytes body;
    const char *idempotency_key; /* NULL: no such header */
    const char *if_none_match;
    uint32_t now_s;

    bool has_nonce; /* the answer carries the time, signed */
    uint8_t nonce[STATEMENT_NONCE_BYTES];
    struct problem problem; /* PROBLEM_NONE: out is the answer */
    bool not_modified;
    const char *content_type, *etag; /* NULL: none */
    struct buffer out;
};

/* Each answers OK with exchange->out or exchange->problem set, or FAULT_*: nothing was stored and
 * the terminal should come again. */
MUST_CHECK enum scrip_status handler_sync(struct handler *handler, struct exchange *exchange);
MUST_CHECK enum scrip_status handler_ask(struct handler *handler, struct exchange *exchange);
MUST_CHECK enum scrip_status handler_claim(struct handler *handler, struct exchange *exchange);
MUST_CHECK enum scrip_status handler_keys(struct handler *handler, struct exchange *exchange);
MUST_CHECK enum scrip_status handler_policy(struct handler *handler, struct exchange *exchange);
MUST_CHECK enum scrip_status handler_operators(struct handler *handler, struct exchange *exchange);
MUST_CHECK enum scrip_status handler_lists(struct handler *handler, struct exchange *exchange);

/* The problem as the answer's body, with the time where there is a nonce. */
MUST_CHECK enum scrip_status handler_problem(const struct handler *handler,
                                             struct exchange *exchange);

#endif
