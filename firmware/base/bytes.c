#include "base/bytes.h"

#include <string.h>

struct bytes bytes_text(const char *text)
{
    return bytes_of(text, strlen(text));
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    if (a.len != b.len)
        return false;
    uint8_t difference = 0;
    for (size_t i = 0; i < a.len; i++)
        difference |= a.data[i] ^ b.data[i];
    return difference == 0;
}

void bytes_wipe(void *data, size_t len)
{
    volatile uint8_t *at = data;
    while (len-- > 0)
        *at++ = 0;
}

void buffer_put(struct buffer *out, const void *data, size_t len)
{
    if (out->overflow || len > out->capacity - out->len) {
        out->overflow = true;
        return;
    }
    /* memcpy from NULL is undefined even for nothing. */
    if (len > 0)
        memcpy(out->data + out->len, data, len);
    out->len += len;
}

void buffer_put_byte(struct buffer *out, uint8_t byte)
{
    buffer_put(out, &byte, 1);
}

void buffer_put_text(struct buffer *out, const char *text)
{
    buffer_put(out, text, strlen(text));
}

void buffer_put_decimal(struct buffer *out, uint64_t value)
{
    char digits[20]; /* UINT64_MAX has 20 */
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    buffer_put(out, digits + at, sizeof digits - at);
}

uint32_t bytes_crc32(uint32_t crc, const void *data, size_t len)
{
    /* Half a byte a step: 64 bytes of table instead of 1 KiB. */
    static const uint32_t table[16] = {0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC,
                                       0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
                                       0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
                                       0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
    const uint8_t *at = data;
    crc = ~crc;
    for (size_t i = 0; i < len; i++) {
        crc ^= at[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}
