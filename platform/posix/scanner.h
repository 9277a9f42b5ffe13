/*
 * scanner: hal_scanner on a serial line, such as a USB scanner in serial (CDC) mode, or a pty.
 *
 * The line is set to raw mode, its speed left as it is. CR or LF ends a code; empty lines count for
 * nothing. What comes faster than a cashier scans (5 codes a second, 10 in a burst) is dropped, so
 * that a stuck or hostile device cannot keep the terminal busy. A line that is longer than the
 * caller's buffer is dropped whole. An unplugged device is opened again when it is back.
 *
 * Memory   The caller owns struct posix_scanner; hal points into it, so it must not move.
 * Time     Never waits.
 */
#ifndef PLATFORM_POSIX_SCANNER_H
#define PLATFORM_POSIX_SCANNER_H

#include <stdbool.h>
#include <stdint.h>

#include "hal/log.h"
#include "hal/rtc.h"
#include "hal/scanner.h"

enum { POSIX_SCANNER_LINE = 1024, POSIX_SCANNER_BURST = 10, POSIX_SCANNER_REFILL_MS = 200 };

struct posix_scanner {
    struct hal_scanner hal;
    const struct hal_log *log;
    const struct hal_rtc *rtc; /* for the rate */
    const char *path;          /* the caller keeps it */
    int fd;                    /* -1: not there */
    bool missing_said;         /* the log knows that it is not there */
    char input[256];           /* as read, from input_at to input_end not yet looked at */
    size_t input_at, input_end;
    char line[POSIX_SCANNER_LINE];
    size_t line_len;
    bool overlong;         /* the rest of this line is dropped too */
    uint64_t allowance_ms; /* a code costs POSIX_SCANNER_REFILL_MS of it */
    uint64_t last_ms;
};

/* Sets hal and tries the device once; it need not be there yet. */
void posix_scanner_open(struct posix_scanner *scanner, const char *path, const struct hal_rtc *rtc,
                        const struct hal_log *log);
void posix_scanner_close(struct posix_scanner *scanner);

/* What to poll for input: -1 when the device is not there. */
int posix_scanner_fd(const struct posix_scanner *scanner);

#endif
