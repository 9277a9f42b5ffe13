/* p256v against OpenSSL: every answer the same, on random, mutated and solved-for signatures. */
#include <string.h>

#include "base/crypto.h"
#include "tests/check.h"
#include "tests/p256v/cases.h"
#include "tests/support/entropy.h"
#include "tests/vectors/rfc.h"

struct tally {
    struct p256v_table table;
    uint8_t point[P256V_POINT_BYTES]; /* the table's */
    unsigned good, bad;
};

static void take(void *context, const struct p256v_case *one)
{
    struct tally *tally = context;
    if (memcmp(tally->point, one->point, sizeof tally->point) != 0) {
        CHECK_STATUS(p256v_prepare(one->point, &tally->table), SCRIP_OK);
        memcpy(tally->point, one->point, sizeof tally->point);
    }
    CHECK_STATUS(p256v_verify(&tally->table, one->hash, one->signature),
                 one->good ? SCRIP_OK : SCRIP_REFUSED_SIGNATURE);
    tally->good += one->good;
    tally->bad += !one->good;
}

static void test_random_and_mutated_signatures(void)
{
    static struct tally tally;
    cases_random(take, &tally);
    CHECK(tally.good + tally.bad > 20000);
    CHECK(tally.good > 10000 && tally.bad > 5000);
}

static void test_sums_that_meet_a_point_of_a_table(void)
{
    static struct tally tally;
    cases_collision(take, &tally);
    CHECK(tally.good >= 800 && tally.bad >= 800);
}

static void test_x_from_n_to_p(void)
{
    static struct tally tally;
    cases_wrapped(take, &tally);
    CHECK(tally.good >= 40 && tally.bad >= 20);
}

static int hex_digit(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

static void read_hex(uint8_t *out, const char *hex)
{
    for (; *hex != '\0'; hex += 2)
        *out++ = (uint8_t)(hex_digit(hex[0]) * 16 + hex_digit(hex[1]));
}

static void test_signature_of_rfc_6979(void)
{
    uint8_t point[P256V_POINT_BYTES] = {4}, signature[P256V_SIGNATURE_BYTES], hash[32];
    struct p256v_table table;
    read_hex(point + 1, RFC6979_UX);
    read_hex(point + 33, RFC6979_UY);
    read_hex(signature, RFC6979_SAMPLE_R);
    read_hex(signature + 32, RFC6979_SAMPLE_S);
    read_hex(hash, "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf");
    CHECK_STATUS(p256v_prepare(point, &table), SCRIP_OK);
    CHECK_STATUS(p256v_verify(&table, hash, signature), SCRIP_OK);
    for (unsigned bit = 0; bit < 8 * sizeof signature; bit++) {
        signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK_STATUS(p256v_verify(&table, hash, signature), SCRIP_REFUSED_SIGNATURE);
        signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

/* Keys ------------------------------------------------------------------------------------------
 */

static bool is_zeroed(const struct p256v_table *table)
{
    static const struct p256v_table zero;
    return memcmp(table, &zero, sizeof zero) == 0;
}

static void refuse(const uint8_t point[P256V_POINT_BYTES])
{
    struct p256v_table table;
    memset(&table, 0xA5, sizeof table);
    CHECK_STATUS(p256v_prepare(point, &table), SCRIP_REFUSED_KEY);
    CHECK(is_zeroed(&table));
}

static void test_keys_that_are_no_point(void)
{
    BIGNUM *secret = BN_new();
    struct ossl_key key;
    ossl_random_scalar(secret);
    ossl_key_of(&key, secret);
    uint8_t point[P256V_POINT_BYTES];
    for (int first = 0; first < 256; first++) {
        memcpy(point, key.point, sizeof point);
        point[0] = (uint8_t)first;
        if (first != 4)
            refuse(point);
    }
    for (unsigned bit = 8; bit < 8 * sizeof point; bit++) {
        memcpy(point, key.point, sizeof point);
        point[bit / 8] ^= (uint8_t)(1u << bit % 8);
        refuse(point);
    }
    memset(point + 1, 0, sizeof point - 1);
    point[0] = 4;
    refuse(point);
    memset(point + 1, 0xFF, sizeof point - 1);
    refuse(point);
    ossl_key_close(&key);
    BN_free(secret);
}

/* A point whose y is 1. */
#define X_OF_Y_ONE "8d0177ebab9c6e9e10db6dd095dbac0d6375e8a97b70f611875d877f0069d2c7"

/* A coordinate c and c + p are the same in the field, but only c is a coordinate. */
static void test_coordinates_not_below_p(void)
{
    BIGNUM *x = BN_new();
    EC_POINT *point = EC_POINT_new(ossl_group);
    uint8_t bytes[P256V_POINT_BYTES];
    struct p256v_table table;
    unsigned points = 0;
    for (unsigned i = 0; i < 64; i++) {
        ossl_must(BN_set_word(x, i), "x");
        if (EC_POINT_set_compressed_coordinates(ossl_group, point, x, (int)(i & 1), ossl_ctx) != 1)
            continue;
        points++;
        ossl_point(bytes, point);
        CHECK_STATUS(p256v_prepare(bytes, &table), SCRIP_OK);
        ossl_must(BN_add(x, x, ossl_p), "x + p");
        ossl_to_bytes(bytes + 1, x);
        refuse(bytes);
    }
    CHECK(points > 20);
    ossl_to_bytes(bytes + 1, ossl_p);
    refuse(bytes);

    /* The same with y = 1. */
    bytes[0] = 4;
    read_hex(bytes + 1, X_OF_Y_ONE);
    memset(bytes + 33, 0, 32);
    bytes[64] = 1;
    CHECK_STATUS(p256v_prepare(bytes, &table), SCRIP_OK);
    ossl_must(BN_add(x, ossl_p, BN_value_one()), "1 + p");
    ossl_to_bytes(bytes + 33, x);
    refuse(bytes);
    BN_free(x);
    EC_POINT_free(point);
}

/* Other code might have left a table out, or something else in its place. */
static void test_a_table_that_was_never_prepared(void)
{
    static const uint8_t hash[32] = {1};
    uint8_t signature[P256V_SIGNATURE_BYTES] = {0};
    struct p256v_table table;
    signature[31] = signature[63] = 1;
    memset(&table, 0, sizeof table);
    CHECK_STATUS(p256v_verify(&table, hash, signature), SCRIP_FAULT_SEAL);
    memset(&table, 0xFF, sizeof table);
    CHECK_STATUS(p256v_verify(&table, hash, signature), SCRIP_FAULT_SEAL);
}

int main(void)
{
    static struct test_entropy entropy;
    test_entropy_open(&entropy, 256);
    ossl_open(256);
    /* For the library, where it is linked in p256v's place. */
    CHECK_STATUS(crypto_open(&entropy.hal), SCRIP_OK);
    CHECK_RUN(test_signature_of_rfc_6979);
    CHECK_RUN(test_keys_that_are_no_point);
    CHECK_RUN(test_coordinates_not_below_p);
    CHECK_RUN(test_a_table_that_was_never_prepared);
    CHECK_RUN(test_sums_that_meet_a_point_of_a_table);
    CHECK_RUN(test_x_from_n_to_p);
    CHECK_RUN(test_random_and_mutated_signatures);
    return check_done();
}
