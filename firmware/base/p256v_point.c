/* The group law in Jacobian coordinates, for a = -3: formulas dbl-2001-b (with 2 Y taken first) and
 * madd of the Explicit-Formulas Database. */
#include "base/p256v_private.h"

#include <string.h>

void p256v_point_lift(struct p256v_point *p, const struct p256v_affine *q)
{
    memcpy(p->x, q->x, sizeof p->x);
    memcpy(p->y, q->y, sizeof p->y);
    memcpy(p->z, p256v_one, sizeof p->z);
}

/*
 * With S = X (2 Y)^2 and M = 3 (X - Z^2) (X + Z^2):
 * X' = M^2 - 2 S, Y' = M (S - X') - (2 Y)^4 / 2, Z' = 2 Y Z.
 * Infinity stays infinity, for Z' has the factor Z. No point of the curve has Y = 0.
 */
void p256v_point_double(struct p256v_point *p)
{
    uint32_t s[P256V_WORDS], m[P256V_WORDS], t[P256V_WORDS];
    p256v_sqr(t, p->z);
    p256v_sub(m, p->x, t);
    p256v_add(t, p->x, t);
    p256v_mul(m, m, t);
    p256v_add(t, m, m);
    p256v_add(m, m, t);

    p256v_add(t, p->y, p->y);
    p256v_mul(p->z, p->z, t);
    p256v_sqr(t, t);
    p256v_mul(s, t, p->x);
    p256v_sqr(t, t);
    p256v_halve(p->y, t);

    p256v_sqr(p->x, m);
    p256v_add(t, s, s);
    p256v_sub(p->x, p->x, t);
    p256v_sub(s, s, p->x);
    p256v_mul(s, s, m);
    p256v_sub(p->y, s, p->y);
}

/*
 * With H = x Z^2 - X and R = y Z^3 - Y:
 * X' = R^2 - H^3 - 2 X H^2, Y' = R (X H^2 - X') - Y H^3, Z' = Z H.
 * H = 0 tells the two points that have the same x apart from all others: there the formula is wrong
 * for p = q, and right, as infinity, for p = -q.
 */
void p256v_point_add(struct p256v_point *p, const struct p256v_affine *q, bool minus)
{
    static const uint32_t zero[P256V_WORDS];
    uint32_t h[P256V_WORDS], r[P256V_WORDS], t[P256V_WORDS], v[P256V_WORDS];
    if (p256v_is_zero(p->z)) {
        p256v_point_lift(p, q);
        if (minus)
            p256v_sub(p->y, zero, p->y);
        return;
    }
    p256v_sqr(t, p->z);
    p256v_mul(h, t, q->x);
    p256v_sub(h, h, p->x);
    p256v_mul(t, t, p->z);
    p256v_mul(r, t, q->y);
    if (minus)
        p256v_sub(r, zero, r);
    p256v_sub(r, r, p->y);
    if (p256v_is_zero(h) && p256v_is_zero(r)) {
        p256v_point_double(p);
        return;
    }

    p256v_mul(p->z, p->z, h);
    p256v_sqr(t, h);
    p256v_mul(v, t, p->x);
    p256v_mul(h, h, t);
    p256v_mul(p->y, p->y, h);
    p256v_sqr(p->x, r);
    p256v_sub(p->x, p->x, h);
    p256v_sub(p->x, p->x, v);
    p256v_sub(p->x, p->x, v);
    p256v_sub(v, v, p->x);
    p256v_mul(v, v, r);
    p256v_sub(p->y, v, p->y);
}
