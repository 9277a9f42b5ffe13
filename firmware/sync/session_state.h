/*
 * session_state: what struct sync holds, for whoever must allocate one. Private to sync.
 */
#ifndef SYNC_SESSION_STATE_H
#define SYNC_SESSION_STATE_H

#include "sync/http.h"
#include "sync/message.h"
#include "sync/retry.h"
#include "sync/session.h"
#include "sync/tls_state.h"

enum {
    /* The longest part of a request: a record of LIMIT_RECORD_BYTES in base64 with its frame, or
     * the facts. */
    SYNC_OUT_BYTES = SCRIP_SYNC_OUT,
    SYNC_CONNECT_MS = 10 * 1000,  /* TCP and handshake */
    SYNC_SILENCE_MS = 15 * 1000,  /* an exchange in which nothing moves */
    SYNC_EXCHANGE_MS = 60 * 1000, /* an exchange as a whole */
    SYNC_POISON_TRIES = 5,
    SYNC_LATE_ASKS = 5,           /* asks in a row that the till gave up on, and then */
    SYNC_ASK_PAUSE_MS = 60 * 1000 /* so long none is made; the next is a probe */
};

_Static_assert(SYNC_OUT_BYTES >= (LIMIT_RECORD_BYTES + 2) / 3 * 4 + 64, "a record fits one part");
_Static_assert(SYNC_OUT_BYTES >= (MESSAGE_CHAIN_BYTES + 2) / 3 * 4 + 128, "so does the statement");
_Static_assert((int)LIMIT_SYNC_ANSWER >= (int)HTTP_HEAD_MAX, "http's own bound");

enum sync_exchange { EXCHANGE_NONE, EXCHANGE_SETTLE, EXCHANGE_ASK, EXCHANGE_OBJECT };

/* One POST /v1/sync. */
struct settle {
    struct message_chain chain;
    struct message_facts facts;
    size_t statement_len; /* of sync.statement */
    size_t count;         /* records in the batch */
    enum { SETTLE_OPEN, SETTLE_RECORDS, SETTLE_CHAIN, SETTLE_FACTS, SETTLE_END } part;
    uint32_t cursor; /* the record written last */
    struct json_out json;
    /* Kept from one batch to the next. */
    uint32_t batch_max; /* at most so many records, halved when the host chokes */
    uint32_t poison_seq, poison_tries;
    bool adopt;
    uint32_t lost, quarantined; /* declared since boot */
};

enum ask_phase { ASK_NONE, ASK_QUEUED, ASK_SENT, ASK_ABANDONED, ASK_DONE };

struct ask {
    enum ask_phase phase;
    uint32_t seq;
    uint8_t nonce[MESSAGE_NONCE_BYTES];
    enum scrip_status status; /* ASK_DONE */
    struct sync_outcome outcome;
};

struct sync {
    const struct sync_parts *parts;
    struct tls tls;
    struct http http;
    struct retry retry;
    struct sync_state state;
    enum sync_exchange exchange;
    struct settle settle;
    struct ask ask;
    struct {
        enum object_kind kind;    /* under way */
        bool begun;               /* it is being written into the inactive slot */
        enum scrip_status status; /* of that */
        uint32_t want[OBJECT_KINDS];
        char etag[OBJECT_KINDS][HTTP_ETAG_MAX + 1];
    } objects;
    uint32_t late_asks;      /* in a row */
    uint64_t asks_up_ms;     /* no ask before */
    bool forced;             /* by sync_now(), until an attempt takes it up */
    bool urgent;             /* the attempt under way: until nothing is left, or it failed */
    bool answered;           /* this connection has brought an answer */
    uint64_t due_up_ms;      /* the next heartbeat */
    uint64_t asked_up_ms;    /* when the exchange began */
    uint64_t deadline_up_ms; /* of the connection attempt or of the silence */
    /* Nothing of a request is needed any more once a byte of its answer has come. */
    union {
        struct {
            uint8_t out[SYNC_OUT_BYTES];
            uint8_t statement[MESSAGE_CHAIN_BYTES]; /* of the batch */
        };
        uint8_t in[LIMIT_SYNC_ANSWER];
    };
};

/* What state.problem says from now on; "" is nothing. */
void sync_say(struct sync *sync, const char *problem);

#endif
