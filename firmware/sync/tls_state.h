/*
 * tls_state: what struct tls holds, for whoever must allocate one. Private to tls.c.
 */
#ifndef SYNC_TLS_STATE_H
#define SYNC_TLS_STATE_H

#include <mbedtls/ssl.h>

#include "sync/tls.h"

enum tls_phase { TLS_CLOSED, TLS_CONNECTING, TLS_HANDSHAKE, TLS_ESTABLISHED };

/* The library's own objects, which lie in its arena as all that they point to. */
struct tls_library {
    mbedtls_ssl_config config;
    mbedtls_x509_crt own, roots;
    mbedtls_pk_context key;
    mbedtls_ssl_context ssl; /* set up between connect and disconnect only: its buffers are large */
    mbedtls_ssl_session session; /* the newest ticket */
};

struct tls {
    const struct hal_net *net;
    const struct bundle *bundle;
    const struct wallclock *clock;
    struct tls_library *library; /* NULL: closed */
    bool has_ticket;
    bool resumed;
    enum tls_phase phase;
    uint32_t valid_from_s, valid_until_s; /* in which every certificate of the host's chain holds */
    const char *detail;
};

#endif
