/*
 * Tokens that are wrong in a thousand ways, judged by our reader and by a general one: libcbor for
 * CBOR, OpenSSL for the signature, and a CWT reader on top which takes what the standards allow.
 * The verdicts are the same, or ours is a refusal that a named rule of the profile explains; a
 * token that the general reader refuses is never taken. Every rule is found in the bytes by code of
 * this file.
 */
#include <cbor.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <sys/resource.h>

#include "base/identity.h"
#include "redeem/token.h"
#include "tests/check.h"
#include "tests/support/issuer.h"
#include "tests/vectors/differential.h"

enum { TOKENS = 12000, LEAST_OF_A_RULE = 20 };

static struct test_issuer issuer;
static EVP_PKEY *public_key;

static void open_keys(void)
{
    test_issuer_open(&issuer);
    char group[] = "P-256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                           OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                                             issuer.keys.key[0].point,
                                                             CRYPTO_POINT_BYTES),
                           OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    CHECK(EVP_PKEY_fromdata_init(context) == 1);
    CHECK(EVP_PKEY_fromdata(context, &public_key, EVP_PKEY_PUBLIC_KEY, params) == 1);
    EVP_PKEY_CTX_free(context);
}

/* The general reader ----------------------------------------------------------------------------
 */

static struct bytes string_of(const cbor_item_t *item)
{
    return bytes_of(cbor_bytestring_handle(item), cbor_bytestring_length(item));
}

static bool is_bytes(const cbor_item_t *item)
{
    return item != NULL && cbor_isa_bytestring(item) && cbor_bytestring_is_definite(item);
}

/* An integer's magnitude. libcbor's own function for it has the name of one of ours. */
static uint64_t magnitude_of(const cbor_item_t *item)
{
    switch (cbor_int_get_width(item)) {
    case CBOR_INT_8:
        return cbor_get_uint8(item);
    case CBOR_INT_16:
        return cbor_get_uint16(item);
    case CBOR_INT_32:
        return cbor_get_uint32(item);
    default:
        return cbor_get_uint64(item);
    }
}

/* The value of an integer key, however it is written; the first where there are several. */
static cbor_item_t *value_of(const cbor_item_t *map, int64_t key)
{
    if (map == NULL || !cbor_isa_map(map))
        return NULL;
    for (size_t i = 0; i < cbor_map_size(map); i++) {
        const struct cbor_pair *pair = &cbor_map_handle(map)[i];
        bool is_int = cbor_isa_uint(pair->key) || cbor_isa_negint(pair->key);
        if (is_int && magnitude_of(pair->key) == (uint64_t)(key < 0 ? -1 - key : key) &&
            cbor_isa_negint(pair->key) == (key < 0))
            return pair->value;
    }
    return NULL;
}

static bool number_of(const cbor_item_t *item, uint32_t *value)
{
    if (item == NULL || !cbor_isa_uint(item) || magnitude_of(item) > UINT32_MAX)
        return false;
    *value = (uint32_t)magnitude_of(item);
    return true;
}

static bool id_of(const cbor_item_t *item, bool *has)
{
    *has = item != NULL;
    return item == NULL || (is_bytes(item) && cbor_bytestring_length(item) == TOKEN_ID_BYTES);
}

static bool pair_of(const cbor_item_t *item, bool *has, uint32_t *first, uint32_t *second)
{
    *has = item != NULL;
    return item == NULL || (cbor_isa_array(item) && cbor_array_size(item) == 2 &&
                            number_of(cbor_array_handle(item)[0], first) &&
                            number_of(cbor_array_handle(item)[1], second));
}

static bool is_part(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

/* How many parts an audience has; 0: it is none. */
static unsigned parts_of(const cbor_item_t *item)
{
    if (item == NULL || !cbor_isa_string(item) || !cbor_string_is_definite(item))
        return 0;
    const uint8_t *text = cbor_string_handle(item);
    unsigned parts = 1;
    size_t run = 0;
    for (size_t i = 0; i < cbor_string_length(item); i++) {
        if (text[i] != '.') {
            if (!is_part(text[i]) || ++run > 12)
                return 0;
        } else {
            if (run == 0)
                return 0;
            parts++;
            run = 0;
        }
    }
    return run > 0 && parts <= 3 ? parts : 0;
}

/* The profile's claims, from whatever map they stand in and in whatever company. */
static bool claims_hold(const cbor_item_t *payload)
{
    const cbor_item_t *own = value_of(payload, -65537);
    uint32_t exp, iat, scope, tier = 0, flags = 0, offer, pair[4] = {0};
    bool cti, member, limit, txh, status, nonce;
    if (!number_of(value_of(payload, 4), &exp) || !number_of(value_of(payload, 6), &iat) ||
        !id_of(value_of(payload, 7), &cti) || !cti || own == NULL || !cbor_isa_map(own) ||
        !number_of(value_of(own, 3), &scope) || !id_of(value_of(own, 1), &member) ||
        !id_of(value_of(own, 7), &txh) || !id_of(value_of(own, 9), &nonce) ||
        !pair_of(value_of(own, 5), &limit, &pair[0], &pair[1]) ||
        !pair_of(value_of(own, 8), &status, &pair[2], &pair[3]) ||
        (value_of(own, 2) != NULL && !number_of(value_of(own, 2), &tier)) ||
        (value_of(own, 6) != NULL && !number_of(value_of(own, 6), &flags)))
        return false;
    bool has_offer = value_of(own, 4) != NULL, redeem = (scope & 12) != 0;
    unsigned parts = parts_of(value_of(payload, 3));
    if ((has_offer && !number_of(value_of(own, 4), &offer)) || exp <= iat)
        return false;
    bool coupon = exp - iat > 900;
    return scope > 0 && scope < 16 && flags < 16 && (flags & 3) != 3 &&
           parts >= (redeem ? 2u : 1u) && has_offer == ((scope & 4) != 0) && limit == redeem &&
           txh == nonce && (!limit || (pair[1] > 0 && pair[1] <= 999)) && status == coupon &&
           (coupon || !redeem || exp - iat <= 300);
}

static size_t put_string(uint8_t *out, uint8_t major, struct bytes value)
{
    size_t head = value.len < 24 ? 1 : value.len < 256 ? 2 : 3;
    out[0] = (uint8_t)((size_t)major << 5 | (head == 1 ? value.len : 22 + head));
    if (head == 3)
        out[1] = (uint8_t)(value.len >> 8);
    if (head > 1)
        out[head - 1] = (uint8_t)value.len;
    memcpy(out + head, value.data, value.len);
    return head + value.len;
}

/* r || s as the DER that OpenSSL reads. */
static size_t put_der(uint8_t *out, const uint8_t *signature)
{
    size_t at = 2;
    for (int half = 0; half < 2; half++) {
        const uint8_t *number = signature + 32 * half;
        size_t zeros = 0;
        while (zeros < 31 && number[zeros] == 0)
            zeros++;
        size_t pad = number[zeros] >> 7, len = 32 - zeros;
        out[at++] = 2;
        out[at++] = (uint8_t)(len + pad);
        out[at] = 0;
        memcpy(out + at + pad, number + zeros, len);
        at += pad + len;
    }
    out[0] = 0x30;
    out[1] = (uint8_t)(at - 2);
    return at;
}

static bool is_signed(struct bytes header, struct bytes payload, struct bytes signature)
{
    static uint8_t message[4096];
    uint8_t der[80];
    if (signature.len != CRYPTO_SIGNATURE_BYTES)
        return false;
    size_t len = 1;
    message[0] = 0x84;
    len += put_string(message + len, 3, bytes_text("Signature1"));
    len += put_string(message + len, 2, header);
    len += put_string(message + len, 2, bytes_text("SCT1"));
    len += put_string(message + len, 2, payload);
    size_t der_len = put_der(der, signature.data);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, public_key) == 1 &&
                EVP_DigestVerify(context, der, der_len, message, len) == 1;
    EVP_MD_CTX_free(context);
    return good;
}

static cbor_item_t *load(struct bytes data)
{
    struct cbor_load_result result;
    return data.len > 0 ? cbor_load(data.data, data.len, &result) : NULL;
}

static bool general_envelope(const cbor_item_t *sign1)
{
    if (!cbor_isa_array(sign1) || cbor_array_size(sign1) != 4)
        return false;
    cbor_item_t **part = cbor_array_handle(sign1);
    if (!is_bytes(part[0]) || !cbor_isa_map(part[1]) || !is_bytes(part[2]) || !is_bytes(part[3]))
        return false;
    cbor_item_t *header = load(string_of(part[0])), *payload = load(string_of(part[2]));
    const cbor_item_t *algorithm = value_of(header, 1), *kid = value_of(header, 4);
    bool good = algorithm != NULL && cbor_isa_negint(algorithm) && magnitude_of(algorithm) == 6;
    if (kid == NULL)
        kid = value_of(part[1], 4);
    good = good && is_bytes(kid) &&
           bytes_equal(string_of(kid), bytes_of(issuer.kid, sizeof issuer.kid)) &&
           is_signed(string_of(part[0]), string_of(part[2]), string_of(part[3])) &&
           payload != NULL && claims_hold(payload);
    if (header != NULL)
        cbor_decref(&header);
    if (payload != NULL)
        cbor_decref(&payload);
    return good;
}

/* Takes a tag off, however it is written; false where there is none. libcbor 0.8 knows no tag 18.
 */
static bool take_tag(struct bytes *token, unsigned *tag)
{
    unsigned info = token->len > 0 ? token->data[0] & 31u : 0;
    size_t more = info < 24 ? 0 : (size_t)1 << (info - 24);
    if (token->len == 0 || token->data[0] >> 5 != 6 || info > 27 || token->len < 1 + more)
        return false;
    *tag = info;
    for (size_t i = 0; i < more; i++)
        *tag = (i == 0 ? 0 : *tag << 8) | token->data[1 + i];
    *token = bytes_of(token->data + 1 + more, token->len - 1 - more);
    return true;
}

/* Takes a COSE_Sign1 with its tag or without, inside CWT's tag or not, whatever comes behind it. */
static bool general_reader(struct bytes token)
{
    unsigned tag, tags = 0;
    while (take_tag(&token, &tag))
        if (++tags > 2 || (tag != 18 && (tag != 61 || tags != 1)))
            return false;
    cbor_item_t *sign1 = load(token);
    bool good = sign1 != NULL && general_envelope(sign1);
    if (sign1 != NULL)
        cbor_decref(&sign1);
    return good;
}

/* Our reader, up to the claims
 * --------------------------------------------------------------------*/

static enum scrip_status our_reader(struct bytes data)
{
    struct token token;
    struct token_claims claims;
    TRY(token_parse_bytes(data, TOKEN_CUSTOMER, &token));
    if (!bytes_equal(token.cose.kid, bytes_of(issuer.kid, sizeof issuer.kid)))
        return SCRIP_REFUSED_KEY;
    TRY(cose_verify(&token.cose, "SCT1", issuer.keys.key[0].point));
    return token_claims_read(token.cose.payload, &claims);
}

/* The comparison ----------------------------------------------------------------------------------
 */

static void test_verdicts_differ_by_named_rules_alone(void)
{
    size_t both_take = 0, both_refuse = 0, by_rule[RULES] = {0};
    struct random random = {0x5C819};

    open_keys();
    for (unsigned number = 0; number < TOKENS; number++) {
        uint8_t memory[WRONG_TOKEN_BYTES];
        struct bytes token = wrong_token(&random, &issuer, number, memory);
        enum scrip_status ours = our_reader(token);
        bool theirs = general_reader(token);

        CHECK(!scrip_is_fault(ours));
        if (ours == SCRIP_OK && theirs) {
            both_take++;
        } else if (ours != SCRIP_OK && !theirs) {
            both_refuse++;
        } else {
            enum rule rule = ours == SCRIP_OK ? RULES : rule_broken(token);
            CHECK(rule < RULES);
            if (rule == RULES) {
                printf("    token %u: ours %s, theirs %s\n", number, scrip_status_name(ours),
                       theirs ? "OK" : "refused");
                check_print_bytes("token", token.data, token.len, 0);
                break;
            }
            by_rule[rule]++;
        }
    }
    EVP_PKEY_free(public_key);
    printf("> %d tokens: both take %zu, both refuse %zu; refused by us alone:\n", TOKENS, both_take,
           both_refuse);
    for (int rule = 0; rule < RULES; rule++) {
        printf(">   %6zu  %s\n", by_rule[rule], rule_name((enum rule)rule));
        CHECK(by_rule[rule] >= LEAST_OF_A_RULE);
    }
    CHECK(both_take > TOKENS / 20 && both_refuse > TOKENS / 10);
}

int main(void)
{
    /* libcbor believes a length before it has seen the items, and clears room for them. */
    const struct rlimit room = {256u << 20, 256u << 20};
    if (setrlimit(RLIMIT_AS, &room) != 0)
        return 1;
    CHECK_RUN(test_verdicts_differ_by_named_rules_alone);
    return check_done();
}
