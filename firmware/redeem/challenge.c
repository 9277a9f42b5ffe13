#include "redeem/challenge.h"

#include <string.h>

#include "base/cbor.h"
#include "base/text.h"

static const char PREFIX[] = "SCCB";
enum { PREFIX_CHARS = sizeof PREFIX - 1, ITEMS = 5 };

enum scrip_status challenge_make(const struct identity *terminal, uint32_t epoch,
                                 const struct sale *sale, uint64_t shown_up_ms,
                                 struct challenge *out)
{
    memset(out, 0, sizeof *out);
    TRY(crypto_random(out->nonce, sizeof out->nonce));
    TRY(bind_txh(terminal, epoch, out->nonce, sale, out->txh));
    out->shown_up_ms = shown_up_ms;
    return SCRIP_OK;
}

void challenge_write(const struct challenge *challenge, const struct identity *terminal,
                     const struct sale *sale, struct buffer *text)
{
    uint8_t memory[CHALLENGE_BYTES];
    struct buffer body = buffer_of(memory, sizeof memory);

    cbor_put_array(&body, ITEMS);
    cbor_put_text(&body, bytes_text(terminal->text));
    cbor_put_bytes(&body, bytes_of(challenge->nonce, sizeof challenge->nonce));
    cbor_put_bytes(&body, bytes_of(challenge->txh, sizeof challenge->txh));
    cbor_put_uint(&body, sale->total_minor);
    cbor_put_uint(&body, sale->currency);
    text->overflow |= body.overflow;
    buffer_put_text(text, PREFIX);
    text_base45_encode(buffer_bytes(&body), text);
}

static bool read_items(struct bytes data, struct challenge_code *out)
{
    struct cbor_reader in = cbor_read(data);
    struct bytes nonce, txh;
    uint64_t currency;
    size_t count;

    if (!cbor_get_array(&in, ITEMS, &count) || count != ITEMS ||
        !cbor_get_text(&in, 1, LIMIT_ID_TEXT, &out->audience) ||
        identity_audience_parts(out->audience) != 3 ||
        !cbor_get_bytes(&in, TOKEN_ID_BYTES, TOKEN_ID_BYTES, &nonce) ||
        !cbor_get_bytes(&in, TOKEN_ID_BYTES, TOKEN_ID_BYTES, &txh) ||
        !cbor_get_u32(&in, &out->total_minor) || !cbor_get_uint(&in, 999, &currency) ||
        !cbor_done(&in))
        return false;
    memcpy(out->nonce, nonce.data, sizeof out->nonce);
    memcpy(out->txh, txh.data, sizeof out->txh);
    out->currency = (uint16_t)currency;
    return true;
}

enum scrip_status challenge_read(struct bytes text, struct challenge_code *out)
{
    struct buffer data = buffer_of(out->data, sizeof out->data);
    enum scrip_status status = SCRIP_OK;

    memset(out, 0, sizeof *out);
    if (text.len < PREFIX_CHARS || memcmp(text.data, PREFIX, PREFIX_CHARS) != 0)
        return SCRIP_REFUSED_FOREIGN;
    struct bytes body = bytes_of(text.data + PREFIX_CHARS, text.len - PREFIX_CHARS);
    if (text.len > CHALLENGE_CHARS)
        return SCRIP_REFUSED_LENGTH;
    status = text_base45_decode(body, &data);
    if (status == SCRIP_OK && !read_items(buffer_bytes(&data), out))
        status = SCRIP_REFUSED_SHAPE;
    if (status != SCRIP_OK)
        memset(out, 0, sizeof *out);
    return status;
}

const char *challenge_difference(const struct sale *shown, const struct sale *sale)
{
    if (strcmp(shown->transaction_id, sale->transaction_id) != 0)
        return "SaleTransactionID";
    if (shown->total_minor != sale->total_minor)
        return "TotalAmount";
    if (shown->currency != sale->currency)
        return "Currency";
    if (memcmp(shown->lines, sale->lines, sizeof shown->lines) != 0)
        return "SaleItem";
    return shown->training != sale->training ? "TrainingModeFlag" : NULL;
}
