#include "base/object.h"

#include <string.h>

#include "base/cbor.h"

enum { LABEL_IAT = 1, LABEL_EXP, LABEL_SEQ, LABEL_BODY };

const char *object_aad(enum object_kind kind)
{
    static const char *const aads[OBJECT_KINDS] = {[OBJECT_KEYS] = "SCK1",
                                                   [OBJECT_POLICY] = "SCP1",
                                                   [OBJECT_OPERATORS] = "SCO1",
                                                   [OBJECT_LIST] = "SCL1"};
    return aads[kind];
}

static bool read_payload(struct bytes payload, struct object *out)
{
    struct cbor_reader in = cbor_read(payload);
    uint32_t *const numbers[] = {&out->iat_s, &out->exp_s, &out->seq};
    int64_t key = CBOR_FIRST;
    size_t pairs;
    if (!cbor_get_map(&in, 4, &pairs) || pairs != 4)
        return false;
    for (int label = LABEL_IAT; label <= LABEL_SEQ; label++) {
        if (!cbor_get_key(&in, &key) || key != label ||
            !cbor_get_u32(&in, numbers[label - LABEL_IAT]))
            return false;
    }
    /* One level of depth is the payload's own map. */
    return cbor_get_key(&in, &key) && key == LABEL_BODY &&
           cbor_skip(&in, CBOR_DEPTH - 1, &out->body) && cbor_done(&in) && out->exp_s > out->iat_s;
}

enum scrip_status object_verify(struct bytes data, enum object_kind kind,
                                const struct object_roots *roots, struct object *out)
{
    struct cose message;
    memset(out, 0, sizeof *out);
    TRY(cose_parse(data, &message));

    /* Roots that share a kid are all tried. */
    enum scrip_status status = SCRIP_REFUSED_KEY;
    for (size_t i = 0; i < roots->count && status != SCRIP_OK; i++) {
        uint8_t kid[COSE_KID_BYTES];
        TRY(cose_kid(roots->point[i], kid));
        if (bytes_equal(message.kid, bytes_of(kid, sizeof kid))) {
            status = cose_verify(&message, object_aad(kind), roots->point[i]);
            if (scrip_is_fault(status))
                return status;
        }
    }
    TRY(status);

    struct object object = {.kind = kind};
    if (!read_payload(message.payload, &object))
        return SCRIP_REFUSED_CLAIMS;
    *out = object;
    return SCRIP_OK;
}

enum scrip_status object_sign(struct crypto_key root, const struct object *object,
                              struct buffer *out)
{
    uint8_t memory[LIMIT_LIST_BYTES];
    struct buffer payload = buffer_of(memory, sizeof memory);
    cbor_put_map(&payload, 4);
    cbor_put_uint(&payload, LABEL_IAT);
    cbor_put_uint(&payload, object->iat_s);
    cbor_put_uint(&payload, LABEL_EXP);
    cbor_put_uint(&payload, object->exp_s);
    cbor_put_uint(&payload, LABEL_SEQ);
    cbor_put_uint(&payload, object->seq);
    cbor_put_uint(&payload, LABEL_BODY);
    buffer_put(&payload, object->body.data, object->body.len);
    if (payload.overflow)
        return SCRIP_REFUSED_TOO_LONG;

    uint8_t point[CRYPTO_POINT_BYTES], kid[COSE_KID_BYTES];
    TRY(crypto_signing_public(root, point));
    TRY(cose_kid(point, kid));
    return cose_sign(root, kid, object_aad(object->kind), buffer_bytes(&payload), out);
}
