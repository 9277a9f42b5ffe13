#include "platform/cortexm/stellaris_enet.h"

#include <string.h>

#include "platform/cortexm/mmio.h"

enum { STATE = 0x00, MASK = 0x04, RX_CONTROL = 0x08, TX_CONTROL = 0x0C, DATA = 0x10 };
enum { ADDRESS_LOW = 0x14, ADDRESS_HIGH = 0x18, PACKETS = 0x34, TX_REQUEST = 0x38 };
enum { RECEIVED = 1, ALL = 0x7F };
enum { RX_ON = 1, RX_DROP_BAD = 1 << 3, RX_RESET = 1 << 4 };
enum { TX_ON = 1, TX_PAD = 2, TX_CHECK = 4, TX_DUPLEX = 16 };

void stellaris_enet_interrupt(struct stellaris_enet *enet)
{
    mmio_write(enet->base, MASK, 0);
    enet->waiting = true;
}

/* A frame in the FIFO begins with its length of two bytes, which counts itself and the check
 * sequence of four. */
static bool receive(void *context, const struct ethernet_sink *sink)
{
    enum { LENGTH_BYTES = 2, EXTRA_BYTES = 6 };
    struct stellaris_enet *enet = context;

    if (mmio_read(enet->base, PACKETS) == 0) {
        mmio_write(enet->base, STATE, RECEIVED);
        mmio_write(enet->base, MASK, RECEIVED);
        enet->waiting = mmio_read(enet->base, PACKETS) != 0;
        return enet->waiting;
    }
    uint32_t word = mmio_read(enet->base, DATA);
    size_t raw = word & 0xFFFF;
    size_t len = raw > EXTRA_BYTES ? raw - EXTRA_BYTES : 0;
    bool wanted = len > 0 && sink->begin(sink->context, len);
    uint8_t bytes[sizeof word];
    for (size_t at = 0; at < raw; at += sizeof word) {
        if (at > 0)
            word = mmio_read(enet->base, DATA);
        memcpy(bytes, &word, sizeof word);
        size_t skip = at == 0 ? LENGTH_BYTES : 0;
        if (wanted)
            sink->put(sink->context, bytes + skip, sizeof word - skip);
    }
    return true;
}

/* A frame goes out behind two bytes that tell the length of its payload. */
static bool send(void *context, const uint8_t *frame, size_t len)
{
    enum { HEAD_BYTES = 14 };
    const struct stellaris_enet *enet = context;
    size_t payload = len - HEAD_BYTES;
    uint8_t bytes[4] = {(uint8_t)payload, (uint8_t)(payload >> 8)};
    size_t filled = 2;

    if ((mmio_read(enet->base, TX_REQUEST) & 1) != 0)
        return false;
    for (size_t i = 0; i < len; i++) {
        bytes[filled++] = frame[i];
        if (filled == sizeof bytes || i + 1 == len) {
            uint32_t word;
            memcpy(&word, bytes, sizeof word);
            mmio_write(enet->base, DATA, word);
            memset(bytes, 0, sizeof bytes);
            filled = 0;
        }
    }
    mmio_write(enet->base, TX_REQUEST, 1);
    return true;
}

void stellaris_enet_open(struct stellaris_enet *enet, uintptr_t base,
                         const uint8_t address[ETHERNET_ADDRESS])
{
    *enet = (struct stellaris_enet){.ethernet = {.context = enet, .receive = receive, .send = send},
                                    .base = base};
    memcpy(enet->ethernet.address, address, ETHERNET_ADDRESS);
    mmio_write(base, MASK, 0);
    mmio_write(base, ADDRESS_LOW,
               (uint32_t)address[0] | (uint32_t)address[1] << 8 | (uint32_t)address[2] << 16 |
                   (uint32_t)address[3] << 24);
    mmio_write(base, ADDRESS_HIGH, (uint32_t)address[4] | (uint32_t)address[5] << 8);
    mmio_write(base, RX_CONTROL, RX_RESET);
    mmio_write(base, RX_CONTROL, RX_ON | RX_DROP_BAD);
    mmio_write(base, TX_CONTROL, TX_ON | TX_PAD | TX_CHECK | TX_DUPLEX);
    mmio_write(base, STATE, ALL);
    mmio_write(base, MASK, RECEIVED);
}
