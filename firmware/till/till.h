/*
 * till: the cash register's side of a terminal: takes its messages, asks the agent, answers.
 *
 * A client of scrip.h like any other: whoever integrates the agent may use this room, or leave it
 * and call scrip.h. One till logs in at a time. A request that the agent answers later (it waits
 * for the scanner or the host) stays pending until scrip_event() says SCRIP_EVENT_FINISHED. The
 * agent shows the cashier's lines and sounds the tone; a receipt or a challenge is printed or drawn
 * from here, once the answer has left.
 *
 * Memory   The caller owns struct till and an arena of its own (not the agent's), which holds one
 *          parsed message or one QR code: TILL_ARENA_BYTES do for messages of LIMIT_TILL_MESSAGE.
 *          A code may need more, up to QR_ARENA_BYTES (base/qr.h): so it also takes the agent's,
 *          between calls, where that lies behind.
 * Threads  The agent's owner task.
 * Format   SPEC section 14; nexo Sale to POI, in JSON.
 */
#ifndef TILL_TILL_H
#define TILL_TILL_H

#include "base/limits.h"
#include "scrip.h"

enum {
    TILL_ARENA_BYTES = SCRIP_TILL_ARENA,
    TILL_PENDING = SCRIP_TILL_PENDING,   /* requests that wait for the agent's answer */
    TILL_REPLY_BYTES = SCRIP_TILL_REPLY, /* any answer of ours */
    TILL_POI_ID = 40,
    TILL_TIME_STAMP = 35 /* ISO 8601 with fraction and zone */
};

enum nexo_category {
    NEXO_LOGIN,
    NEXO_LOGOUT,
    NEXO_LOYALTY,
    NEXO_REVERSAL,
    NEXO_TRANSACTION_STATUS,
    NEXO_ABORT,
    NEXO_DIAGNOSIS,
    NEXO_CATEGORIES
};

/* Who asked, and under which number: what an answer carries back. */
struct nexo_header {
    enum nexo_category category;
    char sale_id[LIMIT_SALE_ID + 1];
    char service_id[LIMIT_SERVICE_ID + 1];
    char poi_id[TILL_POI_ID + 1];
    char time_stamp[TILL_TIME_STAMP + 1]; /* of SaleTransactionID; empty: none was given */
};

struct till {
    struct scrip *scrip;
    const struct hal *hal;
    void *arena;
    size_t arena_len, code_len; /* for a message, for a code */

    struct {
        bool active;
        bool training;
        uint16_t operator_number, shift;
        char sale_id[LIMIT_SALE_ID + 1];
    } login;
    struct {
        bool used;
        uint32_t peer;
        struct nexo_header header;
    } pending[TILL_PENDING];
    struct nexo_header last; /* the last loyalty request; sale_id empty: none since boot */
    uint32_t printed_epoch, printed_seq;
    bool drawn;                        /* that receipt's code is on the display, and not on paper */
    uint32_t opened_epoch, opened_seq; /* what was there at the start may have been printed */
    char challenge[SCRIP_CHALLENGE_CHARS]; /* to be shown once the answer has left; or empty */
    struct scrip_item items[LIMIT_ITEMS];
    char reply[TILL_REPLY_BYTES];
};

/* Nobody is logged in, as after every boot. hal->till must not be NULL. shared_len: bytes behind
 * the arena which the agent uses during its calls; 0: none. */
void till_open(struct till *till, struct scrip *scrip, const struct hal *hal, void *arena,
               size_t arena_len, size_t shared_len);

/* Answers at most one message, and passes on whatever the agent has to tell. */
void till_poll(struct till *till);

#endif
