/* scrip pki init, scrip pki objects */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cert.h"
#include "base/currency.h"
#include "tools/scrip/commands.h"
#include "tools/scrip/pki.h"

enum {
    DAY_S = 86400,
    CA_DAYS = 3650,
    HOST_DAYS = 730,
    SIGN_DAYS = 30,
    VERIFY_DAYS = 37, /* a week beyond, for what is still unsent */
    CERT_PEM = 2048
};

#define POLICY_OPTIONS                                                                             \
    {"--max-value", "AMOUNT", "offline: the most one code may be worth"},                          \
        {"--offline-count", "N", "offline: redemptions that may be unsettled"},                    \
        {"--offline-value", "AMOUNT", "offline: their sum"},                                       \
        {"--offline-s", "SECONDS", "offline: time since the host was last heard"},                 \
        {"--member-day", "AMOUNT", "offline: one member's sum a day"},                             \
        {"--random-permille", "N", "share of sales that ask the host, growing with value"},        \
        {"--store-terminals", "N", "terminals that one audience reaches offline"},                 \
        {"--online-timeout-ms", "MS", "how long the till waits for the host"},                     \
        {"--online-first", "0|1", "ask the host whenever it is connected"},                        \
        {"--unknown-time", "0|1", "redeem offline without knowing the time"},                      \
        {"--refund-offline", "0|1", "refund offline"},                                             \
        {"--offline-coupons", "N", "offline: unsettled coupons whose status nobody looked up"},    \
        {"--max-awards", "N", "awards that one member is given at a terminal within a window"},    \
        {"--award-window-s", "SECONDS", "that window, at most a day"},                             \
        {"--keys-s", "SECONDS", "life of the key set"},                                            \
        {"--policy-s", "SECONDS", "life of the policy"},                                           \
    {                                                                                              \
        "--max-limit", "AMOUNT", "the most the issuer key may sign for"                            \
    }

static bool take_switch(const struct arguments *arguments, const char *name, bool *value)
{
    uint32_t number = *value;
    bool good = option_number(arguments, name, 1, &number);
    *value = number != 0;
    return good;
}

static bool take_policy(const struct arguments *arguments, struct policy *policy)
{
    uint16_t currency = policy->currency;
    return option_amount(arguments, "--max-value", currency, &policy->max_value_per_token_minor) &&
           option_number(arguments, "--offline-count", UINT32_MAX, &policy->max_offline_count) &&
           option_amount(arguments, "--offline-value", currency,
                         &policy->max_offline_value_minor) &&
           option_number(arguments, "--offline-s", UINT32_MAX, &policy->max_offline_s) &&
           option_amount(arguments, "--member-day", currency, &policy->per_member_per_day_minor) &&
           option_number(arguments, "--random-permille", 1000, &policy->random_online_permille) &&
           option_number(arguments, "--store-terminals", UINT16_MAX, &policy->store_terminals) &&
           option_number(arguments, "--online-timeout-ms", 60000, &policy->online_timeout_ms) &&
           take_switch(arguments, "--online-first", &policy->require_online_first) &&
           take_switch(arguments, "--unknown-time", &policy->allow_unknown_time) &&
           take_switch(arguments, "--refund-offline", &policy->refund_offline) &&
           option_number(arguments, "--offline-coupons", 64, &policy->max_offline_coupons) &&
           option_number(arguments, "--max-awards", UINT16_MAX, &policy->max_awards) &&
           option_number(arguments, "--award-window-s", DAY_S, &policy->award_window_s);
}

/* Issued now: when it ends follows from how long it may live. */
static bool take_lives(const struct arguments *arguments, struct keyset *keys,
                       struct policy *policy)
{
    uint32_t keys_s = 7 * DAY_S, policy_s = 30 * DAY_S;
    if (!option_number(arguments, "--keys-s", INT32_MAX, &keys_s) ||
        !option_number(arguments, "--policy-s", INT32_MAX, &policy_s))
        return false;
    keys->iat_s = policy->iat_s = time_now();
    keys->exp_s = keys->iat_s + keys_s;
    policy->exp_s = policy->iat_s + policy_s;
    return true;
}

static enum scrip_status make_dir(const char *dir, const char *name, unsigned mode)
{
    char path[FILE_PATH];
    TRY(file_path(path, dir, name));
    if (mkdir(path, mode) == 0 || errno == EEXIST)
        return SCRIP_OK;
    (void)refuse("%s: %s", path, strerror(errno));
    return SCRIP_FAULT_DEVICE;
}

static enum scrip_status make_key(const char *dir, const char *name, struct keyfile *out)
{
    char path[FILE_PATH];
    TRY(file_path(path, dir, name));
    return keyfile_make(path, out);
}

static enum scrip_status make_certificate(const char *dir, const char *name,
                                          const struct keyfile *authority,
                                          const struct cert_order *order)
{
    char path[FILE_PATH];
    uint8_t der_memory[LIMIT_CERT_BYTES], pem_memory[CERT_PEM];
    struct buffer der = buffer_of(der_memory, sizeof der_memory);
    struct buffer pem = buffer_of(pem_memory, sizeof pem_memory);
    enum scrip_status status = cert_issue(authority->key, authority->point, order, &der);
    if (status != SCRIP_OK) {
        (void)refuse("%s could not be issued: %s", name, scrip_status_text(status));
        return status;
    }
    pem_encode("CERTIFICATE", buffer_bytes(&der), &pem);
    TRY(file_path(path, dir, name));
    return file_write(path, buffer_bytes(&pem), 0644);
}

static enum scrip_status make_tls(const char *dir, const struct pki_defaults *defaults)
{
    struct keyfile ca, host;
    char ca_name[64], host_name[LIMIT_HOST_NAME + 16];
    (void)snprintf(ca_name, sizeof ca_name, "Scrip %s CA", defaults->merchant);
    (void)snprintf(host_name, sizeof host_name, "Scrip %s host", defaults->merchant);
    uint32_t start_s = time_now() - 3600; /* clocks of terminals may be slow */
    TRY(make_key(dir, "ca.key", &ca));
    const struct cert_order root = {.use = CERT_CA,
                                    .subject = ca_name,
                                    .issuer = ca_name,
                                    .point = ca.point,
                                    .not_before_s = start_s,
                                    .not_after_s = start_s + CA_DAYS * DAY_S};
    enum scrip_status status = make_certificate(dir, "ca.crt", &ca, &root);
    if (status == SCRIP_OK)
        status = make_key(dir, "host.key", &host);
    if (status == SCRIP_OK) {
        const struct cert_order leaf = {.use = CERT_HOST,
                                        .subject = host_name,
                                        .issuer = ca_name,
                                        .dns = defaults->host,
                                        .point = host.point,
                                        .not_before_s = start_s,
                                        .not_after_s = start_s + HOST_DAYS * DAY_S};
        status = make_certificate(dir, "host.crt", &ca, &leaf);
        keyfile_close(&host);
    }
    keyfile_close(&ca);
    return status;
}

static enum scrip_status make_roots(const char *dir, struct keyset *keys)
{
    static const char *const names[KEYSET_ROOTS] = {"root-a.key", "root-b.key"};
    char path[FILE_PATH];
    uint8_t points[KEYSET_ROOTS * CRYPTO_POINT_BYTES];
    for (size_t i = 0; i < KEYSET_ROOTS; i++) {
        struct keyfile root;
        TRY(make_key(dir, names[i], &root));
        memcpy(points + i * CRYPTO_POINT_BYTES, root.point, CRYPTO_POINT_BYTES);
        memcpy(keys->root[i], root.kid, COSE_KID_BYTES);
        keyfile_close(&root);
    }
    keys->root_count = KEYSET_ROOTS;
    TRY(file_path(path, dir, "roots.bin"));
    return file_write(path, bytes_of(points, sizeof points), 0644);
}

static enum scrip_status make_issuer(const char *dir, uint16_t currency, uint32_t issuer,
                                     uint32_t max_limit_minor, struct keyset *keys)
{
    struct keyfile key;
    TRY(make_key(dir, "issuer.key", &key));
    struct keyset_key *entry = &keys->key[keys->count++];
    *entry = (struct keyset_key){
        .uses = KEYSET_TOKENS | KEYSET_STATUS,
        .nbf_s = keys->iat_s - DAY_S,
        .sign_until_s = keys->iat_s + SIGN_DAYS * DAY_S,
        .verify_until_s = keys->iat_s + VERIFY_DAYS * DAY_S,
        .issuer = issuer,
        .max_scope = TOKEN_IDENTIFY | TOKEN_EARN | TOKEN_REDEEM_ANY,
        .max_limit_minor = max_limit_minor,
        .currency = currency,
    };
    memcpy(entry->kid, key.kid, sizeof entry->kid);
    memcpy(entry->point, key.point, sizeof entry->point);
    keyfile_close(&key);
    TRY(make_key(dir, "time.key", &key));
    keyfile_close(&key);
    return SCRIP_OK;
}

static bool take_defaults(const struct arguments *arguments, struct pki_defaults *out)
{
    const char *merchant = option_text(arguments, "--merchant");
    const char *host = option_text(arguments, "--host");
    *out = (struct pki_defaults){.merchant = "DEMO", .host = "localhost", .currency = 978};
    if (merchant != NULL && identity_audience_parts(bytes_text(merchant)) != 1) {
        (void)misuse("--merchant %s: 1 to 12 of A-Z, 0-9 and -", merchant);
        return false;
    }
    if (host != NULL && (host[0] == '\0' || strlen(host) > LIMIT_HOST_NAME)) {
        (void)misuse("--host %s: 1 to %d characters", host, LIMIT_HOST_NAME);
        return false;
    }
    if (merchant != NULL)
        (void)snprintf(out->merchant, sizeof out->merchant, "%s", merchant);
    if (host != NULL)
        (void)snprintf(out->host, sizeof out->host, "%s", host);
    return option_currency(arguments, "--currency", &out->currency);
}

static int init(const struct arguments *arguments)
{
    const char *dir = arguments->argument[0];
    char path[FILE_PATH];
    struct pki_defaults defaults;
    if (!take_defaults(arguments, &defaults))
        return EXIT_MISUSE;

    const struct currency *currency = currency_of_number(defaults.currency);
    uint32_t unit = 1, issuer = 1;
    for (unsigned i = 0; i < currency->exponent; i++)
        unit *= 10;
    struct keyset keys = {.seq = 1};
    struct policy policy = {.seq = 1,
                            .max_value_per_token_minor = 50 * unit,
                            .max_offline_count = 500,
                            .max_offline_value_minor = 1000 * unit,
                            .max_offline_s = DAY_S,
                            .per_member_per_day_minor = 100 * unit,
                            .store_terminals = 1,
                            .online_timeout_ms = 800,
                            .currency = currency->number,
                            .currency_exponent = currency->exponent,
                            .require_online_first = true,
                            .max_awards = 10,
                            .award_window_s = DAY_S};
    uint32_t max_limit_minor = 100 * unit;
    if (!take_policy(arguments, &policy) || !take_lives(arguments, &keys, &policy) ||
        !option_number(arguments, "--issuer", UINT32_MAX, &issuer) ||
        !option_amount(arguments, "--max-limit", currency->number, &max_limit_minor))
        return EXIT_MISUSE;

    if (file_path(path, dir, "ca.key") != SCRIP_OK)
        return EXIT_REFUSED;
    if (file_exists(path))
        return refuse("%s already holds keys: terminals trust them; choose another directory", dir);
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return refuse("%s: %s", dir, strerror(errno));
    if (make_dir(dir, "objects", 0755) != SCRIP_OK ||
        make_dir(dir, "terminals", 0755) != SCRIP_OK || make_dir(dir, "issued", 0755) != SCRIP_OK ||
        make_tls(dir, &defaults) != SCRIP_OK || make_roots(dir, &keys) != SCRIP_OK ||
        make_issuer(dir, currency->number, issuer, max_limit_minor, &keys) != SCRIP_OK ||
        pki_write_defaults(dir, &defaults) != SCRIP_OK || pki_write_keys(dir, &keys) != SCRIP_OK ||
        pki_write_policy(dir, &keys, &policy) != SCRIP_OK)
        return EXIT_REFUSED;
    printf("%s: keys, certificates, key set 1 and policy 1 for merchant %s, host %s, %s\n", dir,
           defaults.merchant, defaults.host, currency->letters);
    return EXIT_DONE;
}

static const struct option init_options[] = {
    {"--merchant", "NAME", "merchant part of every identity (DEMO)"},
    {"--host", "NAME", "DNS name or address of the redemption host (localhost)"},
    {"--currency", "EUR", "the terminals' one currency (EUR)"},
    {"--issuer", "N", "number of the token issuer (1)"},
    POLICY_OPTIONS,
    {NULL, NULL, NULL},
};

const struct command command_pki_init = {
    "pki init",
    "DIR",
    "Makes a back office in DIR: root keys, issuer, host certificate, key set and policy.\n"
    "Unless said otherwise a code may be worth 50.00, and offline 500 codes of 1000.00 together,\n"
    "100.00 a member and day, within a day of the host's last word; the till waits 800 ms for a\n"
    "host that is connected. The issuer may sign for 100.00, a key set lives 7 days, a policy 30.",
    1,
    init_options,
    init,
};

static bool remove_key(struct keyset *keys, const uint8_t kid[COSE_KID_BYTES])
{
    for (size_t i = 0; i < keys->count; i++) {
        if (memcmp(keys->key[i].kid, kid, COSE_KID_BYTES) != 0)
            continue;
        keys->count--;
        memmove(&keys->key[i], &keys->key[i + 1], (keys->count - i) * sizeof keys->key[0]);
        return true;
    }
    return false;
}

static bool remove_root(struct keyset *keys, const uint8_t kid[COSE_KID_BYTES])
{
    for (size_t i = 0; i < keys->root_count; i++) {
        if (memcmp(keys->root[i], kid, COSE_KID_BYTES) != 0)
            continue;
        keys->root_count--;
        memmove(keys->root[i], keys->root[i + 1], (keys->root_count - i) * sizeof keys->root[0]);
        return true;
    }
    return false;
}

/* Signed by a root that leaves office, terminals would believe nobody on it. */
static enum scrip_status reissue_operators(const char *dir, const struct keyset *keys)
{
    static struct pki_operators operators;
    char path[FILE_PATH];
    TRY(file_path(path, dir, "objects/operators.cose"));
    if (!file_exists(path))
        return SCRIP_OK;
    TRY(pki_read_operators(dir, &operators));
    operators.seq++;
    return pki_write_operators(dir, keys, &operators, keys->iat_s, keys->iat_s + 30 * DAY_S);
}

static int objects(const struct arguments *arguments)
{
    const char *dir = arguments->argument[0];
    char roots_path[FILE_PATH], keys_path[FILE_PATH], policy_path[FILE_PATH];
    struct object_roots roots;
    struct keyset keys;
    struct policy policy;
    uint8_t kid[COSE_KID_BYTES];
    if (file_path(roots_path, dir, "roots.bin") != SCRIP_OK ||
        file_path(keys_path, dir, "objects/keys.cose") != SCRIP_OK ||
        file_path(policy_path, dir, "objects/policy.cose") != SCRIP_OK ||
        pki_read_roots(roots_path, &roots) != SCRIP_OK ||
        pki_read_keys(keys_path, &roots, &keys) != SCRIP_OK ||
        pki_read_policy(policy_path, &roots, &policy) != SCRIP_OK)
        return EXIT_REFUSED;

    if (!take_policy(arguments, &policy) || !take_lives(arguments, &keys, &policy) ||
        !option_hex(arguments, "--remove-key", kid, sizeof kid))
        return EXIT_MISUSE;
    if (option_given(arguments, "--remove-key") && !remove_key(&keys, kid))
        return refuse("the key set has no key %s", option_text(arguments, "--remove-key"));
    if (!option_hex(arguments, "--remove-root", kid, sizeof kid))
        return EXIT_MISUSE;
    if (option_given(arguments, "--remove-root") && !remove_root(&keys, kid))
        return refuse("the key set has no root %s", option_text(arguments, "--remove-root"));
    for (size_t i = 0; i < keys.count; i++)
        if (!option_amount(arguments, "--max-limit", policy.currency, &keys.key[i].max_limit_minor))
            return EXIT_MISUSE;
    keys.seq++;
    policy.seq++;
    if (pki_write_keys(dir, &keys) != SCRIP_OK ||
        pki_write_policy(dir, &keys, &policy) != SCRIP_OK ||
        reissue_operators(dir, &keys) != SCRIP_OK)
        return EXIT_REFUSED;
    printf("key set %lu with %zu keys, policy %lu\n", (unsigned long)keys.seq, keys.count,
           (unsigned long)policy.seq);
    return EXIT_DONE;
}

static const struct option objects_options[] = {
    {"--remove-root", "KID", "take this root out of office, 16 hex digits: the other one signs"},
    {"--remove-key", "KID", "leave out this key, 16 hex digits: tokens by it are refused"},
    POLICY_OPTIONS,
    {NULL, NULL, NULL},
};

const struct command command_pki_objects = {
    "pki objects",
    "DIR",
    "Issues key set, policy and the list of operators anew under their next numbers; what is not\n"
    "given stays as it is.",
    1,
    objects_options,
    objects,
};
