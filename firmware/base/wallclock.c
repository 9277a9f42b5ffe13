#include "base/wallclock.h"

#include <string.h>

enum {
    GOOD_MS = 30 * 1000,
    FAIR_MS = 120 * 1000,
    BOOT_MS = 30 * 1000, /* what an RTC may have lost or gained over a power-off */
    HOST_MS = 1000,      /* the host's time is in whole seconds */
    DRIFT = 5000,        /* 200 ppm: one in 5,000 */
    TOLERANCE_S = 30,
    TOLERANCE_UNC_S = 90
};

static uint32_t clamp_u32(uint64_t value)
{
    return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

static uint64_t uptime(const struct wallclock *clock)
{
    return clock->rtc->uptime_ms(clock->rtc->context);
}

static void set(struct wallclock *clock, enum wallclock_source source, uint32_t t_s,
                uint64_t unc_ms)
{
    clock->source = source;
    clock->base_s = t_s;
    clock->base_unc_ms = clamp_u32(unc_ms);
    clock->base_up_ms = uptime(clock);
}

void wallclock_open(struct wallclock *clock, const struct hal_rtc *rtc, uint32_t floor_s,
                    uint32_t last_unc_s, uint32_t signed_s, uint32_t max_offline_s)
{
    *clock = (struct wallclock){.rtc = rtc, .floor_s = floor_s, .signed_s = signed_s};
    set(clock, WALLCLOCK_NONE, floor_s, UINT32_MAX);

    uint32_t t_s;
    if (rtc->kind == HAL_RTC_NONE || rtc->read(rtc->context, &t_s) != SCRIP_OK)
        return;
    if (t_s < floor_s || t_s - floor_s > max_offline_s)
        return;
    uint64_t gap_ms = (uint64_t)(t_s - floor_s) * 1000;
    uint64_t unc_ms = (uint64_t)last_unc_s * 1000 + (gap_ms + DRIFT - 1) / DRIFT + BOOT_MS;
    set(clock, WALLCLOCK_RTC, t_s, unc_ms > GOOD_MS ? unc_ms : GOOD_MS + 1);
}

void wallclock_read(const struct wallclock *clock, struct wallclock_time *now)
{
    uint64_t up_ms = uptime(clock);
    uint64_t elapsed_ms = up_ms - clock->base_up_ms;
    bool known = clock->source != WALLCLOCK_NONE;
    uint64_t unc_ms = clock->base_unc_ms + (elapsed_ms + DRIFT - 1) / DRIFT;

    memset(now, 0, sizeof *now);
    now->t_s = clamp_u32(clock->base_s + elapsed_ms / 1000);
    now->unc_s = known ? clamp_u32((unc_ms + 999) / 1000) : UINT32_MAX;
    now->tolerance_s = TOLERANCE_S + (now->unc_s < TOLERANCE_UNC_S ? now->unc_s : TOLERANCE_UNC_S);
    if (known && unc_ms <= GOOD_MS)
        now->quality = WALLCLOCK_GOOD;
    else if (known && unc_ms <= FAIR_MS)
        now->quality = WALLCLOCK_FAIR;
    else
        now->quality = WALLCLOCK_BAD;
    now->source = clock->source;
    now->floor_s = clock->floor_s;
    if (clock->signed_s == 0 || clock->signed_s > (uint64_t)now->t_s + now->tolerance_s)
        now->signed_age_s = UINT32_MAX;
    else
        now->signed_age_s = now->t_s > clock->signed_s ? now->t_s - clock->signed_s : 0;
    now->up_s = clamp_u32(up_ms / 1000);
}

uint32_t wallclock_least(const struct wallclock_time *now)
{
    if (now->quality != WALLCLOCK_BAD)
        return now->t_s;
    bool witness = now->source == WALLCLOCK_HOST || now->source == WALLCLOCK_RTC;
    uint32_t earliest_s = witness && now->t_s > now->unc_s ? now->t_s - now->unc_s : 0;
    return earliest_s > now->floor_s ? earliest_s : now->floor_s;
}

uint32_t wallclock_floor_unc_s(const struct wallclock *clock)
{
    if (clock->source == WALLCLOCK_NONE)
        return UINT32_MAX;
    uint64_t elapsed_ms = uptime(clock) - clock->base_up_ms;
    uint64_t t_ms = (uint64_t)clock->base_s * 1000 + elapsed_ms;
    uint64_t floor_ms = (uint64_t)clock->floor_s * 1000;
    uint64_t unc_ms = clock->base_unc_ms + elapsed_ms / DRIFT;
    uint64_t added_ms = (t_ms > floor_ms ? t_ms - floor_ms : 0) / DRIFT +
                        (clock->source == WALLCLOCK_RTC ? BOOT_MS : 0);
    return unc_ms > added_ms ? clamp_u32((unc_ms - added_ms + 500) / 1000) : 0;
}

enum scrip_status wallclock_set_host(struct wallclock *clock, uint32_t t_s, uint64_t asked_up_ms)
{
    uint64_t up_ms = uptime(clock);
    if (t_s < clock->floor_s || asked_up_ms > up_ms)
        return SCRIP_REFUSED_CLOCK;
    set(clock, WALLCLOCK_HOST, t_s, up_ms - asked_up_ms + HOST_MS);
    clock->floor_s = t_s;
    clock->signed_s = t_s;
    /* An RTC that cannot be set costs certainty after the next boot, and nothing now. */
    if (clock->rtc->kind == HAL_RTC_SETTABLE)
        (void)clock->rtc->set(clock->rtc->context, t_s);
    return SCRIP_OK;
}

enum scrip_status wallclock_set_challenge(struct wallclock *clock, uint32_t iat_s,
                                          uint64_t shown_up_ms)
{
    struct wallclock_time now;
    uint64_t up_ms = uptime(clock);
    if (iat_s < clock->floor_s || shown_up_ms > up_ms)
        return SCRIP_REFUSED_CLOCK;
    wallclock_read(clock, &now);
    if (now.quality == WALLCLOCK_BAD)
        set(clock, WALLCLOCK_CHALLENGE, iat_s, up_ms - shown_up_ms);
    return SCRIP_OK;
}

void wallclock_raise_floor(struct wallclock *clock, uint32_t evidence_s)
{
    struct wallclock_time now;
    wallclock_read(clock, &now);
    /* After a challenge, T is an issuer's word itself: it is no witness for another. */
    if (now.quality == WALLCLOCK_BAD || now.source == WALLCLOCK_CHALLENGE)
        return;
    uint32_t earliest_s = now.t_s > now.unc_s ? now.t_s - now.unc_s : 0;
    uint32_t proven_s = evidence_s < earliest_s ? evidence_s : earliest_s;
    if (proven_s > clock->floor_s)
        clock->floor_s = proven_s;
}
