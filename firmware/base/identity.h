/*
 * identity: who this terminal is, and whom an audience means.
 *
 * A terminal is `merchant.store.terminal`, an audience `merchant[.store[.terminal]]`; every part is
 * [A-Z0-9-]{1,12}.
 * Format   SPEC section 1.
 */
#ifndef BASE_IDENTITY_H
#define BASE_IDENTITY_H

#include "base/bytes.h"
#include "base/limits.h"

struct identity {
    char text[LIMIT_ID_TEXT + 1]; /* "MERCHANT.STORE.TERMINAL", NUL-terminated; empty: not enrolled
                                   */
};

/* REFUSED_CLAIMS: malformed, or not three parts. */
MUST_CHECK enum scrip_status identity_parse(struct bytes text, struct identity *out);

/* A well-formed audience's number of parts, 1 to 3; 0 when malformed. */
unsigned identity_audience_parts(struct bytes audience);

/* The audience is a component-wise prefix of the identity. */
bool identity_in_audience(const struct identity *identity, struct bytes audience);

/* "urn:scrip:term:" and the text, as the certificate's subject alternative name spells it. */
#define IDENTITY_URN "urn:scrip:term:"

#endif
