/*
 * message: what goes over the wire between terminal and host, written and read; no state, no
 * traffic.
 *
 * A request's JSON is written in parts so that a record at a time is in memory. An answer is read
 * as the claim of a stranger: every member is bounded, unknown members are ignored, and whether the
 * claim is true is for the caller to find out.
 *
 * Memory   None kept. Readers parse in the arena given and leave nothing there.
 * Format   SPEC section 12; tools/host/api/openapi.yaml, statement.cddl.
 */
#ifndef SYNC_MESSAGE_H
#define SYNC_MESSAGE_H

#include "base/cose.h"
#include "base/json.h"
#include "base/object.h"
#include "redeem/record.h"
#include "store/keys.h"

enum {
    MESSAGE_NONCE_BYTES = 16,
    /* Unreadable records that one request can declare, as many as the host takes. The host knows
     * the link of what is lost from the record behind it, so a gap must fit into one: a sector of
     * the shortest records is below it. */
    MESSAGE_MISSING_MAX = SCRIP_MISSING,
    MESSAGE_PROBLEM_MAX = 47, /* characters of a problem's name */
    MESSAGE_AUTH_MAX = 16,
    /* The statements of statement.cddl: their longest payloads, and the envelope. */
    MESSAGE_CHAIN_BYTES = 132 + 3 + LIMIT_ID_TEXT + 5 * MESSAGE_MISSING_MAX + COSE_OVERHEAD,
    MESSAGE_TIME_BYTES = 32 + LIMIT_ID_TEXT + COSE_OVERHEAD
};

/* What the terminal says of its chain, under its signature. */
struct message_chain {
    const char *terminal;
    uint32_t epoch, boot;
    uint8_t nonce[MESSAGE_NONCE_BYTES];
    uint32_t from_seq, to_seq; /* to_seq = from_seq - 1: a heartbeat */
    uint32_t head_seq, acked_seq;
    uint8_t head[RECORD_LINK_BYTES], acked_head[RECORD_LINK_BYTES];
    uint32_t missing[MESSAGE_MISSING_MAX]; /* ascending */
    size_t missing_count;
    bool adopt; /* after host-behind: take acked_seq and acked_head as the new base */
};

/* Appends the signed statement: at most MESSAGE_CHAIN_BYTES. */
MUST_CHECK enum scrip_status message_chain_sign(const struct message_chain *chain,
                                                const struct keys *keys, struct buffer *out);

/* The host's time, bound to our nonce and name. FAULT_PROTOCOL: not by host_point, or for another
 * request or terminal; *t_s is then as it was. */
MUST_CHECK enum scrip_status message_time_read(struct bytes statement,
                                               const uint8_t host_point[CRYPTO_POINT_BYTES],
                                               const uint8_t nonce[MESSAGE_NONCE_BYTES],
                                               const char *terminal, uint32_t *t_s);

/* The counters and clock of a request, taken once: it is written twice, and must not change. */
struct message_facts {
    uint32_t depth, oldest_age_s, capacity, lost, quarantined;
    uint32_t have[OBJECT_KINDS];
    const char *firmware; /* NULL: not told */
    uint32_t t_s, unc_s, floor_s;
    uint64_t up_ms;
    uint32_t scan_ok, scan_bad, replay, expired, sig_fail, erase_max, arena_peak;
};

/* POST /v1/sync, part by part in this order: open, one record after the other, chain, facts. */
void message_put_open(struct json_out *out);
/* raw: the host has refused this record too often: it shall store the bytes and read nothing. */
void message_put_record(struct json_out *out, uint32_t seq, struct bytes record, bool raw);
void message_put_chain(struct json_out *out, const struct message_chain *chain,
                       struct bytes statement);
void message_put_facts(struct json_out *out, const struct message_facts *facts);

/* POST /v1/redemptions, whole. */
void message_put_ask(struct json_out *out, uint32_t epoch, uint32_t seq,
                     const uint8_t nonce[MESSAGE_NONCE_BYTES], struct bytes record);

struct message_verdict {
    uint32_t seq;
    enum record_code code;
};

struct message_answer {
    uint32_t ack_seq;
    uint8_t ack_head[RECORD_LINK_BYTES];
    uint8_t time[MESSAGE_TIME_BYTES];
    size_t time_len;
    struct message_verdict verdict[LIMIT_SYNC_RECORDS]; /* seq strictly ascending */
    size_t verdict_count;
    uint32_t delay_s, jitter_s, max_records; /* bounded; the defaults where the host is silent */
    uint32_t want[OBJECT_KINDS];             /* 0: nothing */
};

enum {
    MESSAGE_DELAY_S = 900,
    MESSAGE_JITTER_S = 300,
    MESSAGE_DELAY_MAX_S = 86400,
    MESSAGE_JITTER_MAX_S = 3600
};

/* FAULT_PROTOCOL: not the form of an answer; FAULT_MEMORY: the arena is too small for it. */
MUST_CHECK enum scrip_status message_read_answer(struct bytes body, void *arena, size_t arena_len,
                                                 struct message_answer *out);

struct message_verdict_now {
    uint32_t seq;
    bool accepted;
    enum record_code code;
    char auth[MESSAGE_AUTH_MAX + 1];
    uint8_t time[MESSAGE_TIME_BYTES];
    size_t time_len;
};
MUST_CHECK enum scrip_status message_read_ask(struct bytes body, void *arena, size_t arena_len,
                                              struct message_verdict_now *out);

/* A problem document (RFC 9457): its name behind "urn:scrip:err:", or "http-NNN" where it has none
 * that is ours. Never fails. */
struct message_problem {
    char name[MESSAGE_PROBLEM_MAX + 1];
    bool has_expected; /* chain-gap */
    uint32_t expected_seq;
    uint8_t expected_head[RECORD_LINK_BYTES];
};
void message_read_problem(struct bytes body, int http_status, void *arena, size_t arena_len,
                          struct message_problem *out);

#endif
