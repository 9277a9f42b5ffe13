/*
 * token_labels: the numbers of a customer token's claims, for its reader and its writer.
 *
 * Format   RFC 8392 for the registered ones; SPEC section 3 for the private map.
 */
#ifndef REDEEM_TOKEN_LABELS_H
#define REDEEM_TOKEN_LABELS_H

enum {
    TOKEN_LABEL_AUDIENCE = 3,
    TOKEN_LABEL_EXP = 4,
    TOKEN_LABEL_IAT = 6,
    TOKEN_LABEL_CTI = 7,
    TOKEN_LABEL_PRIVATE = -65537
};

/* Inside the private map. */
enum {
    TOKEN_LABEL_MEMBER = 1,
    TOKEN_LABEL_TIER,
    TOKEN_LABEL_SCOPE,
    TOKEN_LABEL_OFFER,
    TOKEN_LABEL_LIMIT,
    TOKEN_LABEL_FLAGS,
    TOKEN_LABEL_TXH,
    TOKEN_LABEL_STATUS,
    TOKEN_LABEL_NONCE
};

enum { TOKEN_CURRENCY_MAX = 999 };

#endif
