/*
 * log: one line to standard error for whoever runs the host.
 *
 * Lines carry terminals, numbers and reasons, never a member, a token or a body.
 */
#ifndef TOOLS_HOST_LOG_H
#define TOOLS_HOST_LOG_H

__attribute__((format(printf, 1, 2))) void log_line(const char *format, ...);

#endif
