#include "sync/retry.h"

#include <string.h>

/* The bias of the remainder is below 2^-32: spans are at most 32 bits of milliseconds. */
uint64_t retry_spread(uint64_t span, uint64_t random)
{
    return random % (span + 1);
}

void retry_boot(struct retry *retry, uint64_t now_up_ms, uint64_t random)
{
    memset(retry, 0, sizeof *retry);
    retry->next_up_ms = now_up_ms + retry_spread(RETRY_FIRST_MAX_MS, random);
}

static uint64_t ceiling_ms(uint32_t failures)
{
    uint64_t ceiling = RETRY_BASE_MS;

    for (uint32_t i = 0; i < failures && ceiling < RETRY_CAP_MS; i++)
        ceiling *= 2;
    return ceiling < RETRY_CAP_MS ? ceiling : RETRY_CAP_MS;
}

void retry_failed(struct retry *retry, enum retry_kind kind, int32_t retry_after_s,
                  uint64_t now_up_ms, uint64_t random)
{
    uint64_t delay, least = RETRY_BASE_MS, ceiling;

    if (retry->failures < UINT32_MAX)
        retry->failures++;
    if (retry->failures >= RETRY_BREAKER_FAILURES)
        retry->open = true;
    retry->errors = kind == RETRY_ERROR ? retry->errors + 1 : 0;
    if (kind == RETRY_ERROR && retry->errors > RETRY_ERRORS_MAX) {
        retry->errors = RETRY_ERRORS_MAX;
        kind = RETRY_HOURLY;
    }

    ceiling = ceiling_ms(retry->failures);
    if (kind == RETRY_BUSY)
        least = ceiling / 2;
    delay = least + retry_spread(ceiling - least, random);
    if (kind == RETRY_HOURLY)
        delay = RETRY_HOURLY_MS + retry_spread(RETRY_HOURLY_MS / 5, random);
    if (retry_after_s >= 0) {
        uint64_t asked_s = (uint64_t)retry_after_s;
        uint64_t asked = (asked_s < RETRY_AFTER_MAX_S ? asked_s : RETRY_AFTER_MAX_S) * 1000;
        /* Never sooner than our own backoff, should the host ask for no time at all. */
        if (asked >= least)
            delay = asked + retry_spread(asked / 5, random);
    }
    retry->next_up_ms = now_up_ms + delay;
}

void retry_succeeded(struct retry *retry)
{
    retry->failures = 0;
    retry->errors = 0;
    retry->open = false;
}
