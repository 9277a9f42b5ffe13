/*
 * p256v_private: the parts of p256v, for its own files, its kernels and its tests.
 *
 * A field element is eight words, least significant first, in Montgomery form (times 2^256 mod p),
 * and weak: any value below 2^256 of its class stands for it. Any operand may be the result, too.
 * A scalar is eight words below n, plain.
 */
#ifndef BASE_P256V_PRIVATE_H
#define BASE_P256V_PRIVATE_H

#include <stdbool.h>

#include "base/p256v.h"

/* The kernel: p256v_kernel.c in C, or a processor's own file linked in its place, whose results are
 * the same to the bit. r = a b / 2^256, a^2 / 2^256, a + b, a - b. */
void p256v_mul(uint32_t r[P256V_WORDS], const uint32_t a[P256V_WORDS],
               const uint32_t b[P256V_WORDS]);
void p256v_sqr(uint32_t r[P256V_WORDS], const uint32_t a[P256V_WORDS]);
void p256v_add(uint32_t r[P256V_WORDS], const uint32_t a[P256V_WORDS],
               const uint32_t b[P256V_WORDS]);
void p256v_sub(uint32_t r[P256V_WORDS], const uint32_t a[P256V_WORDS],
               const uint32_t b[P256V_WORDS]);

/* The field, p256v_field.c. */
extern const uint32_t p256v_p[P256V_WORDS];
extern const uint32_t p256v_one[P256V_WORDS];
void p256v_halve(uint32_t r[P256V_WORDS], const uint32_t a[P256V_WORDS]);
bool p256v_is_zero(const uint32_t a[P256V_WORDS]);
void p256v_enter(uint32_t r[P256V_WORDS], const uint32_t plain[P256V_WORDS]);    /* to Montgomery */
void p256v_field_invert(uint32_t r[P256V_WORDS], const uint32_t a[P256V_WORDS]); /* a not zero */
bool p256v_on_curve(const struct p256v_affine *point);

/* Whole numbers of eight words, p256v_number.c. The sums and differences return carry and borrow.
 */
void p256v_number_read(uint32_t r[P256V_WORDS], const uint8_t bytes[4 * P256V_WORDS]);
bool p256v_number_is_zero(const uint32_t a[P256V_WORDS]);
bool p256v_number_less(const uint32_t a[P256V_WORDS], const uint32_t b[P256V_WORDS]);
uint32_t p256v_number_add(uint32_t r[P256V_WORDS], const uint32_t a[P256V_WORDS],
                          const uint32_t b[P256V_WORDS]);
uint32_t p256v_number_sub(uint32_t r[P256V_WORDS], const uint32_t a[P256V_WORDS],
                          const uint32_t b[P256V_WORDS]);

/* 1 / a modulo p or n, for 0 < a < modulus; p256v_invert.c. */
struct p256v_modulus {
    int32_t limb[9];        /* of 30 bits, least significant first */
    uint32_t minus_inverse; /* -1 / modulus mod 2^30 */
};
extern const struct p256v_modulus p256v_modulus_p, p256v_modulus_n;
void p256v_invert(uint32_t r[P256V_WORDS], const uint32_t a[P256V_WORDS],
                  const struct p256v_modulus *modulus);

/* Scalars, p256v_scalar.c. r = a / b mod n for any a below 2^256. */
extern const uint32_t p256v_n[P256V_WORDS];
/* For b in [1, n - 1]: what p256v_scalar_mul() takes in order to divide by b. */
void p256v_scalar_inverse(uint32_t r[P256V_WORDS], const uint32_t b[P256V_WORDS]);
void p256v_scalar_mul(uint32_t r[P256V_WORDS], const uint32_t a[P256V_WORDS],
                      const uint32_t inverse_of_b[P256V_WORDS]);

/* Points, p256v_point.c: Jacobian (X / Z^2, Y / Z^3), infinity where Z is zero. */
struct p256v_point {
    uint32_t x[P256V_WORDS], y[P256V_WORDS], z[P256V_WORDS];
};
void p256v_point_lift(struct p256v_point *p, const struct p256v_affine *q);
void p256v_point_double(struct p256v_point *p);
/* p + q, or p - q where minus; right for every p and q. */
void p256v_point_add(struct p256v_point *p, const struct p256v_affine *q, bool minus);

/*
 * Combs, p256v_comb.c. Every scalar has a form with digits +1 and -1 alone. Tooth t takes the
 * digits from bit t * spacing on, and a column is one digit of every tooth. entry[i] is the point
 * of the highest tooth, plus the point of tooth t where bit t of i is set, minus it where not; the
 * point of a tooth is 2^(t * spacing) times the comb's own.
 */
struct p256v_comb {
    const struct p256v_affine *entry; /* 2^(teeth - 1) */
    unsigned teeth, spacing;          /* teeth * spacing in [256, 288] */
};
extern const struct p256v_comb p256v_base; /* of G; made by tools/p256v/table.c */

struct p256v_digits {
    uint32_t word[P256V_WORDS + 1]; /* bit i set: digit i is +1 */
    bool minus;                     /* and all of it negated */
};
void p256v_digits(struct p256v_digits *digits, const uint32_t scalar[P256V_WORDS],
                  const struct p256v_comb *comb);
void p256v_comb_add(struct p256v_point *p, const struct p256v_comb *comb,
                    const struct p256v_digits *digits, unsigned column);
/* Fills entry from a point of the curve; work holds as many points. */
void p256v_comb_build(const struct p256v_affine *point, unsigned teeth, unsigned spacing,
                      struct p256v_point *work, struct p256v_affine *entry);

/* x(u1 G + u2 Q) mod n == r, for r in [1, n - 1]; p256v.c. */
bool p256v_matches(const uint32_t u1[P256V_WORDS], const uint32_t u2[P256V_WORDS],
                   const struct p256v_table *table, const uint32_t r[P256V_WORDS]);

#endif
