/*
 * stream: a byte stream that never blocks, so that HTTP does not know whether TLS lies below.
 */
#ifndef BASE_STREAM_H
#define BASE_STREAM_H

#include "base/bytes.h"

struct stream {
    void *context;
    /* As hal_net.send and hal_net.receive: OK with at least one byte, AGAIN, or FAULT_*. */
    enum scrip_status (*send)(void *context, const void *data, size_t len, size_t *sent);
    enum scrip_status (*receive)(void *context, void *data, size_t cap, size_t *received);
};

#endif
