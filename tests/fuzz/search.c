/*
 * search: the entry points of libFuzzer. With FUZZ_SEEDS=<directory> in the environment the program
 * writes its seeds there, each to a file named by its CRC, and ends.
 */
#include <string.h>

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void write_seed(void *context, struct bytes seed)
{
    const char *directory = context;
    char path[512];
    FILE *out;

    (void)snprintf(path, sizeof path, "%s/%08lx", directory,
                   (unsigned long)bytes_crc32(0, seed.data, seed.len));
    out = fopen(path, "wb");
    FUZZ_HOLDS(out != NULL);
    FUZZ_HOLDS(fwrite(seed.data, 1, seed.len, out) == seed.len);
    FUZZ_HOLDS(fclose(out) == 0);
}

/* The library's own prototype. NOLINTNEXTLINE(readability-non-const-parameter) */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    char *directory = getenv("FUZZ_SEEDS");

    (void)argc;
    (void)argv;
    if (directory == NULL)
        return 0;
    fuzz_seeds(write_seed, directory);
    exit(0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    fuzz_one(bytes_of(data, len));
    return 0;
}
