/* bytes, text: transports accept exactly what their encoders make. */
#include "base/text.h"
#include "tests/check.h"

typedef enum scrip_status text_decoder(struct bytes text, struct buffer *out);
typedef void text_encoder(struct bytes data, struct buffer *out);

static enum scrip_status decode(text_decoder *decoder, const char *text)
{
    uint8_t memory[64];
    struct buffer out = buffer_of(memory, sizeof memory);
    enum scrip_status status = decoder(bytes_text(text), &out);
    CHECK(status == SCRIP_OK || out.len == 0);
    return status;
}

/* Every length up to 40, the extreme values and one in between, there and back. */
static void check_round_trips(text_encoder *encoder, text_decoder *decoder)
{
    static const uint8_t fills[] = {0x00, 0xFF, 0x5A};
    for (size_t fill = 0; fill < sizeof fills; fill++) {
        for (size_t len = 0; len <= 40; len++) {
            uint8_t data[40], text[128], back[40];
            memset(data, fills[fill], sizeof data);
            struct buffer encoded = buffer_of(text, sizeof text);
            struct buffer decoded = buffer_of(back, len);
            encoder(bytes_of(data, len), &encoded);
            CHECK(!encoded.overflow);
            CHECK_STATUS(decoder(buffer_bytes(&encoded), &decoded), SCRIP_OK);
            CHECK_EQ_INT(decoded.len, len);
            CHECK_EQ_BYTES(back, data, len);

            if (len == 0)
                continue;
            struct buffer small = buffer_of(back, len - 1);
            CHECK_STATUS(decoder(buffer_bytes(&encoded), &small), SCRIP_REFUSED_TOO_LONG);
            CHECK_EQ_INT(small.len, 0);
            struct buffer short_text = buffer_of(text, encoded.len - 1);
            encoder(bytes_of(data, len), &short_text);
            CHECK(short_text.overflow);
        }
    }
}

static void test_round_trips(void)
{
    check_round_trips(text_base45_encode, text_base45_decode);
    check_round_trips(text_decimal_encode, text_decimal_decode);
    check_round_trips(text_base64url_encode, text_base64url_decode);
    check_round_trips(text_hex_encode, text_hex_decode);
}

static void test_base45(void)
{
    uint8_t memory[8];
    struct buffer out = buffer_of(memory, sizeof memory);
    CHECK_STATUS(text_base45_decode(bytes_text("FGW"), &out), SCRIP_OK);
    CHECK_EQ_BYTES(memory, "\xFF\xFF", 2);
    CHECK_STATUS(decode(text_base45_decode, "GGW"), SCRIP_REFUSED_TEXT); /* 65536 */
    CHECK_STATUS(decode(text_base45_decode, ":::"), SCRIP_REFUSED_TEXT);
    CHECK_STATUS(decode(text_base45_decode, "U5"), SCRIP_OK);           /* 255 */
    CHECK_STATUS(decode(text_base45_decode, "V5"), SCRIP_REFUSED_TEXT); /* 256 */
    CHECK_STATUS(decode(text_base45_decode, "::"), SCRIP_REFUSED_TEXT);
    CHECK_STATUS(decode(text_base45_decode, "A"), SCRIP_REFUSED_TEXT);
    CHECK_STATUS(decode(text_base45_decode, "ABCD"), SCRIP_REFUSED_TEXT);
    CHECK_STATUS(decode(text_base45_decode, "bb8"), SCRIP_REFUSED_TEXT);
    CHECK_STATUS(decode(text_base45_decode, "BB_"), SCRIP_REFUSED_TEXT);
    CHECK_STATUS(decode(text_base45_decode, "BB8\n"), SCRIP_REFUSED_TEXT);
    out = buffer_of(memory, sizeof memory);
    CHECK_STATUS(text_base45_decode(bytes_of("BB\0", 3), &out), SCRIP_REFUSED_TEXT);
}

/* All 91,125 groups of three: 65,536 decode, to different values, and encode to themselves. */
static void test_base45_is_one_to_one(void)
{
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    static uint8_t seen[65536];
    size_t good = 0, wrong = 0;
    for (size_t n = 0; n < 45 * 45 * 45; n++) {
        const char text[3] = {alphabet[n % 45], alphabet[n / 45 % 45], alphabet[n / 2025]};
        uint8_t value[2], back[3];
        struct buffer out = buffer_of(value, sizeof value);
        struct buffer again = buffer_of(back, sizeof back);
        if (text_base45_decode(bytes_of(text, 3), &out) != SCRIP_OK)
            continue;
        good++;
        wrong += seen[value[0] * 256u + value[1]]++;
        text_base45_encode(buffer_bytes(&out), &again);
        wrong += memcmp(back, text, 3) != 0;
    }
    CHECK_EQ_INT(good, 65536);
    CHECK_EQ_INT(wrong, 0);
}

static void test_decimal(void)
{
    /* The largest of each length, and one more. */
    static const char *const most[][2] = {{"255", "256"},
                                          {"65535", "65536"},
                                          {"16777215", "16777216"},
                                          {"4294967295", "4294967296"},
                                          {"1099511627775", "1099511627776"},
                                          {"281474976710655", "281474976710656"},
                                          {"72057594037927935", "72057594037927936"}};
    for (size_t i = 0; i < 7; i++) {
        uint8_t memory[8], expected[8];
        struct buffer out = buffer_of(memory, sizeof memory);
        memset(expected, 0xFF, sizeof expected);
        CHECK_STATUS(text_decimal_decode(bytes_text(most[i][0]), &out), SCRIP_OK);
        CHECK_EQ_INT(out.len, i + 1);
        CHECK_EQ_BYTES(memory, expected, i + 1);
        CHECK_STATUS(decode(text_decimal_decode, most[i][1]), SCRIP_REFUSED_TEXT);
    }
    for (size_t len = 1; len <= 40; len++) {
        size_t tail = len % 17;
        bool good = tail == 0 || tail == 3 || tail == 5 || tail == 8 || tail == 10 || tail == 13 ||
                    tail == 15;
        char zeros[41] = "";
        memset(zeros, '0', len);
        CHECK_STATUS(decode(text_decimal_decode, zeros), good ? SCRIP_OK : SCRIP_REFUSED_TEXT);
    }
    CHECK_STATUS(decode(text_decimal_decode, "99999999999999999"), SCRIP_REFUSED_TEXT);
    CHECK_STATUS(decode(text_decimal_decode, "2 5"), SCRIP_REFUSED_TEXT);
    CHECK_STATUS(decode(text_decimal_decode, "-55"), SCRIP_REFUSED_TEXT);
    CHECK_STATUS(decode(text_decimal_decode, "0:0"), SCRIP_REFUSED_TEXT);
}

static void test_base64url(void)
{
    CHECK_STATUS(decode(text_base64url_decode, "_-9A"), SCRIP_OK);
    CHECK_STATUS(decode(text_base64url_decode, "_w"), SCRIP_OK);
    CHECK_STATUS(decode(text_base64url_decode, "_x"), SCRIP_REFUSED_TEXT); /* spare bits set */
    CHECK_STATUS(decode(text_base64url_decode, "__8"), SCRIP_OK);
    CHECK_STATUS(decode(text_base64url_decode, "__9"), SCRIP_REFUSED_TEXT);
    CHECK_STATUS(decode(text_base64url_decode, "_"), SCRIP_REFUSED_TEXT);
    CHECK_STATUS(decode(text_base64url_decode, "A"), SCRIP_REFUSED_TEXT);
    CHECK_STATUS(decode(text_base64url_decode, "AAAAA"), SCRIP_REFUSED_TEXT);
    CHECK_STATUS(decode(text_base64url_decode, "_w=="), SCRIP_REFUSED_TEXT);
    CHECK_STATUS(decode(text_base64url_decode, "/+9A"), SCRIP_REFUSED_TEXT);
    CHECK_STATUS(decode(text_base64url_decode, "_-9A\n"), SCRIP_REFUSED_TEXT);
}

static void test_hex(void)
{
    CHECK_STATUS(decode(text_hex_decode, "00ff"), SCRIP_OK);
    CHECK_STATUS(decode(text_hex_decode, "0"), SCRIP_REFUSED_TEXT);
    CHECK_STATUS(decode(text_hex_decode, "000"), SCRIP_REFUSED_TEXT);
    CHECK_STATUS(decode(text_hex_decode, "0F"), SCRIP_REFUSED_TEXT);
    CHECK_STATUS(decode(text_hex_decode, "0g"), SCRIP_REFUSED_TEXT);
    CHECK_STATUS(decode(text_hex_decode, "0x00"), SCRIP_REFUSED_TEXT);
}

static void test_uint(void)
{
    uint64_t value = 7;
    CHECK_STATUS(text_uint(bytes_text("0"), 0, &value), SCRIP_OK);
    CHECK_EQ_INT(value, 0);
    CHECK_STATUS(text_uint(bytes_text("18446744073709551615"), UINT64_MAX, &value), SCRIP_OK);
    CHECK(value == UINT64_MAX);
    static const char *const bad[] = {"",
                                      "00",
                                      "01",
                                      "+1",
                                      "-1",
                                      " 1",
                                      "1 ",
                                      "1a",
                                      "0x1",
                                      "18446744073709551616",
                                      "99999999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_STATUS(text_uint(bytes_text(bad[i]), UINT64_MAX, &value), SCRIP_REFUSED_TEXT);
        CHECK_EQ_INT(value, 0);
    }
    CHECK_STATUS(text_uint(bytes_text("255"), 255, &value), SCRIP_OK);
    CHECK_STATUS(text_uint(bytes_text("256"), 255, &value), SCRIP_REFUSED_TEXT);
    CHECK_STATUS(text_uint(bytes_text("1000"), 255, &value), SCRIP_REFUSED_TEXT);
    CHECK_STATUS(text_uint(bytes_text("3"), 2, &value), SCRIP_REFUSED_TEXT);
}

static void test_utf8(void)
{
    static const char *const good[] = {"",
                                       "Zz ~",
                                       "\xC2\xA0",
                                       "\xDF\xBF",
                                       "\xE0\xA0\x80",
                                       "\xED\x9F\xBF",
                                       "\xEE\x80\x80",
                                       "\xEF\xBF\xBF",
                                       "\xF0\x90\x80\x80",
                                       "\xF4\x8F\xBF\xBF"};
    static const char *const bad[] = {"\n",
                                      "\x1F",
                                      "\x7F",
                                      "\x80",
                                      "\xBF",
                                      "\xC0\x80",
                                      "\xC1\xBF",
                                      "\xC2",
                                      "\xC2\x41",
                                      "\xC2\x80",
                                      "\xC2\x9F",
                                      "\xE0\x9F\xBF",
                                      "\xED\xA0\x80",
                                      "\xED\xBF\xBF",
                                      "\xE1\x80",
                                      "\xF0\x8F\xBF\xBF",
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "\xF8\x88\x80\x80\x80",
                                      "\xFF",
                                      "a\xE2\x82",
                                      "\xF0\x90\x80"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CHECK(text_is_utf8(bytes_text(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!text_is_utf8(bytes_text(bad[i])));
    CHECK(!text_is_utf8(bytes_of("a\0b", 3)));
}

static void test_buffer_is_checked_once(void)
{
    uint8_t memory[4];
    struct buffer out = buffer_of(memory, sizeof memory);
    buffer_put(&out, "abc", 3);
    buffer_put(&out, NULL, 0);
    CHECK(!out.overflow);
    buffer_put(&out, "de", 2);
    CHECK(out.overflow);
    buffer_put_byte(&out, 'f'); /* would fit, but a write before it is missing */
    CHECK_EQ_INT(out.len, 3);
    out = buffer_of(memory, sizeof memory);
    buffer_put(&out, "a", SIZE_MAX);
    CHECK(out.overflow && out.len == 0);

    char digits[21] = "";
    out = buffer_of(digits, 20);
    buffer_put_decimal(&out, UINT64_MAX);
    CHECK_EQ_STRING(digits, "18446744073709551615");
    memset(digits, 0, sizeof digits);
    out = buffer_of(digits, 20);
    buffer_put_decimal(&out, 0);
    CHECK_EQ_STRING(digits, "0");
}

static void test_integers_and_crc(void)
{
    uint8_t at[4];
    bytes_put_u32(at, 0x89ABCDEF);
    CHECK_EQ_BYTES(at, "\xEF\xCD\xAB\x89", 4);
    CHECK(bytes_get_u32(at) == 0x89ABCDEF);
    bytes_put_u16(at, 0x89AB);
    CHECK_EQ_BYTES(at, "\xAB\x89", 2);
    CHECK_EQ_INT(bytes_get_u16(at), 0x89AB);
    /* The check value of CRC-32/ISO-HDLC. */
    CHECK(bytes_crc32(0, "123456789", 9) == 0xCBF43926);
    CHECK(bytes_crc32(bytes_crc32(0, "1234", 4), "56789", 5) == 0xCBF43926);
    CHECK_EQ_INT(bytes_crc32(0, "", 0), 0);

    CHECK(bytes_equal(bytes_text("ab"), bytes_text("ab")));
    CHECK(!bytes_equal(bytes_text("ab"), bytes_text("ac")));
    CHECK(!bytes_equal(bytes_text("ab"), bytes_text("abc")));
    CHECK(bytes_equal(bytes_of(NULL, 0), bytes_text("")));
    bytes_wipe(at, sizeof at);
    CHECK_EQ_BYTES(at, "\0\0\0\0", 4);
}

int main(void)
{
    CHECK_RUN(test_round_trips);
    CHECK_RUN(test_base45);
    CHECK_RUN(test_base45_is_one_to_one);
    CHECK_RUN(test_decimal);
    CHECK_RUN(test_base64url);
    CHECK_RUN(test_hex);
    CHECK_RUN(test_uint);
    CHECK_RUN(test_utf8);
    CHECK_RUN(test_buffer_is_checked_once);
    CHECK_RUN(test_integers_and_crc);
    return check_done();
}
