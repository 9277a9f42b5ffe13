/* receipt: made from the record alone, checked with the terminal's key alone. */
#include "redeem/receipt.h"

#include "base/cbor.h"
#include "tests/check.h"
#include "tests/support/shop.h"

static struct shop shop;
static struct identity terminal;
static struct scan scan;
static struct receipt receipt;
static struct record record;
static uint8_t point[CRYPTO_POINT_BYTES], kid[COSE_KID_BYTES];
static struct crypto_key key;
static uint8_t text_memory[LIMIT_CODE_CHARS];

static void begin(void)
{
    struct ledger_entry entry;
    shop_open(&shop, &SHOP_NOR);
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    CHECK_STATUS(identity_parse(bytes_text("ACME.S1.T1"), &terminal), SCRIP_OK);
    CHECK_STATUS(keys_signing(&shop.keys, &key, point, kid), SCRIP_OK);
    CHECK_STATUS(shop_redeem(&shop, 77, 5, PERMIT_OFFLINE, &entry), SCRIP_OK);
    CHECK_STATUS(ledger_record(&shop.ledger, entry.seq, &record), SCRIP_OK);
}

static struct bytes make(char transport)
{
    struct buffer text = buffer_of(text_memory, sizeof text_memory);
    CHECK_STATUS(receipt_make(&shop.keys, &terminal, &record, transport, &text), SCRIP_OK);
    return buffer_bytes(&text);
}

static void test_both_transports_say_what_the_record_says(void)
{
    static const char transports[] = {'B', 'D'};
    uint8_t cti[TOKEN_ID_BYTES], hash[CRYPTO_HASH_BYTES];
    begin();
    for (size_t i = 0; i < sizeof transports; i++) {
        struct bytes text = make(transports[i]);
        CHECK(memcmp(text.data, "SCR", 3) == 0 && text.data[3] == (uint8_t)transports[i]);
        CHECK_STATUS(receipt_verify(text, point, &scan, &receipt), SCRIP_OK);
        CHECK(bytes_equal(receipt.audience, bytes_text("ACME")));
        CHECK_EQ_INT(receipt.iat_s, SHOP_NOW_S);
        CHECK_EQ_INT(receipt.exp_s, SHOP_NOW_S + 30 * 86400);
        CHECK_EQ_INT(receipt.seq, 1);
        CHECK_EQ_INT(receipt.epoch, SHOP_EPOCH);
        CHECK_EQ_INT(receipt.total_minor, 4250);
        CHECK_EQ_INT(receipt.currency, 978);
        CHECK_EQ_INT(receipt.amount_minor, 500);
        shop_cti(77, cti);
        CHECK_EQ_BYTES(receipt.token_cti, cti, sizeof cti);
        CHECK_STATUS(receipt_hash(kid, &record, hash), SCRIP_OK);
        CHECK_EQ_BYTES(receipt.hash, hash, sizeof hash);
    }
    shop_close(&shop);
}

/* rch from bytes written out by hand. */
static void test_the_hash_binds_the_sale(void)
{
    uint8_t encoding[128] = "SCRIP/RCH/1\x87\x48";
    uint8_t expected[CRYPTO_HASH_BYTES], hash[CRYPTO_HASH_BYTES];
    begin();
    memcpy(encoding + 13, kid, 8);
    memcpy(encoding + 21, "\x07\x01\x1A\x6B\x02\x30\x80\x19\x10\x9A\x19\x03\xD2\x58\x20", 15);
    memcpy(encoding + 36, record.lines.data, 32);
    CHECK_STATUS(crypto_sha256(bytes_of(encoding, 68), expected), SCRIP_OK);
    CHECK_STATUS(receipt_hash(kid, &record, hash), SCRIP_OK);
    CHECK_EQ_BYTES(hash, expected, sizeof hash);
    record.total_minor++;
    CHECK_STATUS(receipt_hash(kid, &record, hash), SCRIP_OK);
    CHECK(memcmp(hash, expected, sizeof hash) != 0);
    shop_close(&shop);
}

static void test_only_a_redemption_has_a_receipt(void)
{
    struct ledger_entry entry;
    struct buffer text = buffer_of(text_memory, sizeof text_memory);
    begin();
    CHECK_STATUS(ledger_reverse(&shop.ledger, 1, &shop.stamp, &entry), SCRIP_OK);
    CHECK_STATUS(ledger_record(&shop.ledger, entry.seq, &record), SCRIP_OK);
    CHECK_STATUS(receipt_make(&shop.keys, &terminal, &record, 'B', &text), SCRIP_REFUSED_STATE);
    CHECK_STATUS(ledger_record(&shop.ledger, 1, &record), SCRIP_OK);
    text.capacity = 200;
    CHECK_STATUS(receipt_make(&shop.keys, &terminal, &record, 'B', &text), SCRIP_REFUSED_TOO_LONG);
    CHECK(text.len == 0 && !text.overflow);
    shop_close(&shop);
}

static void test_every_changed_character_is_refused(void)
{
    begin();
    struct bytes text = make('B');
    for (size_t i = 0; i < text.len; i++) {
        uint8_t was = text_memory[i];
        text_memory[i] = was == 'A' ? 'B' : 'A';
        CHECK(scrip_is_refused(receipt_verify(text, point, &scan, &receipt)));
        CHECK(receipt.seq == 0 && receipt.audience.data == NULL);
        text_memory[i] = was;
    }
    CHECK_STATUS(receipt_verify(text, point, &scan, &receipt), SCRIP_OK);
    shop_close(&shop);
}

static void test_other_keys_and_kinds_are_refused(void)
{
    struct crypto_key other;
    uint8_t scalar[CRYPTO_SCALAR_BYTES], other_point[CRYPTO_POINT_BYTES];
    begin();
    struct bytes text = make('B');
    CHECK_STATUS(crypto_signing_generate(&other, scalar), SCRIP_OK);
    CHECK_STATUS(crypto_signing_public(other, other_point), SCRIP_OK);
    CHECK_STATUS(receipt_verify(text, other_point, &scan, &receipt), SCRIP_REFUSED_KEY);
    crypto_key_close(&other);

    /* The same bytes under the customer's prefix, and a customer token under the receipt's. */
    text_memory[2] = 'T';
    CHECK_STATUS(receipt_verify(text, point, &scan, &receipt), SCRIP_REFUSED_FOREIGN);
    CHECK_STATUS(receipt_verify(bytes_text("4006381333931"), point, &scan, &receipt),
                 SCRIP_REFUSED_FOREIGN);
    uint8_t token_memory[LIMIT_TOKEN_BYTES];
    struct buffer token = buffer_of(token_memory, sizeof token_memory);
    struct buffer code = buffer_of(text_memory, sizeof text_memory);
    struct cose message;
    CHECK_STATUS(cose_parse(record.token, &message), SCRIP_OK);
    CHECK_STATUS(cose_sign(key, kid, "SCT1", message.payload, &token), SCRIP_OK);
    scan_encode(TOKEN_RECEIPT, 'B', buffer_bytes(&token), &code);
    CHECK_STATUS(receipt_verify(buffer_bytes(&code), point, &scan, &receipt),
                 SCRIP_REFUSED_SIGNATURE);
    shop_close(&shop);
}

/* Genuine signatures over claims that no terminal of ours makes: one byte of the payload changed,
 * for every byte, and one more behind it. */
static void test_claims_are_strict(void)
{
    uint8_t payload[LIMIT_TOKEN_PAYLOAD + 1], token_memory[LIMIT_TOKEN_BYTES];
    struct token token;
    size_t refused = 0;
    begin();
    struct bytes text = make('B');
    CHECK_STATUS(scan_decode(text, &scan), SCRIP_OK);
    CHECK_STATUS(token_parse(&scan, &token), SCRIP_OK);
    size_t len = token.cose.payload.len;
    memcpy(payload, token.cose.payload.data, len);
    payload[len] = 0;
    for (size_t i = 0; i <= len; i++) {
        struct buffer message = buffer_of(token_memory, sizeof token_memory);
        struct buffer code = buffer_of(text_memory, sizeof text_memory);
        payload[i] ^= 0x20;
        CHECK_STATUS(
            cose_sign(key, kid, "SCR1", bytes_of(payload, i < len ? len : len + 1), &message),
            SCRIP_OK);
        scan_encode(TOKEN_RECEIPT, 'B', buffer_bytes(&message), &code);
        enum scrip_status status = receipt_verify(buffer_bytes(&code), point, &scan, &receipt);
        CHECK(status == SCRIP_OK || status == SCRIP_REFUSED_CLAIMS);
        refused += status == SCRIP_REFUSED_CLAIMS;
        CHECK_EQ_INT(receipt.seq, status == SCRIP_OK ? 1 : 0);
        payload[i] ^= 0x20;
    }
    /* Heads, labels, the audience's letters, both copies of seq; figures may be any. */
    CHECK(refused > 30);
    shop_close(&shop);
}

int main(void)
{
    CHECK_RUN(test_both_transports_say_what_the_record_says);
    CHECK_RUN(test_the_hash_binds_the_sale);
    CHECK_RUN(test_only_a_redemption_has_a_receipt);
    CHECK_RUN(test_every_changed_character_is_refused);
    CHECK_RUN(test_other_keys_and_kinds_are_refused);
    CHECK_RUN(test_claims_are_strict);
    return check_done();
}
