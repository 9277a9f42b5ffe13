/*
 * What a power cut leaves.
 *
 * Both regions are written in rounds, in their first sectors, each sector erased (where it needs
 * that) and then programmed piece by piece. A piece names its round and its place, so the next boot
 * can tell where the cut fell: the pieces before are of this round, those behind of the last one,
 * or erased, and only the tear unit that was being written, or the sector under erase, may hold
 * anything else. Meanwhile one slot of the keystore is written over and over.
 */
#include "images/selftest/selftest.h"

#include <inttypes.h>
#include <string.h>

enum { SECTORS = 3, PIECE_LEAST = 16, HEAD = 8, KEY_VALUE = 32 };

static void put_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint32_t piece_of(const struct hal_flash *flash)
{
    return flash->granularity > PIECE_LEAST ? flash->granularity : PIECE_LEAST;
}

static uint32_t pieces_of(const struct hal_flash *flash)
{
    return SECTORS * flash->sector_size / piece_of(flash);
}

static void make_piece(uint8_t *data, uint32_t len, uint32_t round, uint32_t index)
{
    put_u32(data, round);
    put_u32(data + 4, index);
    selftest_fill(data + HEAD, len - HEAD, round, index);
}

#define ROUND_BLANK UINT32_C(0)
#define ROUND_TORN UINT32_MAX

/* The round of the piece, BLANK or TORN; FAULT_FLASH: it cannot be read. */
static enum scrip_status look(struct selftest *test, const struct hal_flash *flash, uint32_t index,
                              uint32_t *round)
{
    uint32_t len = piece_of(flash);
    uint8_t *got = test->room;
    uint8_t *wanted = test->room + len;

    TRY(flash->read(flash->context, index * len, got, len));
    memset(wanted, 0xFF, len);
    *round = ROUND_BLANK;
    if (memcmp(got, wanted, len) == 0)
        return SCRIP_OK;
    *round = get_u32(got);
    make_piece(wanted, len, *round, index);
    if (*round == ROUND_BLANK || memcmp(got, wanted, len) != 0)
        *round = ROUND_TORN;
    return SCRIP_OK;
}

/* Where a cut may have fallen, and so what it may have spoiled. */
struct cut {
    uint32_t round;      /* that was being written */
    uint32_t last;       /* the pieces below are of that round, or may be anything */
    uint32_t sector_end; /* the first piece of the next sector */
};

static struct cut cut_at(const struct hal_flash *flash, uint32_t round, uint32_t at)
{
    uint32_t len = piece_of(flash);
    uint32_t in_sector = flash->sector_size / len;
    uint32_t unit = flash->tear_size > len ? flash->tear_size / len : 1;
    uint32_t first = at / unit * unit;
    struct cut cut = {round, first + unit, (at / in_sector + 1) * in_sector};

    /* At the sector's beginning it may also have been its erase. */
    if (flash->needs_erase && first % in_sector == 0)
        cut.last = cut.sector_end;
    return cut;
}

static bool is_as_it_must_be(const struct hal_flash *flash, const struct cut *cut, uint32_t index,
                             uint32_t round)
{
    /* Those before the cut are of its round: that is how it was found. */
    if (index < cut->last)
        return true;
    if (flash->needs_erase && index < cut->sector_end)
        return round == ROUND_BLANK;
    return round == cut->round - 1;
}

/* *wrong: the first piece that such a cut cannot explain; pieces_of(): there is none. */
static enum scrip_status explain(struct selftest *test, const struct hal_flash *flash,
                                 const struct cut *cut, uint32_t *wrong)
{
    uint32_t round;

    for (*wrong = 0; *wrong < pieces_of(flash); ++*wrong) {
        TRY(look(test, flash, *wrong, &round));
        if (!is_as_it_must_be(flash, cut, *wrong, round))
            return SCRIP_OK;
    }
    return SCRIP_OK;
}

/* *at: the first piece that is not of the round of the very first one. */
static enum scrip_status find_end(struct selftest *test, const struct hal_flash *flash,
                                  uint32_t *round, uint32_t *at)
{
    uint32_t other;

    TRY(look(test, flash, 0, round));
    for (*at = 1; *at < pieces_of(flash); ++*at) {
        TRY(look(test, flash, *at, &other));
        if (other != *round)
            break;
    }
    return SCRIP_OK;
}

static bool is_round(uint32_t round)
{
    return round != ROUND_BLANK && round != ROUND_TORN;
}

/* Whether so many pieces of the second round and those behind it may have been written. */
static bool reaches(const struct hal_flash *flash, const struct cut *cut, uint32_t written)
{
    uint32_t count = pieces_of(flash);

    return ((int64_t)cut->round - 2) * count + (cut->last < count ? cut->last : count) >= written;
}

/*
 * The cut was in the round of the first piece, where that ends (the first round was whole before
 * anybody cut); or at the very beginning of the round behind that of the last piece. written: how
 * many pieces of the second round and those behind it were OK before the keystore was written last.
 * *wrong: as explain(), or LOST: the pieces are whole, but older than that.
 */
#define LOST UINT32_MAX
static enum scrip_status examine(struct selftest *test, const struct hal_flash *flash,
                                 uint32_t written, uint32_t *wrong)
{
    uint32_t count = pieces_of(flash);
    uint32_t round, at, otherwise;
    struct cut cut;

    *wrong = 0;
    TRY(find_end(test, flash, &round, &at));
    if (is_round(round) && (round > 1 || at == count)) {
        cut = cut_at(flash, round, at);
        TRY(explain(test, flash, &cut, wrong));
        if (*wrong == count && reaches(flash, &cut, written))
            return SCRIP_OK;
    }
    TRY(look(test, flash, count - 1, &round));
    if (is_round(round)) {
        cut = cut_at(flash, round + 1, 0);
        TRY(explain(test, flash, &cut, &otherwise));
        if (otherwise == count && reaches(flash, &cut, written)) {
            *wrong = count;
            return SCRIP_OK;
        }
        if (otherwise > *wrong)
            *wrong = otherwise;
    }
    if (*wrong == count)
        *wrong = LOST;
    return SCRIP_OK;
}

static enum selftest_verdict tear_region(struct selftest *test, const char *name,
                                         const struct hal_flash *flash, uint32_t written)
{
    uint32_t wrong = 0;
    enum scrip_status status = examine(test, flash, written, &wrong);

    if (status != SCRIP_OK)
        return selftest_broken(test, "%s: a read answers %s", name, scrip_status_name(status));
    if (wrong == LOST)
        return selftest_broken(test, "%s: what had been answered OK is not there any more", name);
    if (wrong != pieces_of(flash))
        return selftest_broken(test,
                               "%s: the %" PRIu32 " bytes at %" PRIu32
                               " were spoiled by a cut elsewhere: "
                               "tear_size is too small, or OK came too early",
                               name, piece_of(flash), wrong * piece_of(flash));
    return SELFTEST_KEPT;
}

/* The value of the slot that was written over and over; FAULT_CORRUPT: a mixture. */
static enum scrip_status read_key(struct selftest *test, uint32_t *generation)
{
    const struct hal_keystore *keystore = test->hal->keystore;
    uint8_t value[KEY_VALUE] = {0}, wanted[KEY_VALUE];
    size_t len = 0;

    TRY(keystore->read(keystore->context, HAL_KEY_DEVICE, value, sizeof value, &len));
    *generation = get_u32(value);
    make_piece(wanted, sizeof wanted, *generation, 0);
    return len == sizeof wanted && memcmp(value, wanted, sizeof wanted) == 0 ? SCRIP_OK
                                                                             : SCRIP_FAULT_CORRUPT;
}

enum selftest_verdict tear_flash(struct selftest *test)
{
    uint32_t generation = 1;

    if (!test->armed)
        return selftest_absent(test, "no selftest was cut while it asked for that");
    /* One that cannot be read is keystore.tear's affair. */
    if (read_key(test, &generation) != SCRIP_OK)
        generation = 1;
    KEEP(tear_region(test, "journal", test->hal->journal, generation - 1));
    return tear_region(test, "blobs", test->hal->blobs, generation - 1);
}

/* The old value or the new one, and one of them. */
enum selftest_verdict tear_keystore(struct selftest *test)
{
    uint32_t generation;
    enum scrip_status status;

    if (!test->armed)
        return selftest_absent(test, "no selftest was cut while it asked for that");
    status = read_key(test, &generation);
    if (status == SCRIP_FAULT_CORRUPT)
        return selftest_broken(test, "the slot that was being written holds a mixture");
    return status == SCRIP_OK ? SELFTEST_KEPT
                              : selftest_broken(test, "the slot that was being written answers %s",
                                                scrip_status_name(status));
}

/* What is written next. */
struct pen {
    const struct hal_flash *flash;
    uint32_t round, index;
};

/* One program, and before it, where a sector begins, its erase. */
static enum scrip_status write_next(struct selftest *test, struct pen *pen)
{
    uint32_t len = piece_of(pen->flash);
    uint32_t offset = pen->index * len;

    if (offset % pen->flash->sector_size == 0)
        TRY(flash_clear(test, pen->flash, offset));
    make_piece(test->room, len, pen->round, pen->index);
    TRY(pen->flash->program(pen->flash->context, offset, test->room, len));
    if (++pen->index == pieces_of(pen->flash)) {
        pen->index = 0;
        pen->round++;
    }
    return test->wait(0) != 0 ? SCRIP_OK : SCRIP_REFUSED_ABORTED;
}

static enum scrip_status write_key(struct selftest *test, uint32_t generation)
{
    const struct hal_keystore *keystore = test->hal->keystore;
    uint8_t value[KEY_VALUE];

    make_piece(value, sizeof value, generation, 0);
    return keystore->write(keystore->context, HAL_KEY_DEVICE, value, sizeof value);
}

/* Round 1 is written in peace: what a cut spoils stands beside it. */
static enum scrip_status write_round(struct selftest *test, struct pen *pen)
{
    for (uint32_t round = pen->round; pen->round == round;)
        TRY(write_next(test, pen));
    return SCRIP_OK;
}

static enum scrip_status provoke(struct selftest *test, uint32_t window_ms)
{
    struct pen journal = {test->hal->journal, 1, 0}, blobs = {test->hal->blobs, 1, 0};
    uint32_t generation = 1;
    uint64_t until_ms;

    TRY(write_round(test, &journal));
    TRY(write_round(test, &blobs));
    TRY(write_key(test, generation));
    TRY(keys_mark(test, true));
    selftest_say(test, "selftest: cut the power now: for %lu ms everything is written",
                 (unsigned long)window_ms);
    until_ms = selftest_ms(test) + window_ms;
    /* The key comes last: its number is how many pieces of each region were OK, and one. */
    while (selftest_ms(test) < until_ms) {
        TRY(write_next(test, &journal));
        TRY(write_next(test, &blobs));
        TRY(write_key(test, ++generation));
    }
    return keys_mark(test, false);
}

void selftest_provoke_tears(struct selftest *test, uint32_t window_ms)
{
    enum scrip_status status = provoke(test, window_ms);

    if (status == SCRIP_OK || status == SCRIP_REFUSED_ABORTED)
        return;
    test->contracts++;
    test->failed++;
    selftest_say(test, "selftest: flash.tear FAILED: a write under way answers %s",
                 scrip_status_name(status));
}
