/* keyset: written and read back; each rule broken once; truncated at every length. */
#include "redeem/keyset.h"
#include "base/cbor.h"
#include "redeem/token.h"
#include "tests/check.h"
#include "tests/support/issuer.h"

static struct test_issuer issuer;
static struct keyset full; /* LIMIT_KEYS keys */
static struct keyset out;
static uint8_t body[LIMIT_OBJECT_BYTES];

static enum scrip_status read_body(struct bytes bytes)
{
    static const struct keyset zero;
    const struct object object = {
        .kind = OBJECT_KEYS, .iat_s = 100, .exp_s = 200, .seq = 3, .body = span_of(bytes)};
    enum scrip_status status = keyset_read(&object, &out);
    if (status != SCRIP_OK)
        CHECK_EQ_BYTES(&out, &zero, sizeof out);
    return status;
}

static enum scrip_status read_back(const struct keyset *keys)
{
    struct buffer bytes = buffer_of(body, sizeof body);
    keyset_write(keys, &bytes);
    CHECK(!bytes.overflow);
    return read_body(buffer_bytes(&bytes));
}

static void make_full(void)
{
    full = issuer.keys;
    while (full.count < LIMIT_KEYS) {
        uint8_t scalar[CRYPTO_SCALAR_BYTES];
        struct crypto_key key;
        CHECK_STATUS(crypto_signing_generate(&key, scalar), SCRIP_OK);
        full.key[full.count++] = test_key_entry(key);
        crypto_key_close(&key);
    }
    full.root_count = 2;
    memset(full.root, 0x5A, sizeof full.root);
}

static void test_written_and_read_back(void)
{
    CHECK_STATUS(read_back(&full), SCRIP_OK);
    CHECK_EQ_INT(out.count, LIMIT_KEYS);
    CHECK_EQ_INT(out.iat_s, 100);
    CHECK_EQ_INT(out.exp_s, 200);
    CHECK_EQ_INT(out.seq, 3);
    CHECK_EQ_INT(out.root_count, 2);
    CHECK_EQ_BYTES(out.root, full.root, sizeof full.root);
    for (size_t i = 0; i < LIMIT_KEYS; i++) {
        CHECK_EQ_BYTES(out.key[i].kid, full.key[i].kid, COSE_KID_BYTES);
        CHECK_EQ_BYTES(out.key[i].point, full.key[i].point, CRYPTO_POINT_BYTES);
        CHECK_EQ_INT(out.key[i].verify_until_s, full.key[i].verify_until_s);
        CHECK_EQ_INT(out.key[i].max_limit_minor, 10000);
        CHECK_EQ_INT(out.key[i].currency, 978);
    }
    struct keyset none = {.root_count = 1};
    CHECK_STATUS(read_back(&none), SCRIP_OK);
    CHECK_EQ_INT(out.count, 0);
}

static void test_truncated_or_prolonged(void)
{
    struct buffer bytes = buffer_of(body, sizeof body);
    keyset_write(&issuer.keys, &bytes);
    for (size_t len = 0; len < bytes.len; len++)
        CHECK_STATUS(read_body(bytes_of(body, len)), SCRIP_REFUSED_CLAIMS);
    body[bytes.len] = 0;
    CHECK_STATUS(read_body(bytes_of(body, bytes.len + 1)), SCRIP_REFUSED_CLAIMS);
}

#define BROKEN(...)                                                                                \
    do {                                                                                           \
        struct keyset k = full;                                                                    \
        k.count = 2;                                                                               \
        __VA_ARGS__;                                                                               \
        CHECK_STATUS(read_back(&k), SCRIP_REFUSED_CLAIMS);                                         \
    } while (0)

static void test_rules(void)
{
    BROKEN(k.key[1] = k.key[0]);
    BROKEN(k.key[1].point[40] ^= 1); /* off the curve */
    BROKEN(k.key[1].kid[0] ^= 1);    /* not its thumbprint */
    BROKEN(k.key[1].uses = 0);
    BROKEN(k.key[1].uses = 8);
    BROKEN(k.key[1].nbf_s = k.key[1].sign_until_s + 1);
    BROKEN(k.key[1].sign_until_s = k.key[1].verify_until_s + 1);
    BROKEN(k.key[1].currency = 1000);
    BROKEN(k.root_count = 0);
}

static void test_too_many_keys(void)
{
    struct buffer bytes = buffer_of(body, sizeof body);
    cbor_put_map(&bytes, 2);
    cbor_put_uint(&bytes, 1);
    cbor_put_array(&bytes, LIMIT_KEYS + 1);
    CHECK_STATUS(read_body(buffer_bytes(&bytes)), SCRIP_REFUSED_CLAIMS);
}

static void test_another_kind_of_object(void)
{
    struct buffer bytes = buffer_of(body, sizeof body);
    keyset_write(&issuer.keys, &bytes);
    const struct object object = {.kind = OBJECT_POLICY, .body = span_of(buffer_bytes(&bytes))};
    CHECK_STATUS(keyset_read(&object, &out), SCRIP_REFUSED_CLAIMS);
}

/* Keys that sign no tokens stand between those that do: each table is its own key's. */
static void test_prepared(void)
{
    static struct keyset_tables tables;
    struct keyset keys = full;
    for (size_t i = 0; i < keys.count; i++)
        keys.key[i].uses = i % 3 == 1 ? KEYSET_VAULT : KEYSET_TOKENS;
    CHECK(keyset_table(&keys, 0) == NULL);
    CHECK_STATUS(keyset_prepare(&keys, &tables), SCRIP_OK);
    size_t prepared = 0;
    for (size_t i = 0; i < keys.count; i++) {
        struct p256v_table expected;
        if (keys.key[i].uses != KEYSET_TOKENS)
            continue;
        CHECK_STATUS(p256v_prepare(keys.key[i].point, &expected), SCRIP_OK);
        const struct p256v_table *table = keyset_table(&keys, i);
        if (prepared++ < LIMIT_KEY_TABLES) {
            REQUIRE(table != NULL);
            CHECK_EQ_BYTES(table, &expected, sizeof expected);
        } else {
            CHECK(table == NULL);
        }
    }
    CHECK(prepared > 1);
}

/* keyset_read() lets no such key in: then the set believes nobody. */
static void test_prepared_from_what_is_no_point(void)
{
    static struct keyset_tables tables;
    static const struct keyset zero;
    struct keyset keys = full;
    keys.key[LIMIT_KEY_TABLES - 1].point[64] ^= 1;
    CHECK_STATUS(keyset_prepare(&keys, &tables), SCRIP_FAULT_CORRUPT);
    CHECK_EQ_BYTES(&keys, &zero, sizeof keys);
}

int main(void)
{
    test_issuer_open(&issuer);
    make_full();
    CHECK_RUN(test_written_and_read_back);
    CHECK_RUN(test_truncated_or_prolonged);
    CHECK_RUN(test_rules);
    CHECK_RUN(test_too_many_keys);
    CHECK_RUN(test_another_kind_of_object);
    CHECK_RUN(test_prepared);
    CHECK_RUN(test_prepared_from_what_is_no_point);
    return check_done();
}
