/*
 * log: hal_log as lines on standard error, where a service manager collects them.
 *
 * Threads  Any: a line is one write.
 */
#ifndef PLATFORM_POSIX_LOG_H
#define PLATFORM_POSIX_LOG_H

#include "hal/log.h"

extern const struct hal_log posix_log;

/* For this folder's own words: formats as printf and writes at most 240 bytes. */
__attribute__((format(printf, 3, 4))) void
posix_log_say(const struct hal_log *log, enum hal_log_level level, const char *format, ...);

#endif
