/*
 * host_client: a small HTTPS client over GnuTLS, independent of the agent's, for tests of the host.
 *
 * It blocks, and speaks HTTP/1.1 with Content-Length only. Where `capture` names a directory, every
 * body that goes out or comes in is kept there as NNNN-<path>-<request|STATUS>.json.
 */
#ifndef TESTS_SUPPORT_HOST_CLIENT_H
#define TESTS_SUPPORT_HOST_CLIENT_H

#include <gnutls/gnutls.h>

#include "base/bytes.h"
#include "tests/support/host_pki.h"

enum { TEST_CLIENT_BODY = 65536 };

struct test_client {
    int fd;
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
    gnutls_datum_t resume; /* data of the last session, to be offered by the next */
    const char *capture;   /* NULL: none */

    /* The last answer. */
    unsigned status;
    char type[64], etag[64], retry_after[16];
    uint8_t body[TEST_CLIENT_BODY + 1]; /* NUL-terminated */
    size_t len;
};

/* identity NULL: no certificate. False: no connection or no handshake; that the host refuses our
 * certificate shows with the first answer only. */
bool test_client_open(struct test_client *client, uint16_t port, const struct test_ca *ca,
                      const struct test_certificate *identity);
/* The same again, resuming the last session where the host gave a ticket. */
bool test_client_reopen(struct test_client *client, uint16_t port);
bool test_client_resumed(const struct test_client *client);

/* extra: header lines, each with CR LF, or NULL. False: no answer. */
bool test_client_send(struct test_client *client, const char *method, const char *path,
                      const char *extra, struct bytes body);
bool test_client_post(struct test_client *client, const char *path, struct bytes body);
bool test_client_get(struct test_client *client, const char *path);

/* Bytes of a request, as they are; false: the connection has ended. */
bool test_client_say(struct test_client *client, const char *text);
/* Whether the host ends the connection within so long. */
bool test_client_is_ended(struct test_client *client, int within_ms);

void test_client_hang_up(struct test_client *client); /* may be reopened */
void test_client_close(struct test_client *client);

/* The answer's text holds this. */
bool test_client_has(const struct test_client *client, const char *text);

#endif
