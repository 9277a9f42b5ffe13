#include "platform/cortexm/line_printer.h"

#include <string.h>

static void put(struct line_printer *printer, const void *data, size_t len)
{
    static const char reset[] = {0x1B, '@'};

    if (!printer->begun)
        uart_put(printer->uart, reset, sizeof reset);
    printer->begun = true;
    uart_put(printer->uart, data, len);
}

static enum scrip_status printer_line(void *context, const char *text)
{
    put(context, text, strlen(text));
    put(context, "\n", 1);
    return SCRIP_OK;
}

static enum scrip_status printer_qr(void *context, const char *text)
{
    static const char symbol[] = {0x1D, '(', 'k', 4, 0, '1', 'A', '2', 0, /* model 2 */
                                  0x1D, '(', 'k', 3, 0, '1', 'C', 4,      /* 4 dots a module */
                                  0x1D, '(', 'k', 3, 0, '1', 'E', '1'};   /* level M */
    static const char print[] = {0x1D, '(', 'k', 3, 0, '1', 'Q', '0'};
    size_t len = strlen(text) + 3;
    const uint8_t store[] = {0x1D, '(', 'k', (uint8_t)len, (uint8_t)(len >> 8), '1', 'P', '0'};

    put(context, symbol, sizeof symbol);
    put(context, store, sizeof store);
    put(context, text, len - 3);
    put(context, print, sizeof print);
    return SCRIP_OK;
}

static enum scrip_status printer_cut(void *context)
{
    static const char cut[] = {'\n', '\n', '\n', 0x1D, 'V', 'B', 0};
    struct line_printer *printer = context;

    put(printer, cut, sizeof cut);
    printer->begun = false;
    return SCRIP_OK;
}

void line_printer_open(struct line_printer *printer, struct uart *uart)
{
    *printer = (struct line_printer){.hal = {.context = printer,
                                             .columns = LINE_PRINTER_COLUMNS,
                                             .line = printer_line,
                                             .qr = printer_qr,
                                             .raster = NULL,
                                             .cut = printer_cut},
                                     .uart = uart};
}
