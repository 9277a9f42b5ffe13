/* Arithmetic modulo n, the order of the group: three products a verification, so in loops. */
#include "base/p256v_private.h"

const uint32_t p256v_n[P256V_WORDS] = {0xFC632551, 0xF3B9CAC2, 0xA7179E84, 0xBCE6FAAD,
                                       0xFFFFFFFF, 0xFFFFFFFF, 0x00000000, 0xFFFFFFFF};

/* 2^512 mod n */
static const uint32_t SQUARE_OF_ONE[P256V_WORDS] = {0xBE79EEA2, 0x83244C95, 0x49BD6FA6, 0x4699799C,
                                                    0x2B6BEC59, 0x2845B239, 0xF3D95620, 0x66E12D94};
static const uint32_t MINUS_INVERSE = 0xEE00BC4F; /* -1 / n mod 2^32 */

/* t + x b / 2^32: the low word of t becomes 0, and falls out. */
static uint32_t add_row(uint32_t t[P256V_WORDS + 1], uint32_t x, const uint32_t b[P256V_WORDS])
{
    uint64_t sum = 0;
    for (int j = 0; j < P256V_WORDS; j++) {
        sum = (uint64_t)x * b[j] + t[j] + (sum >> 32);
        t[j] = (uint32_t)sum;
    }
    sum = (sum >> 32) + t[P256V_WORDS];
    t[P256V_WORDS] = (uint32_t)sum;
    return (uint32_t)(sum >> 32);
}

/* r = a b / 2^256 mod n, below n if b is; Montgomery's product, row by row. */
void p256v_scalar_mul(uint32_t r[P256V_WORDS], const uint32_t a[P256V_WORDS],
                      const uint32_t b[P256V_WORDS])
{
    uint32_t t[P256V_WORDS + 1] = {0};
    for (int i = 0; i < P256V_WORDS; i++) {
        uint32_t carry = add_row(t, a[i], b);
        carry += add_row(t, t[0] * MINUS_INVERSE, p256v_n);
        for (int j = 0; j < P256V_WORDS; j++)
            t[j] = t[j + 1];
        t[P256V_WORDS] = carry;
    }
    /* Below 2 n, for (2^256 b + 2^256 n) / 2^256 is. */
    if (p256v_number_sub(r, t, p256v_n) > t[P256V_WORDS])
        (void)p256v_number_add(r, r, p256v_n);
}

void p256v_scalar_inverse(uint32_t r[P256V_WORDS], const uint32_t b[P256V_WORDS])
{
    p256v_invert(r, b, &p256v_modulus_n);
    /* Times 2^256, which p256v_scalar_mul() takes away again. */
    p256v_scalar_mul(r, SQUARE_OF_ONE, r);
}
