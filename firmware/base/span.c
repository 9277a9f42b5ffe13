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

static enum scrip_status fill(struct cbor_window *window, uint32_t at)
{
    uint32_t left = window->span.len - at;
    size_t len = left < CBOR_WINDOW ? left : CBOR_WINDOW;

    window->at = at;
    window->in = (struct cbor_reader){window->bytes, window->bytes + len, false};
    return span_read(&window->span, at, window->bytes, len);
}

enum scrip_status cbor_window_open(struct cbor_window *window, const struct span *span)
{
    window->span = *span;
    return fill(window, 0);
}

uint32_t cbor_window_at(const struct cbor_window *window)
{
    return window->at + (uint32_t)(window->in.at - window->bytes);
}

enum scrip_status cbor_window_slide(struct cbor_window *window)
{
    return window->in.failed ? SCRIP_OK : fill(window, cbor_window_at(window));
}

bool cbor_window_done(const struct cbor_window *window)
{
    return cbor_done(&window->in) && cbor_window_at(window) == window->span.len;
}
