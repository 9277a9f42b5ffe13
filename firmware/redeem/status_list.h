/*
 * status_list: which coupons of a list no longer stand, one bit each, signed by the issuer.
 *
 * Only the host holds lists: a terminal asks it, or lets the policy's max_offline_coupons go
 * unasked.
 *
 * Memory   A view into the object. Time: constant.
 * Format   SPEC section 6. body of the SCL1 object = {1: list, 2: bits}; bit i is bit i % 8,
 *          counted from the lowest, of byte i / 8.
 */
#ifndef REDEEM_STATUS_LIST_H
#define REDEEM_STATUS_LIST_H

#include "redeem/keyset.h"

enum { STATUS_LIST_MAX_BYTES = 8192 };

struct status_list {
    uint32_t list, seq;
    struct bytes bits;
};

/* Verifies by the keys that may sign lists, and reads. The statuses of object_verify(), and
 * REFUSED_KEY where the key set has no such key. *out is zeroed unless OK. */
MUST_CHECK enum scrip_status status_list_read(struct bytes data, const struct keyset *keys,
                                              struct status_list *out);

/* An index that the list does not reach is not one that was ever given out: revoked. */
bool status_list_revoked(const struct status_list *list, uint32_t index);

/* Writes the body (issuing side). */
void status_list_write(const struct status_list *list, struct buffer *out);

#endif
