#include "store/keys.h"

#include "base/cose.h"
#include "platform/sim/device.h"
#include "tests/check.h"

static struct sim_entropy entropy;
static struct sim_keystore keystore;

static void power_up(void)
{
    sim_entropy_open(&entropy, 7);
    sim_keystore_open(&keystore, false);
    CHECK_STATUS(crypto_open(&entropy.hal), SCRIP_OK);
}

static void test_keys_stay_the_same_over_a_restart(void)
{
    uint8_t point[2][CRYPTO_POINT_BYTES], kid[2][8], derived[2][16];
    static const uint8_t prev[16] = {5};
    struct crypto_key key;
    struct keys keys;

    power_up();
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(keys_open(&keys, &keystore.hal), SCRIP_OK);
        CHECK_STATUS(keys_signing(&keys, &key, point[i], kid[i]), SCRIP_OK);
        CHECK_STATUS(keys_derive(&keys, "journal", bytes_of("x", 1), derived[i], 16), SCRIP_OK);
        CHECK_EQ_INT(keys.epoch, i == 0 ? 0 : 3);
        uint32_t format_id = keys.format_id;
        CHECK_STATUS(keys_set_epoch(&keys, 3, prev, false), SCRIP_OK);
        CHECK_EQ_INT(keys.format_id, format_id);
        keys_close(&keys);
    }
    CHECK_EQ_BYTES(point[0], point[1], CRYPTO_POINT_BYTES);
    CHECK_EQ_BYTES(kid[0], kid[1], 8);
    CHECK_EQ_BYTES(derived[0], derived[1], 16);
    CHECK_STATUS(keys_open(&keys, &keystore.hal), SCRIP_OK);
    CHECK_EQ_BYTES(keys.first_prev, prev, 16);
    CHECK_STATUS(keys_derive(&keys, "spent", bytes_of("x", 1), derived[1], 16), SCRIP_OK);
    CHECK(memcmp(derived[0], derived[1], 16) != 0);
    uint32_t before = keys.format_id;
    CHECK_STATUS(keys_set_epoch(&keys, 4, prev, true), SCRIP_OK);
    CHECK(keys.format_id != before);
    keys_close(&keys);
}

static void test_a_renewed_key_counts_only_once_activated(void)
{
    uint8_t old[CRYPTO_POINT_BYTES], point[CRYPTO_POINT_BYTES], kid[8];
    struct crypto_key key;
    struct keys keys;

    power_up();
    CHECK_STATUS(keys_open(&keys, &keystore.hal), SCRIP_OK);
    CHECK_STATUS(keys_activate_renewed(&keys), SCRIP_REFUSED_NOT_FOUND);
    CHECK_STATUS(keys_signing(&keys, &key, old, kid), SCRIP_OK);
    CHECK_STATUS(keys_renew(&keys), SCRIP_OK);
    keys_close(&keys);
    CHECK_STATUS(keys_open(&keys, &keystore.hal), SCRIP_OK);
    CHECK_STATUS(keys_signing(&keys, &key, point, kid), SCRIP_OK);
    CHECK_EQ_BYTES(point, old, sizeof old);
    keystore.off = true;
    CHECK_STATUS(keys_activate_renewed(&keys), SCRIP_FAULT_KEYSTORE);
    CHECK_STATUS(keys_signing(&keys, &key, point, kid), SCRIP_OK);
    CHECK_EQ_BYTES(point, old, sizeof old);
    keystore.off = false;
    CHECK_STATUS(keys_activate_renewed(&keys), SCRIP_OK);
    keys_close(&keys);
    CHECK_STATUS(keys_open(&keys, &keystore.hal), SCRIP_OK);
    CHECK_STATUS(keys_signing(&keys, &key, point, kid), SCRIP_OK);
    CHECK(memcmp(point, old, sizeof old) != 0);
    keys_close(&keys);
}

static void test_half_a_keystore_is_never_remade(void)
{
    struct keys keys;

    power_up();
    keystore.unreadable = true;
    CHECK_STATUS(keys_open(&keys, &keystore.hal), SCRIP_FAULT_KEYSTORE);
    keystore.unreadable = false;
    entropy.broken = true;
    CHECK_STATUS(keys_open(&keys, &keystore.hal), SCRIP_FAULT_ENTROPY);
    entropy.broken = false;
    CHECK_STATUS(keys_open(&keys, &keystore.hal), SCRIP_OK);
    keys_close(&keys);
    for (int slot = HAL_KEY_DEVICE; slot <= HAL_KEY_SIGNING_A; slot++) {
        struct sim_keystore whole = keystore;
        keystore.slot[slot].len = 0;
        CHECK_STATUS(keys_open(&keys, &keystore.hal), SCRIP_FAULT_KEYSTORE);
        keystore.slot[slot].len = 31;
        CHECK_STATUS(keys_open(&keys, &keystore.hal), SCRIP_FAULT_KEYSTORE);
        keystore = whole;
    }
    keystore.slot[HAL_KEY_STATE].data[0] = 9;
    CHECK_STATUS(keys_open(&keys, &keystore.hal), SCRIP_FAULT_KEYSTORE);
}

/* A journal may stand under them: with the state file restored, everything is as it was. */
static void test_keys_outlive_the_loss_of_the_state(void)
{
    static const uint8_t prev[16] = {5};
    struct sim_keystore whole;
    struct keys keys;

    power_up();
    CHECK_STATUS(keys_open(&keys, &keystore.hal), SCRIP_OK);
    CHECK_STATUS(keys_set_epoch(&keys, 3, prev, false), SCRIP_OK);
    keys_close(&keys);
    whole = keystore;
    keystore.slot[HAL_KEY_STATE].len = 0;
    CHECK_STATUS(keys_open(&keys, &keystore.hal), SCRIP_OK);
    CHECK_EQ_INT(keys.epoch, 0); /* enrolled no more, for nobody knows as whom */
    keys_close(&keys);
    for (int slot = HAL_KEY_DEVICE; slot <= HAL_KEY_SIGNING_A; slot++)
        CHECK_EQ_BYTES(keystore.slot[slot].data, whole.slot[slot].data, 32);

    keystore.slot[HAL_KEY_STATE].len = 0;
    keystore.slot[HAL_KEY_SIGNING_A].len = 0;
    CHECK_STATUS(keys_open(&keys, &keystore.hal), SCRIP_OK);
    keys_close(&keys);
    CHECK_EQ_BYTES(keystore.slot[HAL_KEY_DEVICE].data, whole.slot[HAL_KEY_DEVICE].data, 32);
    keystore.slot[HAL_KEY_STATE].len = 0;
    keystore.slot[HAL_KEY_DEVICE].len = 31;
    CHECK_STATUS(keys_open(&keys, &keystore.hal), SCRIP_FAULT_KEYSTORE);
}

int main(void)
{
    CHECK_RUN(test_keys_stay_the_same_over_a_restart);
    CHECK_RUN(test_a_renewed_key_counts_only_once_activated);
    CHECK_RUN(test_half_a_keystore_is_never_remade);
    CHECK_RUN(test_keys_outlive_the_loss_of_the_state);
    return check_done();
}
