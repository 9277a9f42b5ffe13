/*
 * operators: who may do what not every cashier may, from the signed operators object.
 *
 * An operator is a number. One with a badge is known by the badge's code alone, which is held as a
 * salted hash and never as it is; one without is who the till says.
 *
 * Memory   A view of the object: a question walks over it. Time: one hash, and the object's length.
 * Format   SPEC section 7. body of the SCO1 object = {1: salt (16), 2: [[number, roles, tag (16)?],
 *          ...]}, numbers ascending; tag = SHA-256("SCRIP/OPR/1" || salt || code)[0..15].
 */
#ifndef REDEEM_OPERATORS_H
#define REDEEM_OPERATORS_H

#include "base/cbor_window.h"
#include "base/object.h"

enum { OPERATORS_MAX = 512, OPERATORS_SALT_BYTES = 16, OPERATORS_TAG_BYTES = 16, BADGE_MAX = 40 };

enum operators_role {
    OPERATORS_REVERSE = 1, /* takes back what was approved */
    OPERATORS_OFFLINE = 2  /* lets a sale go without asking the host */
};

struct operators_entry {
    uint16_t number;
    uint8_t roles;
    bool has_tag;
    uint8_t tag[OPERATORS_TAG_BYTES];
};

struct operators {
    uint32_t exp_s, seq; /* seq 0: there is none */
    struct span body;
};

/* Reads a verified object, whole. REFUSED_CLAIMS: another kind, malformed, more than OPERATORS_MAX,
 * a number twice, a role that is unknown; *out is zeroed unless OK. FAULT_*: the store's. */
MUST_CHECK enum scrip_status operators_read(const struct object *object, struct operators *out);

/* By the code of a badge, or where badge is empty by number. REFUSED_NOT_FOUND: nobody.
 * REFUSED_KEY: that number must show a badge. FAULT_*: the store's, or the library's. */
MUST_CHECK enum scrip_status operators_find(const struct operators *operators, uint16_t number,
                                            struct bytes badge, struct operators_entry *out);

/* One after the other: AGAIN at the end. salt is what tags are made with. */
struct operators_walk {
    struct cbor_window window;
    size_t left;
    uint16_t last;
    uint8_t salt[OPERATORS_SALT_BYTES];
};
MUST_CHECK enum scrip_status operators_first(const struct operators *operators,
                                             struct operators_walk *walk);
MUST_CHECK enum scrip_status operators_next(struct operators_walk *walk,
                                            struct operators_entry *out);

MUST_CHECK enum scrip_status operators_tag(const uint8_t salt[OPERATORS_SALT_BYTES],
                                           struct bytes badge, uint8_t tag[OPERATORS_TAG_BYTES]);

/* Writes the body (issuing side; operators_write.c). Entries ascend by number. */
void operators_write(const uint8_t salt[OPERATORS_SALT_BYTES],
                     const struct operators_entry *entries, size_t count, struct buffer *out);

#endif
