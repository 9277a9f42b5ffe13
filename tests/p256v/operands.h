/* operands: numbers of eight words on which carries and borrows travel far, and random ones. */
#ifndef TESTS_P256V_OPERANDS_H
#define TESTS_P256V_OPERANDS_H

#include "tests/p256v/openssl.h"

enum { OPERANDS_MOST = 512 };
extern uint32_t operands[OPERANDS_MOST][P256V_WORDS];
extern unsigned operands_count;

/* Near 0, near the modulus, near 2^256 - modulus and its double, near 2^256; single bits, runs of
 * ones, and words that are each 0, 1, all ones or the top bit. */
void operands_make(const BIGNUM *modulus);
void operands_random(uint32_t word[P256V_WORDS]);
/* Pairs whose product has words of all ones, zeros and others in its lower half, or in its upper.
 */
void operands_pair_with_low(uint32_t a[P256V_WORDS], uint32_t b[P256V_WORDS]);
void operands_pair_with_high(uint32_t a[P256V_WORDS], uint32_t b[P256V_WORDS]);
/* Pairs whose Montgomery product is just above 2^256 before p is taken from it. */
void operands_pair_beyond(uint32_t a[P256V_WORDS], uint32_t b[P256V_WORDS]);
/* A number whose upper half has such a square, and with its lower half such a product. */
void operands_for_square(uint32_t a[P256V_WORDS]);

#endif
