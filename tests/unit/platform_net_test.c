/*
 * hal_net of a POSIX system against a listener on loopback, on whatever port the system gives.
 */
#include "platform/posix/net.h"

#include <strings.h>
#include <netdb.h>
#include <dlfcn.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/check.h"

static int listen_on(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, 1) != 0 || getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return -1;
    *port = ntohs(address.sin_port);
    return fd;
}

static enum scrip_status settle(const struct hal_net *hal)
{
    enum scrip_status status = SCRIP_AGAIN;

    for (int i = 0; i < 2000 && status == SCRIP_AGAIN; i++) {
        status = hal->state(hal->context);
        if (status == SCRIP_AGAIN)
            (void)poll(NULL, 0, 1);
    }
    return status;
}

static enum scrip_status receive(const struct hal_net *hal, void *data, size_t cap, size_t *len)
{
    enum scrip_status status = SCRIP_AGAIN;

    for (int i = 0; i < 2000 && status == SCRIP_AGAIN; i++) {
        status = hal->receive(hal->context, data, cap, len);
        if (status == SCRIP_AGAIN)
            (void)poll(NULL, 0, 1);
    }
    return status;
}

struct pair {
    struct posix_net net;
    int listener, peer;
};

static bool pair_open(struct pair *pair)
{
    uint16_t port = 0;

    posix_net_open(&pair->net);
    pair->listener = listen_on(&port);
    pair->peer = -1;
    if (pair->listener < 0 ||
        pair->net.hal.open(pair->net.hal.context, "127.0.0.1", port) != SCRIP_OK)
        return false;
    pair->peer = accept(pair->listener, NULL, NULL);
    return pair->peer >= 0 && settle(&pair->net.hal) == SCRIP_OK;
}

static void pair_close(struct pair *pair)
{
    pair->net.hal.close(pair->net.hal.context);
    if (pair->peer >= 0)
        (void)close(pair->peer);
    if (pair->listener >= 0)
        (void)close(pair->listener);
}

static void test_bytes_go_both_ways(void)
{
    struct pair pair;
    uint8_t data[16];
    size_t len = 0;

    REQUIRE(pair_open(&pair));
    const struct hal_net *hal = &pair.net.hal;
    CHECK_STATUS(hal->receive(hal->context, data, sizeof data, &len), SCRIP_AGAIN);
    CHECK_STATUS(hal->send(hal->context, "ask", 3, &len), SCRIP_OK);
    CHECK_EQ_INT(len, 3);
    CHECK_EQ_INT(recv(pair.peer, data, sizeof data, 0), 3);
    CHECK_EQ_BYTES(data, "ask", 3);
    CHECK_EQ_INT(send(pair.peer, "answer", 6, 0), 6);
    CHECK_STATUS(receive(hal, data, sizeof data, &len), SCRIP_OK);
    CHECK_EQ_INT(len, 6);
    CHECK_EQ_BYTES(data, "answer", 6);
    pair_close(&pair);
}

static void test_nagle_is_off(void)
{
    struct pair pair;
    int on = 0;
    socklen_t len = sizeof on;

    REQUIRE(pair_open(&pair));
    CHECK_EQ_INT(getsockopt(pair.net.fd, IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
    CHECK(on != 0);
    pair_close(&pair);
}

static void test_last_words_come_before_the_close(void)
{
    struct pair pair;
    uint8_t data[16];
    size_t len = 0;

    REQUIRE(pair_open(&pair));
    const struct hal_net *hal = &pair.net.hal;
    CHECK_EQ_INT(send(pair.peer, "bye", 3, 0), 3);
    (void)close(pair.peer);
    pair.peer = -1;
    CHECK_STATUS(receive(hal, data, sizeof data, &len), SCRIP_OK);
    CHECK_EQ_INT(len, 3);
    CHECK_STATUS(receive(hal, data, sizeof data, &len), SCRIP_FAULT_NET);
    CHECK_STATUS(hal->state(hal->context), SCRIP_FAULT_NET);
    CHECK_STATUS(hal->send(hal->context, "x", 1, &len), SCRIP_FAULT_NET);
    pair_close(&pair);
}

static void test_a_full_peer_gives_again_and_loses_nothing(void)
{
    static uint8_t data[65536];
    struct pair pair;
    size_t len = 0, sent = 0, got = 0;
    enum scrip_status status = SCRIP_OK;

    REQUIRE(pair_open(&pair));
    const struct hal_net *hal = &pair.net.hal;
    for (int i = 0; i < 10000 && status == SCRIP_OK; i++) {
        status = hal->send(hal->context, data, sizeof data, &len);
        if (status == SCRIP_OK)
            sent += len;
    }
    CHECK_STATUS(status, SCRIP_AGAIN);
    CHECK(sent >= sizeof data);
    while (got < sent) {
        ssize_t n = recv(pair.peer, data, sizeof data, 0);
        REQUIRE(n > 0);
        got += (size_t)n;
    }
    CHECK_EQ_INT(got, sent);
    pair_close(&pair);
}

static void test_nobody_listens(void)
{
    struct posix_net net;
    uint16_t port = 0;
    int fd = listen_on(&port);

    REQUIRE(fd >= 0);
    (void)close(fd);
    posix_net_open(&net);
    if (net.hal.open(net.hal.context, "127.0.0.1", port) == SCRIP_OK)
        CHECK_STATUS(settle(&net.hal), SCRIP_FAULT_NET);
    CHECK_STATUS(net.hal.state(net.hal.context), SCRIP_FAULT_NET);
    net.hal.close(net.hal.context);
}

static void test_no_address(void)
{
    static char name[400]; /* longer than any name: no resolver is asked */
    struct posix_net net;

    memset(name, 'a', sizeof name - 1);
    posix_net_open(&net);
    CHECK_STATUS(net.hal.open(net.hal.context, name, 1), SCRIP_FAULT_NET);
    CHECK_STATUS(net.hal.state(net.hal.context), SCRIP_FAULT_NET);
    net.hal.close(net.hal.context);
}

/* The resolver, which on a machine without a hosts file does not know the name. */
static unsigned asked;
int getaddrinfo(const char *name, const char *service, const struct addrinfo *req,
                struct addrinfo **pai)
{
    static int (*system_resolver)(const char *, const char *, const struct addrinfo *,
                                  struct addrinfo **);
    if (system_resolver == NULL)
        *(void **)&system_resolver = dlsym(RTLD_NEXT, "getaddrinfo");
    asked += name != NULL && strcasecmp(name, "localhost") == 0;
    return system_resolver(name, service, req, pai);
}

static void test_localhost_needs_no_resolver(void)
{
    struct posix_net net;
    uint16_t port = 0;
    int fd = listen_on(&port);

    REQUIRE(fd >= 0);
    posix_net_open(&net);
    CHECK_STATUS(net.hal.open(net.hal.context, "LocalHost", port), SCRIP_OK);
    CHECK_STATUS(settle(&net.hal), SCRIP_OK);
    CHECK_EQ_INT(asked, 0);
    net.hal.close(net.hal.context);
    (void)close(fd);
}

static void test_open_again_leaves_the_old_connection(void)
{
    struct pair pair;
    uint16_t port = 0;
    uint8_t byte;
    int other = listen_on(&port);

    REQUIRE(other >= 0);
    REQUIRE(pair_open(&pair));
    CHECK_STATUS(pair.net.hal.open(pair.net.hal.context, "127.0.0.1", port), SCRIP_OK);
    CHECK_EQ_INT(recv(pair.peer, &byte, 1, 0), 0);
    CHECK_STATUS(settle(&pair.net.hal), SCRIP_OK);
    pair_close(&pair);
    (void)close(other);
}

int main(void)
{
    CHECK_RUN(test_bytes_go_both_ways);
    CHECK_RUN(test_nagle_is_off);
    CHECK_RUN(test_last_words_come_before_the_close);
    CHECK_RUN(test_a_full_peer_gives_again_and_loses_nothing);
    CHECK_RUN(test_nobody_listens);
    CHECK_RUN(test_no_address);
    CHECK_RUN(test_localhost_needs_no_resolver);
    CHECK_RUN(test_open_again_leaves_the_old_connection);
    return check_done();
}
