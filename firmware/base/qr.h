/*
 * qr: a text as the modules of a QR code, through libqrencode inside a caller's arena.
 */
#ifndef BASE_QR_H
#define BASE_QR_H

#include "base/bytes.h"

enum qr_level { QR_LEVEL_L, QR_LEVEL_M, QR_LEVEL_Q };

struct qr {
    const uint8_t *modules; /* side * side, one byte each, bit 0 set: dark; valid until qr_close()
                             */
    uint16_t side;          /* modules a side, 21 to 177 */
    uint8_t version;        /* 1 to 40 */
    void *code;
};

/* Encodes text in the densest mode (alphanumeric where the alphabet allows). REFUSED_TOO_LONG: no
 * version up to max_version holds it. FAULT_MEMORY. */
MUST_CHECK enum scrip_status qr_encode(struct bytes text, enum qr_level level, unsigned max_version,
                                       struct qr *out);
void qr_close(struct qr *code);

#endif
