#include "tests/fuzz/medium.h"

#include <string.h>

/* Whether this operation is the one that faults. */
static bool faults(struct medium *medium)
{
    FUZZ_HOLDS(medium->budget > 0);
    medium->budget--;
    if (medium->fault_in == 0 || --medium->fault_in > 0)
        return false;
    medium->faulted = true;
    return true;
}

static void check_range(const struct medium *medium, uint32_t offset, size_t len)
{
    FUZZ_HOLDS(offset <= medium->hal.size && len <= medium->hal.size - offset);
}

static enum scrip_status read_cells(void *context, uint32_t offset, void *data, size_t len)
{
    struct medium *medium = context;

    check_range(medium, offset, len);
    if (faults(medium))
        return SCRIP_FAULT_FLASH;
    memcpy(data, medium->cells + offset, len);
    return SCRIP_OK;
}

/* As NOR: a bit once programmed stays so until its sector is erased. */
static enum scrip_status program(void *context, uint32_t offset, const void *data, size_t len)
{
    struct medium *medium = context;
    const uint8_t *from = data;

    check_range(medium, offset, len);
    if (faults(medium))
        return SCRIP_FAULT_FLASH;
    for (size_t i = 0; i < len; i++)
        medium->cells[offset + i] = medium->hal.needs_erase ? medium->cells[offset + i] & from[i]
                                                            : from[i];
    return SCRIP_OK;
}

static enum scrip_status erase_start(void *context, uint32_t offset)
{
    struct medium *medium = context;

    check_range(medium, offset, MEDIUM_SECTOR);
    FUZZ_HOLDS(medium->hal.needs_erase && offset % MEDIUM_SECTOR == 0);
    if (faults(medium))
        return SCRIP_FAULT_FLASH;
    memset(medium->cells + offset, 0xFF, MEDIUM_SECTOR);
    return SCRIP_OK;
}

static enum scrip_status erase_poll(void *context)
{
    (void)context;
    return SCRIP_OK;
}

void medium_open(struct medium *medium, uint32_t size)
{
    FUZZ_HOLDS(size <= MEDIUM_BYTES);
    memset(medium->cells, 0xFF, sizeof medium->cells);
    medium->budget = UINT32_MAX;
    medium->fault_in = 0;
    medium->faulted = false;
    medium->hal = (struct hal_flash){.context = medium,
                                     .size = size,
                                     .sector_size = MEDIUM_SECTOR,
                                     .page_size = MEDIUM_PAGE,
                                     .granularity = 1,
                                     .tear_size = 1,
                                     .needs_erase = true,
                                     .read = read_cells,
                                     .program = program,
                                     .erase_start = erase_start,
                                     .erase_poll = erase_poll};
}

void medium_choose(struct medium *medium, struct bytes *input)
{
    uint8_t how = fuzz_take_u8(input);

    medium->hal.needs_erase = (how & 1) == 0;
    medium->boots_twice = (how & 4) != 0;
    medium->other = (how & 8) != 0;
    medium->fault_in = how & 2 ? fuzz_take_u16(input) : 0;
    medium->faulted = false;
}

enum { SET, FLIP, CLEAR, ERASE, COPY, MEND, SET_MENDED, CHANGES };

static uint32_t place(const struct medium *medium, struct bytes *input, uint32_t unit)
{
    return fuzz_take_u16(input) % (medium->hal.size / unit) * unit;
}

void medium_change(struct medium *medium, struct bytes input, medium_mend *mend)
{
    medium->changed_to = 0;
    medium->gross = false;
    while (input.len > 0) {
        uint8_t what = fuzz_take_u8(&input) % CHANGES;
        uint32_t unit = what == ERASE || what == CLEAR ? MEDIUM_SECTOR
                        : what == COPY                 ? MEDIUM_PAGE
                        : what == FLIP                 ? 2
                                                       : 16;
        uint32_t offset = place(medium, &input, unit);
        uint8_t *cell = medium->cells + offset;
        uint32_t end = offset + (unit < 64 ? 64 : unit); /* the most that is set is 64 bytes */
        struct bytes bytes = {NULL, 0};

        medium->gross = medium->gross || what != FLIP;
        if (end > medium->changed_to)
            medium->changed_to = end;

        if (what == SET || what == SET_MENDED)
            bytes = fuzz_take(&input, fuzz_take_u8(&input) % 64);
        if (bytes.len > medium->hal.size - offset)
            bytes.len = medium->hal.size - offset;
        if (bytes.len > 0)
            memcpy(cell, bytes.data, bytes.len);
        if (what == FLIP)
            *cell ^= fuzz_take_u8(&input);
        if (what == CLEAR || what == ERASE)
            memset(cell, what == ERASE ? 0xFF : 0, unit);
        if (what == COPY)
            memmove(cell, medium->cells + place(medium, &input, unit), unit);
        if (what == MEND || what == SET_MENDED)
            mend(medium, offset);
    }
}
