/* The I2C bus by register and by bit, and the EEPROM on it: pages, its busy time, and its silence.
 */
#include "platform/cortexm/i2c.h"

#include "platform/cortexm/at24c.h"
#include "platform/cortexm/sbcon_i2c.h"
#include "platform/cortexm/stellaris_i2c.h"
#include "tests/check.h"
#include "tests/cortexm/device.h"

enum { PART = 0x50, BYTES = 4096 };

/* A 24C part as its data sheet tells: a page write wraps within its page, and is carried out at the
 * stop; until that is over the part does not acknowledge. */
static struct {
    uint8_t cells[BYTES];
    uint8_t page[AT24C_PAGE]; /* what was sent of a page */
    bool dirty[AT24C_PAGE];
    uint32_t at;
    unsigned sent;        /* bytes since the start */
    unsigned busy;        /* starts that are not acknowledged yet */
    unsigned busy_each;   /* after a write */
    unsigned writes;      /* pages written */
    unsigned refuse_byte; /* the byte of a transfer that is not acknowledged; 0: none */
    bool absent, addressed;
} part;

static void part_open(void)
{
    memset(&part, 0, sizeof part);
    memset(part.cells, 0xFF, sizeof part.cells);
}

/* The address byte. Answers the acknowledgement. */
static bool part_start(uint8_t address)
{
    if (part.absent || address >> 1 != PART)
        return false;
    if (part.busy > 0) {
        part.busy--;
        return false;
    }
    part.addressed = true;
    if ((address & 1) == 0)
        part.sent = 0;
    return true;
}

static bool part_take(uint8_t byte)
{
    part.sent++;
    if (part.refuse_byte != 0 && part.sent == part.refuse_byte)
        return false;
    if (part.sent == 1) {
        part.at = (uint32_t)byte << 8;
    } else if (part.sent == 2) {
        part.at |= byte;
    } else {
        part.page[part.at % AT24C_PAGE] = byte;
        part.dirty[part.at % AT24C_PAGE] = true;
        part.at = part.at / AT24C_PAGE * AT24C_PAGE + (part.at + 1) % AT24C_PAGE;
    }
    return true;
}

static uint8_t part_give(void)
{
    return part.cells[part.at++ % BYTES];
}

static void part_stop(void)
{
    uint32_t start = part.at / AT24C_PAGE * AT24C_PAGE;
    bool wrote = false;

    for (uint32_t i = 0; part.addressed && i < AT24C_PAGE; i++) {
        if (!part.dirty[i])
            continue;
        wrote = true;
        part.cells[(start + i) % BYTES] = part.page[i];
        part.dirty[i] = false;
    }
    part.addressed = false;
    part.sent = 0;
    if (wrote) {
        part.writes++;
        part.busy = part.busy_each;
    }
}

/* The Stellaris master: what it does is told by bits, and done at once. */
static struct {
    uint8_t address, data;
    uint32_t state, period, config;
    unsigned busy_reads, stops;
    bool running;
} master;

static uint32_t master_read(uint32_t offset)
{
    if (offset == 0x08)
        return master.data;
    CHECK_EQ_INT(offset, 0x04);
    if (master.busy_reads > 0) {
        master.busy_reads--;
        return 1;
    }
    return master.state;
}

static void master_step(uint32_t what)
{
    bool good = true;

    master.busy_reads = 3;
    master.state = 0;
    if ((what & 2) != 0) {
        CHECK((what & 1) != 0);
        good = part_start(master.address);
        master.running = true;
    }
    if (good && (what & 1) != 0) {
        CHECK(master.running);
        if ((master.address & 1) == 0) {
            good = part_take(master.data);
        } else {
            master.data = part_give();
            /* The last byte of a read is not acknowledged. */
            CHECK_EQ_INT((what & 8) != 0, (what & 4) == 0);
        }
    }
    if (!good)
        master.state = 2 | 4;
    if ((what & 4) != 0) {
        part_stop();
        master.running = false;
        master.stops++;
    }
}

static void master_write(uint32_t offset, uint32_t value)
{
    if (offset == 0x00)
        master.address = (uint8_t)value;
    else if (offset == 0x04)
        master_step(value);
    else if (offset == 0x08)
        master.data = (uint8_t)value;
    else if (offset == 0x0C)
        master.period = value;
    else if (offset == 0x20)
        master.config = value;
}

/* Two lines that a register sets and clears, with the part hanging on them bit by bit. */
static struct {
    bool scl, sda, slave_sda;
    enum { WAITING, ADDRESS, TAKING, GIVING, RELEASED } state;
    unsigned bits;
    bool acknowledged;
    uint8_t shift, giving;
    unsigned starts, stops;
} wire;

static void falling(void)
{
    /* The ninth clock is the acknowledgement's. */
    if (wire.bits == 8) {
        bool ack = false;
        if (wire.state == ADDRESS)
            ack = part_start(wire.shift);
        else if (wire.state == TAKING)
            ack = part_take(wire.shift);
        wire.slave_sda = !ack;
    } else if (wire.bits == 9) {
        wire.bits = 0;
        wire.slave_sda = true;
        if (wire.state == ADDRESS)
            wire.state = (wire.shift & 1) != 0 ? GIVING : TAKING;
        /* Whoever reads acknowledges every byte but the last, behind which the part lets go. */
        else if (wire.state == GIVING && !wire.acknowledged)
            wire.state = RELEASED;
        if (wire.state == GIVING)
            wire.giving = part_give();
    }
    if (wire.state == GIVING && wire.bits < 8)
        wire.slave_sda = (wire.giving >> (7 - wire.bits) & 1) != 0;
}

static uint32_t wire_read(uint32_t offset)
{
    CHECK_EQ_INT(offset, 0);
    return (wire.scl ? 1u : 0) | (wire.sda && wire.slave_sda ? 2u : 0);
}

static void wire_write(uint32_t offset, uint32_t value)
{
    bool high = offset == 0;

    if (value == 2) {
        if (wire.scl && wire.sda && !high) {
            wire.state = ADDRESS;
            wire.bits = 0;
            wire.slave_sda = true;
            wire.starts++;
        }
        if (wire.scl && !wire.sda && high && wire.state != WAITING) {
            CHECK(wire.state != GIVING); /* it might pull the line down */
            part_stop();
            wire.state = WAITING;
            wire.stops++;
        }
        wire.sda = high;
        return;
    }
    CHECK_EQ_INT(value, 1);
    if (high && !wire.scl && wire.state != WAITING) {
        if (wire.bits < 8)
            wire.shift = (uint8_t)(wire.shift << 1 | (wire.sda ? 1 : 0));
        else
            wire.acknowledged = !wire.sda;
        wire.bits++;
    }
    if (!high && wire.scl && wire.state != WAITING && wire.bits > 0)
        falling();
    wire.scl = high;
}

static struct stellaris_i2c stellaris;
static struct sbcon_i2c sbcon;

/* Both buses, one after the other. */
static const struct i2c *bus(int kind)
{
    part_open();
    if (kind == 0) {
        memset(&master, 0, sizeof master);
        device_open(master_read, master_write);
        stellaris_i2c_open(&stellaris, DEVICE_BASE, 50000000, 400000);
        return &stellaris.bus;
    }
    memset(&wire, 0, sizeof wire);
    wire.slave_sda = true;
    device_open(wire_read, wire_write);
    sbcon_i2c_open(&sbcon, DEVICE_BASE, 25000000, 400000);
    return &sbcon.bus;
}

static void test_a_transfer_writes_and_reads(void)
{
    const uint8_t out[] = {0x01, 0x02, 'a', 'b', 'c'};
    uint8_t in[3] = {0};

    for (int kind = 0; kind < 2; kind++) {
        const struct i2c *i2c = bus(kind);
        CHECK(i2c->transfer(i2c->context, PART, out, sizeof out, NULL, 0));
        CHECK_EQ_BYTES(part.cells + 0x102, "abc", 3);
        CHECK(i2c->transfer(i2c->context, PART, out, 2, in, sizeof in));
        CHECK_EQ_BYTES(in, "abc", 3);
    }
    (void)bus(0);
    CHECK_EQ_INT(master.config, 0x10);
    CHECK_EQ_INT(master.period, 6); /* 50 MHz by 20 by 7: 357 kHz, not above 400 */
}

/* Refused at the address or within: the answer says so, and the bus is free for the next. */
static void test_what_is_not_acknowledged_frees_the_bus(void)
{
    const uint8_t out[] = {0x00, 0x40, 'x', 'y'};

    for (int kind = 0; kind < 2; kind++) {
        const struct i2c *i2c = bus(kind);
        CHECK(!i2c->transfer(i2c->context, PART + 1, out, sizeof out, NULL, 0));
        CHECK(kind == 0 ? !master.running : wire.state == WAITING);
        CHECK(!i2c->transfer(i2c->context, PART + 1, out, 2, part.page, 4));
        part.refuse_byte = 4;
        CHECK(!i2c->transfer(i2c->context, PART, out, sizeof out, NULL, 0));
        part.refuse_byte = 0;
        CHECK(kind == 0 ? !master.running : wire.state == WAITING);
        CHECK(i2c->transfer(i2c->context, PART, out, sizeof out, NULL, 0));
        CHECK_EQ_BYTES(part.cells + 0x40, "xy", 2);
    }
}

static struct at24c eeprom;
static struct at24c_window window;

static const struct hal_flash *flash(int kind)
{
    eeprom = (struct at24c){bus(kind), PART};
    at24c_window_open(&window, &eeprom, 1024, 2048, 512);
    return &window.hal;
}

static void test_a_write_over_pages_lands_where_it_should(void)
{
    uint8_t data[300], back[300];

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + 1);
    for (int kind = 0; kind < 2; kind++) {
        const struct hal_flash *medium = flash(kind);
        part.busy_each = 40;
        CHECK_STATUS(medium->program(medium->context, 100, data, sizeof data), SCRIP_OK);
        CHECK_EQ_INT(part.writes, 4); /* 28, 128, 128 and 16 bytes */
        CHECK_EQ_INT(part.busy, 0);   /* durable on return */
        CHECK_EQ_BYTES(part.cells + 1124, data, sizeof data);
        CHECK_EQ_INT(part.cells[1123], 0xFF);
        CHECK_EQ_INT(part.cells[1424], 0xFF);
        CHECK_STATUS(medium->read(medium->context, 100, back, sizeof back), SCRIP_OK);
        CHECK_EQ_BYTES(back, data, sizeof data);
        CHECK_STATUS(medium->read(medium->context, 0, back, 0), SCRIP_OK);
    }
}

static void test_a_window_ends_where_it_ends(void)
{
    const struct hal_flash *medium = flash(0);
    uint8_t data[4] = {1, 2, 3, 4};

    CHECK_EQ_INT(medium->tear_size, AT24C_PAGE);
    CHECK_STATUS(medium->program(medium->context, 2044, data, 4), SCRIP_OK);
    CHECK_EQ_BYTES(part.cells + 1024 + 2044, data, 4);
    CHECK_STATUS(medium->program(medium->context, 2045, data, 4), SCRIP_FAULT_FLASH);
    CHECK_STATUS(medium->program(medium->context, 2049, data, 0), SCRIP_FAULT_FLASH);
    CHECK_STATUS(medium->program(medium->context, UINT32_MAX, data, 4), SCRIP_FAULT_FLASH);
    CHECK_STATUS(medium->read(medium->context, 2045, data, 4), SCRIP_FAULT_FLASH);
    CHECK_STATUS(medium->read(medium->context, UINT32_MAX - 1, data, 4), SCRIP_FAULT_FLASH);
    CHECK_EQ_INT(part.writes, 1);
}

static void test_a_silent_part_is_a_fault_in_time(void)
{
    uint8_t data[4] = {1, 2, 3, 4};
    const struct hal_flash *medium = flash(0);

    part.absent = true;
    CHECK_STATUS(medium->program(medium->context, 0, data, 4), SCRIP_FAULT_FLASH);
    CHECK_STATUS(medium->read(medium->context, 0, data, 4), SCRIP_FAULT_FLASH);
    /* Busy for just as long as it is asked, and for longer. */
    medium = flash(0);
    part.busy_each = AT24C_TRIES - 1;
    CHECK_STATUS(medium->program(medium->context, 0, data, 4), SCRIP_OK);
    part.busy_each = AT24C_TRIES;
    CHECK_STATUS(medium->program(medium->context, 0, data, 4), SCRIP_FAULT_FLASH);
}

int main(void)
{
    CHECK_RUN(test_a_transfer_writes_and_reads);
    CHECK_RUN(test_what_is_not_acknowledged_frees_the_bus);
    CHECK_RUN(test_a_write_over_pages_lands_where_it_should);
    CHECK_RUN(test_a_window_ends_where_it_ends);
    CHECK_RUN(test_a_silent_part_is_a_fault_in_time);
    return check_done();
}
