#include "base/p256v_private.h"

#include <string.h>

/* p - n: an x in [n, p) is r + n, and r then below this. */
static const uint32_t P_MINUS_N[P256V_WORDS] = {0x039CDAAE, 0x0C46353D, 0x58E8617B, 0x43190553};

static bool read_coordinate(uint32_t r[P256V_WORDS], const uint8_t bytes[4 * P256V_WORDS])
{
    p256v_number_read(r, bytes);
    bool good = p256v_number_less(r, p256v_p);
    p256v_enter(r, r);
    return good;
}

enum scrip_status p256v_prepare(const uint8_t point[P256V_POINT_BYTES], struct p256v_table *table)
{
    struct p256v_affine key;
    struct p256v_point work[P256V_ENTRIES];
    memset(table, 0, sizeof *table);
    if (point[0] != 4 || !read_coordinate(key.x, point + 1) ||
        !read_coordinate(key.y, point + 33) || !p256v_on_curve(&key))
        return SCRIP_REFUSED_KEY;
    p256v_comb_build(&key, P256V_TEETH, P256V_SPACING, work, table->entry);
    return SCRIP_OK;
}

static bool read_scalar(uint32_t r[P256V_WORDS], const uint8_t bytes[4 * P256V_WORDS])
{
    p256v_number_read(r, bytes);
    return !p256v_number_is_zero(r) && p256v_number_less(r, p256v_n);
}

/* Whether the affine x of p is the whole number x: x Z^2 = X, without an inverse. */
static bool has_x(const struct p256v_point *p, const uint32_t x[P256V_WORDS])
{
    uint32_t expected[P256V_WORDS], t[P256V_WORDS];
    p256v_enter(expected, x);
    p256v_sqr(t, p->z);
    p256v_mul(expected, expected, t);
    p256v_sub(t, expected, p->x);
    return p256v_is_zero(t);
}

bool p256v_matches(const uint32_t u1[P256V_WORDS], const uint32_t u2[P256V_WORDS],
                   const struct p256v_table *table, const uint32_t r[P256V_WORDS])
{
    const struct p256v_comb key = {table->entry, P256V_TEETH, P256V_SPACING};
    struct p256v_digits base_digits, key_digits;
    struct p256v_point sum = {{0}, {0}, {0}};
    p256v_digits(&base_digits, u1, &p256v_base);
    p256v_digits(&key_digits, u2, &key);
    for (unsigned column = P256V_SPACING; column-- > 0;) {
        p256v_point_double(&sum);
        p256v_comb_add(&sum, &key, &key_digits, column);
        if (column < p256v_base.spacing)
            p256v_comb_add(&sum, &p256v_base, &base_digits, column);
    }
    if (p256v_is_zero(sum.z))
        return false;
    if (has_x(&sum, r))
        return true;
    uint32_t x[P256V_WORDS];
    (void)p256v_number_add(x, r, p256v_n);
    return p256v_number_less(r, P_MINUS_N) && has_x(&sum, x);
}

enum scrip_status p256v_verify(const struct p256v_table *table,
                               const uint8_t hash[P256V_HASH_BYTES],
                               const uint8_t signature[P256V_SIGNATURE_BYTES])
{
    uint32_t r[P256V_WORDS], s[P256V_WORDS], u1[P256V_WORDS], u2[P256V_WORDS];
    /* Any signature could be made to fit a table that is no key's. */
    if (!p256v_on_curve(&table->entry[0]))
        return SCRIP_FAULT_SEAL;
    if (!read_scalar(r, signature) || !read_scalar(s, signature + 32))
        return SCRIP_REFUSED_SIGNATURE;
    p256v_scalar_inverse(s, s);
    p256v_number_read(u1, hash);
    p256v_scalar_mul(u1, u1, s);
    p256v_scalar_mul(u2, r, s);
    return p256v_matches(u1, u2, table, r) ? SCRIP_OK : SCRIP_REFUSED_SIGNATURE;
}
