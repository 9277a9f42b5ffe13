/*
 * The devices of a Linux terminal, as its command line names them. Everything that must survive
 * lies in one directory: journal.flash, blobs.flash and keys/.
 */
#include "boards/board.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

#include "platform/posix/display.h"
#include "platform/posix/entropy.h"
#include "platform/posix/file.h"
#include "platform/posix/flash.h"
#include "platform/posix/keystore.h"
#include "platform/posix/log.h"
#include "platform/posix/net.h"
#include "platform/posix/printer.h"
#include "platform/posix/rtc.h"
#include "platform/posix/scanner.h"
#include "platform/posix/till.h"

enum {
    JOURNAL_BYTES = 1024 * 1024, /* unless --journal-size says otherwise */
    JOURNAL_LEAST = 128 * 1024,  /* less holds nothing beside the reserve for reversals and verdicts
                                  */
    BLOBS_BYTES = 160 * 1024,    /* two slots of 16 KiB for each kind */
    EXCHANGE_MS = 20 /* whoever asks to be woken so soon is in the middle of an exchange */
};

static const char usage
    [] = "usage: scripd --state DIR [options]\n"
         "  --state DIR             where journal, keys and identity live (made 0700)\n"
         "  --socket PATH           Unix socket for the till (DIR/till.sock)\n"
         "  --listen PORT           also on 127.0.0.1:PORT, with the token in DIR/till.cookie\n"
         "  --scanner TTY           a scanner on a serial line\n"
         "  --printer FILE|tcp:HOST:PORT   receipts, as text or to an ESC/POS printer\n"
         "  --display FILE|-        the cashier's two lines, as text\n"
         "  --journal-size BYTES    the journal's size for life, a multiple of 4096 (1048576)\n"
         "  --no-network            never connect to the host\n"
         "  --set-clock             let the host's signed time set this machine's clock\n";

struct options {
    const char *state, *socket, *scanner, *printer, *display;
    unsigned long listen; /* ULONG_MAX: no */
    unsigned long journal_size;
    bool no_network, set_clock, help;
};

/* The one terminal of this process: hal points into it. */
static struct {
    struct hal hal;
    struct posix_flash journal, blobs;
    struct posix_keystore keystore;
    struct posix_net net;
    struct posix_scanner scanner;
    struct posix_display display;
    struct posix_printer printer;
    struct posix_till till;
    int signal_fd;
    char keys_path[PATH_MAX], socket_path[PATH_MAX];
} board;

static bool read_number(const char *name, const char *text, unsigned long min, unsigned long max,
                        unsigned long *value)
{
    char *end;

    errno = 0;
    *value = strtoul(text, &end, 10);
    if (errno == 0 && *end == '\0' && text[0] >= '0' && text[0] <= '9' && *value >= min &&
        *value <= max)
        return true;
    posix_log_say(&posix_log, HAL_LOG_ERROR, "%s %s: not a number from %lu to %lu", name, text, min,
                  max);
    return false;
}

static bool read_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {{"state", required_argument, NULL, 's'},
                                          {"socket", required_argument, NULL, 'u'},
                                          {"listen", required_argument, NULL, 'l'},
                                          {"scanner", required_argument, NULL, 'c'},
                                          {"printer", required_argument, NULL, 'p'},
                                          {"display", required_argument, NULL, 'd'},
                                          {"journal-size", required_argument, NULL, 'j'},
                                          {"no-network", no_argument, NULL, 'n'},
                                          {"set-clock", no_argument, NULL, 't'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    bool good = true;
    int letter;

    *options = (struct options){.listen = ULONG_MAX, .journal_size = JOURNAL_BYTES};
    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (letter) {
        case 's':
            options->state = optarg;
            break;
        case 'u':
            options->socket = optarg;
            break;
        case 'l':
            good = read_number("--listen", optarg, 0, UINT16_MAX, &options->listen) && good;
            break;
        case 'c':
            options->scanner = optarg;
            break;
        case 'p':
            options->printer = optarg;
            break;
        case 'd':
            options->display = optarg;
            break;
        case 'j':
            good = read_number("--journal-size", optarg, JOURNAL_LEAST, 1UL << 30,
                               &options->journal_size) &&
                   good;
            break;
        case 'n':
            options->no_network = true;
            break;
        case 't':
            options->set_clock = true;
            break;
        case 'h':
            options->help = true;
            break;
        default:
            good = false;
        }
    }
    if (good && !options->help && (options->state == NULL || optind != argc))
        good = false;
    return good;
}

static bool path_in_state(const struct options *options, const char *name, char out[PATH_MAX])
{
    int len = snprintf(out, PATH_MAX, "%s/%s", options->state, name);

    if (len > 0 && len < PATH_MAX)
        return true;
    posix_log_say(&posix_log, HAL_LOG_ERROR, "--state: the path is too long");
    return false;
}

/* What the journal and the keys stand in must be there after a power cut, too. */
static enum scrip_status make_state(const struct options *options)
{
    if (mkdir(options->state, S_IRWXU) == 0 ? posix_file_sync_parent(options->state)
                                            : errno == EEXIST)
        return SCRIP_OK;
    posix_log_say(&posix_log, HAL_LOG_ERROR, "--state %s: %s", options->state, strerror(errno));
    return SCRIP_FAULT_FLASH;
}

static enum scrip_status open_storage(const struct options *options)
{
    char path[PATH_MAX];

    TRY(make_state(options));
    if (!path_in_state(options, "journal.flash", path))
        return SCRIP_FAULT_FLASH;
    TRY(posix_flash_open(&board.journal, path, (uint32_t)options->journal_size, &posix_log));
    if (!path_in_state(options, "blobs.flash", path))
        return SCRIP_FAULT_FLASH;
    TRY(posix_flash_open(&board.blobs, path, BLOBS_BYTES, &posix_log));
    if (!path_in_state(options, "keys", board.keys_path))
        return SCRIP_FAULT_KEYSTORE;
    TRY(posix_keystore_open(&board.keystore, board.keys_path, &posix_log));
    board.hal.journal = &board.journal.hal;
    board.hal.blobs = &board.blobs.hal;
    board.hal.keystore = &board.keystore.hal;
    return SCRIP_OK;
}

static enum scrip_status open_devices(const struct options *options)
{
    if (options->scanner != NULL) {
        posix_scanner_open(&board.scanner, options->scanner, board.hal.rtc, &posix_log);
        board.hal.scanner = &board.scanner.hal;
    }
    if (options->printer != NULL) {
        TRY(posix_printer_open(&board.printer, options->printer, board.hal.rtc, &posix_log));
        board.hal.printer = &board.printer.hal;
    }
    if (options->display != NULL) {
        TRY(posix_display_open(&board.display, options->display, &posix_log));
        board.hal.display = &board.display.hal;
    }
    return SCRIP_OK;
}

static enum scrip_status open_till(const struct options *options)
{
    char cookie[PATH_MAX];
    struct posix_till_options till = {.socket_path = board.socket_path};

    if (options->socket != NULL)
        till.socket_path = options->socket;
    else if (!path_in_state(options, "till.sock", board.socket_path))
        return SCRIP_FAULT_DEVICE;
    if (options->listen != ULONG_MAX) {
        if (!path_in_state(options, "till.cookie", cookie))
            return SCRIP_FAULT_DEVICE;
        till.cookie_path = cookie;
        till.port = (uint16_t)options->listen;
    }
    TRY(posix_till_open(&board.till, &till, &posix_log));
    board.hal.till = &board.till.hal;
    return SCRIP_OK;
}

/* The signals that end the image are read between two steps of its loop: no step is torn. */
static enum scrip_status open_signals(void)
{
    sigset_t ends;

    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGINT);
    (void)sigaddset(&ends, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &ends, NULL) == 0 && signal(SIGPIPE, SIG_IGN) != SIG_ERR)
        board.signal_fd = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
    if (board.signal_fd >= 0)
        return SCRIP_OK;
    posix_log_say(&posix_log, HAL_LOG_ERROR, "signals: %s", strerror(errno));
    return SCRIP_FAULT_DEVICE;
}

enum scrip_status board_open(int argc, char **argv, const struct hal **hal)
{
    struct options options;

    *hal = &board.hal;
    board.signal_fd = -1;
    if (!read_options(argc, argv, &options)) {
        (void)fputs(usage, stderr);
        return SCRIP_FAULT_DEVICE;
    }
    if (options.help) {
        (void)fputs(usage, stdout);
        exit(0);
    }
    board.hal.log = &posix_log;
    board.hal.entropy = &posix_entropy;
    board.hal.rtc = options.set_clock ? &posix_rtc_settable : &posix_rtc;
    posix_net_open(&board.net);
    if (!options.no_network)
        board.hal.net = &board.net.hal;
    /* Before the till's server starts its thread, which inherits what is blocked. */
    TRY(open_signals());
    TRY(open_storage(&options));
    TRY(open_devices(&options));
    return open_till(&options);
}

static void close_all(void)
{
    posix_till_close(&board.till);
    board.net.hal.close(board.net.hal.context);
    if (board.hal.scanner != NULL)
        posix_scanner_close(&board.scanner);
    if (board.hal.display != NULL)
        posix_display_close(&board.display);
    posix_keystore_close(&board.keystore);
    posix_flash_close(&board.blobs);
    posix_flash_close(&board.journal);
}

int board_wait(uint32_t timeout_ms)
{
    /* A connection at rest is looked at when its time comes; only an exchange wakes at once. */
    bool exchanging = timeout_ms <= EXCHANGE_MS;
    struct pollfd wait[] = {
        {.fd = board.signal_fd, .events = POLLIN},
        {.fd = board.till.wake_fd, .events = POLLIN},
        {.fd = board.hal.scanner != NULL ? posix_scanner_fd(&board.scanner) : -1, .events = POLLIN},
        {.fd = exchanging ? board.net.fd : -1, .events = board.net.connected ? POLLIN : POLLOUT},
    };

    int ready = poll(wait, sizeof wait / sizeof *wait,
                     timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms);
    if (ready <= 0 || wait[0].revents == 0)
        return 1;
    posix_log_say(&posix_log, HAL_LOG_INFO, "asked to end");
    close_all();
    return 0;
}
