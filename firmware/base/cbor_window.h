/*
 * cbor_window: CBOR read from a span, through a window that moves over it.
 *
 * Every item must lie inside the window when it is read, so a reader slides it before each part
 * that may be as long; a long string is read by its head, and its bytes from the span.
 *
 * Memory   The caller owns the window, of CBOR_WINDOW bytes.
 * Time     Opening and sliding read it anew.
 */
#ifndef BASE_CBOR_WINDOW_H
#define BASE_CBOR_WINDOW_H

#include "base/cbor.h"
#include "base/span.h"

enum { CBOR_WINDOW = 160 };
struct cbor_window {
    struct span span;
    struct cbor_reader in; /* of what the window holds */
    uint32_t at;           /* where in the span the window begins */
    uint8_t bytes[CBOR_WINDOW];
};

/* Puts the window at the span's start. */
MUST_CHECK enum scrip_status cbor_window_open(struct cbor_window *window, const struct span *span);

/* Moves it to the first byte that window->in has not read. A failed reader stays failed. */
MUST_CHECK enum scrip_status cbor_window_slide(struct cbor_window *window);

/* Where in the span window->in reads next. */
uint32_t cbor_window_at(const struct cbor_window *window);

/* Nothing failed, and nothing of the span is left. */
bool cbor_window_done(const struct cbor_window *window);

#endif
