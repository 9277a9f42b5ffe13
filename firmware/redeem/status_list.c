#include "redeem/status_list.h"

#include <string.h>

#include "base/cbor.h"

enum { LABEL_LIST = 1, LABEL_BITS = 2 };

static bool read_body(struct bytes body, struct status_list *out)
{
    struct cbor_reader in = cbor_read(body);
    int64_t label = CBOR_FIRST;
    size_t pairs;

    return cbor_get_map(&in, 2, &pairs) && pairs == 2 && cbor_get_key(&in, &label) &&
           label == LABEL_LIST && cbor_get_u32(&in, &out->list) && cbor_get_key(&in, &label) &&
           label == LABEL_BITS && cbor_get_bytes(&in, 1, STATUS_LIST_MAX_BYTES, &out->bits) &&
           cbor_done(&in);
}

/* Keys that share a kid are all tried. */
static enum scrip_status verify(struct bytes data, const struct keyset *keys, struct object *object)
{
    enum scrip_status status = SCRIP_REFUSED_KEY;

    for (size_t i = 0; i < keys->count && status != SCRIP_OK; i++) {
        struct object_roots signer = {.count = 1};
        if ((keys->key[i].uses & KEYSET_STATUS) == 0)
            continue;
        memcpy(signer.point[0], keys->key[i].point, CRYPTO_POINT_BYTES);
        status = object_verify(data, OBJECT_LIST, &signer, object);
        if (scrip_is_fault(status))
            break;
    }
    return status;
}

enum scrip_status status_list_read(struct bytes data, const struct keyset *keys,
                                   struct status_list *out)
{
    struct object object;

    memset(out, 0, sizeof *out);
    TRY(verify(data, keys, &object));
    if (!read_body(object.body, out)) {
        memset(out, 0, sizeof *out);
        return SCRIP_REFUSED_CLAIMS;
    }
    out->seq = object.seq;
    return SCRIP_OK;
}

bool status_list_revoked(const struct status_list *list, uint32_t index)
{
    return index / 8 >= list->bits.len || (list->bits.data[index / 8] >> index % 8 & 1) != 0;
}

void status_list_write(const struct status_list *list, struct buffer *out)
{
    cbor_put_map(out, 2);
    cbor_put_int(out, LABEL_LIST);
    cbor_put_uint(out, list->list);
    cbor_put_int(out, LABEL_BITS);
    cbor_put_bytes(out, list->bits);
}
