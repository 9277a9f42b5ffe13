/* How much the host takes: of one request, in what time, and of many at once. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/check.h"
#include "tests/support/host_world.h"

static struct world world;
static struct world_terminal *const one = &world.terminal[0];
static struct world_terminal *const two = &world.terminal[1];
static struct test_client stranger;

static bool is_problem(const struct test_client *client, unsigned status, const char *name)
{
    char type[80];
    char number[32];

    (void)snprintf(type, sizeof type, "\"type\":\"urn:scrip:err:%s\"", name);
    (void)snprintf(number, sizeof number, "\"status\":%u", status);
    return client->status == status && strcmp(client->type, "application/problem+json") == 0 &&
           test_client_has(client, type) && test_client_has(client, number);
}

static void test_too_much_is_refused(void)
{
    static uint8_t big[SERVER_BODY + 1];
    struct bytes many;
    size_t len = 0;

    memset(big, ' ', sizeof big);
    REQUIRE(test_client_post(&one->client, "/v1/sync", bytes_of(big, sizeof big)));
    CHECK(is_problem(&one->client, 413, "too-large"));

    /* Within the bytes, but more values than the reader has room for. */
    big[len++] = '[';
    while (len < SERVER_BODY - 2) {
        big[len++] = '1';
        big[len++] = ',';
    }
    big[len++] = '1';
    big[len++] = ']';
    many = bytes_of(big, len);
    REQUIRE(test_client_post(&one->client, "/v1/sync", many));
    CHECK(is_problem(&one->client, 413, "too-large"));
    CHECK(world_settle(one));
}

/* What never ends is ended, also where it is never silent: a head, and a body. */
static void test_a_request_has_a_date(void)
{
    static const char *const begins[] = {
        "POST /v1/sync HTTP/1.1\r\nX: ",
        "POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Content-Length: 100000\r\n\r\n{"};

    for (size_t i = 0; i < 2; i++) {
        int rounds = 0;
        world.server.request_ms = 1500;
        REQUIRE(test_client_open(&stranger, world.server.port, &world.ca, &two->certificate));
        REQUIRE(test_client_say(&stranger, begins[i]));
        while (rounds < 400 && test_client_say(&stranger, " ") &&
               !test_client_is_ended(&stranger, 20))
            rounds++;
        world.server.request_ms = SERVER_REQUEST_MS;
        CHECK(rounds < 400);
        test_client_close(&stranger);
    }
    /* Whoever keeps to it is heard, piece by piece, and again on the same connection. */
    world.server.request_ms = 3000;
    REQUIRE(test_client_get(&one->client, "/v1/objects/keys"));
    CHECK_EQ_INT(one->client.status, 200);
    CHECK(!test_client_is_ended(&one->client, 500));
    REQUIRE(test_client_get(&one->client, "/v1/objects/keys"));
    CHECK_EQ_INT(one->client.status, 200);
    world.server.request_ms = SERVER_REQUEST_MS;
    CHECK(world_settle(one));
}

/* With more under way than it takes, a sync comes later; a customer who waits is answered. */
static void test_a_busy_host_says_when_to_come_again(void)
{
    static const char half[] = "POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Type: "
                               "application/json\r\nContent-Length: 10\r\n\r\n{";
    uint32_t seq = world_sell(&world, one, PERMIT_ASK);

    world.server.under_way_most = 1;
    REQUIRE(test_client_open(&stranger, world.server.port, &world.ca, &two->certificate));
    REQUIRE(test_client_say(&stranger, half));
    const struct world_sync sync = {.from = seq, .to = seq};
    for (int i = 0; i < 100 && world_send(one, &sync) && one->client.status == 200; i++)
        ; /* until the half has arrived */
    CHECK(is_problem(&one->client, 429, "busy"));
    CHECK(strtoul(one->client.retry_after, NULL, 10) > 0);
    CHECK(world_ask(one, seq));
    CHECK_EQ_INT(one->client.status, 200);
    test_client_close(&stranger);
    for (int i = 0; i < 100 && world_send(one, &sync) && one->client.status == 429; i++)
        (void)usleep(10000);
    CHECK_EQ_INT(one->client.status, 200);
    world.server.under_way_most = SERVER_UNDER_WAY;
    CHECK(world_settle(one));
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
    CHECK_RUN(test_too_much_is_refused);
    CHECK_RUN(test_a_request_has_a_date);
    CHECK_RUN(test_a_busy_host_says_when_to_come_again);
    CHECK_RUN(test_every_message_validates);
    world_close(&world);
    return check_done();
}
