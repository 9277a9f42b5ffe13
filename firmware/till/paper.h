/*
 * paper: the customer's receipt: what was taken off, the terminal's reference, and the signed
 * receipt as a QR code. Private to firmware/till.
 */
#ifndef TILL_PAPER_H
#define TILL_PAPER_H

#include "till/till.h"

/* Gives the receipt of an approved redemption, once; anything else is passed over. A display that
 * can draw shows its code; what does not fit there is printed, as an address that a phone's camera
 * opens, and as a COPY where it stems from before this start. A device that fails leaves the
 * redemption as it is: the log says that the receipt is missing, and TransactionStatus with
 * ReceiptReprintFlag gives it to the till. */
void paper_print(struct till *till, const struct scrip_answer *answer);

/* Shows till->challenge to the customer, if there is one: drawn on the display where it can, else
 * printed. */
void paper_challenge(struct till *till);

/* The customer cannot read the receipt's code that is on the display: prints it instead. Nothing
 * where there is none, or no printer. */
void paper_instead(struct till *till);

/* Takes a code away from the display: the cashier's lines are there again, or instead this one. */
void paper_clear(struct till *till, const char *line);

#endif
