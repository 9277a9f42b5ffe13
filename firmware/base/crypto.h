/*
 * crypto: the one seam to the cryptographic library (PSA Crypto of mbedTLS).
 *
 * Nothing outside this file and store/keys names PSA. Randomness comes from the board's
 * hal_entropy. Every failure of the library is a FAULT_*; only a signature that does not verify is
 * a refusal.
 *
 * Memory   The library allocates from one static arena that crypto_open() hands it.
 * Threads  Owner task only.
 */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include "base/bytes.h"
#include "hal/entropy.h"

enum {
    CRYPTO_HASH_BYTES = 32,      /* SHA-256 */
    CRYPTO_POINT_BYTES = 65,     /* P-256 public key, uncompressed: 04 x y */
    CRYPTO_SCALAR_BYTES = 32,    /* P-256 private key, big-endian */
    CRYPTO_SIGNATURE_BYTES = 64, /* ECDSA r || s, big-endian */
    CRYPTO_AEAD_KEY_BYTES = 16,  /* AES-128-GCM */
    CRYPTO_NONCE_BYTES = 12,
    CRYPTO_TAG_BYTES = 16
};

/* A key inside the library: 0 is none. Volatile; destroyed by crypto_key_close(). */
struct crypto_key {
    uint32_t id;
};

/* Starts the library on its arena, once; entropy must stay valid. Repeated calls only replace
 * entropy. */
MUST_CHECK enum scrip_status crypto_open(const struct hal_entropy *entropy);

MUST_CHECK enum scrip_status crypto_random(void *data, size_t len);
MUST_CHECK enum scrip_status crypto_sha256(struct bytes data, uint8_t hash[CRYPTO_HASH_BYTES]);

/* Hashes the parts as if they were one. */
MUST_CHECK enum scrip_status crypto_sha256_parts(const struct bytes *parts, size_t count,
                                                 uint8_t hash[CRYPTO_HASH_BYTES]);

/* A running SHA-256. Every start must be ended by finish, which also releases it after a failure.
 */
struct crypto_hash {
    uint64_t opaque[32];
};
MUST_CHECK enum scrip_status crypto_hash_start(struct crypto_hash *hash);
MUST_CHECK enum scrip_status crypto_hash_update(struct crypto_hash *hash, struct bytes data);
MUST_CHECK enum scrip_status crypto_hash_finish(struct crypto_hash *hash,
                                                uint8_t out[CRYPTO_HASH_BYTES]);

/* HMAC-SHA-256 over the parts as if they were one. */
MUST_CHECK enum scrip_status crypto_hmac(struct bytes key, const struct bytes *parts, size_t count,
                                         uint8_t mac[CRYPTO_HASH_BYTES]);

/* HKDF-SHA-256 (RFC 5869) extract and expand, out_len at most 255 * 32. */
MUST_CHECK enum scrip_status crypto_hkdf(struct bytes secret, struct bytes salt, struct bytes info,
                                         uint8_t *out, size_t out_len);

/* AES-128-GCM. seal writes data.len + 16 bytes at out. open: FAULT_CORRUPT when the tag does not
 * match, and out is wiped. In place is allowed (out == data.data). */
MUST_CHECK enum scrip_status crypto_aead_key(const uint8_t key[CRYPTO_AEAD_KEY_BYTES],
                                             struct crypto_key *out);
MUST_CHECK enum scrip_status crypto_aead_seal(struct crypto_key key,
                                              const uint8_t nonce[CRYPTO_NONCE_BYTES],
                                              struct bytes aad, struct bytes data, uint8_t *out);
MUST_CHECK enum scrip_status crypto_aead_open(struct crypto_key key,
                                              const uint8_t nonce[CRYPTO_NONCE_BYTES],
                                              struct bytes aad, struct bytes sealed, uint8_t *out);

/* ECDSA P-256 over a SHA-256 hash. REFUSED_SIGNATURE: does not verify. REFUSED_KEY: not a point of
 * the curve. */
MUST_CHECK enum scrip_status crypto_verify(const uint8_t point[CRYPTO_POINT_BYTES],
                                           const uint8_t hash[CRYPTO_HASH_BYTES],
                                           const uint8_t signature[CRYPTO_SIGNATURE_BYTES]);

/* A P-256 signing key: made here or brought as a scalar (REFUSED_KEY: out of range). */
MUST_CHECK enum scrip_status crypto_signing_generate(struct crypto_key *key,
                                                     uint8_t scalar[CRYPTO_SCALAR_BYTES]);
MUST_CHECK enum scrip_status crypto_signing_import(const uint8_t scalar[CRYPTO_SCALAR_BYTES],
                                                   struct crypto_key *key);
MUST_CHECK enum scrip_status crypto_signing_public(struct crypto_key key,
                                                   uint8_t point[CRYPTO_POINT_BYTES]);
MUST_CHECK enum scrip_status crypto_sign(struct crypto_key key,
                                         const uint8_t hash[CRYPTO_HASH_BYTES],
                                         uint8_t signature[CRYPTO_SIGNATURE_BYTES]);
MUST_CHECK enum scrip_status crypto_point_check(const uint8_t point[CRYPTO_POINT_BYTES]);

/* A P-256 key for agreement only: made here, or brought as a scalar (REFUSED_KEY: out of range). */
MUST_CHECK enum scrip_status crypto_agreement_generate(struct crypto_key *key);
MUST_CHECK enum scrip_status crypto_agreement_import(const uint8_t scalar[CRYPTO_SCALAR_BYTES],
                                                     struct crypto_key *key);
/* The x coordinate of our scalar times their point. REFUSED_KEY: not a point of the curve. The
 * public point of our key is crypto_signing_public()'s to tell. */
MUST_CHECK enum scrip_status crypto_agree(struct crypto_key key,
                                          const uint8_t point[CRYPTO_POINT_BYTES],
                                          uint8_t secret[CRYPTO_SCALAR_BYTES]);

void crypto_key_close(struct crypto_key *key);

/* The arena's size and the most that was ever in use, bytes. */
void crypto_arena(size_t *size, size_t *peak);

#endif
