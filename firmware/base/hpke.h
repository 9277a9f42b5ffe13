/*
 * hpke: sealing to a public key whose private half is elsewhere (RFC 9180).
 *
 * Base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM; single shot: one message a key,
 * so that a nonce is never used twice.
 *
 * Memory   About 1 KiB of stack, wiped. Time: seal is two scalar multiplications, open one.
 * Format   RFC 9180: enc (65 bytes), then the ciphertext and its tag.
 */
#ifndef BASE_HPKE_H
#define BASE_HPKE_H

#include "base/crypto.h"

enum { HPKE_OVERHEAD = CRYPTO_POINT_BYTES + CRYPTO_TAG_BYTES };

/* Appends enc and the sealed text, text.len + HPKE_OVERHEAD bytes. REFUSED_KEY: not a point of the
 * curve. REFUSED_TOO_LONG: no room. FAULT_*: out->len is what it was. */
MUST_CHECK enum scrip_status hpke_seal(const uint8_t recipient[CRYPTO_POINT_BYTES],
                                       struct bytes info, struct bytes aad, struct bytes text,
                                       struct buffer *out);

/* The same with an ephemeral key of the caller's, for vectors: it must never serve twice. */
MUST_CHECK enum scrip_status hpke_seal_with(struct crypto_key ephemeral,
                                            const uint8_t recipient[CRYPTO_POINT_BYTES],
                                            struct bytes info, struct bytes aad, struct bytes text,
                                            struct buffer *out);

/* Opens by the recipient's agreement key; appends the text. FAULT_CORRUPT: not sealed to this key
 * under this info and aad. REFUSED_SHAPE: too short. REFUSED_KEY: enc is no point. */
MUST_CHECK enum scrip_status hpke_open(struct crypto_key recipient, struct bytes info,
                                       struct bytes aad, struct bytes sealed, struct buffer *out);

#endif
