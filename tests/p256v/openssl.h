/*
 * openssl: the other library, which knows what is right: whole numbers, the curve's group, and
 * ECDSA. Deterministic: the same seed makes the same cases on every machine.
 *
 * Failures of OpenSSL itself end the program.
 */
#ifndef TESTS_P256V_OPENSSL_H
#define TESTS_P256V_OPENSSL_H

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/p256v_private.h"

struct p256v_case {
    uint8_t point[P256V_POINT_BYTES];
    uint8_t hash[P256V_HASH_BYTES];
    uint8_t signature[P256V_SIGNATURE_BYTES];
    bool good;
};

extern BN_CTX *ossl_ctx;
extern EC_GROUP *ossl_group;
extern BIGNUM *ossl_p, *ossl_n, *ossl_r; /* r = 2^256 */

void ossl_open(uint64_t seed);
void ossl_must(bool good, const char *what);

uint64_t ossl_random(void);
void ossl_random_bytes(uint8_t *out, size_t len);
/* In [1, n - 1]. */
void ossl_random_scalar(BIGNUM *out);

void ossl_from_words(BIGNUM *out, const uint32_t word[P256V_WORDS]);
void ossl_to_words(uint32_t word[P256V_WORDS], const BIGNUM *number);
/* A weak element's number: out = word / 2^256 mod p. */
void ossl_from_element(BIGNUM *out, const uint32_t word[P256V_WORDS]);
void ossl_to_bytes(uint8_t out[32], const BIGNUM *number);
/* x(k G) mod n */
void ossl_x_of_multiple(BIGNUM *x, const BIGNUM *k);
void ossl_point(uint8_t out[P256V_POINT_BYTES], const EC_POINT *point);

/* A key pair. */
struct ossl_key {
    BIGNUM *secret;
    uint8_t point[P256V_POINT_BYTES];
    void *handle; /* for ossl_verify */
};
void ossl_key_of(struct ossl_key *key, const BIGNUM *secret);
void ossl_key_of_point(struct ossl_key *key, const uint8_t point[P256V_POINT_BYTES]);
void ossl_key_close(struct ossl_key *key);
void ossl_sign(const struct ossl_key *key, const uint8_t hash[P256V_HASH_BYTES],
               uint8_t signature[P256V_SIGNATURE_BYTES]);
bool ossl_verify(const struct ossl_key *key, const uint8_t hash[P256V_HASH_BYTES],
                 const uint8_t signature[P256V_SIGNATURE_BYTES]);

/* The case whose verification computes u1 G + u2 Q and compares with r: s = r / u2, e = u1 s. */
void ossl_case(struct p256v_case *out, const uint8_t point[P256V_POINT_BYTES], const BIGNUM *u1,
               const BIGNUM *u2, const BIGNUM *r);

#endif
