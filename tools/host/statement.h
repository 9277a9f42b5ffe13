/*
 * statement: the two signed statements of a sync: a terminal's of its chain, the host's of the
 * time.
 *
 * Format   tools/host/api/statement.cddl.
 */
#ifndef TOOLS_HOST_STATEMENT_H
#define TOOLS_HOST_STATEMENT_H

#include "base/cose.h"
#include "base/identity.h"
#include "redeem/record.h"
#include "tools/host/pki.h"

enum { STATEMENT_NONCE_BYTES = 16, STATEMENT_MISSING = 48, STATEMENT_TIME_BYTES = 192 };

struct statement {
    struct identity terminal;
    uint32_t epoch, boot;
    uint8_t nonce[STATEMENT_NONCE_BYTES];
    uint32_t from_seq, to_seq; /* to_seq = from_seq - 1: a heartbeat */
    uint32_t head_seq;
    uint8_t head[RECORD_LINK_BYTES];
    uint32_t acked_seq;
    uint8_t acked_head[RECORD_LINK_BYTES];
    size_t missing_count;
    uint32_t missing[STATEMENT_MISSING]; /* ascending, within from_seq..to_seq */
    bool adopt;
};

/* Checks a chain statement against the key of the terminal's certificate. REFUSED_SHAPE,
 * REFUSED_SIGNATURE, REFUSED_CLAIMS (malformed or contradictory); *out is then zeroed. */
MUST_CHECK enum scrip_status
statement_verify(struct bytes data, const uint8_t point[CRYPTO_POINT_BYTES], struct statement *out);

/* Appends the host's time, bound to the request's nonce and to who asked. */
MUST_CHECK enum scrip_status statement_time(const struct pki *pki, uint32_t now_s,
                                            const uint8_t nonce[STATEMENT_NONCE_BYTES],
                                            const struct identity *terminal, struct buffer *out);

#endif
