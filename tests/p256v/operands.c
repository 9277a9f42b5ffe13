#include "tests/p256v/operands.h"

#include <string.h>

uint32_t operands[OPERANDS_MOST][P256V_WORDS];
unsigned operands_count;

static void put_operand(const BIGNUM *number)
{
    if (BN_is_negative(number) || BN_num_bits(number) > 256 || operands_count == OPERANDS_MOST)
        return;
    ossl_to_words(operands[operands_count++], number);
}

void operands_make(const BIGNUM *modulus)
{
    static const uint32_t words[] = {0, 1, 0xFFFFFFFF, 0x80000000};
    BIGNUM *near[5], *number = BN_new();
    operands_count = 0;
    for (int i = 0; i < 5; i++)
        near[i] = BN_new();
    BN_zero(near[0]);
    ossl_must(BN_copy(near[1], modulus) && BN_sub(near[2], ossl_r, modulus) &&
                  BN_lshift1(near[3], near[2]) && BN_copy(near[4], ossl_r),
              "near");
    for (int i = 0; i < 5; i++)
        for (int offset = -2; offset <= 2; offset++) {
            ossl_must(BN_copy(number, near[i]) &&
                          (offset < 0 ? BN_sub_word(number, (BN_ULONG)-offset)
                                      : BN_add_word(number, (BN_ULONG)offset)),
                      "offset");
            put_operand(number);
        }
    for (int bit = 0; bit <= 256; bit += 16)
        for (int offset = -1; offset <= 0; offset++) {
            BN_zero(number);
            ossl_must(BN_set_bit(number, bit) && (offset == 0 || BN_sub_word(number, 1)), "bit");
            put_operand(number);
        }
    while (operands_count < 160) {
        uint32_t word[P256V_WORDS];
        for (int i = 0; i < P256V_WORDS; i++)
            word[i] = words[ossl_random() % 4];
        ossl_from_words(number, word);
        put_operand(number);
    }
    for (int i = 0; i < 5; i++)
        BN_free(near[i]);
    BN_free(number);
}

void operands_random(uint32_t word[P256V_WORDS])
{
    for (int i = 0; i < P256V_WORDS; i++)
        word[i] = (uint32_t)(ossl_random() >> 32);
}

static void random_runs(uint32_t word[P256V_WORDS])
{
    for (int i = 0; i < P256V_WORDS; i++) {
        uint64_t kind = ossl_random() % 4;
        word[i] = kind == 0 ? 0 : kind == 3 ? (uint32_t)(ossl_random() >> 32) : 0xFFFFFFFF;
    }
}

/* a = low / b modulo 2^256, for an odd b. */
void operands_pair_with_low(uint32_t a[P256V_WORDS], uint32_t b[P256V_WORDS])
{
    BIGNUM *low = BN_new(), *inverse = BN_new();
    ossl_must(low != NULL && inverse != NULL, "memory");
    operands_random(b);
    b[0] |= 1;
    random_runs(a);
    ossl_from_words(low, a);
    ossl_from_words(inverse, b);
    ossl_must(BN_mod_inverse(inverse, inverse, ossl_r, ossl_ctx) != NULL &&
                  BN_mod_mul(low, low, inverse, ossl_r, ossl_ctx),
              "lower half");
    ossl_to_words(a, low);
    BN_free(low);
    BN_free(inverse);
}

/* a = high 2^256 / b rounded up, for a b above high: what is too much is less than b. */
void operands_pair_with_high(uint32_t a[P256V_WORDS], uint32_t b[P256V_WORDS])
{
    BIGNUM *high = BN_new(), *divisor = BN_new();
    ossl_must(high != NULL && divisor != NULL, "memory");
    operands_random(b);
    b[7] = 0xFFFFFFFF;
    random_runs(a);
    a[7] = ossl_random() % 2 == 0 ? 0xFFFFFFFE : a[7] >> 1;
    ossl_from_words(high, a);
    ossl_from_words(divisor, b);
    ossl_must(BN_lshift(high, high, 256) && BN_div(high, NULL, high, divisor, ossl_ctx) &&
                  BN_add_word(high, 1),
              "upper half");
    ossl_to_words(a, high);
    BN_free(high);
    BN_free(divisor);
}

/* a = (2^256 + x) 2^256 / b modulo p, for an x below 2^128. The product of the numbers is nearly
 * always too large for the reduction to come out at x + 2^256 - p instead. */
void operands_pair_beyond(uint32_t a[P256V_WORDS], uint32_t b[P256V_WORDS])
{
    BIGNUM *beyond = BN_new(), *inverse = BN_new();
    ossl_must(beyond != NULL && inverse != NULL, "memory");
    operands_random(b);
    random_runs(a);
    memset(a + P256V_WORDS / 2, 0, 2 * P256V_WORDS);
    ossl_from_words(beyond, a);
    ossl_from_words(inverse, b);
    ossl_must(BN_add(beyond, beyond, ossl_r) && BN_lshift(beyond, beyond, 256) &&
                  BN_mod_inverse(inverse, inverse, ossl_p, ossl_ctx) != NULL &&
                  BN_mod_mul(beyond, beyond, inverse, ossl_p, ossl_ctx),
              "beyond");
    ossl_to_words(a, beyond);
    BN_free(beyond);
    BN_free(inverse);
}

/* The least number whose square is not below this one. */
static void root(BIGNUM *out, const BIGNUM *square)
{
    BIGNUM *try = BN_new();
    ossl_must(try != NULL, "memory");
    BN_zero(out);
    for (int bit = 127; bit >= 0; bit--) {
        ossl_must(BN_set_bit(out, bit) && BN_sqr(try, out, ossl_ctx), "root");
        if (BN_cmp(try, square) >= 0)
            ossl_must(BN_clear_bit(out, bit), "root");
    }
    ossl_must(BN_add_word(out, 1), "root");
    BN_free(try);
}

void operands_for_square(uint32_t a[P256V_WORDS])
{
    BIGNUM *number = BN_new(), *upper = BN_new(), *lower = BN_new();
    ossl_must(number != NULL && upper != NULL && lower != NULL, "memory");
    random_runs(a);
    a[4] = 0xFFFFFFFE; /* the root's own inexactness ends here */
    a[7] = (uint32_t)(ossl_random() >> 32) | 1u << 31;
    ossl_from_words(number, a);
    root(upper, number);

    random_runs(a);
    a[3] = 0x7FFFFFFF; /* below the upper half's top word */
    memset(a + P256V_WORDS / 2, 0, 2 * P256V_WORDS);
    ossl_from_words(number, a);
    ossl_must(BN_lshift(number, number, 128) && BN_div(lower, NULL, number, upper, ossl_ctx) &&
                  BN_add_word(lower, 1) && BN_lshift(upper, upper, 128) &&
                  BN_add(number, upper, lower),
              "halves");
    ossl_to_words(a, number);
    BN_free(number);
    BN_free(upper);
    BN_free(lower);
}
