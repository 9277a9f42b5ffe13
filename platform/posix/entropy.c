#include "platform/posix/entropy.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/types.h>

enum { READ_MAX = 256 }; /* up to here getrandom never answers short */

static enum scrip_status entropy_read(void *context, void *data, size_t len)
{
    ssize_t got;

    (void)context;
    if (len > READ_MAX)
        return SCRIP_FAULT_ENTROPY;
    do
        got = getrandom(data, len, 0);
    while (got < 0 && errno == EINTR);
    return got >= 0 && (size_t)got == len ? SCRIP_OK : SCRIP_FAULT_ENTROPY;
}

const struct hal_entropy posix_entropy = {.read = entropy_read};
