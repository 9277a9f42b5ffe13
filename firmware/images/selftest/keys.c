/*
 * The contracts of hal/keystore.h.
 *
 * The state slot holds the mark of a selftest from its first write on, and an agent that opens such
 * a keystore answers FAULT_KEYSTORE: nothing that is written here is ever taken for a key.
 */
#include "images/selftest/selftest.h"

#include <inttypes.h>
#include <string.h>

enum { VALUE = 32, MARK_BYTES = 28, ARMED_AT = 8 };

static const char mark_text[ARMED_AT] = {'s', 'e', 'l', 'f', 't', 'e', 's', 't'};

static enum scrip_status read_slot(const struct selftest *test, enum hal_key_slot slot,
                                   uint8_t *value, size_t cap, size_t *len)
{
    const struct hal_keystore *keystore = test->hal->keystore;

    *len = 0;
    return keystore->read(keystore->context, slot, value, cap, len);
}

enum scrip_status keys_mark(const struct selftest *test, bool armed)
{
    const struct hal_keystore *keystore = test->hal->keystore;
    uint8_t mark[MARK_BYTES] = {0};

    memcpy(mark, mark_text, sizeof mark_text);
    mark[ARMED_AT] = armed;
    return keystore->write(keystore->context, HAL_KEY_STATE, mark, sizeof mark);
}

static enum scrip_status refuse(const struct selftest *test, const char *why)
{
    selftest_say(test,
                 "selftest: refused: %s. Erase the keystore's slots first, by the part's own "
                 "means; what the terminal owes its host is lost with them",
                 why);
    return SCRIP_REFUSED_STATE;
}

enum scrip_status keys_guard(struct selftest *test)
{
    uint8_t value[64];
    size_t len;
    enum scrip_status status = read_slot(test, HAL_KEY_STATE, value, sizeof value, &len);

    if (status == SCRIP_OK && len == MARK_BYTES &&
        memcmp(value, mark_text, sizeof mark_text) == 0) {
        test->marked = true;
        test->armed = value[ARMED_AT] != 0;
        return SCRIP_OK;
    }
    if (status == SCRIP_OK)
        return refuse(test, "this board is a terminal, with keys and perhaps a journal");
    if (status != SCRIP_REFUSED_NOT_FOUND)
        return refuse(test, "the keystore cannot be read, and may hold keys");
    /* A first boot that was cut has a device key and no state yet. */
    if (read_slot(test, HAL_KEY_DEVICE, value, sizeof value, &len) != SCRIP_REFUSED_NOT_FOUND)
        return refuse(test, "the keystore holds a device key");
    return SCRIP_OK;
}

enum selftest_verdict keys_absent(struct selftest *test)
{
    uint8_t value[64];
    size_t len;

    if (test->marked)
        return selftest_absent(test, "the slots hold the values of an earlier selftest");
    for (int slot = 0; slot < HAL_KEY_SLOTS; slot++) {
        enum scrip_status status = read_slot(test, (enum hal_key_slot)slot, value, sizeof value,
                                             &len);
        if (status != SCRIP_REFUSED_NOT_FOUND)
            return selftest_broken(test, "slot %d, never written, answers %s", slot,
                                   scrip_status_name(status));
    }
    return SELFTEST_KEPT;
}

static enum selftest_verdict write_slot(struct selftest *test, int slot, uint32_t generation)
{
    const struct hal_keystore *keystore = test->hal->keystore;
    uint8_t value[VALUE];
    enum scrip_status status;

    selftest_fill(value, sizeof value, generation, (uint32_t)slot * VALUE);
    status = keystore->write(keystore->context, (enum hal_key_slot)slot, value, sizeof value);
    return status == SCRIP_OK ? SELFTEST_KEPT
                              : selftest_broken(test, "a write of slot %d answers %s", slot,
                                                scrip_status_name(status));
}

static enum selftest_verdict expect_slot(struct selftest *test, int slot, uint32_t generation)
{
    uint8_t value[64], wanted[VALUE];
    size_t len;
    enum scrip_status status = read_slot(test, (enum hal_key_slot)slot, value, sizeof value, &len);

    if (status != SCRIP_OK)
        return selftest_broken(test, "a read of slot %d answers %s", slot,
                               scrip_status_name(status));
    selftest_fill(wanted, sizeof wanted, generation, (uint32_t)slot * VALUE);
    if (len != VALUE || memcmp(value, wanted, VALUE) != 0)
        return selftest_broken(test, "slot %d does not hold what was written last", slot);
    return SELFTEST_KEPT;
}

/* The state slot keeps the mark. */
enum selftest_verdict keys_write(struct selftest *test)
{
    enum scrip_status status = keys_mark(test, false);

    if (status != SCRIP_OK)
        return selftest_broken(test, "a write of the state answers %s", scrip_status_name(status));
    for (int slot = 0; slot < HAL_KEY_STATE; slot++)
        KEEP(write_slot(test, slot, 1));
    for (int slot = 0; slot < HAL_KEY_STATE; slot++)
        KEEP(expect_slot(test, slot, 1));
    return SELFTEST_KEPT;
}

/* More often than any number of copies that it may keep; the others stay. */
enum selftest_verdict keys_replace(struct selftest *test)
{
    for (uint32_t generation = 2; generation < 10; generation++) {
        KEEP(write_slot(test, HAL_KEY_SIGNING_A, generation));
        KEEP(expect_slot(test, HAL_KEY_SIGNING_A, generation));
    }
    KEEP(expect_slot(test, HAL_KEY_DEVICE, 1));
    return expect_slot(test, HAL_KEY_SIGNING_B, 1);
}

/* A value that is longer than the caller's room is a fault, and does not leave it. */
enum selftest_verdict keys_read(struct selftest *test)
{
    uint8_t value[VALUE];
    size_t len;
    enum scrip_status status;

    memset(value, 0xA7, sizeof value);
    status = read_slot(test, HAL_KEY_DEVICE, value, VALUE - 1, &len);
    if (!scrip_is_fault(status))
        return selftest_broken(test, "a value too long for its room answers %s",
                               scrip_status_name(status));
    return value[VALUE - 1] == 0xA7 ? SELFTEST_KEPT
                                    : selftest_broken(test, "a read leaves its room");
}

enum selftest_verdict keys_counter(struct selftest *test)
{
    const struct hal_keystore *keystore = test->hal->keystore;
    uint32_t before, after;
    enum scrip_status status;

    if (keystore->counter_read == NULL)
        return selftest_absent(test, "the board has no counter");
    status = keystore->counter_read(keystore->context, &before);
    if (status == SCRIP_OK)
        status = keystore->counter_advance(keystore->context, before + 1);
    if (status == SCRIP_OK)
        status = keystore->counter_read(keystore->context, &after);
    if (status != SCRIP_OK)
        return selftest_broken(test, "it answers %s", scrip_status_name(status));
    if (after != before + 1)
        return selftest_broken(test, "it stands at %" PRIu32 ", not at %" PRIu32, after,
                               before + 1);
    /* Whatever the answer to that, it has not moved. */
    status = keystore->counter_advance(keystore->context, before);
    if (keystore->counter_read(keystore->context, &after) != SCRIP_OK || after != before + 1)
        return selftest_broken(test, "it was set back to %lu (%s)", (unsigned long)before,
                               scrip_status_name(status));
    return SELFTEST_KEPT;
}

/* Once both flash regions have been written to their ends. */
enum selftest_verdict keys_apart(struct selftest *test)
{
    KEEP(expect_slot(test, HAL_KEY_DEVICE, 1));
    KEEP(expect_slot(test, HAL_KEY_SIGNING_A, 9));
    return expect_slot(test, HAL_KEY_SIGNING_B, 1);
}
