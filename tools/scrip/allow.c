#include "tools/scrip/allow.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "tools/scrip/command.h"

/* The value behind "name=", at the start of a line; NULL: none. It ends at the next line end. */
static const char *find_line(const char *text, const char *name)
{
    size_t len = strlen(name);
    while (text != NULL && *text != '\0') {
        if (strncmp(text, name, len) == 0 && text[len] == '=')
            return text + len + 1;
        text = strchr(text, '\n');
        text = text != NULL ? text + 1 : NULL;
    }
    return NULL;
}

static struct bytes line_value(const char *text, const char *name)
{
    const char *value = find_line(text, name);
    return value != NULL ? bytes_of(value, strcspn(value, "\n")) : bytes_of(NULL, 0);
}

static enum scrip_status read_entry(const char *path, char text[ALLOW_BYTES])
{
    struct buffer out = buffer_of(text, ALLOW_BYTES - 1);
    memset(text, 0, ALLOW_BYTES);
    return file_read(path, &out);
}

enum scrip_status allow_last_epoch(const char *dir, const struct identity *terminal,
                                   uint32_t *epoch)
{
    char folder[FILE_PATH], path[FILE_PATH], text[ALLOW_BYTES];
    const struct dirent *entry;
    enum scrip_status status = SCRIP_OK;
    *epoch = 0;
    TRY(file_path(folder, dir, "terminals"));
    DIR *list = opendir(folder);
    if (list == NULL) {
        (void)refuse("%s: %s", folder, strerror(errno));
        return SCRIP_FAULT_DEVICE;
    }
    while (status == SCRIP_OK && (entry = readdir(list)) != NULL) {
        uint64_t found;
        if (strlen(entry->d_name) != 2 * (size_t)CRYPTO_HASH_BYTES)
            continue;
        status = file_path(path, folder, entry->d_name);
        if (status == SCRIP_OK)
            status = read_entry(path, text);
        if (status == SCRIP_OK &&
            bytes_equal(line_value(text, "terminal"), bytes_text(terminal->text)) &&
            text_uint(line_value(text, "epoch"), UINT32_MAX, &found) == SCRIP_OK && found > *epoch)
            *epoch = (uint32_t)found;
    }
    (void)closedir(list);
    return status;
}

enum scrip_status allow_write(const char *dir, const uint8_t spki[CRYPTO_HASH_BYTES],
                              struct allow *allow)
{
    char folder[FILE_PATH], text[ALLOW_BYTES];
    char name[2 * CRYPTO_HASH_BYTES + 1] = "", link[2 * ALLOW_LINK_BYTES + 1] = "";
    struct buffer name_out = buffer_of(name, sizeof name - 1);
    struct buffer link_out = buffer_of(link, sizeof link - 1);
    text_hex_encode(bytes_of(spki, CRYPTO_HASH_BYTES), &name_out);
    text_hex_encode(bytes_of(allow->first_prev, ALLOW_LINK_BYTES), &link_out);
    TRY(file_path(folder, dir, "terminals"));
    TRY(file_path(allow->path, folder, name));
    allow->before[0] = '\0';
    if (file_exists(allow->path))
        TRY(read_entry(allow->path, allow->before));
    (void)snprintf(text, sizeof text, "terminal=%s\nepoch=%lu\nfirst_prev=%s\n",
                   allow->terminal.text, (unsigned long)allow->epoch, link);
    return file_write(allow->path, bytes_text(text), 0644);
}

enum scrip_status allow_undo(const struct allow *allow)
{
    if (allow->before[0] != '\0')
        return file_write(allow->path, bytes_text(allow->before), 0644);
    if (unlink(allow->path) == 0)
        return SCRIP_OK;
    (void)refuse("%s: %s: delete it, or this terminal stays allowed", allow->path, strerror(errno));
    return SCRIP_FAULT_DEVICE;
}
