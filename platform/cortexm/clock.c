#include "platform/cortexm/clock.h"

uint64_t clock_ms(struct board_clock *clock)
{
    uint32_t now = clock->count();
    uint64_t thousandths = (uint64_t)(uint32_t)(now - clock->last) * 1000 + clock->rest;

    clock->last = now;
    clock->now_ms += thousandths / clock->hz;
    clock->rest = (uint32_t)(thousandths % clock->hz);
    return clock->now_ms;
}

static uint64_t uptime_ms(void *context)
{
    return clock_ms(context);
}

static enum scrip_status no_read(void *context, uint32_t *unix_s)
{
    (void)context;
    *unix_s = 0;
    return SCRIP_FAULT_DEVICE;
}

static enum scrip_status no_set(void *context, uint32_t unix_s)
{
    (void)context;
    (void)unix_s;
    return SCRIP_FAULT_DEVICE;
}

void clock_open(struct board_clock *clock, uint32_t (*count)(void), uint32_t hz)
{
    *clock = (struct board_clock){
        .hal = {clock, HAL_RTC_NONE, uptime_ms, no_read, no_set}, .count = count, .hz = hz};
    clock->last = count();
}
