/*
 * sbcon_i2c: Arm's two-wire serial bus control (DUI 0225, section 4.5), whose lines are driven by
 * hand.
 *
 * Memory   The caller owns struct sbcon_i2c; bus points into it, so it must not move.
 */
#ifndef PLATFORM_CORTEXM_SBCON_I2C_H
#define PLATFORM_CORTEXM_SBCON_I2C_H

#include "platform/cortexm/i2c.h"

struct sbcon_i2c {
    struct i2c bus;
    uintptr_t base;
    uint32_t half_loops; /* turns of an empty loop in half a bit */
};

void sbcon_i2c_open(struct sbcon_i2c *i2c, uintptr_t base, uint32_t clock_hz, uint32_t bus_hz);

#endif
