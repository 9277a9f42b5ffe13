#include "platform/cortexm/sd_card.h"

#include <string.h>

enum {
    GO_IDLE = 0,
    SEND_IF_COND = 8,
    SET_BLOCKLEN = 16,
    READ_SINGLE = 17,
    WRITE_SINGLE = 24,
    APP_OP_COND = 41,
    APP_CMD = 55,
    READ_OCR = 58
};
enum { READY = 0x00, IDLE = 0x01, TOKEN = 0xFE, ACCEPTED = 0x05, NOTHING = 0xFF };
enum { SLOW_HZ = 400000, FAST_HZ = 12000000 };
/* In bytes of the bus: a command's answer comes within 8, a block within 100 ms, a write within
 * 250 ms at the fast rate; a card is up within a second of the slow one. */
enum { ANSWER_BYTES = 16, DATA_BYTES = 150000, BUSY_BYTES = 375000, START_TRIES = 5000 };
enum { SECTOR = 4096 };

static uint8_t turn(const struct sd_card *card)
{
    return card->bus->exchange(NOTHING);
}

static uint8_t command(const struct sd_card *card, uint8_t number, uint32_t argument)
{
    /* Checked only before the card is told otherwise, for these two with these arguments. */
    const uint8_t crc = number == GO_IDLE ? 0x95 : number == SEND_IF_COND ? 0x87 : 0x01;
    const uint8_t frame[] = {(uint8_t)(0x40 | number),  (uint8_t)(argument >> 24),
                             (uint8_t)(argument >> 16), (uint8_t)(argument >> 8),
                             (uint8_t)argument,         crc};
    uint8_t answer = NOTHING;

    (void)turn(card);
    for (size_t i = 0; i < sizeof frame; i++)
        (void)card->bus->exchange(frame[i]);
    for (int i = 0; i < ANSWER_BYTES && (answer & 0x80) != 0; i++)
        answer = turn(card);
    return answer;
}

static uint32_t word(const struct sd_card *card)
{
    uint32_t value = 0;

    for (int i = 0; i < 4; i++)
        value = value << 8 | turn(card);
    return value;
}

static bool wake(struct sd_card *card)
{
    uint8_t answer = NOTHING;

    for (int i = 0; i < ANSWER_BYTES && answer != IDLE; i++)
        answer = command(card, GO_IDLE, 0);
    if (answer != IDLE || command(card, SEND_IF_COND, 0x1AA) != IDLE ||
        (word(card) & 0xFFF) != 0x1AA)
        return false;
    for (int i = 0; i < START_TRIES && answer != READY; i++) {
        (void)command(card, APP_CMD, 0);
        answer = command(card, APP_OP_COND, UINT32_C(1) << 30);
    }
    /* Some cards say idle here once more. */
    if (answer != READY || (command(card, READ_OCR, 0) & ~IDLE) != READY)
        return false;
    card->by_block = (word(card) >> 30 & 1) != 0;
    return card->by_block || command(card, SET_BLOCKLEN, SD_BLOCK) == READY;
}

static uint32_t address_of(const struct sd_card *card, uint32_t block)
{
    return card->by_block ? block : block * SD_BLOCK;
}

static bool read_block(struct sd_card *card, uint32_t block)
{
    uint8_t token = NOTHING;

    if (command(card, READ_SINGLE, address_of(card, block)) != READY)
        return false;
    for (int32_t i = 0; i < DATA_BYTES && token == NOTHING; i++)
        token = turn(card);
    if (token != TOKEN)
        return false;
    for (size_t i = 0; i < SD_BLOCK; i++)
        card->block[i] = turn(card);
    (void)turn(card); /* the checksum, which is off */
    (void)turn(card);
    return true;
}

static bool write_block(struct sd_card *card, uint32_t block, const uint8_t *data)
{
    uint8_t answer;

    if (command(card, WRITE_SINGLE, address_of(card, block)) != READY)
        return false;
    (void)turn(card);
    (void)card->bus->exchange(TOKEN);
    for (size_t i = 0; i < SD_BLOCK; i++)
        (void)card->bus->exchange(data[i]);
    (void)turn(card);
    (void)turn(card);
    answer = turn(card);
    if ((answer & 0x1F) != ACCEPTED)
        return false;
    for (int32_t i = 0; i < BUSY_BYTES; i++) {
        if (turn(card) == NOTHING)
            return true;
    }
    return false;
}

static bool hold(struct sd_card *card, uint32_t block)
{
    if (card->held == block)
        return true;
    card->held = UINT32_MAX;
    card->bus->select(true);
    bool good = read_block(card, block);
    card->bus->select(false);
    if (good)
        card->held = block;
    return good;
}

static enum scrip_status card_read(void *context, uint32_t offset, void *data, size_t len)
{
    struct sd_card *card = context;
    uint8_t *to = data;

    if (offset > card->hal.size || len > card->hal.size - offset)
        return SCRIP_FAULT_FLASH;
    while (len > 0) {
        size_t at = offset % SD_BLOCK;
        size_t piece = SD_BLOCK - at < len ? SD_BLOCK - at : len;
        if (!hold(card, offset / SD_BLOCK))
            return SCRIP_FAULT_FLASH;
        memcpy(to, card->block + at, piece);
        to += piece;
        offset += (uint32_t)piece;
        len -= piece;
    }
    return SCRIP_OK;
}

static enum scrip_status card_program(void *context, uint32_t offset, const void *data, size_t len)
{
    struct sd_card *card = context;
    const uint8_t *from = data;

    if (offset % SD_BLOCK != 0 || len % SD_BLOCK != 0 || offset > card->hal.size ||
        len > card->hal.size - offset)
        return SCRIP_FAULT_FLASH;
    for (; len > 0; len -= SD_BLOCK, offset += SD_BLOCK, from += SD_BLOCK) {
        /* What was held may be what is written; it is read back from the card, not from here. */
        card->held = UINT32_MAX;
        card->bus->select(true);
        bool good = write_block(card, offset / SD_BLOCK, from);
        card->bus->select(false);
        if (!good)
            return SCRIP_FAULT_FLASH;
    }
    return SCRIP_OK;
}

/* Never called where needs_erase is false, as the contract says. */
static enum scrip_status no_erase_start(void *context, uint32_t offset)
{
    (void)context;
    (void)offset;
    return SCRIP_FAULT_FLASH;
}

static enum scrip_status no_erase_poll(void *context)
{
    (void)context;
    return SCRIP_FAULT_FLASH;
}

enum scrip_status sd_card_open(struct sd_card *card, const struct sd_bus *bus, uint32_t size)
{
    *card = (struct sd_card){.hal = {.context = card,
                                     .size = size,
                                     .sector_size = SECTOR,
                                     .page_size = SD_BLOCK,
                                     .granularity = SD_BLOCK,
                                     .tear_size = SD_BLOCK,
                                     .needs_erase = false,
                                     .read = card_read,
                                     .program = card_program,
                                     .erase_start = no_erase_start,
                                     .erase_poll = no_erase_poll},
                             .bus = bus,
                             .held = UINT32_MAX};
    bus->speed(SLOW_HZ);
    bus->select(false);
    for (int i = 0; i < ANSWER_BYTES; i++)
        (void)bus->exchange(NOTHING);
    bus->select(true);
    bool good = wake(card);
    bus->select(false);
    bus->speed(FAST_HZ);
    return good ? SCRIP_OK : SCRIP_FAULT_FLASH;
}
