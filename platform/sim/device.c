#include "platform/sim/device.h"

#include <string.h>

static enum scrip_status keystore_read(void *context, enum hal_key_slot slot, void *data,
                                       size_t cap, size_t *len)
{
    struct sim_keystore *keystore = context;

    if (keystore->unreadable)
        return SCRIP_FAULT_KEYSTORE;
    if (keystore->slot[slot].len == 0)
        return SCRIP_REFUSED_NOT_FOUND;
    if (keystore->slot[slot].len > cap)
        return SCRIP_FAULT_KEYSTORE;
    *len = keystore->slot[slot].len;
    memcpy(data, keystore->slot[slot].data, *len);
    return SCRIP_OK;
}

static enum scrip_status keystore_write(void *context, enum hal_key_slot slot, const void *data,
                                        size_t len)
{
    struct sim_keystore *keystore = context;

    if (keystore->off || len == 0 || len > sizeof keystore->slot[slot].data)
        return SCRIP_FAULT_KEYSTORE;
    memcpy(keystore->slot[slot].data, data, len);
    keystore->slot[slot].len = len;
    return SCRIP_OK;
}

static enum scrip_status counter_read(void *context, uint32_t *value)
{
    const struct sim_keystore *keystore = context;

    *value = keystore->counter;
    return SCRIP_OK;
}

static enum scrip_status counter_advance(void *context, uint32_t value)
{
    struct sim_keystore *keystore = context;

    if (keystore->off || value < keystore->counter)
        return SCRIP_FAULT_KEYSTORE;
    keystore->counter = value;
    return SCRIP_OK;
}

void sim_keystore_open(struct sim_keystore *keystore, bool has_counter)
{
    memset(keystore, 0, sizeof *keystore);
    keystore->hal = (struct hal_keystore){.context = keystore,
                                          .read = keystore_read,
                                          .write = keystore_write,
                                          .counter_read = has_counter ? counter_read : NULL,
                                          .counter_advance = has_counter ? counter_advance : NULL};
}

static enum scrip_status entropy_read(void *context, void *data, size_t len)
{
    struct sim_entropy *entropy = context;
    uint8_t *out = data;
    size_t i;

    if (entropy->broken || len > 256)
        return SCRIP_FAULT_ENTROPY;
    for (i = 0; i < len; i++) {
        uint64_t z = entropy->state += 0x9E3779B97F4A7C15u;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
        z = (z ^ z >> 27) * 0x94D049BB133111EBu;
        out[i] = (uint8_t)(z >> 56);
    }
    return SCRIP_OK;
}

void sim_entropy_open(struct sim_entropy *entropy, uint64_t seed)
{
    *entropy = (struct sim_entropy){.hal = {entropy, entropy_read}, .state = seed};
}

static uint64_t rtc_uptime_ms(void *context)
{
    const struct sim_rtc *rtc = context;

    return rtc->uptime_ms;
}

static enum scrip_status rtc_read(void *context, uint32_t *unix_s)
{
    const struct sim_rtc *rtc = context;

    if (rtc->hal.kind == HAL_RTC_NONE || rtc->lost)
        return SCRIP_FAULT_DEVICE;
    *unix_s = rtc->unix_s + (uint32_t)(rtc->uptime_ms / 1000);
    return SCRIP_OK;
}

static enum scrip_status rtc_set(void *context, uint32_t unix_s)
{
    struct sim_rtc *rtc = context;

    if (rtc->hal.kind != HAL_RTC_SETTABLE)
        return SCRIP_FAULT_DEVICE;
    rtc->unix_s = unix_s - (uint32_t)(rtc->uptime_ms / 1000);
    rtc->lost = false;
    return SCRIP_OK;
}

void sim_rtc_open(struct sim_rtc *rtc, enum hal_rtc_kind kind, uint32_t unix_s)
{
    *rtc = (struct sim_rtc){.hal = {rtc, kind, rtc_uptime_ms, rtc_read, rtc_set}, .unix_s = unix_s};
}

void sim_rtc_advance(struct sim_rtc *rtc, uint64_t ms)
{
    rtc->uptime_ms += ms;
}
