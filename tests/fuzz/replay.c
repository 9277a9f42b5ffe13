/*
 * replay: a target without a search: its seeds, their prefixes, and their bytes changed one at a
 * time. What holds for the search must hold here, in every build.
 */
#include <string.h>

#include "tests/fuzz/fuzz.h"

/* Places of a seed that are tried; fewer where each costs a real verification. */
enum { STEPS = 600, STEPS_REAL = 20 };

static unsigned long seeds, inputs;
static size_t steps = STEPS;

/* In memory of exactly its length. */
static void run(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);

    FUZZ_HOLDS(copy != NULL);
    memcpy(copy, data, len);
    fuzz_one(bytes_of(copy, len));
    free(copy);
    inputs++;
}

static void replay(void *context, struct bytes seed)
{
    static const uint8_t changes[] = {0x01, 0x20, 0x80, 0xFF};
    uint8_t *changed = malloc(seed.len + 1);
    size_t step = seed.len > steps ? seed.len / steps : 1;

    (void)context;
    FUZZ_HOLDS(changed != NULL);
    seeds++;
    run(seed.data, seed.len);
    memcpy(changed, seed.data, seed.len);
    for (size_t at = 0; at < seed.len; at += step) {
        uint8_t was = changed[at];

        run(seed.data, at);
        changed[at] = (uint8_t)(was ^ changes[at / step % sizeof changes]);
        run(changed, seed.len);
        changed[at] = was;
    }
    free(changed);
}

int main(int argc, char **argv)
{
    const char *name = strrchr(argv[0], '/');

    (void)argc;
    if (strstr(argv[0], "-real") != NULL)
        steps = STEPS_REAL;
    fuzz_seeds(replay, NULL);
    printf("    %lu seeds, %lu inputs\n", seeds, inputs);
    printf("%s: %lu passed, 0 failed\n", name != NULL ? name + 1 : argv[0], seeds);
    return seeds > 0 ? 0 : 1;
}
