#include "store/keys.h"

#include "base/cose.h"

#include <string.h>

/* The state slot: u8 version, u8 active, u16 0, u32 format_id, u32 epoch, first_prev. */
enum { STATE_VERSION = 1, STATE_BYTES = 28, DEVICE_BYTES = 32 };

static enum scrip_status write_state(const struct keys *keys)
{
    uint8_t state[STATE_BYTES] = {STATE_VERSION, keys->active};

    bytes_put_u32(state + 4, keys->format_id);
    bytes_put_u32(state + 8, keys->epoch);
    memcpy(state + 12, keys->first_prev, sizeof keys->first_prev);
    return keys->store->write(keys->store->context, HAL_KEY_STATE, state, sizeof state);
}

/* OK, or REFUSED_NOT_FOUND for a slot never written; anything but len bytes is a fault. */
static enum scrip_status read_slot(const struct keys *keys, enum hal_key_slot slot, uint8_t *data,
                                   size_t len)
{
    size_t got;

    TRY(keys->store->read(keys->store->context, slot, data, len, &got));
    return got == len ? SCRIP_OK : SCRIP_FAULT_KEYSTORE;
}

static enum scrip_status make_signing(struct keys *keys, uint8_t slot)
{
    uint8_t scalar[CRYPTO_SCALAR_BYTES];
    struct crypto_key key;
    enum scrip_status status;

    TRY(crypto_signing_generate(&key, scalar));
    status = keys->store->write(keys->store->context,
                                slot == 0 ? HAL_KEY_SIGNING_A : HAL_KEY_SIGNING_B, scalar,
                                sizeof scalar);
    bytes_wipe(scalar, sizeof scalar);
    if (status != SCRIP_OK) {
        crypto_key_close(&key);
        return status;
    }
    crypto_key_close(&keys->signing[slot]);
    keys->signing[slot] = key;
    return SCRIP_OK;
}

static enum scrip_status read_signing(struct keys *keys, uint8_t slot)
{
    uint8_t scalar[CRYPTO_SCALAR_BYTES];
    enum scrip_status status = read_slot(keys, slot == 0 ? HAL_KEY_SIGNING_A : HAL_KEY_SIGNING_B,
                                         scalar, sizeof scalar);

    if (status == SCRIP_OK)
        status = crypto_signing_import(scalar, &keys->signing[slot]);
    bytes_wipe(scalar, sizeof scalar);
    if (status == SCRIP_REFUSED_KEY)
        return SCRIP_FAULT_KEYSTORE;
    return status == SCRIP_REFUSED_NOT_FOUND ? SCRIP_OK : status;
}

/* The state is written last, so a keystore without one was cut at its very first boot, or has lost
 * it. Nobody can tell which, and a journal may stand under the keys that are there: they are kept,
 * and only what is missing is made. */
static enum scrip_status make_missing(struct keys *keys)
{
    uint8_t format_id[4];

    enum scrip_status status = read_slot(keys, HAL_KEY_DEVICE, keys->device, sizeof keys->device);
    if (status == SCRIP_REFUSED_NOT_FOUND) {
        TRY(crypto_random(keys->device, sizeof keys->device));
        status = keys->store->write(keys->store->context, HAL_KEY_DEVICE, keys->device,
                                    sizeof keys->device);
    }
    TRY(status);
    TRY(crypto_random(format_id, sizeof format_id));
    keys->format_id = bytes_get_u32(format_id);
    TRY(read_signing(keys, 0));
    if (keys->signing[0].id == 0)
        TRY(make_signing(keys, 0));
    return write_state(keys);
}

static enum scrip_status open_all(struct keys *keys)
{
    uint8_t state[STATE_BYTES];
    enum scrip_status status = read_slot(keys, HAL_KEY_STATE, state, sizeof state);

    if (status == SCRIP_REFUSED_NOT_FOUND)
        return make_missing(keys);
    TRY(status);
    if (state[0] != STATE_VERSION || state[1] > 1)
        return SCRIP_FAULT_KEYSTORE;
    keys->active = state[1];
    keys->format_id = bytes_get_u32(state + 4);
    keys->epoch = bytes_get_u32(state + 8);
    memcpy(keys->first_prev, state + 12, sizeof keys->first_prev);
    status = read_slot(keys, HAL_KEY_DEVICE, keys->device, sizeof keys->device);
    if (status == SCRIP_REFUSED_NOT_FOUND)
        return SCRIP_FAULT_KEYSTORE;
    TRY(status);
    TRY(read_signing(keys, 0));
    TRY(read_signing(keys, 1));
    return keys->signing[keys->active].id != 0 ? SCRIP_OK : SCRIP_FAULT_KEYSTORE;
}

enum scrip_status keys_open(struct keys *keys, const struct hal_keystore *store)
{
    memset(keys, 0, sizeof *keys);
    keys->store = store;
    enum scrip_status status = open_all(keys);
    if (status != SCRIP_OK)
        keys_close(keys);
    return status;
}

void keys_close(struct keys *keys)
{
    crypto_key_close(&keys->signing[0]);
    crypto_key_close(&keys->signing[1]);
    bytes_wipe(keys, sizeof *keys);
}

enum scrip_status keys_derive(const struct keys *keys, const char *label, struct bytes context,
                              uint8_t *out, size_t out_len)
{
    uint8_t room[64];
    struct buffer info = buffer_of(room, sizeof room);

    buffer_put_text(&info, label);
    buffer_put(&info, context.data, context.len);
    if (info.overflow)
        return SCRIP_REFUSED_TOO_LONG;
    return crypto_hkdf(bytes_of(keys->device, sizeof keys->device), bytes_of(NULL, 0),
                       buffer_bytes(&info), out, out_len);
}

enum scrip_status keys_set_epoch(struct keys *keys, uint32_t epoch, const uint8_t first_prev[16],
                                 bool new_medium)
{
    struct keys next = *keys;
    uint8_t format_id[4];

    next.epoch = epoch;
    memcpy(next.first_prev, first_prev, sizeof next.first_prev);
    if (new_medium) {
        TRY(crypto_random(format_id, sizeof format_id));
        next.format_id = bytes_get_u32(format_id);
    }
    enum scrip_status status = write_state(&next);
    if (status == SCRIP_OK)
        *keys = next;
    bytes_wipe(&next, sizeof next);
    return status;
}

enum scrip_status keys_renew(struct keys *keys)
{
    return make_signing(keys, !keys->active);
}

enum scrip_status keys_activate_renewed(struct keys *keys)
{
    uint8_t other = !keys->active;

    if (keys->signing[other].id == 0)
        return SCRIP_REFUSED_NOT_FOUND;
    keys->active = other;
    enum scrip_status status = write_state(keys);
    if (status != SCRIP_OK)
        keys->active = !other;
    return status;
}

enum scrip_status keys_signing(const struct keys *keys, struct crypto_key *key,
                               uint8_t point[CRYPTO_POINT_BYTES], uint8_t kid[8])
{
    *key = keys->signing[keys->active];
    TRY(crypto_signing_public(*key, point));
    return cose_kid(point, kid);
}
