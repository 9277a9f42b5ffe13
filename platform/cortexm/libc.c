/*
 * What the libraries name of a C library and never use here: their defaults until base/crypto,
 * base/json and the clock have put their own in place. There is no heap, no exit, and no clock.
 */
#include <stdlib.h>
#include <time.h>

#include "platform/cortexm/cpu.h"

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
