/*
 * The contracts of hal/entropy.h. No test can tell that a source cannot be predicted; these notice
 * one that is stuck, biased, short or answers what it has answered before.
 */
#include "images/selftest/selftest.h"

#include <string.h>

enum { CALL_MAX = 256, GUARD = 0xA7 };

static enum selftest_verdict draw(struct selftest *test, void *data, size_t len)
{
    const struct hal_entropy *entropy = test->hal->entropy;
    enum scrip_status status = entropy->read(entropy->context, data, len);

    if (test->wait(0) == 0)
        return selftest_broken(test, "the image was asked to end");
    return status == SCRIP_OK ? SELFTEST_KEPT
                              : selftest_broken(test, "a read of %u bytes answers %s",
                                                (unsigned)len, scrip_status_name(status));
}

/* Every length up to 40, and the longest: all bytes are filled (in some of eight reads each differs
 * from what was there) and none beside them. */
enum selftest_verdict entropy_read(struct selftest *test)
{
    enum { LONGEST = 40, READS = 8 };
    uint8_t data[CALL_MAX + 2];
    bool filled[CALL_MAX];

    for (size_t len = 1; len <= LONGEST + 1; len++) {
        size_t now = len <= LONGEST ? len : CALL_MAX;
        memset(filled, 0, sizeof filled);
        for (int i = 0; i < READS; i++) {
            memset(data, GUARD, sizeof data);
            KEEP(draw(test, data + 1, now));
            if (data[0] != GUARD || data[now + 1] != GUARD)
                return selftest_broken(test, "a read of %u bytes writes others", (unsigned)now);
            for (size_t at = 0; at < now; at++)
                filled[at] = filled[at] || data[at + 1] != GUARD;
        }
        for (size_t at = 0; at < now; at++) {
            if (!filled[at])
                return selftest_broken(test, "byte %u of %u is not filled", (unsigned)at,
                                       (unsigned)now);
        }
    }
    return SELFTEST_KEPT;
}

static unsigned bits_of(uint8_t byte)
{
    unsigned count = 0;

    for (; byte != 0; byte &= (uint8_t)(byte - 1))
        count++;
    return count;
}

/*
 * 4,096 bytes: no call repeats another's first 16; no byte six times in a row; no value more than
 * 64 times (16 are expected) and at most eight values never; ones within ten standard deviations
 * (905) of half the bits. A good source fails once in 10^9 runs or less.
 */
enum selftest_verdict entropy_health(struct selftest *test)
{
    enum { BYTES = 4096, SAME = 16, ROW = 6, OFTEN = 64, NEVER = 8, BIAS = 905 };
    uint8_t *data = test->room;
    uint16_t count[256] = {0};
    unsigned ones = 0, row = 0, never = 0;
    _Static_assert(BYTES <= sizeof test->room, "it is drawn before it is looked at");

    for (size_t at = 0; at < BYTES; at += CALL_MAX) {
        KEEP(draw(test, data + at, CALL_MAX));
        for (size_t old = 0; old < at; old += CALL_MAX) {
            if (memcmp(data + at, data + old, SAME) == 0)
                return selftest_broken(test, "two reads begin with the same bytes");
        }
    }
    for (size_t at = 0; at < BYTES; at++) {
        row = at > 0 && data[at] == data[at - 1] ? row + 1 : 1;
        if (row == ROW)
            return selftest_broken(test, "0x%02x comes %d times in a row", data[at], ROW);
        count[data[at]]++;
        ones += bits_of(data[at]);
    }
    for (unsigned value = 0; value < 256; value++) {
        never += count[value] == 0;
        if (count[value] > OFTEN)
            return selftest_broken(test, "0x%02x comes %u times in %d", value, count[value], BYTES);
    }
    memset(data, 0, BYTES);
    if (never > NEVER)
        return selftest_broken(test, "%u of 256 values never come", never);
    if (ones > BYTES * 4 + BIAS || ones < BYTES * 4 - BIAS)
        return selftest_broken(test, "%u of %d bits are ones", ones, BYTES * 8);
    return SELFTEST_KEPT;
}
