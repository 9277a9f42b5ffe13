#include "platform/cortexm/eeprom_keystore.h"

#include <stdbool.h>
#include <string.h>

/* A page: u32 magic, u32 number, u32 length, the value, and a CRC-32 over all of it. */
enum { MAGIC = 0x314B4353 /* "SCK1" */, HEAD = 12, CRC_AT = HEAD + EEPROM_KEYSTORE_VALUE };
enum { COPY_BYTES = CRC_AT + 4 };

struct copy {
    uint32_t number; /* 0: this page holds no value */
    uint32_t len;
    uint8_t bytes[COPY_BYTES];
};

static uint32_t get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void put_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t crc_of(const uint8_t *data, size_t len)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1)));
    }
    return ~crc;
}

static void wipe(void *data, size_t len)
{
    volatile uint8_t *at = data;

    while (len-- > 0)
        *at++ = 0;
}

static uint32_t page_of(const struct eeprom_keystore *keystore, enum hal_key_slot slot,
                        unsigned half)
{
    return keystore->start + (2 * (uint32_t)slot + half) * AT24C_PAGE;
}

static enum scrip_status load(const struct eeprom_keystore *keystore, enum hal_key_slot slot,
                              unsigned half, struct copy *copy)
{
    if (at24c_read(keystore->part, page_of(keystore, slot, half), copy->bytes, COPY_BYTES) !=
        SCRIP_OK)
        return SCRIP_FAULT_KEYSTORE;
    copy->len = get_u32(copy->bytes + 8);
    copy->number = get_u32(copy->bytes + 4);
    if (get_u32(copy->bytes) != MAGIC || copy->len > EEPROM_KEYSTORE_VALUE ||
        get_u32(copy->bytes + CRC_AT) != crc_of(copy->bytes, CRC_AT))
        copy->number = 0;
    return SCRIP_OK;
}

/* The half that holds the newest value; where there is none, 0 and out->number 0. */
static enum scrip_status newest(const struct eeprom_keystore *keystore, enum hal_key_slot slot,
                                struct copy *out, unsigned *half)
{
    struct copy other;

    *half = 0;
    TRY(load(keystore, slot, 0, out));
    TRY(load(keystore, slot, 1, &other));
    if (other.number > out->number) {
        *out = other;
        *half = 1;
    }
    wipe(&other, sizeof other);
    return SCRIP_OK;
}

static bool is_written(const struct eeprom_keystore *keystore, enum hal_key_slot slot)
{
    uint8_t magic[4];

    return at24c_read(keystore->part, page_of(keystore, slot, 0), magic, sizeof magic) !=
               SCRIP_OK ||
           get_u32(magic) == MAGIC;
}

static enum scrip_status keystore_read(void *context, enum hal_key_slot slot, void *data,
                                       size_t cap, size_t *len)
{
    struct copy copy;
    unsigned half;
    enum scrip_status status = newest(context, slot, &copy, &half);

    *len = 0;
    /* The first write goes to half 1: if it was cut, the value never was. Half 0 is written only
     * once half 1 was whole, so without a value it tells of damage. */
    if (status == SCRIP_OK && copy.number == 0)
        status = is_written(context, slot) ? SCRIP_FAULT_KEYSTORE : SCRIP_REFUSED_NOT_FOUND;
    else if (status == SCRIP_OK && copy.len > cap)
        status = SCRIP_FAULT_KEYSTORE;
    if (status == SCRIP_OK) {
        *len = copy.len;
        memcpy(data, copy.bytes + HEAD, copy.len);
    }
    wipe(&copy, sizeof copy);
    return status;
}

static enum scrip_status keystore_write(void *context, enum hal_key_slot slot, const void *data,
                                        size_t len)
{
    const struct eeprom_keystore *keystore = context;
    struct copy copy;
    unsigned half;

    if (len == 0 || len > EEPROM_KEYSTORE_VALUE)
        return SCRIP_FAULT_KEYSTORE;
    TRY(newest(keystore, slot, &copy, &half));
    uint32_t number = copy.number + 1;
    memset(copy.bytes, 0, sizeof copy.bytes);
    put_u32(copy.bytes, MAGIC);
    put_u32(copy.bytes + 4, number);
    put_u32(copy.bytes + 8, (uint32_t)len);
    memcpy(copy.bytes + HEAD, data, len);
    put_u32(copy.bytes + CRC_AT, crc_of(copy.bytes, CRC_AT));
    enum scrip_status status = at24c_write(keystore->part, page_of(keystore, slot, half ^ 1),
                                           copy.bytes, sizeof copy.bytes);
    wipe(&copy, sizeof copy);
    return status == SCRIP_OK ? SCRIP_OK : SCRIP_FAULT_KEYSTORE;
}

void eeprom_keystore_open(struct eeprom_keystore *keystore, const struct at24c *part,
                          uint32_t start)
{
    *keystore = (struct eeprom_keystore){
        .hal = {.context = keystore, .read = keystore_read, .write = keystore_write},
        .part = part,
        .start = start};
}
