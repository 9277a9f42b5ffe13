/*
 * ethernet: a network controller as the stack sees it: frames in, frames out.
 *
 * Threads  The interrupt only sets a flag; everything else runs in the owner task.
 */
#ifndef PLATFORM_CORTEXM_ETHERNET_H
#define PLATFORM_CORTEXM_ETHERNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ETHERNET_ADDRESS = 6, ETHERNET_FRAME_MAX = 1514 /* without its check sequence */ };

/* Takes the parts of a frame in order; called by receive(), which knows its length beforehand. */
struct ethernet_sink {
    void *context;
    /* False: no room for a frame of this length: it is dropped. */
    bool (*begin)(void *context, size_t len);
    void (*put)(void *context, const void *data, size_t len);
};

struct ethernet {
    void *context;
    uint8_t address[ETHERNET_ADDRESS];

    /* One frame into the sink. False: none waits; the interrupt is armed again. */
    bool (*receive)(void *context, const struct ethernet_sink *sink);

    /* One frame of len bytes, at least its head. False: no room in the controller now. */
    bool (*send)(void *context, const uint8_t *frame, size_t len);
};

#endif
