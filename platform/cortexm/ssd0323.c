#include "platform/cortexm/ssd0323.h"

#include <stddef.h>
#include <string.h>

#include "platform/cortexm/font.h"

enum { SET_COLUMNS = 0x15, SET_ROWS = 0x75, OFF = 0xAE, ON = 0xAF, NO_OPERATION = 0xE3 };
enum { DARK = 0x0, LIGHT = 0xF };
/* A byte is two pixels. A character has a column of its own to its right. */
enum { ROW_BYTES = SSD0323_WIDTH / 2, CELL_BYTES = (FONT_WIDTH + 1) / 2 };
enum { MARGIN_BYTES = (ROW_BYTES - HAL_DISPLAY_COLUMNS * CELL_BYTES) / 2 };
/* A code has the left of the panel, and text as much of the right as makes whole characters. */
enum { TEXT_ROWS = SSD0323_HEIGHT / FONT_HEIGHT, QUIET_MODULES = 4 };
enum { ASIDE = 11, CODE_WIDTH = SSD0323_WIDTH - ASIDE * 2 * CELL_BYTES };
_Static_assert(FONT_WIDTH % 2 == 1, "and whole bytes with it");
_Static_assert(CODE_WIDTH >= 61, "the largest code that is high enough, version 9, is wide enough");

/* What a reset of the controller leaves otherwise than this panel is wired. One that was stopped
 * within a command takes the first as its arguments. */
static const uint8_t settings[][2] = {
    {NO_OPERATION, NO_OPERATION},
    {OFF, NO_OPERATION},
    {0x81, 0x40}, /* contrast */
    {0xA0, 0x52}, /* left pixel in the high half, rows from the bottom, odd and even apart */
    {0xA1, 0x00}, /* the first row, */
    {0xA2, 0x00}, /* and where it is */
    {0xA4, NO_OPERATION}, /* what is in memory, not inverted */
    {0xA8, SSD0323_HEIGHT - 1},
    {0xB1, 0x22}, /* phases, */
    {0xB2, 0x46}, /* clocks of a row, */
    {0xB3, 0xF1}, /* and how fast they are */
    {0xBC, 0x10}, /* voltages: precharge, */
    {0xBE, 0x02}, /* deselected rows, */
    {0xBF, 0x0D}, /* dark columns */
    {0xAD, 0x03}, /* its own converter is on */
};

static void command(const struct ssd0323 *panel, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;

    panel->bus->data(false);
    panel->bus->select(true);
    for (size_t i = 0; i < len; i++)
        (void)panel->bus->exchange(at[i]);
    panel->bus->select(false);
}

/* What is sent up to the next select(false) fills the rows from left to right. */
static void begin_rows(const struct ssd0323 *panel, uint8_t first, uint8_t last)
{
    const uint8_t window[] = {SET_COLUMNS, 0, ROW_BYTES - 1, SET_ROWS, first, last};

    command(panel, window, sizeof window);
    panel->bus->data(true);
    panel->bus->select(true);
}

static void put_pair(const struct ssd0323 *panel, unsigned left, unsigned right)
{
    (void)panel->bus->exchange((uint8_t)(left << 4 | right));
}

static void put_dark(const struct ssd0323 *panel, unsigned bytes)
{
    while (bytes-- > 0)
        put_pair(panel, DARK, DARK);
}

/* One row of pixels of `count` characters; behind the text's end they are blanks. */
static void put_cells(const struct ssd0323 *panel, const char *text, unsigned count, unsigned row)
{
    for (; count > 0; count--) {
        const uint8_t *columns = font_columns(*text != '\0' ? *text++ : ' ');
        for (unsigned x = 0; x < FONT_WIDTH; x += 2) {
            unsigned right = x + 1 < FONT_WIDTH ? columns[x + 1] : 0u;
            put_pair(panel, (columns[x] >> row & 1) != 0 ? LIGHT : DARK,
                     (right >> row & 1) != 0 ? LIGHT : DARK);
        }
    }
}

/* A line of text over the panel's width, each row of its font `height` times. */
static void put_line(const struct ssd0323 *panel, const char *text, unsigned height)
{
    for (unsigned row = 0; row < FONT_HEIGHT * height; row++) {
        put_dark(panel, MARGIN_BYTES);
        put_cells(panel, text, HAL_DISPLAY_COLUMNS, row / height);
        put_dark(panel, MARGIN_BYTES);
    }
}

static void keep(char kept[HAL_DISPLAY_COLUMNS + 1], const char *text)
{
    size_t len = strlen(text);

    if (len > HAL_DISPLAY_COLUMNS)
        len = HAL_DISPLAY_COLUMNS;
    memcpy(kept, text, len);
    kept[len] = '\0';
}

/* Everything but a code. */
static void draw(struct ssd0323 *panel)
{
    panel->covered = false;
    begin_rows(panel, 0, SSD0323_HEIGHT - 1);
    put_line(panel, panel->top, 1);
    for (int i = 0; i < 2; i++) {
        put_dark(panel, FONT_HEIGHT * ROW_BYTES);
        put_line(panel, panel->lines[i], 2);
    }
    put_dark(panel, FONT_HEIGHT * ROW_BYTES);
    panel->bus->select(false);
}

static enum scrip_status panel_show(void *context, const char *line1, const char *line2,
                                    enum hal_tone tone)
{
    struct ssd0323 *panel = context;

    (void)tone;
    keep(panel->lines[0], line1);
    keep(panel->lines[1], line2);
    draw(panel);
    return SCRIP_OK;
}

static enum scrip_status panel_banner(void *context, const char *text)
{
    struct ssd0323 *panel = context;

    keep(panel->top, text);
    if (panel->covered)
        return SCRIP_OK;
    begin_rows(panel, 0, FONT_HEIGHT - 1);
    put_line(panel, panel->top, 1);
    panel->bus->select(false);
    return SCRIP_OK;
}

/* How many characters of a text go into a row beside a code: whole words where they fit. */
static unsigned fitting(const char *text)
{
    unsigned len = 0, words = 0;

    for (; len <= ASIDE && text[len] != '\0'; len++) {
        if (text[len] == ' ')
            words = len;
    }
    if (len <= ASIDE)
        return len;
    return words != 0 ? words : ASIDE;
}

/* Lays a line out in rows of its own. Answers the row behind it. */
static unsigned lay_out(char rows[TEXT_ROWS][ASIDE + 1], unsigned row, const char *text)
{
    for (; *text != '\0' && row < TEXT_ROWS; row++) {
        unsigned len = fitting(text);
        memcpy(rows[row], text, len);
        text += len;
        text += *text == ' ';
    }
    return row;
}

/* The pixel at x, y of a code's square and its margin; around them the panel is dark. */
static unsigned shade(const uint8_t *modules, int side, int scale, int x, int y)
{
    int whole = (side + 2 * QUIET_MODULES) * scale;

    if (x < 0 || y < 0 || x >= whole || y >= whole)
        return DARK;
    x = x / scale - QUIET_MODULES;
    y = y / scale - QUIET_MODULES;
    if (x < 0 || y < 0 || x >= side || y >= side)
        return LIGHT;
    return (modules[y * side + x] & 1) != 0 ? DARK : LIGHT;
}

static enum scrip_status panel_qr(void *context, const uint8_t *modules, uint16_t side)
{
    struct ssd0323 *panel = context;
    char rows[TEXT_ROWS][ASIDE + 1] = {{0}};
    int scale = SSD0323_HEIGHT / (side + 2 * QUIET_MODULES);
    int left = (CODE_WIDTH - (side + 2 * QUIET_MODULES) * scale) / 2;
    int top = (SSD0323_HEIGHT - (side + 2 * QUIET_MODULES) * scale) / 2;

    if (modules == NULL) {
        draw(panel);
        return SCRIP_OK;
    }
    if (scale == 0)
        return SCRIP_REFUSED_TOO_LONG;
    panel->covered = true;
    (void)lay_out(rows, lay_out(rows, 1, panel->lines[0]) + 1, panel->lines[1]);
    begin_rows(panel, 0, SSD0323_HEIGHT - 1);
    for (int y = 0; y < SSD0323_HEIGHT; y++) {
        for (int x = 0; x < CODE_WIDTH; x += 2)
            put_pair(panel, shade(modules, side, scale, x - left, y - top),
                     shade(modules, side, scale, x + 1 - left, y - top));
        put_cells(panel, rows[y / FONT_HEIGHT], ASIDE, (unsigned)y % FONT_HEIGHT);
    }
    panel->bus->select(false);
    return SCRIP_OK;
}

void ssd0323_open(struct ssd0323 *panel, const struct ssd0323_bus *bus)
{
    static const uint8_t on = ON;

    *panel = (struct ssd0323){.hal = {.context = panel,
                                      .width_px = SSD0323_WIDTH,
                                      .height_px = SSD0323_HEIGHT,
                                      .show = panel_show,
                                      .banner = panel_banner,
                                      .qr = panel_qr},
                              .bus = bus};
    bus->select(false);
    command(panel, settings, sizeof settings);
    draw(panel);
    command(panel, &on, sizeof on);
}
