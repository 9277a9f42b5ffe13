/*
 * device: the rest of a virtual terminal: keystore, entropy, clock.
 *
 * Each is a struct whose hal member is handed to the agent. They live where the caller puts them
 * and must not move afterwards.
 */
#ifndef PLATFORM_SIM_DEVICE_H
#define PLATFORM_SIM_DEVICE_H

#include <stdbool.h>

#include "hal/entropy.h"
#include "hal/keystore.h"
#include "hal/rtc.h"

/* Slots in memory, which a restart of the simulated terminal survives. */
struct sim_keystore {
    struct hal_keystore hal;
    struct {
        uint8_t data[64];
        size_t len; /* 0: never written */
    } slot[HAL_KEY_SLOTS];
    uint32_t counter;
    bool unreadable; /* every read is FAULT_KEYSTORE */
    bool off;        /* every write is FAULT_KEYSTORE and changes nothing */
};
void sim_keystore_open(struct sim_keystore *keystore, bool has_counter);

/* The same bytes in every run: for simulations only, as anyone can predict them. */
struct sim_entropy {
    struct hal_entropy hal;
    uint64_t state;
    bool broken; /* every read is FAULT_ENTROPY */
};
void sim_entropy_open(struct sim_entropy *entropy, uint64_t seed);

/* Time stands still until somebody moves it. */
struct sim_rtc {
    struct hal_rtc hal;
    uint64_t uptime_ms;
    uint32_t unix_s;
    bool lost; /* the battery was empty: FAULT_DEVICE until set */
};
void sim_rtc_open(struct sim_rtc *rtc, enum hal_rtc_kind kind, uint32_t unix_s);
void sim_rtc_advance(struct sim_rtc *rtc, uint64_t ms);

#endif
