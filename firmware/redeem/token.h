/*
 * token: the signed bytes of a code, split into their parts but not yet believed; and the customer
 * token's claims.
 *
 * Format   SPEC sections 2 and 3; RFC 8392 for the claims' labels.
 */
#ifndef REDEEM_TOKEN_H
#define REDEEM_TOKEN_H

#include "base/cose.h"
#include "redeem/scan.h"

struct token {
    uint32_t seal;
    enum token_kind kind;
    struct bytes bytes; /* the whole COSE_Sign1, inside the scan that it came from */
    struct cose cose;   /* views into bytes */
};

/* Consumes the scan's seal; the scan's bytes must stay, for every later step views them.
 * REFUSED_SHAPE: not the strict COSE_Sign1, or a payload beyond LIMIT_TOKEN_PAYLOAD; FAULT_SEAL.
 * *out is zeroed unless OK. */
MUST_CHECK enum scrip_status token_parse(struct scan *scan, struct token *out);

/* The same for the received bytes of a record (host, tools): kind is the caller's claim. */
MUST_CHECK enum scrip_status token_parse_bytes(struct bytes data, enum token_kind kind,
                                               struct token *out);

/* "SCT1" or "SCR1". */
const char *token_aad(enum token_kind kind);

enum { TOKEN_ID_BYTES = 16 };

enum token_scope {
    TOKEN_IDENTIFY = 1,
    TOKEN_EARN = 2,
    TOKEN_REDEEM_OFFER = 4,
    TOKEN_REDEEM_VALUE = 8
};
#define TOKEN_REDEEM_ANY (TOKEN_REDEEM_OFFER | TOKEN_REDEEM_VALUE)

enum token_flag {
    TOKEN_OFFLINE = 1,
    TOKEN_ONLINE_ONLY = 2,
    TOKEN_STAFF_CHECK = 4,
    TOKEN_TRAINING = 8
};

struct token_claims {
    struct bytes audience; /* well formed, inside the payload */
    uint32_t iat_s, exp_s;
    uint8_t cti[TOKEN_ID_BYTES];
    uint8_t member[TOKEN_ID_BYTES];
    uint32_t tier;
    uint32_t scope; /* enum token_scope bits */
    uint32_t offer;
    uint32_t limit_minor;
    uint16_t currency; /* ISO 4217 numeric, 0: no limit claim */
    uint32_t flags;    /* enum token_flag bits */
    uint8_t txh[TOKEN_ID_BYTES];
    uint8_t nonce[TOKEN_ID_BYTES];
    uint32_t status_list, status_index;
    bool has_member, has_offer, has_limit, has_txh, has_nonce, has_status;
};

/*
 * Every rule of SPEC section 3 that needs only the payload: which claims there must be and may be,
 * what each requires of another, lifetimes, and that a code worth something names at least a store.
 * A missing tier or flags claim is zero. REFUSED_CLAIMS; *out is then zeroed.
 */
MUST_CHECK enum scrip_status token_claims_read(struct bytes payload, struct token_claims *out);

/* Writes a payload (token_write.c: the issuing side only), tier and flags only when not zero. It is
 * not judged: a test may mint nonsense. */
void token_claims_write(const struct token_claims *claims, struct buffer *out);

/* Lifetimes, seconds. Whatever lives longer than an identify token may is a coupon and needs a
 * status entry. */
enum { TOKEN_REDEEM_MAX_S = 300, TOKEN_IDENTIFY_MAX_S = 900 };

#endif
