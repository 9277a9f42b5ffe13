/*
 * peer: who is at the other end of a TLS connection.
 *
 * libmicrohttpd asks for a client certificate and then verifies nothing, so this file does: in the
 * session's verify function, which refuses with an alert, and again in the handler, because that
 * function does not run when a session is resumed. The certificate must chain to our authority, be
 * meant for clients, and carry exactly one URI, urn:scrip:term:<MERCHANT.STORE.TERMINAL>.
 *
 * Threads  The daemon's thread, which is also the handler's.
 */
#ifndef TOOLS_HOST_PEER_H
#define TOOLS_HOST_PEER_H

#include <gnutls/gnutls.h>

#include "base/identity.h"
#include "tools/host/pki.h"

struct peer {
    bool verified; /* the certificate: checked once a connection */
    bool expired;  /* and that is all that is wrong with it: sync goes on, nothing else */
    struct identity identity;
    uint8_t spki_sha256[CRYPTO_HASH_BYTES];
    uint8_t point[CRYPTO_POINT_BYTES];
};

/* Before the handshake: asks for a certificate, sets the verify function and the tickets. pki must
 * outlive the session. */
void peer_prepare(gnutls_session_t session, struct pki *pki, const gnutls_datum_t *ticket_key);

/* The certificate of an established session, fresh or resumed. REFUSED_KEY: none, or not one of
 * ours. *out is zeroed unless OK. */
MUST_CHECK enum scrip_status peer_read(gnutls_session_t session, struct peer *out);

#endif
