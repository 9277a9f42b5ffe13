/*
 * hal_flash: a region of non-volatile memory, with its geometry as data.
 *
 * Offsets are bytes from the start of the region. The agent uses two regions, one for the journal
 * and one for blobs; they may be two windows of one part.
 *
 * A call that leaves the region, a program that is no multiple of granularity and an erase_start
 * while another erase is under way are the caller's errors: FAULT_FLASH, and nothing is changed.
 *
 * Threads  Called by the agent's owner task only.
 * Time     read and program block for the bus and the part (a page: about 0.5 ms). Erase only
 *          starts; it is polled.
 */
#ifndef HAL_FLASH_H
#define HAL_FLASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hal/status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hal_flash {
    void *context;
    uint32_t size;        /* bytes; a multiple of sector_size */
    uint32_t sector_size; /* bytes that one erase clears: 4,096 or 65,536 on NOR */
    uint32_t page_size;   /* bytes that one program operation writes at the most: a power of two up
                             to 512, divides sector_size; larger ones are given as 512 */
    uint16_t granularity; /* 1, 4, 16, 256 or 512: program offset and length are multiples of it */
    uint16_t tear_size;   /* the aligned bytes that a failed program may leave in any state,
                             bytes programmed before included: NOR 1, 24C EEPROM its page, files 512
                           */
    bool needs_erase;     /* false: EEPROM and files, where program overwrites */

    /* Copies len bytes. FAULT_FLASH leaves data undefined and the medium unchanged. */
    enum scrip_status (*read)(void *context, uint32_t offset, void *data, size_t len);

    /*
     * Programs len bytes, durable on return of OK; never crosses the region's end; may cross pages,
     * which then are programmed in ascending order. With needs_erase, every byte must have been
     * erased since it was last programmed. A fault or a power cut leaves the tear units being
     * written in any state and all others unchanged.
     */
    enum scrip_status (*program)(void *context, uint32_t offset, const void *data, size_t len);

    /*
     * Starts to erase the sector at offset (all bytes read 0xFF afterwards), then poll until it
     * answers other than AGAIN; OK means durable. A cut in between leaves the sector's bytes
     * undefined and unstable. One erase at a time; reads and programs wait for its end.
     */
    enum scrip_status (*erase_start)(void *context, uint32_t offset);
    enum scrip_status (*erase_poll)(void *context);
};

#ifdef __cplusplus
}
#endif

#endif
