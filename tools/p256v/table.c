/*
 * table: writes the table of the base point, a C source, to standard output. Run by make, built for
 * the machine that builds.
 *
 *     table TEETH      4 to 7: 512 bytes to 4 KiB
 *
 * The table is made by the firmware's own p256v_comb_build(); tests/unit/base_p256v_test.c holds
 * each of its points against another library.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/p256v_private.h"

enum { TEETH_LEAST = 4, TEETH_MOST = 7, ENTRIES_MOST = 1 << (TEETH_MOST - 1) };

/* The base point (SEC 2, section 2.4.2). */
static const uint32_t BASE_X[P256V_WORDS] = {0xD898C296, 0xF4A13945, 0x2DEB33A0, 0x77037D81,
                                             0x63A440F2, 0xF8BCE6E5, 0xE12C4247, 0x6B17D1F2};
static const uint32_t BASE_Y[P256V_WORDS] = {0x37BF51F5, 0xCBB64068, 0x6B315ECE, 0x2BCE3357,
                                             0x7C0F9E16, 0x8EE7EB4A, 0xFE1A7F9B, 0x4FE342E2};

static void print_words(const char *name, const uint32_t word[P256V_WORDS], const char *end)
{
    printf(".%s = {", name);
    for (int i = 0; i < P256V_WORDS; i++)
        printf("0x%08" PRIX32 "%s", word[i], i < P256V_WORDS - 1 ? ", " : "}");
    printf("%s", end);
}

int main(int argc, char **argv)
{
    static struct p256v_point work[ENTRIES_MOST];
    static struct p256v_affine entry[ENTRIES_MOST];
    struct p256v_affine base;
    unsigned teeth = argc == 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    if (teeth < TEETH_LEAST || teeth > TEETH_MOST) {
        fprintf(stderr, "usage: table TEETH, from %d to %d\n", TEETH_LEAST, TEETH_MOST);
        return 2;
    }
    /* As many columns as 256 digits need. */
    const unsigned spacing = (256 + teeth - 1) / teeth, count = 1u << (teeth - 1);
    p256v_enter(base.x, BASE_X);
    p256v_enter(base.y, BASE_Y);
    p256v_comb_build(&base, teeth, spacing, work, entry);

    printf("/* Made by tools/p256v/table.c. */\n#include \"base/p256v_private.h\"\n\n"
           "static const struct p256v_affine entries[%u] = {\n",
           count);
    for (unsigned i = 0; i < count; i++) {
        printf("    {");
        print_words("x", entry[i].x, ",\n     ");
        print_words("y", entry[i].y, "},\n");
    }
    printf("};\n\nconst struct p256v_comb p256v_base = {entries, %u, %u};\n", teeth, spacing);
    return fflush(stdout) == 0 ? 0 : 1;
}
