#include "redeem/token.h"

#include <string.h>

#include "base/cbor.h"
#include "base/identity.h"
#include "redeem/seal.h"
#include "redeem/token_labels.h"

const char *token_aad(enum token_kind kind)
{
    return kind == TOKEN_CUSTOMER ? "SCT1" : "SCR1";
}

enum scrip_status token_parse_bytes(struct bytes data, enum token_kind kind, struct token *out)
{
    memset(out, 0, sizeof *out);
    if (data.len > LIMIT_TOKEN_BYTES)
        return SCRIP_REFUSED_SHAPE;
    TRY(cose_parse(data, &out->cose));
    if (out->cose.payload.len > LIMIT_TOKEN_PAYLOAD) {
        memset(out, 0, sizeof *out);
        return SCRIP_REFUSED_SHAPE;
    }
    out->kind = kind;
    out->bytes = data;
    out->seal = SEAL_TOKEN;
    return SCRIP_OK;
}

enum scrip_status token_parse(struct scan *scan, struct token *out)
{
    memset(out, 0, sizeof *out);
    TRY(seal_take(&scan->seal, SEAL_SCAN));
    return token_parse_bytes(bytes_of(scan->data, scan->len), scan->kind, out);
}

static bool read_id(struct cbor_reader *in, uint8_t id[TOKEN_ID_BYTES])
{
    struct bytes view;
    if (!cbor_get_bytes(in, TOKEN_ID_BYTES, TOKEN_ID_BYTES, &view))
        return false;
    memcpy(id, view.data, TOKEN_ID_BYTES);
    return true;
}

static bool read_pair(struct cbor_reader *in, uint32_t *first, uint32_t *second)
{
    size_t count;
    return cbor_get_array(in, 2, &count) && count == 2 && cbor_get_u32(in, first) &&
           cbor_get_u32(in, second);
}

static bool read_private(struct cbor_reader *in, struct token_claims *out)
{
    int64_t label = CBOR_FIRST;
    uint32_t currency = 1;
    size_t pairs;
    bool good = cbor_get_map(in, TOKEN_LABEL_NONCE, &pairs);
    while (good && pairs-- > 0 && cbor_get_key(in, &label)) {
        switch (label) {
        case TOKEN_LABEL_MEMBER:
            good = out->has_member = read_id(in, out->member);
            break;
        case TOKEN_LABEL_TIER:
            good = cbor_get_u32(in, &out->tier);
            break;
        case TOKEN_LABEL_SCOPE:
            good = cbor_get_u32(in, &out->scope);
            break;
        case TOKEN_LABEL_OFFER:
            good = out->has_offer = cbor_get_u32(in, &out->offer);
            break;
        case TOKEN_LABEL_LIMIT:
            good = out->has_limit = read_pair(in, &out->limit_minor, &currency);
            out->currency = (uint16_t)currency;
            break;
        case TOKEN_LABEL_FLAGS:
            good = cbor_get_u32(in, &out->flags);
            break;
        case TOKEN_LABEL_TXH:
            good = out->has_txh = read_id(in, out->txh);
            break;
        case TOKEN_LABEL_STATUS:
            good = out->has_status = read_pair(in, &out->status_list, &out->status_index);
            break;
        case TOKEN_LABEL_NONCE:
            good = out->has_nonce = read_id(in, out->nonce);
            break;
        default:
            good = false;
        }
    }
    return good && cbor_done(in) && currency > 0 && currency <= TOKEN_CURRENCY_MAX;
}

static bool next_is(struct cbor_reader *in, int64_t *label, int64_t want)
{
    return cbor_get_key(in, label) && *label == want;
}

/* All five, in the one order that deterministic encoding leaves. */
static bool read_payload(struct bytes payload, struct token_claims *out)
{
    struct cbor_reader in = cbor_read(payload);
    int64_t label = CBOR_FIRST;
    size_t pairs;
    if (!cbor_get_map(&in, 5, &pairs) || pairs != 5)
        return false;
    if (!next_is(&in, &label, TOKEN_LABEL_AUDIENCE) ||
        !cbor_get_text(&in, 1, LIMIT_ID_TEXT, &out->audience))
        return false;
    if (!next_is(&in, &label, TOKEN_LABEL_EXP) || !cbor_get_u32(&in, &out->exp_s))
        return false;
    if (!next_is(&in, &label, TOKEN_LABEL_IAT) || !cbor_get_u32(&in, &out->iat_s))
        return false;
    if (!next_is(&in, &label, TOKEN_LABEL_CTI) || !read_id(&in, out->cti))
        return false;
    return next_is(&in, &label, TOKEN_LABEL_PRIVATE) && read_private(&in, out);
}

static bool consistent(const struct token_claims *claims)
{
    const uint32_t scopes = TOKEN_IDENTIFY | TOKEN_EARN | TOKEN_REDEEM_ANY;
    const uint32_t flags = TOKEN_OFFLINE | TOKEN_ONLINE_ONLY | TOKEN_STAFF_CHECK | TOKEN_TRAINING;
    const uint32_t contrary = TOKEN_OFFLINE | TOKEN_ONLINE_ONLY;
    if (claims->scope == 0 || (claims->scope & ~scopes) != 0 || (claims->flags & ~flags) != 0 ||
        (claims->flags & contrary) == contrary)
        return false;

    bool redeem = (claims->scope & TOKEN_REDEEM_ANY) != 0;
    /* A code worth money everywhere could be spent at every terminal that is offline. */
    if (identity_audience_parts(claims->audience) < (redeem ? 2u : 1u))
        return false;
    if (claims->has_offer != ((claims->scope & TOKEN_REDEEM_OFFER) != 0) ||
        claims->has_limit != redeem || claims->has_nonce != claims->has_txh)
        return false;

    if (claims->exp_s <= claims->iat_s)
        return false;
    uint32_t life_s = claims->exp_s - claims->iat_s;
    bool coupon = life_s > TOKEN_IDENTIFY_MAX_S;
    return claims->has_status == coupon && (coupon || !redeem || life_s <= TOKEN_REDEEM_MAX_S);
}

enum scrip_status token_claims_read(struct bytes payload, struct token_claims *out)
{
    memset(out, 0, sizeof *out);
    if (read_payload(payload, out) && consistent(out))
        return SCRIP_OK;
    memset(out, 0, sizeof *out);
    return SCRIP_REFUSED_CLAIMS;
}
