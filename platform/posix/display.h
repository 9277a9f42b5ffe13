/*
 * display: hal_display as text on standard output or at the end of a file.
 *
 *     +--------------------+
 *     |EUR 5.00 OFF        |
 *     |Applied             |
 *     +--------------------+ tone: one high
 *
 * Memory   The caller owns struct posix_display; hal points into it, so it must not move.
 */
#ifndef PLATFORM_POSIX_DISPLAY_H
#define PLATFORM_POSIX_DISPLAY_H

#include "hal/display.h"
#include "hal/log.h"

struct posix_display {
    struct hal_display hal;
    int fd;
};

/* path "-": standard output. FAULT_DEVICE: cannot be opened; the log says why. */
MUST_CHECK enum scrip_status posix_display_open(struct posix_display *display, const char *path,
                                                const struct hal_log *log);
void posix_display_close(struct posix_display *display);

#endif
