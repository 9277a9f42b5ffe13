/*
 * image: what a test image for Arm's MPS2 (mps2-an385: Cortex-M3, mps2-an386: Cortex-M4) asks of
 * the emulator. Semihosting: Arm IHI 0100.
 */
#ifndef TESTS_EMULATED_IMAGE_H
#define TESTS_EMULATED_IMAGE_H

#include <stddef.h>
#include <stdint.h>

__attribute__((noreturn)) void image_exit(int code);
void image_print(const char *text);
/* The arguments, separated by blanks. */
void image_arguments(char *out, size_t len);
int image_open(const char *name); /* -1: it cannot be read */
size_t image_read(int file, void *out, size_t len);

#endif
