/* What a host answers over the stream, in pieces of any size. */
#include <string.h>

#include "sync/http.h"
#include "tests/fuzz/fuzz.h"

struct wire {
    struct bytes answer;
    size_t piece; /* bytes a receive; 0: all that there are */
    bool pause;   /* AGAIN before each piece */
    bool paused;
};

static enum scrip_status wire_send(void *context, const void *data, size_t len, size_t *sent)
{
    (void)context;
    (void)data;
    *sent = len;
    return SCRIP_OK;
}

static enum scrip_status wire_receive(void *context, void *data, size_t cap, size_t *received)
{
    struct wire *wire = context;
    struct bytes piece;

    *received = 0;
    wire->paused = wire->pause && !wire->paused;
    if (wire->paused)
        return SCRIP_AGAIN;
    if (wire->answer.len == 0)
        return SCRIP_FAULT_NET;
    piece = fuzz_take(&wire->answer, wire->piece != 0 && wire->piece < cap ? wire->piece : cap);
    memcpy(data, piece.data, piece.len);
    *received = piece.len;
    return SCRIP_OK;
}

static enum scrip_status body(void *context, struct buffer *out)
{
    (void)context;
    buffer_put_text(out, "{}");
    return SCRIP_OK;
}

/* What a taker was handed; total is what it was told at its first call. */
struct taken {
    size_t total, len;
    unsigned calls;
};

enum { TAKE_MAX = 3 * HTTP_HEAD_MAX };

static enum scrip_status take(void *context, size_t total, struct bytes piece)
{
    struct taken *taken = context;

    FUZZ_HOLDS(total <= TAKE_MAX && (taken->calls == 0 || total == taken->total));
    FUZZ_HOLDS(piece.len <= total - taken->len);
    taken->calls++;
    taken->total = total;
    taken->len += piece.len;
    return SCRIP_OK;
}

/* The same answer to a download: all of it is handed on, and nothing else. */
static void download(struct bytes input, uint8_t how)
{
    static uint8_t sending[HTTP_OUT_MIN], receiving[HTTP_HEAD_MAX];
    struct wire wire = {.answer = input, .piece = how & 0x7F, .pause = (how & 0x80) != 0};
    struct taken taken = {0};
    const struct http_request request = {.method = "GET",
                                         .path = "/v1/objects/lists",
                                         .host = "h.example",
                                         .take = take,
                                         .take_max = TAKE_MAX,
                                         .context = &taken};
    struct http http;
    enum scrip_status status;
    size_t polls = 0;
    bool moved;

    http_open(&http, (struct stream){&wire, wire_send, wire_receive},
              buffer_of(sending, sizeof sending), buffer_of(receiving, sizeof receiving));
    FUZZ_HOLDS(http_start(&http, &request) == SCRIP_OK);
    while ((status = http_poll(&http, &moved)) == SCRIP_AGAIN)
        FUZZ_HOLDS(++polls < 16 + 4 * (input.len + 16));
    if (status != SCRIP_OK)
        return;
    FUZZ_HOLDS((taken.calls != 0) == (http.answer.status == 200));
    FUZZ_HOLDS(taken.len == taken.total && (taken.calls == 0 || http.answer.body.len == 0));
}

void fuzz_one(struct bytes input)
{
    static uint8_t sending[HTTP_OUT_MIN], receiving[HTTP_HEAD_MAX];
    uint8_t how = fuzz_take_u8(&input);
    struct wire wire = {.answer = input, .piece = how & 0x7F, .pause = (how & 0x80) != 0};
    struct http_request request = {.method = "POST",
                                   .path = "/v1/sync",
                                   .host = "h.example",
                                   .field = "If-None-Match",
                                   .value = "\"1\"",
                                   .media = "application/json",
                                   .len = 2,
                                   .body = body};
    struct http http;
    enum scrip_status status = SCRIP_OK;

    http_open(&http, (struct stream){&wire, wire_send, wire_receive},
              buffer_of(sending, sizeof sending), buffer_of(receiving, sizeof receiving));
    if (how % 4 == 3)
        request.media = NULL, request.len = 0, request.body = NULL;
    /* A kept connection answers again. */
    for (int answers = 0; answers < 4 && status == SCRIP_OK; answers++) {
        size_t polls = 0;
        bool moved;

        FUZZ_HOLDS(http_start(&http, &request) == SCRIP_OK);
        while ((status = http_poll(&http, &moved)) == SCRIP_AGAIN)
            FUZZ_HOLDS(++polls < 16 + 4 * (input.len + 16));
        if (status != SCRIP_OK)
            break;
        FUZZ_HOLDS(http.answer.status >= 200 && http.answer.status <= 599);
        FUZZ_HOLDS(http.answer.retry_after_s >= HTTP_RETRY_AFTER_NONE &&
                   http.answer.retry_after_s <= HTTP_RETRY_AFTER_MAX_S);
        FUZZ_HOLDS(http.answer.body.len <= sizeof receiving);
        FUZZ_HOLDS(memchr(http.answer.etag, '\0', sizeof http.answer.etag) != NULL);
        if (!http.answer.keep_alive)
            break;
        if (how & 0x40)
            status = http_listen(&http) == SCRIP_AGAIN ? SCRIP_OK : SCRIP_FAULT_PROTOCOL;
    }
    download(input, how);
}

void fuzz_seeds(fuzz_visit *visit, void *context)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}",
        "HTTP/1.1 304 Not Modified\r\nETag: \"keys-3\"\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 503 Busy\r\nRetry-After: 120\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 429 \r\nretry-after: 99999999\r\ncontent-length:0\r\n\r\n"
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: keep-alive, Upgrade\r\nETag: W/\"a\"\r\n"
        "Content-Length: 3\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nRetry-After: Wed, 25 Nov 2026 04:00:00 GMT\r\nContent-Length: 9999"
        "\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
        "HTTP/1.1 200 OK\nX: a\n\n"};
    static const uint8_t ways[] = {0, 1, 0x87, 0x43, 0x40, 0xC0};

    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        for (size_t w = 0; w < sizeof ways; w++)
            fuzz_visit_with(ways[w], bytes_text(answers[i]), visit, context);

    static char many[HTTP_HEAD_MAX + 600], large[2 * HTTP_HEAD_MAX + 100];
    memset(large, 'b', sizeof large);
    int begun = snprintf(large, sizeof large, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n",
                         2 * HTTP_HEAD_MAX);
    large[begun] = 'b';
    fuzz_visit_with(0, bytes_of(large, (size_t)begun + 2 * HTTP_HEAD_MAX), visit, context);
    fuzz_visit_with(100, bytes_of(large, (size_t)begun + 2 * HTTP_HEAD_MAX), visit, context);

    int len = snprintf(many, sizeof many, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < HTTP_FIELDS_MAX + 1; i++)
        len += snprintf(many + len, sizeof many - (size_t)len, "X-%d: y\r\n", i);
    fuzz_visit_with(0, bytes_text(many), visit, context);
    memset(many + 20, 'a', sizeof many - 20);
    fuzz_visit_with(0, bytes_of(many, sizeof many), visit, context);
    for (size_t at = 100; at + 2 < sizeof many; at += 100)
        memcpy(many + at, "\r\nX:", 4);
    fuzz_visit_with(0, bytes_of(many, sizeof many), visit, context);
}
