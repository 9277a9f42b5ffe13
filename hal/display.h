/*
 * hal_display: two lines of 20 characters and a tone for the cashier, and a QR where it can draw.
 */
#ifndef HAL_DISPLAY_H
#define HAL_DISPLAY_H

#include <stdint.h>

#include "hal/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HAL_DISPLAY_COLUMNS 20

enum hal_tone {
    HAL_TONE_NONE,
    HAL_TONE_HIGH,
    HAL_TONE_LONG_SHORT,
    HAL_TONE_TWO_LOW,
    HAL_TONE_SHORT_LOW,
    HAL_TONE_THREE_LOW
};

struct hal_display {
    void *context;
    uint16_t width_px, height_px; /* 0 where it shows text only */

    /* Replaces both lines (printable ASCII, NUL-terminated, at most 20 characters), and a QR that
     * covers them, and sounds the tone, where there is a sounder. */
    enum scrip_status (*show)(void *context, const char *line1, const char *line2,
                              enum hal_tone tone);

    /* Replaces the banner: at most 20 characters. It is for the cashier: one that comes while a QR
     * covers it is shown afterwards. May be NULL where there is no room for one. */
    enum scrip_status (*banner)(void *context, const char *text);

    /* Draws a QR of side x side modules, one byte a module (bit 0: dark), row by row, with a quiet
     * zone of four, at whole pixels a module; modules NULL takes it away again. REFUSED_TOO_LONG:
     * does not fit. NULL where it cannot draw. */
    enum scrip_status (*qr)(void *context, const uint8_t *modules, uint16_t side);
};

#ifdef __cplusplus
}
#endif

#endif
