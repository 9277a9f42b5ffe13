#include "till/till.h"

#include <string.h>

#include "till/nexo.h"
#include "till/paper.h"
#include "till/service.h"

void till_open(struct till *till, struct scrip *scrip, const struct hal *hal, void *arena,
               size_t arena_len, size_t shared_len)
{
    struct scrip_status_page page;

    memset(till, 0, sizeof *till);
    scrip_read_state(scrip, &page);
    till->opened_epoch = page.epoch;
    till->opened_seq = page.head_seq;
    till->scrip = scrip;
    till->hal = hal;
    till->arena = arena;
    till->arena_len = arena_len;
    till->code_len = arena_len + shared_len;
}

static void reply(struct till *till, uint32_t peer, size_t len)
{
    /* A till that has gone asks again by TransactionStatus: nothing is lost with the answer. */
    enum scrip_status status = till->hal->till->reply(till->hal->till->context, peer, till->reply,
                                                      len);
    (void)status;
}

/* OK: the answer is in out. AGAIN: it comes later. */
static enum scrip_status answer(struct till *till, const struct hal_till_message *message,
                                struct json_out *out, struct scrip_answer *printable)
{
    struct bytes text = bytes_of(message->text, message->len);

    switch (message->kind) {
    case HAL_TILL_NEXO:
        return nexo_handle(till, message->peer, text, out, printable);
    case HAL_TILL_STATUS:
        service_status(till, out);
        break;
    case HAL_TILL_SYNC:
        service_sync(till, out);
        break;
    case HAL_TILL_REQUEST:
        service_request(till, text, out);
        break;
    case HAL_TILL_INSTALL:
        service_install(till, text, out);
        break;
    }
    return json_out_end(out);
}

static void handle(struct till *till, const struct hal_till_message *message)
{
    static const char too_long[] = "{\"ErrorCondition\":\"DeviceOut\",\"error\":\"the answer is "
                                   "longer than its buffer\"}";
    struct scrip_answer printable = {.status = SCRIP_AGAIN};
    struct buffer text = buffer_of(till->reply, sizeof till->reply);
    struct json_out out;

    json_out_open(&out, json_to_buffer, &text);
    enum scrip_status status = answer(till, message, &out, &printable);
    if (status == SCRIP_AGAIN) {
        paper_challenge(till);
        return;
    }
    if (status != SCRIP_OK) {
        text.len = sizeof too_long - 1;
        memcpy(till->reply, too_long, text.len);
    }
    reply(till, message->peer, text.len);
    paper_print(till, &printable);
    paper_challenge(till);
}

static void pass_on(struct till *till, const struct scrip_event *event)
{
    if (event->kind != SCRIP_EVENT_FINISHED) {
        nexo_announce(till, event);
        return;
    }
    if (nexo_finish(till, &event->answer))
        paper_print(till, &event->answer);
}

/* The sale that waits is undone as by an AbortRequest, and its till gets the same answer. Another
 * may have been asked for meanwhile, in vain, or wait for the till's own scanner: so all are tried.
 */
static void cancel(struct till *till)
{
    enum scrip_status status = scrip_abort(till->scrip, till->last.sale_id, till->last.service_id);

    for (size_t i = 0; i < TILL_PENDING && status != SCRIP_OK; i++) {
        if (till->pending[i].used)
            status = scrip_abort(till->scrip, till->pending[i].header.sale_id,
                                 till->pending[i].header.service_id);
    }
    if (status != SCRIP_OK)
        paper_instead(till);
    paper_clear(till, status == SCRIP_OK ? "Cancelled" : NULL);
}

static void poll_buttons(struct till *till)
{
    const struct hal_buttons *buttons = till->hal->buttons;
    enum scrip_status status;
    enum hal_button button;

    if (buttons == NULL || buttons->read(buttons->context, &button) != SCRIP_OK)
        return;
    switch (button) {
    case HAL_BUTTON_CANCEL:
        cancel(till);
        break;
    case HAL_BUTTON_CONFIRM:
        paper_clear(till, NULL);
        break;
    case HAL_BUTTON_SUPERVISOR:
        /* The display tells how it went, by its banner. */
        status = scrip_sync_now(till->scrip);
        (void)status;
        break;
    }
}

void till_poll(struct till *till)
{
    const struct hal_till *hal = till->hal->till;
    struct hal_till_message message;
    struct scrip_event event;

    if (hal->receive(hal->context, &message) == SCRIP_OK)
        handle(till, &message);
    poll_buttons(till);
    while (scrip_event(till->scrip, &event) == SCRIP_OK)
        pass_on(till, &event);
}
