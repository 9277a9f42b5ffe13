#include "till/service.h"

#include "base/text.h"

enum { REQUEST_BYTES = 1024 };

/* NULL: the status's own sentence. */
static void put_message(struct json_out *out, enum scrip_status status, const char *sentence)
{
    json_put_object(out, NULL);
    json_put_string(out, "status", scrip_status_name(status));
    if (status != SCRIP_OK)
        json_put_string(out, "message", sentence != NULL ? sentence : scrip_status_text(status));
    json_end_object(out);
}

static void put_outcome(struct json_out *out, enum scrip_status status)
{
    put_message(out, status, NULL);
}

static void put_states(struct json_out *out, uint32_t state)
{
    static const char *const names[] = {
        "out_of_service", "host_unreachable", "backlog_high", "pending_sync", "clock_untrusted",
        "queue_full",     "late_refusals",    "keys_stale",   "training",     "suspended"};

    json_put_uint(out, "state", state);
    json_put_array(out, "states");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if ((state >> i & 1) != 0)
            json_put_string(out, NULL, names[i]);
    }
    json_end_array(out);
}

static void put_queue(struct json_out *out, const struct scrip_status_page *page)
{
    json_put_uint(out, "depth", page->depth);
    json_put_uint(out, "capacity", page->capacity);
    json_put_uint(out, "head_seq", page->head_seq);
    json_put_uint(out, "acked_seq", page->acked_seq);
    json_put_uint(out, "unsettled_count", page->unsettled_count);
    json_put_uint(out, "unsettled_minor", page->unsettled_minor);
    json_put_uint(out, "oldest_age_s", page->oldest_age_s);
    if (page->offline_left_s == UINT32_MAX)
        json_put_null(out, "offline_left_s");
    else
        json_put_uint(out, "offline_left_s", page->offline_left_s);
    json_put_uint(out, "settled", page->settled);
    json_put_uint(out, "late_refused", page->late_refused);
}

void service_status(struct till *till, struct json_out *out)
{
    struct scrip_status_page page;

    scrip_read_state(till->scrip, &page);
    json_put_object(out, NULL);
    json_put_string(out, "status", scrip_status_name(SCRIP_OK));
    json_put_string(out, "version", SCRIP_VERSION);
    json_put_string(out, "identity", page.identity);
    json_put_uint(out, "epoch", page.epoch);
    put_states(out, page.state);
    put_queue(out, &page);
    json_put_uint(out, "time_s", page.time_s);
    json_put_uint(out, "uncertainty_s", page.uncertainty_s);
    json_put_uint(out, "boot", page.boot);
    json_put_uint(out, "damaged", page.damaged);
    json_put_uint(out, "keys_seq", page.keys_seq);
    json_put_uint(out, "keys_left_s", page.keys_left_s);
    json_put_uint(out, "award_left_s", page.award_left_s);
    json_put_uint(out, "policy_seq", page.policy_seq);
    json_put_uint(out, "operators_seq", page.operators_seq);
    json_put_uint(out, "lists_seq", page.lists_seq);
    json_put_uint(out, "currency", page.currency);
    json_put_uint(out, "currency_exponent", page.currency_exponent);
    json_put_string(out, "host", scrip_status_name(page.host));
    json_put_string(out, "host_problem", page.host_problem);
    json_put_uint(out, "next_try_s", page.next_try_s);
    json_put_bool(out, "logged_in", till->login.active);
    json_put_uint(out, "crypto_arena", page.crypto_arena);
    json_put_uint(out, "crypto_peak", page.crypto_peak);
    json_end_object(out);
}

void service_sync(struct till *till, struct json_out *out)
{
    put_outcome(out, scrip_sync_now(till->scrip));
}

/* One text member of the message, as a view into the arena. OK: close *root afterwards. */
static enum scrip_status read_member(struct bytes text, const char *name, void *arena,
                                     size_t arena_len, const struct json **root,
                                     struct bytes *value)
{
    if (json_parse(text, arena, arena_len, root, NULL) != SCRIP_OK)
        return SCRIP_REFUSED_ARGUMENT;
    if (json_text(json_member(*root, name), value))
        return SCRIP_OK;
    json_close(*root);
    return SCRIP_REFUSED_ARGUMENT;
}

void service_request(struct till *till, struct bytes text, struct json_out *out)
{
    const struct json *root;
    struct bytes terminal;
    uint8_t der[REQUEST_BYTES];
    size_t len = 0;
    enum scrip_status status = read_member(text, "terminal", till->arena, till->arena_len, &root,
                                           &terminal);

    if (status == SCRIP_OK) {
        status = scrip_enroll_request(till->scrip, (const char *)terminal.data, der, sizeof der,
                                      &len);
        json_close(root);
    }
    if (status != SCRIP_OK) {
        put_outcome(out, status);
        return;
    }
    json_put_object(out, NULL);
    json_put_string(out, "status", scrip_status_name(SCRIP_OK));
    json_put_base64url(out, "csr", bytes_of(der, len));
    json_end_object(out);
}

void service_install(struct till *till, struct bytes text, struct json_out *out)
{
    static const char not_ours[] =
        "The bundle is not for this terminal's newest request, or not from the back office that "
        "the "
        "terminal belongs to: request and enrol again, or, to hand the terminal over to another "
        "back office, have its owner stop it and remove its stored state first.";
    /* The bundle behind the parsed message. */
    size_t parse_len = till->arena_len > LIMIT_BUNDLE_BYTES ? till->arena_len - LIMIT_BUNDLE_BYTES
                                                            : 0;
    struct buffer bundle = buffer_of((uint8_t *)till->arena + parse_len,
                                     till->arena_len - parse_len);
    const struct json *root;
    struct bytes encoded;
    enum scrip_status status = read_member(text, "bundle", till->arena, parse_len, &root, &encoded);

    if (status == SCRIP_OK) {
        status = text_base64url_decode(encoded, &bundle);
        json_close(root);
    }
    if (status == SCRIP_OK)
        status = scrip_enroll_install(till->scrip, bundle.data, bundle.len);
    put_message(out, status, status == SCRIP_REFUSED_KEY ? not_ours : NULL);
}
