/*
 * The cases of tests/p256v on the processor itself:
 *
 *     CASES           verifies all of them and says `cases N wrong W`
 *     CASES NUMBER    verifies so many good ones by each library, and prints raw samples
 *                     `series instructions` and `series_stack bytes` for tests/emulated/report
 *
 * Under -icount shift=0 an instruction takes a nanosecond. The board's timer counts at 25 MHz.
 */
#include <string.h>

#include "base/p256v.h"
#include "tests/emulated/image.h"
#include "tests/emulated/rivals.h"

extern uint32_t image_stack_bottom;

enum { INSTRUCTIONS_A_TICK = 40, CALIBRATION_LOOPS = 1000000 };

struct one {
    uint8_t point[P256V_POINT_BYTES];
    uint8_t hash[P256V_HASH_BYTES];
    uint8_t signature[P256V_SIGNATURE_BYTES];
    uint8_t good;
};
_Static_assert(sizeof(struct one) == 162, "as tests/emulated/p256v_emit.c writes it");

static struct one one;
static struct p256v_table table;

static volatile uint32_t *const TIMER = (volatile uint32_t *)0x40000000;
enum { TIMER_CTRL = 0, TIMER_VALUE = 1, TIMER_RELOAD = 2 };

static void print_number(const char *name, uint32_t number)
{
    char text[11];
    char *at = text + sizeof text - 1;
    *at = '\0';
    do
        *--at = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    image_print(name);
    image_print(" ");
    image_print(at);
    image_print("\n");
}

/* Instructions and stack of what
 * --------------------------------------------------------------------
 */

static void calibrate(void)
{
    uint32_t loops = CALIBRATION_LOOPS;
    __asm__ volatile("1: subs %0, #1\n bne 1b" : "+l"(loops) : : "cc");
}

static void prepare(void)
{
    if (p256v_prepare(one.point, &table) != SCRIP_OK)
        image_exit(4);
}
static void verify(void)
{
    if ((p256v_verify(&table, one.hash, one.signature) == SCRIP_OK) != one.good)
        image_exit(4);
}
static void verify_unknown(void)
{
    struct p256v_table own;
    if (p256v_prepare(one.point, &own) != SCRIP_OK ||
        (p256v_verify(&own, one.hash, one.signature) == SCRIP_OK) != one.good)
        image_exit(4);
}
static void verify_mbedtls(void)
{
    if (rivals_mbedtls(one.point, one.hash, one.signature) != one.good)
        image_exit(5);
}
static void verify_p256m(void)
{
    if (rivals_p256m(one.point, one.hash, one.signature) != one.good)
        image_exit(6);
}

static const struct {
    const char *instructions, *stack;
    void (*run)(void);
} series[] = {
    {"calibration", "calibration_stack", calibrate},
    {"prepare", "prepare_stack", prepare},
    {"verify", "verify_stack", verify},
    {"unknown", "unknown_stack", verify_unknown},
    {"mbedtls", "mbedtls_stack", verify_mbedtls},
    {"p256m", "p256m_stack", verify_p256m},
};

__attribute__((noinline)) static uint32_t ticks_of(void (*run)(void))
{
    uint32_t start = TIMER[TIMER_VALUE];
    run();
    return start - TIMER[TIMER_VALUE];
}

__attribute__((noinline)) static uint32_t stack_of(void (*run)(void))
{
    enum { PAINT = 0x5A5A5A5A };
    uint32_t *const here = __builtin_frame_address(0);
    uint32_t *const top = here - 32; /* below this function's own */
    for (volatile uint32_t *at = &image_stack_bottom; at < top; at++)
        *at = PAINT;
    run();
    const volatile uint32_t *at = &image_stack_bottom;
    while (at < top && *at == PAINT)
        at++;
    return (uint32_t)((const char *)here - (const char *)at);
}

static void measure(uint32_t number, int file)
{
    TIMER[TIMER_RELOAD] = 0xFFFFFFFF;
    TIMER[TIMER_VALUE] = 0xFFFFFFFF;
    TIMER[TIMER_CTRL] = 1;
    while (number > 0 && image_read(file, &one, sizeof one) == sizeof one) {
        if (!one.good)
            continue;
        number--;
        for (size_t k = 0; k < sizeof series / sizeof *series; k++)
            print_number(series[k].instructions, ticks_of(series[k].run) * INSTRUCTIONS_A_TICK);
    }
    for (size_t k = 0; k < sizeof series / sizeof *series; k++)
        print_number(series[k].stack, stack_of(series[k].run));
}

static int verify_all(int file)
{
    static uint8_t point[P256V_POINT_BYTES];
    uint32_t cases = 0, wrong = 0;
    while (image_read(file, &one, sizeof one) == sizeof one) {
        if (memcmp(point, one.point, sizeof point) != 0) {
            wrong += p256v_prepare(one.point, &table) != SCRIP_OK;
            memcpy(point, one.point, sizeof point);
        }
        enum scrip_status expected = one.good ? SCRIP_OK : SCRIP_REFUSED_SIGNATURE;
        wrong += p256v_verify(&table, one.hash, one.signature) != expected;
        cases++;
    }
    print_number("cases", cases);
    print_number("wrong", wrong);
    return wrong == 0 && cases > 20000 ? 0 : 1;
}

int main(void)
{
    static char arguments[256];
    image_arguments(arguments, sizeof arguments);
    char *number = strchr(arguments, ' ');
    if (number != NULL)
        *number++ = '\0';
    int file = image_open(arguments);
    if (file < 0) {
        image_print("the cases cannot be read\n");
        return 2;
    }
    if (number == NULL)
        return verify_all(file);
    uint32_t count = 0;
    for (; *number >= '0' && *number <= '9'; number++)
        count = 10 * count + (uint32_t)(*number - '0');
    rivals_open();
    measure(count, file);
    return 0;
}
