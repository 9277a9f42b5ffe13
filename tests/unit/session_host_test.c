/*
 * The agent's sync against the real host, over loopback and mutual TLS 1.3: real verdicts in a real
 * database, and every message held against the published contract.
 */
#include "base/cose.h"

#include "tests/support/temp.h"
#include "tests/unit/session_rig.h"

static void check_query(const char *sql, const char *expected)
{
    char text[64];

    memcpy(world.db_path, facts.db_path, sizeof world.db_path);
    CHECK(world_query(&world, sql, text, sizeof text));
    CHECK_EQ_STRING(text, expected);
}

/* A tap on the stream between HTTP and TLS, so that what was said can be held against the contract.
 */
static struct {
    struct stream real;
    struct temp temp;
    unsigned number;
    char path[32]; /* of the request under way */
    uint8_t said[2][65536];
    size_t len[2]; /* request, answer */
} tap;

/* Keeps a body whose head stands before it, as NNNN-<path>-<request|STATUS>.json. */
static void keep(int which, const char *what)
{
    const uint8_t *body = memmem(tap.said[which], tap.len[which], "\r\n\r\n", 4);
    char file[160];

    if (body == NULL || strcmp(tap.path, "objects") == 0)
        return;
    body += 4;
    (void)snprintf(file, sizeof file, "%s/%04u-%s-%s.json", tap.temp.path, tap.number++, tap.path,
                   what);
    CHECK(test_write_file(file, body, tap.len[which] - (size_t)(body - tap.said[which])));
}

/* An exchange is over when the next begins, or at the end. */
static void tap_flush(void)
{
    char status[4] = "";

    if (tap.len[0] == 0 || tap.len[1] < 12)
        return;
    memcpy(status, tap.said[1] + 9, 3);
    keep(0, "request");
    keep(1, status);
    tap.len[0] = tap.len[1] = 0;
}

static void tap_add(int which, const void *data, size_t len)
{
    if (len <= sizeof tap.said[which] - tap.len[which]) {
        memcpy(tap.said[which] + tap.len[which], data, len);
        tap.len[which] += len;
    }
}

static enum scrip_status tap_send(void *context, const void *data, size_t len, size_t *sent)
{
    enum scrip_status status;

    (void)context;
    if (tap.len[1] != 0)
        tap_flush();
    status = tap.real.send(tap.real.context, data, len, sent);
    if (status != SCRIP_OK)
        return status;
    if (tap.len[0] == 0) {
        const char *name = memmem(data, *sent, "/v1/", 4);
        (void)snprintf(tap.path, sizeof tap.path, "%.*s", (int)strcspn(name + 4, "/ "), name + 4);
    }
    tap_add(0, data, *sent);
    return SCRIP_OK;
}

static enum scrip_status tap_receive(void *context, void *data, size_t cap, size_t *received)
{
    enum scrip_status status = tap.real.receive(tap.real.context, data, cap, received);

    (void)context;
    if (status == SCRIP_OK)
        tap_add(1, data, *received);
    return status;
}

/* One poll; a session that has just come up gets its tap before its first exchange. */
static struct sync_state step(bool till_idle)
{
    struct sync_state state;
    struct stream *stream = &terminal.sync.http.stream;
    uint32_t sleep_ms;

    sync_poll(&terminal.sync, till_idle, &sleep_ms);
    sync_read_state(&terminal.sync, &state);
    if (state.phase == SYNC_READY && stream->send != tap_send) {
        tap.real = *stream;
        *stream = (struct stream){NULL, tap_send, tap_receive};
    }
    return state;
}

/* Polls until a forced attempt has come to its end, at most ten seconds. */
static struct sync_state settle_now(void)
{
    struct sync_state state;
    uint64_t until = uptime_ms(NULL) + 10000;

    sync_now(&terminal.sync);
    do {
        state = step(true);
        if (state.phase == SYNC_EXCHANGE || state.phase == SYNC_CONNECTING)
            (void)poll(NULL, 0, 1);
    } while (uptime_ms(NULL) < until &&
             (terminal.sync.forced || terminal.sync.urgent || state.phase == SYNC_EXCHANGE ||
              state.phase == SYNC_CONNECTING));
    return state;
}

/* Appends a redemption around a token of the host's issuer. */
static void redeem(size_t token, uint32_t sale, enum permit_mode mode, uint32_t *seq)
{
    struct redemption redemption;
    struct voucher *voucher = &redemption.permit.voucher;
    struct ledger_entry entry;
    struct cose message;

    shop_redemption(&terminal.shop, sale, sale, mode, &redemption);
    voucher->token = bytes_of(facts.token[token], facts.token_len[token]);
    CHECK_STATUS(cose_parse(voucher->token, &message), SCRIP_OK);
    CHECK_STATUS(token_claims_read(message.payload, &voucher->claims), SCRIP_OK);
    voucher->issuer = WORLD_ISSUER;
    terminal.shop.stamp.t_s = facts.now_s;
    CHECK_STATUS(ledger_append(&terminal.shop.ledger, &redemption, &terminal.shop.stamp, 0, &entry),
                 SCRIP_OK);
    *seq = entry.seq;
}

/* Settling --------------------------------------------------------------------------------------
 */

static void test_redemptions_settle(void)
{
    struct sync_state state;
    struct ledger_story story;
    struct ledger_entry forged;
    struct wallclock_time now;
    uint32_t first, second;

    terminal_open();
    CHECK_STATUS(sync_open(&terminal.sync, &terminal.parts), SCRIP_OK);
    redeem(0, 1, PERMIT_OFFLINE, &first);
    redeem(1, 2, PERMIT_OFFLINE, &second);
    /* A token that the issuer never signed: only a rooted terminal would record it. */
    CHECK_STATUS(shop_redeem(&terminal.shop, 3, 3, PERMIT_OFFLINE, &forged), SCRIP_OK);
    state = settle_now();
    CHECK_STATUS(state.last, SCRIP_OK);
    CHECK_EQ_STRING(state.problem, "");
    CHECK_EQ_INT(state.refused, 1);
    CHECK_EQ_INT(state.late_seq, forged.seq);
    /* Two accepted, and the late entry after them. */
    CHECK_EQ_INT(state.settled, 3);
    CHECK_EQ_INT(terminal.shop.ledger.acked_seq, terminal.shop.ledger.head_seq);
    CHECK_EQ_INT(terminal.shop.ledger.head_seq, 4);
    CHECK_EQ_INT(terminal.shop.ledger.unsettled_count, 0);
    if (ledger_story(&terminal.shop.ledger, forged.seq, &story) == SCRIP_OK)
        CHECK_EQ_INT(story.state, STORY_LATE_REFUSED);
    wallclock_read(&terminal.clock, &now);
    CHECK_EQ_INT(now.quality, WALLCLOCK_GOOD);
    CHECK(now.t_s - facts.now_s < 60);
    check_query("SELECT count(*) FROM redemptions WHERE verdict = 'accepted'", "2");
    check_query("SELECT count(*) FROM redemptions WHERE verdict <> 'accepted'", "1");
    check_query("SELECT ack_seq FROM chain", "4");

    /* Asked at the till, on the session that is open; a second ask for the same record after the
     * connection broke gets the same verdict. */
    uint32_t asked;
    struct sync_outcome outcome;
    enum scrip_status status = SCRIP_AGAIN;
    redeem(2, 4, PERMIT_ASK, &asked);
    CHECK(sync_ready(&terminal.sync));
    CHECK_STATUS(sync_ask(&terminal.sync, asked), SCRIP_OK);
    for (int i = 0; i < 5000 && status == SCRIP_AGAIN; i++) {
        (void)step(false);
        (void)poll(NULL, 0, 1);
        status = sync_ask_result(&terminal.sync, &outcome);
    }
    CHECK_STATUS(status, SCRIP_OK);
    CHECK(outcome.accepted);
    CHECK_EQ_INT(strlen(outcome.auth), 8);
    CHECK_STATUS(ledger_outcome(&terminal.shop.ledger, asked, RECORD_ACCEPTED,
                                bytes_text(outcome.auth), RECORD_CODE_NONE, &terminal.shop.stamp),
                 SCRIP_OK);

    /* The link breaks: the ticket spares the next handshake its certificates. */
    CHECK(!tls_resumed(&terminal.sync.tls));
    tls_disconnect(&terminal.sync.tls);
    (void)settle_now();
    state = settle_now();
    CHECK_STATUS(state.last, SCRIP_OK);
    CHECK(tls_resumed(&terminal.sync.tls));
    CHECK_EQ_INT(terminal.shop.ledger.acked_seq, terminal.shop.ledger.head_seq);
    check_query("SELECT count(*) FROM redemptions WHERE verdict = 'accepted'", "3");
    terminal_close();
}

/* The host has settled four records of this terminal, and its medium is as on the first day. */
static void test_a_restored_medium_is_told(void)
{
    struct sync_state state;
    uint32_t seq;

    terminal_open();
    CHECK_STATUS(sync_open(&terminal.sync, &terminal.parts), SCRIP_OK);
    state = settle_now();
    CHECK_STATUS(state.last, SCRIP_FAULT_FORK);
    CHECK(terminal.shop.ledger.fork);
    terminal_close();

    /* And where it has gone on from there, its branch is settled by none and kept here. */
    terminal_open();
    CHECK_STATUS(sync_open(&terminal.sync, &terminal.parts), SCRIP_OK);
    redeem(5, 1, PERMIT_OFFLINE, &seq);
    state = settle_now();
    CHECK_STATUS(state.last, SCRIP_FAULT_FORK);
    CHECK_EQ_STRING(state.problem, "chain-fork");
    CHECK(terminal.shop.ledger.fork);
    CHECK_EQ_INT(terminal.shop.ledger.acked_seq, 0);
    check_query("SELECT forked_seq IS NOT NULL FROM chain", "1");
    check_query("SELECT count(*) FROM redemptions WHERE verdict = 'accepted'", "3");
    terminal_close();
}

static void test_objects_are_fetched(void)
{
    static uint8_t memory[LIMIT_OBJECT_BYTES];
    struct buffer out = buffer_of(memory, sizeof memory);
    struct object object;
    struct sync_state state;

    terminal_open();
    terminal.parts.have[OBJECT_KEYS] = 8;
    CHECK_STATUS(sync_open(&terminal.sync, &terminal.parts), SCRIP_OK);
    state = settle_now();
    for (int i = 0; i < 3000 && !state.objects_changed; i++) {
        state = step(true);
        (void)poll(NULL, 0, 1);
    }
    CHECK(state.objects_changed);
    CHECK_STATUS(blob_load(&terminal.blobs, BLOB_KEYS, &out), SCRIP_OK);
    CHECK_STATUS(object_verify(span_of(buffer_bytes(&out)), OBJECT_KEYS,
                               &terminal.bundle.object_roots, &object),
                 SCRIP_OK);
    CHECK_EQ_INT(object.seq, 9);
    terminal_close();
}

/* Everything that was said above, against the published schemas and CDDL. */
static void test_every_message_validates(void)
{
    tap_flush();
    CHECK(tap.number >= 10);
    memcpy(world.db_path, facts.db_path, sizeof world.db_path);
    (void)snprintf(world.wire_dir, sizeof world.wire_dir, "%s", tap.temp.path);
    CHECK(world_validate(&world));
}

int main(void)
{
    if (!temp_open(&tap.temp) || !host_start()) {
        printf("the host did not start\n");
        return 1;
    }
    CHECK_RUN(test_objects_are_fetched); /* first, while the host knows of no record */
    CHECK_RUN(test_redemptions_settle);
    CHECK_RUN(test_a_restored_medium_is_told);
    CHECK_RUN(test_every_message_validates);
    temp_close(&tap.temp);
    if (!host_stop()) {
        printf("the host ended badly\n");
        return 1;
    }
    return check_done();
}
