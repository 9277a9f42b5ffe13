/*
 * keyset_labels: the numbers of a key set's body, for its reader and its writer.
 *
 * Format   RFC 9052 section 7 and RFC 9053 section 7.1 for COSE_Key; SPEC section 6 for the rest.
 */
#ifndef REDEEM_KEYSET_LABELS_H
#define REDEEM_KEYSET_LABELS_H

enum { KEYSET_LABEL_KEYS = 1, KEYSET_LABEL_ROOTS };

enum {
    COSE_KEY_KTY = 1,
    COSE_KEY_KID = 2,
    COSE_KEY_CRV = -1,
    COSE_KEY_X = -2,
    COSE_KEY_Y = -3,
    COSE_KTY_EC2 = 2,
    COSE_CRV_P256 = 1
};

/* The private map of a key: what the key may do. */
enum { KEYSET_LABEL_RULES = -65537 };
enum {
    KEYSET_LABEL_USES = 1,
    KEYSET_LABEL_NBF,
    KEYSET_LABEL_SIGN_UNTIL,
    KEYSET_LABEL_VERIFY_UNTIL,
    KEYSET_LABEL_ISSUER,
    KEYSET_LABEL_MAX_SCOPE,
    KEYSET_LABEL_LIMIT
};

#endif
