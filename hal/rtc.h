/*
 * hal_rtc: a monotonic millisecond counter, and a wall clock where the board has one.
 */
#ifndef HAL_RTC_H
#define HAL_RTC_H

#include <stdint.h>

#include "hal/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum hal_rtc_kind {
    HAL_RTC_NONE,     /* no wall clock: time is unknown at boot */
    HAL_RTC_SETTABLE, /* battery-backed, but anyone with the board may set it */
    HAL_RTC_TRUSTED   /* kept by something an attacker with the terminal cannot set */
};

struct hal_rtc {
    void *context;
    enum hal_rtc_kind kind;

    /* Milliseconds since boot; never goes back, never wraps in the life of a boot. Any context. */
    uint64_t (*uptime_ms)(void *context);

    /* Seconds since 1970-01-01 UTC. FAULT_DEVICE where there is none, or the battery was lost. */
    enum scrip_status (*read)(void *context, uint32_t *unix_s);

    /* Sets the clock. NONE and TRUSTED answer FAULT_DEVICE and change nothing. */
    enum scrip_status (*set)(void *context, uint32_t unix_s);
};

#ifdef __cplusplus
}
#endif

#endif
