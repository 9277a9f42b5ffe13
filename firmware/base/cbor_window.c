#include "base/cbor_window.h"

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
