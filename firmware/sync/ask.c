#include "sync/ask.h"

#include <string.h>

#include "sync/settle.h"

/* The whole body in one part (http_body); the record is read from the journal again. */
static enum scrip_status body(void *context, struct buffer *out)
{
    struct sync *sync = context;
    struct ledger_story story;
    struct json_out json;

    TRY(ledger_story(sync->parts->ledger, sync->ask.seq, &story));
    json_out_open(&json, json_to_buffer, out);
    message_put_ask(&json, sync->parts->keys->epoch, sync->ask.seq, sync->ask.nonce,
                    story.redeem.raw);
    return json_out_end(&json);
}

enum scrip_status ask_start(struct sync *sync)
{
    struct ask *ask = &sync->ask;
    uint32_t epoch = sync->parts->keys->epoch;
    struct ledger_story story;
    struct json_out count;
    char memory[24] = "";
    struct buffer key = buffer_of(memory, sizeof memory - 1);

    TRY(crypto_random(ask->nonce, sizeof ask->nonce));
    TRY(ledger_story(sync->parts->ledger, ask->seq, &story));
    json_out_open(&count, NULL, NULL);
    message_put_ask(&count, epoch, ask->seq, ask->nonce, story.redeem.raw);
    TRY(json_out_end(&count));

    buffer_put_decimal(&key, epoch);
    buffer_put_text(&key, "-");
    buffer_put_decimal(&key, ask->seq);
    const struct http_request request = {.method = "POST",
                                         .path = "/v1/redemptions",
                                         .host = sync->parts->bundle->host,
                                         .field = "Idempotency-Key",
                                         .value = memory,
                                         .media = "application/json",
                                         .len = count.len,
                                         .body = body,
                                         .context = sync};
    TRY(http_start(&sync->http, &request));
    ask->phase = ASK_SENT;
    return SCRIP_OK;
}

enum scrip_status ask_answer(struct sync *sync)
{
    struct message_verdict_now verdict;
    struct ask *ask = &sync->ask;
    enum scrip_status status = message_read_ask(sync->http.answer.body, sync->parts->arena,
                                                sync->parts->arena_len, &verdict);

    if (status == SCRIP_OK && verdict.seq != ask->seq)
        status = SCRIP_FAULT_PROTOCOL;
    if (status == SCRIP_FAULT_PROTOCOL)
        sync_say(sync, "answer-malformed");
    TRY(status);
    TRY(settle_time(sync, bytes_of(verdict.time, verdict.time_len), ask->nonce));
    ask->outcome.accepted = verdict.accepted;
    ask->outcome.code = verdict.code;
    memcpy(ask->outcome.auth, verdict.auth, sizeof ask->outcome.auth);
    ask_end(sync, SCRIP_OK);
    return SCRIP_OK;
}

void ask_end(struct sync *sync, enum scrip_status status)
{
    struct ask *ask = &sync->ask;

    if (ask->phase == ASK_ABANDONED) {
        ask->phase = ASK_NONE;
    } else if (ask->phase == ASK_QUEUED || ask->phase == ASK_SENT) {
        ask->status = status;
        ask->phase = ASK_DONE;
    }
}
