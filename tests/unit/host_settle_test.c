/* A terminal's records become verdicts: signatures, times, one-time use, retries. */
#include <sqlite3.h>

#include "base/text.h"
#include "tests/check.h"
#include "tests/support/host_world.h"

static struct world world;
static struct world_terminal *const one = &world.terminal[0];
static struct world_terminal *const two = &world.terminal[1];

static const char *query(const char *sql)
{
    static char text[128];

    return world_query(&world, sql, text, sizeof text) ? text : "(no row)";
}

static void test_heartbeat_is_acknowledged(void)
{
    CHECK(world_settle(one));
    CHECK_EQ_INT(one->acked_seq, 0);
    CHECK(world_has_no_verdicts(one));
    CHECK(test_client_has(&one->client, "\"want\":{\"policy\":18}"));
    CHECK_EQ_STRING(query("SELECT json_extract(report, '$.stats.scan_ok') FROM chain"), "9");
}

static void test_batch_is_accepted_and_durable(void)
{
    for (int i = 0; i < 5; i++)
        CHECK(world_sell(&world, one, PERMIT_OFFLINE) != 0);
    CHECK(world_settle(one));
    CHECK_EQ_INT(one->acked_seq, 5);
    CHECK(world_has_no_verdicts(one));
    CHECK_EQ_STRING(query("SELECT count(*) FROM redemptions WHERE verdict = 'accepted'"
                          " AND state = 'held' AND amount_minor = 500 AND settled"),
                    "5");
    CHECK_EQ_STRING(query("SELECT transaction_id FROM redemptions WHERE seq = 5"), "M.S1.T1-7-5");
}

static void test_time_is_signed_for_the_nonce(void)
{
    struct cose message;
    uint8_t memory[STATEMENT_TIME_BYTES];
    struct buffer out = buffer_of(memory, sizeof memory);
    const char *text;

    CHECK(world_settle(one));
    text = strstr((const char *)one->client.body, "\"time\":\"");
    REQUIRE(text != NULL);
    text += 8;
    REQUIRE(text_base64url_decode(bytes_of(text, strcspn(text, "\"")), &out) == SCRIP_OK);
    REQUIRE(cose_parse(buffer_bytes(&out), &message) == SCRIP_OK);
    CHECK_STATUS(cose_verify(&message, "SCH1", world.time_point), SCRIP_OK);
    CHECK(memmem(message.payload.data, message.payload.len, "0123456789abcde", 16) != NULL);
    CHECK(memmem(message.payload.data, message.payload.len, one->name, strlen(one->name)) != NULL);
}

static void test_lost_answer_is_given_again(void)
{
    struct world_sync sync = {.from = one->acked_seq + 1};
    uint8_t first[2][64];
    uint8_t memory[LIMIT_TOKEN_BYTES];
    struct bytes token = world_fresh_token(&world, memory);
    uint32_t good = world_append(one, world_redeem(&world, token, PERMIT_OFFLINE));
    uint32_t twice = world_append(one, world_redeem(&world, token, PERMIT_OFFLINE));

    sync.to = twice;
    for (int i = 0; i < 2; i++) {
        const char *at;

        REQUIRE(world_send(one, &sync));
        CHECK_EQ_INT(one->client.status, 200);
        CHECK(world_has_verdict(one, twice, "refused", "ALREADY_REDEEMED"));
        at = strstr((const char *)one->client.body, "\"verdicts\"");
        REQUIRE(at != NULL);
        memcpy(first[i], at, sizeof first[i]);
    }
    CHECK_EQ_BYTES(first[0], first[1], sizeof first[0]);
    /* Even a heartbeat brings the verdicts that the terminal has not seen. */
    sync.to = sync.from - 1;
    REQUIRE(world_send(one, &sync));
    CHECK(world_has_verdict(one, twice, "refused", "ALREADY_REDEEMED"));
    CHECK(world_settle(one));
    CHECK_EQ_INT(one->acked_seq, twice);
    CHECK(good + 1 == twice);
}

static void test_verdicts_survive_a_restart(void)
{
    uint32_t before = one->acked_seq;

    REQUIRE(world_restart(&world));
    CHECK(world_settle(one));
    CHECK_EQ_INT(one->acked_seq, before);
    CHECK(world_has_no_verdicts(one));
}

static void test_first_commit_wins_across_terminals(void)
{
    uint8_t memory[LIMIT_TOKEN_BYTES];
    struct bytes token = world_fresh_token(&world, memory);
    uint32_t winner = world_append(one, world_redeem(&world, token, PERMIT_OFFLINE));
    uint32_t loser = world_append(two, world_redeem(&world, token, PERMIT_OFFLINE));

    CHECK(world_settle(one));
    CHECK(world_has_no_verdicts(one));
    CHECK(world_settle(two));
    CHECK(world_has_verdict(two, loser, "refused", "ALREADY_REDEEMED"));
    CHECK_EQ_INT(one->acked_seq, winner);
    CHECK_EQ_STRING(query("SELECT group_concat(terminal || ':' || state, ' ') FROM (SELECT * FROM"
                          " redemptions WHERE cti = (SELECT cti FROM redemptions WHERE terminal ="
                          " 'M.S1.T2') ORDER BY terminal)"),
                    "M.S1.T1:held M.S1.T2:refused");
}

static void test_reversal_frees_the_code(void)
{
    uint8_t memory[LIMIT_TOKEN_BYTES];
    struct bytes token = world_fresh_token(&world, memory);
    uint32_t sold = world_append(one, world_redeem(&world, token, PERMIT_OFFLINE));

    world_append(one, world_about(&world, RECORD_REVERSE, sold));
    CHECK(world_settle(one));
    CHECK(world_has_no_verdicts(one));
    world_append(two, world_redeem(&world, token, PERMIT_OFFLINE));
    CHECK(world_settle(two));
    CHECK(world_has_no_verdicts(two));
    /* Again, and of what was never held: accepted, and nothing happens to the second sale. */
    world_append(one, world_about(&world, RECORD_REVERSE, sold));
    CHECK(world_settle(one));
    CHECK(world_has_no_verdicts(one));
    CHECK_EQ_STRING(query("SELECT state FROM redemptions WHERE terminal = 'M.S1.T2'"
                          " ORDER BY seq DESC LIMIT 1"),
                    "held");
}

static void test_void_outcome_frees_the_code(void)
{
    uint8_t memory[LIMIT_TOKEN_BYTES];
    struct bytes token = world_fresh_token(&world, memory);
    uint32_t asked = world_append(one, world_redeem(&world, token, PERMIT_ASK));
    struct record outcome = world_about(&world, RECORD_OUTCOME, asked);

    outcome.result = RECORD_VOID;
    world_append(one, outcome);
    CHECK(world_settle(one));
    CHECK(world_has_no_verdicts(one));
    world_append(two, world_redeem(&world, token, PERMIT_OFFLINE));
    CHECK(world_settle(two));
    CHECK(world_has_no_verdicts(two));
}

/* What is wrong with a redemption, and the code that it must come back with. */
static void expect_refusal(struct record record, const char *status, const char *code)
{
    uint32_t seq = world_append(one, record);

    REQUIRE(seq != 0);
    CHECK(world_settle(one));
    CHECK_EQ_INT(one->acked_seq, seq);
    if (!world_has_verdict(one, seq, status, code))
        printf("    answer: %s\n", (const char *)one->client.body);
    CHECK(world_has_verdict(one, seq, status, code));
}

static void test_terminal_cannot_invent_redemptions(void)
{
    uint8_t memory[LIMIT_TOKEN_BYTES];
    struct token_claims claims = world_claims(&world);
    struct bytes token = world_mint(&world, &claims, memory);
    struct record record;

    memory[token.len - 1] ^= 1;
    expect_refusal(world_redeem(&world, token, PERMIT_OFFLINE), "refused", "SIGNATURE");

    claims = world_claims(&world);
    claims.audience = bytes_text("M.S2");
    expect_refusal(world_redeem(&world, world_mint(&world, &claims, memory), PERMIT_OFFLINE),
                   "refused", "AUDIENCE");

    claims = world_claims(&world);
    record = world_redeem(&world, world_mint(&world, &claims, memory), PERMIT_OFFLINE);
    record.amount_minor = claims.limit_minor + 1;
    expect_refusal(record, "refused", "AMOUNT");

    claims = world_claims(&world);
    record = world_redeem(&world, world_mint(&world, &claims, memory), PERMIT_OFFLINE);
    record.total_minor = claims.limit_minor - 1;
    expect_refusal(record, "refused", "AMOUNT");

    claims = world_claims(&world);
    memset(claims.txh, 0x77, sizeof claims.txh);
    claims.has_txh = true;
    claims.has_nonce = true;
    expect_refusal(world_redeem(&world, world_mint(&world, &claims, memory), PERMIT_OFFLINE),
                   "refused", "OTHER");

    memset(memory, 0xD2, 100);
    expect_refusal(world_redeem(&world, bytes_of(memory, 100), PERMIT_OFFLINE), "refused",
                   "MALFORMED");
}

static void test_times_are_held_against_the_record(void)
{
    uint8_t memory[LIMIT_TOKEN_BYTES];
    struct token_claims claims = world_claims(&world);
    struct record record = world_redeem(&world, world_mint(&world, &claims, memory),
                                        PERMIT_OFFLINE);

    /* S = 30 + 2 s; behind the expiry it counts twice. */
    record.stamp.t_s = claims.exp_s + 63;
    world_append(one, record);
    CHECK(world_settle(one));
    CHECK(world_has_no_verdicts(one));

    claims = world_claims(&world);
    record = world_redeem(&world, world_mint(&world, &claims, memory), PERMIT_OFFLINE);
    record.stamp.t_s = claims.exp_s + 64;
    expect_refusal(record, "refused", "EXPIRED");

    claims = world_claims(&world);
    record = world_redeem(&world, world_mint(&world, &claims, memory), PERMIT_OFFLINE);
    record.stamp.t_s = claims.iat_s - 33;
    expect_refusal(record, "refused", "EXPIRED");
}

static void test_removed_key_is_quarantined(void)
{
    const struct keyset before = world.keys;
    uint8_t memory[LIMIT_TOKEN_BYTES];
    struct token_claims claims = world_claims(&world);
    struct record record = world_redeem(&world, world_mint(&world, &claims, memory),
                                        PERMIT_OFFLINE);

    /* Another key in its place: the one that signs the time will do. */
    memcpy(world.keys.key[0].point, world.time_point, CRYPTO_POINT_BYTES);
    REQUIRE(cose_kid(world.time_point, world.keys.key[0].kid) == SCRIP_OK);
    world.keys.seq++;
    REQUIRE(world_write_objects(&world));
    expect_refusal(record, "quarantined", "KEY_REMOVED");
    world.keys = before;
    world.keys.seq += 2;
    REQUIRE(world_write_objects(&world));
}

static void test_busy_database_stores_nothing(void)
{
    uint32_t seq = world_sell(&world, one, PERMIT_OFFLINE);
    sqlite3 *other = NULL;
    struct world_sync sync = {.from = seq, .to = seq};

    REQUIRE(sqlite3_open(world.db_path, &other) == SQLITE_OK);
    REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK);
    REQUIRE(world_send(one, &sync));
    CHECK_EQ_INT(one->client.status, 503);
    CHECK(test_client_has(&one->client, "urn:scrip:err:unavailable"));
    CHECK_EQ_STRING(one->client.retry_after, "5");
    CHECK(sqlite3_close(other) == SQLITE_OK); /* and rolls back */
    CHECK(world_settle(one));
    CHECK_EQ_INT(one->acked_seq, seq);
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
    CHECK_RUN(test_heartbeat_is_acknowledged);
    CHECK_RUN(test_batch_is_accepted_and_durable);
    CHECK_RUN(test_time_is_signed_for_the_nonce);
    CHECK_RUN(test_lost_answer_is_given_again);
    CHECK_RUN(test_verdicts_survive_a_restart);
    CHECK_RUN(test_first_commit_wins_across_terminals);
    CHECK_RUN(test_reversal_frees_the_code);
    CHECK_RUN(test_void_outcome_frees_the_code);
    CHECK_RUN(test_terminal_cannot_invent_redemptions);
    CHECK_RUN(test_times_are_held_against_the_record);
    CHECK_RUN(test_removed_key_is_quarantined);
    CHECK_RUN(test_busy_database_stores_nothing);
    CHECK_RUN(test_every_message_validates);
    world_close(&world);
    return check_done();
}
