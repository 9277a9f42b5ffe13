/*
 * text: bytes as characters, for QR codes (base45, decimal), logs (hex) and JSON (base64url).
 *
 * Decoders are strict: one text for one value, nothing trimmed, nothing folded. They append to out
 * and answer REFUSED_TEXT for a character, group or length that no encoder makes, REFUSED_TOO_LONG
 * where out is too small; out->len is then 0. Encoders append too and set out->overflow.
 *
 * Memory   None. Time: linear.
 * Format   RFC 9285 (base45), RFC 4648 section 5 without padding (base64url) and section 8 in lower
 *          case (hex), SPEC section 1 (decimal).
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/bytes.h"

MUST_CHECK enum scrip_status text_base45_decode(struct bytes text, struct buffer *out);
/* A character's value, 0 to 44, or -1 where base45 has none. */
int text_base45_digit(uint8_t character);
void text_base45_encode(struct bytes data, struct buffer *out);

/* 7 bytes to 17 digits, big-endian; a tail of 1..6 bytes to 3, 5, 8, 10, 13, 15 digits. */
MUST_CHECK enum scrip_status text_decimal_decode(struct bytes text, struct buffer *out);
void text_decimal_encode(struct bytes data, struct buffer *out);

MUST_CHECK enum scrip_status text_base64url_decode(struct bytes text, struct buffer *out);
void text_base64url_encode(struct bytes data, struct buffer *out);

MUST_CHECK enum scrip_status text_hex_decode(struct bytes text, struct buffer *out);
void text_hex_encode(struct bytes data, struct buffer *out);

/* Unsigned decimal without sign, blank or leading zero (but "0"); REFUSED_TEXT when malformed or
 * above max, *value is then 0. */
MUST_CHECK enum scrip_status text_uint(struct bytes text, uint64_t max, uint64_t *value);

/* Takes the first code point off the text, which is not empty. TEXT_MALFORMED: not UTF-8 (RFC 3629:
 * no overlong form, no surrogate, nothing above 10FFFF); the text is then used up to the fault. */
#define TEXT_MALFORMED UINT32_MAX
uint32_t text_next(struct bytes *text);

/* Strict UTF-8 without control characters (U+0000..1F, U+007F..9F). */
bool text_is_utf8(struct bytes text);

#endif
