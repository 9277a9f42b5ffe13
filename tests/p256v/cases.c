#include "tests/p256v/cases.h"

#include <string.h>

/* Adds n to a number of 32 bytes where it fits. */
static bool add_order(uint8_t number[32])
{
    BIGNUM *sum = BN_bin2bn(number, 32, NULL);
    ossl_must(sum != NULL && BN_add(sum, sum, ossl_n), "sum");
    bool fits = BN_num_bits(sum) <= 256;
    if (fits)
        ossl_to_bytes(number, sum);
    BN_free(sum);
    return fits;
}

static void negate(uint8_t number[32])
{
    BIGNUM *rest = BN_bin2bn(number, 32, NULL);
    ossl_must(rest != NULL && BN_sub(rest, ossl_n, rest), "difference");
    ossl_to_bytes(number, rest);
    BN_free(rest);
}

static void flip(uint8_t *data, size_t len)
{
    uint64_t bit = ossl_random() % (8 * len);
    data[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

/* What a hash or a signature's half may be that random ones never are. */
static void put_special(uint8_t number[32])
{
    BIGNUM *value = BN_dup(ossl_n);
    ossl_must(value != NULL, "memory");
    switch (ossl_random() % 8) {
    case 0:
        BN_zero(value);
        break;
    case 1:
        ossl_must(BN_one(value), "one");
        break;
    case 2:
        ossl_must(BN_sub_word(value, 1), "n - 1");
        break;
    case 3:
        break;
    case 4:
        ossl_must(BN_add_word(value, 1), "n + 1");
        break;
    case 5:
        ossl_must(BN_copy(value, ossl_p) != NULL, "p");
        break;
    case 6:
        ossl_must(BN_sub(value, ossl_r, BN_value_one()), "2^256 - 1");
        break;
    default:
        ossl_must(BN_rshift1(value, value), "n / 2");
    }
    ossl_to_bytes(number, value);
    BN_free(value);
}

static void vary(struct p256v_case *one, const struct ossl_key *key, unsigned kind)
{
    uint8_t *r = one->signature, *s = one->signature + 32;
    switch (kind) {
    case 0:
        flip(one->signature, P256V_SIGNATURE_BYTES);
        break;
    case 1:
        flip(one->hash, P256V_HASH_BYTES);
        break;
    case 2:
        negate(s);
        break;
    case 3:
        negate(r);
        break;
    case 4:
        put_special(r);
        break;
    case 5:
        put_special(s);
        break;
    case 6: /* a good signature over a special hash */
        put_special(one->hash);
        ossl_sign(key, one->hash, one->signature);
        break;
    case 7:
        memcpy(r, s, 32);
        break;
    case 8:
        if (!add_order(s))
            flip(s, 32);
        break;
    default:
        break;
    }
}

void cases_random(cases_take *take, void *context)
{
    BIGNUM *secret = BN_new();
    for (int k = 0; k < CASES_KEYS; k++) {
        struct ossl_key key;
        ossl_random_scalar(secret);
        ossl_key_of(&key, secret);
        for (unsigned i = 0; i < CASES_PER_KEY; i++) {
            struct p256v_case one;
            memcpy(one.point, key.point, sizeof one.point);
            ossl_random_bytes(one.hash, sizeof one.hash);
            ossl_sign(&key, one.hash, one.signature);
            vary(&one, &key, i % 20);
            one.good = ossl_verify(&key, one.hash, one.signature);
            take(context, &one);
        }
        ossl_key_close(&key);
    }
    BN_free(secret);
}

/* Collisions ------------------------------------------------------------------------------------
 */

/* A sum a G + b Q, as p256v_matches() has it on its way. */
struct sum {
    BIGNUM *a, *b;
};

/* What p256v_comb_add() adds in that column, as a multiple of the comb's point. */
static void multiple_of(BIGNUM *out, const struct p256v_comb *comb,
                        const struct p256v_digits *digits, unsigned column)
{
    BIGNUM *term = BN_new();
    ossl_must(term != NULL, "memory");
    BN_zero(out);
    for (unsigned tooth = 0; tooth < comb->teeth; tooth++) {
        unsigned place = tooth * comb->spacing, at = column + place;
        BN_zero(term);
        ossl_must(BN_set_bit(term, (int)place), "term");
        bool plus = (digits->word[at / 32] >> at % 32 & 1) != 0;
        BN_set_negative(term, plus == digits->minus);
        ossl_must(BN_add(out, out, term), "sum");
    }
    ossl_must(BN_nnmod(out, out, ossl_n, ossl_ctx), "multiple");
    BN_free(term);
}

/* The signature with the x of u1 G + u2 Q, and one that is near. */
static void take_solved(cases_take *take, void *context, const BIGNUM *u1, const BIGNUM *u2,
                        const BIGNUM *secret)
{
    struct p256v_case one;
    struct ossl_key key;
    BIGNUM *r = BN_new();
    EC_POINT *point = EC_POINT_new(ossl_group);
    ossl_must(r != NULL && point != NULL, "memory");
    ossl_key_of(&key, secret);
    ossl_must(BN_mod_mul(r, u2, secret, ossl_n, ossl_ctx) &&
                  BN_mod_add(r, r, u1, ossl_n, ossl_ctx) &&
                  EC_POINT_mul(ossl_group, point, r, NULL, NULL, ossl_ctx),
              "solution");
    bool nowhere = EC_POINT_is_at_infinity(ossl_group, point);
    if (nowhere)
        ossl_random_scalar(r);
    else
        ossl_must(EC_POINT_get_affine_coordinates(ossl_group, point, r, NULL, ossl_ctx) &&
                      BN_mod(r, r, ossl_n, ossl_ctx),
                  "x");
    ossl_case(&one, key.point, u1, u2, r);
    one.good = ossl_verify(&key, one.hash, one.signature);
    ossl_must(one.good != nowhere, "the expected answer");
    take(context, &one);
    flip(one.signature, 32);
    one.good = ossl_verify(&key, one.hash, one.signature);
    take(context, &one);
    EC_POINT_free(point);
    BN_free(r);
    ossl_key_close(&key);
}

/*
 * The sum is a + b q when the multiple m is added: of G, or of Q and then m q. It meets the point
 * itself where a + b q = m or m q, and its negative where a + b q = -m or -m q.
 */
static void solve(cases_take *take, void *context, const BIGNUM *u1, const BIGNUM *u2,
                  const struct sum *sum, const BIGNUM *m, bool of_key)
{
    BIGNUM *q = BN_new(), *divisor = BN_new(), *meets = BN_new();
    ossl_must(q != NULL && divisor != NULL && meets != NULL, "memory");
    for (int negative = 0; negative < 2; negative++) {
        if (negative != 0)
            ossl_must(BN_sub(meets, ossl_n, m), "-m");
        else
            ossl_must(BN_copy(meets, m) != NULL, "m");
        if (of_key) /* q = a / (m - b) */
            ossl_must(BN_copy(q, sum->a) && BN_mod_sub(divisor, meets, sum->b, ossl_n, ossl_ctx),
                      "of key");
        else /* q = (m - a) / b */
            ossl_must(BN_mod_sub(q, meets, sum->a, ossl_n, ossl_ctx) && BN_copy(divisor, sum->b),
                      "of base");
        if (BN_is_zero(q) || BN_is_zero(divisor))
            continue;
        ossl_must(BN_mod_inverse(divisor, divisor, ossl_n, ossl_ctx) &&
                      BN_mod_mul(q, q, divisor, ossl_n, ossl_ctx),
                  "division");
        take_solved(take, context, u1, u2, q);
    }
    BN_free(q);
    BN_free(divisor);
    BN_free(meets);
}

static void collide(cases_take *take, void *context, const BIGNUM *u1, const BIGNUM *u2)
{
    const struct p256v_comb key = {NULL, P256V_TEETH, P256V_SPACING};
    struct p256v_digits base_digits, key_digits;
    uint32_t word[P256V_WORDS];
    struct sum sum = {BN_new(), BN_new()};
    BIGNUM *m = BN_new();
    ossl_must(sum.a != NULL && sum.b != NULL && m != NULL, "memory");
    ossl_to_words(word, u1);
    p256v_digits(&base_digits, word, &p256v_base);
    ossl_to_words(word, u2);
    p256v_digits(&key_digits, word, &key);
    for (unsigned column = P256V_SPACING; column-- > 0;) {
        ossl_must(BN_mod_lshift1(sum.a, sum.a, ossl_n, ossl_ctx) &&
                      BN_mod_lshift1(sum.b, sum.b, ossl_n, ossl_ctx),
                  "double");
        multiple_of(m, &key, &key_digits, column);
        solve(take, context, u1, u2, &sum, m, true);
        ossl_must(BN_mod_add(sum.b, sum.b, m, ossl_n, ossl_ctx), "add");
        if (column >= p256v_base.spacing)
            continue;
        multiple_of(m, &p256v_base, &base_digits, column);
        solve(take, context, u1, u2, &sum, m, false);
        ossl_must(BN_mod_add(sum.a, sum.a, m, ossl_n, ossl_ctx), "add");
    }
    ossl_must(BN_cmp(sum.a, u1) == 0 && BN_cmp(sum.b, u2) == 0, "the digits");
    BN_free(sum.a);
    BN_free(sum.b);
    BN_free(m);
}

void cases_collision(cases_take *take, void *context)
{
    BIGNUM *u1 = BN_new(), *u2 = BN_new();
    for (unsigned i = 0; i < CASES_COLLISION_SCALARS; i++) {
        /* Every pair of odd and even, for even scalars are turned round. */
        do
            ossl_random_scalar(u1);
        while (BN_is_odd(u1) != (int)(i & 1));
        do
            ossl_random_scalar(u2);
        while (BN_is_odd(u2) != (int)(i >> 1 & 1));
        collide(take, context, u1, u2);
    }
    BN_free(u1);
    BN_free(u2);
}

/* x beyond n -------------------------------------------------------------------------------------
 */

/* The key for which u1 G + u2 Q has that x: false if no point has. */
static bool key_for_x(struct ossl_key *key, const BIGNUM *x, const BIGNUM *u1, const BIGNUM *u2)
{
    EC_POINT *point = EC_POINT_new(ossl_group), *base = EC_POINT_new(ossl_group);
    BIGNUM *inverse = BN_new();
    uint8_t bytes[P256V_POINT_BYTES];
    bool found = EC_POINT_set_compressed_coordinates(ossl_group, point, x, 0, ossl_ctx) == 1;
    if (found) {
        ossl_must(EC_POINT_mul(ossl_group, base, u1, NULL, NULL, ossl_ctx) &&
                      EC_POINT_invert(ossl_group, base, ossl_ctx) &&
                      EC_POINT_add(ossl_group, point, point, base, ossl_ctx) &&
                      BN_mod_inverse(inverse, u2, ossl_n, ossl_ctx) &&
                      EC_POINT_mul(ossl_group, point, NULL, point, inverse, ossl_ctx),
                  "key for x");
        ossl_point(bytes, point);
        ossl_key_of_point(key, bytes);
    }
    BN_free(inverse);
    EC_POINT_free(point);
    EC_POINT_free(base);
    return found;
}

static void take_wrapped(cases_take *take, void *context, const BIGNUM *x, const BIGNUM *r)
{
    struct p256v_case one;
    struct ossl_key key;
    BIGNUM *u1 = BN_new(), *u2 = BN_new();
    ossl_random_scalar(u1);
    ossl_random_scalar(u2);
    if (key_for_x(&key, x, u1, u2)) {
        ossl_case(&one, key.point, u1, u2, r);
        one.good = ossl_verify(&key, one.hash, one.signature);
        take(context, &one);
        /* Another name of the same r, which is none: r must be below n. */
        if (add_order(one.signature)) {
            one.good = ossl_verify(&key, one.hash, one.signature);
            ossl_must(!one.good, "r + n");
            take(context, &one);
        }
        ossl_key_close(&key);
    }
    BN_free(u1);
    BN_free(u2);
}

/* A good signature whose s is so small that s + n still has 32 bytes, and that, which is none. */
static void take_small_s(cases_take *take, void *context, unsigned small)
{
    struct p256v_case one;
    struct ossl_key key;
    BIGNUM *k = BN_new(), *r = BN_new(), *s = BN_new(), *secret = BN_new(), *e = BN_new();
    ossl_must(k != NULL && r != NULL && s != NULL && secret != NULL && e != NULL, "memory");
    ossl_random_scalar(k);
    ossl_random_scalar(e);
    ossl_x_of_multiple(r, k);
    /* The key that makes s: (s k - e) / r. */
    ossl_must(BN_set_word(s, small) && BN_mod_mul(secret, s, k, ossl_n, ossl_ctx) &&
                  BN_mod_sub(secret, secret, e, ossl_n, ossl_ctx) &&
                  BN_mod_inverse(k, r, ossl_n, ossl_ctx) &&
                  BN_mod_mul(secret, secret, k, ossl_n, ossl_ctx),
              "small s");
    ossl_key_of(&key, secret);
    memcpy(one.point, key.point, sizeof one.point);
    ossl_to_bytes(one.hash, e);
    ossl_to_bytes(one.signature, r);
    ossl_to_bytes(one.signature + 32, s);
    one.good = ossl_verify(&key, one.hash, one.signature);
    ossl_must(one.good, "the small s");
    take(context, &one);
    ossl_must(add_order(one.signature + 32), "s + n");
    one.good = ossl_verify(&key, one.hash, one.signature);
    take(context, &one);
    ossl_key_close(&key);
    BN_free(k);
    BN_free(r);
    BN_free(s);
    BN_free(secret);
    BN_free(e);
}

void cases_wrapped(cases_take *take, void *context)
{
    BIGNUM *x = BN_new(), *r = BN_new(), *gap = BN_new();
    ossl_must(x != NULL && r != NULL && gap != NULL && BN_sub(gap, ossl_p, ossl_n), "gap");
    for (unsigned i = 1; i <= 64; i++) {
        /* x = n + i and, from the other end, p - i: r is x - n. */
        ossl_must(BN_copy(x, ossl_n) && BN_add_word(x, i) && BN_set_word(r, i), "x");
        take_wrapped(take, context, x, r);
        ossl_must(BN_copy(x, ossl_p) && BN_sub_word(x, i) && BN_sub(r, x, ossl_n), "x");
        take_wrapped(take, context, x, r);
        /* x = i, and r = i + p - n: r + n is x modulo p, but not below p. */
        ossl_must(BN_set_word(x, i - 1) && BN_add(r, gap, x), "x");
        take_wrapped(take, context, x, r);
        take_small_s(take, context, i);
    }
    BN_free(x);
    BN_free(r);
    BN_free(gap);
}
