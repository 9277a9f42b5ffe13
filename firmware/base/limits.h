/*
 * limits: every compile-time bound of the agent in one place, each stated once.
 *
 * They are part of the wire and flash formats where SPEC.md says so; change them together with it.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include <limits.h>

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
    LIMIT_ITEMS = 64, /* lines of a sale; a microcontroller's till link sends at most 8 */

    /* Journal and ledger (SPEC sections 9 and 11). */
    LIMIT_RECORD_BYTES = 472,
    LIMIT_SPENT = 192,         /* unexpired spent entries held in RAM */
    LIMIT_KEYS = 8,            /* keys of a key set */
    LIMIT_OBJECT_BYTES = 2048, /* a key set or policy, whole */
    LIMIT_LIST_BYTES = 8448,   /* a status list, whole: the host's only */
    LIMIT_CERT_CHAIN = 2,      /* certificates a terminal sends: its own and one issuing CA */
    LIMIT_CERT_BYTES = 640,    /* one certificate, DER */
    LIMIT_HOST_NAME = 64,      /* bytes, without the NUL */
    LIMIT_BUNDLE_BYTES = 6144, /* an enrolment bundle */

    /* Sync (SPEC section 12). */
    LIMIT_SYNC_RECORDS = 64,
    LIMIT_SYNC_BODY = 49152,
    LIMIT_SYNC_ANSWER = 5120, /* holds a verdict for each record of a batch */

    /* Till. */
    LIMIT_TILL_MESSAGE = 16384
};

#endif
