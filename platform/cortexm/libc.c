/*
 * What the libraries name of a C library and never use here: their defaults until base/crypto,
 * base/json and the clock have put their own in place. There is no heap, no exit, and no clock.
 *
 * And memset() and memcpy(), by words: picolibc's take four instructions a byte, and every
 * structure is cleared before its use and wiped after it. And what the compiler calls to divide
 * numbers of 64 bits.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "platform/cortexm/cpu.h"
#include "platform/cortexm/divide.h"

/* Armv7-M loads and stores single words at any address. */
struct any_word {
    uint32_t value;
} __attribute__((packed, may_alias));

/* The compiler must not take the loops for what they make. */
#define BY_LOOPS __attribute__((optimize("no-tree-loop-distribute-patterns")))

BY_LOOPS void *memset(void *out, int value, size_t len)
{
    const uint32_t word = (uint8_t)value * UINT32_C(0x01010101);
    uint8_t *at = out;

    for (; len >= 4 * sizeof word; len -= 4 * sizeof word) {
        struct any_word *to = (struct any_word *)at;
        to[0].value = to[1].value = to[2].value = to[3].value = word;
        at += 4 * sizeof word;
    }
    for (; len > 0; len--)
        *at++ = (uint8_t)value;
    return out;
}

BY_LOOPS void *memcpy(void *restrict out, const void *restrict in, size_t len)
{
    uint8_t *at = out;
    const uint8_t *from = in;

    for (; len >= sizeof(uint32_t); len -= sizeof(uint32_t)) {
        ((struct any_word *)at)->value = ((const struct any_word *)from)->value;
        at += sizeof(uint32_t);
        from += sizeof(uint32_t);
    }
    for (; len > 0; len--)
        *at++ = *from++;
    return out;
}

uint64_t __udivmoddi4(uint64_t number, uint64_t by, uint64_t *rest);

uint64_t __udivmoddi4(uint64_t number, uint64_t by, uint64_t *rest)
{
    return divide(number, by, rest);
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
