/*
 * scan: the characters that a scanner or a till delivered, as the bytes of one of our tokens.
 *
 * First step of the path. Bounds everything before anything is looked at; tells a foreign code from
 * a damaged one and from a scanner whose keyboard layout is wrong.
 *
 * Memory   No heap; struct scan holds the bytes. Time: linear in the code, at most
 *          LIMIT_CODE_CHARS.
 * Format   SPEC section 1.
 */
#ifndef REDEEM_SCAN_H
#define REDEEM_SCAN_H

#include "base/bytes.h"
#include "base/limits.h"

enum token_kind { TOKEN_CUSTOMER = 1, TOKEN_RECEIPT };

struct scan {
    uint32_t seal;
    enum token_kind kind;
    uint16_t len;
    uint8_t data[LIMIT_TOKEN_BYTES];
};

/*
 * Removes one AIM identifier (]Q0..]Q6) in front, any CR LF TAB behind and, around a receipt in
 * decimal, the URL form's `HTTPS://HOST/R/`; nothing else is trimmed and no case is folded. OK: out
 * is sealed. REFUSED_FOREIGN: no prefix of ours. REFUSED_LENGTH: too short to hold any token or too
 * long. REFUSED_LAYOUT: the prefix is intact but the body has characters that its transport never
 * uses. REFUSED_TEXT: the body does not decode. *out is then without seal.
 */
MUST_CHECK enum scrip_status scan_decode(struct bytes code, struct scan *out);

/* Writes prefix and body: transport 'B' or 'D'. Overflow is the buffer's. For the issuing side and
 * receipts. */
void scan_encode(enum token_kind kind, char transport, struct bytes token, struct buffer *out);

#endif
