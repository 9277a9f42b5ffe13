/*
 * check: the whole test framework.
 *
 *     static void test_empty_text_is_refused(void)
 *     {
 *         CHECK_STATUS(text_decode("", &out), SCRIP_REFUSED_TEXT);
 *     }
 *
 *     int main(void)
 *     {
 *         CHECK_RUN(test_empty_text_is_refused);
 *         return check_done();
 *     }
 *
 * A failed CHECK prints the place and the values, and the test goes on; a failed REQUIRE also
 * leaves the function. Test cases are counted, not checks, and a case without a check fails: it has
 * shown nothing. Values come as (actual, expected). Helpers in other files may use the same macros.
 */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "hal/status.h"

struct check_state {
    int passed;
    int failed;
    int checks;       /* in the case that runs */
    int failures;     /* in the case that runs */
    const char *name; /* NULL between cases */
};

/* Weak, so that every file of one program shares it. */
struct check_state check_state __attribute__((weak));

static inline bool check_record(bool good, const char *file, int line, const char *text)
{
    check_state.checks++;
    if (!good) {
        check_state.failures++;
        printf("%s:%d: %s: failed: %s\n", file, line,
               check_state.name != NULL ? check_state.name : "outside a case", text);
    }
    return good;
}

static inline bool check_int(intmax_t actual, intmax_t expected, const char *file, int line,
                             const char *text)
{
    bool good = check_record(actual == expected, file, line, text);
    if (!good)
        printf("    is %" PRIdMAX ", expected %" PRIdMAX "\n", actual, expected);
    return good;
}

static inline void check_print_bytes(const char *label, const uint8_t *bytes, size_t length,
                                     size_t from)
{
    size_t i;

    printf("    %s[%zu..] ", label, from);
    for (i = from; i < length && i < from + 32; i++)
        printf("%02x", bytes[i]);
    printf("%s\n", i < length ? ".." : "");
}

static inline bool check_bytes(const void *actual, const void *expected, size_t length,
                               const char *file, int line, const char *text)
{
    const uint8_t *a = actual;
    const uint8_t *e = expected;
    size_t at = 0;

    while (at < length && a[at] == e[at])
        at++;
    if (check_record(at == length, file, line, text))
        return true;
    check_print_bytes("is       ", a, length, at);
    check_print_bytes("expected ", e, length, at);
    return false;
}

static inline bool check_string(const char *actual, const char *expected, const char *file,
                                int line, const char *text)
{
    bool same = actual == expected ||
                (actual != NULL && expected != NULL && strcmp(actual, expected) == 0);
    bool good = check_record(same, file, line, text);
    if (!good)
        printf("    is \"%s\", expected \"%s\"\n", actual != NULL ? actual : "(null)",
               expected != NULL ? expected : "(null)");
    return good;
}

static inline bool check_status(enum scrip_status actual, enum scrip_status expected,
                                const char *file, int line, const char *text)
{
    bool good = check_record(actual == expected, file, line, text);
    if (!good)
        printf("    is %s, expected %s\n", scrip_status_name(actual), scrip_status_name(expected));
    return good;
}

static inline void check_run(const char *name, void (*test)(void))
{
    check_state.name = name;
    check_state.checks = 0;
    check_state.failures = 0;
    test();
    if (check_state.checks == 0)
        (void)check_record(false, name, 0, "the case has checked nothing");
    if (check_state.failures == 0)
        check_state.passed++;
    else
        check_state.failed++;
    check_state.name = NULL;
    check_state.failures = 0;
}

/* Prints the closing line, "<name>: P passed, F failed"; the value is main's. */
static inline int check_close(const char *file)
{
    const char *base = strrchr(file, '/');
    const char *end;

    base = base != NULL ? base + 1 : file;
    end = strrchr(base, '.');
    if (check_state.failures != 0)
        check_state.failed++;
    printf("%.*s: %d passed, %d failed\n",
           (int)(end != NULL ? end - base : (ptrdiff_t)strlen(base)), base, check_state.passed,
           check_state.failed);
    return check_state.failed == 0 && check_state.passed > 0 ? 0 : 1;
}

#define CHECK(condition) ((void)check_record((condition), __FILE__, __LINE__, #condition))
#define CHECK_EQ_INT(actual, expected)                                                             \
    ((void)check_int((intmax_t)(actual), (intmax_t)(expected), __FILE__, __LINE__,                 \
                     #actual " == " #expected))
#define CHECK_EQ_BYTES(actual, expected, length)                                                   \
    ((void)check_bytes((actual), (expected), (length), __FILE__, __LINE__,                         \
                       #actual " == " #expected))
#define CHECK_EQ_STRING(actual, expected)                                                          \
    ((void)check_string((actual), (expected), __FILE__, __LINE__, #actual " == " #expected))
#define CHECK_STATUS(call, expected)                                                               \
    ((void)check_status((call), (expected), __FILE__, __LINE__, #call))

/* For what the rest of the function stands on. */
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!check_record((condition), __FILE__, __LINE__, #condition))                            \
            return;                                                                                \
    } while (0)

#define CHECK_RUN(test) check_run(#test, test)
#define check_done() check_close(__FILE__)

#endif
