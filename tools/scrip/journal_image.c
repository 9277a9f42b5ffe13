#include "tools/scrip/journal_image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/posix/flash.h"
#include "platform/posix/log.h"
#include "tools/scrip/command.h"
#include "tools/scrip/file.h"

static enum scrip_status read_image(void *context, uint32_t offset, void *data, size_t len)
{
    const int *file = context;
    return pread(*file, data, len, offset) == (ssize_t)len ? SCRIP_OK : SCRIP_FAULT_FLASH;
}

static enum scrip_status refuse_program(void *context, uint32_t offset, const void *data,
                                        size_t len)
{
    (void)context, (void)offset, (void)data, (void)len;
    return SCRIP_FAULT_READ_ONLY;
}

static enum scrip_status refuse_erase(void *context, uint32_t offset)
{
    (void)context, (void)offset;
    return SCRIP_FAULT_READ_ONLY;
}

static enum scrip_status refuse_poll(void *context)
{
    (void)context;
    return SCRIP_FAULT_READ_ONLY;
}

static enum scrip_status refuse_key(void *context, enum hal_key_slot slot, const void *data,
                                    size_t len)
{
    (void)context, (void)slot, (void)data, (void)len;
    return SCRIP_FAULT_READ_ONLY;
}

static enum scrip_status open_file(const char *path, int *file, struct hal_flash *flash)
{
    struct stat found;
    *file = open(path, O_RDONLY | O_CLOEXEC);
    if (*file < 0 || fstat(*file, &found) != 0) {
        (void)refuse("%s: %s", path, strerror(errno));
        return SCRIP_FAULT_FLASH;
    }
    if (found.st_size == 0 || found.st_size % POSIX_FLASH_SECTOR != 0 ||
        found.st_size > INT32_MAX) {
        (void)refuse("%s: not a flash image: its size is no multiple of %d", path,
                     POSIX_FLASH_SECTOR);
        return SCRIP_FAULT_FOREIGN;
    }
    *flash = (struct hal_flash){.context = file,
                                .size = (uint32_t)found.st_size,
                                .sector_size = POSIX_FLASH_SECTOR,
                                .page_size = POSIX_FLASH_PAGE,
                                .granularity = POSIX_FLASH_PAGE,
                                .tear_size = POSIX_FLASH_PAGE,
                                .needs_erase = true,
                                .read = read_image,
                                .program = refuse_program,
                                .erase_start = refuse_erase,
                                .erase_poll = refuse_poll};
    return SCRIP_OK;
}

static enum scrip_status open_keys(struct journal_image *image, const char *path)
{
    enum scrip_status status = posix_keystore_open(&image->keystore, path, &posix_log);
    if (status != SCRIP_OK)
        return status;
    /* An empty keystore must not be filled with keys of our making. */
    image->keystore.hal.write = refuse_key;
    status = keys_open(&image->keys, &image->keystore.hal);
    if (status != SCRIP_OK)
        posix_keystore_close(&image->keystore);
    return status;
}

enum scrip_status journal_image_open(struct journal_image *image, const char *path,
                                     const char *keystore_path)
{
    if (!file_exists(keystore_path)) {
        (void)refuse("%s: no such directory; scripd keeps its keys in one", keystore_path);
        return SCRIP_FAULT_KEYSTORE;
    }
    enum scrip_status status = open_file(path, &image->file, &image->flash);
    if (status == SCRIP_OK)
        status = open_keys(image, keystore_path);
    else
        return status;
    if (status != SCRIP_OK) {
        (void)close(image->file);
        (void)refuse("%s: %s", keystore_path, scrip_status_text(status));
    }
    return status;
}

void journal_image_close(struct journal_image *image)
{
    keys_close(&image->keys);
    posix_keystore_close(&image->keystore);
    (void)close(image->file);
}
