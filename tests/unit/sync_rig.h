/*
 * A terminal's sync with everything around it played by the test: a ledger of plain records, a
 * connection that a script breaks, and a host that answers as it is told to. The functions that
 * sync calls in the ledger, the blob store and TLS are defined here, in place of the real ones;
 * signatures, JSON, HTTP and the clock are real.
 */
#ifndef TESTS_UNIT_SYNC_RIG_H
#define TESTS_UNIT_SYNC_RIG_H

#include "base/json.h"
#include "base/text.h"
#include "base/cbor.h"
#include "platform/sim/device.h"
#include "sync/session_state.h"

#include "tests/check.h"

enum { RIG_SLOT = 16384, RIG_RECORDS = 200, RIG_START_S = 1795305600, RIG_EPOCH = 7 };

/* What the host does otherwise than an honest one; all zero is honest. */
struct rig_host {
    int status;             /* 0: 200 */
    const char *problem;    /* body of an answer other than 200 */
    const char *fields;     /* more head fields, each ended */
    const char *verdicts;   /* JSON array */
    const char *more;       /* more members of the answer, each after a comma */
    int ack_less, ack_more; /* records that the ack falls short, or goes too far */
    bool wrong_head, wrong_nonce, wrong_key, wrong_terminal, no_time;
    uint32_t time_s;
    const char *ask_status; /* "accepted" */
    bool wrong_seq;
    bool silent;       /* never answers */
    bool drop;         /* takes the request and closes */
    size_t cut;        /* bytes of the answer that never come */
    size_t cut_object; /* the same, of an object alone */
    bool close_after;
    struct bytes object;
    uint32_t poison;    /* 400 for a batch that holds this record, unless raw */
    size_t max_records; /* 413 above; 0: any */
};

static struct rig {
    struct sync sync;
    struct sync_parts parts;
    struct bundle bundle;
    struct sim_rtc rtc;
    struct sim_entropy entropy;
    struct sim_keystore keystore;
    struct keys keys;
    struct wallclock clock;
    struct hal_log log;
    char log_text[256];
    uint8_t arena[65536];
    struct crypto_key host_key, other_key, root_key;

    struct journal journal;
    struct ledger ledger;
    struct {
        uint8_t data[LIMIT_RECORD_BYTES];
        size_t len;
        uint8_t link[RECORD_LINK_BYTES];
        bool unreadable;
        bool refused; /* the outcome of its ask */
    } record[RIG_RECORDS + 1];
    uint32_t late[RIG_RECORDS + 1]; /* code + 1 by seq */
    uint32_t late_count;
    uint32_t late_room; /* 0: any number */
    bool late_broken;
    int acks;
    int suspensions; /* how often it was set or lifted */

    uint8_t blob[RIG_SLOT];
    size_t blob_len, blob_whole;
    bool blob_open, blob_broken;
    int blob_commits;

    struct rig_host host;
    void (*serving)(bool begins); /* told when the host is at work, and when it is done; or NULL */
    bool connected, refuse_tls, refuse_net, stale_certificate;
    int connects, requests;
    uint8_t request[65536];
    size_t request_len;
    uint8_t answer[65536];
    size_t answer_len, answer_at;
    /* Of the newest request. */
    char path[64], key[64], etag[64];
    uint32_t first_seq, last_seq;
    size_t record_count;
    bool any_raw;
    struct message_chain chain;
} rig;

/* The ledger ------------------------------------------------------------------------------------
 */

enum scrip_status ledger_outbox(struct ledger *ledger, uint32_t *seq, struct bytes *record)
{
    uint32_t next = (*seq > ledger->acked_seq ? *seq : ledger->acked_seq) + 1;

    if (next > ledger->head_seq || next == ledger->open_ask)
        return SCRIP_AGAIN;
    *seq = next;
    *record = bytes_of(rig.record[next].data, rig.record[next].len);
    return rig.record[next].unreadable ? SCRIP_FAULT_CORRUPT : SCRIP_OK;
}

enum scrip_status ledger_link_at(struct ledger *ledger, uint32_t seq,
                                 uint8_t link[RECORD_LINK_BYTES])
{
    if (seq < ledger->acked_seq || seq > ledger->head_seq)
        return SCRIP_REFUSED_ARGUMENT;
    memcpy(link, rig.record[seq].link, RECORD_LINK_BYTES);
    return SCRIP_OK;
}

static void rig_append_as(enum record_type type, enum permit_mode mode)
{
    struct ledger *ledger = &rig.ledger;
    uint32_t seq = ledger->head_seq + 1;
    static const uint8_t filler[LIMIT_TOKEN_BYTES] = {0xD2};
    struct record record = {.type = type,
                            .epoch = RIG_EPOCH,
                            .seq = seq,
                            .token = {filler, sizeof filler - 60},
                            .lines = {filler, CRYPTO_HASH_BYTES},
                            .mode = (uint8_t)mode,
                            .amount_minor = 500,
                            .currency = 978,
                            .code = type == RECORD_LATE ? RECORD_CODE_OTHER : RECORD_CODE_NONE};
    struct buffer out = buffer_of(rig.record[seq].data, sizeof rig.record[seq].data);

    record.of = type == RECORD_LATE ? 1 : type == RECORD_OUTCOME ? seq - 1 : 0;
    record.result = type == RECORD_OUTCOME ? RECORD_ACCEPTED : 0;
    memcpy(record.prev, ledger->head, sizeof record.prev);
    CHECK_STATUS(record_write(&record, &out), SCRIP_OK);
    rig.record[seq].len = out.len;
    CHECK_STATUS(record_link(buffer_bytes(&out), rig.record[seq].link), SCRIP_OK);
    memcpy(ledger->head, rig.record[seq].link, sizeof ledger->head);
    ledger->head_seq = seq;
}

static void rig_append(enum record_type type)
{
    rig_append_as(type, PERMIT_OFFLINE);
}

enum scrip_status ledger_late(struct ledger *ledger, uint32_t of, enum record_code code,
                              const struct record_stamp *stamp)
{
    (void)stamp;
    if (rig.late_broken)
        return SCRIP_FAULT_FLASH;
    if (rig.late_room != 0 && rig.late_count == rig.late_room)
        return SCRIP_REFUSED_FULL;
    CHECK(of > ledger->acked_seq); /* before the ack, or the promise is broken */
    if (rig.late[of] == 0)
        rig_append(RECORD_LATE);
    rig.late[of] = (uint32_t)code + 1;
    rig.late_count++;
    return SCRIP_OK;
}

enum scrip_status ledger_ack(struct ledger *ledger, uint32_t seq,
                             const uint8_t head[RECORD_LINK_BYTES])
{
    CHECK(seq > ledger->acked_seq && seq <= ledger->head_seq);
    CHECK_EQ_BYTES(head, rig.record[seq].link, RECORD_LINK_BYTES);
    ledger->acked_seq = seq;
    memcpy(ledger->acked_head, head, RECORD_LINK_BYTES);
    rig.acks++;
    return SCRIP_OK;
}

enum scrip_status ledger_declare_fork(struct ledger *ledger)
{
    ledger->fork = true;
    return SCRIP_FAULT_FORK;
}

enum scrip_status ledger_suspend(struct ledger *ledger, bool suspended)
{
    rig.suspensions += ledger->suspended != suspended;
    ledger->suspended = suspended;
    return SCRIP_OK;
}

enum scrip_status ledger_story(struct ledger *ledger, uint32_t seq, struct ledger_story *story)
{
    memset(story, 0, sizeof *story);
    if (seq == 0 || seq > ledger->head_seq)
        return SCRIP_REFUSED_NOT_FOUND;
    story->redeem.raw = bytes_of(rig.record[seq].data, rig.record[seq].len);
    story->state = rig.record[seq].refused ? STORY_REFUSED : STORY_APPROVED;
    return SCRIP_OK;
}

void ledger_clock(struct ledger *ledger, uint32_t floor_s, uint32_t unc_s, uint32_t signed_s)
{
    ledger->floor_s = floor_s;
    ledger->unc_s = unc_s;
    ledger->signed_s = signed_s;
}

uint32_t journal_room(const struct journal *journal)
{
    (void)journal;
    return 100;
}

static enum scrip_status rig_verify(void *context, enum object_kind kind, struct span data,
                                    struct object *out)
{
    return object_verify(data, kind, context, out);
}

/* The blob store --------------------------------------------------------------------------------
 */

enum scrip_status blob_begin(struct blob_store *store, enum blob_kind kind, uint32_t len)
{
    (void)store, (void)kind;
    CHECK(!rig.blob_open);
    if (len > sizeof rig.blob)
        return SCRIP_REFUSED_TOO_LONG;
    rig.blob_open = true;
    rig.blob_len = 0;
    rig.blob_whole = len;
    return SCRIP_OK;
}

void blob_abandon(struct blob_store *store)
{
    (void)store;
    rig.blob_open = false;
}

struct span blob_written(const struct blob_store *store)
{
    (void)store;
    return span_of(
        bytes_of(rig.blob, rig.blob_open && rig.blob_len == rig.blob_whole ? rig.blob_len : 0));
}

enum scrip_status blob_write(struct blob_store *store, struct bytes data)
{
    (void)store;
    CHECK(rig.blob_open && data.len <= rig.blob_whole - rig.blob_len);
    if (rig.blob_broken)
        return SCRIP_FAULT_FLASH;
    if (data.len != 0)
        memcpy(rig.blob + rig.blob_len, data.data, data.len);
    rig.blob_len += data.len;
    return SCRIP_OK;
}

enum scrip_status blob_commit(struct blob_store *store, uint32_t *version)
{
    (void)store;
    CHECK(rig.blob_open && rig.blob_len == rig.blob_whole);
    rig.blob_open = false;
    *version = (uint32_t)++rig.blob_commits;
    return SCRIP_OK;
}

/* TLS: the plain bytes, to and from the host below ----------------------------------------------
 */

static void rig_serve(void);

enum scrip_status tls_open(struct tls *tls, const struct hal_net *net, const struct bundle *bundle,
                           const struct keys *keys, const struct wallclock *clock)
{
    (void)tls, (void)net, (void)bundle, (void)keys, (void)clock;
    return SCRIP_OK;
}

enum scrip_status tls_connect(struct tls *tls)
{
    (void)tls;
    rig.connects++;
    if (rig.refuse_net)
        return SCRIP_FAULT_NET;
    rig.request_len = rig.answer_len = rig.answer_at = 0;
    rig.connected = true;
    return SCRIP_OK;
}

enum scrip_status tls_poll(struct tls *tls)
{
    (void)tls;
    return rig.refuse_tls ? SCRIP_FAULT_TLS : rig.connected ? SCRIP_OK : SCRIP_FAULT_NET;
}

enum scrip_status tls_check_time(struct tls *tls)
{
    (void)tls;
    return rig.stale_certificate ? SCRIP_FAULT_TLS : SCRIP_OK;
}

static enum scrip_status rig_send(void *context, const void *data, size_t len, size_t *sent)
{
    (void)context;
    if (!rig.connected)
        return SCRIP_FAULT_NET;
    if (len > sizeof rig.request - rig.request_len)
        len = sizeof rig.request - rig.request_len;
    memcpy(rig.request + rig.request_len, data, len);
    rig.request_len += len;
    *sent = len;
    if (rig.serving != NULL)
        rig.serving(true);
    rig_serve();
    if (rig.serving != NULL)
        rig.serving(false);
    return SCRIP_OK;
}

static enum scrip_status rig_receive(void *context, void *data, size_t cap, size_t *received)
{
    size_t left = rig.answer_len - rig.answer_at;

    (void)context;
    if (left == 0)
        return rig.connected ? SCRIP_AGAIN : SCRIP_FAULT_NET;
    *received = left < cap ? left : cap;
    memcpy(data, rig.answer + rig.answer_at, *received);
    rig.answer_at += *received;
    return SCRIP_OK;
}

struct stream tls_stream(struct tls *tls)
{
    return (struct stream){tls, rig_send, rig_receive};
}

const char *tls_detail(const struct tls *tls)
{
    (void)tls;
    return "";
}

bool tls_resumed(const struct tls *tls)
{
    (void)tls;
    return false;
}

void tls_disconnect(struct tls *tls)
{
    (void)tls;
    rig.connected = false;
    rig.answer_len = rig.answer_at = 0;
}

void tls_close(struct tls *tls)
{
    tls_disconnect(tls);
}

#include "tests/unit/sync_rig_host.h"

/* Life ------------------------------------------------------------------------------------------
 */

static void rig_log(void *context, enum hal_log_level level, const char *text)
{
    (void)context, (void)level;
    (void)snprintf(rig.log_text, sizeof rig.log_text, "%s", text);
}

static void rig_open(uint32_t records)
{
    uint8_t scalar[CRYPTO_SCALAR_BYTES];

    memset(&rig, 0, sizeof rig);
    rig.host.ask_status = "accepted";
    sim_rtc_open(&rig.rtc, HAL_RTC_NONE, 0);
    sim_entropy_open(&rig.entropy, 42);
    sim_keystore_open(&rig.keystore, false);
    CHECK_STATUS(crypto_open(&rig.entropy.hal), SCRIP_OK);
    CHECK_STATUS(keys_open(&rig.keys, &rig.keystore.hal), SCRIP_OK);
    rig.keys.epoch = RIG_EPOCH;
    CHECK_STATUS(crypto_signing_generate(&rig.host_key, scalar), SCRIP_OK);
    CHECK_STATUS(crypto_signing_generate(&rig.other_key, scalar), SCRIP_OK);
    CHECK_STATUS(crypto_signing_generate(&rig.root_key, scalar), SCRIP_OK);

    struct bundle *bundle = &rig.bundle;
    (void)snprintf(bundle->identity.text, sizeof bundle->identity.text, "ACME.S1.T1");
    (void)snprintf(bundle->host, sizeof bundle->host, "host.example");
    bundle->chain_count = 1;
    bundle->object_roots.count = 1;
    CHECK_STATUS(crypto_signing_public(rig.root_key, bundle->object_roots.point[0]), SCRIP_OK);
    CHECK_STATUS(crypto_signing_public(rig.host_key, bundle->host_point), SCRIP_OK);

    rig.ledger.journal = &rig.journal;
    rig.journal.boot = 3;
    for (uint32_t i = 0; i < records; i++)
        rig_append(RECORD_REDEEM);
    wallclock_open(&rig.clock, &rig.rtc.hal, RIG_START_S - 1000, 0, 0, 86400);
    rig.log = (struct hal_log){NULL, rig_log};
    rig.parts = (struct sync_parts){.rtc = &rig.rtc.hal,
                                    .log = &rig.log,
                                    .ledger = &rig.ledger,
                                    .keys = &rig.keys,
                                    .clock = &rig.clock,
                                    .bundle = &rig.bundle,
                                    .verify = rig_verify,
                                    .verify_context = &rig.bundle.object_roots,
                                    .arena = rig.arena,
                                    .arena_len = sizeof rig.arena,
                                    .firmware = "0.1.0"};
    CHECK_STATUS(sync_open(&rig.sync, &rig.parts), SCRIP_OK);
}

static void rig_close(void)
{
    sync_close(&rig.sync);
    crypto_key_close(&rig.host_key);
    crypto_key_close(&rig.other_key);
    crypto_key_close(&rig.root_key);
    keys_close(&rig.keys);
}

/* Polls on until nothing is under way, at most so many polls of one millisecond each. */
static void rig_poll(int polls)
{
    uint32_t sleep_ms;

    for (int i = 0; i < polls; i++) {
        sync_poll(&rig.sync, true, &sleep_ms);
        sim_rtc_advance(&rig.rtc, 1);
    }
}

static inline void rig_poll_busy(int polls)
{
    uint32_t sleep_ms;

    for (int i = 0; i < polls; i++)
        sync_poll(&rig.sync, false, &sleep_ms);
}

/* One forced attempt, to its end. */
static void rig_now(void)
{
    sync_now(&rig.sync);
    rig_poll(400);
}

static struct sync_state rig_state(void)
{
    struct sync_state state;

    sync_read_state(&rig.sync, &state);
    return state;
}

#endif
