/*
 * http: one HTTP/1.1 request at a time over a stream, and a strict reader of its answer.
 *
 * Bodies go out in pieces, their length told before the first; an answer is kept whole in the
 * caller's buffer, or where a request says so handed on piece by piece as it comes. Refused as
 * FAULT_PROTOCOL: another version, an interim answer, a line of more than HTTP_LINE_MAX or a head
 * of more than HTTP_HEAD_MAX bytes or HTTP_FIELDS_MAX fields, a bare CR or LF, folding, a length
 * that is absent, repeated, malformed or beyond the buffer, Transfer-Encoding, and any byte behind
 * the body. Fields that are not named here are ignored.
 *
 * Memory   The caller owns struct http, and lends two buffers until http_open() is called again.
 * Threads  Owner task only. Time: a poll is one send or one receive, and what a taker does with it.
 * Format   RFC 9110, RFC 9112.
 */
#ifndef SYNC_HTTP_H
#define SYNC_HTTP_H

#include "base/limits.h"
#include "base/stream.h"

enum {
    HTTP_LINE_MAX = 512,
    HTTP_HEAD_MAX = SCRIP_HTTP_HEAD,
    HTTP_FIELDS_MAX = 32,
    HTTP_ETAG_MAX = 40,
    HTTP_OUT_MIN = 512,         /* the least that holds a request's head */
    HTTP_RETRY_AFTER_NONE = -1, /* absent, or a date: we ask for seconds only */
    HTTP_RETRY_AFTER_MAX_S = 86400
};

/* Appends the next piece of a body to out, which is empty and has out->capacity bytes: at least
 * one. A failure ends the request. Called until the announced length is reached. */
typedef enum scrip_status http_body(void *context, struct buffer *out);

/* Takes the next piece, which may be empty, of the body of an answer of status 200; total is the
 * length of the whole. At least one call; a failure ends the request. */
typedef enum scrip_status http_take(void *context, size_t total, struct bytes piece);

/* Texts must stay until http_start() returns, body, take and the context until the answer. */
struct http_request {
    const char *method, *path, *host;
    const char *field, *value; /* one more field, or NULL */
    const char *media;         /* Content-Type, or NULL: no body */
    size_t len;                /* of the body: exactly what body will produce */
    http_body *body;
    http_take *take; /* NULL: the answer's body is kept whole */
    size_t take_max; /* the longest body that is handed on */
    void *context;
};

struct http_answer {
    int status;                   /* 200 to 599 */
    int32_t retry_after_s;        /* at most HTTP_RETRY_AFTER_MAX_S, or HTTP_RETRY_AFTER_NONE */
    bool keep_alive;              /* the stream may carry another request */
    char etag[HTTP_ETAG_MAX + 1]; /* with its quotes; empty: absent, weak or too long */
    struct bytes body;            /* in the buffer lent; empty where it was taken */
};

enum http_phase { HTTP_NONE, HTTP_SENDING, HTTP_HEAD, HTTP_BODY };

struct http {
    struct stream stream;
    struct buffer out, in;
    size_t sent;   /* of out */
    size_t unsent; /* of the body, not yet produced */
    http_body *body;
    http_take *take;
    size_t take_max;
    void *context;
    enum http_phase phase;
    size_t length; /* of the answer's body */
    size_t taken;  /* of it, handed on */
    struct http_answer answer;
};

/* out of at least HTTP_OUT_MIN, in of at least HTTP_HEAD_MAX bytes; an answer's body may be as long
 * as in. They may be the same memory: once something has come, nothing more is sent. */
void http_open(struct http *http, struct stream stream, struct buffer out, struct buffer in);

/* Begins a request. REFUSED_TOO_LONG: its head does not fit; nothing was sent. */
MUST_CHECK enum scrip_status http_start(struct http *http, const struct http_request *request);

/* AGAIN: not yet; *moved says whether bytes went either way. OK: answered; http->answer is valid
 * until the next start. FAULT_NET and FAULT_TLS as the stream's, FAULT_PROTOCOL, or the body's or
 * the taker's own failure: the stream must not be used again. */
MUST_CHECK enum scrip_status http_poll(struct http *http, bool *moved);

/* Looks at a stream with no request open. AGAIN: alive and silent. FAULT_*: closed, or it spoke
 * unasked. */
MUST_CHECK enum scrip_status http_listen(struct http *http);

#endif
