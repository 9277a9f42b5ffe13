#include "platform/posix/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static void log_write(void *context, enum hal_log_level level, const char *text)
{
    static const char *const names[] = {
        [HAL_LOG_ERROR] = "error", [HAL_LOG_WARNING] = "warning", [HAL_LOG_INFO] = "info"};
    char line[320];
    int len = snprintf(line, sizeof line, "%s: %s", names[level], text);

    (void)context;
    if (len < 0)
        return;
    if ((size_t)len > sizeof line - 1)
        len = (int)sizeof line - 1;
    line[len] = '\n';
    /* A log that cannot be written must not stop a sale. */
    ssize_t written = write(STDERR_FILENO, line, (size_t)len + 1);
    (void)written;
}

const struct hal_log posix_log = {.write = log_write};

void posix_log_say(const struct hal_log *log, enum hal_log_level level, const char *format, ...)
{
    char text[241];
    va_list arguments;

    va_start(arguments, format);
    int len = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (len >= 0)
        log->write(log->context, level, text);
}
