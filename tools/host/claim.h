/*
 * claim: a customer hands in a receipt, once.
 *
 * The receipt is signed by the terminal and names its record; what it is worth follows from that
 * record alone. Until the terminal has settled it the claim is pending; a reversal ends it, also
 * one that comes later, because nothing of the record is copied into the claim.
 */
#ifndef TOOLS_HOST_CLAIM_H
#define TOOLS_HOST_CLAIM_H

#include "tools/host/db.h"

enum claim_end { CLAIM_CLAIMED, CLAIM_PENDING, CLAIM_REFUSED };

enum claim_reason {
    CLAIM_NONE,
    CLAIM_NOT_GENUINE,     /* not a receipt, or not by a terminal that has settled here */
    CLAIM_EXPIRED,         /* 30 days are over */
    CLAIM_ALREADY_CLAIMED, /* by another request */
    CLAIM_REVERSED,        /* the sale was undone */
    CLAIM_NOT_REDEEMED,    /* the host has refused the record */
    CLAIM_MISMATCH         /* the record that the terminal sent is of another sale */
};
const char *claim_reason_name(enum claim_reason reason); /* "ALREADY_CLAIMED" */

struct claim {
    const struct identity *asker; /* its merchant must be the receipt's */
    struct bytes receipt;         /* the code's text */
    const char *key;              /* the request's name: the same again gets the same answer */
    uint32_t now_s;
};

struct claim_answer {
    enum claim_end end;
    enum claim_reason reason; /* CLAIM_REFUSED */
    struct identity terminal; /* the rest: whatever was genuine */
    uint32_t epoch, seq, total_minor, amount_minor;
    uint16_t currency;
};

/* FAULT_*: nothing was stored. */
MUST_CHECK enum scrip_status claim_receipt(struct db *db, const struct claim *claim,
                                           struct claim_answer *out);

#endif
