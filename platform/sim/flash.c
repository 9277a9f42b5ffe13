#include "platform/sim/flash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void require(bool good, const char *what, uint32_t offset, size_t len)
{
    if (good)
        return;
    fprintf(stderr, "sim flash: %s (offset %u, %zu bytes)\n", what, offset, len);
    abort();
}

static uint64_t next_random(struct sim_flash *flash)
{
    uint64_t z = flash->seed += 0x9E3779B97F4A7C15u;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static enum scrip_status finish_erase(struct sim_flash *flash);

static enum scrip_status sim_read(void *context, uint32_t offset, void *data, size_t len)
{
    struct sim_flash *flash = context;
    uint8_t *out = data;
    size_t i;

    require(len <= flash->hal.size && offset <= flash->hal.size - len, "read beyond the end",
            offset, len);
    if (flash->off || (flash->erasing && finish_erase(flash) != SCRIP_OK))
        return SCRIP_FAULT_FLASH;
    memcpy(out, flash->cells + offset, len);
    for (i = 0; i < len; i++)
        if (flash->unstable[offset + i] != 0)
            out[i] ^= (uint8_t)(next_random(flash) >> 32) & flash->unstable[offset + i];
    flash->reads++;
    flash->time_ns += (5 + len) * 160;
    return SCRIP_OK;
}

/* Leaves bytes as a cut of the given kind leaves them, between what they were and what they should
 * have become. */
static void tear(struct sim_flash *flash, uint32_t offset, const uint8_t *target, uint32_t len)
{
    uint8_t *cells = flash->cells + offset;
    uint8_t *unstable = flash->unstable + offset;
    uint32_t unit = flash->hal.tear_size;
    uint32_t i, from, to;

    switch (flash->tear) {
    case SIM_TEAR_NONE:
    case SIM_TEARS:
        return;
    case SIM_TEAR_HALF:
        from = next_random(flash) & 1 ? len / 2 : 0;
        memcpy(cells + from, target + from, len / 2);
        memset(unstable + from, 0, len / 2);
        break;
    case SIM_TEAR_RANDOM:
        for (i = 0; i < len; i++) {
            uint8_t done = (uint8_t)(next_random(flash) >> 32);
            cells[i] = (uint8_t)((cells[i] & ~done) | (target[i] & done));
        }
        break;
    case SIM_TEAR_COLLATERAL:
        from = offset / unit * unit;
        to = (offset + len + unit - 1) / unit * unit;
        for (i = from; i < to; i++) {
            flash->cells[i] = (uint8_t)(next_random(flash) >> 32);
            flash->spent[i] = 1;
        }
        return;
    case SIM_TEAR_MARGINAL:
        for (i = 0; i < len; i++) {
            uint64_t dice = next_random(flash);
            uint8_t done = (uint8_t)(dice >> 32);
            uint8_t changing = (uint8_t)(cells[i] ^ target[i]);
            cells[i] = (uint8_t)((cells[i] & ~done) | (target[i] & done));
            unstable[i] = changing & (uint8_t)(dice >> 40);
        }
        break;
    case SIM_TEAR_FULL:
    case SIM_TEAR_WEAK:
        memcpy(cells, target, len);
        memset(unstable, 0, len);
        for (i = 0; flash->tear == SIM_TEAR_WEAK && i < 3; i++)
            unstable[next_random(flash) % len] |= (uint8_t)(1u << (next_random(flash) % 8));
        break;
    }
    for (i = 0; i < len; i++)
        if (cells[i] != 0xFF || unstable[i] != 0)
            flash->spent[offset + i] = 1;
}

/* Counts an operation. Whether it is the one that the power fails at. */
static bool is_cut(struct sim_flash *flash)
{
    return ++flash->operations == flash->cut_at;
}

static enum scrip_status program_page(struct sim_flash *flash, uint32_t offset, const uint8_t *data,
                                      uint32_t len)
{
    uint32_t i;

    if (flash->hal.needs_erase)
        for (i = 0; i < len; i++)
            require(!flash->spent[offset + i], "program over bytes that are not erased", offset + i,
                    len);
    if (is_cut(flash)) {
        tear(flash, offset, data, len);
        flash->off = true;
        return SCRIP_FAULT_FLASH;
    }
    memcpy(flash->cells + offset, data, len);
    memset(flash->unstable + offset, 0, len);
    memset(flash->spent + offset, 1, len);
    if (flash->operations == flash->spoil_at && len > 0)
        flash->cells[offset + next_random(flash) % len] ^= (uint8_t)(1u
                                                                     << (next_random(flash) % 8));
    flash->programs++;
    flash->bytes_programmed += len;
    flash->time_ns += 400000 + (5 + (uint64_t)len) * 160;
    return flash->operations == flash->fault_at ? SCRIP_FAULT_FLASH : SCRIP_OK;
}

static enum scrip_status sim_program(void *context, uint32_t offset, const void *data, size_t len)
{
    struct sim_flash *flash = context;
    uint32_t page = flash->hal.page_size;
    const uint8_t *from = data;

    require(len > 0 && len <= flash->hal.size && offset <= flash->hal.size - len,
            "program beyond the end", offset, len);
    require(offset % flash->hal.granularity == 0 && len % flash->hal.granularity == 0,
            "program off the granularity", offset, len);
    if (flash->off || (flash->erasing && finish_erase(flash) != SCRIP_OK))
        return SCRIP_FAULT_FLASH;
    if (flash->watch != NULL)
        flash->watch(offset, from, len);
    while (len > 0) {
        uint32_t part = page - offset % page;
        if (part > len)
            part = (uint32_t)len;
        enum scrip_status status = program_page(flash, offset, from, part);
        if (status != SCRIP_OK)
            return status;
        offset += part;
        from += part;
        len -= part;
    }
    return SCRIP_OK;
}

static enum scrip_status finish_erase(struct sim_flash *flash)
{
    uint32_t size = flash->hal.sector_size;
    uint32_t offset = flash->erase_offset;
    uint32_t i;

    flash->erasing = false;
    if (is_cut(flash)) {
        uint8_t *blank = malloc(size);
        require(blank != NULL, "out of memory", offset, size);
        memset(blank, 0xFF, size);
        tear(flash, offset, blank, size);
        free(blank);
        memset(flash->spent + offset, 1, size);
        flash->off = true;
        return SCRIP_FAULT_FLASH;
    }
    memset(flash->cells + offset, 0xFF, size);
    memset(flash->unstable + offset, 0, size);
    memset(flash->spent + offset, 0, size);
    if (flash->operations == flash->spoil_at)
        for (i = 0; i < 4; i++)
            flash->cells[offset + next_random(flash) % size] = 0;
    flash->erases++;
    flash->time_ns += size > 4096 ? 150000000 : 45000000;
    return flash->operations == flash->fault_at ? SCRIP_FAULT_FLASH : SCRIP_OK;
}

static enum scrip_status sim_erase_start(void *context, uint32_t offset)
{
    struct sim_flash *flash = context;

    require(!flash->erasing, "erase while one is under way", offset, 0);
    require(offset < flash->hal.size && offset % flash->hal.sector_size == 0,
            "erase of what is no sector", offset, 0);
    require(flash->hal.needs_erase, "erase of a medium that needs none", offset, 0);
    if (flash->off)
        return SCRIP_FAULT_FLASH;
    flash->erasing = true;
    flash->erase_offset = offset;
    flash->polls_left = 2;
    return SCRIP_OK;
}

static enum scrip_status sim_erase_poll(void *context)
{
    struct sim_flash *flash = context;

    if (flash->off)
        return SCRIP_FAULT_FLASH;
    if (!flash->erasing)
        return SCRIP_OK;
    return --flash->polls_left > 0 ? SCRIP_AGAIN : finish_erase(flash);
}

static uint8_t *allocate(uint32_t size, int fill)
{
    uint8_t *bytes = malloc(size);

    require(bytes != NULL, "out of memory", 0, size);
    memset(bytes, fill, size);
    return bytes;
}

void sim_flash_open(struct sim_flash *flash, const struct sim_geometry *geometry, uint64_t seed)
{
    memset(flash, 0, sizeof *flash);
    flash->hal = (struct hal_flash){.context = flash,
                                    .size = geometry->size,
                                    .sector_size = geometry->sector_size,
                                    .page_size = geometry->page_size,
                                    .granularity = geometry->granularity,
                                    .tear_size = geometry->tear_size,
                                    .needs_erase = geometry->needs_erase,
                                    .read = sim_read,
                                    .program = sim_program,
                                    .erase_start = sim_erase_start,
                                    .erase_poll = sim_erase_poll};
    require(geometry->sector_size != 0 && geometry->size % geometry->sector_size == 0 &&
                geometry->page_size != 0 && geometry->sector_size % geometry->page_size == 0 &&
                geometry->granularity != 0 && geometry->page_size % geometry->granularity == 0 &&
                geometry->tear_size != 0,
            "impossible geometry", geometry->size, geometry->sector_size);
    flash->cells = allocate(geometry->size, 0xFF);
    flash->unstable = allocate(geometry->size, 0);
    flash->spent = allocate(geometry->size, 0);
    flash->seed = seed;
}

void sim_flash_close(struct sim_flash *flash)
{
    free(flash->cells);
    free(flash->unstable);
    free(flash->spent);
    memset(flash, 0, sizeof *flash);
}

void sim_flash_power_on(struct sim_flash *flash)
{
    if (flash->erasing) {
        /* Power was off while it ran: it is cut here, by the same kind of tear. */
        flash->cut_at = flash->operations + 1;
        (void)finish_erase(flash);
    }
    flash->off = false;
    flash->cut_at = 0;
}

void sim_flash_copy(struct sim_flash *to, const struct sim_flash *from)
{
    require(to->hal.size == from->hal.size, "copy between sizes", to->hal.size, from->hal.size);
    memcpy(to->cells, from->cells, from->hal.size);
    memcpy(to->unstable, from->unstable, from->hal.size);
    memcpy(to->spent, from->spent, from->hal.size);
    to->erasing = from->erasing;
    to->erase_offset = from->erase_offset;
    to->polls_left = from->polls_left;
    to->off = from->off;
}

void sim_flash_flip(struct sim_flash *flash, uint32_t offset, uint8_t mask)
{
    require(offset < flash->hal.size, "flip beyond the end", offset, 1);
    flash->cells[offset] ^= mask;
}
