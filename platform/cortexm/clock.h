/*
 * clock: hal_rtc over a 32-bit count that never stops, without a wall clock.
 *
 * It must be read once in each lap of the count, which whoever waits does (the shortest here is
 * 85 s).
 *
 * Memory   The caller owns struct board_clock; hal points into it, so it must not move.
 * Threads  Owner task only.
 */
#ifndef PLATFORM_CORTEXM_CLOCK_H
#define PLATFORM_CORTEXM_CLOCK_H

#include "hal/rtc.h"

struct board_clock {
    struct hal_rtc hal;
    uint32_t (*count)(void); /* upwards, wrapping at 2^32 */
    uint32_t hz;
    uint32_t last; /* the count as last read */
    uint32_t rest; /* counts that make no whole millisecond yet, times 1,000 */
    uint64_t now_ms;
};

void clock_open(struct board_clock *clock, uint32_t (*count)(void), uint32_t hz);
uint64_t clock_ms(struct board_clock *clock);

#endif
