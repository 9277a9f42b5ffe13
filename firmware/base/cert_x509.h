/*
 * cert_x509: what cert.c and cert_issue.c share of the X.509 library, and nobody else needs.
 */
#ifndef BASE_CERT_X509_H
#define BASE_CERT_X509_H

#include "base/crypto.h"

enum {
    /* DER of a P-256 SubjectPublicKeyInfo (RFC 5480), up to its point. */
    CERT_SPKI_START_BYTES = 26,
    CERT_SPKI_BYTES = CERT_SPKI_START_BYTES + CRYPTO_POINT_BYTES
};
extern const uint8_t cert_spki_start[CERT_SPKI_START_BYTES];

/* Translates a code of the library: OK, FAULT_MEMORY, FAULT_ENTROPY, REFUSED_TOO_LONG where an
 * output was too small, else what the caller takes a failure for. */
MUST_CHECK enum scrip_status cert_status_of(int code, enum scrip_status otherwise);

/* The library writes DER at the end of the room that out has left: len bytes (or its code,
 * negative) move to where out continues. */
MUST_CHECK enum scrip_status cert_take_der(int len, struct buffer *out);

#endif
