/*
 * divide: 64-bit numbers by the processor's 32-bit division, in a fifth of the room that the
 * compiler's own takes. That one calls it: libc.c.
 *
 * Time     Three divisions where `by` is below 2^16, as the bases and scales of texts are; one
 *          where both fit 32 bits; else 64 steps.
 */
#ifndef PLATFORM_CORTEXM_DIVIDE_H
#define PLATFORM_CORTEXM_DIVIDE_H

#include <stdint.h>

/* by is not 0. */
uint64_t divide(uint64_t number, uint64_t by, uint64_t *rest);

#endif
