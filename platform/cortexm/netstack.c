#include "platform/cortexm/netstack.h"

#include <string.h>

#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/sys.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>

/* lwIP asks for time and randomness by global functions, and so there is one stack. */
static struct netstack *stack;
static struct netif interface;

/* What goes out is never longer than what every path carries (RFC 791). */
enum { SENT_MTU = 576, SENT_FRAME_MAX = SENT_MTU + 14 };

u32_t sys_now(void)
{
    return (u32_t)clock_ms(stack->clock);
}

uint32_t netstack_random(void)
{
    uint32_t value = 0;

    /* Without entropy there is no key, and so no session that a guessed number could disturb. */
    if (stack->entropy->read(stack->entropy->context, &value, sizeof value) != SCRIP_OK)
        return sys_now();
    return value;
}

/* Frames ------------------------------------------------------------------------------------------
 */

/* A frame on its way from the controller into a chain of pbufs. */
struct arrival {
    struct pbuf *frame, *at;
    uint16_t filled; /* of at */
};

static bool arrival_begin(void *context, size_t len)
{
    struct arrival *arrival = context;

    if (len > ETHERNET_FRAME_MAX)
        return false;
    arrival->frame = arrival->at = pbuf_alloc(PBUF_RAW, (u16_t)len, PBUF_POOL);
    arrival->filled = 0;
    return arrival->frame != NULL;
}

static void arrival_put(void *context, const void *data, size_t len)
{
    struct arrival *arrival = context;
    const uint8_t *from = data;

    for (size_t i = 0; i < len && arrival->at != NULL; i++) {
        ((uint8_t *)arrival->at->payload)[arrival->filled++] = from[i];
        if (arrival->filled == arrival->at->len) {
            arrival->at = arrival->at->next;
            arrival->filled = 0;
        }
    }
}

static err_t send_frame(struct netif *netif, struct pbuf *frame)
{
    static uint8_t flat[SENT_FRAME_MAX];
    const struct ethernet *ethernet = stack->ethernet;
    const uint8_t *data = frame->payload;

    (void)netif;
    if (frame->tot_len > sizeof flat)
        return ERR_BUF;
    if (frame->next != NULL) {
        (void)pbuf_copy_partial(frame, flat, frame->tot_len, 0);
        data = flat;
    }
    return ethernet->send(ethernet->context, data, frame->tot_len) ? ERR_OK : ERR_MEM;
}

static err_t open_interface(struct netif *netif)
{
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->output = etharp_output;
    netif->linkoutput = send_frame;
    netif->mtu = SENT_MTU;
    netif->hwaddr_len = ETHERNET_ADDRESS;
    memcpy(netif->hwaddr, stack->ethernet->address, ETHERNET_ADDRESS);
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

void netstack_poll(struct netstack *net)
{
    struct arrival arrival = {.frame = NULL};
    const struct ethernet_sink sink = {&arrival, arrival_begin, arrival_put};

    while (net->ethernet->receive(net->ethernet->context, &sink)) {
        struct pbuf *frame = arrival.frame;
        arrival.frame = NULL;
        if (frame != NULL && interface.input(frame, &interface) != ERR_OK)
            (void)pbuf_free(frame);
    }
    sys_check_timeouts();
}

/* The connection ----------------------------------------------------------------------------------
 */

static void forget(struct netstack *net)
{
    if (net->received != NULL)
        (void)pbuf_free(net->received);
    net->received = NULL;
    net->pcb = NULL;
    net->phase = NETSTACK_CLOSED;
    net->round++;
}

static void net_close(void *context)
{
    struct netstack *net = context;
    struct tcp_pcb *pcb = net->pcb;

    forget(net);
    if (pcb == NULL)
        return;
    tcp_arg(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_err(pcb, NULL);
    if (tcp_close(pcb) != ERR_OK)
        tcp_abort(pcb);
}

static enum scrip_status broken(struct netstack *net)
{
    net_close(net);
    return SCRIP_FAULT_NET;
}

/* lwIP has freed the pcb already. */
static void on_error(void *context, err_t error)
{
    struct netstack *net = context;

    (void)error;
    if (net != NULL) {
        net->pcb = NULL;
        net->ended = true;
    }
}

static err_t on_receive(void *context, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
    struct netstack *net = context;

    (void)pcb;
    (void)error;
    if (data == NULL)
        net->ended = true;
    else if (net->received == NULL)
        net->received = data;
    else
        pbuf_cat(net->received, data);
    return ERR_OK;
}

static err_t on_connect(void *context, struct tcp_pcb *pcb, err_t error)
{
    struct netstack *net = context;

    (void)pcb;
    (void)error;
    net->phase = NETSTACK_OPEN;
    return ERR_OK;
}

static enum scrip_status connect_to(struct netstack *net, const ip_addr_t *address)
{
    net->pcb = tcp_new();
    if (net->pcb == NULL)
        return broken(net);
    tcp_arg(net->pcb, net);
    tcp_recv(net->pcb, on_receive);
    tcp_err(net->pcb, on_error);
    tcp_nagle_disable(net->pcb);
    net->phase = NETSTACK_CONNECTING;
    return tcp_connect(net->pcb, address, net->port, on_connect) == ERR_OK ? SCRIP_OK : broken(net);
}

static void on_name(const char *name, const ip_addr_t *address, void *context)
{
    (void)name;
    if (stack->phase != NETSTACK_LOOKUP || stack->round != (uint32_t)(uintptr_t)context)
        return;
    if (address == NULL || connect_to(stack, address) != SCRIP_OK)
        stack->ended = true;
}

static enum scrip_status net_open(void *context, const char *host, uint16_t port)
{
    struct netstack *net = context;
    ip_addr_t address;

    net_close(net);
    net->port = port;
    net->ended = false;
    if (!netif_is_up(&interface) || ip4_addr_isany_val(*netif_ip4_addr(&interface)))
        return SCRIP_FAULT_NET;
    err_t error = dns_gethostbyname(host, &address, on_name, (void *)(uintptr_t)net->round);
    if (error == ERR_OK)
        return connect_to(net, &address);
    net->phase = NETSTACK_LOOKUP;
    return error == ERR_INPROGRESS ? SCRIP_OK : broken(net);
}

static enum scrip_status net_state(void *context)
{
    struct netstack *net = context;

    netstack_poll(net);
    if (net->phase == NETSTACK_CLOSED || (net->ended && net->received == NULL))
        return broken(net);
    return net->phase == NETSTACK_OPEN ? SCRIP_OK : SCRIP_AGAIN;
}

static enum scrip_status net_send(void *context, const void *data, size_t len, size_t *sent)
{
    struct netstack *net = context;

    netstack_poll(net);
    if (net->phase != NETSTACK_OPEN || net->pcb == NULL)
        return broken(net);
    size_t room = tcp_sndbuf(net->pcb);
    if (room == 0 || tcp_sndqueuelen(net->pcb) >= TCP_SND_QUEUELEN)
        return SCRIP_AGAIN;
    if (len > room)
        len = room;
    err_t error = tcp_write(net->pcb, data, (u16_t)len, TCP_WRITE_FLAG_COPY);
    if (error == ERR_MEM)
        return SCRIP_AGAIN;
    if (error != ERR_OK)
        return broken(net);
    (void)tcp_output(net->pcb);
    *sent = len;
    return SCRIP_OK;
}

static enum scrip_status net_receive(void *context, void *data, size_t cap, size_t *received)
{
    struct netstack *net = context;

    netstack_poll(net);
    if (net->phase != NETSTACK_OPEN)
        return broken(net);
    if (net->received == NULL)
        return net->ended ? broken(net) : SCRIP_AGAIN;
    u16_t len = pbuf_copy_partial(net->received, data, (u16_t)(cap < UINT16_MAX ? cap : UINT16_MAX),
                                  0);
    net->received = pbuf_free_header(net->received, len);
    if (net->pcb != NULL)
        tcp_recved(net->pcb, len);
    *received = len;
    return SCRIP_OK;
}

void netstack_open(struct netstack *net, const struct ethernet *ethernet, struct board_clock *clock,
                   const struct hal_entropy *entropy)
{
    *net = (struct netstack){.hal = {.context = net,
                                     .open = net_open,
                                     .state = net_state,
                                     .send = net_send,
                                     .receive = net_receive,
                                     .close = net_close},
                             .ethernet = ethernet,
                             .clock = clock,
                             .entropy = entropy};
    stack = net;
    lwip_init();
    (void)netif_add_noaddr(&interface, NULL, open_interface, netif_input);
    netif_set_default(&interface);
    netif_set_up(&interface);
    (void)dhcp_start(&interface);
}
