/*
 * Accidents at every call of a handshake with the real host: the library, its allocator and the
 * entropy source fail once. That is a fault, and the next handshake succeeds; with a host whose
 * root is not ours no accident makes it one that is.
 */
#include "tests/support/inject.h"
#include "tests/unit/session_rig.h"

static bool foreign;

static void open_terminal(void)
{
    static uint8_t other_root[LIMIT_CERT_BYTES];
    static size_t other_len;

    terminal_open();
    CHECK_STATUS(crypto_open(inject_entropy(&terminal.shop.entropy.hal)), SCRIP_OK);
    if (!foreign)
        return;
    if (other_len == 0) {
        struct test_ca other;
        REQUIRE(test_ca_make(&other, "Test CA") &&
                der_of(other.certificate, other_root, &other_len));
        test_ca_free(&other);
    }
    terminal.bundle.roots[0] = bytes_of(other_root, other_len);
}

/* Up to the end of the handshake, at most three seconds. */
static enum scrip_status connect_host(void)
{
    enum scrip_status status = tls_open(&terminal.tls, &terminal.net.hal, &terminal.bundle,
                                        &terminal.shop.keys, &terminal.clock);

    if (status == SCRIP_OK)
        status = tls_connect(&terminal.tls);
    if (status == SCRIP_OK)
        status = SCRIP_AGAIN;
    for (int i = 0; i < 3000 && status == SCRIP_AGAIN; i++) {
        status = tls_poll(&terminal.tls);
        if (status == SCRIP_AGAIN)
            (void)poll(NULL, 0, 1);
    }
    tls_close(&terminal.tls);
    return status;
}

static void judge(enum scrip_status status)
{
    if (status != SCRIP_OK)
        inject_check_fault(status);
    CHECK_STATUS(connect_host(), SCRIP_OK);
}

static void test_a_handshake_faults_at_every_call(void)
{
    const struct inject_experiment experiment = {"a handshake", open_terminal, connect_host, judge,
                                                 terminal_close};
    inject_run(&experiment);
}

static enum scrip_status connect_foreign(void)
{
    enum scrip_status status = connect_host();
    inject_check_fault(status);
    return SCRIP_OK;
}

static void foreign_judge(enum scrip_status status)
{
    CHECK_STATUS(status, SCRIP_OK);
}

static void test_no_accident_makes_a_foreign_host_ours(void)
{
    const struct inject_experiment experiment = {"a foreign host", open_terminal, connect_foreign,
                                                 foreign_judge, terminal_close};
    foreign = true;
    inject_run(&experiment);
    foreign = false;
}

int main(void)
{
    if (!host_start())
        return 1;
    CHECK_RUN(test_a_handshake_faults_at_every_call);
    CHECK_RUN(test_no_accident_makes_a_foreign_host_ours);
    CHECK(host_stop());
    return check_done();
}
