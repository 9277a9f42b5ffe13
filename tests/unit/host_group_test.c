/*
 * What arrives while the host writes is written together: one commit for many terminals, whose
 * answers leave after it. A commit that fails tells none of them that anything was stored, and a
 * batch that is taken back takes no other along.
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/check.h"
#include "tests/support/host_world.h"

static struct world world;
static struct world_terminal *const one = &world.terminal[0];
static struct world_terminal *const two = &world.terminal[1];
static struct test_client first; /* whose commit the others wait for */

/* Told by the database before each commit, in the server's thread. */
static struct {
    atomic_int commits;
    atomic_bool hold, fail_next;
} disk;

static int before_commit(void *context)
{
    (void)context;
    disk.commits++;
    while (disk.hold)
        (void)usleep(1000);
    return disk.commits > 1 && atomic_exchange(&disk.fail_next, false);
}

/* A post by a thread of its own; the body is made beforehand, as cryptography is one thread's. */
struct post {
    pthread_t thread;
    struct test_client *client;
    uint8_t body[WORLD_BODY];
    size_t len;
    bool answered;
};

static void *run(void *context)
{
    struct post *post = context;
    post->answered = test_client_post(post->client, "/v1/sync", bytes_of(post->body, post->len));
    return NULL;
}

static void prepare(struct post *post, struct world_terminal *terminal, struct test_client *client,
                    uint32_t from, uint32_t to, uint32_t skip)
{
    const struct world_sync sync = {.from = from, .to = to, .skip = skip};
    struct bytes body = world_sync_body(terminal, &sync);
    memcpy(post->body, body.data, body.len);
    post->len = body.len;
    post->client = client;
    client->capture = NULL; /* its numbers are one thread's */
}

/* While a heartbeat of the first is being written, the batches of both terminals arrive; that of
 * the first may leave a record out. */
static void write_together(uint32_t skip, bool fail)
{
    static struct post post[3];
    prepare(&post[0], one, &first, one->acked_seq + 1, one->acked_seq, 0);
    prepare(&post[1], one, &one->client, one->acked_seq + 1, one->seq, skip);
    prepare(&post[2], two, &two->client, two->acked_seq + 1, two->seq, 0);
    disk.commits = 0;
    disk.hold = true;
    disk.fail_next = fail;
    for (int i = 0; i < 3; i++) {
        CHECK_EQ_INT(pthread_create(&post[i].thread, NULL, run, &post[i]), 0);
        for (int wait = 0; i == 0 && wait < 5000 && disk.commits == 0; wait++)
            (void)usleep(1000);
    }
    (void)usleep(300 * 1000);
    CHECK_EQ_INT(disk.commits, 1);
    disk.hold = false;
    for (int i = 0; i < 3; i++) {
        CHECK_EQ_INT(pthread_join(post[i].thread, NULL), 0);
        CHECK(post[i].answered);
    }
    CHECK_EQ_INT(first.status, 200);
    CHECK_EQ_INT(disk.commits, 2);
}

static unsigned records(void)
{
    char text[32] = "";
    CHECK(world_query(&world, "SELECT count(*) FROM record", text, sizeof text));
    return (unsigned)strtoul(text, NULL, 10);
}

static void sell(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        (void)world_sell(&world, one, PERMIT_OFFLINE);
        (void)world_sell(&world, two, PERMIT_OFFLINE);
    }
}

static void test_two_terminals_share_a_commit(void)
{
    unsigned before = records();
    sell(3);
    write_together(0, false);
    CHECK_EQ_INT(one->client.status, 200);
    CHECK_EQ_INT(two->client.status, 200);
    CHECK(world_take_ack(one) && one->acked_seq == one->seq);
    CHECK(world_take_ack(two) && two->acked_seq == two->seq);
    CHECK_EQ_INT(records(), before + 6);
}

static void test_a_commit_that_fails_is_nobodys(void)
{
    unsigned before = records();
    sell(2);
    write_together(0, true);
    CHECK_EQ_INT(one->client.status, 503);
    CHECK_EQ_INT(two->client.status, 503);
    CHECK(test_client_has(&one->client, "urn:scrip:err:unavailable"));
    CHECK_EQ_STRING(two->client.retry_after, "5");
    CHECK_EQ_INT(records(), before);
    CHECK(world_settle(one) && world_settle(two));
    CHECK_EQ_INT(one->acked_seq, one->seq);
    CHECK_EQ_INT(two->acked_seq, two->seq);
    CHECK_EQ_INT(records(), before + 4);
}

static void test_what_is_taken_back_takes_no_other_along(void)
{
    unsigned before = records();
    sell(2);
    write_together(one->seq, false); /* those before it have been stored by then */
    CHECK_EQ_INT(one->client.status, 422);
    CHECK(test_client_has(&one->client, "urn:scrip:err:statement"));
    CHECK_EQ_INT(two->client.status, 200);
    CHECK(world_take_ack(two) && two->acked_seq == two->seq);
    CHECK_EQ_INT(records(), before + 2);
    CHECK(world_settle(one));
    CHECK_EQ_INT(records(), before + 4);
}

int main(void)
{
    if (!world_open(&world) ||
        !test_client_open(&first, world.server.port, &world.ca, &one->certificate)) {
        printf("the host's surroundings could not be made\n");
        world_close(&world);
        return 1;
    }
    (void)sqlite3_commit_hook(world.db.handle, before_commit, NULL);
    CHECK_RUN(test_two_terminals_share_a_commit);
    CHECK_RUN(test_a_commit_that_fails_is_nobodys);
    CHECK_RUN(test_what_is_taken_back_takes_no_other_along);
    test_client_close(&first);
    world_close(&world);
    return check_done();
}
