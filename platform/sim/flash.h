/*
 * flash: a virtual flash that keeps to hal_flash's contract, aborts on whoever breaks it, and cuts
 * the power at a chosen operation, leaving the cells as a real part may leave them.
 *
 * Operations are counted: each page of a program, and each erase (it ends at a poll). After a cut
 * every call answers FAULT_FLASH until sim_flash_power_on(). Which bits tear and how unstable cells
 * read follows a seed, so that a run can be repeated.
 *
 * Memory   open allocates; close frees. Threads: one.
 */
#ifndef PLATFORM_SIM_FLASH_H
#define PLATFORM_SIM_FLASH_H

#include "hal/flash.h"

/* What a cut leaves of the operation that it hits. */
enum sim_tear {
    SIM_TEAR_NONE,       /* nothing happened */
    SIM_TEAR_HALF,       /* the first or the second half is done */
    SIM_TEAR_RANDOM,     /* each bit is done or not */
    SIM_TEAR_FULL,       /* all is done, and nobody was told */
    SIM_TEAR_COLLATERAL, /* every byte of the tear units in question is anything */
    SIM_TEAR_MARGINAL,   /* each bit is done, not done or reads differently each time */
    SIM_TEAR_WEAK,       /* done, but three cells read differently each time */
    SIM_TEARS
};

struct sim_geometry {
    uint32_t size, sector_size, page_size;
    uint16_t granularity, tear_size;
    bool needs_erase;
};

struct sim_flash {
    struct hal_flash hal;
    uint8_t *cells;
    uint8_t *unstable; /* mask of the bits that read differently each time */
    uint8_t *spent;    /* 1: programmed since its erase, or left unknown by a cut */
    uint64_t seed;
    bool off;
    bool erasing;
    uint32_t erase_offset;
    int polls_left;

    /* Commands, counted in operations from 1; 0: never. */
    uint64_t cut_at;   /* cuts the power */
    uint64_t spoil_at; /* flips a bit of what is programmed, and says OK */
    uint64_t fault_at; /* does it, and answers FAULT_FLASH, once */
    enum sim_tear tear;

    /* Sees what a call is about to program; NULL: nobody looks. */
    void (*watch)(uint32_t offset, const uint8_t *data, size_t len);

    /* Counted since open, and set to zero by whoever likes. */
    uint64_t operations, programs, erases, reads, bytes_programmed;
    uint64_t time_ns; /* modelled on a W25Q NOR on a 50 MHz bus */
};

/* Erased (or all 0xFF). Ends the process with a message when memory or the geometry is wrong. */
void sim_flash_open(struct sim_flash *flash, const struct sim_geometry *geometry, uint64_t seed);
void sim_flash_close(struct sim_flash *flash);

/* Power returns: an erase under way is lost with its sector's contents undefined. */
void sim_flash_power_on(struct sim_flash *flash);

/* Copies the medium, not the counters, of one flash to another of the same geometry. */
void sim_flash_copy(struct sim_flash *to, const struct sim_flash *from);

/* Changes stored bytes behind everybody's back. */
void sim_flash_flip(struct sim_flash *flash, uint32_t offset, uint8_t mask);

#endif
