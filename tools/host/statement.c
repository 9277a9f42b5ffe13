#include "tools/host/statement.h"

#include <string.h>

#include "base/cbor.h"

enum {
    KEY_TERMINAL = 1,
    KEY_EPOCH,
    KEY_BOOT,
    KEY_NONCE,
    KEY_FROM_SEQ,
    KEY_TO_SEQ,
    KEY_HEAD_SEQ,
    KEY_HEAD,
    KEY_ACKED_SEQ,
    KEY_ACKED_HEAD,
    KEY_MISSING,
    KEY_ADOPT
};

static bool get_fixed(struct cbor_reader *in, uint8_t *out, size_t len)
{
    struct bytes value;

    if (!cbor_get_bytes(in, len, len, &value))
        return false;
    memcpy(out, value.data, len);
    return true;
}

static bool get_terminal(struct cbor_reader *in, struct identity *out)
{
    struct bytes text;

    return cbor_get_text(in, 1, LIMIT_ID_TEXT, &text) && identity_parse(text, out) == SCRIP_OK;
}

static bool get_missing(struct cbor_reader *in, struct statement *out)
{
    if (!cbor_get_array(in, STATEMENT_MISSING, &out->missing_count))
        return false;
    for (size_t i = 0; i < out->missing_count; i++) {
        if (!cbor_get_u32(in, &out->missing[i]) || out->missing[i] < out->from_seq ||
            out->missing[i] > out->to_seq)
            return false;
        if (i > 0 && out->missing[i] <= out->missing[i - 1])
            return false;
    }
    return true;
}

static bool get_adopt(struct cbor_reader *in, struct statement *out)
{
    uint64_t one;

    out->adopt = cbor_get_uint(in, 1, &one) && one == 1;
    return out->adopt;
}

static bool get_entry(struct cbor_reader *in, int64_t key, struct statement *out)
{
    switch (key) {
    case KEY_TERMINAL:
        return get_terminal(in, &out->terminal);
    case KEY_EPOCH:
        return cbor_get_u32(in, &out->epoch);
    case KEY_BOOT:
        return cbor_get_u32(in, &out->boot);
    case KEY_NONCE:
        return get_fixed(in, out->nonce, sizeof out->nonce);
    case KEY_FROM_SEQ:
        return cbor_get_u32(in, &out->from_seq);
    case KEY_TO_SEQ:
        return cbor_get_u32(in, &out->to_seq);
    case KEY_HEAD_SEQ:
        return cbor_get_u32(in, &out->head_seq);
    case KEY_HEAD:
        return get_fixed(in, out->head, sizeof out->head);
    case KEY_ACKED_SEQ:
        return cbor_get_u32(in, &out->acked_seq);
    case KEY_ACKED_HEAD:
        return get_fixed(in, out->acked_head, sizeof out->acked_head);
    case KEY_MISSING:
        return get_missing(in, out);
    case KEY_ADOPT:
        return get_adopt(in, out);
    default:
        return false;
    }
}

/* Keys ascend, so with every key in range, eleven of them without 12 are exactly 1..11. */
static bool read_payload(struct bytes payload, struct statement *out)
{
    struct cbor_reader in = cbor_read(payload);
    int64_t key = CBOR_FIRST;
    size_t pairs;

    if (!cbor_get_map(&in, KEY_ADOPT, &pairs) || pairs < KEY_MISSING)
        return false;
    for (size_t i = 0; i < pairs; i++)
        if (!cbor_get_key(&in, &key) || !get_entry(&in, key, out))
            return false;
    return cbor_done(&in) && out->adopt == (pairs == KEY_ADOPT);
}

static bool is_consistent(const struct statement *s)
{
    return s->from_seq >= 1 && s->to_seq >= s->from_seq - 1 && s->to_seq <= s->head_seq &&
           s->acked_seq <= s->head_seq && s->head_seq < UINT32_MAX;
}

enum scrip_status statement_verify(struct bytes data, const uint8_t point[CRYPTO_POINT_BYTES],
                                   struct statement *out)
{
    struct cose message;

    memset(out, 0, sizeof *out);
    TRY(cose_parse(data, &message));
    TRY(cose_verify(&message, "SCX1", point));
    if (!read_payload(message.payload, out) || !is_consistent(out)) {
        memset(out, 0, sizeof *out);
        return SCRIP_REFUSED_CLAIMS;
    }
    return SCRIP_OK;
}

enum scrip_status statement_time(const struct pki *pki, uint32_t now_s,
                                 const uint8_t nonce[STATEMENT_NONCE_BYTES],
                                 const struct identity *terminal, struct buffer *out)
{
    uint8_t data[80];
    struct buffer payload = buffer_of(data, sizeof data);

    cbor_put_map(&payload, 3);
    cbor_put_uint(&payload, 1);
    cbor_put_uint(&payload, now_s);
    cbor_put_uint(&payload, 2);
    cbor_put_bytes(&payload, bytes_of(nonce, STATEMENT_NONCE_BYTES));
    cbor_put_uint(&payload, 3);
    cbor_put_text(&payload, bytes_text(terminal->text));
    return cose_sign(pki->time_key, pki->time_kid, "SCH1", buffer_bytes(&payload), out);
}
