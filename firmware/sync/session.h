/*
 * sync: settles the outbox with the host, and asks it at the till; the only room that reaches the
 * network.
 *
 * A state machine that sync_poll() advances one step at a time: connect, handshake, exchange, back
 * off. Every answer is checked against our own chain before anything is freed.
 *
 * Memory   The caller owns struct sync and its buffers. Threads: owner task only.
 * Time     A poll does at most one step; the longest is one ECC operation of a handshake, which
 *          starts only while the till is idle.
 * Format   SPEC section 12; tools/host/api/openapi.yaml.
 */
#ifndef SYNC_SESSION_H
#define SYNC_SESSION_H

#include "base/bundle.h"
#include "base/identity.h"
#include "base/limits.h"
#include "base/object.h"
#include "base/stream.h"
#include "base/wallclock.h"
#include "hal/log.h"
#include "hal/net.h"
#include "redeem/ledger.h"
#include "store/blob.h"

/* Counters for the host, kept by the agent. */
struct sync_stats {
    uint32_t scan_ok, scan_bad; /* codes that verified, and that did not */
    uint32_t replay, expired, sig_fail;
    uint32_t erase_max; /* of the journal's sectors, as far as the board knows */
};

/* Verifies an object where it lies, by the keys that may sign its kind, and judges whether it could
 * be used here; sync judges its number and its dates. A status other than OK keeps the old one. */
typedef enum scrip_status sync_verify(void *context, enum object_kind kind, struct span data,
                                      struct object *out);

/* The agent's; read at every poll, so it must stay, and the agent may update the counters. */
struct sync_parts {
    const struct hal_net *net;
    const struct hal_rtc *rtc;
    const struct hal_log *log;
    struct ledger *ledger;
    const struct keys *keys;
    struct blob_store *blobs;
    struct wallclock *clock;
    const struct bundle *bundle; /* identity, host, TLS roots, pins, chain: loaded by the agent */
    void *arena;                 /* work arena for JSON, used within a poll only */
    size_t arena_len;
    uint32_t have[OBJECT_KINDS]; /* seq of the objects in use; the agent updates them */
    const char *firmware;        /* version, for the host: [0-9a-z.+-]{1,32}; NULL: not told */
    struct sync_stats stats;
    sync_verify *verify;
    void *verify_context;
};

enum sync_phase {
    SYNC_IDLE,       /* disconnected; nothing has failed */
    SYNC_CONNECTING, /* TCP and the handshake */
    SYNC_READY,      /* a session is open and quiet */
    SYNC_EXCHANGE,   /* a request is under way */
    SYNC_WAITING     /* disconnected, and backing off after a failure */
};

/* What a terminal's status page tells of the host. */
struct sync_state {
    enum sync_phase phase;
    bool host_reachable; /* the last attempt got an answer */
    bool breaker_open;
    enum scrip_status last;    /* the last attempt's end */
    char problem[48];          /* the host's urn:scrip:err:*, or our own word, or empty */
    uint32_t failures;         /* in a row */
    uint64_t next_up_ms;       /* when it will be tried again */
    uint32_t settled, refused; /* records since boot */
    uint64_t signed_up_ms;     /* when the last signed time arrived */
    bool objects_changed;      /* an object was stored: the agent reloads and clears it */
    uint32_t late_seq;         /* newest late verdict */
};

/* Complete in sync/session_state.h for whoever must allocate it. All zero, or closed, it is a
 * terminal without a network: never ready, and everything but sync_poll() may be called. */
struct sync;

/* REFUSED_NOT_ENROLLED: the bundle names no host; others as tls_open(). Closed again unless OK. */
MUST_CHECK enum scrip_status sync_open(struct sync *sync, const struct sync_parts *parts);

/* One step. till_idle: no transaction is open and none ended in the last 2 s. *sleep_ms: how long
 * nothing needs polling. */
void sync_poll(struct sync *sync, bool till_idle, uint32_t *sleep_ms);

/* A session is open and the breaker closed: an online ask costs no handshake. The breaker opens
 * after five attempts in a row that failed, and for a minute at a time after five asks in a row
 * that were given up. */
bool sync_ready(const struct sync *sync);

/* Starts POST /v1/redemptions for the open ask seq. FAULT_NET when not ready. */
MUST_CHECK enum scrip_status sync_ask(struct sync *sync, uint32_t seq);

struct sync_outcome {
    bool accepted;
    enum record_code code;
    char auth[17];
};
/* AGAIN: no answer yet. OK: the verdict. FAULT_*: the ask failed; a late answer is ignored. The
 * answer, or the failure, is told once. */
MUST_CHECK enum scrip_status sync_ask_result(struct sync *sync, struct sync_outcome *outcome);
/* Gives an ask up (timeout). The host's verdict for it comes with the next sync. */
void sync_ask_abandon(struct sync *sync);

/* Tries at once, whatever backoff and breaker say. */
void sync_now(struct sync *sync);
void sync_read_state(const struct sync *sync, struct sync_state *state);
void sync_objects_taken(struct sync *sync);
void sync_close(struct sync *sync);

#endif
