/*
 * limits: every compile-time bound of the agent in one place, each stated once.
 *
 * They are part of the wire and flash formats where SPEC.md says so; change them together with it.
 * What a board with little memory may lower is a SCRIP_* macro, defined in the file that
 * SCRIP_LIMITS_FILE names (boards/lm3s6965evb/limits.h is one), or else as below. Lowering one
 * never changes what a record means: it changes how much is held, and what is refused as too long.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include <limits.h>

#ifdef SCRIP_LIMITS_FILE
#include SCRIP_LIMITS_FILE
#else
#define SCRIP_ITEMS 64
#define SCRIP_SPENT 192
#define SCRIP_REFS 48
#define SCRIP_MEMBERS 32
#define SCRIP_MARKS 96
#define SCRIP_AWARDED 64
#define SCRIP_KEYS 8
#define SCRIP_KEY_TABLES 8
#define SCRIP_BUNDLE_BYTES 6144
#define SCRIP_IDENTITY_BYTES 6144
#define SCRIP_BLOB_CHUNK 512
#define SCRIP_REFUSALS 16
#define SCRIP_EVENTS 16
#define SCRIP_HTTP_HEAD 2048
#define SCRIP_SYNC_OUT 1024
#define SCRIP_SYNC_ANSWER 5120
#define SCRIP_MISSING 48
#define SCRIP_TILL_MESSAGE 16384
#define SCRIP_TILL_ARENA (64 * 1024)
#define SCRIP_TILL_REPLY 4096
#define SCRIP_TILL_PENDING 4
#define SCRIP_AGENT_ARENA (64 * 1024)
#endif

_Static_assert(UINT_MAX >= 0xFFFFFFFFu, "int has at least 32 bits");
_Static_assert(CHAR_BIT == 8, "bytes have 8 bits");

enum {
    /* Codes (SPEC section 1). */
    LIMIT_CODE_CHARS = 782,    /* prefix and the longest body, in decimal transport */
    LIMIT_CODE_BASE45 = 480,   /* characters of a base45 body */
    LIMIT_CODE_DECIMAL = 778,  /* digits of a decimal body */
    LIMIT_TOKEN_BYTES = 320,   /* a COSE_Sign1 token, decoded */
    LIMIT_TOKEN_PAYLOAD = 230, /* its payload */
    LIMIT_ID_PART = 12,        /* characters of merchant, store or terminal */
    LIMIT_ID_TEXT = 3 * LIMIT_ID_PART + 2,

    /* The sale. */
    LIMIT_SALE_ID = 20, /* SaleID, ServiceID: bytes (ServiceID is 10 by nexo) */
    LIMIT_SERVICE_ID = 10,
    LIMIT_TRANSACTION_ID = 36, /* SaleTransactionID: bytes */
    LIMIT_PRODUCT_CODE = 20,
    LIMIT_ITEMS = SCRIP_ITEMS, /* lines of a sale; a microcontroller's till sends at most 8 */

    /* Journal and ledger (SPEC sections 9 and 11). */
    LIMIT_RECORD_BYTES = 472,
    LIMIT_SPENT = SCRIP_SPENT,     /* unexpired spent entries read into the work arena */
    LIMIT_AWARDED = SCRIP_AWARDED, /* members whose awards of a window are counted exactly */
    LIMIT_KEYS = SCRIP_KEYS,       /* keys of a key set */
    /* Keys of the set that stand prepared in memory, 512 bytes each; others are prepared anew for
     * every verification, which then costs twice as much. */
    LIMIT_KEY_TABLES = SCRIP_KEY_TABLES,
    /* A signed object, whole. Only who issues one has it in memory; a terminal takes what its slot
     * holds. */
    LIMIT_OBJECT_BYTES = 16384,
    LIMIT_CERT_CHAIN = 2,   /* certificates a terminal sends: its own and one issuing CA */
    LIMIT_CERT_BYTES = 640, /* one certificate, DER */
    LIMIT_HOST_NAME = 64,   /* bytes, without the NUL */
    LIMIT_BUNDLE_BYTES = SCRIP_BUNDLE_BYTES,     /* an enrolment bundle */
    LIMIT_IDENTITY_BYTES = SCRIP_IDENTITY_BYTES, /* what is stored of it */

    /* Sync (SPEC section 12). */
    LIMIT_SYNC_RECORDS = 64,
    LIMIT_SYNC_BODY = 49152,
    LIMIT_SYNC_ANSWER = SCRIP_SYNC_ANSWER, /* holds a verdict for each record of a batch */

    /* Till. */
    LIMIT_TILL_MESSAGE = SCRIP_TILL_MESSAGE
};

_Static_assert(SCRIP_KEYS >= 2, "a key and the one that follows it");
_Static_assert(SCRIP_SPENT >= 32, "the codes of some minutes");
_Static_assert(SCRIP_IDENTITY_BYTES <= SCRIP_BUNDLE_BYTES, "an identity is a part of a bundle");
_Static_assert(SCRIP_AGENT_ARENA >= SCRIP_IDENTITY_BYTES, "the work arena holds an identity");
_Static_assert(SCRIP_KEY_TABLES >= 1 && SCRIP_KEY_TABLES <= SCRIP_KEYS, "a table is a key's");

#endif
