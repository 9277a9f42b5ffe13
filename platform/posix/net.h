/*
 * net: hal_net over a non-blocking TCP socket of the operating system.
 *
 * Every address of a name is tried, one after the other. Only a name that is not numeric may keep
 * open() waiting, for as long as the system's resolver takes.
 *
 * Memory   The caller owns struct posix_net; the address must stay: hal points into it.
 */
#ifndef PLATFORM_POSIX_NET_H
#define PLATFORM_POSIX_NET_H

#include "hal/net.h"

struct addrinfo;

struct posix_net {
    struct hal_net hal;
    int fd; /* -1: nothing is open */
    int connected;
    struct addrinfo *addresses, *next; /* of the name; the ones not tried yet */
};

/* Sets hal; no connection is open yet. End with hal.close(). */
void posix_net_open(struct posix_net *net);

#endif
