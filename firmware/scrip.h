/*
 * scrip: a redemption agent for a point-of-sale terminal.
 *
 * Hand it a scanned code and a sale; it answers whether the code is worth something, and how much.
 * When it says SCRIP_OK the redemption is durable: it survives a power cut, and the code is worth
 * nothing again on this terminal. It settles with the host by itself whenever scrip_poll() is
 * called and there is a network.
 *
 *     struct scrip agent;
 *     scrip_open(&agent, hal, &config);
 *     for (;;) { scrip_poll(&agent, &sleep_ms); ... scrip_redeem(&agent, code, len, &sale,
 * &answer); ... }
 *
 * Memory   The caller owns struct scrip and the work arena. No heap.
 * Threads  Not reentrant: one task owns an agent and calls everything. Never from an ISR.
 * Time     Nothing waits for the network. The longest call is one ECC operation and a few page
 *          programs.
 */
#ifndef SCRIP_H
#define SCRIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hal/hal.h"
#include "hal/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SCRIP_VERSION "0.1.0"

/* The agent; its contents are private (agent/scrip.c asserts that they fit). A limits file
 * (base/limits.h) lowers the size with the limits. */
#ifdef SCRIP_LIMITS_FILE
#include SCRIP_LIMITS_FILE
#else
#define SCRIP_BYTES 24576
#endif
struct scrip {
    union {
        uint64_t align;
        unsigned char bytes[SCRIP_BYTES];
    } opaque;
};

struct scrip_config {
    void *arena; /* work memory for JSON and QR codes; may be shared with the caller between calls
                  */
    size_t arena_len;
    uint32_t build_s; /* build time, seconds since 1970: no clock is believed below it */
};

enum scrip_mode {
    SCRIP_MODE_ANY,         /* as the policy says */
    SCRIP_MODE_ONLINE_ONLY, /* never answered offline */
    SCRIP_MODE_OFFLINE      /* an operator's choice who may: do not ask the host */
};

/* One line of the sale. */
struct scrip_item {
    const char *product_code; /* NUL-terminated, at most 20 bytes */
    uint32_t quantity_milli;  /* 1.5 kg: 1500 */
    int64_t amount_minor;
};

/* The sale, as the till knows it. Texts are NUL-terminated and only read during the call. */
struct scrip_sale {
    const char *sale_id;        /* nexo SaleID, 1..20 bytes */
    const char *service_id;     /* nexo ServiceID, 1..10 bytes: names this request */
    const char *transaction_id; /* nexo SaleTransactionID.TransactionID, 1..36 bytes */
    uint32_t total_minor;       /* what the customer would pay, minor units */
    uint32_t wanted_minor;      /* LoyaltyAmount: redeem this much; 0: what the code is worth */
    uint16_t currency;          /* ISO 4217 numeric: 978 is the euro */
    uint16_t operator_number;
    const char *badge; /* what the operator has shown, at most 40 bytes; NULL: nothing */
    uint16_t shift;
    bool training; /* nothing is recorded, and only training codes are accepted */
    enum scrip_mode mode;
    const struct scrip_item *items; /* may be NULL with item_count 0 */
    size_t item_count;
};

/* State bits, in every answer and in the status. */
enum scrip_state_bit {
    SCRIP_STATE_OUT_OF_SERVICE = 1,
    SCRIP_STATE_HOST_UNREACHABLE = 2,
    SCRIP_STATE_BACKLOG_HIGH = 4,
    SCRIP_STATE_PENDING_SYNC = 8,
    SCRIP_STATE_CLOCK_UNTRUSTED = 16,
    SCRIP_STATE_QUEUE_FULL = 32,
    SCRIP_STATE_LATE_REFUSALS = 64,
    SCRIP_STATE_KEYS_STALE = 128,
    SCRIP_STATE_TRAINING = 256,
    SCRIP_STATE_SUSPENDED = 512
};

#define SCRIP_REFERENCE_CHARS 62 /* POITransactionID "<term>-<epoch>-<seq>" and its NUL */

/* What the till hears. Complete for every status. */
struct scrip_answer {
    enum scrip_status status;
    bool online; /* the host decided */
    bool reversed;
    bool late_refused;     /* approved offline, and refused by the host since */
    bool award;            /* noted for a member: worth nothing here */
    bool sealed;           /* ... whose raw identifier was given */
    uint32_t tier;         /* scrip_identify(): the code's */
    uint32_t seq, epoch;   /* of the record; 0: none was written */
    uint32_t amount_minor; /* what the code was worth */
    uint16_t currency;
    uint32_t time_s;                       /* the terminal's time of the record, 0: unknown */
    uint32_t state;                        /* enum scrip_state_bit */
    uint32_t depth;                        /* records that the host has not acknowledged */
    char reference[SCRIP_REFERENCE_CHARS]; /* POITransactionID; empty: none */
    char sale_id[21], service_id[11], transaction_id[37]; /* of the original request */
    char line1[21], line2[21];                            /* for the cashier */
    enum hal_tone tone;
    char detail[80]; /* one sentence for logs and AdditionalResponse: which field was wrong and why;
                        empty: none */
};

/* FAULT_FOREIGN and SCRIP_REFUSED_NOT_ENROLLED leave an agent that answers status, enrolment and
 * nothing else; every other fault: it must not be used. The journal is mounted and recovered on
 * return. */
MUST_CHECK enum scrip_status scrip_open(struct scrip *scrip, const struct hal *hal,
                                        const struct scrip_config *config);

/* Lets go of the library's keys and wipes every secret in the struct. Nothing durable depends on
 * it: a power cut is as good. */
void scrip_close(struct scrip *scrip);

/* One step of whatever is due: an online ask, the scanner, settling, erasing ahead. *sleep_ms: how
 * long nothing needs it unless a device wakes. */
MUST_CHECK enum scrip_status scrip_poll(struct scrip *scrip, uint32_t *sleep_ms);

/*
 * Redeems a code for a sale. code NULL: the terminal's own scanner is asked (AGAIN until it
 * delivers; scrip_result tells). OK: approved and durable. AGAIN: the answer comes by scrip_result
 * with the same sale_id and service_id. REFUSED_*: no value was given. FAULT_*: no value was given,
 * unless scrip_result says so later. The same request again gets the same answer; behind some forty
 * others only while its code is valid (scrip_result finds it for as long as it is held). While a
 * challenge is open, the code must be bound to it.
 */
MUST_CHECK enum scrip_status scrip_redeem(struct scrip *scrip, const char *code, size_t code_len,
                                          const struct scrip_sale *sale,
                                          struct scrip_answer *answer);

/* What a customer is known by: a code of ours, or a raw identifier. */
enum scrip_member_kind {
    SCRIP_MEMBER_CODE = 0,
    SCRIP_MEMBER_GTIN = 1,  /* a card's 13 digits, EAN-13 */
    SCRIP_MEMBER_PHONE = 2, /* E.164 */
    SCRIP_MEMBER_EMAIL = 3,
    SCRIP_MEMBER_NUMBER = 5 /* a member number of the merchant's own */
};

/*
 * Notes a sale for a member, who earns by it: durable with OK, and settled like a redemption. What
 * it is worth the host decides, so that no network is needed. text: a code whose scope is earn
 * (NULL: the terminal's own scanner is asked), or, with another kind, a raw identifier: it is
 * sealed for the vault, counted under a tag that lives in RAM, and no part of it stays or comes
 * back; the caller wipes its own copy. Statuses, repeats and results as scrip_redeem(): the same
 * ids with another raw identifier are the same request, and behind some forty others it is noted
 * once more, as no code is spent. REFUSED_SCOPE: the code earns nothing.
 * REFUSED_ARGUMENT: not an identifier of that kind. REFUSED_UNSUPPORTED: a payment card's number.
 * REFUSED_TOO_LONG: an e-mail beyond 62 bytes. REFUSED_KEY: the key set has no vault.
 * REFUSED_KEYS_STALE: its exp was 14 days ago. REFUSED_LIMIT_MEMBER: the policy's max_awards.
 * REFUSED_BUSY: also while a challenge is open.
 */
MUST_CHECK enum scrip_status scrip_award(struct scrip *scrip, enum scrip_member_kind kind,
                                         const char *text, size_t text_len,
                                         const struct scrip_sale *sale,
                                         struct scrip_answer *answer);

/* Says whether a code identifies a member, and of which tier, or whether a raw identifier is one of
 * its kind. Nothing is recorded, kept or asked for. Statuses as scrip_award(), without a sale. */
MUST_CHECK enum scrip_status scrip_identify(struct scrip *scrip, enum scrip_member_kind kind,
                                            const char *text, size_t text_len,
                                            struct scrip_answer *answer);

#define SCRIP_CHALLENGE_CHARS 160 /* the text of a challenge and its NUL */

/*
 * Opens a challenge for a sale: text is to be shown to the customer as a QR code, whose app answers
 * with a token for this sale at this terminal. Until that token has been redeemed, scrip_abort()
 * names this request, or two minutes have passed, no other token is accepted, and no other sale
 * (REFUSED_BINDING: detail names the field that differs). Such a token also tells the time to a
 * terminal that has none. The same request again gets the same text. Nothing is durable: a restart
 * withdraws it. OK: the answer says AGAIN. REFUSED_ARGUMENT, _TOO_LONG (detail names the field; or
 * cap is below SCRIP_CHALLENGE_CHARS), REFUSED_BUSY: a transaction or another challenge is open.
 * FAULT_*.
 */
MUST_CHECK enum scrip_status scrip_challenge(struct scrip *scrip, const struct scrip_sale *sale,
                                             char *text, size_t cap, struct scrip_answer *answer);

/* Names an earlier request: by reference, or by sale_id with service_id or transaction_id. Unused
 * fields are NULL. */
struct scrip_ref {
    const char *reference;
    const char *sale_id, *service_id, *transaction_id;
};

/* The same answer as then, across reboots; AGAIN: in progress; REFUSED_NOT_FOUND. */
MUST_CHECK enum scrip_status scrip_result(struct scrip *scrip, const struct scrip_ref *ref,
                                          struct scrip_answer *answer);

/* Takes back what is not durable yet. OK: undone, nothing was given. REFUSED_STATE: too late, it is
 * durable: reverse it. REFUSED_NOT_FOUND. */
MUST_CHECK enum scrip_status scrip_abort(struct scrip *scrip, const char *sale_id,
                                         const char *service_id);

/* Undoes an approved redemption or an award, also on a full journal. OK again when already
 * reversed. sale: who asks (ids, operator, badge, shift). REFUSED_OPERATOR: the back office has
 * said who may, and it is not the one that sale names; detail says why. */
MUST_CHECK enum scrip_status scrip_reverse(struct scrip *scrip, const struct scrip_ref *ref,
                                           const struct scrip_sale *sale,
                                           struct scrip_answer *answer);

#define SCRIP_RECEIPT_CHARS 608 /* any receipt in any form, and its NUL */

/* The signed receipt of a redemption as the text of a QR code, NUL-terminated; transport 'B', 'D',
 * or 'U': 'D' behind HTTPS://HOST/R/ with the host's name in capitals, so that a phone's camera
 * opens it. REFUSED_NOT_FOUND, REFUSED_TOO_LONG; REFUSED_STATE: it gave no value; REFUSED_ARGUMENT:
 * another transport. */
MUST_CHECK enum scrip_status scrip_receipt(struct scrip *scrip, uint32_t seq, char transport,
                                           char *text, size_t cap);

/* DER certificate request for identity "MERCHANT.STORE.TERMINAL". */
MUST_CHECK enum scrip_status scrip_enroll_request(struct scrip *scrip, const char *identity,
                                                  uint8_t *der, size_t cap, size_t *len);
/* Checks and stores a bundle, which does not lie in the work arena, and begins the epoch on a fresh
 * journal. On failure the terminal is as before, or after a fault of its storage out of service.
 * REFUSED_UNSETTLED: the journal holds records that the host has not acknowledged. REFUSED_STATE:
 * the bundle's epoch is not a new one. REFUSED_KEY: it is for another request, or not from the back
 * office that the terminal belongs to. REFUSED_BUSY. */
MUST_CHECK enum scrip_status scrip_enroll_install(struct scrip *scrip, const uint8_t *bundle,
                                                  size_t len);

#define SCRIP_MEMBER_SEALED_BYTES 337
#define SCRIP_MEMBER_TAG_BYTES 16
#define SCRIP_MEMBER_TXH_BYTES 16

/* What stands for a member: the seal for the vault, and what it is bound to. */
struct scrip_member {
    unsigned char sealed[SCRIP_MEMBER_SEALED_BYTES];
    size_t sealed_len;
    uint32_t epoch, time_s; /* with the terminal's name and txh: what the vault opens it by */
    unsigned char txh[SCRIP_MEMBER_TXH_BYTES];
    unsigned char tag[SCRIP_MEMBER_TAG_BYTES]; /* the same member has the same tag until midnight
                                                  or a restart; never to be stored or sent */
};

/*
 * Seals a raw identifier, as typed or scanned, for the vault whose key is in the key set; no part
 * of it stays in the terminal. The caller wipes its own copy. REFUSED_ARGUMENT: not one of that
 * kind, or a field of the sale (detail says which). REFUSED_UNSUPPORTED: a payment card's number.
 * REFUSED_KEY: the key set has no vault. FAULT_*. *out is zeroed unless OK.
 */
MUST_CHECK enum scrip_status scrip_member(struct scrip *scrip, enum scrip_member_kind kind,
                                          const char *text, size_t text_len,
                                          const struct scrip_sale *sale, struct scrip_member *out,
                                          char detail[80]);

/* Settle now, whatever backoff says. */
MUST_CHECK enum scrip_status scrip_sync_now(struct scrip *scrip);

struct scrip_status_page {
    const char *identity; /* valid until the next enrolment; empty: not enrolled */
    uint32_t epoch;
    uint32_t state;
    uint32_t depth, capacity; /* unacknowledged records; records that still fit */
    uint32_t head_seq, acked_seq;
    uint32_t unsettled_count;
    uint64_t unsettled_minor;
    uint32_t oldest_age_s;          /* of the oldest unacknowledged record */
    uint32_t offline_left_s;        /* until max_offline_s refuses; UINT32_MAX: no limit known */
    uint32_t time_s, uncertainty_s; /* 0: unknown */
    uint32_t boot;                  /* names this start: rises with each, not by one */
    uint32_t damaged;               /* journal entries that did not authenticate at the start */
    uint32_t settled, late_refused; /* since boot */
    uint32_t keys_seq, policy_seq;
    uint32_t operators_seq, lists_seq; /* 0: none */
    uint32_t keys_left_s;              /* until the key set's exp: then nothing is redeemed */
    uint32_t award_left_s; /* until 14 days later: then nothing is noted nor identified either */
    uint16_t currency;
    uint8_t currency_exponent;
    enum scrip_status host; /* how the last attempt ended */
    char host_problem[48];
    uint32_t next_try_s;
    size_t crypto_arena, crypto_peak;
};
void scrip_read_state(struct scrip *scrip, struct scrip_status_page *page);

/* What happened without being asked; scrip_event answers AGAIN when there is none. */
enum scrip_event_kind {
    SCRIP_EVENT_ONLINE = 1,
    SCRIP_EVENT_OFFLINE,
    SCRIP_EVENT_LATE_REFUSAL, /* seq: approved offline, refused by the host: answer says which */
    SCRIP_EVENT_UNANSWERED,   /* seq: approved before a restart, perhaps never heard */
    SCRIP_EVENT_ALARM,        /* detail: medium foreign, chain forked */
    SCRIP_EVENT_FINISHED      /* a request that was AGAIN has its answer */
};
struct scrip_event {
    enum scrip_event_kind kind;
    struct scrip_answer answer;
};
MUST_CHECK enum scrip_status scrip_event(struct scrip *scrip, struct scrip_event *event);

#ifdef __cplusplus
}
#endif

#endif
