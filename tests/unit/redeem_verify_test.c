/* verify: one case for each refusal, the borders of time, and no tampered byte that passes. */
#include "redeem/verify.h"
#include "redeem/seal.h"
#include "tests/check.h"
#include "tests/support/issuer.h"

static struct test_issuer issuer;
static struct identity terminal;
static struct trust trust;
static struct voucher voucher;
static uint8_t memory[LIMIT_TOKEN_BYTES];

static void reset(void)
{
    trust = (struct trust){.keys = &issuer.keys,
                           .identity = &terminal,
                           .now = {.t_s = TEST_NOW_S,
                                   .unc_s = 2,
                                   .tolerance_s = 32,
                                   .quality = WALLCLOCK_GOOD,
                                   .floor_s = TEST_NOW_S - 3600,
                                   .signed_age_s = 60}};
}

static enum scrip_status verify_bytes(struct bytes bytes, enum token_kind kind)
{
    static const struct voucher zero;
    struct token token;
    TRY(token_parse_bytes(bytes, kind, &token));
    enum scrip_status status = verify_token(&trust, &token, &voucher);
    CHECK_EQ_INT(token.seal, 0);
    if (status == SCRIP_OK)
        CHECK_EQ_INT(voucher.seal, SEAL_VOUCHER);
    else if (status == SCRIP_REFUSED_EXPIRED)
        CHECK_EQ_INT(voucher.seal, 0); /* what it was, and no way to redeem it */
    else
        CHECK_EQ_BYTES(&voucher, &zero, sizeof voucher);
    return status;
}

static enum scrip_status verify(const struct token_claims *claims)
{
    return verify_bytes(test_mint(&issuer, claims, memory), TOKEN_CUSTOMER);
}

static void test_a_genuine_code(void)
{
    struct token_claims claims = test_claims(1);
    reset();
    CHECK_STATUS(verify(&claims), SCRIP_OK);
    CHECK_EQ_INT(voucher.issuer, TEST_ISSUER);
    CHECK_EQ_INT(voucher.claims.limit_minor, 500);
    CHECK_EQ_BYTES(voucher.claims.cti, claims.cti, sizeof claims.cti);
    CHECK_EQ_INT(voucher.now.t_s, TEST_NOW_S);
    CHECK(voucher.token.data == memory && !voucher.bound);
}

/* The prepared key is what a signature is held against, once there is one. */
static void test_prepared_keys(void)
{
    static struct keyset_tables tables;
    struct token_claims claims = test_claims(1);
    struct keyset keys = issuer.keys;
    reset();
    trust.keys = &keys;
    CHECK_STATUS(keyset_prepare(&keys, &tables), SCRIP_OK);
    CHECK_STATUS(verify(&claims), SCRIP_OK);
    memset(&tables, 0, sizeof tables);
    CHECK_STATUS(verify(&claims), SCRIP_FAULT_SEAL);

    uint8_t scalar[CRYPTO_SCALAR_BYTES];
    struct crypto_key other;
    CHECK_STATUS(crypto_signing_generate(&other, scalar), SCRIP_OK);
    CHECK_STATUS(p256v_prepare(test_key_entry(other).point, &tables.table[0]), SCRIP_OK);
    crypto_key_close(&other);
    CHECK_STATUS(verify(&claims), SCRIP_REFUSED_SIGNATURE);
}

static void test_seals(void)
{
    struct token_claims claims = test_claims(1);
    struct token token;
    reset();
    CHECK_STATUS(token_parse_bytes(test_mint(&issuer, &claims, memory), TOKEN_CUSTOMER, &token),
                 SCRIP_OK);
    CHECK_STATUS(verify_token(&trust, &token, &voucher), SCRIP_OK);
    CHECK_STATUS(verify_token(&trust, &token, &voucher), SCRIP_FAULT_SEAL);
    CHECK_EQ_INT(voucher.seal, 0);
    token.seal = SEAL_SCAN;
    CHECK_STATUS(verify_token(&trust, &token, &voucher), SCRIP_FAULT_SEAL);
}

static void test_no_tampered_byte_passes(void)
{
    struct token_claims claims = test_claims(1);
    uint8_t copy[LIMIT_TOKEN_BYTES];
    reset();
    struct bytes token = test_mint(&issuer, &claims, memory);
    for (size_t at = 0; at < token.len; at++) {
        for (unsigned bit = 1; bit < 256; bit <<= 3) {
            memcpy(copy, token.data, token.len);
            copy[at] ^= (uint8_t)bit;
            enum scrip_status status = verify_bytes(bytes_of(copy, token.len), TOKEN_CUSTOMER);
            CHECK(status == SCRIP_REFUSED_SHAPE || status == SCRIP_REFUSED_KEY ||
                  status == SCRIP_REFUSED_SIGNATURE);
        }
    }
    for (size_t len = 0; len < token.len; len++)
        CHECK_STATUS(verify_bytes(bytes_of(token.data, len), TOKEN_CUSTOMER), SCRIP_REFUSED_SHAPE);
}

static void test_keys(void)
{
    struct token_claims claims = test_claims(1);
    struct keyset keys = issuer.keys;
    reset();
    trust.keys = NULL;
    CHECK_STATUS(verify(&claims), SCRIP_REFUSED_KEYS_STALE);
    trust.keys = &keys;
    keys.count = 0;
    CHECK_STATUS(verify(&claims), SCRIP_REFUSED_KEY);
    keys.count = 1;
    keys.key[0].kid[7] ^= 1;
    CHECK_STATUS(verify(&claims), SCRIP_REFUSED_KEY);
    keys.key[0] = issuer.keys.key[0];
    keys.key[0].uses = KEYSET_STATUS | KEYSET_VAULT;
    CHECK_STATUS(verify(&claims), SCRIP_REFUSED_KEY);
}

/* A key that only pretends to the kid neither hides the right one nor passes for it. */
static void test_keys_that_share_a_kid_are_all_tried(void)
{
    struct token_claims claims = test_claims(1);
    struct keyset keys = issuer.keys;
    uint8_t scalar[CRYPTO_SCALAR_BYTES];
    struct crypto_key other;
    reset();
    trust.keys = &keys;
    CHECK_STATUS(crypto_signing_generate(&other, scalar), SCRIP_OK);
    keys.key[0] = test_key_entry(other);
    keys.key[0].issuer = 99;
    memcpy(keys.key[0].kid, issuer.kid, sizeof issuer.kid);
    CHECK_STATUS(verify(&claims), SCRIP_REFUSED_SIGNATURE);
    keys.key[1] = issuer.keys.key[0];
    keys.count = 2;
    CHECK_STATUS(verify(&claims), SCRIP_OK);
    CHECK_EQ_INT(voucher.issuer, TEST_ISSUER);
    keys.key[0].point[40] ^= 1; /* nor does one that is no key at all */
    CHECK_STATUS(verify(&claims), SCRIP_OK);
    crypto_key_close(&other);
}

static void test_beyond_the_keys_bounds(void)
{
    struct token_claims claims = test_claims(1);
    struct keyset keys = issuer.keys;
    struct keyset_key *key = &keys.key[0];
    reset();
    trust.keys = &keys;
    key->max_limit_minor = 500;
    key->nbf_s = key->sign_until_s = claims.iat_s;
    key->verify_until_s = claims.exp_s;
    CHECK_STATUS(verify(&claims), SCRIP_OK);

    key->max_limit_minor = 499;
    CHECK_STATUS(verify(&claims), SCRIP_REFUSED_CLAIMS);
    *key = issuer.keys.key[0];
    key->currency = 840;
    CHECK_STATUS(verify(&claims), SCRIP_REFUSED_CLAIMS);
    *key = issuer.keys.key[0];
    key->max_scope = TOKEN_IDENTIFY;
    CHECK_STATUS(verify(&claims), SCRIP_REFUSED_CLAIMS);
    *key = issuer.keys.key[0];
    key->nbf_s = claims.iat_s + 1;
    CHECK_STATUS(verify(&claims), SCRIP_REFUSED_KEY);
    *key = issuer.keys.key[0];
    key->sign_until_s = claims.iat_s - 1;
    CHECK_STATUS(verify(&claims), SCRIP_REFUSED_KEY);
    *key = issuer.keys.key[0];
    key->verify_until_s = claims.exp_s - 1;
    CHECK_STATUS(verify(&claims), SCRIP_REFUSED_KEY);
}

static void test_claims_are_judged_after_the_signature(void)
{
    struct token_claims claims = test_claims(1);
    reset();
    claims.scope = 64;
    CHECK_STATUS(verify(&claims), SCRIP_REFUSED_CLAIMS);
    struct bytes token = test_mint(&issuer, &claims, memory);
    memory[token.len - 1] ^= 1;
    CHECK_STATUS(verify_bytes(token, TOKEN_CUSTOMER), SCRIP_REFUSED_SIGNATURE);
}

static void test_audience(void)
{
    static const struct {
        const char *audience;
        enum scrip_status status;
    } cases[] = {{"ACME.S1", SCRIP_OK},
                 {"ACME.S1.T1", SCRIP_OK},
                 {"ACME.S2", SCRIP_REFUSED_AUDIENCE},
                 {"ACME.S", SCRIP_REFUSED_AUDIENCE},
                 {"ACME.S10", SCRIP_REFUSED_AUDIENCE},
                 {"ACM.S1", SCRIP_REFUSED_AUDIENCE},
                 {"ACME.S1.T2", SCRIP_REFUSED_AUDIENCE},
                 {"ACME.S1.T11", SCRIP_REFUSED_AUDIENCE}};
    struct token_claims claims = test_claims(1);
    reset();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        claims.audience = bytes_text(cases[i].audience);
        CHECK_STATUS(verify(&claims), cases[i].status);
    }
}

static void test_binding(void)
{
    struct token_claims free_claims = test_claims(1), bound = test_claims(1);
    struct challenge challenge;
    memset(&challenge, 0, sizeof challenge);
    memset(challenge.nonce, 0x21, sizeof challenge.nonce);
    memset(challenge.txh, 0x43, sizeof challenge.txh);
    bound.has_txh = bound.has_nonce = true;
    memcpy(bound.txh, challenge.txh, sizeof bound.txh);
    memcpy(bound.nonce, challenge.nonce, sizeof bound.nonce);

    reset();
    CHECK_STATUS(verify(&bound), SCRIP_REFUSED_BINDING); /* nothing is open */
    trust.challenge = &challenge;
    CHECK_STATUS(verify(&free_claims), SCRIP_REFUSED_BINDING);
    CHECK_STATUS(verify(&bound), SCRIP_OK);
    CHECK(voucher.bound);
    challenge.txh[15] ^= 1;
    CHECK_STATUS(verify(&bound), SCRIP_REFUSED_BINDING);
    challenge.txh[15] ^= 1;
    challenge.nonce[0] ^= 1;
    CHECK_STATUS(verify(&bound), SCRIP_REFUSED_BINDING);
}

static void test_the_borders_of_time(void)
{
    struct token_claims claims = test_claims(1);
    reset();
    trust.now.t_s = claims.iat_s - trust.now.tolerance_s; /* iat = T + S */
    CHECK_STATUS(verify(&claims), SCRIP_OK);
    trust.now.t_s--;
    CHECK_STATUS(verify(&claims), SCRIP_REFUSED_NOT_YET);
    trust.now.t_s = claims.exp_s + trust.now.tolerance_s - 1;
    CHECK_STATUS(verify(&claims), SCRIP_OK);
    trust.now.t_s++; /* T = exp + S */
    CHECK_STATUS(verify(&claims), SCRIP_REFUSED_EXPIRED);
    trust.exp_grace_s = 10; /* the host's */
    CHECK_STATUS(verify(&claims), SCRIP_OK);
    trust.now.t_s += 10;
    CHECK_STATUS(verify(&claims), SCRIP_REFUSED_EXPIRED);
    trust.now.quality = WALLCLOCK_FAIR;
    CHECK_STATUS(verify(&claims), SCRIP_REFUSED_EXPIRED);
}

static void test_while_the_clock_is_bad(void)
{
    struct token_claims claims = test_claims(1);
    reset();
    trust.now.quality = WALLCLOCK_BAD;
    trust.now.t_s = claims.exp_s + 5000; /* means nothing */
    CHECK_STATUS(verify(&claims), SCRIP_OK);
    CHECK_EQ_INT(voucher.now.quality, WALLCLOCK_BAD);
    trust.now.floor_s = claims.exp_s + VERIFY_SPENT_S;
    CHECK_STATUS(verify(&claims), SCRIP_OK);
    trust.now.floor_s++; /* its spent entry may be gone */
    CHECK_STATUS(verify(&claims), SCRIP_REFUSED_EXPIRED);
}

static void test_a_stale_key_set(void)
{
    struct token_claims redeem = test_claims(1), identify = test_claims(2);
    struct keyset keys = issuer.keys;
    identify.scope = TOKEN_IDENTIFY;
    identify.has_limit = false;
    reset();
    trust.keys = &keys;
    keys.exp_s = TEST_NOW_S + 1;
    CHECK_STATUS(verify(&redeem), SCRIP_OK);
    keys.exp_s = TEST_NOW_S;
    CHECK_STATUS(verify(&redeem), SCRIP_REFUSED_KEYS_STALE);
    CHECK_STATUS(verify(&identify), SCRIP_OK);
    keys.exp_s = TEST_NOW_S - KEYSET_IDENTIFY_GRACE_S;
    CHECK_STATUS(verify(&identify), SCRIP_REFUSED_KEYS_STALE);

    trust.now.quality = WALLCLOCK_BAD;
    keys.exp_s = trust.now.floor_s + 1;
    CHECK_STATUS(verify(&redeem), SCRIP_OK);
    keys.exp_s = trust.now.floor_s;
    CHECK_STATUS(verify(&redeem), SCRIP_REFUSED_KEYS_STALE);
}

static void test_a_receipt_is_not_a_code(void)
{
    struct token_claims claims = test_claims(1);
    reset();
    CHECK_STATUS(verify_bytes(test_mint(&issuer, &claims, memory), TOKEN_RECEIPT),
                 SCRIP_REFUSED_FOREIGN);
}

int main(void)
{
    test_issuer_open(&issuer);
    CHECK_STATUS(identity_parse(bytes_text(TEST_TERMINAL), &terminal), SCRIP_OK);
    CHECK_RUN(test_a_genuine_code);
    CHECK_RUN(test_prepared_keys);
    CHECK_RUN(test_seals);
    CHECK_RUN(test_no_tampered_byte_passes);
    CHECK_RUN(test_keys);
    CHECK_RUN(test_keys_that_share_a_kid_are_all_tried);
    CHECK_RUN(test_beyond_the_keys_bounds);
    CHECK_RUN(test_claims_are_judged_after_the_signature);
    CHECK_RUN(test_audience);
    CHECK_RUN(test_binding);
    CHECK_RUN(test_the_borders_of_time);
    CHECK_RUN(test_while_the_clock_is_bad);
    CHECK_RUN(test_a_stale_key_set);
    CHECK_RUN(test_a_receipt_is_not_a_code);
    return check_done();
}
