/*
 * hal_printer: a receipt printer, line by line.
 *
 * Printing never decides whether a redemption stands: a fault here leaves the receipt absent.
 */
#ifndef HAL_PRINTER_H
#define HAL_PRINTER_H

#include <stdint.h>

#include "hal/status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hal_printer {
    void *context;
    uint16_t columns; /* characters a line, such as 42 */

    /* Prints one line of printable ASCII; FAULT_DEVICE: offline or out of paper, nothing printed.
     */
    enum scrip_status (*line)(void *context, const char *text);

    /* Prints text (alphanumeric or bytes, NUL-terminated) as a QR code drawn by the printer. NULL:
     * it cannot. */
    enum scrip_status (*qr)(void *context, const char *text);

    /* Prints a QR from modules, as hal_display.qr. NULL: it cannot. */
    enum scrip_status (*raster)(void *context, const uint8_t *modules, uint16_t side);

    /* Ends the receipt: feed and cut. */
    enum scrip_status (*cut)(void *context);
};

#ifdef __cplusplus
}
#endif

#endif
