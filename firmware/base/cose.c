#include "base/cose.h"

#include <string.h>

#include "base/cbor.h"

enum { TAG_SIGN1 = 18 };

/* {1: -7, 4: h'kid'} in the only encoding there is, up to the kid. */
static const uint8_t HEADER_START[] = {0xA2, 0x01, 0x26, 0x04, 0x48};
enum { HEADER_BYTES = sizeof HEADER_START + COSE_KID_BYTES };

enum scrip_status cose_parse(struct bytes data, struct cose *out)
{
    struct cbor_reader in = cbor_read(data);
    struct cose message = {{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
    size_t items, unprotected;
    memset(out, 0, sizeof *out);
    if (!cbor_get_tag(&in, TAG_SIGN1) || !cbor_get_array(&in, 4, &items) || items != 4 ||
        !cbor_get_bytes(&in, HEADER_BYTES, HEADER_BYTES, &message.protected_header) ||
        !cbor_get_map(&in, 0, &unprotected) ||
        !cbor_get_bytes(&in, 0, SIZE_MAX, &message.payload) ||
        !cbor_get_bytes(&in, CRYPTO_SIGNATURE_BYTES, CRYPTO_SIGNATURE_BYTES, &message.signature) ||
        !cbor_done(&in))
        return SCRIP_REFUSED_SHAPE;
    if (memcmp(message.protected_header.data, HEADER_START, sizeof HEADER_START) != 0)
        return SCRIP_REFUSED_SHAPE;
    message.kid = bytes_of(message.protected_header.data + sizeof HEADER_START, COSE_KID_BYTES);
    *out = message;
    return SCRIP_OK;
}

/* Hash of the Sig_structure ["Signature1", protected, aad, payload], without making a copy of it.
 */
static enum scrip_status hash_to_sign(struct bytes header, const char *aad, struct bytes payload,
                                      uint8_t hash[CRYPTO_HASH_BYTES])
{
    uint8_t memory[64];
    struct buffer start = buffer_of(memory, sizeof memory);
    cbor_put_array(&start, 4);
    cbor_put_text(&start, bytes_text("Signature1"));
    cbor_put_bytes(&start, header);
    cbor_put_bytes(&start, bytes_text(aad));
    uint8_t length_memory[9];
    struct buffer length = buffer_of(length_memory, sizeof length_memory);
    cbor_put_bytes_head(&length, payload.len);
    if (start.overflow)
        return SCRIP_REFUSED_TOO_LONG;
    const struct bytes parts[] = {buffer_bytes(&start), buffer_bytes(&length), payload};
    return crypto_sha256_parts(parts, 3, hash);
}

enum scrip_status cose_verify_prepared(const struct cose *message, const char *aad,
                                       const struct p256v_table *key)
{
    uint8_t hash[CRYPTO_HASH_BYTES];
    TRY(hash_to_sign(message->protected_header, aad, message->payload, hash));
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
    uint8_t header[HEADER_BYTES];
    memcpy(header, HEADER_START, sizeof HEADER_START);
    memcpy(header + sizeof HEADER_START, kid, COSE_KID_BYTES);
    struct bytes protected_header = bytes_of(header, sizeof header);

    /* Written with an empty signature first: what does not fit is never signed. */
    uint8_t signature[CRYPTO_SIGNATURE_BYTES] = {0};
    struct buffer trial = *out;
    cbor_put_tag(&trial, TAG_SIGN1);
    cbor_put_array(&trial, 4);
    cbor_put_bytes(&trial, protected_header);
    cbor_put_map(&trial, 0);
    cbor_put_bytes(&trial, payload);
    cbor_put_bytes(&trial, bytes_of(signature, sizeof signature));
    if (trial.overflow)
        return SCRIP_REFUSED_TOO_LONG;

    uint8_t hash[CRYPTO_HASH_BYTES];
    TRY(hash_to_sign(protected_header, aad, payload, hash));
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
