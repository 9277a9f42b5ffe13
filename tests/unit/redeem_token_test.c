/* token: every claim's rule, each broken once; what is written is read back. */
#include "redeem/token.h"
#include "base/cbor.h"
#include "redeem/seal.h"
#include "tests/check.h"
#include "tests/support/issuer.h"

static struct test_issuer issuer;
static struct token_claims out;

static enum scrip_status read_back(const struct token_claims *claims)
{
    static uint8_t memory[400];
    struct buffer payload = buffer_of(memory, sizeof memory);
    token_claims_write(claims, &payload);
    CHECK(!payload.overflow);
    enum scrip_status status = token_claims_read(buffer_bytes(&payload), &out);
    if (status != SCRIP_OK) {
        static const struct token_claims zero;
        CHECK_EQ_BYTES(&out, &zero, sizeof out);
    }
    return status;
}

static struct token_claims full_claims(void)
{
    struct token_claims claims = test_claims(9);
    claims.scope |= TOKEN_IDENTIFY | TOKEN_EARN | TOKEN_REDEEM_OFFER;
    claims.has_offer = true;
    claims.offer = 4711;
    claims.flags = TOKEN_OFFLINE | TOKEN_STAFF_CHECK;
    claims.has_txh = claims.has_nonce = true;
    memset(claims.txh, 0x77, sizeof claims.txh);
    memset(claims.nonce, 0x88, sizeof claims.nonce);
    return claims;
}

static void test_every_claim_is_read_back(void)
{
    struct token_claims in = full_claims();
    CHECK_STATUS(read_back(&in), SCRIP_OK);
    CHECK(bytes_equal(out.audience, in.audience));
    CHECK_EQ_INT(out.iat_s, in.iat_s);
    CHECK_EQ_INT(out.exp_s, in.exp_s);
    CHECK_EQ_BYTES(out.cti, in.cti, sizeof in.cti);
    CHECK_EQ_BYTES(out.member, in.member, sizeof in.member);
    CHECK_EQ_INT(out.tier, 2);
    CHECK_EQ_INT(out.scope, 15);
    CHECK_EQ_INT(out.offer, 4711);
    CHECK_EQ_INT(out.limit_minor, 500);
    CHECK_EQ_INT(out.currency, 978);
    CHECK_EQ_INT(out.flags, TOKEN_OFFLINE | TOKEN_STAFF_CHECK);
    CHECK_EQ_BYTES(out.txh, in.txh, sizeof in.txh);
    CHECK_EQ_BYTES(out.nonce, in.nonce, sizeof in.nonce);
    CHECK(out.has_member && out.has_offer && out.has_limit && out.has_txh && out.has_nonce);
    CHECK(!out.has_status);
}

/* Breaks one rule at a time; each case is named by what it sets. */
#define BROKEN(...)                                                                                \
    do {                                                                                           \
        struct token_claims c = full_claims();                                                     \
        __VA_ARGS__;                                                                               \
        CHECK_STATUS(read_back(&c), SCRIP_REFUSED_CLAIMS);                                         \
    } while (0)

static void test_rules_between_claims(void)
{
    BROKEN(c.audience = bytes_text(""));
    BROKEN(c.audience = bytes_text("acme.s1"));
    BROKEN(c.audience = bytes_text("ACME..S1"));
    BROKEN(c.audience = bytes_text("ACME.S1.T1.X"));
    BROKEN(c.audience = bytes_text("ACME")); /* worth something everywhere */
    BROKEN(c.scope = 0);
    BROKEN(c.scope |= 16);
    BROKEN(c.has_offer = false);
    BROKEN(c.scope &= ~(uint32_t)TOKEN_REDEEM_OFFER);
    BROKEN(c.has_limit = false);
    BROKEN(c.scope = TOKEN_EARN; c.has_offer = false); /* a limit on nothing */
    BROKEN(c.currency = 0);
    BROKEN(c.currency = 1000);
    BROKEN(c.flags |= 16);
    BROKEN(c.flags = TOKEN_OFFLINE | TOKEN_ONLINE_ONLY);
    BROKEN(c.has_txh = false);
    BROKEN(c.has_nonce = false);
    BROKEN(c.has_status = true); /* not a coupon */
}

static void test_lifetimes(void)
{
    BROKEN(c.exp_s = c.iat_s);
    BROKEN(c.exp_s = c.iat_s - 1);
    BROKEN(c.exp_s = c.iat_s + TOKEN_REDEEM_MAX_S + 1);
    BROKEN(c.exp_s = c.iat_s + TOKEN_IDENTIFY_MAX_S + 1);

    struct token_claims claims = full_claims();
    claims.exp_s = claims.iat_s + TOKEN_REDEEM_MAX_S;
    CHECK_STATUS(read_back(&claims), SCRIP_OK);
    claims.exp_s = claims.iat_s + TOKEN_IDENTIFY_MAX_S + 1;
    claims.has_status = true;
    claims.status_index = 65535;
    CHECK_STATUS(read_back(&claims), SCRIP_OK);
    CHECK(out.has_status);
    CHECK_EQ_INT(out.status_index, 65535);

    claims = (struct token_claims){.audience = bytes_text("ACME"),
                                   .iat_s = 1000,
                                   .exp_s = 1000 + TOKEN_IDENTIFY_MAX_S,
                                   .scope = TOKEN_IDENTIFY};
    CHECK_STATUS(read_back(&claims), SCRIP_OK);
    CHECK(!out.has_member && out.tier == 0 && out.flags == 0);
    claims.exp_s++;
    CHECK_STATUS(read_back(&claims), SCRIP_REFUSED_CLAIMS);
}

static enum scrip_status read_payload(const uint8_t *payload, size_t len)
{
    return token_claims_read(bytes_of(payload, len), &out);
}

static void test_the_form_is_exact(void)
{
    uint8_t memory[400], broken[401];
    struct token_claims claims = full_claims();
    struct buffer payload = buffer_of(memory, sizeof memory);
    token_claims_write(&claims, &payload);
    CHECK_STATUS(read_payload(memory, payload.len), SCRIP_OK);

    for (size_t len = 0; len < payload.len; len++)
        CHECK_STATUS(read_payload(memory, len), SCRIP_REFUSED_CLAIMS);
    memcpy(broken, memory, payload.len);
    broken[payload.len] = 0;
    CHECK_STATUS(read_payload(broken, payload.len + 1), SCRIP_REFUSED_CLAIMS);

    broken[0] = 0xA4; /* one claim fewer than there are */
    CHECK_STATUS(read_payload(broken, payload.len), SCRIP_REFUSED_CLAIMS);
    memcpy(broken, memory, payload.len);
    broken[1] = 1; /* iss */
    CHECK_STATUS(read_payload(broken, payload.len), SCRIP_REFUSED_CLAIMS);
    broken[1] = 2; /* sub */
    CHECK_STATUS(read_payload(broken, payload.len), SCRIP_REFUSED_CLAIMS);
}

static void test_unknown_private_labels(void)
{
    for (int64_t label = 0; label <= 11; label += label == 0 ? 10 : 1) {
        uint8_t memory[100];
        struct buffer payload = buffer_of(memory, sizeof memory);
        cbor_put_map(&payload, 5);
        cbor_put_uint(&payload, 3);
        cbor_put_text(&payload, bytes_text("ACME"));
        cbor_put_uint(&payload, 4);
        cbor_put_uint(&payload, 1100);
        cbor_put_uint(&payload, 6);
        cbor_put_uint(&payload, 1000);
        cbor_put_uint(&payload, 7);
        cbor_put_bytes(&payload, bytes_text("0123456789abcdef"));
        cbor_put_int(&payload, -65537);
        cbor_put_map(&payload, 2);
        if (label == 0) {
            cbor_put_int(&payload, label);
            cbor_put_uint(&payload, 1);
        }
        cbor_put_uint(&payload, 3);
        cbor_put_uint(&payload, TOKEN_IDENTIFY);
        if (label != 0) {
            cbor_put_int(&payload, label);
            cbor_put_uint(&payload, 1);
        }
        CHECK(!payload.overflow);
        CHECK_STATUS(read_payload(memory, payload.len), SCRIP_REFUSED_CLAIMS);
    }
}

static void test_parse_takes_the_scans_seal_once(void)
{
    uint8_t code[LIMIT_CODE_CHARS];
    struct token_claims claims = full_claims();
    struct scan scan;
    struct token token;
    CHECK_STATUS(scan_decode(test_code(&issuer, &claims, 'B', code), &scan), SCRIP_OK);
    CHECK_STATUS(token_parse(&scan, &token), SCRIP_OK);
    CHECK_EQ_INT(token.kind, TOKEN_CUSTOMER);
    CHECK_EQ_INT(token.bytes.len, scan.len);
    CHECK_STATUS(token_parse(&scan, &token), SCRIP_FAULT_SEAL);
    CHECK_EQ_INT(token.seal, 0);

    memset(&scan, 0xFF, sizeof scan);
    CHECK_STATUS(token_parse(&scan, &token), SCRIP_FAULT_SEAL);
}

static void test_a_payload_beyond_its_limit(void)
{
    uint8_t payload[LIMIT_TOKEN_PAYLOAD + 1], memory[LIMIT_TOKEN_BYTES + 20];
    struct token token;
    struct buffer bytes = buffer_of(memory, sizeof memory);
    memset(payload, 0x20, sizeof payload);
    CHECK_STATUS(
        cose_sign(issuer.key, issuer.kid, "SCT1", bytes_of(payload, LIMIT_TOKEN_PAYLOAD), &bytes),
        SCRIP_OK);
    CHECK_STATUS(token_parse_bytes(buffer_bytes(&bytes), TOKEN_CUSTOMER, &token), SCRIP_OK);
    bytes.len = 0;
    CHECK_STATUS(
        cose_sign(issuer.key, issuer.kid, "SCT1", bytes_of(payload, sizeof payload), &bytes),
        SCRIP_OK);
    CHECK_STATUS(token_parse_bytes(buffer_bytes(&bytes), TOKEN_CUSTOMER, &token),
                 SCRIP_REFUSED_SHAPE);
    CHECK_EQ_INT(token.seal, 0);
    CHECK_STATUS(token_parse_bytes(bytes_of(memory, LIMIT_TOKEN_BYTES + 1), TOKEN_CUSTOMER, &token),
                 SCRIP_REFUSED_SHAPE);
}

int main(void)
{
    test_issuer_open(&issuer);
    CHECK_RUN(test_every_claim_is_read_back);
    CHECK_RUN(test_rules_between_claims);
    CHECK_RUN(test_lifetimes);
    CHECK_RUN(test_the_form_is_exact);
    CHECK_RUN(test_unknown_private_labels);
    CHECK_RUN(test_parse_takes_the_scans_seal_once);
    CHECK_RUN(test_a_payload_beyond_its_limit);
    return check_done();
}
