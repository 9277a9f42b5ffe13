#include "platform/cortexm/image_log.h"

#include <stddef.h>
#include <string.h>

#include "platform/cortexm/cpu.h"

static void log_write(void *context, enum hal_log_level level, const char *text)
{
    static const char *const names[] = {"error: ", "warning: ", ""};
    char line[256];
    size_t head = strlen(names[level]);
    size_t len = strlen(text);

    (void)context;
    if (len > sizeof line - 1 - head)
        len = sizeof line - 1 - head;
    memcpy(line, names[level], head);
    memcpy(line + head, text, len);
    line[head + len] = '\0';
    image_say(line);
}

const struct hal_log image_log = {.context = NULL, .write = log_write};
