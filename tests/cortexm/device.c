#include "tests/cortexm/device.h"

#include "platform/cortexm/cpu.h"
#include "platform/cortexm/mmio.h"
#include "tests/check.h"

struct device device;

void device_open(uint32_t (*read)(uint32_t offset), void (*write)(uint32_t offset, uint32_t value))
{
    device = (struct device){.read = read, .write = write};
}

static uint32_t count(void)
{
    return device.ms;
}

void device_clock(struct board_clock *clock)
{
    clock_open(clock, count, 1000);
}

uint32_t mmio_read(uintptr_t base, uint32_t offset)
{
    CHECK_EQ_INT(base, DEVICE_BASE);
    return device.read(offset);
}

void mmio_write(uintptr_t base, uint32_t offset, uint32_t value)
{
    CHECK_EQ_INT(base, DEVICE_BASE);
    device.write(offset, value);
}

void cpu_sleep(void)
{
    device.ms += 10;
    if (device.slept != NULL)
        device.slept();
}

bool cpu_irq_pause(void)
{
    device.paused++;
    return true;
}

void cpu_irq_resume(bool enabled)
{
    CHECK(enabled);
    device.paused--;
}
