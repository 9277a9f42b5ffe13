#include "base/text.h"

#include <string.h>

static enum scrip_status refuse(struct buffer *out)
{
    out->len = 0;
    return SCRIP_REFUSED_TEXT;
}

static enum scrip_status finish(struct buffer *out)
{
    if (!out->overflow)
        return SCRIP_OK;
    out->len = 0;
    return SCRIP_REFUSED_TOO_LONG;
}

/* A character's place in the alphabet, or -1. */
static int digit_of(const char *alphabet, size_t base, uint8_t character)
{
    const char *at = memchr(alphabet, character, base);
    return at ? (int)(at - alphabet) : -1;
}

/* Base45 is the ten digits, the letters and these. */
enum { LETTERS = 10, SYMBOLS = 36 };
static const char BASE45_SYMBOLS[] = " $%*+-./:";

int text_base45_digit(uint8_t character)
{
    unsigned digit = (unsigned)character - '0', letter = (unsigned)character - 'A';
    if (digit < LETTERS)
        return (int)digit;
    if (letter < SYMBOLS - LETTERS)
        return (int)(LETTERS + letter);
    int symbol = digit_of(BASE45_SYMBOLS, sizeof BASE45_SYMBOLS - 1, character);
    return symbol < 0 ? symbol : SYMBOLS + symbol;
}

static void put_base45(struct buffer *out, unsigned digit)
{
    buffer_put_byte(out, (uint8_t)(digit < LETTERS   ? '0' + digit
                                   : digit < SYMBOLS ? 'A' + digit - LETTERS
                                                     : (unsigned)BASE45_SYMBOLS[digit - SYMBOLS]));
}

enum scrip_status text_base45_decode(struct bytes text, struct buffer *out)
{
    /* Three characters are two bytes, least significant first; a last pair is one byte. */
    while (text.len > 0) {
        size_t group = text.len < 3 ? text.len : 3;
        uint32_t value = 0;
        for (size_t i = group; i-- > 0;) {
            int digit = text_base45_digit(text.data[i]);
            if (digit < 0)
                return refuse(out);
            value = value * 45 + (uint32_t)digit;
        }
        if (group == 1 || value > (group == 3 ? UINT16_MAX : UINT8_MAX))
            return refuse(out);
        if (group == 3)
            buffer_put_byte(out, (uint8_t)(value >> 8));
        buffer_put_byte(out, (uint8_t)value);
        text = bytes_of(text.data + group, text.len - group);
    }
    return finish(out);
}

void text_base45_encode(struct bytes data, struct buffer *out)
{
    for (size_t i = 0; i < data.len; i += 2) {
        bool pair = i + 1 < data.len;
        unsigned value = pair ? data.data[i] * 256u + data.data[i + 1] : data.data[i];
        put_base45(out, value % 45);
        put_base45(out, value / 45 % 45);
        if (pair)
            put_base45(out, value / 2025);
    }
}

/* Digits that hold n bytes: the fewest d with 10^d >= 256^n. */
enum { DECIMAL_BYTES = 7 };
static const uint8_t DECIMAL_DIGITS[DECIMAL_BYTES + 1] = {0, 3, 5, 8, 10, 13, 15, 17};

enum scrip_status text_decimal_decode(struct bytes text, struct buffer *out)
{
    while (text.len > 0) {
        size_t count = DECIMAL_BYTES;
        while (DECIMAL_DIGITS[count] > text.len)
            count--;
        size_t digits = DECIMAL_DIGITS[count];
        /* A shorter group is the tail, and a tail has nothing behind it. */
        if (count == 0 || (count < DECIMAL_BYTES && digits != text.len))
            return refuse(out);

        uint64_t value = 0;
        for (size_t i = 0; i < digits; i++) {
            unsigned digit = (unsigned)text.data[i] - '0';
            if (digit > 9)
                return refuse(out);
            value = value * 10 + digit;
        }
        uint8_t bytes[DECIMAL_BYTES];
        for (size_t i = count; i-- > 0; value >>= 8)
            bytes[i] = (uint8_t)value;
        if (value != 0)
            return refuse(out);
        buffer_put(out, bytes, count);
        text = bytes_of(text.data + digits, text.len - digits);
    }
    return finish(out);
}

void text_decimal_encode(struct bytes data, struct buffer *out)
{
    while (data.len > 0) {
        size_t count = data.len < DECIMAL_BYTES ? data.len : DECIMAL_BYTES;
        uint64_t value = 0;
        for (size_t i = 0; i < count; i++)
            value = value << 8 | data.data[i];
        uint8_t digits[17];
        for (size_t i = DECIMAL_DIGITS[count]; i-- > 0; value /= 10)
            digits[i] = (uint8_t)('0' + value % 10);
        buffer_put(out, digits, DECIMAL_DIGITS[count]);
        data = bytes_of(data.data + count, data.len - count);
    }
}

static const char BASE64URL[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char HEX[] = "0123456789abcdef";

/* Base64url and hex are streams of digits of 6 or 4 bits. Bits that fill no byte must be too few
 * for a digit of their own and zero. */
static enum scrip_status decode_bits(const char *alphabet, unsigned bits, struct bytes text,
                                     struct buffer *out)
{
    uint32_t window = 0;
    unsigned held = 0;
    for (size_t i = 0; i < text.len; i++) {
        int digit = digit_of(alphabet, (size_t)1 << bits, text.data[i]);
        if (digit < 0)
            return refuse(out);
        window = window << bits | (uint32_t)digit;
        held += bits;
        if (held >= 8) {
            held -= 8;
            buffer_put_byte(out, (uint8_t)(window >> held));
            window &= (1u << held) - 1;
        }
    }
    return held >= bits || window != 0 ? refuse(out) : finish(out);
}

static void encode_bits(const char *alphabet, unsigned bits, struct bytes data, struct buffer *out)
{
    uint32_t window = 0;
    unsigned held = 0;
    for (size_t i = 0; i < data.len; i++) {
        window = (window << 8 | data.data[i]) & 0xFFFF;
        for (held += 8; held >= bits; held -= bits)
            buffer_put_byte(out, (uint8_t)alphabet[window >> (held - bits) & ((1u << bits) - 1)]);
    }
    if (held > 0)
        buffer_put_byte(out, (uint8_t)alphabet[window << (bits - held) & ((1u << bits) - 1)]);
}

enum scrip_status text_base64url_decode(struct bytes text, struct buffer *out)
{
    return decode_bits(BASE64URL, 6, text, out);
}

void text_base64url_encode(struct bytes data, struct buffer *out)
{
    encode_bits(BASE64URL, 6, data, out);
}

enum scrip_status text_hex_decode(struct bytes text, struct buffer *out)
{
    return decode_bits(HEX, 4, text, out);
}

void text_hex_encode(struct bytes data, struct buffer *out)
{
    encode_bits(HEX, 4, data, out);
}

enum scrip_status text_uint(struct bytes text, uint64_t max, uint64_t *value)
{
    *value = 0;
    if (text.len == 0 || (text.len > 1 && text.data[0] == '0'))
        return SCRIP_REFUSED_TEXT;
    uint64_t sum = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned)text.data[i] - '0';
        if (digit > 9 || digit > max || sum > (max - digit) / 10)
            return SCRIP_REFUSED_TEXT;
        sum = sum * 10 + digit;
    }
    *value = sum;
    return SCRIP_OK;
}

uint32_t text_next(struct bytes *text)
{
    /* By the number of bytes that follow: the least code point that needs them. */
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    uint32_t point = *text->data++;
    text->len--;
    unsigned more = point < 0x80 ? 0 : point < 0xE0 ? 1 : point < 0xF0 ? 2 : 3;
    if (point >= 0xF8 || (point & 0xC0) == 0x80)
        return TEXT_MALFORMED;
    if (more > 0)
        point &= 0x3Fu >> more;
    for (unsigned i = 0; i < more; i++) {
        if (text->len == 0 || (*text->data & 0xC0) != 0x80)
            return TEXT_MALFORMED;
        point = point << 6 | (*text->data++ & 0x3Fu);
        text->len--;
    }
    bool surrogate = point >= 0xD800 && point < 0xE000;
    return point < least[more] || surrogate || point > 0x10FFFF ? TEXT_MALFORMED : point;
}

bool text_is_utf8(struct bytes text)
{
    while (text.len > 0) {
        uint32_t point = text_next(&text);
        if (point == TEXT_MALFORMED || point < 0x20 || (point >= 0x7F && point < 0xA0))
            return false;
    }
    return true;
}
