/* Any JSON document, through every accessor; the first bytes bound the arena. */
#include <string.h>

#include "base/json.h"
#include "tests/fuzz/fuzz.h"

static _Alignas(16) uint8_t arena[64 * 1024];

static void look(const struct json *node)
{
    struct bytes text;
    uint64_t number;
    int64_t minor;
    bool exact, truth;

    if (json_text(node, &text))
        FUZZ_HOLDS(text.data[text.len] == '\0' && memchr(text.data, '\0', text.len) == NULL);
    if (json_uint(node, 1000, &number))
        FUZZ_HOLDS(number <= 1000 && json_decimal(node, 0, &minor, &exact) && exact &&
                   (uint64_t)minor == number);
    if (json_decimal(node, 10, &minor, &exact))
        FUZZ_HOLDS(minor >= -INT64_MAX);
    (void)json_bool(node, &truth);
}

/* To the depth that is allowed, without recursion: first children, then what is beside them. */
static void walk(const struct json *node)
{
    for (int depth = 0; node != NULL && depth <= JSON_DEPTH; depth++) {
        size_t count = json_count(node);

        look(node);
        FUZZ_HOLDS(!json_is_object(node) || count <= JSON_MEMBERS);
        for (size_t i = 0; i < count && i < JSON_MEMBERS; i++) {
            const char *name = NULL;
            const struct json *child = json_is_array(node) ? json_element(node, i)
                                                           : json_member_at(node, i, &name);
            FUZZ_HOLDS(child != NULL);
            FUZZ_HOLDS(name == NULL || json_member(node, name) == child);
            look(child);
        }
        FUZZ_HOLDS(json_element(node, count) == NULL);
        node = json_is_array(node) ? json_element(node, 0)
                                   : json_member_at(node, 0, &(const char *){0});
    }
}

/* A text that was read is written, and read again as the same. */
static void echo(const struct json *root)
{
    static uint8_t again[64 * 1024], memory[6 * 4096 + 64];
    struct buffer out = buffer_of(memory, sizeof memory);
    struct bytes text, same;
    struct json_out json;
    const struct json *copy;

    if (!json_text(json_element(root, 0), &text) || text.len > 4096)
        return;
    json_out_open(&json, json_to_buffer, &out);
    json_put_array(&json, NULL);
    json_put_text(&json, NULL, text);
    json_put_null(&json, NULL);
    json_put_int(&json, NULL, -(int64_t)text.len);
    json_put_amount(&json, NULL, -(int64_t)text.len, 2);
    json_end_array(&json);
    FUZZ_HOLDS(json_out_end(&json) == SCRIP_OK);
    FUZZ_HOLDS(json_parse(buffer_bytes(&out), again, sizeof again, &copy, NULL) == SCRIP_OK);
    FUZZ_HOLDS(json_text(json_element(copy, 0), &same) && bytes_equal(same, text));
    json_close(copy);
}

void fuzz_one(struct bytes input)
{
    const struct json *root = NULL;
    size_t at = 0, room = fuzz_take_u8(&input) * (size_t)256;
    enum scrip_status status = json_parse(input, arena, room, &root, &at);

    FUZZ_HOLDS((status == SCRIP_OK) == (root != NULL));
    FUZZ_HOLDS(status == SCRIP_OK || status == SCRIP_REFUSED_SHAPE || status == SCRIP_FAULT_MEMORY);
    FUZZ_HOLDS(at <= input.len);
    if (status != SCRIP_OK)
        return;
    walk(root);
    echo(root);
    json_close(root);
}

void fuzz_seeds(fuzz_visit *visit, void *context)
{
    static const char all[] = "{\"a\":[1,-2.5e+3,0.125E-2,true,false,null,"
                              "\"\\u00e9\\ud83d\\ude00\\n\\\"\\\\\\/\\b\\f\\r"
                              "\\t\"],\"b\":{\"c\":{}}}";
    static const char *const texts[] = {all,
                                        " [ \"x\\u001f\\u0000\" ] ",
                                        "[\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"]",
                                        "{\"a\":1,\"a\":2}",
                                        "[[[[[[[[[[[[[1]]]]]]]]]]]]]",
                                        "[\"\\ud83d\"]",
                                        "[01]",
                                        "[1.]",
                                        "[1e]",
                                        "[-]",
                                        "[tru]",
                                        "[1,]",
                                        "{\"a\"}",
                                        "{\"a\":}",
                                        "{,}",
                                        "[\"\\x\"]",
                                        "[\"\x01\"]",
                                        "[] x",
                                        "",
                                        "9007199254740993",
                                        "[5.01, 5.005, 1e400, 0.1e1]",
                                        "[\"a",
                                        "{\"a\":1",
                                        "[\"\\u12\"]",
                                        "[\"\x1f\x7f\"]"};
    static char wide[2048];
    int len = snprintf(wide, sizeof wide, "{");

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        fuzz_visit_with(255, bytes_text(texts[i]), visit, context);
        fuzz_visit_with(1, bytes_text(texts[i]), visit, context);
    }
    for (int i = 0; i <= JSON_MEMBERS; i++)
        len += snprintf(wide + len, sizeof wide - (size_t)len, "%s\"m%d\":%d", i > 0 ? "," : "", i,
                        i);
    (void)snprintf(wide + len, sizeof wide - (size_t)len, "}");
    fuzz_visit_with(255, bytes_text(wide), visit, context);
}
