/* The arithmetic under p256v against whole numbers: structured operands, where carries and borrows
 * travel, and random ones. */
#include <string.h>

#include "tests/check.h"
#include "tests/p256v/operands.h"

enum { RANDOM_CASES = 20000 };

/* Whether word is a weak form of expected, a number modulo p. */
static bool is_weakly(const uint32_t word[P256V_WORDS], const BIGNUM *expected)
{
    BIGNUM *number = BN_new();
    ossl_from_words(number, word);
    ossl_must(BN_mod(number, number, ossl_p, ossl_ctx), "mod");
    bool same = BN_cmp(number, expected) == 0;
    BN_free(number);
    return same;
}

struct numbers {
    BIGNUM *a, *b, *expected, *inverse_of_r, *inverse_of_two;
};

static void check_pair(struct numbers *n, const uint32_t a[P256V_WORDS],
                       const uint32_t b[P256V_WORDS])
{
    uint32_t r[P256V_WORDS];
    ossl_from_words(n->a, a);
    ossl_from_words(n->b, b);
    BIGNUM *e = n->expected;

    p256v_add(r, a, b);
    ossl_must(BN_mod_add(e, n->a, n->b, ossl_p, ossl_ctx), "add");
    CHECK(is_weakly(r, e));
    p256v_sub(r, a, b);
    ossl_must(BN_mod_sub(e, n->a, n->b, ossl_p, ossl_ctx), "sub");
    CHECK(is_weakly(r, e));
    p256v_mul(r, a, b);
    ossl_must(BN_mod_mul(e, n->a, n->b, ossl_p, ossl_ctx) &&
                  BN_mod_mul(e, e, n->inverse_of_r, ossl_p, ossl_ctx),
              "mul");
    CHECK(is_weakly(r, e));

    /* Results in the operands' own place. */
    memcpy(r, a, sizeof r);
    p256v_mul(r, r, b);
    CHECK(is_weakly(r, e));
    memcpy(r, b, sizeof r);
    p256v_mul(r, a, r);
    CHECK(is_weakly(r, e));

    uint32_t carry = p256v_number_add(r, a, b);
    ossl_must(BN_add(e, n->a, n->b), "sum");
    CHECK(carry == (uint32_t)(BN_num_bits(e) > 256));
    CHECK(p256v_number_less(a, b) == (BN_cmp(n->a, n->b) < 0));
}

static void check_one(struct numbers *n, const uint32_t a[P256V_WORDS])
{
    uint32_t r[P256V_WORDS];
    BIGNUM *e = n->expected;
    ossl_from_words(n->a, a);

    p256v_sqr(r, a);
    ossl_must(BN_mod_sqr(e, n->a, ossl_p, ossl_ctx) &&
                  BN_mod_mul(e, e, n->inverse_of_r, ossl_p, ossl_ctx),
              "sqr");
    CHECK(is_weakly(r, e));
    memcpy(r, a, sizeof r);
    p256v_sqr(r, r);
    CHECK(is_weakly(r, e));
    p256v_halve(r, a);
    ossl_must(BN_mod_mul(e, n->a, n->inverse_of_two, ossl_p, ossl_ctx), "halve");
    CHECK(is_weakly(r, e));
    p256v_enter(r, a);
    ossl_must(BN_mod_mul(e, n->a, ossl_r, ossl_p, ossl_ctx), "enter");
    CHECK(is_weakly(r, e));

    ossl_must(BN_mod(n->a, n->a, ossl_p, ossl_ctx), "mod");
    CHECK(p256v_is_zero(a) == BN_is_zero(n->a));
    if (BN_is_zero(n->a))
        return;
    p256v_field_invert(r, a);
    ossl_from_element(n->a, a);
    ossl_from_element(n->b, r);
    ossl_must(BN_mod_mul(e, n->a, n->b, ossl_p, ossl_ctx), "inverse");
    CHECK(BN_is_one(e));
}

static void test_field(void)
{
    struct numbers n = {BN_new(), BN_new(), BN_new(), BN_new(), BN_new()};
    uint32_t a[P256V_WORDS], b[P256V_WORDS];
    ossl_must(BN_mod_inverse(n.inverse_of_r, ossl_r, ossl_p, ossl_ctx) &&
                  BN_set_word(n.inverse_of_two, 2) &&
                  BN_mod_inverse(n.inverse_of_two, n.inverse_of_two, ossl_p, ossl_ctx),
              "inverses");
    operands_make(ossl_p);
    for (unsigned i = 0; i < operands_count; i++) {
        check_one(&n, operands[i]);
        for (unsigned j = 0; j < operands_count; j++)
            check_pair(&n, operands[i], operands[j]);
    }
    for (int i = 0; i < RANDOM_CASES; i++) {
        operands_random(a);
        operands_random(b);
        check_pair(&n, a, b);
        check_one(&n, a);
        operands_pair_with_low(a, b);
        check_pair(&n, a, b);
        operands_pair_with_high(a, b);
        check_pair(&n, a, b);
        operands_pair_beyond(a, b);
        check_pair(&n, a, b);
        operands_for_square(a);
        check_one(&n, a);
    }
    BN_free(n.a);
    BN_free(n.b);
    BN_free(n.expected);
    BN_free(n.inverse_of_r);
    BN_free(n.inverse_of_two);
}

/* The number itself, not only its class: scalars are compared and cut into digits. */
static bool is_exactly(const uint32_t word[P256V_WORDS], const BIGNUM *expected)
{
    uint32_t other[P256V_WORDS];
    ossl_to_words(other, expected);
    return memcmp(word, other, sizeof other) == 0;
}

static void check_division(const uint32_t a[P256V_WORDS], const uint32_t b[P256V_WORDS])
{
    BIGNUM *x = BN_new(), *y = BN_new();
    uint32_t r[P256V_WORDS];
    ossl_from_words(x, a);
    ossl_from_words(y, b);
    if (!BN_is_zero(y) && BN_cmp(y, ossl_n) < 0) {
        ossl_must(BN_mod_inverse(y, y, ossl_n, ossl_ctx) != NULL, "inverse");
        p256v_invert(r, b, &p256v_modulus_n);
        CHECK(is_exactly(r, y));
        p256v_scalar_inverse(r, b);
        p256v_scalar_mul(r, a, r);
        ossl_must(BN_mod_mul(y, x, y, ossl_n, ossl_ctx), "quotient");
        CHECK(is_exactly(r, y));
    }
    BN_free(x);
    BN_free(y);
}

static void test_scalars(void)
{
    uint32_t a[P256V_WORDS], b[P256V_WORDS];
    operands_make(ossl_n);
    for (unsigned i = 0; i < operands_count; i++)
        for (unsigned j = 0; j < operands_count; j++)
            check_division(operands[i], operands[j]);
    for (int i = 0; i < RANDOM_CASES; i++) {
        operands_random(a);
        operands_random(b);
        check_division(a, b);
    }
}

/* Combs ------------------------------------------------------------------------------------------
 */

/* Entry i of a comb, from the definition in p256v_private.h and by the other library alone. */
static void check_entry(const struct p256v_comb *comb, unsigned index, const EC_POINT *of)
{
    BIGNUM *multiple = BN_new(), *term = BN_new(), *x = BN_new(), *y = BN_new(), *own = BN_new();
    EC_POINT *point = EC_POINT_new(ossl_group);
    BN_zero(multiple);
    for (unsigned tooth = 0; tooth < comb->teeth; tooth++) {
        bool plus = tooth == comb->teeth - 1 || (index >> tooth & 1) != 0;
        BN_zero(term);
        ossl_must(BN_set_bit(term, (int)(tooth * comb->spacing)), "term");
        ossl_must(plus ? BN_add(multiple, multiple, term) : BN_sub(multiple, multiple, term),
                  "sum");
    }
    ossl_must(EC_POINT_mul(ossl_group, point, NULL, of, multiple, ossl_ctx) &&
                  EC_POINT_get_affine_coordinates(ossl_group, point, x, y, ossl_ctx),
              "entry");
    ossl_from_element(own, comb->entry[index].x);
    CHECK(BN_cmp(own, x) == 0);
    ossl_from_element(own, comb->entry[index].y);
    CHECK(BN_cmp(own, y) == 0);
    EC_POINT_free(point);
    BN_free(multiple);
    BN_free(term);
    BN_free(x);
    BN_free(y);
    BN_free(own);
}

static void test_table_of_the_base_point(void)
{
    CHECK(p256v_base.teeth * p256v_base.spacing >= 256);
    CHECK(p256v_base.teeth * p256v_base.spacing <= 288);
    CHECK(p256v_base.spacing <= P256V_SPACING);
    for (unsigned i = 0; i < 1u << (p256v_base.teeth - 1); i++)
        check_entry(&p256v_base, i, EC_GROUP_get0_generator(ossl_group));
}

static void test_tables_of_keys(void)
{
    BIGNUM *secret = BN_new();
    EC_POINT *point = EC_POINT_new(ossl_group);
    for (int round = 0; round < 100; round++) {
        struct p256v_table table;
        uint8_t bytes[P256V_POINT_BYTES];
        /* Small multiples first: the teeth are far apart, but the base point is no special case. */
        if (round < 20)
            ossl_must(BN_set_word(secret, (BN_ULONG)round + 1), "secret");
        else
            ossl_random_scalar(secret);
        ossl_must(EC_POINT_mul(ossl_group, point, secret, NULL, NULL, ossl_ctx), "key");
        ossl_point(bytes, point);
        CHECK_STATUS(p256v_prepare(bytes, &table), SCRIP_OK);
        const struct p256v_comb comb = {table.entry, P256V_TEETH, P256V_SPACING};
        for (unsigned i = 0; i < P256V_ENTRIES; i++)
            check_entry(&comb, i, point);
    }
    EC_POINT_free(point);
    BN_free(secret);
}

int main(void)
{
    ossl_open(25519);
    CHECK_RUN(test_field);
    CHECK_RUN(test_scalars);
    CHECK_RUN(test_table_of_the_base_point);
    CHECK_RUN(test_tables_of_keys);
    return check_done();
}
