#include "tools/scrip/keyfile.h"

#include <string.h>
#include <sys/stat.h>

#include "tools/scrip/command.h"
#include "tools/scrip/file.h"

/* DER of one curve and one length of everything, but for the numbers themselves. */
static const uint8_t PKCS8_HEAD[] = {0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06,
                                     0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06,
                                     0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07,
                                     0x04, 0x6D, 0x30, 0x6B, 0x02, 0x01, 0x01, 0x04, 0x20};
static const uint8_t PKCS8_POINT[] = {0xA1, 0x44, 0x03, 0x42, 0x00};
static const uint8_t SEC1_HEAD[] = {0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20};
static const uint8_t SEC1_POINT[] = {0xA0, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D,
                                     0x03, 0x01, 0x07, 0xA1, 0x44, 0x03, 0x42, 0x00};

enum { PEM_BYTES = 4096, DER_BYTES = 256 };

/* head scalar middle point */
static bool take_scalar(struct bytes der, const uint8_t *head, size_t head_len,
                        const uint8_t *middle, size_t middle_len,
                        uint8_t scalar[CRYPTO_SCALAR_BYTES])
{
    if (der.len != head_len + CRYPTO_SCALAR_BYTES + middle_len + CRYPTO_POINT_BYTES ||
        memcmp(der.data, head, head_len) != 0 ||
        memcmp(der.data + head_len + CRYPTO_SCALAR_BYTES, middle, middle_len) != 0)
        return false;
    memcpy(scalar, der.data + head_len, CRYPTO_SCALAR_BYTES);
    return true;
}

static enum scrip_status name_key(struct keyfile *out)
{
    TRY(crypto_signing_public(out->key, out->point));
    return cose_kid(out->point, out->kid);
}

enum scrip_status keyfile_make(const char *path, struct keyfile *out)
{
    uint8_t scalar[CRYPTO_SCALAR_BYTES], der_memory[DER_BYTES], pem_memory[PEM_BYTES];
    struct buffer der = buffer_of(der_memory, sizeof der_memory);
    struct buffer pem = buffer_of(pem_memory, sizeof pem_memory);
    memset(out, 0, sizeof *out);
    enum scrip_status status = crypto_signing_generate(&out->key, scalar);
    if (status == SCRIP_OK)
        status = name_key(out);
    if (status != SCRIP_OK) {
        (void)refuse("%s: no key could be made: %s", path, scrip_status_text(status));
    } else {
        buffer_put(&der, PKCS8_HEAD, sizeof PKCS8_HEAD);
        buffer_put(&der, scalar, sizeof scalar);
        buffer_put(&der, PKCS8_POINT, sizeof PKCS8_POINT);
        buffer_put(&der, out->point, sizeof out->point);
        pem_encode("PRIVATE KEY", buffer_bytes(&der), &pem);
        status = file_write(path, buffer_bytes(&pem), 0600);
    }
    bytes_wipe(scalar, sizeof scalar);
    bytes_wipe(der_memory, sizeof der_memory);
    bytes_wipe(pem_memory, sizeof pem_memory);
    return status;
}

static enum scrip_status read_scalar(struct bytes pem, uint8_t scalar[CRYPTO_SCALAR_BYTES])
{
    uint8_t memory[DER_BYTES];
    struct buffer der = buffer_of(memory, sizeof memory);
    bool good = false;
    if (pem_decode("PRIVATE KEY", pem, &der) == SCRIP_OK) {
        good = take_scalar(buffer_bytes(&der), PKCS8_HEAD, sizeof PKCS8_HEAD, PKCS8_POINT,
                           sizeof PKCS8_POINT, scalar);
    } else {
        der = buffer_of(memory, sizeof memory);
        good = pem_decode("EC PRIVATE KEY", pem, &der) == SCRIP_OK &&
               take_scalar(buffer_bytes(&der), SEC1_HEAD, sizeof SEC1_HEAD, SEC1_POINT,
                           sizeof SEC1_POINT, scalar);
    }
    bytes_wipe(memory, sizeof memory);
    return good ? SCRIP_OK : SCRIP_REFUSED_KEY;
}

/* The scalar of a file; failures are said. */
static enum scrip_status load_scalar(const char *path, uint8_t scalar[CRYPTO_SCALAR_BYTES])
{
    uint8_t memory[PEM_BYTES];
    struct buffer pem = buffer_of(memory, sizeof memory);
    struct stat file;
    if (stat(path, &file) == 0 && (file.st_mode & 077) != 0) {
        (void)refuse("%s: others can read this key: chmod 600 %s", path, path);
        return SCRIP_FAULT_KEYSTORE;
    }
    TRY(file_read(path, &pem));
    enum scrip_status status = read_scalar(buffer_bytes(&pem), scalar);
    bytes_wipe(memory, sizeof memory);
    if (status != SCRIP_OK)
        (void)refuse(
            "%s: not a P-256 private key in PEM, as `scrip pki init` and openssl make them", path);
    return status;
}

static enum scrip_status tell_import(const char *path, enum scrip_status status)
{
    if (status != SCRIP_OK)
        (void)refuse("%s: the key could not be used: %s", path, scrip_status_text(status));
    return status;
}

enum scrip_status keyfile_open(const char *path, struct keyfile *out)
{
    uint8_t scalar[CRYPTO_SCALAR_BYTES] = {0};
    memset(out, 0, sizeof *out);
    TRY(load_scalar(path, scalar));
    enum scrip_status status = crypto_signing_import(scalar, &out->key);
    bytes_wipe(scalar, sizeof scalar);
    if (status == SCRIP_OK)
        status = name_key(out);
    return tell_import(path, status);
}

enum scrip_status keyfile_open_agreement(const char *path, struct crypto_key *out)
{
    uint8_t scalar[CRYPTO_SCALAR_BYTES] = {0};
    TRY(load_scalar(path, scalar));
    enum scrip_status status = crypto_agreement_import(scalar, out);
    bytes_wipe(scalar, sizeof scalar);
    return tell_import(path, status);
}

void keyfile_close(struct keyfile *keyfile)
{
    crypto_key_close(&keyfile->key);
}
