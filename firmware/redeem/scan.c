#include "redeem/scan.h"

#include <string.h>

#include "base/text.h"
#include "redeem/seal.h"

enum {
    PREFIX_CHARS = 4,
    AIM_CHARS = 3,
    /* The least that an envelope around an empty payload takes: 84 bytes. */
    BASE45_MIN = 126,
    DECIMAL_MIN = 204
};

static struct bytes skip(struct bytes text, size_t count)
{
    return bytes_of(text.data + count, text.len - count);
}

static bool starts_with(struct bytes text, const char *start)
{
    size_t len = strlen(start);
    return text.len >= len && memcmp(text.data, start, len) == 0;
}

/* What follows `HTTPS://HOST/R/`; the text itself where it is not of that form. */
static struct bytes skip_url(struct bytes text)
{
    static const char scheme[] = "HTTPS://";
    if (!starts_with(text, scheme))
        return text;
    struct bytes rest = skip(text, sizeof scheme - 1);
    size_t window = rest.len < LIMIT_HOST_NAME + 1 ? rest.len : LIMIT_HOST_NAME + 1;
    const uint8_t *slash = memchr(rest.data, '/', window);
    if (slash == NULL || slash == rest.data)
        return text;
    rest = skip(rest, (size_t)(slash - rest.data));
    return starts_with(rest, "/R/") ? skip(rest, 3) : text;
}

static bool in_alphabet(struct bytes body, bool decimal)
{
    for (size_t i = 0; i < body.len; i++) {
        int digit = text_base45_digit(body.data[i]);
        if (digit < 0 || (decimal && digit > 9))
            return false;
    }
    return true;
}

enum scrip_status scan_decode(struct bytes code, struct scan *out)
{
    memset(out, 0, sizeof *out);
    struct bytes text = code;
    if (text.len > AIM_CHARS && starts_with(text, "]Q") && text.data[2] >= '0' &&
        text.data[2] <= '6')
        text = skip(text, AIM_CHARS);
    struct bytes inner = skip_url(text);
    bool url = inner.len != text.len;

    if (inner.len < PREFIX_CHARS || !starts_with(inner, "SC"))
        return SCRIP_REFUSED_FOREIGN;
    uint8_t kind = inner.data[2];
    bool decimal = inner.data[3] == 'D';
    if ((kind != 'T' && kind != 'R') || (!decimal && inner.data[3] != 'B') ||
        (url && (kind != 'R' || !decimal)))
        return SCRIP_REFUSED_FOREIGN;

    struct bytes body = skip(inner, PREFIX_CHARS);
    while (body.len > 0 && memchr("\r\n\t", body.data[body.len - 1], 3) != NULL)
        body.len--;
    if (body.len < (decimal ? DECIMAL_MIN : BASE45_MIN) ||
        body.len > (decimal ? LIMIT_CODE_DECIMAL : LIMIT_CODE_BASE45))
        return SCRIP_REFUSED_LENGTH;

    struct buffer data = buffer_of(out->data, sizeof out->data);
    enum scrip_status status = decimal ? text_decimal_decode(body, &data)
                                       : text_base45_decode(body, &data);
    if (status != SCRIP_OK)
        return in_alphabet(body, decimal) ? SCRIP_REFUSED_TEXT : SCRIP_REFUSED_LAYOUT;

    out->kind = kind == 'T' ? TOKEN_CUSTOMER : TOKEN_RECEIPT;
    out->len = (uint16_t)data.len;
    out->seal = SEAL_SCAN;
    return SCRIP_OK;
}

void scan_encode(enum token_kind kind, char transport, struct bytes token, struct buffer *out)
{
    buffer_put_text(out, kind == TOKEN_CUSTOMER ? "SCT" : "SCR");
    buffer_put_byte(out, (uint8_t)transport);
    if (transport == 'D')
        text_decimal_encode(token, out);
    else
        text_base45_encode(token, out);
}
