#include "tools/host/judge.h"

#include <string.h>

#include "redeem/bind.h"
#include "redeem/verify.h"
#include "tools/host/vault.h"

static void refuse(struct judgement *out, enum record_code code)
{
    out->verdict = VERDICT_REFUSED;
    out->code = code;
}

/* A refusal of the path as the host's reason. A key that is gone, or was not valid when the token
 * was issued, proves nothing against the terminal: that is for people to look at. */
static void judge_status(enum scrip_status status, struct judgement *out)
{
    static const struct {
        enum scrip_status status;
        enum record_code code;
    } reason[] = {
        {SCRIP_REFUSED_SHAPE, RECORD_CODE_MALFORMED},
        {SCRIP_REFUSED_CLAIMS, RECORD_CODE_MALFORMED},
        {SCRIP_REFUSED_SIGNATURE, RECORD_CODE_SIGNATURE},
        {SCRIP_REFUSED_AUDIENCE, RECORD_CODE_AUDIENCE},
        {SCRIP_REFUSED_NOT_YET, RECORD_CODE_EXPIRED},
        {SCRIP_REFUSED_EXPIRED, RECORD_CODE_EXPIRED},
    };

    if (status == SCRIP_REFUSED_KEY) {
        out->verdict = VERDICT_QUARANTINED;
        out->code = RECORD_CODE_KEY_REMOVED;
        return;
    }
    refuse(out, RECORD_CODE_OTHER);
    for (size_t i = 0; i < sizeof reason / sizeof *reason; i++)
        if (reason[i].status == status)
            out->code = reason[i].code;
}

/* The time that the token is held against: the record's, tolerated twice over behind its expiry,
 * because the terminal's own S may have been larger when it approved. A terminal without a clock is
 * judged by ours while the till waits; settled later, only the future can be refused. */
static struct wallclock_time time_of(const struct judge_bench *bench, const struct record *record)
{
    struct wallclock_time now = {.t_s = record->stamp.t_s, .quality = WALLCLOCK_GOOD};
    uint32_t unc_s = record->stamp.unc_s;

    if (record->stamp.source == WALLCLOCK_NONE) {
        now.t_s = bench->now_s;
        now.quality = bench->live ? WALLCLOCK_GOOD : WALLCLOCK_BAD;
        unc_s = 0;
    }
    now.tolerance_s = 30 + (unc_s < 90 ? unc_s : 90);
    return now;
}

static void copy_text(struct bytes text, char *out, size_t size)
{
    size_t len = text.len < size ? text.len : size - 1;

    memcpy(out, text.data, len);
    out[len] = '\0';
}

/* The hash of the sale that the record tells of. */
static enum scrip_status txh_of(const struct judge_bench *bench, const struct record *record,
                                const uint8_t *nonce, uint8_t txh[TOKEN_ID_BYTES])
{
    struct sale sale = {.total_minor = record->total_minor, .currency = record->currency};

    copy_text(record->transaction_id, sale.transaction_id, sizeof sale.transaction_id);
    if (record->lines.len == sizeof sale.lines)
        memcpy(sale.lines, record->lines.data, sizeof sale.lines);
    return bind_txh(bench->terminal, record->epoch, nonce, &sale, txh);
}

/* The same as the challenge to which the token was bound. */
static enum scrip_status challenge_of(const struct judge_bench *bench, const struct record *record,
                                      const struct token_claims *claims, struct challenge *out)
{
    memset(out, 0, sizeof *out);
    memcpy(out->nonce, claims->nonce, sizeof out->nonce);
    return txh_of(bench, record, claims->has_nonce ? claims->nonce : NULL, out->txh);
}

static enum scrip_status verify(const struct judge_bench *bench, const struct record *record,
                                struct voucher *voucher)
{
    struct token_claims claims;
    struct challenge challenge;
    struct token token;
    struct trust trust = {
        .keys = &bench->pki->keys,
        .identity = bench->terminal,
        .now = time_of(bench, record),
    };

    trust.exp_grace_s = trust.now.tolerance_s;
    TRY(token_parse_bytes(record->token, TOKEN_CUSTOMER, &token));
    /* Not believed yet: read only to learn whether the token names a sale. */
    if (token_claims_read(token.cose.payload, &claims) == SCRIP_OK && claims.has_txh) {
        TRY(challenge_of(bench, record, &claims, &challenge));
        trust.challenge = &challenge;
    }
    return verify_token(&trust, &token, voucher);
}

static void note_use(const struct voucher *voucher, const struct record *record,
                     struct judgement *out)
{
    const struct token_claims *claims = &voucher->claims;

    out->genuine = true;
    out->use.issuer = voucher->issuer;
    memcpy(out->use.cti, claims->cti, sizeof out->use.cti);
    out->use.has_member = claims->has_member;
    memcpy(out->use.member, claims->member, sizeof out->use.member);
    out->use.amount_minor = record->amount_minor;
    out->use.currency = record->currency;
}

/* Worth something, and neither more than the code bears nor more than the sale. */
static bool amount_fits(const struct token_claims *claims, const struct record *record)
{
    return (claims->scope & TOKEN_REDEEM_ANY) != 0 && claims->has_limit &&
           claims->currency == record->currency && record->amount_minor > 0 &&
           record->amount_minor <= claims->limit_minor &&
           record->amount_minor <= record->total_minor;
}

/* What the record states of its token is what the token says. */
static bool claims_fit(const struct voucher *voucher, const struct record *record)
{
    const struct token_claims *claims = &voucher->claims;

    return record->issuer == voucher->issuer &&
           (!claims->has_txh || record->txh.len == 0 ||
            bytes_equal(record->txh, bytes_of(claims->txh, sizeof claims->txh)));
}

/* A coupon stands only while a list that we hold says so. */
static enum scrip_status judge_coupon(const struct judge_bench *bench,
                                      const struct token_claims *claims, struct judgement *out)
{
    bool revoked = true;
    enum scrip_status status;

    if (!claims->has_status)
        return SCRIP_OK;
    status = pki_coupon_status(bench->pki, claims->status_list, claims->status_index, &revoked);
    if (scrip_is_fault(status))
        return status;
    if (status != SCRIP_OK || revoked)
        refuse(out, status == SCRIP_OK ? RECORD_CODE_REVOKED : RECORD_CODE_OTHER);
    return SCRIP_OK;
}

enum scrip_status judge_redeem(const struct judge_bench *bench, const struct record *record,
                               struct judgement *out)
{
    struct voucher voucher;
    enum scrip_status status = verify(bench, record, &voucher);

    memset(out, 0, sizeof *out);
    if (scrip_is_fault(status))
        return status;
    if (status != SCRIP_OK) {
        judge_status(status, out);
        return SCRIP_OK;
    }
    note_use(&voucher, record, out);
    out->verdict = VERDICT_ACCEPTED;
    if (voucher.claims.iat_s > (uint64_t)bench->now_s + 120)
        refuse(out, RECORD_CODE_EXPIRED);
    else if (!amount_fits(&voucher.claims, record))
        refuse(out, RECORD_CODE_AMOUNT);
    else if (!claims_fit(&voucher, record))
        refuse(out, RECORD_CODE_OTHER);
    else
        return judge_coupon(bench, &voucher.claims, out);
    return SCRIP_OK;
}

static enum scrip_status judge_seal(const struct judge_bench *bench, const struct record *record,
                                    struct award_judgement *out)
{
    struct member_context context = {
        .terminal = bench->terminal, .epoch = record->epoch, .t_s = record->stamp.t_s};
    struct db_award *award = &out->award;
    enum scrip_status status;

    if (bench->pki->vault == NULL)
        return SCRIP_OK;
    TRY(txh_of(bench, record, NULL, context.txh));
    status = vault_name(bench->pki->vault, &context, record->member, award->member,
                        &award->vault_epoch);
    award->has_member = status == SCRIP_OK;
    if (status == SCRIP_OK || (scrip_is_fault(status) && status != SCRIP_FAULT_CORRUPT))
        return status;
    out->verdict = VERDICT_QUARANTINED;
    out->code = status == SCRIP_FAULT_CORRUPT ? RECORD_CODE_KEY_REMOVED : RECORD_CODE_MALFORMED;
    return SCRIP_OK;
}

static enum scrip_status judge_earner(const struct judge_bench *bench, const struct record *record,
                                      struct award_judgement *out)
{
    struct judgement judged = {.verdict = VERDICT_ACCEPTED};
    struct voucher voucher;
    enum scrip_status status = verify(bench, record, &voucher);

    if (scrip_is_fault(status))
        return status;
    if (status != SCRIP_OK)
        judge_status(status, &judged);
    else if (voucher.claims.iat_s > (uint64_t)bench->now_s + 120)
        refuse(&judged, RECORD_CODE_EXPIRED);
    else if ((voucher.claims.scope & TOKEN_EARN) == 0 || !voucher.claims.has_member ||
             !claims_fit(&voucher, record))
        refuse(&judged, RECORD_CODE_OTHER);
    out->verdict = judged.verdict;
    out->code = judged.code;
    out->award.has_member = judged.verdict == VERDICT_ACCEPTED;
    if (out->award.has_member)
        memcpy(out->award.member, voucher.claims.member, sizeof out->award.member);
    return SCRIP_OK;
}

enum scrip_status judge_award(const struct judge_bench *bench, const struct record *record,
                              struct award_judgement *out)
{
    *out = (struct award_judgement){
        .verdict = VERDICT_ACCEPTED,
        .award = {.total_minor = record->total_minor, .currency = record->currency},
    };
    return record->member.len != 0 ? judge_seal(bench, record, out)
                                   : judge_earner(bench, record, out);
}
