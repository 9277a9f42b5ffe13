/*
 * cert: X.509 for the terminal: its certificate request, its chain, and whom a certificate names.
 *
 * Format   RFC 5280, PKCS #10 (RFC 2986). ECDSA P-256 with SHA-256 only.
 */
#ifndef BASE_CERT_H
#define BASE_CERT_H

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/identity.h"

struct cert_facts {
    struct identity identity; /* from the one URI urn:scrip:term:..; empty where there is none */
    uint32_t not_before_s, not_after_s;
    uint8_t point[CRYPTO_POINT_BYTES];
    uint8_t spki_sha256[CRYPTO_HASH_BYTES];
};

/* Reads one DER certificate. REFUSED_SHAPE: malformed or another algorithm. */
MUST_CHECK enum scrip_status cert_read(struct bytes der, struct cert_facts *facts);

/* chain[0] is verified up to one of roots at time now_s (0: unknown, then only expiry of the chain
 * itself is not judged). REFUSED_KEY: does not chain; REFUSED_EXPIRED; REFUSED_NOT_YET. */
MUST_CHECK enum scrip_status cert_verify(const struct bytes *chain, size_t count,
                                         const struct bytes *roots, size_t root_count,
                                         uint32_t now_s);

/* PKCS #10 request, DER, for identity signed by key. */
MUST_CHECK enum scrip_status cert_request(struct crypto_key key, const struct identity *identity,
                                          struct buffer *der);

/* Opens a PKCS #10 request: checks its own signature. REFUSED_SHAPE, REFUSED_SIGNATURE. */
MUST_CHECK enum scrip_status cert_request_read(struct bytes der, struct identity *identity,
                                               uint8_t point[CRYPTO_POINT_BYTES]);

enum cert_use { CERT_CA, CERT_TERMINAL, CERT_HOST };

struct cert_order {
    enum cert_use use;
    const char *subject; /* common name */
    const char *uri;     /* CERT_TERMINAL: its URN; else NULL */
    const char *dns; /* CERT_HOST: its name (an IP address literal is written as iPAddress); else
                        NULL */
    const uint8_t *point; /* the public key certified, CRYPTO_POINT_BYTES */
    const char *issuer;   /* issuer's common name; equal to subject when self-signed */
    uint32_t not_before_s, not_after_s;
};

/* Issues a certificate, DER (cert_issue.c: linked by the operator's tool only). */
MUST_CHECK enum scrip_status cert_issue(struct crypto_key issuer_key,
                                        const uint8_t issuer_point[CRYPTO_POINT_BYTES],
                                        const struct cert_order *order, struct buffer *der);

#endif
