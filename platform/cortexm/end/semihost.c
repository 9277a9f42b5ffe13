/*
 * The end of an image, and its last words, through the semihosting of an emulator or debugger.
 * Without one the core faults at the breakpoint: parts get reset.c instead.
 */
#include "platform/cortexm/cpu.h"

enum { SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20, STOPPED_BY_EXIT = 0x20026 };

static void call(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;

    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}

void image_end(int status)
{
    const uint32_t block[] = {STOPPED_BY_EXIT, (uint32_t)status};

    for (;;)
        call(SYS_EXIT_EXTENDED, block);
}

void image_say(const char *text)
{
    call(SYS_WRITE0, text);
    call(SYS_WRITE0, "\n");
}
