/*
 * problem: what a request was refused for, as RFC 9457 problem+json.
 *
 * Format   tools/host/api/problem.schema.json.
 */
#ifndef TOOLS_HOST_PROBLEM_H
#define TOOLS_HOST_PROBLEM_H

#include "base/json.h"
#include "redeem/record.h"

enum problem_kind {
    PROBLEM_NONE,
    PROBLEM_MALFORMED,
    PROBLEM_UNKNOWN_FIELD,
    PROBLEM_BAD_RECORD,
    PROBLEM_NOT_ALLOWED,
    PROBLEM_SUSPENDED,
    PROBLEM_NOT_FOUND,
    PROBLEM_METHOD,
    PROBLEM_CHAIN_GAP,
    PROBLEM_CHAIN_FORK,
    PROBLEM_HOST_BEHIND,
    PROBLEM_EPOCH_STALE,
    PROBLEM_TOO_LARGE,
    PROBLEM_MEDIA_TYPE,
    PROBLEM_STATEMENT,
    PROBLEM_IDEMPOTENCY,
    PROBLEM_BUSY,
    PROBLEM_UNAVAILABLE,
    PROBLEM_KINDS
};

struct problem {
    enum problem_kind kind;
    char detail[192]; /* one sentence that names what is wrong */

    /* Members of their own, where the kind has them. */
    bool has_seq, has_head;
    uint32_t seq;
    uint8_t head[RECORD_LINK_BYTES];
};

/* Sets the problem and answers REFUSED_ARGUMENT, so that a reader can return it. */
__attribute__((format(printf, 3, 4))) enum scrip_status
problem_set(struct problem *problem, enum problem_kind kind, const char *format, ...);

unsigned problem_http_status(enum problem_kind kind);

/* The document; time (may be empty) is the signed time for the request's nonce. */
MUST_CHECK enum scrip_status problem_write(const struct problem *problem, struct bytes time,
                                           struct buffer *out);

#endif
