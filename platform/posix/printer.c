#include "platform/posix/printer.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/posix/file.h"
#include "platform/posix/log.h"

enum { CONNECT_MS = 500, PAPER_MS = 300, SEND_MS = 1200, REST_MS = 30000, QR_BYTES = 1024 };

static void put(struct posix_printer *printer, const void *data, size_t len)
{
    if (len > sizeof printer->receipt - printer->len) {
        printer->overflow = true;
        return;
    }
    memcpy(printer->receipt + printer->len, data, len);
    printer->len += len;
}

static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < ' ' || *text > '~')
            return false;
    }
    return true;
}

static enum scrip_status refuse(struct posix_printer *printer, const char *why)
{
    posix_log_say(printer->log, HAL_LOG_WARNING, "printer %s: %s", printer->target, why);
    return SCRIP_FAULT_DEVICE;
}

static enum scrip_status printer_line(void *context, const char *text)
{
    struct posix_printer *printer = context;

    /* A control character would be a command to the printer. */
    if (!is_printable(text))
        return refuse(printer, "a line with control characters was left out");
    put(printer, text, strlen(text));
    put(printer, "\n", 1);
    return SCRIP_OK;
}

static enum scrip_status file_qr(void *context, const char *text)
{
    struct posix_printer *printer = context;

    put(printer, "QR ", 3);
    return printer_line(printer, text);
}

static enum scrip_status network_qr(void *context, const char *text)
{
    static const uint8_t model[] = {0x1D, '(', 'k', 4, 0, '1', 'A', '2', 0};
    static const uint8_t module_dots[] = {0x1D, '(', 'k', 3, 0, '1', 'C', 4};
    static const uint8_t level_m[] = {0x1D, '(', 'k', 3, 0, '1', 'E', '1'};
    static const uint8_t draw[] = {0x1D, '(', 'k', 3, 0, '1', 'Q', '0'};
    struct posix_printer *printer = context;
    size_t len = strlen(text);

    if (len > QR_BYTES)
        return refuse(printer, "a QR code that is too long was left out");
    uint8_t store[] = {0x1D, '(', 'k', (uint8_t)(len + 3), (uint8_t)((len + 3) >> 8),
                       '1',  'P', '0'};
    put(printer, model, sizeof model);
    put(printer, module_dots, sizeof module_dots);
    put(printer, level_m, sizeof level_m);
    put(printer, store, sizeof store);
    put(printer, text, len);
    put(printer, draw, sizeof draw);
    put(printer, "\n", 1);
    return SCRIP_OK;
}

static enum scrip_status append(struct posix_printer *printer)
{
    int fd = open(printer->target, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY,
                  S_IRUSR | S_IWUSR);
    if (fd < 0)
        return refuse(printer, strerror(errno));
    bool good = posix_file_write(fd, printer->receipt, printer->len);
    if (close(fd) != 0 || !good)
        return refuse(printer, strerror(errno));
    return SCRIP_OK;
}

static bool wait_for(int fd, short events, int timeout_ms)
{
    struct pollfd ready = {.fd = fd, .events = events};
    return poll(&ready, 1, timeout_ms) == 1 && (ready.revents & events) != 0;
}

/* "tcp:HOST:PORT", HOST perhaps in brackets; the port follows the last colon. */
static bool split_target(const char *target, char host[256], char port[8])
{
    const char *start = target + strlen("tcp:");
    const char *colon = strrchr(start, ':');

    if (colon == NULL || colon == start || colon[1] == '\0' || strlen(colon + 1) >= 8 ||
        (size_t)(colon - start) >= 256)
        return false;
    size_t len = (size_t)(colon - start);
    if (start[0] == '[' && start[len - 1] == ']' && len > 2) {
        start++;
        len -= 2;
    }
    memcpy(host, start, len);
    host[len] = '\0';
    memcpy(port, colon + 1, strlen(colon + 1) + 1);
    return true;
}

static int connect_printer(const char *target)
{
    static const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *address = NULL;
    char host[256], port[8];
    int error = 0, fd;
    socklen_t error_len = sizeof error;

    if (!split_target(target, host, port) || getaddrinfo(host, port, &hints, &address) != 0)
        return -1;
    fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 &&
                (connect(fd, address->ai_addr, address->ai_addrlen) == 0 ||
                 (errno == EINPROGRESS && wait_for(fd, POLLOUT, CONNECT_MS) &&
                  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_len) == 0 && error == 0));
    freeaddrinfo(address);
    if (good)
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

/* False: the printer says that its paper is at an end. One that says nothing is believed to have
 * some. */
static bool has_paper(int fd)
{
    static const uint8_t ask[] = {0x10, 0x04, 4};
    uint8_t answer = 0;

    if (send(fd, ask, sizeof ask, MSG_NOSIGNAL) != sizeof ask || !wait_for(fd, POLLIN, PAPER_MS) ||
        recv(fd, &answer, 1, 0) != 1)
        return true;
    return (answer & 0x60) == 0;
}

static bool send_receipt(const struct posix_printer *printer, int fd)
{
    uint64_t until_ms = printer->rtc->uptime_ms(printer->rtc->context) + SEND_MS;

    for (size_t done = 0; done < printer->len;) {
        uint64_t now_ms = printer->rtc->uptime_ms(printer->rtc->context);
        if (now_ms >= until_ms || !wait_for(fd, POLLOUT, (int)(until_ms - now_ms)))
            return false;
        ssize_t put_len = send(fd, printer->receipt + done, printer->len - done, MSG_NOSIGNAL);
        if (put_len < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        done += put_len > 0 ? (size_t)put_len : 0;
    }
    return true;
}

static enum scrip_status transmit(struct posix_printer *printer)
{
    uint64_t now_ms = printer->rtc->uptime_ms(printer->rtc->context);
    const char *why = NULL;

    if (now_ms < printer->rest_until_ms)
        return SCRIP_FAULT_DEVICE;
    int fd = connect_printer(printer->target);
    if (fd < 0)
        why = "does not answer: the receipt was not printed";
    else if (!has_paper(fd))
        why = "is out of paper: the receipt was not printed";
    else if (!send_receipt(printer, fd))
        why = "stopped in the middle of a receipt";
    if (fd >= 0)
        (void)close(fd);
    if (why == NULL)
        return SCRIP_OK;
    printer->rest_until_ms = now_ms + REST_MS;
    return refuse(printer, why);
}

static void begin(struct posix_printer *printer)
{
    static const uint8_t initialise[] = {0x1B, '@'};

    printer->len = 0;
    printer->overflow = false;
    if (printer->network)
        put(printer, initialise, sizeof initialise);
}

static enum scrip_status printer_cut(void *context)
{
    static const uint8_t feed_and_cut[] = {0x1D, 'V', 66, 0};
    struct posix_printer *printer = context;
    enum scrip_status status;

    if (printer->network)
        put(printer, feed_and_cut, sizeof feed_and_cut);
    else
        put(printer, "\n", 1);
    if (printer->overflow)
        status = refuse(printer, "a receipt was too long and was not printed");
    else
        status = printer->network ? transmit(printer) : append(printer);
    begin(printer);
    return status;
}

enum scrip_status posix_printer_open(struct posix_printer *printer, const char *target,
                                     const struct hal_rtc *rtc, const struct hal_log *log)
{
    char host[256], port[8];

    *printer = (struct posix_printer){.log = log, .rtc = rtc, .target = target};
    printer->network = strncmp(target, "tcp:", strlen("tcp:")) == 0;
    printer->hal = (struct hal_printer){.context = printer,
                                        .columns = POSIX_PRINTER_COLUMNS,
                                        .line = printer_line,
                                        .qr = printer->network ? network_qr : file_qr,
                                        .cut = printer_cut};
    begin(printer);
    if (!printer->network)
        return append(printer);
    return split_target(target, host, port) ? SCRIP_OK : refuse(printer, "is not tcp:HOST:PORT");
}
