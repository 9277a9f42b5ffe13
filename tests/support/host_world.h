/*
 * host_world: a host with everything around it, for tests: authority, issuer, objects, allow-list,
 * database, the server on a free port of this process, and terminals that send what they are told.
 *
 * The terminals are forged: they keep a chain of records as the agent would, but nothing stops them
 * from lying. Everything lies in one directory, which world_close() removes (TMPDIR says where).
 */
#ifndef TESTS_SUPPORT_HOST_WORLD_H
#define TESTS_SUPPORT_HOST_WORLD_H

#include "redeem/keyset.h"
#include "redeem/policy.h"
#include "redeem/record.h"
#include "redeem/token.h"
#include "tests/support/entropy.h"
#include "tests/support/host_client.h"
#include "tests/support/host_pki.h"
#include "tests/support/temp.h"
#include "tools/host/server.h"
#include "tools/host/statement.h"

enum { WORLD_TERMINALS = 2, WORLD_RECORDS = 4096, WORLD_BODY = 65536, WORLD_ISSUER = 7 };

struct world_record {
    uint8_t data[LIMIT_RECORD_BYTES];
    size_t len;
    uint8_t link[RECORD_LINK_BYTES];
};

struct world_terminal {
    char name[LIMIT_ID_TEXT + 1];
    char allow_path[512];
    struct test_certificate certificate;
    struct crypto_key key;
    uint8_t kid[COSE_KID_BYTES];
    struct test_client client;
    uint32_t epoch, acked_seq, seq;
    uint8_t acked_head[RECORD_LINK_BYTES];
    struct world_record record[WORLD_RECORDS]; /* [seq]; [0].link is the first prev */
};

struct world {
    struct temp temp;
    char pki_dir[160], db_path[160];
    char wire_dir[160]; /* what the terminals sent and got */
    struct test_entropy entropy;
    struct test_ca ca;
    struct test_certificate host;
    gnutls_x509_privkey_t time_pem;
    uint8_t time_point[CRYPTO_POINT_BYTES];
    struct crypto_key root, issuer;
    uint8_t issuer_point[CRYPTO_POINT_BYTES], issuer_kid[COSE_KID_BYTES];
    struct keyset keys;
    struct policy policy;
    struct pki pki;
    struct db db;
    struct server server;
    struct world_terminal terminal[WORLD_TERMINALS]; /* M.S1.T1, M.S1.T2 */
    uint32_t now_s;
    uint32_t next_cti;
};

/* False: something of the surroundings failed; the test can not go on. */
bool world_open(struct world *world);
void world_close(struct world *world);
/* Stops the server and the database and opens both again, as after a restart. */
bool world_restart(struct world *world);
/* Signs and writes the key set and the policy again, with world->keys and world->policy. */
bool world_write_objects(struct world *world);
bool world_allow(const struct world_terminal *terminal, const char *extra_lines);

/* A customer token for M.S1, worth up to 5.00 EUR, issued now, with a fresh cti. */
struct token_claims world_claims(struct world *world);
struct bytes world_mint(struct world *world, const struct token_claims *claims,
                        uint8_t token[LIMIT_TOKEN_BYTES]);

/* The next record of a terminal's chain; each answers its number. */
struct record world_redeem(const struct world *world, struct bytes token, uint8_t mode);
struct record world_about(const struct world *world, enum record_type type, uint32_t of);
uint32_t world_append(struct world_terminal *terminal, struct record record);

/* One more sale at a terminal, with a code of its own. */
struct bytes world_fresh_token(struct world *world, uint8_t token[LIMIT_TOKEN_BYTES]);
uint32_t world_sell(struct world *world, struct world_terminal *terminal, uint8_t mode);

/* What the last answer says of a record, or that it says nothing of any. */
bool world_has_verdict(const struct world_terminal *terminal, uint32_t seq, const char *status,
                       const char *code);
bool world_has_no_verdicts(const struct world_terminal *terminal);

/* A sync of from..to, as the terminal would build it. */
struct world_sync {
    uint32_t from, to;
    uint32_t head_seq; /* 0: the terminal's */
    uint32_t missing[4];
    size_t missing_count;
    bool adopt;
    uint32_t raw;      /* send this one as raw, 0: none */
    uint32_t skip;     /* neither send nor declare this one, 0: none */
    const char *extra; /* text behind the last member, such as ",\"x\":1" */
};
struct bytes world_sync_body(struct world_terminal *terminal, const struct world_sync *sync);
/* Posts it; the answer is in terminal->client. False: no answer. */
bool world_send(struct world_terminal *terminal, const struct world_sync *sync);
/* Everything above the cursor; the cursor moves to the answer's ack when the heads agree. */
bool world_settle(struct world_terminal *terminal);
bool world_take_ack(struct world_terminal *terminal);
bool world_ask(struct world_terminal *terminal, uint32_t seq);

/* Holds every message so far, and every stored record, against tests/e2e/validate. */
bool world_validate(struct world *world);

/* The first value of a query on the database file, as text, through a connection of its own. */
bool world_query(const struct world *world, const char *sql, char *out, size_t size);

#endif
