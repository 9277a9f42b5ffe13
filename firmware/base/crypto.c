#include "base/crypto.h"

#include <string.h>

#include <mbedtls/memory_buffer_alloc.h>
#include <psa/crypto.h>

/* The library's own memory. A board.mk may set another size; `make size` counts it. */
#ifndef CRYPTO_ARENA_BYTES
#define CRYPTO_ARENA_BYTES (256 * 1024)
#endif

/* The library is one for the process, so its memory and its source of randomness are too. */
static _Alignas(8) uint8_t arena[CRYPTO_ARENA_BYTES];
static const struct hal_entropy *source;
static bool opened;

/* The arena is painted behind the allocator's first block header, so that the part which was never
 * used can be told. The allocator writes nothing there before it hands memory out. */
enum { UNTOUCHED = 0xA5, FIRST_HEADER_BYTES = 128 };

_Static_assert(sizeof(struct crypto_hash) >= sizeof(psa_hash_operation_t),
               "crypto_hash holds a PSA hash operation");
_Static_assert(sizeof(psa_key_id_t) == sizeof(uint32_t), "crypto_key holds a PSA key");

/* An accident, whatever it was: the callers know the two codes that are answers. */
static enum scrip_status fault_of(psa_status_t code)
{
    switch (code) {
    case PSA_SUCCESS:
        return SCRIP_OK;
    case PSA_ERROR_INSUFFICIENT_MEMORY:
        return SCRIP_FAULT_MEMORY;
    case PSA_ERROR_INSUFFICIENT_ENTROPY:
        return SCRIP_FAULT_ENTROPY;
    default:
        return SCRIP_FAULT_CRYPTO;
    }
}

/* mbedTLS asks here for every random byte (MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG). */
psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context,
                                             uint8_t *output, size_t output_size,
                                             size_t *output_length)
{
    (void)context;
    *output_length = 0;
    if (crypto_random(output, output_size) != SCRIP_OK)
        return PSA_ERROR_INSUFFICIENT_ENTROPY;
    *output_length = output_size;
    return PSA_SUCCESS;
}

enum scrip_status crypto_open(const struct hal_entropy *entropy)
{
    source = entropy;
    if (!opened) {
        mbedtls_memory_buffer_alloc_init(arena, sizeof arena);
        memset(arena + FIRST_HEADER_BYTES, UNTOUCHED, sizeof arena - FIRST_HEADER_BYTES);
        opened = true;
    }
    return fault_of(psa_crypto_init());
}

void crypto_arena(size_t *size, size_t *peak)
{
    size_t touched = sizeof arena;
    while (touched > 0 && arena[touched - 1] == UNTOUCHED)
        touched--;
    *size = sizeof arena;
    *peak = opened ? touched : 0;
}

enum scrip_status crypto_random(void *data, size_t len)
{
    uint8_t *at = data;
    while (len > 0) {
        size_t piece = len < 256 ? len : 256;
        if (!source || source->read(source->context, at, piece) != SCRIP_OK)
            return SCRIP_FAULT_ENTROPY;
        at += piece;
        len -= piece;
    }
    return SCRIP_OK;
}

/* Hashes ----------------------------------------------------------------------------------------
 */

static psa_hash_operation_t *operation_of(struct crypto_hash *hash)
{
    return (psa_hash_operation_t *)(void *)hash->opaque;
}

enum scrip_status crypto_hash_start(struct crypto_hash *hash)
{
    memset(hash, 0, sizeof *hash);
    return fault_of(psa_hash_setup(operation_of(hash), PSA_ALG_SHA_256));
}

enum scrip_status crypto_hash_update(struct crypto_hash *hash, struct bytes data)
{
    return fault_of(psa_hash_update(operation_of(hash), data.data, data.len));
}

enum scrip_status crypto_hash_finish(struct crypto_hash *hash, uint8_t out[CRYPTO_HASH_BYTES])
{
    size_t len;
    psa_status_t code = psa_hash_finish(operation_of(hash), out, CRYPTO_HASH_BYTES, &len);
    if (code != PSA_SUCCESS)
        (void)psa_hash_abort(operation_of(hash));
    return fault_of(code);
}

enum scrip_status crypto_sha256_parts(const struct bytes *parts, size_t count,
                                      uint8_t hash[CRYPTO_HASH_BYTES])
{
    psa_hash_operation_t operation = PSA_HASH_OPERATION_INIT;
    psa_status_t code = psa_hash_setup(&operation, PSA_ALG_SHA_256);
    for (size_t i = 0; i < count && code == PSA_SUCCESS; i++)
        code = psa_hash_update(&operation, parts[i].data, parts[i].len);
    size_t len;
    if (code == PSA_SUCCESS)
        code = psa_hash_finish(&operation, hash, CRYPTO_HASH_BYTES, &len);
    (void)psa_hash_abort(&operation);
    return fault_of(code);
}

enum scrip_status crypto_sha256(struct bytes data, uint8_t hash[CRYPTO_HASH_BYTES])
{
    return crypto_sha256_parts(&data, 1, hash);
}

/* Keys ------------------------------------------------------------------------------------------
 */

static psa_key_attributes_t attributes_of(psa_key_type_t type, size_t bits, psa_key_usage_t usage,
                                          psa_algorithm_t algorithm)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_set_key_type(&attributes, type);
    psa_set_key_bits(&attributes, bits);
    psa_set_key_usage_flags(&attributes, usage);
    psa_set_key_algorithm(&attributes, algorithm);
    return attributes;
}

void crypto_key_close(struct crypto_key *key)
{
    if (key->id != 0)
        (void)psa_destroy_key(key->id);
    key->id = 0;
}

enum scrip_status crypto_hmac(struct bytes key, const struct bytes *parts, size_t count,
                              uint8_t mac[CRYPTO_HASH_BYTES])
{
    const psa_algorithm_t algorithm = PSA_ALG_HMAC(PSA_ALG_SHA_256);
    psa_key_attributes_t attributes = attributes_of(PSA_KEY_TYPE_HMAC, 0,
                                                    PSA_KEY_USAGE_SIGN_MESSAGE, algorithm);
    struct crypto_key handle = {0};
    psa_mac_operation_t operation = PSA_MAC_OPERATION_INIT;
    psa_status_t code = psa_import_key(&attributes, key.data, key.len, &handle.id);
    if (code == PSA_SUCCESS)
        code = psa_mac_sign_setup(&operation, handle.id, algorithm);
    for (size_t i = 0; i < count && code == PSA_SUCCESS; i++)
        code = psa_mac_update(&operation, parts[i].data, parts[i].len);
    size_t len;
    if (code == PSA_SUCCESS)
        code = psa_mac_sign_finish(&operation, mac, CRYPTO_HASH_BYTES, &len);
    (void)psa_mac_abort(&operation);
    crypto_key_close(&handle);
    return fault_of(code);
}

enum scrip_status crypto_hkdf(struct bytes secret, struct bytes salt, struct bytes info,
                              uint8_t *out, size_t out_len)
{
    psa_key_derivation_operation_t operation = PSA_KEY_DERIVATION_OPERATION_INIT;
    psa_status_t code = psa_key_derivation_setup(&operation, PSA_ALG_HKDF(PSA_ALG_SHA_256));
    const struct {
        psa_key_derivation_step_t step;
        struct bytes value;
    } inputs[] = {{PSA_KEY_DERIVATION_INPUT_SALT, salt},
                  {PSA_KEY_DERIVATION_INPUT_SECRET, secret},
                  {PSA_KEY_DERIVATION_INPUT_INFO, info}};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs && code == PSA_SUCCESS; i++)
        code = psa_key_derivation_input_bytes(&operation, inputs[i].step, inputs[i].value.data,
                                              inputs[i].value.len);
    if (code == PSA_SUCCESS)
        code = psa_key_derivation_output_bytes(&operation, out, out_len);
    (void)psa_key_derivation_abort(&operation);
    return fault_of(code);
}

enum scrip_status crypto_aead_key(const uint8_t key[CRYPTO_AEAD_KEY_BYTES], struct crypto_key *out)
{
    psa_key_attributes_t attributes = attributes_of(PSA_KEY_TYPE_AES, CRYPTO_AEAD_KEY_BYTES * 8,
                                                    PSA_KEY_USAGE_ENCRYPT | PSA_KEY_USAGE_DECRYPT,
                                                    PSA_ALG_GCM);
    out->id = 0;
    return fault_of(psa_import_key(&attributes, key, CRYPTO_AEAD_KEY_BYTES, &out->id));
}

enum scrip_status crypto_aead_seal(struct crypto_key key, const uint8_t nonce[CRYPTO_NONCE_BYTES],
                                   struct bytes aad, struct bytes data, uint8_t *out)
{
    size_t len;
    return fault_of(psa_aead_encrypt(key.id, PSA_ALG_GCM, nonce, CRYPTO_NONCE_BYTES, aad.data,
                                     aad.len, data.data, data.len, out, data.len + CRYPTO_TAG_BYTES,
                                     &len));
}

enum scrip_status crypto_aead_open(struct crypto_key key, const uint8_t nonce[CRYPTO_NONCE_BYTES],
                                   struct bytes aad, struct bytes sealed, uint8_t *out)
{
    if (sealed.len < CRYPTO_TAG_BYTES)
        return SCRIP_FAULT_CORRUPT;
    size_t room = sealed.len - CRYPTO_TAG_BYTES;
    size_t len;
    psa_status_t code = psa_aead_decrypt(key.id, PSA_ALG_GCM, nonce, CRYPTO_NONCE_BYTES, aad.data,
                                         aad.len, sealed.data, sealed.len, out, room, &len);
    if (code != PSA_SUCCESS)
        bytes_wipe(out, room);
    return code == PSA_ERROR_INVALID_SIGNATURE ? SCRIP_FAULT_CORRUPT : fault_of(code);
}

/* ECDSA -----------------------------------------------------------------------------------------
 */

static const psa_algorithm_t ES256 = PSA_ALG_ECDSA(PSA_ALG_SHA_256);

/* Only a point off the curve or a scalar out of range makes an import an invalid argument. */
static enum scrip_status import_ec(psa_key_type_t type, psa_key_usage_t usage,
                                   psa_algorithm_t algorithm, const uint8_t *data, size_t len,
                                   struct crypto_key *key)
{
    psa_key_attributes_t attributes = attributes_of(type, 256, usage, algorithm);
    key->id = 0;
    psa_status_t code = psa_import_key(&attributes, data, len, &key->id);
    return code == PSA_ERROR_INVALID_ARGUMENT ? SCRIP_REFUSED_KEY : fault_of(code);
}

static enum scrip_status import_point(const uint8_t point[CRYPTO_POINT_BYTES],
                                      struct crypto_key *key)
{
    return import_ec(PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1), PSA_KEY_USAGE_VERIFY_HASH,
                     ES256, point, CRYPTO_POINT_BYTES, key);
}

enum scrip_status crypto_verify(const uint8_t point[CRYPTO_POINT_BYTES],
                                const uint8_t hash[CRYPTO_HASH_BYTES],
                                const uint8_t signature[CRYPTO_SIGNATURE_BYTES])
{
    struct crypto_key key;
    TRY(import_point(point, &key));
    psa_status_t code = psa_verify_hash(key.id, ES256, hash, CRYPTO_HASH_BYTES, signature,
                                        CRYPTO_SIGNATURE_BYTES);
    crypto_key_close(&key);
    return code == PSA_ERROR_INVALID_SIGNATURE ? SCRIP_REFUSED_SIGNATURE : fault_of(code);
}

enum scrip_status crypto_point_check(const uint8_t point[CRYPTO_POINT_BYTES])
{
    struct crypto_key key;
    TRY(import_point(point, &key));
    crypto_key_close(&key);
    return SCRIP_OK;
}

static const psa_key_type_t SIGNING_TYPE = PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1);

enum scrip_status crypto_signing_import(const uint8_t scalar[CRYPTO_SCALAR_BYTES],
                                        struct crypto_key *key)
{
    return import_ec(SIGNING_TYPE, PSA_KEY_USAGE_SIGN_HASH, ES256, scalar, CRYPTO_SCALAR_BYTES,
                     key);
}

enum scrip_status crypto_signing_generate(struct crypto_key *key,
                                          uint8_t scalar[CRYPTO_SCALAR_BYTES])
{
    psa_key_attributes_t attributes = attributes_of(
        SIGNING_TYPE, 256, PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_EXPORT, ES256);
    struct crypto_key made = {0};
    size_t len;
    psa_status_t code = psa_generate_key(&attributes, &made.id);
    if (code == PSA_SUCCESS)
        code = psa_export_key(made.id, scalar, CRYPTO_SCALAR_BYTES, &len);
    crypto_key_close(&made);
    key->id = 0;
    /* The key in use is the one that cannot be exported again. */
    enum scrip_status status = code == PSA_SUCCESS ? crypto_signing_import(scalar, key)
                                                   : fault_of(code);
    if (status != SCRIP_OK)
        bytes_wipe(scalar, CRYPTO_SCALAR_BYTES);
    return status;
}

enum scrip_status crypto_signing_public(struct crypto_key key, uint8_t point[CRYPTO_POINT_BYTES])
{
    size_t len;
    return fault_of(psa_export_public_key(key.id, point, CRYPTO_POINT_BYTES, &len));
}

enum scrip_status crypto_sign(struct crypto_key key, const uint8_t hash[CRYPTO_HASH_BYTES],
                              uint8_t signature[CRYPTO_SIGNATURE_BYTES])
{
    size_t len;
    return fault_of(psa_sign_hash(key.id, ES256, hash, CRYPTO_HASH_BYTES, signature,
                                  CRYPTO_SIGNATURE_BYTES, &len));
}

/* ECDH ------------------------------------------------------------------------------------------
 */

enum scrip_status crypto_agreement_generate(struct crypto_key *key)
{
    psa_key_attributes_t attributes = attributes_of(SIGNING_TYPE, 256, PSA_KEY_USAGE_DERIVE,
                                                    PSA_ALG_ECDH);
    key->id = 0;
    return fault_of(psa_generate_key(&attributes, &key->id));
}

enum scrip_status crypto_agreement_import(const uint8_t scalar[CRYPTO_SCALAR_BYTES],
                                          struct crypto_key *key)
{
    return import_ec(SIGNING_TYPE, PSA_KEY_USAGE_DERIVE, PSA_ALG_ECDH, scalar, CRYPTO_SCALAR_BYTES,
                     key);
}

enum scrip_status crypto_agree(struct crypto_key key, const uint8_t point[CRYPTO_POINT_BYTES],
                               uint8_t secret[CRYPTO_SCALAR_BYTES])
{
    size_t len;
    TRY(crypto_point_check(point));
    psa_status_t code = psa_raw_key_agreement(PSA_ALG_ECDH, key.id, point, CRYPTO_POINT_BYTES,
                                              secret, CRYPTO_SCALAR_BYTES, &len);
    if (code != PSA_SUCCESS)
        bytes_wipe(secret, CRYPTO_SCALAR_BYTES);
    return fault_of(code);
}
