#include "tools/host/allow.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tools/host/load.h"
#include "tools/host/log.h"
#include "tools/host/pki.h"

enum { FILE_BYTES = 1024 };

static struct bytes cut(struct bytes *rest, uint8_t separator)
{
    size_t len = 0;
    struct bytes part;

    while (len < rest->len && rest->data[len] != separator)
        len++;
    part = bytes_of(rest->data, len);
    len += len < rest->len;
    *rest = bytes_of(rest->data + len, rest->len - len);
    return part;
}

static bool is_text(struct bytes a, const char *text)
{
    return bytes_equal(a, bytes_text(text));
}

static bool set_link(struct bytes hex, uint8_t link[RECORD_LINK_BYTES])
{
    struct buffer out = buffer_of(link, RECORD_LINK_BYTES);

    return text_hex_decode(hex, &out) == SCRIP_OK && out.len == RECORD_LINK_BYTES;
}

static bool set_number(struct bytes text, uint64_t max, uint64_t *number)
{
    return text_uint(text, max, number) == SCRIP_OK;
}

enum { HAS_TERMINAL = 1, HAS_EPOCH = 2, HAS_PREV = 4 };

static bool read_line(struct bytes line, struct allow *out, unsigned *seen)
{
    struct bytes value = line;
    struct bytes name;
    uint64_t number = 0;

    if (line.len == 0 || line.data[0] == '#')
        return true;
    name = cut(&value, '=');
    if (is_text(name, "terminal")) {
        *seen |= HAS_TERMINAL;
        return identity_parse(value, &out->terminal) == SCRIP_OK;
    }
    if (is_text(name, "epoch")) {
        *seen |= HAS_EPOCH;
        if (!set_number(value, UINT32_MAX, &number))
            return false;
        out->epoch = (uint32_t)number;
        return true;
    }
    if (is_text(name, "first_prev")) {
        *seen |= HAS_PREV;
        return set_link(value, out->first_prev);
    }
    if (is_text(name, "suspended")) {
        out->suspended = set_number(value, 1, &number) && number == 1;
        return out->suspended || is_text(value, "0");
    }
    return false;
}

static bool read_lines(struct bytes text, struct allow *out)
{
    unsigned seen = 0;

    while (text.len > 0)
        if (!read_line(cut(&text, '\n'), out, &seen))
            return false;
    return seen == (HAS_TERMINAL | HAS_EPOCH | HAS_PREV);
}

enum scrip_status allow_read(const char *pki_dir, const uint8_t spki[CRYPTO_HASH_BYTES],
                             struct allow *out)
{
    char path[PKI_DIR + 96];
    char hex[2 * CRYPTO_HASH_BYTES + 1] = {0};
    struct buffer name = buffer_of(hex, sizeof hex - 1);
    uint8_t text[FILE_BYTES];
    size_t len;
    enum scrip_status status;

    memset(out, 0, sizeof *out);
    text_hex_encode(bytes_of(spki, CRYPTO_HASH_BYTES), &name);
    (void)snprintf(path, sizeof path, "%s/terminals/%s", pki_dir, hex);
    status = load_file(path, text, sizeof text, &len);
    if (status == SCRIP_REFUSED_NOT_FOUND)
        return status;
    if (status == SCRIP_OK && read_lines(bytes_of(text, len), out))
        return SCRIP_OK;
    log_line("%s cannot be used: it needs the lines terminal=, epoch= and first_prev=", path);
    memset(out, 0, sizeof *out);
    return SCRIP_REFUSED_ARGUMENT;
}
