/* qr: codes of known size and structure, in bounded memory. That they scan is shown end to end. */
#include "base/qr.h"
#include "tests/check.h"

static _Alignas(8) uint8_t arena[QR_ARENA_BYTES];

static bool dark(const struct qr *qr, size_t x, size_t y)
{
    return qr->modules[y * qr->side + x] & 1;
}

/* A finder pattern: rings of 7, 5 and 3 modules. */
static bool finder_at(const struct qr *qr, size_t left, size_t top)
{
    for (size_t y = 0; y < 7; y++) {
        for (size_t x = 0; x < 7; x++) {
            bool outer = x == 0 || x == 6 || y == 0 || y == 6;
            bool core = x >= 2 && x <= 4 && y >= 2 && y <= 4;
            if (dark(qr, left + x, top + y) != (outer || core))
                return false;
        }
    }
    return true;
}

static void fill(char *text, size_t len, const char *alphabet)
{
    size_t letters = strlen(alphabet);
    for (size_t i = 0; i < len; i++)
        text[i] = alphabet[i * 7 % letters];
}

static void test_known_capacities(void)
{
    /* ISO/IEC 18004 table 7: the most that a version holds, and one more. */
    static const struct {
        const char *alphabet;
        size_t len;
        enum qr_level level;
        unsigned version;
    } cases[] = {{"0123456789", 34, QR_LEVEL_M, 1},   {"0123456789", 35, QR_LEVEL_M, 2},
                 {"ABC$%*+-./:", 20, QR_LEVEL_M, 1},  {"ABC$%*+-./:", 21, QR_LEVEL_M, 2},
                 {"abc", 14, QR_LEVEL_M, 1},          {"abc", 15, QR_LEVEL_M, 2},
                 {"ABC$%*+-./:", 262, QR_LEVEL_M, 9}, {"ABC$%*+-./:", 263, QR_LEVEL_M, 10},
                 {"ABC$%*+-./:", 335, QR_LEVEL_L, 9}, {"ABC$%*+-./:", 189, QR_LEVEL_Q, 9}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[400];
        struct qr qr;
        fill(text, cases[i].len, cases[i].alphabet);
        CHECK_STATUS(qr_encode(bytes_of(text, cases[i].len), cases[i].level, QR_MAX_VERSION, arena,
                               sizeof arena, &qr),
                     SCRIP_OK);
        CHECK_EQ_INT(qr.version, cases[i].version);
        CHECK_EQ_INT(qr.side, 17 + 4 * cases[i].version);
        CHECK(finder_at(&qr, 0, 0));
        CHECK(finder_at(&qr, qr.side - 7u, 0));
        CHECK(finder_at(&qr, 0, qr.side - 7u));
        for (size_t x = 8; x < qr.side - 8u; x++)
            CHECK(dark(&qr, x, 6) == (x % 2 == 0));
        qr_close(&qr);
        CHECK(qr.modules == NULL);

        CHECK_STATUS(qr_encode(bytes_of(text, cases[i].len), cases[i].level, cases[i].version - 1,
                               arena, sizeof arena, &qr),
                     SCRIP_REFUSED_TOO_LONG);
    }
}

static void test_modes_are_mixed(void)
{
    /* A receipt's address: letters, then digits, which take a third less than letters do. */
    char text[15 + 262];
    struct qr qr;
    memcpy(text, "HTTPS://HOST/R/", 15);
    fill(text + 15, 262, "0123456789");
    CHECK_STATUS(qr_encode(bytes_of(text, sizeof text), QR_LEVEL_M, 9, arena, sizeof arena, &qr),
                 SCRIP_OK);
    CHECK(qr.version < 9);
    qr_close(&qr);
}

static void test_refuses_what_it_cannot_hold(void)
{
    static char text[QR_TEXT_MAX + 1];
    struct qr qr;
    memset(text, 'x', sizeof text);
    CHECK_STATUS(qr_encode(bytes_of(text, sizeof text), QR_LEVEL_L, 40, arena, sizeof arena, &qr),
                 SCRIP_REFUSED_TOO_LONG);
    CHECK_STATUS(qr_encode(bytes_of(text, 0), QR_LEVEL_L, 40, arena, sizeof arena, &qr),
                 SCRIP_REFUSED_TEXT);
    CHECK_STATUS(qr_encode(bytes_of("a\0b", 3), QR_LEVEL_L, 40, arena, sizeof arena, &qr),
                 SCRIP_REFUSED_TEXT);
    CHECK_STATUS(qr_encode(bytes_of(text, QR_TEXT_MAX), QR_LEVEL_Q, 40, arena, sizeof arena, &qr),
                 SCRIP_OK);
    qr_close(&qr);
}

/* Too little memory is a fault at every size, until it is enough; afterwards nothing is left. */
static void test_short_arena_is_a_fault(void)
{
    char text[259];
    struct qr qr;
    size_t len = 0;
    fill(text, sizeof text, "ABC$%*+-./:0123456789");
    while (len < 64 * 1024 && qr_encode(bytes_of(text, sizeof text), QR_LEVEL_M, 9, arena, len,
                                        &qr) == SCRIP_FAULT_MEMORY)
        len += 64;
    CHECK(qr.modules != NULL);
    printf("    version %u: %zu bytes of arena\n", qr.version, len);
    CHECK(len < 16 * 1024);
    qr_close(&qr);
    for (size_t i = 0; i < len; i++)
        CHECK_EQ_INT(arena[i], 0);
    CHECK_STATUS(qr_encode(bytes_of(text, sizeof text), QR_LEVEL_M, 9, arena + 5, len + 8, &qr),
                 SCRIP_OK);
    qr_close(&qr);
}

int main(void)
{
    CHECK_RUN(test_known_capacities);
    CHECK_RUN(test_modes_are_mixed);
    CHECK_RUN(test_refuses_what_it_cannot_hold);
    CHECK_RUN(test_short_arena_is_a_fault);
    return check_done();
}
