#include "base/bundle.h"

#include <string.h>

#include "base/cbor.h"

/* The pairs of the map, in their order on the wire. */
enum bundle_key {
    KEY_IDENTITY = 1,
    KEY_EPOCH,
    KEY_FIRST_PREV,
    KEY_CHAIN,
    KEY_ROOTS,
    KEY_HOST,
    KEY_PORT,
    KEY_PINS,
    KEY_OBJECT_ROOTS,
    KEY_HOST_POINT,
    KEY_KEYSET,
    KEY_POLICY
};

enum { PAIRS_STORED = KEY_HOST_POINT, PAIRS_MAX = KEY_POLICY };

static bool read_views(struct cbor_reader *in, struct bytes *views, size_t max, size_t *count)
{
    if (!cbor_get_array(in, max, count) || *count == 0)
        return false;
    for (size_t i = 0; i < *count; i++)
        if (!cbor_get_bytes(in, 1, LIMIT_CERT_BYTES, &views[i]))
            return false;
    return true;
}

/* Copies byte strings of exactly len bytes each into out, one after the other. */
static bool read_copies(struct cbor_reader *in, uint8_t *out, size_t len, size_t min, size_t max,
                        size_t *count)
{
    struct bytes item;

    if (!cbor_get_array(in, max, count) || *count < min)
        return false;
    for (size_t i = 0; i < *count; i++) {
        if (!cbor_get_bytes(in, len, len, &item))
            return false;
        memcpy(out + i * len, item.data, len);
    }
    return true;
}

static bool read_copy(struct cbor_reader *in, uint8_t *out, size_t len)
{
    struct bytes item;

    if (!cbor_get_bytes(in, len, len, &item))
        return false;
    memcpy(out, item.data, len);
    return true;
}

/* A DNS name or an address literal: no byte that could end a header line or a path. */
static bool read_host(struct cbor_reader *in, char host[LIMIT_HOST_NAME + 1])
{
    struct bytes text;

    if (!cbor_get_text(in, 1, LIMIT_HOST_NAME, &text))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '.' || c == '-' || c == ':';
        if (!good)
            return false;
    }
    memcpy(host, text.data, text.len);
    host[text.len] = '\0';
    return true;
}

static bool read_pair(struct cbor_reader *in, int64_t key, struct bundle *out)
{
    struct bytes text;
    uint64_t port;

    switch (key) {
    case KEY_IDENTITY:
        return cbor_get_text(in, 1, LIMIT_ID_TEXT, &text) &&
               identity_parse(text, &out->identity) == SCRIP_OK;
    case KEY_EPOCH:
        return cbor_get_u32(in, &out->epoch) && out->epoch != 0;
    case KEY_FIRST_PREV:
        return read_copy(in, out->first_prev, sizeof out->first_prev);
    case KEY_CHAIN:
        return read_views(in, out->chain, LIMIT_CERT_CHAIN, &out->chain_count);
    case KEY_ROOTS:
        return read_views(in, out->roots, sizeof out->roots / sizeof out->roots[0],
                          &out->root_count);
    case KEY_HOST:
        return read_host(in, out->host);
    case KEY_PORT:
        if (!cbor_get_uint(in, UINT16_MAX, &port) || port == 0)
            return false;
        out->port = (uint16_t)port;
        return true;
    case KEY_PINS:
        return read_copies(in, out->pins[0], sizeof out->pins[0], 0,
                           sizeof out->pins / sizeof out->pins[0], &out->pin_count);
    case KEY_OBJECT_ROOTS:
        return read_copies(in, out->object_roots.point[0], CRYPTO_POINT_BYTES, 1, 2,
                           &out->object_roots.count);
    case KEY_HOST_POINT:
        return read_copy(in, out->host_point, sizeof out->host_point);
    case KEY_KEYSET:
        return cbor_get_bytes(in, 1, LIMIT_OBJECT_BYTES, &out->keyset);
    case KEY_POLICY:
        return cbor_get_bytes(in, 1, LIMIT_OBJECT_BYTES, &out->policy);
    default:
        return false;
    }
}

static bool read_all(struct bytes bundle, struct bundle *out)
{
    struct cbor_reader in = cbor_read(bundle);
    int64_t key = CBOR_FIRST;
    const uint8_t *first, *end;
    size_t pairs;

    if (!cbor_get_map(&in, PAIRS_MAX, &pairs) || pairs < PAIRS_STORED)
        return false;
    first = end = in.at;
    for (size_t i = 0; i < pairs; i++) {
        /* Ascending keys from 1, and at least ten of them: the first ten are 1 to 10 exactly when
         * each stands at its own place. */
        if (!cbor_get_key(&in, &key) || (i < PAIRS_STORED && key != (int64_t)i + 1) ||
            !read_pair(&in, key, out))
            return false;
        if (key == KEY_HOST_POINT)
            end = in.at;
    }
    out->stored = bytes_of(first, (size_t)(end - first));
    return cbor_done(&in);
}

enum scrip_status bundle_read(struct bytes bundle, struct bundle *out)
{
    memset(out, 0, sizeof *out);
    if (bundle.len > LIMIT_BUNDLE_BYTES)
        return SCRIP_REFUSED_TOO_LONG;
    if (!read_all(bundle, out)) {
        memset(out, 0, sizeof *out);
        return SCRIP_REFUSED_SHAPE;
    }
    return SCRIP_OK;
}

static void put_list(struct buffer *out, uint64_t key, const struct bytes *items, size_t count)
{
    cbor_put_uint(out, key);
    cbor_put_array(out, count);
    for (size_t i = 0; i < count; i++)
        cbor_put_bytes(out, items[i]);
}

/* As put_list(), for items of len bytes each that stand one after the other. */
static void put_copies(struct buffer *out, uint64_t key, const uint8_t *items, size_t len,
                       size_t count)
{
    cbor_put_uint(out, key);
    cbor_put_array(out, count);
    for (size_t i = 0; i < count; i++)
        cbor_put_bytes(out, bytes_of(items + i * len, len));
}

void bundle_write(const struct bundle *bundle, struct buffer *out)
{
    cbor_put_map(out, PAIRS_STORED + (size_t)(bundle->keyset.len != 0) +
                          (size_t)(bundle->policy.len != 0));
    cbor_put_uint(out, KEY_IDENTITY);
    cbor_put_text(out, bytes_text(bundle->identity.text));
    cbor_put_uint(out, KEY_EPOCH);
    cbor_put_uint(out, bundle->epoch);
    cbor_put_uint(out, KEY_FIRST_PREV);
    cbor_put_bytes(out, bytes_of(bundle->first_prev, sizeof bundle->first_prev));
    put_list(out, KEY_CHAIN, bundle->chain, bundle->chain_count);
    put_list(out, KEY_ROOTS, bundle->roots, bundle->root_count);
    cbor_put_uint(out, KEY_HOST);
    cbor_put_text(out, bytes_text(bundle->host));
    cbor_put_uint(out, KEY_PORT);
    cbor_put_uint(out, bundle->port);
    put_copies(out, KEY_PINS, bundle->pins[0], sizeof bundle->pins[0], bundle->pin_count);
    put_copies(out, KEY_OBJECT_ROOTS, bundle->object_roots.point[0], CRYPTO_POINT_BYTES,
               bundle->object_roots.count);
    cbor_put_uint(out, KEY_HOST_POINT);
    cbor_put_bytes(out, bytes_of(bundle->host_point, sizeof bundle->host_point));
    if (bundle->keyset.len != 0) {
        cbor_put_uint(out, KEY_KEYSET);
        cbor_put_bytes(out, bundle->keyset);
    }
    if (bundle->policy.len != 0) {
        cbor_put_uint(out, KEY_POLICY);
        cbor_put_bytes(out, bundle->policy);
    }
}
