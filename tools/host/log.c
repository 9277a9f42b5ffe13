#include "tools/host/log.h"

#include <stdarg.h>
#include <stdio.h>

void log_line(const char *format, ...)
{
    char line[512];
    va_list values;

    va_start(values, format);
    (void)vsnprintf(line, sizeof line, format, values);
    va_end(values);
    fprintf(stderr, "scrip-host: %s\n", line);
}
