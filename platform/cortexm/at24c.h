/*
 * at24c: a serial EEPROM with 16-bit addresses (24C256, 24C512 and their like), and windows of it
 * as hal_flash.
 *
 * A page write that is cut leaves any of its page's bytes in any state, those that were not written
 * included: tear_size is the page.
 *
 * Memory   The caller owns the structs; hal points into its window, so that must not move.
 * Time     A page write keeps the part busy for up to 5 ms, in which it does not acknowledge; it
 *          is asked until it does, at most AT24C_TRIES times.
 */
#ifndef PLATFORM_CORTEXM_AT24C_H
#define PLATFORM_CORTEXM_AT24C_H

#include "hal/flash.h"
#include "platform/cortexm/i2c.h"

/* An ask takes 90 us on a bus of 100 kHz: 20 ms. */
enum { AT24C_PAGE = 128, AT24C_TRIES = 220 };

struct at24c {
    const struct i2c *bus;
    uint8_t address;
};

struct at24c_window {
    struct hal_flash hal;
    const struct at24c *part;
    uint32_t start;
};

/* start and size are multiples of sector_size, and that of AT24C_PAGE. */
void at24c_window_open(struct at24c_window *window, const struct at24c *part, uint32_t start,
                       uint32_t size, uint32_t sector_size);

/* Any len; a write is durable on return and split at pages. FAULT_FLASH: the part does not answer.
 */
MUST_CHECK enum scrip_status at24c_read(const struct at24c *part, uint32_t at, void *data,
                                        size_t len);
MUST_CHECK enum scrip_status at24c_write(const struct at24c *part, uint32_t at, const void *data,
                                         size_t len);

#endif
