#include "tools/host/handler.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tools/host/claim.h"

enum { NEXT_DELAY_S = 900, NEXT_JITTER_S = 300 };

static struct request_arena arena_of(const struct handler *handler)
{
    return (struct request_arena){handler->arena, HANDLER_ARENA};
}

/* A refusal that stands in exchange->problem is an answer; all else is an accident. */
static enum scrip_status answered(enum scrip_status status)
{
    return status == SCRIP_REFUSED_ARGUMENT ? SCRIP_OK : status;
}

static enum scrip_status sign_time(const struct handler *handler, const struct exchange *exchange,
                                   struct buffer *out)
{
    return statement_time(handler->pki, exchange->now_s, exchange->nonce, &exchange->allow.terminal,
                          out);
}

static void take_nonce(struct exchange *exchange, const uint8_t nonce[STATEMENT_NONCE_BYTES])
{
    exchange->has_nonce = true;
    memcpy(exchange->nonce, nonce, sizeof exchange->nonce);
}

static enum scrip_status json_answer(struct exchange *exchange, struct json_out *json)
{
    exchange->content_type = "application/json";
    return json_out_end(json);
}

/* An end other than DONE, as the problem that the terminal reads. */
static void explain(enum settle_end end, uint32_t at_seq, const uint8_t *head,
                    struct problem *problem)
{
    static const struct {
        enum problem_kind kind;
        const char *format;
    } words[] = {
        [SETTLE_MALFORMED] = {PROBLEM_BAD_RECORD, "record %" PRIu32 " is not a record of this "
                                                  "number, epoch and kind"},
        [SETTLE_UNCOVERED] = {PROBLEM_STATEMENT, "%" PRIu32 " must be either sent or declared "
                                                 "missing, and lie in from_seq..to_seq"},
        [SETTLE_GAP] = {PROBLEM_CHAIN_GAP, "send from %" PRIu32 " on"},
        [SETTLE_FORK] = {PROBLEM_CHAIN_FORK,
                         "this host holds another history at %" PRIu32 ": yours is kept aside"},
        [SETTLE_HOST_BEHIND] = {PROBLEM_HOST_BEHIND, "this host knows the chain up to %" PRIu32
                                                     " only: send what you hold, or adopt"},
        [SETTLE_EPOCH_STALE] = {PROBLEM_EPOCH_STALE, "epoch %" PRIu32 " is the one that is open"},
    };
    char detail[sizeof problem->detail];

    (void)snprintf(detail, sizeof detail, words[end].format, at_seq);
    (void)problem_set(problem, words[end].kind, "%s", detail);
    problem->has_seq = end != SETTLE_UNCOVERED;
    problem->seq = at_seq;
    problem->has_head = head != NULL && (end == SETTLE_GAP || end == SETTLE_HOST_BEHIND);
    if (problem->has_head)
        memcpy(problem->head, head, sizeof problem->head);
}

/* POST /v1/sync. */

/* What the terminal signed must be what it sent. */
static enum scrip_status check_statement(const struct exchange *exchange,
                                         const struct request_sync *request,
                                         struct statement *statement, struct problem *problem)
{
    enum scrip_status status = statement_verify(bytes_of(request->chain, request->chain_len),
                                                exchange->peer->point, statement);

    if (scrip_is_fault(status))
        return status;
    if (status != SCRIP_OK)
        return problem_set(problem, PROBLEM_STATEMENT,
                           status == SCRIP_REFUSED_SIGNATURE
                               ? "chain is not signed by the key of your certificate"
                               : "chain is not a chain statement, or contradicts itself");
    if (strcmp(statement->terminal.text, exchange->allow.terminal.text) != 0 ||
        statement->epoch != request->epoch || statement->boot != request->boot ||
        memcmp(statement->nonce, request->nonce, sizeof statement->nonce) != 0)
        return problem_set(problem, PROBLEM_STATEMENT,
                           "chain names another terminal, epoch, boot or nonce than the request");
    return SCRIP_OK;
}

static void put_verdicts(struct json_out *json, const struct settle_answer *answer)
{
    json_put_array(json, "verdicts");
    for (size_t i = 0; i < answer->count; i++) {
        const struct settle_verdict *verdict = &answer->verdict[i];

        json_put_object(json, NULL);
        json_put_uint(json, "seq", verdict->seq);
        json_put_string(json, "status", verdict_name(verdict->verdict));
        json_put_string(json, "code", record_code_name(verdict->code));
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_want(struct json_out *json, const struct pki *pki,
                     const struct request_sync *request)
{
    json_put_object(json, "want");
    for (int kind = 0; kind < OBJECT_KINDS; kind++)
        if (request->have[kind] < pki->object[kind].seq)
            json_put_uint(json, object_name((enum object_kind)kind), pki->object[kind].seq);
    json_end_object(json);
}

static enum scrip_status write_sync(struct handler *handler, struct exchange *exchange,
                                    const struct settle_answer *answer)
{
    uint8_t data[STATEMENT_TIME_BYTES];
    struct buffer time = buffer_of(data, sizeof data);
    struct json_out json;

    TRY(sign_time(handler, exchange, &time));
    json_out_open(&json, json_to_buffer, &exchange->out);
    json_put_object(&json, NULL);
    json_put_uint(&json, "v", 1);
    json_put_uint(&json, "ack_seq", answer->ack_seq);
    json_put_base64url(&json, "ack_head", bytes_of(answer->ack_head, RECORD_LINK_BYTES));
    put_verdicts(&json, answer);
    json_put_object(&json, "next");
    json_put_uint(&json, "delay_s", NEXT_DELAY_S);
    json_put_uint(&json, "jitter_s", NEXT_JITTER_S);
    json_put_uint(&json, "max_records", SETTLE_ITEMS);
    json_end_object(&json);
    json_put_base64url(&json, "time", buffer_bytes(&time));
    put_want(&json, handler->pki, &handler->sync);
    json_end_object(&json);
    return json_answer(exchange, &json);
}

/* So that its receipts can be verified later. */
static enum scrip_status note_key(struct db *db, const struct exchange *exchange)
{
    const uint8_t *point = exchange->peer->point;
    uint8_t kid[COSE_KID_BYTES];

    TRY(cose_kid(point, kid));
    TRY(db_begin(db));
    enum scrip_status status = db_key_note(db, kid, point, &exchange->allow.terminal);
    if (status == SCRIP_OK)
        status = db_commit(db);
    if (status != SCRIP_OK)
        db_rollback(db);
    return status;
}

static enum scrip_status settle_request(struct handler *handler, struct exchange *exchange)
{
    struct request_sync *request = &handler->sync;
    struct settle_answer answer;
    struct statement statement;
    struct settle_batch batch = {
        .terminal = &exchange->allow,
        .pki = handler->pki,
        .statement = &statement,
        .item = request->item,
        .now_s = exchange->now_s,
    };

    TRY(check_statement(exchange, request, &statement, &exchange->problem));
    TRY(note_key(handler->db, exchange));
    batch.count = request->count;
    batch.report = bytes_of(request->report, request->report_len);
    TRY(settle_batch(handler->db, &batch, &answer));
    if (answer.end == SETTLE_DONE)
        return write_sync(handler, exchange, &answer);
    explain(answer.end, answer.at_seq, answer.head, &exchange->problem);
    return SCRIP_OK;
}

enum scrip_status handler_sync(struct handler *handler, struct exchange *exchange)
{
    enum scrip_status status = request_read_sync(exchange->body, arena_of(handler), &handler->sync,
                                                 &exchange->problem);

    if (status == SCRIP_OK) {
        take_nonce(exchange, handler->sync.nonce);
        status = settle_request(handler, exchange);
    }
    return answered(status);
}

/* POST /v1/redemptions. */

static enum scrip_status check_key(const struct exchange *exchange,
                                   const struct request_ask *request, struct problem *problem)
{
    char want[24];

    (void)snprintf(want, sizeof want, "%" PRIu32 "-%" PRIu32, request->epoch, request->seq);
    if (exchange->idempotency_key != NULL && strcmp(exchange->idempotency_key, want) == 0)
        return SCRIP_OK;
    return problem_set(problem, PROBLEM_IDEMPOTENCY, "Idempotency-Key must be %s", want);
}

static enum scrip_status write_word(struct handler *handler, struct exchange *exchange,
                                    uint32_t seq, const struct settle_word *word)
{
    uint8_t data[STATEMENT_TIME_BYTES];
    struct buffer time = buffer_of(data, sizeof data);
    uint8_t hex[8];
    struct buffer auth = buffer_of(hex, sizeof hex);
    struct json_out json;

    TRY(sign_time(handler, exchange, &time));
    json_out_open(&json, json_to_buffer, &exchange->out);
    json_put_object(&json, NULL);
    json_put_uint(&json, "v", 1);
    json_put_uint(&json, "seq", seq);
    if (word->verdict == VERDICT_ACCEPTED) {
        /* A number to read out on the telephone: the start of the record's own hash, so that it is
         * the same whenever it is asked for. */
        text_hex_encode(bytes_of(word->link, sizeof hex / 2), &auth);
        json_put_string(&json, "status", "accepted");
        json_put_text(&json, "auth", buffer_bytes(&auth));
    } else {
        json_put_string(&json, "status", "refused");
        json_put_string(&json, "code", record_code_name(word->code));
    }
    json_put_base64url(&json, "time", buffer_bytes(&time));
    json_end_object(&json);
    return json_answer(exchange, &json);
}

static enum scrip_status ask_request(struct handler *handler, struct exchange *exchange,
                                     const struct request_ask *request)
{
    struct settle_ask ask = {
        .terminal = &exchange->allow,
        .pki = handler->pki,
        .epoch = request->epoch,
        .seq = request->seq,
        .bytes = bytes_of(request->record, request->record_len),
        .now_s = exchange->now_s,
    };
    struct settle_word word;

    TRY(check_key(exchange, request, &exchange->problem));
    TRY(settle_ask(handler->db, &ask, &word));
    if (word.end == SETTLE_DONE)
        return write_word(handler, exchange, request->seq, &word);
    explain(word.end, word.at_seq, NULL, &exchange->problem);
    return SCRIP_OK;
}

enum scrip_status handler_ask(struct handler *handler, struct exchange *exchange)
{
    struct request_ask request;
    enum scrip_status status = request_read_ask(exchange->body, arena_of(handler), &request,
                                                &exchange->problem);

    if (status == SCRIP_OK) {
        take_nonce(exchange, request.nonce);
        status = ask_request(handler, exchange, &request);
    }
    return answered(status);
}

/* POST /v1/receipts/claim. */

static void write_claim(const struct claim_answer *answer, struct exchange *exchange,
                        struct json_out *json)
{
    static const char *const ends[] = {
        [CLAIM_CLAIMED] = "claimed", [CLAIM_PENDING] = "pending", [CLAIM_REFUSED] = "refused"};

    json_out_open(json, json_to_buffer, &exchange->out);
    json_put_object(json, NULL);
    json_put_uint(json, "v", 1);
    json_put_string(json, "status", ends[answer->end]);
    if (answer->end == CLAIM_REFUSED) {
        json_put_string(json, "code", claim_reason_name(answer->reason));
    } else {
        json_put_string(json, "terminal", answer->terminal.text);
        json_put_uint(json, "epoch", answer->epoch);
        json_put_uint(json, "seq", answer->seq);
        json_put_uint(json, "total_minor", answer->total_minor);
        json_put_uint(json, "amount_minor", answer->amount_minor);
        json_put_uint(json, "currency", answer->currency);
    }
    json_end_object(json);
}

enum scrip_status handler_claim(struct handler *handler, struct exchange *exchange)
{
    struct request_claim request;
    struct claim_answer answer;
    struct json_out json;
    const char *key = exchange->idempotency_key;
    enum scrip_status status = request_read_claim(exchange->body, arena_of(handler), &request,
                                                  &exchange->problem);

    if (status == SCRIP_OK && (key == NULL || key[0] == '\0' || strlen(key) > DB_CLAIM_KEY))
        status = problem_set(&exchange->problem, PROBLEM_IDEMPOTENCY,
                             "Idempotency-Key must name the claim in 1 to %d bytes", DB_CLAIM_KEY);
    if (status != SCRIP_OK)
        return answered(status);
    const struct claim claim = {.asker = &exchange->allow.terminal,
                                .receipt = bytes_of(request.receipt, request.receipt_len),
                                .key = key,
                                .now_s = exchange->now_s};
    TRY(claim_receipt(handler->db, &claim, &answer));
    write_claim(&answer, exchange, &json);
    return json_answer(exchange, &json);
}

/* GET /v1/objects. */

static enum scrip_status object(struct handler *handler, struct exchange *exchange,
                                enum object_kind kind)
{
    const struct pki_object *stored = &handler->pki->object[kind];

    if (stored->seq == 0)
        return answered(problem_set(&exchange->problem, PROBLEM_NOT_FOUND,
                                    "There is no such object: it has not been published"));
    exchange->etag = stored->etag;
    exchange->not_modified = exchange->if_none_match != NULL &&
                             strcmp(exchange->if_none_match, stored->etag) == 0;
    if (exchange->not_modified)
        return SCRIP_OK;
    exchange->content_type = "application/cose; cose-type=\"cose-sign1\"";
    buffer_put(&exchange->out, stored->data, stored->len);
    return exchange->out.overflow ? SCRIP_FAULT_MEMORY : SCRIP_OK;
}

enum scrip_status handler_keys(struct handler *handler, struct exchange *exchange)
{
    return object(handler, exchange, OBJECT_KEYS);
}

enum scrip_status handler_policy(struct handler *handler, struct exchange *exchange)
{
    return object(handler, exchange, OBJECT_POLICY);
}

enum scrip_status handler_operators(struct handler *handler, struct exchange *exchange)
{
    return object(handler, exchange, OBJECT_OPERATORS);
}

enum scrip_status handler_lists(struct handler *handler, struct exchange *exchange)
{
    return object(handler, exchange, OBJECT_LIST);
}

enum scrip_status handler_problem(const struct handler *handler, struct exchange *exchange)
{
    uint8_t data[STATEMENT_TIME_BYTES];
    struct buffer time = buffer_of(data, sizeof data);

    if (exchange->has_nonce)
        TRY(sign_time(handler, exchange, &time));
    exchange->content_type = "application/problem+json";
    exchange->out.len = 0;
    exchange->out.overflow = false;
    return problem_write(&exchange->problem, buffer_bytes(&time), &exchange->out);
}
