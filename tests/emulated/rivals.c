#include "tests/emulated/rivals.h"

#include <mbedtls/ecdsa.h>
#include <mbedtls/memory_buffer_alloc.h>
#include <p256-m.h>

void rivals_open(void)
{
    static _Alignas(8) unsigned char arena[32768];
    mbedtls_memory_buffer_alloc_init(arena, sizeof arena);
}

/* All that it takes from the bytes of a key, as PSA does it for every verification. */
int rivals_mbedtls(const uint8_t point[65], const uint8_t hash[32], const uint8_t signature[64])
{
    mbedtls_ecp_group group;
    mbedtls_ecp_point key;
    mbedtls_mpi r, s;
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&key);
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    int good = mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1) == 0 &&
               mbedtls_ecp_point_read_binary(&group, &key, point, 65) == 0 &&
               mbedtls_ecp_check_pubkey(&group, &key) == 0 &&
               mbedtls_mpi_read_binary(&r, signature, 32) == 0 &&
               mbedtls_mpi_read_binary(&s, signature + 32, 32) == 0 &&
               mbedtls_ecdsa_verify(&group, hash, 32, &key, &r, &s) == 0;
    mbedtls_mpi_free(&s);
    mbedtls_mpi_free(&r);
    mbedtls_ecp_point_free(&key);
    mbedtls_ecp_group_free(&group);
    return good;
}

int rivals_p256m(const uint8_t point[65], const uint8_t hash[32], const uint8_t signature[64])
{
    return p256_ecdsa_verify(signature, point + 1, hash, 32) == P256_SUCCESS;
}
