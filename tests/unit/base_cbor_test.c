/* cbor: every rule of the deterministic subset, at its border and one step beyond. */
#include "base/cbor.h"
#include "base/text.h"
#include "tests/check.h"

static uint8_t memory[256];

/* Exactly as long as its contents, so that the sanitizer sees a read too far. */
static struct cbor_reader reader_of(const char *hex)
{
    static uint8_t *exact;
    size_t len = strlen(hex) / 2;
    struct buffer out = buffer_of(memory, sizeof memory);
    CHECK_STATUS(text_hex_decode(bytes_text(hex), &out), SCRIP_OK);
    exact = memory + sizeof memory - len;
    memmove(exact, memory, len);
    return cbor_read(bytes_of(exact, len));
}

static bool skips(const char *hex)
{
    struct cbor_reader in = reader_of(hex);
    return cbor_skip(&in, CBOR_DEPTH, NULL) && cbor_done(&in);
}

static const uint64_t borders[] = {
    0, 23, 24, 255, 256, 65535, 65536, UINT32_MAX, (uint64_t)UINT32_MAX + 1, INT64_MAX, UINT64_MAX};
static const char *const border_heads[] = {"00",
                                           "17",
                                           "1818",
                                           "18ff",
                                           "190100",
                                           "19ffff",
                                           "1a00010000",
                                           "1affffffff",
                                           "1b0000000100000000",
                                           "1b7fffffffffffffff",
                                           "1bffffffffffffffff"};

static void test_integers_in_shortest_form(void)
{
    for (size_t i = 0; i < sizeof borders / sizeof *borders; i++) {
        uint8_t written[9];
        uint64_t value;
        int64_t number;
        struct buffer out = buffer_of(written, sizeof written);
        struct cbor_reader in = reader_of(border_heads[i]);
        size_t len = (size_t)(in.end - in.at);
        cbor_put_uint(&out, borders[i]);
        CHECK_EQ_INT(out.len, len);
        CHECK_EQ_BYTES(written, in.at, len);
        CHECK(cbor_get_uint(&in, UINT64_MAX, &value) && value == borders[i] && cbor_done(&in));

        in = reader_of(border_heads[i]);
        CHECK(cbor_get_int(&in, &number) == (borders[i] <= INT64_MAX));
        CHECK(borders[i] > INT64_MAX || number == (int64_t)borders[i]);

        if (borders[i] > 0) {
            in = reader_of(border_heads[i]);
            CHECK(!cbor_get_uint(&in, borders[i] - 1, &value) && value == 0);
        }
        /* Negative: the same number behind major type 1. */
        if (borders[i] > INT64_MAX)
            continue;
        out = buffer_of(written, sizeof written);
        cbor_put_int(&out, -1 - (int64_t)borders[i]);
        CHECK_EQ_INT(written[0] >> 5, CBOR_NINT);
        in = cbor_read(buffer_bytes(&out));
        CHECK(cbor_get_int(&in, &number) && number == -1 - (int64_t)borders[i]);
    }
}

static void test_longer_heads_are_refused(void)
{
    static const char *const heads[] = {"1800",
                                        "1817",
                                        "1900ff",
                                        "190000",
                                        "1a0000ffff",
                                        "1a00000000",
                                        "1b00000000ffffffff",
                                        "1b0000000000000000"};
    static const char *const types[] = {"1", "3", "5", "7", "9", "b", "d"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        uint64_t value;
        struct cbor_reader in = reader_of(heads[i]);
        CHECK(!cbor_get_uint(&in, UINT64_MAX, &value) && in.failed);
        for (size_t type = 0; type < sizeof types / sizeof *types; type++) {
            char hex[24];
            (void)snprintf(hex, sizeof hex, "%s%s", types[type], heads[i] + 1);
            CHECK(!skips(hex));
        }
    }
}

static void test_forms_outside_the_subset(void)
{
    static const char *const bad[] = {"5f4100ff", "7f6161ff",   "9fff",
                                      "bfff",     "9f00ff", /* indefinite lengths */
                                      "1c",       "1d",         "1e",
                                      "1f",       "3c",         "5c",
                                      "7d",       "9e",         "bc", /* reserved */
                                      "f4",       "f5",         "f6",
                                      "f7",       "e0",         "f0",
                                      "f8ff",     "f818", /* simple values */
                                      "f90000",   "fa47c35000", "fb3ff199999999999a",
                                      "ff", /* floats, break */
                                      "c000",     "d81800",     "d28443a10126a0", /* tags */
                                      "61ff",     "62c080",     "6100",
                                      "610a",     "617f",       "62c280", /* text */
                                      ""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(!skips(bad[i]));
        if (check_state.failures > 0)
            printf("    at %s\n", bad[i]);
    }
}

static void test_map_keys_ascend(void)
{
    static const char *const good[] = {"a0",
                                       "a10000",
                                       "a200000100",
                                       "a200002000",
                                       "a217001818 00",
                                       "a22000 2100",
                                       "a2000041 0000",
                                       "a2410000 420000 00",
                                       "a26161006162 00",
                                       "a341000041ff006000"};
    static const char *const bad[] = {"a200000000",      "a201000000",
                                      "a220000000",      "a221002000",
                                      "a218180017 00",   "a24100004100 00",
                                      "a24101004100 00", "a2420000004101 00",
                                      "a2616200616100",  "a1800000",
                                      "a1a00000",        "a260004100 00",
                                      "a10000 00",       "a1"};
    for (size_t set = 0; set < 2; set++) {
        size_t count = set == 0 ? sizeof good / sizeof *good : sizeof bad / sizeof *bad;
        for (size_t i = 0; i < count; i++) {
            char hex[48];
            size_t len = 0;
            for (const char *at = set == 0 ? good[i] : bad[i]; *at; at++) {
                if (*at != ' ')
                    hex[len++] = *at;
            }
            hex[len] = '\0';
            CHECK(skips(hex) == (set == 0));
            if (check_state.failures > 0)
                printf("    at %s\n", hex);
        }
    }
}

static void test_get_key(void)
{
    int64_t key = CBOR_FIRST;
    struct cbor_reader in = reader_of("00041820203a00010000");
    CHECK(cbor_get_key(&in, &key) && key == 0);
    CHECK(cbor_get_key(&in, &key) && key == 4);
    CHECK(cbor_get_key(&in, &key) && key == 32);
    CHECK(cbor_get_key(&in, &key) && key == -1);
    CHECK(cbor_get_key(&in, &key) && key == -65537);
    CHECK(cbor_done(&in));

    static const char *const bad[] = {"0000", "0100", "2000", "2020", "2120", "3a0001000020"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        key = CBOR_FIRST;
        in = reader_of(bad[i]);
        CHECK(cbor_get_key(&in, &key));
        CHECK(!cbor_get_key(&in, &key) && in.failed);
    }
    key = CBOR_FIRST;
    in = reader_of("4100");
    CHECK(!cbor_get_key(&in, &key));
    in = reader_of("3b7fffffffffffffff"); /* INT64_MIN, which stands for "none yet" */
    CHECK(!cbor_get_key(&in, &key));
}

static void test_strings(void)
{
    struct bytes value;
    struct cbor_reader in = reader_of("43010203");
    CHECK(cbor_get_bytes(&in, 3, 3, &value) && value.len == 3 && value.data[2] == 3);
    CHECK(cbor_done(&in));
    in = reader_of("43010203");
    CHECK(!cbor_get_bytes(&in, 0, 2, &value) && value.data == NULL);
    in = reader_of("43010203");
    CHECK(!cbor_get_bytes(&in, 4, 9, &value) && value.data == NULL);
    in = reader_of("430102");
    CHECK(!cbor_get_bytes(&in, 0, SIZE_MAX, &value) && value.data == NULL);
    in = reader_of("63616263");
    CHECK(!cbor_get_bytes(&in, 0, 9, &value));
    in = reader_of("63616263");
    CHECK(cbor_get_text(&in, 1, 3, &value) && bytes_equal(value, bytes_text("abc")));
    in = reader_of("62c328");
    CHECK(!cbor_get_text(&in, 0, 9, &value) && value.data == NULL);
    in = reader_of("60");
    CHECK(cbor_get_text(&in, 0, 0, &value) && value.len == 0 && cbor_done(&in));
}

static void test_containers_and_tags(void)
{
    size_t count;
    struct cbor_reader in = reader_of("d28201a10203");
    CHECK(cbor_get_tag(&in, 18));
    CHECK(cbor_get_array(&in, 2, &count) && count == 2);
    uint32_t value;
    CHECK(cbor_get_u32(&in, &value) && value == 1);
    CHECK(cbor_get_map(&in, 1, &count) && count == 1);
    CHECK(cbor_get_u32(&in, &value) && cbor_get_u32(&in, &value) && value == 3);
    CHECK(cbor_done(&in));
    in = reader_of("d2");
    CHECK(!cbor_get_tag(&in, 17));
    in = reader_of("d2");
    CHECK(!cbor_get_tag(&in, 19));
    in = reader_of("d8");
    CHECK(!cbor_get_tag(&in, 61));
    in = reader_of("820000");
    CHECK(!cbor_get_array(&in, 1, &count) && count == 0);
    in = reader_of("820000");
    CHECK(!cbor_get_map(&in, 9, &count));
    in = reader_of("1b0000000100000000");
    CHECK(!cbor_get_u32(&in, &value) && value == 0);
}

/* After a failure nothing succeeds, however well formed. */
static void test_failure_is_sticky(void)
{
    struct cbor_reader in = reader_of("f600410060");
    enum cbor_type type;
    uint64_t value;
    int64_t number, key = CBOR_FIRST;
    struct bytes bytes;
    size_t count;
    CHECK(!cbor_peek(&in, &type));
    CHECK(!in.failed);
    CHECK(!cbor_get_uint(&in, UINT64_MAX, &value));
    in.at = memory;
    memset(memory, 0, sizeof memory);
    CHECK(!cbor_peek(&in, &type));
    CHECK(!cbor_get_uint(&in, UINT64_MAX, &value));
    CHECK(!cbor_get_int(&in, &number));
    CHECK(!cbor_get_key(&in, &key));
    CHECK(!cbor_get_bytes(&in, 0, 9, &bytes));
    CHECK(!cbor_get_array(&in, 9, &count));
    CHECK(!cbor_skip(&in, CBOR_DEPTH, NULL));
    in.at = in.end;
    CHECK(!cbor_done(&in));
}

static void test_every_truncation_and_every_trailing_byte(void)
{
    static const char whole[] = "a4013a00010000025819"
                                "00000000000000000000000000000000000000000000000000"
                                "0363c3a96104828101a14101626f6b";
    struct cbor_reader in = reader_of(whole);
    struct bytes item;
    CHECK(cbor_skip(&in, 3, &item) && cbor_done(&in));
    CHECK_EQ_INT(item.len, strlen(whole) / 2);
    for (size_t len = 0; len < strlen(whole); len += 2) {
        char hex[sizeof whole];
        memcpy(hex, whole, len);
        hex[len] = '\0';
        CHECK(!skips(hex));
    }
    char longer[sizeof whole + 2];
    (void)snprintf(longer, sizeof longer, "%s00", whole);
    CHECK(!skips(longer));
}

static void test_huge_lengths(void)
{
    static const char *const bad[] = {"5bffffffffffffffff",   "7bffffffffffffffff",
                                      "9bffffffffffffffff",   "bbffffffffffffffff",
                                      "5affffffff",           "9affffffff00",
                                      "bb800000000000000000", "bb8000000000000001 0000",
                                      "5b000000010000000100", "9b000000010000000100",
                                      "bb000000010000000100", "ba8000000000"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char hex[32] = "";
        size_t len = 0;
        for (const char *at = bad[i]; *at; at++) {
            if (*at != ' ')
                hex[len++] = *at;
        }
        CHECK(!skips(hex));
        struct cbor_reader in = reader_of(hex);
        struct bytes value;
        size_t count;
        CHECK(!cbor_get_bytes(&in, 0, SIZE_MAX, &value));
        in = reader_of(hex);
        CHECK(!cbor_get_array(&in, 64, &count) && count == 0);
    }
}

static void test_depth_is_bounded(void)
{
    struct cbor_reader in = reader_of("00");
    CHECK(cbor_skip(&in, 0, NULL));
    in = reader_of("80");
    CHECK(!cbor_skip(&in, 0, NULL));
    in = reader_of("8180");
    CHECK(!cbor_skip(&in, 1, NULL));
    in = reader_of("8180");
    CHECK(cbor_skip(&in, 2, NULL));
    CHECK(skips("8181818181818180"));
    CHECK(!skips("818181818181818180"));
    CHECK(skips("a100a100a100a100a100a100a100a0"));
    CHECK(!skips("a100a100a100a100a100a100a100a100a0"));
    /* Siblings are not depth. */
    CHECK(skips("8480808080"));
    CHECK(skips("8281808180"));
}

static void test_writers(void)
{
    uint8_t written[64], expected[64];
    struct buffer out = buffer_of(written, sizeof written);
    struct buffer hex = buffer_of(expected, sizeof expected);
    cbor_put_tag(&out, 18);
    cbor_put_array(&out, 3);
    cbor_put_map(&out, 1);
    cbor_put_int(&out, -65537);
    cbor_put_bytes(&out, bytes_of("\x01\x02", 2));
    cbor_put_text(&out, bytes_text("ok"));
    cbor_put_bytes_head(&out, 300);
    CHECK_STATUS(text_hex_decode(bytes_text("d283a13a00010000420102626f6b59012c"), &hex), SCRIP_OK);
    CHECK_EQ_INT(out.len, hex.len);
    CHECK_EQ_BYTES(written, expected, hex.len);
    out = buffer_of(written, 2);
    cbor_put_uint(&out, 256);
    CHECK(out.overflow);
}

int main(void)
{
    CHECK_RUN(test_integers_in_shortest_form);
    CHECK_RUN(test_longer_heads_are_refused);
    CHECK_RUN(test_forms_outside_the_subset);
    CHECK_RUN(test_map_keys_ascend);
    CHECK_RUN(test_get_key);
    CHECK_RUN(test_strings);
    CHECK_RUN(test_containers_and_tags);
    CHECK_RUN(test_failure_is_sticky);
    CHECK_RUN(test_every_truncation_and_every_trailing_byte);
    CHECK_RUN(test_huge_lengths);
    CHECK_RUN(test_depth_is_bounded);
    CHECK_RUN(test_writers);
    return check_done();
}
