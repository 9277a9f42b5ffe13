/* Receipts that customers hand in: once, pending until the journal arrives, gone with a reversal.
 */
#include "redeem/receipt.h"

#include "base/json.h"
#include "tests/check.h"
#include "tests/support/host_world.h"

static struct world world;
static struct world_terminal *const one = &world.terminal[0];
static struct world_terminal *const two = &world.terminal[1];

static uint8_t printed[LIMIT_CODE_CHARS];

/* The receipt that a terminal prints for one of its records. */
static struct bytes print(struct world_terminal *terminal, uint32_t seq, char transport)
{
    struct buffer out = buffer_of(printed, sizeof printed);
    const struct keys keys = {.signing = {terminal->key}};
    struct identity name;
    struct record record;

    if (identity_parse(bytes_text(terminal->name), &name) != SCRIP_OK ||
        record_read(bytes_of(terminal->record[seq].data, terminal->record[seq].len), &record) !=
            SCRIP_OK ||
        receipt_make(&keys, &name, &record, transport, &out) != SCRIP_OK)
        return bytes_of(NULL, 0);
    return buffer_bytes(&out);
}

static bool claim(struct world_terminal *asker, struct bytes receipt, const char *key)
{
    uint8_t body[2048];
    struct buffer out = buffer_of(body, sizeof body);
    struct json_out json;
    char headers[200];

    json_out_open(&json, json_to_buffer, &out);
    json_put_object(&json, NULL);
    json_put_uint(&json, "v", 1);
    json_put_text(&json, "receipt", receipt);
    json_end_object(&json);
    (void)snprintf(headers, sizeof headers,
                   "Content-Type: application/json\r\nIdempotency-Key: %s\r\n", key);
    return json_out_end(&json) == SCRIP_OK &&
           test_client_send(&asker->client, "POST", "/v1/receipts/claim", headers,
                            buffer_bytes(&out));
}

static void expect(struct bytes receipt, const char *key, const char *words)
{
    CHECK(claim(one, receipt, key));
    CHECK_EQ_INT(one->client.status, 200);
    if (!test_client_has(&one->client, words))
        printf("    answer: %s\n", (const char *)one->client.body);
    CHECK(test_client_has(&one->client, words));
}

static void test_pending_until_the_journal_arrives(void)
{
    CHECK(world_settle(two)); /* its key is known from its first sync */
    uint32_t seq = world_sell(&world, two, PERMIT_OFFLINE);
    struct bytes receipt = print(two, seq, 'B');

    expect(receipt, "app-1", "\"status\":\"pending\",\"terminal\":\"M.S1.T2\"");
    expect(receipt, "app-1", "\"status\":\"pending\"");
    expect(receipt, "app-2", "\"code\":\"ALREADY_CLAIMED\"");
    CHECK(world_settle(two));
    expect(receipt, "app-1",
           "\"status\":\"claimed\",\"terminal\":\"M.S1.T2\",\"epoch\":7,\"seq\":1,"
           "\"total_minor\":1999,\"amount_minor\":500,\"currency\":978");
    expect(receipt, "app-2", "\"code\":\"ALREADY_CLAIMED\"");
}

/* Signed anew, in another transport: the same receipt. */
static void test_a_reprint_is_the_same_receipt(void)
{
    uint32_t seq = world_sell(&world, two, PERMIT_OFFLINE);
    uint8_t first[LIMIT_CODE_CHARS];
    struct bytes receipt = print(two, seq, 'B');
    size_t len = receipt.len;

    memcpy(first, printed, sizeof first);
    CHECK(world_settle(two));
    expect(bytes_of(first, len), "app-1", "\"status\":\"claimed\"");
    receipt = print(two, seq, 'D');
    CHECK(receipt.len != len || memcmp(first, printed, len) != 0);
    expect(receipt, "app-9", "\"code\":\"ALREADY_CLAIMED\"");
    expect(receipt, "app-1", "\"status\":\"claimed\"");
}

static void test_a_reversal_kills_the_claim(void)
{
    char state[32];
    uint32_t seq = world_sell(&world, two, PERMIT_OFFLINE);
    struct bytes receipt = print(two, seq, 'B');

    CHECK(world_settle(two));
    expect(receipt, "app-1", "\"status\":\"claimed\"");
    CHECK(world_append(two, world_about(&world, RECORD_REVERSE, seq)) != 0);
    CHECK(world_settle(two));
    expect(receipt, "app-1", "\"code\":\"REVERSED\"");
    CHECK(world_query(&world, "SELECT state FROM claims ORDER BY seq DESC", state, sizeof state));
    CHECK_EQ_STRING(state, "reversed");

    /* And one that comes together with what it undoes. */
    seq = world_sell(&world, two, PERMIT_OFFLINE);
    receipt = print(two, seq, 'B');
    expect(receipt, "app-1", "\"status\":\"pending\"");
    CHECK(world_append(two, world_about(&world, RECORD_REVERSE, seq)) != 0);
    CHECK(world_settle(two));
    expect(receipt, "app-1", "\"code\":\"REVERSED\"");
}

static void test_a_record_that_the_host_refused(void)
{
    uint8_t memory[LIMIT_TOKEN_BYTES];
    struct token_claims claims = world_claims(&world);
    struct bytes token = world_mint(&world, &claims, memory);
    uint32_t seq = world_append(two, world_redeem(&world, token, PERMIT_OFFLINE));

    CHECK(world_append(one, world_redeem(&world, token, PERMIT_OFFLINE)) != 0);
    CHECK(world_settle(one));
    CHECK(world_settle(two));
    expect(print(two, seq, 'B'), "app-1", "\"code\":\"NOT_REDEEMED\"");
}

/* A terminal that prints one sale and sends another. */
static void test_a_receipt_of_another_sale(void)
{
    uint32_t seq = world_sell(&world, two, PERMIT_OFFLINE);
    struct world_record kept = two->record[seq];
    struct record record;
    struct buffer out = buffer_of(two->record[seq].data, sizeof two->record[seq].data);

    REQUIRE(record_read(bytes_of(kept.data, kept.len), &record) == SCRIP_OK);
    record.total_minor += 10000;
    REQUIRE(record_write(&record, &out) == SCRIP_OK);
    two->record[seq].len = out.len;
    uint8_t text[LIMIT_CODE_CHARS];
    struct bytes receipt = print(two, seq, 'B');
    size_t len = receipt.len;
    memcpy(text, printed, sizeof text);
    two->record[seq] = kept;
    CHECK(world_settle(two));
    expect(bytes_of(text, len), "app-1", "\"code\":\"MISMATCH\"");
}

static void test_what_is_no_receipt_of_ours(void)
{
    uint8_t text[LIMIT_CODE_CHARS];
    uint32_t seq = world_sell(&world, two, PERMIT_OFFLINE);
    struct bytes receipt = print(two, seq, 'B');
    size_t len = receipt.len;
    static struct world_terminal stranger;
    uint8_t scalar[CRYPTO_SCALAR_BYTES];

    memcpy(text, printed, sizeof text);
    text[len - 1] = text[len - 1] == 'A' ? 'B' : 'A';
    expect(bytes_of(text, len), "app-1", "\"code\":\"NOT_GENUINE\"");
    expect(bytes_text("https://example.com"), "app-1", "\"code\":\"NOT_GENUINE\"");
    expect(bytes_text("SCTB"), "app-1", "\"code\":\"NOT_GENUINE\"");
    memcpy(stranger.name, "M.S1.T9", 8);
    stranger.record[1] = two->record[seq];
    REQUIRE(crypto_signing_generate(&stranger.key, scalar) == SCRIP_OK);
    expect(print(&stranger, 1, 'B'), "app-1", "\"code\":\"NOT_GENUINE\"");
    crypto_key_close(&stranger.key);
}

static void test_old_receipts(void)
{
    uint8_t memory[LIMIT_TOKEN_BYTES];
    struct record record = world_redeem(&world, world_fresh_token(&world, memory), PERMIT_OFFLINE);

    record.stamp.t_s = world.now_s - RECEIPT_LIFETIME_S - 60;
    uint32_t seq = world_append(two, record);
    expect(print(two, seq, 'B'), "app-1", "\"code\":\"EXPIRED\"");
}

static void test_bodies_are_read_strictly(void)
{
    static const char json[] = "Content-Type: application/json\r\nIdempotency-Key: k\r\n";

    CHECK(test_client_send(&one->client, "POST", "/v1/receipts/claim", json,
                           bytes_text("{\"v\":1,\"receipt\":\"SCRB\",\"member\":\"x\"}")));
    CHECK_EQ_INT(one->client.status, 400);
    CHECK(test_client_has(&one->client, "unknown field: member"));
    CHECK(test_client_send(&one->client, "POST", "/v1/receipts/claim",
                           "Content-Type: application/json\r\n",
                           bytes_text("{\"v\":1,\"receipt\":\"SCRB\"}")));
    CHECK_EQ_INT(one->client.status, 422);
    CHECK(test_client_get(&one->client, "/v1/receipts/claim"));
    CHECK_EQ_INT(one->client.status, 405);
}

static void test_every_message_validates(void)
{
    CHECK(world_validate(&world));
}

int main(void)
{
    if (!world_open(&world)) {
        printf("the host's surroundings could not be made\n");
        world_close(&world);
        return 1;
    }
    CHECK_RUN(test_pending_until_the_journal_arrives);
    CHECK_RUN(test_a_reprint_is_the_same_receipt);
    CHECK_RUN(test_a_reversal_kills_the_claim);
    CHECK_RUN(test_a_record_that_the_host_refused);
    CHECK_RUN(test_a_receipt_of_another_sale);
    CHECK_RUN(test_what_is_no_receipt_of_ours);
    CHECK_RUN(test_old_receipts);
    CHECK_RUN(test_bodies_are_read_strictly);
    CHECK_RUN(test_every_message_validates);
    world_close(&world);
    return check_done();
}
