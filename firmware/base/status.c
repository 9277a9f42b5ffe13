#include "hal/status.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* One line a status, in the order of hal/status.h. A sentence says what was wrong and, where there
 * is something to do, what to do. */
#define STATUSES(X)                                                                                \
    X(OK, "Done.")                                                                                 \
    X(AGAIN, "Not finished yet: ask again.")                                                       \
    X(REFUSED_FOREIGN, "This is not one of our codes: scan the code from the customer's app.")     \
    X(REFUSED_LENGTH, "The code is incomplete or too long: scan it again.")                        \
    X(REFUSED_LAYOUT, "The scanner's keyboard layout garbles the code: set scanner and terminal "  \
                      "to the same layout.")                                                       \
    X(REFUSED_TEXT, "The code was read with errors: scan it again.")                               \
    X(REFUSED_SHAPE, "The code or message is not built as ours are: ask for a new one.")           \
    X(REFUSED_KEY, "The signer is not known, or not valid at this time: ask for a new code, or "   \
                   "synchronise the terminal.")                                                    \
    X(REFUSED_SIGNATURE, "The signature is not genuine: do not accept this code.")                 \
    X(REFUSED_CLAIMS, "The code's contents are incomplete or not permitted: ask for a new one.")   \
    X(REFUSED_AUDIENCE, "The code is genuine but for another merchant, store or terminal: ask "    \
                        "for one that is for here.")                                               \
    X(REFUSED_BINDING, "The code does not belong to this sale: let the customer scan the code "    \
                       "that the terminal shows.")                                                 \
    X(REFUSED_NOT_YET, "The code is dated in the future: check the clocks of the terminal and "    \
                       "of the customer's phone.")                                                 \
    X(REFUSED_EXPIRED, "The code has expired: ask the customer for a fresh one.")                  \
    X(REFUSED_CLOCK, "The terminal does not know the time: connect it to the host, or let the "    \
                     "customer scan the code that the terminal shows.")                            \
    X(REFUSED_KEYS_STALE, "The terminal's keys are out of date: connect it to the host.")          \
    X(REFUSED_STATUS, "The coupon cannot be checked here without the host: connect and retry.")    \
    X(REFUSED_REVOKED, "The coupon no longer stands: it was revoked or used. Do not accept it.")   \
    X(REFUSED_SCOPE,                                                                               \
      "The code does not allow this kind of transaction: ask the customer for one that does.")     \
    X(REFUSED_CURRENCY, "The currency does not fit: the code, the sale and the terminal must "     \
                        "agree.")                                                                  \
    X(REFUSED_AMOUNT, "The amount is zero, or more than the code or the sale allows.")             \
    X(REFUSED_TRAINING, "A training code works only in training, and a live code only outside "    \
                        "it.")                                                                     \
    X(REFUSED_ONLINE_ONLY, "This needs the host, which cannot be reached: try again when the "     \
                           "network is back.")                                                     \
    X(REFUSED_LIMIT_VALUE, "Too much for one code while the terminal is offline: try again when "  \
                           "the network is back.")                                                 \
    X(REFUSED_LIMIT_COUNT, "The terminal has taken as many redemptions offline as it may: "        \
                           "connect it to the host.")                                              \
    X(REFUSED_LIMIT_SUM, "The terminal has given as much value offline as it may: connect it to "  \
                         "the host.")                                                              \
    X(REFUSED_LIMIT_TIME, "The terminal has been offline for too long: connect it to the host.")   \
    X(REFUSED_LIMIT_MEMBER, "This member has redeemed as much as is allowed offline in a day: "    \
                            "try again when the network is back.")                                 \
    X(REFUSED_NO_POLICY, "The terminal has no valid policy, so nothing is permitted offline: "     \
                         "connect it to the host.")                                                \
    X(REFUSED_USED, "This code has already been used here: ask the customer for a fresh one.")     \
    X(REFUSED_FULL, "The terminal's memory is full: connect it to the host so that it settles.")   \
    X(REFUSED_NOT_FOUND,                                                                           \
      "Not found: check the reference; there is no such transaction or entry on this terminal.")   \
    X(REFUSED_STATE,                                                                               \
      "The transaction or terminal is not in a state that allows this: ask for its status first.") \
    X(REFUSED_HOST, "The host has declined this code: do not try it again.")                       \
    X(REFUSED_VOID, "Nothing was redeemed: the request was undone before the host agreed. Try "    \
                    "again, or scan offline.")                                                     \
    X(REFUSED_BUSY, "Another transaction is open: finish or abort it first.")                      \
    X(REFUSED_ARGUMENT, "A field of the request is missing, malformed or out of range: correct "   \
                        "it and send it again.")                                                   \
    X(REFUSED_TOO_LONG, "A field or message is longer than its limit.")                            \
    X(REFUSED_DUPLICATE, "This message number was used before for another request: use a new "     \
                         "one.")                                                                   \
    X(REFUSED_SUSPENDED, "The host has suspended this terminal: call the help desk.")              \
    X(REFUSED_NOT_ENROLLED, "The terminal has no identity yet: enrol it first.")                   \
    X(REFUSED_ABORTED, "Cancelled before anything was redeemed.")                                  \
    X(REFUSED_LOGGED_OUT, "The till has not logged in: log in first.")                             \
    X(REFUSED_UNSUPPORTED, "This terminal does not offer that message or service.")                \
    X(REFUSED_OPERATOR, "Only operators on the signed list may do that: call one who is.")         \
    X(REFUSED_UNSETTLED, "The terminal holds redemptions that the host has not acknowledged: let " \
                         "it settle them first, then try again.")                                  \
    X(FAULT_MEMORY, "The terminal ran out of working memory: try again, and restart it if that "   \
                    "does not help.")                                                              \
    X(FAULT_ENTROPY, "The random number source failed: no key or signature can be made; have the " \
                     "terminal serviced.")                                                         \
    X(FAULT_CRYPTO, "The cryptographic library failed, which says nothing about the code: try "    \
                    "again.")                                                                      \
    X(FAULT_SEAL, "A step was left out, which is an error in the program: report it.")             \
    X(FAULT_FLASH, "The storage failed to read or write: have the terminal serviced.")             \
    X(FAULT_CORRUPT, "Stored data is damaged or was tampered with: keep the terminal and report "  \
                     "it.")                                                                        \
    X(FAULT_FOREIGN, "The storage belongs to another terminal or enrolment, or was replaced: put " \
                     "the original back or enrol anew.")                                           \
    X(FAULT_READ_ONLY, "The storage takes no more records: connect the terminal to the host so "   \
                       "that it settles, then restart it.")                                        \
    X(FAULT_FORK, "The terminal's records and the host's disagree: redeeming is off until the "    \
                  "help desk has looked at it.")                                                   \
    X(FAULT_KEYSTORE, "The key files are missing, unreadable or open to others: restore them, or " \
                      "make them readable by their owner only.")                                   \
    X(FAULT_DEVICE, "The scanner, printer, display or clock does not answer: check its cable and " \
                    "power.")                                                                      \
    X(FAULT_NET, "There is no connection to the host, or it broke: check the network.")            \
    X(FAULT_TIMEOUT, "The host or device was silent for too long: it will be tried again.")        \
    X(FAULT_TLS, "The host could not prove who it is, or does not accept this terminal's "         \
                 "certificate: check both certificates.")                                          \
    X(FAULT_REJECTED, "The host rejected the request: its reason is in the log.")                  \
    X(FAULT_UNAVAILABLE, "The host is overloaded or down: it will be tried again later.")          \
    X(FAULT_PROTOCOL, "The host's answer is not what the protocol allows: check the versions.")

/* All texts are one constant and a status knows where in it its own start: the name, a NUL, the
 * sentence. Pointers to them would take twice the room. */
static const struct texts {
#define MEMBER(name, text) char name[sizeof #name "\0" text];
    STATUSES(MEMBER)
#undef MEMBER
} TEXTS = {
#define TEXT(name, text) #name "\0" text,
    STATUSES(TEXT)
#undef TEXT
};

static const struct place {
    uint16_t status, at;
} PLACES[] = {
#define PLACE(name, text) {SCRIP_##name, offsetof(struct texts, name)},
    STATUSES(PLACE)
#undef PLACE
};

static const char *texts_of(enum scrip_status status)
{
    for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++)
        if ((enum scrip_status)PLACES[i].status == status)
            return (const char *)&TEXTS + PLACES[i].at;
    return "UNKNOWN\0An unknown status: the program and its headers do not belong together.";
}

const char *scrip_status_name(enum scrip_status status)
{
    return texts_of(status);
}

const char *scrip_status_text(enum scrip_status status)
{
    const char *name = texts_of(status);
    return name + strlen(name) + 1;
}
