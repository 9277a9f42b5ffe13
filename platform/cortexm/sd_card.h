/*
 * sd_card: the first bytes of an SD card on SPI as hal_flash (SD Physical Layer, chapter 7).
 *
 * A card writes a block of 512 bytes whole or leaves it in any state: tear_size is the block.
 *
 * Memory   The caller owns struct sd_card, which holds the block read last; hal points into it, so
 *          it must not move.
 * Time     A write keeps the card busy for up to 250 ms (usually a few), which is waited for.
 */
#ifndef PLATFORM_CORTEXM_SD_CARD_H
#define PLATFORM_CORTEXM_SD_CARD_H

#include "hal/flash.h"

enum { SD_BLOCK = 512 };

/* The bus that the card shares with others. */
struct sd_bus {
    uint8_t (*exchange)(uint8_t out);
    void (*select)(bool selected);
    void (*speed)(uint32_t bus_hz);
};

struct sd_card {
    struct hal_flash hal;
    const struct sd_bus *bus;
    bool by_block; /* addresses are in blocks (SDHC), not in bytes */
    uint32_t held; /* the block in the buffer; UINT32_MAX: none */
    uint8_t block[SD_BLOCK];
};

/* FAULT_FLASH: no card answers, or not in the way of an SD card of version 2. size: of the region,
 * a multiple of 4,096. */
MUST_CHECK enum scrip_status sd_card_open(struct sd_card *card, const struct sd_bus *bus,
                                          uint32_t size);

#endif
