/* bind: hashes over known bytes, every field counts, a bound code fits one sale only. */
#include "redeem/bind.h"
#include "redeem/seal.h"
#include "tests/check.h"
#include "tests/support/issuer.h"

static struct test_issuer issuer;
static struct identity terminal;
static struct sale sale;
static struct permit permit;
static struct redemption redemption;

static void reset(void)
{
    memset(&sale, 0, sizeof sale);
    memcpy(sale.sale_id, "P1", 2);
    memcpy(sale.service_id, "S1", 2);
    memcpy(sale.transaction_id, "T1", 2);
    sale.total_minor = 2000;
    sale.currency = 978;
    memset(sale.lines, 0xAA, sizeof sale.lines);
    memset(&permit, 0, sizeof permit);
    permit.seal = SEAL_PERMIT;
    permit.mode = PERMIT_OFFLINE;
    permit.amount_minor = 500;
    permit.voucher.claims = test_claims(3);
    permit.voucher.issuer = TEST_ISSUER;
}

static void test_lines(void)
{
    /* [["A", 1500, -250], ["", 1, 0]], written out by hand. */
    static const uint8_t encoding[] = {0x82, 0x83, 0x61, 'A',  0x19, 0x05, 0xDC,
                                       0x38, 0xF9, 0x83, 0x60, 0x01, 0x00};
    uint8_t expected[CRYPTO_HASH_BYTES], digest[CRYPTO_HASH_BYTES];
    struct sale_lines lines;
    CHECK_STATUS(crypto_sha256(bytes_of(encoding, sizeof encoding), expected), SCRIP_OK);
    CHECK_STATUS(sale_lines_start(&lines, 2), SCRIP_OK);
    CHECK_STATUS(sale_lines_add(&lines, bytes_text("A"), 1500, -250), SCRIP_OK);
    CHECK_STATUS(sale_lines_add(&lines, bytes_text(""), 1, 0), SCRIP_OK);
    CHECK_STATUS(sale_lines_finish(&lines, digest), SCRIP_OK);
    CHECK_EQ_BYTES(digest, expected, sizeof digest);
}

static void test_lines_are_counted_and_bounded(void)
{
    uint8_t digest[CRYPTO_HASH_BYTES];
    struct sale_lines lines;
    CHECK_STATUS(sale_lines_start(&lines, 1), SCRIP_OK);
    CHECK_STATUS(sale_lines_add(&lines, bytes_text("123456789012345678901"), 1, 1),
                 SCRIP_REFUSED_TOO_LONG);
    CHECK_STATUS(sale_lines_add(&lines, bytes_text("12345678901234567890"), UINT32_MAX, INT64_MIN),
                 SCRIP_OK);
    CHECK_STATUS(sale_lines_add(&lines, bytes_text("A"), 1, 1), SCRIP_REFUSED_ARGUMENT);
    CHECK_STATUS(sale_lines_finish(&lines, digest), SCRIP_OK);
    CHECK_STATUS(sale_lines_start(&lines, 1), SCRIP_OK);
    CHECK_STATUS(sale_lines_finish(&lines, digest), SCRIP_REFUSED_ARGUMENT);
}

static void test_txh_of_known_bytes(void)
{
    uint8_t nonce[TOKEN_ID_BYTES], txh[TOKEN_ID_BYTES], expected[CRYPTO_HASH_BYTES];
    uint8_t encoding[128] = "SCRIP/TXH/1\x87\x6A"
                            "ACME.S1.T1\x07\x50";
    size_t at = 11 + 2 + 10 + 2;
    reset();
    memset(nonce, 0x55, sizeof nonce);
    memset(encoding + at, 0x55, 16);
    memcpy(encoding + at + 16, "\x62T1\x19\x07\xD0\x19\x03\xD2\x58\x20", 11);
    memset(encoding + at + 27, 0xAA, 32);
    CHECK_STATUS(crypto_sha256(bytes_of(encoding, at + 59), expected), SCRIP_OK);
    CHECK_STATUS(bind_txh(&terminal, 7, nonce, &sale, txh), SCRIP_OK);
    CHECK_EQ_BYTES(txh, expected, sizeof txh);

    uint8_t without[TOKEN_ID_BYTES], other[TOKEN_ID_BYTES];
    CHECK_STATUS(bind_txh(&terminal, 7, NULL, &sale, without), SCRIP_OK);
    CHECK(memcmp(without, txh, sizeof txh) != 0);
    sale.total_minor++;
    CHECK_STATUS(bind_txh(&terminal, 7, nonce, &sale, other), SCRIP_OK);
    CHECK(memcmp(other, txh, sizeof txh) != 0);
}

static void test_longest_fields_fit(void)
{
    struct identity longest;
    uint8_t txh[TOKEN_ID_BYTES], nonce[TOKEN_ID_BYTES] = {0};
    reset();
    CHECK_STATUS(identity_parse(bytes_text("ABCDEFGHIJKL.ABCDEFGHIJKL.ABCDEFGHIJKL"), &longest),
                 SCRIP_OK);
    memset(sale.sale_id, 'x', LIMIT_SALE_ID);
    memset(sale.service_id, 'x', LIMIT_SERVICE_ID);
    memset(sale.transaction_id, 'x', LIMIT_TRANSACTION_ID);
    sale.total_minor = sale.wanted_minor = UINT32_MAX;
    permit.voucher.issuer = UINT32_MAX;
    CHECK_STATUS(bind_txh(&longest, UINT32_MAX, nonce, &sale, txh), SCRIP_OK);
    CHECK_STATUS(bind_sale(&permit, &sale, &redemption), SCRIP_OK);
}

static void test_bind_takes_the_permits_seal_once(void)
{
    reset();
    CHECK_STATUS(bind_sale(&permit, &sale, &redemption), SCRIP_OK);
    CHECK_EQ_INT(redemption.seal, SEAL_REDEMPTION);
    CHECK_EQ_INT(redemption.permit.seal, 0);
    CHECK_EQ_INT(redemption.permit.amount_minor, 500);
    CHECK_EQ_STRING(redemption.sale.transaction_id, "T1");
    CHECK_STATUS(bind_sale(&permit, &sale, &redemption), SCRIP_FAULT_SEAL);
    CHECK_EQ_INT(redemption.seal, 0);
    permit.seal = SEAL_VOUCHER;
    CHECK_STATUS(bind_sale(&permit, &sale, &redemption), SCRIP_FAULT_SEAL);
}

static void test_a_bound_code_fits_one_sale(void)
{
    reset();
    permit.voucher.bound = true;
    permit.voucher.claims.has_txh = true;
    memset(permit.voucher.claims.txh, 0x66, TOKEN_ID_BYTES);
    struct permit copy = permit;
    CHECK_STATUS(bind_sale(&copy, &sale, &redemption), SCRIP_REFUSED_BINDING);
    CHECK_EQ_INT(redemption.seal, 0);
    memset(sale.txh, 0x66, sizeof sale.txh);
    copy = permit;
    CHECK_STATUS(bind_sale(&copy, &sale, &redemption), SCRIP_OK);
}

static struct bytes code;

static void digest_of(uint8_t digest[SALE_DIGEST_BYTES])
{
    CHECK_STATUS(sale_digest(&sale, code, digest), SCRIP_OK);
}

#define OTHER(...)                                                                                 \
    do {                                                                                           \
        uint8_t digest[SALE_DIGEST_BYTES];                                                         \
        reset();                                                                                   \
        __VA_ARGS__;                                                                               \
        digest_of(digest);                                                                         \
        CHECK(memcmp(digest, same, sizeof digest) != 0);                                           \
    } while (0)

static void test_what_makes_another_request(void)
{
    uint8_t same[SALE_DIGEST_BYTES], again[SALE_DIGEST_BYTES];
    reset();
    digest_of(same);
    sale.operator_number = 7; /* who stands at the till does not count */
    sale.shift = 3;
    digest_of(again);
    CHECK_EQ_BYTES(again, same, sizeof same);
    OTHER(sale.sale_id[1] = '2');
    OTHER(sale.service_id[1] = '2');
    OTHER(sale.transaction_id[1] = '2');
    OTHER(sale.total_minor++);
    OTHER(sale.wanted_minor = 400);
    OTHER(sale.currency = 840);
    OTHER(sale.training = true);
    OTHER(sale.mode = SALE_OFFLINE);
    OTHER(sale.lines[31] ^= 1);
    code = bytes_text("SCTB1");
    OTHER((void)code);
    code = bytes_text("");
}

int main(void)
{
    test_issuer_open(&issuer);
    CHECK_STATUS(identity_parse(bytes_text(TEST_TERMINAL), &terminal), SCRIP_OK);
    CHECK_RUN(test_lines);
    CHECK_RUN(test_lines_are_counted_and_bounded);
    CHECK_RUN(test_txh_of_known_bytes);
    CHECK_RUN(test_longest_fields_fit);
    CHECK_RUN(test_bind_takes_the_permits_seal_once);
    CHECK_RUN(test_a_bound_code_fits_one_sale);
    CHECK_RUN(test_what_makes_another_request);
    return check_done();
}
