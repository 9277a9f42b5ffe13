/* The contracts of hal/rtc.h, and of board_wait(), which stands on the same timer. */
#include "images/selftest/selftest.h"

#include <string.h>

/* Never back, and not at rest: a timer of 100 Hz moves on within 20 ms. */
enum selftest_verdict time_monotonic(struct selftest *test)
{
    enum { READS = 20000, MORE_READS = 5000000 };
    uint64_t first = selftest_ms(test), last = first;

    for (int i = 0; i < READS; i++) {
        uint64_t now = selftest_ms(test);
        if (now < last)
            return selftest_broken(test, "uptime_ms goes back by %lu ms",
                                   (unsigned long)(last - now));
        last = now;
    }
    /* A wait that never waits is board.wait's affair. */
    if (last == first && test->wait(20) == 0)
        return selftest_broken(test, "the image was asked to end");
    for (uint32_t i = 0; i < MORE_READS && last == first; i++)
        last = selftest_ms(test);
    return last != first ? SELFTEST_KEPT : selftest_broken(test, "uptime_ms stands still");
}

/* A wait ends by itself. Events may cut some of them short, but not all: a board on which a wait
 * never waits burns its battery. */
enum selftest_verdict time_wait(struct selftest *test)
{
    enum { WAITS = 10, WAIT_MS = 20, LATE_MS = 1000 };
    uint64_t from_ms = selftest_ms(test);
    uint64_t took_ms;

    for (int i = 0; i < WAITS; i++) {
        if (test->wait(WAIT_MS) == 0)
            return selftest_broken(test, "the image was asked to end");
    }
    took_ms = selftest_ms(test) - from_ms;
    if (took_ms < WAIT_MS / 2 || took_ms > WAITS * WAIT_MS + LATE_MS)
        return selftest_broken(test, "%d waits of %d ms take %lu ms", WAITS, WAIT_MS,
                               (unsigned long)took_ms);
    return SELFTEST_KEPT;
}

static enum selftest_verdict no_clock(struct selftest *test)
{
    const struct hal_rtc *rtc = test->hal->rtc;
    uint32_t now;

    if (rtc->read(rtc->context, &now) != SCRIP_FAULT_DEVICE)
        return selftest_broken(test, "kind is NONE, and read answers a time");
    if (rtc->set(rtc->context, 1767225600) != SCRIP_FAULT_DEVICE)
        return selftest_broken(test, "kind is NONE, and set does not answer FAULT_DEVICE");
    return SELFTEST_KEPT;
}

/* It moves on with uptime_ms, to a second; nobody sets it but where that is refused. */
enum selftest_verdict time_wall(struct selftest *test)
{
    enum { WAIT_MS = 100, LIMIT = 20 };
    const struct hal_rtc *rtc = test->hal->rtc;
    uint32_t first, now, passed_s;
    uint64_t from_ms;
    enum scrip_status status;

    if (rtc->kind == HAL_RTC_NONE)
        return no_clock(test);
    if (rtc->kind != HAL_RTC_SETTABLE && rtc->kind != HAL_RTC_TRUSTED)
        return selftest_broken(test, "kind is no enum hal_rtc_kind");
    status = rtc->read(rtc->context, &first);
    if (status != SCRIP_OK)
        return selftest_broken(test, "read answers %s", scrip_status_name(status));
    if (rtc->kind == HAL_RTC_TRUSTED && rtc->set(rtc->context, first) != SCRIP_FAULT_DEVICE)
        return selftest_broken(test, "kind is TRUSTED, and set does not answer FAULT_DEVICE");
    from_ms = selftest_ms(test);
    now = first;
    for (int i = 0; i < LIMIT && now == first; i++) {
        if (test->wait(WAIT_MS) == 0 || rtc->read(rtc->context, &now) != SCRIP_OK)
            return selftest_broken(test, "a second read fails");
    }
    passed_s = (uint32_t)((selftest_ms(test) - from_ms) / 1000);
    if (now <= first || now - first > passed_s + 1)
        return selftest_broken(test, "within %lu ms it goes from %lu to %lu",
                               (unsigned long)(selftest_ms(test) - from_ms), (unsigned long)first,
                               (unsigned long)now);
    return SELFTEST_KEPT;
}

/* How long the board takes the peer's 2 s for. A peer or a network that is late once is asked
 * again: a timer that is wrong stays wrong. */
enum selftest_verdict time_rate(struct selftest *test)
{
    enum { TRIES = 3, WAIT_MS = 2000, EARLY_MS = 500, LATE_MS = 600, LIMIT_MS = 20000 };
    static const char ask[] = "wait 2\n";
    char back[sizeof ask - 1];
    uint64_t took_ms = 0;

    if (!test->connected)
        return selftest_absent(test, "no peer has told how long a second is");
    for (int i = 0; i < TRIES; i++) {
        uint64_t from_ms = selftest_ms(test);
        enum scrip_status status = net_exchange(test, ask, sizeof back, back, LIMIT_MS);
        took_ms = selftest_ms(test) - from_ms;
        if (status != SCRIP_OK)
            return selftest_broken(test, "the peer's answer: %s", scrip_status_name(status));
        if (took_ms >= WAIT_MS - EARLY_MS && took_ms <= WAIT_MS + LATE_MS)
            return SELFTEST_KEPT;
    }
    return selftest_broken(test, "the peer's 2,000 ms are %lu here", (unsigned long)took_ms);
}
