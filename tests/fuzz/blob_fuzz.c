/* The region of blobs, changed at will: what it shows is whole, and a new version replaces it. */
#include <string.h>

#include "platform/sim/device.h"
#include "store/blob.h"
#include "tests/fuzz/medium.h"

enum { IMAGE_BYTES = 2 * BLOB_KINDS * MEDIUM_SECTOR, BUDGET = 100000 };

static struct medium medium;
static uint8_t golden[IMAGE_BYTES];
static struct sim_keystore keystore;
static struct keys keys;

static void write(struct blob_store *store, enum blob_kind kind, uint32_t len, uint8_t fill)
{
    uint8_t data[700];
    uint32_t version;

    memset(data, fill, sizeof data);
    FUZZ_HOLDS(blob_begin(store, kind, len) == SCRIP_OK);
    FUZZ_HOLDS(blob_write(store, bytes_of(data, len)) == SCRIP_OK);
    FUZZ_HOLDS(blob_commit(store, &version) == SCRIP_OK);
}

static void open_image(void)
{
    static bool open;
    struct blob_store store;
    uint32_t damaged;

    if (open)
        return;
    open = true;
    (void)fuzz_world();
    sim_keystore_open(&keystore, false);
    FUZZ_HOLDS(keys_open(&keys, &keystore.hal) == SCRIP_OK);
    medium_open(&medium, IMAGE_BYTES);
    FUZZ_HOLDS(blob_mount(&store, &medium.hal, &keys, &damaged) == SCRIP_OK);
    write(&store, BLOB_KEYS, 700, 1);
    write(&store, BLOB_KEYS, 600, 2);
    write(&store, BLOB_POLICY, 90, 3);
    write(&store, BLOB_IDENTITY, 513, 4);
    memcpy(golden, medium.cells, sizeof golden);
}

/* A head has no checksum but a MAC, which nobody makes right without the key. */
static void mend(struct medium *changed, uint32_t offset)
{
    (void)changed;
    (void)offset;
}

/* A replacement that may fail at any operation, begun twice, read back before it counts. */
static void replace_under_fault(struct blob_store *store)
{
    uint8_t data[600], back[600];
    uint32_t version;

    memset(data, 7, sizeof data);
    FUZZ_HOLDS(blob_write(store, bytes_of(data, 1)) == SCRIP_REFUSED_ARGUMENT);
    FUZZ_HOLDS(blob_begin(store, BLOB_POLICY, MEDIUM_SECTOR) == SCRIP_REFUSED_TOO_LONG);
    if (blob_begin(store, BLOB_POLICY, 10) != SCRIP_OK ||
        blob_write(store, bytes_of(data, 4)) != SCRIP_OK ||
        blob_read_back(store, 1, back, 2) != SCRIP_OK ||
        blob_commit(store, &version) != SCRIP_REFUSED_ARGUMENT ||
        blob_begin(store, BLOB_POLICY, sizeof data) != SCRIP_OK ||
        blob_write(store, bytes_of(data, sizeof data)) != SCRIP_OK ||
        blob_read_back(store, 0, back, sizeof back) != SCRIP_OK)
        return;
    FUZZ_HOLDS(memcmp(back, data, sizeof back) == 0);
    struct span written = blob_written(store);
    FUZZ_HOLDS(written.len == sizeof data);
    if (span_read(&written, 1, back, sizeof back - 1) == SCRIP_OK)
        FUZZ_HOLDS(memcmp(back, data, sizeof back - 1) == 0);
    FUZZ_HOLDS(blob_read_back(store, 1, back, sizeof back) == SCRIP_REFUSED_ARGUMENT);
    FUZZ_HOLDS(blob_write(store, bytes_of(data, 1)) == SCRIP_REFUSED_TOO_LONG);
    (void)!blob_commit(store, &version);
}

void fuzz_one(struct bytes input)
{
    static uint8_t memory[MEDIUM_SECTOR];
    struct blob_store store;
    uint32_t damaged = 0, len = 0;
    enum scrip_status status;

    open_image();
    memcpy(medium.cells, golden, sizeof golden);
    medium_choose(&medium, &input);
    medium_change(&medium, input, mend);
    medium.budget = BUDGET;
    status = blob_mount(&store, &medium.hal, &keys, &damaged);
    FUZZ_HOLDS(status == SCRIP_OK || (status == SCRIP_FAULT_FLASH && medium.faulted));
    if (status != SCRIP_OK || medium.fault_in > 0) {
        if (status == SCRIP_OK)
            replace_under_fault(&store);
        medium.fault_in = 0;
        FUZZ_HOLDS(blob_mount(&store, &medium.hal, &keys, &damaged) == SCRIP_OK);
    }
    for (enum blob_kind kind = 0; kind < BLOB_KINDS; kind++) {
        struct buffer out = buffer_of(memory, sizeof memory);

        struct span stored = blob_span(&store, kind);

        status = blob_size(&store, kind, &len);
        FUZZ_HOLDS(stored.len == (status == SCRIP_OK ? len : 0));
        FUZZ_HOLDS(status == SCRIP_OK || status == SCRIP_REFUSED_NOT_FOUND);
        if (status != SCRIP_OK)
            continue;
        FUZZ_HOLDS(len <= blob_capacity(&store));
        FUZZ_HOLDS(blob_read(&store, kind, 0, memory, len) == SCRIP_OK);
        FUZZ_HOLDS(blob_read(&store, kind, 1, memory, len) == SCRIP_REFUSED_ARGUMENT);
        FUZZ_HOLDS(blob_load(&store, kind, &out) == SCRIP_OK && out.len == len);
        uint8_t last;
        FUZZ_HOLDS(span_read(&stored, len - 1, &last, 1) == SCRIP_OK && last == memory[len - 1]);
        /* Whole: the pieces of two versions are told apart by what they are filled with. */
        for (uint32_t i = 1; i < len; i++)
            FUZZ_HOLDS(memory[i] == memory[0]);
    }
    write(&store, BLOB_KEYS, 300, 9);
    FUZZ_HOLDS(blob_mount(&store, &medium.hal, &keys, &damaged) == SCRIP_OK);
    struct buffer out = buffer_of(memory, sizeof memory);
    FUZZ_HOLDS(blob_load(&store, BLOB_KEYS, &out) == SCRIP_OK);
    FUZZ_HOLDS(out.len == 300 && memory[0] == 9 && memory[299] == 9);
    medium.budget = UINT32_MAX;
}

void fuzz_seeds(fuzz_visit *visit, void *context)
{
    static const struct {
        uint8_t len, bytes[24];
    } seeds[] = {{0, {0}},
                 {4, {1, 0, 8, 1}},
                 {4, {1, 4, 8, 1}},
                 {3, {3, 2, 0}},
                 {3, {3, 3, 0}},
                 {6, {3, 2, 0, 3, 3, 0}},
                 {5, {4, 32, 0, 48, 0}},
                 {3, {5, 0, 2}},
                 {20, {6, 0, 2, 16, 1, 2, 3, 4}}};

    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++)
        for (uint8_t how = 0; how < 2; how++)
            fuzz_visit_with(how, bytes_of(seeds[i].bytes, seeds[i].len), visit, context);
    for (unsigned at = 0; at < IMAGE_BYTES / 2; at += 61) {
        uint8_t flip[] = {0, 1, (uint8_t)at, (uint8_t)(at >> 8), 0x10};
        visit(context, bytes_of(flip, sizeof flip));
    }
    for (uint16_t fault = 1; fault < 250; fault += 3) {
        uint8_t faulty[] = {2, (uint8_t)fault, (uint8_t)(fault >> 8)};
        visit(context, bytes_of(faulty, sizeof faulty));
    }
}
