#include "base/cbor.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

/* The most that a head of 0, 1, 2 or 4 further bytes can say. A longer one must say more. */
static const uint32_t MOST[] = {23, UINT8_MAX, UINT16_MAX, UINT32_MAX};

static bool fail(struct cbor_reader *in)
{
    in->failed = true;
    return false;
}

static size_t rest(const struct cbor_reader *in)
{
    return (size_t)(in->end - in->at);
}

static bool get_head(struct cbor_reader *in, enum cbor_type *type, uint64_t *value)
{
    if (in->failed || rest(in) == 0)
        return fail(in);
    unsigned info = *in->at & 31;
    *type = (enum cbor_type)(*in->at++ >> 5);
    *value = info;
    /* 28..30 are reserved, 31 is an indefinite length, and major type 7 is not of the subset. */
    if (*type > CBOR_TAG || info > 27)
        return fail(in);
    if (info < 24)
        return true;

    size_t len = (size_t)1 << (info - 24);
    if (rest(in) < len)
        return fail(in);
    uint64_t number = 0;
    while (len-- > 0)
        number = number << 8 | *in->at++;
    *value = number;
    return number > MOST[info - 24] || fail(in);
}

static bool get(struct cbor_reader *in, enum cbor_type want, uint64_t max, uint64_t *value)
{
    enum cbor_type type;
    if (get_head(in, &type, value) && type == want && *value <= max)
        return true;
    *value = 0;
    return fail(in);
}

bool cbor_get_size(struct cbor_reader *in, enum cbor_type want, size_t max, size_t *size)
{
    uint64_t value;
    bool good = get(in, want, max, &value);
    *size = (size_t)value;
    return good;
}

static bool get_string(struct cbor_reader *in, enum cbor_type want, size_t min, size_t max,
                       struct bytes *value)
{
    *value = bytes_of(NULL, 0);
    size_t len;
    if (!cbor_get_size(in, want, max, &len) || len < min || len > rest(in))
        return fail(in);
    *value = bytes_of(in->at, len);
    in->at += len;
    return true;
}

bool cbor_get_uint(struct cbor_reader *in, uint64_t max, uint64_t *value)
{
    return get(in, CBOR_UINT, max, value);
}

bool cbor_get_u32(struct cbor_reader *in, uint32_t *value)
{
    uint64_t wide;
    bool good = get(in, CBOR_UINT, UINT32_MAX, &wide);
    *value = (uint32_t)wide;
    return good;
}

bool cbor_get_int(struct cbor_reader *in, int64_t *value)
{
    enum cbor_type type;
    uint64_t number;
    *value = 0;
    if (!get_head(in, &type, &number) || type > CBOR_NINT || number > INT64_MAX)
        return fail(in);
    *value = type == CBOR_NINT ? -1 - (int64_t)number : (int64_t)number;
    return true;
}

bool cbor_get_bytes(struct cbor_reader *in, size_t min, size_t max, struct bytes *value)
{
    return get_string(in, CBOR_BYTES, min, max, value);
}

bool cbor_get_text(struct cbor_reader *in, size_t min, size_t max, struct bytes *value)
{
    if (get_string(in, CBOR_TEXT, min, max, value) && text_is_utf8(*value))
        return true;
    *value = bytes_of(NULL, 0);
    return fail(in);
}

bool cbor_get_tag(struct cbor_reader *in, uint64_t tag)
{
    uint64_t value;
    return get(in, CBOR_TAG, tag, &value) && (value == tag || fail(in));
}

bool cbor_peek(const struct cbor_reader *in, enum cbor_type *type)
{
    if (in->failed || rest(in) == 0)
        return false;
    *type = (enum cbor_type)(*in->at >> 5);
    return *type <= CBOR_TAG;
}

/* Bytewise order of two integers' encodings: 0, 1, 2, .. before -1, -2, .. */
static uint64_t rank(int64_t key)
{
    return key < 0 ? ~(uint64_t)key | (uint64_t)1 << 63 : (uint64_t)key;
}

bool cbor_get_key(struct cbor_reader *in, int64_t *previous)
{
    int64_t key;
    if (!cbor_get_int(in, &key) || key == CBOR_FIRST)
        return fail(in);
    if (*previous != CBOR_FIRST && rank(key) <= rank(*previous))
        return fail(in);
    *previous = key;
    return true;
}

/* A container that skip is inside of. A map counts its keys and values: an even rest means that a
 * key comes next. */
struct container {
    struct bytes key; /* the last key's encoding */
    size_t left;
    bool map;
};

/* Encodings are free of prefixes, so two of them differ within the shorter one or are the same. */
static bool ascends(struct bytes previous, struct bytes key)
{
    size_t len = previous.len < key.len ? previous.len : key.len;
    return len == 0 || memcmp(previous.data, key.data, len) < 0;
}

bool cbor_skip(struct cbor_reader *in, unsigned depth, struct bytes *item)
{
    struct container inside[CBOR_DEPTH];
    unsigned level = 0;
    const uint8_t *start = in->at;
    assert(depth <= CBOR_DEPTH);
    do {
        const uint8_t *head = in->at;
        enum cbor_type type;
        uint64_t value;
        if (!get_head(in, &type, &value))
            return false;
        if (type >= CBOR_BYTES && value > rest(in) >> (type == CBOR_MAP))
            return fail(in);
        if (type == CBOR_TAG || (type >= CBOR_ARRAY && level == depth))
            return fail(in);
        if (type == CBOR_TEXT && !text_is_utf8(bytes_of(in->at, (size_t)value)))
            return fail(in);
        if (type == CBOR_BYTES || type == CBOR_TEXT)
            in->at += value;

        if (level > 0) {
            struct container *container = &inside[level - 1];
            if (container->map && container->left % 2 == 0) {
                struct bytes key = bytes_of(head, (size_t)(in->at - head));
                if (type >= CBOR_ARRAY || !ascends(container->key, key))
                    return fail(in);
                container->key = key;
            }
            container->left--;
        }
        if (type >= CBOR_ARRAY) {
            bool map = type == CBOR_MAP;
            inside[level++] = (struct container){{NULL, 0}, (size_t)value << map, map};
        }
        while (level > 0 && inside[level - 1].left == 0)
            level--;
    } while (level > 0);
    if (item)
        *item = bytes_of(start, (size_t)(in->at - start));
    return true;
}

bool cbor_done(const struct cbor_reader *in)
{
    return !in->failed && rest(in) == 0;
}

static void put_head(struct buffer *out, enum cbor_type type, uint64_t value)
{
    unsigned size = 0;
    while (size < 4 && value > MOST[size])
        size++;
    size_t len = size > 0 ? (size_t)1 << (size - 1) : 0;
    uint8_t head[9];
    head[0] = (uint8_t)((unsigned)type << 5 | (size > 0 ? 23 + size : (unsigned)value));
    for (size_t i = len; i > 0; i--, value >>= 8)
        head[i] = (uint8_t)value;
    buffer_put(out, head, 1 + len);
}

void cbor_put_uint(struct buffer *out, uint64_t value)
{
    put_head(out, CBOR_UINT, value);
}

void cbor_put_int(struct buffer *out, int64_t value)
{
    if (value < 0)
        put_head(out, CBOR_NINT, ~(uint64_t)value);
    else
        put_head(out, CBOR_UINT, (uint64_t)value);
}

void cbor_put_bytes_head(struct buffer *out, size_t len)
{
    put_head(out, CBOR_BYTES, len);
}

void cbor_put_bytes(struct buffer *out, struct bytes value)
{
    cbor_put_bytes_head(out, value.len);
    buffer_put(out, value.data, value.len);
}

void cbor_put_text(struct buffer *out, struct bytes value)
{
    put_head(out, CBOR_TEXT, value.len);
    buffer_put(out, value.data, value.len);
}

void cbor_put_array(struct buffer *out, size_t count)
{
    put_head(out, CBOR_ARRAY, count);
}

void cbor_put_map(struct buffer *out, size_t pairs)
{
    put_head(out, CBOR_MAP, pairs);
}

void cbor_put_tag(struct buffer *out, uint64_t tag)
{
    put_head(out, CBOR_TAG, tag);
}
