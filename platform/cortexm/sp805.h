/*
 * sp805: Arm's watchdog (SP805, DDI 0270), which Stellaris parts and the MPS2 boards have too.
 *
 * Two periods without being fed reset the part. After the first its interrupt comes, where
 * cpu_fault_watchdog() says what the processor was at and does not wait for the second; that is for
 * one whose interrupts are off.
 */
#ifndef PLATFORM_CORTEXM_SP805_H
#define PLATFORM_CORTEXM_SP805_H

#include <stdint.h>

/* period in the watchdog's own clocks. From here on it runs, and nothing stops it. */
void sp805_open(uintptr_t base, uint32_t period);
void sp805_feed(uintptr_t base);

#endif
