/*
 * eeprom_keystore: hal_keystore in a serial EEPROM.
 *
 * Every slot has two pages: a new value goes into the one that is not current, under the next
 * number and a checksum. A cut tears at most that page, and the old value stays.
 *
 * The keys can be read by whoever takes the EEPROM off the board: a product whose threat model
 * includes that keeps them in the processor's own flash or in a secure element.
 *
 * Memory   The caller owns struct eeprom_keystore; hal points into it, so it must not move.
 */
#ifndef PLATFORM_CORTEXM_EEPROM_KEYSTORE_H
#define PLATFORM_CORTEXM_EEPROM_KEYSTORE_H

#include "hal/keystore.h"
#include "platform/cortexm/at24c.h"

enum {
    EEPROM_KEYSTORE_VALUE = 64, /* the longest value */
    EEPROM_KEYSTORE_BYTES = 2 * HAL_KEY_SLOTS * AT24C_PAGE
};

struct eeprom_keystore {
    struct hal_keystore hal;
    const struct at24c *part;
    uint32_t start;
};

/* start: of EEPROM_KEYSTORE_BYTES, a multiple of AT24C_PAGE. */
void eeprom_keystore_open(struct eeprom_keystore *keystore, const struct at24c *part,
                          uint32_t start);

#endif
