/*
 * What the till and the cashier read. An answer to a redemption is a pure function of its records,
 * so that it is rendered again, not stored; it never holds the code nor a member.
 */
#include <string.h>

#include "agent/agent.h"
#include "agent/request.h"
#include "base/currency.h"

struct words {
    enum scrip_status status;
    enum hal_tone tone;
    const char *line1, *line2;
};

/* Two lines of at most 20 characters, one table a language. The last entry serves every other
 * status. */
static const struct words english[] = {
    {SCRIP_AGAIN, HAL_TONE_NONE, "Please wait", ""},
    {SCRIP_REFUSED_FOREIGN, HAL_TONE_SHORT_LOW, "Not a reward code", ""},
    {SCRIP_REFUSED_LENGTH, HAL_TONE_SHORT_LOW, "Can't read", "Scan again"},
    {SCRIP_REFUSED_TEXT, HAL_TONE_SHORT_LOW, "Can't read", "Scan again"},
    {SCRIP_REFUSED_LAYOUT, HAL_TONE_SHORT_LOW, "Scanner layout", "Call support"},
    {SCRIP_REFUSED_SHAPE, HAL_TONE_SHORT_LOW, "Not a reward code", ""},
    {SCRIP_REFUSED_KEY, HAL_TONE_TWO_LOW, "Code not valid", "Refresh the code"},
    {SCRIP_REFUSED_SIGNATURE, HAL_TONE_TWO_LOW, "Code not genuine", "Do not accept"},
    {SCRIP_REFUSED_CLAIMS, HAL_TONE_TWO_LOW, "Code not valid", "Refresh the code"},
    {SCRIP_REFUSED_AUDIENCE, HAL_TONE_TWO_LOW, "Not for this store", ""},
    {SCRIP_REFUSED_BINDING, HAL_TONE_TWO_LOW, "Not this bill", "Refresh the code"},
    {SCRIP_REFUSED_NOT_YET, HAL_TONE_TWO_LOW, "Code not valid yet", "Call supervisor"},
    {SCRIP_REFUSED_EXPIRED, HAL_TONE_TWO_LOW, "Code expired", "Refresh the code"},
    {SCRIP_REFUSED_CLOCK, HAL_TONE_THREE_LOW, "Clock not set", "Call supervisor"},
    {SCRIP_REFUSED_KEYS_STALE, HAL_TONE_THREE_LOW, "Keys out of date", "Call supervisor"},
    {SCRIP_REFUSED_STATUS, HAL_TONE_THREE_LOW, "Can't check coupon", "Needs the network"},
    {SCRIP_REFUSED_REVOKED, HAL_TONE_TWO_LOW, "Coupon not valid", "Do not retry"},
    {SCRIP_REFUSED_SCOPE, HAL_TONE_TWO_LOW, "Not for redeeming", ""},
    {SCRIP_REFUSED_CURRENCY, HAL_TONE_TWO_LOW, "Wrong currency", ""},
    {SCRIP_REFUSED_AMOUNT, HAL_TONE_TWO_LOW, "Amount too high", "Check the amount"},
    {SCRIP_REFUSED_TRAINING, HAL_TONE_TWO_LOW, "Training mismatch", "Check the mode"},
    {SCRIP_REFUSED_ONLINE_ONLY, HAL_TONE_THREE_LOW, "Needs the network", "Call supervisor"},
    {SCRIP_REFUSED_LIMIT_VALUE, HAL_TONE_THREE_LOW, "Offline limit", "Call supervisor"},
    {SCRIP_REFUSED_LIMIT_COUNT, HAL_TONE_THREE_LOW, "Offline limit", "Call supervisor"},
    {SCRIP_REFUSED_LIMIT_SUM, HAL_TONE_THREE_LOW, "Offline limit", "Call supervisor"},
    {SCRIP_REFUSED_LIMIT_TIME, HAL_TONE_THREE_LOW, "Offline too long", "Call supervisor"},
    {SCRIP_REFUSED_LIMIT_MEMBER, HAL_TONE_THREE_LOW, "Daily limit", "Call supervisor"},
    {SCRIP_REFUSED_NO_POLICY, HAL_TONE_THREE_LOW, "Not set up", "Call support"},
    {SCRIP_REFUSED_USED, HAL_TONE_TWO_LOW, "Already used", "Do not retry"},
    {SCRIP_REFUSED_FULL, HAL_TONE_THREE_LOW, "Queue full", "Call supervisor"},
    {SCRIP_REFUSED_HOST, HAL_TONE_TWO_LOW, "Refused by host", "Do not retry"},
    {SCRIP_REFUSED_VOID, HAL_TONE_TWO_LOW, "Request undone", "Nothing redeemed"},
    {SCRIP_REFUSED_BUSY, HAL_TONE_SHORT_LOW, "Busy", "Try again"},
    {SCRIP_REFUSED_ABORTED, HAL_TONE_NONE, "Cancelled", ""},
    {SCRIP_REFUSED_SUSPENDED, HAL_TONE_THREE_LOW, "Terminal suspended", "Call support"},
    {SCRIP_REFUSED_OPERATOR, HAL_TONE_THREE_LOW, "Not allowed", "Call supervisor"},
    {SCRIP_REFUSED_NOT_ENROLLED, HAL_TONE_THREE_LOW, "Not set up", "Call support"},
    {SCRIP_REFUSED_ARGUMENT, HAL_TONE_SHORT_LOW, "Till error", "Call support"},
    {SCRIP_OK, HAL_TONE_THREE_LOW, "Out of order", "Call support"},
};

static void put_words(struct scrip_answer *answer, enum scrip_status status)
{
    size_t i = 0;
    while (english[i].status != status && english[i].status != SCRIP_OK)
        i++;
    memcpy(answer->line1, english[i].line1, strlen(english[i].line1) + 1);
    memcpy(answer->line2, english[i].line2, strlen(english[i].line2) + 1);
    answer->tone = english[i].tone;
}

static void put_value(struct scrip_answer *answer, const char *line2, enum hal_tone tone)
{
    const struct currency *currency = currency_of_number(answer->currency);
    struct buffer line = buffer_of(answer->line1, sizeof answer->line1 - 1);

    if (currency != NULL) {
        buffer_put_text(&line, currency->letters);
        buffer_put_text(&line, " ");
        currency_put_amount(currency, answer->amount_minor, &line);
    } else {
        buffer_put_decimal(&line, answer->amount_minor);
    }
    buffer_put_text(&line, " OFF");
    answer->line1[line.len] = '\0';
    memcpy(answer->line2, line2, strlen(line2) + 1);
    answer->tone = tone;
}

/* Nothing is taken off: points are the host's. */
static void put_award(struct scrip_answer *answer, const char *line2)
{
    memcpy(answer->line1, "Points will follow", 19);
    memcpy(answer->line2, line2, strlen(line2) + 1);
    answer->tone = HAL_TONE_LONG_SHORT;
}

static void put_text(char *out, size_t size, struct bytes text)
{
    size_t len = text.len < size ? text.len : size - 1;
    if (len != 0)
        memcpy(out, text.data, len);
    out[len] = '\0';
}

static void put_reference(const struct agent *agent, struct scrip_answer *answer)
{
    struct buffer out = buffer_of(answer->reference, sizeof answer->reference - 1);
    buffer_put_text(&out, agent->bundle.identity.text);
    buffer_put_byte(&out, '-');
    buffer_put_decimal(&out, answer->epoch);
    buffer_put_byte(&out, '-');
    buffer_put_decimal(&out, answer->seq);
    answer->reference[out.len] = '\0';
}

static void put_state(struct agent *agent, struct scrip_answer *answer)
{
    answer->state = state_bits(agent);
    if (agent->service == SCRIP_OK)
        answer->depth = agent->ledger.head_seq - agent->ledger.acked_seq;
}

/* Past the key set's exp the cashier reads with every sale why nothing else goes. */
static const char *keys_warning(const struct scrip_answer *answer, const char *line2)
{
    return (answer->state & SCRIP_STATE_KEYS_STALE) != 0 ? "Keys out of date" : line2;
}

static enum scrip_status status_of(const struct ledger_story *story)
{
    switch (story->state) {
    case STORY_ASKING:
        return SCRIP_AGAIN;
    case STORY_REFUSED:
        return story->code == RECORD_CODE_ALREADY_REDEEMED ? SCRIP_REFUSED_USED
                                                           : SCRIP_REFUSED_HOST;
    case STORY_VOID:
        return SCRIP_REFUSED_VOID;
    case STORY_APPROVED:
    case STORY_REVERSED:
    case STORY_LATE_REFUSED:
        break;
    }
    return SCRIP_OK;
}

void answer_story(struct agent *agent, const struct ledger_story *story,
                  struct scrip_answer *answer)
{
    const struct record *redeem = &story->redeem;

    memset(answer, 0, sizeof *answer);
    answer->status = status_of(story);
    answer->online = story->result == RECORD_ACCEPTED || story->result == RECORD_REFUSED;
    answer->reversed = story->state == STORY_REVERSED;
    answer->late_refused = story->state == STORY_LATE_REFUSED;
    answer->seq = redeem->seq;
    answer->epoch = redeem->epoch;
    answer->amount_minor = answer->status == SCRIP_OK ? redeem->amount_minor : 0;
    answer->currency = redeem->currency;
    answer->time_s = redeem->stamp.t_s;
    put_text(answer->sale_id, sizeof answer->sale_id, redeem->sale_id);
    put_text(answer->service_id, sizeof answer->service_id, redeem->service_id);
    put_text(answer->transaction_id, sizeof answer->transaction_id, redeem->transaction_id);
    put_reference(agent, answer);
    answer->award = redeem->type == RECORD_AWARD;
    answer->sealed = redeem->member.len != 0;
    put_state(agent, answer);

    if (answer->status != SCRIP_OK)
        put_words(answer, answer->status);
    else if (answer->award)
        put_award(answer, keys_warning(answer, "Will sync"));
    else if (answer->online)
        put_value(answer, "Applied", HAL_TONE_HIGH);
    else
        put_value(answer, "Will sync", HAL_TONE_LONG_SHORT);
    if (answer->reversed) {
        put_text(answer->line2, sizeof answer->line2, bytes_text("Reversed"));
        answer->tone = HAL_TONE_NONE;
    } else if (answer->late_refused) {
        put_text(answer->line2, sizeof answer->line2, bytes_text("Refused since"));
        put_text(answer->detail, sizeof answer->detail,
                 bytes_text(record_code_name((enum record_code)story->code)));
    }
}

enum scrip_status answer_seq(struct agent *agent, uint32_t seq, struct scrip_answer *answer)
{
    struct ledger_story story;
    enum scrip_status status = ledger_story(&agent->ledger, seq, &story);
    if (status != SCRIP_OK) {
        answer_status(agent, NULL, status, "", answer);
        return status;
    }
    answer_story(agent, &story, answer);
    return answer->status;
}

void answer_status(struct agent *agent, const struct request_ids *ids, enum scrip_status status,
                   const char *detail, struct scrip_answer *answer)
{
    memset(answer, 0, sizeof *answer);
    answer->status = status;
    if (ids != NULL) {
        put_text(answer->sale_id, sizeof answer->sale_id, bytes_text(ids->sale_id));
        put_text(answer->service_id, sizeof answer->service_id, bytes_text(ids->service_id));
        put_text(answer->transaction_id, sizeof answer->transaction_id,
                 bytes_text(ids->transaction_id));
    }
    put_text(answer->detail, sizeof answer->detail, bytes_text(detail));
    put_words(answer, status);
    put_state(agent, answer);
}

void answer_refusal(struct agent *agent, const struct refusal *refusal, struct scrip_answer *answer)
{
    answer_status(agent, &refusal->ids, refusal->status, refusal->detail, answer);
    answer->amount_minor = refusal->amount_minor;
    answer->currency = refusal->currency;
    /* In training; a redemption is never worth nothing. */
    answer->award = refusal->status == SCRIP_OK && refusal->amount_minor == 0;
    if (answer->award)
        put_award(answer, "Training");
    else if (refusal->status == SCRIP_OK)
        put_value(answer, "Training", HAL_TONE_HIGH);
}

void answer_member(struct agent *agent, bool sealed, uint32_t tier, struct scrip_answer *answer)
{
    struct buffer line = buffer_of(answer->line2, sizeof answer->line2 - 1);

    answer_status(agent, NULL, SCRIP_OK, "", answer);
    answer->sealed = sealed;
    answer->tier = tier;
    answer->tone = HAL_TONE_HIGH;
    memcpy(answer->line1, "Member", 7);
    buffer_put_text(&line, keys_warning(answer, sealed ? "Number accepted" : "Tier "));
    if (!sealed && (answer->state & SCRIP_STATE_KEYS_STALE) == 0)
        buffer_put_decimal(&line, tier);
    answer->line2[line.len] = '\0';
}

bool answer_again(struct agent *agent, const struct request_ids *ids,
                  const uint8_t digest[SALE_DIGEST_BYTES], struct scrip_answer *answer)
{
    struct ledger_story story;
    const struct refusal *kept;
    uint32_t seq;
    enum scrip_status status = ledger_recent(&agent->ledger, bytes_text(ids->sale_id),
                                             bytes_text(ids->service_id), &seq);

    if (status == SCRIP_OK) {
        status = ledger_story(&agent->ledger, seq, &story);
        if (status != SCRIP_OK)
            answer_status(agent, ids, status, "", answer);
        else if (memcmp(story.redeem.digest, digest, SALE_DIGEST_BYTES) != 0)
            answer_status(agent, ids, SCRIP_REFUSED_DUPLICATE, "", answer);
        else
            answer_story(agent, &story, answer);
        return true;
    }
    if (status != SCRIP_REFUSED_NOT_FOUND) {
        answer_status(agent, ids, status, "", answer);
        return true;
    }
    kept = refusal_find(agent, ids);
    if (kept == NULL || scrip_is_fault(kept->status))
        return false;
    if (memcmp(kept->digest, digest, SALE_DIGEST_BYTES) != 0)
        answer_status(agent, ids, SCRIP_REFUSED_DUPLICATE, "", answer);
    else
        answer_refusal(agent, kept, answer);
    return true;
}

void answer_show(struct agent *agent, const struct scrip_answer *answer)
{
    const struct hal_display *display = agent->hal->display;
    if (display != NULL &&
        display->show(display->context, answer->line1, answer->line2, answer->tone) != SCRIP_OK)
        agent_log(agent, HAL_LOG_WARNING, "display", SCRIP_FAULT_DEVICE);
}

/* "ONLINE   3 unsent", or what the keys still allow, redrawn only when it changes. */
void answer_banner(struct agent *agent)
{
    const struct hal_display *display = agent->hal->display;
    char text[HAL_DISPLAY_COLUMNS + 1];
    struct buffer out = buffer_of(text, sizeof text - 1);
    uint32_t depth = agent->ledger.head_seq - agent->ledger.acked_seq;
    enum state_keys keys = state_keys(agent);
    uint32_t shown = depth << 3 | (uint32_t)keys << 1 | (agent->online ? 1u : 0u);

    if (display == NULL || display->banner == NULL || shown == agent->banner_shown)
        return;
    if (keys == STATE_KEYS_GOOD)
        buffer_put_text(&out, agent->online ? "ONLINE  " : "OFFLINE ");
    else
        buffer_put_text(&out, keys == STATE_KEYS_AWARD ? "EARN ONLY " : "NO KEYS ");
    buffer_put_decimal(&out, depth);
    buffer_put_text(&out, " unsent");
    text[out.len] = '\0';
    if (display->banner(display->context, text) == SCRIP_OK)
        agent->banner_shown = shown;
}
