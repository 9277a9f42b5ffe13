#include "platform/cortexm/cpu.h"

#include <string.h>

#include "platform/cortexm/mmio.h"

/* Set by sections.ld. */
extern uint32_t cpu_stack_bottom[], cpu_data_start[], cpu_data_end[], cpu_bss_start[],
    cpu_bss_end[], cpu_kept[];
extern const uint32_t cpu_data_load[];
extern char __tls_base[];

extern void _set_tls(void *tls); /* picolibc: where its thread-local errno lies */
extern int main(int argc, char **argv);

#define SYSTICK UINT32_C(0xE000E010)
#define NVIC_ENABLE UINT32_C(0xE000E100)
#define CONTROL_BLOCK UINT32_C(0xE000ED00)

enum {
    ICSR = 0x04,
    TICK_PENDING = 1 << 26,
    SHCSR = 0x24,
    CFSR = 0x28,
    FAULTS_APART = 7 << 16, /* memory, bus and usage faults each by their own name */
    PAINT = 0x5AC0FFEE
};

/* The value that functions check on return. No secret: it tells a torn stack, not an attacker. */
uintptr_t __stack_chk_guard = 0x7E5C0A0D;
_Noreturn void __stack_chk_fail(void);
_Noreturn void __assert_func(const char *file, int line, const char *function, const char *what);

/* What is kept of the end over the reset that follows it. */
struct last_words {
    uint32_t mark;
    char text[CPU_KEPT_BYTES - sizeof(uint32_t)];
};
#define LAST_WORDS ((struct last_words *)cpu_kept)
enum { WRITTEN = 0x57A5C0DE, CARRIED = 0x1D5E1F5D };

static char *put_text(char *at, const char *end, const char *text)
{
    while (*text != '\0' && at < end)
        *at++ = *text++;
    return at;
}

static char *put_hex(char *at, const char *end, uint32_t value)
{
    for (int shift = 28; shift >= 0 && at < end; shift -= 4)
        *at++ = "0123456789abcdef"[value >> shift & 15];
    return at;
}

static _Noreturn void fail(const char *what, uint32_t where)
{
    struct last_words *last = LAST_WORDS;
    char *at = last->text;
    const char *end = last->text + sizeof last->text - 1;

    at = put_text(at, end, what);
    at = put_text(at, end, " ");
    at = put_hex(at, end, where);
    at = put_text(at, end, " cause ");
    at = put_hex(at, end, mmio_read(CONTROL_BLOCK, CFSR));
    *at = '\0';
    last->mark = WRITTEN;
    image_say(last->text);
    image_end(70);
}

const char *cpu_last_words(void)
{
    return LAST_WORDS->mark == CARRIED ? LAST_WORDS->text : "";
}

/* Every fault's second half, on a stack that is good again: where the code stood (0 where the stack
 * had left RAM), and the exception's number. */
_Noreturn void cpu_fault_report(uint32_t where, uint32_t exception);

__attribute__((used)) void cpu_fault_report(uint32_t where, uint32_t exception)
{
    static const char *const names[] = {"unexpected interrupt", NULL,           "watchdog",
                                        "hard fault",           "memory fault", "bus fault",
                                        "usage fault"};

    fail(names[exception < sizeof names / sizeof *names ? exception : 0], where);
}

/*
 * A fault's first half. The core has pushed eight words, the seventh of them the address, unless
 * the stack has left RAM. What was on the stack is over, so the report has all of it.
 */
#define FAULT_ENTRY(number)                                                                        \
    __asm__("mrs r2, msp\n\t"                                                                      \
            "movw r3, #:lower16:cpu_stack_bottom\n\t"                                              \
            "movt r3, #:upper16:cpu_stack_bottom\n\t"                                              \
            "movs r0, #0\n\t"                                                                      \
            "cmp r2, r3\n\t"                                                                       \
            "it hs\n\t"                                                                            \
            "ldrhs r0, [r2, #24]\n\t"                                                              \
            "movw r3, #:lower16:cpu_stack_top\n\t"                                                 \
            "movt r3, #:upper16:cpu_stack_top\n\t"                                                 \
            "mov sp, r3\n\t" number "\n\t"                                                         \
            "b cpu_fault_report")

__attribute__((naked)) void cpu_fault(void)
{
    FAULT_ENTRY("mrs r1, ipsr");
}

__attribute__((naked)) void cpu_fault_watchdog(void)
{
    FAULT_ENTRY("movs r1, #2");
}

void __stack_chk_fail(void)
{
    fail("stack canary", (uint32_t)(uintptr_t)__builtin_return_address(0));
}

void __assert_func(const char *file, int line, const char *function, const char *what)
{
    (void)function;
    (void)what;
    fail(file, (uint32_t)line);
}

/* Runs before there is a canary, so it must not check one. */
__attribute__((optimize("no-stack-protector"))) void cpu_start(void)
{
    const uint32_t *from = cpu_data_load;
    uint32_t *here = (uint32_t *)__builtin_frame_address(0) - 16;

    for (uint32_t *to = cpu_stack_bottom; to < here; to++)
        *to = PAINT;
    for (uint32_t *to = cpu_data_start; to < cpu_data_end; to++)
        *to = *from++;
    for (uint32_t *to = cpu_bss_start; to < cpu_bss_end; to++)
        *to = 0;
    _set_tls(__tls_base);
    LAST_WORDS->mark = LAST_WORDS->mark == WRITTEN ? CARRIED : 0;
    mmio_set(CONTROL_BLOCK, SHCSR, FAULTS_APART);
    image_end(main(0, NULL));
}

static volatile uint32_t ticks;
static uint32_t tick_cycles;

void cpu_tick(void)
{
    ticks++;
}

void cpu_tick_open(uint32_t cycles)
{
    tick_cycles = cycles;
    mmio_write(SYSTICK, 4, cycles - 1);
    mmio_write(SYSTICK, 8, 0);
    mmio_write(SYSTICK, 0, 7); /* core clock, interrupt, on */
}

/* The counter runs down to 0, and reloads when its interrupt becomes pending. */
uint32_t cpu_cycles(void)
{
    bool enabled = cpu_irq_pause();
    uint32_t done = ticks;
    uint32_t left = mmio_read(SYSTICK, 8);

    if ((mmio_read(CONTROL_BLOCK, ICSR) & TICK_PENDING) != 0) {
        done++;
        left = mmio_read(SYSTICK, 8);
    }
    cpu_irq_resume(enabled);
    return done * tick_cycles + (tick_cycles - 1 - left);
}

void cpu_sleep(void)
{
    __asm__ volatile("dsb\n\twfi" ::: "memory");
}

void cpu_irq_enable(unsigned irq)
{
    mmio_write(NVIC_ENABLE, irq / 32 * 4, UINT32_C(1) << irq % 32);
}

bool cpu_irq_pause(void)
{
    uint32_t mask;

    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(mask)::"memory");
    return mask == 0;
}

void cpu_irq_resume(bool enabled)
{
    if (enabled)
        __asm__ volatile("cpsie i" ::: "memory");
}

void cpu_stack(size_t *size, size_t *peak)
{
    const uint32_t *untouched = cpu_stack_bottom;

    while (untouched < cpu_stack_top && *untouched == PAINT)
        untouched++;
    *size = (size_t)(cpu_stack_top - cpu_stack_bottom) * sizeof(uint32_t);
    *peak = (size_t)(cpu_stack_top - untouched) * sizeof(uint32_t);
}
