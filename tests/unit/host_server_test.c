/* Who may speak, what is read, and what is answered to everything else. */
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "tests/check.h"
#include "tests/support/host_world.h"

static struct world world;
static struct world_terminal *const one = &world.terminal[0];
static struct world_terminal *const two = &world.terminal[1];
static struct test_client stranger;

static struct bytes text_of(const char *text)
{
    return bytes_of(text, strlen(text));
}

static bool is_problem(const struct test_client *client, unsigned status, const char *name)
{
    char type[80];
    char number[32];

    (void)snprintf(type, sizeof type, "\"type\":\"urn:scrip:err:%s\"", name);
    (void)snprintf(number, sizeof number, "\"status\":%u", status);
    return client->status == status && strcmp(client->type, "application/problem+json") == 0 &&
           test_client_has(client, type) && test_client_has(client, number);
}

/* Connects with a certificate and sees whether an answer comes. */
static bool is_heard(const struct test_ca *ca, const struct test_certificate *identity)
{
    bool heard = test_client_open(&stranger, world.server.port, ca, identity) &&
                 test_client_get(&stranger, "/v1/objects/keys");

    test_client_close(&stranger);
    return heard;
}

/* Certificates. */

static void test_no_certificate_no_answer(void)
{
    CHECK(!is_heard(&world.ca, NULL));
}

/* The list names this terminal's key: by another authority's word it is not let in all the same. */
static bool is_heard_when_listed(const struct test_certificate *certificate)
{
    struct world_terminal listed = *two;
    char hex[2 * CRYPTO_HASH_BYTES + 1] = {0};
    struct buffer out = buffer_of(hex, sizeof hex - 1);
    bool heard;

    text_hex_encode(bytes_of(certificate->spki_sha256, CRYPTO_HASH_BYTES), &out);
    (void)snprintf(listed.allow_path, sizeof listed.allow_path, "%s/terminals/%s", world.pki_dir,
                   hex);
    heard = !world_allow(&listed, NULL) || is_heard(&world.ca, certificate);
    CHECK(unlink(listed.allow_path) == 0);
    return heard;
}

static void test_foreign_authority_is_refused(void)
{
    struct test_ca other;
    struct test_certificate certificate;

    REQUIRE(test_ca_make(&other, "Test CA")); /* the same name, another key */
    REQUIRE(test_certificate_make(&certificate, &other, TEST_CLIENT, IDENTITY_URN "M.S1.T2", 30));
    CHECK(!is_heard(&world.ca, &certificate));
    CHECK(!is_heard_when_listed(&certificate));
    test_certificate_free(&certificate);
    REQUIRE(
        test_certificate_make(&certificate, &world.ca, TEST_CLIENT, IDENTITY_URN "M.S1.T2", 30));
    CHECK(is_heard_when_listed(&certificate)); /* so it is the authority that decides */
    test_certificate_free(&certificate);
    test_ca_free(&other);
}

static void test_certificate_for_servers_is_refused(void)
{
    CHECK(!is_heard(&world.ca, &world.host));
}

static void test_certificate_needs_one_terminals_uri(void)
{
    static const char *const uri[] = {NULL, IDENTITY_URN "M.S1", IDENTITY_URN "m.s1.t1",
                                      "urn:scrip:host:M.S1.T1", IDENTITY_URN "M.S1.T1.X"};

    for (size_t i = 0; i < sizeof uri / sizeof *uri; i++) {
        struct test_certificate certificate;

        REQUIRE(test_certificate_make(&certificate, &world.ca, TEST_CLIENT, uri[i], 30));
        CHECK(!is_heard(&world.ca, &certificate));
        test_certificate_free(&certificate);
    }
}

static void test_terminal_not_on_the_list_is_refused(void)
{
    struct test_certificate certificate;

    REQUIRE(
        test_certificate_make(&certificate, &world.ca, TEST_CLIENT, IDENTITY_URN "M.S1.T9", 30));
    REQUIRE(test_client_open(&stranger, world.server.port, &world.ca, &certificate));
    REQUIRE(test_client_get(&stranger, "/v1/objects/keys"));
    CHECK(is_problem(&stranger, 403, "not-allowed"));
    test_client_close(&stranger);
    test_certificate_free(&certificate);
}

/* The list says which terminal a key is: a certificate that claims another one is not believed. */
static void test_identity_must_be_the_lists(void)
{
    struct world_terminal liar = *two;

    (void)snprintf(liar.name, sizeof liar.name, "M.S1.T3");
    REQUIRE(world_allow(&liar, NULL));
    REQUIRE(test_client_get(&two->client, "/v1/objects/keys"));
    CHECK(is_problem(&two->client, 403, "not-allowed"));
    REQUIRE(world_allow(two, NULL));
    CHECK(world_settle(two));
}

static void test_revoked_terminal_is_refused_at_once(void)
{
    CHECK(world_settle(two));
    CHECK(unlink(two->allow_path) == 0);
    CHECK(!world_settle(two)); /* on the open connection */
    CHECK(is_problem(&two->client, 403, "not-allowed"));
    test_client_hang_up(&two->client);
    REQUIRE(test_client_reopen(&two->client, world.server.port));
    CHECK(test_client_resumed(&two->client)); /* and on a resumed session */
    REQUIRE(test_client_get(&two->client, "/v1/objects/keys"));
    CHECK(is_problem(&two->client, 403, "not-allowed"));
    REQUIRE(world_allow(two, NULL));
    CHECK(world_settle(two));
}

static void test_suspended_terminal_is_told_so(void)
{
    REQUIRE(world_allow(two, "suspended=1\n"));
    CHECK(!world_settle(two));
    CHECK(is_problem(&two->client, 403, "suspended"));
    REQUIRE(world_allow(two, "suspended=0\n"));
    CHECK(world_settle(two));
}

static void test_damaged_list_entry_lets_nobody_in(void)
{
    static const char *const text[] = {"", "terminal=M.S1.T2\nepoch=7\n",
                                       "terminal=M.S1.T2\nepoch=x\nfirst_prev=00\n",
                                       "terminal=M.S1.T2\nepoch=7\nname=Ann\n"};

    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        REQUIRE(test_write_file(two->allow_path, text[i], strlen(text[i])));
        CHECK(!world_settle(two));
        CHECK(is_problem(&two->client, 403, "not-allowed"));
    }
    REQUIRE(world_allow(two, NULL));
    CHECK(world_settle(two));
}

static void test_expired_certificate_may_only_sync(void)
{
    struct test_certificate fresh = two->certificate;
    struct test_certificate expired;
    char path[sizeof two->allow_path];
    char hex[65] = {0};

    REQUIRE(test_certificate_make(&expired, &world.ca, TEST_CLIENT, IDENTITY_URN "M.S1.T2", -2));
    CHECK(!is_heard(&world.ca, &expired)); /* not on the list: refused in the handshake */

    memcpy(path, two->allow_path, sizeof path);
    for (size_t i = 0; i < 32; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", expired.spki_sha256[i]);
    (void)snprintf(two->allow_path, sizeof two->allow_path, "%s/terminals/%s", world.pki_dir, hex);
    REQUIRE(world_allow(two, NULL));
    REQUIRE(test_client_open(&stranger, world.server.port, &world.ca, &expired));
    REQUIRE(test_client_get(&stranger, "/v1/objects/keys"));
    CHECK(is_problem(&stranger, 403, "not-allowed"));
    CHECK(test_client_has(&stranger, "expired"));
    /* What it queued is still taken: only the request's form is refused here, not the terminal. */
    REQUIRE(test_client_post(&stranger, "/v1/sync", text_of("{}")));
    CHECK(is_problem(&stranger, 400, "malformed"));
    test_client_close(&stranger);
    CHECK(unlink(two->allow_path) == 0);
    memcpy(two->allow_path, path, sizeof path);
    test_certificate_free(&expired);
    two->certificate = fresh;
}

static void test_resumed_session_settles(void)
{
    CHECK(world_settle(one));
    test_client_hang_up(&one->client);
    REQUIRE(test_client_reopen(&one->client, world.server.port));
    CHECK(test_client_resumed(&one->client));
    CHECK(world_settle(one));
}

/* Bad input. */

static void test_malformed_bodies_are_named(void)
{
    static const struct {
        const char *body, *name, *detail;
    } bad[] = {
        {"", "malformed", "at byte 0"},
        {"{\"v\":1", "malformed", "at byte 6"},
        {"[]", "malformed", "must be an object"},
        {"{}", "malformed", "v must be"},
        {"{\"v\":2}", "malformed", "version 1"},
        {"{\"v\":1,\"v\":1}", "malformed", "not JSON"},
        {"{\"v\":1,\"epoch\":-1}", "malformed", "epoch must be"},
        {"{\"v\":1,\"epoch\":4294967296}", "malformed", "epoch must be"},
        {"{\"v\":1,\"epoch\":7,\"nonce\":\"AAAA\"}", "malformed", "nonce must be 16 bytes"},
        {"{\"v\":1,\"epoch\":7,\"nonce\":\"A+==\"}", "malformed", "nonce must be base64url"},
        {"{\"v\":1,\"member\":\"Ann\"}", "unknown-field", "unknown field: member"},
        {"{\"v\":1,\"epoch\":7,\"nonce\":\"MDEyMzQ1Njc4OWFiY2RlAA\",\"boot\":1,\"chain\":\"AAAA\","
         "\"records\":[],\"stats\":{\"name\":1}}",
         "unknown-field", "unknown field: stats.name"},
        {"{\"v\":1,\"epoch\":7,\"nonce\":\"MDEyMzQ1Njc4OWFiY2RlAA\",\"boot\":1,\"chain\":\"AAAA\","
         "\"records\":[],\"stats\":{\"scan_ok\":\"Ann\"}}",
         "malformed", "stats.scan_ok must be a counter"},
        {"{\"v\":1,\"epoch\":7,\"nonce\":\"MDEyMzQ1Njc4OWFiY2RlAA\",\"boot\":1,\"chain\":\"AAAA\","
         "\"records\":[{\"seq\":1,\"rec\":\"AA\"},{\"seq\":1,\"rec\":\"AA\"}]}",
         "malformed", "ascending"},
        {"{\"v\":1,\"epoch\":7,\"nonce\":\"MDEyMzQ1Njc4OWFiY2RlAA\",\"boot\":1,\"chain\":\"AAAA\","
         "\"records\":[{\"seq\":1}]}",
         "malformed", "records[].rec must be"},
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        REQUIRE(test_client_post(&one->client, "/v1/sync", text_of(bad[i].body)));
        CHECK(is_problem(&one->client, 400, bad[i].name));
        CHECK(test_client_has(&one->client, bad[i].detail));
    }
    CHECK(world_settle(one));
}

static void test_statement_that_is_none_is_refused(void)
{
    REQUIRE(test_client_post(&one->client, "/v1/sync",
                             text_of("{\"v\":1,\"epoch\":7,\"nonce\":\"MDEyMzQ1Njc4OWFiY2RlAA\","
                                     "\"boot\":1,\"chain\":\"AAAA\",\"records\":[]}")));
    CHECK(is_problem(&one->client, 422, "statement"));
    CHECK(test_client_has(&one->client, "\"time\":\"")); /* there was a nonce */
}

static void test_resources_and_methods(void)
{
    static const char json[] = "Content-Type: application/json\r\n";

    REQUIRE(test_client_get(&one->client, "/v1/nothing"));
    CHECK(is_problem(&one->client, 404, "not-found"));
    REQUIRE(test_client_get(&one->client, "/v1/sync"));
    CHECK(is_problem(&one->client, 405, "method"));
    REQUIRE(test_client_send(&one->client, "POST", "/v1/sync", "Content-Type: text/plain\r\n",
                             text_of("{}")));
    CHECK(is_problem(&one->client, 415, "media-type"));
    REQUIRE(test_client_send(&one->client, "PUT", "/v1/objects/keys", json, text_of("{}")));
    CHECK(is_problem(&one->client, 405, "method"));
    CHECK(world_settle(one));
}

/* Objects. */

static void test_objects_carry_strong_etags(void)
{
    char etag[64];
    char header[256];

    REQUIRE(test_client_get(&one->client, "/v1/objects/keys"));
    CHECK_EQ_INT(one->client.status, 200);
    CHECK_EQ_INT(one->client.len, world.pki.object[OBJECT_KEYS].len);
    CHECK_EQ_BYTES(one->client.body, world.pki.object[OBJECT_KEYS].data, one->client.len);
    (void)snprintf(etag, sizeof etag, "%s", one->client.etag);
    CHECK(etag[0] == '"' && strlen(etag) == 34);
    (void)snprintf(header, sizeof header, "If-None-Match: %s\r\n", etag);
    REQUIRE(test_client_send(&one->client, "GET", "/v1/objects/keys", header, text_of("")));
    CHECK_EQ_INT(one->client.status, 304);
    CHECK_EQ_STRING(one->client.etag, etag);
    REQUIRE(test_client_send(&one->client, "GET", "/v1/objects/policy", header, text_of("")));
    CHECK_EQ_INT(one->client.status, 200);
    /* A new set is served at once; a damaged one is not served at all. */
    world.keys.seq++;
    REQUIRE(world_write_objects(&world));
    REQUIRE(test_client_send(&one->client, "GET", "/v1/objects/keys", header, text_of("")));
    CHECK_EQ_INT(one->client.status, 200);
    CHECK(strcmp(one->client.etag, etag) != 0);
    (void)snprintf(etag, sizeof etag, "%s", one->client.etag);
    (void)snprintf(header, sizeof header, "%s/objects/keys.cose", world.pki_dir);
    REQUIRE(test_write_file(header, "damaged", 7));
    REQUIRE(test_client_get(&one->client, "/v1/objects/keys"));
    CHECK_EQ_INT(one->client.status, 200);
    CHECK_EQ_STRING(one->client.etag, etag);
    REQUIRE(world_write_objects(&world));
}

/* The ask at the till. */

static uint32_t ask_for(struct world_terminal *terminal, struct bytes token)
{
    return world_append(terminal, world_redeem(&world, token, PERMIT_ASK));
}

static void test_ask_is_answered_and_repeated(void)
{
    uint8_t memory[LIMIT_TOKEN_BYTES];
    struct token_claims claims = world_claims(&world);
    struct bytes token = world_mint(&world, &claims, memory);
    uint32_t first = world_append(one, world_redeem(&world, token, PERMIT_OFFLINE));
    uint8_t answer[80];
    uint32_t seq;
    struct record outcome;

    /* Ahead of an earlier record that was not settled yet. */
    claims = world_claims(&world);
    token = world_mint(&world, &claims, memory);
    seq = ask_for(one, token);
    REQUIRE(world_ask(one, seq));
    CHECK_EQ_INT(one->client.status, 200);
    CHECK(test_client_has(&one->client, "\"status\":\"accepted\",\"auth\":\""));
    memcpy(answer, one->client.body, sizeof answer);
    REQUIRE(world_ask(one, seq));
    CHECK_EQ_BYTES(answer, one->client.body, 50); /* all but the time */

    /* Elsewhere the code is used now. */
    REQUIRE(world_ask(two, ask_for(two, token)));
    CHECK_EQ_INT(two->client.status, 200);
    CHECK(test_client_has(&two->client, "\"status\":\"refused\",\"code\":\"ALREADY_REDEEMED\""));
    outcome = world_about(&world, RECORD_OUTCOME, two->seq);
    outcome.result = RECORD_REFUSED;
    outcome.code = RECORD_CODE_ALREADY_REDEEMED;
    world_append(two, outcome);
    CHECK(world_settle(two));

    outcome = world_about(&world, RECORD_OUTCOME, seq);
    outcome.result = RECORD_ACCEPTED;
    outcome.auth = bytes_text("0badcafe");
    world_append(one, outcome);
    CHECK(world_settle(one));
    CHECK(test_client_has(&one->client, "\"verdicts\":[]"));
    CHECK_EQ_INT(one->acked_seq, first + 2);
}

static void test_ask_with_other_bytes_is_a_fork(void)
{
    uint8_t memory[LIMIT_TOKEN_BYTES];
    struct token_claims claims = world_claims(&world);
    uint32_t seq = ask_for(one, world_mint(&world, &claims, memory));
    struct world_record asked = one->record[seq];

    REQUIRE(world_ask(one, seq));
    CHECK_EQ_INT(one->client.status, 200);
    one->seq--;
    claims = world_claims(&world);
    CHECK(ask_for(one, world_mint(&world, &claims, memory)) == seq);
    REQUIRE(world_ask(one, seq));
    CHECK(is_problem(&one->client, 409, "chain-fork"));
    /* Kept aside at once: the terminal may never sync again. */
    char count[8];
    CHECK(world_query(&world, "SELECT count(*) FROM branch", count, sizeof count));
    CHECK_EQ_STRING(count, "1");
    CHECK(world_query(&world, "SELECT count(*) FROM chain WHERE forked_seq IS NOT NULL", count,
                      sizeof count));
    CHECK_EQ_STRING(count, "1");
    CHECK(!world_settle(one));
    CHECK(is_problem(&one->client, 409, "chain-fork"));
    one->record[seq] = asked;
    CHECK(world_settle(one));
}

static void test_ask_needs_its_key_and_an_ask(void)
{
    uint8_t memory[LIMIT_TOKEN_BYTES];
    struct token_claims claims = world_claims(&world);
    struct bytes token = world_mint(&world, &claims, memory);
    uint32_t seq = world_append(one, world_redeem(&world, token, PERMIT_OFFLINE));

    REQUIRE(world_ask(one, seq));
    CHECK(is_problem(&one->client, 400, "bad-record"));
    CHECK(world_settle(one));
    REQUIRE(test_client_send(&one->client, "POST", "/v1/redemptions",
                             "Content-Type: application/json\r\nIdempotency-Key: 7-1\r\n",
                             text_of("{\"v\":1,\"epoch\":7,\"seq\":2,\"nonce\":"
                                     "\"MDEyMzQ1Njc4OWFiY2RlAA\",\"rec\":\"AA\"}")));
    CHECK(is_problem(&one->client, 422, "idempotency"));
}

static void test_late_ask_gets_the_stored_verdict(void)
{
    uint8_t memory[LIMIT_TOKEN_BYTES];
    struct token_claims claims = world_claims(&world);
    struct bytes token = world_mint(&world, &claims, memory);
    uint32_t seq = ask_for(one, token);
    struct record outcome = world_about(&world, RECORD_OUTCOME, seq);

    outcome.result = RECORD_VOID;
    world_append(one, outcome);
    CHECK(world_settle(one));
    REQUIRE(world_ask(one, seq));
    CHECK(test_client_has(&one->client, "\"status\":\"accepted\""));
    /* It holds nothing any more: another terminal gets the code. */
    REQUIRE(world_ask(two, ask_for(two, token)));
    CHECK(test_client_has(&two->client, "\"status\":\"accepted\""));
}

/* Everything that went over the wire above, against the published schemas and CDDL. */
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
    CHECK_RUN(test_no_certificate_no_answer);
    CHECK_RUN(test_foreign_authority_is_refused);
    CHECK_RUN(test_certificate_for_servers_is_refused);
    CHECK_RUN(test_certificate_needs_one_terminals_uri);
    CHECK_RUN(test_terminal_not_on_the_list_is_refused);
    CHECK_RUN(test_identity_must_be_the_lists);
    CHECK_RUN(test_revoked_terminal_is_refused_at_once);
    CHECK_RUN(test_suspended_terminal_is_told_so);
    CHECK_RUN(test_damaged_list_entry_lets_nobody_in);
    CHECK_RUN(test_expired_certificate_may_only_sync);
    CHECK_RUN(test_resumed_session_settles);
    CHECK_RUN(test_malformed_bodies_are_named);
    CHECK_RUN(test_statement_that_is_none_is_refused);
    CHECK_RUN(test_resources_and_methods);
    CHECK_RUN(test_objects_carry_strong_etags);
    CHECK_RUN(test_ask_is_answered_and_repeated);
    CHECK_RUN(test_ask_with_other_bytes_is_a_fork);
    CHECK_RUN(test_ask_needs_its_key_and_an_ask);
    CHECK_RUN(test_late_ask_gets_the_stored_verdict);
    CHECK_RUN(test_every_message_validates);
    world_close(&world);
    return check_done();
}
