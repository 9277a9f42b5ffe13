/*
 * cose: COSE_Sign1 with ES256, in the one strict shape of the profile, for tokens and objects
 * alike.
 *
 *   D2 84 bstr(protected) A0 bstr(payload) 58 40 r||s      protected = {1: -7, 4: kid (8 bytes)}
 *
 * Nothing is ever re-serialised: the Sig_structure is built over the bytes received.
 *
 * Memory   Views into the input. Stack: cose_verify() holds a table beside what p256v needs.
 * Time     parse is linear; verify is one ECDSA operation.
 * Format   RFC 9052 section 4.2, 4.4; RFC 9053 section 2.1; SPEC section 2.
 */
#ifndef BASE_COSE_H
#define BASE_COSE_H

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/p256v.h"
#include "base/span.h"

enum {
    COSE_KID_BYTES = 8,
    COSE_HEADER_BYTES = 5 + COSE_KID_BYTES, /* the protected header */
    COSE_OVERHEAD = 90 /* the most that envelope, header and signature add to a payload */
};

struct cose {
    struct bytes protected_header; /* the contents of the byte string */
    struct bytes kid;              /* COSE_KID_BYTES, inside protected_header */
    struct bytes payload;
    struct bytes signature; /* CRYPTO_SIGNATURE_BYTES */
};

/* The same of a message that need not be in memory. */
struct cose_stored {
    uint8_t protected_header[COSE_HEADER_BYTES]; /* ends with the kid */
    uint8_t signature[CRYPTO_SIGNATURE_BYTES];
    struct span payload;
};

/* REFUSED_SHAPE: anything but the shape above, or trailing bytes; *out is then zeroed. */
MUST_CHECK enum scrip_status cose_parse(struct bytes data, struct cose *out);

/* Reads its ends only. As cose_parse(); FAULT_*: the store's. */
MUST_CHECK enum scrip_status cose_parse_stored(const struct span *data, struct cose_stored *out);

/* REFUSED_SIGNATURE: not by this key over this aad (a text of at most 32 characters). FAULT_*: says
 * nothing of the signature. */
MUST_CHECK enum scrip_status cose_verify_prepared(const struct cose *message, const char *aad,
                                                  const struct p256v_table *key);

/* The same for a key that was not prepared, at twice the price. REFUSED_KEY: point is not on the
 * curve. */
MUST_CHECK enum scrip_status cose_verify(const struct cose *message, const char *aad,
                                         const uint8_t point[CRYPTO_POINT_BYTES]);

/* What is hashed is what the store holds, read piece by piece. As cose_verify(), and the store's
 * FAULT_*. */
MUST_CHECK enum scrip_status cose_verify_stored(const struct cose_stored *message, const char *aad,
                                                const uint8_t point[CRYPTO_POINT_BYTES]);

/* Appends a signed message to out. REFUSED_TOO_LONG: it does not fit; nothing was signed. */
MUST_CHECK enum scrip_status cose_sign(struct crypto_key key, const uint8_t kid[COSE_KID_BYTES],
                                       const char *aad, struct bytes payload, struct buffer *out);

/* The first 8 bytes of the COSE Key Thumbprint with SHA-256 (RFC 9679). */
MUST_CHECK enum scrip_status cose_kid(const uint8_t point[CRYPTO_POINT_BYTES],
                                      uint8_t kid[COSE_KID_BYTES]);

#endif
