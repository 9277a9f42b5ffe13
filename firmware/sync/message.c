#include "sync/message.h"

#include <string.h>

#include "base/cbor.h"
#include "base/text.h"

/* Statements ------------------------------------------------------------------------------------
 */

enum chain_key {
    CHAIN_TERMINAL = 1,
    CHAIN_EPOCH,
    CHAIN_BOOT,
    CHAIN_NONCE,
    CHAIN_FROM,
    CHAIN_TO,
    CHAIN_HEAD_SEQ,
    CHAIN_HEAD,
    CHAIN_ACKED_SEQ,
    CHAIN_ACKED_HEAD,
    CHAIN_MISSING,
    CHAIN_ADOPT
};

enum time_key { TIME_T = 1, TIME_NONCE, TIME_TERMINAL, TIME_PAIRS = TIME_TERMINAL };

static void put_number(struct buffer *out, uint64_t key, uint64_t value)
{
    cbor_put_uint(out, key);
    cbor_put_uint(out, value);
}

static void put_bytes(struct buffer *out, uint64_t key, const uint8_t *data, size_t len)
{
    cbor_put_uint(out, key);
    cbor_put_bytes(out, bytes_of(data, len));
}

enum scrip_status message_chain_sign(const struct message_chain *chain, const struct keys *keys,
                                     struct buffer *out)
{
    uint8_t memory[MESSAGE_CHAIN_BYTES - COSE_OVERHEAD];
    struct buffer payload = buffer_of(memory, sizeof memory);
    struct crypto_key key;
    uint8_t point[CRYPTO_POINT_BYTES], kid[COSE_KID_BYTES];

    cbor_put_map(&payload, chain->adopt ? CHAIN_ADOPT : CHAIN_MISSING);
    cbor_put_uint(&payload, CHAIN_TERMINAL);
    cbor_put_text(&payload, bytes_text(chain->terminal));
    put_number(&payload, CHAIN_EPOCH, chain->epoch);
    put_number(&payload, CHAIN_BOOT, chain->boot);
    put_bytes(&payload, CHAIN_NONCE, chain->nonce, sizeof chain->nonce);
    put_number(&payload, CHAIN_FROM, chain->from_seq);
    put_number(&payload, CHAIN_TO, chain->to_seq);
    put_number(&payload, CHAIN_HEAD_SEQ, chain->head_seq);
    put_bytes(&payload, CHAIN_HEAD, chain->head, sizeof chain->head);
    put_number(&payload, CHAIN_ACKED_SEQ, chain->acked_seq);
    put_bytes(&payload, CHAIN_ACKED_HEAD, chain->acked_head, sizeof chain->acked_head);
    cbor_put_uint(&payload, CHAIN_MISSING);
    cbor_put_array(&payload, chain->missing_count);
    for (size_t i = 0; i < chain->missing_count; i++)
        cbor_put_uint(&payload, chain->missing[i]);
    if (chain->adopt)
        put_number(&payload, CHAIN_ADOPT, 1);
    if (payload.overflow)
        return SCRIP_REFUSED_TOO_LONG;

    TRY(keys_signing(keys, &key, point, kid));
    return cose_sign(key, kid, "SCX1", buffer_bytes(&payload), out);
}

enum scrip_status message_time_read(struct bytes statement,
                                    const uint8_t host_point[CRYPTO_POINT_BYTES],
                                    const uint8_t nonce[MESSAGE_NONCE_BYTES], const char *terminal,
                                    uint32_t *t_s)
{
    struct cose message;
    struct bytes theirs = {NULL, 0}, name = {NULL, 0};
    int64_t key = CBOR_FIRST;
    size_t pairs;
    uint32_t said_s = 0;
    enum scrip_status status = cose_parse(statement, &message);

    if (status == SCRIP_OK)
        status = cose_verify(&message, "SCH1", host_point);
    if (scrip_is_fault(status))
        return status;
    if (status != SCRIP_OK)
        return SCRIP_FAULT_PROTOCOL;

    struct cbor_reader in = cbor_read(message.payload);
    bool good = cbor_get_map(&in, TIME_PAIRS, &pairs) && pairs == TIME_PAIRS &&
                cbor_get_key(&in, &key) && key == TIME_T && cbor_get_u32(&in, &said_s) &&
                cbor_get_key(&in, &key) && key == TIME_NONCE &&
                cbor_get_bytes(&in, MESSAGE_NONCE_BYTES, MESSAGE_NONCE_BYTES, &theirs) &&
                cbor_get_key(&in, &key) && key == TIME_TERMINAL &&
                cbor_get_text(&in, 1, LIMIT_ID_TEXT, &name) && cbor_done(&in);
    good = good && bytes_equal(theirs, bytes_of(nonce, MESSAGE_NONCE_BYTES)) &&
           bytes_equal(name, bytes_text(terminal));
    if (good)
        *t_s = said_s;
    return good ? SCRIP_OK : SCRIP_FAULT_PROTOCOL;
}

/* Requests --------------------------------------------------------------------------------------
 */

void message_put_open(struct json_out *out)
{
    json_put_object(out, NULL);
    json_put_uint(out, "v", 1);
    json_put_array(out, "records");
}

void message_put_record(struct json_out *out, uint32_t seq, struct bytes record, bool raw)
{
    json_put_object(out, NULL);
    json_put_uint(out, "seq", seq);
    json_put_base64url(out, "rec", record);
    if (raw)
        json_put_bool(out, "raw", true);
    json_end_object(out);
}

void message_put_chain(struct json_out *out, const struct message_chain *chain,
                       struct bytes statement)
{
    json_end_array(out);
    json_put_uint(out, "epoch", chain->epoch);
    json_put_uint(out, "boot", chain->boot);
    json_put_base64url(out, "nonce", bytes_of(chain->nonce, sizeof chain->nonce));
    json_put_base64url(out, "chain", statement);
}

void message_put_facts(struct json_out *out, const struct message_facts *facts)
{
    json_put_object(out, "queue");
    json_put_uint(out, "depth", facts->depth);
    json_put_uint(out, "oldest_s", facts->oldest_age_s);
    json_put_uint(out, "capacity", facts->capacity);
    json_put_uint(out, "lost", facts->lost);
    json_put_uint(out, "quarantined", facts->quarantined);
    json_end_object(out);
    json_put_object(out, "have");
    for (int kind = 0; kind < OBJECT_KINDS; kind++)
        json_put_uint(out, object_name((enum object_kind)kind), facts->have[kind]);
    if (facts->firmware != NULL)
        json_put_string(out, "firmware", facts->firmware);
    json_end_object(out);
    json_put_object(out, "clock");
    json_put_uint(out, "t", facts->t_s);
    json_put_uint(out, "unc", facts->unc_s);
    json_put_uint(out, "floor", facts->floor_s);
    json_put_uint(out, "up_ms", facts->up_ms);
    json_end_object(out);
    json_put_object(out, "stats");
    json_put_uint(out, "scan_ok", facts->scan_ok);
    json_put_uint(out, "scan_bad", facts->scan_bad);
    json_put_uint(out, "replay", facts->replay);
    json_put_uint(out, "expired", facts->expired);
    json_put_uint(out, "sig_fail", facts->sig_fail);
    json_put_uint(out, "erase_max", facts->erase_max);
    json_put_uint(out, "arena_peak", facts->arena_peak);
    json_end_object(out);
    json_end_object(out);
}

void message_put_ask(struct json_out *out, uint32_t epoch, uint32_t seq,
                     const uint8_t nonce[MESSAGE_NONCE_BYTES], struct bytes record)
{
    json_put_object(out, NULL);
    json_put_uint(out, "v", 1);
    json_put_uint(out, "epoch", epoch);
    json_put_uint(out, "seq", seq);
    json_put_base64url(out, "nonce", bytes_of(nonce, MESSAGE_NONCE_BYTES));
    json_put_base64url(out, "rec", record);
    json_end_object(out);
}

/* Answers ---------------------------------------------------------------------------------------
 */

static bool get_u32(const struct json *object, const char *name, uint32_t *value)
{
    uint64_t wide;

    if (!json_uint(json_member(object, name), UINT32_MAX, &wide))
        return false;
    *value = (uint32_t)wide;
    return true;
}

/* Base64url of at most cap bytes. */
static bool get_base64(const struct json *object, const char *name, uint8_t *data, size_t cap,
                       size_t *len)
{
    struct bytes text;
    struct buffer out = buffer_of(data, cap);

    if (!json_text(json_member(object, name), &text) ||
        text_base64url_decode(text, &out) != SCRIP_OK)
        return false;
    *len = out.len;
    return true;
}

static bool get_link(const struct json *object, const char *name, uint8_t link[RECORD_LINK_BYTES])
{
    size_t len;

    return get_base64(object, name, link, RECORD_LINK_BYTES, &len) && len == RECORD_LINK_BYTES;
}

static bool is_version_1(const struct json *root)
{
    uint32_t version;

    return get_u32(root, "v", &version) && version == 1;
}

/* An absent code is told by the status; absent is not the same as unknown, which is OTHER. */
static bool get_code(const struct json *object, enum record_code fallback, enum record_code *code)
{
    const struct json *node = json_member(object, "code");
    struct bytes name;

    *code = fallback;
    if (node == NULL)
        return true;
    if (!json_text(node, &name))
        return false;
    *code = record_code_of(name);
    return true;
}

static bool read_verdict(const struct json *node, struct message_verdict *out)
{
    static const struct {
        const char *status;
        enum record_code code;
    } known[] = {{"refused", RECORD_CODE_OTHER},
                 {"duplicate", RECORD_CODE_ALREADY_REDEEMED},
                 {"quarantined", RECORD_CODE_OTHER},
                 {"lost", RECORD_CODE_LOST}};
    struct bytes status;

    if (!get_u32(node, "seq", &out->seq) || !json_text(json_member(node, "status"), &status))
        return false;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (bytes_equal(status, bytes_text(known[i].status)))
            return get_code(node, known[i].code, &out->code);
    return false;
}

static bool read_verdicts(const struct json *root, struct message_answer *out)
{
    const struct json *list = json_member(root, "verdicts");

    if (list == NULL)
        return true;
    if (!json_is_array(list) || json_count(list) > LIMIT_SYNC_RECORDS)
        return false;
    out->verdict_count = json_count(list);
    for (size_t i = 0; i < out->verdict_count; i++) {
        if (!read_verdict(json_element(list, i), &out->verdict[i]))
            return false;
        if (i != 0 && out->verdict[i].seq <= out->verdict[i - 1].seq)
            return false;
    }
    return true;
}

/* Leaves the default where the member is absent or not a number; the host advises, we decide. */
static void advise(const struct json *object, const char *name, uint32_t min, uint32_t max,
                   uint32_t *value)
{
    uint32_t advised;

    if (!get_u32(object, name, &advised))
        return;
    *value = advised < min ? min : advised > max ? max : advised;
}

static bool read_answer(const struct json *root, struct message_answer *out)
{
    const struct json *next = json_member(root, "next"), *want = json_member(root, "want");

    out->delay_s = MESSAGE_DELAY_S;
    out->jitter_s = MESSAGE_JITTER_S;
    out->max_records = LIMIT_SYNC_RECORDS;
    advise(next, "delay_s", 1, MESSAGE_DELAY_MAX_S, &out->delay_s);
    advise(next, "jitter_s", 0, MESSAGE_JITTER_MAX_S, &out->jitter_s);
    advise(next, "max_records", 1, LIMIT_SYNC_RECORDS, &out->max_records);
    for (int kind = 0; kind < OBJECT_KINDS; kind++)
        advise(want, object_name((enum object_kind)kind), 0, UINT32_MAX, &out->want[kind]);
    return is_version_1(root) && get_u32(root, "ack_seq", &out->ack_seq) &&
           get_link(root, "ack_head", out->ack_head) &&
           get_base64(root, "time", out->time, sizeof out->time, &out->time_len) &&
           read_verdicts(root, out);
}

static enum scrip_status parse(struct bytes body, void *arena, size_t arena_len,
                               const struct json **root)
{
    enum scrip_status status = json_parse(body, arena, arena_len, root, NULL);

    return scrip_is_refused(status) ? SCRIP_FAULT_PROTOCOL : status;
}

enum scrip_status message_read_answer(struct bytes body, void *arena, size_t arena_len,
                                      struct message_answer *out)
{
    const struct json *root;
    bool good;

    memset(out, 0, sizeof *out);
    TRY(parse(body, arena, arena_len, &root));
    good = read_answer(root, out);
    json_close(root);
    return good ? SCRIP_OK : SCRIP_FAULT_PROTOCOL;
}

/* The approval is printed on receipts: printable ASCII only. */
static bool read_auth(const struct json *root, char auth[MESSAGE_AUTH_MAX + 1])
{
    const struct json *node = json_member(root, "auth");
    struct bytes text;

    if (node == NULL)
        return true;
    if (!json_text(node, &text) || text.len > MESSAGE_AUTH_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < ' ' || text.data[i] > '~')
            return false;
    memcpy(auth, text.data, text.len);
    return true;
}

static bool read_ask(const struct json *root, struct message_verdict_now *out)
{
    struct bytes status;

    if (!is_version_1(root) || !get_u32(root, "seq", &out->seq) ||
        !json_text(json_member(root, "status"), &status) || !read_auth(root, out->auth) ||
        !get_base64(root, "time", out->time, sizeof out->time, &out->time_len))
        return false;
    out->accepted = bytes_equal(status, bytes_text("accepted"));
    if (out->accepted)
        return true;
    return bytes_equal(status, bytes_text("refused")) &&
           get_code(root, RECORD_CODE_OTHER, &out->code);
}

enum scrip_status message_read_ask(struct bytes body, void *arena, size_t arena_len,
                                   struct message_verdict_now *out)
{
    const struct json *root;
    bool good;

    memset(out, 0, sizeof *out);
    TRY(parse(body, arena, arena_len, &root));
    good = read_ask(root, out);
    json_close(root);
    return good ? SCRIP_OK : SCRIP_FAULT_PROTOCOL;
}

/* Lower case, digits and hyphens: it goes into logs and status pages. */
static bool is_problem_name(struct bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return name.len != 0 && name.len <= MESSAGE_PROBLEM_MAX;
}

static void read_problem(const struct json *root, struct message_problem *out)
{
    static const char urn[] = "urn:scrip:err:";
    const size_t at = sizeof urn - 1;
    struct bytes type;

    if (!json_text(json_member(root, "type"), &type) || type.len < at ||
        memcmp(type.data, urn, at) != 0)
        return;
    type = bytes_of(type.data + at, type.len - at);
    if (!is_problem_name(type))
        return;
    memcpy(out->name, type.data, type.len);
    out->name[type.len] = '\0';
    out->has_expected = get_u32(root, "expected_seq", &out->expected_seq) &&
                        get_link(root, "expected_head", out->expected_head);
}

void message_read_problem(struct bytes body, int http_status, void *arena, size_t arena_len,
                          struct message_problem *out)
{
    const struct json *root;

    memset(out, 0, sizeof *out);
    struct buffer name = buffer_of(out->name, MESSAGE_PROBLEM_MAX);
    buffer_put_text(&name, "http-");
    buffer_put_decimal(&name, (uint64_t)http_status);
    if (body.len == 0 || json_parse(body, arena, arena_len, &root, NULL) != SCRIP_OK)
        return;
    read_problem(root, out);
    json_close(root);
}
