#include "base/p256v_private.h"

#include <string.h>

/*
 * A scalar u has digits of +1 and -1 alone if it is odd, and either u or n - u is. With k digits,
 * u = 2 w - (2^k - 1) for w = (u - 1) / 2 + 2^(k - 1): its bits are the digits, set for +1.
 */
void p256v_digits(struct p256v_digits *digits, const uint32_t scalar[P256V_WORDS],
                  const struct p256v_comb *comb)
{
    uint32_t *word = digits->word;
    digits->minus = (scalar[0] & 1) == 0;
    if (digits->minus)
        (void)p256v_number_sub(word, p256v_n, scalar);
    else
        memcpy(word, scalar, 4 * P256V_WORDS);
    for (int i = 0; i < P256V_WORDS - 1; i++)
        word[i] = word[i] >> 1 | word[i + 1] << 31;
    word[P256V_WORDS - 1] >>= 1;
    word[P256V_WORDS] = 0;
    const unsigned top = comb->teeth * comb->spacing - 1;
    word[top / 32] |= 1u << top % 32;
}

static unsigned digit(const struct p256v_digits *digits, unsigned at)
{
    return digits->word[at / 32] >> at % 32 & 1;
}

/* The table has the highest tooth positive: the sums with a negative one are the negatives of those
 * with every other sign turned round. */
void p256v_comb_add(struct p256v_point *p, const struct p256v_comb *comb,
                    const struct p256v_digits *digits, unsigned column)
{
    unsigned at = column + (comb->teeth - 1) * comb->spacing;
    const unsigned negative = digit(digits, at) ^ 1;
    unsigned index = 0;
    while (at >= comb->spacing) {
        at -= comb->spacing;
        index = index << 1 | (digit(digits, at) ^ negative);
    }
    p256v_point_add(p, &comb->entry[index], (negative != 0) != digits->minus);
}

/* All the points in affine form at the cost of one inverse. None is infinity. */
static void normalise(const struct p256v_point *point, size_t count, struct p256v_affine *out)
{
    uint32_t inverse[P256V_WORDS], t[P256V_WORDS];
    /* out[i].x waits with the product of the z before point i. */
    memcpy(t, p256v_one, sizeof t);
    for (size_t i = 0; i < count; i++) {
        memcpy(out[i].x, t, sizeof t);
        p256v_mul(t, t, point[i].z);
    }
    p256v_field_invert(inverse, t);
    for (size_t i = count; i-- > 0;) {
        p256v_mul(t, inverse, out[i].x);
        p256v_mul(inverse, inverse, point[i].z);
        p256v_mul(out[i].y, t, point[i].y);
        p256v_sqr(t, t);
        p256v_mul(out[i].x, t, point[i].x);
        p256v_mul(out[i].y, out[i].y, t);
    }
}

/*
 * First the teeth's own points, then all their sums: entry i of the first 2^t is replaced by itself
 * minus the point of tooth t, and itself plus it is entry i + 2^t. The sums need no point doubled
 * and none is infinity: they are odd multiples of 2^spacing apart, and less than n in all.
 */
void p256v_comb_build(const struct p256v_affine *point, unsigned teeth, unsigned spacing,
                      struct p256v_point *work, struct p256v_affine *entry)
{
    struct p256v_point *next = work;
    p256v_point_lift(next, point);
    for (unsigned tooth = 1; tooth < teeth; tooth++) {
        next[1] = next[0];
        next++;
        for (unsigned i = 0; i < spacing; i++)
            p256v_point_double(next);
    }
    normalise(work, teeth, entry);

    p256v_point_lift(&work[0], &entry[teeth - 1]);
    for (unsigned tooth = 0; tooth < teeth - 1; tooth++) {
        const unsigned half = 1u << tooth;
        for (unsigned i = 0; i < half; i++) {
            work[i + half] = work[i];
            p256v_point_add(&work[i + half], &entry[tooth], false);
            p256v_point_add(&work[i], &entry[tooth], true);
        }
    }
    normalise(work, (size_t)1 << (teeth - 1), entry);
}
