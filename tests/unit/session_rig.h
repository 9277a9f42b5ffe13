/*
 * The real host in a process of its own, as its cryptographic library and JSON reader are one a
 * process, and a terminal beside it: a real ledger on virtual flash, keys and certificates that the
 * host knows, and a socket on loopback.
 */
#ifndef TESTS_UNIT_SESSION_RIG_H
#define TESTS_UNIT_SESSION_RIG_H

#include <poll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cose.h"
#include "platform/posix/net.h"
#include "sync/session_state.h"

#include "tests/check.h"
#include "tests/support/host_world.h"
#include "tests/support/shop.h"

enum { TOKENS = 6 };

/* What the host's process tells of itself. */
struct host_facts {
    uint16_t port;
    char db_path[160];
    uint8_t leaf[LIMIT_CERT_BYTES], root[LIMIT_CERT_BYTES], host_spki[CRYPTO_HASH_BYTES];
    size_t leaf_len, root_len;
    uint8_t scalar[CRYPTO_SCALAR_BYTES];
    uint8_t time_point[CRYPTO_POINT_BYTES], root_point[CRYPTO_POINT_BYTES];
    uint8_t token[TOKENS][LIMIT_TOKEN_BYTES];
    size_t token_len[TOKENS];
    uint32_t now_s;
};

static struct world world;
static struct host_facts facts;
static pid_t host_pid;
static int host_command = -1;

/* The host's process ----------------------------------------------------------------------------
 */

static bool der_of(gnutls_x509_crt_t certificate, uint8_t out[LIMIT_CERT_BYTES], size_t *len)
{
    *len = LIMIT_CERT_BYTES;
    return gnutls_x509_crt_export(certificate, GNUTLS_X509_FMT_DER, out, len) == GNUTLS_E_SUCCESS;
}

static bool gather(struct host_facts *out)
{
    static const uint8_t first_prev[RECORD_LINK_BYTES] = {0xE0, 0xF1}; /* as shop_open() */
    struct world_terminal *terminal = &world.terminal[0];

    memcpy(terminal->record[0].link, first_prev, sizeof first_prev);
    out->port = world.server.port;
    out->now_s = world.now_s;
    memcpy(out->db_path, world.db_path, sizeof out->db_path);
    memcpy(out->host_spki, world.host.spki_sha256, sizeof out->host_spki);
    memcpy(out->time_point, world.time_point, sizeof out->time_point);
    for (size_t i = 0; i < TOKENS; i++) {
        struct token_claims claims = world_claims(&world);
        out->token_len[i] = world_mint(&world, &claims, out->token[i]).len;
    }
    return world_allow(terminal, NULL) &&
           der_of(terminal->certificate.certificate, out->leaf, &out->leaf_len) &&
           der_of(world.ca.certificate, out->root, &out->root_len) &&
           test_scalar_of(terminal->certificate.key, out->scalar) &&
           crypto_signing_public(world.root, out->root_point) == SCRIP_OK;
}

/* Ends when the test's process closes its end of the pipe, however it ends. */
static void host_main(int report, int command)
{
    struct host_facts out = {0};
    char byte;
    bool good = world_open(&world) && gather(&out);

    if (good && write(report, &out, sizeof out) == (ssize_t)sizeof out)
        while (read(command, &byte, 1) > 0)
            (void)world_restart(&world);
    world_close(&world);
    _exit(good ? 0 : 1);
}

static bool host_start(void)
{
    int report[2], command[2];
    size_t got = 0;

    if (pipe(report) != 0 || pipe(command) != 0)
        return false;
    (void)fflush(NULL);
    host_pid = fork();
    if (host_pid == 0) {
        (void)close(report[0]);
        (void)close(command[1]);
        host_main(report[1], command[0]);
    }
    (void)close(report[1]);
    (void)close(command[0]);
    host_command = command[1];
    while (host_pid > 0 && got < sizeof facts) {
        ssize_t n = read(report[0], (char *)&facts + got, sizeof facts - got);
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    (void)close(report[0]);
    return got == sizeof facts;
}

static bool host_stop(void)
{
    int status = -1;

    (void)close(host_command);
    return waitpid(host_pid, &status, 0) == host_pid && status == 0;
}

/* The terminal ----------------------------------------------------------------------------------
 */

static uint64_t uptime_ms(void *context)
{
    struct timespec now;

    (void)context;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static enum scrip_status no_time(void *context, uint32_t *unix_s)
{
    (void)context;
    *unix_s = 0;
    return SCRIP_FAULT_DEVICE;
}

static enum scrip_status not_settable(void *context, uint32_t unix_s)
{
    (void)context, (void)unix_s;
    return SCRIP_FAULT_DEVICE;
}

static const struct hal_rtc rtc = {NULL, HAL_RTC_NONE, uptime_ms, no_time, not_settable};
static const struct sim_geometry FLASH = {64 * 4096, 4096, 256, 1, 1, true};
static const struct sim_geometry BLOBS = {40 * 4096, 4096, 256, 1, 1, true};

static struct {
    struct shop shop;
    struct sim_flash blob_flash;
    struct blob_store blobs;
    struct posix_net net;
    struct bundle bundle;
    struct wallclock clock;
    struct sync_parts parts;
    struct sync sync;
    struct tls tls;
    uint8_t arena[131072];
} terminal;

static enum scrip_status verify_object(void *context, enum object_kind kind, struct span data,
                                       struct object *out)
{
    return object_verify(data, kind, context, out);
}

static void terminal_open(void)
{
    struct keys *keys;
    struct bundle *bundle = &terminal.bundle;
    uint32_t damaged;

    memset(&terminal, 0, sizeof terminal);
    shop_open(&terminal.shop, &FLASH);
    CHECK_STATUS(shop_start(&terminal.shop), SCRIP_OK);
    keys = &terminal.shop.keys;
    crypto_key_close(&keys->signing[keys->active]);
    CHECK_STATUS(crypto_signing_import(facts.scalar, &keys->signing[keys->active]), SCRIP_OK);
    sim_flash_open(&terminal.blob_flash, &BLOBS, 13);
    CHECK_STATUS(blob_mount(&terminal.blobs, &terminal.blob_flash.hal, keys, &damaged), SCRIP_OK);
    posix_net_open(&terminal.net);
    wallclock_open(&terminal.clock, &rtc, facts.now_s - 86400, 0, 0, 0);

    (void)snprintf(bundle->identity.text, sizeof bundle->identity.text, "M.S1.T1");
    (void)snprintf(bundle->host, sizeof bundle->host, "127.0.0.1");
    bundle->port = facts.port;
    bundle->epoch = SHOP_EPOCH;
    bundle->chain[0] = bytes_of(facts.leaf, facts.leaf_len);
    bundle->chain_count = 1;
    bundle->roots[0] = bytes_of(facts.root, facts.root_len);
    bundle->root_count = 1;
    memcpy(bundle->pins[0], facts.host_spki, CRYPTO_HASH_BYTES);
    bundle->pin_count = 1;
    memcpy(bundle->object_roots.point[0], facts.root_point, CRYPTO_POINT_BYTES);
    bundle->object_roots.count = 1;
    memcpy(bundle->host_point, facts.time_point, CRYPTO_POINT_BYTES);

    terminal.parts = (struct sync_parts){.net = &terminal.net.hal,
                                         .rtc = &rtc,
                                         .ledger = &terminal.shop.ledger,
                                         .keys = keys,
                                         .blobs = &terminal.blobs,
                                         .clock = &terminal.clock,
                                         .bundle = bundle,
                                         .verify = verify_object,
                                         .verify_context = &bundle->object_roots,
                                         .arena = terminal.arena,
                                         .arena_len = sizeof terminal.arena,
                                         .have = {[OBJECT_KEYS] = 9, [OBJECT_POLICY] = 18},
                                         .firmware = "0.1.0"};
}

static void terminal_close(void)
{
    sync_close(&terminal.sync);
    terminal.net.hal.close(terminal.net.hal.context);
    sim_flash_close(&terminal.blob_flash);
    shop_close(&terminal.shop);
}

#endif
