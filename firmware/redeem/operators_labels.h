/*
 * operators_labels: the numbers of an operators body, for its reader and its writer.
 *
 * Format   SPEC section 7.
 */
#ifndef REDEEM_OPERATORS_LABELS_H
#define REDEEM_OPERATORS_LABELS_H

enum { OPERATORS_LABEL_SALT = 1, OPERATORS_LABEL_ENTRIES };

#endif
