/*
 * allow: the back office's list of terminals, one file each under DIR/terminals.
 *
 * The host reads the file at every connection; deleting it revokes the terminal. Failures are said
 * on stderr.
 */
#ifndef TOOLS_SCRIP_ALLOW_H
#define TOOLS_SCRIP_ALLOW_H

#include "base/crypto.h"
#include "base/identity.h"
#include "tools/scrip/file.h"

enum { ALLOW_BYTES = 1024, ALLOW_LINK_BYTES = 16 };

struct allow {
    struct identity terminal;
    uint32_t epoch;
    uint8_t first_prev[ALLOW_LINK_BYTES];
    char path[FILE_PATH];
    char before[ALLOW_BYTES]; /* what the file held, so that it can be put back; empty: no file */
};

/* The highest epoch that any key of this terminal was listed with; 0: none. */
MUST_CHECK enum scrip_status allow_last_epoch(const char *dir, const struct identity *terminal,
                                              uint32_t *epoch);

/* Lists the key; allow_undo() puts back what was before. */
MUST_CHECK enum scrip_status allow_write(const char *dir, const uint8_t spki[CRYPTO_HASH_BYTES],
                                         struct allow *allow);
MUST_CHECK enum scrip_status allow_undo(const struct allow *allow);

#endif
