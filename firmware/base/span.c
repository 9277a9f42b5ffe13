#include "base/span.h"

#include <string.h>

static enum scrip_status read_memory(const void *context, unsigned number, uint32_t offset,
                                     void *data, size_t len)
{
    (void)number;
    memcpy(data, (const uint8_t *)context + offset, len);
    return SCRIP_OK;
}

struct span span_of(struct bytes bytes)
{
    if (bytes.len == 0 || bytes.len > UINT32_MAX)
        return (struct span){NULL, NULL, 0, 0, 0};
    return (struct span){read_memory, bytes.data, 0, 0, (uint32_t)bytes.len};
}

struct span span_part(const struct span *span, uint32_t offset, uint32_t len)
{
    struct span part = *span;
    bool inside = offset <= span->len && len <= span->len - offset;

    part.at += inside ? offset : 0;
    part.len = inside ? len : 0;
    return part;
}

enum scrip_status span_read(const struct span *span, uint32_t offset, void *data, size_t len)
{
    if (offset > span->len || len > span->len - offset)
        return SCRIP_REFUSED_ARGUMENT;
    if (len == 0)
        return SCRIP_OK;
    return span->reader(span->context, span->number, span->at + offset, data, len);
}

enum scrip_status span_load(const struct span *span, struct buffer *out)
{
    if (span->len > out->capacity - out->len)
        return SCRIP_REFUSED_TOO_LONG;
    TRY(span_read(span, 0, out->data + out->len, span->len));
    out->len += span->len;
    return SCRIP_OK;
}
