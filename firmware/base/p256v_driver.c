/*
 * p256v_driver: p256v verifies for the library as well, where p256-m is the library's elliptic
 * curve: one verifier in the image, an order of magnitude faster than p256-m's own, which the
 * Makefile renames out of the way. What TLS and X.509 verify is as public as a token.
 *
 * Stack    a table, and what p256v_prepare() needs.
 */
#include "base/p256v.h"

#include <string.h>

#include <p256-m.h>

int p256_ecdsa_verify(const uint8_t sig[64], const uint8_t pub[64], const uint8_t *hash,
                      size_t hlen)
{
    struct p256v_table table;
    uint8_t point[P256V_POINT_BYTES] = {4};

    /* Nothing here is signed over another hash than SHA-256. */
    if (hlen != P256V_HASH_BYTES)
        return P256_INVALID_SIGNATURE;
    memcpy(point + 1, pub, sizeof point - 1);
    if (p256v_prepare(point, &table) != SCRIP_OK)
        return P256_INVALID_PUBKEY;
    return p256v_verify(&table, hash, sig) == SCRIP_OK ? P256_SUCCESS : P256_INVALID_SIGNATURE;
}
