#include "tools/host/pki.h"

#include <dirent.h>
#include <gnutls/x509.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "redeem/status_list.h"
#include "tools/host/load.h"
#include "tools/host/log.h"

struct path {
    char text[PKI_DIR + 64];
};

static struct path path_of(const struct pki *pki, const char *name)
{
    struct path path;

    (void)snprintf(path.text, sizeof path.text, "%s/%s", pki->dir, name);
    return path;
}

static enum scrip_status read_file(const struct pki *pki, const char *name, void *data,
                                   size_t capacity, size_t *len)
{
    struct path path = path_of(pki, name);
    enum scrip_status status = load_file(path.text, data, capacity, len);

    if (status == SCRIP_REFUSED_NOT_FOUND)
        log_line("%s is missing: make the directory with `scrip pki init`", path.text);
    else if (status == SCRIP_REFUSED_TOO_LONG)
        log_line("%s is longer than %zu bytes: not a file of `scrip pki init`", path.text,
                 capacity);
    else if (status != SCRIP_OK)
        log_line("%s cannot be read: check its owner and mode", path.text);
    return status;
}

static enum scrip_status read_pem(const struct pki *pki, const char *name, char pem[PKI_PEM])
{
    size_t len;

    TRY(read_file(pki, name, pem, PKI_PEM - 1, &len));
    pem[len] = '\0';
    return SCRIP_OK;
}

/* The scalar of a P-256 key, left-padded: GnuTLS gives integers, with or without a sign byte. */
static bool scalar_of(const gnutls_datum_t *k, uint8_t scalar[CRYPTO_SCALAR_BYTES])
{
    const uint8_t *at = k->data;
    size_t len = k->size;

    while (len > CRYPTO_SCALAR_BYTES && *at == 0) {
        at++;
        len--;
    }
    if (len > CRYPTO_SCALAR_BYTES)
        return false;
    memset(scalar, 0, CRYPTO_SCALAR_BYTES);
    memcpy(scalar + CRYPTO_SCALAR_BYTES - len, at, len);
    return true;
}

bool pki_read_scalar(const char *pem, uint8_t scalar[CRYPTO_SCALAR_BYTES])
{
    gnutls_datum_t text = {(unsigned char *)(uintptr_t)pem, (unsigned)strlen(pem)};
    gnutls_datum_t k = {NULL, 0};
    gnutls_ecc_curve_t curve;
    gnutls_x509_privkey_t key;
    bool good;

    if (gnutls_x509_privkey_init(&key) != 0)
        return false;
    good = gnutls_x509_privkey_import(key, &text, GNUTLS_X509_FMT_PEM) == 0 &&
           gnutls_x509_privkey_export_ecc_raw(key, &curve, NULL, NULL, &k) == 0 &&
           curve == GNUTLS_ECC_CURVE_SECP256R1 && scalar_of(&k, scalar);
    if (k.data != NULL) {
        bytes_wipe(k.data, k.size);
        gnutls_free(k.data);
    }
    gnutls_x509_privkey_deinit(key);
    return good;
}

static enum scrip_status open_time_key(struct pki *pki)
{
    char pem[PKI_PEM];
    uint8_t scalar[CRYPTO_SCALAR_BYTES] = {0};
    uint8_t point[CRYPTO_POINT_BYTES];
    enum scrip_status status;

    TRY(read_pem(pki, "time.key", pem));
    status = pki_read_scalar(pem, scalar) ? crypto_signing_import(scalar, &pki->time_key)
                                          : SCRIP_REFUSED_KEY;
    bytes_wipe(pem, sizeof pem);
    bytes_wipe(scalar, sizeof scalar);
    if (status != SCRIP_OK) {
        log_line("%s is not a P-256 private key in PEM", path_of(pki, "time.key").text);
        return status;
    }
    TRY(crypto_signing_public(pki->time_key, point));
    return cose_kid(point, pki->time_kid);
}

static enum scrip_status read_roots(struct pki *pki)
{
    size_t len;

    TRY(read_file(pki, "roots.bin", pki->roots.point, sizeof pki->roots.point, &len));
    pki->roots.count = len / CRYPTO_POINT_BYTES;
    for (size_t i = 0; i < pki->roots.count && len % CRYPTO_POINT_BYTES == 0; i++)
        if (crypto_point_check(pki->roots.point[i]) != SCRIP_OK)
            len = 0;
    if (len == 0 || len % CRYPTO_POINT_BYTES != 0) {
        log_line("%s must hold one or two P-256 points of 65 bytes",
                 path_of(pki, "roots.bin").text);
        return SCRIP_REFUSED_KEY;
    }
    return SCRIP_OK;
}

static enum scrip_status set_etag(struct pki_object *object)
{
    uint8_t hash[CRYPTO_HASH_BYTES];
    struct buffer text = buffer_of(object->etag, sizeof object->etag - 1);

    TRY(crypto_sha256(bytes_of(object->data, object->len), hash));
    buffer_put_byte(&text, '"');
    text_hex_encode(bytes_of(hash, 16), &text);
    buffer_put_byte(&text, '"');
    object->etag[text.len] = '\0';
    return SCRIP_OK;
}

/* The expiry of a key set keeps terminals from believing an old one. The host issues it, and judges
 * records by the times that they carry, so for the host it never ends. */
static enum scrip_status read_keys(const struct object *object, struct keyset *keys)
{
    TRY(keyset_read(object, keys));
    keys->exp_s = UINT32_MAX;
    return SCRIP_OK;
}

/* The number in list-N.cose, 0 and more; false: another name. */
static bool list_number(const char *name, uint32_t *number)
{
    char again[40];
    uint64_t value;
    size_t len = strlen(name);

    if (len < 11 || text_uint(bytes_of(name + 5, len - 10), UINT32_MAX, &value) != SCRIP_OK)
        return false;
    *number = (uint32_t)value;
    (void)snprintf(again, sizeof again, "list-%" PRIu32 ".cose", *number);
    return strcmp(name, again) == 0;
}

/* Terminals hold one list: the one that coupons are being given out from, the newest. */
static bool find_list(const struct pki *pki, uint32_t *newest)
{
    DIR *dir = opendir(path_of(pki, "objects").text);
    bool found = false;
    uint32_t number;

    *newest = 0;
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        if (!list_number(entry->d_name, &number) || (found && number < *newest))
            continue;
        *newest = number;
        found = true;
    }
    if (dir != NULL)
        (void)closedir(dir);
    return found;
}

/* False: there is none, and need not be one. */
static bool object_file(struct pki *pki, enum object_kind kind, char name[40])
{
    struct pki_object *object = &pki->object[kind];

    (void)snprintf(name, 40, "objects/%s.cose", object_name(kind));
    if (kind != OBJECT_LIST)
        return kind != OBJECT_OPERATORS || object->len != 0 ||
               access(path_of(pki, name).text, F_OK) == 0;
    if (!find_list(pki, &object->list))
        return false;
    (void)snprintf(name, 40, "objects/list-%" PRIu32 ".cose", object->list);
    return true;
}

/* A list is by an issuer, all else by a root. */
static enum scrip_status verify_object(const struct pki *pki, enum object_kind kind,
                                       struct span data, struct object *out)
{
    struct status_list list;

    if (kind != OBJECT_LIST)
        return object_verify(data, kind, &pki->believed, out);
    memset(out, 0, sizeof *out);
    TRY(status_list_read(data, &pki->keys, &list));
    out->seq = list.seq;
    return list.list == pki->object[kind].list ? SCRIP_OK : SCRIP_REFUSED_CLAIMS;
}

static enum scrip_status load_object(struct pki *pki, enum object_kind kind, const char *name)
{
    struct pki_object fresh = pki->object[kind];
    struct keyset keys = {.count = 0};
    struct object_roots believed = pki->believed;
    struct object object;

    TRY(read_file(pki, name, fresh.data, sizeof fresh.data, &fresh.len));
    TRY(verify_object(pki, kind, span_of(bytes_of(fresh.data, fresh.len)), &object));
    if (kind == OBJECT_KEYS) {
        TRY(read_keys(&object, &keys));
        TRY(keyset_roots(&keys, &pki->roots, &believed));
    }
    TRY(set_etag(&fresh));
    fresh.seq = object.seq;
    pki->object[kind] = fresh;
    pki->believed = believed;
    if (kind != OBJECT_KEYS)
        return SCRIP_OK;
    pki->keys = keys;
    return keyset_prepare(&pki->keys, &pki->tables);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

void pki_refresh(struct pki *pki)
{
    for (int kind = 0; kind < OBJECT_KINDS; kind++) {
        struct stat now = {.st_ino = 0};
        enum scrip_status status;
        char name[40];

        if (!object_file(pki, (enum object_kind)kind, name))
            continue;
        struct path path = path_of(pki, name);
        if (stat(path.text, &now) == 0 && same_file(&now, &pki->object[kind].seen))
            continue;
        pki->object[kind].seen = now;
        status = load_object(pki, (enum object_kind)kind, name);
        if (status != SCRIP_OK)
            log_line("%s is not used (%s): %s", path.text, scrip_status_name(status),
                     pki->object[kind].len != 0 ? "the last good one stays" : "there is none");
        else
            log_line("%s: number %" PRIu32, path.text, pki->object[kind].seq);
    }
}

enum scrip_status pki_coupon_status(const struct pki *pki, uint32_t list, uint32_t index,
                                    bool *revoked)
{
    uint8_t data[LIMIT_OBJECT_BYTES];
    struct status_list found;
    char name[40];
    size_t len;
    enum scrip_status status;

    *revoked = true;
    (void)snprintf(name, sizeof name, "objects/list-%" PRIu32 ".cose", list);
    status = load_file(path_of(pki, name).text, data, sizeof data, &len);
    if (status == SCRIP_OK)
        status = status_list_read(span_of(bytes_of(data, len)), &pki->keys, &found);
    if (scrip_is_refused(status) || (status == SCRIP_OK && found.list != list)) {
        log_line("%s: no status list by an issuer's key: its coupons are refused",
                 path_of(pki, name).text);
        return SCRIP_REFUSED_NOT_FOUND;
    }
    TRY(status);
    return status_list_look(&found, index, revoked);
}

enum scrip_status pki_open(struct pki *pki, const char *dir)
{
    memset(pki, 0, sizeof *pki);
    if (strlen(dir) >= sizeof pki->dir) {
        log_line("the directory's name is longer than %zu bytes", sizeof pki->dir - 1);
        return SCRIP_REFUSED_TOO_LONG;
    }
    (void)snprintf(pki->dir, sizeof pki->dir, "%s", dir);
    TRY(read_pem(pki, "ca.crt", pki->ca));
    TRY(read_pem(pki, "host.crt", pki->certificate));
    TRY(read_pem(pki, "host.key", pki->key));
    TRY(open_time_key(pki));
    TRY(read_roots(pki));
    pki->believed = pki->roots;
    pki_refresh(pki);
    return pki->object[OBJECT_KEYS].len != 0 && pki->object[OBJECT_POLICY].len != 0
               ? SCRIP_OK
               : SCRIP_REFUSED_NOT_FOUND;
}

void pki_close(struct pki *pki)
{
    crypto_key_close(&pki->time_key);
    bytes_wipe(pki->key, sizeof pki->key);
}
