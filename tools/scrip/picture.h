/*
 * picture: a code's text as something that a scanner can see: a PNG file, or blocks on a terminal.
 */
#ifndef TOOLS_SCRIP_PICTURE_H
#define TOOLS_SCRIP_PICTURE_H

#include "base/bytes.h"
#include "base/qr.h"

/* Black on white, 8 pixels a module, a quiet zone of 4 modules. Failures are said on stderr. */
MUST_CHECK enum scrip_status picture_png(struct bytes text, enum qr_level level, const char *path);

/* UTF-8 half blocks on stdout, two rows of modules a line, made for a dark terminal. */
MUST_CHECK enum scrip_status picture_blocks(struct bytes text, enum qr_level level);

#endif
