/*
 * host_settle_bench DIRECTORY: records settled over mutual TLS, and the same rows without a host.
 *
 * settle_host: batches of 64 over one connection, from the first byte sent to the last byte of the
 * answer: TLS, JSON, the chain and its signed statement, one token verified a record, the use of
 * each code, the commit, the signed time.
 * settle_bare: the same rows into the same tables, indices and PRAGMAs, 64 a transaction, and one
 * verification of the row's token by the same verifier: what SQLite and ECDSA cost alone.
 * Both alternate in short rounds, because a disk's speed changes from one second to the next.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/host_world.h"

enum { BATCH = LIMIT_SYNC_RECORDS, ROUND = 2 * BATCH, ROUNDS = 16, RECORDS = ROUND * ROUNDS };

static struct world world;
static struct world_terminal *const terminal = &world.terminal[0];

/* A token as the bare rows verify it, beside what its row says of it. */
static struct prepared {
    uint8_t token[LIMIT_TOKEN_BYTES];
    size_t len;
    struct db_use use;
} prepared[RECORDS + 1];

struct body {
    uint8_t *data;
    size_t len;
};

_Noreturn static void fail(const char *what)
{
    fprintf(stderr, "host_settle_bench: %s\n", what);
    world_close(&world);
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void prepare(uint32_t seq)
{
    struct prepared *at = &prepared[seq];
    struct token_claims claims = world_claims(&world);
    struct bytes token = world_mint(&world, &claims, at->token);

    at->len = token.len;
    at->use = (struct db_use){
        .issuer = WORLD_ISSUER, .has_member = true, .amount_minor = 500, .currency = 978};
    memcpy(at->use.cti, claims.cti, sizeof claims.cti);
    memcpy(at->use.member, claims.member, sizeof claims.member);
    if (token.len == 0 ||
        world_append(terminal, world_redeem(&world, token, PERMIT_OFFLINE)) != seq)
        fail("no record could be made");
}

/* The requests of a round, signed before the clock starts: that is the terminal's work. */
static void build(struct body body[ROUND / BATCH], uint32_t first)
{
    for (uint32_t i = 0; i < ROUND / BATCH; i++) {
        struct world_sync sync = {.from = first + i * BATCH, .to = first + (i + 1) * BATCH - 1};
        struct bytes text = world_sync_body(terminal, &sync);

        body[i].data = malloc(text.len);
        body[i].len = text.len;
        if (text.len == 0 || body[i].data == NULL)
            fail("no request could be made");
        memcpy(body[i].data, text.data, text.len);
        terminal->acked_seq = sync.to;
        memcpy(terminal->acked_head, terminal->record[sync.to].link, RECORD_LINK_BYTES);
    }
}

static uint64_t run_host(const struct body body[ROUND / BATCH], uint32_t first)
{
    uint64_t spent = 0;
    char ack[64];

    for (uint32_t i = 0; i < ROUND / BATCH; i++) {
        uint64_t start = now_ns();
        bool good = test_client_post(&terminal->client, "/v1/sync",
                                     bytes_of(body[i].data, body[i].len));

        spent += now_ns() - start;
        (void)snprintf(ack, sizeof ack, "\"ack_seq\":%u,", first + (i + 1) * BATCH - 1);
        if (!good || terminal->client.status != 200 || !test_client_has(&terminal->client, ack) ||
            !test_client_has(&terminal->client, "\"verdicts\":[]"))
            fail("a batch was not accepted");
    }
    return spent;
}

/* The host has the issuer's key prepared, too. */
static struct p256v_table issuer_table;

static enum scrip_status insert_bare(struct db *db, const struct db_chain *chain, uint32_t seq)
{
    const struct world_record *record = &terminal->record[seq];
    struct db_record row = {
        .seq = seq,
        .type = RECORD_REDEEM,
        .has_link = true,
        .bytes = bytes_of(record->data, record->len),
        .verdict = VERDICT_ACCEPTED,
        .code = RECORD_CODE_NONE,
        .claimed_s = world.now_s,
        .received_s = world.now_s,
    };
    struct cose token;
    bool held;

    memcpy(row.link, record->link, sizeof row.link);
    TRY(cose_parse(bytes_of(prepared[seq].token, prepared[seq].len), &token));
    TRY(cose_verify_prepared(&token, "SCT1", &issuer_table));
    TRY(db_use_add(db, chain, seq, &prepared[seq].use, USE_HELD, &held));
    return held ? db_record_add(db, chain, &row) : SCRIP_REFUSED_USED;
}

static uint64_t run_bare(struct db *db, const struct db_chain *chain, uint32_t first)
{
    uint64_t start = now_ns();
    enum scrip_status status = SCRIP_OK;

    for (uint32_t seq = first; seq < first + ROUND && status == SCRIP_OK; seq++) {
        if ((seq - first) % BATCH == 0)
            status = db_begin(db);
        if (status == SCRIP_OK)
            status = insert_bare(db, chain, seq);
        if (status == SCRIP_OK && (seq - first) % BATCH == BATCH - 1)
            status = db_commit(db);
    }
    if (status != SCRIP_OK)
        fail("a bare row was not inserted");
    return now_ns() - start;
}

static void open_bare(struct db *db, struct db_chain *chain)
{
    static const uint8_t first_prev[RECORD_LINK_BYTES];
    struct identity identity;
    char path[256];

    (void)snprintf(path, sizeof path, "%s/bare.db", world.temp.path);
    if (p256v_prepare(world.issuer_point, &issuer_table) != SCRIP_OK ||
        db_open(db, path) != SCRIP_OK ||
        identity_parse(bytes_text(terminal->name), &identity) != SCRIP_OK ||
        db_begin(db) != SCRIP_OK || db_chain_add(db, &identity, 7, first_prev, chain) != SCRIP_OK ||
        db_commit(db) != SCRIP_OK)
        fail("no bare database");
}

int main(int argc, char **argv)
{
    struct db bare;
    struct db_chain chain;

    if (argc != 2 || setenv("TMPDIR", argv[1], 1) != 0 || !world_open(&world))
        fail("needs a directory to work in");
    terminal->client.capture = NULL;
    open_bare(&bare, &chain);
    for (uint32_t seq = 1; seq <= RECORDS; seq++)
        prepare(seq);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct body body[ROUND / BATCH];
        uint32_t first = 1 + round * ROUND;

        build(body, first);
        printf("settle_host %d %llu\n", ROUND, (unsigned long long)run_host(body, first));
        printf("settle_bare %d %llu\n", ROUND, (unsigned long long)run_bare(&bare, &chain, first));
        for (uint32_t i = 0; i < ROUND / BATCH; i++)
            free(body[i].data);
    }
    db_close(&bare);
    world_close(&world);
    return 0;
}
