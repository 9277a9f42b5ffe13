/*
 * The scanner on a pseudo-terminal: line ends, the rate, oversized lines, and its plug pulled.
 */
#include "platform/posix/scanner.h"

#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "platform/sim/device.h"
#include "tests/check.h"
#include "tests/support/temp.h"

static struct posix_scanner scanner;
static struct sim_rtc rtc;
static struct temp_log text;
static struct temp temp;
static int master = -1;
static char out[2000];
static size_t out_len;

/* The device's name is a link, so that another pty can be plugged into it. */
static void plug_in(void)
{
    master = posix_openpt(O_RDWR | O_NOCTTY);
    CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    (void)unlink(temp_file(&temp, "scanner"));
    CHECK(symlink(ptsname(master), temp_file(&temp, "scanner")) == 0);
}

static void begin(void)
{
    static char path[160];

    sim_rtc_open(&rtc, HAL_RTC_NONE, 0);
    temp_log_open(&text);
    CHECK(temp_open(&temp));
    plug_in();
    (void)snprintf(path, sizeof path, "%s", temp_file(&temp, "scanner"));
    posix_scanner_open(&scanner, path, &rtc.hal, &text.hal);
    CHECK(posix_scanner_fd(&scanner) > 2);
}

static void end(void)
{
    posix_scanner_close(&scanner);
    (void)close(master);
    temp_close(&temp);
}

static void type(const char *characters)
{
    CHECK(write(master, characters, strlen(characters)) == (ssize_t)strlen(characters));
}

/* The line discipline may need a moment to pass bytes on. */
static enum scrip_status scan_up_to(size_t cap)
{
    enum scrip_status status = SCRIP_AGAIN;

    for (int i = 0; i < 100 && status == SCRIP_AGAIN; i++) {
        status = scanner.hal.read(scanner.hal.context, out, cap, &out_len);
        if (status == SCRIP_AGAIN)
            (void)usleep(1000);
    }
    return status;
}

static enum scrip_status scan(void)
{
    return scan_up_to(782);
}

static void expect(const char *code)
{
    CHECK_STATUS(scan(), SCRIP_OK);
    CHECK_EQ_INT(out_len, strlen(code));
    CHECK_EQ_BYTES(out, code, strlen(code));
    /* What was delivered stays nowhere behind it. */
    for (size_t i = 0; i < scanner.input_at; i++)
        CHECK_EQ_INT(scanner.input[i], 0);
    CHECK(scanner.line[0] == 0);
}

static void test_cr_and_lf_end_a_code(void)
{
    begin();
    type("ONE\rTWO\nTHREE\r\n\r\nFOUR");
    expect("ONE");
    expect("TWO");
    expect("THREE");
    CHECK_STATUS(scan(), SCRIP_AGAIN);
    type(" MORE\r");
    expect("FOUR MORE");
    end();
}

static void test_the_line_is_raw(void)
{
    begin();
    type("A\x03"
         "B\x04\x11\r"); /* what a terminal would take for commands */
    expect("A\x03"
           "B\x04\x11");
    end();
}

static void test_a_code_beyond_the_buffer_is_dropped_whole(void)
{
    static char overlong[3000];

    begin();
    memset(overlong, 'X', sizeof overlong - 1);
    memset(overlong + 800, '\r', 1); /* longer than the caller's buffer */
    type(overlong);
    CHECK_STATUS(scan(), SCRIP_REFUSED_TOO_LONG);
    CHECK_EQ_INT(out_len, 0);
    type("\rGOOD\r"); /* ends a line that is longer than the driver's */
    CHECK_STATUS(scan_up_to(sizeof out), SCRIP_REFUSED_TOO_LONG);
    expect("GOOD");
    end();
}

static void test_ten_in_a_burst_and_then_five_a_second(void)
{
    begin();
    for (int i = 0; i < 13; i++)
        type("C\r");
    for (int i = 0; i < 10; i++)
        expect("C");
    CHECK_STATUS(scan(), SCRIP_AGAIN);
    CHECK(strstr(text.last, "too fast") != NULL);
    type("D\r");
    sim_rtc_advance(&rtc, 199);
    CHECK_STATUS(scan(), SCRIP_AGAIN);
    sim_rtc_advance(&rtc, 1000);
    for (int i = 0; i < 6; i++)
        type("E\r");
    for (int i = 0; i < 5; i++)
        expect("E");
    CHECK_STATUS(scan(), SCRIP_AGAIN);
    end();
}

static void test_an_unplugged_scanner_is_found_again(void)
{
    begin();
    type("HALF");
    CHECK_STATUS(scan(), SCRIP_AGAIN);
    CHECK(close(master) == 0);
    CHECK_STATUS(scan(), SCRIP_FAULT_DEVICE);
    CHECK(strstr(text.last, "unplugged") != NULL);
    CHECK_STATUS(scan(), SCRIP_FAULT_DEVICE);
    CHECK_EQ_INT(posix_scanner_fd(&scanner), -1);
    plug_in();
    CHECK_STATUS(scan(), SCRIP_AGAIN);
    type("WHOLE\r");
    expect("WHOLE"); /* the half code from before is not its beginning */
    end();
}

static void test_what_is_no_serial_line_is_refused(void)
{
    static struct posix_scanner other;
    char byte;
    size_t len;

    begin();
    posix_scanner_open(&other, "/dev/null", &rtc.hal, &text.hal);
    CHECK(strstr(text.last, "not a serial line") != NULL);
    CHECK_STATUS(other.hal.read(other.hal.context, &byte, 1, &len), SCRIP_FAULT_DEVICE);
    end();
}

int main(void)
{
    CHECK_RUN(test_cr_and_lf_end_a_code);
    CHECK_RUN(test_the_line_is_raw);
    CHECK_RUN(test_a_code_beyond_the_buffer_is_dropped_whole);
    CHECK_RUN(test_ten_in_a_burst_and_then_five_a_second);
    CHECK_RUN(test_an_unplugged_scanner_is_found_again);
    CHECK_RUN(test_what_is_no_serial_line_is_refused);
    return check_done();
}
