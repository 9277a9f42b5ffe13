/* divide: what it answers is what the host's own division says. */
#include "platform/cortexm/divide.h"

#include "tests/check.h"

static unsigned wrong(uint64_t number, uint64_t by)
{
    uint64_t rest = 0;
    return divide(number, by, &rest) != number / by || rest != number % by;
}

/* Around every power of two, where digits and ways end. */
static void test_edges(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < 64; i++)
        for (unsigned j = 0; j < 64; j++)
            for (int off = -1; off <= 1; off++)
                for (int by_off = -1; by_off <= 1; by_off++) {
                    uint64_t number = (UINT64_C(1) << i) + (uint64_t)(int64_t)off;
                    uint64_t by = (UINT64_C(1) << j) + (uint64_t)(int64_t)by_off;
                    if (by != 0)
                        count += wrong(number, by);
                }
    CHECK_EQ_INT(count, 0);
    CHECK_EQ_INT(wrong(UINT64_MAX, UINT64_MAX), 0);
    CHECK_EQ_INT(wrong(UINT64_MAX, UINT64_MAX - 1), 0);
    CHECK_EQ_INT(wrong(UINT64_MAX - 1, UINT64_MAX), 0);
}

static void test_numbers_of_every_length(void)
{
    uint64_t seed = 1;
    unsigned count = 0;
    for (unsigned i = 0; i < 200000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint64_t number = seed >> i % 61;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint64_t by = seed >> i / 61 % 64;
        count += by != 0 && wrong(number, by);
    }
    CHECK_EQ_INT(count, 0);
}

int main(void)
{
    CHECK_RUN(test_edges);
    CHECK_RUN(test_numbers_of_every_length);
    return check_done();
}
