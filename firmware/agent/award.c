/*
 * A sale that is noted for a member, and who a member is. Nothing is given away here: what an
 * award is worth the host decides, so that this path never asks and never waits.
 *
 * W1  A raw identifier is read from the caller's memory into one struct member_id on this stack,
 *     which is wiped on every way out. What is recorded, sent, counted or shown of it is its seal,
 *     and the beginning of a tag whose key lives in RAM until midnight.
 * W2  It is never worth anything: who types a number has not proven to be the one whom it names.
 */
#include <string.h>

#include "agent/agent.h"

_Static_assert((int)RECORD_SEALED_BYTES == (int)MEMBER_SHORT_BYTES + (int)HPKE_OVERHEAD,
               "a record takes the short form");

/* Whom the sale is for, as far as it is known. */
struct party {
    struct member_id id; /* raw, or a code's own pseudonym */
    struct scan scan;    /* the voucher's token is a view into it */
    struct voucher voucher;
    bool raw;
};

/* A code, verified: its signature, its time, and a scope of those wanted. */
static enum scrip_status read_code(struct agent *agent, struct bytes text,
                                   const struct wallclock_time *now, struct party *out)
{
    const struct trust trust = {.keys = agent->keyset.count != 0 ? &agent->keyset : NULL,
                                .identity = &agent->bundle.identity,
                                .now = *now};
    const struct token_claims *claims = &out->voucher.claims;
    struct token token;

    TRY(scan_decode(text, &out->scan));
    TRY(token_parse(&out->scan, &token));
    TRY(verify_token(&trust, &token, &out->voucher));
    if (now->quality != WALLCLOCK_BAD)
        wallclock_raise_floor(&agent->clock, claims->iat_s);
    agent->parts.stats.scan_ok++;
    /* Nobody is named: there is nobody to note it for. */
    if (!claims->has_member)
        return SCRIP_REFUSED_SCOPE;
    out->id.kind = MEMBER_PSEUDONYM;
    out->id.len = sizeof claims->member;
    memcpy(out->id.data, claims->member, sizeof claims->member);
    return SCRIP_OK;
}

static enum scrip_status read_party(struct agent *agent, const struct claimant *who,
                                    const struct wallclock_time *now, struct party *out)
{
    out->raw = who->kind != SCRIP_MEMBER_CODE;
    if (!out->raw)
        return read_code(agent, who->text, now, out);
    TRY(member_normalise((enum member_kind)who->kind, who->text, &out->id));
    if (agent->keyset.count == 0 || keyset_is_stale(&agent->keyset, wallclock_least(now), false))
        return SCRIP_REFUSED_KEYS_STALE;
    return SCRIP_OK;
}

static enum scrip_status permit(struct agent *agent, const struct party *party,
                                const struct wallclock_time *now, uint32_t window,
                                const uint8_t tag[MEMBER_TAG_BYTES])
{
    uint32_t room = journal_room(&agent->journal);

    const struct facts facts = {
        .policy = agent->policy.seq != 0 ? &agent->policy : NULL,
        .suspended = agent->ledger.suspended,
        .full = room == 0,
        .capacity = room,
        .member_awards = member_times(&agent->member_day, window, tag),
    };
    return policy_award(&facts, party->raw ? NULL : &party->voucher.claims, now,
                        &agent->transaction.sale);
}

static enum scrip_status record(struct agent *agent, const struct party *party,
                                const struct wallclock_time *now, struct ledger_entry *entry,
                                bool *appending)
{
    const struct sale *sale = &agent->transaction.sale;
    struct ledger_award award = {
        .sale = sale, .token = party->voucher.token, .issuer = party->voucher.issuer};
    struct member_context context;
    struct record_stamp stamp;
    uint8_t sealed_memory[RECORD_SEALED_BYTES]; /* which the long form overruns */
    struct buffer sealed = buffer_of(sealed_memory, sizeof sealed_memory);

    if (party->raw) {
        TRY(member_seal_for(agent, sale, now->t_s, &party->id, &context, &sealed));
        award.sealed = buffer_bytes(&sealed);
    }
    agent_stamp(agent, sale->operator_number, sale->shift, &stamp);
    /* The very reading under which it was sealed and judged. */
    stamp.t_s = now->t_s;
    stamp.unc_s = now->unc_s;
    stamp.source = (uint8_t)now->source;
    *appending = true;
    return ledger_award(&agent->ledger, &award, &stamp, state_bits(agent), entry);
}

static enum scrip_status note(struct agent *agent, const struct claimant *who, struct party *party,
                              struct ledger_entry *entry, bool *appending)
{
    struct transaction *open = &agent->transaction;
    struct wallclock_time now;
    uint8_t tag[MEMBER_TAG_BYTES];

    wallclock_read(&agent->clock, &now);
    TRY(read_party(agent, who, &now, party));
    TRY(member_tag(&agent->member_day, now.t_s, agent->bundle.identity.text, &party->id, tag));
    uint32_t window = agent->policy.award_window_s != 0 ? now.up_s / agent->policy.award_window_s
                                                        : 0;
    TRY(permit(agent, party, &now, window, tag));
    if (open->sale.training)
        return refusal_keep(agent, &open->sale, SCRIP_OK, 0, "training: nothing was recorded")
            ->status;
    TRY(record(agent, party, &now, entry, appending));
    if (!entry->replayed)
        member_count(&agent->member_day, window, tag);
    return SCRIP_OK;
}

enum scrip_status award_run(struct agent *agent, const struct claimant *who,
                            struct ledger_entry *entry, bool *appending)
{
    struct party party = {.raw = false};
    enum scrip_status status = SCRIP_REFUSED_BUSY;

    *entry = (struct ledger_entry){0};
    *appending = false;
    if (!agent->challenge.open)
        status = note(agent, who, &party, entry, appending);
    bytes_wipe(&party, sizeof party);
    return status;
}

enum scrip_status scrip_award(struct scrip *scrip, enum scrip_member_kind kind, const char *text,
                              size_t text_len, const struct scrip_sale *sale,
                              struct scrip_answer *answer)
{
    const struct claimant who = {kind, bytes_of(text, text == NULL ? 0 : text_len)};
    return transaction_begin(agent_of(scrip), &who, true, sale, answer);
}

static enum scrip_status identify(struct agent *agent, const struct claimant *who,
                                  struct party *party)
{
    struct wallclock_time now;

    if (agent->service != SCRIP_OK)
        return agent->service;
    if (who->text.data == NULL)
        return SCRIP_REFUSED_ARGUMENT;
    if (agent->transaction.state != TRANSACTION_IDLE || agent->challenge.open)
        return SCRIP_REFUSED_BUSY;
    wallclock_read(&agent->clock, &now);
    TRY(read_party(agent, who, &now, party));
    if (!party->raw && (party->voucher.claims.scope & TOKEN_IDENTIFY) == 0)
        return SCRIP_REFUSED_SCOPE;
    return agent->ledger.suspended ? SCRIP_REFUSED_SUSPENDED : SCRIP_OK;
}

enum scrip_status scrip_identify(struct scrip *scrip, enum scrip_member_kind kind, const char *text,
                                 size_t text_len, struct scrip_answer *answer)
{
    struct agent *agent = agent_of(scrip);
    const struct claimant who = {kind, bytes_of(text, text == NULL ? 0 : text_len)};
    struct party party = {.raw = false};
    enum scrip_status status = identify(agent, &who, &party);

    if (status == SCRIP_OK)
        answer_member(agent, party.raw, party.voucher.claims.tier, answer);
    else
        answer_status(agent, NULL, status, "", answer);
    bytes_wipe(&party, sizeof party);
    answer_show(agent, answer);
    return status;
}
