/*
 * object: a signed object from the back office (key set, policy, operators, status list), whatever
 * it carries.
 *
 * payload = {1: iat, 2: exp, 3: seq, 4: body}; body is for the kind's own reader.
 *
 * Memory   An object is read where it lies, piece by piece, however long it is.
 * Format   SPEC section 2, COSE_Sign1 with the kind's external_aad.
 */
#ifndef BASE_OBJECT_H
#define BASE_OBJECT_H

#include "base/bytes.h"
#include "base/cose.h"
#include "base/limits.h"
#include "base/span.h"

enum object_kind { OBJECT_KEYS, OBJECT_POLICY, OBJECT_OPERATORS, OBJECT_LIST, OBJECT_KINDS };

/* The two keys pinned at enrolment; either may sign. count is 1 or 2. */
struct object_roots {
    uint8_t point[2][CRYPTO_POINT_BYTES];
    size_t count;
};

struct object {
    enum object_kind kind;
    uint32_t iat_s, exp_s;
    uint32_t seq;
    struct span body; /* inside the input: for its kind's reader, which finds one CBOR item or none
                       */
};

/* "SCK1", "SCP1", "SCO1", "SCL1". */
const char *object_aad(enum object_kind kind);
/* "keys", "policy", "operators", "lists": in paths and messages. */
const char *object_name(enum object_kind kind);

/* Verifies data against the roots. REFUSED_SHAPE, REFUSED_KEY (signed by neither root),
 * REFUSED_SIGNATURE, REFUSED_CLAIMS (payload malformed, exp <= iat). FAULT_*: the store's, or the
 * library's. Does not judge time, seq or body. */
MUST_CHECK enum scrip_status object_verify(struct span data, enum object_kind kind,
                                           const struct object_roots *roots, struct object *out);

/* Appends an object signed by a root, or a status list by an issuer. For the issuing side. */
MUST_CHECK enum scrip_status object_sign(struct crypto_key root, const struct object *object,
                                         struct buffer *out);

#endif
