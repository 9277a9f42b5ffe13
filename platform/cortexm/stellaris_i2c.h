/*
 * stellaris_i2c: the I2C master of Stellaris parts (LM3S6965 data sheet, chapter 14).
 *
 * Between what goes out and what comes in it stops and starts anew: a serial EEPROM keeps its
 * address over that, and nobody else is on the bus.
 */
#ifndef PLATFORM_CORTEXM_STELLARIS_I2C_H
#define PLATFORM_CORTEXM_STELLARIS_I2C_H

#include "platform/cortexm/i2c.h"

struct stellaris_i2c {
    struct i2c bus; /* points into the struct, so it must not move */
    uintptr_t base;
};

void stellaris_i2c_open(struct stellaris_i2c *i2c, uintptr_t base, uint32_t clock_hz,
                        uint32_t bus_hz);

#endif
