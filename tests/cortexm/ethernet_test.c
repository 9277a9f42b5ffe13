/* Both Ethernet controllers by their FIFOs: frames whole and in order, and what is dropped. */
#include "platform/cortexm/ethernet.h"

#include "platform/cortexm/lan9118.h"
#include "platform/cortexm/stellaris_enet.h"
#include "tests/check.h"
#include "tests/cortexm/device.h"

enum { WORDS = 1024 };

/* A FIFO of words on each side, and the registers around it. */
static struct {
    bool lan; /* a LAN9118, else a Stellaris controller */
    uint32_t in[WORDS], status[8];
    unsigned in_first, in_last, status_first, status_last;
    uint32_t out[WORDS];
    unsigned out_len;
    uint32_t mask, mac[16], mac_data;
    unsigned requests;
    bool busy;    /* the transmitter has no room */
    bool frozen;  /* a MAC that is never ready */
    bool missing; /* nothing answers */
    unsigned arrive_when_armed;
} wire;

/* Puts a frame where the controller would, check sequence and all. */
static void arrive(const uint8_t *frame, size_t len, bool bad)
{
    uint8_t bytes[2048] = {0};
    size_t head = wire.lan ? 0 : 2, total = head + len + 4;

    if (!wire.lan) {
        bytes[0] = (uint8_t)total;
        bytes[1] = (uint8_t)(total >> 8);
    } else {
        wire.status[wire.status_last++] = (uint32_t)total << 16 | (bad ? 1u << 15 : 0);
    }
    memcpy(bytes + head, frame, len);
    memset(bytes + head + len, 0xC5, 4);
    for (size_t at = 0; at < total; at += 4)
        memcpy(&wire.in[wire.in_last++], bytes + at, 4);
}

static uint32_t take(void)
{
    CHECK(wire.in_first < wire.in_last);
    return wire.in[wire.in_first++];
}

static uint32_t read(uint32_t offset)
{
    if (!wire.lan) {
        if (offset == 0x34)
            return wire.in_first < wire.in_last ? 1 : 0;
        if (offset == 0x38)
            return wire.busy;
        CHECK_EQ_INT(offset, 0x10);
        return take();
    }
    switch (offset) {
    case 0x00:
        return take();
    case 0x40:
        CHECK(wire.status_first < wire.status_last);
        return wire.status[wire.status_first++];
    case 0x64:
        return wire.missing ? 0 : 0x87654321;
    case 0x74:
        return 0;
    case 0x7C:
        return (uint32_t)(wire.status_last - wire.status_first) << 16;
    case 0x80:
        return wire.busy ? 32 : 4608;
    case 0xA4:
        return wire.frozen ? 0x80000000u : 0;
    case 0xA8:
        return wire.mac_data;
    default:
        CHECK_EQ_INT(offset, 0);
        return 0;
    }
}

static void arm(uint32_t mask)
{
    static const uint8_t late[20] = {0xEE};

    wire.mask = mask;
    if (mask != 0 && wire.arrive_when_armed > 0) {
        wire.arrive_when_armed--;
        arrive(late, sizeof late, false);
    }
}

static void write(uint32_t offset, uint32_t value)
{
    if (!wire.lan) {
        if (offset == 0x04)
            arm(value);
        if (offset == 0x10)
            wire.out[wire.out_len++] = value;
        if (offset == 0x14)
            wire.mac[3] = value;
        if (offset == 0x18)
            wire.mac[2] = value;
        if (offset == 0x38)
            wire.requests++;
        return;
    }
    if (offset == 0x5C)
        arm(value);
    if (offset == 0x20)
        wire.out[wire.out_len++] = value;
    if (offset == 0xA8)
        wire.mac_data = value;
    if (offset == 0xA4 && (value & 1u << 30) != 0)
        wire.mac_data = wire.mac[value & 15];
    else if (offset == 0xA4)
        wire.mac[value & 15] = wire.mac_data;
}

static struct lan9118 lan;
static struct stellaris_enet enet;
static const uint8_t address[] = {0x02, 0x53, 0x43, 0x52, 0x49, 0x50};

static const struct ethernet *begin(int kind)
{
    memset(&wire, 0, sizeof wire);
    wire.lan = kind == 1;
    device_open(read, write);
    if (kind == 0) {
        stellaris_enet_open(&enet, DEVICE_BASE, address);
        return &enet.ethernet;
    }
    wire.mac[3] = 0x52435302;
    wire.mac[2] = 0x5049;
    CHECK(lan9118_open(&lan, DEVICE_BASE));
    return &lan.ethernet;
}

static bool is_waiting(int kind)
{
    return kind == 0 ? enet.waiting : lan.waiting;
}

static struct {
    uint8_t bytes[2048];
    size_t len, at;
    bool refuse;
    unsigned begun;
} got;

static bool sink_begin(void *context, size_t len)
{
    (void)context;
    got.begun++;
    got.len = len;
    got.at = 0;
    return !got.refuse;
}

/* Stops at the length that it was told, as the stack's does. */
static void sink_put(void *context, const void *data, size_t len)
{
    (void)context;
    CHECK(!got.refuse);
    if (len > got.len - got.at)
        len = got.len - got.at;
    memcpy(got.bytes + got.at, data, len);
    got.at += len;
}

static const struct ethernet_sink sink = {NULL, sink_begin, sink_put};

static bool receive(const struct ethernet *ethernet)
{
    return ethernet->receive(ethernet->context, &sink);
}

static void make_frame(uint8_t *frame, size_t len)
{
    for (size_t i = 0; i < len; i++)
        frame[i] = (uint8_t)(len + i * 3);
}

static void test_the_address_is_taken_or_set(void)
{
    CHECK_EQ_BYTES(begin(0)->address, address, 6);
    CHECK_EQ_INT(wire.mac[3], 0x52435302);
    CHECK_EQ_INT(wire.mac[2], 0x5049);
    CHECK_EQ_BYTES(begin(1)->address, address, 6);
    CHECK_EQ_INT(wire.mac[1], 1 << 2 | 1 << 3); /* it receives and sends */
}

static void test_frames_of_every_length_come_whole(void)
{
    uint8_t frame[ETHERNET_FRAME_MAX];

    for (int kind = 0; kind < 2; kind++) {
        const struct ethernet *ethernet = begin(kind);
        memset(&got, 0, sizeof got);
        for (size_t len = 60; len < 76; len++) {
            wire.in_first = wire.in_last = wire.status_first = wire.status_last = 0;
            make_frame(frame, len);
            arrive(frame, len, false);
            CHECK(receive(ethernet));
            CHECK_EQ_INT(got.len, len);
            CHECK_EQ_INT(got.at, len);
            CHECK_EQ_BYTES(got.bytes, frame, len);
            CHECK_EQ_INT(wire.in_first, wire.in_last); /* the FIFO is at the next frame */
        }
    }
}

static void test_what_is_not_wanted_leaves_the_fifo(void)
{
    uint8_t frame[100];

    for (int kind = 0; kind < 2; kind++) {
        const struct ethernet *ethernet = begin(kind);
        memset(&got, 0, sizeof got);
        make_frame(frame, sizeof frame);
        got.refuse = true;
        arrive(frame, 90, false);
        arrive(frame, 64, false);
        CHECK(receive(ethernet));
        got.refuse = false;
        CHECK(receive(ethernet));
        CHECK_EQ_INT(got.begun, 2);
        CHECK_EQ_INT(got.at, 64);
        CHECK_EQ_BYTES(got.bytes, frame, 64);
    }
    /* One that came damaged is not even offered. */
    const struct ethernet *ethernet = begin(1);
    memset(&got, 0, sizeof got);
    arrive(frame, 80, true);
    arrive(frame, 61, false);
    CHECK(receive(ethernet));
    CHECK_EQ_INT(got.begun, 0);
    CHECK(receive(ethernet));
    CHECK_EQ_INT(got.at, 61);
}

/* A length that cannot be is no frame; the words it stands for are read, and no more. */
static void test_a_length_of_nothing_is_no_frame(void)
{
    for (int kind = 0; kind < 2; kind++) {
        const struct ethernet *ethernet = begin(kind);
        memset(&got, 0, sizeof got);
        wire.in[wire.in_last++] = 4;
        if (kind == 1)
            wire.status[wire.status_last++] = 4u << 16;
        CHECK(receive(ethernet));
        CHECK_EQ_INT(got.begun, 0);
        CHECK_EQ_INT(wire.in_first, 1);
    }
}

/* The interrupt is off from its call until the FIFO was found empty; what comes between that look
 * and the arming raises none, and is seen all the same. */
static void test_no_frame_is_slept_through(void)
{
    for (int kind = 0; kind < 2; kind++) {
        const struct ethernet *ethernet = begin(kind);
        CHECK(wire.mask != 0);
        if (kind == 0)
            stellaris_enet_interrupt(&enet);
        else
            lan9118_interrupt(&lan);
        CHECK_EQ_INT(wire.mask, 0);
        CHECK(is_waiting(kind));
        wire.arrive_when_armed = 1;
        CHECK(receive(ethernet));
        CHECK(is_waiting(kind));
        CHECK(receive(ethernet));
        CHECK_EQ_INT(got.bytes[0], 0xEE);
        CHECK(!receive(ethernet));
        CHECK(!is_waiting(kind));
        CHECK(wire.mask != 0);
    }
}

static void test_frames_of_every_length_are_sent_whole(void)
{
    uint8_t frame[80], sent[128];

    for (int kind = 0; kind < 2; kind++) {
        const struct ethernet *ethernet = begin(kind);
        for (size_t len = 42; len < 50; len++) {
            make_frame(frame, len);
            wire.out_len = wire.requests = 0;
            CHECK(ethernet->send(ethernet->context, frame, len));
            memcpy(sent, wire.out, sizeof sent);
            if (kind == 0) {
                CHECK_EQ_INT(sent[0] | sent[1] << 8, len - 14);
                CHECK_EQ_BYTES(sent + 2, frame, len);
                CHECK_EQ_INT(wire.out_len, (len + 2 + 3) / 4);
                CHECK_EQ_INT(wire.requests, 1);
            } else {
                CHECK_EQ_INT(wire.out[0], 1u << 13 | 1u << 12 | len);
                CHECK_EQ_INT(wire.out[1] & 0x7FF, len);
                CHECK_EQ_BYTES(sent + 8, frame, len);
                CHECK_EQ_INT(wire.out_len, 2 + (len + 3) / 4);
            }
        }
        wire.out_len = 0;
        wire.busy = true;
        CHECK(!ethernet->send(ethernet->context, frame, 60));
        CHECK_EQ_INT(wire.out_len, 0);
    }
}

static void test_a_controller_that_does_not_answer_is_none(void)
{
    (void)begin(1);
    wire.missing = true;
    CHECK(!lan9118_open(&lan, DEVICE_BASE));
    wire.missing = false;
    wire.frozen = true;
    CHECK(!lan9118_open(&lan, DEVICE_BASE));
}

int main(void)
{
    CHECK_RUN(test_the_address_is_taken_or_set);
    CHECK_RUN(test_frames_of_every_length_come_whole);
    CHECK_RUN(test_what_is_not_wanted_leaves_the_fifo);
    CHECK_RUN(test_a_length_of_nothing_is_no_frame);
    CHECK_RUN(test_no_frame_is_slept_through);
    CHECK_RUN(test_frames_of_every_length_are_sent_whole);
    CHECK_RUN(test_a_controller_that_does_not_answer_is_none);
    return check_done();
}
