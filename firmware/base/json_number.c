/*
 * json_number: what cJSON calls in place of strtod() (see the Makefile), which rounds any number
 * of digits right and takes 3 KiB for it.
 *
 * Numbers of at most 15 digits, zeros at either end not counted, with a power of ten of at most 22
 * are the nearest double, as there mantissa and power are exact and the one operation on them
 * rounds. So are whole numbers up to 2^53. Others are off by some units in the last place.
 */
#include <float.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    DIGITS_MAX = 18,     /* of a mantissa, with room for one more in 64 bits */
    POWER_EXACT = 22,    /* 10^22 is a double, 10^23 is not */
    EXPONENT_MAX = 10000 /* no memory holds the digits that would bring it back */
};

static const uint64_t EXACT = UINT64_C(1) << 53;

double json_strtod(const char *text, char **end);

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static double power_of_ten(int exponent)
{
    double power = 1;
    for (int i = 0; i < exponent; i++)
        power *= 10;
    return power;
}

static double scale(double value, int exponent)
{
    while (exponent > 0 && value != 0 && value <= DBL_MAX) {
        int step = exponent < POWER_EXACT ? exponent : POWER_EXACT;
        value *= power_of_ten(step);
        exponent -= step;
    }
    while (exponent < 0 && value != 0) {
        int step = -exponent < POWER_EXACT ? -exponent : POWER_EXACT;
        value /= power_of_ten(step);
        exponent += step;
    }
    return value;
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
        if (exponent < EXPONENT_MAX)
            exponent = exponent * 10 + (*at - '0');
    *text = at;
    return minus ? -exponent : exponent;
}

double json_strtod(const char *text, char **end)
{
    const char *at = text;
    bool minus = *at == '-', fraction = false, any = false;
    uint64_t mantissa = 0;
    int digits = 0, exponent = 0;

    if (minus)
        at++;
    for (; is_digit(*at) || (*at == '.' && !fraction); at++) {
        if (*at == '.') {
            fraction = true;
            continue;
        }
        any = true;
        if (digits < DIGITS_MAX) {
            mantissa = mantissa * 10 + (uint64_t)(*at - '0');
            digits += mantissa != 0;
            exponent -= fraction;
        } else if (!fraction && exponent < EXPONENT_MAX) {
            exponent++;
        }
    }
    if (any && (*at == 'e' || *at == 'E'))
        exponent += read_exponent(&at);
    for (; mantissa != 0 && mantissa % 10 == 0 && (exponent < 0 || mantissa > EXACT); exponent++)
        mantissa /= 10;
    *end = (char *)(uintptr_t)(any ? at : text);
    return minus ? -scale((double)mantissa, exponent) : scale((double)mantissa, exponent);
}
