#include "platform/cortexm/sp805.h"

#include "platform/cortexm/mmio.h"

enum { LOAD = 0x000, CONTROL = 0x008, CLEAR = 0x00C, LOCK = 0xC00 };
enum { INTERRUPT = 1, RESET = 2, KEY = 0x1ACCE551, LOCKED = 1 };

void sp805_open(uintptr_t base, uint32_t period)
{
    mmio_write(base, LOCK, KEY);
    mmio_write(base, LOAD, period);
    mmio_write(base, CONTROL, INTERRUPT | RESET);
    mmio_write(base, LOCK, LOCKED);
}

/* Clearing the interrupt, which need not be there, begins a new period. */
void sp805_feed(uintptr_t base)
{
    mmio_write(base, LOCK, KEY);
    mmio_write(base, CLEAR, 1);
    mmio_write(base, LOCK, LOCKED);
}
