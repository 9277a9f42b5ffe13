/*
 * device: what stands under a driver of platform/cortexm in these tests, in place of the registers
 * and of the processor.
 *
 * A test sets the two functions, which see every access in its order, whatever the device's
 * address.
 */
#ifndef TESTS_CORTEXM_DEVICE_H
#define TESTS_CORTEXM_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/cortexm/clock.h"

enum { DEVICE_BASE = 0x40004000 };

struct device {
    uint32_t (*read)(uint32_t offset);
    void (*write)(uint32_t offset, uint32_t value);
    void (*slept)(void); /* what happens until cpu_sleep() returns; may be NULL */
    unsigned paused;     /* interrupts kept waiting, and not let go yet */
    uint32_t ms;         /* the time that device_clock() tells; each sleep takes 10 */
};

extern struct device device;

void device_open(uint32_t (*read)(uint32_t offset), void (*write)(uint32_t offset, uint32_t value));
void device_clock(struct board_clock *clock);

#endif
