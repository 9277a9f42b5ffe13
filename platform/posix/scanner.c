#include "platform/posix/scanner.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "platform/posix/log.h"

static void drop_device(struct posix_scanner *scanner)
{
    if (scanner->fd >= 0)
        (void)close(scanner->fd);
    scanner->fd = -1;
    scanner->input_at = scanner->input_end = 0;
    scanner->line_len = 0;
    scanner->overlong = false;
}

static void say_missing(struct posix_scanner *scanner, const char *why)
{
    if (!scanner->missing_said)
        posix_log_say(scanner->log, HAL_LOG_WARNING, "scanner %s: %s", scanner->path, why);
    scanner->missing_said = true;
}

static bool find_device(struct posix_scanner *scanner)
{
    struct termios line;
    int fd = open(scanner->path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0) {
        say_missing(scanner, strerror(errno));
        return false;
    }
    if (tcgetattr(fd, &line) != 0) {
        say_missing(scanner, "is not a serial line");
        (void)close(fd);
        return false;
    }
    cfmakeraw(&line);
    line.c_cflag |= CLOCAL; /* scanners drive no modem lines */
    line.c_cc[VMIN] = 1;    /* raw mode takes one byte at a time */
    line.c_cc[VTIME] = 0;
    if (tcsetattr(fd, TCSANOW, &line) != 0) {
        say_missing(scanner, strerror(errno));
        (void)close(fd);
        return false;
    }
    scanner->fd = fd;
    if (scanner->missing_said)
        posix_log_say(scanner->log, HAL_LOG_INFO, "scanner %s: is back", scanner->path);
    scanner->missing_said = false;
    return true;
}

/* AGAIN: no more bytes now. */
static enum scrip_status fill(struct posix_scanner *scanner)
{
    ssize_t got = read(scanner->fd, scanner->input, sizeof scanner->input);

    if (got > 0) {
        scanner->input_at = 0;
        scanner->input_end = (size_t)got;
        return SCRIP_OK;
    }
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return SCRIP_AGAIN;
    drop_device(scanner);
    say_missing(scanner, "unplugged");
    return SCRIP_FAULT_DEVICE;
}

/* One line into scanner->line. OK: a line, or too much for one. */
static enum scrip_status collect(struct posix_scanner *scanner)
{
    for (;;) {
        if (scanner->input_at == scanner->input_end)
            TRY(fill(scanner));
        char c = scanner->input[scanner->input_at];
        scanner->input[scanner->input_at++] = '\0'; /* nothing of a code stays behind */
        if (c == '\r' || c == '\n') {
            if (scanner->line_len > 0)
                return SCRIP_OK;
        } else if (scanner->line_len < sizeof scanner->line) {
            scanner->line[scanner->line_len++] = c;
        } else {
            scanner->overlong = true;
        }
    }
}

/* A bucket that a code empties by one and time fills. */
static bool is_allowed(struct posix_scanner *scanner)
{
    enum { FULL = POSIX_SCANNER_BURST * POSIX_SCANNER_REFILL_MS };
    uint64_t now_ms = scanner->rtc->uptime_ms(scanner->rtc->context);

    scanner->allowance_ms += now_ms - scanner->last_ms;
    scanner->last_ms = now_ms;
    if (scanner->allowance_ms > FULL)
        scanner->allowance_ms = FULL;
    if (scanner->allowance_ms < POSIX_SCANNER_REFILL_MS)
        return false;
    scanner->allowance_ms -= POSIX_SCANNER_REFILL_MS;
    return true;
}

static enum scrip_status scanner_read(void *context, void *data, size_t cap, size_t *len)
{
    struct posix_scanner *scanner = context;
    enum scrip_status status;

    *len = 0;
    if (scanner->fd < 0 && !find_device(scanner))
        return SCRIP_FAULT_DEVICE;
    TRY(collect(scanner));
    if (!is_allowed(scanner)) {
        posix_log_say(scanner->log, HAL_LOG_WARNING, "scanner %s: too fast, a code was dropped",
                      scanner->path);
        status = SCRIP_AGAIN;
    } else if (scanner->overlong || scanner->line_len > cap) {
        status = SCRIP_REFUSED_TOO_LONG;
    } else {
        memcpy(data, scanner->line, scanner->line_len);
        *len = scanner->line_len;
        status = SCRIP_OK;
    }
    explicit_bzero(scanner->line, sizeof scanner->line);
    scanner->line_len = 0;
    scanner->overlong = false;
    return status;
}

void posix_scanner_open(struct posix_scanner *scanner, const char *path, const struct hal_rtc *rtc,
                        const struct hal_log *log)
{
    *scanner = (struct posix_scanner){
        .hal = {.context = scanner, .read = scanner_read},
        .log = log,
        .rtc = rtc,
        .path = path,
        .fd = -1,
        .allowance_ms = POSIX_SCANNER_BURST * POSIX_SCANNER_REFILL_MS,
        .last_ms = rtc->uptime_ms(rtc->context),
    };
    (void)find_device(scanner);
}

void posix_scanner_close(struct posix_scanner *scanner)
{
    drop_device(scanner);
    explicit_bzero(scanner->input, sizeof scanner->input);
    explicit_bzero(scanner->line, sizeof scanner->line);
}

int posix_scanner_fd(const struct posix_scanner *scanner)
{
    return scanner->fd;
}
