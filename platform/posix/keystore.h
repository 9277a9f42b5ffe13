/*
 * keystore: hal_keystore as a directory of files, which only their owner may read.
 *
 * A slot is replaced by writing a new file, fsync, rename and fsync of the directory: a cut leaves
 * the old or the new value. The directory must be 0700 and each file 0600, both of the process's
 * user; anything wider is refused, as is a link. There is no monotonic counter: a file can be put
 * back, and a counter that can be put back is none.
 *
 * Memory   The caller owns struct posix_keystore; hal points into it, so it must not move.
 */
#ifndef PLATFORM_POSIX_KEYSTORE_H
#define PLATFORM_POSIX_KEYSTORE_H

#include "hal/keystore.h"
#include "hal/log.h"

struct posix_keystore {
    struct hal_keystore hal;
    const struct hal_log *log;
    const char *path; /* of the directory; the caller keeps it */
    int directory;    /* -1: closed */
};

/* Opens the directory, or makes it where there is none. FAULT_KEYSTORE: missing, unreadable or too
 * open; the log says which and what to do. */
MUST_CHECK enum scrip_status posix_keystore_open(struct posix_keystore *keystore, const char *path,
                                                 const struct hal_log *log);
void posix_keystore_close(struct posix_keystore *keystore);

#endif
