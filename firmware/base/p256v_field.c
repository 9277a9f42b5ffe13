/* The field without its kernel: halves, zero, the inverse and the curve's equation. */
#include "base/p256v_private.h"

#include <string.h>

const uint32_t p256v_p[P256V_WORDS] = {0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0x00000000,
                                       0x00000000, 0x00000000, 0x00000001, 0xFFFFFFFF};
const uint32_t p256v_one[P256V_WORDS] = {0x00000001, 0x00000000, 0x00000000, 0xFFFFFFFF,
                                         0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFE, 0x00000000};

/* 2^512 mod p */
static const uint32_t SQUARE_OF_ONE[P256V_WORDS] = {0x00000003, 0x00000000, 0xFFFFFFFF, 0xFFFFFFFB,
                                                    0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0x00000004};

/* The curve's b, in Montgomery form. */
static const uint32_t CURVE_B[P256V_WORDS] = {0x29C4BDDF, 0xD89CDF62, 0x78843090, 0xACF005CD,
                                              0xF7212ED6, 0xE5A220AB, 0x04874834, 0xDC30061D};

void p256v_halve(uint32_t r[P256V_WORDS], const uint32_t a[P256V_WORDS])
{
    uint32_t top = 0;
    if ((a[0] & 1) != 0)
        top = p256v_number_add(r, a, p256v_p);
    else
        memmove(r, a, 4 * P256V_WORDS);
    for (int i = 0; i < P256V_WORDS - 1; i++)
        r[i] = r[i] >> 1 | r[i + 1] << 31;
    r[7] = r[7] >> 1 | top << 31;
}

/* Zero is 0 or p. The lowest word alone rules both out nearly always. */
bool p256v_is_zero(const uint32_t a[P256V_WORDS])
{
    if (a[0] != 0 && a[0] != p256v_p[0])
        return false;
    return p256v_number_is_zero(a) || memcmp(a, p256v_p, 4 * P256V_WORDS) == 0;
}

void p256v_enter(uint32_t r[P256V_WORDS], const uint32_t plain[P256V_WORDS])
{
    p256v_mul(r, plain, SQUARE_OF_ONE);
}

void p256v_field_invert(uint32_t r[P256V_WORDS], const uint32_t a[P256V_WORDS])
{
    uint32_t least[P256V_WORDS];
    if (p256v_number_sub(least, a, p256v_p) != 0)
        memcpy(least, a, sizeof least);
    p256v_invert(r, least, &p256v_modulus_p);
    /* 1 / (a 2^256) is two factors of 2^256 short of the inverse's own form. */
    p256v_enter(r, r);
    p256v_enter(r, r);
}

/* y^2 = x^3 - 3 x + b */
bool p256v_on_curve(const struct p256v_affine *point)
{
    uint32_t left[P256V_WORDS], right[P256V_WORDS];
    p256v_sqr(right, point->x);
    for (int i = 0; i < 3; i++)
        p256v_sub(right, right, p256v_one);
    p256v_mul(right, right, point->x);
    p256v_add(right, right, CURVE_B);
    p256v_sqr(left, point->y);
    p256v_sub(left, left, right);
    return p256v_is_zero(left);
}
