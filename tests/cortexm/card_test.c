/* An SD card byte by byte, and the serial port below it. */
#include "platform/cortexm/sd_card.h"

#include "platform/cortexm/pl022.h"
#include "tests/check.h"
#include "tests/cortexm/device.h"

enum { SIZE = 8192, IDLE = 1, ILLEGAL = 4 };

/* A card in SPI mode, as the Physical Layer tells: a frame of six bytes is answered after a byte;
 * blocks are behind a token, a write is followed by busy bytes. */
static struct {
    uint8_t cells[SIZE];
    bool absent, old, by_block, up;
    unsigned slow; /* asks until it is up */
    uint8_t frame[6];
    unsigned framed;
    uint8_t queue[600]; /* what it says next */
    unsigned first, last;
    uint32_t writing; /* the block that is awaited + 1; 0: none */
    uint8_t block[SD_BLOCK + 3];
    unsigned taken;
    uint8_t data_answer, read_token;
    unsigned busy_each, busy;
    bool stuck; /* busy for ever */
    bool selected;
    unsigned exchanges, reads;
    uint32_t speed;
} card;

static void say(uint8_t byte)
{
    card.queue[card.last++] = byte;
}

static uint32_t where(void)
{
    uint32_t argument = (uint32_t)card.frame[1] << 24 | (uint32_t)card.frame[2] << 16 |
                        (uint32_t)card.frame[3] << 8 | card.frame[4];

    return card.by_block ? argument * SD_BLOCK : argument;
}

static void obey(void)
{
    static bool application;
    bool was = application;

    application = false;
    card.first = card.last = 0;
    say(0xFF);
    switch (card.frame[0] & 0x3F) {
    case 0:
        CHECK_EQ_INT(card.frame[5], 0x95);
        say(IDLE);
        return;
    case 8:
        CHECK_EQ_INT(card.frame[5], 0x87);
        if (card.old) {
            say(IDLE | ILLEGAL);
            return;
        }
        say(IDLE);
        say(0);
        say(0);
        say(1);
        say(0xAA);
        return;
    case 55:
        application = true;
        say(card.up ? 0 : IDLE);
        return;
    case 41:
        CHECK(was);
        card.up = card.slow == 0;
        card.slow -= card.slow > 0;
        say(card.up ? 0 : IDLE);
        return;
    case 58:
        say(0);
        say(card.by_block ? 0xC0 : 0x80);
        say(0xFF);
        say(0x80);
        say(0);
        return;
    case 16:
        CHECK(!card.by_block);
        CHECK_EQ_INT(where(), SD_BLOCK);
        say(0);
        return;
    case 17:
        CHECK(where() % SD_BLOCK == 0 && where() < SIZE);
        card.reads++;
        say(0);
        say(0xFF);
        say(card.read_token);
        if (card.read_token != 0xFE)
            return;
        for (unsigned i = 0; i < SD_BLOCK; i++)
            say(card.cells[where() + i]);
        say(0x12);
        say(0x34);
        return;
    case 24:
        CHECK(where() % SD_BLOCK == 0 && where() < SIZE);
        say(0);
        card.writing = where() + 1;
        card.taken = 0;
        return;
    default:
        say(ILLEGAL);
    }
}

static void take_block(uint8_t byte)
{
    if (card.taken == 0 && byte != 0xFE)
        return;
    if (card.taken > 0)
        card.block[card.taken - 1] = byte;
    if (card.taken++ < SD_BLOCK + 2)
        return;
    if ((card.data_answer & 0x1F) == 5)
        memcpy(card.cells + card.writing - 1, card.block, SD_BLOCK);
    card.writing = 0;
    say(card.data_answer);
    card.busy = card.busy_each;
}

static uint8_t exchange(uint8_t out)
{
    card.exchanges++;
    if (card.absent || !card.selected)
        return 0xFF;
    if (card.first < card.last) {
        CHECK_EQ_INT(out, 0xFF);
        return card.queue[card.first++];
    }
    if (card.stuck && card.busy > 0)
        return 0;
    if (card.busy > 0) {
        card.busy--;
        return 0;
    }
    if (card.writing != 0) {
        take_block(out);
        return 0xFF;
    }
    if (card.framed > 0 || (out & 0xC0) == 0x40) {
        card.frame[card.framed++] = out;
        if (card.framed == sizeof card.frame) {
            card.framed = 0;
            obey();
        }
    }
    return 0xFF;
}

static void select(bool selected)
{
    card.selected = selected;
}

static void speed(uint32_t bus_hz)
{
    card.speed = bus_hz;
}

static const struct sd_bus bus = {exchange, select, speed};
static struct sd_card sd;
static const struct hal_flash *medium = &sd.hal;

static void insert(bool by_block)
{
    memset(&card, 0, sizeof card);
    card.by_block = by_block;
    card.read_token = 0xFE;
    card.data_answer = 0xE5;
    card.busy_each = 3;
}

static enum scrip_status open_card(void)
{
    return sd_card_open(&sd, &bus, SIZE);
}

static void test_both_kinds_of_card_are_read_and_written(void)
{
    uint8_t data[2 * SD_BLOCK], back[SD_BLOCK];

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i ^ i >> 8);
    for (int kind = 0; kind < 2; kind++) {
        insert(kind == 1);
        card.slow = 20;
        CHECK_STATUS(open_card(), SCRIP_OK);
        CHECK(card.speed > 1000000 && !card.selected);
        CHECK_STATUS(medium->program(medium->context, 1024, data, sizeof data), SCRIP_OK);
        CHECK_EQ_INT(card.busy, 0); /* durable on return */
        CHECK_EQ_BYTES(card.cells + 1024, data, sizeof data);
        CHECK_EQ_INT(card.cells[1023] | card.cells[2048], 0);
        CHECK_STATUS(medium->read(medium->context, 1300, back, SD_BLOCK), SCRIP_OK);
        CHECK_EQ_BYTES(back, data + 276, SD_BLOCK);
        CHECK(!card.selected);
    }
}

static void test_no_card_and_an_old_one_are_faults(void)
{
    insert(true);
    card.absent = true;
    CHECK_STATUS(open_card(), SCRIP_FAULT_FLASH);
    CHECK(card.exchanges < 1000);
    insert(true);
    card.old = true;
    CHECK_STATUS(open_card(), SCRIP_FAULT_FLASH);
    insert(true);
    card.slow = 1000000; /* it never comes up */
    CHECK_STATUS(open_card(), SCRIP_FAULT_FLASH);
    CHECK(!card.selected);
}

static void test_what_was_held_is_not_what_was_written_since(void)
{
    uint8_t data[SD_BLOCK], back[8];

    insert(true);
    CHECK_STATUS(open_card(), SCRIP_OK);
    memset(data, 0x31, sizeof data);
    CHECK_STATUS(medium->read(medium->context, 0, back, 8), SCRIP_OK);
    CHECK_STATUS(medium->read(medium->context, 8, back, 8), SCRIP_OK);
    CHECK_EQ_INT(card.reads, 1);
    CHECK_STATUS(medium->program(medium->context, 0, data, sizeof data), SCRIP_OK);
    CHECK_STATUS(medium->read(medium->context, 0, back, 8), SCRIP_OK);
    CHECK_EQ_BYTES(back, data, 8);
    CHECK_EQ_INT(card.reads, 2);
}

static void test_a_read_that_fails_leaves_nothing_to_believe(void)
{
    uint8_t back[8];

    insert(true);
    CHECK_STATUS(open_card(), SCRIP_OK);
    memset(card.cells, 0x55, sizeof card.cells);
    CHECK_STATUS(medium->read(medium->context, 512, back, 8), SCRIP_OK);
    card.read_token = 0x09; /* out of range, uncorrectable */
    CHECK_STATUS(medium->read(medium->context, 1024, back, 8), SCRIP_FAULT_FLASH);
    CHECK_STATUS(medium->read(medium->context, 512, back, 8), SCRIP_FAULT_FLASH);
    card.read_token = 0xFE;
    CHECK_STATUS(medium->read(medium->context, 512, back, 8), SCRIP_OK);
    CHECK_EQ_INT(back[0], 0x55);
}

static void test_a_write_that_is_refused_or_never_ends_is_a_fault(void)
{
    uint8_t data[SD_BLOCK] = {1};

    insert(true);
    CHECK_STATUS(open_card(), SCRIP_OK);
    card.data_answer = 0xEB; /* a wrong check sum */
    CHECK_STATUS(medium->program(medium->context, 0, data, sizeof data), SCRIP_FAULT_FLASH);
    card.data_answer = 0xED; /* a write error */
    CHECK_STATUS(medium->program(medium->context, 0, data, sizeof data), SCRIP_FAULT_FLASH);
    CHECK(!card.selected);
    card.data_answer = 0xE5;
    card.stuck = true;
    CHECK_STATUS(medium->program(medium->context, 0, data, sizeof data), SCRIP_FAULT_FLASH);
    CHECK(!card.selected);
}

static void test_the_region_ends_where_it_ends(void)
{
    uint8_t data[SD_BLOCK] = {0};

    insert(true);
    CHECK_STATUS(open_card(), SCRIP_OK);
    CHECK_EQ_INT(medium->size, SIZE);
    CHECK_EQ_INT(medium->tear_size, SD_BLOCK);
    CHECK_STATUS(medium->program(medium->context, SIZE - SD_BLOCK, data, SD_BLOCK), SCRIP_OK);
    CHECK_STATUS(medium->program(medium->context, SIZE, data, SD_BLOCK), SCRIP_FAULT_FLASH);
    CHECK_STATUS(medium->program(medium->context, 256, data, SD_BLOCK), SCRIP_FAULT_FLASH);
    CHECK_STATUS(medium->program(medium->context, 0, data, 100), SCRIP_FAULT_FLASH);
    CHECK_STATUS(medium->read(medium->context, SIZE - 4, data, 5), SCRIP_FAULT_FLASH);
    CHECK_STATUS(medium->read(medium->context, UINT32_MAX, data, 2), SCRIP_FAULT_FLASH);
    CHECK_STATUS(medium->read(medium->context, SIZE - 4, data, 4), SCRIP_OK);
}

/* The serial port -------------------------------------------------------------------------------
 */

static struct {
    uint32_t control0, control1, prescale;
    unsigned waits; /* looks at the state before the byte is there */
    uint8_t out;
} port;

static uint32_t read_port(uint32_t offset)
{
    if (offset == 0x0C) {
        if (port.waits > 0) {
            port.waits--;
            return 0;
        }
        return 1 << 2;
    }
    CHECK_EQ_INT(offset, 0x08);
    CHECK_EQ_INT(port.waits, 0);
    return (uint8_t)~port.out;
}

static void write_port(uint32_t offset, uint32_t value)
{
    if (offset == 0x00) {
        CHECK_EQ_INT(port.control1, 0); /* only while it is off */
        port.control0 = value;
    }
    if (offset == 0x04)
        port.control1 = value;
    if (offset == 0x08) {
        port.out = (uint8_t)value;
        port.waits = 4;
    }
    if (offset == 0x10)
        port.prescale = value;
}

static void test_the_port_is_no_faster_than_asked(void)
{
    static const struct {
        uint32_t clock_hz, bus_hz, ratio;
    } cases[] = {{50000000, 12000000, 2},
                 {50000000, 400000, 62},
                 {50000000, 4000000, 6},
                 {48000000, 12000000, 1}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memset(&port, 0, sizeof port);
        device_open(read_port, write_port);
        pl022_open(DEVICE_BASE, cases[i].clock_hz, cases[i].bus_hz);
        CHECK_EQ_INT(port.prescale, 2);
        CHECK_EQ_INT(port.control0 & 0xFF, 7); /* eight bits, mode 0 */
        CHECK_EQ_INT(port.control0 >> 8, cases[i].ratio);
        CHECK_EQ_INT(port.control1, 2);
        CHECK(cases[i].clock_hz / (2 * ((port.control0 >> 8) + 1)) <= cases[i].bus_hz);
        CHECK_EQ_INT(pl022_exchange(DEVICE_BASE, 0x5A), 0xA5);
    }
}

int main(void)
{
    CHECK_RUN(test_both_kinds_of_card_are_read_and_written);
    CHECK_RUN(test_no_card_and_an_old_one_are_faults);
    CHECK_RUN(test_what_was_held_is_not_what_was_written_since);
    CHECK_RUN(test_a_read_that_fails_leaves_nothing_to_believe);
    CHECK_RUN(test_a_write_that_is_refused_or_never_ends_is_a_fault);
    CHECK_RUN(test_the_region_ends_where_it_ends);
    CHECK_RUN(test_the_port_is_no_faster_than_asked);
    return check_done();
}
