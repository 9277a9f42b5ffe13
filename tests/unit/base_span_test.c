/* Bytes read by pieces: nothing beyond their end, and no difference to having them whole. */
#include "base/cbor_window.h"

#include <string.h>

#include "tests/check.h"
#include "tests/support/stored.h"

static void test_nothing_beyond_the_end(void)
{
    uint8_t memory[8];
    struct span all = span_of(bytes_text("abcdefgh")), nothing = span_of(bytes_of(NULL, 0));
    struct span part = span_part(&all, 2, 4);
    struct buffer out = buffer_of(memory, sizeof memory);

    CHECK_EQ_INT(all.len, 8);
    CHECK_STATUS(span_read(&all, 7, memory, 1), SCRIP_OK);
    CHECK_EQ_INT(memory[0], 'h');
    CHECK_STATUS(span_read(&all, 8, memory, 0), SCRIP_OK);
    CHECK_STATUS(span_read(&all, 8, memory, 1), SCRIP_REFUSED_ARGUMENT);
    CHECK_STATUS(span_read(&all, UINT32_MAX, memory, 2), SCRIP_REFUSED_ARGUMENT);
    CHECK_STATUS(span_read(&part, 3, memory, 1), SCRIP_OK);
    CHECK_EQ_INT(memory[0], 'f');
    CHECK_STATUS(span_read(&part, 3, memory, 2), SCRIP_REFUSED_ARGUMENT);
    CHECK_EQ_INT(span_part(&part, 3, 2).len, 0);
    CHECK_EQ_INT(span_part(&part, UINT32_MAX, 2).len, 0);
    CHECK_EQ_INT(span_part(&part, 4, 0).len, 0);
    CHECK_STATUS(span_read(&nothing, 0, memory, 0), SCRIP_OK);
    CHECK_STATUS(span_read(&nothing, 0, memory, 1), SCRIP_REFUSED_ARGUMENT);

    CHECK_STATUS(span_load(&part, &out), SCRIP_OK);
    CHECK(bytes_equal(buffer_bytes(&out), bytes_text("cdef")));
    CHECK_STATUS(span_load(&part, &out), SCRIP_OK);
    CHECK_STATUS(span_load(&part, &out), SCRIP_REFUSED_TOO_LONG);
    CHECK_EQ_INT(out.len, 8);
}

static void test_a_window_moves_over_what_is_longer(void)
{
    uint8_t memory[4 * CBOR_WINDOW];
    struct buffer out = buffer_of(memory, sizeof memory);
    struct cbor_window window;
    unsigned count = 0;
    uint64_t value;

    while (out.len < 3 * CBOR_WINDOW) {
        cbor_put_uint(&out, 70000 + count);
        count++;
    }
    struct span span = test_stored(buffer_bytes(&out));
    CHECK_STATUS(cbor_window_open(&window, &span), SCRIP_OK);
    for (unsigned i = 0; i < count; i++) {
        CHECK(!cbor_window_done(&window));
        CHECK_STATUS(cbor_window_slide(&window), SCRIP_OK);
        CHECK_EQ_INT(cbor_window_at(&window), 5 * i);
        CHECK(cbor_get_uint(&window.in, UINT32_MAX, &value) && value == 70000 + i);
    }
    CHECK(cbor_window_done(&window));
    CHECK_STATUS(cbor_window_slide(&window), SCRIP_OK);
    CHECK(cbor_window_done(&window));
    CHECK(!cbor_get_uint(&window.in, UINT32_MAX, &value));
    CHECK_STATUS(cbor_window_slide(&window), SCRIP_OK);
    CHECK(!cbor_window_done(&window));
    CHECK_EQ_INT(test_store.longest, CBOR_WINDOW);

    /* What is cut off by the window's end is not read, and what lies behind it is not forgotten. */
    CHECK_STATUS(cbor_window_open(&window, &span), SCRIP_OK);
    for (unsigned i = 0; i < CBOR_WINDOW / 5; i++)
        CHECK(cbor_get_uint(&window.in, UINT32_MAX, &value));
    CHECK(cbor_done(&window.in) && !cbor_window_done(&window));

    struct span empty = span_of(bytes_of(NULL, 0));
    CHECK_STATUS(cbor_window_open(&window, &empty), SCRIP_OK);
    CHECK(cbor_window_done(&window));
}

int main(void)
{
    CHECK_RUN(test_nothing_beyond_the_end);
    CHECK_RUN(test_a_window_moves_over_what_is_longer);
    return check_done();
}
