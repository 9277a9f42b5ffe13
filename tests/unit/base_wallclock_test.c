/* wallclock: the rules of SPEC section 5, each at its border. */
#include "base/wallclock.h"
#include "tests/check.h"

enum { DAY = 86400, FLOOR = 1800000000, OFFLINE = 7 * DAY };

struct fake {
    struct hal_rtc hal;
    uint64_t up_ms;
    uint32_t rtc_s;
    bool dead;
    int sets;
};

static uint64_t fake_uptime(void *context)
{
    return ((struct fake *)context)->up_ms;
}

static enum scrip_status fake_read(void *context, uint32_t *unix_s)
{
    struct fake *fake = context;
    *unix_s = fake->rtc_s;
    return fake->dead ? SCRIP_FAULT_DEVICE : SCRIP_OK;
}

static enum scrip_status fake_set(void *context, uint32_t unix_s)
{
    struct fake *fake = context;
    if (fake->dead || fake->hal.kind != HAL_RTC_SETTABLE)
        return SCRIP_FAULT_DEVICE;
    fake->rtc_s = unix_s;
    fake->sets++;
    return SCRIP_OK;
}

static void fake_open(struct fake *fake, enum hal_rtc_kind kind, uint32_t rtc_s)
{
    *fake = (struct fake){{fake, kind, fake_uptime, fake_read, fake_set}, 1000, rtc_s, false, 0};
}

static struct wallclock_time read_clock(const struct wallclock *clock)
{
    struct wallclock_time now;
    wallclock_read(clock, &now);
    return now;
}

static void test_without_an_rtc_time_is_unknown(void)
{
    struct fake fake;
    struct wallclock clock;
    fake_open(&fake, HAL_RTC_NONE, FLOOR + 5);
    wallclock_open(&clock, &fake.hal, FLOOR, 0, 0, OFFLINE);
    fake.up_ms += 10 * 1000;
    struct wallclock_time now = read_clock(&clock);
    CHECK_EQ_INT(now.quality, WALLCLOCK_BAD);
    CHECK_EQ_INT(now.source, WALLCLOCK_NONE);
    CHECK_EQ_INT(now.t_s, FLOOR + 10);
    CHECK_EQ_INT(now.unc_s, UINT32_MAX);
    CHECK_EQ_INT(now.tolerance_s, 120);
    CHECK_EQ_INT(now.signed_age_s, UINT32_MAX);
    CHECK_EQ_INT(now.up_s, 11);
}

static void test_a_dead_rtc_is_none(void)
{
    struct fake fake;
    struct wallclock clock;
    fake_open(&fake, HAL_RTC_SETTABLE, FLOOR + 5);
    fake.dead = true;
    wallclock_open(&clock, &fake.hal, FLOOR, 0, 0, OFFLINE);
    CHECK_EQ_INT(read_clock(&clock).source, WALLCLOCK_NONE);
    CHECK_STATUS(wallclock_set_host(&clock, FLOOR + 9, fake.up_ms), SCRIP_OK);
    CHECK_EQ_INT(read_clock(&clock).quality, WALLCLOCK_GOOD);
}

static void test_boot_is_never_better_than_fair(void)
{
    struct fake fake;
    struct wallclock clock;
    fake_open(&fake, HAL_RTC_TRUSTED, FLOOR);
    wallclock_open(&clock, &fake.hal, FLOOR, 0, FLOOR, OFFLINE);
    struct wallclock_time now = read_clock(&clock);
    CHECK_EQ_INT(now.quality, WALLCLOCK_FAIR);
    CHECK_EQ_INT(now.source, WALLCLOCK_RTC);
    CHECK_EQ_INT(now.t_s, FLOOR);
    CHECK_EQ_INT(now.unc_s, 31);
    CHECK_EQ_INT(now.tolerance_s, 61);

    /* 5,000 s off: 1 s of drift, on top of the last 20 s and the 30 s of a boot. */
    fake.rtc_s = FLOOR + 5000;
    wallclock_open(&clock, &fake.hal, FLOOR, 20, FLOOR, OFFLINE);
    now = read_clock(&clock);
    CHECK_EQ_INT(now.unc_s, 51);
    CHECK_EQ_INT(now.tolerance_s, 81);
    CHECK_EQ_INT(now.signed_age_s, 5000);

    /* 90 s of drift and 30 s make 120 s, the last that is FAIR. */
    fake.rtc_s = FLOOR + 450000;
    wallclock_open(&clock, &fake.hal, FLOOR, 0, 0, OFFLINE);
    CHECK_EQ_INT(read_clock(&clock).quality, WALLCLOCK_FAIR);
    fake.rtc_s++;
    wallclock_open(&clock, &fake.hal, FLOOR, 0, 0, OFFLINE);
    CHECK_EQ_INT(read_clock(&clock).quality, WALLCLOCK_BAD);
    CHECK_EQ_INT(read_clock(&clock).source, WALLCLOCK_RTC);

    /* The largest figures do not wrap round to good ones. */
    wallclock_open(&clock, &fake.hal, 0, UINT32_MAX, 0, UINT32_MAX);
    CHECK_EQ_INT(read_clock(&clock).quality, WALLCLOCK_BAD);
}

static void test_boot_outside_the_believable_window(void)
{
    static const struct {
        uint32_t rtc_s;
        bool known;
    } cases[] = {{FLOOR - 1, false},    {FLOOR, true},       {FLOOR + 3600, true},
                 {FLOOR + 3601, false}, {UINT32_MAX, false}, {0, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fake fake;
        struct wallclock clock;
        fake_open(&fake, HAL_RTC_SETTABLE, cases[i].rtc_s);
        wallclock_open(&clock, &fake.hal, FLOOR, 1, 0, 3600);
        struct wallclock_time now = read_clock(&clock);
        CHECK_EQ_INT(now.quality != WALLCLOCK_BAD, cases[i].known);
        CHECK_EQ_INT(now.t_s, cases[i].known ? cases[i].rtc_s : FLOOR);
    }
}

static void test_quality_decays_by_200_ppm(void)
{
    struct fake fake;
    struct wallclock clock;
    fake_open(&fake, HAL_RTC_NONE, 0);
    wallclock_open(&clock, &fake.hal, FLOOR, 0, 0, OFFLINE);
    uint64_t asked_ms = fake.up_ms;
    fake.up_ms += 4000;
    CHECK_STATUS(wallclock_set_host(&clock, FLOOR + 100, asked_ms), SCRIP_OK);
    uint64_t set_ms = fake.up_ms;
    struct wallclock_time now = read_clock(&clock);
    CHECK_EQ_INT(now.unc_s, 5);
    CHECK_EQ_INT(now.tolerance_s, 35);
    CHECK_EQ_INT(now.quality, WALLCLOCK_GOOD);

    /* 25 s of drift take 125,000 s. */
    fake.up_ms = set_ms + 125000 * 1000;
    now = read_clock(&clock);
    CHECK_EQ_INT(now.t_s, FLOOR + 100 + 125000);
    CHECK_EQ_INT(now.unc_s, 30);
    CHECK_EQ_INT(now.quality, WALLCLOCK_GOOD);
    fake.up_ms++;
    now = read_clock(&clock);
    CHECK_EQ_INT(now.unc_s, 31);
    CHECK_EQ_INT(now.quality, WALLCLOCK_FAIR);

    fake.up_ms = set_ms + 575000 * (uint64_t)1000;
    now = read_clock(&clock);
    CHECK_EQ_INT(now.unc_s, 120);
    CHECK_EQ_INT(now.tolerance_s, 120);
    CHECK_EQ_INT(now.quality, WALLCLOCK_FAIR);
    CHECK_EQ_INT(now.signed_age_s, 575000);
    fake.up_ms++;
    CHECK_EQ_INT(read_clock(&clock).quality, WALLCLOCK_BAD);

    fake.up_ms = UINT64_MAX;
    CHECK_EQ_INT(read_clock(&clock).t_s, UINT32_MAX);
    CHECK_EQ_INT(read_clock(&clock).quality, WALLCLOCK_BAD);
}

static void test_host_time_and_the_floor(void)
{
    struct fake fake;
    struct wallclock clock;
    fake_open(&fake, HAL_RTC_SETTABLE, FLOOR + 50);
    wallclock_open(&clock, &fake.hal, FLOOR, 0, 0, OFFLINE);
    struct wallclock before = clock;
    CHECK_STATUS(wallclock_set_host(&clock, FLOOR - 1, fake.up_ms), SCRIP_REFUSED_CLOCK);
    CHECK_STATUS(wallclock_set_host(&clock, FLOOR + 1, fake.up_ms + 1), SCRIP_REFUSED_CLOCK);
    CHECK_EQ_INT(fake.sets, 0);
    CHECK_EQ_INT(clock.base_s, before.base_s);
    CHECK_EQ_INT(clock.signed_s, 0);

    /* The host may turn the clock back, but not below the floor. */
    CHECK_STATUS(wallclock_set_host(&clock, FLOOR + 20, fake.up_ms), SCRIP_OK);
    CHECK_EQ_INT(read_clock(&clock).t_s, FLOOR + 20);
    CHECK_EQ_INT(read_clock(&clock).floor_s, FLOOR + 20);
    CHECK_EQ_INT(read_clock(&clock).signed_age_s, 0);
    CHECK_EQ_INT(fake.sets, 1);
    CHECK_EQ_INT(fake.rtc_s, FLOOR + 20);
    CHECK_STATUS(wallclock_set_host(&clock, FLOOR + 19, fake.up_ms), SCRIP_REFUSED_CLOCK);

    fake_open(&fake, HAL_RTC_TRUSTED, FLOOR + 50);
    wallclock_open(&clock, &fake.hal, FLOOR, 0, 0, OFFLINE);
    CHECK_STATUS(wallclock_set_host(&clock, FLOOR + 20, fake.up_ms), SCRIP_OK);
    CHECK_EQ_INT(fake.rtc_s, FLOOR + 50);
}

static void test_a_challenge_dates_an_unknown_time(void)
{
    struct fake fake;
    struct wallclock clock;
    fake_open(&fake, HAL_RTC_NONE, 0);
    wallclock_open(&clock, &fake.hal, FLOOR, 0, 0, OFFLINE);
    uint64_t shown_ms = fake.up_ms;
    fake.up_ms += 20 * 1000;
    CHECK_STATUS(wallclock_set_challenge(&clock, FLOOR - 1, shown_ms), SCRIP_REFUSED_CLOCK);
    CHECK_EQ_INT(read_clock(&clock).quality, WALLCLOCK_BAD);
    CHECK_STATUS(wallclock_set_challenge(&clock, FLOOR + 500, shown_ms), SCRIP_OK);
    struct wallclock_time now = read_clock(&clock);
    CHECK_EQ_INT(now.t_s, FLOOR + 500);
    CHECK_EQ_INT(now.unc_s, 20);
    CHECK_EQ_INT(now.source, WALLCLOCK_CHALLENGE);
    CHECK_EQ_INT(now.quality, WALLCLOCK_GOOD);

    /* Known time is not moved by a customer's phone. */
    CHECK_STATUS(wallclock_set_challenge(&clock, FLOOR + 900, fake.up_ms), SCRIP_OK);
    CHECK_EQ_INT(read_clock(&clock).t_s, FLOOR + 500);

    /* Shown too long ago, it tells too little. */
    fake_open(&fake, HAL_RTC_NONE, 0);
    wallclock_open(&clock, &fake.hal, FLOOR, 0, 0, OFFLINE);
    fake.up_ms += 121 * 1000;
    CHECK_STATUS(wallclock_set_challenge(&clock, FLOOR + 500, 1000), SCRIP_OK);
    CHECK_EQ_INT(read_clock(&clock).quality, WALLCLOCK_BAD);
}

/* An issuer whose clock says 2035 answers our challenge: nothing that is kept moves, so that the
 * host's true time is still welcome, and nothing is taken for over that may not be. */
static void test_an_issuers_word_proves_nothing(void)
{
    struct fake fake;
    struct wallclock clock;
    fake_open(&fake, HAL_RTC_NONE, 0);
    wallclock_open(&clock, &fake.hal, FLOOR, 0, 0, OFFLINE);
    CHECK_STATUS(wallclock_set_challenge(&clock, 2051222400, fake.up_ms), SCRIP_OK);
    wallclock_raise_floor(&clock, 2051222400);
    wallclock_raise_floor(&clock, FLOOR + 1);
    CHECK_EQ_INT(read_clock(&clock).floor_s, FLOOR);
    fake.up_ms += (uint64_t)7 * DAY * 1000;
    struct wallclock_time now = read_clock(&clock);
    CHECK_EQ_INT(now.quality, WALLCLOCK_BAD);
    CHECK_EQ_INT(wallclock_least(&now), FLOOR);
    CHECK_STATUS(wallclock_set_host(&clock, FLOOR + 60, fake.up_ms), SCRIP_OK);
    CHECK_EQ_INT(read_clock(&clock).floor_s, FLOOR + 60);
}

static void test_what_is_over_is_known_longer_than_the_hour(void)
{
    struct fake fake;
    struct wallclock clock;
    fake_open(&fake, HAL_RTC_NONE, 0);
    wallclock_open(&clock, &fake.hal, FLOOR, 0, 0, OFFLINE);
    fake.up_ms += 50 * 1000;
    struct wallclock_time now = read_clock(&clock);
    CHECK_EQ_INT(wallclock_least(&now), FLOOR);
    CHECK_STATUS(wallclock_set_host(&clock, FLOOR + 100, fake.up_ms), SCRIP_OK);
    now = read_clock(&clock);
    CHECK_EQ_INT(wallclock_least(&now), FLOOR + 100);
    fake.up_ms += (uint64_t)14 * DAY * 1000;
    now = read_clock(&clock);
    CHECK_EQ_INT(now.quality, WALLCLOCK_BAD);
    CHECK_EQ_INT(now.unc_s, 243);
    CHECK_EQ_INT(wallclock_least(&now), FLOOR + 100 + 14 * DAY - 243);
}

static void test_evidence_raises_the_floor_to_what_is_past(void)
{
    struct fake fake;
    struct wallclock clock;
    fake_open(&fake, HAL_RTC_NONE, 0);
    wallclock_open(&clock, &fake.hal, FLOOR, 0, 0, OFFLINE);
    wallclock_raise_floor(&clock, FLOOR + 10);
    CHECK_EQ_INT(read_clock(&clock).floor_s, FLOOR);

    CHECK_STATUS(wallclock_set_host(&clock, FLOOR + 100, fake.up_ms), SCRIP_OK);
    fake.up_ms += 60 * 1000;
    wallclock_raise_floor(&clock, FLOOR + 50);
    CHECK_EQ_INT(read_clock(&clock).floor_s, FLOOR + 100);
    wallclock_raise_floor(&clock, FLOOR + 120);
    CHECK_EQ_INT(read_clock(&clock).floor_s, FLOOR + 120);

    /* A key set dated 2035 lifts the floor to T - u at most: the host's true time stays welcome. */
    wallclock_raise_floor(&clock, 2051222400);
    struct wallclock_time now = read_clock(&clock);
    CHECK_EQ_INT(now.floor_s, now.t_s - now.unc_s);
    CHECK_STATUS(wallclock_set_host(&clock, now.t_s - now.unc_s, fake.up_ms), SCRIP_OK);
}

/* A terminal that is offline for a day, restarts every hour and keeps a new floor each time, knows
 * the time as well as one that ran through, but for the restart. */
static void test_a_floor_keeps_its_uncertainty(void)
{
    struct fake fake;
    struct wallclock clock;
    uint32_t floor_s = FLOOR, unc_s = 5;
    fake_open(&fake, HAL_RTC_TRUSTED, FLOOR);
    for (int hour = 1; hour <= 24; hour++) {
        fake.rtc_s = FLOOR + (uint32_t)hour * 3600;
        wallclock_open(&clock, &fake.hal, floor_s, unc_s, FLOOR, OFFLINE);
        CHECK_EQ_INT(wallclock_floor_unc_s(&clock), unc_s);
        fake.up_ms += 1800 * 1000;
        wallclock_raise_floor(&clock, fake.rtc_s);
        CHECK(clock.floor_s > floor_s);
        floor_s = clock.floor_s;
        unc_s = wallclock_floor_unc_s(&clock);
    }
    fake.rtc_s = FLOOR + DAY;
    wallclock_open(&clock, &fake.hal, floor_s, unc_s, FLOOR, OFFLINE);
    uint32_t through_s = 5 + DAY / 5000 + 30;
    CHECK(read_clock(&clock).unc_s >= through_s - 1 && read_clock(&clock).unc_s <= through_s + 13);

    fake_open(&fake, HAL_RTC_NONE, FLOOR);
    wallclock_open(&clock, &fake.hal, FLOOR, 0, 0, OFFLINE);
    CHECK_EQ_INT(wallclock_floor_unc_s(&clock), UINT32_MAX);
}

int main(void)
{
    CHECK_RUN(test_without_an_rtc_time_is_unknown);
    CHECK_RUN(test_a_dead_rtc_is_none);
    CHECK_RUN(test_boot_is_never_better_than_fair);
    CHECK_RUN(test_boot_outside_the_believable_window);
    CHECK_RUN(test_quality_decays_by_200_ppm);
    CHECK_RUN(test_host_time_and_the_floor);
    CHECK_RUN(test_a_challenge_dates_an_unknown_time);
    CHECK_RUN(test_an_issuers_word_proves_nothing);
    CHECK_RUN(test_what_is_over_is_known_longer_than_the_hour);
    CHECK_RUN(test_evidence_raises_the_floor_to_what_is_past);
    CHECK_RUN(test_a_floor_keeps_its_uncertainty);
    return check_done();
}
