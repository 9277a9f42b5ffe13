#include "tests/support/host_pki.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DAY_S = 86400 };

bool test_key_make(gnutls_x509_privkey_t *key)
{
    return gnutls_x509_privkey_init(key) == 0 &&
           gnutls_x509_privkey_generate(*key, GNUTLS_PK_ECDSA,
                                        GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0) == 0;
}

static bool start_certificate(gnutls_x509_crt_t *out, gnutls_x509_privkey_t key, const char *name,
                              int days)
{
    static uint32_t serial;
    time_t now = time(NULL);
    time_t begin = days < 0 ? now + 2 * (time_t)days * DAY_S : now - 600;
    uint8_t number[4];

    serial++;
    number[0] = 1;
    number[1] = (uint8_t)(serial >> 16);
    number[2] = (uint8_t)(serial >> 8);
    number[3] = (uint8_t)serial;
    return gnutls_x509_crt_init(out) == 0 && gnutls_x509_crt_set_version(*out, 3) == 0 &&
           gnutls_x509_crt_set_serial(*out, number, sizeof number) == 0 &&
           gnutls_x509_crt_set_activation_time(*out, begin) == 0 &&
           gnutls_x509_crt_set_expiration_time(*out, now + (time_t)days * DAY_S) == 0 &&
           gnutls_x509_crt_set_key(*out, key) == 0 &&
           gnutls_x509_crt_set_dn_by_oid(*out, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                         (unsigned)strlen(name)) == 0;
}

bool test_ca_make(struct test_ca *ca, const char *name)
{
    memset(ca, 0, sizeof *ca);
    return test_key_make(&ca->key) && start_certificate(&ca->certificate, ca->key, name, 365) &&
           gnutls_x509_crt_set_basic_constraints(ca->certificate, 1, 0) == 0 &&
           gnutls_x509_crt_set_key_usage(ca->certificate, GNUTLS_KEY_KEY_CERT_SIGN) == 0 &&
           gnutls_x509_crt_sign2(ca->certificate, ca->certificate, ca->key, GNUTLS_DIG_SHA256, 0) ==
               0;
}

void test_ca_free(struct test_ca *ca)
{
    gnutls_x509_crt_deinit(ca->certificate);
    gnutls_x509_privkey_deinit(ca->key);
}

static bool set_use(gnutls_x509_crt_t certificate, enum test_use use, const char *uri)
{
    static const uint8_t loopback[4] = {127, 0, 0, 1};
    const char *purpose = use == TEST_SERVER ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT;

    if (gnutls_x509_crt_set_key_purpose_oid(certificate, purpose, 0) != 0)
        return false;
    if (use == TEST_SERVER)
        return gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_IPADDRESS, loopback,
                                                    sizeof loopback, GNUTLS_FSAN_SET) == 0;
    return uri == NULL ||
           gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_URI, uri,
                                                (unsigned)strlen(uri), GNUTLS_FSAN_SET) == 0;
}

bool test_certificate_make(struct test_certificate *out, const struct test_ca *ca,
                           enum test_use use, const char *uri, int days)
{
    size_t len = sizeof out->spki_sha256;

    memset(out, 0, sizeof *out);
    return test_key_make(&out->key) &&
           start_certificate(&out->certificate, out->key, "test", days) &&
           set_use(out->certificate, use, uri) &&
           gnutls_x509_crt_sign2(out->certificate, ca->certificate, ca->key, GNUTLS_DIG_SHA256,
                                 0) == 0 &&
           gnutls_x509_crt_get_key_id(out->certificate, GNUTLS_KEYID_USE_SHA256, out->spki_sha256,
                                      &len) == 0;
}

void test_certificate_free(struct test_certificate *certificate)
{
    gnutls_x509_crt_deinit(certificate->certificate);
    gnutls_x509_privkey_deinit(certificate->key);
}

bool test_scalar_of(gnutls_x509_privkey_t key, uint8_t scalar[CRYPTO_SCALAR_BYTES])
{
    gnutls_datum_t k = {NULL, 0};
    const uint8_t *at;
    size_t len;

    if (gnutls_x509_privkey_export_ecc_raw(key, NULL, NULL, NULL, &k) != 0)
        return false;
    at = k.data;
    len = k.size;
    for (; len > CRYPTO_SCALAR_BYTES; len--)
        at++;
    memset(scalar, 0, CRYPTO_SCALAR_BYTES);
    memcpy(scalar + CRYPTO_SCALAR_BYTES - len, at, len);
    gnutls_free(k.data);
    return true;
}

bool test_write_file(const char *path, const void *data, size_t len)
{
    FILE *file = fopen(path, "wb");
    bool good = file != NULL && fwrite(data, 1, len, file) == len;

    return file != NULL && fclose(file) == 0 && good;
}

bool test_write_key(const char *path, gnutls_x509_privkey_t key)
{
    gnutls_datum_t pem = {NULL, 0};
    bool good = gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem) == 0 &&
                test_write_file(path, pem.data, pem.size);

    gnutls_free(pem.data);
    return good;
}

bool test_write_certificate(const char *path, gnutls_x509_crt_t certificate)
{
    gnutls_datum_t pem = {NULL, 0};
    bool good = gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &pem) == 0 &&
                test_write_file(path, pem.data, pem.size);

    gnutls_free(pem.data);
    return good;
}
