#include "redeem/receipt.h"

#include <string.h>

#include "base/cbor.h"
#include "redeem/token_labels.h"

enum { RECEIPT_CTI_BYTES = 8 };

/* Inside the private map. */
enum {
    LABEL_TOTAL = 1,
    LABEL_HASH,
    LABEL_SEQ,
    LABEL_TOKEN,
    LABEL_AMOUNT,
    LABEL_EPOCH,
    LABELS = LABEL_EPOCH
};

enum scrip_status receipt_hash(const uint8_t kid[COSE_KID_BYTES], const struct record *redeem,
                               uint8_t hash[CRYPTO_HASH_BYTES])
{
    uint8_t memory[1 + 1 + COSE_KID_BYTES + 4 * 5 + 3 + 2 + CRYPTO_HASH_BYTES];
    struct buffer body = buffer_of(memory, sizeof memory);
    cbor_put_array(&body, 7);
    cbor_put_bytes(&body, bytes_of(kid, COSE_KID_BYTES));
    cbor_put_uint(&body, redeem->epoch);
    cbor_put_uint(&body, redeem->seq);
    cbor_put_uint(&body, redeem->stamp.t_s);
    cbor_put_uint(&body, redeem->total_minor);
    cbor_put_uint(&body, redeem->currency);
    cbor_put_bytes(&body, redeem->lines);
    if (body.overflow)
        return SCRIP_REFUSED_TOO_LONG;
    const struct bytes parts[] = {bytes_text("SCRIP/RCH/1"), buffer_bytes(&body)};
    return crypto_sha256_parts(parts, 2, hash);
}

static void put_number(struct buffer *out, int64_t label, uint32_t value)
{
    cbor_put_int(out, label);
    cbor_put_uint(out, value);
}

static void write_payload(const struct receipt *receipt, struct buffer *out)
{
    uint8_t cti[RECEIPT_CTI_BYTES];
    bytes_put_u32(cti, receipt->seq);
    bytes_put_u32(cti + 4, receipt->random);
    cbor_put_map(out, 5);
    cbor_put_int(out, TOKEN_LABEL_AUDIENCE);
    cbor_put_text(out, receipt->audience);
    put_number(out, TOKEN_LABEL_EXP, receipt->exp_s);
    put_number(out, TOKEN_LABEL_IAT, receipt->iat_s);
    cbor_put_int(out, TOKEN_LABEL_CTI);
    cbor_put_bytes(out, bytes_of(cti, sizeof cti));
    cbor_put_int(out, TOKEN_LABEL_PRIVATE);
    cbor_put_map(out, LABELS);
    cbor_put_int(out, LABEL_TOTAL);
    cbor_put_array(out, 2);
    cbor_put_uint(out, receipt->total_minor);
    cbor_put_uint(out, receipt->currency);
    cbor_put_int(out, LABEL_HASH);
    cbor_put_bytes(out, bytes_of(receipt->hash, sizeof receipt->hash));
    put_number(out, LABEL_SEQ, receipt->seq);
    cbor_put_int(out, LABEL_TOKEN);
    cbor_put_bytes(out, bytes_of(receipt->token_cti, sizeof receipt->token_cti));
    put_number(out, LABEL_AMOUNT, receipt->amount_minor);
    put_number(out, LABEL_EPOCH, receipt->epoch);
}

static enum scrip_status token_cti(const struct record *redeem, uint8_t cti[TOKEN_ID_BYTES])
{
    struct cose message;
    struct token_claims claims;
    if (cose_parse(redeem->token, &message) != SCRIP_OK ||
        token_claims_read(message.payload, &claims) != SCRIP_OK)
        return SCRIP_FAULT_CORRUPT;
    memcpy(cti, claims.cti, TOKEN_ID_BYTES);
    return SCRIP_OK;
}

enum scrip_status receipt_make(const struct keys *keys, const struct identity *terminal,
                               const struct record *redeem, char transport, struct buffer *text)
{
    uint32_t iat_s = redeem->stamp.t_s;
    struct receipt receipt = {
        .audience = bytes_text(terminal->text),
        .iat_s = iat_s,
        .exp_s = iat_s < UINT32_MAX - RECEIPT_LIFETIME_S ? iat_s + RECEIPT_LIFETIME_S : UINT32_MAX,
        .seq = redeem->seq,
        .total_minor = redeem->total_minor,
        .currency = redeem->currency,
        .amount_minor = redeem->amount_minor,
        .epoch = redeem->epoch,
    };
    const char *dot = strchr(terminal->text, '.');
    struct crypto_key key;
    uint8_t point[CRYPTO_POINT_BYTES], kid[COSE_KID_BYTES];
    if (redeem->type != RECORD_REDEEM || !dot)
        return SCRIP_REFUSED_STATE;
    receipt.audience.len = (size_t)(dot - terminal->text);
    TRY(token_cti(redeem, receipt.token_cti));
    TRY(keys_signing(keys, &key, point, kid));
    TRY(receipt_hash(kid, redeem, receipt.hash));
    TRY(crypto_random(&receipt.random, sizeof receipt.random));

    uint8_t payload_memory[LIMIT_TOKEN_PAYLOAD], token_memory[LIMIT_TOKEN_BYTES];
    struct buffer payload = buffer_of(payload_memory, sizeof payload_memory);
    struct buffer token = buffer_of(token_memory, sizeof token_memory);
    write_payload(&receipt, &payload);
    if (payload.overflow)
        return SCRIP_REFUSED_TOO_LONG;
    TRY(cose_sign(key, kid, token_aad(TOKEN_RECEIPT), buffer_bytes(&payload), &token));
    struct buffer trial = *text;
    scan_encode(TOKEN_RECEIPT, transport, buffer_bytes(&token), &trial);
    if (trial.overflow)
        return SCRIP_REFUSED_TOO_LONG;
    *text = trial;
    return SCRIP_OK;
}

static bool get_number(struct cbor_reader *in, int64_t *label, int64_t want, uint32_t *value)
{
    return cbor_get_key(in, label) && *label == want && cbor_get_u32(in, value);
}

static bool get_string(struct cbor_reader *in, int64_t *label, int64_t want, uint8_t *out,
                       size_t len)
{
    struct bytes value;
    if (!cbor_get_key(in, label) || *label != want || !cbor_get_bytes(in, len, len, &value))
        return false;
    memcpy(out, value.data, len);
    return true;
}

static bool get_private(struct cbor_reader *in, struct receipt *out)
{
    int64_t label = CBOR_FIRST;
    uint64_t currency = 0;
    uint32_t seq;
    size_t count;
    if (!cbor_get_map(in, LABELS, &count) || count != LABELS || !cbor_get_key(in, &label) ||
        label != LABEL_TOTAL || !cbor_get_array(in, 2, &count) || count != 2 ||
        !cbor_get_u32(in, &out->total_minor) || !cbor_get_uint(in, TOKEN_CURRENCY_MAX, &currency))
        return false;
    out->currency = (uint16_t)currency;
    return get_string(in, &label, LABEL_HASH, out->hash, sizeof out->hash) &&
           get_number(in, &label, LABEL_SEQ, &seq) && seq == out->seq &&
           get_string(in, &label, LABEL_TOKEN, out->token_cti, sizeof out->token_cti) &&
           get_number(in, &label, LABEL_AMOUNT, &out->amount_minor) &&
           get_number(in, &label, LABEL_EPOCH, &out->epoch);
}

static bool get_payload(struct bytes payload, struct receipt *out)
{
    struct cbor_reader in = cbor_read(payload);
    int64_t label = CBOR_FIRST;
    uint8_t cti[RECEIPT_CTI_BYTES];
    size_t pairs;
    if (!cbor_get_map(&in, 5, &pairs) || pairs != 5 || !cbor_get_key(&in, &label) ||
        label != TOKEN_LABEL_AUDIENCE || !cbor_get_text(&in, 1, LIMIT_ID_PART, &out->audience) ||
        identity_audience_parts(out->audience) != 1 ||
        !get_number(&in, &label, TOKEN_LABEL_EXP, &out->exp_s) ||
        !get_number(&in, &label, TOKEN_LABEL_IAT, &out->iat_s) || out->exp_s <= out->iat_s ||
        !get_string(&in, &label, TOKEN_LABEL_CTI, cti, sizeof cti))
        return false;
    out->seq = bytes_get_u32(cti);
    out->random = bytes_get_u32(cti + 4);
    return cbor_get_key(&in, &label) && label == TOKEN_LABEL_PRIVATE && get_private(&in, out) &&
           cbor_done(&in);
}

enum scrip_status receipt_verify(struct bytes code, const uint8_t point[CRYPTO_POINT_BYTES],
                                 struct scan *scan, struct receipt *out)
{
    struct token token;
    uint8_t kid[COSE_KID_BYTES];
    memset(out, 0, sizeof *out);
    TRY(scan_decode(code, scan));
    if (scan->kind != TOKEN_RECEIPT)
        return SCRIP_REFUSED_FOREIGN;
    TRY(token_parse(scan, &token));
    TRY(cose_kid(point, kid));
    if (!bytes_equal(token.cose.kid, bytes_of(kid, sizeof kid)))
        return SCRIP_REFUSED_KEY;
    TRY(cose_verify(&token.cose, token_aad(TOKEN_RECEIPT), point));
    if (!get_payload(token.cose.payload, out)) {
        memset(out, 0, sizeof *out);
        return SCRIP_REFUSED_CLAIMS;
    }
    return SCRIP_OK;
}
