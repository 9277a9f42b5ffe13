#include "tools/scrip/picture.h"

#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <string.h>

#include "tools/scrip/command.h"

enum { QUIET = 4, PIXELS = 8, SIDE_MAX = 177 + 2 * QUIET };

static uint8_t arena[QR_ARENA_BYTES];

static enum scrip_status encode(struct bytes text, enum qr_level level, struct qr *qr)
{
    enum scrip_status status = qr_encode(text, level, QR_MAX_VERSION, arena, sizeof arena, qr);
    if (status != SCRIP_OK)
        (void)refuse("no QR code holds this text: %s", scrip_status_text(status));
    return status;
}

/* Rows and columns count the quiet zone, which is light, as is everything beyond. */
static bool is_dark(const struct qr *qr, int row, int column)
{
    row -= QUIET;
    column -= QUIET;
    return row >= 0 && column >= 0 && row < qr->side && column < qr->side &&
           (qr->modules[row * qr->side + column] & 1) != 0;
}

static bool write_png(const struct qr *qr, FILE *file)
{
    static uint8_t pixels[SIDE_MAX * PIXELS]; /* one byte each: 0 black, 255 white */
    const int side = qr->side + 2 * QUIET;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png != NULL ? png_create_info_struct(png) : NULL;
    bool good = false;
    if (info != NULL && setjmp(png_jmpbuf(png)) == 0) {
        png_init_io(png, file);
        png_set_IHDR(png, info, (png_uint_32)(side * PIXELS), (png_uint_32)(side * PIXELS), 8,
                     PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                     PNG_FILTER_TYPE_DEFAULT);
        png_write_info(png, info);
        for (int row = 0; row < side * PIXELS; row++) {
            for (int column = 0; column < side * PIXELS; column++)
                pixels[column] = is_dark(qr, row / PIXELS, column / PIXELS) ? 0 : 255;
            png_write_row(png, pixels);
        }
        png_write_end(png, NULL);
        good = true;
    }
    png_destroy_write_struct(&png, &info);
    return good;
}

enum scrip_status picture_png(struct bytes text, enum qr_level level, const char *path)
{
    struct qr qr;
    TRY(encode(text, level, &qr));
    FILE *file = fopen(path, "wb");
    bool good = file != NULL && write_png(&qr, file);
    if (file != NULL)
        good = fclose(file) == 0 && good;
    qr_close(&qr);
    if (good)
        return SCRIP_OK;
    (void)refuse("%s could not be written: %s", path, strerror(errno));
    return SCRIP_FAULT_DEVICE;
}

enum scrip_status picture_blocks(struct bytes text, enum qr_level level)
{
    /* Indexed by upper and lower module: light is what is drawn. */
    static const char *const blocks[] = {"\u2588", "\u2580", "\u2584", " "};
    struct qr qr;
    TRY(encode(text, level, &qr));
    const int side = qr.side + 2 * QUIET;
    for (int row = 0; row < side; row += 2) {
        for (int column = 0; column < side; column++)
            (void)fputs(blocks[is_dark(&qr, row, column) * 2 + is_dark(&qr, row + 1, column)],
                        stdout);
        (void)fputc('\n', stdout);
    }
    qr_close(&qr);
    return SCRIP_OK;
}
