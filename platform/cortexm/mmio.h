/*
 * mmio: a device's registers, by the device's address and the register's offset.
 *
 * On any other processor they are functions, which the tests of the drivers provide: a fake device
 * answers each access (tests/cortexm/device.h).
 */
#ifndef PLATFORM_CORTEXM_MMIO_H
#define PLATFORM_CORTEXM_MMIO_H

#include <stdint.h>

#ifdef __arm__

static inline uint32_t mmio_read(uintptr_t base, uint32_t offset)
{
    return *(volatile uint32_t *)(base + offset);
}

static inline void mmio_write(uintptr_t base, uint32_t offset, uint32_t value)
{
    *(volatile uint32_t *)(base + offset) = value;
}

#else

uint32_t mmio_read(uintptr_t base, uint32_t offset);
void mmio_write(uintptr_t base, uint32_t offset, uint32_t value);

#endif

static inline void mmio_set(uintptr_t base, uint32_t offset, uint32_t bits)
{
    mmio_write(base, offset, mmio_read(base, offset) | bits);
}

#endif
