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

/* The entropy source with the failure in it. */
const struct hal_entropy *inject_entropy(const struct hal_entropy *source);

#endif
