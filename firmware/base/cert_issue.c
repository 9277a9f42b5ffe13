#include <stdio.h>
#include <string.h>

#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/x509_crt.h>

#include "base/cert.h"
#include "base/cert_x509.h"

enum { KEY_ID_BYTES = 20, SERIAL_BYTES = 16, TIME_TEXT = sizeof "YYYYMMDDhhmmss" };

/* "CN=" and a name that needs no escape. */
static enum scrip_status format_name(const char *name, char *out, size_t capacity)
{
    size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .-_");
    if (len == 0 || name[len] != '\0')
        return SCRIP_REFUSED_ARGUMENT;
    int written = snprintf(out, capacity, "CN=%s", name);
    return written > 0 && (size_t)written < capacity ? SCRIP_OK : SCRIP_REFUSED_TOO_LONG;
}

static void format_time(uint32_t unix_s, char out[TIME_TEXT])
{
    unsigned days = unix_s / 86400 + 719468, second = unix_s % 86400;
    unsigned era = days / 146097, day_of_era = days % 146097;
    unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
                            day_of_era / 146096) /
                           365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned month = (5 * day_of_year + 2) / 153; /* 0 is March */
    unsigned day = day_of_year - (153 * month + 2) / 5 + 1;
    unsigned year = era * 400 + year_of_era + (month >= 10);
    (void)snprintf(out, TIME_TEXT, "%04u%02u%02u%02u%02u%02u", year % 10000, (month + 2) % 12 + 1,
                   day, second / 3600, second / 60 % 60, second % 60);
}

/* RFC 7093 section 2, method 1: the first 160 bits of the point's SHA-256. */
static enum scrip_status key_id(const uint8_t point[CRYPTO_POINT_BYTES], uint8_t id[KEY_ID_BYTES])
{
    uint8_t hash[CRYPTO_HASH_BYTES];
    TRY(crypto_sha256(bytes_of(point, CRYPTO_POINT_BYTES), hash));
    memcpy(id, hash, KEY_ID_BYTES);
    return SCRIP_OK;
}

static enum scrip_status set_key_ids(mbedtls_x509write_cert *crt,
                                     const uint8_t point[CRYPTO_POINT_BYTES],
                                     const uint8_t issuer_point[CRYPTO_POINT_BYTES])
{
    uint8_t subject[2 + KEY_ID_BYTES] = {0x04, KEY_ID_BYTES};
    uint8_t issuer[4 + KEY_ID_BYTES] = {0x30, 2 + KEY_ID_BYTES, 0x80, KEY_ID_BYTES};
    TRY(key_id(point, subject + 2));
    TRY(key_id(issuer_point, issuer + 4));
    TRY(cert_status_of(
        mbedtls_x509write_crt_set_extension(crt, MBEDTLS_OID_SUBJECT_KEY_IDENTIFIER,
                                            MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_KEY_IDENTIFIER), 0,
                                            subject, sizeof subject),
        SCRIP_FAULT_CRYPTO));
    return cert_status_of(
        mbedtls_x509write_crt_set_extension(crt, MBEDTLS_OID_AUTHORITY_KEY_IDENTIFIER,
                                            MBEDTLS_OID_SIZE(MBEDTLS_OID_AUTHORITY_KEY_IDENTIFIER),
                                            0, issuer, sizeof issuer),
        SCRIP_FAULT_CRYPTO);
}

static enum scrip_status set_alternative_name(mbedtls_x509write_cert *crt,
                                              const struct cert_order *order)
{
    const char *text = order->use == CERT_TERMINAL ? order->uri : order->dns;
    uint8_t address[16];
    mbedtls_x509_san_list name = {0};
    if (!text || text[0] == '\0')
        return SCRIP_REFUSED_ARGUMENT;
    size_t address_len = order->use == CERT_HOST
                             ? mbedtls_x509_crt_parse_cn_inet_pton(text, address)
                             : 0;
    if (order->use == CERT_TERMINAL)
        name.node.type = MBEDTLS_X509_SAN_UNIFORM_RESOURCE_IDENTIFIER;
    else if (address_len > 0)
        name.node.type = MBEDTLS_X509_SAN_IP_ADDRESS;
    else
        name.node.type = MBEDTLS_X509_SAN_DNS_NAME;
    name.node.san.unstructured_name.p = address_len > 0 ? address
                                                        : (unsigned char *)(uintptr_t)text;
    name.node.san.unstructured_name.len = address_len > 0 ? address_len : strlen(text);
    return cert_status_of(mbedtls_x509write_crt_set_subject_alternative_name(crt, &name),
                          SCRIP_FAULT_CRYPTO);
}

static enum scrip_status set_use(mbedtls_x509write_cert *crt, const struct cert_order *order)
{
    bool ca = order->use == CERT_CA;
    TRY(cert_status_of(mbedtls_x509write_crt_set_basic_constraints(crt, ca, -1),
                       SCRIP_FAULT_CRYPTO));
    TRY(cert_status_of(mbedtls_x509write_crt_set_key_usage(
                           crt, ca ? MBEDTLS_X509_KU_KEY_CERT_SIGN | MBEDTLS_X509_KU_CRL_SIGN
                                   : MBEDTLS_X509_KU_DIGITAL_SIGNATURE),
                       SCRIP_FAULT_CRYPTO));
    if (ca)
        return SCRIP_OK;
    mbedtls_asn1_sequence purpose = {0};
    const char *oid = order->use == CERT_HOST ? MBEDTLS_OID_SERVER_AUTH : MBEDTLS_OID_CLIENT_AUTH;
    purpose.buf.tag = MBEDTLS_ASN1_OID;
    purpose.buf.p = (unsigned char *)(uintptr_t)oid;
    purpose.buf.len = MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH);
    TRY(cert_status_of(mbedtls_x509write_crt_set_ext_key_usage(crt, &purpose), SCRIP_FAULT_CRYPTO));
    return set_alternative_name(crt, order);
}

static enum scrip_status write(mbedtls_x509write_cert *crt,
                               const uint8_t issuer_point[CRYPTO_POINT_BYTES],
                               const struct cert_order *order, struct buffer *der)
{
    char subject[64], issuer[64], not_before[TIME_TEXT], not_after[TIME_TEXT];
    uint8_t serial[SERIAL_BYTES];
    if (order->not_after_s <= order->not_before_s)
        return SCRIP_REFUSED_ARGUMENT;
    TRY(format_name(order->subject, subject, sizeof subject));
    TRY(format_name(order->issuer, issuer, sizeof issuer));
    format_time(order->not_before_s, not_before);
    format_time(order->not_after_s, not_after);
    /* Positive, and with its full length (RFC 5280 section 4.1.2.2). */
    TRY(crypto_random(serial, sizeof serial));
    serial[0] = (serial[0] & 0x3F) | 0x40;

    mbedtls_x509write_crt_set_version(crt, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(crt, MBEDTLS_MD_SHA256);
    TRY(cert_status_of(mbedtls_x509write_crt_set_serial_raw(crt, serial, sizeof serial),
                       SCRIP_FAULT_CRYPTO));
    TRY(cert_status_of(mbedtls_x509write_crt_set_subject_name(crt, subject), SCRIP_FAULT_CRYPTO));
    TRY(cert_status_of(mbedtls_x509write_crt_set_issuer_name(crt, issuer), SCRIP_FAULT_CRYPTO));
    TRY(cert_status_of(mbedtls_x509write_crt_set_validity(crt, not_before, not_after),
                       SCRIP_FAULT_CRYPTO));
    TRY(set_use(crt, order));
    TRY(set_key_ids(crt, order->point, issuer_point));
    int len = mbedtls_x509write_crt_der(crt, der->data + der->len, der->capacity - der->len,
                                        mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
    return cert_take_der(len, der);
}

enum scrip_status cert_issue(struct crypto_key issuer_key,
                             const uint8_t issuer_point[CRYPTO_POINT_BYTES],
                             const struct cert_order *order, struct buffer *der)
{
    uint8_t spki[CERT_SPKI_BYTES];
    unsigned char *at = spki;
    memcpy(spki, cert_spki_start, CERT_SPKI_START_BYTES);
    memcpy(spki + CERT_SPKI_START_BYTES, order->point, CRYPTO_POINT_BYTES);

    mbedtls_pk_context subject_key, signing_key;
    mbedtls_x509write_cert crt;
    mbedtls_pk_init(&subject_key);
    mbedtls_pk_init(&signing_key);
    mbedtls_x509write_crt_init(&crt);
    enum scrip_status status = cert_status_of(
        mbedtls_pk_parse_subpubkey(&at, spki + sizeof spki, &subject_key), SCRIP_REFUSED_KEY);
    if (status == SCRIP_OK)
        status = cert_status_of(mbedtls_pk_setup_opaque(&signing_key, issuer_key.id),
                                SCRIP_FAULT_CRYPTO);
    if (status == SCRIP_OK) {
        mbedtls_x509write_crt_set_subject_key(&crt, &subject_key);
        mbedtls_x509write_crt_set_issuer_key(&crt, &signing_key);
        status = write(&crt, issuer_point, order, der);
    }
    mbedtls_x509write_crt_free(&crt);
    mbedtls_pk_free(&signing_key);
    mbedtls_pk_free(&subject_key);
    return status;
}
