/*
 * The messages of the COSE working group and of gluecose. The strict profile refuses every one of
 * them: they are taken apart here and put to the signature layer.
 */
#include "base/cbor.h"
#include "base/cose.h"
#include "tests/check.h"
#include "tests/vectors/shared.h"

/* Takes any COSE_Sign1 apart, as a general reader would: any tag or none, any headers. */
static bool take_apart(struct bytes data, struct cose *out)
{
    struct cbor_reader in = cbor_read(data);
    enum cbor_type type;
    size_t items;
    *out = (struct cose){{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
    while (cbor_peek(&in, &type) && type == CBOR_TAG)
        in.at += *in.at == 0xD9 ? 3 : 1;
    bool good = cbor_get_array(&in, 4, &items) && items == 4 &&
                cbor_get_bytes(&in, 0, 64, &out->protected_header) && cbor_skip(&in, 2, NULL) &&
                cbor_get_bytes(&in, 0, 256, &out->payload) &&
                cbor_get_bytes(&in, CRYPTO_SIGNATURE_BYTES, CRYPTO_SIGNATURE_BYTES,
                               &out->signature) &&
                cbor_done(&in);
    /* RFC 9052 section 4.4: an empty map is signed as an empty string. */
    if (good && out->protected_header.len == 1 && out->protected_header.data[0] == 0xA0)
        out->protected_header.len = 0;
    return good;
}

static struct bytes output_of(const struct json *root, uint8_t *data, size_t capacity)
{
    struct cose message;
    struct bytes hex = shared_field(json_member(root, "output"), "cbor");
    struct bytes encoded = shared_unhex(hex, data, capacity);
    CHECK_STATUS(cose_parse(encoded, &message), SCRIP_REFUSED_SHAPE);
    return encoded;
}

/* The Sig_structure, built with the writers that cose.c uses. */
static void put_to_sign(struct buffer *out, const struct cose *message, struct bytes external)
{
    cbor_put_array(out, 4);
    cbor_put_text(out, bytes_text("Signature1"));
    cbor_put_bytes(out, message->protected_header);
    cbor_put_bytes(out, external);
    cbor_put_bytes(out, message->payload);
}

/* The published bytes to be signed, with the message's signature. */
static enum scrip_status verify_published(const struct cose *message, struct bytes hex,
                                          const uint8_t point[CRYPTO_POINT_BYTES])
{
    uint8_t data[512];
    return shared_verify(point, shared_unhex(hex, data, sizeof data), message->signature.data);
}

/* A message of one signer, and what the signature layer says of it without external data. */
static void check_sign1(const char *name, enum scrip_status expected)
{
    const struct json *root = shared_open(name);
    uint8_t data[1024], built[512], point[CRYPTO_POINT_BYTES];
    struct buffer out = buffer_of(built, sizeof built);
    struct cose message;
    const struct json *sign = json_member(json_member(root, "input"), "sign0");
    struct bytes encoded = output_of(root, data, sizeof data);
    struct bytes published = shared_field(json_member(root, "intermediates"), "ToBeSign_hex");
    REQUIRE(take_apart(encoded, &message));
    shared_point(json_member(sign, "key"), point);
    CHECK_STATUS(cose_verify(&message, "", point), expected);
    put_to_sign(&out, &message, bytes_of(NULL, 0));
    CHECK_STATUS(shared_verify(point, buffer_bytes(&out), message.signature.data), expected);
    if (published.len > 0 && expected == SCRIP_OK)
        CHECK_STATUS(verify_published(&message, published, point), SCRIP_OK);
    /* Signed with external data: over the published bytes it is genuine. */
    bool external = json_member(sign, "external") != NULL;
    if (external)
        CHECK_STATUS(verify_published(&message, published, point), SCRIP_OK);
    shared_say(name, "1 message, refused by the profile; its signature %s%s",
               expected == SCRIP_OK ? "holds" : "does not hold",
               external ? ", and holds over the published bytes with external data" : "");
}

/* Not a Sign1 with 64 bytes of signature. */
static void check_other(const char *name)
{
    const struct json *root = shared_open(name);
    uint8_t data[1024];
    struct cose message;
    CHECK(!take_apart(output_of(root, data, sizeof data), &message));
    shared_say(name, "1 message, refused by the profile: not a Sign1 with ES256");
}

void shared_test_cose_wg(void)
{
    static const char *const genuine[] = {
        "cose-wg/sign1-tests/sign-pass-01.json", "cose-wg/sign1-tests/sign-pass-03.json",
        "cose-wg/sign1-tests/sign-fail-01.json", /* only its tag is wrong */
        "cose-wg/RFC8152/Appendix_C_2_1.json", "cose-wg/ecdsa-examples/ecdsa-sig-01.json"};
    static const char *const changed[] = {
        "cose-wg/sign1-tests/sign-pass-02.json",   "cose-wg/sign1-tests/sign-fail-02.json",
        "cose-wg/sign1-tests/sign-fail-03.json",   "cose-wg/sign1-tests/sign-fail-04.json",
        "cose-wg/sign1-tests/sign-fail-06.json",   "cose-wg/sign1-tests/sign-fail-07.json",
        "cose-wg/ecdsa-examples/ecdsa-sig-04.json"}; /* the last: P-256 with SHA-512 */
    for (size_t i = 0; i < sizeof genuine / sizeof *genuine; i++)
        check_sign1(genuine[i], SCRIP_OK);
    for (size_t i = 0; i < sizeof changed / sizeof *changed; i++)
        check_sign1(changed[i], SCRIP_REFUSED_SIGNATURE);
    check_other("cose-wg/ecdsa-examples/ecdsa-sig-02.json");
    check_other("cose-wg/ecdsa-examples/ecdsa-sig-03.json");
}

/* COSE_Mac0 with HS256/64 is none of ours, but the MAC is. */
static void check_mac0(const char *name)
{
    const struct json *root = shared_open(name);
    uint8_t data[512], key[64], covered[512], mac[CRYPTO_HASH_BYTES];
    struct bytes encoded = output_of(root, data, sizeof data);
    const struct json *made = json_member(root, "intermediates");
    struct bytes part = shared_unhex(shared_field(made, "ToMac_hex"), covered, sizeof covered);
    CHECK_STATUS(
        crypto_hmac(shared_unhex(shared_field(made, "CEK_hex"), key, sizeof key), &part, 1, mac),
        SCRIP_OK);
    REQUIRE(encoded.len > 8);
    CHECK_EQ_BYTES(encoded.data + encoded.len - 8, mac, 8);
    shared_say(name, "1 message, refused by the profile: a Mac0; its HMAC holds");
}

void shared_test_cwt(void)
{
    check_sign1("cose-wg/CWT/A_3.json", SCRIP_OK);
    check_mac0("cose-wg/CWT/A_4.json");
    check_other("cose-wg/CWT/A_5.json");
    check_other("cose-wg/CWT/A_6.json");
    check_mac0("cose-wg/CWT/A_7.json");
}

/* Hex over several lines behind a label of the diagnostic notation, up to the quote. */
static bool take_hex(const char *from, const char *label, uint8_t out[32])
{
    char hex[80];
    size_t len = 0;
    const char *at = strstr(from, label);
    if (at == NULL)
        return false;
    for (at += strlen(label); *at != '\'' && *at != '\0' && len < sizeof hex; at++)
        if (*at > ' ')
            hex[len++] = *at;
    return len == 64 && shared_unhex(bytes_of(hex, len), out, 32).len == 32;
}

/* Keys in diagnostic notation: the scalars of those on our curve must make their points. */
void shared_test_key_set(void)
{
    static const char name[] = "cose-wg/KeySet.txt";
    const char *at = shared_text(name);
    size_t keys = 0, ours = 0;
    for (at = strchr(at, '{'); at != NULL; at = strchr(at + 1, '{'), keys++) {
        uint8_t point[CRYPTO_POINT_BYTES] = {4}, made[CRYPTO_POINT_BYTES];
        uint8_t scalar[CRYPTO_SCALAR_BYTES];
        struct crypto_key key;
        const char *end = strchr(at, '}'), *curve = strstr(at, "-1:1,");
        if (curve == NULL || end == NULL || curve > end)
            continue;
        REQUIRE(take_hex(at, "-2:h'", point + 1) && take_hex(at, "-3:h'", point + 33) &&
                take_hex(at, "-4:h'", scalar));
        CHECK_STATUS(crypto_signing_import(scalar, &key), SCRIP_OK);
        CHECK_STATUS(crypto_signing_public(key, made), SCRIP_OK);
        CHECK_EQ_BYTES(made, point, sizeof point);
        crypto_key_close(&key);
        ours++;
    }
    CHECK_EQ_INT(keys, 10);
    CHECK_EQ_INT(ours, 3);
    shared_say(name,
               "%zu keys: %zu of P-256, whose scalars make their points; %zu are no keys "
               "of ours",
               keys, ours, keys - ours);
}

/* The Sig_structure must be the published one. */
static void check_gluecose(const char *name, const char *kind)
{
    const struct json *root = shared_open(name);
    uint8_t data[512], external[64], built[512], published[512], point[CRYPTO_POINT_BYTES];
    struct cose message;
    const struct json *vector = json_member(root, kind);
    const struct json *encoded = json_member(vector, "taggedCOSESign1");
    if (encoded == NULL)
        encoded = json_member(vector, "expectedOutput");
    struct bytes bytes = shared_unhex(shared_field(encoded, "cborHex"), data, sizeof data);
    CHECK_STATUS(cose_parse(bytes, &message), SCRIP_REFUSED_SHAPE);
    REQUIRE(take_apart(bytes, &message));
    shared_point(json_member(root, "key"), point);

    struct buffer out = buffer_of(built, sizeof built);
    put_to_sign(&out, &message,
                shared_unhex(shared_field(vector, "external"), external, sizeof external));
    struct bytes to_sign = shared_field(json_member(vector, "tbsHex"), "cborHex");
    if (to_sign.len > 0)
        CHECK(bytes_equal(buffer_bytes(&out), shared_unhex(to_sign, published, sizeof published)));
    bool genuine = true;
    if (json_member(vector, "shouldVerify") != NULL)
        CHECK(json_bool(json_member(vector, "shouldVerify"), &genuine));
    CHECK_STATUS(shared_verify(point, buffer_bytes(&out), message.signature.data),
                 genuine ? SCRIP_OK : SCRIP_REFUSED_SIGNATURE);
    shared_say(name, "1 message, refused by the profile; its signature %s%s",
               genuine ? "holds" : "does not hold",
               to_sign.len > 0 ? ", and the bytes to be signed are the published ones" : "");
}

void shared_test_gluecose(void)
{
    check_gluecose("gluecose/sign1-sign-0000.json", "sign1::sign");
    check_gluecose("gluecose/sign1-sign-0001.json", "sign1::sign");
    check_gluecose("gluecose/sign1-verify-0000.json", "sign1::verify");
    check_gluecose("gluecose/sign1-verify-0001.json", "sign1::verify");
}
