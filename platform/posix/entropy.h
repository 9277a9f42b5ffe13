/*
 * posix_entropy: hal_entropy of the operating system's own generator.
 */
#ifndef PLATFORM_POSIX_ENTROPY_H
#define PLATFORM_POSIX_ENTROPY_H

#include "hal/entropy.h"

/* FAULT_ENTROPY: the kernel refused. Blocks only before the system has gathered its first seed. */
extern const struct hal_entropy posix_entropy;

#endif
