/*
 * hal_net: one outgoing TCP connection at a time, polled, never blocking.
 *
 * Threads  Owner task only. Time: every call returns at once, except that open() may take the time
 *          of a name lookup where the platform has no asynchronous resolver (numeric hosts never).
 */
#ifndef HAL_NET_H
#define HAL_NET_H

#include <stddef.h>
#include <stdint.h>

#include "hal/status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hal_net {
    void *context;

    /* Starts to connect to host (name or address, NUL-terminated) and port, Nagle off. OK: started.
     * FAULT_NET: no route, no address; nothing is open. A connection that is already open is closed
     * first. */
    enum scrip_status (*open)(void *context, const char *host, uint16_t port);

    /* AGAIN: still connecting; OK: connected and alive; FAULT_NET: failed, the connection is gone.
     */
    enum scrip_status (*state)(void *context);

    /* Hands over up to len bytes; *sent says how many were taken (OK, at least 1). AGAIN: none now.
     */
    enum scrip_status (*send)(void *context, const void *data, size_t len, size_t *sent);

    /* Takes up to cap bytes; OK with *received >= 1. AGAIN: none now. FAULT_NET: closed by the peer
     * or broken; bytes received earlier stay valid. */
    enum scrip_status (*receive)(void *context, void *data, size_t cap, size_t *received);

    /* Closes, if open. Never fails. */
    void (*close)(void *context);
};

#ifdef __cplusplus
}
#endif

#endif
