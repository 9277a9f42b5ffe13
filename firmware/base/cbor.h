/*
 * cbor: the deterministic subset of CBOR that the profile uses, read strictly and written once.
 *
 * Types: unsigned, negative (-1 - n), byte string, text string, array, map, and a tag where a
 * caller asks for it by number. Enforced on reading: shortest heads, definite lengths, map keys
 * strictly ascending (bytewise on their encoding), text in strict UTF-8 without control characters;
 * no floats, simple values, undefined, null or booleans.
 *
 * Memory   None. A reader is a view; strings are views into the input.
 * Time     One pass; no recursion: a caller enters a container by counting its entries.
 * Format   RFC 8949 section 4.2.1.
 */
#ifndef BASE_CBOR_H
#define BASE_CBOR_H

#include "base/bytes.h"

enum cbor_type { CBOR_UINT, CBOR_NINT, CBOR_BYTES, CBOR_TEXT, CBOR_ARRAY, CBOR_MAP, CBOR_TAG };

/* Sticky: after the first malformed item every further read fails too. */
struct cbor_reader {
    const uint8_t *at, *end;
    bool failed;
};

static inline struct cbor_reader cbor_read(struct bytes data)
{
    static const uint8_t nothing[1];
    const uint8_t *at = data.len > 0 ? data.data : nothing;
    return (struct cbor_reader){at, at + data.len, false};
}

/* Each answers true and consumes exactly one head (and a string's bytes), or answers false, fails
 * the reader and leaves zero in its result. max and min are inclusive. */
bool cbor_get_uint(struct cbor_reader *in, uint64_t max, uint64_t *value);
bool cbor_get_u32(struct cbor_reader *in, uint32_t *value);
bool cbor_get_int(struct cbor_reader *in, int64_t *value);
bool cbor_get_bytes(struct cbor_reader *in, size_t min, size_t max, struct bytes *value);
bool cbor_get_text(struct cbor_reader *in, size_t min, size_t max, struct bytes *value);
bool cbor_get_tag(struct cbor_reader *in, uint64_t tag);

/* The head alone of an array, a map, or bytes that the caller reads elsewhere. */
bool cbor_get_size(struct cbor_reader *in, enum cbor_type want, size_t max, size_t *size);

static inline bool cbor_get_array(struct cbor_reader *in, size_t max, size_t *count)
{
    return cbor_get_size(in, CBOR_ARRAY, max, count);
}

static inline bool cbor_get_map(struct cbor_reader *in, size_t max, size_t *pairs)
{
    return cbor_get_size(in, CBOR_MAP, max, pairs);
}

static inline bool cbor_get_bytes_head(struct cbor_reader *in, size_t max, size_t *len)
{
    return cbor_get_size(in, CBOR_BYTES, max, len);
}

/* What comes next, without consuming it; false at the end or on a failed reader. */
bool cbor_peek(const struct cbor_reader *in, enum cbor_type *type);

/* Reads a map's integer key into *previous, which holds the key before it, and fails unless the key
 * comes later in deterministic order. *previous is CBOR_FIRST before the first key of a map. */
#define CBOR_FIRST INT64_MIN
bool cbor_get_key(struct cbor_reader *in, int64_t *previous);

/* Skips one item of the subset without tags, of at most depth nested containers (at most
 * CBOR_DEPTH; 0: no container at all), whose map keys are integers or strings. *item (may be NULL)
 * becomes its encoding. */
enum { CBOR_DEPTH = 8 };
bool cbor_skip(struct cbor_reader *in, unsigned depth, struct bytes *item);

/* Nothing failed and nothing is left. */
bool cbor_done(const struct cbor_reader *in);

/* Writers append to a buffer, in shortest form; the caller writes map keys in ascending order. */
void cbor_put_uint(struct buffer *out, uint64_t value);
void cbor_put_int(struct buffer *out, int64_t value);
void cbor_put_bytes(struct buffer *out, struct bytes value);
void cbor_put_bytes_head(struct buffer *out, size_t len); /* of bytes that the caller puts */
void cbor_put_text(struct buffer *out, struct bytes value);
void cbor_put_array(struct buffer *out, size_t count);
void cbor_put_map(struct buffer *out, size_t pairs);
void cbor_put_tag(struct buffer *out, uint64_t tag);

#endif
