#include "platform/posix/rtc.h"

#include <time.h>

static uint64_t rtc_uptime_ms(void *context)
{
    struct timespec now = {0};

    (void)context;
    (void)clock_gettime(CLOCK_BOOTTIME, &now); /* cannot fail for a clock that exists */
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static enum scrip_status rtc_read(void *context, uint32_t *unix_s)
{
    struct timespec now;

    (void)context;
    *unix_s = 0;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0 || now.tv_sec < 0 || now.tv_sec > UINT32_MAX)
        return SCRIP_FAULT_DEVICE;
    *unix_s = (uint32_t)now.tv_sec;
    return SCRIP_OK;
}

static enum scrip_status rtc_set(void *context, uint32_t unix_s)
{
    const struct timespec then = {.tv_sec = unix_s};

    (void)context;
    return clock_settime(CLOCK_REALTIME, &then) == 0 ? SCRIP_OK : SCRIP_FAULT_DEVICE;
}

static enum scrip_status rtc_keep(void *context, uint32_t unix_s)
{
    (void)context;
    (void)unix_s;
    return SCRIP_FAULT_DEVICE;
}

const struct hal_rtc posix_rtc = {
    .kind = HAL_RTC_SETTABLE, .uptime_ms = rtc_uptime_ms, .read = rtc_read, .set = rtc_keep};

const struct hal_rtc posix_rtc_settable = {
    .kind = HAL_RTC_SETTABLE, .uptime_ms = rtc_uptime_ms, .read = rtc_read, .set = rtc_set};
