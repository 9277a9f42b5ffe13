/*
 * What tests/emulated/p256v_emit.c wrote, on the processor itself:
 *
 *     cases FILE      verifies all signatures and says `cases N wrong W`
 *     field FILE      computes all pairs, up to one that is wrong, and says the same
 *     NUMBER FILE     verifies so many good signatures by each library, and prints raw samples
 *                     `series instructions` and `series_stack bytes` for tests/emulated/report
 *
 * Under -icount shift=0 an instruction takes a nanosecond. The board's timer counts at 25 MHz.
 */
#include <string.h>

#include "base/p256v_private.h"
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

/* Instructions and stack of what ----------------------------------------------------------------
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

/* The kernel ------------------------------------------------------------------------------------
 */

/* A call, and r4 to r11 before and after it. */
struct call {
    uint32_t *r;
    const uint32_t *a, *b;
    void (*operation)(void);
    uint32_t before[8], after[8];
};

/* One that does not give the stack back as it found it ends in a fault. */
__attribute__((naked, noinline)) static void make_call(struct call *call)
{
    (void)call;
    __asm__ volatile("push {r0, r4-r11, lr}\n"
                     "add r3, r0, #16\n"
                     "ldm r3, {r4-r11}\n"
                     "ldm r0, {r0-r3}\n"
                     "blx r3\n"
                     "ldr r0, [sp]\n"
                     "add r0, #48\n"
                     "stm r0, {r4-r11}\n"
                     "pop {r0, r4-r11, pc}\n");
}

static struct {
    uint32_t a[P256V_WORDS], b[P256V_WORDS], result[4][P256V_WORDS];
} pair;

/* The result in a place of its own, in a's and in b's; the registers as they were. */
static bool computes(void (*operation)(void), const uint32_t expected[P256V_WORDS], bool of_two)
{
    struct call call = {.operation = operation,
                        .before = {0x11111111, 0x22222222, 0x33333333, 0x44444444, 0x55555555,
                                   0x66666666, 0x77777777, 0x88888888}};
    bool right = true;
    for (int place = 0; place < (of_two ? 3 : 2); place++) {
        uint32_t a[P256V_WORDS], b[P256V_WORDS], r[P256V_WORDS];
        memcpy(a, pair.a, sizeof a);
        memcpy(b, pair.b, sizeof b);
        call.a = a;
        call.b = b;
        call.r = place == 0 ? r : place == 1 ? a : b;
        make_call(&call);
        right = right && memcmp(call.r, expected, sizeof r) == 0 &&
                memcmp(call.before, call.after, sizeof call.before) == 0 &&
                (place == 1 || memcmp(a, pair.a, sizeof a) == 0) &&
                (place == 2 || memcmp(b, pair.b, sizeof b) == 0);
    }
    return right;
}

static int compute_all(int file)
{
    typedef void operation(void);
    uint32_t cases = 0, wrong = 0;
    while (wrong == 0 && image_read(file, &pair, sizeof pair) == sizeof pair) {
        wrong += !computes((operation *)p256v_mul, pair.result[0], true);
        wrong += !computes((operation *)p256v_sqr, pair.result[1], false);
        wrong += !computes((operation *)p256v_add, pair.result[2], true);
        wrong += !computes((operation *)p256v_sub, pair.result[3], true);
        cases += 4;
    }
    print_number("cases", cases);
    print_number("wrong", wrong);
    return wrong == 0 && cases > 20000 ? 0 : 1;
}

/* The signatures --------------------------------------------------------------------------------
 */

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

/* The kernel ------------------------------------------------------------------------------------
 */

enum { KEPT = 8, KEPT_PATTERN = 0x01010101 };

/* Calls operation(r, a, b) and returns what it leaves in r4 to r11, added up with the places: a
 * procedure must give them back as it found them, and the stack, too. */
__attribute__((naked, noinline)) static uint32_t kept(void *r, const void *a, const void *b,
                                                      uintptr_t operation)
{
    __asm__ volatile("push {r4-r11, lr}\n"
                     "sub sp, #4\n"
                     "mov r4, #0x01010101\n"
                     "add r5, r4, r4\n"
                     "add r6, r5, r4\n"
                     "add r7, r6, r4\n"
                     "add r8, r7, r4\n"
                     "add r9, r8, r4\n"
                     "add r10, r9, r4\n"
                     "add r11, sp, #0\n"
                     "blx r3\n"
                     "mov r0, #1\n"
                     "mov r1, #0x01010101\n"
                     "cmp r4, r1\n"
                     "it ne\n movne r0, #0\n"
                     "add r1, #0x01010101\n"
                     "cmp r5, r1\n"
                     "it ne\n movne r0, #0\n"
                     "add r1, #0x01010101\n"
                     "cmp r6, r1\n"
                     "it ne\n movne r0, #0\n"
                     "add r1, #0x01010101\n"
                     "cmp r7, r1\n"
                     "it ne\n movne r0, #0\n"
                     "add r1, #0x01010101\n"
                     "cmp r8, r1\n"
                     "it ne\n movne r0, #0\n"
                     "add r1, #0x01010101\n"
                     "cmp r9, r1\n"
                     "it ne\n movne r0, #0\n"
                     "add r1, #0x01010101\n"
                     "cmp r10, r1\n"
                     "it ne\n movne r0, #0\n"
                     "cmp r11, sp\n"
                     "it ne\n movne r0, #0\n"
                     "add sp, #4\n"
                     "pop {r4-r11, pc}");
}
int main(void)
{
    static char arguments[256];
    image_arguments(arguments, sizeof arguments);
    char *name = strchr(arguments, ' ');
    if (name == NULL) {
        image_print("usage: cases|field|NUMBER FILE\n");
        return 2;
    }
    *name++ = '\0';
    int file = image_open(name);
    if (file < 0) {
        image_print("the cases cannot be read\n");
        return 2;
    }
    if (strcmp(arguments, "cases") == 0)
        return verify_all(file);
    if (strcmp(arguments, "field") == 0)
        return compute_all(file);
    uint32_t count = 0;
    for (const char *digit = arguments; *digit >= '0' && *digit <= '9'; digit++)
        count = 10 * count + (uint32_t)(*digit - '0');
    rivals_open();
    measure(count, file);
    return 0;
}
