#include "tools/scrip/client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"
#include "tools/scrip/command.h"

static enum scrip_status connect_to(const char *path, unsigned timeout_s, int *out)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval limit = {.tv_sec = timeout_s};
    if (strlen(path) >= sizeof address.sun_path) {
        (void)refuse("%s: too long for a socket's name", path);
        return SCRIP_REFUSED_TOO_LONG;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int at = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (at < 0 || setsockopt(at, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
        setsockopt(at, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0 ||
        connect(at, (const struct sockaddr *)(const void *)&address, sizeof address) != 0) {
        (void)refuse("%s: %s: does scripd run, and may you use its socket?", path, strerror(errno));
        if (at >= 0)
            (void)close(at);
        return SCRIP_FAULT_NET;
    }
    *out = at;
    return SCRIP_OK;
}

static enum scrip_status net_fault(const char *what)
{
    bool late = errno == EAGAIN || errno == EWOULDBLOCK;
    (void)refuse("scripd: %s: %s", what, late ? "no answer in time" : strerror(errno));
    return late ? SCRIP_FAULT_TIMEOUT : SCRIP_FAULT_NET;
}

static enum scrip_status send_all(int at, struct bytes data)
{
    while (data.len > 0) {
        ssize_t sent = send(at, data.data, data.len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return net_fault("sending failed");
        data = bytes_of(data.data + sent, data.len - (size_t)sent);
    }
    return SCRIP_OK;
}

static enum scrip_status receive_all(int at, struct buffer *out)
{
    for (;;) {
        ssize_t got = recv(at, out->data + out->len, out->capacity - out->len, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return net_fault("receiving failed");
        if (got == 0)
            return SCRIP_OK;
        out->len += (size_t)got;
        if (out->len == out->capacity)
            return SCRIP_REFUSED_TOO_LONG;
    }
}

/* The value of a header line, without the blanks around it; empty: there is none. */
static struct bytes header_of(struct bytes head, const char *name)
{
    const uint8_t *end = head.data + head.len;
    for (const uint8_t *line = head.data; line < end;) {
        const uint8_t *stop = memmem(line, (size_t)(end - line), "\r\n", 2);
        stop = stop != NULL ? stop : end;
        size_t len = strlen(name);
        if ((size_t)(stop - line) > len && line[len] == ':' &&
            strncasecmp((const char *)line, name, len) == 0) {
            for (line += len + 1; line < stop && *line == ' '; line++)
                continue;
            return bytes_of(line, (size_t)(stop - line));
        }
        line = stop + 2;
    }
    return bytes_of(NULL, 0);
}

static bool read_answer(struct bytes all, struct client_answer *out)
{
    const uint8_t *blank = memmem(all.data, all.len, "\r\n\r\n", 4);
    uint64_t code, length;
    if (blank == NULL || all.len < 12 || memcmp(all.data, "HTTP/1.1 ", 9) != 0 ||
        text_uint(bytes_of(all.data + 9, 3), 999, &code) != SCRIP_OK)
        return false;
    struct bytes head = bytes_of(all.data, (size_t)(blank - all.data));
    if (text_uint(header_of(head, "Content-Length"), all.len, &length) != SCRIP_OK ||
        length != all.len - head.len - 4)
        return false;
    out->code = (unsigned)code;
    out->body = bytes_of(blank + 4, (size_t)length);
    return true;
}

/* A terminal on a serial line (platform/cortexm/line_till.h): one line each way, and between them
 * whatever the terminal has to say unasked. */
static enum scrip_status line_ask(const char *path, const char *target, struct bytes body,
                                  unsigned timeout_s, struct buffer *memory,
                                  struct client_answer *out)
{
    static const char unasked[] = "{\"SaleToPOIRequest\"";
    char head[64];
    int at;
    int len = snprintf(head, sizeof head, "%s ", target);
    TRY(connect_to(path, timeout_s, &at));
    enum scrip_status status = send_all(at, bytes_of(head, (size_t)len));
    if (status == SCRIP_OK)
        status = send_all(at, body);
    if (status == SCRIP_OK)
        status = send_all(at, bytes_of("\n", 1));
    do {
        memory->len = 0;
        while (status == SCRIP_OK && (memory->len == 0 || memory->data[memory->len - 1] != '\n')) {
            ssize_t got = memory->len < memory->capacity
                              ? recv(at, memory->data + memory->len, 1, 0)
                              : 0;
            if (got == 1)
                memory->len++;
            else
                status = net_fault("receiving failed");
        }
        /* Whoever connects late hears the end of a line first. */
    } while (status == SCRIP_OK &&
             (memory->data[0] != '{' || (memory->len >= sizeof unasked - 1 &&
                                         memcmp(memory->data, unasked, sizeof unasked - 1) == 0)));
    (void)close(at);
    TRY(status);
    *out = (struct client_answer){.code = 200, .body = bytes_of(memory->data, memory->len - 1)};
    return SCRIP_OK;
}

enum scrip_status client_ask(const char *socket_path, const char *method, const char *target,
                             struct bytes body, unsigned timeout_s, struct buffer *memory,
                             struct client_answer *out)
{
    static const char line[] = "line:";
    char head[512];
    int at;
    if (strncmp(socket_path, line, sizeof line - 1) == 0)
        return line_ask(socket_path + sizeof line - 1, target, body, timeout_s, memory, out);
    memset(out, 0, sizeof *out);
    int len = snprintf(head, sizeof head,
                       "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                       "Content-Length: %zu\r\nConnection: close\r\n\r\n",
                       method, target, body.len);
    TRY(connect_to(socket_path, timeout_s, &at));
    enum scrip_status status = send_all(at, bytes_of(head, (size_t)len));
    if (status == SCRIP_OK)
        status = send_all(at, body);
    if (status == SCRIP_OK)
        status = receive_all(at, memory);
    (void)close(at);
    TRY(status);
    if (read_answer(buffer_bytes(memory), out))
        return SCRIP_OK;
    (void)refuse("%s: what answers there is not scripd", socket_path);
    return SCRIP_FAULT_PROTOCOL;
}
