/*
 * mmio: a device register by its address.
 */
#ifndef PLATFORM_CORTEXM_MMIO_H
#define PLATFORM_CORTEXM_MMIO_H

#include <stdint.h>

static inline volatile uint32_t *mmio(uintptr_t base, uint32_t offset)
{
    return (volatile uint32_t *)(base + offset);
}

#endif
