/*
 * The kernel in portable C: the four operations of the field that make nearly all of a
 * verification. Products are made by rows, whose every step fits in 64 bits: for words w, w * w + w
 * + w <= 2^64 - 1. Written out without loops, which would cost more than the work.
 */
#include "base/p256v_private.h"

/* 2^256 - p = 2^224 - 2^192 - 2^96 + 1 is added and taken by counting four words up or down, whose
 * carries rarely travel far. */
static uint32_t count_up(uint32_t r[P256V_WORDS], int from)
{
    for (int i = from; i < P256V_WORDS; i++)
        if (++r[i] != 0)
            return 0;
    return 1;
}

static uint32_t count_down(uint32_t r[P256V_WORDS], int from)
{
    for (int i = from; i < P256V_WORDS; i++)
        if (r[i]-- != 0)
            return 0;
    return 1;
}

/* Adds 2^256 - p, which takes a p from a sum that lost its carry; returns the carry. */
static uint32_t fold(uint32_t r[P256V_WORDS])
{
    uint32_t carry = count_up(r, 0) + count_up(r, 7);
    return carry - count_down(r, 3) - count_down(r, 6);
}

/* The reverse: takes 2^256 - p; returns the borrow. */
static uint32_t unfold(uint32_t r[P256V_WORDS])
{
    uint32_t borrow = count_down(r, 0) + count_down(r, 7);
    return borrow - count_up(r, 3) - count_up(r, 6);
}

/* One sum of weak elements may pass 2^256 twice, for p is less than 2^256. */
void p256v_add(uint32_t r[P256V_WORDS], const uint32_t a[P256V_WORDS],
               const uint32_t b[P256V_WORDS])
{
    uint32_t carry = p256v_number_add(r, a, b);
    while (carry != 0)
        carry = fold(r);
}

void p256v_sub(uint32_t r[P256V_WORDS], const uint32_t a[P256V_WORDS],
               const uint32_t b[P256V_WORDS])
{
    uint32_t borrow = p256v_number_sub(r, a, b);
    while (borrow != 0)
        borrow = unfold(r);
}

/*
 * The Montgomery reduction r = t / 2^256 needs no multiplication, for -1/p is 1 modulo 2^32: the
 * multiple of p that clears word i is the word m[i] itself, and
 * m[i] p = m[i] (2^256 - 2^224 + 2^192 + 2^96 - 1) adds m[i] to the words i + 3, i + 6 and i + 8
 * and takes it from word i + 7. To take it is to add its complement and one: the ones cancel with
 * the carry that is one too large from there on, but for the first and the last.
 */
#define WORD(k, terms)                                                                             \
    do {                                                                                           \
        sum = (sum >> 32) + (uint64_t)t[k] + (terms);                                              \
        word = (uint32_t)sum;                                                                      \
    } while (0)
#define NOT(m) (uint32_t) ~(m)

static void reduce(uint32_t r[8], const uint32_t t[16])
{
    uint64_t sum = 0;
    uint32_t word;
    const uint32_t m0 = t[0], m1 = t[1], m2 = t[2];
    WORD(3, m0);
    const uint32_t m3 = word;
    WORD(4, m1);
    const uint32_t m4 = word;
    WORD(5, m2);
    const uint32_t m5 = word;
    WORD(6, (uint64_t)m3 + m0);
    const uint32_t m6 = word;
    WORD(7, (uint64_t)m4 + m1 + NOT(m0) + 1);
    const uint32_t m7 = word;
    WORD(8, (uint64_t)m5 + m2 + NOT(m1) + m0);
    r[0] = word;
    WORD(9, (uint64_t)m6 + m3 + NOT(m2) + m1);
    r[1] = word;
    WORD(10, (uint64_t)m7 + m4 + NOT(m3) + m2);
    r[2] = word;
    WORD(11, (uint64_t)m5 + NOT(m4) + m3);
    r[3] = word;
    WORD(12, (uint64_t)m6 + NOT(m5) + m4);
    r[4] = word;
    WORD(13, (uint64_t)m7 + NOT(m6) + m5);
    r[5] = word;
    WORD(14, (uint64_t)NOT(m7) + m6);
    r[6] = word;
    WORD(15, (uint64_t)m7 - 1);
    r[7] = word;
    /* Below 2^256 + p, so that one p is the most to take. */
    if (sum >> 32 != 0)
        (void)fold(r);
}

/* One word of row i: x b[j] into t[i + j]; the first row finds nothing there yet. */
#define FIRST(j)                                                                                   \
    do {                                                                                           \
        sum = (uint64_t)x * b[j] + (sum >> 32);                                                    \
        t[j] = (uint32_t)sum;                                                                      \
    } while (0)
#define STEP(i, j)                                                                                 \
    do {                                                                                           \
        sum = (uint64_t)x * b[j] + t[(i) + (j)] + (sum >> 32);                                     \
        t[(i) + (j)] = (uint32_t)sum;                                                              \
    } while (0)
#define ROW(i)                                                                                     \
    do {                                                                                           \
        x = a[i];                                                                                  \
        sum = 0;                                                                                   \
        STEP(i, 0);                                                                                \
        STEP(i, 1);                                                                                \
        STEP(i, 2);                                                                                \
        STEP(i, 3);                                                                                \
        STEP(i, 4);                                                                                \
        STEP(i, 5);                                                                                \
        STEP(i, 6);                                                                                \
        STEP(i, 7);                                                                                \
        t[(i) + 8] = (uint32_t)(sum >> 32);                                                        \
    } while (0)

void p256v_mul(uint32_t r[P256V_WORDS], const uint32_t a[P256V_WORDS],
               const uint32_t b[P256V_WORDS])
{
    uint32_t t[16];
    uint32_t x = a[0];
    uint64_t sum = 0;
    FIRST(0);
    FIRST(1);
    FIRST(2);
    FIRST(3);
    FIRST(4);
    FIRST(5);
    FIRST(6);
    FIRST(7);
    t[8] = (uint32_t)(sum >> 32);
    ROW(1);
    ROW(2);
    ROW(3);
    ROW(4);
    ROW(5);
    ROW(6);
    ROW(7);
    reduce(r, t);
}

/*
 * The square by rows a[i] (a[i] + 2 (a[i + 1] 2^32 + ...)). d[j] is word j of 2 a; the one next to
 * the diagonal must do without the top bit of a[i], which is not in its row. The top bit of a[7]
 * comes last.
 */
#define SQUARE_FIRST(j)                                                                            \
    do {                                                                                           \
        sum = (uint64_t)x * d[j] + (sum >> 32);                                                    \
        t[j] = (uint32_t)sum;                                                                      \
    } while (0)
#define SQUARE_STEP(i, j)                                                                          \
    do {                                                                                           \
        sum = (uint64_t)x * d[j] + t[(i) + (j)] + (sum >> 32);                                     \
        t[(i) + (j)] = (uint32_t)sum;                                                              \
    } while (0)
#define DIAGONAL(i)                                                                                \
    do {                                                                                           \
        x = a[i];                                                                                  \
        sum = (uint64_t)x * x + t[2 * (i)];                                                        \
        t[2 * (i)] = (uint32_t)sum;                                                                \
    } while (0)
#define BESIDE(i)                                                                                  \
    do {                                                                                           \
        sum = (uint64_t)x * (a[(i) + 1] << 1) + t[2 * (i) + 1] + (sum >> 32);                      \
        t[2 * (i) + 1] = (uint32_t)sum;                                                            \
    } while (0)
#define ROW_END(i) t[(i) + 8] = (uint32_t)(sum >> 32)
#define TOP(k)                                                                                     \
    do {                                                                                           \
        sum = (sum >> 32) + t[k] + a[(k)-8];                                                       \
        t[k] = (uint32_t)sum;                                                                      \
    } while (0)

void p256v_sqr(uint32_t r[P256V_WORDS], const uint32_t a[P256V_WORDS])
{
    uint32_t t[16];
    uint32_t d[8];
    for (int j = 2; j < 8; j++)
        d[j] = a[j] << 1 | a[j - 1] >> 31;

    uint32_t x = a[0];
    uint64_t sum = (uint64_t)x * x;
    t[0] = (uint32_t)sum;
    sum = (uint64_t)x * (a[1] << 1) + (sum >> 32);
    t[1] = (uint32_t)sum;
    SQUARE_FIRST(2);
    SQUARE_FIRST(3);
    SQUARE_FIRST(4);
    SQUARE_FIRST(5);
    SQUARE_FIRST(6);
    SQUARE_FIRST(7);
    ROW_END(0);
    DIAGONAL(1);
    BESIDE(1);
    SQUARE_STEP(1, 3);
    SQUARE_STEP(1, 4);
    SQUARE_STEP(1, 5);
    SQUARE_STEP(1, 6);
    SQUARE_STEP(1, 7);
    ROW_END(1);
    DIAGONAL(2);
    BESIDE(2);
    SQUARE_STEP(2, 4);
    SQUARE_STEP(2, 5);
    SQUARE_STEP(2, 6);
    SQUARE_STEP(2, 7);
    ROW_END(2);
    DIAGONAL(3);
    BESIDE(3);
    SQUARE_STEP(3, 5);
    SQUARE_STEP(3, 6);
    SQUARE_STEP(3, 7);
    ROW_END(3);
    DIAGONAL(4);
    BESIDE(4);
    SQUARE_STEP(4, 6);
    SQUARE_STEP(4, 7);
    ROW_END(4);
    DIAGONAL(5);
    BESIDE(5);
    SQUARE_STEP(5, 7);
    ROW_END(5);
    DIAGONAL(6);
    BESIDE(6);
    ROW_END(6);
    DIAGONAL(7);
    ROW_END(7);
    if (a[7] >> 31 != 0) {
        sum = 0;
        TOP(8);
        TOP(9);
        TOP(10);
        TOP(11);
        TOP(12);
        TOP(13);
        TOP(14);
        t[15] += (uint32_t)(sum >> 32);
    }
    reduce(r, t);
}
