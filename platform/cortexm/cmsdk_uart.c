#include "platform/cortexm/cmsdk_uart.h"

#include "platform/cortexm/mmio.h"

enum { DATA = 0x00, STATE = 0x04, CTRL = 0x08, INTSTATUS = 0x0C, BAUDDIV = 0x10 };
enum { TX_FULL = 1, RX_FULL = 2 };
enum { TX_ENABLE = 1, RX_ENABLE = 2, RX_INTERRUPT = 8 };
enum { RX_PENDING = 2 };

static bool received(uintptr_t base, uint8_t *byte)
{
    mmio_write(base, INTSTATUS, RX_PENDING);
    if ((mmio_read(base, STATE) & RX_FULL) == 0)
        return false;
    *byte = (uint8_t)mmio_read(base, DATA);
    return true;
}

static void listen(uintptr_t base, bool on)
{
    mmio_write(base, CTRL, TX_ENABLE | RX_ENABLE | (on ? RX_INTERRUPT : 0));
    /* Masking does not withdraw what is pending. */
    if (!on)
        mmio_write(base, INTSTATUS, RX_PENDING);
}

/* The data register is all there is between us and the line. */
static void drain(uintptr_t base)
{
    while ((mmio_read(base, STATE) & TX_FULL) != 0)
        continue;
}

static void send(uintptr_t base, uint8_t byte)
{
    drain(base);
    mmio_write(base, DATA, byte);
}

const struct uart_device cmsdk_uart = {received, listen, send, drain};

void cmsdk_uart_open(uintptr_t base, uint32_t clock_hz, uint32_t baud)
{
    mmio_write(base, BAUDDIV, clock_hz / baud);
    mmio_write(base, CTRL, TX_ENABLE | RX_ENABLE);
}
