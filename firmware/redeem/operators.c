#include "redeem/operators.h"

#include <string.h>

#include "redeem/operators_labels.h"

enum { ROLES = OPERATORS_REVERSE | OPERATORS_OFFLINE };

/* An entry at its longest, and what may stand between two of them. */
_Static_assert(1 + 3 + 2 + 1 + OPERATORS_TAG_BYTES <= CBOR_WINDOW,
               "an entry is read in one window");

enum scrip_status operators_tag(const uint8_t salt[OPERATORS_SALT_BYTES], struct bytes badge,
                                uint8_t tag[OPERATORS_TAG_BYTES])
{
    uint8_t hash[CRYPTO_HASH_BYTES];
    const struct bytes parts[] = {bytes_text("SCRIP/OPR/1"), bytes_of(salt, OPERATORS_SALT_BYTES),
                                  badge};
    TRY(crypto_sha256_parts(parts, 3, hash));
    memcpy(tag, hash, OPERATORS_TAG_BYTES);
    return SCRIP_OK;
}

enum scrip_status operators_first(const struct operators *operators, struct operators_walk *walk)
{
    struct cbor_reader *in = &walk->window.in;
    struct bytes salt;
    int64_t label = CBOR_FIRST;
    size_t pairs;

    walk->left = 0;
    walk->last = 0;
    TRY(cbor_window_open(&walk->window, &operators->body));
    if (!cbor_get_map(in, 2, &pairs) || pairs != 2 || !cbor_get_key(in, &label) ||
        label != OPERATORS_LABEL_SALT ||
        !cbor_get_bytes(in, OPERATORS_SALT_BYTES, OPERATORS_SALT_BYTES, &salt) ||
        !cbor_get_key(in, &label) || label != OPERATORS_LABEL_ENTRIES ||
        !cbor_get_array(in, OPERATORS_MAX, &walk->left))
        return SCRIP_REFUSED_CLAIMS;
    memcpy(walk->salt, salt.data, sizeof walk->salt);
    return SCRIP_OK;
}

static bool read_entry(struct cbor_reader *in, struct operators_entry *out)
{
    uint64_t number, roles;
    struct bytes tag;
    size_t items;

    if (!cbor_get_array(in, 3, &items) || items < 2 || !cbor_get_uint(in, UINT16_MAX, &number) ||
        !cbor_get_uint(in, ROLES, &roles) || roles == 0)
        return false;
    out->number = (uint16_t)number;
    out->roles = (uint8_t)roles;
    out->has_tag = items == 3;
    if (!out->has_tag)
        return true;
    if (!cbor_get_bytes(in, OPERATORS_TAG_BYTES, OPERATORS_TAG_BYTES, &tag))
        return false;
    memcpy(out->tag, tag.data, sizeof out->tag);
    return true;
}

enum scrip_status operators_next(struct operators_walk *walk, struct operators_entry *out)
{
    memset(out, 0, sizeof *out);
    if (walk->left == 0)
        return cbor_window_done(&walk->window) ? SCRIP_AGAIN : SCRIP_REFUSED_CLAIMS;
    TRY(cbor_window_slide(&walk->window));
    /* Numbers ascend from one. */
    if (!read_entry(&walk->window.in, out) || out->number <= walk->last)
        return SCRIP_REFUSED_CLAIMS;
    walk->last = out->number;
    walk->left--;
    return SCRIP_OK;
}

enum scrip_status operators_read(const struct object *object, struct operators *out)
{
    const struct operators read = {object->exp_s, object->seq, object->body};
    struct operators_walk walk;
    struct operators_entry entry;
    enum scrip_status status;

    memset(out, 0, sizeof *out);
    if (object->kind != OBJECT_OPERATORS)
        return SCRIP_REFUSED_CLAIMS;
    status = operators_first(&read, &walk);
    while (status == SCRIP_OK)
        status = operators_next(&walk, &entry);
    if (status != SCRIP_AGAIN)
        return status;
    *out = read;
    return SCRIP_OK;
}

enum scrip_status operators_find(const struct operators *operators, uint16_t number,
                                 struct bytes badge, struct operators_entry *out)
{
    uint8_t tag[OPERATORS_TAG_BYTES];
    struct operators_walk walk;
    enum scrip_status status;

    memset(out, 0, sizeof *out);
    TRY(operators_first(operators, &walk));
    TRY(operators_tag(walk.salt, badge, tag));
    while ((status = operators_next(&walk, out)) == SCRIP_OK) {
        if (badge.len != 0 ? out->has_tag && bytes_equal(bytes_of(out->tag, sizeof tag),
                                                         bytes_of(tag, sizeof tag))
                           : out->number == number)
            break;
    }
    if (status == SCRIP_OK && badge.len == 0 && out->has_tag)
        status = SCRIP_REFUSED_KEY;
    if (status != SCRIP_OK)
        memset(out, 0, sizeof *out);
    return status == SCRIP_AGAIN ? SCRIP_REFUSED_NOT_FOUND : status;
}
