#include "redeem/verify.h"

#include <string.h>

#include "redeem/seal.h"

/* The signature's maker, among all keys that share its kid. */
static enum scrip_status find_key(const struct keyset *keys, const struct token *token,
                                  const struct keyset_key **found)
{
    enum scrip_status status = SCRIP_REFUSED_KEY;
    for (size_t i = 0; i < keys->count && i < LIMIT_KEYS; i++) {
        const struct keyset_key *key = &keys->key[i];
        if ((key->uses & KEYSET_TOKENS) == 0 ||
            memcmp(key->kid, token->cose.kid.data, COSE_KID_BYTES) != 0)
            continue;
        const struct p256v_table *table = keyset_table(keys, i);
        const char *aad = token_aad(token->kind);
        status = table != NULL ? cose_verify_prepared(&token->cose, aad, table)
                               : cose_verify(&token->cose, aad, key->point);
        *found = key;
        if (!scrip_is_refused(status))
            break;
    }
    return status;
}

static enum scrip_status check_key(const struct keyset_key *key, const struct token_claims *claims)
{
    if ((claims->scope & ~key->max_scope) != 0 ||
        (claims->has_limit &&
         (claims->limit_minor > key->max_limit_minor || claims->currency != key->currency)))
        return SCRIP_REFUSED_CLAIMS;
    if (claims->iat_s < key->nbf_s || claims->iat_s > key->sign_until_s ||
        claims->exp_s > key->verify_until_s)
        return SCRIP_REFUSED_KEY;
    return SCRIP_OK;
}

static bool is_bound(const struct challenge *challenge, const struct token_claims *claims)
{
    return challenge != NULL && claims->has_txh &&
           bytes_equal(bytes_of(claims->txh, TOKEN_ID_BYTES),
                       bytes_of(challenge->txh, TOKEN_ID_BYTES)) &&
           bytes_equal(bytes_of(claims->nonce, TOKEN_ID_BYTES),
                       bytes_of(challenge->nonce, TOKEN_ID_BYTES));
}

static enum scrip_status check_time(const struct trust *trust, const struct token_claims *claims,
                                    bool bound)
{
    const struct wallclock_time *now = &trust->now;
    uint64_t end_s = (uint64_t)claims->exp_s + trust->exp_grace_s;
    /* What time it is at the least: an answer to our challenge was issued after that was shown. */
    uint32_t least_s = wallclock_least(now);
    if (now->floor_s > end_s + VERIFY_SPENT_S)
        return SCRIP_REFUSED_EXPIRED;
    if (now->quality == WALLCLOCK_BAD && bound && claims->iat_s > least_s)
        least_s = claims->iat_s;
    if (now->quality != WALLCLOCK_BAD) {
        if (claims->iat_s > (uint64_t)now->t_s + now->tolerance_s)
            return SCRIP_REFUSED_NOT_YET;
        if (now->t_s >= end_s + now->tolerance_s)
            return SCRIP_REFUSED_EXPIRED;
    }
    bool redeem = (claims->scope & TOKEN_REDEEM_ANY) != 0;
    return keyset_is_stale(trust->keys, least_s, redeem) ? SCRIP_REFUSED_KEYS_STALE : SCRIP_OK;
}

static enum scrip_status judge(const struct trust *trust, const struct token *token,
                               struct voucher *out)
{
    const struct token_claims *claims = &out->claims;
    const struct keyset_key *key = NULL;
    if (token->kind != TOKEN_CUSTOMER)
        return SCRIP_REFUSED_FOREIGN;
    if (trust->keys == NULL)
        return SCRIP_REFUSED_KEYS_STALE;
    TRY(find_key(trust->keys, token, &key));
    TRY(token_claims_read(token->cose.payload, &out->claims));
    TRY(check_key(key, claims));
    if (!identity_in_audience(trust->identity, claims->audience))
        return SCRIP_REFUSED_AUDIENCE;
    out->bound = is_bound(trust->challenge, claims);
    if (!out->bound && (trust->challenge != NULL || claims->has_txh))
        return SCRIP_REFUSED_BINDING;
    out->token = token->bytes;
    out->issuer = key->issuer;
    out->now = trust->now;
    return check_time(trust, claims, out->bound);
}

enum scrip_status verify_token(const struct trust *trust, struct token *token, struct voucher *out)
{
    memset(out, 0, sizeof *out);
    TRY(seal_take(&token->seal, SEAL_TOKEN));
    enum scrip_status status = judge(trust, token, out);
    if (status == SCRIP_OK)
        out->seal = SEAL_VOUCHER;
    else if (status != SCRIP_REFUSED_EXPIRED)
        memset(out, 0, sizeof *out);
    return status;
}
