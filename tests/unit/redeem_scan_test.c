/* scan: what a scanner delivers, and what each kind of damage is called. */
#include "redeem/scan.h"
#include "redeem/seal.h"
#include "tests/check.h"

static uint8_t token[LIMIT_TOKEN_BYTES];
static struct scan scan;

/* A code of len token bytes, with something before and behind it. */
static struct bytes code_of(enum token_kind kind, char transport, size_t len, const char *before,
                            const char *behind)
{
    static uint8_t memory[LIMIT_CODE_CHARS + 200];
    struct buffer text = buffer_of(memory, sizeof memory);
    buffer_put_text(&text, before);
    scan_encode(kind, transport, bytes_of(token, len), &text);
    buffer_put_text(&text, behind);
    CHECK(!text.overflow);
    return buffer_bytes(&text);
}

static enum scrip_status decode(struct bytes code)
{
    enum scrip_status status = scan_decode(code, &scan);
    CHECK_EQ_INT(scan.seal, status == SCRIP_OK ? SEAL_SCAN : 0);
    return status;
}

static void check_token(enum token_kind kind, size_t len)
{
    CHECK_EQ_INT(scan.kind, kind);
    CHECK_EQ_INT(scan.len, len);
    CHECK_EQ_BYTES(scan.data, token, len);
}

static void test_both_transports_of_every_length(void)
{
    for (size_t len = 84; len <= LIMIT_TOKEN_BYTES; len++) {
        CHECK_STATUS(decode(code_of(TOKEN_CUSTOMER, 'B', len, "", "")), SCRIP_OK);
        check_token(TOKEN_CUSTOMER, len);
        CHECK_STATUS(decode(code_of(TOKEN_RECEIPT, 'D', len, "", "")), SCRIP_OK);
        check_token(TOKEN_RECEIPT, len);
    }
}

static void test_only_the_scanners_own_additions_are_removed(void)
{
    static const char *const good[][2] = {{"]Q0", ""}, {"]Q6", "\r\n"}, {"", "\r"},
                                          {"", "\n"},  {"", "\t"},      {"", "\r\n\t\r"}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        CHECK_STATUS(decode(code_of(TOKEN_CUSTOMER, 'B', 170, good[i][0], good[i][1])), SCRIP_OK);
        check_token(TOKEN_CUSTOMER, 170);
    }
    static const char *const bad[] = {"]Q7", "]q1", "]C1", "]Q1]Q1", " ", "\r", "\n", "sctb"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_STATUS(decode(code_of(TOKEN_CUSTOMER, 'B', 170, bad[i], "")), SCRIP_REFUSED_FOREIGN);
    CHECK_STATUS(decode(code_of(TOKEN_CUSTOMER, 'B', 170, "", "\v")), SCRIP_REFUSED_LAYOUT);
}

static void test_a_receipts_url_is_removed(void)
{
    const char *url = "HTTPS://R.EXAMPLE.COM:443/R/";
    CHECK_STATUS(decode(code_of(TOKEN_RECEIPT, 'D', 200, url, "")), SCRIP_OK);
    check_token(TOKEN_RECEIPT, 200);
    CHECK_STATUS(decode(code_of(TOKEN_RECEIPT, 'D', 200, "]Q1HTTPS://A/R/", "\r\n")), SCRIP_OK);

    CHECK_STATUS(decode(code_of(TOKEN_CUSTOMER, 'D', 200, url, "")), SCRIP_REFUSED_FOREIGN);
    CHECK_STATUS(decode(code_of(TOKEN_RECEIPT, 'B', 200, url, "")), SCRIP_REFUSED_FOREIGN);
    static const char *const bad[] = {"HTTPS:///R/",  "HTTPS://A/Q/",  "HTTP://A/R/",
                                      "https://A/R/", "HTTPS://A/R",   "HTTPS://A",
                                      "HTTPS://",     "HTTPS://A/R//", "HTTPS://A/R/HTTPS://A/R/"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_STATUS(decode(code_of(TOKEN_RECEIPT, 'D', 200, bad[i], "")), SCRIP_REFUSED_FOREIGN);
}

static void test_the_longest_host_name(void)
{
    char url[LIMIT_HOST_NAME + 20] = "HTTPS://";
    memset(url + 8, 'H', LIMIT_HOST_NAME);
    memcpy(url + 8 + LIMIT_HOST_NAME, "/R/", 4);
    CHECK_STATUS(decode(code_of(TOKEN_RECEIPT, 'D', 100, url, "")), SCRIP_OK);
    memcpy(url + 8 + LIMIT_HOST_NAME, "H/R/", 5);
    CHECK_STATUS(decode(code_of(TOKEN_RECEIPT, 'D', 100, url, "")), SCRIP_REFUSED_FOREIGN);
}

static void test_foreign_codes(void)
{
    static const char *const foreign[] = {
        "",      "S",     "SC",          "SCT",   "4006381333931", "https://example.com",
        "SCTX1", "SCXB1", "SCCB1234567", "sctb1", "SCTb1",         "]Q1"};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        CHECK_STATUS(decode(bytes_text(foreign[i])), SCRIP_REFUSED_FOREIGN);
    CHECK_STATUS(decode(bytes_of(NULL, 0)), SCRIP_REFUSED_FOREIGN);
}

static void test_lengths(void)
{
    CHECK_STATUS(decode(bytes_text("SCTB")), SCRIP_REFUSED_LENGTH);
    CHECK_STATUS(decode(bytes_text("SCRD\r\n")), SCRIP_REFUSED_LENGTH);
    CHECK_STATUS(decode(code_of(TOKEN_CUSTOMER, 'B', 83, "", "")), SCRIP_REFUSED_LENGTH);
    CHECK_STATUS(decode(code_of(TOKEN_CUSTOMER, 'D', 83, "", "")), SCRIP_REFUSED_LENGTH);
    CHECK_STATUS(decode(code_of(TOKEN_CUSTOMER, 'B', LIMIT_TOKEN_BYTES, "", "0")),
                 SCRIP_REFUSED_LENGTH);
    CHECK_STATUS(decode(code_of(TOKEN_CUSTOMER, 'D', LIMIT_TOKEN_BYTES, "", "0")),
                 SCRIP_REFUSED_LENGTH);
}

static void test_layout_and_text_are_told_apart(void)
{
    uint8_t copy[LIMIT_CODE_CHARS];
    struct bytes code = code_of(TOKEN_CUSTOMER, 'B', 170, "", "");
    for (unsigned c = 0; c < 256; c++) {
        memcpy(copy, code.data, code.len);
        copy[100] = (uint8_t)c;
        bool known = c != 0 &&
                     strchr("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:", (int)c) != NULL;
        enum scrip_status status = decode(bytes_of(copy, code.len));
        CHECK(known ? status == SCRIP_OK || status == SCRIP_REFUSED_TEXT
                    : status == SCRIP_REFUSED_LAYOUT);
    }
    memcpy(copy, code.data, code.len);
    memcpy(copy + 4, ":::", 3); /* 91,124: no two bytes */
    CHECK_STATUS(decode(bytes_of(copy, code.len)), SCRIP_REFUSED_TEXT);

    code = code_of(TOKEN_RECEIPT, 'D', 170, "", "");
    memcpy(copy, code.data, code.len);
    memset(copy + 4, '9', 17); /* above 2^56 */
    CHECK_STATUS(decode(bytes_of(copy, code.len)), SCRIP_REFUSED_TEXT);
    copy[4] = 'A'; /* base45 would know it */
    CHECK_STATUS(decode(bytes_of(copy, code.len)), SCRIP_REFUSED_LAYOUT);
}

static void test_a_failure_leaves_no_seal_of_the_code_before(void)
{
    CHECK_STATUS(decode(code_of(TOKEN_CUSTOMER, 'B', 170, "", "")), SCRIP_OK);
    CHECK_STATUS(scan_decode(bytes_text("4006381333931"), &scan), SCRIP_REFUSED_FOREIGN);
    CHECK_STATUS(seal_take(&scan.seal, SEAL_SCAN), SCRIP_FAULT_SEAL);
}

int main(void)
{
    for (size_t i = 0; i < sizeof token; i++)
        token[i] = (uint8_t)(i * 151 + 7);
    CHECK_RUN(test_both_transports_of_every_length);
    CHECK_RUN(test_only_the_scanners_own_additions_are_removed);
    CHECK_RUN(test_a_receipts_url_is_removed);
    CHECK_RUN(test_the_longest_host_name);
    CHECK_RUN(test_foreign_codes);
    CHECK_RUN(test_lengths);
    CHECK_RUN(test_layout_and_text_are_told_apart);
    CHECK_RUN(test_a_failure_leaves_no_seal_of_the_code_before);
    return check_done();
}
