#include "platform/posix/entropy.h"

#include <sys/random.h>

static enum scrip_status read_entropy(void *context, void *data, size_t len)
{
    (void)context;
    return getrandom(data, len, 0) == (ssize_t)len ? SCRIP_OK : SCRIP_FAULT_ENTROPY;
}

const struct hal_entropy posix_entropy = {NULL, read_entropy};
