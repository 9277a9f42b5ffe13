/*
 * mint: codes for customers, from their claims and the issuer's key: the issuing side.
 *
 * What a back office links (`make issuer`: libscrip-issuer.a and the library's libmbedtls.a). It
 * refuses to sign what no terminal would accept, by the very reader that terminals use. Key sets
 * and policies are written by keyset_write() and policy_write(), and signed by object_sign().
 *
 *     crypto_open(&entropy);
 *     crypto_signing_import(scalar, &issuer.key);
 *     mint_open(&issuer);
 *     mint_code(&issuer, &claims, 'B', &text);
 *
 * The issuer's part of one-time use: a cti of 16 random bytes for each token (crypto_random()), and
 * the limit held back from the member's balance until exp + max_offline_s + 24 h.
 *
 * Memory   About 1 KiB of stack. Threads: as base/crypto. Time: one ECDSA signature.
 * Format   SPEC sections 1 to 3; golden vectors in tests/vectors/tokens.json.
 */
#ifndef REDEEM_MINT_H
#define REDEEM_MINT_H

#include "redeem/token.h"

struct mint {
    struct crypto_key key;       /* set by the caller */
    uint8_t kid[COSE_KID_BYTES]; /* as in the key set that names the key */
};

/* Finds the key's kid. FAULT_CRYPTO: there is no such key. */
MUST_CHECK enum scrip_status mint_open(struct mint *mint);

/* Appends a signed token. REFUSED_CLAIMS: they break a rule of token_claims_read(), and nothing was
 * signed. REFUSED_TOO_LONG: they make a token beyond its limits, or out is too small. FAULT_*: no
 * signature was made. On any failure out is as it was. */
MUST_CHECK enum scrip_status mint_token(const struct mint *mint, const struct token_claims *claims,
                                        struct buffer *out);

/* The same as the text of a QR code: transport 'B' (alphanumeric) or 'D' (digits only).
 * REFUSED_ARGUMENT: another transport. */
MUST_CHECK enum scrip_status mint_code(const struct mint *mint, const struct token_claims *claims,
                                       char transport, struct buffer *text);

#endif
