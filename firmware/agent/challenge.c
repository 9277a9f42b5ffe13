/*
 * A sale that waits for a token of its own. The challenge lives here, in RAM, from the moment it is
 * shown until it is answered, taken back or too old; a restart takes it back too.
 */
#include "redeem/challenge.h"

#include <string.h>

#include "agent/agent.h"
#include "agent/request.h"

_Static_assert((int)SCRIP_CHALLENGE_CHARS > (int)CHALLENGE_CHARS, "a challenge's text and its NUL");

bool challenge_is(const struct agent *agent, const struct request_ids *ids)
{
    const struct sale *shown = &agent->challenge.sale;
    return agent->challenge.open && strcmp(shown->sale_id, ids->sale_id) == 0 &&
           strcmp(shown->service_id, ids->service_id) == 0;
}

void challenge_withdraw(struct agent *agent)
{
    bytes_wipe(&agent->challenge, sizeof agent->challenge);
}

void challenge_poll(struct agent *agent)
{
    struct scrip_answer answer;
    struct request_ids ids;

    if ((!agent->challenge.open && !agent->challenge.answered) ||
        agent_up_ms(agent) - agent->challenge.challenge.shown_up_ms <= AGENT_CHALLENGE_MS)
        return;
    bool answered = agent->challenge.answered;
    request_sale_ids(&agent->challenge.sale, &ids);
    challenge_withdraw(agent);
    if (answered)
        return;
    answer_status(agent, &ids, SCRIP_REFUSED_ABORTED, "", &answer);
    answer_show(agent, &answer);
}

static void say(char detail[80], const char *name, const char *what)
{
    struct buffer out = buffer_of(detail, 79);
    buffer_put_text(&out, name);
    buffer_put_text(&out, what);
    detail[out.len] = '\0';
}

enum scrip_status challenge_bind(struct agent *agent, struct sale *sale, char detail[80])
{
    const struct open_challenge *open = &agent->challenge;
    const char *field;

    memset(sale->txh, 0, sizeof sale->txh);
    challenge_poll(agent);
    if (!open->open && !open->answered)
        return SCRIP_OK;
    field = challenge_difference(&open->sale, sale);
    if (field != NULL && open->answered)
        return SCRIP_OK;
    if (field != NULL) {
        say(detail, field, " is not what the open challenge was shown for");
        return SCRIP_REFUSED_BINDING;
    }
    return bind_txh(&agent->bundle.identity, agent->keys.epoch, open->challenge.nonce, sale,
                    sale->txh);
}

const struct challenge *challenge_for(const struct agent *agent, const struct token *token)
{
    const struct open_challenge *open = &agent->challenge;
    struct token_claims claims;

    if (open->answered && token_claims_read(token->cose.payload, &claims) == SCRIP_OK &&
        claims.has_txh)
        return &open->challenge;
    return open->open ? &open->challenge : NULL;
}

void challenge_answered(struct agent *agent)
{
    agent->challenge.answered |= agent->challenge.open;
    agent->challenge.open = false;
}

enum scrip_status challenge_tell_time(struct agent *agent, const struct token_claims *claims)
{
    return wallclock_set_challenge(&agent->clock, claims->iat_s,
                                   agent->challenge.challenge.shown_up_ms);
}

/* Which part of our name the audience does not have. */
static const char *foreign_part(const struct identity *own, struct bytes audience)
{
    static const char *const parts[] = {"merchant", "store", "terminal"};
    size_t part = 0;

    for (size_t i = 0; i < audience.len && audience.data[i] == (uint8_t)own->text[i]; i++)
        part += audience.data[i] == '.';
    return parts[part < 3 ? part : 2];
}

void challenge_explain(const struct agent *agent, const struct token *token,
                       enum scrip_status status, char detail[80])
{
    const struct challenge *challenge = &agent->challenge.challenge;
    struct token_claims claims;

    if ((status != SCRIP_REFUSED_BINDING && status != SCRIP_REFUSED_AUDIENCE) ||
        token_claims_read(token->cose.payload, &claims) != SCRIP_OK)
        return;
    if (status == SCRIP_REFUSED_AUDIENCE)
        say(detail, foreign_part(&agent->bundle.identity, claims.audience),
            " in the token's audience is not ours");
    else if (!agent->challenge.open)
        say(detail, "txh", " in the token answers a challenge that is not open");
    else if (!claims.has_txh)
        say(detail, "txh", " is missing in the token: a challenge is open");
    else if (memcmp(claims.nonce, challenge->nonce, sizeof claims.nonce) != 0)
        say(detail, "nonce", " in the token is another challenge's");
    else
        say(detail, "txh", " in the token is another sale's");
}

/* The same request again, while it is open, is shown the same challenge. */
static enum scrip_status open_challenge(struct agent *agent, const struct sale *sale,
                                        struct request_ids *ids)
{
    struct open_challenge *open = &agent->challenge;

    if (agent->transaction.state != TRANSACTION_IDLE)
        return SCRIP_REFUSED_BUSY;
    if (open->open)
        return challenge_is(agent, ids) && challenge_difference(&open->sale, sale) == NULL
                   ? SCRIP_OK
                   : SCRIP_REFUSED_BUSY;
    TRY(challenge_make(&agent->bundle.identity, agent->keys.epoch, sale, agent_up_ms(agent),
                       &open->challenge));
    open->sale = *sale;
    open->answered = false;
    open->open = true;
    return SCRIP_OK;
}

enum scrip_status scrip_challenge(struct scrip *scrip, const struct scrip_sale *sale, char *text,
                                  size_t cap, struct scrip_answer *answer)
{
    struct agent *agent = agent_of(scrip);
    struct request_ids ids;
    struct sale read;
    char detail[80] = "";
    struct buffer out = buffer_of(text, cap > 0 ? cap - 1 : 0);
    enum scrip_status status = request_read(agent, sale, &read, detail);

    request_sale_ids(&read, &ids);
    if (agent->service != SCRIP_OK)
        status = agent->service;
    if (status == SCRIP_OK && cap < SCRIP_CHALLENGE_CHARS)
        status = SCRIP_REFUSED_TOO_LONG;
    challenge_poll(agent);
    if (status == SCRIP_OK)
        status = open_challenge(agent, &read, &ids);
    if (status == SCRIP_OK)
        challenge_write(&agent->challenge.challenge, &agent->bundle.identity,
                        &agent->challenge.sale, &out);
    if (cap > 0)
        text[out.len] = '\0';
    answer_status(agent, &ids, status == SCRIP_OK ? SCRIP_AGAIN : status, detail, answer);
    return status;
}
