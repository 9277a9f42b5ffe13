/*
 * i2c: a bus of which this processor is the only master.
 */
#ifndef PLATFORM_CORTEXM_I2C_H
#define PLATFORM_CORTEXM_I2C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct i2c {
    void *context;

    /* One transfer: start, the device's address, out_len bytes out (at least one); then, where
     * in_len is not 0, start again and in_len bytes in; stop. False: a byte was not acknowledged,
     * and the bus is free again. Waits for the bus: 90 us a byte at 100 kHz. */
    bool (*transfer)(void *context, uint8_t address, const void *out, size_t out_len, void *in,
                     size_t in_len);
};

#endif
