/*
 * file: what more than one device of this folder does to files.
 */
#ifndef PLATFORM_POSIX_FILE_H
#define PLATFORM_POSIX_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* A new name is durable only once the directory that holds it is. False: errno says why. */
bool posix_file_sync_parent(const char *path);

/* Writes all len bytes where the descriptor stands; false: errno says why. */
bool posix_file_write(int fd, const void *data, size_t len);

#endif
