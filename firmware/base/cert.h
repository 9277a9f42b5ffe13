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

/* Reads one DER certificate. REFUSED_SHAPE: malformed, trailing bytes, another algorithm, or a name
 * that is no identity behind urn:scrip:term:. *facts is zeroed unless OK. */
MUST_CHECK enum scrip_status cert_read(struct bytes der, struct cert_facts *facts);

/*
 * Verifies chain[0] up to one of roots. now_s is the time, 0 while it is unknown; floor_s is what
 * time is certainly past. Expiry is always judged, by the later of the two; "not yet valid" only by
 * a known time, and with CERT_CLOCKS_DIFFER_S of tolerance.
 *
 * REFUSED_SHAPE: a certificate is malformed. REFUSED_KEY: it does not chain. REFUSED_EXPIRED,
 * REFUSED_NOT_YET: it does, but a link is out of its time.
 */
enum { CERT_CLOCKS_DIFFER_S = 120 };
MUST_CHECK enum scrip_status cert_verify(const struct bytes *chain, size_t count,
                                         const struct bytes *roots, size_t root_count,
                                         uint32_t now_s, uint32_t floor_s);

/* Appends a PKCS #10 request, DER, for identity, signed by key. REFUSED_ARGUMENT: no identity.
 * REFUSED_TOO_LONG: der has less than CERT_REQUEST_BYTES of room. */
enum { CERT_REQUEST_BYTES = 400 };
MUST_CHECK enum scrip_status cert_request(struct crypto_key key, const struct identity *identity,
                                          struct buffer *der);

/* Opens a PKCS #10 request and checks its own signature, which shows that the sender holds the key.
 * REFUSED_SHAPE: malformed, another algorithm or no identity. REFUSED_SIGNATURE. */
MUST_CHECK enum scrip_status cert_request_read(struct bytes der, struct identity *identity,
                                               uint8_t point[CRYPTO_POINT_BYTES]);

enum cert_use { CERT_CA, CERT_TERMINAL, CERT_HOST };

struct cert_order {
    enum cert_use use;
    const char *subject;  /* common name */
    const char *uri;      /* CERT_TERMINAL: its URN; else NULL */
    const char *dns;      /* CERT_HOST: its name or IP address; else NULL */
    const uint8_t *point; /* the public key certified, CRYPTO_POINT_BYTES */
    const char *issuer;   /* issuer's common name; equal to subject when self-signed */
    uint32_t not_before_s, not_after_s;
};

/* Appends an issued certificate, DER (cert_issue.c: linked by the operator's tool only).
 * REFUSED_ARGUMENT: a name is missing or needs escapes, or it would end before it begins.
 * REFUSED_KEY: point is not on the curve. REFUSED_TOO_LONG: der or a name. */
MUST_CHECK enum scrip_status cert_issue(struct crypto_key issuer_key,
                                        const uint8_t issuer_point[CRYPTO_POINT_BYTES],
                                        const struct cert_order *order, struct buffer *der);

#endif
