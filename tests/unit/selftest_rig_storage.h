/*
 * selftest_rig_storage: the state and the faults of selftest_rig.h's board, its flash regions and
 * its keystore. The journal is a NOR flash of five sectors, the blobs an EEPROM. A cut at a chosen
 * operation leaves the board as a power cut does, by a jump out of the selftest.
 */
#ifndef TESTS_UNIT_SELFTEST_RIG_STORAGE_H
#define TESTS_UNIT_SELFTEST_RIG_STORAGE_H

#include <setjmp.h>

#include "images/selftest/selftest.h"
#include "tests/check.h"

enum { NOR_SECTOR = 4096, NOR_BYTES = 5 * NOR_SECTOR, NOR_PAGE = 256 };
enum { EEPROM_SECTOR = 512, EEPROM_BYTES = 20 * EEPROM_SECTOR, EEPROM_PAGE = 128 };
enum { SLOT_BYTES = 64 };

struct cells {
    struct hal_flash hal;
    uint8_t byte[NOR_BYTES];
    bool erasing;
    uint32_t erase_offset;
    int polls;
    uint32_t late_offset, late_len; /* of a program that has only been promised */
    uint8_t late[NOR_PAGE];
};

struct slots {
    uint8_t value[HAL_KEY_SLOTS][SLOT_BYTES];
    size_t len[HAL_KEY_SLOTS]; /* 0: never written */
    unsigned writes;
};

/* Everything that a board does wrong on demand. */
struct faults {
    bool no_keystore, bad_tear_size, odd_blobs;
    bool log_blocks, clock_back, clock_stands, clock_double, wait_returns, wait_oversleeps;
    bool sets_no_clock, wall_stands;
    bool slot_unwritten, slots_shared, slot_sticks, slot_truncates, slot_mixes, counter_back;
    bool entropy_short, entropy_long, entropy_stuck, entropy_repeats, entropy_biased, entropy_fails;
    bool erase_short, erase_wide, erase_blocks, erase_twice;
    bool program_lost, program_wraps, program_wipes_page, program_misfits, program_ands;
    bool program_promises, program_leaves, read_words, read_nothing, sector_alias, regions_overlap,
        keys_overlap;
    bool net_never, net_drops, net_shuffles, net_idle_fault, net_idle_blocks, net_state_again;
    bool net_loses_last, net_never_ends, net_once;
    bool show_fails, banner_slow, qr_any, printer_out, scanner_talks, button_stuck, till_talks;
    bool tears_ahead;
    bool forgets, forgets_noisily, caches; /* what its flash holds, at a start */
    uint32_t tears_more; /* the true tear unit, where it is more than what the geometry says */
};

static struct {
    struct faults fault;
    struct hal hal;
    struct hal_keystore keystore;
    struct hal_entropy entropy;
    struct hal_rtc rtc;
    struct hal_log log;
    struct hal_net net;
    struct hal_display display;
    struct hal_printer printer;
    struct hal_scanner scanner;
    struct hal_buttons buttons;
    struct hal_till till;
    struct cells journal, blobs;
    struct slots slots;
    uint32_t counter;
    uint64_t now_ms, reads, seed;
    /* The peer, and what it has sent. */
    char line[SELFTEST_ROOM], back[SELFTEST_ROOM];
    size_t line_len, back_len, back_at;
    uint64_t back_at_ms;
    bool open, ended;
    unsigned opens;
    /* What was said. */
    char failed[40];           /* the first contract that failed */
    unsigned ok;               /* contracts */
    bool tears_seen;           /* flash.tear was looked at */
    bool writing;              /* the power may be cut */
    unsigned countdown;        /* operations to the cut; 0: none */
    uint8_t before[NOR_BYTES]; /* the journal, as the writes began */
    jmp_buf power;
} rig;

static uint8_t rig_random(void)
{
    uint64_t z = rig.seed += 0x9E3779B97F4A7C15u;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    return (uint8_t)(z >> 40);
}

/* Flash ------------------------------------------------------------------------------------------
 */

/* Where a byte really is. */
static uint8_t *cell(struct cells *cells, uint32_t offset)
{
    if (rig.fault.sector_alias && cells == &rig.journal && offset / NOR_SECTOR == 3)
        offset -= NOR_SECTOR;
    if (rig.fault.regions_overlap && cells == &rig.blobs && offset < EEPROM_SECTOR)
        return &rig.journal.byte[NOR_BYTES - EEPROM_SECTOR + offset];
    if (rig.fault.keys_overlap && cells == &rig.blobs && offset >= EEPROM_BYTES - 4)
        return &rig.slots.value[HAL_KEY_DEVICE][offset - (EEPROM_BYTES - 4)];
    return &cells->byte[offset];
}

static bool is_inside(const struct cells *cells, uint32_t offset, size_t len)
{
    return offset <= cells->hal.size && len <= cells->hal.size - offset;
}

static enum scrip_status cells_read(void *context, uint32_t offset, void *data, size_t len)
{
    struct cells *cells = context;
    uint8_t *out = data;
    size_t whole = rig.fault.read_words && len == 1 ? 2 : len;

    if (!is_inside(cells, offset, len))
        return SCRIP_FAULT_FLASH;
    for (size_t i = 0; !rig.fault.read_nothing && i < whole && offset + i < cells->hal.size; i++)
        out[i] = *cell(cells, offset + (uint32_t)i);
    return SCRIP_OK;
}

/* The bytes of the tear units that the program touches, or those of it alone. */
static void tear_program(struct cells *cells, uint32_t offset, const uint8_t *data, uint32_t len)
{
    uint32_t unit = rig.fault.tears_more != 0 ? rig.fault.tears_more : cells->hal.tear_size;
    uint32_t from = offset / unit * unit, to = (offset + len + unit - 1) / unit * unit;
    uint8_t kind = rig_random() % 4;

    if (rig.fault.tears_ahead && offset + cells->hal.sector_size < cells->hal.size)
        cells->byte[offset + cells->hal.sector_size] ^= 1;

    for (uint32_t i = from; kind == 0 && i < to; i++)
        cells->byte[i] = rig_random();
    for (uint32_t i = 0; kind != 0 && i < len; i++) {
        if (kind == 1 || (kind == 2 && i < len / 2))
            cells->byte[offset + i] = data[i];
    }
}

static void cut_power(void)
{
    longjmp(rig.power, 1);
}

static bool is_cut(void)
{
    return rig.writing && rig.countdown > 0 && --rig.countdown == 0;
}

static void store(struct cells *cells, uint32_t offset, const uint8_t *data, size_t len)
{
    bool ands = cells->hal.needs_erase || rig.fault.program_ands;

    for (size_t i = 0; i < len; i++) {
        uint8_t *at = cell(cells, offset + (uint32_t)i);
        *at = ands ? *at & data[i] : data[i];
    }
}

static void keep_promise(struct cells *cells)
{
    store(cells, cells->late_offset, cells->late, cells->late_len);
    cells->late_len = 0;
}

static enum scrip_status program_page(struct cells *cells, uint32_t offset, const uint8_t *data,
                                      uint32_t len)
{
    uint32_t page = offset / cells->hal.page_size * cells->hal.page_size;

    if (is_cut()) {
        tear_program(cells, offset, data, len);
        cut_power();
    }
    if (rig.fault.program_lost && offset % cells->hal.sector_size >= cells->hal.sector_size - 256)
        return SCRIP_OK;
    for (uint32_t i = 0; rig.fault.program_wipes_page && i < cells->hal.page_size; i++) {
        if (page + i < offset)
            cells->byte[page + i] = 0;
    }
    keep_promise(cells);
    if (rig.fault.program_promises && rig.writing && cells->hal.needs_erase) {
        cells->late_offset = offset;
        cells->late_len = len;
        memcpy(cells->late, data, len);
        return SCRIP_OK;
    }
    store(cells, offset, data, len);
    return SCRIP_OK;
}

static enum scrip_status cells_program(void *context, uint32_t offset, const void *data, size_t len)
{
    struct cells *cells = context;
    const uint8_t *from = data;
    uint32_t page = cells->hal.page_size;

    if (rig.fault.program_leaves && !is_inside(cells, offset, len))
        return SCRIP_OK;
    if (!is_inside(cells, offset, len))
        return SCRIP_FAULT_FLASH;
    if ((offset % cells->hal.granularity != 0 || len % cells->hal.granularity != 0) &&
        !rig.fault.program_misfits)
        return SCRIP_FAULT_FLASH;
    while (len > 0) {
        uint32_t piece = page - offset % page < len ? page - offset % page : (uint32_t)len;
        TRY(program_page(cells, offset, from, piece));
        /* A part that wraps goes on at the beginning of the page that it was in. */
        offset = rig.fault.program_wraps ? offset / page * page : offset + piece;
        from += piece;
        len -= piece;
    }
    return SCRIP_OK;
}

static enum scrip_status cells_erase_start(void *context, uint32_t offset)
{
    struct cells *cells = context;

    if ((cells->erasing && !rig.fault.erase_twice) || offset % cells->hal.sector_size != 0 ||
        !is_inside(cells, offset, cells->hal.sector_size))
        return SCRIP_FAULT_FLASH;
    keep_promise(cells);
    rig.now_ms += rig.fault.erase_blocks ? 60 : 0;
    cells->erasing = true;
    cells->erase_offset = offset;
    cells->polls = 3;
    return SCRIP_OK;
}

static enum scrip_status cells_erase_poll(void *context)
{
    struct cells *cells = context;
    uint32_t len = cells->hal.sector_size - (rig.fault.erase_short ? 1 : 0);
    bool cut = is_cut();

    if (!cells->erasing)
        return SCRIP_OK;
    if (cells->polls-- > 0 && !cut)
        return SCRIP_AGAIN;
    cells->erasing = false;
    for (uint32_t i = 0; i < len; i++) {
        if (!cut || rig_random() % 3 != 0)
            *cell(cells, cells->erase_offset + i) = 0xFF;
    }
    if (cut)
        cut_power();
    if (rig.fault.erase_wide && cells->erase_offset >= 4)
        memset(&cells->byte[cells->erase_offset - 4], 0xFF, 4);
    return SCRIP_OK;
}

/* Keystore ---------------------------------------------------------------------------------------
 */

static enum hal_key_slot slot_of(enum hal_key_slot slot)
{
    return rig.fault.slots_shared && slot == HAL_KEY_SIGNING_B ? HAL_KEY_SIGNING_A : slot;
}

static enum scrip_status slots_read(void *context, enum hal_key_slot slot, void *data, size_t cap,
                                    size_t *len)
{
    (void)context;
    slot = slot_of(slot);
    if (rig.fault.slot_unwritten && slot == HAL_KEY_SIGNING_B && rig.slots.len[slot] == 0) {
        *len = 32;
        return SCRIP_OK;
    }
    if (rig.slots.len[slot] == 0)
        return SCRIP_REFUSED_NOT_FOUND;
    *len = rig.slots.len[slot];
    if (*len > cap && !rig.fault.slot_truncates)
        return SCRIP_FAULT_KEYSTORE;
    memcpy(data, rig.slots.value[slot], *len < cap ? *len : cap);
    return SCRIP_OK;
}

static enum scrip_status slots_write(void *context, enum hal_key_slot slot, const void *data,
                                     size_t len)
{
    (void)context;
    slot = slot_of(slot);
    if (rig.fault.slot_sticks && slot == HAL_KEY_SIGNING_A && ++rig.slots.writes > 4)
        return SCRIP_OK;
    if (is_cut()) {
        memcpy(rig.slots.value[slot], data, rig.fault.slot_mixes ? len / 2 : len);
        cut_power();
    }
    memcpy(rig.slots.value[slot], data, len);
    rig.slots.len[slot] = len;
    return SCRIP_OK;
}

static enum scrip_status counter_read(void *context, uint32_t *value)
{
    (void)context;
    *value = rig.counter;
    return SCRIP_OK;
}

static enum scrip_status counter_advance(void *context, uint32_t value)
{
    (void)context;
    if (value > rig.counter || rig.fault.counter_back)
        rig.counter = value;
    return SCRIP_OK;
}

#endif
