/*
 * What the libraries name of a C library and never use here: their defaults until base/crypto,
 * base/json and the clock have put their own in place. There is no heap, no exit, and no clock.
 *
 * And memset(), which is used much, as every structure is cleared before and wiped after its use:
 * picolibc's takes four instructions a byte, this one takes less than one.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "platform/cortexm/cpu.h"

typedef uint32_t __attribute__((may_alias)) any_word;

/* The compiler must not take the loops for a memset(). */
__attribute__((optimize("no-tree-loop-distribute-patterns"))) void *memset(void *out, int value,
                                                                           size_t len)
{
    const uint32_t word = (uint8_t)value * UINT32_C(0x01010101);
    uint8_t *at = out;

    for (; len > 0 && (uintptr_t)at % sizeof word != 0; len--)
        *at++ = (uint8_t)value;
    for (; len >= 4 * sizeof word; len -= 4 * sizeof word) {
        any_word *words = (any_word *)(void *)at;
        words[0] = words[1] = words[2] = words[3] = word;
        at += 4 * sizeof word;
    }
    for (; len > 0; len--)
        *at++ = (uint8_t)value;
    return out;
}

void *malloc(size_t size)
{
    (void)size;
    return NULL;
}

void *calloc(size_t count, size_t size)
{
    (void)count;
    (void)size;
    return NULL;
}

void *realloc(void *block, size_t size)
{
    (void)block;
    (void)size;
    return NULL;
}

void free(void *block)
{
    (void)block;
}

void exit(int status)
{
    image_end(status);
}

void abort(void)
{
    image_say("abort");
    image_end(70);
}

time_t time(time_t *out)
{
    if (out != NULL)
        *out = 0;
    return 0;
}
