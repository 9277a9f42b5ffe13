/*
 * netstack: hal_net by lwIP's raw API over an Ethernet controller. The only file that names lwIP.
 *
 * The address comes by DHCP, and so does the server that names are looked up at; a host that is
 * named by its address needs none. lwIP keeps its state in statics, so there is one netstack.
 *
 * Memory   The caller owns struct netstack, which must not move; lwIP has pools of its own, see
 *          platform/cortexm/lwip/lwipopts.h.
 * Threads  Owner task only. Time: no call waits. netstack_poll() takes the frames that are there,
 *          and must be called at least every 100 ms for lwIP's timers.
 */
#ifndef PLATFORM_CORTEXM_NETSTACK_H
#define PLATFORM_CORTEXM_NETSTACK_H

#include "hal/entropy.h"
#include "hal/net.h"
#include "platform/cortexm/clock.h"
#include "platform/cortexm/ethernet.h"

struct pbuf;
struct tcp_pcb;

enum netstack_phase { NETSTACK_CLOSED, NETSTACK_LOOKUP, NETSTACK_CONNECTING, NETSTACK_OPEN };

struct netstack {
    struct hal_net hal;
    const struct ethernet *ethernet;
    struct board_clock *clock;
    const struct hal_entropy *entropy;
    enum netstack_phase phase;
    struct tcp_pcb *pcb;
    struct pbuf *received; /* not yet taken by receive() */
    uint16_t port;
    bool ended;     /* by the peer */
    uint32_t round; /* names the lookup under way, as one cannot be called off */
};

void netstack_open(struct netstack *net, const struct ethernet *ethernet, struct board_clock *clock,
                   const struct hal_entropy *entropy);
void netstack_poll(struct netstack *net);

#endif
