#include "base/hpke.h"

#include <string.h>

enum { KEM_SUITE = 5, HPKE_SUITE = 10 };

/* "KEM" || kem_id, and "HPKE" || kem_id || kdf_id || aead_id (RFC 9180 sections 4.1 and 5.1). */
static const uint8_t kem_suite[KEM_SUITE] = {'K', 'E', 'M', 0x00, 0x10};
static const uint8_t hpke_suite[HPKE_SUITE] = {'H',  'P',  'K',  'E',  0x00,
                                               0x10, 0x00, 0x01, 0x00, 0x01};
static const uint8_t MODE_BASE = 0;

/* HMAC pads its key with zeros: these are no key at all. */
static const uint8_t no_salt[CRYPTO_HASH_BYTES];

static enum scrip_status extract(struct bytes suite, const uint8_t salt[CRYPTO_HASH_BYTES],
                                 const char *label, struct bytes input,
                                 uint8_t out[CRYPTO_HASH_BYTES])
{
    const struct bytes parts[] = {bytes_text("HPKE-v1"), suite, bytes_text(label), input};
    return crypto_hmac(bytes_of(salt, CRYPTO_HASH_BYTES), parts, 4, out);
}

/* At most one block, which is all that is ever asked for. */
static enum scrip_status expand(struct bytes suite, const uint8_t secret[CRYPTO_HASH_BYTES],
                                const char *label, struct bytes info, uint8_t *out, size_t len)
{
    static const uint8_t counter = 1;
    const uint8_t length[2] = {0, (uint8_t)len};
    const struct bytes parts[] = {
        bytes_of(length, 2),  bytes_text("HPKE-v1"), suite, bytes_text(label), info,
        bytes_of(&counter, 1)};
    uint8_t block[CRYPTO_HASH_BYTES];
    enum scrip_status status = crypto_hmac(bytes_of(secret, CRYPTO_HASH_BYTES), parts, 6, block);

    if (status == SCRIP_OK)
        memcpy(out, block, len);
    bytes_wipe(block, sizeof block);
    return status;
}

/* What both sides derive from the agreement. */
struct schedule {
    uint8_t dh[CRYPTO_SCALAR_BYTES];
    uint8_t kem_context[2 * CRYPTO_POINT_BYTES]; /* enc, recipient */
    uint8_t prk[CRYPTO_HASH_BYTES], shared[CRYPTO_HASH_BYTES], secret[CRYPTO_HASH_BYTES];
    uint8_t context[1 + 2 * CRYPTO_HASH_BYTES]; /* mode, psk_id_hash, info_hash */
    uint8_t key[CRYPTO_AEAD_KEY_BYTES], nonce[CRYPTO_NONCE_BYTES];
};

static enum scrip_status derive(struct schedule *s, struct bytes info)
{
    struct bytes kem = bytes_of(kem_suite, KEM_SUITE), suite = bytes_of(hpke_suite, HPKE_SUITE);
    struct bytes nothing = bytes_of(NULL, 0), context = bytes_of(s->context, sizeof s->context);

    TRY(extract(kem, no_salt, "eae_prk", bytes_of(s->dh, sizeof s->dh), s->prk));
    TRY(expand(kem, s->prk, "shared_secret", bytes_of(s->kem_context, sizeof s->kem_context),
               s->shared, sizeof s->shared));
    s->context[0] = MODE_BASE;
    TRY(extract(suite, no_salt, "psk_id_hash", nothing, s->context + 1));
    TRY(extract(suite, no_salt, "info_hash", info, s->context + 1 + CRYPTO_HASH_BYTES));
    TRY(extract(suite, s->shared, "secret", nothing, s->secret));
    TRY(expand(suite, s->secret, "key", context, s->key, sizeof s->key));
    return expand(suite, s->secret, "base_nonce", context, s->nonce, sizeof s->nonce);
}

static enum scrip_status seal(struct schedule *s, struct crypto_key ephemeral,
                              const uint8_t recipient[CRYPTO_POINT_BYTES], struct bytes info,
                              struct bytes aad, struct bytes text, uint8_t *out)
{
    struct crypto_key aead;

    TRY(crypto_signing_public(ephemeral, s->kem_context));
    memcpy(s->kem_context + CRYPTO_POINT_BYTES, recipient, CRYPTO_POINT_BYTES);
    TRY(crypto_agree(ephemeral, recipient, s->dh));
    TRY(derive(s, info));
    TRY(crypto_aead_key(s->key, &aead));
    enum scrip_status status = crypto_aead_seal(aead, s->nonce, aad, text,
                                                out + CRYPTO_POINT_BYTES);
    crypto_key_close(&aead);
    memcpy(out, s->kem_context, CRYPTO_POINT_BYTES);
    return status;
}

enum scrip_status hpke_seal_with(struct crypto_key ephemeral,
                                 const uint8_t recipient[CRYPTO_POINT_BYTES], struct bytes info,
                                 struct bytes aad, struct bytes text, struct buffer *out)
{
    struct schedule schedule;

    if (out->capacity - out->len < text.len + HPKE_OVERHEAD)
        return SCRIP_REFUSED_TOO_LONG;
    enum scrip_status status = seal(&schedule, ephemeral, recipient, info, aad, text,
                                    out->data + out->len);
    bytes_wipe(&schedule, sizeof schedule);
    if (status == SCRIP_OK)
        out->len += text.len + HPKE_OVERHEAD;
    else
        bytes_wipe(out->data + out->len, text.len + HPKE_OVERHEAD);
    return status;
}

enum scrip_status hpke_seal(const uint8_t recipient[CRYPTO_POINT_BYTES], struct bytes info,
                            struct bytes aad, struct bytes text, struct buffer *out)
{
    struct crypto_key ephemeral;

    TRY(crypto_agreement_generate(&ephemeral));
    enum scrip_status status = hpke_seal_with(ephemeral, recipient, info, aad, text, out);
    crypto_key_close(&ephemeral);
    return status;
}

static enum scrip_status open_sealed(struct schedule *s, struct crypto_key recipient,
                                     struct bytes info, struct bytes aad, struct bytes sealed,
                                     uint8_t *out)
{
    struct crypto_key aead;

    memcpy(s->kem_context, sealed.data, CRYPTO_POINT_BYTES);
    TRY(crypto_signing_public(recipient, s->kem_context + CRYPTO_POINT_BYTES));
    TRY(crypto_agree(recipient, sealed.data, s->dh));
    TRY(derive(s, info));
    TRY(crypto_aead_key(s->key, &aead));
    enum scrip_status status = crypto_aead_open(
        aead, s->nonce, aad,
        bytes_of(sealed.data + CRYPTO_POINT_BYTES, sealed.len - CRYPTO_POINT_BYTES), out);
    crypto_key_close(&aead);
    return status;
}

enum scrip_status hpke_open(struct crypto_key recipient, struct bytes info, struct bytes aad,
                            struct bytes sealed, struct buffer *out)
{
    struct schedule schedule;

    if (sealed.len < HPKE_OVERHEAD)
        return SCRIP_REFUSED_SHAPE;
    if (out->capacity - out->len < sealed.len - HPKE_OVERHEAD)
        return SCRIP_REFUSED_TOO_LONG;
    enum scrip_status status = open_sealed(&schedule, recipient, info, aad, sealed,
                                           out->data + out->len);
    bytes_wipe(&schedule, sizeof schedule);
    if (status == SCRIP_OK)
        out->len += sealed.len - HPKE_OVERHEAD;
    return status;
}
