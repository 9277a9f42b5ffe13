/*
 * wallclock: what time it is, how sure we are, and a floor that time never falls below.
 *
 * An estimate T with uncertainty u that grows by 200 ppm. GOOD u <= 30 s, FAIR u <= 120 s, else
 * BAD. The tolerance of every comparison is S = 30 + min(u, 90) seconds.
 *
 * Memory   The caller owns struct wallclock. Threads: owner task only.
 * Format   SPEC section 5.
 */
#ifndef BASE_WALLCLOCK_H
#define BASE_WALLCLOCK_H

#include "base/bytes.h"
#include "hal/rtc.h"

enum wallclock_quality { WALLCLOCK_BAD, WALLCLOCK_FAIR, WALLCLOCK_GOOD };

enum wallclock_source { WALLCLOCK_NONE, WALLCLOCK_RTC, WALLCLOCK_HOST, WALLCLOCK_CHALLENGE };

struct wallclock {
    const struct hal_rtc *rtc;
    enum wallclock_source source;
    uint32_t base_s;      /* T when it was set */
    uint32_t base_unc_ms; /* u when it was set */
    uint64_t base_up_ms;  /* uptime when it was set */
    uint32_t floor_s;
    uint32_t signed_s; /* last time signed by the host; 0: never */
};

/* One reading, taken once a transaction, so that every check of it sees the same time. */
struct wallclock_time {
    uint32_t t_s;
    uint32_t unc_s;       /* rounded up */
    uint32_t tolerance_s; /* S */
    enum wallclock_quality quality;
    enum wallclock_source source;
    uint32_t floor_s;
    uint32_t signed_age_s; /* since the last signed host time; UINT32_MAX: never, or dated ahead of
                              T */
    uint32_t up_s;
};

/* Starts from the RTC if there is one: u = last_unc_s + 200 ppm of the time since the floor + 30 s,
 * never better than FAIR. BAD without one, below the floor or beyond floor + max_offline_s.
 * last_unc_s and signed_s are what the ledger kept (0: nothing kept). */
void wallclock_open(struct wallclock *clock, const struct hal_rtc *rtc, uint32_t floor_s,
                    uint32_t last_unc_s, uint32_t signed_s, uint32_t max_offline_s);

/* While nothing is known (source NONE), t_s counts from the floor, the earliest that it can be. */
void wallclock_read(const struct wallclock *clock, struct wallclock_time *now);

/* What time it is at the least: T while it is known, else T - u where that lies above the floor. A
 * clock that has been alone for weeks still tells what must be over. A challenge's T is an issuer's
 * word, which proves nothing of that kind. */
uint32_t wallclock_least(const struct wallclock_time *now);

/* The uncertainty that belongs to floor_s, for the next wallclock_open(): what is known now, less
 * the drift since the floor and what a restart adds by itself; to the nearest second, so that
 * restarts do not add up. UINT32_MAX: nothing is known. */
uint32_t wallclock_floor_unc_s(const struct wallclock *clock);

/* Time that the host signed over our nonce, asked at asked_up_ms. Replaces the estimate (u = round
 * trip + 1 s), raises the floor, sets a settable RTC. REFUSED_CLOCK: below the floor, or asked in
 * the future; nothing changed. */
MUST_CHECK enum scrip_status wallclock_set_host(struct wallclock *clock, uint32_t t_s,
                                                uint64_t asked_up_ms);

/* The iat of a token bound to our challenge, shown at shown_up_ms: sets T while BAD (u = time since
 * it was shown), and changes nothing otherwise. REFUSED_CLOCK as above. */
MUST_CHECK enum scrip_status wallclock_set_challenge(struct wallclock *clock, uint32_t iat_s,
                                                     uint64_t shown_up_ms);

/* Raises the floor to what is proven to be past: a verified iat, or a key set's. Only while GOOD or
 * FAIR by the host or the RTC, and never above T - u, so that no evidence, dated 2035 by mistake or
 * malice, can lift the floor above the true time and shut the host's time out. */
void wallclock_raise_floor(struct wallclock *clock, uint32_t evidence_s);

#endif
