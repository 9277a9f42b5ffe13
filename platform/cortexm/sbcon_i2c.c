#include "platform/cortexm/sbcon_i2c.h"

#include "platform/cortexm/mmio.h"

enum { CONTROL = 0, SET = 0, CLEAR = 4 };
enum { SCL = 1, SDA = 2 };
enum { LOOP_CYCLES = 4 };

static void pause(const struct sbcon_i2c *i2c)
{
    for (uint32_t i = 0; i < i2c->half_loops; i++)
        __asm__ volatile("");
}

/* The lines are open drain: set lets go. */
static void drive(const struct sbcon_i2c *i2c, uint32_t line, bool high)
{
    mmio_write(i2c->base, high ? SET : CLEAR, line);
    pause(i2c);
}

static void start(const struct sbcon_i2c *i2c)
{
    drive(i2c, SDA, true);
    drive(i2c, SCL, true);
    drive(i2c, SDA, false);
    drive(i2c, SCL, false);
}

static void stop(const struct sbcon_i2c *i2c)
{
    drive(i2c, SDA, false);
    drive(i2c, SCL, true);
    drive(i2c, SDA, true);
}

static bool clock_bit(const struct sbcon_i2c *i2c, bool out)
{
    drive(i2c, SDA, out);
    drive(i2c, SCL, true);
    bool in = (mmio_read(i2c->base, CONTROL) & SDA) != 0;
    drive(i2c, SCL, false);
    return in;
}

/* False: not acknowledged. */
static bool put(const struct sbcon_i2c *i2c, uint8_t byte)
{
    for (int bit = 7; bit >= 0; bit--)
        (void)clock_bit(i2c, (byte >> bit & 1) != 0);
    return !clock_bit(i2c, true);
}

static uint8_t get(const struct sbcon_i2c *i2c, bool more)
{
    uint8_t byte = 0;

    for (int bit = 0; bit < 8; bit++)
        byte = (uint8_t)(byte << 1 | (clock_bit(i2c, true) ? 1 : 0));
    (void)clock_bit(i2c, !more);
    return byte;
}

static bool move(const struct sbcon_i2c *i2c, uint8_t address, const uint8_t *out, size_t out_len,
                 uint8_t *in, size_t in_len)
{
    start(i2c);
    if (!put(i2c, (uint8_t)(address << 1)))
        return false;
    for (size_t i = 0; i < out_len; i++) {
        if (!put(i2c, out[i]))
            return false;
    }
    if (in_len > 0) {
        start(i2c);
        if (!put(i2c, (uint8_t)(address << 1 | 1)))
            return false;
        for (size_t i = 0; i < in_len; i++)
            in[i] = get(i2c, i + 1 < in_len);
    }
    return true;
}

static bool transfer(void *context, uint8_t address, const void *out, size_t out_len, void *in,
                     size_t in_len)
{
    const struct sbcon_i2c *i2c = context;
    bool done = move(i2c, address, out, out_len, in, in_len);

    stop(i2c);
    return done;
}

void sbcon_i2c_open(struct sbcon_i2c *i2c, uintptr_t base, uint32_t clock_hz, uint32_t bus_hz)
{
    *i2c = (struct sbcon_i2c){.bus = {.context = i2c, .transfer = transfer},
                              .base = base,
                              .half_loops = clock_hz / bus_hz / 2 / LOOP_CYCLES};
    /* A device that a reset has stopped in the middle of a byte lets go within nine clocks. */
    for (int i = 0; i < 9; i++)
        (void)clock_bit(i2c, true);
    stop(i2c);
}
