#include "platform/posix/keystore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/posix/file.h"
#include "platform/posix/log.h"

static const char *const names[HAL_KEY_SLOTS] = {
    [HAL_KEY_DEVICE] = "device.key",
    [HAL_KEY_SIGNING_A] = "signing-a.key",
    [HAL_KEY_SIGNING_B] = "signing-b.key",
    [HAL_KEY_STATE] = "state.key",
};

static const char temporary[] = "new.key";

static enum scrip_status fault(const struct posix_keystore *keystore, const char *name,
                               const char *why)
{
    posix_log_say(keystore->log, HAL_LOG_ERROR, "keystore %s/%s: %s", keystore->path, name, why);
    return SCRIP_FAULT_KEYSTORE;
}

/* NULL: fit to hold a secret. */
static const char *check_owner(const struct stat *file)
{
    if (file->st_uid != geteuid())
        return "belongs to another user: chown it to the user that runs the terminal";
    if ((file->st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return "others may read or write it: chmod go-rwx, and consider its keys known";
    return NULL;
}

static enum scrip_status read_file(const struct posix_keystore *keystore, const char *name, int fd,
                                   uint8_t *data, size_t cap, size_t *len)
{
    struct stat file;
    const char *why;
    size_t done = 0;

    if (fstat(fd, &file) != 0)
        return fault(keystore, name, strerror(errno));
    if (!S_ISREG(file.st_mode))
        return fault(keystore, name, "is not a regular file");
    why = check_owner(&file);
    if (why != NULL)
        return fault(keystore, name, why);
    if (file.st_size <= 0 || (uintmax_t)file.st_size > cap)
        return fault(keystore, name, "is damaged: it has not the size of a key");
    while (done < (size_t)file.st_size) {
        ssize_t got = read(fd, data + done, (size_t)file.st_size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            explicit_bzero(data, cap);
            return fault(keystore, name, got < 0 ? strerror(errno) : "became shorter");
        }
        done += (size_t)got;
    }
    *len = done;
    return SCRIP_OK;
}

static enum scrip_status keystore_read(void *context, enum hal_key_slot slot, void *data,
                                       size_t cap, size_t *len)
{
    struct posix_keystore *keystore = context;
    int fd;

    *len = 0;
    fd = openat(keystore->directory, names[slot], O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? SCRIP_REFUSED_NOT_FOUND
                               : fault(keystore, names[slot], strerror(errno));
    enum scrip_status status = read_file(keystore, names[slot], fd, data, cap, len);
    (void)close(fd);
    return status;
}

static bool write_file(int directory, const void *data, size_t len)
{
    /* What an earlier cut has left. */
    (void)unlinkat(directory, temporary, 0);
    int fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    S_IRUSR | S_IWUSR);
    if (fd < 0)
        return false;
    bool good = posix_file_write(fd, data, len) && fsync(fd) == 0;
    return close(fd) == 0 && good;
}

static enum scrip_status keystore_write(void *context, enum hal_key_slot slot, const void *data,
                                        size_t len)
{
    struct posix_keystore *keystore = context;

    if (!write_file(keystore->directory, data, len) ||
        renameat(keystore->directory, temporary, keystore->directory, names[slot]) != 0 ||
        fsync(keystore->directory) != 0)
        return fault(keystore, names[slot], strerror(errno));
    return SCRIP_OK;
}

enum scrip_status posix_keystore_open(struct posix_keystore *keystore, const char *path,
                                      const struct hal_log *log)
{
    struct stat file;
    const char *why;

    *keystore = (struct posix_keystore){
        .hal = {.context = keystore, .read = keystore_read, .write = keystore_write},
        .log = log,
        .path = path,
        .directory = -1,
    };
    if (mkdir(path, S_IRWXU) == 0 ? !posix_file_sync_parent(path) : errno != EEXIST)
        return fault(keystore, "", strerror(errno));
    keystore->directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (keystore->directory < 0)
        return fault(keystore, "", strerror(errno));
    why = fstat(keystore->directory, &file) != 0 ? strerror(errno) : check_owner(&file);
    if (why == NULL)
        return SCRIP_OK;
    posix_keystore_close(keystore);
    return fault(keystore, "", why);
}

void posix_keystore_close(struct posix_keystore *keystore)
{
    if (keystore->directory >= 0)
        (void)close(keystore->directory);
    keystore->directory = -1;
}
