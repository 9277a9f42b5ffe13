/*
 * differential: tokens that are wrong in some way, and the rules of the profile that say so.
 */
#ifndef TESTS_VECTORS_DIFFERENTIAL_H
#define TESTS_VECTORS_DIFFERENTIAL_H

#include "tests/support/issuer.h"

/* What our profile asks beyond CBOR, COSE and CWT (SPEC sections 2 and 3). */
enum rule {
    RULE_TAG,         /* tag 18, and no other, around the message */
    RULE_TRAILING,    /* nothing behind the token or the payload */
    RULE_UNPROTECTED, /* an empty unprotected header */
    RULE_HEADER,      /* a protected header of exactly {1: -7, 4: kid} */
    RULE_INDEFINITE,  /* definite lengths */
    RULE_SHORTEST,    /* shortest heads */
    RULE_ORDER,       /* keys strictly ascending, which no duplicate is */
    RULE_LABELS,      /* no label that the profile has not */
    RULE_SIZE,        /* 320 bytes, and 230 of payload */
    RULES
};
const char *rule_name(enum rule rule);

/* The first rule that a token breaks, whose message a general reader has taken; RULES: none. */
enum rule rule_broken(struct bytes token);

struct random {
    uint64_t state;
};

/* The token of a number: some right, most wrong in one way or two, most of them well signed. */
enum { WRONG_TOKEN_BYTES = 1024 };
struct bytes wrong_token(struct random *random, const struct test_issuer *issuer, unsigned number,
                         uint8_t memory[WRONG_TOKEN_BYTES]);

#endif
