#include "base/json.h"

#include <string.h>

#include <cJSON.h>

#include "base/text.h"

/* The grammar -----------------------------------------------------------------------------------
 */

struct scan {
    struct bytes rest;
    uint32_t objects; /* one bit a level, the innermost lowest: an object, else an array */
    unsigned depth;
};

/* The next byte; 0, which no grammar accepts, at the end. */
static uint8_t next(const struct scan *scan)
{
    return scan->rest.len > 0 ? *scan->rest.data : 0;
}

static void skip(struct scan *scan, size_t count)
{
    scan->rest = bytes_of(scan->rest.data + count, scan->rest.len - count);
}

static bool take(struct scan *scan, uint8_t byte)
{
    bool found = scan->rest.len > 0 && *scan->rest.data == byte;
    if (found)
        skip(scan, 1);
    return found;
}

static bool take_literal(struct scan *scan, const char *literal)
{
    size_t len = strlen(literal);
    bool found = scan->rest.len >= len && memcmp(scan->rest.data, literal, len) == 0;
    if (found)
        skip(scan, len);
    return found;
}

static void skip_space(struct scan *scan)
{
    while (take(scan, ' ') || take(scan, '\t') || take(scan, '\n') || take(scan, '\r'))
        continue;
}

static bool take_digits(struct scan *scan)
{
    size_t start = scan->rest.len;
    while (next(scan) >= '0' && next(scan) <= '9')
        skip(scan, 1);
    return scan->rest.len < start;
}

static bool take_number(struct scan *scan)
{
    (void)take(scan, '-');
    if (!take(scan, '0') && !take_digits(scan))
        return false;
    if (take(scan, '.') && !take_digits(scan))
        return false;
    if (!take(scan, 'e') && !take(scan, 'E'))
        return true;
    if (!take(scan, '+'))
        (void)take(scan, '-');
    return take_digits(scan);
}

static bool take_hex4(struct scan *scan, uint32_t *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        uint8_t c = next(scan);
        if (c >= '0' && c <= '9')
            *unit = *unit * 16 + c - '0';
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            *unit = *unit * 16 + (c | 0x20u) - 'a' + 10;
        else
            return false;
        skip(scan, 1);
    }
    return true;
}

/* Behind the backslash. */
static bool take_escape(struct scan *scan)
{
    uint32_t high, low;
    if (!take(scan, 'u')) {
        bool known = next(scan) != 0 && strchr("\"\\/bfnrt", next(scan));
        if (known)
            skip(scan, 1);
        return known;
    }
    if (!take_hex4(scan, &high) || high == 0)
        return false;
    if (high < 0xD800 || high > 0xDFFF)
        return true;
    return high < 0xDC00 && take_literal(scan, "\\u") && take_hex4(scan, &low) && low >= 0xDC00 &&
           low <= 0xDFFF;
}

static bool take_string(struct scan *scan)
{
    if (!take(scan, '"'))
        return false;
    while (!take(scan, '"')) {
        if (scan->rest.len == 0)
            return false;
        if (take(scan, '\\')) {
            if (!take_escape(scan))
                return false;
            continue;
        }
        struct bytes after = scan->rest;
        uint32_t point = text_next(&after);
        if (point == TEXT_MALFORMED || point < 0x20)
            return false;
        scan->rest = after;
    }
    return true;
}

static bool take_open(struct scan *scan)
{
    bool object = take(scan, '{');
    if ((!object && !take(scan, '[')) || scan->depth == JSON_DEPTH)
        return false;
    scan->objects = scan->objects << 1 | object;
    scan->depth++;
    return true;
}

static bool take_close(struct scan *scan)
{
    if (scan->depth == 0 || !take(scan, scan->objects & 1 ? '}' : ']'))
        return false;
    scan->objects >>= 1;
    scan->depth--;
    return true;
}

static bool take_scalar(struct scan *scan)
{
    if (next(scan) == '"')
        return take_string(scan);
    return take_literal(scan, "true") || take_literal(scan, "false") ||
           take_literal(scan, "null") || take_number(scan);
}

/* One document and nothing behind it; where it is wrong, scan->rest starts at the fault. */
static bool take_document(struct scan *scan)
{
    bool first = false; /* the container has just been opened */
    do {
        skip_space(scan);
        /* A value, behind its name where an object is open; or the end of an empty container. */
        bool closed = first && take_close(scan);
        first = false;
        if (!closed) {
            if (scan->objects & 1) {
                if (!take_string(scan))
                    return false;
                skip_space(scan);
                if (!take(scan, ':'))
                    return false;
                skip_space(scan);
            }
            if (next(scan) == '{' || next(scan) == '[') {
                if (!take_open(scan))
                    return false;
                first = true;
                continue;
            }
            if (!take_scalar(scan))
                return false;
        }
        do
            skip_space(scan);
        while (take_close(scan));
        if (scan->depth > 0 && !take(scan, ','))
            return false;
    } while (scan->depth > 0);
    return scan->rest.len == 0;
}

/* cJSON in an arena -----------------------------------------------------------------------------
 */

enum { ALIGNMENT = 8 };

/* In front of the root, which is cJSON's first allocation. */
struct arena {
    _Alignas(ALIGNMENT) uint8_t *at;
    uint8_t *last; /* the latest allocation, which alone can be given back */
    size_t left;
};

/* cJSON's hooks have no context, so the arena of the parse that runs is here; NULL between. */
static struct arena *parsing;

static void *arena_allocate(size_t size)
{
    size_t rounded = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (rounded < size || rounded > parsing->left)
        return NULL;
    parsing->last = parsing->at;
    parsing->at += rounded;
    parsing->left -= rounded;
    return parsing->last;
}

static void arena_free(void *data)
{
    if (data == NULL || data != parsing->last)
        return;
    parsing->left += (size_t)(parsing->at - parsing->last);
    parsing->at = parsing->last;
}

static const cJSON *cjson_of(const struct json *node)
{
    return (const cJSON *)(const void *)node;
}

static const struct json *json_of(const cJSON *node)
{
    return (const struct json *)(const void *)node;
}

static bool members_are_unique(const cJSON *object)
{
    size_t count = 0;
    for (const cJSON *member = object->child; member; member = member->next) {
        if (++count > JSON_MEMBERS)
            return false;
        for (const cJSON *other = object->child; other != member; other = other->next) {
            if (strcmp(member->string, other->string) == 0)
                return false;
        }
    }
    return true;
}

/* Depth first, over the levels that the scan has bounded. */
static bool all_members_are_unique(const cJSON *root)
{
    const cJSON *path[JSON_DEPTH + 1];
    unsigned depth = 0;
    path[depth] = root;
    for (;;) {
        const cJSON *node = path[depth];
        if (cJSON_IsObject(node) && !members_are_unique(node))
            return false;
        if (node->child) {
            path[++depth] = node->child;
            continue;
        }
        while (depth > 0 && !path[depth]->next)
            depth--;
        if (depth == 0)
            return true;
        path[depth] = path[depth]->next;
    }
}

enum scrip_status json_parse(struct bytes text, void *arena, size_t arena_len,
                             const struct json **root, size_t *error_at)
{
    *root = NULL;
    struct scan scan = {text, 0, 0};
    bool good = take_document(&scan);
    if (error_at)
        *error_at = text.len - scan.rest.len;
    if (!good)
        return SCRIP_REFUSED_SHAPE;

    size_t padding = (ALIGNMENT - (uintptr_t)arena % ALIGNMENT) % ALIGNMENT;
    if (arena_len < padding + sizeof(struct arena))
        return SCRIP_FAULT_MEMORY;
    struct arena *head = (struct arena *)(void *)((uint8_t *)arena + padding);
    *head = (struct arena){(uint8_t *)(head + 1), NULL, arena_len - padding - sizeof *head};

    parsing = head;
    cJSON_InitHooks(&(cJSON_Hooks){arena_allocate, arena_free});
    const cJSON *document = cJSON_ParseWithLength((const char *)text.data, text.len);
    parsing = NULL;
    if (!document) {
        bytes_wipe(arena, arena_len);
        return SCRIP_FAULT_MEMORY; /* the text is JSON, so nothing else can be the matter */
    }
    *root = json_of(document);
    if (all_members_are_unique(document))
        return SCRIP_OK;
    json_close(*root);
    *root = NULL;
    return SCRIP_REFUSED_SHAPE;
}

void json_close(const struct json *root)
{
    struct arena *head = (struct arena *)(void *)(uintptr_t)root - 1;
    bytes_wipe(head, (size_t)(head->at + head->left - (uint8_t *)head));
}

/* Reading ---------------------------------------------------------------------------------------
 */

bool json_is_object(const struct json *node)
{
    return cJSON_IsObject(cjson_of(node));
}

bool json_is_array(const struct json *node)
{
    return cJSON_IsArray(cjson_of(node));
}

const struct json *json_member(const struct json *object, const char *name)
{
    if (!json_is_object(object))
        return NULL;
    return json_of(cJSON_GetObjectItemCaseSensitive(cjson_of(object), name));
}

static const cJSON *child_at(const struct json *node, size_t index)
{
    const cJSON *child = cjson_of(node)->child;
    while (child && index-- > 0)
        child = child->next;
    return child;
}

const struct json *json_element(const struct json *array, size_t index)
{
    return json_is_array(array) ? json_of(child_at(array, index)) : NULL;
}

const struct json *json_member_at(const struct json *object, size_t index, const char **name)
{
    const cJSON *member = json_is_object(object) ? child_at(object, index) : NULL;
    *name = member ? member->string : NULL;
    return json_of(member);
}

size_t json_count(const struct json *array_or_object)
{
    if (!json_is_array(array_or_object) && !json_is_object(array_or_object))
        return 0;
    size_t count = 0;
    for (const cJSON *child = cjson_of(array_or_object)->child; child; child = child->next)
        count++;
    return count;
}

bool json_text(const struct json *node, struct bytes *text)
{
    bool good = cJSON_IsString(cjson_of(node));
    *text = good ? bytes_text(cjson_of(node)->valuestring) : bytes_of(NULL, 0);
    return good;
}

bool json_bool(const struct json *node, bool *value)
{
    *value = cJSON_IsTrue(cjson_of(node));
    return cJSON_IsBool(cjson_of(node));
}
