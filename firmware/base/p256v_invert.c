/*
 * Division steps of Bernstein and Yang ("Fast constant-time gcd computation and modular inversion",
 * 2019), here in variable time, in the variant that starts at delta = 1/2 and needs no more than
 * 590 steps for 256 bits. Numbers are nine signed limbs of 30 bits, and 30 steps at a time are
 * taken on the lowest bits alone: they make a matrix, which is then applied to the whole numbers.
 *
 * Invariants, with x the number to invert and M the modulus: d x = f and e x = g modulo M; f is
 * odd; gcd(f, g) = 1. When g is 0, f is 1 or -1, and d or -d is the inverse.
 */
#include "base/p256v_private.h"

enum {
    LIMBS = 9,
    LIMB_BITS = 30,
    LIMB_MASK = (1 << LIMB_BITS) - 1,
    BATCHES = 20 /* 600 steps */
};

/* Which is for the compiler to say. */
/* cppcheck-suppress shiftNegativeLHS */
_Static_assert((-1 >> 1) == -1, "a shift to the right keeps the sign");

const struct p256v_modulus p256v_modulus_p = {
    {0x3FFFFFFF, 0x3FFFFFFF, 0x3FFFFFFF, 0x0000003F, 0, 0, 0x00001000, 0x3FFFC000, 0x0000FFFF}, 1};
const struct p256v_modulus p256v_modulus_n = {{0x3C632551, 0x0EE72B0B, 0x3179E84F, 0x39BEAB69,
                                               0x3FFFFFBC, 0x3FFFFFFF, 0x00000FFF, 0x3FFFC000,
                                               0x0000FFFF},
                                              0x2E00BC4F};

struct matrix {
    int32_t u, v, q, r; /* times 2^-30; |u| + |v| and |q| + |r| are at most 2^30 */
};

/* Thirty steps on the low bits of f and g; returns the new delta (plus one half). */
static int32_t steps(int32_t delta, uint32_t f, uint32_t g, struct matrix *out)
{
    int32_t u = 1, v = 0, q = 0, r = 1;
    for (int i = 0; i < LIMB_BITS; i++) {
        if ((g & 1) == 0) {
            delta++;
        } else if (delta > 0) {
            /* (f, g) becomes (g, (g - f) / 2) */
            const int32_t old_u = u, old_v = v;
            const uint32_t old_f = f;
            delta = 2 - delta;
            f = g;
            g -= old_f;
            u = q;
            v = r;
            q -= old_u;
            r -= old_v;
        } else {
            delta++;
            g += f;
            q += u;
            r += v;
        }
        g >>= 1;
        u *= 2;
        v *= 2;
    }
    *out = (struct matrix){u, v, q, r};
    return delta;
}

/* (f, g) becomes the matrix times (f, g) / 2^30, which is whole. */
static void apply(const struct matrix *t, int32_t f[LIMBS], int32_t g[LIMBS])
{
    int64_t sum_f = 0, sum_g = 0;
    for (int i = 0; i < LIMBS; i++) {
        sum_f += (int64_t)t->u * f[i] + (int64_t)t->v * g[i];
        sum_g += (int64_t)t->q * f[i] + (int64_t)t->r * g[i];
        if (i > 0) {
            f[i - 1] = (int32_t)(sum_f & LIMB_MASK);
            g[i - 1] = (int32_t)(sum_g & LIMB_MASK);
        }
        sum_f >>= LIMB_BITS;
        sum_g >>= LIMB_BITS;
    }
    f[LIMBS - 1] = (int32_t)sum_f;
    g[LIMBS - 1] = (int32_t)sum_g;
}

/* The multiple of the modulus, of the least size, that makes sum divisible by 2^30. */
static int32_t clearing(int64_t sum, const struct p256v_modulus *modulus)
{
    uint32_t least = (uint32_t)sum * modulus->minus_inverse & LIMB_MASK;
    return (int32_t)least - (int32_t)((least >> (LIMB_BITS - 1)) << LIMB_BITS);
}

/* The same for (d, e) modulo M. Each batch adds at most M / 2 to their size: 11 M in the end. */
static void apply_modulo(const struct matrix *t, int32_t d[LIMBS], int32_t e[LIMBS],
                         const struct p256v_modulus *modulus)
{
    int64_t sum_d = (int64_t)t->u * d[0] + (int64_t)t->v * e[0];
    int64_t sum_e = (int64_t)t->q * d[0] + (int64_t)t->r * e[0];
    const int32_t times_d = clearing(sum_d, modulus), times_e = clearing(sum_e, modulus);
    sum_d += (int64_t)times_d * modulus->limb[0];
    sum_e += (int64_t)times_e * modulus->limb[0];
    for (int i = 1; i < LIMBS; i++) {
        sum_d >>= LIMB_BITS;
        sum_e >>= LIMB_BITS;
        sum_d += (int64_t)t->u * d[i] + (int64_t)t->v * e[i] + (int64_t)times_d * modulus->limb[i];
        sum_e += (int64_t)t->q * d[i] + (int64_t)t->r * e[i] + (int64_t)times_e * modulus->limb[i];
        d[i - 1] = (int32_t)(sum_d & LIMB_MASK);
        e[i - 1] = (int32_t)(sum_e & LIMB_MASK);
    }
    d[LIMBS - 1] = (int32_t)(sum_d >> LIMB_BITS);
    e[LIMBS - 1] = (int32_t)(sum_e >> LIMB_BITS);
}

/* a + times b */
static void add_times(int32_t a[LIMBS], int32_t times, const int32_t b[LIMBS])
{
    int64_t sum = 0;
    for (int i = 0; i < LIMBS - 1; i++) {
        sum += a[i] + (int64_t)times * b[i];
        a[i] = (int32_t)(sum & LIMB_MASK);
        sum >>= LIMB_BITS;
    }
    a[LIMBS - 1] += (int32_t)(sum + (int64_t)times * b[LIMBS - 1]);
}

static bool is_zero(const int32_t a[LIMBS])
{
    int32_t any = 0;
    for (int i = 0; i < LIMBS; i++)
        any |= a[i];
    return any == 0;
}

static void to_limbs(int32_t limb[LIMBS], const uint32_t word[P256V_WORDS])
{
    for (int i = 0; i < LIMBS; i++) {
        const int at = LIMB_BITS * i / 32, shift = LIMB_BITS * i % 32;
        uint64_t two = word[at];
        if (at + 1 < P256V_WORDS)
            two |= (uint64_t)word[at + 1] << 32;
        limb[i] = (int32_t)(two >> shift & LIMB_MASK);
    }
}

static void to_words(uint32_t word[P256V_WORDS], const int32_t limb[LIMBS])
{
    uint64_t bits = 0;
    int held = 0, next = 0;
    for (int i = 0; i < P256V_WORDS; i++) {
        for (; held < 32; held += LIMB_BITS)
            bits |= (uint64_t)(uint32_t)limb[next++] << held;
        word[i] = (uint32_t)bits;
        bits >>= 32;
        held -= 32;
    }
}

void p256v_invert(uint32_t r[P256V_WORDS], const uint32_t a[P256V_WORDS],
                  const struct p256v_modulus *modulus)
{
    int32_t f[LIMBS], g[LIMBS], d[LIMBS] = {0}, e[LIMBS] = {1};
    int32_t delta = 1;
    for (int i = 0; i < LIMBS; i++)
        f[i] = modulus->limb[i];
    to_limbs(g, a);
    for (int batch = 0; batch < BATCHES && !is_zero(g); batch++) {
        struct matrix t;
        /* Limbs but the highest are in [0, 2^30), and 30 bits are enough for 30 steps. */
        delta = steps(delta, (uint32_t)f[0], (uint32_t)g[0], &t);
        apply(&t, f, g);
        apply_modulo(&t, d, e, modulus);
    }

    /* Into [0, M): with the sign of f, then by a few times the modulus. e is done with. */
    if (f[LIMBS - 1] < 0) {
        for (int i = 0; i < LIMBS; i++) {
            e[i] = d[i];
            d[i] = 0;
        }
        add_times(d, -1, e);
    }
    while (d[LIMBS - 1] >= 0)
        add_times(d, -1, modulus->limb);
    while (d[LIMBS - 1] < 0)
        add_times(d, 1, modulus->limb);
    to_words(r, d);
}
