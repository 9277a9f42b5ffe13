/*
 * member: what stands for a member at the edge, never the raw number.
 *
 * A raw identifier (a loyalty number, a telephone, an e-mail) is normalised, sealed for the vault
 * and forgotten. Nobody who holds the terminal, its flash and its keys can open what it has sealed.
 * For limits within a day the terminal keeps a tag under a key that lives in RAM until midnight or
 * the next restart.
 *
 * Memory   The caller owns struct member_id, and wipes it with member_wipe() once it is sealed.
 * Time     seal: two scalar multiplications; all else linear.
 * Format   SPEC section 15; RFC 9180 for the seal.
 */
#ifndef REDEEM_MEMBER_H
#define REDEEM_MEMBER_H

#include "base/hpke.h"
#include "base/identity.h"
#include "base/limits.h"

/* The numbers go into the sealed text. MEMBER_PSEUDONYM, a code's own, is never sealed. */
enum member_kind {
    MEMBER_PSEUDONYM = 0,
    MEMBER_GTIN = 1,
    MEMBER_PHONE = 2,
    MEMBER_EMAIL = 3,
    MEMBER_NUMBER = 5
};

enum {
    MEMBER_ID_BYTES = 254,
    MEMBER_SHORT_BYTES = 64, /* padded length: kind, length, id, zeros */
    MEMBER_LONG_BYTES = 256, /* of an e-mail that does not fit the short one */
    MEMBER_SEALED_BYTES = MEMBER_LONG_BYTES + HPKE_OVERHEAD,
    MEMBER_TAG_BYTES = 16,
    MEMBER_TENANT_BYTES = 12 /* the merchant */
};

struct member_id {
    enum member_kind kind;
    size_t len;
    uint8_t data[MEMBER_ID_BYTES];
};

/*
 * One spelling of what a person or a scanner gave. GTIN: 13 digits with their check digit. Phone:
 * E.164, separators ( ) . - / and blanks dropped, 00 read as +. E-mail: trimmed, A-Z made small;
 * dots and plus signs stay. Number: capitals, blanks and hyphens dropped, 4 to 32 of A-Z 0-9.
 * REFUSED_ARGUMENT: not one of that kind. REFUSED_UNSUPPORTED: the number of a payment card,
 * whatever it was called: it must never come here. *out is wiped unless OK.
 */
MUST_CHECK enum scrip_status member_normalise(enum member_kind kind, struct bytes text,
                                              struct member_id *out);
void member_wipe(struct member_id *id);

/* What the sealed text is bound to: it opens for this sale, at this terminal, only. */
struct member_context {
    const struct identity *terminal; /* its merchant is the tenant */
    uint32_t epoch, t_s;
    uint8_t txh[16]; /* bind_txh(), under no nonce where no challenge is open */
};

/* Appends at most MEMBER_SEALED_BYTES. Statuses of hpke_seal(). */
MUST_CHECK enum scrip_status member_seal(const uint8_t vault[CRYPTO_POINT_BYTES],
                                         const struct member_context *context,
                                         const struct member_id *id, struct buffer *out);
/* The vault's side. FAULT_CORRUPT: not sealed for this key, terminal, sale and time. REFUSED_SHAPE:
 * opened, but not the form. *out is wiped unless OK. */
MUST_CHECK enum scrip_status member_open(struct crypto_key vault,
                                         const struct member_context *context, struct bytes sealed,
                                         struct member_id *out);

/* The vault's name for a member in one of its epochs: HMAC under that epoch's key. */
MUST_CHECK enum scrip_status member_pseudonym(const uint8_t epoch_key[CRYPTO_HASH_BYTES],
                                              const char *tenant, const struct member_id *id,
                                              uint8_t pseudonym[MEMBER_TAG_BYTES]);

/* The terminal's name for a member, today only, and how often it came up within a window. In RAM,
 * and nowhere else: the counts end with the key, as names under another one mean nothing. */
struct member_day {
    uint8_t key[CRYPTO_HASH_BYTES];
    uint32_t day;    /* t_s / 86400 of the key; UINT32_MAX: none yet */
    uint32_t window; /* the running number of the one that is counted */
    uint16_t count;
    uint16_t least; /* nobody outside the table came up more often */
    struct {
        uint8_t tag[8]; /* its beginning */
        uint16_t times;
    } counted[LIMIT_AWARDED];
};
void member_day_open(struct member_day *day);
/* A new key with each new day. FAULT_ENTROPY. */
MUST_CHECK enum scrip_status member_tag(struct member_day *day, uint32_t t_s, const char *tenant,
                                        const struct member_id *id, uint8_t tag[MEMBER_TAG_BYTES]);

/* member_day.c: how often a member came up in a window before; exact for the LIMIT_AWARDED most
 * frequent, else an upper bound. Another window than the last one begins with nobody. */
uint32_t member_times(struct member_day *day, uint32_t window, const uint8_t tag[MEMBER_TAG_BYTES]);
/* Once more. */
void member_count(struct member_day *day, uint32_t window, const uint8_t tag[MEMBER_TAG_BYTES]);

#endif
