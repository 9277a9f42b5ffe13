#include "base/cbor.h"
#include "redeem/keyset.h"
#include "redeem/keyset_labels.h"

static void put_number(struct buffer *out, int64_t label, uint32_t value)
{
    cbor_put_int(out, label);
    cbor_put_uint(out, value);
}

static void put_bytes(struct buffer *out, int64_t label, const uint8_t *data, size_t len)
{
    cbor_put_int(out, label);
    cbor_put_bytes(out, bytes_of(data, len));
}

static void put_key(struct buffer *out, const struct keyset_key *key)
{
    cbor_put_map(out, 6);
    put_number(out, COSE_KEY_KTY, COSE_KTY_EC2);
    put_bytes(out, COSE_KEY_KID, key->kid, COSE_KID_BYTES);
    put_number(out, COSE_KEY_CRV, COSE_CRV_P256);
    put_bytes(out, COSE_KEY_X, key->point + 1, 32);
    put_bytes(out, COSE_KEY_Y, key->point + 33, 32);

    cbor_put_int(out, KEYSET_LABEL_RULES);
    cbor_put_map(out, KEYSET_LABEL_LIMIT);
    put_number(out, KEYSET_LABEL_USES, key->uses);
    put_number(out, KEYSET_LABEL_NBF, key->nbf_s);
    put_number(out, KEYSET_LABEL_SIGN_UNTIL, key->sign_until_s);
    put_number(out, KEYSET_LABEL_VERIFY_UNTIL, key->verify_until_s);
    put_number(out, KEYSET_LABEL_ISSUER, key->issuer);
    put_number(out, KEYSET_LABEL_MAX_SCOPE, key->max_scope);
    cbor_put_int(out, KEYSET_LABEL_LIMIT);
    cbor_put_array(out, 2);
    cbor_put_uint(out, key->max_limit_minor);
    cbor_put_uint(out, key->currency);
}

void keyset_write(const struct keyset *keyset, struct buffer *out)
{
    cbor_put_map(out, 2);
    cbor_put_int(out, KEYSET_LABEL_KEYS);
    cbor_put_array(out, keyset->count);
    for (size_t i = 0; i < keyset->count; i++)
        put_key(out, &keyset->key[i]);
    cbor_put_int(out, KEYSET_LABEL_ROOTS);
    cbor_put_array(out, keyset->root_count);
    for (size_t i = 0; i < keyset->root_count; i++)
        cbor_put_bytes(out, bytes_of(keyset->root[i], COSE_KID_BYTES));
}
