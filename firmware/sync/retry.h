/*
 * retry: when to try the host again, and when to stop asking it at the till.
 *
 * Pure: the caller brings the time and the random numbers. After a failure the delay is drawn
 * between 2 s and a ceiling that doubles from 4 s to 900 s, so that terminals which lost the host
 * together do not come back together. A host that says it is busy is given at least half of the
 * ceiling, and what its Retry-After asks, and up to a fifth more. Refusals that only people can
 * lift are tried hourly. Five failures open the breaker: sales do not wait for the host any more;
 * the attempts go on as before, each a probe, and the first success closes it.
 *
 * Format   SPEC section 12.
 */
#ifndef SYNC_RETRY_H
#define SYNC_RETRY_H

#include <stdbool.h>
#include <stdint.h>

enum {
    RETRY_FIRST_MAX_MS = 120 * 1000, /* the first attempt after a boot, unless forced */
    RETRY_BASE_MS = 2 * 1000,
    RETRY_CAP_MS = 900 * 1000,
    RETRY_HOURLY_MS = 3600 * 1000,
    RETRY_AFTER_MAX_S = 3600, /* a host cannot send us away for longer than this */
    RETRY_BREAKER_FAILURES = 5,
    RETRY_ERRORS_MAX = 5 /* 500 in a row before it is tried hourly */
};

enum retry_kind {
    RETRY_SOON,  /* no network, a timeout, 408, 502, 504, an answer that is not the protocol's */
    RETRY_BUSY,  /* 429, 503 */
    RETRY_ERROR, /* 500 */
    RETRY_HOURLY /* TLS, 403, and other refusals which people must lift */
};

struct retry {
    uint32_t failures; /* in a row */
    uint32_t errors;   /* of kind RETRY_ERROR, in a row */
    bool open;         /* the breaker */
    uint64_t next_up_ms;
};

/* random: uniform over all 64 bits, here and below. */
void retry_boot(struct retry *retry, uint64_t now_up_ms, uint64_t random);

/* retry_after_s below 0: the host did not say. */
void retry_failed(struct retry *retry, enum retry_kind kind, int32_t retry_after_s,
                  uint64_t now_up_ms, uint64_t random);

/* next_up_ms is the caller's to set: the host says when to come again. */
void retry_succeeded(struct retry *retry);

/* Uniform in 0..span. */
uint64_t retry_spread(uint64_t span, uint64_t random);

#endif
