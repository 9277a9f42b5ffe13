/*
 * span: bytes that lie in memory or in a store, and are read by pieces.
 *
 * What is verified and parsed through a span need never be in memory as a whole: a signed object of
 * a slot's size is judged where it lies.
 *
 * Memory   A view: whoever owns the bytes must keep them. Time: each read is one of the store.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include "base/bytes.h"

/* Reads len bytes at offset, which the span has checked to be inside. number is the span's. */
typedef enum scrip_status span_reader(const void *context, unsigned number, uint32_t offset,
                                      void *data, size_t len);

struct span {
    span_reader *reader; /* NULL: empty */
    const void *context;
    unsigned number; /* the reader's own, such as the kind of a blob */
    uint32_t at, len;
};

/* Bytes in memory: reading them cannot fail. More than UINT32_MAX are cut to nothing. */
struct span span_of(struct bytes bytes);

/* len bytes of it at offset; empty where they are not all inside. */
struct span span_part(const struct span *span, uint32_t offset, uint32_t len);

/* REFUSED_ARGUMENT: beyond its end. FAULT_*: the store's. */
MUST_CHECK enum scrip_status span_read(const struct span *span, uint32_t offset, void *data,
                                       size_t len);

/* Appends all of it to out. REFUSED_TOO_LONG: out is too small. FAULT_*: the store's. */
MUST_CHECK enum scrip_status span_load(const struct span *span, struct buffer *out);

#endif
