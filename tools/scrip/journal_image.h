/*
 * journal_image: a terminal's flash image and its keys, opened to be read and nothing else.
 *
 * Every failure is said on stderr before it is returned. The image may be in use meanwhile: what
 * scripd is just writing then looks torn.
 */
#ifndef TOOLS_SCRIP_JOURNAL_IMAGE_H
#define TOOLS_SCRIP_JOURNAL_IMAGE_H

#include "platform/posix/keystore.h"
#include "store/journal.h"

struct journal_image {
    int file;
    struct hal_flash flash;
    struct posix_keystore keystore;
    struct keys keys;
};

/* FAULT_KEYSTORE, FAULT_FLASH; FAULT_FOREIGN: not the size of an image. *image must not move. */
MUST_CHECK enum scrip_status journal_image_open(struct journal_image *image, const char *path,
                                                const char *keystore_path);
void journal_image_close(struct journal_image *image);

#endif
