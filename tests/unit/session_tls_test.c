/*
 * Whom the agent's TLS believes, against the real host: root, name, pins and dates, and what it
 * hears when the host does not believe it.
 */
#include "tests/unit/session_rig.h"

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

int main(void)
{
    if (!host_start()) {
        printf("the host did not start\n");
        return 1;
    }
    CHECK_RUN(test_hosts_that_are_not_ours);
    CHECK_RUN(test_the_second_pin_will_do);
    CHECK_RUN(test_dates_are_judged_again_once_time_is_known);
    CHECK_RUN(test_a_terminal_that_the_host_does_not_know);
    CHECK_RUN(test_certificates_that_do_not_parse);
    if (!host_stop()) {
        printf("the host ended badly\n");
        return 1;
    }
    return check_done();
}
