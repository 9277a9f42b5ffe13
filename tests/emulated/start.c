/* The start of an image for Arm's MPS2 under emulation, and what it asks of the emulator. */
#include "tests/emulated/image.h"

#include <string.h>

extern uint32_t image_stack_top, image_data_load, image_data_start, image_data_end, image_bss_start,
    image_bss_end;
int main(void);

static uintptr_t call(unsigned operation, const void *argument)
{
    register uintptr_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

enum { SYS_OPEN = 0x01, SYS_WRITE0 = 0x04, SYS_READ = 0x06, SYS_CMDLINE = 0x15, SYS_EXIT = 0x20 };

void image_exit(int code)
{
    const uintptr_t block[] = {0x20026, (uintptr_t)code}; /* ADP_Stopped_ApplicationExit */
    for (;;)
        (void)call(SYS_EXIT, block);
}

/* The C library's own end. */
void _exit(int code);
void _exit(int code)
{
    image_exit(code);
}

void image_print(const char *text)
{
    (void)call(SYS_WRITE0, text);
}

void image_arguments(char *out, size_t len)
{
    uintptr_t block[] = {(uintptr_t)out, len};
    if (call(SYS_CMDLINE, block) != 0)
        image_exit(2);
}

int image_open(const char *name)
{
    const uintptr_t block[] = {(uintptr_t)name, 1, strlen(name)}; /* "rb" */
    return (int)call(SYS_OPEN, block);
}

size_t image_read(int file, void *out, size_t len)
{
    const uintptr_t block[] = {(uintptr_t)file, (uintptr_t)out, len};
    return len - call(SYS_READ, block);
}

void image_start(void);
void image_start(void)
{
    memcpy(&image_data_start, &image_data_load,
           (size_t)((char *)&image_data_end - (char *)&image_data_start));
    memset(&image_bss_start, 0, (size_t)((char *)&image_bss_end - (char *)&image_bss_start));
    image_exit(main());
}

static void fault(void)
{
    image_print("the image has faulted\n");
    image_exit(3);
}

struct vectors {
    const void *stack;
    void (*handler[15])(void);
};
__attribute__((section(".vectors"), used)) static const struct vectors vectors = {
    &image_stack_top,
    {image_start, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault,
     fault, fault, fault}};
