#include "tools/scrip/pki.h"

#include <stdio.h>
#include <string.h>

#include "base/currency.h"
#include "base/identity.h"
#include "tools/scrip/command.h"

static bool set_line(struct pki_defaults *out, const char *name, const char *value)
{
    if (strcmp(name, "merchant") == 0 && strlen(value) <= LIMIT_ID_PART &&
        identity_audience_parts(bytes_text(value)) == 1) {
        (void)snprintf(out->merchant, sizeof out->merchant, "%s", value);
    } else if (strcmp(name, "host") == 0 && strlen(value) <= LIMIT_HOST_NAME) {
        (void)snprintf(out->host, sizeof out->host, "%s", value);
    } else if (strcmp(name, "currency") == 0 && currency_of_letters(bytes_text(value)) != NULL) {
        out->currency = currency_of_letters(bytes_text(value))->number;
    } else {
        return false;
    }
    return true;
}

enum scrip_status pki_read_defaults(const char *dir, struct pki_defaults *out)
{
    char path[FILE_PATH], text[512] = {0};
    struct buffer in = buffer_of(text, sizeof text - 1);
    memset(out, 0, sizeof *out);
    TRY(file_path(path, dir, "defaults"));
    TRY(file_read(path, &in));
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        char *equals = strchr(line, '=');
        *end = '\0';
        if (equals == NULL || equals > end)
            continue;
        *equals = '\0';
        if (!set_line(out, line, equals + 1)) {
            (void)refuse("%s: the line %s= is not understood", path, line);
            return SCRIP_REFUSED_ARGUMENT;
        }
    }
    if (out->merchant[0] != '\0' && out->host[0] != '\0' && out->currency != 0)
        return SCRIP_OK;
    (void)refuse("%s: it needs the lines merchant=, currency= and host=", path);
    return SCRIP_REFUSED_ARGUMENT;
}

enum scrip_status pki_write_defaults(const char *dir, const struct pki_defaults *in)
{
    char path[FILE_PATH], text[256];
    TRY(file_path(path, dir, "defaults"));
    (void)snprintf(text, sizeof text, "merchant=%s\ncurrency=%s\nhost=%s\n", in->merchant,
                   currency_of_number(in->currency)->letters, in->host);
    return file_write(path, bytes_text(text), 0644);
}

enum scrip_status pki_read_roots(const char *path, struct object_roots *out)
{
    uint8_t memory[2 * CRYPTO_POINT_BYTES + 1];
    struct buffer points = buffer_of(memory, sizeof memory);
    memset(out, 0, sizeof *out);
    TRY(file_read(path, &points));
    bool good = points.len > 0 && points.len % CRYPTO_POINT_BYTES == 0;
    for (size_t i = 0; good && i < points.len / CRYPTO_POINT_BYTES; i++) {
        memcpy(out->point[i], memory + i * CRYPTO_POINT_BYTES, CRYPTO_POINT_BYTES);
        good = crypto_point_check(out->point[i]) == SCRIP_OK;
        out->count++;
    }
    if (good)
        return SCRIP_OK;
    (void)refuse("%s: it must hold one or two P-256 points of 65 bytes", path);
    return SCRIP_REFUSED_KEY;
}

static enum scrip_status read_object(const char *path, enum object_kind kind,
                                     const struct object_roots *roots, struct buffer *bytes,
                                     struct object *out)
{
    TRY(file_read(path, bytes));
    enum scrip_status status = object_verify(span_of(buffer_bytes(bytes)), kind, roots, out);
    if (status != SCRIP_OK)
        (void)refuse("%s: not an object signed by these roots (%s)", path,
                     scrip_status_name(status));
    return status;
}

enum scrip_status pki_read_keys(const char *path, const struct object_roots *roots,
                                struct keyset *out)
{
    uint8_t memory[LIMIT_OBJECT_BYTES + 1];
    struct buffer bytes = buffer_of(memory, sizeof memory);
    struct object object;
    memset(out, 0, sizeof *out);
    TRY(read_object(path, OBJECT_KEYS, roots, &bytes, &object));
    enum scrip_status status = keyset_read(&object, out);
    if (status != SCRIP_OK)
        (void)refuse("%s: signed, but not a key set (%s)", path, scrip_status_name(status));
    return status;
}

enum scrip_status pki_read_policy(const char *path, const struct object_roots *roots,
                                  struct policy *out)
{
    uint8_t memory[LIMIT_OBJECT_BYTES + 1];
    struct buffer bytes = buffer_of(memory, sizeof memory);
    struct object object;
    memset(out, 0, sizeof *out);
    TRY(read_object(path, OBJECT_POLICY, roots, &bytes, &object));
    enum scrip_status status = policy_read(&object, out);
    if (status != SCRIP_OK)
        (void)refuse("%s: signed, but not a policy (%s)", path, scrip_status_name(status));
    return status;
}

enum scrip_status pki_read_office(const char *dir, struct keyset *out)
{
    char roots_path[FILE_PATH], keys_path[FILE_PATH];
    struct object_roots roots;
    TRY(file_path(roots_path, dir, "roots.bin"));
    TRY(file_path(keys_path, dir, "objects/keys.cose"));
    TRY(pki_read_roots(roots_path, &roots));
    return pki_read_keys(keys_path, &roots, out);
}

enum scrip_status pki_read_operators(const char *dir, struct pki_operators *out)
{
    char path[FILE_PATH], roots_path[FILE_PATH];
    uint8_t memory[LIMIT_OBJECT_BYTES + 1];
    struct buffer bytes = buffer_of(memory, sizeof memory);
    struct object_roots roots;
    struct object object;
    struct operators read;
    struct operators_walk walk;
    memset(out, 0, sizeof *out);
    TRY(file_path(path, dir, "objects/operators.cose"));
    if (!file_exists(path))
        return crypto_random(out->salt, sizeof out->salt);
    TRY(file_path(roots_path, dir, "roots.bin"));
    TRY(pki_read_roots(roots_path, &roots));
    TRY(read_object(path, OBJECT_OPERATORS, &roots, &bytes, &object));
    enum scrip_status status = operators_read(&object, &read);
    if (status == SCRIP_OK)
        status = operators_first(&read, &walk);
    while (status == SCRIP_OK && out->count < OPERATORS_MAX &&
           (status = operators_next(&walk, &out->entry[out->count])) == SCRIP_OK)
        out->count++;
    if (status != SCRIP_AGAIN && status != SCRIP_OK) {
        (void)refuse("%s: signed, but not operators (%s)", path, scrip_status_name(status));
        return status;
    }
    memcpy(out->salt, walk.salt, sizeof out->salt);
    out->seq = read.seq;
    return SCRIP_OK;
}

enum scrip_status pki_open_key(const char *dir, const char *name, struct keyfile *out)
{
    char path[FILE_PATH];
    TRY(file_path(path, dir, name));
    return keyfile_open(path, out);
}

/* Signs and reads back before the file is replaced: nothing that a terminal would refuse is
 * published. */
static enum scrip_status write_object(const char *dir, const char *name, const struct keyfile *key,
                                      const struct object *object)
{
    char path[FILE_PATH];
    uint8_t memory[LIMIT_OBJECT_BYTES];
    struct buffer bytes = buffer_of(memory, sizeof memory);
    enum scrip_status status = object_sign(key->key, object, &bytes);
    if (status == SCRIP_OK && bytes.overflow)
        status = SCRIP_REFUSED_TOO_LONG;
    if (status != SCRIP_OK) {
        (void)refuse("%s could not be signed: %s", name, scrip_status_text(status));
        return status;
    }
    TRY(file_path(path, dir, name));
    return file_write(path, buffer_bytes(&bytes), 0644);
}

/* The first of our root keys that the key set leaves in office. */
static enum scrip_status open_root(const char *dir, const struct keyset *keys, struct keyfile *out)
{
    static const char *const names[KEYSET_ROOTS] = {"root-a.key", "root-b.key"};
    for (size_t i = 0; i < KEYSET_ROOTS; i++) {
        char path[FILE_PATH];
        TRY(file_path(path, dir, names[i]));
        if (!file_exists(path))
            continue;
        TRY(keyfile_open(path, out));
        for (size_t k = 0; k < keys->root_count; k++)
            if (memcmp(keys->root[k], out->kid, COSE_KID_BYTES) == 0)
                return SCRIP_OK;
        keyfile_close(out);
    }
    (void)refuse("%s: there is no key of a root that the key set leaves in office", dir);
    return SCRIP_REFUSED_KEY;
}

static enum scrip_status write_by_root(const char *dir, const char *name, const struct keyset *keys,
                                       const struct object *object)
{
    struct keyfile root;
    TRY(open_root(dir, keys, &root));
    enum scrip_status status = write_object(dir, name, &root, object);
    keyfile_close(&root);
    return status;
}

static enum scrip_status refuse_body(const char *what, enum scrip_status status)
{
    (void)refuse("such a %s would be refused by every terminal (%s)", what,
                 scrip_status_name(status));
    return status;
}

enum scrip_status pki_write_keys(const char *dir, const struct keyset *keys)
{
    uint8_t memory[LIMIT_OBJECT_BYTES];
    struct buffer body = buffer_of(memory, sizeof memory);
    struct keyset check;
    keyset_write(keys, &body);
    const struct object object = {OBJECT_KEYS, keys->iat_s, keys->exp_s, keys->seq,
                                  span_of(buffer_bytes(&body))};
    enum scrip_status status = keyset_read(&object, &check);
    return status == SCRIP_OK ? write_by_root(dir, "objects/keys.cose", keys, &object)
                              : refuse_body("key set", status);
}

enum scrip_status pki_write_policy(const char *dir, const struct keyset *keys,
                                   const struct policy *policy)
{
    uint8_t memory[LIMIT_OBJECT_BYTES];
    struct buffer body = buffer_of(memory, sizeof memory);
    struct policy check;
    policy_write(policy, &body);
    const struct object object = {OBJECT_POLICY, policy->iat_s, policy->exp_s, policy->seq,
                                  span_of(buffer_bytes(&body))};
    enum scrip_status status = policy_read(&object, &check);
    return status == SCRIP_OK ? write_by_root(dir, "objects/policy.cose", keys, &object)
                              : refuse_body("policy", status);
}

enum scrip_status pki_write_operators(const char *dir, const struct keyset *keys,
                                      const struct pki_operators *operators, uint32_t iat_s,
                                      uint32_t exp_s)
{
    uint8_t memory[LIMIT_OBJECT_BYTES];
    struct buffer body = buffer_of(memory, sizeof memory);
    struct operators check;
    operators_write(operators->salt, operators->entry, operators->count, &body);
    const struct object object = {OBJECT_OPERATORS, iat_s, exp_s, operators->seq,
                                  span_of(buffer_bytes(&body))};
    enum scrip_status status = operators_read(&object, &check);
    return status == SCRIP_OK ? write_by_root(dir, "objects/operators.cose", keys, &object)
                              : refuse_body("list of operators", status);
}

enum scrip_status pki_write_list(const char *dir, const struct keyset *keys,
                                 const struct status_list *list, uint32_t iat_s, uint32_t exp_s)
{
    char name[40];
    uint8_t memory[LIMIT_OBJECT_BYTES];
    struct buffer body = buffer_of(memory, sizeof memory);
    struct keyfile issuer;
    TRY(status_list_write(list, &body));
    const struct object object = {OBJECT_LIST, iat_s, exp_s, list->seq,
                                  span_of(buffer_bytes(&body))};
    TRY(pki_open_key(dir, "issuer.key", &issuer));
    enum scrip_status status = SCRIP_REFUSED_KEY;
    for (size_t i = 0; i < keys->count; i++)
        if ((keys->key[i].uses & KEYSET_STATUS) != 0 &&
            memcmp(keys->key[i].kid, issuer.kid, COSE_KID_BYTES) == 0)
            status = SCRIP_OK;
    (void)snprintf(name, sizeof name, "objects/list-%lu.cose", (unsigned long)list->list);
    if (status == SCRIP_OK)
        status = write_object(dir, name, &issuer, &object);
    else
        (void)refuse("%s/issuer.key may not sign status lists: the key set does not say so", dir);
    keyfile_close(&issuer);
    return status;
}
