/*
 * The end of an image on a part: a reset, after which the agent recovers as from a power cut. Its
 * last words have nowhere to go.
 */
#include "platform/cortexm/cpu.h"
#include "platform/cortexm/mmio.h"

#define AIRCR UINT32_C(0xE000ED0C)

enum { SYSRESETREQ = 0x05FA0004 };

void image_end(int status)
{
    (void)status;
    mmio_write(AIRCR, 0, SYSRESETREQ);
    for (;;)
        cpu_sleep();
}

void image_say(const char *text)
{
    (void)text;
}
