/*
 * flash: hal_flash in a file, as strict as the NOR flash it stands for.
 *
 * A program only goes over erased bytes and an erase sets them, so an agent that is right here is
 * right on a part. Each program and erase is one write and one fdatasync: durable on return. Pages
 * are 512 bytes and none is written twice between erases, so a power cut on the machine tears at
 * most what was being written.
 *
 * Memory   The caller owns struct posix_flash; hal points into it, so it must not move.
 * Threads  Owner task only. The file is locked against any other process.
 */
#ifndef PLATFORM_POSIX_FLASH_H
#define PLATFORM_POSIX_FLASH_H

#include "hal/flash.h"
#include "hal/log.h"

enum { POSIX_FLASH_SECTOR = 4096, POSIX_FLASH_PAGE = 512 };

struct posix_flash {
    struct hal_flash hal;
    const struct hal_log *log;
    int fd; /* -1: closed */
    uint32_t erase_offset;
    bool erasing;
};

/*
 * Opens the image, or makes an erased one of size bytes (a multiple of POSIX_FLASH_SECTOR) where
 * there is none. FAULT_FLASH: cannot be opened or written, another process uses it, it is of
 * another size, or others may write it; the log names the file and what to do, and the file is
 * as before.
 */
MUST_CHECK enum scrip_status posix_flash_open(struct posix_flash *flash, const char *path,
                                              uint32_t size, const struct hal_log *log);
void posix_flash_close(struct posix_flash *flash);

#endif
