#include "base/p256v_private.h"

#include <string.h>

void p256v_number_read(uint32_t r[P256V_WORDS], const uint8_t bytes[4 * P256V_WORDS])
{
    for (int i = 0; i < P256V_WORDS; i++) {
        const uint8_t *at = bytes + 4 * (P256V_WORDS - 1 - i);
        r[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    }
}

bool p256v_number_is_zero(const uint32_t a[P256V_WORDS])
{
    uint32_t any = 0;
    for (int i = 0; i < P256V_WORDS; i++)
        any |= a[i];
    return any == 0;
}

bool p256v_number_less(const uint32_t a[P256V_WORDS], const uint32_t b[P256V_WORDS])
{
    uint32_t difference[P256V_WORDS];
    return p256v_number_sub(difference, a, b) != 0;
}

#define ADD(i)                                                                                     \
    do {                                                                                           \
        sum = (sum >> 32) + a[i] + b[i];                                                           \
        r[i] = (uint32_t)sum;                                                                      \
    } while (0)

uint32_t p256v_number_add(uint32_t r[P256V_WORDS], const uint32_t a[P256V_WORDS],
                          const uint32_t b[P256V_WORDS])
{
    uint64_t sum = 0;
    ADD(0);
    ADD(1);
    ADD(2);
    ADD(3);
    ADD(4);
    ADD(5);
    ADD(6);
    ADD(7);
    return (uint32_t)(sum >> 32);
}

/* The upper half of a difference of words is all ones when it borrows. */
#define SUB(i)                                                                                     \
    do {                                                                                           \
        difference = (uint64_t)a[i] - b[i] - (difference >> 63);                                   \
        r[i] = (uint32_t)difference;                                                               \
    } while (0)

uint32_t p256v_number_sub(uint32_t r[P256V_WORDS], const uint32_t a[P256V_WORDS],
                          const uint32_t b[P256V_WORDS])
{
    uint64_t difference = 0;
    SUB(0);
    SUB(1);
    SUB(2);
    SUB(3);
    SUB(4);
    SUB(5);
    SUB(6);
    SUB(7);
    return (uint32_t)(difference >> 63);
}
