#include <assert.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

void json_out_open(struct json_out *out, enum scrip_status (*sink)(void *, const void *, size_t),
                   void *context)
{
    *out = (struct json_out){.sink = sink, .context = context, .status = SCRIP_OK};
}

enum scrip_status json_to_buffer(void *buffer, const void *data, size_t len)
{
    buffer_put(buffer, data, len);
    return ((struct buffer *)buffer)->overflow ? SCRIP_REFUSED_TOO_LONG : SCRIP_OK;
}

static void emit(struct json_out *out, const void *data, size_t len)
{
    if (out->status == SCRIP_OK && out->sink && len > 0)
        out->status = out->sink(out->context, data, len);
    if (out->status == SCRIP_OK)
        out->len += len;
}

static void emit_text(struct json_out *out, const char *text)
{
    emit(out, text, strlen(text));
}

/* What stands in front of a value: the comma and its name. */
static void begin(struct json_out *out, const char *name)
{
    if (out->comma)
        emit_text(out, ",");
    out->comma = true;
    if (name) {
        emit_text(out, "\"");
        emit_text(out, name);
        emit_text(out, "\":");
    }
}

static void open_container(struct json_out *out, const char *name, const char *bracket)
{
    begin(out, name);
    emit_text(out, bracket);
    out->comma = false;
    out->depth++;
}

static void close_container(struct json_out *out, const char *bracket)
{
    assert(out->depth > 0);
    emit_text(out, bracket);
    out->comma = true;
    out->depth--;
}

void json_put_object(struct json_out *out, const char *name)
{
    open_container(out, name, "{");
}

void json_put_array(struct json_out *out, const char *name)
{
    open_container(out, name, "[");
}

void json_end_object(struct json_out *out)
{
    close_container(out, "}");
}

void json_end_array(struct json_out *out)
{
    close_container(out, "]");
}

static void emit_escape(struct json_out *out, uint32_t point)
{
    uint8_t digits[2];
    const uint8_t byte = (uint8_t)point;
    struct buffer hex = buffer_of(digits, sizeof digits);
    if (point == '"' || point == '\\') {
        emit_text(out, "\\");
        emit(out, &byte, 1);
        return;
    }
    text_hex_encode(bytes_of(&byte, 1), &hex);
    emit_text(out, "\\u00");
    emit(out, digits, sizeof digits);
}

void json_put_text(struct json_out *out, const char *name, struct bytes text)
{
    begin(out, name);
    emit_text(out, "\"");
    struct bytes run = bytes_of(text.data, 0); /* what needs no escape */
    while (text.len > 0) {
        const uint8_t *start = text.data;
        uint32_t point = text_next(&text);
        if (point == TEXT_MALFORMED) {
            if (out->status == SCRIP_OK)
                out->status = SCRIP_REFUSED_TEXT;
            return;
        }
        if (point >= 0x20 && point != '"' && point != '\\') {
            run.len += (size_t)(text.data - start);
            continue;
        }
        emit(out, run.data, run.len);
        emit_escape(out, point);
        run = bytes_of(text.data, 0);
    }
    emit(out, run.data, run.len);
    emit_text(out, "\"");
}

void json_put_string(struct json_out *out, const char *name, const char *text)
{
    json_put_text(out, name, bytes_text(text));
}

void json_put_uint(struct json_out *out, const char *name, uint64_t value)
{
    uint8_t digits[20];
    struct buffer text = buffer_of(digits, sizeof digits);
    begin(out, name);
    buffer_put_decimal(&text, value);
    emit(out, digits, text.len);
}

void json_put_int(struct json_out *out, const char *name, int64_t value)
{
    json_put_amount(out, name, value, 0);
}

void json_put_bool(struct json_out *out, const char *name, bool value)
{
    begin(out, name);
    emit_text(out, value ? "true" : "false");
}

void json_put_null(struct json_out *out, const char *name)
{
    begin(out, name);
    emit_text(out, "null");
}

void json_put_base64url(struct json_out *out, const char *name, struct bytes data)
{
    /* Pieces of whole groups of three bytes join without a seam. */
    enum { PIECE = 48 };
    begin(out, name);
    emit_text(out, "\"");
    while (data.len > 0) {
        size_t len = data.len < PIECE ? data.len : PIECE;
        uint8_t characters[PIECE / 3 * 4];
        struct buffer text = buffer_of(characters, sizeof characters);
        text_base64url_encode(bytes_of(data.data, len), &text);
        emit(out, characters, text.len);
        data = bytes_of(data.data + len, data.len - len);
    }
    emit_text(out, "\"");
}

void json_put_amount(struct json_out *out, const char *name, int64_t minor, unsigned exponent)
{
    uint8_t memory[24];
    struct buffer text = buffer_of(memory, sizeof memory);
    uint64_t magnitude = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor;
    uint64_t scale = 1;
    assert(exponent <= 4);
    for (unsigned i = 0; i < exponent; i++)
        scale *= 10;
    begin(out, name);
    if (minor < 0)
        buffer_put_byte(&text, '-');
    buffer_put_decimal(&text, magnitude / scale);
    if (exponent > 0)
        buffer_put_byte(&text, '.');
    for (scale /= 10; scale > 0; scale /= 10)
        buffer_put_byte(&text, (uint8_t)('0' + magnitude / scale % 10));
    emit(out, memory, text.len);
}

enum scrip_status json_out_end(struct json_out *out)
{
    assert(out->depth == 0 || out->status != SCRIP_OK);
    return out->status;
}
