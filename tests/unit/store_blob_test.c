#include "store/blob.h"

#include "platform/sim/device.h"
#include "platform/sim/flash.h"
#include "tests/check.h"

static struct sim_entropy entropy;
static struct sim_keystore keystore;
static struct sim_flash flash;
static struct keys keys;
static struct blob_store store;
static uint8_t room[4096], object[4096];

static const struct sim_geometry geometries[] = {
    {40960, 4096, 256, 1, 1, true},     {40960, 4096, 256, 16, 16, true},
    {40960, 4096, 256, 256, 256, true}, {81920, 4096, 512, 512, 512, true},
    {40960, 4096, 128, 1, 128, false},  {81920, 4096, 512, 512, 512, false}};

static void power_up(const struct sim_geometry *geometry)
{
    uint32_t damaged = 99;

    sim_entropy_open(&entropy, 1);
    sim_keystore_open(&keystore, false);
    sim_flash_open(&flash, geometry, 2);
    CHECK_STATUS(crypto_open(&entropy.hal), SCRIP_OK);
    CHECK_STATUS(keys_open(&keys, &keystore.hal), SCRIP_OK);
    CHECK_STATUS(blob_mount(&store, &flash.hal, &keys, &damaged), SCRIP_OK);
    CHECK_EQ_INT(damaged, 0);
}

static void power_down(void)
{
    keys_close(&keys);
    sim_flash_close(&flash);
}

static uint32_t store_object(enum blob_kind kind, uint8_t seed, uint32_t len)
{
    uint32_t version = 0, done, part;

    for (done = 0; done < len; done++)
        object[done] = (uint8_t)(seed + done * 13 + (done >> 8));
    CHECK_STATUS(blob_begin(&store, kind, len), SCRIP_OK);
    for (done = 0; done < len; done += part) {
        part = 1 + done * 7 % 300;
        if (part > len - done)
            part = len - done;
        CHECK_STATUS(blob_write(&store, bytes_of(object + done, part)), SCRIP_OK);
        CHECK_STATUS(blob_read_back(&store, 0, room, done + part), SCRIP_OK);
        CHECK_EQ_BYTES(room, object, done + part);
    }
    CHECK_STATUS(blob_commit(&store, &version), SCRIP_OK);
    return version;
}

static void check_object(enum blob_kind kind, uint32_t len)
{
    struct buffer out = buffer_of(room, sizeof room);
    uint32_t size = 0;

    CHECK_STATUS(blob_size(&store, kind, &size), SCRIP_OK);
    CHECK_EQ_INT(size, len);
    CHECK_STATUS(blob_load(&store, kind, &out), SCRIP_OK);
    CHECK_EQ_INT(out.len, len);
    CHECK_EQ_BYTES(room, object, len);
}

static void test_the_newest_version_is_read_after_each_restart(void)
{
    uint32_t damaged;

    for (size_t g = 0; g < sizeof geometries / sizeof *geometries; g++) {
        power_up(&geometries[g]);
        CHECK_STATUS(blob_size(&store, BLOB_KEYS, &damaged), SCRIP_REFUSED_NOT_FOUND);
        for (uint8_t i = 1; i <= 5; i++) {
            CHECK_EQ_INT(store_object(BLOB_KEYS, i, i * 400u), i);
            check_object(BLOB_KEYS, i * 400u);
            uint64_t before = flash.operations;
            CHECK_STATUS(blob_mount(&store, &flash.hal, &keys, &damaged), SCRIP_OK);
            CHECK_EQ_INT(flash.operations, before);
            CHECK_EQ_INT(damaged, 0);
            check_object(BLOB_KEYS, i * 400u);
        }
        CHECK_STATUS(blob_size(&store, BLOB_POLICY, &damaged), SCRIP_REFUSED_NOT_FOUND);
        power_down();
    }
}

static void test_a_damaged_version_falls_back_and_says_so(void)
{
    uint32_t damaged;

    power_up(&geometries[0]);
    (void)store_object(BLOB_POLICY, 2, 300);
    (void)store_object(BLOB_POLICY, 1, 200);
    sim_flash_flip(&flash, (2 * BLOB_POLICY) * 4096 + 512 + 17, 4);
    struct buffer out = buffer_of(room, sizeof room);
    CHECK_STATUS(blob_load(&store, BLOB_POLICY, &out), SCRIP_FAULT_CORRUPT);
    CHECK_EQ_INT(out.len, 0);
    CHECK_STATUS(blob_mount(&store, &flash.hal, &keys, &damaged), SCRIP_OK);
    CHECK_EQ_INT(damaged, 1u << BLOB_POLICY);
    for (uint32_t i = 0; i < 300; i++)
        object[i] = (uint8_t)(2 + i * 13 + (i >> 8));
    check_object(BLOB_POLICY, 300);
    power_down();
}

static void test_bad_arguments_are_refused(void)
{
    static const struct sim_geometry odd = {5 * 4096, 4096, 256, 1, 1, true};
    uint32_t version, damaged;

    power_up(&geometries[0]);
    CHECK_EQ_INT(blob_capacity(&store), 4096 - 512);
    CHECK_STATUS(blob_begin(&store, BLOB_KEYS, 4096), SCRIP_REFUSED_TOO_LONG);
    CHECK_STATUS(blob_write(&store, bytes_of(object, 1)), SCRIP_REFUSED_ARGUMENT);
    CHECK_STATUS(blob_commit(&store, &version), SCRIP_REFUSED_ARGUMENT);
    CHECK_STATUS(blob_begin(&store, BLOB_KEYS, 10), SCRIP_OK);
    CHECK_STATUS(blob_write(&store, bytes_of(object, 11)), SCRIP_REFUSED_TOO_LONG);
    CHECK_STATUS(blob_write(&store, bytes_of(object, 9)), SCRIP_OK);
    CHECK_STATUS(blob_commit(&store, &version), SCRIP_REFUSED_ARGUMENT);
    CHECK_STATUS(blob_begin(&store, BLOB_KEYS, 10), SCRIP_OK);
    power_down();
    sim_flash_open(&flash, &odd, 1);
    CHECK_STATUS(blob_mount(&store, &flash.hal, &keys, &damaged), SCRIP_REFUSED_ARGUMENT);
    sim_flash_close(&flash);
}

int main(void)
{
    CHECK_RUN(test_the_newest_version_is_read_after_each_restart);
    CHECK_RUN(test_a_damaged_version_falls_back_and_says_so);
    CHECK_RUN(test_bad_arguments_are_refused);
    return check_done();
}
