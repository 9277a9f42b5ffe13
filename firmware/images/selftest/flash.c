/* The contracts of hal/flash.h, each on the journal's region and on the blobs'. */
#include "images/selftest/selftest.h"

#include <inttypes.h>
#include <string.h>

#include "store/blob.h"

enum {
    ERASE_LIMIT_MS = 10000,
    GUARD = 0xA7,
    HALF_ROOM = SELFTEST_ROOM / 2 /* one half is programmed, the other read back */
};

struct region {
    const char *name;
    const struct hal_flash *flash;
};

/* Runs a check on both regions. One that is absent in both is absent. */
static enum selftest_verdict on_both(struct selftest *test,
                                     enum selftest_verdict (*check)(struct selftest *,
                                                                    const struct region *))
{
    const struct region regions[] = {{"journal", test->hal->journal}, {"blobs", test->hal->blobs}};
    enum selftest_verdict both = SELFTEST_ABSENT;

    for (size_t i = 0; i < sizeof regions / sizeof *regions; i++) {
        enum selftest_verdict verdict = check(test, &regions[i]);
        if (verdict == SELFTEST_BROKEN)
            return verdict;
        if (verdict == SELFTEST_KEPT)
            both = SELFTEST_KEPT;
    }
    return both;
}

static enum selftest_verdict refused(struct selftest *test, const struct region *region,
                                     const char *what, uint32_t offset, enum scrip_status status)
{
    return selftest_broken(test, "%s: %s at %lu answers %s", region->name, what,
                           (unsigned long)offset, scrip_status_name(status));
}

/* Reads len bytes, at most HALF_ROOM, and compares. */
static enum selftest_verdict expect(struct selftest *test, const struct region *region,
                                    uint32_t offset, const uint8_t *wanted, size_t len,
                                    const char *when)
{
    uint8_t *got = test->room + HALF_ROOM;
    enum scrip_status status;

    /* Not what a read that does nothing would leave. */
    for (size_t i = 0; i < len; i++)
        got[i] = (uint8_t)~wanted[i];
    status = region->flash->read(region->flash->context, offset, got, len);
    if (status != SCRIP_OK)
        return refused(test, region, "a read", offset, status);
    for (size_t i = 0; i < len; i++) {
        if (got[i] != wanted[i])
            return selftest_broken(test, "%s: byte %lu reads 0x%02x, not 0x%02x, %s", region->name,
                                   (unsigned long)(offset + i), got[i], wanted[i], when);
    }
    return SELFTEST_KEPT;
}

static enum selftest_verdict expect_pattern(struct selftest *test, const struct region *region,
                                            uint32_t offset, size_t len, uint32_t generation,
                                            const char *when)
{
    selftest_fill(test->room, len, generation, offset);
    return expect(test, region, offset, test->room, len, when);
}

static enum selftest_verdict program_pattern(struct selftest *test, const struct region *region,
                                             uint32_t offset, size_t len, uint32_t generation)
{
    enum scrip_status status;

    selftest_fill(test->room, len, generation, offset);
    status = region->flash->program(region->flash->context, offset, test->room, len);
    if (status != SCRIP_OK)
        return refused(test, region, "a program", offset, status);
    return expect_pattern(test, region, offset, len, generation, "after it was programmed");
}

static enum scrip_status finish_erase(struct selftest *test, const struct hal_flash *flash)
{
    uint64_t until_ms = selftest_ms(test) + ERASE_LIMIT_MS;
    enum scrip_status status;

    while ((status = flash->erase_poll(flash->context)) == SCRIP_AGAIN) {
        if (selftest_ms(test) > until_ms)
            return SCRIP_FAULT_TIMEOUT;
        if (test->wait(1) == 0)
            return SCRIP_REFUSED_ABORTED;
    }
    return status;
}

enum scrip_status flash_clear(struct selftest *test, const struct hal_flash *flash, uint32_t offset)
{
    if (!flash->needs_erase)
        return SCRIP_OK;
    TRY(flash->erase_start(flash->context, offset));
    return finish_erase(test, flash);
}

static enum selftest_verdict clear(struct selftest *test, const struct region *region,
                                   uint32_t offset)
{
    enum scrip_status status = flash_clear(test, region->flash, offset);

    return status == SCRIP_OK ? SELFTEST_KEPT
                              : refused(test, region, "the erase of the sector", offset, status);
}

/* A piece to program: a page, or as much of it as the room takes. */
static size_t piece_of(const struct hal_flash *flash)
{
    return flash->page_size < HALF_ROOM ? flash->page_size : HALF_ROOM;
}

static bool is_grain(uint32_t value)
{
    return value != 0 && value <= 512 && (value & (value - 1)) == 0;
}

static const char *geometry_flaw(const struct hal_flash *flash, uint32_t least_sector)
{
    if (!is_grain(flash->granularity))
        return "granularity is not a power of two up to 512";
    if (!is_grain(flash->tear_size))
        return "tear_size is not a power of two up to 512";
    if (flash->page_size == 0 || flash->page_size % flash->granularity != 0)
        return "page_size is no multiple of granularity";
    if (flash->sector_size < least_sector || flash->sector_size % flash->page_size != 0 ||
        flash->sector_size % flash->tear_size != 0)
        return "sector_size is too small, or no multiple of page_size and tear_size";
    if (flash->size % flash->sector_size != 0 || flash->size / flash->sector_size < 4)
        return "size is not four whole sectors or more";
    return NULL;
}

static enum selftest_verdict check_geometry(struct selftest *test, const struct region *region)
{
    /* store/journal.h wants whole records in a sector; blobs take any. */
    uint32_t least = region->flash == test->hal->journal ? 4096 : 1;
    const char *flaw = geometry_flaw(region->flash, least);

    if (flaw == NULL && region->flash == test->hal->blobs &&
        region->flash->size % (2 * BLOB_KINDS * region->flash->sector_size) != 0)
        flaw = "size is not two slots of whole sectors for each kind (store/blob.h)";
    return flaw == NULL ? SELFTEST_KEPT : selftest_broken(test, "%s: %s", region->name, flaw);
}

enum selftest_verdict flash_geometry(struct selftest *test)
{
    return on_both(test, check_geometry);
}

static enum selftest_verdict expect_erased(struct selftest *test, const struct region *region,
                                           uint32_t sector)
{
    size_t piece = piece_of(region->flash);

    memset(test->room, 0xFF, piece);
    for (uint32_t at = 0; at < region->flash->sector_size; at += (uint32_t)piece)
        KEEP(expect(test, region, sector + at, test->room, piece, "after an erase"));
    return SELFTEST_KEPT;
}

/* Its last page of the sector before, and its first of the one behind, stay. */
static enum selftest_verdict check_erase(struct selftest *test, const struct region *region)
{
    const struct hal_flash *flash = region->flash;
    uint32_t sector = flash->sector_size;
    size_t piece = piece_of(flash);

    if (!flash->needs_erase)
        return selftest_absent(test, "no region needs one");
    for (uint32_t i = 0; i < 3; i++)
        KEEP(clear(test, region, i * sector));
    KEEP(program_pattern(test, region, sector - (uint32_t)piece, piece, 1));
    KEEP(program_pattern(test, region, sector, piece, 1));
    KEEP(program_pattern(test, region, 2 * sector - (uint32_t)piece, piece, 1));
    KEEP(program_pattern(test, region, 2 * sector, piece, 1));
    KEEP(clear(test, region, sector));
    KEEP(expect_erased(test, region, sector));
    KEEP(expect_pattern(test, region, sector - (uint32_t)piece, piece, 1,
                        "after an erase of the sector behind it"));
    return expect_pattern(test, region, 2 * sector, piece, 1,
                          "after an erase of the sector before it");
}

enum selftest_verdict flash_erase(struct selftest *test)
{
    return on_both(test, check_erase);
}

/* The start of an erase, the quickest of three, does not take its time. */
static enum selftest_verdict check_erase_poll(struct selftest *test, const struct region *region)
{
    enum { AT_ONCE_MS = 10 };
    const struct hal_flash *flash = region->flash;
    uint64_t quickest_ms = UINT64_MAX;

    if (!flash->needs_erase)
        return selftest_absent(test, "no region needs an erase");
    for (int i = 0; i < 3; i++) {
        uint64_t from_ms = selftest_ms(test);
        enum scrip_status status = flash->erase_start(flash->context, 0);
        uint64_t took_ms = selftest_ms(test) - from_ms;
        if (status != SCRIP_OK)
            return refused(test, region, "erase_start", 0, status);
        if (took_ms < quickest_ms)
            quickest_ms = took_ms;
        if (flash->erase_start(flash->context, flash->sector_size) == SCRIP_OK)
            return selftest_broken(test, "%s: a second erase is taken while one is under way",
                                   region->name);
        status = finish_erase(test, flash);
        if (status != SCRIP_OK)
            return refused(test, region, "erase_poll", 0, status);
    }
    if (quickest_ms > AT_ONCE_MS)
        return selftest_broken(test, "%s: erase_start waits %lu ms for the part", region->name,
                               (unsigned long)quickest_ms);
    return expect_erased(test, region, 0);
}

enum selftest_verdict flash_erase_poll(struct selftest *test)
{
    return on_both(test, check_erase_poll);
}

/* At each end of the first sector and of the last. */
static enum selftest_verdict check_program(struct selftest *test, const struct region *region)
{
    const struct hal_flash *flash = region->flash;
    const uint32_t sectors[] = {0, flash->size - flash->sector_size};
    uint32_t piece = (uint32_t)piece_of(flash);

    for (size_t i = 0; i < sizeof sectors / sizeof *sectors; i++) {
        uint32_t end = sectors[i] + flash->sector_size - piece;
        KEEP(clear(test, region, sectors[i]));
        KEEP(program_pattern(test, region, sectors[i], piece, 2));
        KEEP(program_pattern(test, region, end, piece, 3));
        KEEP(expect_pattern(test, region, sectors[i], piece, 2, "after another was programmed"));
    }
    return SELFTEST_KEPT;
}

enum selftest_verdict flash_program(struct selftest *test)
{
    return on_both(test, check_program);
}

/* Any offset and any length, across pages and sectors, and nothing beyond. */
static enum selftest_verdict check_read(struct selftest *test, const struct region *region)
{
    const struct hal_flash *flash = region->flash;
    uint32_t piece = (uint32_t)piece_of(flash);
    uint32_t from = flash->sector_size - piece;
    uint8_t guarded[3];

    for (uint32_t i = 0; i < 2; i++)
        KEEP(clear(test, region, i * flash->sector_size));
    KEEP(program_pattern(test, region, from, piece, 4));
    KEEP(program_pattern(test, region, from + piece, piece, 4));
    for (uint32_t i = 0; i < 2 * piece; i++) {
        memset(guarded, GUARD, sizeof guarded);
        enum scrip_status status = flash->read(flash->context, from + i, guarded + 1, 1);
        if (status != SCRIP_OK)
            return refused(test, region, "a read of one byte", from + i, status);
        if (guarded[1] != selftest_byte(4, from + i))
            return selftest_broken(test, "%s: byte %" PRIu32 " reads otherwise alone", region->name,
                                   from + i);
        if (guarded[0] != GUARD || guarded[2] != GUARD)
            return selftest_broken(test, "%s: a read of one byte writes others", region->name);
    }
    return expect_pattern(test, region, from + piece / 2 + 1, piece - 1, 4,
                          "across the end of a sector");
}

enum selftest_verdict flash_read(struct selftest *test)
{
    return on_both(test, check_read);
}

static enum selftest_verdict check_misfit(struct selftest *test, const struct region *region,
                                          uint32_t offset, size_t len)
{
    selftest_fill(test->room, len, 9, offset);
    if (region->flash->program(region->flash->context, offset, test->room, len) == SCRIP_OK)
        return selftest_broken(test, "%s: %lu bytes at %lu are programmed, no multiple of %u",
                               region->name, (unsigned long)len, (unsigned long)offset,
                               region->flash->granularity);
    return SELFTEST_KEPT;
}

/* Grain by grain through the first two pages, each beside what is there already; then what is no
 * multiple of it, which must leave all as it was. */
static enum selftest_verdict check_granularity(struct selftest *test, const struct region *region)
{
    const struct hal_flash *flash = region->flash;
    uint32_t grain = flash->granularity;
    uint32_t end = 2 * (uint32_t)piece_of(flash);

    KEEP(clear(test, region, 0));
    for (uint32_t at = 0; at < end; at += grain) {
        KEEP(program_pattern(test, region, at, grain, 5));
        if (test->wait(0) == 0)
            return selftest_broken(test, "the image was asked to end");
    }
    if (grain > 1) {
        KEEP(check_misfit(test, region, end + 1, grain));
        KEEP(check_misfit(test, region, end, grain - 1));
    }
    for (uint32_t at = 0; at < end; at += grain)
        KEEP(expect_pattern(test, region, at, grain, 5, "after others were programmed"));
    return SELFTEST_KEPT;
}

enum selftest_verdict flash_granularity(struct selftest *test)
{
    return on_both(test, check_granularity);
}

/* One call that begins at the end of a page and ends in the one after the next. */
static enum selftest_verdict check_pages(struct selftest *test, const struct region *region)
{
    const struct hal_flash *flash = region->flash;
    uint32_t grain = flash->granularity;
    uint32_t len = flash->page_size + 2 * grain;

    if (len > HALF_ROOM)
        len = 2 * grain;
    KEEP(clear(test, region, flash->sector_size));
    return program_pattern(test, region, flash->sector_size + flash->page_size - grain, len, 6);
}

enum selftest_verdict flash_pages(struct selftest *test)
{
    return on_both(test, check_pages);
}

/* Every bit in both directions. */
static enum selftest_verdict check_overwrite(struct selftest *test, const struct region *region)
{
    const struct hal_flash *flash = region->flash;
    size_t piece = piece_of(flash);

    if (flash->needs_erase)
        return selftest_absent(test, "every region needs an erase first");
    for (unsigned turn = 0; turn < 3; turn++) {
        memset(test->room, turn % 2 == 0 ? 0x5A : 0xA5, piece);
        enum scrip_status status = flash->program(flash->context, flash->sector_size, test->room,
                                                  piece);
        if (status != SCRIP_OK)
            return refused(test, region, "a program", flash->sector_size, status);
        KEEP(expect(test, region, flash->sector_size, test->room, piece,
                    "after it was programmed over another"));
    }
    return SELFTEST_KEPT;
}

enum selftest_verdict flash_overwrite(struct selftest *test)
{
    return on_both(test, check_overwrite);
}

/* What leaves the region is refused whole, also where the sum wraps. */
static enum selftest_verdict check_bounds(struct selftest *test, const struct region *region)
{
    const struct hal_flash *flash = region->flash;
    uint32_t grain = flash->granularity;
    const uint32_t outside[] = {flash->size, flash->size - grain, UINT32_MAX - grain + 1};

    KEEP(clear(test, region, 0));
    KEEP(clear(test, region, flash->size - flash->sector_size));
    KEEP(program_pattern(test, region, 0, grain, 7));
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        if (flash->read(flash->context, outside[i], test->room, 2 * grain) == SCRIP_OK)
            return selftest_broken(test, "%s: a read at %lu leaves the region", region->name,
                                   (unsigned long)outside[i]);
        memset(test->room, 0, 2 * grain);
        if (flash->program(flash->context, outside[i], test->room, 2 * grain) == SCRIP_OK)
            return selftest_broken(test, "%s: a program at %lu leaves the region", region->name,
                                   (unsigned long)outside[i]);
    }
    if (flash->needs_erase && flash->erase_start(flash->context, flash->size) == SCRIP_OK)
        return selftest_broken(test, "%s: an erase leaves the region", region->name);
    KEEP(expect_pattern(test, region, 0, grain, 7, "after a program beyond the end"));
    return program_pattern(test, region, flash->size - grain, grain, 7);
}

enum selftest_verdict flash_bounds(struct selftest *test)
{
    return on_both(test, check_bounds);
}

/* Every byte of the region, which differ from the other's and from every other place's. */
static enum selftest_verdict fill(struct selftest *test, const struct region *region,
                                  uint32_t generation, bool write)
{
    const struct hal_flash *flash = region->flash;
    uint32_t piece = (uint32_t)piece_of(flash);

    for (uint32_t at = 0; at < flash->size; at += piece) {
        if (test->wait(0) == 0)
            return selftest_broken(test, "the image was asked to end");
        if (write && at % flash->sector_size == 0)
            KEEP(clear(test, region, at));
        if (write)
            KEEP(program_pattern(test, region, at, piece, generation));
        else
            KEEP(expect_pattern(test, region, at, piece, generation, "after others were filled"));
    }
    return SELFTEST_KEPT;
}

enum selftest_verdict flash_whole(struct selftest *test)
{
    const struct region journal = {"journal", test->hal->journal};
    const struct region blobs = {"blobs", test->hal->blobs};

    KEEP(fill(test, &journal, 10, true));
    KEEP(fill(test, &blobs, 11, true));
    KEEP(fill(test, &journal, 10, false));
    return fill(test, &blobs, 11, false);
}
