/*
 * printer: hal_printer as text at the end of a file, or as ESC/POS to a printer on the network.
 *
 * In a file a QR code is a line of its own, "QR " and the text. A network printer draws it itself
 * (GS ( k, model 2, level M). A receipt is collected and sent whole by cut(): half a receipt is
 * never printed because a line did not fit.
 *
 * Memory   The caller owns struct posix_printer; hal points into it, so it must not move.
 * Time     line and qr never wait. cut waits for a network printer at most 2 s; after a failure it
 *          answers FAULT_DEVICE at once for 30 s, so that a printer that is off delays no queue.
 * Format   Epson ESC/POS: ESC @, GS ( k, DLE EOT 4, GS V.
 */
#ifndef PLATFORM_POSIX_PRINTER_H
#define PLATFORM_POSIX_PRINTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hal/log.h"
#include "hal/printer.h"
#include "hal/rtc.h"

enum { POSIX_PRINTER_RECEIPT = 4096, POSIX_PRINTER_COLUMNS = 42 };

struct posix_printer {
    struct hal_printer hal;
    const struct hal_log *log;
    const struct hal_rtc *rtc;
    const char *target; /* the caller keeps it */
    bool network;
    uint64_t rest_until_ms; /* uptime; a failed printer is left alone until then */
    bool overflow;          /* the receipt does not fit */
    size_t len;
    uint8_t receipt[POSIX_PRINTER_RECEIPT];
};

/* target: "tcp:HOST:PORT" or the path of a file, which is made where there is none. FAULT_DEVICE:
 * the file cannot be written, or the target is malformed; the log says why. A network printer need
 * not be there yet. */
MUST_CHECK enum scrip_status posix_printer_open(struct posix_printer *printer, const char *target,
                                                const struct hal_rtc *rtc,
                                                const struct hal_log *log);

#endif
