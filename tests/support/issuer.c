#include "tests/support/issuer.h"

#include <string.h>

#include "tests/check.h"

void test_issuer_open(struct test_issuer *issuer)
{
    uint8_t scalar[CRYPTO_SCALAR_BYTES];
    memset(issuer, 0, sizeof *issuer);
    test_entropy_open(&issuer->entropy, 42);
    CHECK_STATUS(crypto_open(&issuer->entropy.hal), SCRIP_OK);
    CHECK_STATUS(crypto_signing_generate(&issuer->key, scalar), SCRIP_OK);
    issuer->keys = (struct keyset){.iat_s = TEST_NOW_S - 86400,
                                   .exp_s = TEST_NOW_S + 86400,
                                   .seq = 1,
                                   .count = 1,
                                   .key = {test_key_entry(issuer->key)},
                                   .root_count = 1};
    memcpy(issuer->kid, issuer->keys.key[0].kid, sizeof issuer->kid);
}

struct keyset_key test_key_entry(struct crypto_key key)
{
    struct keyset_key entry = {
        .uses = KEYSET_TOKENS,
        .nbf_s = TEST_NOW_S - 86400,
        .sign_until_s = TEST_NOW_S + 86400,
        .verify_until_s = TEST_NOW_S + 2 * 86400,
        .issuer = TEST_ISSUER,
        .max_scope = TOKEN_IDENTIFY | TOKEN_EARN | TOKEN_REDEEM_ANY,
        .max_limit_minor = 10000,
        .currency = TEST_CURRENCY,
    };
    CHECK_STATUS(crypto_signing_public(key, entry.point), SCRIP_OK);
    CHECK_STATUS(cose_kid(entry.point, entry.kid), SCRIP_OK);
    return entry;
}

struct token_claims test_claims(uint8_t number)
{
    struct token_claims claims = {
        .audience = bytes_text(TEST_AUDIENCE),
        .iat_s = TEST_NOW_S,
        .exp_s = TEST_NOW_S + 120,
        .scope = TOKEN_REDEEM_VALUE,
        .flags = TOKEN_OFFLINE,
        .tier = 2,
        .has_member = true,
        .has_limit = true,
        .limit_minor = 500,
        .currency = TEST_CURRENCY,
    };
    memset(claims.cti, number, sizeof claims.cti);
    memset(claims.member, 0x4D, sizeof claims.member);
    return claims;
}

struct bytes test_sign(const struct test_issuer *issuer, struct bytes payload,
                       uint8_t out[LIMIT_TOKEN_BYTES])
{
    struct buffer token = buffer_of(out, LIMIT_TOKEN_BYTES);
    CHECK_STATUS(cose_sign(issuer->key, issuer->kid, token_aad(TOKEN_CUSTOMER), payload, &token),
                 SCRIP_OK);
    return buffer_bytes(&token);
}

struct bytes test_mint(const struct test_issuer *issuer, const struct token_claims *claims,
                       uint8_t out[LIMIT_TOKEN_BYTES])
{
    uint8_t memory[LIMIT_TOKEN_PAYLOAD];
    struct buffer payload = buffer_of(memory, sizeof memory);
    token_claims_write(claims, &payload);
    CHECK(!payload.overflow);
    return test_sign(issuer, buffer_bytes(&payload), out);
}

struct bytes test_code(const struct test_issuer *issuer, const struct token_claims *claims,
                       char transport, uint8_t out[LIMIT_CODE_CHARS])
{
    uint8_t memory[LIMIT_TOKEN_BYTES];
    struct buffer text = buffer_of(out, LIMIT_CODE_CHARS);
    scan_encode(TOKEN_CUSTOMER, transport, test_mint(issuer, claims, memory), &text);
    CHECK(!text.overflow);
    return buffer_bytes(&text);
}
