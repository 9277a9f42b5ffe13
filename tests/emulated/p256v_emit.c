/*
 * Writes what the image shall find to standard output:
 *
 *     cases    those of tests/p256v: point, hash, signature, and 1 where the signature is good
 *     field    operands a and b, and a b, a^2, a + b and a - b as p256v_kernel.c has them, whom
 *              tests/p256v/field_test holds against whole numbers; words as they lie in memory
 */
#include <stdio.h>
#include <string.h>

#include "tests/p256v/cases.h"
#include "tests/p256v/operands.h"

static void put(const void *data, size_t len)
{
    ossl_must(fwrite(data, len, 1, stdout) == 1, "writing");
}

static void put_case(void *context, const struct p256v_case *one)
{
    (void)context;
    const uint8_t good = one->good ? 1 : 0;
    put(one->point, sizeof one->point);
    put(one->hash, sizeof one->hash);
    put(one->signature, sizeof one->signature);
    put(&good, sizeof good);
}

static void put_pair(const uint32_t a[P256V_WORDS], const uint32_t b[P256V_WORDS])
{
    uint32_t all[6][P256V_WORDS];
    memcpy(all[0], a, sizeof all[0]);
    memcpy(all[1], b, sizeof all[1]);
    p256v_mul(all[2], a, b);
    p256v_sqr(all[3], a);
    p256v_add(all[4], a, b);
    p256v_sub(all[5], a, b);
    put(all, sizeof all);
}

enum { FIELD_ROUNDS = 5000 };

static void put_field(void)
{
    uint32_t a[P256V_WORDS], b[P256V_WORDS];
    operands_make(ossl_p);
    for (unsigned i = 0; i < operands_count; i++)
        for (unsigned j = 0; j < operands_count; j++)
            put_pair(operands[i], operands[j]);
    for (int i = 0; i < FIELD_ROUNDS; i++) {
        operands_random(a);
        operands_random(b);
        put_pair(a, b);
        operands_pair_with_low(a, b);
        put_pair(a, b);
        operands_pair_with_high(a, b);
        put_pair(a, b);
        operands_pair_beyond(a, b);
        put_pair(a, b);
        operands_for_square(a);
        put_pair(a, b);
    }
}

int main(int argc, char **argv)
{
    ossl_open(256);
    if (argc == 2 && strcmp(argv[1], "cases") == 0) {
        cases_random(put_case, NULL);
        cases_collision(put_case, NULL);
        cases_wrapped(put_case, NULL);
    } else if (argc == 2 && strcmp(argv[1], "field") == 0) {
        put_field();
    } else {
        fputs("usage: emit cases|field\n", stderr);
        return 2;
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
