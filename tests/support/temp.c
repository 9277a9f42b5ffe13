#include "tests/support/temp.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool temp_open(struct temp *temp)
{
    const char *root = getenv("TMPDIR");

    (void)snprintf(temp->path, sizeof temp->path, "%s/scrip-XXXXXX",
                   root != NULL && strlen(root) < 40 ? root : "/tmp");
    return mkdtemp(temp->path) != NULL;
}

static void empty(const char *path, unsigned levels)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;
    char name[400];

    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        (void)snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (unlink(name) != 0 && levels > 1)
            empty(name, levels - 1);
    }
    if (directory != NULL)
        (void)closedir(directory);
    (void)rmdir(path);
}

void temp_close(struct temp *temp)
{
    empty(temp->path, TEMP_LEVELS);
}

const char *temp_file(const struct temp *temp, const char *name)
{
    static char names[4][160];
    static unsigned next;
    char *out = names[next++ % 4];

    (void)snprintf(out, sizeof names[0], "%s/%s", temp->path, name);
    return out;
}

static void keep(void *context, enum hal_log_level level, const char *text)
{
    struct temp_log *log = context;

    if (level != HAL_LOG_INFO)
        (void)snprintf(log->last, sizeof log->last, "%s", text);
}

void temp_log_open(struct temp_log *log)
{
    *log = (struct temp_log){.hal = {.context = log, .write = keep}};
}
