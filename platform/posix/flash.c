#include "platform/posix/flash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/posix/file.h"
#include "platform/posix/log.h"

static bool read_all(int fd, uint32_t offset, void *data, size_t len)
{
    uint8_t *at = data;

    while (len > 0) {
        ssize_t got = pread(fd, at, len, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        offset += (uint32_t)got;
        len -= (size_t)got;
    }
    return true;
}

static bool write_all(int fd, uint32_t offset, const void *data, size_t len)
{
    const uint8_t *at = data;

    while (len > 0) {
        ssize_t put = pwrite(fd, at, len, (off_t)offset);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        at += put;
        offset += (uint32_t)put;
        len -= (size_t)put;
    }
    return true;
}

static bool is_erased(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (data[i] != 0xFF)
            return false;
    }
    return true;
}

static bool is_inside(const struct posix_flash *flash, uint32_t offset, size_t len)
{
    return offset <= flash->hal.size && len <= flash->hal.size - offset;
}

static enum scrip_status flash_read(void *context, uint32_t offset, void *data, size_t len)
{
    struct posix_flash *flash = context;

    if (!is_inside(flash, offset, len) || !read_all(flash->fd, offset, data, len))
        return SCRIP_FAULT_FLASH;
    return SCRIP_OK;
}

/* What a NOR part would spoil in silence is refused here. */
static enum scrip_status check_program(struct posix_flash *flash, uint32_t offset, size_t len)
{
    uint8_t before[POSIX_FLASH_PAGE];

    if (!is_inside(flash, offset, len) || offset % flash->hal.granularity != 0 ||
        len % flash->hal.granularity != 0 || flash->erasing) {
        posix_log_say(flash->log, HAL_LOG_ERROR,
                      "flash: a program of %zu bytes at %u breaks the contract", len, offset);
        return SCRIP_FAULT_FLASH;
    }
    for (size_t done = 0; done < len; done += sizeof before) {
        if (!read_all(flash->fd, offset + (uint32_t)done, before, sizeof before))
            return SCRIP_FAULT_FLASH;
        if (!is_erased(before, sizeof before)) {
            posix_log_say(flash->log, HAL_LOG_ERROR,
                          "flash: the page at %zu is programmed again without an erase",
                          offset + done);
            return SCRIP_FAULT_FLASH;
        }
    }
    return SCRIP_OK;
}

static enum scrip_status flash_program(void *context, uint32_t offset, const void *data, size_t len)
{
    struct posix_flash *flash = context;

    TRY(check_program(flash, offset, len));
    if (!write_all(flash->fd, offset, data, len) || fdatasync(flash->fd) != 0) {
        posix_log_say(flash->log, HAL_LOG_ERROR, "flash: a program at %u failed: %s", offset,
                      strerror(errno));
        return SCRIP_FAULT_FLASH;
    }
    return SCRIP_OK;
}

static enum scrip_status flash_erase_start(void *context, uint32_t offset)
{
    struct posix_flash *flash = context;

    if (flash->erasing || offset % flash->hal.sector_size != 0 ||
        !is_inside(flash, offset, flash->hal.sector_size))
        return SCRIP_FAULT_FLASH;
    flash->erasing = true;
    flash->erase_offset = offset;
    return SCRIP_OK;
}

static enum scrip_status flash_erase_poll(void *context)
{
    struct posix_flash *flash = context;
    uint8_t blank[POSIX_FLASH_SECTOR];

    if (!flash->erasing)
        return SCRIP_OK;
    flash->erasing = false;
    memset(blank, 0xFF, sizeof blank);
    if (!write_all(flash->fd, flash->erase_offset, blank, sizeof blank) ||
        fdatasync(flash->fd) != 0) {
        posix_log_say(flash->log, HAL_LOG_ERROR, "flash: the erase at %u failed: %s",
                      flash->erase_offset, strerror(errno));
        return SCRIP_FAULT_FLASH;
    }
    return SCRIP_OK;
}

/* Grows a file that is erased as far as it goes: a new one, or one whose making was cut. */
static bool fill(const struct posix_flash *flash, const char *path, uint32_t from)
{
    uint8_t blank[POSIX_FLASH_SECTOR];

    memset(blank, 0xFF, sizeof blank);
    for (uint32_t at = from; at < flash->hal.size;) {
        uint32_t left = flash->hal.size - at;
        uint32_t len = left < sizeof blank ? left : (uint32_t)sizeof blank;
        if (!write_all(flash->fd, at, blank, len))
            return false;
        at += len;
    }
    return fsync(flash->fd) == 0 && posix_file_sync_parent(path);
}

static bool is_erased_file(int fd, uint32_t size)
{
    uint8_t data[POSIX_FLASH_SECTOR];

    for (uint32_t at = 0; at < size;) {
        uint32_t len = size - at < sizeof data ? size - at : (uint32_t)sizeof data;
        if (!read_all(fd, at, data, len) || !is_erased(data, len))
            return false;
        at += len;
    }
    return true;
}

/* Says why it is of no use, and gives it back. */
static enum scrip_status reject(struct posix_flash *flash, const char *path, const char *why)
{
    posix_log_say(flash->log, HAL_LOG_ERROR, "flash image %s: %s", path, why);
    posix_flash_close(flash);
    return SCRIP_FAULT_FLASH;
}

static enum scrip_status check_file(struct posix_flash *flash, const char *path)
{
    struct stat file;
    char why[120];

    if (fstat(flash->fd, &file) != 0)
        return reject(flash, path, strerror(errno));
    if (!S_ISREG(file.st_mode))
        return reject(flash, path, "is not a regular file");
    if ((file.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return reject(flash, path, "others may write it: chmod go-w");
    if (flock(flash->fd, LOCK_EX | LOCK_NB) != 0)
        return reject(flash, path,
                      errno == EWOULDBLOCK ? "another process uses it: stop that one first"
                                           : strerror(errno));
    /* Again, as somebody may have grown it before the lock was ours. */
    if (fstat(flash->fd, &file) != 0)
        return reject(flash, path, strerror(errno));
    if (file.st_size == (off_t)flash->hal.size)
        return SCRIP_OK;
    if (file.st_size > (off_t)flash->hal.size ||
        !is_erased_file(flash->fd, (uint32_t)file.st_size)) {
        (void)snprintf(why, sizeof why, "has %lld bytes and should have %u: use its own size",
                       (long long)file.st_size, flash->hal.size);
        return reject(flash, path, why);
    }
    if (!fill(flash, path, (uint32_t)file.st_size))
        return reject(flash, path, strerror(errno));
    return SCRIP_OK;
}

enum scrip_status posix_flash_open(struct posix_flash *flash, const char *path, uint32_t size,
                                   const struct hal_log *log)
{
    *flash = (struct posix_flash){
        .hal = {.context = flash,
                .size = size,
                .sector_size = POSIX_FLASH_SECTOR,
                .page_size = POSIX_FLASH_PAGE,
                .granularity = POSIX_FLASH_PAGE,
                .tear_size = POSIX_FLASH_PAGE,
                .needs_erase = true,
                .read = flash_read,
                .program = flash_program,
                .erase_start = flash_erase_start,
                .erase_poll = flash_erase_poll},
        .log = log,
        .fd = -1,
    };
    if (size == 0 || size % POSIX_FLASH_SECTOR != 0)
        return reject(flash, path, "its size must be a multiple of 4096");
    flash->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (flash->fd < 0)
        return reject(flash, path, strerror(errno));
    return check_file(flash, path);
}

void posix_flash_close(struct posix_flash *flash)
{
    if (flash->fd >= 0)
        (void)close(flash->fd);
    flash->fd = -1;
}
