#include "platform/cortexm/lan9118.h"

#include <string.h>

#include "platform/cortexm/mmio.h"

enum {
    RX_DATA = 0x00,
    TX_DATA = 0x20,
    RX_STATUS = 0x40,
    TX_STATUS = 0x48,
    IRQ_CFG = 0x54,
    INT_STS = 0x58,
    INT_EN = 0x5C,
    BYTE_TEST = 0x64,
    FIFO_INT = 0x68,
    RX_CFG = 0x6C,
    TX_CFG = 0x70,
    HW_CFG = 0x74,
    RX_FIFO_INF = 0x7C,
    TX_FIFO_INF = 0x80,
    MAC_CSR_CMD = 0xA4,
    MAC_CSR_DATA = 0xA8
};
enum { MAC_CR = 1, MAC_ADDRESS_HIGH = 2, MAC_ADDRESS_LOW = 3 };
enum {
    RX_STATUS_LEVEL = 1 << 3, /* interrupt: a frame's status waits */
    IRQ_ENABLE = 1 << 8,
    IRQ_ACTIVE_HIGH_PUSH_PULL = 1 << 4 | 1,
    TX_ON = 1 << 1,
    HW_SOFT_RESET = 1,
    HW_MUST_BE_ONE = 1 << 20,
    HW_TX_FIFO_5K = 5 << 16,
    MAC_RX_TX = 1 << 2 | 1 << 3,
    MAC_READ = 1 << 30,
    FRAME_ERROR = 1 << 15,
    TX_FIRST_LAST = 1 << 13 | 1 << 12,
    SETTLE_READS = 100000
};
#define MAC_BUSY UINT32_C(0x80000000)

static bool mac_ready(const struct lan9118 *lan)
{
    for (int i = 0; i < SETTLE_READS; i++) {
        if ((mmio_read(lan->base, MAC_CSR_CMD) & MAC_BUSY) == 0)
            return true;
    }
    return false;
}

static uint32_t mac_read(const struct lan9118 *lan, uint32_t index)
{
    mmio_write(lan->base, MAC_CSR_CMD, MAC_BUSY | MAC_READ | index);
    return mac_ready(lan) ? mmio_read(lan->base, MAC_CSR_DATA) : 0;
}

static bool mac_write(const struct lan9118 *lan, uint32_t index, uint32_t value)
{
    mmio_write(lan->base, MAC_CSR_DATA, value);
    mmio_write(lan->base, MAC_CSR_CMD, MAC_BUSY | index);
    return mac_ready(lan);
}

static void arm(struct lan9118 *lan)
{
    mmio_write(lan->base, INT_STS, UINT32_MAX);
    mmio_write(lan->base, INT_EN, RX_STATUS_LEVEL);
}

void lan9118_interrupt(struct lan9118 *lan)
{
    mmio_write(lan->base, INT_EN, 0);
    lan->waiting = true;
}

/* Reads a frame off the FIFO in any case, so that the next one is at its front. */
static void take_frame(const struct lan9118 *lan, size_t len, const struct ethernet_sink *sink)
{
    for (size_t at = 0; at < len; at += sizeof(uint32_t)) {
        uint32_t word = mmio_read(lan->base, RX_DATA);
        size_t left = len - at;
        if (sink != NULL)
            sink->put(sink->context, &word, left < sizeof word ? left : sizeof word);
    }
}

static bool receive(void *context, const struct ethernet_sink *sink)
{
    enum { CHECK_BYTES = 4 };
    struct lan9118 *lan = context;

    if ((mmio_read(lan->base, RX_FIFO_INF) >> 16 & 0xFF) == 0) {
        lan->waiting = false;
        arm(lan);
        /* What came between the look and the arming has raised nothing. */
        lan->waiting = (mmio_read(lan->base, RX_FIFO_INF) >> 16 & 0xFF) != 0;
        return lan->waiting;
    }
    uint32_t status = mmio_read(lan->base, RX_STATUS);
    size_t raw = status >> 16 & 0x3FFF;
    size_t len = raw > CHECK_BYTES ? raw - CHECK_BYTES : 0;
    bool wanted = (status & FRAME_ERROR) == 0 && len > 0 && sink->begin(sink->context, len);
    /* The check sequence follows the frame: the sink stops at the length it was told. */
    take_frame(lan, raw, wanted ? sink : NULL);
    return true;
}

static bool send(void *context, const uint8_t *frame, size_t len)
{
    const struct lan9118 *lan = context;
    uint32_t info = mmio_read(lan->base, TX_FIFO_INF);

    for (uint32_t done = info >> 16 & 0xFF; done > 0; done--)
        (void)mmio_read(lan->base, TX_STATUS);
    if ((info & 0xFFFF) < len + 16)
        return false;
    mmio_write(lan->base, TX_DATA, TX_FIRST_LAST | (uint32_t)len);
    mmio_write(lan->base, TX_DATA, (uint32_t)len);
    for (size_t at = 0; at < len; at += sizeof(uint32_t)) {
        uint32_t word = 0;
        memcpy(&word, frame + at, len - at < sizeof word ? len - at : sizeof word);
        mmio_write(lan->base, TX_DATA, word);
    }
    return true;
}

bool lan9118_open(struct lan9118 *lan, uintptr_t base)
{
    *lan = (struct lan9118){.ethernet = {.context = lan, .receive = receive, .send = send},
                            .base = base};
    if (mmio_read(base, BYTE_TEST) != 0x87654321)
        return false;
    mmio_write(base, HW_CFG, HW_SOFT_RESET);
    for (int i = 0; i < SETTLE_READS && (mmio_read(base, HW_CFG) & HW_SOFT_RESET) != 0; i++)
        continue;
    mmio_write(base, HW_CFG, HW_MUST_BE_ONE | HW_TX_FIFO_5K);
    mmio_write(base, FIFO_INT, 0);
    mmio_write(base, IRQ_CFG, IRQ_ENABLE | IRQ_ACTIVE_HIGH_PUSH_PULL);
    mmio_write(base, RX_CFG, 0);
    mmio_write(base, TX_CFG, TX_ON);

    /* The address comes from the controller's own EEPROM. */
    uint32_t low = mac_read(lan, MAC_ADDRESS_LOW);
    uint32_t high = mac_read(lan, MAC_ADDRESS_HIGH);
    for (int i = 0; i < ETHERNET_ADDRESS; i++)
        lan->ethernet.address[i] = (uint8_t)(i < 4 ? low >> 8 * i : high >> 8 * (i - 4));
    if (!mac_write(lan, MAC_CR, MAC_RX_TX))
        return false;
    arm(lan);
    return true;
}
