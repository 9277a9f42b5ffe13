/*
 * lan9118: SMSC's LAN9118 and its pin-compatible successors (LAN9220), by polling its FIFOs.
 *
 * Memory   The caller owns struct lan9118; ethernet points into it, so it must not move.
 * Threads  lan9118_interrupt() in the controller's interrupt; the rest in the owner task.
 */
#ifndef PLATFORM_CORTEXM_LAN9118_H
#define PLATFORM_CORTEXM_LAN9118_H

#include "platform/cortexm/ethernet.h"

struct lan9118 {
    struct ethernet ethernet;
    uintptr_t base;
    volatile bool waiting; /* the interrupt has fired since all frames were taken */
};

/* False: no such controller answers at base. */
bool lan9118_open(struct lan9118 *lan, uintptr_t base);
void lan9118_interrupt(struct lan9118 *lan);

#endif
