/*
 * line_printer: hal_printer on a serial line that speaks ESC/POS: the printer draws the QR.
 *
 * Memory   The caller owns struct line_printer; hal points into it, so it must not move.
 * Time     The line's: 87 us a byte at 115,200 baud. Whether there is paper is not asked.
 * Format   Epson ESC/POS: ESC @, GS ( k, GS V.
 */
#ifndef PLATFORM_CORTEXM_LINE_PRINTER_H
#define PLATFORM_CORTEXM_LINE_PRINTER_H

#include <stdbool.h>

#include "hal/printer.h"
#include "platform/cortexm/uart.h"

enum { LINE_PRINTER_COLUMNS = 42 };

struct line_printer {
    struct hal_printer hal;
    struct uart *uart;
    bool begun; /* a receipt is */
};

void line_printer_open(struct line_printer *printer, struct uart *uart);

#endif
