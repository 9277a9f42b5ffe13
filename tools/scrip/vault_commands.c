/* scrip vault init, rotate, prove, open: who a sealed identifier is, and under which names. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "redeem/member.h"
#include "tools/scrip/commands.h"
#include "tools/scrip/pki.h"

enum {
    DAY_S = 86400,
    SEAL_DAYS = 365,
    EPOCHS_MAX = 1000,
    PROBE_CHARS = 16,
    EPOCH_BYTES = CRYPTO_HASH_BYTES + MEMBER_TAG_BYTES + MEMBER_SHORT_BYTES + HPKE_OVERHEAD
};

/* One epoch: its key, and a probe, which is an identifier that nobody has, sealed, with its name.
 */
struct epoch {
    uint8_t key[CRYPTO_HASH_BYTES];
    uint8_t name[MEMBER_TAG_BYTES];
    uint8_t sealed[MEMBER_SHORT_BYTES + HPKE_OVERHEAD];
};
_Static_assert(sizeof(struct epoch) == EPOCH_BYTES, "a file holds the epoch as it stands here");

static enum scrip_status epoch_path(char path[FILE_PATH], const char *dir, uint32_t number)
{
    char name[32];
    (void)snprintf(name, sizeof name, "vault/epoch-%lu", (unsigned long)number);
    return file_path(path, dir, name);
}

static enum scrip_status read_epoch(const char *dir, uint32_t number, struct epoch *out)
{
    char path[FILE_PATH];
    uint8_t memory[EPOCH_BYTES + 1];
    struct buffer in = buffer_of(memory, sizeof memory);
    TRY(epoch_path(path, dir, number));
    TRY(file_read(path, &in));
    memcpy(out, memory, sizeof *out);
    bytes_wipe(memory, sizeof memory);
    if (in.len == sizeof *out)
        return SCRIP_OK;
    (void)refuse("%s: not an epoch of a vault: restore it from its backup", path);
    return SCRIP_FAULT_CORRUPT;
}

/* How many epochs there are, without a gap. */
static uint32_t count_epochs(const char *dir)
{
    char path[FILE_PATH];
    uint32_t count = 0;
    while (count < EPOCHS_MAX && epoch_path(path, dir, count + 1) == SCRIP_OK && file_exists(path))
        count++;
    return count;
}

static enum scrip_status probe_context(const char *dir, uint32_t number, struct identity *probe,
                                       struct member_context *out)
{
    struct pki_defaults defaults;
    char text[LIMIT_ID_TEXT + 1];
    TRY(pki_read_defaults(dir, &defaults));
    (void)snprintf(text, sizeof text, "%s.VAULT.PROBE", defaults.merchant);
    TRY(identity_parse(bytes_text(text), probe));
    *out = (struct member_context){.terminal = probe, .epoch = number};
    return SCRIP_OK;
}

static enum scrip_status make_probe(const uint8_t point[CRYPTO_POINT_BYTES],
                                    const struct member_context *context, struct epoch *out)
{
    struct buffer sealed = buffer_of(out->sealed, sizeof out->sealed);
    struct member_id id = {.kind = MEMBER_NUMBER, .len = PROBE_CHARS};
    TRY(crypto_random(out->key, sizeof out->key));
    TRY(crypto_random(id.data, PROBE_CHARS));
    for (size_t i = 0; i < PROBE_CHARS; i++)
        id.data[i] = (uint8_t)('A' + id.data[i] % 26);
    TRY(member_pseudonym(out->key, context->terminal->text, &id, out->name));
    enum scrip_status status = member_seal(point, context, &id, &sealed);
    member_wipe(&id);
    return status;
}

static enum scrip_status add_epoch(const char *dir, const uint8_t point[CRYPTO_POINT_BYTES],
                                   uint32_t number)
{
    struct identity probe;
    struct member_context context;
    struct epoch epoch;
    char path[FILE_PATH];
    TRY(probe_context(dir, number, &probe, &context));
    TRY(epoch_path(path, dir, number));
    enum scrip_status status = make_probe(point, &context, &epoch);
    if (status == SCRIP_OK)
        status = file_write(path, bytes_of(&epoch, sizeof epoch), 0600);
    else
        (void)refuse("no epoch could be made: %s", scrip_status_text(status));
    bytes_wipe(&epoch, sizeof epoch);
    return status;
}

/* Key set ---------------------------------------------------------------------------------------
 */

static enum scrip_status publish(const char *dir, const struct keyfile *vault)
{
    char roots_path[FILE_PATH], keys_path[FILE_PATH];
    struct object_roots roots;
    struct keyset keys;
    TRY(file_path(roots_path, dir, "roots.bin"));
    TRY(file_path(keys_path, dir, "objects/keys.cose"));
    TRY(pki_read_roots(roots_path, &roots));
    TRY(pki_read_keys(keys_path, &roots, &keys));
    if (keys.count == LIMIT_KEYS) {
        (void)refuse("the key set is full: remove a key first");
        return SCRIP_REFUSED_FULL;
    }
    uint32_t life_s = keys.exp_s - keys.iat_s;
    struct keyset_key *entry = &keys.key[keys.count++];
    keys.iat_s = time_now();
    keys.exp_s = keys.iat_s + life_s;
    keys.seq++;
    *entry = (struct keyset_key){.uses = KEYSET_VAULT,
                                 .nbf_s = keys.iat_s - DAY_S,
                                 .sign_until_s = keys.iat_s + SEAL_DAYS * DAY_S,
                                 .verify_until_s = keys.iat_s + SEAL_DAYS * DAY_S,
                                 .currency = keys.key[0].currency};
    memcpy(entry->kid, vault->kid, sizeof entry->kid);
    memcpy(entry->point, vault->point, sizeof entry->point);
    return pki_write_keys(dir, &keys);
}

static int init(const struct arguments *arguments)
{
    const char *dir = arguments->argument[0];
    char path[FILE_PATH], key_path[FILE_PATH];
    struct keyfile vault;
    if (file_path(path, dir, "vault") != SCRIP_OK ||
        file_path(key_path, dir, "vault.key") != SCRIP_OK)
        return EXIT_REFUSED;
    if (file_exists(key_path))
        return refuse("%s is there already: what was sealed for it opens by it alone", key_path);
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return refuse("%s: %s", path, strerror(errno));
    if (keyfile_make(key_path, &vault) != SCRIP_OK)
        return EXIT_REFUSED;
    bool good = add_epoch(dir, vault.point, 1) == SCRIP_OK && publish(dir, &vault) == SCRIP_OK;
    keyfile_close(&vault);
    if (!good)
        return EXIT_REFUSED;
    printf("vault: epochs=1, its key is in the key set\n");
    return EXIT_DONE;
}

static int rotate(const struct arguments *arguments)
{
    const char *dir = arguments->argument[0];
    uint32_t count = count_epochs(dir);
    struct keyfile vault;
    if (count == 0)
        return refuse("%s has no vault: scrip vault init", dir);
    if (count == EPOCHS_MAX)
        return refuse("a vault has at most %d epochs", EPOCHS_MAX);
    if (pki_open_key(dir, "vault.key", &vault) != SCRIP_OK)
        return EXIT_REFUSED;
    bool good = add_epoch(dir, vault.point, count + 1) == SCRIP_OK;
    keyfile_close(&vault);
    if (!good)
        return EXIT_REFUSED;
    printf("vault: epochs=%lu\n", (unsigned long)count + 1);
    return EXIT_DONE;
}

static enum scrip_status open_vault(const char *dir, struct crypto_key *out)
{
    char path[FILE_PATH];
    TRY(file_path(path, dir, "vault.key"));
    return keyfile_open_agreement(path, out);
}

/* The probe opens, and its name follows from the epoch's key. */
static enum scrip_status prove_epoch(const char *dir, struct crypto_key vault, uint32_t number)
{
    struct identity probe;
    struct member_context context;
    struct epoch epoch;
    struct member_id id;
    uint8_t name[MEMBER_TAG_BYTES];
    TRY(probe_context(dir, number, &probe, &context));
    TRY(read_epoch(dir, number, &epoch));
    enum scrip_status status = member_open(vault, &context,
                                           bytes_of(epoch.sealed, sizeof epoch.sealed), &id);
    if (status == SCRIP_OK)
        status = member_pseudonym(epoch.key, probe.text, &id, name);
    if (status == SCRIP_OK && memcmp(name, epoch.name, sizeof name) != 0)
        status = SCRIP_FAULT_CORRUPT;
    member_wipe(&id);
    bytes_wipe(epoch.key, sizeof epoch.key);
    if (status != SCRIP_OK)
        (void)refuse("epoch %lu does not resolve: %s", (unsigned long)number,
                     scrip_status_text(status));
    return status;
}

static int prove(const struct arguments *arguments)
{
    const char *dir = arguments->argument[0];
    uint32_t count = count_epochs(dir), good = 0;
    struct crypto_key vault;
    if (count == 0)
        return refuse("%s has no vault: scrip vault init", dir);
    if (open_vault(dir, &vault) != SCRIP_OK)
        return EXIT_REFUSED;
    for (uint32_t i = 1; i <= count; i++)
        good += prove_epoch(dir, vault, i) == SCRIP_OK;
    crypto_key_close(&vault);
    printf("vault: epochs=%lu resolvable=%lu\n", (unsigned long)count, (unsigned long)good);
    return good == count ? EXIT_DONE : EXIT_REFUSED;
}

/* Opening ---------------------------------------------------------------------------------------
 */

static bool take_sealed(const struct arguments *arguments, struct identity *terminal,
                        struct member_context *context, struct buffer *sealed)
{
    const char *name = option_text(arguments, "--terminal");
    *context = (struct member_context){.terminal = terminal};
    if (name == NULL || identity_parse(bytes_text(name), terminal) != SCRIP_OK) {
        (void)misuse("which terminal sealed it: --terminal M.S.T");
        return false;
    }
    if (text_hex_decode(bytes_text(arguments->argument[1]), sealed) != SCRIP_OK) {
        (void)misuse("what was sealed must be hexadecimal, in small letters");
        return false;
    }
    return option_number(arguments, "--epoch", UINT32_MAX, &context->epoch) &&
           option_time(arguments, "--time", &context->t_s) &&
           option_hex(arguments, "--txh", context->txh, sizeof context->txh);
}

static int print_names(const char *dir, const char *tenant, const struct member_id *id)
{
    uint32_t count = count_epochs(dir);
    for (uint32_t i = count; i >= 1; i--) {
        struct epoch epoch;
        uint8_t name[MEMBER_TAG_BYTES], hex_memory[2 * MEMBER_TAG_BYTES];
        struct buffer hex = buffer_of(hex_memory, sizeof hex_memory);
        if (read_epoch(dir, i, &epoch) != SCRIP_OK ||
            member_pseudonym(epoch.key, tenant, id, name) != SCRIP_OK)
            return EXIT_REFUSED;
        bytes_wipe(&epoch, sizeof epoch);
        text_hex_encode(bytes_of(name, sizeof name), &hex);
        printf("%-6lu %.*s\n", (unsigned long)i, (int)hex.len, (const char *)hex.data);
    }
    return EXIT_DONE;
}

static int open_sealed(const struct arguments *arguments)
{
    const char *dir = arguments->argument[0];
    uint8_t memory[MEMBER_SEALED_BYTES];
    struct buffer sealed = buffer_of(memory, sizeof memory);
    struct identity terminal;
    struct member_context context;
    struct member_id id;
    struct crypto_key vault;
    if (!take_sealed(arguments, &terminal, &context, &sealed))
        return EXIT_MISUSE;
    if (open_vault(dir, &vault) != SCRIP_OK)
        return EXIT_REFUSED;
    enum scrip_status status = member_open(vault, &context, buffer_bytes(&sealed), &id);
    crypto_key_close(&vault);
    if (status != SCRIP_OK)
        return refuse("not sealed for this vault by this terminal, sale and time (%s)",
                      scrip_status_name(status));
    int code = print_names(dir, terminal.text, &id);
    member_wipe(&id);
    return code;
}

static const struct option no_options[] = {{NULL, NULL, NULL}};

const struct command command_vault_init = {
    "vault init",
    "DIR",
    "Makes the vault of a back office: the key for which terminals seal raw identifiers, which "
    "goes\n"
    "into the key set, and the first epoch of names. Only a host that is to name members is given\n"
    "vault.key and vault/ (scrip-host --vault).",
    1,
    no_options,
    init,
};

const struct command command_vault_rotate = {
    "vault rotate",
    "DIR",
    "Begins a new epoch: members get new names. Names of old epochs can still be resolved.",
    1,
    no_options,
    rotate,
};

const struct command command_vault_prove = {
    "vault prove",
    "DIR",
    "Proves that every epoch can still be resolved: opens its probe and computes its name again.",
    1,
    no_options,
    prove,
};

static const struct option open_options[] = {
    {"--terminal", "M.S.T", "the terminal that sealed it"},
    {"--epoch", "N", "its epoch"},
    {"--time", "TIME", "when, by its clock"},
    {"--txh", "HEX", "the sale's hash, 32 hex digits"},
    {NULL, NULL, NULL},
};

const struct command command_vault_open = {
    "vault open",
    "DIR HEX --terminal M.S.T --epoch N --time TIME --txh HEX",
    "Opens a sealed identifier and prints the member's name in every epoch, newest first. What "
    "was\n"
    "sealed is not printed.",
    2,
    open_options,
    open_sealed,
};
