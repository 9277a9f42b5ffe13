#include "platform/cortexm/pl011.h"

#include "platform/cortexm/mmio.h"

enum { DATA = 0x00, FLAGS = 0x18, IBRD = 0x24, FBRD = 0x28, LCRH = 0x2C, CTRL = 0x30 };
enum { FIFO_LEVEL = 0x34, MASK = 0x38, CLEAR = 0x44 };
enum { BUSY = 1 << 3, RX_EMPTY = 1 << 4, TX_FULL = 1 << 5 };
enum { EIGHT_BITS_FIFO = 0x70, ENABLE_TX_RX = 0x301 };
enum { RX_LEVEL = 1 << 4, RX_TIMEOUT = 1 << 6 };

static bool received(uintptr_t base, uint8_t *byte)
{
    if ((mmio_read(base, FLAGS) & RX_EMPTY) != 0) {
        mmio_write(base, CLEAR, RX_LEVEL | RX_TIMEOUT);
        return false;
    }
    *byte = (uint8_t)mmio_read(base, DATA);
    return true;
}

static void listen(uintptr_t base, bool on)
{
    mmio_write(base, MASK, on ? RX_LEVEL | RX_TIMEOUT : 0);
}

static void send(uintptr_t base, uint8_t byte)
{
    while ((mmio_read(base, FLAGS) & TX_FULL) != 0)
        continue;
    mmio_write(base, DATA, byte);
}

static void drain(uintptr_t base)
{
    while ((mmio_read(base, FLAGS) & BUSY) != 0)
        continue;
}

const struct uart_device pl011 = {received, listen, send, drain};

void pl011_open(uintptr_t base, uint32_t clock_hz, uint32_t baud)
{
    /* In sixty-fourths of the baud rate's sixteenfold, rounded. */
    uint32_t divisor = (clock_hz * 8 / baud + 1) / 2;

    mmio_write(base, CTRL, 0);
    mmio_write(base, IBRD, divisor / 64);
    mmio_write(base, FBRD, divisor % 64);
    mmio_write(base, LCRH, EIGHT_BITS_FIFO);
    mmio_write(base, FIFO_LEVEL, 0); /* interrupt at an eighth full, or when the line pauses */
    mmio_write(base, CTRL, ENABLE_TX_RX);
}
