/*
 * A host's answers: to a sync, to an ask, its problems and its signed time. The first byte chooses
 * the reader.
 */
#include <string.h>

#include "sync/message.h"
#include "tests/fuzz/fuzz.h"
#include "tools/host/statement.h"

enum { SYNC, ASK, PROBLEM, TIME, READERS };

enum { NEVER = 0xFFFFFF }; /* no statement of these tests says so */

static uint8_t arena[48 * 1024];

static void read_sync(struct bytes input)
{
    static struct message_answer answer;
    enum scrip_status status = message_read_answer(input, arena, sizeof arena, &answer);

    FUZZ_HOLDS(status == SCRIP_OK || status == SCRIP_FAULT_PROTOCOL ||
               status == SCRIP_FAULT_MEMORY);
    if (status != SCRIP_OK)
        return;
    FUZZ_HOLDS(answer.verdict_count <= LIMIT_SYNC_RECORDS);
    for (size_t i = 1; i < answer.verdict_count; i++)
        FUZZ_HOLDS(answer.verdict[i].seq > answer.verdict[i - 1].seq);
    FUZZ_HOLDS(answer.delay_s >= 1 && answer.delay_s <= MESSAGE_DELAY_MAX_S);
    FUZZ_HOLDS(answer.jitter_s <= MESSAGE_JITTER_MAX_S);
    FUZZ_HOLDS(answer.max_records >= 1 && answer.max_records <= LIMIT_SYNC_RECORDS);
    FUZZ_HOLDS(answer.time_len <= sizeof answer.time);
}

static void read_ask(struct bytes input)
{
    struct message_verdict_now verdict;
    enum scrip_status status = message_read_ask(input, arena, sizeof arena, &verdict);

    FUZZ_HOLDS(status == SCRIP_OK || status == SCRIP_FAULT_PROTOCOL ||
               status == SCRIP_FAULT_MEMORY);
    if (status == SCRIP_OK) {
        FUZZ_HOLDS(strlen(verdict.auth) <= MESSAGE_AUTH_MAX);
        FUZZ_HOLDS(!verdict.accepted || verdict.code == RECORD_CODE_NONE);
    }
}

static void read_problem(struct bytes input)
{
    struct message_problem problem;

    message_read_problem(input, 409, arena, sizeof arena, &problem);
    FUZZ_HOLDS(strlen(problem.name) > 0 && strlen(problem.name) <= MESSAGE_PROBLEM_MAX);
    FUZZ_HOLDS(strspn(problem.name, "abcdefghijklmnopqrstuvwxyz0123456789-") ==
               strlen(problem.name));
}

static void read_time(struct bytes input)
{
    const struct fuzz_world *world = fuzz_world();
    uint32_t t_s = NEVER;
    enum scrip_status status = message_time_read(input, world->roots.point[0],
                                                 world->challenge.nonce, TEST_TERMINAL, &t_s);

    FUZZ_HOLDS(status == SCRIP_OK || status == SCRIP_FAULT_PROTOCOL);
    FUZZ_HOLDS((status == SCRIP_OK) == (t_s != NEVER));
}

void fuzz_one(struct bytes input)
{
    static void (*const readers[READERS])(struct bytes) = {read_sync, read_ask, read_problem,
                                                           read_time};

    readers[fuzz_take_u8(&input) % READERS](input);
}

/* A time statement as the host writes it, for our nonce and for another. */
static void time_seed(bool ours, fuzz_visit *visit, void *context)
{
    struct fuzz_world *world = fuzz_world();
    struct pki pki = {.time_key = world->root};
    uint8_t memory[STATEMENT_TIME_BYTES], nonce[MESSAGE_NONCE_BYTES] = {0};
    struct buffer out = buffer_of(memory, sizeof memory);

    if (ours)
        memcpy(nonce, world->challenge.nonce, sizeof nonce);
    FUZZ_HOLDS(cose_kid(world->roots.point[0], pki.time_kid) == SCRIP_OK);
    FUZZ_HOLDS(statement_time(&pki, TEST_NOW_S, nonce, &world->terminal, &out) == SCRIP_OK);
    fuzz_visit_with(TIME, buffer_bytes(&out), visit, context);
}

void fuzz_seeds(fuzz_visit *visit, void *context)
{
    static const struct {
        uint8_t reader;
        const char *text;
    } seeds[] = {
        {SYNC, "{\"v\":1,\"ack_seq\":12,\"ack_head\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"time\":\"0oRN\","
               "\"verdicts\":[{\"seq\":3,\"status\":\"refused\",\"code\":\"ALREADY_REDEEMED\"},"
               "{\"seq\":4,\"status\":\"duplicate\"},{\"seq\":9,\"status\":\"quarantined\"},"
               "{\"seq\":10,\"status\":\"lost\"}],\"next\":{\"delay_s\":60,\"jitter_s\":5,"
               "\"max_records\":32},\"want\":{\"policy\":3,\"keys\":4}}"},
        {SYNC, "{\"v\":1,\"ack_seq\":12,\"ack_head\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"time\":\"\"}"},
        {SYNC, "{\"v\":1,\"ack_seq\":12,\"ack_head\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"time\":\"\","
               "\"next\":{\"delay_s\":0,\"jitter_s\":-1,\"max_records\":9999}}"},
        {SYNC, "{\"v\":1,\"ack_seq\":1,\"ack_head\":\"AA\",\"verdicts\":{}}"},
        {ASK, "{\"v\":1,\"seq\":7,\"status\":\"accepted\",\"auth\":\"A-17\",\"time\":\"0oRN\"}"},
        {ASK, "{\"v\":1,\"seq\":7,\"status\":\"refused\",\"code\":\"EXPIRED\",\"time\":\"0oRN\"}"},
        {ASK, "{\"v\":1,\"seq\":7,\"status\":\"refused\",\"code\":5,\"time\":\"0oRN\"}"},
        {ASK, "{\"v\":2,\"seq\":7,\"status\":\"maybe\",\"auth\":\"\\u0007\",\"time\":\"0oRN\"}"},
        {ASK, "{\"v\":1,\"seq\":7,\"status\":\"maybe\",\"time\":\"0oRN\"}"},
        {PROBLEM, "{\"type\":\"urn:scrip:err:chain-gap\",\"expected_seq\":5,\"expected_head\":"
                  "\"AAAAAAAAAAAAAAAAAAAAAA\"}"},
        {PROBLEM, "{\"type\":\"urn:scrip:err:Bad Name\"}"},
        {PROBLEM, "{\"type\":\"about:blank\"}"},
        {PROBLEM, ""}};

    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++)
        fuzz_visit_with(seeds[i].reader, bytes_text(seeds[i].text), visit, context);
    time_seed(true, visit, context);
    time_seed(false, visit, context);
}
