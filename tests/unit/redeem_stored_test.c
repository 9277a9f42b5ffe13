/* Signed objects where they lie: never whole in memory, and a fault of the store is told as one. */
#include "redeem/status_list.h"

#include <string.h>

#include "base/cbor_window.h"
#include "tests/check.h"
#include "tests/support/issuer.h"
#include "tests/support/stored.h"

static void test_a_key_set_is_read_by_pieces(void)
{
    static uint8_t body_memory[2048], memory[2048];
    struct buffer body = buffer_of(body_memory, sizeof body_memory);
    struct buffer out = buffer_of(memory, sizeof memory);
    struct object_roots roots = {.count = 1};
    uint8_t scalar[CRYPTO_SCALAR_BYTES];
    struct test_issuer issuer;
    struct crypto_key other;
    struct keyset read;
    struct object found;

    test_issuer_open(&issuer);
    memcpy(roots.point[0], issuer.keys.key[0].point, CRYPTO_POINT_BYTES);
    issuer.keys.root_count = 1;
    for (; issuer.keys.count < LIMIT_KEYS; issuer.keys.count++) {
        CHECK_STATUS(crypto_signing_generate(&other, scalar), SCRIP_OK);
        issuer.keys.key[issuer.keys.count] = test_key_entry(other);
        crypto_key_close(&other);
    }
    keyset_write(&issuer.keys, &body);
    const struct object object = {OBJECT_KEYS, 1, 2, 3, span_of(buffer_bytes(&body))};
    CHECK_STATUS(object_sign(issuer.key, &object, &out), SCRIP_OK);
    CHECK(out.len > 5 * CBOR_WINDOW);

    struct span span = test_stored(buffer_bytes(&out));
    CHECK_STATUS(object_verify(span, OBJECT_KEYS, &roots, &found), SCRIP_OK);
    CHECK_STATUS(keyset_read(&found, &read), SCRIP_OK);
    CHECK_EQ_INT(read.count, LIMIT_KEYS);
    CHECK_EQ_BYTES(read.key[LIMIT_KEYS - 1].point, issuer.keys.key[LIMIT_KEYS - 1].point,
                   CRYPTO_POINT_BYTES);
    CHECK_EQ_INT(test_store.longest, CBOR_WINDOW);
    unsigned reads = test_store.reads;
    memset(&read, 0, sizeof read);
    for (unsigned at = 1; at <= reads; at++) {
        (void)test_stored(buffer_bytes(&out));
        test_store.fails_at = at;
        enum scrip_status status = object_verify(span, OBJECT_KEYS, &roots, &found);
        if (status == SCRIP_OK)
            status = keyset_read(&found, &read);
        CHECK_STATUS(status, SCRIP_FAULT_FLASH);
        CHECK_EQ_INT(read.count, 0);
        memset(&read, 0, sizeof read);
    }
    /* Every byte counts, wherever it lies. */
    for (size_t i = 0; i < out.len; i += 37) {
        memory[i] ^= 0x10;
        CHECK(object_verify(test_stored(buffer_bytes(&out)), OBJECT_KEYS, &roots, &found) !=
              SCRIP_OK);
        memory[i] ^= 0x10;
    }
    crypto_key_close(&issuer.key);
}

static void test_a_list_is_hashed_once_and_then_asked(void)
{
    static uint8_t bits[STATUS_LIST_MAX_BYTES], body_memory[LIMIT_OBJECT_BYTES];
    static uint8_t memory[LIMIT_OBJECT_BYTES];
    struct buffer body = buffer_of(body_memory, sizeof body_memory);
    struct buffer out = buffer_of(memory, sizeof memory);
    struct status_list source = {.list = 2}, list;
    struct test_issuer issuer;
    bool revoked;

    test_issuer_open(&issuer);
    issuer.keys.key[0].uses = KEYSET_STATUS;
    bits[700] = 0x10;
    source.bits = span_of(bytes_of(bits, sizeof bits));
    CHECK_STATUS(status_list_write(&source, &body), SCRIP_OK);
    const struct object object = {OBJECT_LIST, 1, 2, 3, span_of(buffer_bytes(&body))};
    CHECK_STATUS(object_sign(issuer.key, &object, &out), SCRIP_OK);
    struct span span = test_stored(buffer_bytes(&out));
    CHECK_STATUS(status_list_read(span, &issuer.keys, &list), SCRIP_OK);
    CHECK_EQ_INT(list.exp_s, 2);
    CHECK_EQ_INT(test_store.longest, CBOR_WINDOW);
    unsigned reads = test_store.reads;
    CHECK_STATUS(status_list_look(&list, 8 * 700 + 4, &revoked), SCRIP_OK);
    CHECK(revoked);
    CHECK_STATUS(status_list_look(&list, 8 * 700 + 5, &revoked), SCRIP_OK);
    CHECK(!revoked);
    CHECK_EQ_INT(test_store.reads, reads + 2);
    test_store.fails_at = reads + 3;
    CHECK_STATUS(status_list_look(&list, 8 * 700 + 5, &revoked), SCRIP_FAULT_FLASH);
    CHECK(revoked);
    for (unsigned at = 1; at <= reads; at++) {
        (void)test_stored(buffer_bytes(&out));
        test_store.fails_at = at;
        CHECK_STATUS(status_list_read(span, &issuer.keys, &list), SCRIP_FAULT_FLASH);
        CHECK_EQ_INT(list.bits.len, 0);
    }
    crypto_key_close(&issuer.key);
}

int main(void)
{
    CHECK_RUN(test_a_key_set_is_read_by_pieces);
    CHECK_RUN(test_a_list_is_hashed_once_and_then_asked);
    return check_done();
}
