#include "redeem/mint.h"

enum scrip_status mint_open(struct mint *mint)
{
    uint8_t point[CRYPTO_POINT_BYTES];
    TRY(crypto_signing_public(mint->key, point));
    return cose_kid(point, mint->kid);
}

enum scrip_status mint_token(const struct mint *mint, const struct token_claims *claims,
                             struct buffer *out)
{
    uint8_t memory[LIMIT_TOKEN_PAYLOAD];
    struct buffer payload = buffer_of(memory, sizeof memory);
    struct token_claims read;
    token_claims_write(claims, &payload);
    if (payload.overflow)
        return SCRIP_REFUSED_TOO_LONG;
    TRY(token_claims_read(buffer_bytes(&payload), &read));
    return cose_sign(mint->key, mint->kid, token_aad(TOKEN_CUSTOMER), buffer_bytes(&payload), out);
}

enum scrip_status mint_code(const struct mint *mint, const struct token_claims *claims,
                            char transport, struct buffer *text)
{
    uint8_t memory[LIMIT_TOKEN_BYTES];
    struct buffer token = buffer_of(memory, sizeof memory);
    struct buffer trial = *text;
    if (transport != 'B' && transport != 'D')
        return SCRIP_REFUSED_ARGUMENT;
    TRY(mint_token(mint, claims, &token));
    scan_encode(TOKEN_CUSTOMER, transport, buffer_bytes(&token), &trial);
    if (trial.overflow)
        return SCRIP_REFUSED_TOO_LONG;
    *text = trial;
    return SCRIP_OK;
}
