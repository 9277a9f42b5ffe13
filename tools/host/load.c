#include "tools/host/load.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static enum scrip_status read_all(int fd, uint8_t *data, size_t capacity, size_t *len)
{
    uint8_t beyond;

    *len = 0;
    for (;;) {
        bool full = *len == capacity;
        ssize_t got = read(fd, full ? &beyond : data + *len, full ? 1 : capacity - *len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return SCRIP_FAULT_DEVICE;
        if (got == 0)
            return SCRIP_OK;
        if (full)
            return SCRIP_REFUSED_TOO_LONG;
        *len += (size_t)got;
    }
}

enum scrip_status load_file(const char *path, void *data, size_t capacity, size_t *len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum scrip_status status;

    *len = 0;
    if (fd < 0)
        return errno == ENOENT ? SCRIP_REFUSED_NOT_FOUND : SCRIP_FAULT_DEVICE;
    status = read_all(fd, data, capacity, len);
    (void)close(fd);
    return status;
}
