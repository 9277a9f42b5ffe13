/*
 * pl011: Arm's PrimeCell UART (DDI 0183), and Stellaris's, which is one.
 */
#ifndef PLATFORM_CORTEXM_PL011_H
#define PLATFORM_CORTEXM_PL011_H

#include "platform/cortexm/uart.h"

extern const struct uart_device pl011;

void pl011_open(uintptr_t base, uint32_t clock_hz, uint32_t baud);

#endif
