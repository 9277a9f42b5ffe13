/*
 * clock: hal_rtc over a free-running 32-bit timer, without a wall clock.
 *
 * The timer counts by itself, so no tick can be lost; it must be read once in each of its laps,
 * which whoever waits does (the shortest here is 85 s).
 *
 * Memory   The caller owns struct board_clock; hal points into it, so it must not move.
 * Threads  Owner task only.
 */
#ifndef PLATFORM_CORTEXM_CLOCK_H
#define PLATFORM_CORTEXM_CLOCK_H

#include "hal/rtc.h"

struct board_clock {
    struct hal_rtc hal;
    volatile const uint32_t *counter; /* counts down, wrapping at 2^32 */
    uint32_t hz;
    uint32_t last; /* the counter as last read */
    uint32_t rest; /* counts that make no whole millisecond yet, times 1,000 */
    uint64_t now_ms;
};

void clock_open(struct board_clock *clock, volatile const uint32_t *counter, uint32_t hz);
uint64_t clock_ms(struct board_clock *clock);

#endif
