#include "tests/support/host_world.h"

#include <signal.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/object.h"
#include "base/text.h"

static void path_in(const struct world *world, const char *name, char *out, size_t size)
{
    (void)snprintf(out, size, "%s/%s", world->pki_dir, name);
}

/* Objects. */

static bool write_object(const struct world *world, enum object_kind kind, struct bytes body,
                         uint32_t seq, const char *name)
{
    uint8_t data[LIMIT_OBJECT_BYTES];
    char path[512];
    struct buffer out = buffer_of(data, sizeof data);
    struct object object = {
        .kind = kind,
        .iat_s = world->now_s,
        .exp_s = world->now_s + 7 * 86400,
        .seq = seq,
        .body = span_of(body),
    };

    path_in(world, name, path, sizeof path);
    return object_sign(world->root, &object, &out) == SCRIP_OK &&
           test_write_file(path, data, out.len);
}

bool world_write_objects(struct world *world)
{
    uint8_t data[LIMIT_OBJECT_BYTES];
    struct buffer keys = buffer_of(data, sizeof data);
    struct buffer policy;

    keyset_write(&world->keys, &keys);
    if (!write_object(world, OBJECT_KEYS, buffer_bytes(&keys), world->keys.seq,
                      "objects/keys.cose"))
        return false;
    policy = buffer_of(data, sizeof data);
    policy_write(&world->policy, &policy);
    return write_object(world, OBJECT_POLICY, buffer_bytes(&policy), world->policy.seq,
                        "objects/policy.cose");
}

static bool make_issuer(struct world *world)
{
    uint8_t scalar[CRYPTO_SCALAR_BYTES];
    uint8_t point[CRYPTO_POINT_BYTES];
    char path[512];
    struct keyset_key *key = &world->keys.key[0];

    if (crypto_signing_generate(&world->root, scalar) != SCRIP_OK ||
        crypto_signing_public(world->root, point) != SCRIP_OK ||
        cose_kid(point, world->keys.root[0]) != SCRIP_OK ||
        crypto_signing_generate(&world->issuer, scalar) != SCRIP_OK ||
        crypto_signing_public(world->issuer, world->issuer_point) != SCRIP_OK ||
        cose_kid(world->issuer_point, world->issuer_kid) != SCRIP_OK)
        return false;
    path_in(world, "roots.bin", path, sizeof path);
    memcpy(key->kid, world->issuer_kid, sizeof key->kid);
    memcpy(key->point, world->issuer_point, sizeof key->point);
    key->uses = KEYSET_TOKENS;
    key->nbf_s = world->now_s - 86400 * 30;
    key->sign_until_s = world->now_s + 86400 * 30;
    key->verify_until_s = world->now_s + 86400 * 60;
    key->issuer = WORLD_ISSUER;
    key->max_scope = TOKEN_IDENTIFY | TOKEN_EARN | TOKEN_REDEEM_ANY;
    key->max_limit_minor = 10000;
    key->currency = 978;
    world->keys.count = 1;
    world->keys.root_count = 1;
    world->keys.seq = 9;
    world->policy = (struct policy){
        .seq = 18,
        .max_value_per_token_minor = 5000,
        .max_offline_count = 100,
        .max_offline_value_minor = 100000,
        .max_offline_s = 86400,
        .per_member_per_day_minor = 10000,
        .store_terminals = 2,
        .online_timeout_ms = 800,
        .currency = 978,
        .currency_exponent = 2,
        .max_awards = 3,
        .award_window_s = 3600,
    };
    return test_write_file(path, point, sizeof point) && world_write_objects(world);
}

/* Opening. */

static bool make_files(struct world *world)
{
    char path[512];
    uint8_t scalar[CRYPTO_SCALAR_BYTES];
    struct crypto_key time_key;

    path_in(world, "ca.crt", path, sizeof path);
    if (!test_ca_make(&world->ca, "Test CA") ||
        !test_write_certificate(path, world->ca.certificate))
        return false;
    path_in(world, "host.crt", path, sizeof path);
    if (!test_certificate_make(&world->host, &world->ca, TEST_SERVER, NULL, 90) ||
        !test_write_certificate(path, world->host.certificate))
        return false;
    path_in(world, "host.key", path, sizeof path);
    if (!test_write_key(path, world->host.key))
        return false;
    path_in(world, "time.key", path, sizeof path);
    if (!test_key_make(&world->time_pem) || !test_write_key(path, world->time_pem) ||
        !test_scalar_of(world->time_pem, scalar) ||
        crypto_signing_import(scalar, &time_key) != SCRIP_OK ||
        crypto_signing_public(time_key, world->time_point) != SCRIP_OK)
        return false;
    crypto_key_close(&time_key);
    return make_issuer(world);
}

bool world_allow(const struct world_terminal *terminal, const char *extra_lines)
{
    char hex[2 * RECORD_LINK_BYTES + 1] = {0};
    char text[512];
    struct buffer out = buffer_of(hex, sizeof hex - 1);
    int len;

    text_hex_encode(bytes_of(terminal->record[0].link, RECORD_LINK_BYTES), &out);
    len = snprintf(text, sizeof text, "# for a test\nterminal=%s\nepoch=%u\nfirst_prev=%s\n%s",
                   terminal->name, terminal->epoch, hex, extra_lines != NULL ? extra_lines : "");
    return test_write_file(terminal->allow_path, text, (size_t)len);
}

static bool make_terminal(struct world *world, struct world_terminal *terminal, unsigned number)
{
    char uri[128];
    char hex[2 * CRYPTO_HASH_BYTES + 1] = {0};
    struct buffer name = buffer_of(hex, sizeof hex - 1);
    uint8_t scalar[CRYPTO_SCALAR_BYTES];
    uint8_t point[CRYPTO_POINT_BYTES];

    (void)snprintf(terminal->name, sizeof terminal->name, "M.S1.T%u", number + 1);
    (void)snprintf(uri, sizeof uri, IDENTITY_URN "%s", terminal->name);
    terminal->client.fd = -1;
    terminal->epoch = 7;
    memset(terminal->record[0].link, (int)(0xA0 + number), RECORD_LINK_BYTES);
    memcpy(terminal->acked_head, terminal->record[0].link, RECORD_LINK_BYTES);
    if (!test_certificate_make(&terminal->certificate, &world->ca, TEST_CLIENT, uri, 30) ||
        !test_scalar_of(terminal->certificate.key, scalar) ||
        crypto_signing_import(scalar, &terminal->key) != SCRIP_OK ||
        crypto_signing_public(terminal->key, point) != SCRIP_OK ||
        cose_kid(point, terminal->kid) != SCRIP_OK)
        return false;
    text_hex_encode(bytes_of(terminal->certificate.spki_sha256, CRYPTO_HASH_BYTES), &name);
    (void)snprintf(terminal->allow_path, sizeof terminal->allow_path, "%s/terminals/%s",
                   world->pki_dir, hex);
    return world_allow(terminal, NULL);
}

static bool start(struct world *world)
{
    if (db_open(&world->db, world->db_path) != SCRIP_OK)
        return false;
    if (server_open(&world->server, &world->pki, &world->db, "127.0.0.1", 0) != SCRIP_OK)
        return false;
    for (size_t i = 0; i < WORLD_TERMINALS; i++) {
        struct world_terminal *terminal = &world->terminal[i];
        test_client_close(&terminal->client);
        if (!test_client_open(&terminal->client, world->server.port, &world->ca,
                              &terminal->certificate))
            return false;
        terminal->client.capture = world->wire_dir;
    }
    return true;
}

bool world_open(struct world *world)
{
    char path[512];

    memset(world, 0, sizeof *world);
    (void)signal(SIGPIPE, SIG_IGN); /* a connection that the host has closed is only an error */
    test_entropy_open(&world->entropy, 0x5C21F00D);
    if (crypto_open(&world->entropy.hal) != SCRIP_OK || !temp_open(&world->temp))
        return false;
    world->now_s = (uint32_t)time(NULL);
    (void)snprintf(world->pki_dir, sizeof world->pki_dir, "%s/pki", world->temp.path);
    (void)snprintf(world->wire_dir, sizeof world->wire_dir, "%s/wire", world->temp.path);
    (void)snprintf(world->db_path, sizeof world->db_path, "%s/host.db", world->temp.path);
    if (mkdir(world->pki_dir, 0700) != 0 || mkdir(world->wire_dir, 0700) != 0)
        return false;
    path_in(world, "objects", path, sizeof path);
    if (mkdir(path, 0700) != 0)
        return false;
    path_in(world, "terminals", path, sizeof path);
    if (mkdir(path, 0700) != 0 || !make_files(world))
        return false;
    for (unsigned i = 0; i < WORLD_TERMINALS; i++)
        if (!make_terminal(world, &world->terminal[i], i))
            return false;
    return pki_open(&world->pki, world->pki_dir) == SCRIP_OK && start(world);
}

bool world_restart(struct world *world)
{
    server_close(&world->server);
    db_close(&world->db);
    return start(world);
}

void world_close(struct world *world)
{
    for (size_t i = 0; i < WORLD_TERMINALS; i++) {
        test_client_close(&world->terminal[i].client);
        test_certificate_free(&world->terminal[i].certificate);
        crypto_key_close(&world->terminal[i].key);
    }
    server_close(&world->server);
    db_close(&world->db);
    pki_close(&world->pki);
    test_certificate_free(&world->host);
    gnutls_x509_privkey_deinit(world->time_pem);
    test_ca_free(&world->ca);
    crypto_key_close(&world->root);
    crypto_key_close(&world->issuer);
    temp_close(&world->temp);
}

bool world_validate(struct world *world)
{
    char *const argv[] = {(char *)(uintptr_t) "tests/e2e/validate", world->wire_dir, world->db_path,
                          NULL};
    pid_t pid;
    int status;

    (void)fflush(stdout);
    return posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) == 0 &&
           waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool world_query(const struct world *world, const char *sql, char *out, size_t size)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    bool good = sqlite3_open_v2(world->db_path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
                sqlite3_step(statement) == SQLITE_ROW;

    out[0] = '\0';
    if (good)
        (void)snprintf(out, size, "%s",
                       sqlite3_column_type(statement, 0) == SQLITE_NULL
                           ? "NULL"
                           : (const char *)sqlite3_column_text(statement, 0));
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(db);
    return good;
}
