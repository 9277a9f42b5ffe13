#include "base/cbor.h"
#include "redeem/token.h"
#include "redeem/token_labels.h"

static void put_id(struct buffer *out, int64_t label, const uint8_t id[TOKEN_ID_BYTES])
{
    cbor_put_int(out, label);
    cbor_put_bytes(out, bytes_of(id, TOKEN_ID_BYTES));
}

static void put_number(struct buffer *out, int64_t label, uint32_t value)
{
    cbor_put_int(out, label);
    cbor_put_uint(out, value);
}

static void put_pair(struct buffer *out, int64_t label, uint32_t first, uint32_t second)
{
    cbor_put_int(out, label);
    cbor_put_array(out, 2);
    cbor_put_uint(out, first);
    cbor_put_uint(out, second);
}

void token_claims_write(const struct token_claims *claims, struct buffer *out)
{
    cbor_put_map(out, 5);
    cbor_put_int(out, TOKEN_LABEL_AUDIENCE);
    cbor_put_text(out, claims->audience);
    put_number(out, TOKEN_LABEL_EXP, claims->exp_s);
    put_number(out, TOKEN_LABEL_IAT, claims->iat_s);
    put_id(out, TOKEN_LABEL_CTI, claims->cti);

    /* Tier and flags of zero are left out: a code is scanned, every byte costs modules. */
    bool tier = claims->tier != 0, flags = claims->flags != 0;
    cbor_put_int(out, TOKEN_LABEL_PRIVATE);
    cbor_put_map(out, (size_t)1 + claims->has_member + tier + claims->has_offer +
                          claims->has_limit + flags + claims->has_txh + claims->has_status +
                          claims->has_nonce);
    if (claims->has_member)
        put_id(out, TOKEN_LABEL_MEMBER, claims->member);
    if (tier)
        put_number(out, TOKEN_LABEL_TIER, claims->tier);
    put_number(out, TOKEN_LABEL_SCOPE, claims->scope);
    if (claims->has_offer)
        put_number(out, TOKEN_LABEL_OFFER, claims->offer);
    if (claims->has_limit)
        put_pair(out, TOKEN_LABEL_LIMIT, claims->limit_minor, claims->currency);
    if (flags)
        put_number(out, TOKEN_LABEL_FLAGS, claims->flags);
    if (claims->has_txh)
        put_id(out, TOKEN_LABEL_TXH, claims->txh);
    if (claims->has_status)
        put_pair(out, TOKEN_LABEL_STATUS, claims->status_list, claims->status_index);
    if (claims->has_nonce)
        put_id(out, TOKEN_LABEL_NONCE, claims->nonce);
}
