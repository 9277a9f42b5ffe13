/* p256v behind p256-m's interface, as mbedTLS calls it on a board. */
#include <string.h>

#include <p256-m.h>

#include "tests/check.h"
#include "tests/p256v/cases.h"

struct seen {
    unsigned good, bad;
    struct p256v_case last; /* a good one */
};

static int verify(const struct p256v_case *one)
{
    return p256_ecdsa_verify(one->signature, one->point + 1, one->hash, sizeof one->hash);
}

static void take(void *context, const struct p256v_case *one)
{
    struct seen *seen = context;
    CHECK(verify(one) == (one->good ? P256_SUCCESS : P256_INVALID_SIGNATURE));
    seen->good += one->good;
    seen->bad += !one->good;
    if (one->good)
        seen->last = *one;
}

static struct seen seen;

static void test_the_same_answers(void)
{
    cases_wrapped(take, &seen);
    CHECK(seen.good >= 40 && seen.bad >= 20);
}

static void test_a_point_that_is_none(void)
{
    struct p256v_case one = seen.last;
    one.point[64] ^= 1;
    CHECK(verify(&one) == P256_INVALID_PUBKEY);
}

static void test_a_hash_of_another_length(void)
{
    const struct p256v_case *one = &seen.last;
    for (size_t len = 0; len <= sizeof one->hash; len++)
        CHECK(p256_ecdsa_verify(one->signature, one->point + 1, one->hash, len) ==
              (len == sizeof one->hash ? P256_SUCCESS : P256_INVALID_SIGNATURE));
}

int main(void)
{
    ossl_open(256);
    CHECK_RUN(test_the_same_answers);
    CHECK_RUN(test_a_point_that_is_none);
    CHECK_RUN(test_a_hash_of_another_length);
    return check_done();
}
