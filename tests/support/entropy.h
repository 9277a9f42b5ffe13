/*
 * entropy: a hal_entropy for tests: the same bytes in every run, and a failure on demand.
 */
#ifndef TESTS_SUPPORT_ENTROPY_H
#define TESTS_SUPPORT_ENTROPY_H

#include <stdbool.h>
#include <stdint.h>

#include "hal/entropy.h"

struct test_entropy {
    struct hal_entropy hal;
    uint64_t state;
    bool broken; /* every read is FAULT_ENTROPY */
};

/* The address must stay: hal points into it. */
void test_entropy_open(struct test_entropy *entropy, uint64_t seed);

#endif
