/*
 * issuer: a back office for tests: one issuer key, the key set that names it, and tokens by it.
 */
#ifndef TESTS_SUPPORT_ISSUER_H
#define TESTS_SUPPORT_ISSUER_H

#include "redeem/keyset.h"
#include "redeem/token.h"
#include "tests/support/entropy.h"

enum { TEST_NOW_S = 1795305600, TEST_ISSUER = 7, TEST_CURRENCY = 978 };
#define TEST_AUDIENCE "ACME.S1"
#define TEST_TERMINAL "ACME.S1.T1"

struct test_issuer {
    struct test_entropy entropy;
    struct crypto_key key;
    uint8_t kid[COSE_KID_BYTES];
    struct keyset keys; /* that key alone, for a day around TEST_NOW_S */
};

/* Opens the crypto library; the address must stay. */
void test_issuer_open(struct test_issuer *issuer);

/* A key set's entry for a key: all scopes, 100.00 euro. */
struct keyset_key test_key_entry(struct crypto_key key);

/* Worth up to 5.00 euro at TEST_AUDIENCE, offline allowed, issued now for 120 s; cti is number
 * sixteen times. */
struct token_claims test_claims(uint8_t number);

/* Signs what the payload says, whatever it is. */
struct bytes test_sign(const struct test_issuer *issuer, struct bytes payload,
                       uint8_t out[LIMIT_TOKEN_BYTES]);
struct bytes test_mint(const struct test_issuer *issuer, const struct token_claims *claims,
                       uint8_t out[LIMIT_TOKEN_BYTES]);
/* The same as a code's text. */
struct bytes test_code(const struct test_issuer *issuer, const struct token_claims *claims,
                       char transport, uint8_t out[LIMIT_CODE_CHARS]);

#endif
