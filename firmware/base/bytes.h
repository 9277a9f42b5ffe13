/*
 * bytes: views of bytes that somebody else owns, bounded output, and little-endian integers.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "hal/status.h"

/* A view: not owned, not NUL-terminated. {NULL, 0} is empty. */
struct bytes {
    const uint8_t *data;
    size_t len;
};

/* An output of fixed capacity. A write that does not fit sets overflow and writes nothing more, so
 * a run of writes is checked once, at its end. */
struct buffer {
    uint8_t *data;
    size_t capacity;
    size_t len;
    bool overflow;
};

static inline struct bytes bytes_of(const void *data, size_t len)
{
    return (struct bytes){data, len};
}

/* View of a NUL-terminated text, without its NUL. */
struct bytes bytes_text(const char *text);

/* Compares for equality in time that depends on the lengths only. */
bool bytes_equal(struct bytes a, struct bytes b);

/* Overwrites with zero; never optimised away. For secrets. */
void bytes_wipe(void *data, size_t len);

static inline struct buffer buffer_of(void *data, size_t capacity)
{
    return (struct buffer){data, capacity, 0, false};
}

void buffer_put(struct buffer *out, const void *data, size_t len);
void buffer_put_byte(struct buffer *out, uint8_t byte);
void buffer_put_text(struct buffer *out, const char *text);
void buffer_put_decimal(struct buffer *out, uint64_t value);

/* The bytes written so far. */
static inline struct bytes buffer_bytes(const struct buffer *out)
{
    return (struct bytes){out->data, out->len};
}

static inline uint16_t bytes_get_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

__attribute__((always_inline)) static inline uint32_t bytes_get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline void bytes_put_u16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

__attribute__((always_inline)) static inline void bytes_put_u32(uint8_t *at, uint32_t value)
{
    uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                        (uint8_t)(value >> 24)};

    memcpy(at, bytes, sizeof bytes);
}

/* CRC-32 (IEEE 802.3, reflected, initial and final 0xFFFFFFFF); chain by handing the last result
 * in, 0 first. */
uint32_t bytes_crc32(uint32_t crc, const void *data, size_t len);

#endif
