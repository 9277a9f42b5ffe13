/*
 * What the system gives as it is: random bytes and clocks.
 */
#include <time.h>
#include <unistd.h>

#include "platform/posix/entropy.h"
#include "platform/posix/rtc.h"
#include "tests/check.h"

static void test_random_bytes_fill_the_whole_and_never_repeat(void)
{
    uint8_t one[256] = {0}, two[256] = {0}, more[257] = {0};
    size_t changed = 0;

    CHECK_STATUS(posix_entropy.read(posix_entropy.context, one, sizeof one), SCRIP_OK);
    CHECK_STATUS(posix_entropy.read(posix_entropy.context, two, sizeof two), SCRIP_OK);
    CHECK(memcmp(one, two, sizeof one) != 0);
    for (size_t i = 0; i < sizeof one; i++)
        changed += one[i] != 0 || two[i] != 0;
    CHECK(changed > sizeof one - 8);
    CHECK_STATUS(posix_entropy.read(posix_entropy.context, more, sizeof more), SCRIP_FAULT_ENTROPY);
    CHECK_STATUS(posix_entropy.read(posix_entropy.context, more, 0), SCRIP_OK);
}

static void test_uptime_counts_milliseconds(void)
{
    uint64_t before = posix_rtc.uptime_ms(posix_rtc.context);
    (void)usleep(20 * 1000);
    uint64_t after = posix_rtc.uptime_ms(posix_rtc.context);

    CHECK(after - before >= 20);
    CHECK(after - before < 5000);
}

static void test_the_wall_clock_is_the_machines_and_stays_so(void)
{
    uint32_t now_s = 0, later_s = 0;

    CHECK_EQ_INT(posix_rtc.kind, HAL_RTC_SETTABLE);
    CHECK_STATUS(posix_rtc.read(posix_rtc.context, &now_s), SCRIP_OK);
    CHECK(time(NULL) - (time_t)now_s <= 1);
    CHECK_STATUS(posix_rtc.set(posix_rtc.context, now_s + 1000), SCRIP_FAULT_DEVICE);
    CHECK_STATUS(posix_rtc.read(posix_rtc.context, &later_s), SCRIP_OK);
    CHECK(later_s - now_s <= 1);
}

int main(void)
{
    CHECK_RUN(test_random_bytes_fill_the_whole_and_never_repeat);
    CHECK_RUN(test_uptime_counts_milliseconds);
    CHECK_RUN(test_the_wall_clock_is_the_machines_and_stays_so);
    return check_done();
}
