/*
 * The HTTP client over a scripted stream: every answer arrives whole, byte by byte and cut short,
 * and each form that the reader does not accept is refused as a fault of the protocol.
 */
#include "sync/http.h"

#include "tests/check.h"

struct script {
    const char *answer;
    size_t len, at;
    size_t step; /* bytes a receive; 0: all */
    size_t take; /* bytes a send; 0: all */
    bool stuck;  /* send takes nothing */
    uint8_t sent[4096];
    size_t sent_len;
};

static enum scrip_status script_send(void *context, const void *data, size_t len, size_t *sent)
{
    struct script *script = context;

    if (script->stuck)
        return SCRIP_AGAIN;
    if (script->take != 0 && len > script->take)
        len = script->take;
    if (len > sizeof script->sent - script->sent_len)
        len = sizeof script->sent - script->sent_len;
    memcpy(script->sent + script->sent_len, data, len);
    script->sent_len += len;
    *sent = len;
    return SCRIP_OK;
}

static enum scrip_status script_receive(void *context, void *data, size_t cap, size_t *received)
{
    struct script *script = context;
    size_t len = script->len - script->at;

    if (len == 0)
        return SCRIP_FAULT_NET;
    if (script->step != 0 && len > script->step)
        len = script->step;
    if (len > cap)
        len = cap;
    memcpy(data, script->answer + script->at, len);
    script->at += len;
    *received = len;
    return SCRIP_OK;
}

struct rig {
    struct script script;
    struct http http;
    uint8_t out[HTTP_OUT_MIN];
    uint8_t in[HTTP_HEAD_MAX];
    int pieces;
};

static void rig_open(struct rig *rig, const char *answer)
{
    memset(rig, 0, sizeof *rig);
    rig->script.answer = answer;
    rig->script.len = strlen(answer);
    http_open(&rig->http, (struct stream){&rig->script, script_send, script_receive},
              buffer_of(rig->out, sizeof rig->out), buffer_of(rig->in, sizeof rig->in));
}

static enum scrip_status rig_run(struct rig *rig)
{
    enum scrip_status status;
    bool moved;
    int polls = 0;

    do
        status = http_poll(&rig->http, &moved);
    while (status == SCRIP_AGAIN && ++polls < 100000);
    return status;
}

static const struct http_request get = {
    .method = "GET", .path = "/v1/objects/keys", .host = "host.example"};

static enum scrip_status answer_of(struct rig *rig, const char *answer)
{
    rig_open(rig, answer);
    CHECK_STATUS(http_start(&rig->http, &get), SCRIP_OK);
    return rig_run(rig);
}

#define OK_LINE "HTTP/1.1 200 OK\r\n"

static void test_answer_is_read_at_every_step(void)
{
    static const char answer[] = OK_LINE "Content-Type: application/json\r\ncontent-length:  5 \r\n"
                                         "ETag: \"k9\"\r\nRetry-After: 30\r\n\r\nhello";
    struct rig rig;

    for (size_t step = 0; step < sizeof answer; step++) {
        rig_open(&rig, answer);
        rig.script.step = step;
        CHECK_STATUS(http_start(&rig.http, &get), SCRIP_OK);
        CHECK_STATUS(rig_run(&rig), SCRIP_OK);
        CHECK_EQ_INT(rig.http.answer.status, 200);
        CHECK(bytes_equal(rig.http.answer.body, bytes_text("hello")));
        CHECK_EQ_STRING(rig.http.answer.etag, "\"k9\"");
        CHECK_EQ_INT(rig.http.answer.retry_after_s, 30);
        CHECK(rig.http.answer.keep_alive);
    }
}

static void test_every_truncation_is_a_broken_connection(void)
{
    static const char answer[] = OK_LINE "Content-Length: 5\r\n\r\nhello";
    struct rig rig;

    for (size_t len = 0; len < sizeof answer - 1; len++) {
        rig_open(&rig, answer);
        rig.script.len = len;
        CHECK_STATUS(http_start(&rig.http, &get), SCRIP_OK);
        CHECK_STATUS(rig_run(&rig), SCRIP_FAULT_NET);
    }
}

static void test_bad_forms_are_refused(void)
{
    static const char *const bad[] = {
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/2 200\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 600 No\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 2000 No\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 20\r\nContent-Length: 0\r\n\r\n",
        "\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        OK_LINE "\r\n",
        OK_LINE "Content-Length: \r\n\r\n",
        OK_LINE "Content-Length: -1\r\n\r\n",
        OK_LINE "Content-Length: +1\r\n\r\nx",
        OK_LINE "Content-Length: 1,1\r\n\r\nx",
        OK_LINE "Content-Length: 0x1\r\n\r\nx",
        OK_LINE "Content-Length: 2049\r\n\r\n",
        OK_LINE "Content-Length: 18446744073709551617\r\n\r\n",
        OK_LINE "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        OK_LINE "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        OK_LINE "Content-Length: 1\r\nTransfer-Encoding: identity\r\n\r\nx",
        OK_LINE "Content-Length: 1\r\n X: folded\r\n\r\nx",
        OK_LINE "Content-Length : 1\r\n\r\nx",
        OK_LINE "Content-Length: 1\nX: 1\r\n\r\nx",
        OK_LINE "Content-Length: 1\r\nX: a\rb\r\n\r\nx",
        OK_LINE "Content-Length: 1\r\nno colon\r\n\r\nx",
        OK_LINE "Content-Length: 1\r\n: nameless\r\n\r\nx",
        OK_LINE "Content-Length: 1\r\n\r\nxy",
    };
    struct rig rig;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        enum scrip_status status = answer_of(&rig, bad[i]);
        if (status != SCRIP_FAULT_PROTOCOL)
            printf("    answer %zu\n", i);
        CHECK_STATUS(status, SCRIP_FAULT_PROTOCOL);
    }
}

static void test_head_is_bounded(void)
{
    static char answer[8192];
    struct rig rig;

    /* One line that is too long, whole and unended. */
    (void)snprintf(answer, sizeof answer, OK_LINE "X: %0600d\r\nContent-Length: 0\r\n\r\n", 0);
    CHECK_STATUS(answer_of(&rig, answer), SCRIP_FAULT_PROTOCOL);
    (void)snprintf(answer, sizeof answer, OK_LINE "X: %0600d", 0);
    CHECK_STATUS(answer_of(&rig, answer), SCRIP_FAULT_PROTOCOL);

    /* Too many fields, each short. */
    size_t at = (size_t)snprintf(answer, sizeof answer, OK_LINE);
    for (int i = 0; i < HTTP_FIELDS_MAX; i++)
        at += (size_t)snprintf(answer + at, sizeof answer - at, "X: 1\r\n");
    (void)snprintf(answer + at, sizeof answer - at, "Content-Length: 0\r\n\r\n");
    CHECK_STATUS(answer_of(&rig, answer), SCRIP_FAULT_PROTOCOL);

    /* One fewer passes, so that it was the count. */
    (void)snprintf(answer + at - 6, sizeof answer - at, "Content-Length: 0\r\n\r\n");
    CHECK_STATUS(answer_of(&rig, answer), SCRIP_OK);

    /* A head that never ends. */
    at = (size_t)snprintf(answer, sizeof answer, OK_LINE);
    for (int i = 0; i < 8; i++)
        at += (size_t)snprintf(answer + at, sizeof answer - at, "X: %0400d\r\n", 0);
    CHECK_STATUS(answer_of(&rig, answer), SCRIP_FAULT_PROTOCOL);
}

/* Takes a body piece by piece; fails at the piece after which it would hold more than room. */
static struct taken {
    size_t total, len, room, longest;
    uint8_t bytes[4096];
    unsigned calls;
} taken;

static enum scrip_status take(void *context, size_t total, struct bytes piece)
{
    CHECK(context == &taken);
    taken.calls++;
    taken.total = total;
    if (taken.len + piece.len > taken.room)
        return SCRIP_FAULT_FLASH;
    if (piece.len != 0)
        memcpy(taken.bytes + taken.len, piece.data, piece.len);
    taken.len += piece.len;
    taken.longest = piece.len > taken.longest ? piece.len : taken.longest;
    return SCRIP_OK;
}

static const struct http_request download = {.method = "GET",
                                             .path = "/v1/objects/lists",
                                             .host = "host.example",
                                             .take = take,
                                             .take_max = 4000,
                                             .context = &taken};

/* A body longer than the buffer goes on in pieces, whatever pieces it comes in. */
static void test_a_long_body_is_handed_on(void)
{
    static char answer[8192];
    struct rig rig;

    for (size_t step = 1; step < sizeof answer; step = step * 2 + 1) {
        int head = snprintf(answer, sizeof answer, OK_LINE "Content-Length: 4000\r\n\r\n");
        for (int i = 0; i < 4000; i++)
            answer[head + i] = (char)('a' + i % 23);
        answer[head + 4000] = '\0';
        memset(&taken, 0, sizeof taken);
        taken.room = sizeof taken.bytes;
        rig_open(&rig, answer);
        rig.script.step = step;
        CHECK_STATUS(http_start(&rig.http, &download), SCRIP_OK);
        CHECK_STATUS(rig_run(&rig), SCRIP_OK);
        CHECK_EQ_INT(taken.total, 4000);
        CHECK_EQ_INT(taken.len, 4000);
        CHECK_EQ_BYTES(taken.bytes, answer + head, 4000);
        CHECK(taken.longest < 2500);
        CHECK_EQ_INT(rig.http.answer.body.len, 0);
        CHECK(rig.http.answer.keep_alive);
    }
    /* A byte too few, and a byte too many. */
    answer[strlen(answer) - 1] = '\0';
    rig_open(&rig, answer);
    CHECK_STATUS(http_start(&rig.http, &download), SCRIP_OK);
    taken.len = 0;
    CHECK_STATUS(rig_run(&rig), SCRIP_FAULT_NET);
    (void)snprintf(answer + strlen(answer), 4, "xyz");
    rig_open(&rig, answer);
    CHECK_STATUS(http_start(&rig.http, &download), SCRIP_OK);
    taken.len = 0;
    CHECK_STATUS(rig_run(&rig), SCRIP_FAULT_PROTOCOL);
}

static enum scrip_status download_of(struct rig *rig, const char *answer)
{
    memset(&taken, 0, sizeof taken);
    taken.room = 3;
    rig_open(rig, answer);
    CHECK_STATUS(http_start(&rig->http, &download), SCRIP_OK);
    return rig_run(rig);
}

static void test_what_is_not_handed_on(void)
{
    struct rig rig;

    CHECK_STATUS(download_of(&rig, OK_LINE "Content-Length: 3\r\n\r\nabc"), SCRIP_OK);
    CHECK_EQ_INT(taken.len, 3);
    CHECK_STATUS(download_of(&rig, OK_LINE "Content-Length: 0\r\n\r\n"), SCRIP_OK);
    CHECK_EQ_INT(taken.calls, 1);
    CHECK_STATUS(download_of(&rig, OK_LINE "Content-Length: 4\r\n\r\nabcd"), SCRIP_FAULT_FLASH);
    CHECK_STATUS(download_of(&rig, OK_LINE "Content-Length: 4001\r\n\r\n"), SCRIP_FAULT_PROTOCOL);
    CHECK_EQ_INT(taken.calls, 0);
    /* Any other answer is kept whole, and bounded by the buffer. */
    CHECK_STATUS(download_of(&rig, "HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\nabcd"), SCRIP_OK);
    CHECK(bytes_equal(rig.http.answer.body, bytes_text("abcd")));
    CHECK_STATUS(download_of(&rig, "HTTP/1.1 404 No\r\nContent-Length: 2049\r\n\r\n"),
                 SCRIP_FAULT_PROTOCOL);
    CHECK_STATUS(download_of(&rig, "HTTP/1.1 304 No\r\nContent-Length: 4\r\n\r\n"), SCRIP_OK);
    CHECK_EQ_INT(taken.calls, 0);
}

static void test_answers_without_body(void)
{
    struct rig rig;

    CHECK_STATUS(answer_of(&rig, "HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n"),
                 SCRIP_OK);
    CHECK_EQ_INT(rig.http.answer.body.len, 0);
    CHECK_STATUS(answer_of(&rig, "HTTP/1.1 204\r\n\r\n"), SCRIP_OK);
    CHECK_EQ_INT(rig.http.answer.status, 204);
}

static void test_odd_fields_are_left_out(void)
{
    struct rig rig;

    CHECK_STATUS(answer_of(&rig, OK_LINE "Content-Length: 0\r\nETag: W/\"9\"\r\n"
                                         "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n"
                                         "Connection: close\r\n\r\n"),
                 SCRIP_OK);
    CHECK_EQ_STRING(rig.http.answer.etag, "");
    CHECK_EQ_INT(rig.http.answer.retry_after_s, HTTP_RETRY_AFTER_NONE);
    CHECK(!rig.http.answer.keep_alive);
    CHECK_STATUS(answer_of(&rig, OK_LINE "Content-Length: 0\r\nETag: \"a b\"\r\n"
                                         "Retry-After: 99999999999\r\n\r\n"),
                 SCRIP_OK);
    CHECK_EQ_STRING(rig.http.answer.etag, "");
    CHECK_EQ_INT(rig.http.answer.retry_after_s, HTTP_RETRY_AFTER_NONE);
    CHECK_STATUS(answer_of(&rig, OK_LINE "Content-Length: 0\r\nRetry-After: 4000000000\r\n\r\n"),
                 SCRIP_OK);
    CHECK_EQ_INT(rig.http.answer.retry_after_s, HTTP_RETRY_AFTER_MAX_S);
}

/* Three pieces, "one", "two" and "three". */
static enum scrip_status three(void *context, struct buffer *out)
{
    static const char *const pieces[] = {"one", "two", "three"};
    struct rig *rig = context;

    if (rig->pieces == 3)
        return SCRIP_FAULT_FLASH;
    buffer_put_text(out, pieces[rig->pieces++]);
    return SCRIP_OK;
}

static struct http_request post(struct rig *rig, size_t len)
{
    return (struct http_request){.method = "POST",
                                 .path = "/v1/sync",
                                 .host = "host.example",
                                 .field = "Idempotency-Key",
                                 .value = "7-1041",
                                 .media = "application/json",
                                 .len = len,
                                 .body = three,
                                 .context = rig};
}

static void test_request_bytes(void)
{
    static const char expected[] = "POST /v1/sync HTTP/1.1\r\nHost: host.example\r\n"
                                   "Idempotency-Key: 7-1041\r\nContent-Type: application/json\r\n"
                                   "Content-Length: 11\r\n\r\nonetwothree";
    struct rig rig;

    for (size_t take = 0; take < 20; take++) {
        rig_open(&rig, OK_LINE "Content-Length: 0\r\n\r\n");
        rig.script.take = take;
        struct http_request request = post(&rig, 11);
        CHECK_STATUS(http_start(&rig.http, &request), SCRIP_OK);
        CHECK_STATUS(rig_run(&rig), SCRIP_OK);
        CHECK_EQ_INT(rig.script.sent_len, sizeof expected - 1);
        CHECK_EQ_BYTES(rig.script.sent, expected, sizeof expected - 1);
        CHECK(rig.http.answer.keep_alive);
    }
}

static void test_body_unlike_its_length_ends_the_request(void)
{
    struct rig rig;
    struct http_request request;

    rig_open(&rig, OK_LINE "Content-Length: 0\r\n\r\n");
    request = post(&rig, 10);
    CHECK_STATUS(http_start(&rig.http, &request), SCRIP_OK);
    CHECK_STATUS(rig_run(&rig), SCRIP_FAULT_PROTOCOL);

    rig_open(&rig, OK_LINE "Content-Length: 0\r\n\r\n");
    request = post(&rig, 12);
    CHECK_STATUS(http_start(&rig.http, &request), SCRIP_OK);
    CHECK_STATUS(rig_run(&rig), SCRIP_FAULT_FLASH);
}

static void test_early_answer_is_taken_and_ends_the_connection(void)
{
    struct rig rig;
    struct http_request request;

    rig_open(&rig, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
    rig.script.stuck = true;
    request = post(&rig, 11);
    CHECK_STATUS(http_start(&rig.http, &request), SCRIP_OK);
    CHECK_STATUS(rig_run(&rig), SCRIP_OK);
    CHECK_EQ_INT(rig.http.answer.status, 413);
    CHECK(!rig.http.answer.keep_alive);
}

static void test_head_that_does_not_fit_is_not_sent(void)
{
    static char path[HTTP_OUT_MIN + 1];
    struct rig rig;
    struct http_request request = get;

    memset(path, 'a', sizeof path - 1);
    rig_open(&rig, "");
    request.path = path;
    CHECK_STATUS(http_start(&rig.http, &request), SCRIP_REFUSED_TOO_LONG);
    CHECK_EQ_INT(rig.script.sent_len, 0);
}

static void test_a_word_unasked_is_a_fault(void)
{
    struct rig rig;

    rig_open(&rig, "H");
    CHECK_STATUS(http_listen(&rig.http), SCRIP_FAULT_PROTOCOL);
    CHECK_STATUS(http_listen(&rig.http), SCRIP_FAULT_NET);
}

int main(void)
{
    CHECK_RUN(test_answer_is_read_at_every_step);
    CHECK_RUN(test_every_truncation_is_a_broken_connection);
    CHECK_RUN(test_bad_forms_are_refused);
    CHECK_RUN(test_head_is_bounded);
    CHECK_RUN(test_a_long_body_is_handed_on);
    CHECK_RUN(test_what_is_not_handed_on);
    CHECK_RUN(test_answers_without_body);
    CHECK_RUN(test_odd_fields_are_left_out);
    CHECK_RUN(test_request_bytes);
    CHECK_RUN(test_body_unlike_its_length_ends_the_request);
    CHECK_RUN(test_early_answer_is_taken_and_ends_the_connection);
    CHECK_RUN(test_head_that_does_not_fit_is_not_sent);
    CHECK_RUN(test_a_word_unasked_is_a_fault);
    return check_done();
}
