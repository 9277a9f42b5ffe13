#include "tests/support/host_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define PRIORITIES                                                                                 \
    "SECURE128:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:-GROUP-ALL:+GROUP-SECP256R1"

static bool connect_to(struct test_client *client, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct timeval patience = {.tv_sec = 20};
    int one = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return client->fd >= 0 &&
           setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
           setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0 &&
           connect(client->fd, (struct sockaddr *)&address, sizeof address) == 0;
}

static bool shake_hands(struct test_client *client)
{
    if (gnutls_init(&client->session, GNUTLS_CLIENT) != 0)
        return false;
    if (gnutls_priority_set_direct(client->session, PRIORITIES, NULL) != 0 ||
        gnutls_credentials_set(client->session, GNUTLS_CRD_CERTIFICATE, client->credentials) != 0)
        return false;
    gnutls_session_set_verify_cert(client->session, NULL, 0);
    if (client->resume.data != NULL)
        (void)gnutls_session_set_data(client->session, client->resume.data, client->resume.size);
    gnutls_transport_set_int(client->session, client->fd);
    gnutls_handshake_set_timeout(client->session, 20000);
    return gnutls_handshake(client->session) == 0;
}

bool test_client_reopen(struct test_client *client, uint16_t port)
{
    bool good = connect_to(client, port) && shake_hands(client);

    if (!good)
        test_client_hang_up(client);
    return good;
}

bool test_client_open(struct test_client *client, uint16_t port, const struct test_ca *ca,
                      const struct test_certificate *identity)
{
    memset(client, 0, sizeof *client);
    client->fd = -1;
    if (gnutls_certificate_allocate_credentials(&client->credentials) != 0)
        return false;
    if (gnutls_certificate_set_x509_trust(client->credentials,
                                          (gnutls_x509_crt_t *)(uintptr_t)&ca->certificate, 1) != 1)
        return false;
    if (identity != NULL &&
        gnutls_certificate_set_x509_key(client->credentials,
                                        (gnutls_x509_crt_t *)(uintptr_t)&identity->certificate, 1,
                                        identity->key) != 0)
        return false;
    return test_client_reopen(client, port);
}

bool test_client_resumed(const struct test_client *client)
{
    return gnutls_session_is_resumed(client->session) != 0;
}

static bool send_all(struct test_client *client, const void *data, size_t len)
{
    const char *at = data;

    while (len > 0) {
        ssize_t sent = gnutls_record_send(client->session, at, len);

        if (sent <= 0)
            return false;
        at += sent;
        len -= (size_t)sent;
    }
    return true;
}

bool test_client_say(struct test_client *client, const char *text)
{
    return send_all(client, text, strlen(text));
}

bool test_client_is_ended(struct test_client *client, int within_ms)
{
    struct pollfd ready = {.fd = client->fd, .events = POLLIN};
    uint8_t byte;

    /* What comes besides is a ticket, and no answer. */
    while (poll(&ready, 1, within_ms) == 1) {
        ssize_t got = gnutls_record_recv(client->session, &byte, sizeof byte);
        if (got != GNUTLS_E_AGAIN && got != GNUTLS_E_INTERRUPTED)
            return got <= 0;
    }
    return false;
}

static ssize_t receive(struct test_client *client, uint8_t *data, size_t len)
{
    ssize_t got;

    do
        got = gnutls_record_recv(client->session, data, len);
    while (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED);
    return got;
}

static void copy_header(const char *head, const char *name, char *out, size_t size)
{
    const char *at = strcasestr(head, name);
    size_t len;

    out[0] = '\0';
    if (at == NULL)
        return;
    at += strlen(name);
    len = strcspn(at, "\r\n");
    (void)snprintf(out, size, "%.*s", (int)len, at);
}

static bool receive_answer(struct test_client *client)
{
    char head[4096];
    char length[16];
    size_t got = 0;
    char *body = NULL;

    while (body == NULL) {
        ssize_t n = receive(client, (uint8_t *)head + got, sizeof head - 1 - got);

        if (n <= 0)
            return false;
        got += (size_t)n;
        head[got] = '\0';
        body = strstr(head, "\r\n\r\n");
    }
    *body = '\0';
    body += 4;
    if (strncmp(head, "HTTP/1.1 ", 9) != 0)
        return false;
    client->status = (unsigned)strtoul(head + 9, NULL, 10);
    copy_header(head, "\r\nContent-Type: ", client->type, sizeof client->type);
    copy_header(head, "\r\nETag: ", client->etag, sizeof client->etag);
    copy_header(head, "\r\nRetry-After: ", client->retry_after, sizeof client->retry_after);
    copy_header(head, "\r\nContent-Length: ", length, sizeof length);
    client->len = client->status == 304 ? 0 : strtoul(length, NULL, 10);
    got -= (size_t)(body - head);
    if (client->len > TEST_CLIENT_BODY || got > client->len)
        return false;
    memcpy(client->body, body, got);
    while (got < client->len) {
        ssize_t n = receive(client, client->body + got, client->len - got);

        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    client->body[got] = '\0';
    return true;
}

static void capture(const struct test_client *client, const char *path, const char *what,
                    const void *data, size_t len)
{
    static unsigned number;
    const char *name = strrchr(path, '/');
    char file[512];

    if (client->capture == NULL || len == 0 || strstr(path, "/objects/") != NULL)
        return;
    (void)snprintf(file, sizeof file, "%s/%04u-%s-%s.json", client->capture, number++,
                   name != NULL ? name + 1 : path, what);
    (void)test_write_file(file, data, len);
}

bool test_client_send(struct test_client *client, const char *method, const char *path,
                      const char *extra, struct bytes body)
{
    char head[1024];
    char status[16];
    int len = snprintf(head, sizeof head,
                       "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %zu\r\n%s\r\n", method,
                       path, body.len, extra != NULL ? extra : "");

    client->status = 0;
    client->len = 0;
    client->body[0] = '\0';
    if (client->session == NULL || !send_all(client, head, (size_t)len) ||
        !send_all(client, body.data, body.len) || !receive_answer(client))
        return false;
    /* Only what the host took is held against the schemas; refused requests are wrong on purpose.
     */
    if (client->status == 200)
        capture(client, path, "request", body.data, body.len);
    (void)snprintf(status, sizeof status, "%u", client->status);
    capture(client, path, status, client->body, client->len);
    return true;
}

bool test_client_post(struct test_client *client, const char *path, struct bytes body)
{
    return test_client_send(client, "POST", path, "Content-Type: application/json\r\n", body);
}

bool test_client_get(struct test_client *client, const char *path)
{
    return test_client_send(client, "GET", path, NULL, bytes_of(NULL, 0));
}

void test_client_hang_up(struct test_client *client)
{
    if (client->session != NULL) {
        gnutls_free(client->resume.data);
        client->resume.data = NULL;
        if (gnutls_session_get_data2(client->session, &client->resume) != 0)
            client->resume.data = NULL;
        (void)gnutls_bye(client->session, GNUTLS_SHUT_WR);
        gnutls_deinit(client->session);
    }
    client->session = NULL;
    if (client->fd >= 0)
        (void)close(client->fd);
    client->fd = -1;
}

void test_client_close(struct test_client *client)
{
    test_client_hang_up(client);
    gnutls_free(client->resume.data);
    client->resume.data = NULL;
    if (client->credentials != NULL)
        gnutls_certificate_free_credentials(client->credentials);
    client->credentials = NULL;
}

bool test_client_has(const struct test_client *client, const char *text)
{
    return strstr((const char *)client->body, text) != NULL;
}
