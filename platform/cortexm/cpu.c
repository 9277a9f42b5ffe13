#include "platform/cortexm/cpu.h"

#include <string.h>

#include "platform/cortexm/mmio.h"

/* Set by sections.ld. */
extern uint32_t cpu_stack_bottom[], cpu_data_start[], cpu_data_end[], cpu_bss_start[],
    cpu_bss_end[];
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
    char line[96];
    char *at = line;
    const char *end = line + sizeof line - 1;

    at = put_text(at, end, "fault: ");
    at = put_text(at, end, what);
    at = put_text(at, end, " at ");
    at = put_hex(at, end, where);
    at = put_text(at, end, ", cause ");
    at = put_hex(at, end, mmio_read(CONTROL_BLOCK, CFSR));
    *at = '\0';
    image_say(line);
    image_end(70);
}

/* The address at which the interrupted code stood: the seventh word of the frame that the core
 * pushed, which a stack that has left RAM does not hold. */
static uint32_t interrupted_at(void)
{
    const uint32_t *frame = __builtin_frame_address(0);

    for (; frame >= cpu_stack_bottom && frame + 8 < cpu_stack_top; frame++) {
        /* Below the frame lies the EXC_RETURN value, wherever the compiler has saved it. */
        if ((frame[0] & 0xFFFFFFE0u) == 0xFFFFFFE0u)
            return frame[7];
    }
    return 0;
}

void cpu_fault_nmi(void)
{
    fail("watchdog", interrupted_at());
}

void cpu_fault_hard(void)
{
    fail("hard fault", interrupted_at());
}

void cpu_fault_memory(void)
{
    fail("memory fault", interrupted_at());
}

void cpu_fault_bus(void)
{
    fail("bus fault", interrupted_at());
}

void cpu_fault_usage(void)
{
    fail("usage fault", interrupted_at());
}

void cpu_fault_unexpected(void)
{
    fail("unexpected interrupt", interrupted_at());
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
