/*
 * agent: what struct scrip hides: every part of a running terminal, and the one open transaction.
 *
 * Private to firmware/agent. The files of this room share it, each standing on those behind it:
 * scrip.c (open, poll, enrolment), belief.c (the signed objects), inquiry.c (questions about
 * earlier sales), transaction.c (a sale from code to answer), award.c (a sale that is noted for a
 * member), member.c (raw identifiers), challenge.c (a sale that waits for a token of its own),
 * events.c (what happened unasked), answer.c (what the till and the cashier read), refusal.c,
 * state.c (the bits and the page), operator.c (what only some may do),
 * agent.c.
 */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include "base/bundle.h"
#include "base/wallclock.h"
#include "redeem/challenge.h"
#include "redeem/ledger.h"
#include "redeem/member.h"
#include "redeem/operators.h"
#include "redeem/receipt.h"
#include "redeem/status_list.h"
#include "scrip.h"
#include "store/blob.h"
#include "sync/session.h"
#include "sync/session_state.h"

enum {
    AGENT_REFUSALS = SCRIP_REFUSALS, /* answers without a record that are remembered, in RAM */
    AGENT_EVENTS = SCRIP_EVENTS,
    AGENT_SCAN_WAIT_MS = 60000,  /* how long the scanner is waited for */
    AGENT_CHALLENGE_MS = 120000, /* how long a challenge is open: the clock that it sets is FAIR */
    AGENT_IDLE_MS = 2000,        /* without a transaction for so long, a handshake may start */
    AGENT_MEND_MS = 1000         /* between attempts to settle a faulted append */
};

/* The ids under which a till asks again. */
struct request_ids {
    char sale_id[LIMIT_SALE_ID + 1];
    char service_id[LIMIT_SERVICE_ID + 1];
    char transaction_id[LIMIT_TRANSACTION_ID + 1];
};

/* An answer without a record: refused, aborted, or given in training. */
struct refusal {
    struct request_ids ids; /* sale_id empty: free */
    uint8_t digest[SALE_DIGEST_BYTES];
    enum scrip_status status;
    uint32_t amount_minor; /* training: what it would have been worth */
    uint16_t currency;
    char detail[80];
};

enum transaction_state {
    TRANSACTION_IDLE,
    TRANSACTION_SCAN, /* waits for the terminal's scanner; nothing is durable */
    TRANSACTION_HOST, /* the ask `seq` is durable and with the host */
    TRANSACTION_MEND  /* an append faulted: what is durable is being found out */
};

struct transaction {
    enum transaction_state state;
    struct sale sale;
    uint32_t seq;            /* TRANSACTION_HOST: the ask */
    bool fallback;           /* TRANSACTION_HOST: may become offline */
    uint64_t deadline_ms;    /* uptime */
    enum scrip_status fault; /* TRANSACTION_MEND: what happened */
    char detail[80];
};

/* While it is open (shown, and neither answered nor withdrawn), only a token bound to it redeems.
 */
struct open_challenge {
    bool open;
    bool answered; /* not open any more: kept for a till that sends the same sale again */
    struct challenge challenge;
    struct sale sale; /* as it was shown for */
};

struct queued_event {
    enum scrip_event_kind kind;
    uint32_t seq;             /* 0: none */
    enum scrip_status status; /* an alarm's cause */
    struct request_ids ids;   /* FINISHED without a record */
};

struct agent {
    const struct hal *hal;
    struct scrip_config config;
    enum scrip_status service; /* OK, or why this terminal only answers status and enrolment */

    struct keys keys;
    struct blob_store blobs;
    struct journal journal;
    struct ledger ledger;
    struct wallclock clock;
    struct sync sync; /* zeroed, and so idle for ever, on a board without a network */
    struct sync_parts parts;

    struct bundle bundle;      /* its views are empty but while load_identity()'s caller works */
    struct object_roots roots; /* those of the pinned ones that the key set leaves in office */
    struct keyset keyset;      /* count 0: none */
    struct keyset_tables keyset_tables;
    struct policy policy;    /* seq 0: none */
    struct status_list list; /* seq 0: none; its bits are in flash */
    struct operators operators;
    bool has_operators;      /* there is an object, believed or not: without one anybody may */
    enum scrip_status doubt; /* the accident that kept one of them from being read; OK: none did */

    struct open_challenge challenge;
    struct member_day member_day; /* in RAM only, as is all that is derived from it */
    struct transaction transaction;
    uint64_t busy_up_ms; /* the last moment a transaction was open */
    uint64_t mend_up_ms; /* no attempt before, to open a ledger that a fault closed */
    bool training;       /* of the last request: for the state bits */

    struct refusal refusals[AGENT_REFUSALS];
    uint8_t refusal_next;
    struct queued_event events[AGENT_EVENTS];
    uint8_t event_first, event_count;
    bool online; /* as last announced */
    bool fork_announced;
    uint32_t told_seq;     /* late verdicts up to here were announced */
    uint32_t damaged;      /* entries that did not authenticate at the last mount */
    uint32_t banner_shown; /* depth, keys and line as last drawn; UINT32_MAX: nothing yet */
};

/* The private view; SCRIP_BYTES is asserted in scrip.c. */
static inline struct agent *agent_of(struct scrip *scrip)
{
    return (struct agent *)(void *)scrip->opaque.bytes;
}

static inline uint64_t agent_up_ms(const struct agent *agent)
{
    return agent->hal->rtc->uptime_ms(agent->hal->rtc->context);
}

/* agent.c: the stamp of a record appended now. operator_number and shift are the sale's, or 0. */
void agent_stamp(const struct agent *agent, uint16_t operator_number, uint16_t shift,
                 struct record_stamp *stamp);

void agent_log(const struct agent *agent, enum hal_log_level level, const char *what,
               enum scrip_status status);

/* Starts the clock from the RTC and what ledger, key set and policy say of it. */
void agent_open_clock(struct agent *agent);

/* belief.c: from the blobs, each object verified where it lies. One that is not believed leaves its
 * part of the agent empty, and the path refuses by that; sync brings new ones. */
void belief_load(struct agent *agent);
/* Reads again what an accident has kept from being read. FAULT_*: it is so still, and what is
 * missing must not be taken for a refusal. */
MUST_CHECK enum scrip_status belief_settle(struct agent *agent);
/* The same once sync has stored another. */
void belief_follow(struct agent *agent);
/* Tells sync what is in use. */
void belief_tell(struct agent *agent);
/* Once the ledger is open: leaves to the status list what it refuses. */
void belief_prune(struct agent *agent);
/* What the status list says of a coupon. FAULT_*: the store's. */
MUST_CHECK enum scrip_status belief_coupon(const struct agent *agent,
                                           const struct token_claims *claims,
                                           const struct wallclock_time *now,
                                           enum policy_coupon *coupon);
/* Whether a new object would be believed and usable here: one that is not must not replace one that
 * is. */
sync_verify belief_verify;

/* Who a sale is for: a code, or a raw identifier, which the caller wipes. */
struct claimant {
    enum scrip_member_kind kind;
    struct bytes text; /* data NULL: a code, which the scanner is asked for */
};

/* transaction.c: a till's request, from its fields to its answer. */
MUST_CHECK enum scrip_status transaction_begin(struct agent *agent, const struct claimant *who,
                                               bool award, const struct scrip_sale *sale,
                                               struct scrip_answer *answer);

/* award.c: the path of a transaction whose sale is to be noted. As transaction.c's run(): OK:
 * *entry is durable, seq 0 in training. FAULT_* with *appending: the record may be durable. */
MUST_CHECK enum scrip_status award_run(struct agent *agent, const struct claimant *who,
                                       struct ledger_entry *entry, bool *appending);

/* member.c: seals an identifier for the sale as *context says, which it fills. REFUSED_KEY: the key
 * set has no vault. FAULT_*. */
MUST_CHECK enum scrip_status member_seal_for(struct agent *agent, const struct sale *sale,
                                             uint32_t t_s, const struct member_id *id,
                                             struct member_context *context, struct buffer *out);

/* operator.c: whether who stands at the till may do that. OK: *number is what the record carries.
 * REFUSED_OPERATOR: detail says why. FAULT_*: accidents. */
MUST_CHECK enum scrip_status operator_allow(struct agent *agent, const struct scrip_sale *sale,
                                            enum operators_role role, uint16_t *number,
                                            char detail[80]);

/* transaction.c: advances the open transaction by one step. */
void transaction_poll(struct agent *agent);
/* Undoes it, where nothing is approved yet. OK; REFUSED_NOT_FOUND: another one is open, or none. */
MUST_CHECK enum scrip_status transaction_abort(struct agent *agent, const struct request_ids *ids);
bool transaction_is(const struct agent *agent, const struct request_ids *ids);

/* challenge.c. Ends it where it has been open for too long. */
void challenge_poll(struct agent *agent);
void challenge_withdraw(struct agent *agent);
/* It was opened by this request. */
bool challenge_is(const struct agent *agent, const struct request_ids *ids);
/* Puts the challenge's hash into the sale that it was shown for. REFUSED_BINDING: the open one was
 * shown for another sale, and detail names the field. */
MUST_CHECK enum scrip_status challenge_bind(struct agent *agent, struct sale *sale,
                                            char detail[80]);
/* What this token must be bound to, NULL: nothing. An answered challenge is there only for a token
 * that claims to answer it. */
const struct challenge *challenge_for(const struct agent *agent, const struct token *token);
/* It has its token: no other is asked for. */
void challenge_answered(struct agent *agent);
/* The clock learns from a token that answers the challenge, where it knew nothing. REFUSED_CLOCK:
 * issued before what is known to be past. */
MUST_CHECK enum scrip_status challenge_tell_time(struct agent *agent,
                                                 const struct token_claims *claims);
/* Names the claim for which a token was refused as not bound, or not for here. */
void challenge_explain(const struct agent *agent, const struct token *token,
                       enum scrip_status status, char detail[80]);

/* answer.c: the answer to a till, from records or from a refusal. They fill every field. */
/* The same request again: true with its first answer, from records or from memory. A request that
 * ended in an accident is not answered from memory: it may be tried again. */
bool answer_again(struct agent *agent, const struct request_ids *ids,
                  const uint8_t digest[SALE_DIGEST_BYTES], struct scrip_answer *answer);
/* Who was identified: nothing is shown of a raw identifier. */
void answer_member(struct agent *agent, bool sealed, uint32_t tier, struct scrip_answer *answer);
void answer_story(struct agent *agent, const struct ledger_story *story,
                  struct scrip_answer *answer);
void answer_refusal(struct agent *agent, const struct refusal *refusal,
                    struct scrip_answer *answer);
void answer_status(struct agent *agent, const struct request_ids *ids, enum scrip_status status,
                   const char *detail, struct scrip_answer *answer);
/* From the ledger: the seq's whole story. REFUSED_NOT_FOUND. */
MUST_CHECK enum scrip_status answer_seq(struct agent *agent, uint32_t seq,
                                        struct scrip_answer *answer);
/* Shows an answer's two lines and tone, and the banner. */
void answer_show(struct agent *agent, const struct scrip_answer *answer);
void answer_banner(struct agent *agent);

/* refusal.c: answers that were given without a record. */
const struct refusal *refusal_find(const struct agent *agent, const struct request_ids *ids);
const struct refusal *refusal_keep(struct agent *agent, const struct sale *sale,
                                   enum scrip_status status, uint32_t amount_minor,
                                   const char *detail);

/* events.c */
void event_put(struct agent *agent, enum scrip_event_kind kind, uint32_t seq,
               enum scrip_status status, const struct request_ids *ids);
/* Looks for what changed by itself: the line, late verdicts, a fork. */
void event_watch(struct agent *agent);

/* state.c */
uint32_t state_bits(struct agent *agent);
/* What the key set still allows. */
enum state_keys { STATE_KEYS_GOOD, STATE_KEYS_AWARD /* and identify */, STATE_KEYS_NONE };
enum state_keys state_keys(const struct agent *agent);

#endif
