/*
 * enroll: how a terminal becomes one of the host's: a certificate request out, a bundle in.
 *
 * The bundle is brought by a technician over a local line; it is checked against our own key before
 * anything is stored.
 * Format   SPEC section 13; base/bundle.h.
 */
#ifndef SYNC_ENROLL_H
#define SYNC_ENROLL_H

#include "base/bundle.h"
#include "store/blob.h"
#include "store/keys.h"

/* DER request for identity, signed by the active key. */
MUST_CHECK enum scrip_status enroll_request(const struct keys *keys,
                                            const struct identity *identity, struct buffer *der);

/* Whose terminal this is already: nobody else may take it over by the line that enrols. */
struct enroll_owner {
    const struct bundle *bundle;      /* its TLS roots, which the new certificate chains to */
    const struct object_roots *roots; /* those of its object roots that are in office */
};

/*
 * Checks a bundle: certificate for our key and identity, chain to its root, key set and policy
 * signed by its roots; then stores all three blobs, and begins the epoch in the keystore last.
 * Dates are not judged: the terminal may not know the time yet, and every handshake does.
 *
 * REFUSED_KEY: not for this terminal's key or name, it does not chain, or the owner (NULL: none
 * yet) is not behind its certificate and both objects. REFUSED_STATE: epoch not above the current
 * one. REFUSED_SHAPE: malformed, or without key set or policy. Others as their readers. Until the
 * checks have passed nothing is written. A fault or a cut while the blobs are written leaves the
 * keystore's epoch unlike the one in BLOB_IDENTITY: not enrolled until the same bundle is installed
 * again.
 */
MUST_CHECK enum scrip_status enroll_install(struct bytes bundle, const struct enroll_owner *owner,
                                            struct keys *keys, struct blob_store *blobs);

#endif
