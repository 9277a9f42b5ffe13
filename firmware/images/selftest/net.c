/* The contracts of hal/net.h, against the peer of tools/peer. */
#include "images/selftest/selftest.h"

#include <string.h>

enum { POLL_MS = 10, CONNECT_LIMIT_MS = 15000, ECHO_LIMIT_MS = 15000, IDLE_CALLS = 20 };

/* Less than a segment, so that what is left of one is asked for. */
enum { RECEIVE_MAX = 97 };

static enum scrip_status send_all(struct selftest *test, const char *text, size_t len,
                                  uint64_t until_ms)
{
    const struct hal_net *net = test->hal->net;

    while (len > 0) {
        size_t sent = 0;
        enum scrip_status status = net->send(net->context, text, len, &sent);
        if (status == SCRIP_OK && (sent == 0 || sent > len))
            return SCRIP_FAULT_PROTOCOL;
        if (status != SCRIP_OK && status != SCRIP_AGAIN)
            return status;
        if (status == SCRIP_OK) {
            text += sent;
            len -= sent;
        } else if (selftest_ms(test) > until_ms) {
            return SCRIP_FAULT_TIMEOUT;
        } else if (test->wait(POLL_MS) == 0) {
            return SCRIP_REFUSED_ABORTED;
        }
    }
    return SCRIP_OK;
}

static enum scrip_status receive_some(struct selftest *test, void *data, size_t cap,
                                      uint64_t until_ms, size_t *received)
{
    const struct hal_net *net = test->hal->net;
    enum scrip_status status;

    *received = 0;
    while ((status = net->receive(net->context, data, cap, received)) == SCRIP_AGAIN) {
        if (selftest_ms(test) > until_ms)
            return SCRIP_FAULT_TIMEOUT;
        if (test->wait(POLL_MS) == 0)
            return SCRIP_REFUSED_ABORTED;
    }
    if (status == SCRIP_OK && (*received == 0 || *received > cap))
        return SCRIP_FAULT_PROTOCOL;
    return status;
}

enum scrip_status net_exchange(struct selftest *test, const void *text, size_t len, void *back,
                               uint32_t within_ms)
{
    uint64_t until_ms = selftest_ms(test) + within_ms;
    uint8_t *at = back;
    size_t got;

    TRY(send_all(test, text, len, until_ms));
    for (; len > 0; at += got, len -= got)
        TRY(receive_some(test, at, len < RECEIVE_MAX ? len : RECEIVE_MAX, until_ms, &got));
    return SCRIP_OK;
}

/* A board may not have its address yet. */
static enum scrip_status dial(struct selftest *test)
{
    const struct hal_net *net = test->hal->net;
    uint64_t until_ms = selftest_ms(test) + CONNECT_LIMIT_MS;
    enum scrip_status status;

    do {
        status = net->open(net->context, test->peer_host, test->peer_port);
        while (status == SCRIP_OK || status == SCRIP_AGAIN) {
            status = net->state(net->context);
            if (status == SCRIP_OK)
                return SCRIP_OK;
            if (status == SCRIP_AGAIN && selftest_ms(test) > until_ms)
                return SCRIP_FAULT_TIMEOUT;
            if (test->wait(POLL_MS) == 0)
                return SCRIP_REFUSED_ABORTED;
        }
        if (test->wait(POLL_MS) == 0)
            return SCRIP_REFUSED_ABORTED;
    } while (status == SCRIP_FAULT_NET && selftest_ms(test) < until_ms);
    return status;
}

enum selftest_verdict net_connect(struct selftest *test)
{
    enum scrip_status status;

    if (test->hal->net == NULL)
        return selftest_absent(test, "the board has no network");
    if (test->peer_host[0] == '\0')
        return selftest_absent(test, "no PEER=HOST:PORT was given: see tools/peer");
    status = dial(test);
    test->connected = status == SCRIP_OK;
    return status == SCRIP_OK ? SELFTEST_KEPT
                              : selftest_broken(test, "%s:%u: %s", test->peer_host, test->peer_port,
                                                scrip_status_name(status));
}

static enum selftest_verdict no_peer(struct selftest *test)
{
    return selftest_absent(test, "there is no connection to a peer");
}

/* Lines of 1 to 1,800 letters come back whole and in order: less than a segment, and several. */
enum selftest_verdict net_echo(struct selftest *test)
{
    enum { LONGEST = 1800, HALF = SELFTEST_ROOM / 2 };
    char *line = (char *)test->room;
    char *back = line + HALF;
    _Static_assert((int)LONGEST + 1 < (int)HALF, "a line and what comes back");

    if (!test->connected)
        return no_peer(test);
    for (size_t len = 1; len <= LONGEST; len = len * 5 / 2 + 1) {
        for (size_t i = 0; i < len; i++)
            line[i] = (char)('A' + selftest_byte(12, (uint32_t)(len + i)) % 26);
        line[len] = '\n';
        enum scrip_status status = net_exchange(test, line, len + 1, back, ECHO_LIMIT_MS);
        if (status != SCRIP_OK)
            return selftest_broken(test, "an echo of %u bytes: %s", (unsigned)len + 1,
                                   scrip_status_name(status));
        if (memcmp(line, back, len + 1) != 0)
            return selftest_broken(test, "%u bytes come back changed", (unsigned)len + 1);
    }
    return SELFTEST_KEPT;
}

/* Where there is nothing, receive says so at once, and the connection stays. */
enum selftest_verdict net_idle(struct selftest *test)
{
    enum { AT_ONCE_MS = 10 };
    const struct hal_net *net = test->hal->net;
    uint64_t quickest_ms = UINT64_MAX;
    uint8_t byte;
    size_t got;

    if (!test->connected)
        return no_peer(test);
    for (int i = 0; i < IDLE_CALLS; i++) {
        uint64_t from_ms = selftest_ms(test);
        enum scrip_status status = net->receive(net->context, &byte, 1, &got);
        uint64_t took_ms = selftest_ms(test) - from_ms;
        if (status != SCRIP_AGAIN)
            return selftest_broken(test, "receive answers %s without anything to receive",
                                   scrip_status_name(status));
        if (took_ms < quickest_ms)
            quickest_ms = took_ms;
    }
    if (quickest_ms > AT_ONCE_MS)
        return selftest_broken(test, "receive waits %lu ms", (unsigned long)quickest_ms);
    return net->state(net->context) == SCRIP_OK
               ? SELFTEST_KEPT
               : selftest_broken(test, "state is not OK on a connection at rest");
}

/* What the peer has sent before it closes is delivered; then, and not before, it is a fault. */
enum selftest_verdict net_end(struct selftest *test)
{
    static const char ask[] = "bye\n";
    char back[sizeof ask - 1];
    size_t got;
    enum scrip_status status;

    if (!test->connected)
        return no_peer(test);
    test->connected = false;
    status = net_exchange(test, ask, sizeof back, back, ECHO_LIMIT_MS);
    if (status != SCRIP_OK || memcmp(back, ask, sizeof back) != 0)
        return selftest_broken(test, "the peer's last words: %s", scrip_status_name(status));
    status = receive_some(test, back, sizeof back, selftest_ms(test) + ECHO_LIMIT_MS, &got);
    if (status != SCRIP_FAULT_NET)
        return selftest_broken(test, "after the peer has closed, receive answers %s",
                               scrip_status_name(status));
    test->connected = true;
    return SELFTEST_KEPT;
}

static enum scrip_status say_hello(struct selftest *test)
{
    static const char hello[] = "hello\n";
    char back[sizeof hello - 1];

    TRY(net_exchange(test, hello, sizeof back, back, ECHO_LIMIT_MS));
    return memcmp(back, hello, sizeof back) == 0 ? SCRIP_OK : SCRIP_FAULT_PROTOCOL;
}

/* After an end, after close(), and over a connection that stands. */
enum selftest_verdict net_reopen(struct selftest *test)
{
    const struct hal_net *net = test->hal->net;

    if (!test->connected)
        return no_peer(test);
    for (int i = 0; i < 3; i++) {
        enum scrip_status status = dial(test);
        if (status == SCRIP_OK)
            status = say_hello(test);
        if (status != SCRIP_OK)
            return selftest_broken(test, "connection %d: %s", i + 2, scrip_status_name(status));
        if (i == 0)
            net->close(net->context);
    }
    net->close(net->context);
    net->close(net->context);
    return SELFTEST_KEPT;
}
