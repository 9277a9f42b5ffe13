#include "platform/cortexm/buttons.h"

#include "platform/cortexm/cpu.h"

void buttons_sample(struct buttons *buttons, uint8_t down)
{
    if (down != buttons->seen) {
        buttons->seen = down;
        buttons->looks = 0;
    }
    if (buttons->looks < BUTTONS_SAMPLES && ++buttons->looks == BUTTONS_SAMPLES) {
        buttons->presses |= (uint8_t)(buttons->down & ~down);
        buttons->down = down;
    }
}

bool buttons_waiting(const struct buttons *buttons)
{
    return buttons->presses != 0;
}

static enum scrip_status read_press(void *context, enum hal_button *button)
{
    struct buttons *buttons = context;
    unsigned number = 0;

    if (buttons->presses == 0)
        return SCRIP_AGAIN;
    while ((buttons->presses >> number & 1) == 0)
        number++;
    bool enabled = cpu_irq_pause();
    buttons->presses &= (uint8_t) ~(1u << number);
    cpu_irq_resume(enabled);
    *button = (enum hal_button)number;
    return SCRIP_OK;
}

void buttons_open(struct buttons *buttons)
{
    *buttons = (struct buttons){.hal = {buttons, read_press}};
}
