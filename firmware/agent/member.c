/*
 * Raw identifiers, on their way through. Nothing of one is kept, logged or shown: what comes back
 * to the caller is sealed, and the copy that was sealed is wiped.
 */
#include "redeem/member.h"

#include <string.h>

#include "agent/agent.h"
#include "agent/request.h"

_Static_assert((int)SCRIP_MEMBER_SEALED_BYTES == (int)MEMBER_SEALED_BYTES, "the longest seal");
_Static_assert((int)SCRIP_MEMBER_TAG_BYTES == (int)MEMBER_TAG_BYTES, "a tag");
_Static_assert((int)SCRIP_MEMBER_TXH_BYTES == (int)TOKEN_ID_BYTES, "a hash");
_Static_assert((int)SCRIP_MEMBER_NUMBER == (int)MEMBER_NUMBER &&
                   (int)SCRIP_MEMBER_EMAIL == (int)MEMBER_EMAIL &&
                   (int)SCRIP_MEMBER_PHONE == (int)MEMBER_PHONE &&
                   (int)SCRIP_MEMBER_GTIN == (int)MEMBER_GTIN &&
                   (int)SCRIP_MEMBER_CODE == (int)MEMBER_PSEUDONYM,
               "the kinds are the same");

/* The newest vault key whose time has come. */
static const struct keyset_key *find_vault(const struct keyset *keys, uint32_t t_s)
{
    const struct keyset_key *found = NULL;
    for (size_t i = 0; i < keys->count; i++) {
        const struct keyset_key *key = &keys->key[i];
        if ((key->uses & KEYSET_VAULT) != 0 && key->nbf_s <= t_s && t_s <= key->sign_until_s &&
            (found == NULL || key->nbf_s > found->nbf_s))
            found = key;
    }
    return found;
}

enum scrip_status member_seal_for(struct agent *agent, const struct sale *sale, uint32_t t_s,
                                  const struct member_id *id, struct member_context *context,
                                  struct buffer *out)
{
    const struct keyset_key *vault = find_vault(&agent->keyset, t_s);

    if (vault == NULL)
        return SCRIP_REFUSED_KEY;
    *context = (struct member_context){
        .terminal = &agent->bundle.identity, .epoch = agent->keys.epoch, .t_s = t_s};
    TRY(bind_txh(context->terminal, context->epoch, NULL, sale, context->txh));
    return member_seal(vault->point, context, id, out);
}

static enum scrip_status seal(struct agent *agent, const struct sale *sale,
                              const struct member_id *id, struct scrip_member *out)
{
    struct member_context context;
    struct buffer sealed = buffer_of(out->sealed, sizeof out->sealed);
    struct wallclock_time now;

    TRY(belief_settle(agent));
    wallclock_read(&agent->clock, &now);
    TRY(member_seal_for(agent, sale, now.t_s, id, &context, &sealed));
    TRY(member_tag(&agent->member_day, now.t_s, context.terminal->text, id, out->tag));
    out->sealed_len = sealed.len;
    out->epoch = context.epoch;
    out->time_s = context.t_s;
    memcpy(out->txh, context.txh, sizeof out->txh);
    return SCRIP_OK;
}

enum scrip_status scrip_member(struct scrip *scrip, enum scrip_member_kind kind, const char *text,
                               size_t text_len, const struct scrip_sale *sale,
                               struct scrip_member *out, char detail[80])
{
    struct agent *agent = agent_of(scrip);
    struct member_id id;
    struct sale read;
    enum scrip_status status = agent->service;

    memset(out, 0, sizeof *out);
    detail[0] = '\0';
    if (status == SCRIP_OK)
        status = request_read(agent, sale, &read, detail);
    if (status == SCRIP_OK)
        status = member_normalise((enum member_kind)kind, bytes_of(text, text_len), &id);
    if (status != SCRIP_OK)
        return status;
    status = seal(agent, &read, &id, out);
    member_wipe(&id);
    if (status != SCRIP_OK)
        bytes_wipe(out, sizeof *out);
    return status;
}
