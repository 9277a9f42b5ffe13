/*
 * What this terminal believes: the signed objects of the back office. They are verified and read
 * where they lie, in flash, after every start and whenever sync brings a new one (A3).
 */
#include <string.h>

#include "agent/agent.h"
#include "sync/objects.h"

/* REFUSED_NOT_FOUND: there is none. */
static enum scrip_status verify_stored(const struct agent *agent, enum object_kind kind,
                                       const struct object_roots *roots, struct object *object)
{
    struct span stored = blob_span(&agent->blobs, objects_blob(kind));

    return stored.len != 0 ? object_verify(stored, kind, roots, object) : SCRIP_REFUSED_NOT_FOUND;
}

static enum scrip_status load_keys(struct agent *agent)
{
    const struct object_roots *pinned = &agent->bundle.object_roots;
    struct object object;
    enum scrip_status status = verify_stored(agent, OBJECT_KEYS, pinned, &object);

    agent->roots.count = 0;
    if (status == SCRIP_OK)
        status = keyset_read(&object, &agent->keyset);
    if (status == SCRIP_OK) {
        status = keyset_roots(&agent->keyset, pinned, &agent->roots);
        if (status != SCRIP_OK)
            memset(&agent->keyset, 0, sizeof agent->keyset);
    }
    /* Without a key set nobody has removed anybody. */
    if (agent->roots.count == 0)
        agent->roots = *pinned;
    TRY(status);
    TRY(keyset_prepare(&agent->keyset, &agent->keyset_tables));
    wallclock_raise_floor(&agent->clock, agent->keyset.iat_s);
    return SCRIP_OK;
}

static enum scrip_status load_policy(struct agent *agent)
{
    struct object object;

    /* One that a removed root has signed is no longer believed. */
    agent->policy.seq = 0;
    TRY(verify_stored(agent, OBJECT_POLICY, &agent->roots, &object));
    return policy_read(&object, &agent->policy);
}

static enum scrip_status load_list(struct agent *agent)
{
    return status_list_read(blob_span(&agent->blobs, BLOB_LIST), &agent->keyset, &agent->list);
}

static enum scrip_status load_operators(struct agent *agent)
{
    struct object object;

    TRY(verify_stored(agent, OBJECT_OPERATORS, &agent->roots, &object));
    return operators_read(&object, &agent->operators);
}

static bool holds(const struct agent *agent, enum object_kind kind)
{
    return blob_span(&agent->blobs, objects_blob(kind)).len != 0;
}

/* Damage is an answer too: that object is not believed. */
static void note(struct agent *agent, const char *what, enum scrip_status status)
{
    if (status != SCRIP_OK)
        agent_log(agent, HAL_LOG_ERROR, what, status);
    if (scrip_is_fault(status) && status != SCRIP_FAULT_CORRUPT)
        agent->doubt = status;
}

void belief_load(struct agent *agent)
{
    agent->doubt = SCRIP_OK;
    note(agent, "key set", load_keys(agent));
    note(agent, "policy", load_policy(agent));
    memset(&agent->operators, 0, sizeof agent->operators);
    agent->has_operators = holds(agent, OBJECT_OPERATORS);
    if (agent->has_operators)
        note(agent, "operators", load_operators(agent));
    memset(&agent->list, 0, sizeof agent->list);
    if (holds(agent, OBJECT_LIST))
        note(agent, "status list", load_list(agent));
}

static bool is_listed(void *context, const struct token_claims *claims)
{
    const struct status_list *list = context;
    bool revoked;

    return list->list == claims->status_list &&
           status_list_look(list, claims->status_index, &revoked) == SCRIP_OK && revoked;
}

void belief_prune(struct agent *agent)
{
    if (agent->list.seq != 0)
        ledger_leave_to_list(&agent->ledger, agent->list.seq, is_listed, &agent->list);
}

enum scrip_status belief_coupon(const struct agent *agent, const struct token_claims *claims,
                                const struct wallclock_time *now, enum policy_coupon *coupon)
{
    const struct status_list *list = &agent->list;
    bool named = list->seq != 0 && list->list == claims->status_list, revoked = false;

    *coupon = POLICY_COUPON_UNKNOWN;
    if (named)
        TRY(status_list_look(list, claims->status_index, &revoked));
    if (revoked)
        *coupon = POLICY_COUPON_REVOKED;
    else if (agent->ledger.listed_seq > (named ? list->seq : 0))
        *coupon = POLICY_COUPON_LOST;
    else if (named && now->quality != WALLCLOCK_BAD && now->t_s < list->exp_s)
        *coupon = POLICY_COUPON_STANDS;
    return SCRIP_OK;
}

enum scrip_status belief_settle(struct agent *agent)
{
    if (agent->doubt == SCRIP_OK)
        return SCRIP_OK;
    belief_load(agent);
    TRY(agent->doubt);
    /* The policy bounds what an RTC is believed, and without one it was not. */
    if (agent->clock.source == WALLCLOCK_NONE)
        agent_open_clock(agent);
    return SCRIP_OK;
}

static void tell(struct agent *agent, enum object_kind kind, uint32_t seq)
{
    /* The number counts on where the object itself is no longer believed. */
    if (seq > agent->parts.have[kind])
        agent->parts.have[kind] = seq;
}

void belief_tell(struct agent *agent)
{
    agent->parts.have[OBJECT_KEYS] = agent->keyset.seq;
    tell(agent, OBJECT_POLICY, agent->policy.seq);
    tell(agent, OBJECT_OPERATORS, agent->operators.seq);
    tell(agent, OBJECT_LIST, agent->list.seq);
}

void belief_follow(struct agent *agent)
{
    struct sync_state state;

    sync_read_state(&agent->sync, &state);
    if (!state.objects_changed)
        return;
    belief_load(agent);
    belief_tell(agent);
    belief_prune(agent);
    sync_objects_taken(&agent->sync);
}

static enum scrip_status verify_keys(const struct agent *agent, struct span data,
                                     struct object *out)
{
    struct keyset keyset;
    struct object_roots roots;

    TRY(object_verify(data, OBJECT_KEYS, &agent->roots, out));
    TRY(keyset_read(out, &keyset));
    return keyset_roots(&keyset, &agent->bundle.object_roots, &roots);
}

static enum scrip_status verify_policy(const struct agent *agent, struct span data,
                                       struct object *out)
{
    struct policy policy;

    TRY(object_verify(data, OBJECT_POLICY, &agent->roots, out));
    return policy_read(out, &policy);
}

static enum scrip_status verify_operators(const struct agent *agent, struct span data,
                                          struct object *out)
{
    struct operators operators;

    TRY(object_verify(data, OBJECT_OPERATORS, &agent->roots, out));
    return operators_read(out, &operators);
}

/* By an issuer, whose key is in the key set that is in use. */
static enum scrip_status verify_list(const struct agent *agent, struct span data,
                                     struct object *out)
{
    struct status_list list;

    TRY(status_list_read(data, &agent->keyset, &list));
    *out = (struct object){
        .kind = OBJECT_LIST, .iat_s = list.iat_s, .exp_s = list.exp_s, .seq = list.seq};
    return SCRIP_OK;
}

enum scrip_status belief_verify(void *context, enum object_kind kind, struct span data,
                                struct object *out)
{
    const struct agent *agent = context;

    switch (kind) {
    case OBJECT_KEYS:
        return verify_keys(agent, data, out);
    case OBJECT_POLICY:
        return verify_policy(agent, data, out);
    case OBJECT_LIST:
        return verify_list(agent, data, out);
    case OBJECT_OPERATORS:
        return verify_operators(agent, data, out);
    case OBJECT_KINDS:
        break;
    }
    return SCRIP_REFUSED_UNSUPPORTED;
}
