/* The terminals of host_world: what they record and send. */
#include "tests/support/host_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cbor.h"
#include "base/json.h"
#include "base/text.h"

/* Tokens and records. */

struct token_claims world_claims(struct world *world)
{
    struct token_claims claims = {
        .audience = bytes_text("M.S1"),
        .iat_s = world->now_s - 10,
        .exp_s = world->now_s + 110,
        .scope = TOKEN_REDEEM_VALUE,
        .limit_minor = 500,
        .currency = 978,
        .flags = TOKEN_OFFLINE,
        .has_member = true,
        .has_limit = true,
    };

    bytes_put_u32(claims.cti, ++world->next_cti);
    memset(claims.member, 0xE1, sizeof claims.member);
    return claims;
}

struct bytes world_mint(struct world *world, const struct token_claims *claims,
                        uint8_t token[LIMIT_TOKEN_BYTES])
{
    uint8_t data[LIMIT_TOKEN_PAYLOAD];
    struct buffer payload = buffer_of(data, sizeof data);
    struct buffer out = buffer_of(token, LIMIT_TOKEN_BYTES);

    token_claims_write(claims, &payload);
    if (payload.overflow || cose_sign(world->issuer, world->issuer_kid, "SCT1",
                                      buffer_bytes(&payload), &out) != SCRIP_OK)
        return bytes_of(NULL, 0);
    return buffer_bytes(&out);
}

static struct record_stamp stamp_of(const struct world *world)
{
    return (struct record_stamp){
        .t_s = world->now_s, .unc_s = 2, .source = WALLCLOCK_HOST, .boot = 42, .up_s = 812};
}

struct record world_redeem(const struct world *world, struct bytes token, uint8_t mode)
{
    static const uint8_t lines[CRYPTO_HASH_BYTES] = {0x11};

    return (struct record){
        .type = RECORD_REDEEM,
        .stamp = stamp_of(world),
        .token = token,
        .mode = mode,
        .amount_minor = 500,
        .currency = 978,
        .issuer = WORLD_ISSUER,
        .sale_id = bytes_text("TILL-1"),
        .service_id = bytes_text("100"),
        .transaction_id = bytes_text("20261125-0001"),
        .lines = bytes_of(lines, sizeof lines),
        .total_minor = 1999,
    };
}

struct record world_about(const struct world *world, enum record_type type, uint32_t of)
{
    return (struct record){.type = type, .stamp = stamp_of(world), .of = of, .amount_minor = 500};
}

uint32_t world_append(struct world_terminal *terminal, struct record record)
{
    struct world_record *next = &terminal->record[terminal->seq + 1];
    struct buffer out = buffer_of(next->data, sizeof next->data);

    record.epoch = terminal->epoch;
    record.seq = terminal->seq + 1;
    memcpy(record.prev, terminal->record[terminal->seq].link, RECORD_LINK_BYTES);
    if (record_write(&record, &out) != SCRIP_OK ||
        record_link(buffer_bytes(&out), next->link) != SCRIP_OK)
        return 0;
    next->len = out.len;
    return ++terminal->seq;
}

struct bytes world_fresh_token(struct world *world, uint8_t token[LIMIT_TOKEN_BYTES])
{
    struct token_claims claims = world_claims(world);

    return world_mint(world, &claims, token);
}

uint32_t world_sell(struct world *world, struct world_terminal *terminal, uint8_t mode)
{
    uint8_t memory[LIMIT_TOKEN_BYTES];

    return world_append(terminal, world_redeem(world, world_fresh_token(world, memory), mode));
}

/* Requests. */

static const uint8_t nonce[STATEMENT_NONCE_BYTES] = "0123456789abcde";

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

static struct bytes sign_chain(const struct world_terminal *terminal, const struct world_sync *sync,
                               struct buffer *out)
{
    uint8_t data[512];
    struct buffer payload = buffer_of(data, sizeof data);
    uint32_t head_seq = sync->head_seq != 0 ? sync->head_seq : terminal->seq;

    cbor_put_map(&payload, sync->adopt ? 12 : 11);
    cbor_put_uint(&payload, 1);
    cbor_put_text(&payload, bytes_text(terminal->name));
    put_number(&payload, 2, terminal->epoch);
    put_number(&payload, 3, 42);
    put_bytes(&payload, 4, nonce, sizeof nonce);
    put_number(&payload, 5, sync->from);
    put_number(&payload, 6, sync->to);
    put_number(&payload, 7, head_seq);
    put_bytes(&payload, 8, terminal->record[head_seq].link, RECORD_LINK_BYTES);
    put_number(&payload, 9, terminal->acked_seq);
    put_bytes(&payload, 10, terminal->acked_head, RECORD_LINK_BYTES);
    cbor_put_uint(&payload, 11);
    cbor_put_array(&payload, sync->missing_count);
    for (size_t i = 0; i < sync->missing_count; i++)
        cbor_put_uint(&payload, sync->missing[i]);
    if (sync->adopt)
        put_number(&payload, 12, 1);
    if (cose_sign(terminal->key, terminal->kid, "SCX1", buffer_bytes(&payload), out) != SCRIP_OK)
        out->len = 0;
    return buffer_bytes(out);
}

static bool is_missing(const struct world_sync *sync, uint32_t seq)
{
    for (size_t i = 0; i < sync->missing_count; i++)
        if (sync->missing[i] == seq)
            return true;
    return false;
}

static void put_records(struct json_out *json, const struct world_terminal *terminal,
                        const struct world_sync *sync)
{
    json_put_array(json, "records");
    for (uint32_t seq = sync->from; seq <= sync->to && seq < WORLD_RECORDS; seq++) {
        const struct world_record *record = &terminal->record[seq];

        if (is_missing(sync, seq) || seq == sync->skip)
            continue;
        json_put_object(json, NULL);
        json_put_uint(json, "seq", seq);
        json_put_base64url(json, "rec", bytes_of(record->data, record->len));
        if (seq == sync->raw)
            json_put_bool(json, "raw", true);
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_counters(struct json_out *json)
{
    json_put_object(json, "queue");
    json_put_uint(json, "depth", 3);
    json_put_uint(json, "oldest_s", 7200);
    json_put_uint(json, "capacity", 4096);
    json_end_object(json);
    json_put_object(json, "have");
    json_put_uint(json, "policy", 17);
    json_put_uint(json, "keys", 9);
    json_put_string(json, "firmware", "1.4.2");
    json_end_object(json);
    json_put_object(json, "stats");
    json_put_uint(json, "scan_ok", 9);
    json_end_object(json);
}

struct bytes world_sync_body(struct world_terminal *terminal, const struct world_sync *sync)
{
    static uint8_t body[WORLD_BODY];
    uint8_t data[768];
    struct buffer signature = buffer_of(data, sizeof data);
    struct buffer out = buffer_of(body, sizeof body);
    struct json_out json;

    json_out_open(&json, json_to_buffer, &out);
    json_put_object(&json, NULL);
    json_put_uint(&json, "v", 1);
    json_put_uint(&json, "epoch", terminal->epoch);
    json_put_uint(&json, "boot", 42);
    json_put_base64url(&json, "nonce", bytes_of(nonce, sizeof nonce));
    json_put_base64url(&json, "chain", sign_chain(terminal, sync, &signature));
    put_records(&json, terminal, sync);
    put_counters(&json);
    if (sync->extra != NULL)
        buffer_put_text(&out, sync->extra);
    json_end_object(&json);
    return json_out_end(&json) == SCRIP_OK ? buffer_bytes(&out) : bytes_of(NULL, 0);
}

bool world_send(struct world_terminal *terminal, const struct world_sync *sync)
{
    return test_client_post(&terminal->client, "/v1/sync", world_sync_body(terminal, sync));
}

bool world_take_ack(struct world_terminal *terminal)
{
    static uint8_t arena[65536];
    const struct json *root;
    struct bytes text = {NULL, 0};
    uint8_t head[RECORD_LINK_BYTES];
    struct buffer link = buffer_of(head, sizeof head);
    uint64_t seq = 0;
    bool good;

    if (json_parse(bytes_of(terminal->client.body, terminal->client.len), arena, sizeof arena,
                   &root, NULL) != SCRIP_OK)
        return false;
    good = json_uint(json_member(root, "ack_seq"), terminal->seq, &seq) &&
           json_text(json_member(root, "ack_head"), &text) &&
           text_base64url_decode(text, &link) == SCRIP_OK && link.len == sizeof head &&
           memcmp(head, terminal->record[seq].link, sizeof head) == 0;
    json_close(root);
    if (!good)
        return false;
    terminal->acked_seq = (uint32_t)seq;
    memcpy(terminal->acked_head, head, sizeof head);
    return true;
}

bool world_settle(struct world_terminal *terminal)
{
    struct world_sync sync = {.from = terminal->acked_seq + 1, .to = terminal->seq};

    return world_send(terminal, &sync) && terminal->client.status == 200 &&
           world_take_ack(terminal);
}

bool world_ask(struct world_terminal *terminal, uint32_t seq)
{
    static uint8_t body[2048];
    struct buffer out = buffer_of(body, sizeof body);
    const struct world_record *record = &terminal->record[seq];
    struct json_out json;
    char headers[128];

    json_out_open(&json, json_to_buffer, &out);
    json_put_object(&json, NULL);
    json_put_uint(&json, "v", 1);
    json_put_uint(&json, "epoch", terminal->epoch);
    json_put_uint(&json, "seq", seq);
    json_put_base64url(&json, "nonce", bytes_of(nonce, sizeof nonce));
    json_put_base64url(&json, "rec", bytes_of(record->data, record->len));
    json_end_object(&json);
    (void)snprintf(headers, sizeof headers,
                   "Content-Type: application/json\r\nIdempotency-Key: %u-%u\r\n", terminal->epoch,
                   seq);
    return json_out_end(&json) == SCRIP_OK &&
           test_client_send(&terminal->client, "POST", "/v1/redemptions", headers,
                            buffer_bytes(&out));
}

bool world_has_verdict(const struct world_terminal *terminal, uint32_t seq, const char *status,
                       const char *code)
{
    char text[128];

    (void)snprintf(text, sizeof text, "{\"seq\":%" PRIu32 ",\"status\":\"%s\",\"code\":\"%s\"}",
                   seq, status, code);
    return test_client_has(&terminal->client, text);
}

bool world_has_no_verdicts(const struct world_terminal *terminal)
{
    return test_client_has(&terminal->client, "\"verdicts\":[]");
}
