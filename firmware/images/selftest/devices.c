/* The contracts of the devices that a board may lack, and of the log. What they show, a person must
 * look at: hal/PORTING.md says what to see. */
#include "images/selftest/selftest.h"

#include <string.h>

enum { LINE_LIMIT_MS = 100 };

/* It never blocks: one of three is quick. */
enum selftest_verdict log_write(struct selftest *test)
{
    enum { LETTERS = 240, AT_ONCE_MS = 10 };
    const struct hal_log *log = test->hal->log;
    char line[LETTERS + 1];
    uint64_t quickest_ms = UINT64_MAX;

    memset(line, 'x', LETTERS);
    line[LETTERS] = '\0';
    for (int i = 0; i < 3 && quickest_ms > AT_ONCE_MS; i++) {
        uint64_t from_ms = selftest_ms(test);
        log->write(log->context, HAL_LOG_INFO, line);
        uint64_t took_ms = selftest_ms(test) - from_ms;
        if (took_ms < quickest_ms)
            quickest_ms = took_ms;
    }
    return quickest_ms <= AT_ONCE_MS ? SELFTEST_KEPT
                                     : selftest_broken(test, "a line of %d letters takes %lu ms",
                                                       LETTERS, (unsigned long)quickest_ms);
}

/* One of three calls does not take longer than a line may. */
static enum selftest_verdict quickly(struct selftest *test, const char *what,
                                     enum scrip_status (*step)(const struct selftest *test))
{
    uint64_t took_ms = 0;

    for (int i = 0; i < 3; i++) {
        uint64_t from_ms = selftest_ms(test);
        enum scrip_status status = step(test);
        took_ms = selftest_ms(test) - from_ms;
        if (status != SCRIP_OK)
            return selftest_broken(test, "%s: %s", what, scrip_status_name(status));
        if (took_ms <= LINE_LIMIT_MS)
            return SELFTEST_KEPT;
    }
    return selftest_broken(test, "%s: takes %lu ms", what, (unsigned long)took_ms);
}

static enum scrip_status show_nothing(const struct selftest *test)
{
    const struct hal_display *display = test->hal->display;

    return display->show(display->context, "", "", HAL_TONE_NONE);
}

static enum scrip_status show_columns(const struct selftest *test)
{
    const struct hal_display *display = test->hal->display;

    return display->show(display->context, "SELFTEST ABCDEFGHIJK", "0123456789 %&/()=?+-",
                         HAL_TONE_HIGH);
}

static enum scrip_status show_banner(const struct selftest *test)
{
    const struct hal_display *display = test->hal->display;

    return display->banner(display->context, "SELFTEST 12345678901");
}

enum { SMALL_QR = 21 };

static enum scrip_status show_qr(const struct selftest *test)
{
    const struct hal_display *display = test->hal->display;

    return display->qr(display->context, test->room, SMALL_QR);
}

/* All 20 columns of both lines. */
enum selftest_verdict display_show(struct selftest *test)
{
    if (test->hal->display == NULL)
        return selftest_absent(test, "the board has none");
    KEEP(quickly(test, "empty lines", show_nothing));
    return quickly(test, "two full lines", show_columns);
}

enum selftest_verdict display_banner(struct selftest *test)
{
    if (test->hal->display == NULL || test->hal->display->banner == NULL)
        return selftest_absent(test, "the board has no room for one");
    return quickly(test, "a banner", show_banner);
}

/* A chequered field with its corner dark: as large as a QR of version 1, and one that cannot fit.
 */
static void draw_field(uint8_t *modules, uint16_t side)
{
    for (uint16_t y = 0; y < side; y++) {
        for (uint16_t x = 0; x < side; x++)
            modules[y * side + x] = (uint8_t)((x ^ y ^ 1) & 1);
    }
}

enum selftest_verdict display_qr(struct selftest *test)
{
    enum { SIDE_MAX = 64 };
    const struct hal_display *display = test->hal->display;
    uint16_t side;
    _Static_assert(SIDE_MAX * SIDE_MAX <= sizeof test->room, "a module is a byte");

    if (display == NULL || display->qr == NULL)
        return selftest_absent(test, "the board draws none");
    side = display->height_px < display->width_px ? display->height_px : display->width_px;
    if (side < SMALL_QR)
        return selftest_broken(test, "it draws, and has %u x %u pixels", display->width_px,
                               display->height_px);
    draw_field(test->room, SMALL_QR);
    KEEP(quickly(test, "a QR of 21 modules", show_qr));
    /* With its quiet zone it would need more pixels than there are. */
    if (side <= SIDE_MAX) {
        draw_field(test->room, side);
        enum scrip_status status = display->qr(display->context, test->room, side);
        if (status != SCRIP_REFUSED_TOO_LONG)
            return selftest_broken(test, "a QR as large as the display answers %s",
                                   scrip_status_name(status));
    }
    return SELFTEST_KEPT;
}

enum selftest_verdict printer_print(struct selftest *test)
{
    const struct hal_printer *printer = test->hal->printer;
    enum scrip_status status;

    if (printer == NULL)
        return selftest_absent(test, "the board has none");
    status = printer->line(printer->context, "selftest: 0123456789 ABCDEFGHIJKLMNOPQRSTU");
    if (status == SCRIP_OK && printer->qr != NULL)
        status = printer->qr(printer->context, "SELFTEST");
    if (status == SCRIP_OK && printer->raster != NULL) {
        draw_field(test->room, SMALL_QR);
        status = printer->raster(printer->context, test->room, SMALL_QR);
    }
    if (status == SCRIP_OK)
        status = printer->cut(printer->context);
    return status == SCRIP_OK ? SELFTEST_KEPT
                              : selftest_broken(test, "it answers %s", scrip_status_name(status));
}

/* Nobody scans: it says so at once. */
enum selftest_verdict scanner_idle(struct selftest *test)
{
    const struct hal_scanner *scanner = test->hal->scanner;
    size_t len;

    if (scanner == NULL)
        return selftest_absent(test, "codes come from the till");
    for (int i = 0; i < 20; i++) {
        enum scrip_status status = scanner->read(scanner->context, test->room, 480, &len);
        if (status != SCRIP_AGAIN)
            return selftest_broken(test, "it answers %s, and nobody scans",
                                   scrip_status_name(status));
    }
    return SELFTEST_KEPT;
}

/* Nobody presses: a line that floats or is stuck would. */
enum selftest_verdict buttons_idle(struct selftest *test)
{
    const struct hal_buttons *buttons = test->hal->buttons;
    enum hal_button button;

    if (buttons == NULL)
        return selftest_absent(test, "the board has none");
    for (int i = 0; i < 20; i++) {
        enum scrip_status status = buttons->read(buttons->context, &button);
        if (status != SCRIP_AGAIN)
            return selftest_broken(test, "they answer %s, and nobody presses",
                                   scrip_status_name(status));
        if (test->wait(10) == 0)
            return selftest_broken(test, "the image was asked to end");
    }
    return SELFTEST_KEPT;
}

enum selftest_verdict till_idle(struct selftest *test)
{
    const struct hal_till *till = test->hal->till;
    struct hal_till_message message;

    if (till == NULL)
        return selftest_absent(test, "the board's application is the till");
    for (int i = 0; i < 20; i++) {
        enum scrip_status status = till->receive(till->context, &message);
        if (status != SCRIP_AGAIN)
            return selftest_broken(test, "it answers %s, and nobody asks",
                                   scrip_status_name(status));
    }
    return SELFTEST_KEPT;
}
