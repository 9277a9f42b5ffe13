/* Operators: who is meant by a number or a badge, and what is no list of them. */
#include "redeem/operators.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"
#include "tests/support/entropy.h"

static const uint8_t salt[OPERATORS_SALT_BYTES] = {1, 2, 3};
static uint8_t memory[OPERATORS_MAX * 24 + 64];
static unsigned fails_at, reads;

static enum scrip_status read_store(const void *context, unsigned number, uint32_t offset,
                                    void *data, size_t len)
{
    (void)number;
    if (++reads == fails_at)
        return SCRIP_FAULT_FLASH;
    memcpy(data, (const uint8_t *)context + offset, len);
    return SCRIP_OK;
}

static struct operators_entry entry_of(uint16_t number, uint8_t roles, const char *badge)
{
    struct operators_entry entry = {.number = number, .roles = roles, .has_tag = badge != NULL};
    if (badge != NULL)
        CHECK_STATUS(operators_tag(salt, bytes_text(badge), entry.tag), SCRIP_OK);
    return entry;
}

static enum scrip_status read_entries(const struct operators_entry *entries, size_t count,
                                      struct operators *out)
{
    struct buffer body = buffer_of(memory, sizeof memory);
    operators_write(salt, entries, count, &body);
    CHECK(!body.overflow);
    const struct object object = {
        OBJECT_OPERATORS, 1, 9, 4, {read_store, memory, 0, 0, (uint32_t)body.len}};
    fails_at = reads = 0;
    return operators_read(&object, out);
}

static void test_by_number_or_by_badge(void)
{
    struct operators_entry entries[OPERATORS_MAX], found;
    struct operators operators;

    for (unsigned i = 0; i < OPERATORS_MAX; i++)
        entries[i] = entry_of((uint16_t)(100 + i), OPERATORS_REVERSE, NULL);
    entries[0] = entry_of(100, OPERATORS_OFFLINE, "FIRST");
    entries[OPERATORS_MAX - 1] = entry_of(9000, OPERATORS_REVERSE | OPERATORS_OFFLINE, "LAST");
    CHECK_STATUS(read_entries(entries, OPERATORS_MAX, &operators), SCRIP_OK);
    CHECK_EQ_INT(operators.seq, 4);
    CHECK_EQ_INT(operators.exp_s, 9);

    CHECK_STATUS(operators_find(&operators, 300, bytes_of(NULL, 0), &found), SCRIP_OK);
    CHECK_EQ_INT(found.number, 300);
    CHECK_EQ_INT(found.roles, OPERATORS_REVERSE);
    CHECK_STATUS(operators_find(&operators, 99, bytes_of(NULL, 0), &found),
                 SCRIP_REFUSED_NOT_FOUND);
    CHECK_EQ_INT(found.roles, 0);
    /* Whoever has a badge must show it, and the number says nothing beside it. */
    CHECK_STATUS(operators_find(&operators, 9000, bytes_of(NULL, 0), &found), SCRIP_REFUSED_KEY);
    CHECK_EQ_INT(found.roles, 0);
    CHECK_STATUS(operators_find(&operators, 300, bytes_text("LAST"), &found), SCRIP_OK);
    CHECK_EQ_INT(found.number, 9000);
    CHECK_EQ_INT(found.roles, OPERATORS_REVERSE | OPERATORS_OFFLINE);
    CHECK_STATUS(operators_find(&operators, 0, bytes_text("FIRST"), &found), SCRIP_OK);
    CHECK_EQ_INT(found.number, 100);
    CHECK_STATUS(operators_find(&operators, 300, bytes_text("FIRS"), &found),
                 SCRIP_REFUSED_NOT_FOUND);
    CHECK_STATUS(operators_find(&operators, 300, bytes_text("LASTx"), &found),
                 SCRIP_REFUSED_NOT_FOUND);

    /* A store that fails is an accident, wherever it fails. */
    reads = 0;
    CHECK_STATUS(operators_find(&operators, 9000, bytes_text("LAST"), &found), SCRIP_OK);
    for (unsigned at = 1, all = reads; at <= all; at += 50) {
        fails_at = at;
        reads = 0;
        CHECK_STATUS(operators_find(&operators, 9000, bytes_text("LAST"), &found),
                     SCRIP_FAULT_FLASH);
        CHECK_EQ_INT(found.roles, 0);
    }
    fails_at = 0;
    CHECK_STATUS(read_entries(entries, 0, &operators), SCRIP_OK);
    CHECK_STATUS(operators_find(&operators, 300, bytes_of(NULL, 0), &found),
                 SCRIP_REFUSED_NOT_FOUND);
}

/* A list is only as good as its salt: the same code has another tag under another one. */
static void test_tags(void)
{
    uint8_t a[OPERATORS_TAG_BYTES], b[OPERATORS_TAG_BYTES], other[OPERATORS_SALT_BYTES] = {9};

    CHECK_STATUS(operators_tag(salt, bytes_text("X"), a), SCRIP_OK);
    CHECK_STATUS(operators_tag(salt, bytes_text("X"), b), SCRIP_OK);
    CHECK_EQ_BYTES(a, b, sizeof a);
    CHECK_STATUS(operators_tag(other, bytes_text("X"), b), SCRIP_OK);
    CHECK(memcmp(a, b, sizeof a) != 0);
}

static void test_what_is_no_list(void)
{
#define SALT "50000102030405060708090a0b0c0d0e0f"
    static const char *const bad[] = {
        "",
        "a0",
        "a101" SALT,
        "a201" SALT "0281820001",        /* number 0 */
        "a201" SALT "0281820100",        /* no role */
        "a201" SALT "0281820104",        /* an unknown one */
        "a201" SALT "02828202018202018", /* cut short */
        "a201" SALT "0282820201820201",  /* twice */
        "a201" SALT "0282820201820101",  /* descending */
        "a201" SALT "02818101",          /* a number alone */
        "a201" SALT "0281830101"
        "4f000102030405060708090a0b0c0d0e",
        "a201" SALT "0281840101" SALT "00",
        "a201" SALT "028182010100", /* trailing */
        "a201" SALT "0282820101",   /* fewer than announced */
        "a201" SALT "02811a00010000",
        "a201" SALT "02990201",
        "a2014f000102030405060708090a0b0c0d0e0280",
        "a202" SALT "0180",
        "a301" SALT "02800300",
    };
    static const char *const good[] = {"a201" SALT "0280", "a201" SALT "0281820103",
                                       "a201" SALT "0282820101830201" SALT};
    struct operators operators;

    for (size_t i = 0; i < sizeof bad / sizeof *bad + sizeof good / sizeof *good; i++) {
        bool fine = i >= sizeof bad / sizeof *bad;
        const char *hex = fine ? good[i - sizeof bad / sizeof *bad] : bad[i];
        struct buffer body = buffer_of(memory, sizeof memory);
        size_t len = strlen(hex) / 2 * 2;
        CHECK_STATUS(text_hex_decode(bytes_of(hex, len), &body), SCRIP_OK);
        const struct object object = {OBJECT_OPERATORS, 1, 2, 3, span_of(buffer_bytes(&body))};
        enum scrip_status status = operators_read(&object, &operators);
        if (status != (fine ? SCRIP_OK : SCRIP_REFUSED_CLAIMS))
            printf("    list %zu\n", i);
        CHECK_STATUS(status, fine ? SCRIP_OK : SCRIP_REFUSED_CLAIMS);
        CHECK_EQ_INT(operators.seq, fine ? 3 : 0);
    }
    const struct object other = {OBJECT_POLICY, 1, 2, 3, span_of(bytes_of(memory, 20))};
    CHECK_STATUS(operators_read(&other, &operators), SCRIP_REFUSED_CLAIMS);
}

int main(void)
{
    static struct test_entropy entropy;

    test_entropy_open(&entropy, 5);
    CHECK_STATUS(crypto_open(&entropy.hal), SCRIP_OK);
    CHECK_RUN(test_by_number_or_by_badge);
    CHECK_RUN(test_tags);
    CHECK_RUN(test_what_is_no_list);
    return check_done();
}
