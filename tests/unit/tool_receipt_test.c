/* scrip receipt verify: by each form of the terminal's key, and by none that is not its. */
#include "redeem/receipt.h"
#include "tests/check.h"
#include "tests/support/shop.h"
#include "tests/support/temp.h"
#include "tools/scrip/commands.h"
#include "tools/scrip/file.h"

static struct shop shop;
static struct temp temp;
static char text[LIMIT_CODE_CHARS + 1], url[LIMIT_CODE_CHARS + 40];
static uint8_t point[CRYPTO_POINT_BYTES];

static const uint8_t spki_head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
                                    0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
                                    0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};

/* A redemption and the text of its receipt, in digits. */
static void begin(void)
{
    struct identity terminal;
    struct ledger_entry entry;
    struct record record;
    struct crypto_key key;
    uint8_t kid[COSE_KID_BYTES];
    struct buffer out = buffer_of(text, sizeof text - 1);
    memset(text, 0, sizeof text);
    CHECK(temp_open(&temp));
    shop_open(&shop, &SHOP_NOR);
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    CHECK_STATUS(identity_parse(bytes_text("ACME.S1.T1"), &terminal), SCRIP_OK);
    CHECK_STATUS(keys_signing(&shop.keys, &key, point, kid), SCRIP_OK);
    CHECK_STATUS(shop_redeem(&shop, 77, 5, PERMIT_OFFLINE, &entry), SCRIP_OK);
    CHECK_STATUS(ledger_record(&shop.ledger, entry.seq, &record), SCRIP_OK);
    CHECK_STATUS(receipt_make(&shop.keys, &terminal, &record, 'D', &out), SCRIP_OK);
    (void)snprintf(url, sizeof url, "HTTPS://R.EXAMPLE/R/%s", text);
}

static void end(void)
{
    shop_close(&shop);
    temp_close(&temp);
}

static const char *key_file(const char *name, struct bytes data)
{
    const char *path = temp_file(&temp, name);
    CHECK_STATUS(file_write(path, data, 0644), SCRIP_OK);
    return path;
}

static int verify(const char *receipt, const char *key, uint32_t at_s)
{
    char at[16];
    (void)snprintf(at, sizeof at, "%lu", (unsigned long)at_s);
    char *argv[] = {(char *)(uintptr_t)receipt, (char *)(uintptr_t) "--key", (char *)(uintptr_t)key,
                    (char *)(uintptr_t) "--at", at};
    struct arguments arguments;
    if (!command_parse(&command_receipt_verify, key != NULL ? 5 : 1, argv, &arguments))
        return EXIT_MISUSE;
    return command_receipt_verify.run(&arguments);
}

static void test_by_each_form_of_the_key(void)
{
    uint8_t der_memory[128], pem_memory[512];
    struct buffer der = buffer_of(der_memory, sizeof der_memory);
    struct buffer pem = buffer_of(pem_memory, sizeof pem_memory);
    begin();
    buffer_put(&der, spki_head, sizeof spki_head);
    buffer_put(&der, point, sizeof point);
    pem_encode("PUBLIC KEY", buffer_bytes(&der), &pem);
    const char *bare = key_file("point", bytes_of(point, sizeof point));
    CHECK_EQ_INT(verify(text, bare, SHOP_NOW_S), EXIT_DONE);
    CHECK_EQ_INT(verify(url, bare, SHOP_NOW_S), EXIT_DONE);
    CHECK_EQ_INT(verify(text, key_file("der", buffer_bytes(&der)), SHOP_NOW_S), EXIT_DONE);
    CHECK_EQ_INT(verify(text, key_file("pem", buffer_bytes(&pem)), SHOP_NOW_S), EXIT_DONE);
    end();
}

static void test_what_is_refused(void)
{
    struct crypto_key other;
    uint8_t scalar[CRYPTO_SCALAR_BYTES], foreign[CRYPTO_POINT_BYTES];
    begin();
    const char *key = key_file("point", bytes_of(point, sizeof point));
    CHECK_EQ_INT(verify(text, key, SHOP_NOW_S + RECEIPT_LIFETIME_S), EXIT_REFUSED);
    CHECK_EQ_INT(verify("SCRD123", key, SHOP_NOW_S), EXIT_REFUSED);
    text[100] = text[100] == '1' ? '2' : '1';
    CHECK_EQ_INT(verify(text, key, SHOP_NOW_S), EXIT_REFUSED);
    text[100] = 0;

    CHECK_STATUS(crypto_signing_generate(&other, scalar), SCRIP_OK);
    CHECK_STATUS(crypto_signing_public(other, foreign), SCRIP_OK);
    crypto_key_close(&other);
    CHECK_EQ_INT(verify(url, key_file("other", bytes_of(foreign, sizeof foreign)), SHOP_NOW_S),
                 EXIT_REFUSED);
    CHECK_EQ_INT(verify(url, key_file("junk", bytes_text("junk")), SHOP_NOW_S), EXIT_REFUSED);
    CHECK_EQ_INT(verify(url, temp_file(&temp, "none"), SHOP_NOW_S), EXIT_REFUSED);
    CHECK_EQ_INT(verify(url, NULL, SHOP_NOW_S), EXIT_MISUSE);
    end();
}

int main(void)
{
    CHECK_RUN(test_by_each_form_of_the_key);
    CHECK_RUN(test_what_is_refused);
    return check_done();
}
