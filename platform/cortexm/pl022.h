/*
 * pl022: Arm's PrimeCell synchronous serial port (DDI 0194) as an SPI master, eight bits, mode 0.
 */
#ifndef PLATFORM_CORTEXM_PL022_H
#define PLATFORM_CORTEXM_PL022_H

#include <stdint.h>

void pl022_open(uintptr_t base, uint32_t clock_hz, uint32_t bus_hz);
/* A byte out, and the one that came meanwhile. Waits for the bus. */
uint8_t pl022_exchange(uintptr_t base, uint8_t out);

#endif
