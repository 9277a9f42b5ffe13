/*
 * cmsdk_uart: the UART of Arm's Cortex-M System Design Kit (DDI 0479, section 4.3).
 */
#ifndef PLATFORM_CORTEXM_CMSDK_UART_H
#define PLATFORM_CORTEXM_CMSDK_UART_H

#include "platform/cortexm/uart.h"

extern const struct uart_device cmsdk_uart;

void cmsdk_uart_open(uintptr_t base, uint32_t clock_hz, uint32_t baud);

#endif
