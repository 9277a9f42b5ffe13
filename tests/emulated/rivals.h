/*
 * rivals: the other verifiers that an image may have: mbedTLS with its own arithmetic, and p256-m,
 * which comes with it. 1: the signature is good.
 */
#ifndef TESTS_EMULATED_RIVALS_H
#define TESTS_EMULATED_RIVALS_H

#include <stdint.h>

void rivals_open(void);
int rivals_mbedtls(const uint8_t point[65], const uint8_t hash[32], const uint8_t signature[64]);
int rivals_p256m(const uint8_t point[65], const uint8_t hash[32], const uint8_t signature[64]);

#endif
