/*
 * Public test vectors: the figures that the tree keeps itself, and, where that folder exists, those
 * of ../shared/vectors: every file of it is read, and named in the output with what was judged and
 * by which rule. A file that nobody reads fails.
 */
#include <stdlib.h>
#include <zlib.h>

#include "base/cbor.h"
#include "base/hpke.h"
#include "base/text.h"
#include "redeem/status_list.h"
#include "tests/check.h"
#include "tests/support/entropy.h"
#include "tests/vectors/shared.h"

static void test_cbor_appendix_a(void)
{
    static const char name[] = "cbor/rfc8949_appendix_a.json";
    const struct json *root = shared_open(name);
    size_t accepted = 0;
    for (size_t i = 0; i < json_count(root); i++) {
        const struct json *item = json_element(root, i);
        uint8_t data[64], written[16];
        bool roundtrip = false;
        struct bytes encoded = shared_unhex(shared_field(item, "hex"), data, sizeof data);
        CHECK(json_bool(json_member(item, "roundtrip"), &roundtrip));
        /* Of the subset are preferred encodings but tags, floats and simple values. */
        bool ours = roundtrip && data[0] >> 5 <= CBOR_MAP;
        struct cbor_reader in = cbor_read(encoded);
        CHECK((cbor_skip(&in, CBOR_DEPTH, NULL) && cbor_done(&in)) == ours);
        if (check_state.failures > 0)
            printf("    at item %zu\n", i);
        accepted += ours;

        int64_t value, number;
        bool exact;
        in = cbor_read(encoded);
        if (!ours || !json_decimal(json_member(item, "decoded"), 0, &number, &exact) ||
            !cbor_get_int(&in, &value))
            continue;
        struct buffer out = buffer_of(written, sizeof written);
        cbor_put_int(&out, value);
        CHECK(exact && value == number);
        CHECK_EQ_INT(out.len, encoded.len);
        CHECK_EQ_BYTES(written, data, encoded.len);
    }
    shared_say(name, "%zu items: %zu read as the subset of ours, %zu refused as outside of it",
               json_count(root), accepted, json_count(root) - accepted);
    CHECK_EQ_INT(json_count(root), 82);
    CHECK(accepted > 30);
}

static const char RFC_FILE[] = "rfc/rfc_small_vectors.json";

static void check_base45(const struct json *root)
{
    const struct json *pairs = json_member(root, "rfc9285_encode");
    const struct json *rejects = json_member(root, "rfc9285_must_reject_decode");
    const struct json *boundary = json_member(root, "computed_boundary");
    const char *encoded_text;
    uint8_t memory[64], plain_memory[8];
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
    for (size_t i = 0; json_member_at(boundary, i, &encoded_text) != NULL; i++) {
        struct buffer out = buffer_of(memory, sizeof memory);
        struct bytes plain = shared_unhex(shared_field(boundary, encoded_text), plain_memory,
                                          sizeof plain_memory);
        CHECK_STATUS(text_base45_decode(bytes_text(encoded_text), &out), SCRIP_OK);
        CHECK(bytes_equal(buffer_bytes(&out), plain));
    }
    shared_say(RFC_FILE, "RFC 9285: %zu texts written and read, %zu refused, %zu at the boundary",
               json_count(pairs), json_count(rejects), json_count(boundary));
    CHECK(json_count(pairs) == 4 && json_count(rejects) == 6 && json_count(boundary) == 1);
}

static void check_jws(const struct json *root)
{
    const struct json *vector = json_member(root, "rfc7515_A3");
    struct bytes jws = shared_field(vector, "jws");
    uint8_t point[CRYPTO_POINT_BYTES], signature[CRYPTO_SIGNATURE_BYTES];
    struct buffer out = buffer_of(signature, sizeof signature);
    size_t signed_len = jws.len;
    while (signed_len > 0 && jws.data[signed_len - 1] != '.')
        signed_len--;
    REQUIRE(signed_len > 1);
    shared_point(vector, point);
    CHECK_STATUS(text_base64url_decode(bytes_of(jws.data + signed_len, jws.len - signed_len), &out),
                 SCRIP_OK);
    CHECK_STATUS(shared_verify(point, bytes_of(jws.data, signed_len - 1), signature), SCRIP_OK);
    CHECK_STATUS(shared_verify(point, bytes_of(jws.data, signed_len - 2), signature),
                 SCRIP_REFUSED_SIGNATURE);
    shared_say(RFC_FILE, "RFC 7515 A.3: 1 signature holds; no token of ours, so by ES256 alone");
}

static void check_ecdsa(const struct json *root)
{
    const struct json *vector = json_member(root, "rfc6979_A_2_5");
    const struct json *cases = json_member(vector, "sha256");
    uint8_t point[CRYPTO_POINT_BYTES] = {4}, made[CRYPTO_POINT_BYTES], scalar[CRYPTO_SCALAR_BYTES];
    struct crypto_key key;
    (void)shared_unhex(shared_field(vector, "Ux"), point + 1, 32);
    (void)shared_unhex(shared_field(vector, "Uy"), point + 33, 32);
    (void)shared_unhex(shared_field(vector, "x"), scalar, 32);
    CHECK_STATUS(crypto_signing_import(scalar, &key), SCRIP_OK);
    CHECK_STATUS(crypto_signing_public(key, made), SCRIP_OK);
    CHECK_EQ_BYTES(made, point, sizeof point);
    crypto_key_close(&key);
    for (size_t i = 0; i < json_count(cases); i++) {
        const struct json *item = json_element(cases, i);
        uint8_t signature[CRYPTO_SIGNATURE_BYTES];
        (void)shared_unhex(shared_field(item, "r"), signature, 32);
        (void)shared_unhex(shared_field(item, "s"), signature + 32, 32);
        CHECK_STATUS(shared_verify(point, shared_field(item, "msg"), signature), SCRIP_OK);
        signature[63] ^= 1;
        CHECK_STATUS(shared_verify(point, shared_field(item, "msg"), signature),
                     SCRIP_REFUSED_SIGNATURE);
    }
    shared_say(RFC_FILE, "RFC 6979 A.2.5: 1 key, %zu signatures hold", json_count(cases));
    CHECK_EQ_INT(json_count(cases), 2);
}

static void test_rfc_small_vectors(void)
{
    const struct json *root = shared_open(RFC_FILE);
    check_base45(root);
    check_jws(root);
    check_ecdsa(root);
}

/* An encryption by the published key and nonce: what HPKE's modes have in common. */
static void check_encryption(const struct json *one, struct crypto_key aead)
{
    uint8_t nonce[16], pt[64], aad[64], ct[128], out[128];
    struct bytes text = shared_unhex(shared_field(one, "pt"), pt, sizeof pt);
    struct bytes extra = shared_unhex(shared_field(one, "aad"), aad, sizeof aad);
    struct bytes sealed = shared_unhex(shared_field(one, "ct"), ct, sizeof ct);
    CHECK_EQ_INT(shared_unhex(shared_field(one, "nonce"), nonce, sizeof nonce).len,
                 CRYPTO_NONCE_BYTES);
    CHECK_STATUS(crypto_aead_seal(aead, nonce, extra, text, out), SCRIP_OK);
    CHECK(bytes_equal(bytes_of(out, text.len + CRYPTO_TAG_BYTES), sealed));
    CHECK_STATUS(crypto_aead_open(aead, nonce, extra, sealed, out), SCRIP_OK);
    CHECK(bytes_equal(bytes_of(out, text.len), text));
}

/* LabeledExpand(exporter_secret, "sec", context, 32): to 32 bytes it is one HMAC. */
static void check_export(const struct json *one, struct bytes secret)
{
    static const uint8_t label[] = {0,   32,  'H', 'P', 'K', 'E', '-', 'v', '1', 'H', 'P',
                                    'K', 'E', 0,   16,  0,   1,   0,   1,   's', 'e', 'c'};
    static const uint8_t counter = 1;
    uint8_t context[32], want[32], mac[CRYPTO_HASH_BYTES];
    const struct bytes parts[] = {
        bytes_of(label, sizeof label),
        shared_unhex(shared_field(one, "exporter_context"), context, sizeof context),
        bytes_of(&counter, 1)};
    CHECK(bytes_equal(shared_field(one, "L"), bytes_text("32")));
    CHECK_STATUS(crypto_hmac(secret, parts, 3, mac), SCRIP_OK);
    CHECK_EQ_INT(shared_unhex(shared_field(one, "exported_value"), want, sizeof want).len, 32);
    CHECK_EQ_BYTES(mac, want, sizeof want);
}

/* The mode that is ours, as a whole: a message a key is all that we seal, which is the first. */
static void check_base_mode(const struct json *base)
{
    uint8_t ephemeral_scalar[32], scalar[32], point[CRYPTO_POINT_BYTES], enc[CRYPTO_POINT_BYTES];
    uint8_t info[64], pt[64], aad[64], ct[128], memory[256], out[128];
    struct crypto_key ephemeral, recipient;
    struct buffer whole = buffer_of(memory, sizeof memory), opened = buffer_of(out, sizeof out);
    const struct json *one = json_element(json_member(base, "encryptions"), 0);

    CHECK(bytes_equal(shared_field(base, "setup"), bytes_text("Base")));
    CHECK_EQ_INT(
        shared_unhex(shared_field(base, "skEm"), ephemeral_scalar, sizeof ephemeral_scalar).len,
        sizeof ephemeral_scalar);
    CHECK_EQ_INT(shared_unhex(shared_field(base, "skRm"), scalar, sizeof scalar).len,
                 sizeof scalar);
    CHECK_EQ_INT(shared_unhex(shared_field(base, "pkRm"), point, sizeof point).len, sizeof point);
    CHECK_EQ_INT(shared_unhex(shared_field(base, "enc"), enc, sizeof enc).len, sizeof enc);
    CHECK_STATUS(crypto_agreement_import(ephemeral_scalar, &ephemeral), SCRIP_OK);
    CHECK_STATUS(crypto_agreement_import(scalar, &recipient), SCRIP_OK);
    struct bytes info_bytes = shared_unhex(shared_field(base, "info"), info, sizeof info);
    struct bytes text = shared_unhex(shared_field(one, "pt"), pt, sizeof pt);
    struct bytes extra = shared_unhex(shared_field(one, "aad"), aad, sizeof aad);
    struct bytes sealed = shared_unhex(shared_field(one, "ct"), ct, sizeof ct);
    CHECK_STATUS(hpke_seal_with(ephemeral, point, info_bytes, extra, text, &whole), SCRIP_OK);
    CHECK_EQ_BYTES(memory, enc, sizeof enc);
    CHECK_EQ_INT(whole.len, sizeof enc + sealed.len);
    CHECK_EQ_BYTES(memory + sizeof enc, sealed.data, sealed.len);
    CHECK_STATUS(hpke_open(recipient, info_bytes, extra, buffer_bytes(&whole), &opened), SCRIP_OK);
    CHECK(bytes_equal(buffer_bytes(&opened), text));
    crypto_key_close(&ephemeral);
    crypto_key_close(&recipient);
}

static void test_hpke(void)
{
    static const char name[] = "hpke/rfc9180_A3_p256_hkdfsha256_aes128gcm.json";
    const struct json *root = shared_open(name);
    size_t encryptions = 0, exports = 0;
    check_base_mode(json_element(root, 0));
    for (size_t mode = 0; mode < json_count(root); mode++) {
        const struct json *setup = json_element(root, mode);
        const struct json *encrypted = json_member(setup, "encryptions");
        const struct json *exported = json_member(setup, "exports");
        uint8_t key[16], secret[32];
        struct crypto_key aead;
        CHECK_EQ_INT(shared_unhex(shared_field(setup, "key"), key, sizeof key).len, sizeof key);
        CHECK_STATUS(crypto_aead_key(key, &aead), SCRIP_OK);
        struct bytes exporter = shared_unhex(shared_field(setup, "exporter_secret"), secret,
                                             sizeof secret);
        for (size_t i = 0; i < json_count(encrypted); i++, encryptions++)
            check_encryption(json_element(encrypted, i), aead);
        for (size_t i = 0; i < json_count(exported); i++, exports++)
            check_export(json_element(exported, i), exporter);
        crypto_key_close(&aead);
    }
    CHECK_EQ_INT(encryptions, 24);
    CHECK_EQ_INT(exports, 12);
    shared_say(name,
               "base mode sealed and opened as a whole; of 4 modes %zu encryptions by key "
               "and nonce, %zu exports by HMAC: the other modes' keys are not ours to make",
               encryptions, exports);
}

/* Behind the next occurrence of label at or after at; NULL: there is none. */
static const char *behind(const char *at, const char *label)
{
    at = strstr(at, label);
    return at != NULL ? at + strlen(label) : NULL;
}

static struct bytes up_to_quote(const char *at)
{
    return bytes_of(at, strcspn(at, "\""));
}

enum { ENTRIES = 1 << 20 };

/* Entry i of a list of `bits` bits as our reader has it: an entry is so many of ours, the lowest
 * first, and a list longer than one of ours is several. */
static unsigned entry_of(const uint8_t *list, unsigned bits, uint32_t i)
{
    unsigned value = 0;
    for (unsigned bit = 0; bit < bits; bit++) {
        uint32_t index = i * bits + bit, per_list = 8 * STATUS_LIST_MAX_BYTES;
        struct status_list ours = {
            .seq = 1,
            .bits = span_of(
                bytes_of(list + index / 8 / STATUS_LIST_MAX_BYTES * STATUS_LIST_MAX_BYTES,
                         STATUS_LIST_MAX_BYTES))};
        bool set = false;
        CHECK_STATUS(status_list_look(&ours, index % per_list, &set), SCRIP_OK);
        value |= (unsigned)set << bit;
    }
    return value;
}

/* One list, in its JSON and its CBOR form. Gives where the next begins. */
static const char *check_list(const char *at, size_t *set)
{
    static uint8_t deflated[4096], in_cbor[4096], list[ENTRIES], want[ENTRIES];
    struct buffer compressed = buffer_of(deflated, sizeof deflated);
    const char *entries = behind(at, "\"entries\": {"), *end = strchr(entries, '}');
    const char *form = behind(end, "\"bits\": ");
    unsigned bits = (unsigned)strtoul(form, NULL, 10);
    uLongf len = sizeof list;

    memset(want, 0, sizeof want);
    for (at = strchr(entries, '"'); at != NULL && at < end; at = strchr(at, '"')) {
        char *next;
        unsigned long i = strtoul(at + 1, &next, 10);
        at = behind(next, ": ");
        CHECK(i < ENTRIES);
        want[i % ENTRIES] = (uint8_t)strtoul(at, NULL, 10);
        ++*set;
    }
    CHECK_STATUS(text_base64url_decode(up_to_quote(behind(form, "\"lst\": \"")), &compressed),
                 SCRIP_OK);
    const char *hex = behind(form, "\"cbor_hex\": \"");
    struct bytes cbor = shared_unhex(up_to_quote(hex), in_cbor, sizeof in_cbor);
    CHECK(cbor.len > compressed.len &&
          memcmp(cbor.data + cbor.len - compressed.len, deflated, compressed.len) == 0);
    CHECK_EQ_INT(uncompress(list, &len, deflated, compressed.len), Z_OK);
    CHECK_EQ_INT(len, bits * (ENTRIES / 8));
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < ENTRIES; i++)
        wrong += entry_of(list, bits, i) != want[i];
    CHECK_EQ_INT(wrong, 0);
    return hex;
}

static void test_status_lists(void)
{
    static const char name[] = "status-list/status_list_vectors.json";
    const char *at = shared_text(name);
    size_t lists = 0, set = 0;
    while ((at = behind(at, "\"title\"")) != NULL) {
        at = check_list(at, &set);
        lists++;
    }
    CHECK_EQ_INT(lists, 4);
    CHECK(set > 280);
    shared_say(name,
               "%zu lists of %d entries, %zu of them named: inflated here, then each bit read "
               "by status_list_look(), an entry of n bits as n of ours",
               lists, ENTRIES, set);
}

static void test_every_file_is_read(void)
{
    size_t unread, files = shared_count(&unread);
    CHECK(files > 0);
    CHECK_EQ_INT(unread, 0);
    printf("> ../shared/vectors: %zu files, %zu of them read\n", files, files - unread);
}

int main(void)
{
    struct test_entropy entropy;
    test_entropy_open(&entropy, 4);
    CHECK_STATUS(crypto_open(&entropy.hal), SCRIP_OK);
    CHECK_RUN(shared_test_rfc9285);
    CHECK_RUN(shared_test_rfc8392);
    CHECK_RUN(shared_test_rfc9180);
    if (!shared_is_here()) {
        printf("> ../shared/vectors: skipped, the folder is not here\n");
        return check_done();
    }
    CHECK_RUN(test_cbor_appendix_a);
    CHECK_RUN(test_rfc_small_vectors);
    CHECK_RUN(shared_test_cose_wg);
    CHECK_RUN(shared_test_cwt);
    CHECK_RUN(shared_test_key_set);
    CHECK_RUN(shared_test_gluecose);
    CHECK_RUN(test_hpke);
    CHECK_RUN(test_status_lists);
    CHECK_RUN(test_every_file_is_read);
    return check_done();
}
