/* The terminal on Arm's MPS2 boards with the FPGA images of AN385 and AN386: see their README.md.
 */
#include "boards/board.h"

#include "platform/cortexm/at24c.h"
#include "platform/cortexm/clock.h"
#include "platform/cortexm/cmsdk_uart.h"
#include "platform/cortexm/cpu.h"
#include "platform/cortexm/eeprom_keystore.h"
#include "platform/cortexm/image_log.h"
#include "platform/cortexm/lan9118.h"
#include "platform/cortexm/line_printer.h"
#include "platform/cortexm/line_scanner.h"
#include "platform/cortexm/line_till.h"
#include "platform/cortexm/mmio.h"
#include "platform/cortexm/netstack.h"
#include "platform/cortexm/sbcon_i2c.h"
#include "platform/cortexm/sp805.h"
#include "platform/cortexm/uart_entropy.h"

enum {
    CLOCK_HZ = 25000000,
    BAUD = 115200,
    UART0 = 0x40004000, /* the till */
    UART1 = 0x40005000, /* the scanner */
    UART2 = 0x40006000, /* the random generator */
    UART3 = 0x40007000, /* the receipt printer */
    UART0_RX_IRQ = 0,
    UART1_RX_IRQ = 2,
    UART2_RX_IRQ = 4,
    LAN9118 = 0x40200000,
    LAN9118_IRQ = 13,
    DUAL_TIMER = 0x40002000,
    TIMER_LOAD = 0x00,
    TIMER_VALUE = 0x04,
    TIMER_CONTROL = 0x08,
    TIMER_FREE_32_BIT = 0x82, /* on, free-running, 32 bits, no interrupt */
    TIMER_BY_16 = 0x04,
    WATCHDOG = 0x40008000,
    I2C_SHIELD1 = 0x4002A000,
    I2C_HZ = 400000
};

/* Where things lie in the second EEPROM: 60 KiB of blobs, then the keys. */
enum {
    EEPROM_BYTES = 64 * 1024,
    JOURNAL_SECTOR = 4096,
    BLOB_SECTOR = 512,
    BLOB_BYTES = 60 * 1024,
    KEYS_AT = BLOB_BYTES
};
_Static_assert(KEYS_AT + EEPROM_KEYSTORE_BYTES <= EEPROM_BYTES, "blobs and keys fit the EEPROM");

/* The longest step is an enrolment, which checks, stores and formats; a wait is cut short of it. */
enum { WATCHDOG_S = 8, WAIT_MAX_MS = 1000 };

static struct {
    struct hal hal;
    struct board_clock clock;
    struct uart till_line, scanner_line, entropy_line, printer_line;
    struct uart_entropy entropy;
    struct sbcon_i2c i2c;
    struct at24c journal_part, blob_part;
    struct at24c_window journal, blobs;
    struct eeprom_keystore keystore;
    struct line_till till;
    struct line_scanner scanner;
    struct line_printer printer;
    struct lan9118 lan;
    struct netstack net;
    uint8_t till_ring[1024], scanner_ring[1024], entropy_ring[64], printer_ring[16];
    char till_buffer[16384 + 1];
} board;

static void till_interrupt(void)
{
    uart_interrupt(&board.till_line);
}

static void scanner_interrupt(void)
{
    uart_interrupt(&board.scanner_line);
}

static void lan_interrupt(void)
{
    lan9118_interrupt(&board.lan);
}

static void entropy_interrupt(void)
{
    uart_interrupt(&board.entropy_line);
}

__attribute__((section(".vectors"), used)) static const union cpu_vector vectors[16 + 32] = {
    CPU_VECTORS(cpu_tick),
    [16 + UART0_RX_IRQ] = {till_interrupt},
    [16 + UART1_RX_IRQ] = {scanner_interrupt},
    [16 + UART2_RX_IRQ] = {entropy_interrupt},
    [16 + LAN9118_IRQ] = {lan_interrupt},
};

static void open_line(struct uart *uart, uintptr_t base, void *ring, uint32_t size)
{
    cmsdk_uart_open(base, CLOCK_HZ, BAUD);
    uart_open(uart, &cmsdk_uart, base, ring, size);
}

/* The timer counts down. */
static uint32_t count(void)
{
    return ~mmio_read(DUAL_TIMER, TIMER_VALUE);
}

static void open_time(void)
{
    mmio_write(DUAL_TIMER, TIMER_LOAD, UINT32_MAX);
    mmio_write(DUAL_TIMER, TIMER_CONTROL, TIMER_FREE_32_BIT | TIMER_BY_16);
    clock_open(&board.clock, count, CLOCK_HZ / 16);
    cpu_tick_open(CLOCK_HZ / 100);
}

static void open_storage(void)
{
    sbcon_i2c_open(&board.i2c, I2C_SHIELD1, CLOCK_HZ, I2C_HZ);
    board.journal_part = (struct at24c){&board.i2c.bus, 0x50};
    board.blob_part = (struct at24c){&board.i2c.bus, 0x51};
    at24c_window_open(&board.journal, &board.journal_part, 0, EEPROM_BYTES, JOURNAL_SECTOR);
    at24c_window_open(&board.blobs, &board.blob_part, 0, BLOB_BYTES, BLOB_SECTOR);
    eeprom_keystore_open(&board.keystore, &board.blob_part, KEYS_AT);
}

static void open_lines(void)
{
    open_line(&board.till_line, UART0, board.till_ring, sizeof board.till_ring);
    open_line(&board.scanner_line, UART1, board.scanner_ring, sizeof board.scanner_ring);
    open_line(&board.entropy_line, UART2, board.entropy_ring, sizeof board.entropy_ring);
    open_line(&board.printer_line, UART3, board.printer_ring, sizeof board.printer_ring);
    line_till_open(&board.till, &board.till_line, board.till_buffer, sizeof board.till_buffer - 1);
    line_scanner_open(&board.scanner, &board.scanner_line, &board.clock);
    uart_entropy_open(&board.entropy, &board.entropy_line, &board.clock);
    line_printer_open(&board.printer, &board.printer_line);
    cpu_irq_enable(UART0_RX_IRQ);
    cpu_irq_enable(UART1_RX_IRQ);
    cpu_irq_enable(UART2_RX_IRQ);
}

/* A board whose network does not answer is a terminal that stays offline. */
static const struct hal_net *open_network(void)
{
    if (!lan9118_open(&board.lan, LAN9118)) {
        image_log.write(NULL, HAL_LOG_ERROR, "no network controller answers: offline");
        return NULL;
    }
    netstack_open(&board.net, &board.lan.ethernet, &board.clock, &board.entropy.hal);
    cpu_irq_enable(LAN9118_IRQ);
    return &board.net.hal;
}

enum scrip_status board_open(int argc, char **argv, const struct hal **hal)
{
    (void)argc;
    (void)argv;
    sp805_open(WATCHDOG, WATCHDOG_S * CLOCK_HZ);
    if (*cpu_last_words() != '\0')
        image_log.write(NULL, HAL_LOG_WARNING, cpu_last_words());
    open_time();
    open_storage();
    open_lines();
    board.hal = (struct hal){.journal = &board.journal.hal,
                             .blobs = &board.blobs.hal,
                             .keystore = &board.keystore.hal,
                             .entropy = &board.entropy.hal,
                             .rtc = &board.clock.hal,
                             .log = &image_log,
                             .net = open_network(),
                             .scanner = &board.scanner.hal,
                             .printer = &board.printer.hal,
                             .till = &board.till.hal};
    *hal = &board.hal;
    return SCRIP_OK;
}

int board_wait(uint32_t timeout_ms)
{
    uint64_t until_ms = clock_ms(&board.clock) +
                        (timeout_ms < WAIT_MAX_MS ? timeout_ms : (uint32_t)WAIT_MAX_MS);

    sp805_feed(WATCHDOG);
    if (board.hal.net != NULL)
        netstack_poll(&board.net);
    while (!uart_waiting(&board.till_line) && !uart_waiting(&board.scanner_line) &&
           !board.lan.waiting && clock_ms(&board.clock) < until_ms) {
        cpu_sleep();
        if (board.hal.net != NULL && !board.lan.waiting)
            netstack_poll(&board.net);
    }
    return !board.till.restart;
}
