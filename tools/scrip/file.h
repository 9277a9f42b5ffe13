/*
 * file: whole files in and out, and PEM around what they hold.
 *
 * Every failure is said on stderr, with the file's name and what to do, before it is returned.
 */
#ifndef TOOLS_SCRIP_FILE_H
#define TOOLS_SCRIP_FILE_H

#include "base/bytes.h"

enum { FILE_PATH = 512 };

/* "DIR/NAME". REFUSED_TOO_LONG. */
MUST_CHECK enum scrip_status file_path(char path[FILE_PATH], const char *dir, const char *name);

/* Reads the whole file behind what out holds. REFUSED_NOT_FOUND, REFUSED_TOO_LONG, FAULT_DEVICE. */
MUST_CHECK enum scrip_status file_read(const char *path, struct buffer *out);
bool file_exists(const char *path);

/* Writes a new file beside and renames it into place, so that a reader sees the old or the new one;
 * mode is 0600 for secrets. FAULT_DEVICE. */
MUST_CHECK enum scrip_status file_write(const char *path, struct bytes data, unsigned mode);

/* Wraps DER as PEM: label such as "CERTIFICATE". */
void pem_encode(const char *label, struct bytes der, struct buffer *out);
/* The first block with that label. REFUSED_NOT_FOUND: there is none. REFUSED_TEXT: malformed. */
MUST_CHECK enum scrip_status pem_decode(const char *label, struct bytes pem, struct buffer *der);

#endif
