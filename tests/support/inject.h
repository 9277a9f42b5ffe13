/*
 * inject: an accident at the n-th call: of PSA Crypto, of its allocator, or of the entropy source.
 *
 * For programs that are linked with --wrap for the functions below (Makefile, INJECTED). Each call
 * of a kind that is armed counts; the one whose turn it is fails, and only that one.
 */
#ifndef TESTS_SUPPORT_INJECT_H
#define TESTS_SUPPORT_INJECT_H

#include <stdbool.h>

#include "hal/entropy.h"

enum inject_kind { INJECT_PSA, INJECT_ALLOCATION, INJECT_ENTROPY, INJECT_KINDS };

const char *inject_name(enum inject_kind kind);

/* From now on the n-th call fails, counted from 1. */
void inject_arm(enum inject_kind kind, unsigned long n);
/* Disarms; true: a call has failed. */
bool inject_end(void);

/* While held, no call counts: for those of whoever else lives in the process. */
void inject_hold(bool held);

/* The entropy source with the failure in it. */
const struct hal_entropy *inject_entropy(const struct hal_entropy *source);

/* A step that is run again and again, each time with the next call failing, until none does. */
struct inject_experiment {
    const char *name;
    void (*prepare)(void);
    enum scrip_status (*step)(void);
    void (*judge)(enum scrip_status status); /* after a failure; status is the step's */
    void (*end)(void);
};
void inject_run(const struct inject_experiment *experiment);

/* One point multiplication allocates a thousand times: of its calls, after the first, some are
 * tried, and with FULL=1 in the environment each. */
enum { INJECT_MOST = 100000 };
unsigned long inject_next(enum inject_kind kind, unsigned long n);

/* Checks that it is one. */
void inject_check_fault(enum scrip_status status);

#endif
