/* The display: a controller that obeys the data sheet's commands, and what its memory then shows.
 */
#include "platform/cortexm/ssd0323.h"

#include "platform/cortexm/font.h"
#include "tests/check.h"

enum { NO_OPERATION = 0xE3 };

static struct {
    uint8_t memory[SSD0323_HEIGHT][SSD0323_WIDTH]; /* shades */
    uint8_t frame[3];
    unsigned framed;
    uint8_t column, columns[2], row, rows[2];
    uint8_t remap, multiplex;
    bool selected, data, on;
    unsigned sent;
} glass;

static unsigned arguments_of(uint8_t command)
{
    switch (command) {
    case 0x15:
    case 0x75:
        return 2;
    case 0x81:
    case 0xA0:
    case 0xA1:
    case 0xA2:
    case 0xA8:
    case 0xAD:
    case 0xB1:
    case 0xB2:
    case 0xB3:
    case 0xBC:
    case 0xBE:
    case 0xBF:
        return 1;
    default:
        CHECK(command == 0xA4 || command == 0xAE || command == 0xAF || command == NO_OPERATION);
        return 0;
    }
}

static void obey(void)
{
    const uint8_t *frame = glass.frame;

    if (frame[0] == 0x15) {
        CHECK(frame[1] <= frame[2] && frame[2] < SSD0323_WIDTH / 2);
        glass.columns[0] = glass.column = frame[1];
        glass.columns[1] = frame[2];
    }
    if (frame[0] == 0x75) {
        CHECK(frame[1] <= frame[2] && frame[2] < SSD0323_HEIGHT);
        glass.rows[0] = glass.row = frame[1];
        glass.rows[1] = frame[2];
    }
    if (frame[0] == 0xA0)
        glass.remap = frame[1];
    if (frame[0] == 0xA8)
        glass.multiplex = frame[1];
    if (frame[0] == 0xAE || frame[0] == 0xAF)
        glass.on = frame[0] == 0xAF;
}

static uint8_t exchange(uint8_t out)
{
    CHECK(glass.selected);
    glass.sent++;
    if (!glass.data) {
        glass.frame[glass.framed++] = out;
        if (glass.framed == 1 + arguments_of(glass.frame[0])) {
            obey();
            glass.framed = 0;
        }
        return 0xFF;
    }
    /* With nibbles remapped, the high one is left. */
    CHECK((glass.remap & 0x02) != 0 && (glass.remap & 0x04) == 0);
    glass.memory[glass.row][glass.column * 2] = out >> 4;
    glass.memory[glass.row][glass.column * 2 + 1] = out & 15;
    if (glass.column++ == glass.columns[1]) {
        glass.column = glass.columns[0];
        glass.row = glass.row == glass.rows[1] ? glass.rows[0] : (uint8_t)(glass.row + 1);
    }
    return 0xFF;
}

static void select(bool selected)
{
    CHECK(selected || glass.framed == 0);
    glass.selected = selected;
}

static void data(bool pixels)
{
    CHECK(!glass.selected);
    glass.data = pixels;
}

static const struct ssd0323_bus bus = {select, data, exchange};
static struct ssd0323 panel;
static const struct hal_display *display = &panel.hal;

static void begin(void)
{
    memset(&glass, 0, sizeof glass);
    memset(glass.memory, 9, sizeof glass.memory); /* what it holds when the power comes */
    ssd0323_open(&panel, &bus);
}

static bool lit(unsigned x, unsigned y)
{
    CHECK(glass.memory[y][x] == 0 || glass.memory[y][x] == 15);
    return glass.memory[y][x] != 0;
}

static unsigned lit_in(unsigned x0, unsigned y0, unsigned x1, unsigned y1)
{
    unsigned count = 0;

    for (unsigned y = y0; y < y1; y++) {
        for (unsigned x = x0; x < x1; x++)
            count += lit(x, y);
    }
    return count;
}

/* Whether a text stands at a place, its font's rows `height` times, and nothing else in its cells.
 */
static bool reads(const char *text, unsigned x0, unsigned y0, unsigned height)
{
    for (; *text != '\0'; text++, x0 += FONT_WIDTH + 1) {
        const uint8_t *columns = font_columns(*text);
        for (unsigned y = 0; y < FONT_HEIGHT * height; y++) {
            for (unsigned x = 0; x <= FONT_WIDTH; x++) {
                bool ink = x < FONT_WIDTH && (columns[x] >> y / height & 1) != 0;
                if (lit(x0 + x, y0 + y) != ink)
                    return false;
            }
        }
    }
    return true;
}

static void test_every_character_has_a_face_of_its_own(void)
{
    for (int a = ' '; a <= '~'; a++) {
        unsigned ink = 0;
        for (unsigned x = 0; x < FONT_WIDTH; x++)
            ink += font_columns((char)a)[x] != 0;
        CHECK((ink == 0) == (a == ' '));
        for (int b = ' '; b < a; b++)
            CHECK(memcmp(font_columns((char)a), font_columns((char)b), FONT_WIDTH) != 0);
    }
    CHECK(font_columns('\n') == font_columns('?'));
    CHECK(font_columns((char)0x80) == font_columns('?'));
    CHECK(font_columns((char)0xFF) == font_columns('?'));
    CHECK(font_columns(0x7F) == font_columns('?'));
}

/* An L: a stem at the left and a foot, the right way up. */
static void test_letters_stand_upright(void)
{
    const uint8_t *columns = font_columns('L');

    CHECK_EQ_INT(columns[0], 0x7F);
    for (unsigned x = 1; x < FONT_WIDTH; x++)
        CHECK_EQ_INT(columns[x], 0x40);
}

static void test_it_comes_up_dark_and_empty(void)
{
    begin();
    CHECK(glass.on);
    CHECK_EQ_INT(glass.remap, 0x52);
    CHECK_EQ_INT(glass.multiplex, 63);
    CHECK_EQ_INT(lit_in(0, 0, SSD0323_WIDTH, SSD0323_HEIGHT), 0);
    CHECK(!glass.selected);
}

static void test_lines_and_banner_have_their_places(void)
{
    begin();
    CHECK_STATUS(display->banner(display->context, "OFFLINE 3 unsent"), SCRIP_OK);
    CHECK_STATUS(display->show(display->context, "EUR 5.00 OFF", "Will sync", HAL_TONE_HIGH),
                 SCRIP_OK);
    CHECK(reads("OFFLINE 3 unsent    ", 4, 0, 1));
    CHECK(reads("EUR 5.00 OFF        ", 4, 16, 2));
    CHECK(reads("Will sync           ", 4, 40, 2));
    CHECK_EQ_INT(lit_in(0, 8, 128, 16) + lit_in(0, 32, 128, 40) + lit_in(0, 56, 128, 64), 0);
    /* A new banner leaves the lines, and takes an eighth of the bus. */
    glass.sent = 0;
    CHECK_STATUS(display->banner(display->context, "ONLINE  0 unsent"), SCRIP_OK);
    CHECK(glass.sent < 600);
    CHECK(reads("ONLINE  0 unsent    ", 4, 0, 1));
    CHECK(reads("EUR 5.00 OFF        ", 4, 16, 2));
}

static void test_what_is_too_long_is_cut(void)
{
    begin();
    CHECK_STATUS(display->banner(display->context, "12345678901234567890X"), SCRIP_OK);
    CHECK_STATUS(display->show(display->context, "abcdefghijklmnopqrstuvwxyz", "", HAL_TONE_NONE),
                 SCRIP_OK);
    CHECK(reads("12345678901234567890", 4, 0, 1));
    CHECK(reads("abcdefghijklmnopqrst", 4, 16, 2));
    CHECK_EQ_INT(lit_in(124, 0, 128, 64), 0);
    /* What is cut has gone nowhere else. */
    CHECK_STATUS(display->banner(display->context, "12345678901234567890XYZ"), SCRIP_OK);
    CHECK_STATUS(display->qr(display->context, NULL, 0), SCRIP_OK);
    CHECK(reads("abcdefghijklmnopqrst", 4, 16, 2));
}

static uint8_t modules[177 * 177];

static void make_code(unsigned side)
{
    for (unsigned i = 0; i < side * side; i++)
        modules[i] = (uint8_t)((i * 2654435761u >> 13 & 1) | 0x80); /* only bit 0 counts */
}

/* The code with its margin of four lies at left, top, `scale` pixels a module. */
static bool shows_code(unsigned side, unsigned scale, unsigned left, unsigned top)
{
    unsigned whole = (side + 8) * scale;

    for (unsigned y = 0; y < whole; y++) {
        for (unsigned x = 0; x < whole; x++) {
            unsigned column = x / scale, row = y / scale;
            bool inside = column >= 4 && column < side + 4 && row >= 4 && row < side + 4;
            bool dark = inside && (modules[(row - 4) * side + column - 4] & 1) != 0;
            if (lit(left + x, top + y) == dark)
                return false;
        }
    }
    return true;
}

static void test_a_code_is_whole_pixels_with_its_margin(void)
{
    static const struct {
        uint16_t side;
        unsigned scale, left, top;
    } cases[] = {{53, 1, 0, 1}, {49, 1, 2, 3}, {21, 2, 2, 3}, {25, 1, 14, 15}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin();
        make_code(cases[i].side);
        CHECK_STATUS(display->qr(display->context, modules, cases[i].side), SCRIP_OK);
        CHECK(shows_code(cases[i].side, cases[i].scale, cases[i].left, cases[i].top));
        CHECK_EQ_INT(lit_in(62, 0, 128, 64), 0);
        CHECK(!glass.selected);
    }
}

static void test_one_that_is_too_large_leaves_the_panel(void)
{
    begin();
    CHECK_STATUS(display->show(display->context, "one", "two", HAL_TONE_NONE), SCRIP_OK);
    glass.sent = 0;
    make_code(57);
    CHECK_STATUS(display->qr(display->context, modules, 57), SCRIP_REFUSED_TOO_LONG);
    CHECK_STATUS(display->qr(display->context, modules, 177), SCRIP_REFUSED_TOO_LONG);
    CHECK_EQ_INT(glass.sent, 0);
    CHECK(reads("one                 ", 4, 16, 2));
}

/* Beside the code stand the lines, by whole words; the banner is for the cashier, and waits. */
static void test_the_lines_stand_beside_a_code(void)
{
    begin();
    CHECK_STATUS(display->banner(display->context, "ONLINE  0 unsent"), SCRIP_OK);
    CHECK_STATUS(display->show(display->context, "EUR 5.00 OFF", "Will sync", HAL_TONE_NONE),
                 SCRIP_OK);
    make_code(53);
    CHECK_STATUS(display->qr(display->context, modules, 53), SCRIP_OK);
    CHECK(reads("EUR 5.00   ", 62, 8, 1));
    CHECK(reads("OFF        ", 62, 16, 1));
    CHECK(reads("           ", 62, 24, 1));
    CHECK(reads("Will sync  ", 62, 32, 1));
    CHECK_EQ_INT(lit_in(62, 0, 128, 8), 0);
    glass.sent = 0;
    CHECK_STATUS(display->banner(display->context, "OFFLINE 1 unsent"), SCRIP_OK);
    CHECK_EQ_INT(glass.sent, 0);
    CHECK_STATUS(display->qr(display->context, NULL, 0), SCRIP_OK);
    CHECK(reads("OFFLINE 1 unsent    ", 4, 0, 1));
    CHECK(reads("EUR 5.00 OFF        ", 4, 16, 2));
    /* From here on it is drawn at once again. */
    CHECK_STATUS(display->banner(display->context, "ONLINE  0 unsent"), SCRIP_OK);
    CHECK(reads("ONLINE  0 unsent    ", 4, 0, 1));
}

/* Words that are longer than a row are broken; both lines at their longest fill all rows below the
 * first, and no more. */
static void test_long_words_are_broken(void)
{
    begin();
    make_code(53);
    CHECK_STATUS(display->show(display->context, "a bbbbbbbbbbbbbbbbbb", "cccccccccccccccccccc",
                               HAL_TONE_NONE),
                 SCRIP_OK);
    CHECK_STATUS(display->qr(display->context, modules, 53), SCRIP_OK);
    CHECK(reads("a          ", 62, 8, 1));
    CHECK(reads("bbbbbbbbbbb", 62, 16, 1));
    CHECK(reads("bbbbbbb    ", 62, 24, 1));
    CHECK(reads("ccccccccccc", 62, 40, 1));
    CHECK(reads("ccccccccc  ", 62, 48, 1));
    /* Spaces alone, at the worst places. */
    CHECK_STATUS(display->show(display->context, "  a  b  c  d  e  f  ", " bbbbbbbbbbbbb bbbbb",
                               HAL_TONE_NONE),
                 SCRIP_OK);
    CHECK_STATUS(display->qr(display->context, modules, 53), SCRIP_OK);
    CHECK(shows_code(53, 1, 0, 1));
}

int main(void)
{
    CHECK_RUN(test_every_character_has_a_face_of_its_own);
    CHECK_RUN(test_letters_stand_upright);
    CHECK_RUN(test_it_comes_up_dark_and_empty);
    CHECK_RUN(test_lines_and_banner_have_their_places);
    CHECK_RUN(test_what_is_too_long_is_cut);
    CHECK_RUN(test_a_code_is_whole_pixels_with_its_margin);
    CHECK_RUN(test_one_that_is_too_large_leaves_the_panel);
    CHECK_RUN(test_the_lines_stand_beside_a_code);
    CHECK_RUN(test_long_words_are_broken);
    return check_done();
}
