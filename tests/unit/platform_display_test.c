/*
 * The cashier's display as text at the end of a file.
 */
#include "platform/posix/display.h"

#include <fcntl.h>
#include <unistd.h>

#include "tests/check.h"
#include "tests/support/temp.h"

static void test_lines_tone_and_banner_are_drawn(void)
{
    static struct posix_display display;
    static struct temp_log text;
    static struct temp temp;
    char shown[512] = "";

    temp_log_open(&text);
    CHECK(temp_open(&temp));
    CHECK_STATUS(posix_display_open(&display, temp_file(&temp, "display"), &text.hal), SCRIP_OK);
    CHECK_STATUS(display.hal.banner(display.hal.context, "OFFLINE 3 unsent"), SCRIP_OK);
    CHECK_STATUS(display.hal.show(display.hal.context, "EUR 5.00 OFF",
                                  "much longer than twenty characters", HAL_TONE_LONG_SHORT),
                 SCRIP_OK);
    posix_display_close(&display);
    int fd = open(temp_file(&temp, "display"), O_RDONLY);
    CHECK(fd >= 0 && read(fd, shown, sizeof shown - 1) > 0 && close(fd) == 0);
    CHECK_EQ_STRING(shown, "[OFFLINE 3 unsent    ]\n"
                           "+--------------------+\n"
                           "|EUR 5.00 OFF        |\n"
                           "|much longer than twe|\n"
                           "+--------------------+ tone: long, short\n");
    CHECK_STATUS(posix_display_open(&display, temp_file(&temp, "none/display"), &text.hal),
                 SCRIP_FAULT_DEVICE);
    CHECK(strstr(text.last, "none/display") != NULL);
    temp_close(&temp);
}

int main(void)
{
    CHECK_RUN(test_lines_tone_and_banner_are_drawn);
    return check_done();
}
