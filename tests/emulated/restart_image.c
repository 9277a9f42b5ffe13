/*
 * What ends an image, one end after the other, over the resets that follow: a loop that does not
 * come to board_wait(), with interrupts and without, faults, a torn stack, a failed assertion. Each
 * start must know why the last one ended. Prints `ok ..` and `not ok ..` lines.
 *
 * It is linked with the end of an image that a part has, a reset, and so speaks to the emulator
 * itself.
 */
#include <string.h>

#include "boards/board.h"
#include "platform/cortexm/cpu.h"
#include "platform/cortexm/mmio.h"

extern _Noreturn void __assert_func(const char *file, int line, const char *function,
                                    const char *what);
extern uint32_t cpu_kept[]; /* set by sections.ld */

enum { SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20, STOPPED_BY_EXIT = 0x20026 };
enum { WAITS = 9 }; /* of a second: more than the watchdog's period */

static void call(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;

    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}

static void say(const char *text)
{
    call(SYS_WRITE0, text);
}

/* Lies below what is kept, where no start of so small an image comes. */
struct progress {
    uint32_t mark, step, failed, number;
};
#define PROGRESS ((struct progress *)((uintptr_t)cpu_kept - sizeof(struct progress)))
enum { MARK = 0x1E57A127 };

static void report(const char *what, bool good, const char *detail)
{
    char number[] = "00";

    PROGRESS->number++;
    PROGRESS->failed += !good;
    number[0] = (char)('0' + PROGRESS->number / 10);
    number[1] = (char)('0' + PROGRESS->number % 10);
    say(good ? "ok " : "not ok ");
    say(number);
    say(" - ");
    say(what);
    if (!good) {
        say("\n    the last words were: ");
        say(detail);
    }
    say("\n");
}

/* Whether the last start ended by this, and not at address 0. */
static bool was(const char *what)
{
    const char *words = cpu_last_words();
    size_t len = strlen(what);

    return strncmp(words, what, len) == 0 && words[len] == ' ' &&
           strncmp(words + len, " 00000000 ", 10) != 0;
}

static _Noreturn void hang(void)
{
    for (;;)
        __asm__ volatile("");
}

/* Nothing here must be seen through: the assembly could be doing anything with the pointer. */
static __attribute__((noinline)) void tear_stack(void)
{
    uint8_t bytes[16];
    uint8_t *at = bytes;

    __asm__ volatile("" : "+r"(at));
    memset(at, 0x55, sizeof bytes + 16);
    __asm__ volatile("" ::"r"(at) : "memory");
}

static __attribute__((noinline)) void dive(void (*again)(void))
{
    uint32_t deep[64];

    __asm__ volatile("" : "+r"(again) : "r"(deep) : "memory");
    ((void (*)(void (*)(void)))again)(again);
    __asm__ volatile("" ::"r"(deep) : "memory");
}

static void wait_healthily(void)
{
    for (int i = 0; i < WAITS; i++) {
        if (!board_wait(1000))
            return;
    }
}

static _Noreturn void finish(void)
{
    const uint32_t block[] = {STOPPED_BY_EXIT, PROGRESS->failed != 0};

    for (;;)
        call(SYS_EXIT_EXTENDED, block);
}

/* Where nothing lies; some emulated parts read zeros there instead of faulting. */
static bool reads_beyond(void)
{
    return mmio_read(0x90000000, 0) == 0;
}

int main(int argc, char **argv)
{
    const struct hal *hal;

    (void)argc;
    (void)argv;
    if (PROGRESS->mark != MARK)
        *PROGRESS = (struct progress){.mark = MARK};
    if (PROGRESS->step > 0 && board_open(0, NULL, &hal) != SCRIP_OK) {
        report("the board comes up again", false, cpu_last_words());
        finish();
    }
    switch (PROGRESS->step++) {
    case 0:
        report("a first start has nothing to tell", cpu_last_words()[0] == '\0', cpu_last_words());
        if (board_open(0, NULL, &hal) != SCRIP_OK)
            finish();
        wait_healthily();
        report("a loop that waits is left alone", true, "");
        hang();
    case 1:
        report("one that hangs is ended by the watchdog", was("watchdog"), cpu_last_words());
        (void)cpu_irq_pause();
        hang();
    case 2:
        report("and also with interrupts off", was("watchdog") || cpu_last_words()[0] == '\0',
               cpu_last_words());
        __asm__ volatile("udf #0");
        break;
    case 3:
        report("an undefined instruction is a usage fault", was("usage fault"), cpu_last_words());
        tear_stack();
        break;
    case 4:
        report("a torn stack is noticed", was("stack canary"), cpu_last_words());
        __assert_func("some/file.c", 77, "f", "1 == 2");
    case 5:
        report("a failed assertion names its file and line",
               strncmp(cpu_last_words(), "some/file.c 0000004d ", 21) == 0, cpu_last_words());
        if (!reads_beyond())
            break;
        say("# this emulator lets wild addresses pass\n");
        finish();
    case 6:
        report("a wild address is a bus fault", was("bus fault"), cpu_last_words());
        dive((void (*)(void))dive);
        break;
    case 7:
        report("a stack that leaves RAM ends as well",
               strncmp(cpu_last_words(), "bus fault ", 10) == 0 ||
                   strncmp(cpu_last_words(), "hard fault ", 11) == 0,
               cpu_last_words());
        finish();
    default:
        break;
    }
    report("what should end the image has not", false, "");
    finish();
}
