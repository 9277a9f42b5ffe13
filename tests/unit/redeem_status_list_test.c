/* Status lists: whose signature counts, and which bit is whose. */
#include "redeem/status_list.h"

#include "base/text.h"
#include "tests/check.h"
#include "tests/support/issuer.h"

static struct test_issuer issuer;
static uint8_t bits[STATUS_LIST_MAX_BYTES];
static uint8_t memory[LIMIT_OBJECT_BYTES];

static struct bytes sign(struct crypto_key key, enum object_kind kind, size_t bytes)
{
    static uint8_t body_memory[LIMIT_OBJECT_BYTES];
    struct buffer body = buffer_of(body_memory, sizeof body_memory);
    struct buffer out = buffer_of(memory, sizeof memory);
    const struct status_list list = {.list = 7, .bits = span_of(bytes_of(bits, bytes))};
    struct object object = {.kind = kind, .iat_s = TEST_NOW_S, .exp_s = TEST_NOW_S + 1, .seq = 3};
    CHECK_STATUS(status_list_write(&list, &body), SCRIP_OK);
    object.body = span_of(buffer_bytes(&body));
    CHECK_STATUS(object_sign(key, &object, &out), SCRIP_OK);
    return buffer_bytes(&out);
}

static bool revoked(const struct status_list *list, uint32_t index)
{
    bool answer;
    CHECK_STATUS(status_list_look(list, index, &answer), SCRIP_OK);
    return answer;
}

static void test_every_bit_is_one_coupon(void)
{
    struct status_list list;

    issuer.keys.key[0].uses = KEYSET_TOKENS | KEYSET_STATUS;
    memset(bits, 0, sizeof bits);
    bits[0] = 0x02;
    bits[8191] = 0x80;
    CHECK_STATUS(
        status_list_read(span_of(sign(issuer.key, OBJECT_LIST, sizeof bits)), &issuer.keys, &list),
        SCRIP_OK);
    CHECK_EQ_INT(list.list, 7);
    CHECK_EQ_INT(list.seq, 3);
    for (uint32_t i = 0; i < 65536; i++)
        if (revoked(&list, i) != (i == 1 || i == 65535))
            CHECK_EQ_INT(i, -1);
    CHECK(revoked(&list, 65536));
    CHECK(revoked(&list, UINT32_MAX));
}

/* Signed by the issuer, and yet not {1: list, 2: bits}. */
static void test_bodies_of_another_form(void)
{
    static const char *const bodies[] = {"a0",           "a101074100",     "a2010702410000",
                                         "a20107024200", "a2010702430000", "a201070240",
                                         "a201070260",   "a202410001",     "a3010702410003"};
    struct status_list list;

    issuer.keys.key[0].uses = KEYSET_TOKENS | KEYSET_STATUS;
    for (size_t i = 0; i <= sizeof bodies / sizeof *bodies; i++) {
        uint8_t body[16];
        bool good = i == sizeof bodies / sizeof *bodies;
        struct buffer decoded = buffer_of(body, sizeof body);
        struct buffer out = buffer_of(memory, sizeof memory);
        CHECK_STATUS(text_hex_decode(bytes_text(good ? "a20107024100" : bodies[i]), &decoded),
                     SCRIP_OK);
        const struct object object = {OBJECT_LIST, 1, 2, 3, span_of(buffer_bytes(&decoded))};
        CHECK_STATUS(object_sign(issuer.key, &object, &out), SCRIP_OK);
        CHECK_STATUS(status_list_read(span_of(buffer_bytes(&out)), &issuer.keys, &list),
                     good ? SCRIP_OK : SCRIP_REFUSED_CLAIMS);
        CHECK_EQ_INT(list.bits.len, good);
    }
}

static void test_lists_that_are_not_ours(void)
{
    struct status_list list;
    struct crypto_key stranger;
    uint8_t scalar[CRYPTO_SCALAR_BYTES];

    CHECK_STATUS(crypto_signing_generate(&stranger, scalar), SCRIP_OK);
    issuer.keys.key[0].uses = KEYSET_TOKENS | KEYSET_STATUS;
    CHECK_STATUS(status_list_read(span_of(sign(stranger, OBJECT_LIST, 8)), &issuer.keys, &list),
                 SCRIP_REFUSED_KEY);
    CHECK_STATUS(status_list_read(span_of(sign(issuer.key, OBJECT_POLICY, 8)), &issuer.keys, &list),
                 SCRIP_REFUSED_SIGNATURE);
    CHECK_STATUS(status_list_read(span_of(sign(issuer.key, OBJECT_LIST, 0)), &issuer.keys, &list),
                 SCRIP_REFUSED_CLAIMS);
    CHECK_EQ_INT(list.bits.len, 0);
    struct bytes good = sign(issuer.key, OBJECT_LIST, 8);
    for (size_t i = 0; i < good.len; i++) {
        memory[i] ^= 0x01;
        CHECK(status_list_read(span_of(good), &issuer.keys, &list) != SCRIP_OK);
        memory[i] ^= 0x01;
        CHECK(status_list_read(span_of(bytes_of(memory, i)), &issuer.keys, &list) != SCRIP_OK);
    }
    CHECK_STATUS(status_list_read(span_of(good), &issuer.keys, &list), SCRIP_OK);
    /* A key for tokens alone, or for the vault, signs no list. */
    issuer.keys.key[0].uses = KEYSET_TOKENS | KEYSET_VAULT;
    CHECK_STATUS(status_list_read(span_of(good), &issuer.keys, &list), SCRIP_REFUSED_KEY);
    crypto_key_close(&stranger);
}

int main(void)
{
    test_issuer_open(&issuer);
    CHECK_RUN(test_every_bit_is_one_coupon);
    CHECK_RUN(test_bodies_of_another_form);
    CHECK_RUN(test_lists_that_are_not_ours);
    return check_done();
}
