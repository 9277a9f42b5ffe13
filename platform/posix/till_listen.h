/*
 * till_listen: the sockets that the till's server listens on, and who may talk on them.
 */
#ifndef PLATFORM_POSIX_TILL_LISTEN_H
#define PLATFORM_POSIX_TILL_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

#include "hal/log.h"
#include "hal/status.h"

/* A Unix socket, 0660; a stale one is replaced. FAULT_DEVICE: logged. */
MUST_CHECK enum scrip_status till_listen_unix(const char *path, const struct hal_log *log, int *fd);

/* A socket on 127.0.0.1; *port 0: any, and then says which. FAULT_DEVICE: logged. */
MUST_CHECK enum scrip_status till_listen_loopback(uint16_t *port, const struct hal_log *log,
                                                  int *fd);

/* Writes a new random cookie, digits hex digits and a NUL, into the file (0600). */
MUST_CHECK enum scrip_status till_make_cookie(const char *path, const struct hal_log *log,
                                              char *cookie, unsigned digits);

/* Compares without telling by its time where the two differ. */
bool till_same_secret(const char *given, const char *secret);

/* Logs who has connected, and says which user that is; UINT32_MAX: over TCP nobody knows. */
uint32_t till_log_peer(int fd, const struct hal_log *log);

#endif
