/*
 * The golden vectors of tests/vectors/tokens.json: the issuing library makes them again, byte for
 * byte, from a fixed key and nonces by RFC 6979, and the terminal's reader agrees with every one.
 * tests/vectors/read.js agrees by other means.
 *
 * issuer_test --write prints the file, for when the format changes.
 */
#include "base/cbor.h"
#include "base/json.h"
#include "base/text.h"
#include "redeem/mint.h"
#include "tests/check.h"
#include "tests/support/entropy.h"
#include "tests/support/signer.h"
#include "tests/vectors/rfc.h"

#define FILE_NAME "tests/vectors/tokens.json"

enum { FILE_BYTES = 64 * 1024, IAT_S = 1795305600 };

static struct test_entropy entropy;
static struct mint mint;
static uint8_t point[CRYPTO_POINT_BYTES];
static char made[FILE_BYTES];
static struct json_out out;
static size_t codes, refusals;

static void open_key(void)
{
    uint8_t scalar[CRYPTO_SCALAR_BYTES];
    struct buffer room = buffer_of(scalar, sizeof scalar);

    test_entropy_open(&entropy, 5);
    CHECK_STATUS(crypto_open(&entropy.hal), SCRIP_OK);
    CHECK_STATUS(text_hex_decode(bytes_text(RFC6979_X), &room), SCRIP_OK);
    signer_use(scalar);
    CHECK_STATUS(crypto_signing_import(scalar, &mint.key), SCRIP_OK);
    CHECK_STATUS(crypto_signing_public(mint.key, point), SCRIP_OK);
    CHECK_STATUS(mint_open(&mint), SCRIP_OK);
}

static void put_hex(const char *name, struct bytes data)
{
    uint8_t memory[2 * LIMIT_TOKEN_BYTES];
    struct buffer hex = buffer_of(memory, sizeof memory);

    text_hex_encode(data, &hex);
    CHECK(!hex.overflow);
    json_put_text(&out, name, buffer_bytes(&hex));
}

static void put_pair(const char *name, uint32_t first, uint32_t second)
{
    json_put_array(&out, name);
    json_put_uint(&out, NULL, first);
    json_put_uint(&out, NULL, second);
    json_end_array(&out);
}

static void put_claims(const struct token_claims *claims)
{
    json_put_object(&out, "claims");
    json_put_text(&out, "aud", claims->audience);
    json_put_uint(&out, "exp", claims->exp_s);
    json_put_uint(&out, "iat", claims->iat_s);
    put_hex("cti", bytes_of(claims->cti, TOKEN_ID_BYTES));
    if (claims->has_member)
        put_hex("member", bytes_of(claims->member, TOKEN_ID_BYTES));
    json_put_uint(&out, "tier", claims->tier);
    json_put_uint(&out, "scope", claims->scope);
    if (claims->has_offer)
        json_put_uint(&out, "offer", claims->offer);
    if (claims->has_limit)
        put_pair("limit", claims->limit_minor, claims->currency);
    json_put_uint(&out, "flags", claims->flags);
    if (claims->has_txh)
        put_hex("txh", bytes_of(claims->txh, TOKEN_ID_BYTES));
    if (claims->has_status)
        put_pair("status", claims->status_list, claims->status_index);
    if (claims->has_nonce)
        put_hex("nonce", bytes_of(claims->nonce, TOKEN_ID_BYTES));
    json_end_object(&out);
}

/* What a terminal that knows the key says of a code, up to the claims. */
static enum scrip_status judge(struct bytes text, struct token_claims *claims)
{
    static struct scan scan;
    struct token token;

    TRY(scan_decode(text, &scan));
    TRY(token_parse(&scan, &token));
    if (!bytes_equal(token.cose.kid, bytes_of(mint.kid, sizeof mint.kid)))
        return SCRIP_REFUSED_KEY;
    TRY(cose_verify(&token.cose, token_aad(TOKEN_CUSTOMER), point));
    return token_claims_read(token.cose.payload, claims);
}

static void code(const char *name, const struct token_claims *claims, char transport)
{
    uint8_t text_memory[LIMIT_CODE_CHARS], token_memory[LIMIT_TOKEN_BYTES];
    struct buffer text = buffer_of(text_memory, sizeof text_memory);
    struct buffer token = buffer_of(token_memory, sizeof token_memory);
    struct token_claims read = {0};

    CHECK_STATUS(mint_token(&mint, claims, &token), SCRIP_OK);
    CHECK_STATUS(mint_code(&mint, claims, transport, &text), SCRIP_OK);
    CHECK_STATUS(judge(buffer_bytes(&text), &read), SCRIP_OK);
    CHECK(bytes_equal(read.audience, claims->audience));
    CHECK(read.exp_s == claims->exp_s && read.scope == claims->scope &&
          read.limit_minor == claims->limit_minor && read.tier == claims->tier);
    json_put_object(&out, NULL);
    json_put_string(&out, "name", name);
    json_put_text(&out, "text", buffer_bytes(&text));
    put_hex("token", buffer_bytes(&token));
    put_claims(claims);
    json_end_object(&out);
    codes++;
}

static void refused(const char *name, struct bytes text, enum scrip_status status)
{
    struct token_claims claims;

    CHECK_STATUS(judge(text, &claims), status);
    json_put_object(&out, NULL);
    json_put_string(&out, "name", name);
    json_put_text(&out, "text", text);
    json_put_string(&out, "status", scrip_status_name(status));
    json_end_object(&out);
    refusals++;
}

static struct token_claims claims_of(uint8_t number)
{
    struct token_claims claims = {.audience = bytes_text("ACME.S1"),
                                  .iat_s = IAT_S,
                                  .exp_s = IAT_S + 120,
                                  .scope = TOKEN_REDEEM_VALUE,
                                  .flags = TOKEN_OFFLINE,
                                  .tier = 2,
                                  .has_member = true,
                                  .has_limit = true,
                                  .limit_minor = 500,
                                  .currency = 978};

    for (unsigned i = 0; i < TOKEN_ID_BYTES; i++) {
        claims.cti[i] = (uint8_t)(number * 16 + i);
        claims.member[i] = (uint8_t)(0xA0 + i);
        claims.txh[i] = (uint8_t)(0x51 ^ i);
        claims.nonce[i] = (uint8_t)(0x4E + i);
    }
    return claims;
}

static void put_codes(void)
{
    struct token_claims claims = claims_of(1);

    json_put_array(&out, "codes");
    code("value, base45", &claims, 'B');
    code("value, decimal", &claims, 'D');
    claims = claims_of(2);
    claims.scope = TOKEN_REDEEM_OFFER | TOKEN_EARN;
    claims.has_offer = true;
    claims.offer = 70000;
    code("offer and earn", &claims, 'B');
    claims = claims_of(3);
    claims.scope = TOKEN_IDENTIFY;
    claims.has_limit = false;
    claims.limit_minor = 0;
    claims.tier = claims.flags = 0;
    claims.audience = bytes_text("ACME");
    claims.exp_s = IAT_S + TOKEN_IDENTIFY_MAX_S;
    code("identify anywhere, longest life, no zero written", &claims, 'B');
    claims.has_member = false;
    code("earn without a member", &claims, 'D');
    claims = claims_of(4);
    claims.has_txh = claims.has_nonce = true;
    claims.audience = bytes_text("MERCHANT-XYZ.STORE-000001.TERMINAL-001");
    code("bound to a challenge, longest audience", &claims, 'B');
    claims = claims_of(5);
    claims.has_status = true;
    claims.status_list = 3;
    claims.status_index = 65535;
    claims.exp_s = IAT_S + 90 * 86400;
    claims.flags = TOKEN_ONLINE_ONLY | TOKEN_STAFF_CHECK;
    code("coupon", &claims, 'B');
    claims = claims_of(6);
    claims.iat_s = 0;
    claims.exp_s = 1;
    claims.limit_minor = UINT32_MAX;
    claims.tier = 23;
    claims.flags = TOKEN_TRAINING;
    code("numbers at the ends of their heads", &claims, 'B');
    claims.tier = 24;
    claims.limit_minor = 255;
    claims.iat_s = UINT32_MAX - 1;
    claims.exp_s = UINT32_MAX;
    code("numbers just beyond", &claims, 'B');
    json_end_array(&out);
}

/* A token around any payload, as base45. */
static struct bytes around(struct bytes payload, const uint8_t kid[COSE_KID_BYTES], const char *aad)
{
    static uint8_t memory[LIMIT_CODE_CHARS];
    uint8_t token_memory[LIMIT_TOKEN_BYTES];
    struct buffer token = buffer_of(token_memory, sizeof token_memory);
    struct buffer text = buffer_of(memory, sizeof memory);

    CHECK_STATUS(cose_sign(mint.key, kid, aad, payload, &token), SCRIP_OK);
    scan_encode(TOKEN_CUSTOMER, 'B', buffer_bytes(&token), &text);
    return buffer_bytes(&text);
}

enum { UNCHANGED = LIMIT_TOKEN_PAYLOAD };

/* A payload of these claims, and after a change of its byte at `at`. */
static void refuse_payload(const char *name, const struct token_claims *claims, size_t at,
                           uint8_t value)
{
    uint8_t memory[LIMIT_TOKEN_PAYLOAD];
    struct buffer payload = buffer_of(memory, sizeof memory);

    token_claims_write(claims, &payload);
    if (at != UNCHANGED)
        memory[at] = value;
    refused(name, around(buffer_bytes(&payload), mint.kid, "SCT1"), SCRIP_REFUSED_CLAIMS);
}

/* The value token's text after a change of one byte of the token. */
static void refuse_token(const char *name, size_t at, uint8_t value, enum scrip_status status)
{
    struct token_claims claims = claims_of(1);
    uint8_t memory[LIMIT_TOKEN_BYTES], text_memory[LIMIT_CODE_CHARS];
    struct buffer token = buffer_of(memory, sizeof memory);
    struct buffer text = buffer_of(text_memory, sizeof text_memory);

    CHECK_STATUS(mint_token(&mint, &claims, &token), SCRIP_OK);
    memory[at < token.len ? at : token.len - 1] = value;
    scan_encode(TOKEN_CUSTOMER, 'B', buffer_bytes(&token), &text);
    refused(name, buffer_bytes(&text), status);
}

static void refuse_text(const char *name, const char *prefix, size_t at, char value, size_t cut,
                        enum scrip_status status)
{
    struct token_claims claims = claims_of(1);
    uint8_t memory[LIMIT_CODE_CHARS];
    struct buffer text = buffer_of(memory, sizeof memory);

    CHECK_STATUS(mint_code(&mint, &claims, 'B', &text), SCRIP_OK);
    memcpy(memory, prefix, 4);
    if (at > 0 && at < text.len)
        memory[at] = (uint8_t)value;
    refused(name, bytes_of(memory, text.len - cut), status);
}

static void put_refusals(void)
{
    struct token_claims claims = claims_of(1);
    uint8_t payload_memory[LIMIT_TOKEN_PAYLOAD];
    struct buffer payload = buffer_of(payload_memory, sizeof payload_memory);
    uint8_t kid[COSE_KID_BYTES] = {0};

    json_put_array(&out, "refused");
    refuse_text("another prefix", "ABCD", 0, 0, 0, SCRIP_REFUSED_FOREIGN);
    refuse_text("half of it", "SCTB", 0, 0, 200, SCRIP_REFUSED_LENGTH);
    refuse_text("a letter that base45 has not", "SCTB", 9, 'a', 0, SCRIP_REFUSED_LAYOUT);
    refuse_text("one character short", "SCTB", 0, 0, 1, SCRIP_REFUSED_TEXT);
    refuse_text("a group above FFFF", "SCTB", 6, ':', 0, SCRIP_REFUSED_TEXT);
    refuse_token("tag 17", 0, 0xD1, SCRIP_REFUSED_SHAPE);
    refuse_token("an array of three", 1, 0x83, SCRIP_REFUSED_SHAPE);
    refuse_token("ES384 in the header", 5, 0x38, SCRIP_REFUSED_SHAPE);
    refuse_token("an unprotected header", 16, 0xA1, SCRIP_REFUSED_SHAPE);
    refuse_token("another signature", LIMIT_TOKEN_BYTES, 0, SCRIP_REFUSED_SIGNATURE);
    token_claims_write(&claims, &payload);
    refused("another kid", around(buffer_bytes(&payload), kid, "SCT1"), SCRIP_REFUSED_KEY);
    refused("signed as a receipt", around(buffer_bytes(&payload), mint.kid, "SCR1"),
            SCRIP_REFUSED_SIGNATURE);
    refused("a trailing byte in the payload",
            around(bytes_of(payload_memory, payload.len + 1), mint.kid, "SCT1"),
            SCRIP_REFUSED_CLAIMS);
    refuse_payload("a map of indefinite length", &claims, 0, 0xBF);
    claims.iat_s = 0x10000;
    claims.exp_s = 0x10040;
    refuse_payload("a number longer than it need be", &claims, 13, 0);
    claims = claims_of(1);
    claims.exp_s = claims.iat_s;
    refuse_payload("exp is not after iat", &claims, UNCHANGED, 0);
    claims.exp_s = claims.iat_s + TOKEN_REDEEM_MAX_S + 1;
    refuse_payload("a redeem token that lives too long", &claims, UNCHANGED, 0);
    claims = claims_of(1);
    claims.scope = 16;
    refuse_payload("an unknown scope", &claims, UNCHANGED, 0);
    claims = claims_of(1);
    claims.flags = TOKEN_OFFLINE | TOKEN_ONLINE_ONLY;
    refuse_payload("offline and online only", &claims, UNCHANGED, 0);
    claims = claims_of(1);
    claims.audience = bytes_text("ACME");
    refuse_payload("worth something everywhere", &claims, UNCHANGED, 0);
    claims.audience = bytes_text("ACME.s1");
    refuse_payload("a small letter in the audience", &claims, UNCHANGED, 0);
    claims = claims_of(1);
    claims.has_limit = false;
    refuse_payload("value without a limit", &claims, UNCHANGED, 0);
    claims = claims_of(1);
    claims.has_txh = true;
    refuse_payload("txh without its nonce", &claims, UNCHANGED, 0);
    claims = claims_of(1);
    claims.currency = 1000;
    refuse_payload("no such currency", &claims, UNCHANGED, 0);
    json_end_array(&out);
}

static void make_file(struct buffer *file)
{
    open_key();
    json_out_open(&out, json_to_buffer, file);
    json_put_object(&out, NULL);
    json_put_object(&out, "key");
    json_put_string(&out, "d", RFC6979_X);
    put_hex("x", bytes_of(point + 1, 32));
    put_hex("y", bytes_of(point + 33, 32));
    put_hex("kid", bytes_of(mint.kid, sizeof mint.kid));
    json_end_object(&out);
    put_codes();
    put_refusals();
    json_end_object(&out);
    CHECK_STATUS(json_out_end(&out), SCRIP_OK);
}

/* One line for each code, so that a change shows as one. */
static struct bytes lay_out(struct bytes json)
{
    static char laid[FILE_BYTES];
    struct buffer text = buffer_of(laid, sizeof laid);

    for (size_t i = 0; i < json.len; i++) {
        buffer_put_byte(&text, json.data[i]);
        if (json.data[i] == ',' && json.data[i + 1] == '{')
            buffer_put_byte(&text, '\n');
        if (json.data[i] == '[' && json.data[i + 1] == '{')
            buffer_put_byte(&text, '\n');
    }
    buffer_put_byte(&text, '\n');
    CHECK(!text.overflow);
    return buffer_bytes(&text);
}

static void test_the_signer_is_rfc_6979(void)
{
    uint8_t hash[CRYPTO_HASH_BYTES], signature[CRYPTO_SIGNATURE_BYTES], expected[64];
    struct buffer figures = buffer_of(expected, sizeof expected);

    open_key();
    CHECK_STATUS(crypto_sha256(bytes_text("sample"), hash), SCRIP_OK);
    CHECK_STATUS(signer_sign(hash, signature), SCRIP_OK);
    CHECK_STATUS(text_hex_decode(bytes_text(RFC6979_SAMPLE_R RFC6979_SAMPLE_S), &figures),
                 SCRIP_OK);
    CHECK_EQ_BYTES(signature, expected, sizeof expected);
}

static void test_the_library_makes_the_golden_vectors(void)
{
    static char golden[FILE_BYTES];
    struct buffer file = buffer_of(made, sizeof made);
    FILE *in = fopen(FILE_NAME, "rb");

    REQUIRE(in != NULL);
    size_t len = fread(golden, 1, sizeof golden, in);
    (void)fclose(in);
    make_file(&file);
    struct bytes laid = lay_out(buffer_bytes(&file));
    CHECK_EQ_INT(laid.len, len);
    CHECK(bytes_equal(laid, bytes_of(golden, len)));
    printf("> " FILE_NAME ": %zu codes, %zu refusals\n", codes, refusals);
    CHECK(codes >= 9 && refusals >= 20);
}

static void test_what_no_terminal_would_take_is_not_signed(void)
{
    uint8_t memory[LIMIT_CODE_CHARS];
    struct buffer text = buffer_of(memory, sizeof memory);
    struct token_claims claims = claims_of(1);

    open_key();
    claims.exp_s = claims.iat_s;
    CHECK_STATUS(mint_code(&mint, &claims, 'B', &text), SCRIP_REFUSED_CLAIMS);
    claims = claims_of(1);
    CHECK_STATUS(mint_code(&mint, &claims, 'X', &text), SCRIP_REFUSED_ARGUMENT);
    text.capacity = 100;
    CHECK_STATUS(mint_code(&mint, &claims, 'B', &text), SCRIP_REFUSED_TOO_LONG);
    CHECK(text.len == 0 && !text.overflow);
    text.capacity = 60;
    CHECK_STATUS(mint_token(&mint, &claims, &text), SCRIP_REFUSED_TOO_LONG);
    CHECK_EQ_INT(text.len, 0);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--write") == 0) {
        struct buffer file = buffer_of(made, sizeof made);
        make_file(&file);
        struct bytes laid = lay_out(buffer_bytes(&file));
        (void)fwrite(laid.data, 1, laid.len, stdout);
        return check_state.failures;
    }
    CHECK_RUN(test_the_signer_is_rfc_6979);
    CHECK_RUN(test_the_library_makes_the_golden_vectors);
    CHECK_RUN(test_what_no_terminal_would_take_is_not_signed);
    return check_done();
}
