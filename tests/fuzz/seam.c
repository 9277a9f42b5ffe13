/*
 * seam: cryptography that a search can get behind, in the place of base/crypto's and base/p256v's
 * by the linker's --wrap. A signature verifies unless it begins with FF. A sealed entry carries a
 * checksum or, where an input has put zeros in its place, none: an attacker who knew the key.
 */
#include <string.h>

#include "base/crypto.h"
#include "base/p256v.h"

/* The linker's names for what takes a function's place. */
enum scrip_status
seam_verify(const struct p256v_table *table, const uint8_t hash[P256V_HASH_BYTES],
            const uint8_t signature[P256V_SIGNATURE_BYTES]) __asm__("__wrap_p256v_verify");
enum scrip_status seam_hkdf(struct bytes secret, struct bytes salt, struct bytes info, uint8_t *out,
                            size_t out_len) __asm__("__wrap_crypto_hkdf");
enum scrip_status seam_hmac(struct bytes key, const struct bytes *parts, size_t count,
                            uint8_t mac[CRYPTO_HASH_BYTES]) __asm__("__wrap_crypto_hmac");
enum scrip_status seam_key(const uint8_t key[CRYPTO_AEAD_KEY_BYTES],
                           struct crypto_key *out) __asm__("__wrap_crypto_aead_key");
enum scrip_status seam_seal(struct crypto_key key, const uint8_t nonce[CRYPTO_NONCE_BYTES],
                            struct bytes aad, struct bytes data,
                            uint8_t *out) __asm__("__wrap_crypto_aead_seal");
enum scrip_status seam_open(struct crypto_key key, const uint8_t nonce[CRYPTO_NONCE_BYTES],
                            struct bytes aad, struct bytes sealed,
                            uint8_t *out) __asm__("__wrap_crypto_aead_open");

enum scrip_status seam_verify(const struct p256v_table *table, const uint8_t hash[P256V_HASH_BYTES],
                              const uint8_t signature[P256V_SIGNATURE_BYTES])
{
    (void)table;
    (void)hash;
    return bytes_get_u32(signature) == UINT32_MAX ? SCRIP_REFUSED_SIGNATURE : SCRIP_OK;
}

enum scrip_status seam_hmac(struct bytes key, const struct bytes *parts, size_t count,
                            uint8_t mac[CRYPTO_HASH_BYTES])
{
    uint32_t crc = bytes_crc32(0, key.data, key.len);

    for (size_t i = 0; i < count; i++)
        crc = bytes_crc32(crc, parts[i].data, parts[i].len);
    for (size_t i = 0; i < CRYPTO_HASH_BYTES; i++)
        mac[i] = (uint8_t)(crc >> 8 * (i % 4));
    return SCRIP_OK;
}

enum scrip_status seam_hkdf(struct bytes secret, struct bytes salt, struct bytes info, uint8_t *out,
                            size_t out_len)
{
    uint32_t crc = bytes_crc32(0, secret.data, secret.len);

    crc = bytes_crc32(crc, salt.data, salt.len);
    crc = bytes_crc32(crc, info.data, info.len);
    for (size_t i = 0; i < out_len; i++)
        out[i] = (uint8_t)(crc >> 8 * (i % 4));
    return SCRIP_OK;
}

enum scrip_status seam_key(const uint8_t key[CRYPTO_AEAD_KEY_BYTES], struct crypto_key *out)
{
    (void)key;
    out->id = 0;
    return SCRIP_OK;
}

static void checksum(const uint8_t nonce[CRYPTO_NONCE_BYTES], struct bytes aad, const uint8_t *data,
                     size_t len, uint8_t tag[CRYPTO_TAG_BYTES])
{
    uint32_t crc = bytes_crc32(0, nonce, CRYPTO_NONCE_BYTES);

    crc = bytes_crc32(crc, aad.data, aad.len);
    memset(tag, 0x5A, CRYPTO_TAG_BYTES);
    bytes_put_u32(tag, bytes_crc32(crc, data, len));
}

enum scrip_status seam_seal(struct crypto_key key, const uint8_t nonce[CRYPTO_NONCE_BYTES],
                            struct bytes aad, struct bytes data, uint8_t *out)
{
    (void)key;
    memmove(out, data.data, data.len);
    checksum(nonce, aad, out, data.len, out + data.len);
    return SCRIP_OK;
}

enum scrip_status seam_open(struct crypto_key key, const uint8_t nonce[CRYPTO_NONCE_BYTES],
                            struct bytes aad, struct bytes sealed, uint8_t *out)
{
    static const uint8_t none[CRYPTO_TAG_BYTES];
    uint8_t tag[CRYPTO_TAG_BYTES];
    size_t len;
    bool good;

    (void)key;
    if (sealed.len < CRYPTO_TAG_BYTES)
        return SCRIP_FAULT_CORRUPT;
    len = sealed.len - CRYPTO_TAG_BYTES;
    checksum(nonce, aad, sealed.data, len, tag);
    good = memcmp(sealed.data + len, tag, sizeof tag) == 0 ||
           memcmp(sealed.data + len, none, sizeof none) == 0;
    memmove(out, sealed.data, len);
    if (!good)
        bytes_wipe(out, len);
    return good ? SCRIP_OK : SCRIP_FAULT_CORRUPT;
}
