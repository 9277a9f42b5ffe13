#include "redeem/keyset.h"

#include <string.h>

#include "base/cbor_window.h"
#include "redeem/keyset_labels.h"

enum { CURRENCY_MAX = 999 }; /* ISO 4217 numeric */

/* A key at its longest: COSE_Key's own 1 + 2 + 10 + 2 + 35 + 35, then the rules. */
_Static_assert(85 + 5 + 1 + (KEYSET_LABEL_LIMIT - 1) * (1 + 5) + 1 + 1 + 5 + 3 <= CBOR_WINDOW,
               "a key is read in one window");

static bool next_is(struct cbor_reader *in, int64_t *label, int64_t want)
{
    return cbor_get_key(in, label) && *label == want;
}

static bool read_fixed(struct cbor_reader *in, uint8_t *out, size_t len)
{
    struct bytes view;
    if (!cbor_get_bytes(in, len, len, &view))
        return false;
    memcpy(out, view.data, len);
    return true;
}

static bool read_rules(struct cbor_reader *in, struct keyset_key *key)
{
    uint32_t uses = 0;
    uint32_t *const numbers[] = {
        &uses,        &key->nbf_s,    &key->sign_until_s, &key->verify_until_s,
        &key->issuer, &key->max_scope};
    int64_t label = CBOR_FIRST;
    size_t count;
    if (!cbor_get_map(in, KEYSET_LABEL_LIMIT, &count) || count != KEYSET_LABEL_LIMIT)
        return false;
    for (int i = 0; i < KEYSET_LABEL_LIMIT - 1; i++)
        if (!next_is(in, &label, i + 1) || !cbor_get_u32(in, numbers[i]))
            return false;

    uint64_t currency;
    if (!next_is(in, &label, KEYSET_LABEL_LIMIT) || !cbor_get_array(in, 2, &count) || count != 2 ||
        !cbor_get_u32(in, &key->max_limit_minor) || !cbor_get_uint(in, CURRENCY_MAX, &currency))
        return false;
    key->currency = (uint16_t)currency;
    key->uses = (uint8_t)uses;
    return uses != 0 && uses <= (KEYSET_TOKENS | KEYSET_STATUS | KEYSET_VAULT) &&
           key->nbf_s <= key->sign_until_s && key->sign_until_s <= key->verify_until_s;
}

static bool read_key(struct cbor_reader *in, struct keyset_key *key)
{
    int64_t label = CBOR_FIRST;
    uint64_t value;
    size_t pairs;
    key->point[0] = 4;
    return cbor_get_map(in, 6, &pairs) && pairs == 6 && next_is(in, &label, COSE_KEY_KTY) &&
           cbor_get_uint(in, COSE_KTY_EC2, &value) && value == COSE_KTY_EC2 &&
           next_is(in, &label, COSE_KEY_KID) && read_fixed(in, key->kid, COSE_KID_BYTES) &&
           next_is(in, &label, COSE_KEY_CRV) && cbor_get_uint(in, COSE_CRV_P256, &value) &&
           value == COSE_CRV_P256 && next_is(in, &label, COSE_KEY_X) &&
           read_fixed(in, key->point + 1, 32) && next_is(in, &label, COSE_KEY_Y) &&
           read_fixed(in, key->point + 33, 32) && next_is(in, &label, KEYSET_LABEL_RULES) &&
           read_rules(in, key);
}

static enum scrip_status check_key(const struct keyset *keys, const struct keyset_key *key)
{
    uint8_t kid[COSE_KID_BYTES];
    for (size_t i = 0; i < keys->count; i++)
        if (memcmp(keys->key[i].point, key->point, CRYPTO_POINT_BYTES) == 0)
            return SCRIP_REFUSED_CLAIMS;
    enum scrip_status status = crypto_point_check(key->point);
    if (status != SCRIP_OK)
        return scrip_is_refused(status) ? SCRIP_REFUSED_CLAIMS : status;
    TRY(cose_kid(key->point, kid));
    return memcmp(kid, key->kid, sizeof kid) == 0 ? SCRIP_OK : SCRIP_REFUSED_CLAIMS;
}

static enum scrip_status read_keys(struct cbor_window *window, struct keyset *out)
{
    struct cbor_reader *in = &window->in;
    size_t count;
    if (!cbor_get_array(in, LIMIT_KEYS, &count))
        return SCRIP_REFUSED_CLAIMS;
    while (out->count < count) {
        struct keyset_key *key = &out->key[out->count];
        TRY(cbor_window_slide(window));
        if (!read_key(in, key))
            return SCRIP_REFUSED_CLAIMS;
        TRY(check_key(out, key));
        out->count++;
    }
    return cbor_window_slide(window);
}

static enum scrip_status read_body(const struct span *body, struct keyset *out)
{
    struct cbor_window window;
    struct cbor_reader *in = &window.in;
    int64_t label = CBOR_FIRST;
    size_t pairs;
    TRY(cbor_window_open(&window, body));
    if (!cbor_get_map(in, 2, &pairs) || pairs != 2 || !next_is(in, &label, KEYSET_LABEL_KEYS))
        return SCRIP_REFUSED_CLAIMS;
    TRY(read_keys(&window, out));
    if (!next_is(in, &label, KEYSET_LABEL_ROOTS) ||
        !cbor_get_array(in, KEYSET_ROOTS, &out->root_count) || out->root_count == 0)
        return SCRIP_REFUSED_CLAIMS;
    for (size_t i = 0; i < out->root_count; i++)
        if (!read_fixed(in, out->root[i], COSE_KID_BYTES))
            return SCRIP_REFUSED_CLAIMS;
    return cbor_window_done(&window) ? SCRIP_OK : SCRIP_REFUSED_CLAIMS;
}

enum scrip_status keyset_read(const struct object *object, struct keyset *out)
{
    memset(out, 0, sizeof *out);
    if (object->kind != OBJECT_KEYS)
        return SCRIP_REFUSED_CLAIMS;
    enum scrip_status status = read_body(&object->body, out);
    if (status != SCRIP_OK) {
        memset(out, 0, sizeof *out);
        return status;
    }
    out->iat_s = object->iat_s;
    out->exp_s = object->exp_s;
    out->seq = object->seq;
    return SCRIP_OK;
}

static bool names_root(const struct keyset *keyset, const uint8_t kid[COSE_KID_BYTES])
{
    for (size_t i = 0; i < keyset->root_count; i++)
        if (memcmp(keyset->root[i], kid, COSE_KID_BYTES) == 0)
            return true;
    return false;
}

enum scrip_status keyset_roots(const struct keyset *keyset, const struct object_roots *pinned,
                               struct object_roots *out)
{
    uint8_t kid[COSE_KID_BYTES];

    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < pinned->count; i++) {
        TRY(cose_kid(pinned->point[i], kid));
        if (names_root(keyset, kid))
            memcpy(out->point[out->count++], pinned->point[i], CRYPTO_POINT_BYTES);
    }
    return out->count != 0 ? SCRIP_OK : SCRIP_REFUSED_KEY;
}

/* The tables are for keys that sign tokens, in the order of the set. */
static size_t tables_before(const struct keyset *keys, size_t index)
{
    size_t count = 0;
    for (size_t i = 0; i < index; i++)
        count += (keys->key[i].uses & KEYSET_TOKENS) != 0;
    return count;
}

enum scrip_status keyset_prepare(struct keyset *keys, struct keyset_tables *tables)
{
    for (size_t i = 0; i < keys->count && i < LIMIT_KEYS; i++) {
        const size_t place = tables_before(keys, i);
        if ((keys->key[i].uses & KEYSET_TOKENS) == 0 || place >= LIMIT_KEY_TABLES)
            continue;
        enum scrip_status status = p256v_prepare(keys->key[i].point, &tables->table[place]);
        if (status != SCRIP_OK) {
            memset(keys, 0, sizeof *keys);
            return scrip_is_refused(status) ? SCRIP_FAULT_CORRUPT : status;
        }
    }
    keys->tables = tables;
    return SCRIP_OK;
}

const struct p256v_table *keyset_table(const struct keyset *keys, size_t index)
{
    const size_t place = tables_before(keys, index);
    return keys->tables != NULL && place < LIMIT_KEY_TABLES ? &keys->tables->table[place] : NULL;
}

bool keyset_is_stale(const struct keyset *keys, uint32_t least_s, bool redeem)
{
    return least_s >= (uint64_t)keys->exp_s + (redeem ? 0 : KEYSET_IDENTIFY_GRACE_S);
}
