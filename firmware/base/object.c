#include "base/object.h"

#include <string.h>

#include "base/cbor_window.h"

enum { LABEL_IAT = 1, LABEL_EXP, LABEL_SEQ, LABEL_BODY };

const char *object_aad(enum object_kind kind)
{
    static const char *const aads[OBJECT_KINDS] = {[OBJECT_KEYS] = "SCK1",
                                                   [OBJECT_POLICY] = "SCP1",
                                                   [OBJECT_OPERATORS] = "SCO1",
                                                   [OBJECT_LIST] = "SCL1"};
    return aads[kind];
}

const char *object_name(enum object_kind kind)
{
    static const char *const names[OBJECT_KINDS] = {[OBJECT_KEYS] = "keys",
                                                    [OBJECT_POLICY] = "policy",
                                                    [OBJECT_OPERATORS] = "operators",
                                                    [OBJECT_LIST] = "lists"};
    return names[kind];
}

static enum scrip_status read_payload(const struct span *payload, struct object *out)
{
    struct cbor_window window;
    uint32_t *const numbers[] = {&out->iat_s, &out->exp_s, &out->seq};
    int64_t key = CBOR_FIRST;
    size_t pairs;
    TRY(cbor_window_open(&window, payload));
    struct cbor_reader *in = &window.in;
    if (!cbor_get_map(in, 4, &pairs) || pairs != 4)
        return SCRIP_REFUSED_CLAIMS;
    for (int label = LABEL_IAT; label <= LABEL_SEQ; label++)
        if (!cbor_get_key(in, &key) || key != label ||
            !cbor_get_u32(in, numbers[label - LABEL_IAT]))
            return SCRIP_REFUSED_CLAIMS;
    if (!cbor_get_key(in, &key) || key != LABEL_BODY || out->exp_s <= out->iat_s)
        return SCRIP_REFUSED_CLAIMS;
    uint32_t at = cbor_window_at(&window);
    out->body = span_part(payload, at, payload->len - at);
    return out->body.len != 0 ? SCRIP_OK : SCRIP_REFUSED_CLAIMS;
}

enum scrip_status object_verify(struct span data, enum object_kind kind,
                                const struct object_roots *roots, struct object *out)
{
    struct cose_stored message;
    memset(out, 0, sizeof *out);
    TRY(cose_parse_stored(&data, &message));
    const uint8_t *signer = message.protected_header + COSE_HEADER_BYTES - COSE_KID_BYTES;

    /* Roots that share a kid are all tried. */
    enum scrip_status status = SCRIP_REFUSED_KEY;
    for (size_t i = 0; i < roots->count && status != SCRIP_OK; i++) {
        uint8_t kid[COSE_KID_BYTES];
        TRY(cose_kid(roots->point[i], kid));
        if (memcmp(signer, kid, sizeof kid) == 0) {
            status = cose_verify_stored(&message, object_aad(kind), roots->point[i]);
            if (scrip_is_fault(status))
                return status;
        }
    }
    TRY(status);

    struct object object = {.kind = kind};
    TRY(read_payload(&message.payload, &object));
    *out = object;
    return SCRIP_OK;
}

enum scrip_status object_sign(struct crypto_key root, const struct object *object,
                              struct buffer *out)
{
    uint8_t memory[LIMIT_OBJECT_BYTES];
    struct buffer payload = buffer_of(memory, sizeof memory);
    cbor_put_map(&payload, 4);
    cbor_put_uint(&payload, LABEL_IAT);
    cbor_put_uint(&payload, object->iat_s);
    cbor_put_uint(&payload, LABEL_EXP);
    cbor_put_uint(&payload, object->exp_s);
    cbor_put_uint(&payload, LABEL_SEQ);
    cbor_put_uint(&payload, object->seq);
    cbor_put_uint(&payload, LABEL_BODY);
    if (payload.overflow)
        return SCRIP_REFUSED_TOO_LONG;
    TRY(span_load(&object->body, &payload));

    uint8_t point[CRYPTO_POINT_BYTES], kid[COSE_KID_BYTES];
    TRY(crypto_signing_public(root, point));
    TRY(cose_kid(point, kid));
    return cose_sign(root, kid, object_aad(object->kind), buffer_bytes(&payload), out);
}
