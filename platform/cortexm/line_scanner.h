/*
 * line_scanner: hal_scanner on a serial line, such as a scanner with a TTL or RS-232 output.
 *
 * CR or LF ends a code; empty lines count for nothing. A code that is longer than a code can be is
 * dropped whole, and so is what comes faster than a cashier scans (5 a second, 10 in a burst).
 *
 * Memory   The caller owns struct line_scanner; hal points into it, so it must not move.
 * Time     Never waits.
 */
#ifndef PLATFORM_CORTEXM_LINE_SCANNER_H
#define PLATFORM_CORTEXM_LINE_SCANNER_H

#include "hal/scanner.h"
#include "platform/cortexm/clock.h"
#include "platform/cortexm/uart.h"

enum { LINE_SCANNER_CODE = 800, LINE_SCANNER_BURST = 10, LINE_SCANNER_REFILL_MS = 200 };

struct line_scanner {
    struct hal_scanner hal;
    struct uart *uart;
    struct board_clock *clock;
    uint8_t code[LINE_SCANNER_CODE];
    size_t len;            /* LINE_SCANNER_CODE: too long, dropped up to the line's end */
    uint32_t allowance_ms; /* a code costs LINE_SCANNER_REFILL_MS of it */
    uint64_t last_ms;
};

void line_scanner_open(struct line_scanner *scanner, struct uart *uart, struct board_clock *clock);

#endif
