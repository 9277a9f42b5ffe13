/*
 * What goes out as an EventNotification: what the agent tells unasked, and the answer to what is no
 * request.
 */
#include "till/nexo.h"

#include <string.h>

enum { REJECT_CHARS = 240, DETAILS_CHARS = 480 };

void nexo_put_pair(struct buffer *out, const char *name, const char *value)
{
    if (value[0] == '\0')
        return;
    if (out->len > 0)
        buffer_put_byte(out, '&');
    buffer_put_text(out, name);
    buffer_put_byte(out, '=');
    buffer_put_text(out, value);
}

void nexo_tell(const struct till *till, struct json_out *out, const struct nexo_header *header,
               const char *event, const char *details)
{
    struct scrip_status_page page;

    scrip_read_state(till->scrip, &page);
    nexo_put_event(out, header, event, page.time_s, details);
}

void nexo_reject(const struct till *till, const struct nexo_header *header,
                 const struct nexo_problem *problem, struct json_out *out)
{
    char details[REJECT_CHARS];
    struct buffer text = buffer_of(details, sizeof details - 1);

    nexo_put_pair(&text, "ErrorCondition", nexo_condition(problem->status));
    nexo_put_pair(&text, "code", scrip_status_name(problem->status));
    nexo_put_pair(&text, "field", problem->field);
    nexo_put_pair(&text, "message", problem->sentence);
    details[text.len] = '\0';
    nexo_tell(till, out, header, "Reject", details);
}

static const char *event_name(const struct scrip_event *event)
{
    switch (event->kind) {
    case SCRIP_EVENT_ONLINE:
        return "NetworkConnected";
    case SCRIP_EVENT_OFFLINE:
        return "NetworkDisconnected";
    case SCRIP_EVENT_LATE_REFUSAL:
        return "Reject";
    case SCRIP_EVENT_UNANSWERED:
    case SCRIP_EVENT_FINISHED:
        return "Completed";
    case SCRIP_EVENT_ALARM:
        break;
    }
    return event->answer.status == SCRIP_FAULT_FOREIGN || event->answer.status == SCRIP_FAULT_FORK
               ? "SecurityAlarm"
               : "OutOfOrder";
}

void nexo_announce(struct till *till, const struct scrip_event *event)
{
    const struct scrip_answer *answer = &event->answer;
    struct nexo_header header = {.category = NEXO_CATEGORIES};
    struct scrip_status_page page;
    struct buffer reply = buffer_of(till->reply, sizeof till->reply);
    char details[DETAILS_CHARS];
    struct buffer text = buffer_of(details, sizeof details - 1);
    struct json_out out;

    scrip_read_state(till->scrip, &page);
    memcpy(header.sale_id, till->login.sale_id, sizeof header.sale_id);
    buffer_put_text(&(struct buffer){(uint8_t *)header.poi_id, TILL_POI_ID, 0, false},
                    page.identity);
    nexo_put_pair(&text, "code", scrip_status_name(answer->status));
    nexo_put_pair(&text, "reference", answer->reference);
    nexo_put_pair(&text, "sale", answer->sale_id);
    nexo_put_pair(&text, "service", answer->service_id);
    nexo_put_pair(&text, "transaction", answer->transaction_id);
    nexo_put_pair(&text, "message", answer->detail);
    details[text.len] = '\0';
    json_out_open(&out, json_to_buffer, &reply);
    nexo_put_event(&out, &header, event_name(event), page.time_s, details);
    /* Without a subscriber it is dropped: all of it can be asked for. */
    if (json_out_end(&out) == SCRIP_OK) {
        enum scrip_status status = till->hal->till->event(till->hal->till->context, till->reply,
                                                          reply.len);
        (void)status;
    }
}
