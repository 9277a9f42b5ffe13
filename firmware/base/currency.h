/*
 * currency: ISO 4217 numbers, letters and exponents of the currencies that a terminal may be set
 * to.
 *
 * The wire and flash carry the number; letters are for people and for nexo, the exponent for
 * amounts.
 */
#ifndef BASE_CURRENCY_H
#define BASE_CURRENCY_H

#include "base/bytes.h"

struct currency {
    char letters[4];  /* "EUR", NUL-terminated */
    uint16_t number;  /* 978 */
    uint8_t exponent; /* digits behind the point: 2 */
};

/* NULL: not in the table. */
const struct currency *currency_of_number(uint16_t number);
const struct currency *currency_of_letters(struct bytes letters);

/* Appends an amount as people read it: 500, EUR -> "5.00". */
void currency_put_amount(const struct currency *currency, uint32_t minor, struct buffer *out);

/* Reads such an amount, with at most the currency's digits behind the point. REFUSED_AMOUNT:
 * malformed or above 2^32 - 1. */
MUST_CHECK enum scrip_status currency_get_amount(const struct currency *currency, struct bytes text,
                                                 uint32_t *minor);

#endif
