/*
 * The host of sync_rig.h, which includes this: reads each request as strictly as the real one, and
 * answers as rig.host says.
 */
#ifndef TESTS_UNIT_SYNC_RIG_HOST_H
#define TESTS_UNIT_SYNC_RIG_HOST_H

#include "tests/unit/sync_rig.h"

static void rig_take_field(const char *name, char *out, size_t cap)
{
    const char *at = strstr((const char *)rig.request, name);
    size_t len;

    out[0] = '\0';
    if (at == NULL)
        return;
    at += strlen(name);
    len = strcspn(at, "\r");
    if (len < cap) {
        memcpy(out, at, len);
        out[len] = '\0';
    }
}

/* Checks the statement's signature and reads what the tests look at. */
static void rig_take_chain(const struct json *root)
{
    uint8_t memory[MESSAGE_CHAIN_BYTES], point[CRYPTO_POINT_BYTES], kid[COSE_KID_BYTES];
    struct buffer out = buffer_of(memory, sizeof memory);
    struct bytes text, item;
    struct crypto_key key;
    struct cose message;
    int64_t label = CBOR_FIRST;
    size_t pairs, missing;
    struct message_chain *chain = &rig.chain;
    uint32_t *const numbers[] = {
        [2] = &chain->epoch,  [3] = &chain->boot,     [5] = &chain->from_seq,
        [6] = &chain->to_seq, [7] = &chain->head_seq, [9] = &chain->acked_seq};

    memset(chain, 0, sizeof *chain);
    REQUIRE(json_text(json_member(root, "chain"), &text));
    CHECK_STATUS(text_base64url_decode(text, &out), SCRIP_OK);
    CHECK_STATUS(cose_parse(buffer_bytes(&out), &message), SCRIP_OK);
    CHECK_STATUS(keys_signing(&rig.keys, &key, point, kid), SCRIP_OK);
    CHECK_STATUS(cose_verify(&message, "SCX1", point), SCRIP_OK);
    struct cbor_reader in = cbor_read(message.payload);
    CHECK(cbor_get_map(&in, 12, &pairs));
    for (size_t i = 0; i < pairs; i++) {
        CHECK(cbor_get_key(&in, &label));
        if (label == 1) {
            CHECK(cbor_get_text(&in, 1, 38, &item));
        } else if (label == 4) {
            CHECK(cbor_get_bytes(&in, 16, 16, &item));
            memcpy(chain->nonce, item.data, 16);
        } else if (label == 8 || label == 10) {
            CHECK(cbor_get_bytes(&in, 16, 16, &item));
            memcpy(label == 8 ? chain->head : chain->acked_head, item.data, 16);
        } else if (label == 11) {
            CHECK(cbor_get_array(&in, MESSAGE_MISSING_MAX, &missing));
            chain->missing_count = missing;
            for (size_t m = 0; m < missing; m++)
                CHECK(cbor_get_u32(&in, &chain->missing[m]));
        } else if (label == 12) {
            uint32_t one;
            CHECK(cbor_get_u32(&in, &one) && one == 1);
            chain->adopt = true;
        } else {
            CHECK(cbor_get_u32(&in, numbers[label]));
        }
    }
    CHECK(cbor_done(&in));
}

static void rig_statement(const uint8_t nonce[16], struct buffer *out)
{
    uint8_t memory[128], point[CRYPTO_POINT_BYTES], kid[COSE_KID_BYTES], theirs[16];
    struct buffer payload = buffer_of(memory, sizeof memory);
    struct crypto_key key = rig.host.wrong_key ? rig.other_key : rig.host_key;
    uint32_t now_s = rig.host.time_s != 0 ? rig.host.time_s
                                          : RIG_START_S + (uint32_t)(rig.rtc.uptime_ms / 1000);

    memcpy(theirs, nonce, sizeof theirs);
    theirs[3] ^= rig.host.wrong_nonce;
    cbor_put_map(&payload, 3);
    cbor_put_uint(&payload, 1);
    cbor_put_uint(&payload, now_s);
    cbor_put_uint(&payload, 2);
    cbor_put_bytes(&payload, bytes_of(theirs, sizeof theirs));
    cbor_put_uint(&payload, 3);
    cbor_put_text(&payload, bytes_text(rig.host.wrong_terminal ? "ACME.S1.T2" : "ACME.S1.T1"));
    CHECK_STATUS(crypto_signing_public(key, point), SCRIP_OK);
    CHECK_STATUS(cose_kid(point, kid), SCRIP_OK);
    CHECK_STATUS(cose_sign(key, kid, "SCH1", buffer_bytes(&payload), out), SCRIP_OK);
}

static void rig_put_time(struct json_out *json, const uint8_t nonce[16])
{
    uint8_t memory[MESSAGE_TIME_BYTES];
    struct buffer statement = buffer_of(memory, sizeof memory);

    if (rig.host.no_time)
        return;
    rig_statement(nonce, &statement);
    json_put_base64url(json, "time", buffer_bytes(&statement));
}

static void rig_answer(int status, const char *type, struct bytes body)
{
    char head[512];
    int len = snprintf(head, sizeof head,
                       "HTTP/1.1 %d X\r\nContent-Type: %s\r\n%s%sContent-Length: %zu\r\n\r\n",
                       status, type, rig.host.close_after ? "Connection: close\r\n" : "",
                       rig.host.fields != NULL ? rig.host.fields : "", body.len);

    memcpy(rig.answer, head, (size_t)len);
    if (body.len != 0)
        memcpy(rig.answer + len, body.data, body.len);
    rig.answer_len = (size_t)len + body.len;
    rig.answer_at = 0;
    if (rig.host.cut != 0) {
        rig.answer_len -= rig.host.cut;
        rig.connected = false;
    }
    if (rig.host.drop) {
        rig.answer_len = 0;
        rig.connected = false;
    }
    if (rig.host.silent)
        rig.answer_len = 0;
}

/* Appends a member's raw JSON to the open object in out. */
static void rig_put_raw(struct buffer *out, const char *name, const char *value)
{
    buffer_put_text(out, ",\"");
    buffer_put_text(out, name);
    buffer_put_text(out, "\":");
    buffer_put_text(out, value);
}

static void rig_answer_sync(void)
{
    static char memory[32768];
    struct buffer out = buffer_of(memory, sizeof memory);
    struct json_out json;
    uint8_t link[RECORD_LINK_BYTES];
    uint32_t ack = rig.chain.to_seq - (uint32_t)rig.host.ack_less + (uint32_t)rig.host.ack_more;

    memcpy(link, rig.record[ack <= RIG_RECORDS ? ack : 0].link, sizeof link);
    link[5] ^= rig.host.wrong_head;
    json_out_open(&json, json_to_buffer, &out);
    json_put_object(&json, NULL);
    json_put_uint(&json, "v", 1);
    json_put_uint(&json, "ack_seq", ack);
    json_put_base64url(&json, "ack_head", bytes_of(link, sizeof link));
    rig_put_time(&json, rig.chain.nonce);
    json_end_object(&json);
    CHECK_STATUS(json_out_end(&json), SCRIP_OK);
    out.len--; /* opens the object again */
    if (rig.host.verdicts != NULL)
        rig_put_raw(&out, "verdicts", rig.host.verdicts);
    if (rig.host.more != NULL)
        buffer_put_text(&out, rig.host.more);
    buffer_put_text(&out, "}");
    rig_answer(200, "application/json", buffer_bytes(&out));
}

static void rig_answer_ask(const struct json *root)
{
    static char memory[1024];
    uint8_t nonce[16];
    struct buffer out = buffer_of(memory, sizeof memory), raw = buffer_of(nonce, sizeof nonce);
    struct json_out json;
    struct bytes text = {NULL, 0};
    uint64_t seq = 0;

    CHECK(json_uint(json_member(root, "seq"), UINT32_MAX, &seq));
    CHECK(json_text(json_member(root, "nonce"), &text));
    CHECK_STATUS(text_base64url_decode(text, &raw), SCRIP_OK);
    json_out_open(&json, json_to_buffer, &out);
    json_put_object(&json, NULL);
    json_put_uint(&json, "v", 1);
    json_put_uint(&json, "seq", seq + rig.host.wrong_seq);
    json_put_string(&json, "status", rig.host.ask_status);
    if (strcmp(rig.host.ask_status, "refused") == 0)
        json_put_string(&json, "code", "ALREADY_REDEEMED");
    json_put_string(&json, "auth", "A-1");
    rig_put_time(&json, nonce);
    json_end_object(&json);
    rig_answer(200, "application/json", buffer_bytes(&out));
}

static void rig_take_records(const struct json *root)
{
    const struct json *records = json_member(root, "records");

    rig.record_count = json_count(records);
    rig.first_seq = rig.last_seq = 0;
    rig.any_raw = false;
    for (size_t i = 0; i < rig.record_count; i++) {
        const struct json *node = json_element(records, i);
        uint8_t memory[LIMIT_RECORD_BYTES];
        struct buffer out = buffer_of(memory, sizeof memory);
        struct bytes text = {NULL, 0};
        uint64_t seq = 0;
        bool raw = false;

        CHECK(json_uint(json_member(node, "seq"), RIG_RECORDS, &seq));
        CHECK(json_text(json_member(node, "rec"), &text));
        CHECK_STATUS(text_base64url_decode(text, &out), SCRIP_OK);
        CHECK(bytes_equal(buffer_bytes(&out), bytes_of(rig.record[seq].data, rig.record[seq].len)));
        CHECK(seq > rig.last_seq);
        rig.any_raw |= json_bool(json_member(node, "raw"), &raw) && raw;
        if (i == 0)
            rig.first_seq = (uint32_t)seq;
        rig.last_seq = (uint32_t)seq;
    }
}

static void rig_serve_json(struct bytes body, bool is_sync)
{
    static uint8_t arena[262144];
    const struct json *root;
    size_t at = 0;
    enum scrip_status status = json_parse(body, arena, sizeof arena, &root, &at);

    CHECK_STATUS(status, SCRIP_OK);
    if (status != SCRIP_OK)
        return;
    if (is_sync) {
        rig_take_records(root);
        rig_take_chain(root);
    }
    bool poisoned = rig.host.poison != 0 && !rig.any_raw && rig.first_seq <= rig.host.poison &&
                    rig.host.poison <= rig.last_seq;
    bool large = rig.host.max_records != 0 && rig.record_count > rig.host.max_records;
    if (rig.host.status != 0)
        rig_answer(rig.host.status, "application/problem+json",
                   bytes_text(rig.host.problem != NULL ? rig.host.problem : ""));
    else if (is_sync && poisoned)
        rig_answer(400, "application/problem+json",
                   bytes_text("{\"type\":\"urn:scrip:err:malformed\"}"));
    else if (is_sync && large)
        rig_answer(413, "application/problem+json",
                   bytes_text("{\"type\":\"urn:scrip:err:too-large\"}"));
    else if (is_sync)
        rig_answer_sync();
    else
        rig_answer_ask(root);
    json_close(root);
}

/* Answers as soon as a request is whole. */
static void rig_serve(void)
{
    static const char end[] = "\r\n\r\n";
    const uint8_t *body;
    char length[24];
    size_t head, len;

    rig.request[rig.request_len < sizeof rig.request ? rig.request_len : 0] = '\0';
    body = memmem(rig.request, rig.request_len, end, 4);
    if (body == NULL)
        return;
    head = (size_t)(body - rig.request) + 4;
    rig_take_field("Content-Length: ", length, sizeof length);
    len = 0;
    for (const char *c = length; *c != '\0'; c++)
        len = len * 10 + (size_t)(*c - '0');
    if (rig.request_len < head + len)
        return;
    CHECK_EQ_INT(rig.request_len, head + len);
    rig.requests++;
    rig_take_field("HTTP/1.1\r\nHost: ", length, sizeof length);
    CHECK_EQ_STRING(length, "host.example");
    rig_take_field("Idempotency-Key: ", rig.key, sizeof rig.key);
    rig_take_field("If-None-Match: ", rig.etag, sizeof rig.etag);
    const char *space = strchr((const char *)rig.request, ' ');
    (void)snprintf(rig.path, sizeof rig.path, "%.*s", (int)strcspn(space + 1, " "), space + 1);
    if (rig.request[0] == 'G')
        rig_answer(rig.host.status != 0 ? rig.host.status : 200, "application/cose",
                   rig.host.object);
    else
        rig_serve_json(bytes_of(rig.request + head, len), strcmp(rig.path, "/v1/sync") == 0);
    if (rig.request[0] == 'G' && rig.host.cut_object != 0) {
        rig.answer_len -= rig.host.cut_object;
        rig.connected = false;
    }
    rig.request_len = 0;
}

#endif
