/*
 * rtc: hal_rtc over the system's clocks.
 *
 * Uptime is CLOCK_BOOTTIME, which also counts while the machine sleeps. The wall clock is
 * CLOCK_REALTIME: settable by whoever owns the machine, so the agent never takes it for more than
 * that. It belongs to the machine, and is set only where posix_rtc_settable is chosen.
 */
#ifndef PLATFORM_POSIX_RTC_H
#define PLATFORM_POSIX_RTC_H

#include "hal/rtc.h"

extern const struct hal_rtc posix_rtc;          /* set() answers FAULT_DEVICE */
extern const struct hal_rtc posix_rtc_settable; /* set() sets the machine's clock */

#endif
