#include "tools/host/claim.h"

#include <string.h>

#include "redeem/receipt.h"

const char *claim_reason_name(enum claim_reason reason)
{
    static const char *const name[] = {
        [CLAIM_NONE] = "",
        [CLAIM_NOT_GENUINE] = "NOT_GENUINE",
        [CLAIM_EXPIRED] = "EXPIRED",
        [CLAIM_ALREADY_CLAIMED] = "ALREADY_CLAIMED",
        [CLAIM_REVERSED] = "REVERSED",
        [CLAIM_NOT_REDEEMED] = "NOT_REDEEMED",
        [CLAIM_MISMATCH] = "MISMATCH",
    };

    return name[reason];
}

static enum scrip_status refuse(struct claim_answer *out, enum claim_reason reason)
{
    out->end = CLAIM_REFUSED;
    out->reason = reason;
    return SCRIP_OK;
}

/* The terminal that signed it, by the kid that the receipt names. */
static enum scrip_status find_signer(struct db *db, struct bytes text, uint8_t kid[COSE_KID_BYTES],
                                     uint8_t point[CRYPTO_POINT_BYTES], struct identity *terminal)
{
    struct scan scan;
    struct token token;

    TRY(scan_decode(text, &scan));
    TRY(token_parse(&scan, &token));
    memcpy(kid, token.cose.kid.data, COSE_KID_BYTES);
    return db_key_find(db, kid, point, terminal);
}

static bool same_merchant(const struct identity *asker, struct bytes audience)
{
    return identity_audience_parts(audience) == 1 && identity_in_audience(asker, audience);
}

/* What the receipt says must be what the terminal has sent to us. */
static enum scrip_status compare(const struct db_claim *claim, const struct db_claim_state *state,
                                 bool *same)
{
    uint8_t hash[CRYPTO_HASH_BYTES];
    struct record record;

    *same = false;
    if (record_read(bytes_of(state->record, state->record_len), &record) != SCRIP_OK ||
        record.type != RECORD_REDEEM)
        return SCRIP_OK;
    TRY(receipt_hash(claim->kid, &record, hash));
    *same = memcmp(hash, claim->hash, sizeof hash) == 0;
    return SCRIP_OK;
}

static enum scrip_status judge(const struct db_claim *claim, const struct db_claim_state *state,
                               struct claim_answer *out)
{
    bool same;

    if (strcmp(state->key, claim->key) != 0)
        return refuse(out, CLAIM_ALREADY_CLAIMED);
    if (!state->arrived) {
        out->end = CLAIM_PENDING;
        return SCRIP_OK;
    }
    TRY(compare(claim, state, &same));
    if (!same)
        return refuse(out, CLAIM_MISMATCH);
    if (!state->held)
        return refuse(out, state->reversed ? CLAIM_REVERSED : CLAIM_NOT_REDEEMED);
    out->end = CLAIM_CLAIMED;
    return SCRIP_OK;
}

/* The claim and what it is judged by are one transaction. */
static enum scrip_status store(struct db *db, const struct db_claim *claim,
                               struct db_claim_state *state)
{
    bool first;

    TRY(db_claim_add(db, claim, &first));
    TRY(db_claim_find(db, claim, state));
    return db_commit(db);
}

enum scrip_status claim_receipt(struct db *db, const struct claim *claim, struct claim_answer *out)
{
    struct db_claim row = {.now_s = claim->now_s};
    struct db_claim_state state;
    struct receipt receipt;
    struct scan scan;
    uint8_t point[CRYPTO_POINT_BYTES];
    enum scrip_status status;

    memset(out, 0, sizeof *out);
    status = find_signer(db, claim->receipt, row.kid, point, &out->terminal);
    if (status == SCRIP_OK)
        status = receipt_verify(claim->receipt, point, &scan, &receipt);
    if (scrip_is_refused(status) ||
        (status == SCRIP_OK && (!same_merchant(claim->asker, receipt.audience) ||
                                !identity_in_audience(&out->terminal, receipt.audience))))
        return refuse(out, CLAIM_NOT_GENUINE);
    TRY(status);
    out->epoch = receipt.epoch;
    out->seq = receipt.seq;
    out->total_minor = receipt.total_minor;
    out->amount_minor = receipt.amount_minor;
    out->currency = receipt.currency;
    if (claim->now_s >= receipt.exp_s)
        return refuse(out, CLAIM_EXPIRED);

    row.epoch = receipt.epoch;
    row.seq = receipt.seq;
    memcpy(row.hash, receipt.hash, sizeof row.hash);
    memcpy(row.key, claim->key, strnlen(claim->key, sizeof row.key - 1));
    TRY(db_begin(db));
    status = store(db, &row, &state);
    if (status != SCRIP_OK) {
        db_rollback(db);
        return status;
    }
    return judge(&row, &state, out);
}
