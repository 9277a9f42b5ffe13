#include "platform/posix/display.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/posix/file.h"
#include "platform/posix/log.h"

static const char *tone_name(enum hal_tone tone)
{
    switch (tone) {
    case HAL_TONE_NONE:
        return "none";
    case HAL_TONE_HIGH:
        return "one high";
    case HAL_TONE_LONG_SHORT:
        return "long, short";
    case HAL_TONE_TWO_LOW:
        return "two low";
    case HAL_TONE_SHORT_LOW:
        return "short low";
    case HAL_TONE_THREE_LOW:
        return "three low";
    }
    return "none";
}

static enum scrip_status put(struct posix_display *display, const char *text, int len)
{
    return len > 0 && posix_file_write(display->fd, text, (size_t)len) ? SCRIP_OK
                                                                       : SCRIP_FAULT_DEVICE;
}

static enum scrip_status display_show(void *context, const char *line1, const char *line2,
                                      enum hal_tone tone)
{
    static const char edge[] = "+--------------------+";
    char text[160];
    int len = snprintf(text, sizeof text, "%s\n|%-20.20s|\n|%-20.20s|\n%s tone: %s\n", edge, line1,
                       line2, edge, tone_name(tone));

    return put(context, text, len);
}

static enum scrip_status display_banner(void *context, const char *text)
{
    char line[40];
    int len = snprintf(line, sizeof line, "[%-20.20s]\n", text);

    return put(context, line, len);
}

enum scrip_status posix_display_open(struct posix_display *display, const char *path,
                                     const struct hal_log *log)
{
    *display = (struct posix_display){
        .hal = {.context = display, .show = display_show, .banner = display_banner},
        .fd = STDOUT_FILENO,
    };
    if (strcmp(path, "-") != 0)
        display->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY,
                           S_IRUSR | S_IWUSR);
    if (display->fd >= 0)
        return SCRIP_OK;
    posix_log_say(log, HAL_LOG_ERROR, "display %s: %s", path, strerror(errno));
    return SCRIP_FAULT_DEVICE;
}

void posix_display_close(struct posix_display *display)
{
    if (display->fd > STDERR_FILENO)
        (void)close(display->fd);
    display->fd = -1;
}
