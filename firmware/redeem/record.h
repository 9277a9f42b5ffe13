/*
 * record: the deterministic CBOR bytes of one chained journal entry, sent to the host verbatim.
 *
 * One map with integer keys (enum record_key); every type has one form, so that a record has one
 * encoding: a key that may be left out is left out exactly when its value is zero or empty. The
 * identity of everything is (terminal, epoch, seq).
 *
 * Memory   Views into the bytes read. Threads: pure functions. Time: linear.
 * Format   SPEC section 11; CDDL in tools/host/api/record.cddl.
 */
#ifndef REDEEM_RECORD_H
#define REDEEM_RECORD_H

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/limits.h"

enum {
    RECORD_VERSION = 1,
    RECORD_LINK_BYTES = 16,
    RECORD_SEALED_BYTES = 145 /* a member tag sealed in its short form: the long one has no room */
};

enum record_type {
    RECORD_REDEEM = 1,
    RECORD_OUTCOME = 2,
    RECORD_REVERSE = 3,
    RECORD_REFUND = 4,
    RECORD_AWARD = 5,
    RECORD_LATE = 6,
    RECORD_COMMAND = 7,
    RECORD_TIME_STEP = 8,
    RECORD_POLICY = 9,
    RECORD_LOST = 10,
    RECORD_CLOSE = 11
};

enum record_key {
    RECORD_KEY_VERSION = 1,
    RECORD_KEY_TYPE = 2,
    RECORD_KEY_EPOCH = 3,
    RECORD_KEY_SEQ = 4,
    RECORD_KEY_PREV = 5, /* 16 bytes: SHA-256 of the previous record; of enrolment for the first */
    RECORD_KEY_TIME = 6,
    RECORD_KEY_UNCERTAINTY = 7,
    RECORD_KEY_TIME_SOURCE = 8, /* enum wallclock_source */
    RECORD_KEY_BOOT = 9,
    RECORD_KEY_UPTIME = 10,
    RECORD_KEY_OPERATOR = 11,
    RECORD_KEY_SHIFT = 12,
    RECORD_KEY_TOKEN = 20,
    RECORD_KEY_MODE = 21, /* enum permit_mode */
    RECORD_KEY_AMOUNT = 22,
    RECORD_KEY_CURRENCY = 23,
    RECORD_KEY_TXH = 24,
    RECORD_KEY_SALE = 25, /* [SaleID, ServiceID, SaleTransactionID, total, lines(32)] */
    RECORD_KEY_DIGEST = 26,
    RECORD_KEY_STATE = 27,  /* the state bits when it was answered */
    RECORD_KEY_DEPTH = 28,  /* the outbox's depth */
    RECORD_KEY_ISSUER = 29, /* of the token, by its key: with the cti it names the code */
    RECORD_KEY_OF = 30,     /* the seq that an outcome, reverse, refund or late verdict is about */
    RECORD_KEY_RESULT = 31,
    RECORD_KEY_AUTH = 32,
    RECORD_KEY_CODE = 33,
    RECORD_KEY_MEMBER = 34, /* a raw identifier, sealed for the vault */
    RECORD_KEYS
};

enum record_result { RECORD_ACCEPTED = 1, RECORD_REFUSED, RECORD_OFFLINE, RECORD_VOID };

/* The host's reasons, as numbers on flash and as names on the wire (record_code_name). */
enum record_code {
    RECORD_CODE_NONE,
    RECORD_CODE_ALREADY_REDEEMED,
    RECORD_CODE_EXPIRED,
    RECORD_CODE_SIGNATURE,
    RECORD_CODE_AUDIENCE,
    RECORD_CODE_AMOUNT,
    RECORD_CODE_KEY_REMOVED,
    RECORD_CODE_REVOKED,
    RECORD_CODE_CHAIN,
    RECORD_CODE_LOST,
    RECORD_CODE_MALFORMED,
    RECORD_CODE_OTHER,
    RECORD_CODES
};
const char *record_code_name(enum record_code code); /* "ALREADY_REDEEMED"; never NULL */
enum record_code record_code_of(struct bytes name);  /* unknown names: RECORD_CODE_OTHER */

struct record_stamp {
    uint32_t t_s, unc_s;
    uint8_t source; /* enum wallclock_source */
    uint32_t boot, up_s;
    uint16_t operator_number, shift;
};

struct record {
    enum record_type type;
    uint32_t epoch, seq;
    uint8_t prev[RECORD_LINK_BYTES];
    struct record_stamp stamp;

    /* RECORD_REDEEM and RECORD_AWARD; token, member, txh (empty or 16 bytes), sale texts and lines
     * are views. An award is by a token with its issuer, or by a sealed member, never by both; it
     * has neither mode, amount nor txh. */
    struct bytes token, member, txh;
    uint8_t mode;
    /* Also an approving outcome's and a reverse's: a reader that starts behind the redeem record
     * knows its value. */
    uint32_t amount_minor;
    uint16_t currency;
    struct bytes sale_id, service_id, transaction_id, lines;
    uint32_t total_minor;
    uint8_t digest[8];
    uint32_t state, depth;
    uint32_t issuer;

    /* The rest. */
    uint32_t of;
    uint8_t result;    /* enum record_result */
    struct bytes auth; /* the host's approval text, at most 16 bytes */
    uint8_t code;      /* enum record_code */
    struct bytes raw;  /* the whole record, set by record_read() */
};

/* REFUSED_SHAPE: not exactly the form of its type, or a type without a form yet (refund,
 * command, time step, policy, lost, close); *out is zeroed. */
MUST_CHECK enum scrip_status record_read(struct bytes data, struct record *out);

/* Appends to out only what record_read() takes. REFUSED_ARGUMENT: a field is not of the form (text
 * that is not UTF-8 or has control characters, a txh that is not 16 bytes). REFUSED_TOO_LONG:
 * beyond LIMIT_RECORD_BYTES or the buffer. out->len is then what it was. */
MUST_CHECK enum scrip_status record_write(const struct record *record, struct buffer *out);

/* The link that the next record carries as prev: SHA-256 of the record's bytes, first 16. */
MUST_CHECK enum scrip_status record_link(struct bytes record, uint8_t link[RECORD_LINK_BYTES]);

#endif
