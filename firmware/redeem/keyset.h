/*
 * keyset: the issuer keys that this terminal believes, from the signed key-set object.
 *
 * Format   SPEC section 6. body of the object = {1: [key...], 2: [root kid...]}; key = COSE_Key {1:
 *          2, 2: kid, -1: 1, -2: x, -3: y, -65537: {1: uses, 2: nbf, 3: sign_until, 4:
 *          verify_until, 5: issuer, 6: max_scope, 7: [max_limit, currency]}}.
 */
#ifndef REDEEM_KEYSET_H
#define REDEEM_KEYSET_H

#include "base/limits.h"
#include "base/object.h"

/* A key set names the roots that stay: one root may remove the other. */
enum { KEYSET_ROOTS = 2 };

/* How long a key set past its exp still serves to identify. */
enum { KEYSET_IDENTIFY_GRACE_S = 14 * 86400 };

enum keyset_use { KEYSET_TOKENS = 1, KEYSET_STATUS = 2, KEYSET_VAULT = 4 };

struct keyset_key {
    uint8_t kid[COSE_KID_BYTES];
    uint8_t point[CRYPTO_POINT_BYTES];
    uint8_t uses; /* enum keyset_use bits */
    uint32_t nbf_s, sign_until_s, verify_until_s;
    uint32_t issuer;
    uint32_t max_scope; /* enum token_scope bits */
    uint32_t max_limit_minor;
    uint16_t currency;
};

struct keyset_tables {
    struct p256v_table table[LIMIT_KEY_TABLES]; /* of the first keys that sign tokens */
};

struct keyset {
    const struct keyset_tables *tables; /* NULL: no key is prepared */
    uint32_t iat_s, exp_s, seq;
    size_t count;
    struct keyset_key key[LIMIT_KEYS];
    size_t root_count;
    uint8_t root[KEYSET_ROOTS][COSE_KID_BYTES];
};

/* Reads a verified object; no key at all is allowed and believes nobody. REFUSED_CLAIMS: another
 * kind of object, malformed, a duplicate key, a point off the curve, a kid that is not its
 * thumbprint, more than LIMIT_KEYS, no root; *out is zeroed unless OK. FAULT_CRYPTO, or the
 * store's. */
MUST_CHECK enum scrip_status keyset_read(const struct object *object, struct keyset *out);

/* The pinned roots that the key set leaves in office: from then on only they sign. REFUSED_KEY:
 * none of them, which would leave nobody to ever sign the next one; *out is then empty.
 * FAULT_CRYPTO. */
MUST_CHECK enum scrip_status keyset_roots(const struct keyset *keyset,
                                          const struct object_roots *pinned,
                                          struct object_roots *out);

/* Prepares keys, so that verify_token() is quick. tables must live as long as keys is used.
 * FAULT_*: *keys is then zeroed. */
MUST_CHECK enum scrip_status keyset_prepare(struct keyset *keys, struct keyset_tables *tables);

/* The prepared form of keys->key[index], which signs tokens; NULL: it has none. */
const struct p256v_table *keyset_table(const struct keyset *keys, size_t index);

/* Past its exp nothing is redeemed by it, and 14 days later nothing at all is done. least_s: what
 * time it is at the least. */
bool keyset_is_stale(const struct keyset *keys, uint32_t least_s, bool redeem);

/* Writes the body (issuing side; keyset_write.c). */
void keyset_write(const struct keyset *keyset, struct buffer *out);

#endif
