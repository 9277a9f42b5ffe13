#include "platform/cortexm/stellaris_i2c.h"

#include "platform/cortexm/mmio.h"

enum { ADDRESS = 0x00, CONTROL = 0x04, DATA = 0x08, PERIOD = 0x0C, CONFIG = 0x20 };
enum { RUN = 1, START = 2, STOP = 4, ACK = 8 };
enum { BUSY = 1, ERROR = 2, NO_ACK = 12, LOST = 16 };
enum { MASTER = 1 << 4 };

/* One step of the master. False: not acknowledged. */
static bool step(const struct stellaris_i2c *i2c, uint32_t what)
{
    mmio_write(i2c->base, CONTROL, what);
    uint32_t state;
    do
        state = mmio_read(i2c->base, CONTROL);
    while ((state & BUSY) != 0);
    if ((state & (ERROR | NO_ACK | LOST)) == 0)
        return true;
    /* A byte that was refused in the middle leaves the bus ours. */
    if ((what & STOP) == 0)
        mmio_write(i2c->base, CONTROL, STOP);
    return false;
}

/* What the next byte does beside being moved. */
static uint32_t around(size_t i, size_t len)
{
    return RUN | (i == 0 ? (uint32_t)START : 0) | (i + 1 == len ? (uint32_t)STOP : 0);
}

static bool transfer(void *context, uint8_t address, const void *out, size_t out_len, void *in,
                     size_t in_len)
{
    const struct stellaris_i2c *i2c = context;
    const uint8_t *from = out;
    uint8_t *to = in;

    mmio_write(i2c->base, ADDRESS, (uint32_t)address << 1);
    for (size_t i = 0; i < out_len; i++) {
        mmio_write(i2c->base, DATA, from[i]);
        if (!step(i2c, around(i, out_len)))
            return false;
    }
    mmio_write(i2c->base, ADDRESS, (uint32_t)address << 1 | 1);
    for (size_t i = 0; i < in_len; i++) {
        if (!step(i2c, around(i, in_len) | (i + 1 < in_len ? (uint32_t)ACK : 0)))
            return false;
        to[i] = (uint8_t)mmio_read(i2c->base, DATA);
    }
    return true;
}

void stellaris_i2c_open(struct stellaris_i2c *i2c, uintptr_t base, uint32_t clock_hz,
                        uint32_t bus_hz)
{
    *i2c = (struct stellaris_i2c){.bus = {.context = i2c, .transfer = transfer}, .base = base};
    mmio_write(base, CONFIG, MASTER);
    /* Rounded up: the bus is never faster than its parts. */
    mmio_write(base, PERIOD, (clock_hz + 20 * bus_hz - 1) / (20 * bus_hz) - 1);
}
