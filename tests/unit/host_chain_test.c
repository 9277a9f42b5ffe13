/* A terminal's chain against what the host holds: gaps, holes, forks, restored sides, epochs. */
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

static void test_gap_names_what_is_expected(void)
{
    uint32_t expected = one->acked_seq + 1;
    struct world_sync sync = {.from = expected + 1};
    char text[64];

    world_sell(&world, one, PERMIT_OFFLINE);
    sync.to = world_sell(&world, one, PERMIT_OFFLINE);
    REQUIRE(world_send(one, &sync));
    CHECK_EQ_INT(one->client.status, 409);
    CHECK(test_client_has(&one->client, "urn:scrip:err:chain-gap"));
    (void)snprintf(text, sizeof text, "\"expected_seq\":%" PRIu32 ",\"expected_head\":\"",
                   expected);
    CHECK(test_client_has(&one->client, text));
    CHECK(world_settle(one));
    CHECK_EQ_INT(one->acked_seq, sync.to);
}

static void test_missing_is_lost_and_passed(void)
{
    uint32_t missing = world_sell(&world, one, PERMIT_OFFLINE);
    uint32_t next = world_sell(&world, one, PERMIT_OFFLINE);
    struct world_sync sync = {
        .from = missing, .to = missing, .missing = {missing}, .missing_count = 1};

    /* Alone its link is not known: the ack stays before it. */
    REQUIRE(world_send(one, &sync));
    CHECK_EQ_INT(one->client.status, 200);
    CHECK(world_has_no_verdicts(one));
    sync.to = next;
    REQUIRE(world_send(one, &sync));
    CHECK_EQ_INT(one->client.status, 200);
    CHECK(world_has_verdict(one, missing, "lost", "LOST"));
    CHECK(world_settle(one));
    CHECK_EQ_INT(one->acked_seq, next);
    /* As the newest record, its link is the head that the terminal signed. */
    missing = world_sell(&world, one, PERMIT_OFFLINE);
    sync = (struct world_sync){
        .from = missing, .to = missing, .missing = {missing}, .missing_count = 1};
    REQUIRE(world_send(one, &sync));
    CHECK(world_has_verdict(one, missing, "lost", "LOST"));
    /* Found again later, it stays lost. */
    CHECK(world_settle(one));
    CHECK(world_has_verdict(one, missing, "lost", "LOST"));
    CHECK_EQ_INT(one->acked_seq, missing);
}

static void test_undeclared_hole_is_refused(void)
{
    uint32_t hole = world_sell(&world, one, PERMIT_OFFLINE);
    struct world_sync sync = {.from = hole, .skip = hole};

    sync.to = world_sell(&world, one, PERMIT_OFFLINE);
    REQUIRE(world_send(one, &sync));
    CHECK_EQ_INT(one->client.status, 422);
    CHECK(test_client_has(&one->client, "urn:scrip:err:statement"));
    CHECK(world_settle(one));
    CHECK_EQ_INT(one->acked_seq, hole + 1);
}

static void test_unreadable_record_is_kept_raw(void)
{
    uint32_t first = world_sell(&world, one, PERMIT_OFFLINE);
    struct world_sync sync = {.from = first, .to = first + 1, .head_seq = first};

    world_sell(&world, one, PERMIT_OFFLINE);
    sync.to = world_sell(&world, one, PERMIT_OFFLINE);
    sync.head_seq = sync.to;
    one->record[first + 1].len += 1; /* a record with a byte behind it */
    REQUIRE(world_send(one, &sync));
    CHECK_EQ_INT(one->client.status, 400);
    CHECK(test_client_has(&one->client, "urn:scrip:err:bad-record"));
    /* As raw it is kept, unread, and the rest goes on; its link is then its own hash. */
    CHECK(record_link(bytes_of(one->record[first + 1].data, one->record[first + 1].len),
                      one->record[first + 1].link) == SCRIP_OK);
    sync.raw = first + 1;
    REQUIRE(world_send(one, &sync));
    CHECK_EQ_INT(one->client.status, 409);
    sync.to = first + 1;
    REQUIRE(world_send(one, &sync));
    CHECK_EQ_INT(one->client.status, 200);
    CHECK(world_has_verdict(one, first + 1, "quarantined", "MALFORMED"));
    CHECK(world_take_ack(one));
    CHECK_EQ_INT(one->acked_seq, first + 1);
    one->seq = first + 1;
}

static void test_host_restored_adopts_the_terminals_base(void)
{
    struct world_sync sync;
    uint32_t acked;

    for (int i = 0; i < 3; i++)
        world_sell(&world, two, PERMIT_OFFLINE);
    CHECK(world_settle(two));
    acked = two->acked_seq;
    server_close(&world.server);
    db_close(&world.db);
    CHECK(remove(world.db_path) == 0);
    REQUIRE(world_restart(&world));

    world_sell(&world, two, PERMIT_OFFLINE);
    sync = (struct world_sync){.from = acked + 1, .to = two->seq};
    REQUIRE(world_send(two, &sync));
    CHECK_EQ_INT(two->client.status, 409);
    CHECK(test_client_has(&two->client, "urn:scrip:err:host-behind"));
    sync.adopt = true;
    REQUIRE(world_send(two, &sync));
    CHECK_EQ_INT(two->client.status, 200);
    CHECK(world_settle(two));
    CHECK_EQ_INT(two->acked_seq, acked + 1);
    CHECK_EQ_STRING(query("SELECT adopted_seq > 0 FROM chain WHERE terminal = 'M.S1.T2'"), "1");
}

static void test_fork_is_kept_aside(void)
{
    static struct world_terminal clone;
    struct world_sync sync = {.from = two->acked_seq + 1};
    uint32_t at = two->acked_seq + 1;
    char text[64];

    world_sell(&world, two, PERMIT_OFFLINE);
    clone = *two; /* the same chain up to here */
    clone.seq--;
    CHECK(world_settle(two));
    world_sell(&world, &clone, PERMIT_OFFLINE);
    sync.to = clone.seq;
    REQUIRE(test_client_post(&two->client, "/v1/sync", world_sync_body(&clone, &sync)));
    CHECK_EQ_INT(two->client.status, 409);
    CHECK(test_client_has(&two->client, "urn:scrip:err:chain-fork"));
    (void)snprintf(text, sizeof text, "\"at_seq\":%" PRIu32, at);
    CHECK(test_client_has(&two->client, text));
    CHECK_EQ_STRING(query("SELECT count(*) FROM branch"), "1");
    CHECK_EQ_STRING(query("SELECT forked_seq IS NOT NULL FROM chain WHERE terminal = 'M.S1.T2'"),
                    "1");
    CHECK(world_settle(two));
}

static void test_restored_terminal_is_found_out(void)
{
    struct world_sync sync = {.head_seq = two->acked_seq - 1};
    uint32_t acked = two->acked_seq;

    two->acked_seq = acked - 1;
    memcpy(two->acked_head, two->record[acked - 1].link, sizeof two->acked_head);
    sync.from = acked;
    sync.to = acked - 1;
    REQUIRE(world_send(two, &sync));
    CHECK_EQ_INT(two->client.status, 409);
    CHECK(test_client_has(&two->client, "urn:scrip:err:chain-fork"));
    CHECK(world_settle(two));
    CHECK_EQ_INT(two->acked_seq, acked);
}

static void test_epoch_that_is_not_open_is_refused(void)
{
    struct world_sync sync = {.from = 1, .to = 0};

    two->epoch = 8;
    REQUIRE(world_send(two, &sync));
    CHECK_EQ_INT(two->client.status, 409);
    CHECK(test_client_has(&two->client, "urn:scrip:err:epoch-stale"));
    CHECK(test_client_has(&two->client, "\"epoch\":7"));
    two->epoch = 7;
}

static void test_statement_must_be_the_terminals_own(void)
{
    struct world_sync sync = {.from = one->acked_seq + 1, .to = one->acked_seq};
    struct crypto_key key = one->key;

    one->key = two->key;
    REQUIRE(world_send(one, &sync));
    CHECK_EQ_INT(one->client.status, 422);
    CHECK(test_client_has(&one->client, "urn:scrip:err:statement"));
    one->key = key;
    /* By its own key, but in another's name. */
    one->name[sizeof "M.S1.T" - 1] = '2';
    REQUIRE(world_send(one, &sync));
    CHECK_EQ_INT(one->client.status, 422);
    CHECK(test_client_has(&one->client, "names another terminal"));
    one->name[sizeof "M.S1.T" - 1] = '1';
    /* Another terminal's, well signed, over this terminal's connection. */
    REQUIRE(test_client_post(&two->client, "/v1/sync", world_sync_body(one, &sync)));
    CHECK_EQ_INT(two->client.status, 422);
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
    CHECK_RUN(test_gap_names_what_is_expected);
    CHECK_RUN(test_missing_is_lost_and_passed);
    CHECK_RUN(test_statement_must_be_the_terminals_own);
    CHECK_RUN(test_undeclared_hole_is_refused);
    CHECK_RUN(test_unreadable_record_is_kept_raw);
    CHECK_RUN(test_host_restored_adopts_the_terminals_base);
    CHECK_RUN(test_fork_is_kept_aside);
    CHECK_RUN(test_restored_terminal_is_found_out);
    CHECK_RUN(test_epoch_that_is_not_open_is_refused);
    CHECK_RUN(test_every_message_validates);
    world_close(&world);
    return check_done();
}
