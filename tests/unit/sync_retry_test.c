/*
 * When the host is tried again: bounds of every delay at both ends of the random range, and the
 * breaker.
 */
#include "sync/retry.h"

#include "tests/check.h"

enum { NOW = 5000 };

/* The delay after `failures` failures in a row of one kind, the last with this random number. */
static uint64_t delay_ms(enum retry_kind kind, int32_t retry_after_s, unsigned failures,
                         uint64_t random)
{
    struct retry retry;

    retry_boot(&retry, 0, 0);
    for (unsigned i = 0; i < failures; i++)
        retry_failed(&retry, kind, retry_after_s, NOW, random);
    return retry.next_up_ms - NOW;
}

/* The random numbers that draw the least and the most of a span. */
static void check_range(enum retry_kind kind, int32_t after_s, unsigned failures, uint64_t least,
                        uint64_t most)
{
    uint64_t lowest = UINT64_MAX, highest = 0, random = 0;

    CHECK_EQ_INT(delay_ms(kind, after_s, failures, 0), least);
    /* A step that has no factor in common with any span visits its whole range. */
    for (int i = 0; i < 200000; i++) {
        uint64_t delay = delay_ms(kind, after_s, failures, random);
        lowest = delay < lowest ? delay : lowest;
        highest = delay > highest ? delay : highest;
        random += 1000003;
    }
    CHECK_EQ_INT(lowest, least);
    CHECK(highest <= most);
    CHECK(highest > most - most / 50);
}

static void test_first_attempt_within_two_minutes(void)
{
    struct retry retry;

    retry_boot(&retry, NOW, 0);
    CHECK_EQ_INT(retry.next_up_ms, NOW);
    retry_boot(&retry, NOW, 120000);
    CHECK_EQ_INT(retry.next_up_ms, NOW + 120000);
    retry_boot(&retry, NOW, 120001);
    CHECK_EQ_INT(retry.next_up_ms, NOW);
}

static void test_full_jitter_doubles_to_its_cap(void)
{
    check_range(RETRY_SOON, -1, 1, 2000, 4000);
    check_range(RETRY_SOON, -1, 2, 2000, 8000);
    check_range(RETRY_SOON, -1, 5, 2000, 64000);
    check_range(RETRY_SOON, -1, 9, 2000, 900000);
    check_range(RETRY_SOON, -1, 40, 2000, 900000);
}

static void test_busy_host_gets_half_the_ceiling(void)
{
    check_range(RETRY_BUSY, -1, 1, 2000, 4000);
    check_range(RETRY_BUSY, -1, 4, 16000, 32000);
    check_range(RETRY_BUSY, -1, 20, 450000, 900000);
}

static void test_retry_after_is_honoured_and_a_fifth_more(void)
{
    check_range(RETRY_BUSY, 60, 1, 60000, 72000);
    check_range(RETRY_BUSY, 60, 2, 60000, 72000);
    check_range(RETRY_SOON, 10, 1, 10000, 12000);
}

static void test_retry_after_is_bounded(void)
{
    check_range(RETRY_BUSY, 86400, 1, 3600000, 4320000);
    /* No time at all does not shorten our own backoff. */
    check_range(RETRY_BUSY, 0, 4, 16000, 32000);
}

static void test_refusals_are_tried_hourly(void)
{
    check_range(RETRY_HOURLY, -1, 1, 3600000, 4320000);
    check_range(RETRY_HOURLY, -1, 9, 3600000, 4320000);
}

static void test_server_error_five_times_then_hourly(void)
{
    CHECK(delay_ms(RETRY_ERROR, -1, 5, 0) < 900000);
    CHECK(delay_ms(RETRY_ERROR, -1, 6, 0) >= 3600000);
    CHECK(delay_ms(RETRY_ERROR, -1, 7, 0) >= 3600000);
}

static void test_breaker_opens_at_five_and_closes_on_success(void)
{
    struct retry retry;

    retry_boot(&retry, NOW, 0);
    for (int i = 1; i <= 4; i++)
        retry_failed(&retry, RETRY_SOON, -1, NOW, 7);
    CHECK(!retry.open);
    retry_failed(&retry, RETRY_HOURLY, -1, NOW, 7);
    CHECK(retry.open);
    retry_succeeded(&retry);
    CHECK(!retry.open);
    CHECK_EQ_INT(retry.failures, 0);
    retry_failed(&retry, RETRY_SOON, -1, NOW, 0);
    CHECK(!retry.open);
    CHECK_EQ_INT(retry.next_up_ms, NOW + 2000);
}

int main(void)
{
    CHECK_RUN(test_first_attempt_within_two_minutes);
    CHECK_RUN(test_full_jitter_doubles_to_its_cap);
    CHECK_RUN(test_busy_host_gets_half_the_ceiling);
    CHECK_RUN(test_retry_after_is_honoured_and_a_fifth_more);
    CHECK_RUN(test_retry_after_is_bounded);
    CHECK_RUN(test_refusals_are_tried_hourly);
    CHECK_RUN(test_server_error_five_times_then_hourly);
    CHECK_RUN(test_breaker_opens_at_five_and_closes_on_success);
    return check_done();
}
