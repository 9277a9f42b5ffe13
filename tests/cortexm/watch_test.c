/* The watchdog's registers, and buttons whose contacts bounce. */
#include "platform/cortexm/buttons.h"
#include "platform/cortexm/sp805.h"
#include "tests/check.h"
#include "tests/cortexm/device.h"

/* A watchdog that is locked takes no word but its key. */
static struct {
    bool open;
    uint32_t load, control;
    unsigned feeds;
} dog;

static uint32_t read(uint32_t offset)
{
    CHECK_EQ_INT(offset, 0xC00);
    return !dog.open;
}

static void write(uint32_t offset, uint32_t value)
{
    if (offset == 0xC00) {
        dog.open = value == 0x1ACCE551;
        return;
    }
    if (!dog.open)
        return;
    if (offset == 0x00)
        dog.load = value;
    if (offset == 0x08) {
        CHECK(dog.load != 0); /* it would fire at once */
        dog.control = value;
    }
    if (offset == 0x0C)
        dog.feeds++;
}

static void test_the_watchdog_runs_fed_and_locked(void)
{
    memset(&dog, 0, sizeof dog);
    device_open(read, write);
    sp805_open(DEVICE_BASE, 400000000);
    CHECK_EQ_INT(dog.load, 400000000);
    CHECK_EQ_INT(dog.control, 3);
    CHECK(!dog.open);
    sp805_feed(DEVICE_BASE);
    CHECK_EQ_INT(dog.feeds, 1);
    CHECK(!dog.open);
}

static struct buttons buttons;

static void look(uint8_t down, unsigned times)
{
    while (times-- > 0)
        buttons_sample(&buttons, down);
}

static int press(void)
{
    enum hal_button button;

    return buttons.hal.read(buttons.hal.context, &button) == SCRIP_OK ? (int)button : -1;
}

enum { CONFIRM = 1 << HAL_BUTTON_CONFIRM, CANCEL = 1 << HAL_BUTTON_CANCEL };
enum { SUPERVISOR = 1 << HAL_BUTTON_SUPERVISOR };

static void test_a_press_is_told_once_when_it_is_let_go(void)
{
    buttons_open(&buttons);
    look(0, 10);
    CHECK_EQ_INT(press(), -1);
    look(CANCEL, 50);
    CHECK(!buttons_waiting(&buttons));
    look(0, BUTTONS_SAMPLES - 1);
    CHECK(!buttons_waiting(&buttons));
    look(0, 1);
    CHECK(buttons_waiting(&buttons));
    look(0, 100);
    CHECK_EQ_INT(press(), HAL_BUTTON_CANCEL);
    CHECK_EQ_INT(press(), -1);
    CHECK_EQ_INT(device.paused, 0);
}

static void test_bouncing_contacts_are_one_press(void)
{
    buttons_open(&buttons);
    look(0, 10);
    for (int i = 0; i < 8; i++) {
        look(CONFIRM, 1 + (unsigned)i % 2);
        look(0, 1);
    }
    CHECK_EQ_INT(press(), -1);
    look(CONFIRM, 3);
    for (int i = 0; i < 8; i++) {
        look(0, 2);
        look(CONFIRM, 1);
    }
    CHECK_EQ_INT(press(), -1);
    look(0, 3);
    CHECK_EQ_INT(press(), HAL_BUTTON_CONFIRM);
    CHECK_EQ_INT(press(), -1);
}

static void test_several_are_told_one_by_one(void)
{
    buttons_open(&buttons);
    look(CONFIRM | SUPERVISOR, 5);
    look(SUPERVISOR, 5);
    look(0, 5);
    CHECK_EQ_INT(press(), HAL_BUTTON_CONFIRM);
    look(CONFIRM, 5);
    look(0, 5);
    CHECK_EQ_INT(press(), HAL_BUTTON_CONFIRM);
    CHECK_EQ_INT(press(), HAL_BUTTON_SUPERVISOR);
    CHECK_EQ_INT(press(), -1);
}

/* Up from the first look on, or held since before: neither is a press by itself. */
static void test_a_start_presses_nothing(void)
{
    buttons_open(&buttons);
    look(0, 10);
    CHECK_EQ_INT(press(), -1);
    buttons_open(&buttons);
    look(CONFIRM | CANCEL | SUPERVISOR, 1000);
    CHECK_EQ_INT(press(), -1);
}

int main(void)
{
    CHECK_RUN(test_the_watchdog_runs_fed_and_locked);
    CHECK_RUN(test_a_press_is_told_once_when_it_is_let_go);
    CHECK_RUN(test_bouncing_contacts_are_one_press);
    CHECK_RUN(test_several_are_told_one_by_one);
    CHECK_RUN(test_a_start_presses_nothing);
    return check_done();
}
