/*
 * enroll: how a terminal becomes one of the host's: a certificate request out, a bundle in.
 *
 * The bundle is brought by a technician over a local line; it is checked against our own key before anything is stored.
 * Format   SPEC section 5: det-CBOR {1: identity text, 2: epoch, 3: first prev (16), 4: [certificate DER, leaf first],
 *          5: [TLS root DER], 6: host name, 7: port, 8: [SPKI SHA-256...] pins (may be empty), 9: [object root point, 1 or 2],
 *          10: host's time-signing point, 11: key set object, 12: policy object}.
 */
#ifndef SYNC_ENROLL_H
#define SYNC_ENROLL_H

#include "base/cert.h"
#include "base/identity.h"
#include "base/limits.h"
#include "base/object.h"
#include "store/blob.h"
#include "store/keys.h"

/* A bundle as read: views into the bytes it came from, which must stay. */
struct enrolment {
    struct identity identity;
    uint32_t epoch;
    uint8_t first_prev[16];
    struct bytes chain[LIMIT_CERT_CHAIN];
    size_t chain_count;
    struct bytes roots[2];
    size_t root_count;
    char host[LIMIT_HOST_NAME + 1];
    uint16_t port;
    uint8_t pins[2][CRYPTO_HASH_BYTES];
    size_t pin_count;
    struct object_roots object_roots;
    uint8_t host_point[CRYPTO_POINT_BYTES];
    struct bytes keyset, policy; /* signed objects; empty in what is stored as BLOB_IDENTITY */
};

/* REFUSED_SHAPE: malformed; *out is zeroed. */
MUST_CHECK enum scrip_status enroll_read(struct bytes bundle, struct enrolment *out);
void enroll_write(const struct enrolment *enrolment, struct buffer *out);

/* DER request for identity, signed by the active key. */
MUST_CHECK enum scrip_status enroll_request(const struct keys *keys, const struct identity *identity, struct buffer *der);

/*
 * Checks a bundle: certificate for our key and identity, chain to its root, key set and policy signed by its roots; then stores all three blobs,
 * and begins the epoch in the keystore last. REFUSED_KEY: not for this terminal's key; others as their readers. On any failure the terminal is as before.
 * REFUSED_STATE: epoch not above the current one.
 */
MUST_CHECK enum scrip_status enroll_install(struct bytes bundle, struct keys *keys, struct blob_store *blobs);

#endif
