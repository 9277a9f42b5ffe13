/*
 * entropy: hal_entropy from the kernel's generator (getrandom), which waits until it is seeded.
 */
#ifndef PLATFORM_POSIX_ENTROPY_H
#define PLATFORM_POSIX_ENTROPY_H

#include "hal/entropy.h"

extern const struct hal_entropy posix_entropy;

#endif
