#include "platform/posix/net.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static void drop_socket(struct posix_net *net)
{
    if (net->fd >= 0)
        (void)close(net->fd);
    net->fd = -1;
    net->connected = 0;
}

static void net_close(void *context)
{
    struct posix_net *net = context;

    drop_socket(net);
    if (net->addresses != NULL)
        freeaddrinfo(net->addresses);
    net->addresses = net->next = NULL;
}

static enum scrip_status broken(struct posix_net *net)
{
    net_close(net);
    return SCRIP_FAULT_NET;
}

/* Starts on the next address that takes a start. */
static enum scrip_status connect_next(struct posix_net *net)
{
    static const int on = 1;

    drop_socket(net);
    while (net->next != NULL) {
        const struct addrinfo *address = net->next;
        net->next = address->ai_next;
        net->fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (net->fd < 0)
            continue;
        if (setsockopt(net->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
            (connect(net->fd, address->ai_addr, address->ai_addrlen) == 0 || errno == EINPROGRESS))
            return SCRIP_OK;
        drop_socket(net);
    }
    return broken(net);
}

static enum scrip_status net_open(void *context, const char *host, uint16_t port)
{
    static const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct posix_net *net = context;
    char service[8];

    net_close(net);
    (void)snprintf(service, sizeof service, "%u", (unsigned)port);
    /* RFC 6761 section 6.3: this name is the loopback address, and no resolver is asked for it,
     * which on a machine without a hosts file would not know it. That is what NULL means here. */
    const char *name = strcasecmp(host, "localhost") == 0 ? NULL : host;
    if (getaddrinfo(name, service, &hints, &net->addresses) != 0) {
        net->addresses = NULL;
        return SCRIP_FAULT_NET;
    }
    net->next = net->addresses;
    return connect_next(net);
}

static enum scrip_status net_state(void *context)
{
    struct posix_net *net = context;
    struct pollfd poll_fd = {.fd = net->fd, .events = POLLOUT};
    int error = 0;
    socklen_t len = sizeof error;

    if (net->fd < 0)
        return SCRIP_FAULT_NET;
    if (net->connected)
        return SCRIP_OK;
    int ready = poll(&poll_fd, 1, 0);
    if (ready == 0 || (ready < 0 && errno == EINTR))
        return SCRIP_AGAIN;
    if (ready < 0 || getsockopt(net->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
        return broken(net);
    if (error != 0)
        return connect_next(net) == SCRIP_OK ? SCRIP_AGAIN : SCRIP_FAULT_NET;
    net->connected = 1;
    return SCRIP_OK;
}

static enum scrip_status outcome(struct posix_net *net, ssize_t moved, size_t *len)
{
    if (moved > 0) {
        *len = (size_t)moved;
        return SCRIP_OK;
    }
    if (moved < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return SCRIP_AGAIN;
    return broken(net);
}

static enum scrip_status net_send(void *context, const void *data, size_t len, size_t *sent)
{
    struct posix_net *net = context;

    if (!net->connected)
        return SCRIP_FAULT_NET;
    return outcome(net, send(net->fd, data, len, MSG_NOSIGNAL), sent);
}

static enum scrip_status net_receive(void *context, void *data, size_t cap, size_t *received)
{
    struct posix_net *net = context;

    if (!net->connected)
        return SCRIP_FAULT_NET;
    return outcome(net, recv(net->fd, data, cap, 0), received);
}

void posix_net_open(struct posix_net *net)
{
    memset(net, 0, sizeof *net);
    net->fd = -1;
    net->hal = (struct hal_net){.context = net,
                                .open = net_open,
                                .state = net_state,
                                .send = net_send,
                                .receive = net_receive,
                                .close = net_close};
}
