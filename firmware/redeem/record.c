#include "redeem/record.h"

#include <stddef.h>
#include <string.h>

#include "base/cbor.h"
#include "base/text.h"
#include "redeem/policy.h"

enum { AUTH_MAX = 16, TXH_BYTES = 16, DIGEST_BYTES = 8, SALE_ITEMS = 5, MAX_KEYS = 24 };

#define BIT(key) ((uint64_t)1 << (key))

#define COMMON                                                                                     \
    (BIT(RECORD_KEY_VERSION) | BIT(RECORD_KEY_TYPE) | BIT(RECORD_KEY_EPOCH) |                      \
     BIT(RECORD_KEY_SEQ) | BIT(RECORD_KEY_PREV) | BIT(RECORD_KEY_TIME) |                           \
     BIT(RECORD_KEY_UNCERTAINTY) | BIT(RECORD_KEY_TIME_SOURCE) | BIT(RECORD_KEY_BOOT) |            \
     BIT(RECORD_KEY_UPTIME))
#define COMMON_OPTIONAL (BIT(RECORD_KEY_OPERATOR) | BIT(RECORD_KEY_SHIFT))

/* The keys that a record of each type has, and those that it has unless their value is zero or
 * empty. A type without a row has no form yet. */
static const struct form {
    uint64_t required, optional;
} FORMS[] = {
    [RECORD_REDEEM] = {COMMON | BIT(RECORD_KEY_TOKEN) | BIT(RECORD_KEY_MODE) |
                           BIT(RECORD_KEY_AMOUNT) | BIT(RECORD_KEY_CURRENCY) |
                           BIT(RECORD_KEY_SALE) | BIT(RECORD_KEY_DIGEST) | BIT(RECORD_KEY_STATE) |
                           BIT(RECORD_KEY_DEPTH) | BIT(RECORD_KEY_ISSUER),
                       COMMON_OPTIONAL | BIT(RECORD_KEY_TXH)},
    [RECORD_OUTCOME] = {COMMON | BIT(RECORD_KEY_OF) | BIT(RECORD_KEY_RESULT),
                        COMMON_OPTIONAL | BIT(RECORD_KEY_AMOUNT) | BIT(RECORD_KEY_AUTH) |
                            BIT(RECORD_KEY_CODE)},
    [RECORD_REVERSE] = {COMMON | BIT(RECORD_KEY_OF) | BIT(RECORD_KEY_AMOUNT), COMMON_OPTIONAL},
    [RECORD_AWARD] = {COMMON | BIT(RECORD_KEY_CURRENCY) | BIT(RECORD_KEY_SALE) |
                          BIT(RECORD_KEY_DIGEST) | BIT(RECORD_KEY_STATE) | BIT(RECORD_KEY_DEPTH),
                      COMMON_OPTIONAL | BIT(RECORD_KEY_TOKEN) | BIT(RECORD_KEY_ISSUER) |
                          BIT(RECORD_KEY_MEMBER)},
    [RECORD_LATE] = {COMMON | BIT(RECORD_KEY_OF) | BIT(RECORD_KEY_CODE), COMMON_OPTIONAL},
};

static const struct form *form_of(unsigned type)
{
    if (type >= sizeof FORMS / sizeof FORMS[0] || FORMS[type].required == 0)
        return NULL;
    return &FORMS[type];
}

/* Where a key's value lies in struct record, and what it may be: a number from min to max, or bytes
 * or a text of min to max bytes. A number of 32 bits has no max. Version and type are not values of
 * a record: they say what it is. */
enum kind { KIND_NONE, KIND_U8, KIND_U16, KIND_U32, KIND_FIXED, KIND_BYTES, KIND_TEXT, KIND_SALE };

static const struct field {
    uint8_t kind; /* enum kind */
    uint8_t min;
    uint16_t max, at;
} FIELDS[RECORD_KEYS] = {
#define FIELD(kind, min, max, member)                                                              \
    {                                                                                              \
        KIND_##kind, min, max, offsetof(struct record, member)                                     \
    }
    [RECORD_KEY_EPOCH] = FIELD(U32, 0, 0, epoch),
    [RECORD_KEY_SEQ] = FIELD(U32, 0, 0, seq),
    [RECORD_KEY_PREV] = FIELD(FIXED, 0, RECORD_LINK_BYTES, prev),
    [RECORD_KEY_TIME] = FIELD(U32, 0, 0, stamp.t_s),
    [RECORD_KEY_UNCERTAINTY] = FIELD(U32, 0, 0, stamp.unc_s),
    [RECORD_KEY_TIME_SOURCE] = FIELD(U8, 0, UINT8_MAX, stamp.source),
    [RECORD_KEY_BOOT] = FIELD(U32, 0, 0, stamp.boot),
    [RECORD_KEY_UPTIME] = FIELD(U32, 0, 0, stamp.up_s),
    [RECORD_KEY_OPERATOR] = FIELD(U16, 1, UINT16_MAX, stamp.operator_number),
    [RECORD_KEY_SHIFT] = FIELD(U16, 1, UINT16_MAX, stamp.shift),
    [RECORD_KEY_TOKEN] = FIELD(BYTES, 1, LIMIT_TOKEN_BYTES, token),
    [RECORD_KEY_MODE] = FIELD(U8, 1, PERMIT_ASK, mode),
    [RECORD_KEY_AMOUNT] = FIELD(U32, 0, 0, amount_minor),
    [RECORD_KEY_CURRENCY] = FIELD(U16, 0, UINT16_MAX, currency),
    [RECORD_KEY_TXH] = FIELD(BYTES, TXH_BYTES, TXH_BYTES, txh),
    [RECORD_KEY_SALE] = {.kind = KIND_SALE},
    [RECORD_KEY_DIGEST] = FIELD(FIXED, 0, DIGEST_BYTES, digest),
    [RECORD_KEY_STATE] = FIELD(U32, 0, 0, state),
    [RECORD_KEY_DEPTH] = FIELD(U32, 0, 0, depth),
    [RECORD_KEY_ISSUER] = FIELD(U32, 0, 0, issuer),
    [RECORD_KEY_OF] = FIELD(U32, 1, 0, of),
    [RECORD_KEY_RESULT] = FIELD(U8, 1, RECORD_VOID, result),
    [RECORD_KEY_AUTH] = FIELD(TEXT, 1, AUTH_MAX, auth),
    [RECORD_KEY_CODE] = FIELD(U8, 1, RECORD_CODES - 1, code),
    [RECORD_KEY_MEMBER] = FIELD(BYTES, RECORD_SEALED_BYTES, RECORD_SEALED_BYTES, member),
#undef FIELD
};

static const void *value_at(const struct record *record, int key)
{
    return (const uint8_t *)record + FIELDS[key].at;
}

static uint32_t number_at(const struct record *record, int key)
{
    const void *at = value_at(record, key);
    switch (FIELDS[key].kind) {
    case KIND_U8:
        return *(const uint8_t *)at;
    case KIND_U16:
        return *(const uint16_t *)at;
    default:
        return *(const uint32_t *)at;
    }
}

static bool is_text(struct bytes text, size_t max)
{
    return text.len <= max && text_is_utf8(text);
}

static bool is_sale(const struct record *record)
{
    return record->lines.len == CRYPTO_HASH_BYTES && is_text(record->sale_id, LIMIT_SALE_ID) &&
           is_text(record->service_id, LIMIT_SERVICE_ID) &&
           is_text(record->transaction_id, LIMIT_TRANSACTION_ID);
}

/* Of a value that is there. */
static bool is_good(const struct record *record, int key)
{
    const struct field *field = &FIELDS[key];
    const struct bytes *view = value_at(record, key);
    uint32_t number;
    switch (field->kind) {
    case KIND_FIXED:
        return true;
    case KIND_BYTES:
        return view->len >= field->min && view->len <= field->max;
    case KIND_TEXT:
        return view->len >= field->min && is_text(*view, field->max);
    case KIND_SALE:
        return is_sale(record);
    default:
        number = number_at(record, key);
        return number >= field->min && (field->kind == KIND_U32 || number <= field->max) &&
               (key != RECORD_KEY_OF || number < record->seq);
    }
}

/* Names as the host spells them on the wire. */
static const char *const CODE_NAMES[] = {
    [RECORD_CODE_NONE] = "NONE",
    [RECORD_CODE_ALREADY_REDEEMED] = "ALREADY_REDEEMED",
    [RECORD_CODE_EXPIRED] = "EXPIRED",
    [RECORD_CODE_SIGNATURE] = "SIGNATURE",
    [RECORD_CODE_AUDIENCE] = "AUDIENCE",
    [RECORD_CODE_AMOUNT] = "AMOUNT",
    [RECORD_CODE_KEY_REMOVED] = "KEY_REMOVED",
    [RECORD_CODE_REVOKED] = "REVOKED",
    [RECORD_CODE_CHAIN] = "CHAIN",
    [RECORD_CODE_LOST] = "LOST",
    [RECORD_CODE_MALFORMED] = "MALFORMED",
    [RECORD_CODE_OTHER] = "OTHER",
};
_Static_assert(sizeof CODE_NAMES / sizeof CODE_NAMES[0] == RECORD_CODES, "every code has a name");

const char *record_code_name(enum record_code code)
{
    return (unsigned)code < RECORD_CODES ? CODE_NAMES[code] : CODE_NAMES[RECORD_CODE_OTHER];
}

enum record_code record_code_of(struct bytes name)
{
    for (unsigned code = 0; code < RECORD_CODES; code++)
        if (bytes_equal(name, bytes_text(CODE_NAMES[code])))
            return (enum record_code)code;
    return RECORD_CODE_OTHER;
}

static bool get_sale(struct cbor_reader *in, struct record *out)
{
    size_t items;
    return cbor_get_array(in, SALE_ITEMS, &items) && items == SALE_ITEMS &&
           cbor_get_text(in, 0, LIMIT_SALE_ID, &out->sale_id) &&
           cbor_get_text(in, 0, LIMIT_SERVICE_ID, &out->service_id) &&
           cbor_get_text(in, 0, LIMIT_TRANSACTION_ID, &out->transaction_id) &&
           cbor_get_u32(in, &out->total_minor) &&
           cbor_get_bytes(in, CRYPTO_HASH_BYTES, CRYPTO_HASH_BYTES, &out->lines);
}

static bool get_number(struct cbor_reader *in, int key, struct record *out)
{
    const struct field *field = &FIELDS[key];
    void *at = (uint8_t *)out + field->at;
    uint64_t number;
    if (!cbor_get_uint(in, field->kind == KIND_U32 ? UINT32_MAX : field->max, &number))
        return false;
    if (field->kind == KIND_U8)
        *(uint8_t *)at = (uint8_t)number;
    else if (field->kind == KIND_U16)
        *(uint16_t *)at = (uint16_t)number;
    else
        *(uint32_t *)at = (uint32_t)number;
    return is_good(out, key) &&
           (key != RECORD_KEY_AMOUNT || out->type != RECORD_OUTCOME || number != 0);
}

/* Version and type come first in key order, and record_read() has seen to them. */
static bool get_value(struct cbor_reader *in, int key, struct record *out)
{
    const struct field *field = &FIELDS[key];
    void *at = (uint8_t *)out + field->at;
    struct bytes fixed;
    switch (field->kind) {
    case KIND_NONE:
        return false;
    case KIND_FIXED:
        if (!cbor_get_bytes(in, field->max, field->max, &fixed))
            return false;
        memcpy(at, fixed.data, fixed.len);
        return true;
    case KIND_BYTES:
        return cbor_get_bytes(in, field->min, field->max, at);
    case KIND_TEXT:
        return cbor_get_text(in, field->min, field->max, at);
    case KIND_SALE:
        return get_sale(in, out);
    default:
        return get_number(in, key, out);
    }
}

/* Whom an award is for stands there once. */
static bool is_one_claimant(uint64_t keys)
{
    bool token = (keys & BIT(RECORD_KEY_TOKEN)) != 0;
    return token == ((keys & BIT(RECORD_KEY_ISSUER)) != 0) &&
           token != ((keys & BIT(RECORD_KEY_MEMBER)) != 0);
}

static bool get_all(struct cbor_reader *in, struct record *out)
{
    size_t pairs;
    uint64_t version, type, seen = BIT(RECORD_KEY_VERSION) | BIT(RECORD_KEY_TYPE);
    int64_t key = CBOR_FIRST;
    if (!cbor_get_map(in, MAX_KEYS, &pairs) || pairs < 2 || !cbor_get_key(in, &key) ||
        key != RECORD_KEY_VERSION || !cbor_get_uint(in, RECORD_VERSION, &version) ||
        version != RECORD_VERSION || !cbor_get_key(in, &key) || key != RECORD_KEY_TYPE ||
        !cbor_get_uint(in, UINT8_MAX, &type))
        return false;
    const struct form *form = form_of((unsigned)type);
    if (!form)
        return false;
    out->type = (enum record_type)type;
    for (size_t i = 2; i < pairs; i++) {
        if (!cbor_get_key(in, &key) || key < 0 || key >= RECORD_KEYS ||
            !get_value(in, (int)key, out))
            return false;
        seen |= BIT(key);
    }
    return cbor_done(in) && (seen & form->required) == form->required &&
           (seen & ~(form->required | form->optional)) == 0 &&
           (type != RECORD_AWARD || is_one_claimant(seen));
}

enum scrip_status record_read(struct bytes data, struct record *out)
{
    struct cbor_reader in = cbor_read(data);
    memset(out, 0, sizeof *out);
    if (data.len > LIMIT_RECORD_BYTES || !get_all(&in, out)) {
        memset(out, 0, sizeof *out);
        return SCRIP_REFUSED_SHAPE;
    }
    out->raw = data;
    return SCRIP_OK;
}

/* An optional value that is zero or empty. Who issued a token is left out with it. */
static bool is_left_out(const struct record *record, int key)
{
    if (key == RECORD_KEY_ISSUER)
        key = RECORD_KEY_TOKEN;
    if (FIELDS[key].kind == KIND_BYTES || FIELDS[key].kind == KIND_TEXT)
        return ((const struct bytes *)value_at(record, key))->len == 0;
    return number_at(record, key) == 0;
}

static void put_sale(struct buffer *out, const struct record *record)
{
    cbor_put_array(out, SALE_ITEMS);
    cbor_put_text(out, record->sale_id);
    cbor_put_text(out, record->service_id);
    cbor_put_text(out, record->transaction_id);
    cbor_put_uint(out, record->total_minor);
    cbor_put_bytes(out, record->lines);
}

static void put_value(struct buffer *out, const struct record *record, int key)
{
    const void *at = value_at(record, key);
    switch (FIELDS[key].kind) {
    case KIND_FIXED:
        cbor_put_bytes(out, bytes_of(at, FIELDS[key].max));
        break;
    case KIND_BYTES:
        cbor_put_bytes(out, *(const struct bytes *)at);
        break;
    case KIND_TEXT:
        cbor_put_text(out, *(const struct bytes *)at);
        break;
    case KIND_SALE:
        put_sale(out, record);
        break;
    default:
        cbor_put_uint(out, number_at(record, key));
        break;
    }
}

enum scrip_status record_write(const struct record *record, struct buffer *out)
{
    const struct form *form = form_of((unsigned)record->type);
    if (!form)
        return SCRIP_REFUSED_ARGUMENT;

    uint64_t keys = form->required | form->optional;
    size_t pairs = 2;
    for (int key = RECORD_KEY_TYPE + 1; key < RECORD_KEYS; key++) {
        if ((form->optional & BIT(key)) && is_left_out(record, key))
            keys &= ~BIT(key);
        if (!(keys & BIT(key)))
            continue;
        if (!is_good(record, key))
            return SCRIP_REFUSED_ARGUMENT;
        pairs++;
    }
    if (record->type == RECORD_AWARD && !is_one_claimant(keys))
        return SCRIP_REFUSED_ARGUMENT;
    struct buffer trial = *out;
    cbor_put_map(&trial, pairs);
    cbor_put_uint(&trial, RECORD_KEY_VERSION);
    cbor_put_uint(&trial, RECORD_VERSION);
    cbor_put_uint(&trial, RECORD_KEY_TYPE);
    cbor_put_uint(&trial, record->type);
    for (int key = RECORD_KEY_TYPE + 1; key < RECORD_KEYS; key++) {
        if (!(keys & BIT(key)))
            continue;
        cbor_put_uint(&trial, (unsigned)key);
        put_value(&trial, record, key);
    }
    if (trial.overflow || trial.len - out->len > LIMIT_RECORD_BYTES)
        return SCRIP_REFUSED_TOO_LONG;
    *out = trial;
    return SCRIP_OK;
}

enum scrip_status record_link(struct bytes record, uint8_t link[RECORD_LINK_BYTES])
{
    uint8_t hash[CRYPTO_HASH_BYTES];
    TRY(crypto_sha256(record, hash));
    memcpy(link, hash, RECORD_LINK_BYTES);
    return SCRIP_OK;
}
