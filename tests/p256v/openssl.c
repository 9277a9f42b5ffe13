#include "tests/p256v/openssl.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

BN_CTX *ossl_ctx;
EC_GROUP *ossl_group;
BIGNUM *ossl_p, *ossl_n, *ossl_r;
static uint64_t state;

void ossl_must(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "OpenSSL: %s failed\n", what);
        exit(1);
    }
}

void ossl_open(uint64_t seed)
{
    state = seed;
    ossl_ctx = BN_CTX_new();
    ossl_group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    ossl_p = BN_new();
    ossl_n = BN_new();
    ossl_r = BN_new();
    ossl_must(ossl_ctx && ossl_group && ossl_p && ossl_n && ossl_r, "start");
    ossl_must(EC_GROUP_get_curve(ossl_group, ossl_p, NULL, NULL, ossl_ctx), "curve");
    ossl_must(EC_GROUP_get_order(ossl_group, ossl_n, ossl_ctx), "order");
    ossl_must(BN_set_bit(ossl_r, 256), "2^256");
}

/* splitmix64 */
uint64_t ossl_random(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15U;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
    z = (z ^ z >> 27) * 0x94D049BB133111EBU;
    return z ^ z >> 31;
}

void ossl_random_bytes(uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(ossl_random() >> 56);
}

void ossl_random_scalar(BIGNUM *out)
{
    uint8_t bytes[40];
    do {
        ossl_random_bytes(bytes, sizeof bytes);
        ossl_must(BN_bin2bn(bytes, sizeof bytes, out) && BN_mod(out, out, ossl_n, ossl_ctx),
                  "scalar");
    } while (BN_is_zero(out));
}

void ossl_from_words(BIGNUM *out, const uint32_t word[P256V_WORDS])
{
    uint8_t bytes[32];
    for (int i = 0; i < 32; i++)
        bytes[i] = (uint8_t)(word[i / 4] >> 8 * (i % 4));
    ossl_must(BN_lebin2bn(bytes, sizeof bytes, out) != NULL, "words");
}

void ossl_to_words(uint32_t word[P256V_WORDS], const BIGNUM *number)
{
    uint8_t bytes[32];
    ossl_must(BN_bn2lebinpad(number, bytes, sizeof bytes) == sizeof bytes, "words");
    for (int i = 0; i < P256V_WORDS; i++)
        word[i] = (uint32_t)bytes[4 * i] | (uint32_t)bytes[4 * i + 1] << 8 |
                  (uint32_t)bytes[4 * i + 2] << 16 | (uint32_t)bytes[4 * i + 3] << 24;
}

void ossl_from_element(BIGNUM *out, const uint32_t word[P256V_WORDS])
{
    BIGNUM *inverse = BN_new();
    ossl_from_words(out, word);
    ossl_must(inverse != NULL && BN_mod_inverse(inverse, ossl_r, ossl_p, ossl_ctx) &&
                  BN_mod_mul(out, out, inverse, ossl_p, ossl_ctx),
              "element");
    BN_free(inverse);
}

void ossl_to_bytes(uint8_t out[32], const BIGNUM *number)
{
    ossl_must(BN_bn2binpad(number, out, 32) == 32, "bytes");
}

void ossl_point(uint8_t out[P256V_POINT_BYTES], const EC_POINT *point)
{
    ossl_must(EC_POINT_point2oct(ossl_group, point, POINT_CONVERSION_UNCOMPRESSED, out,
                                 P256V_POINT_BYTES, ossl_ctx) == P256V_POINT_BYTES,
              "point");
}

void ossl_key_of_point(struct ossl_key *key, const uint8_t point[P256V_POINT_BYTES])
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *parameters = NULL;
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *pkey = NULL;
    ossl_must(
        builder != NULL && maker != NULL &&
            OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) &&
            OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point,
                                             P256V_POINT_BYTES) &&
            (parameters = OSSL_PARAM_BLD_to_param(builder)) != NULL &&
            EVP_PKEY_fromdata_init(maker) == 1 &&
            EVP_PKEY_fromdata(maker, &pkey, EVP_PKEY_PUBLIC_KEY, parameters) == 1,
        "key");
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(maker);
    memcpy(key->point, point, P256V_POINT_BYTES);
    key->secret = NULL;
    key->handle = EVP_PKEY_CTX_new(pkey, NULL);
    EVP_PKEY_free(pkey);
    ossl_must(key->handle != NULL && EVP_PKEY_verify_init(key->handle) == 1, "verify");
}

void ossl_key_of(struct ossl_key *key, const BIGNUM *secret)
{
    uint8_t bytes[P256V_POINT_BYTES];
    EC_POINT *point = EC_POINT_new(ossl_group);
    ossl_must(point != NULL && EC_POINT_mul(ossl_group, point, secret, NULL, NULL, ossl_ctx),
              "multiple");
    ossl_point(bytes, point);
    EC_POINT_free(point);
    ossl_key_of_point(key, bytes);
    key->secret = BN_dup(secret);
}

void ossl_key_close(struct ossl_key *key)
{
    BN_free(key->secret);
    EVP_PKEY_CTX_free(key->handle);
}

void ossl_x_of_multiple(BIGNUM *x, const BIGNUM *k)
{
    EC_POINT *point = EC_POINT_new(ossl_group);
    ossl_must(point != NULL && EC_POINT_mul(ossl_group, point, k, NULL, NULL, ossl_ctx) &&
                  EC_POINT_get_affine_coordinates(ossl_group, point, x, NULL, ossl_ctx) &&
                  BN_mod(x, x, ossl_n, ossl_ctx),
              "x");
    EC_POINT_free(point);
}

void ossl_sign(const struct ossl_key *key, const uint8_t hash[P256V_HASH_BYTES],
               uint8_t signature[P256V_SIGNATURE_BYTES])
{
    BIGNUM *k = BN_new(), *r = BN_new(), *s = BN_new(), *e = BN_bin2bn(hash, 32, NULL);
    ossl_must(k != NULL && r != NULL && s != NULL && e != NULL, "memory");
    ossl_random_scalar(k);
    ossl_x_of_multiple(r, k);
    ossl_must(BN_mod_mul(s, r, key->secret, ossl_n, ossl_ctx) &&
                  BN_mod_add(s, s, e, ossl_n, ossl_ctx) && BN_mod_inverse(k, k, ossl_n, ossl_ctx) &&
                  BN_mod_mul(s, s, k, ossl_n, ossl_ctx),
              "sign");
    ossl_to_bytes(signature, r);
    ossl_to_bytes(signature + 32, s);
    BN_free(k);
    BN_free(r);
    BN_free(s);
    BN_free(e);
}

bool ossl_verify(const struct ossl_key *key, const uint8_t hash[P256V_HASH_BYTES],
                 const uint8_t signature[P256V_SIGNATURE_BYTES])
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    uint8_t der[80];
    uint8_t *end = der;
    ossl_must(pair != NULL && ECDSA_SIG_set0(pair, BN_bin2bn(signature, 32, NULL),
                                             BN_bin2bn(signature + 32, 32, NULL)),
              "signature");
    int len = i2d_ECDSA_SIG(pair, &end);
    ossl_must(len > 0 && len <= (int)sizeof der, "DER");
    ECDSA_SIG_free(pair);
    return EVP_PKEY_verify(key->handle, der, (size_t)len, hash, P256V_HASH_BYTES) == 1;
}

void ossl_case(struct p256v_case *out, const uint8_t point[P256V_POINT_BYTES], const BIGNUM *u1,
               const BIGNUM *u2, const BIGNUM *r)
{
    BIGNUM *s = BN_new(), *e = BN_new();
    ossl_must(s != NULL && e != NULL && BN_mod_inverse(s, u2, ossl_n, ossl_ctx) &&
                  BN_mod_mul(s, s, r, ossl_n, ossl_ctx) && BN_mod_mul(e, u1, s, ossl_n, ossl_ctx),
              "case");
    memcpy(out->point, point, P256V_POINT_BYTES);
    ossl_to_bytes(out->hash, e);
    ossl_to_bytes(out->signature, r);
    ossl_to_bytes(out->signature + 32, s);
    BN_free(s);
    BN_free(e);
}
