/*
 * host_pki: certificates and keys for tests of the host, made with GnuTLS, so that they do not come
 * from the code under test.
 */
#ifndef TESTS_SUPPORT_HOST_PKI_H
#define TESTS_SUPPORT_HOST_PKI_H

#include <gnutls/x509.h>

#include "base/crypto.h"

struct test_ca {
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t certificate;
};

struct test_certificate {
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t certificate;
    uint8_t spki_sha256[CRYPTO_HASH_BYTES];
};

enum test_use { TEST_SERVER, TEST_CLIENT };

bool test_ca_make(struct test_ca *ca, const char *name);
void test_ca_free(struct test_ca *ca);

/* uri (TEST_CLIENT) is the subject alternative name, NULL: none; days: validity from now on,
 * negative: it ended so long ago. TEST_SERVER is for 127.0.0.1. */
bool test_certificate_make(struct test_certificate *out, const struct test_ca *ca,
                           enum test_use use, const char *uri, int days);
void test_certificate_free(struct test_certificate *certificate);

/* The private scalar, for the agent's own signing. */
bool test_scalar_of(gnutls_x509_privkey_t key, uint8_t scalar[CRYPTO_SCALAR_BYTES]);
bool test_key_make(gnutls_x509_privkey_t *key);

/* PEM files. */
bool test_write_key(const char *path, gnutls_x509_privkey_t key);
bool test_write_certificate(const char *path, gnutls_x509_crt_t certificate);
bool test_write_file(const char *path, const void *data, size_t len);

#endif
