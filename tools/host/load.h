/*
 * load: small files, read whole.
 */
#ifndef TOOLS_HOST_LOAD_H
#define TOOLS_HOST_LOAD_H

#include "base/bytes.h"

/* REFUSED_NOT_FOUND: no such file. REFUSED_TOO_LONG: more than capacity bytes. FAULT_DEVICE: errno
 * says why. */
MUST_CHECK enum scrip_status load_file(const char *path, void *data, size_t capacity, size_t *len);

#endif
