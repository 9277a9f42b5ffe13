/* Serial lines: the two UARTs register by register, the ring above them, and the random generator.
 */
#include "platform/cortexm/uart.h"

#include "platform/cortexm/cmsdk_uart.h"
#include "platform/cortexm/pl011.h"
#include "platform/cortexm/uart_entropy.h"
#include "tests/check.h"
#include "tests/cortexm/device.h"

/* Both kinds, with a FIFO of 16 or a single byte. What comes while there is no room is lost. */
static struct {
    bool arm;    /* a PL011, else a CMSDK UART */
    char in[64]; /* what the line brings next */
    size_t at, len;
    size_t held; /* bytes of `in` that are in the device, from `at` on */
    char out[32];
    size_t out_len;
    bool listening, pending;
    unsigned full; /* looks at the state that find the transmitter full */
    uint32_t divisor, fraction, control;
} line;

static size_t capacity(void)
{
    return line.arm ? 16 : 1;
}

static void arrive(const char *text)
{
    for (; *text != '\0'; text++) {
        if (line.held == capacity())
            continue;
        line.in[line.len++] = *text;
        line.held++;
        line.pending = true;
    }
}

static uint32_t take(void)
{
    CHECK(line.held > 0);
    line.held--;
    return (uint8_t)line.in[line.at++];
}

static uint32_t full(uint32_t bit)
{
    if (line.full == 0)
        return 0;
    line.full--;
    return bit;
}

static uint32_t read(uint32_t offset)
{
    if (offset == 0)
        return take();
    if (line.arm) {
        CHECK_EQ_INT(offset, 0x18);
        return (line.held == 0 ? 1u << 4 : 0) | full(1u << 5 | 1u << 3);
    }
    CHECK_EQ_INT(offset, 0x04);
    return (line.held > 0 ? 2u : 0) | full(1);
}

static void write(uint32_t offset, uint32_t value)
{
    if (offset == 0) {
        CHECK_EQ_INT(line.full, 0);
        line.out[line.out_len++] = (char)value;
    } else if (line.arm) {
        if (offset == 0x24)
            line.divisor = value;
        if (offset == 0x28)
            line.fraction = value;
        if (offset == 0x30)
            line.control = value;
        if (offset == 0x38)
            line.listening = value == (1 << 4 | 1 << 6);
        if (offset == 0x44)
            line.pending = false;
    } else {
        if (offset == 0x10)
            line.divisor = value;
        if (offset == 0x08) {
            line.control = value;
            line.listening = (value & 8) != 0;
        }
        if (offset == 0x0C)
            line.pending = false;
    }
}

static struct uart uart;
static uint8_t ring[8];

static void begin(bool arm)
{
    memset(&line, 0, sizeof line);
    line.arm = arm;
    device_open(read, write);
    uart_open(&uart, arm ? &pl011 : &cmsdk_uart, DEVICE_BASE, ring, sizeof ring);
    CHECK(line.listening);
}

static void interrupt(void)
{
    if (line.listening && line.pending)
        uart_interrupt(&uart);
}

static void expect(const char *text)
{
    uint8_t byte;

    for (; *text != '\0'; text++) {
        CHECK(uart_waiting(&uart));
        CHECK(uart_get(&uart, &byte));
        CHECK_EQ_INT(byte, *text);
    }
}

static void test_rates_are_those_of_the_clock(void)
{
    begin(true);
    pl011_open(DEVICE_BASE, 50000000, 115200); /* 27.127 sixteenths */
    CHECK_EQ_INT(line.divisor, 27);
    CHECK_EQ_INT(line.fraction, 8);
    CHECK_EQ_INT(line.control, 0x301);
    begin(false);
    cmsdk_uart_open(DEVICE_BASE, 25000000, 115200);
    CHECK_EQ_INT(line.divisor, 217);
    CHECK_EQ_INT(line.control, 3);
}

static void test_bytes_come_in_order_and_once(void)
{
    uint8_t byte;

    for (int arm = 0; arm < 2; arm++) {
        begin(arm != 0);
        for (int i = 0; i < 20; i++) {
            char text[] = {(char)('a' + i), '\0'};
            arrive(text);
            interrupt();
            CHECK(!line.pending);
            expect(text);
        }
        CHECK(!uart_waiting(&uart));
        CHECK(!uart_get(&uart, &byte));
    }
}

/* A FIFO's bytes wait in it while the ring is full, and are fetched without another interrupt. */
static void test_a_full_ring_masks_the_interrupt(void)
{
    begin(true);
    arrive("abcdefghijkl");
    interrupt();
    CHECK(!line.listening);
    CHECK_EQ_INT(line.held, 4);
    expect("a");
    CHECK(line.listening || line.held > 0);
    expect("bcdefghijkl");
    CHECK(line.listening);
    CHECK_EQ_INT(line.held, 0);
    CHECK_EQ_INT(device.paused, 0);
    CHECK(!uart_waiting(&uart));
}

/* With a single byte in the device, what is more is lost there, and the rest arrives whole. */
static void test_what_overruns_the_device_is_lost_there(void)
{
    begin(false);
    for (const char *at = "abcdefghX"; *at != '\0'; at++) {
        char text[] = {*at, '\0'};
        arrive(text);
        interrupt();
    }
    CHECK(!line.listening);
    arrive("Y");
    expect("abcdefghX");
    arrive("z");
    interrupt();
    expect("z");
}

static void test_sending_waits_for_room(void)
{
    for (int arm = 0; arm < 2; arm++) {
        begin(arm != 0);
        line.full = 5;
        uart_put(&uart, "ok", 2);
        CHECK_EQ_BYTES(line.out, "ok", 2);
        line.full = 3;
        uart_drain(&uart);
        CHECK_EQ_INT(line.full, 0);
    }
}

/* The random generator ---------------------------------------------------------------------------
 */

static struct board_clock clock;
static struct uart_entropy entropy;
static uint32_t noise;
static unsigned stuck_after, biased; /* one byte of so many is 0x77 */
static unsigned produced;

static void generate(void)
{
    noise = noise * 1664525 + 1013904223;
    uint8_t byte = (uint8_t)(noise >> 24);

    if (byte == 0)
        byte = 1;
    if (biased != 0 && produced % biased == 0)
        byte = 0x77;
    if (stuck_after != 0 && produced >= stuck_after)
        byte = 0x42;
    produced++;
    char text[] = {(char)byte, '\0'};
    line.at = line.len = line.held = 0;
    arrive(text);
    interrupt();
}

static enum scrip_status draw(size_t len, uint8_t *out)
{
    return entropy.hal.read(entropy.hal.context, out, len);
}

static void begin_entropy(void)
{
    begin(true);
    device_clock(&clock);
    device.slept = generate;
    stuck_after = biased = produced = 0;
    noise = 7;
    uart_entropy_open(&entropy, &uart, &clock);
}

static void test_good_noise_is_passed_on(void)
{
    uint8_t out[4096], again[16];

    begin_entropy();
    CHECK_STATUS(draw(sizeof out, out), SCRIP_OK);
    CHECK_STATUS(draw(sizeof again, again), SCRIP_OK);
    CHECK(memcmp(out, again, sizeof again) != 0);
}

static void test_a_stuck_generator_is_noticed_for_good(void)
{
    uint8_t out[64];

    begin_entropy();
    stuck_after = 100;
    CHECK_STATUS(draw(64, out), SCRIP_OK);
    CHECK_STATUS(draw(64, out), SCRIP_FAULT_ENTROPY);
    CHECK_EQ_INT(produced, 109); /* at its ninth equal byte */
    stuck_after = 0;
    CHECK_STATUS(draw(1, out), SCRIP_FAULT_ENTROPY);
    uart_entropy_open(&entropy, &uart, &clock);
    CHECK_STATUS(draw(64, out), SCRIP_OK);
}

/* A byte that comes in every fifth place, never twice in a row, has too little left in it. */
static void test_a_biased_generator_is_noticed(void)
{
    uint8_t out[600];

    begin_entropy();
    biased = 5;
    CHECK_STATUS(draw(sizeof out, out), SCRIP_FAULT_ENTROPY);
    CHECK(produced > 300 && produced <= 512);
}

static void test_an_unplugged_generator_is_waited_for_only_so_long(void)
{
    uint8_t out[4];

    begin_entropy();
    device.slept = NULL;
    CHECK_STATUS(draw(sizeof out, out), SCRIP_FAULT_ENTROPY);
    CHECK_EQ_INT(device.ms, UART_ENTROPY_WAIT_MS);
}

int main(void)
{
    CHECK_RUN(test_rates_are_those_of_the_clock);
    CHECK_RUN(test_bytes_come_in_order_and_once);
    CHECK_RUN(test_a_full_ring_masks_the_interrupt);
    CHECK_RUN(test_what_overruns_the_device_is_lost_there);
    CHECK_RUN(test_sending_waits_for_room);
    CHECK_RUN(test_good_noise_is_passed_on);
    CHECK_RUN(test_a_stuck_generator_is_noticed_for_good);
    CHECK_RUN(test_a_biased_generator_is_noticed);
    CHECK_RUN(test_an_unplugged_generator_is_waited_for_only_so_long);
    return check_done();
}
