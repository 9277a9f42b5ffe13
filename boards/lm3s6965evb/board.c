/* The terminal on TI's LM3S6965 evaluation board. See README.md. */
#include "boards/board.h"

#include "boards/lm3s6965evb/limits.h"
#include "platform/cortexm/at24c.h"
#include "platform/cortexm/buttons.h"
#include "platform/cortexm/clock.h"
#include "platform/cortexm/cpu.h"
#include "platform/cortexm/eeprom_keystore.h"
#include "platform/cortexm/image_log.h"
#include "platform/cortexm/line_printer.h"
#include "platform/cortexm/line_scanner.h"
#include "platform/cortexm/line_till.h"
#include "platform/cortexm/mmio.h"
#include "platform/cortexm/netstack.h"
#include "platform/cortexm/pl011.h"
#include "platform/cortexm/pl022.h"
#include "platform/cortexm/sd_card.h"
#include "platform/cortexm/sp805.h"
#include "platform/cortexm/ssd0323.h"
#include "platform/cortexm/stellaris_enet.h"
#include "platform/cortexm/stellaris_i2c.h"
#include "platform/cortexm/uart_entropy.h"

enum {
    CLOCK_HZ = 50000000,
    BAUD = 115200,
    UART0 = 0x4000C000, /* the till */
    UART1 = 0x4000D000, /* the random generator */
    UART2 = 0x4000E000, /* the scanner; the other way, the printer */
    UART0_IRQ = 5,
    UART1_IRQ = 6,
    UART2_IRQ = 33,
    WATCHDOG = 0x40000000,
    WATCHDOG_IRQ = 18,
    SSI0 = 0x40008000, /* the SD card and the display */
    I2C0 = 0x40020000, /* the EEPROM */
    I2C_HZ = 400000,
    ETHERNET = 0x40048000,
    ETHERNET_IRQ = 42
};

/* System control. */
enum {
    SYSTEM = 0x400FE000,
    RAW_INTERRUPTS = 0x50,
    RUN_CLOCK = 0x60,
    CLOCK_GATES_0 = 0x100, /* the watchdog */
    CLOCK_GATES_1 = 0x104, /* UART0-2, SSI0, I2C0 */
    CLOCK_GATES_2 = 0x108, /* ports A to G, Ethernet MAC and PHY */
    PLL_LOCKED = 1 << 6,
    /* 200 MHz of the PLL by 4, a crystal of 8 MHz on the main oscillator; without it until locked.
     */
    CLOCK_50_MHZ = 3 << 23 | 1 << 22 | 0xE << 6,
    CLOCK_BYPASS = 1 << 11
};

/* General-purpose ports: a data register whose address says which pins it touches. */
enum {
    PORT_A = 0x40004000,
    PORT_B = 0x40005000,
    PORT_C = 0x40006000,
    PORT_D = 0x40007000,
    PORT_E = 0x40024000,
    PORT_F = 0x40025000,
    PORT_G = 0x40026000,
    DIRECTION = 0x400,
    FUNCTION = 0x420,
    OPEN_DRAIN = 0x50C,
    PULL_UP = 0x510,
    DIGITAL = 0x51C
};

/* SSI0 is the card's while PD0 is low, and the panel's while PA3 is. */
enum { CARD_PIN = 1, PANEL_PIN = 1 << 3 };
/* Of port C. */
enum { PANEL_POWER = 1 << 6, PANEL_DATA = 1 << 7 };
/* The buttons pull low: up and left of port E, select of port F. */
enum { SUPERVISOR_PIN = 1, CANCEL_PIN = 1 << 2, CONFIRM_PIN = 1 << 1 };

enum {
    BLOB_SECTOR = 512,
    BLOB_BYTES = 60 * 1024, /* of the EEPROM's 64 KiB; then the keys */
    KEYS_AT = BLOB_BYTES,
    JOURNAL_BYTES = 1024 * 1024 /* of the card */
};

/* The longest step is an enrolment, which checks, stores and formats; a wait is cut short of it. */
enum { WATCHDOG_S = 8, WAIT_MAX_MS = 1000 };

static struct {
    struct hal hal;
    struct board_clock clock;
    struct uart till_line, scanner_line, entropy_line;
    struct uart_entropy entropy;
    struct stellaris_i2c i2c;
    struct at24c eeprom;
    struct at24c_window blobs;
    struct eeprom_keystore keystore;
    struct sd_card card;
    struct ssd0323 panel;
    uint32_t card_hz; /* what the bus is left at for the card */
    struct line_till till;
    struct line_scanner scanner;
    struct line_printer printer;
    struct buttons buttons;
    struct stellaris_enet enet;
    struct netstack net;
    uint8_t till_ring[256], scanner_ring[64], entropy_ring[32];
    char till_buffer[SCRIP_TILL_MESSAGE + 1];
} board;

static void till_interrupt(void)
{
    uart_interrupt(&board.till_line);
}

static void scanner_interrupt(void)
{
    uart_interrupt(&board.scanner_line);
}

static void entropy_interrupt(void)
{
    uart_interrupt(&board.entropy_line);
}

static void ethernet_interrupt(void)
{
    stellaris_enet_interrupt(&board.enet);
}

static bool is_low(uintptr_t port, uint32_t pin)
{
    return mmio_read(port, pin << 2) == 0;
}

static void tick(void)
{
    cpu_tick();
    buttons_sample(&board.buttons,
                   (uint8_t)(is_low(PORT_F, CONFIRM_PIN) << HAL_BUTTON_CONFIRM |
                             is_low(PORT_E, CANCEL_PIN) << HAL_BUTTON_CANCEL |
                             is_low(PORT_E, SUPERVISOR_PIN) << HAL_BUTTON_SUPERVISOR));
}

__attribute__((section(".vectors"), used)) static const union cpu_vector vectors[16 + 44] = {
    CPU_VECTORS(tick),
    [16 + UART0_IRQ] = {till_interrupt},
    [16 + UART1_IRQ] = {entropy_interrupt},
    [16 + WATCHDOG_IRQ] = {cpu_fault_watchdog},
    [16 + UART2_IRQ] = {scanner_interrupt},
    [16 + ETHERNET_IRQ] = {ethernet_interrupt},
};

static void set_pin(uintptr_t port, uint32_t pins, bool high)
{
    mmio_write(port, pins << 2, high ? pins : 0);
}

static void make_output(uintptr_t port, uint32_t pins)
{
    mmio_set(port, DIRECTION, pins);
    mmio_set(port, DIGITAL, pins);
}

static void make_button(uintptr_t port, uint32_t pins)
{
    mmio_set(port, PULL_UP, pins);
    mmio_set(port, DIGITAL, pins);
}

static void give_to_device(uintptr_t port, uint32_t pins)
{
    mmio_set(port, FUNCTION, pins);
    mmio_set(port, DIGITAL, pins);
}

static void open_clocks(void)
{
    mmio_write(SYSTEM, RUN_CLOCK, CLOCK_50_MHZ | CLOCK_BYPASS);
    while ((mmio_read(SYSTEM, RAW_INTERRUPTS) & PLL_LOCKED) == 0)
        continue;
    mmio_write(SYSTEM, RUN_CLOCK, CLOCK_50_MHZ);
    mmio_write(SYSTEM, CLOCK_GATES_0, 1 << 3);
    mmio_write(SYSTEM, CLOCK_GATES_1, 1 << 12 | 1 << 4 | 7);
    mmio_write(SYSTEM, CLOCK_GATES_2, UINT32_C(1) << 30 | 1 << 28 | 0x7F);
    cpu_tick_open(CLOCK_HZ / 100);
    clock_open(&board.clock, cpu_cycles, CLOCK_HZ);
}

static void open_pins(void)
{
    give_to_device(PORT_A, 0x03 | 0x34); /* UART0; SSI0's clock, in and out */
    give_to_device(PORT_B, 0x0C);        /* I2C0 */
    give_to_device(PORT_D, 0x0C);        /* UART1 */
    give_to_device(PORT_G, 0x03);        /* UART2 */
    give_to_device(PORT_F, 0x0C);        /* the lights of the network's socket */
    mmio_set(PORT_B, OPEN_DRAIN, 0x0C);
    make_button(PORT_E, SUPERVISOR_PIN | CANCEL_PIN);
    make_button(PORT_F, CONFIRM_PIN);
    make_output(PORT_D, CARD_PIN);
    make_output(PORT_A, PANEL_PIN);
    make_output(PORT_C, PANEL_DATA | PANEL_POWER);
    set_pin(PORT_A, PANEL_PIN, true);
    set_pin(PORT_C, PANEL_DATA | PANEL_POWER, true);
}

static uint8_t bus_exchange(uint8_t out)
{
    return pl022_exchange(SSI0, out);
}

static void card_select(bool selected)
{
    set_pin(PORT_D, CARD_PIN, !selected);
}

static void card_speed(uint32_t bus_hz)
{
    board.card_hz = bus_hz;
    pl022_open(SSI0, CLOCK_HZ, bus_hz);
}

static void panel_select(bool selected)
{
    pl022_open(SSI0, CLOCK_HZ, selected ? (uint32_t)SSD0323_HZ : board.card_hz);
    set_pin(PORT_A, PANEL_PIN, !selected);
}

static void panel_data(bool data)
{
    set_pin(PORT_C, PANEL_DATA, data);
}

static enum scrip_status open_storage(void)
{
    static const struct sd_bus bus = {bus_exchange, card_select, card_speed};

    stellaris_i2c_open(&board.i2c, I2C0, CLOCK_HZ, I2C_HZ);
    board.eeprom = (struct at24c){&board.i2c.bus, 0x50};
    at24c_window_open(&board.blobs, &board.eeprom, 0, BLOB_BYTES, BLOB_SECTOR);
    eeprom_keystore_open(&board.keystore, &board.eeprom, KEYS_AT);
    return sd_card_open(&board.card, &bus, JOURNAL_BYTES);
}

/* Behind the card, which sets the bus's speed for both. */
static void open_panel(void)
{
    static const struct ssd0323_bus bus = {panel_select, panel_data, bus_exchange};

    ssd0323_open(&board.panel, &bus);
    if (*cpu_last_words() != '\0') {
        enum scrip_status shown = board.panel.hal.show(&board.panel, "Restarted", cpu_last_words(),
                                                       HAL_TONE_NONE);
        (void)shown;
    }
}

static void open_line(struct uart *uart, uintptr_t base, unsigned irq, void *ring, uint32_t size)
{
    pl011_open(base, CLOCK_HZ, BAUD);
    uart_open(uart, &pl011, base, ring, size);
    cpu_irq_enable(irq);
}

static void open_lines(void)
{
    open_line(&board.till_line, UART0, UART0_IRQ, board.till_ring, sizeof board.till_ring);
    open_line(&board.entropy_line, UART1, UART1_IRQ, board.entropy_ring, sizeof board.entropy_ring);
    open_line(&board.scanner_line, UART2, UART2_IRQ, board.scanner_ring, sizeof board.scanner_ring);
    line_till_open(&board.till, &board.till_line, board.till_buffer, sizeof board.till_buffer - 1);
    line_scanner_open(&board.scanner, &board.scanner_line, &board.clock);
    line_printer_open(&board.printer, &board.scanner_line);
    uart_entropy_open(&board.entropy, &board.entropy_line, &board.clock);
}

static void open_network(void)
{
    /* Locally administered: a product writes its own into the part's user registers. */
    static const uint8_t address[ETHERNET_ADDRESS] = {0x02, 0x53, 0x43, 0x52, 0x49, 0x50};

    stellaris_enet_open(&board.enet, ETHERNET, address);
    netstack_open(&board.net, &board.enet.ethernet, &board.clock, &board.entropy.hal);
    cpu_irq_enable(ETHERNET_IRQ);
}

enum scrip_status board_open(int argc, char **argv, const struct hal **hal)
{
    (void)argc;
    (void)argv;
    buttons_open(&board.buttons); /* the tick looks at them */
    open_clocks();
    sp805_open(WATCHDOG, WATCHDOG_S * CLOCK_HZ);
    cpu_irq_enable(WATCHDOG_IRQ);
    if (*cpu_last_words() != '\0')
        image_log.write(NULL, HAL_LOG_WARNING, cpu_last_words());
    open_pins();
    open_lines();
    if (open_storage() != SCRIP_OK) {
        image_log.write(NULL, HAL_LOG_ERROR, "no SD card answers: insert one and restart");
        return SCRIP_FAULT_FLASH;
    }
    open_panel();
    open_network();
    board.hal = (struct hal){.journal = &board.card.hal,
                             .blobs = &board.blobs.hal,
                             .keystore = &board.keystore.hal,
                             .entropy = &board.entropy.hal,
                             .rtc = &board.clock.hal,
                             .log = &image_log,
                             .net = &board.net.hal,
                             .scanner = &board.scanner.hal,
                             .display = &board.panel.hal,
                             .printer = &board.printer.hal,
                             .buttons = &board.buttons.hal,
                             .till = &board.till.hal};
    *hal = &board.hal;
    return SCRIP_OK;
}

int board_wait(uint32_t timeout_ms)
{
    uint64_t until_ms = clock_ms(&board.clock) +
                        (timeout_ms < WAIT_MAX_MS ? timeout_ms : (uint32_t)WAIT_MAX_MS);

    sp805_feed(WATCHDOG);
    netstack_poll(&board.net);
    while (!uart_waiting(&board.till_line) && !uart_waiting(&board.scanner_line) &&
           !buttons_waiting(&board.buttons) && !board.enet.waiting &&
           clock_ms(&board.clock) < until_ms) {
        cpu_sleep();
        if (!board.enet.waiting)
            netstack_poll(&board.net);
    }
    return !board.till.restart;
}
