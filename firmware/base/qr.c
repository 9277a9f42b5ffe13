#include "base/qr.h"

#include <errno.h>
#include <string.h>

#include <qrencode.h>

/*
 * libqrencode is compiled to call these in place of malloc() and its kin (see the Makefile). The
 * arena is a row of blocks without gaps; an allocation takes the first free one that is long
 * enough.
 */
void *qr_malloc(size_t size);
void *qr_calloc(size_t count, size_t size);
void *qr_realloc(void *data, size_t size);
void qr_free(void *data);

struct block {
    _Alignas(8) size_t len; /* bytes behind this header, a multiple of 8 */
    bool used;
};

/* The row of the encoding that runs; NULL between. */
static struct block *row, *row_end;

static struct block *behind(struct block *block)
{
    return (struct block *)(void *)((uint8_t *)(block + 1) + block->len);
}

void *qr_malloc(size_t size)
{
    size_t len = (size + 7) & ~(size_t)7;
    if (len < size)
        return NULL;
    for (struct block *block = row; block != row_end; block = behind(block)) {
        if (block->used)
            continue;
        for (struct block *other = behind(block); other != row_end && !other->used;
             other = behind(block))
            block->len += sizeof *other + other->len;
        if (block->len < len)
            continue;
        if (block->len - len > sizeof *block) {
            size_t left = block->len - len - sizeof *block;
            block->len = len;
            *behind(block) = (struct block){left, false};
        }
        block->used = true;
        return block + 1;
    }
    errno = ENOMEM;
    return NULL;
}

void *qr_calloc(size_t count, size_t size)
{
    void *data = size == 0 || count <= SIZE_MAX / size ? qr_malloc(count * size) : NULL;
    if (data)
        memset(data, 0, count * size);
    return data;
}

void qr_free(void *data)
{
    if (data)
        ((struct block *)data - 1)->used = false;
}

void *qr_realloc(void *data, size_t size)
{
    void *moved = qr_malloc(size);
    if (moved && data) {
        size_t len = ((struct block *)data - 1)->len;
        memcpy(moved, data, len < size ? len : size);
        qr_free(data);
    }
    return moved;
}

static void open_row(void *arena, size_t arena_len)
{
    size_t padding = (8 - (uintptr_t)arena % 8) % 8;
    size_t usable = arena_len < padding ? 0 : (arena_len - padding) & ~(size_t)7;
    row = row_end = (struct block *)(void *)((uint8_t *)arena + padding);
    if (usable <= sizeof *row)
        return;
    *row = (struct block){usable - sizeof *row, false};
    row_end = behind(row);
}

static enum scrip_status encode(struct bytes text, enum qr_level level, unsigned max_version,
                                struct qr *out)
{
    static const QRecLevel levels[] = {
        [QR_LEVEL_L] = QR_ECLEVEL_L, [QR_LEVEL_M] = QR_ECLEVEL_M, [QR_LEVEL_Q] = QR_ECLEVEL_Q};
    char *copy = qr_malloc(text.len + 1);
    if (!copy)
        return SCRIP_FAULT_MEMORY;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    errno = 0;
    /* 8 is the mode of what fits no denser one; the library splits the text for the others. */
    const QRcode *code = QRcode_encodeString(copy, 0, levels[level], QR_MODE_8, 1);
    if (!code)
        return errno == ERANGE ? SCRIP_REFUSED_TOO_LONG : SCRIP_FAULT_MEMORY;
    if ((unsigned)code->version > max_version)
        return SCRIP_REFUSED_TOO_LONG;
    out->modules = code->data;
    out->side = (uint16_t)code->width;
    out->version = (uint8_t)code->version;
    return SCRIP_OK;
}

enum scrip_status qr_encode(struct bytes text, enum qr_level level, unsigned max_version,
                            void *arena, size_t arena_len, struct qr *out)
{
    *out = (struct qr){0};
    if (text.len > QR_TEXT_MAX)
        return SCRIP_REFUSED_TOO_LONG;
    if (text.len == 0 || memchr(text.data, 0, text.len))
        return SCRIP_REFUSED_TEXT;
    open_row(arena, arena_len);
    enum scrip_status status = encode(text, level, max_version, out);
    row = row_end = NULL;
    if (status == SCRIP_OK) {
        out->arena = arena;
        out->arena_len = arena_len;
    } else {
        bytes_wipe(arena, arena_len);
    }
    return status;
}

void qr_close(struct qr *qr)
{
    bytes_wipe(qr->arena, qr->arena_len);
    *qr = (struct qr){0};
}
