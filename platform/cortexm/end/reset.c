/*
 * The end of an image on a part: a reset, after which the agent recovers as from a power cut. Its
 * last words go to whoever listens on the trace pin (SWO, stimulus port 0), and are kept for the
 * next start.
 */
#include "platform/cortexm/cpu.h"
#include "platform/cortexm/mmio.h"

#define AIRCR UINT32_C(0xE000ED0C)
#define DEMCR UINT32_C(0xE000EDFC)
#define ITM UINT32_C(0xE0000000)

enum { SYSRESETREQ = 0x05FA0004, TRACE_ON = 1 << 24, TRACE_ENABLE = 0xE00, PORT_TRIES = 1000 };

void image_end(int status)
{
    (void)status;
    mmio_write(AIRCR, 0, SYSRESETREQ);
    for (;;)
        cpu_sleep();
}

/* A debugger turns the port on; without one there is nothing behind it. */
static bool is_traced(void)
{
    return (mmio_read(DEMCR, 0) & TRACE_ON) != 0 && (mmio_read(ITM, TRACE_ENABLE) & 1) != 0;
}

/* A byte for which the port has no room in time is dropped. */
static void trace(char byte)
{
    for (int i = 0; i < PORT_TRIES; i++) {
        if (mmio_read(ITM, 0) != 0) {
            *(volatile uint8_t *)ITM = (uint8_t)byte;
            return;
        }
    }
}

void image_say(const char *text)
{
    if (!is_traced())
        return;
    while (*text != '\0')
        trace(*text++);
    trace('\n');
}
