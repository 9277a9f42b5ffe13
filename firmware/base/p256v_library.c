/* p256v by the cryptographic library: the oracle of p256v.c, and what a program may link instead of
 * it. A prepared key is only the checked point, kept in the table's first words. */
#include "base/crypto.h"
#include "base/p256v.h"

#include <string.h>

_Static_assert(sizeof(struct p256v_table) >= CRYPTO_POINT_BYTES, "a table holds a point");
_Static_assert((int)P256V_POINT_BYTES == (int)CRYPTO_POINT_BYTES, "one size of points");

enum scrip_status p256v_prepare(const uint8_t point[P256V_POINT_BYTES], struct p256v_table *table)
{
    memset(table, 0, sizeof *table);
    TRY(crypto_point_check(point));
    memcpy(table, point, P256V_POINT_BYTES);
    return SCRIP_OK;
}

enum scrip_status p256v_verify(const struct p256v_table *table,
                               const uint8_t hash[P256V_HASH_BYTES],
                               const uint8_t signature[P256V_SIGNATURE_BYTES])
{
    uint8_t point[P256V_POINT_BYTES];
    memcpy(point, table, sizeof point);
    return point[0] == 4 ? crypto_verify(point, hash, signature) : SCRIP_FAULT_SEAL;
}
