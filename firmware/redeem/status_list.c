#include "redeem/status_list.h"

#include <string.h>

#include "base/cbor_window.h"

enum { LABEL_LIST = 1, LABEL_BITS = 2 };

static enum scrip_status read_body(const struct span *body, struct status_list *out)
{
    struct cbor_window window;
    struct cbor_reader *in = &window.in;
    int64_t label = CBOR_FIRST;
    size_t pairs, len;

    TRY(cbor_window_open(&window, body));
    if (!cbor_get_map(in, 2, &pairs) || pairs != 2 || !cbor_get_key(in, &label) ||
        label != LABEL_LIST || !cbor_get_u32(in, &out->list) || !cbor_get_key(in, &label) ||
        label != LABEL_BITS || !cbor_get_bytes_head(in, STATUS_LIST_MAX_BYTES, &len))
        return SCRIP_REFUSED_CLAIMS;
    uint32_t at = cbor_window_at(&window);
    if (len == 0 || len != body->len - at)
        return SCRIP_REFUSED_CLAIMS;
    out->bits = span_part(body, at, (uint32_t)len);
    return SCRIP_OK;
}

/* Keys that share a kid are all tried. */
static enum scrip_status verify(struct span data, const struct keyset *keys, struct object *object)
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

enum scrip_status status_list_read(struct span data, const struct keyset *keys,
                                   struct status_list *out)
{
    struct object object;

    memset(out, 0, sizeof *out);
    TRY(verify(data, keys, &object));
    struct status_list list = {
        .iat_s = object.iat_s, .exp_s = object.exp_s, .seq = object.seq, .list = 0};
    TRY(read_body(&object.body, &list));
    *out = list;
    return SCRIP_OK;
}

enum scrip_status status_list_look(const struct status_list *list, uint32_t index, bool *revoked)
{
    uint8_t byte;

    *revoked = true;
    if (index / 8 >= list->bits.len)
        return SCRIP_OK;
    TRY(span_read(&list->bits, index / 8, &byte, 1));
    *revoked = (byte >> index % 8 & 1) != 0;
    return SCRIP_OK;
}

enum scrip_status status_list_write(const struct status_list *list, struct buffer *out)
{
    cbor_put_map(out, 2);
    cbor_put_int(out, LABEL_LIST);
    cbor_put_uint(out, list->list);
    cbor_put_int(out, LABEL_BITS);
    cbor_put_bytes_head(out, list->bits.len);
    return span_load(&list->bits, out);
}
