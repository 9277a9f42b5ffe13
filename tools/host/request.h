/*
 * request: the bodies that terminals send, read strictly into plain structs.
 *
 * A field that is missing, of the wrong form or unknown is refused, and the problem names it.
 *
 * Memory   The parsed document lives in the arena only while it is read; what is returned is copied
 *          into the structs.
 * Format   tools/host/api/sync-request.schema.json, redemption-request.schema.json,
 *          claim-request.schema.json.
 */
#ifndef TOOLS_HOST_REQUEST_H
#define TOOLS_HOST_REQUEST_H

#include "tools/host/problem.h"
#include "tools/host/settle.h"

enum { REQUEST_CHAIN = 1280, REQUEST_REPORT = 2048 };

struct request_arena {
    void *data;
    size_t len;
};

struct request_sync {
    uint32_t epoch, boot;
    uint8_t nonce[STATEMENT_NONCE_BYTES];
    uint8_t chain[REQUEST_CHAIN]; /* the COSE_Sign1, not yet verified */
    size_t chain_len;
    struct settle_item item[SETTLE_ITEMS]; /* ascending; bytes in store */
    size_t count;
    uint32_t have[OBJECT_KINDS]; /* 0: not said */
    char report[REQUEST_REPORT]; /* queue, have, clock and stats, as one JSON object */
    size_t report_len;
    uint8_t store[SETTLE_ITEMS * LIMIT_RECORD_BYTES];
};

/* REFUSED_ARGUMENT: *problem says why. FAULT_*: as json_parse(). */
MUST_CHECK enum scrip_status request_read_sync(struct bytes body, struct request_arena arena,
                                               struct request_sync *out, struct problem *problem);

struct request_ask {
    uint32_t epoch, seq;
    uint8_t nonce[STATEMENT_NONCE_BYTES];
    uint8_t record[LIMIT_RECORD_BYTES];
    size_t record_len;
};

MUST_CHECK enum scrip_status request_read_ask(struct bytes body, struct request_arena arena,
                                              struct request_ask *out, struct problem *problem);

enum { REQUEST_RECEIPT = 1024 };

struct request_claim {
    char receipt[REQUEST_RECEIPT]; /* the code's text */
    size_t receipt_len;
};

MUST_CHECK enum scrip_status request_read_claim(struct bytes body, struct request_arena arena,
                                                struct request_claim *out, struct problem *problem);

#endif
