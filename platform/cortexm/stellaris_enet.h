/*
 * stellaris_enet: the Ethernet controller of Stellaris parts (LM3S6965 data sheet, chapter 16).
 *
 * Memory   The caller owns struct stellaris_enet; ethernet points into it, so it must not move.
 * Threads  stellaris_enet_interrupt() in the controller's interrupt; the rest in the owner task.
 */
#ifndef PLATFORM_CORTEXM_STELLARIS_ENET_H
#define PLATFORM_CORTEXM_STELLARIS_ENET_H

#include "platform/cortexm/ethernet.h"

struct stellaris_enet {
    struct ethernet ethernet;
    uintptr_t base;
    volatile bool waiting; /* the interrupt has fired since all frames were taken */
};

/* address: as the part's user registers hold it. */
void stellaris_enet_open(struct stellaris_enet *enet, uintptr_t base,
                         const uint8_t address[ETHERNET_ADDRESS]);
void stellaris_enet_interrupt(struct stellaris_enet *enet);

#endif
