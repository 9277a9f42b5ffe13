#include "base/currency.h"

#include <string.h>

/* A currency is added here and nowhere else. */
static const struct currency table[] = {
    {"AUD", 36, 2},  {"CAD", 124, 2}, {"CLP", 152, 0}, {"CZK", 203, 2}, {"DKK", 208, 2},
    {"HUF", 348, 2}, {"ISK", 352, 0}, {"JPY", 392, 0}, {"KRW", 410, 0}, {"KWD", 414, 3},
    {"MXN", 484, 2}, {"NZD", 554, 2}, {"NOK", 578, 2}, {"SGD", 702, 2}, {"ZAR", 710, 2},
    {"SEK", 752, 2}, {"CHF", 756, 2}, {"TND", 788, 3}, {"AED", 784, 2}, {"GBP", 826, 2},
    {"USD", 840, 2}, {"RON", 946, 2}, {"TRY", 949, 2}, {"BGN", 975, 2}, {"EUR", 978, 2},
    {"UAH", 980, 2}, {"PLN", 985, 2}, {"BRL", 986, 2},
};

enum { TABLE_COUNT = sizeof table / sizeof *table };

const struct currency *currency_of_number(uint16_t number)
{
    for (size_t i = 0; i < TABLE_COUNT; i++)
        if (table[i].number == number)
            return &table[i];
    return NULL;
}

const struct currency *currency_of_letters(struct bytes letters)
{
    if (letters.len != 3)
        return NULL;
    for (size_t i = 0; i < TABLE_COUNT; i++)
        if (memcmp(table[i].letters, letters.data, 3) == 0)
            return &table[i];
    return NULL;
}

static uint32_t power_of_ten(unsigned exponent)
{
    uint32_t power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

void currency_put_amount(const struct currency *currency, uint32_t minor, struct buffer *out)
{
    uint32_t unit = power_of_ten(currency->exponent);
    buffer_put_decimal(out, minor / unit);
    if (unit == 1)
        return;
    buffer_put_byte(out, '.');
    for (uint32_t rest = minor % unit; unit > 1; rest %= unit) {
        unit /= 10;
        buffer_put_byte(out, (uint8_t)('0' + rest / unit));
    }
}

enum scrip_status currency_get_amount(const struct currency *currency, struct bytes text,
                                      uint32_t *minor)
{
    uint64_t value = 0;
    unsigned fraction = 0;
    bool point = false, digit = false;

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c == '.' && !point && digit) {
            point = true;
            digit = false;
            continue;
        }
        if (c < '0' || c > '9' || (point && ++fraction > currency->exponent))
            return SCRIP_REFUSED_AMOUNT;
        digit = true;
        value = value * 10 + (uint64_t)(c - '0');
        if (value > UINT32_MAX)
            return SCRIP_REFUSED_AMOUNT;
    }
    value *= power_of_ten(currency->exponent - fraction);
    if (!digit || value > UINT32_MAX)
        return SCRIP_REFUSED_AMOUNT;
    *minor = (uint32_t)value;
    return SCRIP_OK;
}
