/*
 * Public test vectors: those in the tree, and those of ../shared/vectors where it exists. Each file
 * is named with its counts. The strict profile refuses much that a general COSE reader accepts:
 * those messages are taken apart here and put to the signature layer.
 */
#include "base/cbor.h"
#include "base/cose.h"
#include "base/hpke.h"
#include "base/json.h"
#include "base/text.h"
#include "tests/check.h"
#include "tests/support/entropy.h"
#include "tests/vectors/rfc.h"

#define VECTORS "../shared/vectors/"

static _Alignas(8) uint8_t arena[256 * 1024];
static char file[64 * 1024];

static bool is_here(const char *name)
{
    char path[256];
    (void)snprintf(path, sizeof path, VECTORS "%s", name);
    FILE *in = fopen(path, "rb");
    if (in != NULL)
        (void)fclose(in);
    return in != NULL;
}

/* Opens a file of vectors; NULL fails the case. */
static const struct json *open_vectors(const char *name)
{
    char path[256];
    const struct json *root = NULL;
    (void)snprintf(path, sizeof path, VECTORS "%s", name);
    FILE *in = fopen(path, "rb");
    CHECK(in != NULL);
    if (in == NULL)
        return NULL;
    size_t len = fread(file, 1, sizeof file, in);
    CHECK(len > 0 && len < sizeof file);
    (void)fclose(in);
    CHECK_STATUS(json_parse(bytes_of(file, len), arena, sizeof arena, &root, NULL), SCRIP_OK);
    return root;
}

static struct bytes text_at(const struct json *object, const char *name)
{
    struct bytes text;
    (void)json_text(json_member(object, name), &text);
    return text;
}

/* Hex in either case. */
static struct bytes unhex(struct bytes hex, uint8_t *out, size_t capacity)
{
    static uint8_t lower[8192];
    struct buffer buffer = buffer_of(out, capacity);
    CHECK(hex.len <= sizeof lower);
    for (size_t i = 0; i < hex.len && i < sizeof lower; i++)
        lower[i] = (uint8_t)(hex.data[i] >= 'A' && hex.data[i] <= 'F' ? hex.data[i] | 0x20
                                                                      : hex.data[i]);
    CHECK_STATUS(text_hex_decode(bytes_of(lower, hex.len), &buffer), SCRIP_OK);
    return buffer_bytes(&buffer);
}

static void read_coordinate(const struct json *key, const char *name, uint8_t out[32])
{
    char hex_name[8];
    struct buffer buffer = buffer_of(out, 32);
    (void)snprintf(hex_name, sizeof hex_name, "%s_hex", name);
    if (json_member(key, hex_name))
        (void)unhex(text_at(key, hex_name), out, 32);
    else
        CHECK_STATUS(text_base64url_decode(text_at(key, name), &buffer), SCRIP_OK);
}

static void read_point(const struct json *key, uint8_t point[CRYPTO_POINT_BYTES])
{
    point[0] = 4;
    read_coordinate(key, "x", point + 1);
    read_coordinate(key, "y", point + 33);
}

/* The figures that the tree keeps itself: these run everywhere. */
static void test_base45_figures(void)
{
    static const char *const pairs[][2] = RFC9285_EXAMPLES;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        uint8_t memory[32];
        struct buffer out = buffer_of(memory, sizeof memory);
        text_base45_encode(bytes_text(pairs[i][0]), &out);
        CHECK(bytes_equal(buffer_bytes(&out), bytes_text(pairs[i][1])));
        out = buffer_of(memory, sizeof memory);
        CHECK_STATUS(text_base45_decode(bytes_text(pairs[i][1]), &out), SCRIP_OK);
        CHECK(bytes_equal(buffer_bytes(&out), bytes_text(pairs[i][0])));
    }
}

static void test_cbor_appendix_a(void)
{
    const struct json *root = open_vectors("cbor/rfc8949_appendix_a.json");
    size_t accepted = 0;
    if (!root)
        return;
    for (size_t i = 0; i < json_count(root); i++) {
        const struct json *item = json_element(root, i);
        uint8_t data[64], written[16];
        bool roundtrip = false;
        struct bytes encoded = unhex(text_at(item, "hex"), data, sizeof data);
        CHECK(json_bool(json_member(item, "roundtrip"), &roundtrip));
        /* Of the subset are preferred encodings but tags, floats and simple values. */
        bool ours = roundtrip && data[0] >> 5 <= CBOR_MAP;
        struct cbor_reader in = cbor_read(encoded);
        CHECK((cbor_skip(&in, CBOR_DEPTH, NULL) && cbor_done(&in)) == ours);
        if (check_state.failures > 0)
            printf("    at item %zu\n", i);
        accepted += ours;

        double number;
        int64_t value;
        in = cbor_read(encoded);
        if (!ours || !json_number(json_member(item, "decoded"), &number) ||
            !cbor_get_int(&in, &value))
            continue;
        struct buffer out = buffer_of(written, sizeof written);
        cbor_put_int(&out, value);
        CHECK((double)value == number);
        CHECK_EQ_INT(out.len, encoded.len);
        CHECK_EQ_BYTES(written, data, encoded.len);
    }
    printf("    cbor/rfc8949_appendix_a.json: %zu items, %zu in the subset, %zu refused\n",
           json_count(root), accepted, json_count(root) - accepted);
    CHECK_EQ_INT(json_count(root), 82);
    CHECK(accepted > 30);
    json_close(root);
}

static void check_base45(const struct json *root)
{
    const struct json *pairs = json_member(root, "rfc9285_encode");
    const struct json *rejects = json_member(root, "rfc9285_must_reject_decode");
    uint8_t memory[64];
    for (size_t i = 0; i < json_count(pairs); i++) {
        struct bytes plain, encoded;
        CHECK(json_text(json_element(json_element(pairs, i), 0), &plain));
        CHECK(json_text(json_element(json_element(pairs, i), 1), &encoded));
        struct buffer out = buffer_of(memory, sizeof memory);
        text_base45_encode(plain, &out);
        CHECK(bytes_equal(buffer_bytes(&out), encoded));
        out = buffer_of(memory, sizeof memory);
        CHECK_STATUS(text_base45_decode(encoded, &out), SCRIP_OK);
        CHECK(bytes_equal(buffer_bytes(&out), plain));
    }
    for (size_t i = 0; i < json_count(rejects); i++) {
        struct bytes text;
        struct buffer out = buffer_of(memory, sizeof memory);
        CHECK(json_text(json_element(rejects, i), &text));
        CHECK_STATUS(text_base45_decode(text, &out), SCRIP_REFUSED_TEXT);
    }
    printf("    rfc/rfc_small_vectors.json: base45: %zu encodings, %zu rejections\n",
           json_count(pairs), json_count(rejects));
    CHECK(json_count(pairs) == 4 && json_count(rejects) == 6);
}

static void check_jws(const struct json *root)
{
    const struct json *vector = json_member(root, "rfc7515_A3");
    struct bytes jws = text_at(vector, "jws");
    uint8_t point[CRYPTO_POINT_BYTES], hash[CRYPTO_HASH_BYTES], signature[CRYPTO_SIGNATURE_BYTES];
    struct buffer out = buffer_of(signature, sizeof signature);
    size_t signed_len = jws.len;
    while (signed_len > 0 && jws.data[signed_len - 1] != '.')
        signed_len--;
    REQUIRE(signed_len > 1);
    read_point(vector, point);
    CHECK_STATUS(text_base64url_decode(bytes_of(jws.data + signed_len, jws.len - signed_len), &out),
                 SCRIP_OK);
    CHECK_STATUS(crypto_sha256(bytes_of(jws.data, signed_len - 1), hash), SCRIP_OK);
    CHECK_STATUS(crypto_verify(point, hash, signature), SCRIP_OK);
    hash[31] ^= 1;
    CHECK_STATUS(crypto_verify(point, hash, signature), SCRIP_REFUSED_SIGNATURE);
    printf("    rfc/rfc_small_vectors.json: JWS ES256: 1 signature\n");
}

static void check_ecdsa(const struct json *root)
{
    const struct json *vector = json_member(root, "rfc6979_A_2_5");
    const struct json *cases = json_member(vector, "sha256");
    uint8_t point[CRYPTO_POINT_BYTES] = {4}, made[CRYPTO_POINT_BYTES], scalar[CRYPTO_SCALAR_BYTES];
    struct crypto_key key;
    (void)unhex(text_at(vector, "Ux"), point + 1, 32);
    (void)unhex(text_at(vector, "Uy"), point + 33, 32);
    (void)unhex(text_at(vector, "x"), scalar, 32);
    CHECK_STATUS(crypto_signing_import(scalar, &key), SCRIP_OK);
    CHECK_STATUS(crypto_signing_public(key, made), SCRIP_OK);
    CHECK_EQ_BYTES(made, point, sizeof point);
    crypto_key_close(&key);
    for (size_t i = 0; i < json_count(cases); i++) {
        const struct json *item = json_element(cases, i);
        uint8_t hash[CRYPTO_HASH_BYTES], signature[CRYPTO_SIGNATURE_BYTES];
        (void)unhex(text_at(item, "r"), signature, 32);
        (void)unhex(text_at(item, "s"), signature + 32, 32);
        CHECK_STATUS(crypto_sha256(text_at(item, "msg"), hash), SCRIP_OK);
        CHECK_STATUS(crypto_verify(point, hash, signature), SCRIP_OK);
    }
    printf("    rfc/rfc_small_vectors.json: ECDSA: %zu signatures\n", json_count(cases));
    CHECK_EQ_INT(json_count(cases), 2);
}

static void test_rfc_small_vectors(void)
{
    const struct json *root = open_vectors("rfc/rfc_small_vectors.json");
    if (!root)
        return;
    check_base45(root);
    check_jws(root);
    check_ecdsa(root);
    json_close(root);
}

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

/* The published bytes to be signed, verified with the message's signature. */
static enum scrip_status verify_published(const struct cose *message, struct bytes hex,
                                          const uint8_t point[CRYPTO_POINT_BYTES])
{
    uint8_t data[512], hash[CRYPTO_HASH_BYTES];
    TRY(crypto_sha256(unhex(hex, data, sizeof data), hash));
    return crypto_verify(point, hash, message->signature.data);
}

struct cose_case {
    const char *name;
    enum scrip_status signature; /* over the message as it is, without external data */
};

/* Every one is refused by the profile; those that are ES256 also meet the signature layer. */
static void check_cose(const struct cose_case *item)
{
    const struct json *root = open_vectors(item->name);
    uint8_t data[1024], point[CRYPTO_POINT_BYTES];
    struct cose message;
    if (!root)
        return;
    const struct json *sign = json_member(json_member(root, "input"), "sign0");
    struct bytes encoded = unhex(text_at(json_member(root, "output"), "cbor"), data, sizeof data);
    CHECK_STATUS(cose_parse(encoded, &message), SCRIP_REFUSED_SHAPE);
    const char *outcome = "not a Sign1 with ES256";
    if (item->signature != SCRIP_REFUSED_SHAPE) {
        REQUIRE(take_apart(encoded, &message));
        read_point(json_member(sign, "key"), point);
        CHECK_STATUS(cose_verify(&message, "", point), item->signature);
        outcome = scrip_status_name(item->signature);
        struct bytes published = text_at(json_member(root, "intermediates"), "ToBeSign_hex");
        if (published.len > 0 && item->signature == SCRIP_OK)
            CHECK_STATUS(verify_published(&message, published, point), SCRIP_OK);
        /* Signed with external data: over the published bytes it is genuine. */
        if (json_member(sign, "external"))
            CHECK_STATUS(verify_published(&message, published, point), SCRIP_OK);
    }
    printf("    %s: refused by the profile; signature: %s\n", item->name, outcome);
    json_close(root);
}

static void test_cose_wg(void)
{
    static const struct cose_case cases[] = {
        {"cose-wg/sign1-tests/sign-pass-01.json", SCRIP_OK},
        {"cose-wg/sign1-tests/sign-pass-02.json", SCRIP_REFUSED_SIGNATURE},
        {"cose-wg/sign1-tests/sign-pass-03.json", SCRIP_OK},
        {"cose-wg/sign1-tests/sign-fail-01.json", SCRIP_OK}, /* only its tag is wrong */
        {"cose-wg/sign1-tests/sign-fail-02.json", SCRIP_REFUSED_SIGNATURE},
        {"cose-wg/sign1-tests/sign-fail-03.json", SCRIP_REFUSED_SIGNATURE},
        {"cose-wg/sign1-tests/sign-fail-04.json", SCRIP_REFUSED_SIGNATURE},
        {"cose-wg/sign1-tests/sign-fail-06.json", SCRIP_REFUSED_SIGNATURE},
        {"cose-wg/sign1-tests/sign-fail-07.json", SCRIP_REFUSED_SIGNATURE},
        {"cose-wg/RFC8152/Appendix_C_2_1.json", SCRIP_OK},
        {"cose-wg/ecdsa-examples/ecdsa-sig-01.json", SCRIP_OK},
        {"cose-wg/ecdsa-examples/ecdsa-sig-02.json", SCRIP_REFUSED_SHAPE},
        {"cose-wg/ecdsa-examples/ecdsa-sig-03.json", SCRIP_REFUSED_SHAPE},
        {"cose-wg/ecdsa-examples/ecdsa-sig-04.json", SCRIP_REFUSED_SHAPE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_cose(&cases[i]);
}

static void test_cwt(void)
{
    static const struct cose_case cases[] = {{"cose-wg/CWT/A_3.json", SCRIP_OK},
                                             {"cose-wg/CWT/A_4.json", SCRIP_REFUSED_SHAPE},
                                             {"cose-wg/CWT/A_5.json", SCRIP_REFUSED_SHAPE},
                                             {"cose-wg/CWT/A_6.json", SCRIP_REFUSED_SHAPE},
                                             {"cose-wg/CWT/A_7.json", SCRIP_REFUSED_SHAPE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_cose(&cases[i]);
}

/* The Sig_structure, built with the writers that cose.c uses, must be the published one. */
static void check_gluecose(const char *name, const char *kind)
{
    const struct json *root = open_vectors(name);
    uint8_t data[512], external[64], built[512], published[512], point[CRYPTO_POINT_BYTES];
    uint8_t hash[CRYPTO_HASH_BYTES];
    struct cose message;
    if (!root)
        return;
    const struct json *vector = json_member(root, kind);
    const struct json *encoded = json_member(vector, "taggedCOSESign1");
    if (!encoded)
        encoded = json_member(vector, "expectedOutput");
    struct bytes bytes = unhex(text_at(encoded, "cborHex"), data, sizeof data);
    CHECK_STATUS(cose_parse(bytes, &message), SCRIP_REFUSED_SHAPE);
    REQUIRE(take_apart(bytes, &message));
    read_point(json_member(root, "key"), point);

    struct buffer out = buffer_of(built, sizeof built);
    cbor_put_array(&out, 4);
    cbor_put_text(&out, bytes_text("Signature1"));
    cbor_put_bytes(&out, message.protected_header);
    cbor_put_bytes(&out, unhex(text_at(vector, "external"), external, sizeof external));
    cbor_put_bytes(&out, message.payload);
    struct bytes to_sign = text_at(json_member(vector, "tbsHex"), "cborHex");
    if (to_sign.len > 0)
        CHECK(bytes_equal(buffer_bytes(&out), unhex(to_sign, published, sizeof published)));
    CHECK_STATUS(crypto_sha256(buffer_bytes(&out), hash), SCRIP_OK);
    bool genuine = true;
    (void)json_bool(json_member(vector, "shouldVerify"), &genuine);
    if (!json_member(vector, "shouldVerify"))
        genuine = true;
    CHECK_STATUS(crypto_verify(point, hash, message.signature.data),
                 genuine ? SCRIP_OK : SCRIP_REFUSED_SIGNATURE);
    printf("    %s: refused by the profile; signature %s\n", name, genuine ? "genuine" : "false");
    json_close(root);
}

static void test_gluecose(void)
{
    check_gluecose("gluecose/sign1-sign-0000.json", "sign1::sign");
    check_gluecose("gluecose/sign1-sign-0001.json", "sign1::sign");
    check_gluecose("gluecose/sign1-verify-0000.json", "sign1::verify");
    check_gluecose("gluecose/sign1-verify-0001.json", "sign1::verify");
}

/* The base mode of the file's suite; the others are not ours. A message a key is all that we seal,
 * so that later numbers of a sequence are put to the AEAD alone. */
static void test_hpke(void)
{
    static const char name[] = "hpke/rfc9180_A3_p256_hkdfsha256_aes128gcm.json";
    const struct json *root = open_vectors(name);
    uint8_t key[16], nonce[16], scalar[32], point[CRYPTO_POINT_BYTES], info[64], pt[64], aad[64];
    uint8_t ct[128], memory[256], out[128];
    struct crypto_key ephemeral, recipient, aead;
    if (!root)
        return;
    const struct json *base = json_element(root, 0);
    CHECK(bytes_equal(text_at(base, "setup"), bytes_text("Base")));
    CHECK_EQ_INT(unhex(text_at(base, "skEm"), scalar, sizeof scalar).len, sizeof scalar);
    CHECK_STATUS(crypto_agreement_import(scalar, &ephemeral), SCRIP_OK);
    (void)unhex(text_at(base, "skRm"), scalar, sizeof scalar);
    CHECK_STATUS(crypto_agreement_import(scalar, &recipient), SCRIP_OK);
    CHECK_EQ_INT(unhex(text_at(base, "pkRm"), point, sizeof point).len, sizeof point);
    (void)unhex(text_at(base, "key"), key, sizeof key);
    CHECK_STATUS(crypto_aead_key(key, &aead), SCRIP_OK);
    struct bytes info_bytes = unhex(text_at(base, "info"), info, sizeof info);
    const struct json *list = json_member(base, "encryptions");
    for (size_t i = 0; i < json_count(list); i++) {
        const struct json *one = json_element(list, i);
        struct bytes text = unhex(text_at(one, "pt"), pt, sizeof pt);
        struct bytes extra = unhex(text_at(one, "aad"), aad, sizeof aad);
        struct bytes sealed = unhex(text_at(one, "ct"), ct, sizeof ct);
        CHECK_EQ_INT(unhex(text_at(one, "nonce"), nonce, sizeof nonce).len, CRYPTO_NONCE_BYTES);
        CHECK_STATUS(crypto_aead_seal(aead, nonce, extra, text, out), SCRIP_OK);
        CHECK(bytes_equal(bytes_of(out, text.len + CRYPTO_TAG_BYTES), sealed));
        if (i != 0)
            continue;
        struct buffer whole = buffer_of(memory, sizeof memory);
        struct buffer opened = buffer_of(out, sizeof out);
        CHECK_STATUS(hpke_seal_with(ephemeral, point, info_bytes, extra, text, &whole), SCRIP_OK);
        uint8_t enc[CRYPTO_POINT_BYTES];
        (void)unhex(text_at(base, "enc"), enc, sizeof enc);
        CHECK_EQ_BYTES(memory, enc, sizeof enc);
        CHECK_EQ_INT(whole.len, sizeof enc + sealed.len);
        CHECK_EQ_BYTES(memory + sizeof enc, sealed.data, sealed.len);
        CHECK_STATUS(hpke_open(recipient, info_bytes, extra, buffer_bytes(&whole), &opened),
                     SCRIP_OK);
        CHECK(bytes_equal(buffer_bytes(&opened), text));
    }
    printf("    %s: base mode: 1 whole, %zu encryptions\n", name, json_count(list));
    CHECK_EQ_INT(json_count(list), 6);
    crypto_key_close(&ephemeral);
    crypto_key_close(&recipient);
    crypto_key_close(&aead);
    json_close(root);
}

int main(void)
{
    struct test_entropy entropy;
    test_entropy_open(&entropy, 4);
    CHECK_STATUS(crypto_open(&entropy.hal), SCRIP_OK);
    CHECK_RUN(test_base45_figures);
    if (!is_here("INDEX.md")) {
        printf("    " VECTORS ": skipped, the folder is not here\n");
        return check_done();
    }
    CHECK_RUN(test_cbor_appendix_a);
    CHECK_RUN(test_rfc_small_vectors);
    CHECK_RUN(test_cose_wg);
    CHECK_RUN(test_cwt);
    CHECK_RUN(test_gluecose);
    CHECK_RUN(test_hpke);
    return check_done();
}
