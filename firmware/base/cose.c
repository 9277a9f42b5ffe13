#include "base/cose.h"

#include <string.h>

#include "base/cbor.h"

enum { TAG_SIGN1 = 18, HEADER_AT = 3, PIECE_BYTES = 64 };

/* {1: -7, 4: h'kid'} in the only encoding there is, up to the kid. */
static const uint8_t HEADER_START[] = {0xA2, 0x01, 0x26, 0x04, 0x48};
_Static_assert(sizeof HEADER_START + COSE_KID_BYTES == COSE_HEADER_BYTES, "the kid ends it");

/* The head of the byte string that ends a message. */
static const uint8_t SIGNATURE_HEAD[] = {0x58, CRYPTO_SIGNATURE_BYTES};
enum { TAIL_BYTES = sizeof SIGNATURE_HEAD + CRYPTO_SIGNATURE_BYTES };

/* Up to the payload's own bytes. */
static bool read_lead(struct cbor_reader *in, struct bytes *header, size_t *payload_len)
{
    size_t items, unprotected;
    return cbor_get_tag(in, TAG_SIGN1) && cbor_get_array(in, 4, &items) && items == 4 &&
           cbor_get_bytes(in, COSE_HEADER_BYTES, COSE_HEADER_BYTES, header) &&
           memcmp(header->data, HEADER_START, sizeof HEADER_START) == 0 &&
           cbor_get_map(in, 0, &unprotected) && cbor_get_bytes_head(in, UINT32_MAX, payload_len);
}

enum scrip_status cose_parse_stored(const struct span *data, struct cose_stored *out)
{
    uint8_t lead[HEADER_AT + COSE_HEADER_BYTES + 1 + 5], head[sizeof SIGNATURE_HEAD];
    size_t lead_len = data->len < sizeof lead ? data->len : sizeof lead, payload_len;
    struct bytes header;
    memset(out, 0, sizeof *out);
    TRY(span_read(data, 0, lead, lead_len));
    struct cbor_reader in = cbor_read(bytes_of(lead, lead_len));
    if (!read_lead(&in, &header, &payload_len))
        return SCRIP_REFUSED_SHAPE;
    uint32_t at = (uint32_t)(in.at - lead), left = data->len - at;
    if (left < TAIL_BYTES || payload_len != left - TAIL_BYTES)
        return SCRIP_REFUSED_SHAPE;
    TRY(span_read(data, data->len - TAIL_BYTES, head, sizeof head));
    if (memcmp(head, SIGNATURE_HEAD, sizeof head) != 0)
        return SCRIP_REFUSED_SHAPE;
    TRY(span_read(data, data->len - CRYPTO_SIGNATURE_BYTES, out->signature, sizeof out->signature));
    memcpy(out->protected_header, header.data, COSE_HEADER_BYTES);
    out->payload = span_part(data, at, (uint32_t)payload_len);
    return SCRIP_OK;
}

enum scrip_status cose_parse(struct bytes data, struct cose *out)
{
    struct span span = span_of(data);
    struct cose_stored message;
    memset(out, 0, sizeof *out);
    TRY(cose_parse_stored(&span, &message));
    out->protected_header = bytes_of(data.data + HEADER_AT, COSE_HEADER_BYTES);
    out->kid = bytes_of(out->protected_header.data + sizeof HEADER_START, COSE_KID_BYTES);
    out->payload = bytes_of(data.data + message.payload.at, message.payload.len);
    out->signature = bytes_of(data.data + data.len - CRYPTO_SIGNATURE_BYTES,
                              CRYPTO_SIGNATURE_BYTES);
    return SCRIP_OK;
}

static enum scrip_status hash_pieces(struct crypto_hash *hash, const struct span *payload)
{
    uint8_t piece[PIECE_BYTES];
    for (uint32_t done = 0, part; done < payload->len; done += part) {
        part = payload->len - done < sizeof piece ? payload->len - done : (uint32_t)sizeof piece;
        TRY(span_read(payload, done, piece, part));
        TRY(crypto_hash_update(hash, bytes_of(piece, part)));
    }
    return SCRIP_OK;
}

/* Hash of the Sig_structure ["Signature1", protected, aad, payload], without making a copy of it.
 */
static enum scrip_status hash_to_sign(struct bytes header, const char *aad,
                                      const struct span *payload, uint8_t out[CRYPTO_HASH_BYTES])
{
    uint8_t memory[80];
    struct crypto_hash hash;
    struct buffer start = buffer_of(memory, sizeof memory);
    cbor_put_array(&start, 4);
    cbor_put_text(&start, bytes_text("Signature1"));
    cbor_put_bytes(&start, header);
    cbor_put_bytes(&start, bytes_text(aad));
    cbor_put_bytes_head(&start, payload->len);
    if (start.overflow)
        return SCRIP_REFUSED_TOO_LONG;
    enum scrip_status status = crypto_hash_start(&hash);
    if (status == SCRIP_OK)
        status = crypto_hash_update(&hash, buffer_bytes(&start));
    if (status == SCRIP_OK)
        status = hash_pieces(&hash, payload);
    enum scrip_status ended = crypto_hash_finish(&hash, out);
    return status != SCRIP_OK ? status : ended;
}

enum scrip_status cose_verify_stored(const struct cose_stored *message, const char *aad,
                                     const uint8_t point[CRYPTO_POINT_BYTES])
{
    uint8_t hash[CRYPTO_HASH_BYTES];
    struct p256v_table key;
    TRY(p256v_prepare(point, &key));
    TRY(hash_to_sign(bytes_of(message->protected_header, COSE_HEADER_BYTES), aad, &message->payload,
                     hash));
    return p256v_verify(&key, hash, message->signature);
}

enum scrip_status cose_verify_prepared(const struct cose *message, const char *aad,
                                       const struct p256v_table *key)
{
    uint8_t hash[CRYPTO_HASH_BYTES];
    struct span payload = span_of(message->payload);
    TRY(hash_to_sign(message->protected_header, aad, &payload, hash));
    return p256v_verify(key, hash, message->signature.data);
}

enum scrip_status cose_verify(const struct cose *message, const char *aad,
                              const uint8_t point[CRYPTO_POINT_BYTES])
{
    struct p256v_table key;
    TRY(p256v_prepare(point, &key));
    return cose_verify_prepared(message, aad, &key);
}

enum scrip_status cose_sign(struct crypto_key key, const uint8_t kid[COSE_KID_BYTES],
                            const char *aad, struct bytes payload, struct buffer *out)
{
    uint8_t header[COSE_HEADER_BYTES];
    memcpy(header, HEADER_START, sizeof HEADER_START);
    memcpy(header + sizeof HEADER_START, kid, COSE_KID_BYTES);

    /* Written with an empty signature first: what does not fit is never signed. */
    uint8_t signature[CRYPTO_SIGNATURE_BYTES] = {0};
    struct buffer trial = *out;
    cbor_put_tag(&trial, TAG_SIGN1);
    cbor_put_array(&trial, 4);
    cbor_put_bytes(&trial, bytes_of(header, sizeof header));
    cbor_put_map(&trial, 0);
    cbor_put_bytes(&trial, payload);
    cbor_put_bytes(&trial, bytes_of(signature, sizeof signature));
    if (trial.overflow)
        return SCRIP_REFUSED_TOO_LONG;

    uint8_t hash[CRYPTO_HASH_BYTES];
    struct span stored = span_of(payload);
    TRY(hash_to_sign(bytes_of(header, sizeof header), aad, &stored, hash));
    TRY(crypto_sign(key, hash, trial.data + trial.len - CRYPTO_SIGNATURE_BYTES));
    *out = trial;
    return SCRIP_OK;
}

enum scrip_status cose_kid(const uint8_t point[CRYPTO_POINT_BYTES], uint8_t kid[COSE_KID_BYTES])
{
    /* COSE_Key {1: 2 (EC2), -1: 1 (P-256), -2: x, -3: y}: 1 + 2 + 2 + 35 + 35 bytes. */
    uint8_t memory[75];
    struct buffer key = buffer_of(memory, sizeof memory);
    cbor_put_map(&key, 4);
    cbor_put_int(&key, 1);
    cbor_put_int(&key, 2);
    cbor_put_int(&key, -1);
    cbor_put_int(&key, 1);
    cbor_put_int(&key, -2);
    cbor_put_bytes(&key, bytes_of(point + 1, 32));
    cbor_put_int(&key, -3);
    cbor_put_bytes(&key, bytes_of(point + 33, 32));
    uint8_t hash[CRYPTO_HASH_BYTES];
    TRY(crypto_sha256(buffer_bytes(&key), hash));
    memcpy(kid, hash, COSE_KID_BYTES);
    return SCRIP_OK;
}
