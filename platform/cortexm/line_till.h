/*
 * line_till: hal_till as lines of JSON on a serial line.
 *
 *     {"SaleToPOIRequest":..}    a nexo message, also as    /nexo {..}
 *     /status                    the status page            /sync      settle now
 *     /enroll/request {..}       /enroll/install {..}       /restart   end the image
 *
 * LF ends a line, a CR before it is dropped. Each is answered by one line, in order but
 * for a request that waits for a scan or the host; what the terminal has to say unasked is a line
 * too, and begins with {"SaleToPOIRequest". A line that is
 * longer than LINE_TILL_BYTES, or names nothing that is known, is answered here.
 *
 * Memory   The caller owns struct line_till; hal points into it, so it must not move.
 * Time     receive never waits; reply and event take the line's time: 87 us a byte at 115,200 baud.
 */
#ifndef PLATFORM_CORTEXM_LINE_TILL_H
#define PLATFORM_CORTEXM_LINE_TILL_H

#include "hal/till.h"
#include "platform/cortexm/uart.h"

struct line_till {
    struct hal_till hal;
    struct uart *uart;
    char *line;
    size_t cap, len; /* len == cap: too long, dropped up to the line's end */
    bool taken;      /* the line was handed over; it stays until the next receive() */
    bool restart;    /* the till has asked for the end of the image */
};

/* buffer of cap bytes: the longest line and its NUL. */
void line_till_open(struct line_till *till, struct uart *uart, void *buffer, size_t cap);

#endif
