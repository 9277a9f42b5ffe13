/* json: what is read is exactly RFC 8259 within our bounds, and what is written reads back. */
#include "base/json.h"

#include <inttypes.h>

#include "tests/check.h"

static uint8_t arena[16384];

static enum scrip_status parse(const char *text)
{
    const struct json *root;
    enum scrip_status status = json_parse(bytes_text(text), arena, sizeof arena, &root, NULL);
    CHECK((status == SCRIP_OK) == (root != NULL));
    if (root)
        json_close(root);
    return status;
}

static void test_accepts_json(void)
{
    static const char *const good[] = {"{}",
                                       "[]",
                                       " [ ] ",
                                       "0",
                                       "-0",
                                       "-1.5e+10",
                                       "1E3",
                                       "\"\"",
                                       "true",
                                       "null",
                                       "[[],{}]",
                                       "{\"a\":{\"b\":[1,2,{}]},\"c\":false}",
                                       "\t{\r\n\"a\" : 1 }\n",
                                       "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\"",
                                       "\"\xc3\xa9\xf0\x9f\x98\x80\"",
                                       "[[[[[[[[[[[[12]]]]]]]]]]]]"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CHECK_STATUS(parse(good[i]), SCRIP_OK);
}

static void test_refuses_everything_else(void)
{
    static const char *const bad[] = {"",
                                      " ",
                                      "{",
                                      "}",
                                      "[",
                                      "]",
                                      "{]",
                                      "[}",
                                      "[1,]",
                                      "[,1]",
                                      "[1 2]",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "{,}",
                                      "{a:1}",
                                      "{1:1}",
                                      "{\"a\" 1}",
                                      "{\"a\":1 \"b\":2}",
                                      "01",
                                      "-",
                                      "+1",
                                      "1.",
                                      ".5",
                                      "1e",
                                      "1e+",
                                      "0x1",
                                      "NaN",
                                      "Infinity",
                                      "nul",
                                      "tru",
                                      "truefalse",
                                      "\"",
                                      "\"\\\"",
                                      "\"a",
                                      "'a'",
                                      "\"\\x\"",
                                      "\"\\u12\"",
                                      "\"\\u12g4\"",
                                      "\"\\u0000\"",
                                      "\"\\ud800\"",
                                      "\"\\udc00\"",
                                      "\"\\ud800\\u0041\"",
                                      "\"\\ud800\\ud800\"",
                                      "\"\n\"",
                                      "\"\x1f\"",
                                      "{} {}",
                                      "{}x",
                                      "[] ,",
                                      "\xef\xbb\xbf{}",
                                      "\"\x80\"",
                                      "\"\xc0\x80\"",
                                      "\"\xed\xa0\x80\"",
                                      "\"\xf4\x90\x80\x80\"",
                                      "\"\xc3\"",
                                      "/**/1",
                                      "[1]]",
                                      "[[[[[[[[[[[[[13]]]]]]]]]]]]]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_STATUS(parse(bad[i]), SCRIP_REFUSED_SHAPE);
        if (check_state.failures > 0)
            printf("    at %s\n", bad[i]);
    }
    struct bytes nul = bytes_of("[1]\0", 4);
    const struct json *root;
    CHECK_STATUS(json_parse(nul, arena, sizeof arena, &root, NULL), SCRIP_REFUSED_SHAPE);
}

static void test_refuses_every_truncation(void)
{
    const char *text = "{\"a\":[1.5e3,\"x\\u00e9\",{\"b\":null}],\"c\":true}";
    const struct json *root;
    for (size_t len = 0; len < strlen(text); len++) {
        /* A copy of its own, so that the sanitizer sees a step too far. */
        char copy[64];
        memset(copy, '"', sizeof copy);
        memcpy(copy, text, len);
        CHECK_STATUS(json_parse(bytes_of(copy, len), arena, sizeof arena, &root, NULL),
                     SCRIP_REFUSED_SHAPE);
    }
    CHECK_STATUS(parse(text), SCRIP_OK);
}

static void test_refuses_duplicates_however_spelt(void)
{
    CHECK_STATUS(parse("{\"a\":1,\"b\":2,\"a\":3}"), SCRIP_REFUSED_SHAPE);
    CHECK_STATUS(parse("{\"a\":1,\"\\u0061\":3}"), SCRIP_REFUSED_SHAPE);
    CHECK_STATUS(parse("[0,[{\"x\":{\"a\":1,\"a\":1}}],1]"), SCRIP_REFUSED_SHAPE);
    CHECK_STATUS(parse("{\"a\":1,\"A\":3,\"b\":{\"a\":1}}"), SCRIP_OK);
}

static void test_bounds_the_members(void)
{
    for (int count = JSON_MEMBERS; count <= JSON_MEMBERS + 1; count++) {
        char text[1024];
        struct buffer out = buffer_of(text, sizeof text);
        for (int i = 0; i < count; i++) {
            buffer_put_text(&out, i == 0 ? "{\"" : ",\"");
            buffer_put_decimal(&out, (uint64_t)i);
            buffer_put_text(&out, "\":0");
        }
        buffer_put(&out, "}", 2);
        CHECK_STATUS(parse(text), count == JSON_MEMBERS ? SCRIP_OK : SCRIP_REFUSED_SHAPE);
    }
}

static void test_says_where(void)
{
    const struct json *root;
    size_t at = 0;
    CHECK_STATUS(json_parse(bytes_text("{\"a\": x}"), arena, sizeof arena, &root, &at),
                 SCRIP_REFUSED_SHAPE);
    CHECK_EQ_INT(at, 6);
}

/* A short arena is an accident at every size, and never looks like bad JSON. */
static void test_short_arena_is_a_fault(void)
{
    struct bytes text = bytes_text("{\"a\":[1.5e3,\"x\\u00e9\",{\"b\":null}],\"c\":true}");
    const struct json *root;
    size_t len = 0;
    while (json_parse(text, arena, len, &root, NULL) == SCRIP_FAULT_MEMORY && len < sizeof arena)
        len++;
    CHECK(len > 100 && len < 1000);
    CHECK(root != NULL);
    json_close(root);
    CHECK_STATUS(json_parse(text, arena + 3, len + 8, &root, NULL), SCRIP_OK);
    json_close(root);
    for (size_t i = 3 + 8; i < len; i++)
        CHECK_EQ_INT(arena[i], 0);
}

static void test_reading(void)
{
    const struct json *root;
    struct bytes text;
    uint64_t number = 9;
    bool yes = false;
    const char *name;
    REQUIRE(json_parse(bytes_text("{\"n\":9007199254740991,\"big\":9007199254740992,\"f\":1.5,"
                                  "\"neg\":-1,\"s\":\"x\\u00e9\",\"t\":true,\"l\":[1,2,3]}"),
                       arena, sizeof arena, &root, NULL) == SCRIP_OK);
    CHECK(json_uint(json_member(root, "n"), UINT64_MAX, &number) && number == 9007199254740991u);
    CHECK(!json_uint(json_member(root, "n"), 5, &number));
    CHECK_EQ_INT(number, 0);
    CHECK(!json_uint(json_member(root, "big"), UINT64_MAX, &number));
    CHECK(!json_uint(json_member(root, "f"), 9, &number));
    CHECK(!json_uint(json_member(root, "neg"), 9, &number));
    CHECK(!json_uint(json_member(root, "s"), 9, &number));
    CHECK(!json_uint(json_member(root, "absent"), 9, &number));
    CHECK(json_text(json_member(root, "s"), &text));
    CHECK(bytes_equal(text, bytes_text("x\xc3\xa9")));
    CHECK(!json_text(json_member(root, "n"), &text) && text.len == 0);
    CHECK(json_bool(json_member(root, "t"), &yes) && yes);
    CHECK(!json_bool(json_member(root, "n"), &yes) && !yes);
    CHECK_EQ_INT(json_count(json_member(root, "l")), 3);
    CHECK_EQ_INT(json_count(root), 7);
    CHECK_EQ_INT(json_count(NULL), 0);
    CHECK(json_uint(json_element(json_member(root, "l"), 2), 3, &number) && number == 3);
    CHECK(json_element(json_member(root, "l"), 3) == NULL);
    CHECK(json_member(json_member(json_member(root, "x"), "y"), "z") == NULL);
    CHECK(json_member_at(root, 2, &name) != NULL);
    CHECK_EQ_STRING(name, "f");
    CHECK(json_member_at(root, 7, &name) == NULL && name == NULL);

    json_close(root);
}

static bool read_decimal(const char *text, unsigned places, int64_t *value, bool *exact)
{
    const struct json *root;
    CHECK_STATUS(json_parse(bytes_text(text), arena, sizeof arena, &root, NULL), SCRIP_OK);
    bool good = json_decimal(root, places, value, exact);
    if (root != NULL)
        json_close(root);
    return good;
}

static void test_decimals(void)
{
    static const struct {
        const char *text;
        int64_t value;
        unsigned places;
        bool exact;
    } cases[] = {{"0", 0, 4, true},
                 {"-0.0", 0, 0, true},
                 {"5.01", 501, 2, true},
                 {"5.01", 50, 1, false},
                 {"5.01", 50100, 4, true},
                 {"-5.019", -501, 2, false},
                 {"12", 12, 0, true},
                 {"12", 1200, 2, true},
                 {"0.30000000000000004", 30, 2, false},
                 {"0.30000000000000004", 30000000000000004, 17, true},
                 {"5.0100000000000000000000", 501, 2, true},
                 {"1.5e3", 1500, 0, true},
                 {"1500E-3", 15, 1, true},
                 {"123e-2", 1, 0, false},
                 {"9223372036854775807e-1", 922337203685477580, 0, true},
                 {"92233720368547758", 9223372036854775800, 2, true},
                 {"92233720368547759", INT64_MAX, 2, false},
                 {"-92233720368547759", -INT64_MAX, 2, false},
                 {"100000000000000000000", INT64_MAX, 0, false},
                 {"99999999999999999999999999999999999999", INT64_MAX, 0, false},
                 {"0e999", 0, 4, true},
                 {"1e0000000000000000000001", 10, 0, true},
                 {"1e999", INT64_MAX, 0, false},
                 {"-1e999", -INT64_MAX, 0, false},
                 {"1e-999", 0, 10, false},
                 {"0.1e-400", 0, 10, false},
                 {"1e18", 1000000000000000000, 0, true},
                 {"1e19", INT64_MAX, 0, false}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t value = -1;
        bool exact = !cases[i].exact;
        CHECK(read_decimal(cases[i].text, cases[i].places, &value, &exact));
        CHECK_EQ_INT(value, cases[i].value);
        CHECK_EQ_INT(exact, cases[i].exact);
        if (check_state.failures > 0)
            printf("    at %s\n", cases[i].text);
    }
    int64_t value = -1;
    bool exact = true;
    CHECK(!read_decimal("\"1\"", 0, &value, &exact) && value == 0 && !exact);
    CHECK(!json_decimal(NULL, 0, &value, &exact));
}

/* Wherever the point is, by itself or by an exponent. */
static void test_every_digit_counts(void)
{
    uint64_t seed = 1;
    unsigned wrong = 0;

    for (unsigned i = 0; i < 20000; i++) {
        char text[80], digits[24];
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        int64_t number = (int64_t)(seed >> 8) >> seed % 50, limit = 100000000000000000, value;
        unsigned places = 1 + (unsigned)(seed >> 60) % 10;
        bool exact;
        number %= limit;
        int len = snprintf(digits, sizeof digits, "%0*" PRId64, (int)places + 1, number);
        int whole = len - (int)places;
        if (i & 1)
            (void)snprintf(text, sizeof text, "-%.*s.%s", whole, digits, digits + whole);
        else
            (void)snprintf(text, sizeof text, "-%" PRId64 "e-%u", number, places);
        wrong += !read_decimal(text, places, &value, &exact) || value != -number || !exact;
        wrong += !read_decimal(text, places - 1, &value, &exact) || value != -(number / 10) ||
                 exact != (number % 10 == 0);
    }
    CHECK_EQ_INT(wrong, 0);
}

/* Every amount of two digits, as written, is read as what it was. */
static void test_amounts_survive(void)
{
    size_t wrong = 0;
    for (int64_t minor = 0; minor < 200000; minor += 7) {
        char memory[40] = "";
        struct buffer buffer = buffer_of(memory, sizeof memory);
        struct json_out out;
        const struct json *root;
        int64_t back = -1;
        bool exact;
        json_out_open(&out, json_to_buffer, &buffer);
        json_put_amount(&out, NULL, minor, 2);
        if (json_out_end(&out) != SCRIP_OK ||
            json_parse(buffer_bytes(&buffer), arena, 512, &root, NULL) != SCRIP_OK) {
            wrong++;
            continue;
        }
        wrong += !json_decimal(root, 2, &back, &exact) || back != minor || !exact;
        json_close(root);
    }
    CHECK_EQ_INT(wrong, 0);
}

static void write_all(struct json_out *out)
{
    json_put_object(out, NULL);
    json_put_string(out, "text", "a\"\\\n\x7f\xc3\xa9/");
    json_put_array(out, "list");
    json_put_uint(out, NULL, UINT64_MAX);
    json_put_int(out, NULL, INT64_MIN);
    json_put_object(out, NULL);
    json_end_object(out);
    json_put_null(out, NULL);
    json_end_array(out);
    json_put_amount(out, "pay", 500, 2);
    json_put_amount(out, "cents", -5, 2);
    json_put_amount(out, "yen", 500, 0);
    json_put_amount(out, "dinar", 1, 3);
    json_put_bool(out, "no", false);
    json_put_base64url(out, "b", bytes_of("\xff\xfe\xfd\xfc", 4));
    json_end_object(out);
}

static void test_writing(void)
{
    static const char
        expected[] = "{\"text\":\"a\\\"\\\\\\u000a\x7f\xc3\xa9/\","
                     "\"list\":[18446744073709551615,-9223372036854775808,{},null],\"pay\":5.00,"
                     "\"cents\":-0.05,\"yen\":500,\"dinar\":0.001,\"no\":false,\"b\":\"__79_A\"}";
    char memory[512];
    struct buffer buffer = buffer_of(memory, sizeof memory);
    struct json_out out;
    json_out_open(&out, NULL, NULL);
    write_all(&out);
    CHECK_STATUS(json_out_end(&out), SCRIP_OK);
    CHECK_EQ_INT(out.len, sizeof expected - 1);

    json_out_open(&out, json_to_buffer, &buffer);
    write_all(&out);
    CHECK_STATUS(json_out_end(&out), SCRIP_OK);
    CHECK_EQ_INT(buffer.len, sizeof expected - 1);
    CHECK_EQ_BYTES(memory, expected, sizeof expected - 1);

    for (size_t room = 0; room < sizeof expected - 1; room++) {
        buffer = buffer_of(memory, room);
        json_out_open(&out, json_to_buffer, &buffer);
        write_all(&out);
        CHECK_STATUS(json_out_end(&out), SCRIP_REFUSED_TOO_LONG);
    }
}

static void test_long_base64url_has_no_seam(void)
{
    uint8_t data[100] = {0};
    char memory[200];
    struct buffer buffer = buffer_of(memory, sizeof memory);
    struct json_out out;
    json_out_open(&out, json_to_buffer, &buffer);
    json_put_base64url(&out, NULL, bytes_of(data, sizeof data));
    CHECK_STATUS(json_out_end(&out), SCRIP_OK);
    CHECK_EQ_INT(buffer.len, 2 + 134);
    for (size_t i = 1; i <= 134; i++)
        CHECK_EQ_INT(memory[i], 'A');
}

static void test_malformed_text_is_not_written(void)
{
    struct json_out out;
    json_out_open(&out, NULL, NULL);
    json_put_array(&out, NULL);
    json_put_text(&out, NULL, bytes_of("ok\xff", 3));
    json_put_uint(&out, NULL, 1);
    CHECK_STATUS(json_out_end(&out), SCRIP_REFUSED_TEXT);
}

int main(void)
{
    CHECK_RUN(test_accepts_json);
    CHECK_RUN(test_refuses_everything_else);
    CHECK_RUN(test_refuses_every_truncation);
    CHECK_RUN(test_refuses_duplicates_however_spelt);
    CHECK_RUN(test_bounds_the_members);
    CHECK_RUN(test_says_where);
    CHECK_RUN(test_short_arena_is_a_fault);
    CHECK_RUN(test_reading);
    CHECK_RUN(test_decimals);
    CHECK_RUN(test_every_digit_counts);
    CHECK_RUN(test_amounts_survive);
    CHECK_RUN(test_writing);
    CHECK_RUN(test_long_base64url_has_no_seam);
    CHECK_RUN(test_malformed_text_is_not_written);
    return check_done();
}
