/*
 * json_number: numbers as decimals, without floating point.
 *
 * cJSON hands every number to strtod(), in whose place it is compiled to call json_strtod() (see
 * the Makefile), and keeps the double that it is given. Ours is none: its bits are a decimal, which
 * alone is exact for amounts of money, and which needs no software for doubles. cJSON compares it
 * with the limits of int, for a field that nobody reads; it is never a NaN.
 *
 * Format   Bit 63 sign, bits 62..57 exponent + 31, bits 56..0 digits: digits * 10^exponent. Digits
 *          behind the 17th are cut off; a power of ten out of range becomes the last in range,
 *          which is more or less than any number that is asked for.
 */
#include <cJSON.h>

#include <string.h>

#include "base/json.h"

enum {
    DIGITS_MAX = 17, /* that fit DIGITS_BITS */
    DIGITS_BITS = 57,
    EXPONENT_MAX = 30,
    EXPONENT_MIN = -31,
    FAR = 10000 /* no memory holds the digits that would bring it back */
};

_Static_assert(sizeof(double) == sizeof(uint64_t), "a double has 64 bits");

double json_strtod(const char *text, char **end);

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Behind the e; where no digit follows, nothing was read. */
static int read_exponent(const char **text)
{
    const char *at = *text + 1;
    bool minus = *at == '-';
    int exponent = 0;

    if (*at == '-' || *at == '+')
        at++;
    if (!is_digit(*at))
        return 0;
    for (; is_digit(*at); at++)
        if (exponent < FAR)
            exponent = exponent * 10 + (*at - '0');
    *text = at;
    return minus ? -exponent : exponent;
}

static double pack(bool minus, uint64_t digits, int exponent)
{
    double packed;

    if (digits == 0)
        exponent = 0;
    if (exponent > EXPONENT_MAX)
        exponent = EXPONENT_MAX;
    if (exponent < EXPONENT_MIN)
        exponent = EXPONENT_MIN;
    digits |= (uint64_t)(exponent - EXPONENT_MIN) << DIGITS_BITS | (uint64_t)minus << 63;
    memcpy(&packed, &digits, sizeof packed);
    return packed;
}

double json_strtod(const char *text, char **end)
{
    const char *at = text;
    bool minus = *at == '-', fraction = false, any = false;
    uint64_t digits = 0;
    int count = 0, exponent = 0;

    if (minus)
        at++;
    for (; is_digit(*at) || (*at == '.' && !fraction); at++) {
        if (*at == '.') {
            fraction = true;
            continue;
        }
        any = true;
        if (count < DIGITS_MAX) {
            digits = digits * 10 + (uint64_t)(*at - '0');
            count += digits != 0;
            exponent -= fraction;
        } else if (!fraction && exponent < FAR) {
            exponent++;
        }
    }
    if (any && (*at == 'e' || *at == 'E'))
        exponent += read_exponent(&at);
    *end = (char *)(uintptr_t)(any ? at : text);
    return pack(minus, digits, exponent);
}

bool json_decimal(const struct json *node, unsigned places, int64_t *value, bool *exact)
{
    const cJSON *number = (const cJSON *)(const void *)node;
    uint64_t bits;

    *value = 0;
    *exact = false;
    if (!cJSON_IsNumber(number))
        return false;
    memcpy(&bits, &number->valuedouble, sizeof bits);
    int power = (int)(bits >> DIGITS_BITS & 63) + EXPONENT_MIN + (int)places;
    uint64_t digits = bits & ((UINT64_C(1) << DIGITS_BITS) - 1);
    *exact = true;
    for (; digits != 0 && power < 0; power++) {
        *exact &= digits % 10 == 0;
        digits /= 10;
    }
    for (; digits != 0 && power > 0; power--) {
        if (digits > INT64_MAX / 10) {
            *exact = false;
            digits = INT64_MAX;
            break;
        }
        digits *= 10;
    }
    *value = bits >> 63 ? -(int64_t)digits : (int64_t)digits;
    return true;
}

bool json_uint(const struct json *node, uint64_t max, uint64_t *value)
{
    static const int64_t EXACT_INTEGERS = INT64_C(1) << 53;
    int64_t whole;
    bool exact;

    *value = 0;
    if (!json_decimal(node, 0, &whole, &exact) || !exact || whole < 0 || whole >= EXACT_INTEGERS ||
        (uint64_t)whole > max)
        return false;
    *value = (uint64_t)whole;
    return true;
}
