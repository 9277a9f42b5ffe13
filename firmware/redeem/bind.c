#include "redeem/bind.h"

#include <string.h>

#include "base/cbor.h"
#include "redeem/seal.h"

/* An array head and the item before a text or a number are at most this. */
enum { HEAD_BYTES = 9 };

enum scrip_status sale_lines_start(struct sale_lines *lines, size_t count)
{
    uint8_t memory[HEAD_BYTES];
    struct buffer head = buffer_of(memory, sizeof memory);
    lines->count = count;
    TRY(crypto_hash_start(&lines->hash));
    cbor_put_array(&head, count);
    return crypto_hash_update(&lines->hash, buffer_bytes(&head));
}

enum scrip_status sale_lines_add(struct sale_lines *lines, struct bytes product_code,
                                 uint32_t quantity_milli, int64_t amount_minor)
{
    uint8_t memory[LIMIT_PRODUCT_CODE + 4 * HEAD_BYTES];
    struct buffer line = buffer_of(memory, sizeof memory);
    if (product_code.len > LIMIT_PRODUCT_CODE)
        return SCRIP_REFUSED_TOO_LONG;
    if (lines->count == 0)
        return SCRIP_REFUSED_ARGUMENT;
    lines->count--;
    cbor_put_array(&line, 3);
    cbor_put_text(&line, product_code);
    cbor_put_uint(&line, quantity_milli);
    cbor_put_int(&line, amount_minor);
    return crypto_hash_update(&lines->hash, buffer_bytes(&line));
}

enum scrip_status sale_lines_finish(struct sale_lines *lines, uint8_t digest[CRYPTO_HASH_BYTES])
{
    TRY(crypto_hash_finish(&lines->hash, digest));
    return lines->count == 0 ? SCRIP_OK : SCRIP_REFUSED_ARGUMENT;
}

static enum scrip_status hash_labelled(const char *label, const struct buffer *body,
                                       uint8_t hash[CRYPTO_HASH_BYTES])
{
    const struct bytes parts[] = {bytes_text(label), buffer_bytes(body)};
    if (body->overflow)
        return SCRIP_REFUSED_TOO_LONG;
    return crypto_sha256_parts(parts, 2, hash);
}

enum scrip_status bind_txh(const struct identity *terminal, uint32_t epoch, const uint8_t *nonce,
                           const struct sale *sale, uint8_t txh[TOKEN_ID_BYTES])
{
    uint8_t memory[LIMIT_ID_TEXT + TOKEN_ID_BYTES + LIMIT_TRANSACTION_ID + CRYPTO_HASH_BYTES +
                   8 * HEAD_BYTES];
    struct buffer body = buffer_of(memory, sizeof memory);
    uint8_t hash[CRYPTO_HASH_BYTES];
    cbor_put_array(&body, 7);
    cbor_put_text(&body, bytes_text(terminal->text));
    cbor_put_uint(&body, epoch);
    cbor_put_bytes(&body, bytes_of(nonce, nonce != NULL ? TOKEN_ID_BYTES : 0));
    cbor_put_text(&body, bytes_text(sale->transaction_id));
    cbor_put_uint(&body, sale->total_minor);
    cbor_put_uint(&body, sale->currency);
    cbor_put_bytes(&body, bytes_of(sale->lines, sizeof sale->lines));
    TRY(hash_labelled("SCRIP/TXH/1", &body, hash));
    memcpy(txh, hash, TOKEN_ID_BYTES);
    return SCRIP_OK;
}

enum scrip_status sale_digest(const struct sale *sale, struct bytes code,
                              uint8_t digest[SALE_DIGEST_BYTES])
{
    uint8_t memory[LIMIT_SALE_ID + LIMIT_SERVICE_ID + LIMIT_TRANSACTION_ID + CRYPTO_HASH_BYTES +
                   10 * HEAD_BYTES];
    struct buffer body = buffer_of(memory, sizeof memory);
    uint8_t hash[CRYPTO_HASH_BYTES];
    cbor_put_array(&body, 9);
    cbor_put_text(&body, bytes_text(sale->sale_id));
    cbor_put_text(&body, bytes_text(sale->service_id));
    cbor_put_text(&body, bytes_text(sale->transaction_id));
    cbor_put_uint(&body, sale->total_minor);
    cbor_put_uint(&body, sale->wanted_minor);
    cbor_put_uint(&body, sale->currency);
    cbor_put_uint(&body, sale->training);
    cbor_put_uint(&body, sale->mode);
    cbor_put_bytes(&body, bytes_of(sale->lines, sizeof sale->lines));
    const char *label = sale->award ? "SCRIP/AWD/1" : "SCRIP/REQ/1";
    const struct bytes parts[] = {bytes_text(label), buffer_bytes(&body), code};
    if (body.overflow)
        return SCRIP_REFUSED_TOO_LONG;
    TRY(crypto_sha256_parts(parts, 3, hash));
    memcpy(digest, hash, SALE_DIGEST_BYTES);
    return SCRIP_OK;
}

enum scrip_status bind_sale(struct permit *permit, const struct sale *sale, struct redemption *out)
{
    const struct voucher *voucher = &permit->voucher;
    memset(out, 0, sizeof *out);
    TRY(seal_take(&permit->seal, SEAL_PERMIT));
    /* The basket may have changed since the challenge was shown. */
    if (voucher->bound && memcmp(voucher->claims.txh, sale->txh, TOKEN_ID_BYTES) != 0)
        return SCRIP_REFUSED_BINDING;
    out->permit = *permit;
    out->sale = *sale;
    out->seal = SEAL_REDEMPTION;
    return SCRIP_OK;
}
