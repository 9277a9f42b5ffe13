#include "tools/host/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    unsigned http;
    const char *name, *title;
    const char *seq_member; /* NULL: none */
} kinds[PROBLEM_KINDS] = {
    [PROBLEM_NONE] = {200, "none", "No problem", NULL},
    [PROBLEM_MALFORMED] = {400, "malformed", "The request is malformed", NULL},
    [PROBLEM_UNKNOWN_FIELD] = {400, "unknown-field", "The request has an unknown field", NULL},
    [PROBLEM_BAD_RECORD] = {400, "bad-record", "A record cannot be read", "seq"},
    [PROBLEM_NOT_ALLOWED] = {403, "not-allowed", "The terminal is not allowed", NULL},
    [PROBLEM_SUSPENDED] = {403, "suspended", "The terminal is suspended", NULL},
    [PROBLEM_NOT_FOUND] = {404, "not-found", "There is nothing here", NULL},
    [PROBLEM_METHOD] = {405, "method", "Another method is needed", NULL},
    [PROBLEM_CHAIN_GAP] = {409, "chain-gap", "Records are left out", "expected_seq"},
    [PROBLEM_CHAIN_FORK] = {409, "chain-fork", "The chain has two histories", "at_seq"},
    [PROBLEM_HOST_BEHIND] = {409, "host-behind", "The host was restored", "expected_seq"},
    [PROBLEM_EPOCH_STALE] = {409, "epoch-stale", "The epoch is not open", "epoch"},
    [PROBLEM_TOO_LARGE] = {413, "too-large", "The request is too large", NULL},
    [PROBLEM_MEDIA_TYPE] = {415, "media-type", "Only application/json is read", NULL},
    [PROBLEM_STATEMENT] = {422, "statement", "The chain statement does not hold", NULL},
    [PROBLEM_IDEMPOTENCY] = {422, "idempotency", "Idempotency-Key does not match", NULL},
    [PROBLEM_BUSY] = {429, "busy", "The host has too much to do", NULL},
    [PROBLEM_UNAVAILABLE] = {503, "unavailable", "The host cannot store now", NULL},
};

enum scrip_status problem_set(struct problem *problem, enum problem_kind kind, const char *format,
                              ...)
{
    va_list values;

    memset(problem, 0, sizeof *problem);
    problem->kind = kind;
    va_start(values, format);
    (void)vsnprintf(problem->detail, sizeof problem->detail, format, values);
    va_end(values);
    return SCRIP_REFUSED_ARGUMENT;
}

unsigned problem_http_status(enum problem_kind kind)
{
    return kinds[kind].http;
}

enum scrip_status problem_write(const struct problem *problem, struct bytes time,
                                struct buffer *out)
{
    char type[64];
    struct json_out json;

    (void)snprintf(type, sizeof type, "urn:scrip:err:%s", kinds[problem->kind].name);
    json_out_open(&json, json_to_buffer, out);
    json_put_object(&json, NULL);
    json_put_string(&json, "type", type);
    json_put_string(&json, "title", kinds[problem->kind].title);
    json_put_uint(&json, "status", kinds[problem->kind].http);
    json_put_string(&json, "detail", problem->detail);
    if (problem->has_seq)
        json_put_uint(&json, kinds[problem->kind].seq_member, problem->seq);
    if (problem->has_head)
        json_put_base64url(&json, "expected_head", bytes_of(problem->head, RECORD_LINK_BYTES));
    if (time.len != 0)
        json_put_base64url(&json, "time", time);
    json_end_object(&json);
    return json_out_end(&json);
}
