/*
 * Receipts on a file and on an ESC/POS printer, which a thread of this program plays on loopback.
 */
#include "platform/posix/printer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/sim/device.h"
#include "tests/check.h"
#include "tests/support/temp.h"

static struct temp temp;
static struct temp_log text;
static struct sim_rtc rtc;
static struct posix_printer printer;

static struct {
    int listener;
    uint16_t port;
    uint8_t paper_status; /* its answer to DLE EOT 4 */
    uint8_t heard[4096];
    size_t len;
    pthread_t thread;
} device;

static void *play(void *context)
{
    struct pollfd ready = {.fd = device.listener, .events = POLLIN};
    ssize_t got;

    (void)context;
    int fd = poll(&ready, 1, 5000) == 1 ? accept(device.listener, NULL, NULL) : -1;
    device.len = 0;
    while (fd >= 0 &&
           (got = read(fd, device.heard + device.len, sizeof device.heard - device.len)) > 0) {
        if (device.len == 0)
            (void)send(fd, &device.paper_status, 1, MSG_NOSIGNAL);
        device.len += (size_t)got;
    }
    if (fd >= 0)
        (void)close(fd);
    return NULL;
}

static void plug_in(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;

    device.listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(device.listener, (struct sockaddr *)&address, sizeof address) == 0 &&
          listen(device.listener, 1) == 0 &&
          getsockname(device.listener, (struct sockaddr *)&address, &len) == 0);
    device.port = ntohs(address.sin_port);
}

static enum scrip_status open_network(void)
{
    static char target[40];

    sim_rtc_open(&rtc, HAL_RTC_NONE, 0);
    temp_log_open(&text);
    (void)snprintf(target, sizeof target, "tcp:127.0.0.1:%u", device.port);
    return posix_printer_open(&printer, target, &rtc.hal, &text.hal);
}

static enum scrip_status print(void)
{
    CHECK_STATUS(printer.hal.line(printer.hal.context, "EUR 5.00 OFF"), SCRIP_OK);
    CHECK_STATUS(printer.hal.qr(printer.hal.context, "SCR1:ABC"), SCRIP_OK);
    return printer.hal.cut(printer.hal.context);
}

/* The printer's thread takes one receipt. */
static enum scrip_status print_to_device(uint8_t paper_status)
{
    device.paper_status = paper_status;
    CHECK(pthread_create(&device.thread, NULL, play, NULL) == 0);
    enum scrip_status status = print();
    CHECK(pthread_join(device.thread, NULL) == 0);
    return status;
}

static void test_a_file_gets_lines_and_the_codes_text(void)
{
    static char path[160], paper[256];

    sim_rtc_open(&rtc, HAL_RTC_NONE, 0);
    temp_log_open(&text);
    CHECK(temp_open(&temp));
    (void)snprintf(path, sizeof path, "%s", temp_file(&temp, "paper"));
    CHECK_STATUS(posix_printer_open(&printer, path, &rtc.hal, &text.hal), SCRIP_OK);
    CHECK_STATUS(print(), SCRIP_OK);
    CHECK_STATUS(print(), SCRIP_OK);
    int fd = open(path, O_RDONLY);
    ssize_t len = read(fd, paper, sizeof paper - 1);
    CHECK(len > 0 && close(fd) == 0);
    paper[len > 0 ? len : 0] = '\0';
    CHECK_EQ_STRING(paper, "EUR 5.00 OFF\nQR SCR1:ABC\n\nEUR 5.00 OFF\nQR SCR1:ABC\n\n");
    temp_close(&temp);
}

static void test_a_file_that_cannot_be_written_is_refused_at_once(void)
{
    CHECK(temp_open(&temp));
    temp_log_open(&text);
    CHECK_STATUS(posix_printer_open(&printer, temp_file(&temp, "none/paper"), &rtc.hal, &text.hal),
                 SCRIP_FAULT_DEVICE);
    CHECK(strstr(text.last, "none/paper") != NULL);
    temp_close(&temp);
}

static void test_a_network_printer_gets_esc_pos(void)
{
    static const uint8_t receipt[] = "\x10\x04\x04"                       /* DLE EOT 4 */
                                     "\x1b@"                              /* initialise */
                                     "EUR 5.00 OFF\n"                     /* the line */
                                     "\x1d(k\x04\x00\x31\x41\x32\x00"     /* model 2 */
                                     "\x1d(k\x03\x00\x31\x43\x04"         /* four dots a module */
                                     "\x1d(k\x03\x00\x31\x45\x31"         /* level M */
                                     "\x1d(k\x0b\x00\x31\x50\x30SCR1:ABC" /* the text */
                                     "\x1d(k\x03\x00\x31\x51\x30\n"       /* draw */
                                     "\x1dV\x42"; /* feed and cut; the 0 is the NUL */

    plug_in();
    CHECK_STATUS(open_network(), SCRIP_OK);
    CHECK_STATUS(print_to_device(0x12), SCRIP_OK);
    CHECK_EQ_INT(device.len, sizeof receipt);
    CHECK_EQ_BYTES(device.heard, receipt, sizeof receipt);
    (void)close(device.listener);
}

static void test_no_paper_prints_nothing(void)
{
    plug_in();
    CHECK_STATUS(open_network(), SCRIP_OK);
    CHECK_STATUS(print_to_device(0x72), SCRIP_FAULT_DEVICE);
    CHECK(strstr(text.last, "out of paper") != NULL);
    CHECK_EQ_INT(device.len, 3); /* the question, and no receipt */
    (void)close(device.listener);
}

static void test_a_printer_that_is_off_is_left_alone_for_a_while(void)
{
    plug_in();
    CHECK_STATUS(open_network(), SCRIP_OK);
    (void)close(device.listener);
    CHECK_STATUS(print(), SCRIP_FAULT_DEVICE);
    CHECK(strstr(text.last, "does not answer") != NULL);
    text.last[0] = '\0';
    sim_rtc_advance(&rtc, 29999);
    CHECK_STATUS(print(), SCRIP_FAULT_DEVICE);
    CHECK_EQ_STRING(text.last, ""); /* not even tried */
    sim_rtc_advance(&rtc, 1);
    CHECK_STATUS(print(), SCRIP_FAULT_DEVICE);
    CHECK(strstr(text.last, "does not answer") != NULL);
}

static void test_commands_in_a_line_are_not_printed(void)
{
    plug_in();
    CHECK_STATUS(open_network(), SCRIP_OK);
    CHECK_STATUS(printer.hal.line(printer.hal.context, "\x1bp"), SCRIP_FAULT_DEVICE);
    CHECK_STATUS(print_to_device(0x12), SCRIP_OK);
    CHECK_EQ_BYTES(device.heard + 3, "\x1b@EUR", 5);
    (void)close(device.listener);
}

static void test_a_malformed_target_is_refused(void)
{
    static const char *const bad[] = {"tcp:", "tcp:host", "tcp::9100",
                                      "tcp:host:", "tcp:host:123456789"};

    temp_log_open(&text);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_STATUS(posix_printer_open(&printer, bad[i], &rtc.hal, &text.hal), SCRIP_FAULT_DEVICE);
}

int main(void)
{
    CHECK_RUN(test_a_file_gets_lines_and_the_codes_text);
    CHECK_RUN(test_a_file_that_cannot_be_written_is_refused_at_once);
    CHECK_RUN(test_a_network_printer_gets_esc_pos);
    CHECK_RUN(test_no_paper_prints_nothing);
    CHECK_RUN(test_a_printer_that_is_off_is_left_alone_for_a_while);
    CHECK_RUN(test_commands_in_a_line_are_not_printed);
    CHECK_RUN(test_a_malformed_target_is_refused);
    return check_done();
}
