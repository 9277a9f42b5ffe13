#include "platform/cortexm/divide.h"

uint64_t divide(uint64_t number, uint64_t by, uint64_t *rest)
{
    uint64_t quotient = 0, left = 0;

    if (number <= UINT32_MAX && by <= UINT32_MAX) {
        *rest = (uint32_t)number % (uint32_t)by;
        return (uint32_t)number / (uint32_t)by;
    }
    if (by <= UINT16_MAX) {
        /* By hand, in digits of 16 bits: what is left is below `by`, so two digits are 32 bits. */
        const uint32_t small = (uint32_t)by, high = (uint32_t)(number >> 32);
        uint32_t part = high % small << 16 | (uint16_t)(number >> 16);
        quotient = (uint64_t)(high / small) << 32 | (uint64_t)(part / small) << 16;
        part = part % small << 16 | (uint16_t)number;
        *rest = part % small;
        return quotient + part / small;
    }
    for (unsigned bit = 0; bit < 64; bit++) {
        left = left << 1 | number >> 63;
        number <<= 1;
        quotient <<= 1;
        if (left >= by) {
            left -= by;
            quotient |= 1;
        }
    }
    *rest = left;
    return quotient;
}
