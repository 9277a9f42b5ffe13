#include "tools/scrip/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/scrip/command.h"

enum scrip_status file_path(char path[FILE_PATH], const char *dir, const char *name)
{
    int len = snprintf(path, FILE_PATH, "%s/%s", dir, name);
    if (len > 0 && len < FILE_PATH)
        return SCRIP_OK;
    (void)refuse("%s: the directory's name is too long", dir);
    return SCRIP_REFUSED_TOO_LONG;
}

bool file_exists(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0;
}

static enum scrip_status read_all(int file, struct buffer *out)
{
    while (out->len < out->capacity) {
        ssize_t got = read(file, out->data + out->len, out->capacity - out->len);
        if (got < 0 && errno != EINTR)
            return SCRIP_FAULT_DEVICE;
        if (got == 0)
            return SCRIP_OK;
        out->len += got > 0 ? (size_t)got : 0;
    }
    /* A file that fills the buffer exactly cannot be told from a longer one. */
    return SCRIP_REFUSED_TOO_LONG;
}

enum scrip_status file_read(const char *path, struct buffer *out)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        int error = errno;
        (void)refuse("%s: %s", path, strerror(error));
        return error == ENOENT ? SCRIP_REFUSED_NOT_FOUND : SCRIP_FAULT_DEVICE;
    }
    enum scrip_status status = read_all(file, out);
    if (status == SCRIP_FAULT_DEVICE)
        (void)refuse("%s: %s", path, strerror(errno));
    else if (status != SCRIP_OK)
        (void)refuse("%s: longer than the %zu bytes that such a file can have", path,
                     out->capacity - 1);
    (void)close(file);
    return status;
}

static bool write_all(int file, struct bytes data)
{
    while (data.len > 0) {
        ssize_t done = write(file, data.data, data.len);
        if (done < 0 && errno != EINTR)
            return false;
        size_t step = done > 0 ? (size_t)done : 0;
        data = bytes_of(data.data + step, data.len - step);
    }
    return fsync(file) == 0;
}

enum scrip_status file_write(const char *path, struct bytes data, unsigned mode)
{
    char beside[FILE_PATH + 16];
    (void)snprintf(beside, sizeof beside, "%s.%ld", path, (long)getpid());
    int file = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    bool good = file >= 0 && write_all(file, data);
    if (file >= 0)
        good = close(file) == 0 && good;
    if (good && rename(beside, path) == 0)
        return SCRIP_OK;
    (void)refuse("%s: %s", path, strerror(errno));
    if (file >= 0)
        (void)unlink(beside);
    return SCRIP_FAULT_DEVICE;
}

static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum { LINE_BYTES = 48 };

void pem_encode(const char *label, struct bytes der, struct buffer *out)
{
    buffer_put_text(out, "-----BEGIN ");
    buffer_put_text(out, label);
    buffer_put_text(out, "-----\n");
    for (size_t i = 0; i < der.len; i += 3) {
        size_t left = der.len - i;
        uint32_t group = (uint32_t)der.data[i] << 16;
        if (left > 1)
            group |= (uint32_t)der.data[i + 1] << 8;
        if (left > 2)
            group |= der.data[i + 2];
        buffer_put_byte(out, (uint8_t)BASE64[group >> 18]);
        buffer_put_byte(out, (uint8_t)BASE64[group >> 12 & 63]);
        buffer_put_byte(out, left > 1 ? (uint8_t)BASE64[group >> 6 & 63] : '=');
        buffer_put_byte(out, left > 2 ? (uint8_t)BASE64[group & 63] : '=');
        if (left <= 3 || (i + 3) % LINE_BYTES == 0)
            buffer_put_byte(out, '\n');
    }
    buffer_put_text(out, "-----END ");
    buffer_put_text(out, label);
    buffer_put_text(out, "-----\n");
}

static const uint8_t *find(struct bytes text, const char *what)
{
    return memmem(text.data, text.len, what, strlen(what));
}

enum scrip_status pem_decode(const char *label, struct bytes pem, struct buffer *der)
{
    char begin[64], end[64];
    (void)snprintf(begin, sizeof begin, "-----BEGIN %s-----", label);
    (void)snprintf(end, sizeof end, "-----END %s-----", label);
    const uint8_t *at = find(pem, begin), *stop = find(pem, end);
    if (at == NULL || stop == NULL || stop < at)
        return SCRIP_REFUSED_NOT_FOUND;

    uint32_t group = 0;
    unsigned held = 0;
    for (at += strlen(begin); at < stop && *at != '='; at++) {
        if (*at == '\n' || *at == '\r')
            continue;
        const char *digit = strchr(BASE64, *at);
        if (*at == '\0' || digit == NULL)
            return SCRIP_REFUSED_TEXT;
        group = group << 6 | (uint32_t)(digit - BASE64);
        held += 6;
        if (held >= 8) {
            held -= 8;
            buffer_put_byte(der, (uint8_t)(group >> held));
            group &= (1u << held) - 1;
        }
    }
    return der->overflow || group != 0 ? SCRIP_REFUSED_TEXT : SCRIP_OK;
}
