/*
 * cpu: what every Cortex-M has: start, faults, the tick, sleep, and the end of an image.
 *
 * Start copies .data, clears .bss, runs main() and hands its value to image_end(). A fault, a
 * broken canary, a failed assertion or the watchdog says what and where through image_say(), and
 * ends the image as well: with the reset that this means on a part, the agent recovers as from a
 * power cut, and cpu_last_words() tells the next start why it is one.
 *
 * Memory   The stack lies at the bottom of RAM (platform/cortexm/sections.ld), so that one that
 *          overflows leaves RAM. It is painted at start; cpu_stack() tells what was never used.
 */
#ifndef PLATFORM_CORTEXM_CPU_H
#define PLATFORM_CORTEXM_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef void cpu_handler(void);

/* An entry of a vector table: the first is the initial stack pointer, the others are handlers. */
union cpu_vector {
    cpu_handler *handler;
    uint32_t *stack;
};

enum { CPU_KEPT_BYTES = 64 }; /* at the end of RAM: no start touches them */

extern uint32_t cpu_stack_top[]; /* set by sections.ld */
_Noreturn void cpu_start(void);
void cpu_fault(void);
void cpu_fault_watchdog(void); /* for the interrupt of a watchdog; a non-maskable one is taken for
                                  it */
void cpu_tick(void);

/* The sixteen system entries; a board's const table begins with them and lies in .vectors. tick is
 * cpu_tick, or a handler that calls it. */
#define CPU_VECTORS(tick)                                                                          \
    {.stack = cpu_stack_top}, {cpu_start}, {cpu_fault}, {cpu_fault}, {cpu_fault}, {cpu_fault},     \
        {cpu_fault}, {cpu_fault}, {cpu_fault}, {cpu_fault}, {cpu_fault}, {cpu_fault}, {cpu_fault}, \
        {cpu_fault}, {cpu_fault},                                                                  \
    {                                                                                              \
        tick                                                                                       \
    }

/* Why the last start came to its end: "<what> <address> cause <CFSR>", such as a line for the log.
 * Empty where that was the power's, a debugger's or a user's doing, or nobody could say any more.
 */
const char *cpu_last_words(void);

/* Starts the tick, an interrupt every `cycles` of the core clock (at most 2^24), which does nothing
 * but count itself and end cpu_sleep(). */
void cpu_tick_open(uint32_t cycles);

/* Core clocks since cpu_tick_open(), modulo 2^32, on boards without a free-running timer: exact
 * while no interrupt is kept waiting for a whole tick. Owner task only. */
uint32_t cpu_cycles(void);

/* Until the next interrupt. */
void cpu_sleep(void);

void cpu_irq_enable(unsigned irq);

/* Keeps every interrupt waiting until cpu_irq_resume() is given what this returned. */
bool cpu_irq_pause(void);
void cpu_irq_resume(bool enabled);

/* The stack's size and the most that was ever in use, bytes. */
void cpu_stack(size_t *size, size_t *peak);

/*
 * How an image ends and where its last words go: platform/cortexm/end/semihost.c under an emulator
 * or a debugger, platform/cortexm/end/reset.c on a part. board.mk chooses the file.
 */
_Noreturn void image_end(int status);
void image_say(const char *text); /* one line, without its newline */

#endif
