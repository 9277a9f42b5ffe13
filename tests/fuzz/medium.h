/*
 * medium: a flash in memory whose contents an input has changed, for the readers of flash.
 *
 * An input is a list of changes to an image that the agent itself has written: bytes set or
 * flipped, sectors erased or cleared, pages copied from elsewhere, and checksums made right again,
 * as they would keep a search away from what lies behind them.
 */
#ifndef TESTS_FUZZ_MEDIUM_H
#define TESTS_FUZZ_MEDIUM_H

#include "hal/flash.h"
#include "tests/fuzz/fuzz.h"

enum { MEDIUM_BYTES = 32 * 4096, MEDIUM_SECTOR = 4096, MEDIUM_PAGE = 256 };

struct medium {
    struct hal_flash hal;
    uint8_t cells[MEDIUM_BYTES];
    uint32_t budget;   /* operations that are left: no reader may run for ever */
    uint32_t fault_in; /* the operation that faults, counted down; 0: none */
    bool faulted;
    bool gross;          /* the input has changed more than single bytes */
    uint32_t changed_to; /* behind the last cell that the input has changed; 0: none */
    bool boots_twice, other;
};

/* Blank, of size bytes. */
void medium_open(struct medium *medium, uint32_t size);

/* Makes a checksum right, of what stands at a multiple of 16 bytes. */
typedef void medium_mend(struct medium *medium, uint32_t offset);

/* Takes what kind of part it is off the input: the first byte's lowest bit says that programming
 * overwrites, the next that an operation faults, and two bytes more which; the third is
 * boots_twice. */
void medium_choose(struct medium *medium, struct bytes *input);
/* Changes the cells as the rest of the input says. */
void medium_change(struct medium *medium, struct bytes input, medium_mend *mend);

#endif
