/*
 * status: the one vocabulary of outcomes, from a flash driver to the till.
 *
 * Three bands. OK and AGAIN: done, or not yet. REFUSED_*: an answer, shown to the cashier and never
 * retried unchanged. FAULT_*: an accident, logged, and never mistaken for an answer: memory that
 * runs out while a code is checked is FAULT_MEMORY, not a refusal.
 */
#ifndef HAL_STATUS_H
#define HAL_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

enum scrip_status {
    SCRIP_OK = 0,
    SCRIP_AGAIN = 1, /* not finished: poll again; nothing has failed */

    /* The code, in the order in which the path finds out. */
    SCRIP_REFUSED_FOREIGN = 0x100, /* not one of our codes: no known prefix */
    SCRIP_REFUSED_LENGTH,          /* ours by its prefix, but too short or too long */
    SCRIP_REFUSED_LAYOUT, /* intact prefix, letters outside the alphabet: scanner keyboard layout */
    SCRIP_REFUSED_TEXT,   /* transport (base45, decimal) does not decode */
    SCRIP_REFUSED_SHAPE,  /* not the strict COSE_Sign1 of the profile */
    SCRIP_REFUSED_KEY,    /* kid is not in the key set, or not valid at this time */
    SCRIP_REFUSED_SIGNATURE, /* signature does not verify */
    SCRIP_REFUSED_CLAIMS,    /* a claim is missing, unknown, malformed or beyond its key's bounds */
    SCRIP_REFUSED_AUDIENCE,  /* genuine, but for another merchant, store or terminal */
    SCRIP_REFUSED_BINDING,   /* bound to another sale, or unbound while a challenge is open */
    SCRIP_REFUSED_NOT_YET,   /* issued in the future: iat > T + S */
    SCRIP_REFUSED_EXPIRED,   /* T >= exp + S */
    SCRIP_REFUSED_CLOCK,     /* the terminal's time is unknown: needs the host or a challenge */
    SCRIP_REFUSED_KEYS_STALE, /* the key set is past its exp: redeem is off until it is renewed */
    SCRIP_REFUSED_STATUS,     /* coupon: whether it still stands cannot be known here */
    SCRIP_REFUSED_REVOKED,    /* coupon: its status list says that it no longer stands */

    /* The sale and the policy. */
    SCRIP_REFUSED_SCOPE = 0x120, /* the code does not carry the right that is asked */
    SCRIP_REFUSED_CURRENCY,      /* the code's currency is not the sale's, or the sale's not ours */
    SCRIP_REFUSED_AMOUNT,        /* zero, negative or above what the code or the sale bears */
    SCRIP_REFUSED_TRAINING,      /* a live code in training, or a training code live */
    SCRIP_REFUSED_ONLINE_ONLY,   /* the code or the request needs the host, which is out of reach */
    SCRIP_REFUSED_LIMIT_VALUE,   /* offline: max_value_per_token */
    SCRIP_REFUSED_LIMIT_COUNT,   /* offline: max_offline_count */
    SCRIP_REFUSED_LIMIT_SUM,     /* offline: max_offline_value */
    SCRIP_REFUSED_LIMIT_TIME,    /* offline: max_offline_s since the last signed host time */
    SCRIP_REFUSED_LIMIT_MEMBER,  /* offline: per_member_per_day */
    SCRIP_REFUSED_NO_POLICY,     /* no valid policy object: nothing can be permitted offline */

    /* The ledger. */
    SCRIP_REFUSED_USED = 0x140, /* the code was already used on this terminal */
    SCRIP_REFUSED_FULL,         /* the journal or the spent set is full: settle first */
    SCRIP_REFUSED_NOT_FOUND,    /* no such transaction in this journal */
    SCRIP_REFUSED_STATE,        /* the transaction is not in a state that allows this */
    SCRIP_REFUSED_HOST,         /* the host said no */
    SCRIP_REFUSED_VOID,         /* asked the host, no answer in time, offline not allowed: undone */

    /* The caller. */
    SCRIP_REFUSED_BUSY = 0x160, /* another transaction is open */
    SCRIP_REFUSED_ARGUMENT,     /* a field of the request is missing, malformed or out of range */
    SCRIP_REFUSED_TOO_LONG,     /* a field or message is longer than its limit */
    SCRIP_REFUSED_DUPLICATE,    /* same SaleID and ServiceID, different request */
    SCRIP_REFUSED_SUSPENDED,    /* the host has suspended this terminal */
    SCRIP_REFUSED_NOT_ENROLLED, /* no identity yet: enrol the terminal first */
    SCRIP_REFUSED_ABORTED,      /* the till or the cashier took it back before it was durable */
    SCRIP_REFUSED_LOGGED_OUT,   /* the till has not logged in */
    SCRIP_REFUSED_UNSUPPORTED,  /* a message or service which this terminal does not offer */
    SCRIP_REFUSED_OPERATOR,     /* only some operators may do that, and this is none of them */
    SCRIP_REFUSED_UNSETTLED,    /* records that the host has not acknowledged would be lost */

    SCRIP_FAULT_MEMORY = 0x200, /* an arena is exhausted */
    SCRIP_FAULT_ENTROPY,        /* no trustworthy random bytes */
    SCRIP_FAULT_CRYPTO,         /* the cryptographic library failed; says nothing of the input */
    SCRIP_FAULT_SEAL,      /* a value came to a step without the step before: a programming error */
    SCRIP_FAULT_FLASH,     /* the medium failed to read, program or erase */
    SCRIP_FAULT_CORRUPT,   /* stored bytes do not authenticate */
    SCRIP_FAULT_FOREIGN,   /* the medium belongs to another terminal or epoch, or was replaced */
    SCRIP_FAULT_READ_ONLY, /* mounted for reading only */
    SCRIP_FAULT_FORK,      /* our chain and the host's disagree: kept, reported, redeem off */
    SCRIP_FAULT_KEYSTORE,  /* the keystore is missing, unreadable or too open */
    SCRIP_FAULT_DEVICE,    /* scanner, printer or display does not answer */
    SCRIP_FAULT_NET,       /* no connection, or it broke */
    SCRIP_FAULT_TIMEOUT,   /* the peer was silent for too long */
    SCRIP_FAULT_TLS,       /* handshake or certificate: the host is not ours */
    SCRIP_FAULT_REJECTED,  /* the host rejected the request (4xx): its code is in the log */
    SCRIP_FAULT_UNAVAILABLE, /* the host is overloaded (429, 5xx): try later */
    SCRIP_FAULT_PROTOCOL     /* the peer's answer is not what the protocol allows */
};

#if defined(__GNUC__)
#define MUST_CHECK __attribute__((warn_unused_result))
#else
#define MUST_CHECK
#endif

/* The only control-flow macro of the project: hand every status but OK to the caller. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        enum scrip_status try_status_ = (call);                                                    \
        if (try_status_ != SCRIP_OK)                                                               \
            return try_status_;                                                                    \
    } while (0)

/* The status's name without its SCRIP_ prefix, such as "REFUSED_USED". Never NULL. */
const char *scrip_status_name(enum scrip_status status);

/* One plain English sentence for a log or an operator: what was wrong and what to do. Never NULL.
 */
const char *scrip_status_text(enum scrip_status status);

static inline int scrip_is_refused(enum scrip_status status)
{
    return (unsigned)status >= 0x100u && (unsigned)status < 0x200u;
}

static inline int scrip_is_fault(enum scrip_status status)
{
    return (unsigned)status >= 0x200u;
}

#ifdef __cplusplus
}
#endif

#endif
