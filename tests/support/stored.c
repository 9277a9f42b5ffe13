#include "tests/support/stored.h"

#include <string.h>

#include "tests/check.h"

enum { OBJECT = 3 };

struct test_store test_store;

static enum scrip_status read_store(const void *context, unsigned number, uint32_t offset,
                                    void *data, size_t len)
{
    struct test_store *store = &test_store;

    CHECK(context == store);
    CHECK_EQ_INT(number, OBJECT);
    CHECK(offset <= store->bytes.len && len <= store->bytes.len - offset);
    if (++store->reads == store->fails_at)
        return SCRIP_FAULT_FLASH;
    memcpy(data, store->bytes.data + offset, len);
    if (len > store->longest)
        store->longest = len;
    return SCRIP_OK;
}

struct span test_stored(struct bytes bytes)
{
    test_store = (struct test_store){.bytes = bytes};
    return (struct span){read_store, &test_store, OBJECT, 0, (uint32_t)bytes.len};
}
