/*
 * Signed objects under power cuts while they stream in: a piece at a time into the inactive slot,
 * verified where they lie, then switched. After each cut a terminal has its old object or the new
 * one, whole and genuine, and never neither; one that did not verify never counts.
 */
#include "base/object.h"

#include <stdlib.h>
#include <string.h>

#include "base/cbor.h"
#include "platform/sim/device.h"
#include "store/blob.h"
#include "tests/power/harness.h"

enum { OBJECT_MAX = 3000, PIECE = 333 };

static struct sim_entropy entropy;
static struct sim_keystore keystore;
static struct sim_flash flash;
static struct keys keys;
static struct crypto_key root;
static struct object_roots roots = {.count = 1};
static struct blob_store store;

/* The object's number, by which it is known; 0: none. pending may have replaced current. */
static struct model {
    bool open;
    uint32_t next;
    uint32_t current, pending;
} model;

static struct bytes make(uint32_t seq, uint8_t memory[OBJECT_MAX])
{
    static uint8_t body_memory[OBJECT_MAX], filler[OBJECT_MAX];
    struct buffer body = buffer_of(body_memory, sizeof body_memory);
    struct buffer out = buffer_of(memory, OBJECT_MAX);
    struct object object = {.kind = OBJECT_LIST, .iat_s = 1, .exp_s = 2, .seq = seq};

    memset(filler, (int)(seq % 251), sizeof filler);
    cbor_put_bytes(&body, bytes_of(filler, 700 + seq * 613 % 2000));
    object.body = span_of(buffer_bytes(&body));
    if (object_sign(root, &object, &out) != SCRIP_OK)
        power_fail(POWER_CORRUPT, "object %u cannot be signed", seq);
    return buffer_bytes(&out);
}

/* As sync does it. REFUSED_*: it did not verify, and was let go of. */
static enum scrip_status stream_in(struct bytes data)
{
    struct object object;
    uint32_t version;
    enum scrip_status status = blob_begin(&store, BLOB_LIST, (uint32_t)data.len);

    for (size_t done = 0, part; done < data.len && status == SCRIP_OK; done += part) {
        part = data.len - done < PIECE ? data.len - done : PIECE;
        status = blob_write(&store, bytes_of(data.data + done, part));
    }
    if (status == SCRIP_OK)
        status = object_verify(blob_written(&store), OBJECT_LIST, &roots, &object);
    if (status == SCRIP_OK)
        status = blob_commit(&store, &version);
    blob_abandon(&store);
    return status;
}

static bool replace(void)
{
    uint8_t memory[OBJECT_MAX];
    struct bytes data = make(model.next, memory);

    model.pending = model.next++;
    enum scrip_status status = stream_in(data);
    if (status == SCRIP_OK)
        model.current = model.pending;
    else if (!flash.off)
        power_fail(POWER_UNMOUNTABLE, "replace: %s", scrip_status_name(status));
    return status == SCRIP_OK;
}

/* One bit is wrong: in a byte that is in the middle of the payload. */
static bool offer_forged(void)
{
    uint8_t memory[OBJECT_MAX];
    struct bytes data = make(1000000 + model.next, memory);

    memory[data.len / 2] ^= 1;
    enum scrip_status status = stream_in(data);
    if (!flash.off && status != SCRIP_REFUSED_SIGNATURE)
        power_fail(POWER_CORRUPT, "forged: %s", scrip_status_name(status));
    return status == SCRIP_REFUSED_SIGNATURE;
}

/* The connection breaks in the middle. */
static bool offer_half(void)
{
    uint8_t memory[OBJECT_MAX];
    struct bytes data = make(2000000 + model.next, memory);
    enum scrip_status status = blob_begin(&store, BLOB_LIST, (uint32_t)data.len);

    if (status == SCRIP_OK)
        status = blob_write(&store, bytes_of(data.data, data.len / 2));
    blob_abandon(&store);
    if (status != SCRIP_OK && !flash.off)
        power_fail(POWER_UNMOUNTABLE, "half: %s", scrip_status_name(status));
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

static void prepare(void *context)
{
    (void)context;
    memset(&model, 0, sizeof model);
    model.next = 1 + power_round * 100;
    if (open_store() && replace())
        (void)replace();
}

static void work(void *context)
{
    (void)context;
    if (open_store())
        (void)(replace() && offer_forged() && replace() && offer_half() && replace());
}

static void check(void *context, bool thorough)
{
    struct object object = {.seq = 0};

    (void)context;
    (void)thorough;
    if (!open_store())
        return;
    struct span stored = blob_span(&store, BLOB_LIST);
    if (stored.len != 0) {
        enum scrip_status status = object_verify(stored, OBJECT_LIST, &roots, &object);
        if (flash.off)
            return;
        if (status != SCRIP_OK)
            power_fail(POWER_CORRUPT, "what is current does not verify: %s",
                       scrip_status_name(status));
    }
    if (object.seq != model.current && object.seq != model.pending)
        power_fail(POWER_LOST, "number %u is current, not %u or %u", object.seq, model.current,
                   model.pending);
    model.current = model.pending = object.seq;
}

static void use(void *context)
{
    (void)context;
    if (model.open)
        (void)(offer_half() && replace());
}

static void close_all(void *context)
{
    (void)context;
    blob_abandon(&store);
    model.open = false;
}

int main(void)
{
    static const struct {
        const char *name;
        struct sim_geometry geometry;
    } media[] = {{"object, granule 1", {10 * 4096, 4096, 256, 1, 1, true}},
                 {"object, granule 256", {20 * 4096, 4096, 256, 256, 256, true}},
                 {"object, eeprom", {10 * 4096, 4096, 128, 1, 128, false}},
                 {"object, file", {20 * 4096, 4096, 512, 512, 512, false}}};
    uint8_t scalar[CRYPTO_SCALAR_BYTES];

    sim_entropy_open(&entropy, 1);
    sim_keystore_open(&keystore, false);
    if (crypto_open(&entropy.hal) != SCRIP_OK || keys_open(&keys, &keystore.hal) != SCRIP_OK ||
        crypto_signing_generate(&root, scalar) != SCRIP_OK ||
        crypto_signing_public(root, roots.point[0]) != SCRIP_OK)
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
    crypto_key_close(&root);
    keys_close(&keys);
    return power_done(__FILE__);
}
