/* crypto: answers of the library against published figures, and accidents kept apart from answers.
 */
#include "base/crypto.h"
#include "base/text.h"
#include "tests/check.h"
#include "tests/support/entropy.h"
#include "tests/vectors/rfc.h"

static struct test_entropy entropy;

static void unhex(const char *hex, uint8_t *out, size_t len)
{
    struct buffer buffer = buffer_of(out, len);
    CHECK_STATUS(text_hex_decode(bytes_text(hex), &buffer), SCRIP_OK);
    CHECK_EQ_INT(buffer.len, len);
}

static void test_sha256_of_parts(void)
{
    uint8_t expected[32], hash[32];
    unhex(RFC6234_SHA256_ABC, expected, 32);
    CHECK_STATUS(crypto_sha256(bytes_text("abc"), hash), SCRIP_OK);
    CHECK_EQ_BYTES(hash, expected, 32);

    const struct bytes parts[] = {bytes_text("a"), {NULL, 0}, bytes_text("bc")};
    CHECK_STATUS(crypto_sha256_parts(parts, 3, hash), SCRIP_OK);
    CHECK_EQ_BYTES(hash, expected, 32);

    struct crypto_hash running;
    CHECK_STATUS(crypto_hash_start(&running), SCRIP_OK);
    CHECK_STATUS(crypto_hash_update(&running, bytes_text("ab")), SCRIP_OK);
    CHECK_STATUS(crypto_hash_update(&running, bytes_text("c")), SCRIP_OK);
    CHECK_STATUS(crypto_hash_finish(&running, hash), SCRIP_OK);
    CHECK_EQ_BYTES(hash, expected, 32);
}

static void test_hmac(void)
{
    uint8_t expected[32], mac[32];
    unhex(RFC4231_CASE2_MAC, expected, 32);
    const struct bytes parts[] = {bytes_text("what do ya want "), bytes_text("for nothing?")};
    CHECK_STATUS(crypto_hmac(bytes_text("Jefe"), parts, 2, mac), SCRIP_OK);
    CHECK_EQ_BYTES(mac, expected, 32);
}

static void test_hkdf(void)
{
    uint8_t ikm[22], salt[13], info[10], expected[42], out[42];
    unhex(RFC5869_CASE1_IKM, ikm, sizeof ikm);
    unhex(RFC5869_CASE1_SALT, salt, sizeof salt);
    unhex(RFC5869_CASE1_INFO, info, sizeof info);
    unhex(RFC5869_CASE1_OKM, expected, sizeof expected);
    CHECK_STATUS(crypto_hkdf(bytes_of(ikm, sizeof ikm), bytes_of(salt, sizeof salt),
                             bytes_of(info, sizeof info), out, sizeof out),
                 SCRIP_OK);
    CHECK_EQ_BYTES(out, expected, sizeof expected);

    unhex(RFC5869_CASE3_OKM, expected, sizeof expected);
    CHECK_STATUS(crypto_hkdf(bytes_of(ikm, sizeof ikm), bytes_of(NULL, 0), bytes_of(NULL, 0), out,
                             sizeof out),
                 SCRIP_OK);
    CHECK_EQ_BYTES(out, expected, sizeof expected);
}

static void test_aead_in_place_and_its_tag(void)
{
    const uint8_t secret[16] = {1, 2, 3}, nonce[12] = {4};
    uint8_t data[20 + CRYPTO_TAG_BYTES] = "nineteen characters";
    struct crypto_key key;
    CHECK_STATUS(crypto_aead_key(secret, &key), SCRIP_OK);
    struct bytes aad = bytes_text("slot 7");
    CHECK_STATUS(crypto_aead_seal(key, nonce, aad, bytes_of(data, 20), data), SCRIP_OK);
    CHECK(memcmp(data, "nineteen", 8) != 0);

    uint8_t open[20];
    for (size_t bit = 0; bit < sizeof data * 8; bit++) {
        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        memset(open, 1, sizeof open);
        CHECK_STATUS(crypto_aead_open(key, nonce, aad, bytes_of(data, sizeof data), open),
                     SCRIP_FAULT_CORRUPT);
        for (size_t i = 0; i < sizeof open; i++)
            CHECK_EQ_INT(open[i], 0);
        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    CHECK_STATUS(
        crypto_aead_open(key, nonce, bytes_text("slot 8"), bytes_of(data, sizeof data), open),
        SCRIP_FAULT_CORRUPT);
    CHECK_STATUS(crypto_aead_open(key, nonce, aad, bytes_of(data, 15), open), SCRIP_FAULT_CORRUPT);
    CHECK_STATUS(crypto_aead_open(key, nonce, aad, bytes_of(data, sizeof data), data), SCRIP_OK);
    CHECK_EQ_STRING((const char *)data, "nineteen characters");
    crypto_key_close(&key);
    CHECK_EQ_INT(key.id, 0);
}

static void test_aead_published(void)
{
    uint8_t secret[16], nonce[12], plain[60], aad[20], expected[76], out[76];
    unhex(GCM_CASE4_KEY, secret, sizeof secret);
    unhex(GCM_CASE4_IV, nonce, sizeof nonce);
    unhex(GCM_CASE4_PLAIN, plain, sizeof plain);
    unhex(GCM_CASE4_AAD, aad, sizeof aad);
    unhex(GCM_CASE4_SEALED, expected, sizeof expected);
    struct crypto_key key;
    CHECK_STATUS(crypto_aead_key(secret, &key), SCRIP_OK);
    CHECK_STATUS(
        crypto_aead_seal(key, nonce, bytes_of(aad, sizeof aad), bytes_of(plain, sizeof plain), out),
        SCRIP_OK);
    CHECK_EQ_BYTES(out, expected, sizeof expected);
    crypto_key_close(&key);
}

static void rfc6979_point(uint8_t point[65])
{
    point[0] = 4;
    unhex(RFC6979_UX, point + 1, 32);
    unhex(RFC6979_UY, point + 33, 32);
}

static void test_verify_published(void)
{
    uint8_t point[65], hash[32], signature[64];
    rfc6979_point(point);
    CHECK_STATUS(crypto_sha256(bytes_text("sample"), hash), SCRIP_OK);
    unhex(RFC6979_SAMPLE_R, signature, 32);
    unhex(RFC6979_SAMPLE_S, signature + 32, 32);
    CHECK_STATUS(crypto_verify(point, hash, signature), SCRIP_OK);

    hash[0] ^= 1;
    CHECK_STATUS(crypto_verify(point, hash, signature), SCRIP_REFUSED_SIGNATURE);
    hash[0] ^= 1;
    for (size_t i = 0; i < sizeof signature; i += 9) {
        signature[i] ^= 1;
        CHECK_STATUS(crypto_verify(point, hash, signature), SCRIP_REFUSED_SIGNATURE);
        signature[i] ^= 1;
    }
    memset(signature, 0, 32);
    CHECK_STATUS(crypto_verify(point, hash, signature), SCRIP_REFUSED_SIGNATURE);
    memset(signature, 0xFF, 64);
    CHECK_STATUS(crypto_verify(point, hash, signature), SCRIP_REFUSED_SIGNATURE);
}

static void test_points_off_the_curve(void)
{
    uint8_t point[65], hash[32] = {0}, signature[64] = {1};
    rfc6979_point(point);
    CHECK_STATUS(crypto_point_check(point), SCRIP_OK);
    point[64] ^= 1;
    CHECK_STATUS(crypto_point_check(point), SCRIP_REFUSED_KEY);
    CHECK_STATUS(crypto_verify(point, hash, signature), SCRIP_REFUSED_KEY);
    point[64] ^= 1;
    point[0] = 2;
    CHECK_STATUS(crypto_point_check(point), SCRIP_REFUSED_KEY);
    memset(point, 0, sizeof point);
    CHECK_STATUS(crypto_point_check(point), SCRIP_REFUSED_KEY);
    point[0] = 4;
    CHECK_STATUS(crypto_point_check(point), SCRIP_REFUSED_KEY);
    memset(point + 1, 0xFF, 64);
    CHECK_STATUS(crypto_point_check(point), SCRIP_REFUSED_KEY);
}

static void test_signing_keys(void)
{
    uint8_t scalar[32], point[65], expected[65], hash[32] = {7}, signature[64];
    struct crypto_key key;
    unhex(RFC6979_X, scalar, 32);
    rfc6979_point(expected);
    CHECK_STATUS(crypto_signing_import(scalar, &key), SCRIP_OK);
    CHECK_STATUS(crypto_signing_public(key, point), SCRIP_OK);
    CHECK_EQ_BYTES(point, expected, 65);
    CHECK_STATUS(crypto_sign(key, hash, signature), SCRIP_OK);
    CHECK_STATUS(crypto_verify(point, hash, signature), SCRIP_OK);
    crypto_key_close(&key);

    CHECK_STATUS(crypto_signing_generate(&key, scalar), SCRIP_OK);
    CHECK_STATUS(crypto_signing_public(key, expected), SCRIP_OK);
    crypto_key_close(&key);
    CHECK_STATUS(crypto_signing_import(scalar, &key), SCRIP_OK);
    CHECK_STATUS(crypto_signing_public(key, point), SCRIP_OK);
    CHECK_EQ_BYTES(point, expected, 65);
    crypto_key_close(&key);

    memset(scalar, 0, 32);
    CHECK_STATUS(crypto_signing_import(scalar, &key), SCRIP_REFUSED_KEY);
    CHECK_EQ_INT(key.id, 0);
    memset(scalar, 0xFF, 32);
    CHECK_STATUS(crypto_signing_import(scalar, &key), SCRIP_REFUSED_KEY);
}

/* What goes wrong inside the library is a fault, never an answer about the input. */
static void test_accidents_are_faults(void)
{
    uint8_t scalar[32], hash[32] = {0}, signature[64], random[300], point[65];
    struct crypto_key key, other;
    CHECK_STATUS(crypto_signing_generate(&key, scalar), SCRIP_OK);
    CHECK_STATUS(crypto_signing_public(key, point), SCRIP_OK);
    CHECK_STATUS(crypto_sign(key, hash, signature), SCRIP_OK);
    entropy.broken = true;
    CHECK_STATUS(crypto_random(random, sizeof random), SCRIP_FAULT_ENTROPY);
    CHECK_STATUS(crypto_sign(key, hash, signature), SCRIP_FAULT_ENTROPY);
    memset(scalar, 1, 32);
    CHECK_STATUS(crypto_signing_generate(&other, scalar), SCRIP_FAULT_ENTROPY);
    CHECK_EQ_INT(other.id, 0);
    for (size_t i = 0; i < 32; i++)
        CHECK_EQ_INT(scalar[i], 0);
    entropy.broken = false;
    CHECK_STATUS(crypto_random(random, sizeof random), SCRIP_OK);
    crypto_key_close(&key);
    CHECK_STATUS(crypto_sign(key, hash, signature), SCRIP_FAULT_CRYPTO);

    /* Every key slot taken: a genuine signature cannot be checked, which is no refusal. */
    struct crypto_key held[64];
    size_t count = 0;
    while (count < 64 && crypto_aead_key(random, &held[count]) == SCRIP_OK)
        count++;
    CHECK(count > 0 && count < 64);
    CHECK_STATUS(crypto_verify(point, hash, signature), SCRIP_FAULT_MEMORY);
    while (count > 0)
        crypto_key_close(&held[--count]);
    CHECK_STATUS(crypto_sha256(bytes_text(""), hash), SCRIP_OK);
}

static void test_arena_is_measured(void)
{
    size_t size, peak;
    crypto_arena(&size, &peak);
    CHECK(peak > 0 && peak < size);
    printf("    arena: %zu of %zu bytes\n", peak, size);
}

int main(void)
{
    test_entropy_open(&entropy, 1);
    CHECK_STATUS(crypto_open(&entropy.hal), SCRIP_OK);
    CHECK_STATUS(crypto_open(&entropy.hal), SCRIP_OK);
    CHECK_RUN(test_sha256_of_parts);
    CHECK_RUN(test_hmac);
    CHECK_RUN(test_hkdf);
    CHECK_RUN(test_aead_in_place_and_its_tag);
    CHECK_RUN(test_aead_published);
    CHECK_RUN(test_verify_published);
    CHECK_RUN(test_points_off_the_curve);
    CHECK_RUN(test_signing_keys);
    CHECK_RUN(test_accidents_are_faults);
    CHECK_RUN(test_arena_is_measured);
    return check_done();
}
