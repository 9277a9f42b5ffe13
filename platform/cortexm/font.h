/*
 * font: the printable characters of ASCII, five pixels wide and eight high, of which the last is
 * for what goes below the line.
 */
#ifndef PLATFORM_CORTEXM_FONT_H
#define PLATFORM_CORTEXM_FONT_H

#include <stdint.h>

enum { FONT_WIDTH = 5, FONT_HEIGHT = 8 };

/* The columns of a character from left to right, bit 0 at the top. What is not printable looks like
 * a question mark. */
const uint8_t *font_columns(char character);

#endif
