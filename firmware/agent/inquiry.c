/*
 * Questions about earlier sales, and what may still be done to them.
 */
#include <string.h>

#include "agent/agent.h"
#include "agent/request.h"
#include "base/text.h"

/* "<term>-<epoch>-<seq>"; the terminal's own name may hold hyphens, so it is read from the end. */
static enum scrip_status reference_seq(const struct agent *agent, const char *reference,
                                       uint32_t *seq)
{
    struct bytes text = bytes_text(reference);
    size_t own = strlen(agent->bundle.identity.text);
    uint64_t epoch, number;
    size_t dash;

    if (text.len >= SCRIP_REFERENCE_CHARS || text.len < own + 4 || text.data[own] != '-' ||
        memcmp(text.data, agent->bundle.identity.text, own) != 0)
        return SCRIP_REFUSED_NOT_FOUND;
    for (dash = own + 1; dash < text.len && text.data[dash] != '-'; dash++)
        ;
    if (dash == text.len ||
        text_uint(bytes_of(text.data + own + 1, dash - own - 1), UINT32_MAX, &epoch) != SCRIP_OK ||
        text_uint(bytes_of(text.data + dash + 1, text.len - dash - 1), UINT32_MAX, &number) !=
            SCRIP_OK ||
        epoch != agent->keys.epoch)
        return SCRIP_REFUSED_NOT_FOUND;
    *seq = (uint32_t)number;
    return SCRIP_OK;
}

static enum scrip_status find_seq(struct agent *agent, const struct scrip_ref *ref, uint32_t *seq)
{
    struct request_ids ids;

    if (ref->reference != NULL && ref->reference[0] != '\0')
        return reference_seq(agent, ref->reference, seq);
    request_ids(ref->sale_id, ref->service_id, ref->transaction_id, &ids);
    if (ids.sale_id[0] == '\0' || (ids.service_id[0] == '\0' && ids.transaction_id[0] == '\0'))
        return SCRIP_REFUSED_ARGUMENT;
    return ledger_lookup(&agent->ledger, bytes_text(ids.sale_id), bytes_text(ids.service_id),
                         bytes_text(ids.transaction_id), seq);
}

enum scrip_status scrip_result(struct scrip *scrip, const struct scrip_ref *ref,
                               struct scrip_answer *answer)
{
    struct agent *agent = agent_of(scrip);
    struct request_ids ids;
    const struct refusal *kept;
    uint32_t seq;
    enum scrip_status status;

    request_ids(ref->sale_id, ref->service_id, ref->transaction_id, &ids);
    if (agent->service != SCRIP_OK) {
        answer_status(agent, &ids, agent->service, "", answer);
        return agent->service;
    }
    if (transaction_is(agent, &ids)) {
        answer_status(agent, &ids, SCRIP_AGAIN, "", answer);
        return SCRIP_AGAIN;
    }
    status = find_seq(agent, ref, &seq);
    if (status == SCRIP_OK)
        return answer_seq(agent, seq, answer);
    kept = refusal_find(agent, &ids);
    if (status == SCRIP_REFUSED_NOT_FOUND && kept != NULL) {
        answer_refusal(agent, kept, answer);
        return answer->status;
    }
    answer_status(agent, &ids, status, "", answer);
    return status;
}

enum scrip_status scrip_abort(struct scrip *scrip, const char *sale_id, const char *service_id)
{
    struct agent *agent = agent_of(scrip);
    struct request_ids ids;
    uint32_t seq;

    if (agent->service != SCRIP_OK)
        return agent->service;
    request_ids(sale_id, service_id, NULL, &ids);
    if (ids.sale_id[0] == '\0' || ids.service_id[0] == '\0')
        return SCRIP_REFUSED_ARGUMENT;
    if (transaction_is(agent, &ids))
        return transaction_abort(agent, &ids);
    if (challenge_is(agent, &ids)) {
        challenge_withdraw(agent);
        return SCRIP_OK;
    }
    TRY(ledger_lookup(&agent->ledger, bytes_text(ids.sale_id), bytes_text(ids.service_id),
                      bytes_of(NULL, 0), &seq));
    return SCRIP_REFUSED_STATE;
}

enum scrip_status scrip_reverse(struct scrip *scrip, const struct scrip_ref *ref,
                                const struct scrip_sale *sale, struct scrip_answer *answer)
{
    struct agent *agent = agent_of(scrip);
    struct ledger_entry entry;
    struct record_stamp stamp;
    struct request_ids ids;
    uint32_t seq = 0;
    uint16_t number = 0;
    char detail[80] = "";
    enum scrip_status status = agent->service;

    request_ids(sale->sale_id, sale->service_id, sale->transaction_id, &ids);
    if (status == SCRIP_OK && agent->transaction.state != TRANSACTION_IDLE)
        status = SCRIP_REFUSED_BUSY;
    if (status == SCRIP_OK)
        status = find_seq(agent, ref, &seq);
    if (status == SCRIP_OK)
        status = operator_allow(agent, sale, OPERATORS_REVERSE, &number, detail);
    if (status == SCRIP_OK) {
        agent_stamp(agent, number, sale->shift, &stamp);
        status = ledger_reverse(&agent->ledger, seq, &stamp, &entry);
    }
    if (status != SCRIP_OK) {
        answer_status(agent, &ids, status, detail, answer);
        return status;
    }
    status = answer_seq(agent, seq, answer);
    answer_show(agent, answer);
    return status;
}

/* A QR code's alphanumeric mode has no small letters, and a host's name has no case. */
static void put_url(const struct agent *agent, struct buffer *out)
{
    buffer_put_text(out, "HTTPS://");
    for (const char *c = agent->bundle.host; *c != '\0'; c++)
        buffer_put_byte(out, (uint8_t)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c));
    buffer_put_text(out, "/R/");
}

enum scrip_status scrip_receipt(struct scrip *scrip, uint32_t seq, char transport, char *text,
                                size_t cap)
{
    struct agent *agent = agent_of(scrip);
    struct ledger_story story;
    struct buffer out;

    if (agent->service != SCRIP_OK)
        return agent->service;
    if (transport != 'B' && transport != 'D' && transport != 'U')
        return SCRIP_REFUSED_ARGUMENT;
    if (cap == 0)
        return SCRIP_REFUSED_TOO_LONG;
    out = buffer_of(text, cap - 1);
    TRY(ledger_story(&agent->ledger, seq, &story));
    if (story.state == STORY_ASKING || story.state == STORY_REFUSED || story.state == STORY_VOID)
        return SCRIP_REFUSED_STATE;
    if (transport == 'U')
        put_url(agent, &out);
    TRY(receipt_make(&agent->keys, &agent->bundle.identity, &story.redeem,
                     transport == 'U' ? 'D' : transport, &out));
    text[out.len] = '\0';
    return out.overflow ? SCRIP_REFUSED_TOO_LONG : SCRIP_OK;
}
