/*
 * ssd0323: hal_display on a panel of 128 x 64 pixels behind Solomon Systech's SSD0323: the banner
 * on top, the cashier's two lines in double height below it; or a QR code alone, of light pixels on
 * a dark panel, until the next lines. Such a panel has no sounder: tones are passed over.
 *
 * Memory   The caller owns struct ssd0323; hal points into it, so it must not move. There is no
 *          frame buffer: pixels are made as they are sent.
 * Time     The bus's: a whole panel is 4,096 bytes, 8 ms at SSD0323_HZ.
 */
#ifndef PLATFORM_CORTEXM_SSD0323_H
#define PLATFORM_CORTEXM_SSD0323_H

#include <stdbool.h>

#include "hal/display.h"

enum { SSD0323_WIDTH = 128, SSD0323_HEIGHT = 64, SSD0323_HZ = 4000000 };

/* The bus that the panel shares with others. */
struct ssd0323_bus {
    void (*select)(bool selected);
    void (*data)(bool data); /* its pin D/C: pixels, or commands */
    uint8_t (*exchange)(uint8_t out);
};

struct ssd0323 {
    struct hal_display hal;
    const struct ssd0323_bus *bus;
    bool covered; /* by a QR code */
    char top[HAL_DISPLAY_COLUMNS + 1], lines[2][HAL_DISPLAY_COLUMNS + 1];
};

/* Turns the panel on, empty. Whether there is one cannot be told: it never answers. */
void ssd0323_open(struct ssd0323 *panel, const struct ssd0323_bus *bus);

#endif
