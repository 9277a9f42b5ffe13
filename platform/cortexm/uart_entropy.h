/*
 * uart_entropy: hal_entropy from a random generator on a serial line.
 *
 * The generator conditions its output itself; here every byte passes the two health tests of NIST
 * SP 800-90B (section 4.4), which notice one that is stuck, unplugged or worn out: they tolerate no
 * less than four bits of entropy a byte. A failure stays until the next boot.
 *
 * Memory   The caller owns struct uart_entropy; hal points into it, so it must not move.
 * Time     A read sleeps until the bytes are there, at most UART_ENTROPY_WAIT_MS for each.
 */
#ifndef PLATFORM_CORTEXM_UART_ENTROPY_H
#define PLATFORM_CORTEXM_UART_ENTROPY_H

#include <stdbool.h>

#include "hal/entropy.h"
#include "platform/cortexm/clock.h"
#include "platform/cortexm/uart.h"

enum { UART_ENTROPY_WAIT_MS = 500 };

struct uart_entropy {
    struct hal_entropy hal;
    struct uart *uart;
    struct board_clock *clock;
    bool failed;
    uint8_t last;
    uint32_t repeats;        /* of last, in a row */
    uint8_t first;           /* of the window */
    uint32_t window, equals; /* bytes of the window so far, and how many were like its first */
};

void uart_entropy_open(struct uart_entropy *entropy, struct uart *uart, struct board_clock *clock);

#endif
