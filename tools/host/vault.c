#include "tools/host/vault.h"

#include <stdio.h>
#include <string.h>

#include "tools/host/load.h"
#include "tools/host/log.h"
#include "tools/host/pki.h"

enum { EPOCH_BYTES = CRYPTO_HASH_BYTES + MEMBER_TAG_BYTES + MEMBER_SHORT_BYTES + HPKE_OVERHEAD };

static enum scrip_status open_key(struct vault *vault)
{
    char path[VAULT_DIR + 32], pem[PKI_PEM];
    uint8_t scalar[CRYPTO_SCALAR_BYTES] = {0};
    size_t len;

    (void)snprintf(path, sizeof path, "%s/vault.key", vault->dir);
    enum scrip_status status = load_file(path, pem, sizeof pem - 1, &len);
    if (status == SCRIP_OK) {
        pem[len] = '\0';
        status = pki_read_scalar(pem, scalar) ? crypto_agreement_import(scalar, &vault->key)
                                              : SCRIP_REFUSED_KEY;
    }
    bytes_wipe(pem, sizeof pem);
    bytes_wipe(scalar, sizeof scalar);
    if (status != SCRIP_OK)
        log_line("%s is not a vault's key: make one with `scrip vault init`", path);
    return status;
}

/* REFUSED_NOT_FOUND: there is no such epoch. */
static enum scrip_status load_epoch(struct vault *vault, uint32_t number)
{
    char path[VAULT_DIR + 32];
    uint8_t epoch[EPOCH_BYTES];
    size_t len;

    (void)snprintf(path, sizeof path, "%s/vault/epoch-%lu", vault->dir, (unsigned long)number);
    enum scrip_status status = load_file(path, epoch, sizeof epoch, &len);
    if (status == SCRIP_OK && len != sizeof epoch)
        status = SCRIP_FAULT_CORRUPT;
    if (status == SCRIP_OK) {
        memcpy(vault->epoch_key, epoch, sizeof vault->epoch_key);
        vault->epoch = number;
    } else if (status != SCRIP_REFUSED_NOT_FOUND) {
        log_line("%s is not an epoch of a vault: restore it from its backup", path);
    }
    bytes_wipe(epoch, sizeof epoch);
    return status;
}

/* A damaged one is logged, and the names stay those of the epoch before it. */
static void find_newest(struct vault *vault)
{
    while (load_epoch(vault, vault->epoch + 1) == SCRIP_OK)
        ;
}

enum scrip_status vault_open(struct vault *vault, const char *dir)
{
    memset(vault, 0, sizeof *vault);
    if (strlen(dir) >= sizeof vault->dir) {
        log_line("the vault's name is longer than %zu bytes", sizeof vault->dir - 1);
        return SCRIP_REFUSED_TOO_LONG;
    }
    (void)snprintf(vault->dir, sizeof vault->dir, "%s", dir);
    TRY(open_key(vault));
    find_newest(vault);
    if (vault->epoch != 0)
        return SCRIP_OK;
    log_line("%s/vault holds no epoch: make one with `scrip vault init`", dir);
    vault_close(vault);
    return SCRIP_REFUSED_NOT_FOUND;
}

void vault_close(struct vault *vault)
{
    crypto_key_close(&vault->key);
    bytes_wipe(vault, sizeof *vault);
}

enum scrip_status vault_name(struct vault *vault, const struct member_context *context,
                             struct bytes sealed, uint8_t name[MEMBER_TAG_BYTES], uint32_t *epoch)
{
    struct member_id id;

    find_newest(vault);
    TRY(member_open(vault->key, context, sealed, &id));
    enum scrip_status status = member_pseudonym(vault->epoch_key, context->terminal->text, &id,
                                                name);
    member_wipe(&id);
    *epoch = vault->epoch;
    return status;
}
