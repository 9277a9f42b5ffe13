/*
 * qr: a text as the modules of a QR code, through libqrencode inside a caller's arena.
 *
 * Memory   The code lives in the arena given until qr_close(). 259 characters at level M (version
 *          9) take 9,792 bytes on a 64-bit machine; QR_ARENA_BYTES hold any code.
 * Threads  Owner task only (the library's allocator is process-wide).
 * Format   ISO/IEC 18004, model 2.
 */
#ifndef BASE_QR_H
#define BASE_QR_H

#include "base/bytes.h"

enum qr_level { QR_LEVEL_L, QR_LEVEL_M, QR_LEVEL_Q };

enum { QR_MAX_VERSION = 40, QR_TEXT_MAX = 1024, QR_ARENA_BYTES = 160 * 1024 };

struct qr {
    const uint8_t *modules; /* side * side, row by row; bit 0 set: dark */
    uint16_t side;          /* modules a side, 21 to 177 */
    uint8_t version;        /* 1 to 40 */
    void *arena;
    size_t arena_len;
};

/* Encodes text, at most QR_TEXT_MAX bytes without NUL, in the densest mix of modes (digits,
 * alphanumeric, bytes) and the smallest version. REFUSED_TOO_LONG: no version up to max_version
 * holds it. REFUSED_TEXT: empty, or a NUL inside. FAULT_MEMORY: the arena is too small for the
 * version it needs, be that above max_version or not. *out is zeroed unless OK. */
MUST_CHECK enum scrip_status qr_encode(struct bytes text, enum qr_level level, unsigned max_version,
                                       void *arena, size_t arena_len, struct qr *out);

/* Wipes the arena: a code gives value to whoever reads it. */
void qr_close(struct qr *qr);

#endif
