/*
 * status_list: which coupons of a list no longer stand, one bit each, signed by the issuer.
 *
 * A list is looked at where it lies: a question reads one byte of it.
 *
 * Memory   A view of the object. Time: constant; to read one is to hash it once.
 * Format   SPEC section 6. body of the SCL1 object = {1: list, 2: bits}; bit i is bit i % 8,
 *          counted from the lowest, of byte i / 8.
 */
#ifndef REDEEM_STATUS_LIST_H
#define REDEEM_STATUS_LIST_H

#include "redeem/keyset.h"

enum { STATUS_LIST_MAX_BYTES = 8192 };

struct status_list {
    uint32_t iat_s, exp_s, seq; /* seq 0: there is none */
    uint32_t list;
    struct span bits;
};

/* Verifies by the keys that may sign lists, and reads. The statuses of object_verify(), and
 * REFUSED_KEY where the key set has no such key. *out is zeroed unless OK. */
MUST_CHECK enum scrip_status status_list_read(struct span data, const struct keyset *keys,
                                              struct status_list *out);

/* An index that the list does not reach is not one that was ever given out: revoked. FAULT_*: the
 * store's, and *revoked is true. */
MUST_CHECK enum scrip_status status_list_look(const struct status_list *list, uint32_t index,
                                              bool *revoked);

/* Writes the body (issuing side). FAULT_*, REFUSED_TOO_LONG: span_load()'s. */
MUST_CHECK enum scrip_status status_list_write(const struct status_list *list, struct buffer *out);

#endif
