/*
 * The blob store under power cuts: after each, a kind holds its old object or the new one, whole,
 * and what a mount has once shown stays.
 */
#include "store/blob.h"

#include <stdlib.h>

#include "platform/sim/device.h"
#include "tests/power/harness.h"

static struct sim_entropy entropy;
static struct sim_keystore keystore;
static struct sim_flash flash;
static struct keys keys;
static struct blob_store store;

/* Objects are told apart by their seed; 0: none. pending may have replaced current. */
static struct model {
    bool open;
    uint32_t next_seed;
    uint32_t current[BLOB_KINDS], pending[BLOB_KINDS];
} model;

static uint32_t object_of(uint32_t seed, uint8_t out[2048])
{
    uint32_t mixed = seed * 2654435761u;
    uint32_t len = 4 + mixed / 16 % 1500;

    for (uint32_t i = 0; i < len; i++)
        out[i] = (uint8_t)((mixed >> 24) + i * 5 + (i >> 8));
    bytes_put_u32(out, seed);
    return len;
}

static bool replace(enum blob_kind kind)
{
    uint8_t object[2048];
    uint32_t len = object_of(model.next_seed, object), done, part, version;
    enum scrip_status status = blob_begin(&store, kind, len);

    model.pending[kind] = model.next_seed++;
    for (done = 0; done < len && status == SCRIP_OK; done += part) {
        part = len - done < 333 ? len - done : 333;
        status = blob_write(&store, bytes_of(object + done, part));
    }
    if (status == SCRIP_OK)
        status = blob_commit(&store, &version);
    if (status == SCRIP_OK)
        model.current[kind] = model.pending[kind];
    else if (!flash.off)
        power_fail(POWER_UNMOUNTABLE, "replace: %s", scrip_status_name(status));
    return status == SCRIP_OK;
}

static bool open_store(void)
{
    uint32_t damaged;
    enum scrip_status status = blob_mount(&store, &flash.hal, &keys, &damaged);

    if (status != SCRIP_OK && !flash.off)
        power_fail(POWER_UNMOUNTABLE, "mount: %s", scrip_status_name(status));
    return model.open = status == SCRIP_OK;
}

static bool replace_all(const enum blob_kind *kinds, size_t count)
{
    bool good = true;
    for (size_t i = 0; i < count && good; i++)
        good = replace(kinds[i]);
    return good;
}

static void prepare(void *context)
{
    static const enum blob_kind first[] = {BLOB_KEYS, BLOB_KEYS, BLOB_IDENTITY};

    (void)context;
    memset(&model, 0, sizeof model);
    model.next_seed = 1 + power_round * 100;
    if (open_store())
        (void)(replace_all(first, sizeof first / sizeof *first));
}

static void work(void *context)
{
    static const enum blob_kind kinds[] = {BLOB_KEYS, BLOB_POLICY, BLOB_KEYS, BLOB_IDENTITY};

    (void)context;
    if (open_store())
        (void)replace_all(kinds, sizeof kinds / sizeof *kinds);
}

static void check(void *context, bool thorough)
{
    uint8_t object[2048], found[2048];

    (void)context;
    (void)thorough;
    if (!open_store())
        return;
    for (int kind = 0; kind < BLOB_KINDS; kind++) {
        struct buffer out = buffer_of(found, sizeof found);
        enum scrip_status status = blob_load(&store, (enum blob_kind)kind, &out);
        uint32_t seed = status == SCRIP_OK && out.len >= 4 ? bytes_get_u32(found) : 0;
        if (flash.off)
            return;
        if (status != SCRIP_OK && status != SCRIP_REFUSED_NOT_FOUND)
            power_fail(POWER_CORRUPT, "load: %s", scrip_status_name(status));
        else if (seed != model.current[kind] && seed != model.pending[kind])
            power_fail(POWER_LOST, "kind %d holds %u, not %u or %u", kind, seed,
                       model.current[kind], model.pending[kind]);
        else if (seed != 0 &&
                 (object_of(seed, object) != out.len || memcmp(object, found, out.len) != 0))
            power_fail(POWER_CORRUPT, "kind %d has other contents", kind);
        model.current[kind] = model.pending[kind] = seed;
    }
}

static void use(void *context)
{
    (void)context;
    if (model.open)
        (void)(replace(BLOB_KEYS) && replace(BLOB_POLICY));
}

static void close_all(void *context)
{
    uint8_t unused[CRYPTO_HASH_BYTES];

    (void)context;
    if (store.write.open && crypto_hash_finish(&store.write.hash, unused) != SCRIP_OK)
        power_fail(POWER_CORRUPT, "hash");
    store.write.open = false;
    model.open = false;
}

int main(void)
{
    static const struct {
        const char *name;
        struct sim_geometry geometry;
    } media[] = {{"blob, granule 1", {10 * 4096, 4096, 256, 1, 1, true}},
                 {"blob, granule 4", {10 * 4096, 4096, 256, 4, 4, true}},
                 {"blob, granule 16", {10 * 4096, 4096, 256, 16, 16, true}},
                 {"blob, granule 256", {10 * 4096, 4096, 256, 256, 256, true}},
                 {"blob, granule 512", {20 * 4096, 4096, 512, 512, 512, true}},
                 {"blob, eeprom", {10 * 4096, 4096, 128, 1, 128, false}},
                 {"blob, file", {20 * 4096, 4096, 512, 512, 512, false}}};

    sim_entropy_open(&entropy, 1);
    sim_keystore_open(&keystore, false);
    if (crypto_open(&entropy.hal) != SCRIP_OK || keys_open(&keys, &keystore.hal) != SCRIP_OK)
        return 1;
    for (size_t m = 0; m < sizeof media / sizeof *media; m++) {
        struct power_workload workload = {.name = media[m].name,
                                          .geometry = media[m].geometry,
                                          .flash = &flash,
                                          .context = &model,
                                          .context_bytes = sizeof model,
                                          .prepare = prepare,
                                          .work = work,
                                          .check = check,
                                          .use = use,
                                          .close = close_all};
        power_run(&workload);
    }
    keys_close(&keys);
    return power_done(__FILE__);
}
