#include "tests/support/entropy.h"

#include <assert.h>

/* xorshift64*, for tests only: anyone can predict it. */
static enum scrip_status read_entropy(void *context, void *data, size_t len)
{
    struct test_entropy *entropy = context;
    uint8_t *at = data;
    assert(len <= 256);
    if (entropy->broken)
        return SCRIP_FAULT_ENTROPY;
    while (len-- > 0) {
        entropy->state ^= entropy->state >> 12;
        entropy->state ^= entropy->state << 25;
        entropy->state ^= entropy->state >> 27;
        *at++ = (uint8_t)(entropy->state * 0x2545F4914F6CDD1Du >> 56);
    }
    return SCRIP_OK;
}

void test_entropy_open(struct test_entropy *entropy, uint64_t seed)
{
    *entropy = (struct test_entropy){{entropy, read_entropy}, seed | 1, false};
}
