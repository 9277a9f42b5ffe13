/*
 * What a terminal sends, as the host reads it. The first byte chooses: the two bodies, the chain
 * statement, or a body that the terminal's own writer makes of the input, which the host must read.
 */
#include <string.h>

#include "platform/sim/device.h"
#include "store/keys.h"
#include "sync/message.h"
#include "tests/fuzz/fuzz.h"
#include "tools/host/request.h"
#include "tools/host/statement.h"

enum { SYNC, ASK, STATEMENT, OURS, CLAIM, READERS };

static uint8_t arena[128 * 1024];
static struct request_sync sync_request;

static struct request_arena lent(void)
{
    return (struct request_arena){arena, sizeof arena};
}

static void is_explained(enum scrip_status status, const struct problem *problem)
{
    FUZZ_HOLDS(status == SCRIP_OK || status == SCRIP_REFUSED_ARGUMENT ||
               status == SCRIP_FAULT_MEMORY || status == SCRIP_REFUSED_TOO_LONG);
    FUZZ_HOLDS(status != SCRIP_REFUSED_ARGUMENT || strlen(problem->detail) > 0);
}

static void read_sync(struct bytes input)
{
    static uint8_t memory[4096];
    struct problem problem = {0};
    enum scrip_status status = request_read_sync(input, lent(), &sync_request, &problem);
    struct buffer document = buffer_of(memory, sizeof memory);

    is_explained(status, &problem);
    if (status == SCRIP_REFUSED_ARGUMENT)
        FUZZ_HOLDS(problem_write(&problem, bytes_of(NULL, 0), &document) == SCRIP_OK);
    if (status != SCRIP_OK)
        return;
    FUZZ_HOLDS(sync_request.count <= SETTLE_ITEMS);
    FUZZ_HOLDS(sync_request.chain_len <= sizeof sync_request.chain);
    FUZZ_HOLDS(sync_request.report_len <= sizeof sync_request.report);
    for (size_t i = 1; i < sync_request.count; i++)
        FUZZ_HOLDS(sync_request.item[i].seq > sync_request.item[i - 1].seq);
}

static void read_ask(struct bytes input)
{
    struct request_ask ask;
    struct problem problem = {0};
    enum scrip_status status = request_read_ask(input, lent(), &ask, &problem);

    is_explained(status, &problem);
    if (status == SCRIP_OK)
        FUZZ_HOLDS(ask.record_len > 0 && ask.record_len <= sizeof ask.record);
}

static void read_claim(struct bytes input)
{
    struct request_claim claim;
    struct problem problem = {0};
    enum scrip_status status = request_read_claim(input, lent(), &claim, &problem);

    is_explained(status, &problem);
    if (status == SCRIP_OK)
        FUZZ_HOLDS(claim.receipt_len > 0 && claim.receipt_len <= sizeof claim.receipt);
}

static void read_statement(struct bytes input)
{
    static struct statement statement;
    enum scrip_status status = statement_verify(input, fuzz_world()->roots.point[0], &statement);

    FUZZ_HOLDS(!scrip_is_fault(status));
    if (status != SCRIP_OK) {
        FUZZ_HOLDS(statement.epoch == 0 && statement.missing_count == 0);
        return;
    }
    FUZZ_HOLDS(statement.to_seq + 1 >= statement.from_seq);
    FUZZ_HOLDS(statement.missing_count <= STATEMENT_MISSING);
}

static struct keys *terminal_keys(void)
{
    static struct sim_keystore keystore;
    static struct keys keys;
    static bool open;

    if (!open) {
        (void)fuzz_world();
        sim_keystore_open(&keystore, false);
        FUZZ_HOLDS(keys_open(&keys, &keystore.hal) == SCRIP_OK);
        open = true;
    }
    return &keys;
}

static struct message_chain chain_of(struct bytes *input)
{
    struct message_chain chain = {.terminal = TEST_TERMINAL};

    chain.epoch = fuzz_take_u32(input);
    chain.boot = fuzz_take_u32(input);
    chain.from_seq = 1 + fuzz_take_u8(input);
    chain.to_seq = chain.from_seq - 1 + fuzz_take_u8(input) % LIMIT_SYNC_RECORDS;
    chain.head_seq = chain.to_seq + fuzz_take_u8(input);
    chain.acked_seq = chain.from_seq - 1;
    chain.adopt = fuzz_take_u8(input) & 1;
    for (uint32_t seq = chain.from_seq; seq <= chain.to_seq; seq++)
        if (chain.missing_count < MESSAGE_MISSING_MAX && fuzz_take_u8(input) & 1)
            chain.missing[chain.missing_count++] = seq;
    return chain;
}

/* Real signatures are slow: the statement is signed only by one input in 128. */
static void ours(struct bytes input)
{
    static uint8_t body_memory[LIMIT_SYNC_BODY];
    uint8_t statement_memory[MESSAGE_CHAIN_BYTES] = {0xD2, 0x84};
    struct buffer statement = buffer_of(statement_memory, sizeof statement_memory);
    struct buffer body = buffer_of(body_memory, sizeof body_memory);
    bool sign = fuzz_take_u8(&input) % 128 == 1;
    struct message_chain chain = chain_of(&input);
    struct message_facts facts = {.depth = fuzz_take_u32(&input),
                                  .have = {[OBJECT_KEYS] = 3},
                                  .firmware = "0.1.0",
                                  .t_s = TEST_NOW_S,
                                  .up_ms = UINT64_MAX >> 12};
    struct problem problem = {0};
    struct json_out out;

    if (sign)
        FUZZ_HOLDS(message_chain_sign(&chain, terminal_keys(), &statement) == SCRIP_OK);
    else
        statement.len = sizeof statement_memory;
    json_out_open(&out, json_to_buffer, &body);
    message_put_open(&out);
    for (uint32_t seq = chain.from_seq; seq <= chain.to_seq; seq++) {
        struct bytes record = fuzz_take(&input, 1 + fuzz_take_u8(&input));
        message_put_record(&out, seq, record.len > 0 ? record : bytes_text("x"), seq % 7 == 0);
    }
    message_put_chain(&out, &chain, buffer_bytes(&statement));
    message_put_facts(&out, &facts);
    FUZZ_HOLDS(json_out_end(&out) == SCRIP_OK);
    FUZZ_HOLDS(request_read_sync(buffer_bytes(&body), lent(), &sync_request, &problem) == SCRIP_OK);
    FUZZ_HOLDS(sync_request.count == chain.to_seq + 1 - chain.from_seq);

    body.len = 0;
    json_out_open(&out, json_to_buffer, &body);
    message_put_ask(&out, chain.epoch, chain.from_seq, chain.nonce, bytes_text("record"));
    FUZZ_HOLDS(json_out_end(&out) == SCRIP_OK);
    read_ask(buffer_bytes(&body));
    if (!sign)
        return;

    static struct statement read;
    uint8_t point[CRYPTO_POINT_BYTES], kid[COSE_KID_BYTES];
    struct crypto_key key;
    FUZZ_HOLDS(keys_signing(terminal_keys(), &key, point, kid) == SCRIP_OK);
    FUZZ_HOLDS(statement_verify(buffer_bytes(&statement), point, &read) == SCRIP_OK);
    FUZZ_HOLDS(read.missing_count == chain.missing_count && read.adopt == chain.adopt);
}

void fuzz_one(struct bytes input)
{
    static void (*const readers[READERS])(struct bytes) = {read_sync, read_ask, read_statement,
                                                           ours, read_claim};

    readers[fuzz_take_u8(&input) % READERS](input);
}

static void statement_seed(bool adopt, uint32_t missing, fuzz_visit *visit, void *context)
{
    struct message_chain chain = {.terminal = TEST_TERMINAL,
                                  .epoch = 7,
                                  .boot = 3,
                                  .from_seq = 2,
                                  .to_seq = 9,
                                  .head_seq = 12,
                                  .acked_seq = 1,
                                  .adopt = adopt,
                                  .missing = {4, missing},
                                  .missing_count = 2};
    uint8_t memory[MESSAGE_CHAIN_BYTES];
    struct buffer out = buffer_of(memory, sizeof memory);

    FUZZ_HOLDS(message_chain_sign(&chain, terminal_keys(), &out) == SCRIP_OK);
    fuzz_visit_with(STATEMENT, buffer_bytes(&out), visit, context);
}

void fuzz_seeds(fuzz_visit *visit, void *context)
{
    static const char *const syncs[] = {
        "{\"v\":1,\"records\":[{\"seq\":1,\"rec\":\"oQE\"},{\"seq\":2,\"rec\":\"oQE\",\"raw\":true}"
        "],\"epoch\":7,\"boot\":3,\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"chain\":\"0oRN\","
        "\"queue\":{\"depth\":1,\"oldest_s\":2,\"capacity\":3,\"lost\":0,\"quarantined\":0},"
        "\"have\":{\"policy\":1,\"keys\":2,\"firmware\":\"0.1.0-rc+1\"},\"clock\":{\"t\":1,\"unc\":"
        "2,\"floor\":3,\"up_ms\":4},\"stats\":{\"scan_ok\":1,\"arena_peak\":9}}",
        "{\"v\":1,\"records\":[],\"epoch\":7,\"boot\":3,\"nonce\":\"AAAA\",\"chain\":\"0oRN\"}",
        "{\"v\":2}",
        "{\"v\":1,\"epoch\":-1}",
        "{\"v\":1,\"x y\":1}",
        "[]",
        "{\"v\":1,\"records\":[{\"seq\":2,\"rec\":\"oQE\"},{\"seq\":2,\"rec\":\"oQE\",\"raw\":1}],"
        "\"epoch\":7,\"boot\":3,\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"chain\":\"0oRN\"}",
        "{\"v\":1,\"records\":[{\"seq\":2,\"rec\":\"oQE\"},{\"seq\":2,\"rec\":\"oQE\"}],"
        "\"epoch\":7,\"boot\":3,\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"chain\":\"0oRN\"}",
        "{\"v\":1,\"records\":{},\"epoch\":7,\"boot\":3,\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAA\","
        "\"chain\":\"0oRN\"}",
        "{\"v\":1,\"records\":[],\"epoch\":7,\"boot\":3,\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAA\","
        "\"chain\":\"0oRN\",\"have\":{\"firmware\":\"A B\"}}",
        "{\"v\":1,\"records\":[],\"epoch\":7,\"boot\":3,\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAA\","
        "\"chain\":\"0oRN\",\"queue\":7}"};
    static const char ask[] = "{\"v\":1,\"epoch\":7,\"seq\":9,\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAA\","
                              "\"rec\":\"oQE\"}";
    static char many[4096];
    static const uint8_t parts[200] = {1, 7, 0, 0, 0, 3, 0, 0, 0, 1, 9, 2, 1, 1, 0, 1};

    for (size_t i = 0; i < sizeof syncs / sizeof syncs[0]; i++)
        fuzz_visit_with(SYNC, bytes_text(syncs[i]), visit, context);
    fuzz_visit_with(ASK, bytes_text(ask), visit, context);
    fuzz_visit_with(CLAIM, bytes_text("{\"v\":1,\"receipt\":\"SCRBX\"}"), visit, context);
    fuzz_visit_with(CLAIM, bytes_text("{\"v\":2,\"receipt\":\"SCRBX\"}"), visit, context);
    fuzz_visit_with(CLAIM, bytes_text("{\"v\":1,\"receipt\":7}"), visit, context);
    statement_seed(false, 6, visit, context);
    statement_seed(true, 6, visit, context);
    statement_seed(false, 3, visit, context);
    statement_seed(false, 99, visit, context);
    fuzz_visit_with(OURS, bytes_of(parts, sizeof parts), visit, context);

    int len = snprintf(many, sizeof many,
                       "{\"v\":1,\"epoch\":7,\"boot\":3,\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAA\","
                       "\"chain\":\"0oRN\",\"records\":[");
    for (int i = 0; i <= SETTLE_ITEMS; i++)
        len += snprintf(many + len, sizeof many - (size_t)len, "%s{\"seq\":%d,\"rec\":\"oQE\"}",
                        i > 0 ? "," : "", i);
    (void)snprintf(many + len, sizeof many - (size_t)len, "]}");
    fuzz_visit_with(SYNC, bytes_text(many), visit, context);
}
