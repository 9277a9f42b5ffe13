#include "tools/host/request.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

/* Fields. */

static const char *dot(const char *where, const char *field)
{
    return *where != '\0' && *field != '\0' ? "." : "";
}

static enum scrip_status wrong(struct problem *problem, const char *where, const char *field,
                               const char *what)
{
    return problem_set(problem, PROBLEM_MALFORMED, "%s%s%s must be %s", where, dot(where, field),
                       field, what);
}

/* A member's name comes from outside: only what cannot mislead a log is repeated. */
static const char *printable(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

    return name[len] == '\0' && len > 0 && len <= 40 ? name : "(its name is not printable)";
}

/* node is an object without members beyond names, which ends with NULL. */
static enum scrip_status check_members(const struct json *node, const char *where,
                                       const char *const *names, struct problem *problem)
{
    const char *name;

    if (!json_is_object(node))
        return wrong(problem, where, "", "an object");
    for (size_t i = 0; json_member_at(node, i, &name) != NULL; i++) {
        size_t n = 0;

        while (names[n] != NULL && strcmp(names[n], name) != 0)
            n++;
        if (names[n] == NULL)
            return problem_set(problem, PROBLEM_UNKNOWN_FIELD, "unknown field: %s%s%s", where,
                               dot(where, name), printable(name));
    }
    return SCRIP_OK;
}

static enum scrip_status read_u32(const struct json *object, const char *where, const char *field,
                                  uint32_t *out, struct problem *problem)
{
    uint64_t value;

    if (!json_uint(json_member(object, field), UINT32_MAX, &value))
        return wrong(problem, where, field, "an integer from 0 to 4294967295");
    *out = (uint32_t)value;
    return SCRIP_OK;
}

static enum scrip_status read_base64url(const struct json *object, const char *where,
                                        const char *field, struct buffer *out,
                                        struct problem *problem)
{
    struct bytes text;

    if (!json_text(json_member(object, field), &text) ||
        text_base64url_decode(text, out) != SCRIP_OK || out->len == 0)
        return wrong(problem, where, field, "base64url without padding, and not too long");
    return SCRIP_OK;
}

static enum scrip_status read_head(const struct json *root, uint32_t *epoch,
                                   uint8_t nonce[STATEMENT_NONCE_BYTES], struct problem *problem)
{
    struct buffer bytes = buffer_of(nonce, STATEMENT_NONCE_BYTES);
    uint32_t version = 0;

    TRY(read_u32(root, "", "v", &version, problem));
    if (version != 1)
        return wrong(problem, "", "v", "1: this host speaks version 1");
    TRY(read_u32(root, "", "epoch", epoch, problem));
    TRY(read_base64url(root, "", "nonce", &bytes, problem));
    if (bytes.len != STATEMENT_NONCE_BYTES)
        return wrong(problem, "", "nonce", "16 bytes");
    return SCRIP_OK;
}

static enum scrip_status parse(struct bytes body, struct request_arena arena,
                               const struct json **root, struct problem *problem)
{
    size_t at = 0;
    enum scrip_status status = json_parse(body, arena.data, arena.len, root, &at);

    if (status == SCRIP_FAULT_MEMORY)
        return problem_set(problem, PROBLEM_TOO_LARGE, "the document has too many values");
    if (scrip_is_refused(status))
        return problem_set(problem, PROBLEM_MALFORMED, "not JSON as it is read here, at byte %zu",
                           at);
    return status;
}

/* Records. */

static enum scrip_status read_item(const struct json *node, size_t index, struct request_sync *out,
                                   struct problem *problem)
{
    static const char *const names[] = {"seq", "rec", "raw", NULL};
    struct settle_item *item = &out->item[index];
    const struct json *raw = json_member(node, "raw");
    struct buffer bytes = buffer_of(out->store + index * LIMIT_RECORD_BYTES, LIMIT_RECORD_BYTES);

    TRY(check_members(node, "records[]", names, problem));
    TRY(read_u32(node, "records[]", "seq", &item->seq, problem));
    TRY(read_base64url(node, "records[]", "rec", &bytes, problem));
    if (raw != NULL && !json_bool(raw, &item->raw))
        return wrong(problem, "records[]", "raw", "true or false");
    if (index > 0 && item->seq <= out->item[index - 1].seq)
        return wrong(problem, "", "records", "in ascending order of seq");
    item->bytes = buffer_bytes(&bytes);
    return SCRIP_OK;
}

static enum scrip_status read_items(const struct json *root, struct request_sync *out,
                                    struct problem *problem)
{
    const struct json *records = json_member(root, "records");

    if (!json_is_array(records))
        return wrong(problem, "", "records", "an array");
    out->count = json_count(records);
    if (out->count > SETTLE_ITEMS)
        return problem_set(problem, PROBLEM_TOO_LARGE, "records: %zu, but at most %d are read",
                           out->count, SETTLE_ITEMS);
    for (size_t i = 0; i < out->count; i++)
        TRY(read_item(json_element(records, i), i, out, problem));
    return SCRIP_OK;
}

/* What the terminal tells of itself. */

static const char *const queue_names[] = {"depth", "oldest_s",    "capacity",
                                          "lost",  "quarantined", NULL};
static const char *const have_names[] = {"policy",  "keys",     "lists", "operators",
                                         "command", "firmware", NULL};
static const char *const clock_names[] = {"t", "unc", "floor", "up_ms", NULL};
static const char *const stats_names[] = {"scan_ok",  "scan_bad",  "replay",     "expired",
                                          "sig_fail", "erase_max", "arena_peak", NULL};

/* Counters only, so that no name can come this way; firmware is a version number. */
static bool is_version(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = (char)text.data[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '+'))
            return false;
    }
    return text.len > 0 && text.len <= 32;
}

static enum scrip_status copy_group(const struct json *root, const char *group,
                                    const char *const *names, struct json_out *report,
                                    struct problem *problem)
{
    const struct json *node = json_member(root, group);

    if (node == NULL)
        return SCRIP_OK;
    TRY(check_members(node, group, names, problem));
    json_put_object(report, group);
    for (size_t n = 0; names[n] != NULL; n++) {
        const struct json *member = json_member(node, names[n]);
        struct bytes text;
        uint64_t value;

        if (member == NULL)
            continue;
        if (json_uint(member, (1ull << 53) - 1, &value))
            json_put_uint(report, names[n], value);
        else if (strcmp(names[n], "firmware") == 0 && json_text(member, &text) && is_version(text))
            json_put_text(report, names[n], text);
        else
            return problem_set(problem, PROBLEM_MALFORMED, "%s.%s must be a counter", group,
                               names[n]);
    }
    json_end_object(report);
    return SCRIP_OK;
}

static enum scrip_status read_report(const struct json *root, struct request_sync *out,
                                     struct problem *problem)
{
    struct buffer text = buffer_of(out->report, sizeof out->report);
    struct json_out report;

    json_out_open(&report, json_to_buffer, &text);
    json_put_object(&report, NULL);
    TRY(copy_group(root, "queue", queue_names, &report, problem));
    TRY(copy_group(root, "have", have_names, &report, problem));
    TRY(copy_group(root, "clock", clock_names, &report, problem));
    TRY(copy_group(root, "stats", stats_names, &report, problem));
    json_end_object(&report);
    TRY(json_out_end(&report));
    out->report_len = text.len;
    return SCRIP_OK;
}

static uint32_t have(const struct json *root, const char *object)
{
    uint64_t seq = 0;

    (void)json_uint(json_member(json_member(root, "have"), object), UINT32_MAX, &seq);
    return (uint32_t)seq;
}

/* The two bodies. */

static enum scrip_status read_sync(const struct json *root, struct request_sync *out,
                                   struct problem *problem)
{
    static const char *const names[] = {"v",     "epoch", "boot",  "nonce", "chain", "records",
                                        "queue", "have",  "clock", "stats", NULL};
    struct buffer chain = buffer_of(out->chain, sizeof out->chain);

    TRY(check_members(root, "", names, problem));
    TRY(read_head(root, &out->epoch, out->nonce, problem));
    TRY(read_u32(root, "", "boot", &out->boot, problem));
    TRY(read_base64url(root, "", "chain", &chain, problem));
    out->chain_len = chain.len;
    TRY(read_items(root, out, problem));
    TRY(read_report(root, out, problem));
    for (int kind = 0; kind < OBJECT_KINDS; kind++)
        out->have[kind] = have(root, object_name((enum object_kind)kind));
    return SCRIP_OK;
}

enum scrip_status request_read_sync(struct bytes body, struct request_arena arena,
                                    struct request_sync *out, struct problem *problem)
{
    const struct json *root;
    enum scrip_status status;

    memset(out, 0, offsetof(struct request_sync, store));
    TRY(parse(body, arena, &root, problem));
    status = read_sync(root, out, problem);
    json_close(root);
    return status;
}

static enum scrip_status read_ask(const struct json *root, struct request_ask *out,
                                  struct problem *problem)
{
    static const char *const names[] = {"v", "epoch", "seq", "nonce", "rec", NULL};
    struct buffer record = buffer_of(out->record, sizeof out->record);

    TRY(check_members(root, "", names, problem));
    TRY(read_head(root, &out->epoch, out->nonce, problem));
    TRY(read_u32(root, "", "seq", &out->seq, problem));
    TRY(read_base64url(root, "", "rec", &record, problem));
    out->record_len = record.len;
    return SCRIP_OK;
}

enum scrip_status request_read_ask(struct bytes body, struct request_arena arena,
                                   struct request_ask *out, struct problem *problem)
{
    const struct json *root;
    enum scrip_status status;

    memset(out, 0, sizeof *out);
    TRY(parse(body, arena, &root, problem));
    status = read_ask(root, out, problem);
    json_close(root);
    return status;
}

static enum scrip_status read_claim(const struct json *root, struct request_claim *out,
                                    struct problem *problem)
{
    static const char *const names[] = {"v", "receipt", NULL};
    struct bytes text;
    uint32_t version = 0;

    TRY(check_members(root, "", names, problem));
    TRY(read_u32(root, "", "v", &version, problem));
    if (version != 1)
        return wrong(problem, "", "v", "1: this host speaks version 1");
    if (!json_text(json_member(root, "receipt"), &text) || text.len == 0 ||
        text.len > sizeof out->receipt)
        return wrong(problem, "", "receipt", "the text of a receipt's code");
    memcpy(out->receipt, text.data, text.len);
    out->receipt_len = text.len;
    return SCRIP_OK;
}

enum scrip_status request_read_claim(struct bytes body, struct request_arena arena,
                                     struct request_claim *out, struct problem *problem)
{
    const struct json *root;
    enum scrip_status status;

    memset(out, 0, sizeof *out);
    TRY(parse(body, arena, &root, problem));
    status = read_claim(root, out, problem);
    json_close(root);
    return status;
}
