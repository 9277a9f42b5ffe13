/*
 * The agent's sync against the real host, over loopback: mutual TLS 1.3 between two libraries, a
 * real ledger on virtual flash, real verdicts in a real database. The host runs in a process of its
 * own, as its cryptographic library and JSON reader are one a process.
 */
#include <poll.h>
#include <stdlib.h>
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
    bool good = world_open(&world, "/tmp") && gather(&out);

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

static void check_query(const char *sql, const char *expected)
{
    char text[64];

    memcpy(world.db_path, facts.db_path, sizeof world.db_path);
    CHECK(world_query(&world, sql, text, sizeof text));
    CHECK_EQ_STRING(text, expected);
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
    (void)context, (void)unix_s;
    return SCRIP_FAULT_DEVICE;
}

static enum scrip_status not_settable(void *context, uint32_t unix_s)
{
    (void)context, (void)unix_s;
    return SCRIP_FAULT_DEVICE;
}

static const struct hal_rtc rtc = {NULL, HAL_RTC_NONE, uptime_ms, no_time, not_settable};
static const struct sim_geometry FLASH = {64 * 4096, 4096, 256, 1, 1, true};

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
    sim_flash_open(&terminal.blob_flash, &FLASH, 13);
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
                                         .arena = terminal.arena,
                                         .arena_len = sizeof terminal.arena,
                                         .have_keys = 9,
                                         .have_policy = 18,
                                         .firmware = "0.1.0"};
}

static void terminal_close(void)
{
    sync_close(&terminal.sync);
    terminal.net.hal.close(terminal.net.hal.context);
    sim_flash_close(&terminal.blob_flash);
    shop_close(&terminal.shop);
}

/* A tap on the stream between HTTP and TLS, so that what was said can be held against the contract.
 */
static struct {
    struct stream real;
    char dir[64];
    unsigned number;
    char path[32]; /* of the request under way */
    uint8_t said[2][65536];
    size_t len[2]; /* request, answer */
} tap;

/* Keeps a body whose head stands before it, as NNNN-<path>-<request|STATUS>.json. */
static void keep(int which, const char *what)
{
    const uint8_t *body = memmem(tap.said[which], tap.len[which], "\r\n\r\n", 4);
    char file[160];

    if (body == NULL || strcmp(tap.path, "objects") == 0)
        return;
    body += 4;
    (void)snprintf(file, sizeof file, "%s/%04u-%s-%s.json", tap.dir, tap.number++, tap.path, what);
    CHECK(test_write_file(file, body, tap.len[which] - (size_t)(body - tap.said[which])));
}

/* An exchange is over when the next begins, or at the end. */
static void tap_flush(void)
{
    char status[4] = "";

    if (tap.len[0] == 0 || tap.len[1] < 12)
        return;
    memcpy(status, tap.said[1] + 9, 3);
    keep(0, "request");
    keep(1, status);
    tap.len[0] = tap.len[1] = 0;
}

static void tap_add(int which, const void *data, size_t len)
{
    if (len <= sizeof tap.said[which] - tap.len[which]) {
        memcpy(tap.said[which] + tap.len[which], data, len);
        tap.len[which] += len;
    }
}

static enum scrip_status tap_send(void *context, const void *data, size_t len, size_t *sent)
{
    enum scrip_status status;

    (void)context;
    if (tap.len[1] != 0)
        tap_flush();
    status = tap.real.send(tap.real.context, data, len, sent);
    if (status != SCRIP_OK)
        return status;
    if (tap.len[0] == 0) {
        const char *name = memmem(data, *sent, "/v1/", 4);
        (void)snprintf(tap.path, sizeof tap.path, "%.*s", (int)strcspn(name + 4, "/ "), name + 4);
    }
    tap_add(0, data, *sent);
    return SCRIP_OK;
}

static enum scrip_status tap_receive(void *context, void *data, size_t cap, size_t *received)
{
    enum scrip_status status = tap.real.receive(tap.real.context, data, cap, received);

    (void)context;
    if (status == SCRIP_OK)
        tap_add(1, data, *received);
    return status;
}

/* One poll; a session that has just come up gets its tap before its first exchange. */
static struct sync_state step(bool till_idle)
{
    struct sync_state state;
    struct stream *stream = &terminal.sync.http.stream;
    uint32_t sleep_ms;

    sync_poll(&terminal.sync, till_idle, &sleep_ms);
    sync_read_state(&terminal.sync, &state);
    if (state.phase == SYNC_READY && stream->send != tap_send) {
        tap.real = *stream;
        *stream = (struct stream){NULL, tap_send, tap_receive};
    }
    return state;
}

/* Polls until a forced attempt has come to its end, at most ten seconds. */
static struct sync_state settle_now(void)
{
    struct sync_state state;
    uint64_t until = uptime_ms(NULL) + 10000;

    sync_now(&terminal.sync);
    do {
        state = step(true);
        if (state.phase == SYNC_EXCHANGE || state.phase == SYNC_CONNECTING)
            (void)poll(NULL, 0, 1);
    } while (uptime_ms(NULL) < until &&
             (terminal.sync.forced || terminal.sync.urgent || state.phase == SYNC_EXCHANGE ||
              state.phase == SYNC_CONNECTING));
    return state;
}

/* Appends a redemption around a token of the host's issuer. */
static void redeem(size_t token, uint32_t sale, enum permit_mode mode, uint32_t *seq)
{
    struct redemption redemption;
    struct voucher *voucher = &redemption.permit.voucher;
    struct ledger_entry entry;
    struct cose message;

    shop_redemption(&terminal.shop, sale, sale, mode, &redemption);
    voucher->token = bytes_of(facts.token[token], facts.token_len[token]);
    CHECK_STATUS(cose_parse(voucher->token, &message), SCRIP_OK);
    CHECK_STATUS(token_claims_read(message.payload, &voucher->claims), SCRIP_OK);
    voucher->issuer = WORLD_ISSUER;
    terminal.shop.stamp.t_s = facts.now_s;
    CHECK_STATUS(ledger_append(&terminal.shop.ledger, &redemption, &terminal.shop.stamp, 0, &entry),
                 SCRIP_OK);
    *seq = entry.seq;
}

/* Settling --------------------------------------------------------------------------------------
 */

static void test_redemptions_settle(void)
{
    struct sync_state state;
    struct ledger_story story;
    struct ledger_entry forged;
    struct wallclock_time now;
    uint32_t first, second;

    terminal_open();
    CHECK_STATUS(sync_open(&terminal.sync, &terminal.parts), SCRIP_OK);
    redeem(0, 1, PERMIT_OFFLINE, &first);
    redeem(1, 2, PERMIT_OFFLINE, &second);
    /* A token that the issuer never signed: only a rooted terminal would record it. */
    CHECK_STATUS(shop_redeem(&terminal.shop, 3, 3, PERMIT_OFFLINE, &forged), SCRIP_OK);
    state = settle_now();
    CHECK_STATUS(state.last, SCRIP_OK);
    CHECK_EQ_STRING(state.problem, "");
    CHECK_EQ_INT(state.refused, 1);
    CHECK_EQ_INT(state.late_seq, forged.seq);
    /* Two accepted, and the late entry after them. */
    CHECK_EQ_INT(state.settled, 3);
    CHECK_EQ_INT(terminal.shop.ledger.acked_seq, terminal.shop.ledger.head_seq);
    CHECK_EQ_INT(terminal.shop.ledger.head_seq, 4);
    CHECK_EQ_INT(terminal.shop.ledger.unsettled_count, 0);
    if (ledger_story(&terminal.shop.ledger, forged.seq, &story) == SCRIP_OK)
        CHECK_EQ_INT(story.state, STORY_LATE_REFUSED);
    wallclock_read(&terminal.clock, &now);
    CHECK_EQ_INT(now.quality, WALLCLOCK_GOOD);
    CHECK(now.t_s - facts.now_s < 60);
    check_query("SELECT count(*) FROM redemptions WHERE verdict = 'accepted'", "2");
    check_query("SELECT count(*) FROM redemptions WHERE verdict <> 'accepted'", "1");
    check_query("SELECT ack_seq FROM chain", "4");

    /* Asked at the till, on the session that is open; a second ask for the same record after the
     * connection broke gets the same verdict. */
    uint32_t asked;
    struct sync_outcome outcome;
    enum scrip_status status = SCRIP_AGAIN;
    redeem(2, 4, PERMIT_ASK, &asked);
    CHECK(sync_ready(&terminal.sync));
    CHECK_STATUS(sync_ask(&terminal.sync, asked), SCRIP_OK);
    for (int i = 0; i < 5000 && status == SCRIP_AGAIN; i++) {
        (void)step(false);
        (void)poll(NULL, 0, 1);
        status = sync_ask_result(&terminal.sync, &outcome);
    }
    CHECK_STATUS(status, SCRIP_OK);
    CHECK(outcome.accepted);
    CHECK_EQ_INT(strlen(outcome.auth), 8);
    CHECK_STATUS(ledger_outcome(&terminal.shop.ledger, asked, RECORD_ACCEPTED,
                                bytes_text(outcome.auth), RECORD_CODE_NONE, &terminal.shop.stamp),
                 SCRIP_OK);

    /* The link breaks: the ticket spares the next handshake its certificates. */
    CHECK(!tls_resumed(&terminal.sync.tls));
    tls_disconnect(&terminal.sync.tls);
    state = settle_now();
    state = settle_now();
    CHECK_STATUS(state.last, SCRIP_OK);
    CHECK(tls_resumed(&terminal.sync.tls));
    CHECK_EQ_INT(terminal.shop.ledger.acked_seq, terminal.shop.ledger.head_seq);
    check_query("SELECT count(*) FROM redemptions WHERE verdict = 'accepted'", "3");
    terminal_close();
}

/* The host has settled four records of this terminal, and its medium is as on the first day. */
static void test_a_restored_medium_is_told(void)
{
    struct sync_state state;
    uint32_t seq;

    terminal_open();
    CHECK_STATUS(sync_open(&terminal.sync, &terminal.parts), SCRIP_OK);
    state = settle_now();
    CHECK_STATUS(state.last, SCRIP_FAULT_FORK);
    CHECK(terminal.shop.ledger.fork);
    terminal_close();

    /* And where it has gone on from there, its branch is settled by none and kept here. */
    terminal_open();
    CHECK_STATUS(sync_open(&terminal.sync, &terminal.parts), SCRIP_OK);
    redeem(5, 1, PERMIT_OFFLINE, &seq);
    state = settle_now();
    CHECK_STATUS(state.last, SCRIP_FAULT_FORK);
    CHECK_EQ_STRING(state.problem, "chain-fork");
    CHECK(terminal.shop.ledger.fork);
    CHECK_EQ_INT(terminal.shop.ledger.acked_seq, 0);
    check_query("SELECT forked_seq IS NOT NULL FROM chain", "1");
    check_query("SELECT count(*) FROM redemptions WHERE verdict = 'accepted'", "3");
    terminal_close();
}

static void test_objects_are_fetched(void)
{
    static uint8_t memory[LIMIT_OBJECT_BYTES];
    struct buffer out = buffer_of(memory, sizeof memory);
    struct object object;
    struct sync_state state;

    terminal_open();
    terminal.parts.have_keys = 8;
    CHECK_STATUS(sync_open(&terminal.sync, &terminal.parts), SCRIP_OK);
    state = settle_now();
    for (int i = 0; i < 3000 && !state.objects_changed; i++) {
        state = step(true);
        (void)poll(NULL, 0, 1);
    }
    CHECK(state.objects_changed);
    CHECK_STATUS(blob_load(&terminal.blobs, BLOB_KEYS, &out), SCRIP_OK);
    CHECK_STATUS(
        object_verify(buffer_bytes(&out), OBJECT_KEYS, &terminal.bundle.object_roots, &object),
        SCRIP_OK);
    CHECK_EQ_INT(object.seq, 9);
    terminal_close();
}

/* Whom TLS believes -----------------------------------------------------------------------------
 */

/* Connects with what is in terminal.bundle and terminal.clock; then waits for the host's first
 * word, which is a refusal if there is one. */
static enum scrip_status handshake(enum scrip_status *first_word)
{
    enum scrip_status status;
    struct stream stream = tls_stream(&terminal.tls);
    uint8_t byte;
    size_t len;

    status = tls_open(&terminal.tls, &terminal.net.hal, &terminal.bundle, &terminal.shop.keys,
                      &terminal.clock);
    if (status == SCRIP_OK)
        status = tls_connect(&terminal.tls);
    if (status == SCRIP_OK)
        status = SCRIP_AGAIN;
    for (int i = 0; i < 3000 && status == SCRIP_AGAIN; i++) {
        status = tls_poll(&terminal.tls);
        if (status == SCRIP_AGAIN)
            (void)poll(NULL, 0, 1);
    }
    *first_word = SCRIP_AGAIN;
    for (int i = 0; i < 200 && status == SCRIP_OK && *first_word == SCRIP_AGAIN; i++) {
        *first_word = stream.receive(stream.context, &byte, 1, &len);
        (void)poll(NULL, 0, 1);
    }
    return status;
}

static void check_untrusted(const char *words)
{
    enum scrip_status word;

    CHECK_STATUS(handshake(&word), SCRIP_FAULT_TLS);
    CHECK_EQ_STRING(tls_detail(&terminal.tls), words);
    tls_close(&terminal.tls);
    terminal_close();
}

/* Time as a signed host would have set it. */
static void set_clock(uint32_t t_s)
{
    terminal.clock.floor_s = 0;
    CHECK_STATUS(wallclock_set_host(&terminal.clock, t_s, uptime_ms(NULL)), SCRIP_OK);
}

static void test_hosts_that_are_not_ours(void)
{
    static uint8_t other_root[LIMIT_CERT_BYTES];
    struct test_ca other;
    size_t len;

    terminal_open();
    REQUIRE(test_ca_make(&other, "Test CA") && der_of(other.certificate, other_root, &len));
    terminal.bundle.roots[0] = bytes_of(other_root, len);
    check_untrusted("the host's certificate does not chain to our root");
    test_ca_free(&other);

    terminal_open();
    (void)snprintf(terminal.bundle.host, sizeof terminal.bundle.host, "localhost");
    check_untrusted("the host's certificate is for another name");

    terminal_open();
    terminal.bundle.pins[0][0] ^= 1;
    check_untrusted("the host's key is not the one pinned at enrolment");

    terminal_open();
    set_clock(facts.now_s + 91 * 86400);
    check_untrusted("the host's certificate has expired");

    terminal_open();
    set_clock(facts.now_s - 365 * 86400);
    check_untrusted("the host's certificate is not yet valid");

    /* Unknown time, but a floor that is beyond the certificate. */
    terminal_open();
    wallclock_open(&terminal.clock, &rtc, facts.now_s + 91 * 86400, 0, 0, 0);
    check_untrusted("the host's certificate has expired");
}

static void test_the_second_pin_will_do(void)
{
    enum scrip_status word;

    terminal_open();
    memcpy(terminal.bundle.pins[1], terminal.bundle.pins[0], CRYPTO_HASH_BYTES);
    terminal.bundle.pins[0][0] ^= 1;
    terminal.bundle.pin_count = 2;
    CHECK_STATUS(handshake(&word), SCRIP_OK);
    CHECK_STATUS(word, SCRIP_AGAIN);
    tls_close(&terminal.tls);
    terminal_close();
}

static void test_dates_are_judged_again_once_time_is_known(void)
{
    enum scrip_status word;

    terminal_open();
    wallclock_open(&terminal.clock, &rtc, 0, 0, 0, 0);
    CHECK_STATUS(handshake(&word), SCRIP_OK);
    CHECK_STATUS(tls_check_time(&terminal.tls), SCRIP_OK);
    set_clock(facts.now_s - 365 * 86400);
    CHECK_STATUS(tls_check_time(&terminal.tls), SCRIP_FAULT_TLS);
    CHECK_EQ_STRING(tls_detail(&terminal.tls), "the host's certificate is not yet valid");
    set_clock(facts.now_s);
    CHECK_STATUS(tls_check_time(&terminal.tls), SCRIP_OK);
    tls_close(&terminal.tls);
    terminal_close();
}

static void test_a_terminal_that_the_host_does_not_know(void)
{
    static uint8_t leaf[LIMIT_CERT_BYTES];
    struct test_ca other;
    struct test_certificate stranger;
    struct keys *keys = &terminal.shop.keys;
    uint8_t scalar[CRYPTO_SCALAR_BYTES];
    enum scrip_status word;
    size_t len;

    REQUIRE(test_ca_make(&other, "Other CA"));
    REQUIRE(test_certificate_make(&stranger, &other, TEST_CLIENT, IDENTITY_URN "M.S1.T1", 30));
    REQUIRE(der_of(stranger.certificate, leaf, &len) && test_scalar_of(stranger.key, scalar));
    terminal_open();
    crypto_key_close(&keys->signing[keys->active]);
    CHECK_STATUS(crypto_signing_import(scalar, &keys->signing[keys->active]), SCRIP_OK);
    terminal.bundle.chain[0] = bytes_of(leaf, len);
    /* RFC 8446 lets us believe that all is well until the host has read our certificate. */
    CHECK_STATUS(handshake(&word), SCRIP_OK);
    CHECK_STATUS(word, SCRIP_FAULT_TLS);
    CHECK_EQ_STRING(tls_detail(&terminal.tls),
                    "the host sent an alert: it does not accept our certificate");
    tls_close(&terminal.tls);
    terminal_close();
    test_certificate_free(&stranger);
    test_ca_free(&other);
}

static void test_certificates_that_do_not_parse(void)
{
    static const uint8_t junk[] = {0x30, 0x03, 1, 2, 3};

    terminal_open();
    terminal.bundle.roots[0] = bytes_of(junk, sizeof junk);
    CHECK_STATUS(sync_open(&terminal.sync, &terminal.parts), SCRIP_FAULT_TLS);
    terminal_close();
}

/* Everything that was said above, against the published schemas and CDDL. */
static void test_every_message_validates(void)
{
    char command[256];

    tap_flush();
    CHECK(tap.number >= 10);
    (void)snprintf(command, sizeof command, "tests/e2e/validate %s", tap.dir);
    CHECK_EQ_INT(system(command), 0);
    (void)snprintf(command, sizeof command, "rm -r %s", tap.dir);
    CHECK_EQ_INT(system(command), 0);
}

int main(void)
{
    (void)snprintf(tap.dir, sizeof tap.dir, "/tmp/scrip-wire.XXXXXX");
    if (mkdtemp(tap.dir) == NULL || !host_start()) {
        printf("session_host_test: the host did not start\n");
        return 1;
    }
    CHECK_RUN(test_objects_are_fetched); /* first, while the host knows of no record */
    CHECK_RUN(test_redemptions_settle);
    CHECK_RUN(test_a_restored_medium_is_told);
    CHECK_RUN(test_hosts_that_are_not_ours);
    CHECK_RUN(test_the_second_pin_will_do);
    CHECK_RUN(test_dates_are_judged_again_once_time_is_known);
    CHECK_RUN(test_a_terminal_that_the_host_does_not_know);
    CHECK_RUN(test_certificates_that_do_not_parse);
    CHECK_RUN(test_every_message_validates);
    if (!host_stop()) {
        printf("session_host_test: the host ended badly\n");
        return 1;
    }
    return check_done();
}
