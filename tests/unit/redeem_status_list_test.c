/* Status lists: whose signature counts, and which bit is whose. */
#include "redeem/status_list.h"

#include "tests/check.h"
#include "tests/support/issuer.h"

static struct test_issuer issuer;
static uint8_t bits[STATUS_LIST_MAX_BYTES];
static uint8_t memory[LIMIT_LIST_BYTES];

static struct bytes sign(struct crypto_key key, enum object_kind kind, size_t bytes)
{
    static uint8_t body_memory[LIMIT_LIST_BYTES];
    struct buffer body = buffer_of(body_memory, sizeof body_memory);
    struct buffer out = buffer_of(memory, sizeof memory);
    const struct status_list list = {.list = 7, .bits = bytes_of(bits, bytes)};
    struct object object = {.kind = kind, .iat_s = TEST_NOW_S, .exp_s = TEST_NOW_S + 1, .seq = 3};
    status_list_write(&list, &body);
    object.body = buffer_bytes(&body);
    CHECK_STATUS(object_sign(key, &object, &out), SCRIP_OK);
    return buffer_bytes(&out);
}

static void test_every_bit_is_one_coupon(void)
{
    struct status_list list;

    issuer.keys.key[0].uses = KEYSET_TOKENS | KEYSET_STATUS;
    memset(bits, 0, sizeof bits);
    bits[0] = 0x02;
    bits[8191] = 0x80;
    CHECK_STATUS(status_list_read(sign(issuer.key, OBJECT_LIST, sizeof bits), &issuer.keys, &list),
                 SCRIP_OK);
    CHECK_EQ_INT(list.list, 7);
    CHECK_EQ_INT(list.seq, 3);
    for (uint32_t i = 0; i < 65536; i++)
        if (status_list_revoked(&list, i) != (i == 1 || i == 65535))
            CHECK_EQ_INT(i, -1);
    CHECK(status_list_revoked(&list, 65536));
    CHECK(status_list_revoked(&list, UINT32_MAX));
}

static void test_lists_that_are_not_ours(void)
{
    struct status_list list;
    struct crypto_key stranger;
    uint8_t scalar[CRYPTO_SCALAR_BYTES];

    CHECK_STATUS(crypto_signing_generate(&stranger, scalar), SCRIP_OK);
    issuer.keys.key[0].uses = KEYSET_TOKENS | KEYSET_STATUS;
    CHECK_STATUS(status_list_read(sign(stranger, OBJECT_LIST, 8), &issuer.keys, &list),
                 SCRIP_REFUSED_KEY);
    CHECK_STATUS(status_list_read(sign(issuer.key, OBJECT_POLICY, 8), &issuer.keys, &list),
                 SCRIP_REFUSED_SIGNATURE);
    CHECK_STATUS(status_list_read(sign(issuer.key, OBJECT_LIST, 0), &issuer.keys, &list),
                 SCRIP_REFUSED_CLAIMS);
    CHECK(list.bits.data == NULL);
    struct bytes good = sign(issuer.key, OBJECT_LIST, 8);
    for (size_t i = 0; i < good.len; i++) {
        memory[i] ^= 0x01;
        CHECK(status_list_read(good, &issuer.keys, &list) != SCRIP_OK);
        memory[i] ^= 0x01;
        CHECK(status_list_read(bytes_of(memory, i), &issuer.keys, &list) != SCRIP_OK);
    }
    CHECK_STATUS(status_list_read(good, &issuer.keys, &list), SCRIP_OK);
    /* A key for tokens alone, or for the vault, signs no list. */
    issuer.keys.key[0].uses = KEYSET_TOKENS | KEYSET_VAULT;
    CHECK_STATUS(status_list_read(good, &issuer.keys, &list), SCRIP_REFUSED_KEY);
    crypto_key_close(&stranger);
}

int main(void)
{
    test_issuer_open(&issuer);
    CHECK_RUN(test_every_bit_is_one_coupon);
    CHECK_RUN(test_lists_that_are_not_ours);
    return check_done();
}
