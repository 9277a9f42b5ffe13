#include "platform/cortexm/pl022.h"

#include "platform/cortexm/mmio.h"

enum { CONTROL0 = 0x00, CONTROL1 = 0x04, DATA = 0x08, STATE = 0x0C, PRESCALE = 0x10 };
enum { EIGHT_BITS = 7, ENABLE = 2, RX_NOT_EMPTY = 1 << 2 };

void pl022_open(uintptr_t base, uint32_t clock_hz, uint32_t bus_hz)
{
    uint32_t ratio = (clock_hz + 2 * bus_hz - 1) / (2 * bus_hz);

    mmio_write(base, CONTROL1, 0);
    mmio_write(base, PRESCALE, 2);
    mmio_write(base, CONTROL0, (ratio - 1) << 8 | EIGHT_BITS);
    mmio_write(base, CONTROL1, ENABLE);
}

uint8_t pl022_exchange(uintptr_t base, uint8_t out)
{
    mmio_write(base, DATA, out);
    while ((mmio_read(base, STATE) & RX_NOT_EMPTY) == 0)
        continue;
    return (uint8_t)mmio_read(base, DATA);
}
