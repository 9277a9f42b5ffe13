/*
 * bundle: what the back office hands a terminal at enrolment, in one file.
 *
 * det-CBOR {1: identity text, 2: epoch, 3: first prev (16), 4: [certificate DER, leaf first], 5:
 * [TLS root DER], 6: host name, 7: port, 8: [SPKI SHA-256...] pins (may be empty), 9: [object root
 * point, 1 or 2], 10: host's time-signing point, 11: key set object, 12: policy object}; 11 and 12
 * are absent in what a terminal stores.
 *
 * Memory   Views into the bytes read. Format: SPEC section 13.
 */
#ifndef BASE_BUNDLE_H
#define BASE_BUNDLE_H

#include "base/cert.h"
#include "base/identity.h"
#include "base/limits.h"
#include "base/object.h"

/* A bundle as read: views into the bytes it came from, which must stay. */
struct bundle {
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
    struct bytes stored;         /* set by bundle_read(): pairs 1 to 10 as they came, see below */
};

/* What a terminal stores is this byte, the head of a map of ten pairs, and bundle.stored. */
enum { BUNDLE_STORED_HEAD = 0xAA };

/* Judges the form only: no signature, no point, no date. REFUSED_TOO_LONG: beyond
 * LIMIT_BUNDLE_BYTES. REFUSED_SHAPE: malformed. *out is then zeroed. */
MUST_CHECK enum scrip_status bundle_read(struct bytes bundle, struct bundle *out);

/* Writes the pairs that bundle holds; keyset and policy only where they are not empty. */
void bundle_write(const struct bundle *bundle, struct buffer *out);

#endif
