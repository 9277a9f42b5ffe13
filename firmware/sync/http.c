#include "sync/http.h"

#include <string.h>

#include "base/text.h"

void http_open(struct http *http, struct stream stream, struct buffer out, struct buffer in)
{
    memset(http, 0, sizeof *http);
    http->stream = stream;
    http->out = out;
    http->in = in;
}

static void put_field(struct buffer *out, const char *name, const char *value)
{
    buffer_put_text(out, name);
    buffer_put_text(out, ": ");
    buffer_put_text(out, value);
    buffer_put_text(out, "\r\n");
}

enum scrip_status http_start(struct http *http, const struct http_request *request)
{
    struct buffer *out = &http->out;

    out->len = 0;
    out->overflow = false;
    buffer_put_text(out, request->method);
    buffer_put_text(out, " ");
    buffer_put_text(out, request->path);
    buffer_put_text(out, " HTTP/1.1\r\n");
    put_field(out, "Host", request->host);
    if (request->field != NULL)
        put_field(out, request->field, request->value);
    if (request->media != NULL) {
        put_field(out, "Content-Type", request->media);
        buffer_put_text(out, "Content-Length: ");
        buffer_put_decimal(out, request->len);
        buffer_put_text(out, "\r\n");
    }
    buffer_put_text(out, "\r\n");
    if (out->overflow)
        return SCRIP_REFUSED_TOO_LONG;

    http->sent = 0;
    http->unsent = request->media != NULL ? request->len : 0;
    http->body = request->body;
    http->take = request->take;
    http->take_max = request->take_max;
    http->context = request->context;
    http->in.len = 0;
    http->length = 0;
    http->taken = 0;
    memset(&http->answer, 0, sizeof http->answer);
    http->answer.retry_after_s = HTTP_RETRY_AFTER_NONE;
    http->answer.keep_alive = true;
    http->phase = HTTP_SENDING;
    return SCRIP_OK;
}

/* Reading a head --------------------------------------------------------------------------------
 */

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
}

/* Compares without regard to case; name is in lower case. */
static bool is_named(struct bytes text, const char *name)
{
    if (text.len != strlen(name))
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (lower(text.data[i]) != (uint8_t)name[i])
            return false;
    return true;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static bool is_token(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c <= ' ' || c >= 0x7F || strchr("\"(),/:;<=>?@[\\]{}", c) != NULL)
            return false;
    }
    return text.len != 0;
}

static bool is_field_value(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((text.data[i] < ' ' && text.data[i] != '\t') || text.data[i] == 0x7F)
            return false;
    return true;
}

static struct bytes trim(struct bytes text)
{
    while (text.len != 0 && is_blank(text.data[0]))
        text = bytes_of(text.data + 1, text.len - 1);
    while (text.len != 0 && is_blank(text.data[text.len - 1]))
        text.len--;
    return text;
}

/* "HTTP/1.1 200" and an optional reason, which nobody reads. */
static bool read_status(struct bytes line, int *status)
{
    static const char version[] = "HTTP/1.1 ";
    const size_t at = sizeof version - 1;
    uint64_t value;

    if (line.len < at + 3 || memcmp(line.data, version, at) != 0 ||
        (line.len > at + 3 && line.data[at + 3] != ' ') || !is_field_value(line))
        return false;
    if (text_uint(bytes_of(line.data + at, 3), 599, &value) != SCRIP_OK || value < 200)
        return false;
    *status = (int)value;
    return true;
}

/* Leading zeros are legal in a length; a sign, a list or a blank is not. */
static bool read_length(struct bytes value, size_t max, size_t *length)
{
    size_t total = 0;

    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9')
            return false;
        total = total * 10 + (size_t)(value.data[i] - '0');
        if (total > max)
            return false;
    }
    *length = total;
    return value.len != 0;
}

static void read_retry_after(struct bytes value, struct http_answer *answer)
{
    uint64_t seconds;

    if (text_uint(value, UINT32_MAX, &seconds) != SCRIP_OK)
        return;
    answer->retry_after_s = seconds < HTTP_RETRY_AFTER_MAX_S ? (int32_t)seconds
                                                             : HTTP_RETRY_AFTER_MAX_S;
}

/* A strong tag in its quotes. It goes back in a field of ours, so it may hold nothing odd. */
static void read_etag(struct bytes value, struct http_answer *answer)
{
    if (value.len < 2 || value.len > HTTP_ETAG_MAX || value.data[0] != '"' ||
        value.data[value.len - 1] != '"')
        return;
    for (size_t i = 1; i < value.len - 1; i++)
        if (value.data[i] <= ' ' || value.data[i] >= 0x7F || value.data[i] == '"')
            return;
    memcpy(answer->etag, value.data, value.len);
    answer->etag[value.len] = '\0';
}

static size_t longest(const struct http *http)
{
    return http->take_max > http->in.capacity ? http->take_max : http->in.capacity;
}

static bool read_field(struct http *http, struct bytes line, bool *has_length)
{
    const uint8_t *colon = memchr(line.data, ':', line.len);
    struct bytes name, value;

    if (colon == NULL)
        return false;
    name = bytes_of(line.data, (size_t)(colon - line.data));
    value = trim(bytes_of(colon + 1, line.len - name.len - 1));
    if (!is_token(name) || !is_field_value(value))
        return false;

    if (is_named(name, "content-length")) {
        if (*has_length)
            return false;
        *has_length = true;
        return read_length(value, longest(http), &http->length);
    }
    if (is_named(name, "transfer-encoding"))
        return false;
    if (is_named(name, "connection"))
        http->answer.keep_alive = is_named(value, "keep-alive");
    else if (is_named(name, "retry-after"))
        read_retry_after(value, &http->answer);
    else if (is_named(name, "etag"))
        read_etag(value, &http->answer);
    return true;
}

/* Finds the line that starts at *at and moves past it. AGAIN: it is not whole yet. */
static enum scrip_status next_line(struct bytes data, size_t *at, struct bytes *line)
{
    const uint8_t *start = data.data + *at;
    size_t left = data.len - *at;
    const uint8_t *end = left != 0 ? memchr(start, '\n', left) : NULL;

    if ((end != NULL ? (size_t)(end - start) : left) > HTTP_LINE_MAX)
        return SCRIP_FAULT_PROTOCOL;
    if (end == NULL)
        return SCRIP_AGAIN;
    if (end == start || end[-1] != '\r')
        return SCRIP_FAULT_PROTOCOL;
    *line = bytes_of(start, (size_t)(end - start) - 1);
    *at += line->len + 2;
    return SCRIP_OK;
}

static bool is_taken(const struct http *http)
{
    return http->take != NULL && http->answer.status == 200;
}

/* Reads the head once all of it has come, and leaves what is behind it at the buffer's front. */
static enum scrip_status read_head(struct http *http)
{
    struct bytes data = buffer_bytes(&http->in), line = {NULL, 0};
    enum scrip_status status;
    bool has_length = false, bodiless;
    size_t at = 0, fields = 0;

    for (;;) {
        bool first = at == 0;
        status = next_line(data, &at, &line);
        if (status == SCRIP_AGAIN && data.len >= HTTP_HEAD_MAX)
            return SCRIP_FAULT_PROTOCOL;
        if (status != SCRIP_OK)
            return status;
        if (line.len == 0 && !first)
            break;
        if (first ? !read_status(line, &http->answer.status)
                  : ++fields > HTTP_FIELDS_MAX || !read_field(http, line, &has_length))
            return SCRIP_FAULT_PROTOCOL;
    }
    if (at > HTTP_HEAD_MAX)
        return SCRIP_FAULT_PROTOCOL;
    bodiless = http->answer.status == 204 || http->answer.status == 304;
    if (bodiless)
        http->length = 0;
    else if (!has_length || http->length > (is_taken(http) ? http->take_max : http->in.capacity))
        return SCRIP_FAULT_PROTOCOL;
    http->in.len -= at;
    memmove(http->in.data, http->in.data + at, http->in.len);
    return SCRIP_OK;
}

/* The machine -----------------------------------------------------------------------------------
 */

static enum scrip_status end(struct http *http, enum scrip_status status)
{
    http->phase = HTTP_NONE;
    return status;
}

/* The next piece into the empty out buffer. */
static enum scrip_status produce(struct http *http)
{
    http->out.len = 0;
    http->out.overflow = false;
    http->sent = 0;
    TRY(http->body(http->context, &http->out));
    /* A body that is not as long as announced would be read as the start of another request. */
    if (http->out.overflow || http->out.len == 0 || http->out.len > http->unsent)
        return SCRIP_FAULT_PROTOCOL;
    http->unsent -= http->out.len;
    return SCRIP_OK;
}

static enum scrip_status send_some(struct http *http, bool *moved)
{
    size_t sent = 0;

    if (http->sent == http->out.len) {
        if (http->unsent == 0) {
            http->phase = HTTP_HEAD;
            *moved = true;
            return SCRIP_AGAIN;
        }
        TRY(produce(http));
    }
    TRY(http->stream.send(http->stream.context, http->out.data + http->sent,
                          http->out.len - http->sent, &sent));
    *moved = true;
    http->sent += sent;
    return SCRIP_AGAIN;
}

static enum scrip_status hand_on(struct http *http)
{
    struct bytes piece = buffer_bytes(&http->in);

    http->taken += piece.len;
    http->in.len = 0;
    TRY(http->take(http->context, http->length, piece));
    return http->taken < http->length ? SCRIP_AGAIN : SCRIP_OK;
}

static enum scrip_status receive_some(struct http *http, bool *moved)
{
    size_t room = http->in.capacity - http->in.len, received = 0;

    if (room != 0) {
        TRY(http->stream.receive(http->stream.context, http->in.data + http->in.len, room,
                                 &received));
        *moved = true;
        http->in.len += received;
    }
    /* An answer to half a request is final, and the other half would be read as a new one. */
    if (http->phase == HTTP_SENDING) {
        http->answer.keep_alive = false;
        http->phase = HTTP_HEAD;
    }
    if (http->phase == HTTP_HEAD) {
        TRY(read_head(http));
        http->phase = HTTP_BODY;
    }
    if (http->in.len > http->length - http->taken)
        return SCRIP_FAULT_PROTOCOL;
    if (is_taken(http))
        return hand_on(http);
    if (http->in.len < http->length)
        return SCRIP_AGAIN;
    http->answer.body = buffer_bytes(&http->in);
    return SCRIP_OK;
}

enum scrip_status http_poll(struct http *http, bool *moved)
{
    enum scrip_status status = SCRIP_AGAIN;

    *moved = false;
    if (http->phase == HTTP_NONE)
        return SCRIP_FAULT_PROTOCOL;
    if (http->phase == HTTP_SENDING)
        status = send_some(http, moved);
    if (status == SCRIP_AGAIN && !*moved)
        status = receive_some(http, moved);
    return status == SCRIP_AGAIN ? SCRIP_AGAIN : end(http, status);
}

enum scrip_status http_listen(struct http *http)
{
    uint8_t byte;
    size_t received = 0;
    enum scrip_status status = http->stream.receive(http->stream.context, &byte, 1, &received);

    return status == SCRIP_OK ? SCRIP_FAULT_PROTOCOL : status;
}
