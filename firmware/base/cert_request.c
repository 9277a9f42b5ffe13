/*
 * cert_request: a terminal's PKCS #10 request, written back to front, so that every length is known
 * when it is written. The library's writer takes 3 KiB for the same bytes.
 *
 * Format   RFC 2986; the name as in RFC 5280, and the URI as a requested extension (RFC 2985).
 */
#include "base/cert.h"

#include <string.h>

#include "base/cert_x509.h"

enum {
    TAG_INTEGER = 0x02,
    TAG_BIT_STRING = 0x03,
    TAG_OCTET_STRING = 0x04,
    TAG_UTF8 = 0x0C,
    TAG_SEQUENCE = 0x30,
    TAG_SET = 0x31,
    TAG_URI = 0x86,        /* [6] of GeneralName */
    TAG_ATTRIBUTES = 0xA0, /* [0] of CertificationRequestInfo */
    INFO_BYTES = 256       /* what is signed has at most 231 */
};

static const uint8_t version[] = {TAG_INTEGER, 1, 0};
static const uint8_t common_name[] = {0x06, 3, 0x55, 0x04, 0x03};
static const uint8_t subject_alt_name[] = {0x06, 3, 0x55, 0x1D, 0x11};
static const uint8_t extension_request[] = {0x06, 9,    0x2A, 0x86, 0x48, 0x86,
                                            0xF7, 0x0D, 0x01, 0x09, 0x0E};
static const uint8_t ecdsa_with_sha256[] = {TAG_SEQUENCE, 10,   0x06, 8,    0x2A, 0x86,
                                            0x48,         0xCE, 0x3D, 0x04, 0x03, 0x02};

/* What is written so far lies from at to the end of the memory. */
struct der {
    uint8_t *start, *at;
    bool overflow;
};

static void put(struct der *der, const void *data, size_t len)
{
    if ((size_t)(der->at - der->start) < len) {
        der->overflow = true;
        return;
    }
    der->at -= len;
    memcpy(der->at, data, len);
}

static void put_byte(struct der *der, uint8_t byte)
{
    put(der, &byte, 1);
}

/* Makes everything from here to end the content of one element. */
static void wrap(struct der *der, uint8_t tag, const uint8_t *end)
{
    size_t len = (size_t)(end - der->at);

    put_byte(der, (uint8_t)len);
    if (len > 0xFF)
        put_byte(der, (uint8_t)(len >> 8));
    if (len > 0x7F)
        put_byte(der, len > 0xFF ? 0x82 : 0x81);
    put_byte(der, tag);
}

/* 32 bytes, big-endian, as the shortest INTEGER. */
static void put_integer(struct der *der, const uint8_t *number)
{
    const uint8_t *end = der->at;
    size_t zeros = 0;

    while (zeros < 31 && number[zeros] == 0)
        zeros++;
    put(der, number + zeros, 32 - zeros);
    if (number[zeros] & 0x80)
        put_byte(der, 0);
    wrap(der, TAG_INTEGER, end);
}

static void put_attributes(struct der *der, const struct identity *identity)
{
    const uint8_t *end = der->at;

    put(der, identity->text, strlen(identity->text));
    put(der, IDENTITY_URN, sizeof IDENTITY_URN - 1);
    wrap(der, TAG_URI, end);
    wrap(der, TAG_SEQUENCE, end);
    wrap(der, TAG_OCTET_STRING, end);
    put(der, subject_alt_name, sizeof subject_alt_name);
    wrap(der, TAG_SEQUENCE, end);
    wrap(der, TAG_SEQUENCE, end);
    wrap(der, TAG_SET, end);
    put(der, extension_request, sizeof extension_request);
    wrap(der, TAG_SEQUENCE, end);
    wrap(der, TAG_ATTRIBUTES, end);
}

static void put_name(struct der *der, const struct identity *identity)
{
    const uint8_t *end = der->at;

    put(der, identity->text, strlen(identity->text));
    wrap(der, TAG_UTF8, end);
    put(der, common_name, sizeof common_name);
    wrap(der, TAG_SEQUENCE, end);
    wrap(der, TAG_SET, end);
    wrap(der, TAG_SEQUENCE, end);
}

static struct bytes put_info(struct der *der, const struct identity *identity,
                             const uint8_t point[CRYPTO_POINT_BYTES])
{
    const uint8_t *end = der->at;

    put_attributes(der, identity);
    put(der, point, CRYPTO_POINT_BYTES);
    put(der, cert_spki_start, sizeof cert_spki_start);
    put_name(der, identity);
    put(der, version, sizeof version);
    wrap(der, TAG_SEQUENCE, end);
    return bytes_of(der->at, (size_t)(end - der->at));
}

static void put_request(struct der *der, struct bytes info,
                        const uint8_t signature[CRYPTO_SIGNATURE_BYTES])
{
    const uint8_t *end = der->at;

    put_integer(der, signature + CRYPTO_SIGNATURE_BYTES / 2);
    put_integer(der, signature);
    wrap(der, TAG_SEQUENCE, end);
    put_byte(der, 0); /* unused bits */
    wrap(der, TAG_BIT_STRING, end);
    put(der, ecdsa_with_sha256, sizeof ecdsa_with_sha256);
    put(der, info.data, info.len);
    wrap(der, TAG_SEQUENCE, end);
}

enum scrip_status cert_request(struct crypto_key key, const struct identity *identity,
                               struct buffer *out)
{
    uint8_t memory[INFO_BYTES], point[CRYPTO_POINT_BYTES], hash[CRYPTO_HASH_BYTES];
    uint8_t signature[CRYPTO_SIGNATURE_BYTES];
    struct der info = {memory, memory + sizeof memory, false};
    struct der request = {out->data + out->len, out->data + out->capacity, false};

    if (identity->text[0] == '\0')
        return SCRIP_REFUSED_ARGUMENT;
    if (out->capacity - out->len < CERT_REQUEST_BYTES)
        return SCRIP_REFUSED_TOO_LONG;
    TRY(crypto_signing_public(key, point));
    struct bytes signed_part = put_info(&info, identity, point);
    TRY(crypto_sha256(signed_part, hash));
    TRY(crypto_sign(key, hash, signature));
    put_request(&request, signed_part, signature);
    if (info.overflow || request.overflow)
        return SCRIP_REFUSED_TOO_LONG;
    return cert_take_der((int)(out->data + out->capacity - request.at), out);
}
