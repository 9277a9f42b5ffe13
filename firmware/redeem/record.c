#include "redeem/record.h"

#include <string.h>

#include "base/cbor.h"
#include "base/text.h"
#include "redeem/policy.h"

enum { AUTH_MAX = 16, TXH_BYTES = 16, SALE_ITEMS = 5, MAX_KEYS = 24 };

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

static bool get_u8(struct cbor_reader *in, unsigned max, uint8_t *value)
{
    uint64_t wide;
    bool good = cbor_get_uint(in, max, &wide);
    *value = (uint8_t)wide;
    return good;
}

static bool get_u16(struct cbor_reader *in, uint16_t *value)
{
    uint64_t wide;
    bool good = cbor_get_uint(in, UINT16_MAX, &wide);
    *value = (uint16_t)wide;
    return good;
}

static bool get_fixed(struct cbor_reader *in, uint8_t *out, size_t len)
{
    struct bytes value;
    if (!cbor_get_bytes(in, len, len, &value))
        return false;
    memcpy(out, value.data, len);
    return true;
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

/* Version and type come first in key order, and record_read() has seen to them. */
static bool get_value(struct cbor_reader *in, int64_t key, struct record *out)
{
    struct record_stamp *stamp = &out->stamp;
    switch (key) {
    case RECORD_KEY_EPOCH:
        return cbor_get_u32(in, &out->epoch);
    case RECORD_KEY_SEQ:
        return cbor_get_u32(in, &out->seq);
    case RECORD_KEY_PREV:
        return get_fixed(in, out->prev, RECORD_LINK_BYTES);
    case RECORD_KEY_TIME:
        return cbor_get_u32(in, &stamp->t_s);
    case RECORD_KEY_UNCERTAINTY:
        return cbor_get_u32(in, &stamp->unc_s);
    case RECORD_KEY_TIME_SOURCE:
        return get_u8(in, UINT8_MAX, &stamp->source);
    case RECORD_KEY_BOOT:
        return cbor_get_u32(in, &stamp->boot);
    case RECORD_KEY_UPTIME:
        return cbor_get_u32(in, &stamp->up_s);
    case RECORD_KEY_OPERATOR:
        return get_u16(in, &stamp->operator_number) && stamp->operator_number != 0;
    case RECORD_KEY_SHIFT:
        return get_u16(in, &stamp->shift) && stamp->shift != 0;
    case RECORD_KEY_TOKEN:
        return cbor_get_bytes(in, 1, LIMIT_TOKEN_BYTES, &out->token);
    case RECORD_KEY_MODE:
        return get_u8(in, PERMIT_ASK, &out->mode) && out->mode != 0;
    case RECORD_KEY_AMOUNT:
        return cbor_get_u32(in, &out->amount_minor) &&
               (out->type != RECORD_OUTCOME || out->amount_minor != 0);
    case RECORD_KEY_CURRENCY:
        return get_u16(in, &out->currency);
    case RECORD_KEY_TXH:
        return cbor_get_bytes(in, TXH_BYTES, TXH_BYTES, &out->txh);
    case RECORD_KEY_SALE:
        return get_sale(in, out);
    case RECORD_KEY_DIGEST:
        return get_fixed(in, out->digest, sizeof out->digest);
    case RECORD_KEY_STATE:
        return cbor_get_u32(in, &out->state);
    case RECORD_KEY_DEPTH:
        return cbor_get_u32(in, &out->depth);
    case RECORD_KEY_ISSUER:
        return cbor_get_u32(in, &out->issuer);
    case RECORD_KEY_OF:
        return cbor_get_u32(in, &out->of) && out->of != 0 && out->of < out->seq;
    case RECORD_KEY_RESULT:
        return get_u8(in, RECORD_VOID, &out->result) && out->result != 0;
    case RECORD_KEY_AUTH:
        return cbor_get_text(in, 1, AUTH_MAX, &out->auth);
    case RECORD_KEY_CODE:
        return get_u8(in, RECORD_CODES - 1, &out->code) && out->code != RECORD_CODE_NONE;
    case RECORD_KEY_MEMBER:
        return cbor_get_bytes(in, RECORD_SEALED_BYTES, RECORD_SEALED_BYTES, &out->member);
    default:
        return false;
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
        if (!cbor_get_key(in, &key) || key < 0 || key >= RECORD_KEYS || !get_value(in, key, out))
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

/* What a writer could get wrong and a reader would refuse. */
static bool is_writable(const struct record *record)
{
    switch (record->type) {
    case RECORD_REDEEM:
        return record->token.len > 0 && record->token.len <= LIMIT_TOKEN_BYTES &&
               (record->txh.len == 0 || record->txh.len == TXH_BYTES) && is_sale(record) &&
               (record->mode == PERMIT_OFFLINE || record->mode == PERMIT_ASK);
    case RECORD_OUTCOME:
        return record->result >= RECORD_ACCEPTED && record->result <= RECORD_VOID &&
               is_text(record->auth, AUTH_MAX) && record->code < RECORD_CODES;
    case RECORD_AWARD:
        return record->token.len <= LIMIT_TOKEN_BYTES &&
               (record->token.len == 0) == (record->member.len == RECORD_SEALED_BYTES) &&
               (record->member.len == 0 || record->member.len == RECORD_SEALED_BYTES) &&
               is_sale(record);
    case RECORD_LATE:
        return record->code > RECORD_CODE_NONE && record->code < RECORD_CODES;
    default:
        return true;
    }
}

static bool is_left_out(const struct record *record, int key)
{
    switch (key) {
    case RECORD_KEY_TOKEN:
    case RECORD_KEY_ISSUER:
        return record->token.len == 0;
    case RECORD_KEY_MEMBER:
        return record->member.len == 0;
    case RECORD_KEY_OPERATOR:
        return record->stamp.operator_number == 0;
    case RECORD_KEY_SHIFT:
        return record->stamp.shift == 0;
    case RECORD_KEY_TXH:
        return record->txh.len == 0;
    case RECORD_KEY_AMOUNT:
        return record->type == RECORD_OUTCOME && record->amount_minor == 0;
    case RECORD_KEY_AUTH:
        return record->auth.len == 0;
    case RECORD_KEY_CODE:
        return record->code == RECORD_CODE_NONE;
    default:
        return false;
    }
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

static uint32_t number_of(const struct record *record, int key)
{
    const struct record_stamp *stamp = &record->stamp;
    switch (key) {
    case RECORD_KEY_VERSION:
        return RECORD_VERSION;
    case RECORD_KEY_TYPE:
        return record->type;
    case RECORD_KEY_EPOCH:
        return record->epoch;
    case RECORD_KEY_SEQ:
        return record->seq;
    case RECORD_KEY_TIME:
        return stamp->t_s;
    case RECORD_KEY_UNCERTAINTY:
        return stamp->unc_s;
    case RECORD_KEY_TIME_SOURCE:
        return stamp->source;
    case RECORD_KEY_BOOT:
        return stamp->boot;
    case RECORD_KEY_UPTIME:
        return stamp->up_s;
    case RECORD_KEY_OPERATOR:
        return stamp->operator_number;
    case RECORD_KEY_SHIFT:
        return stamp->shift;
    case RECORD_KEY_MODE:
        return record->mode;
    case RECORD_KEY_AMOUNT:
        return record->amount_minor;
    case RECORD_KEY_CURRENCY:
        return record->currency;
    case RECORD_KEY_STATE:
        return record->state;
    case RECORD_KEY_DEPTH:
        return record->depth;
    case RECORD_KEY_ISSUER:
        return record->issuer;
    case RECORD_KEY_OF:
        return record->of;
    case RECORD_KEY_RESULT:
        return record->result;
    default:
        return record->code;
    }
}

static void put_value(struct buffer *out, const struct record *record, int key)
{
    switch (key) {
    case RECORD_KEY_PREV:
        cbor_put_bytes(out, bytes_of(record->prev, RECORD_LINK_BYTES));
        break;
    case RECORD_KEY_TOKEN:
        cbor_put_bytes(out, record->token);
        break;
    case RECORD_KEY_TXH:
        cbor_put_bytes(out, record->txh);
        break;
    case RECORD_KEY_MEMBER:
        cbor_put_bytes(out, record->member);
        break;
    case RECORD_KEY_SALE:
        put_sale(out, record);
        break;
    case RECORD_KEY_DIGEST:
        cbor_put_bytes(out, bytes_of(record->digest, sizeof record->digest));
        break;
    case RECORD_KEY_AUTH:
        cbor_put_text(out, record->auth);
        break;
    default:
        cbor_put_uint(out, number_of(record, key));
        break;
    }
}

enum scrip_status record_write(const struct record *record, struct buffer *out)
{
    const struct form *form = form_of((unsigned)record->type);
    if (!form || !is_writable(record))
        return SCRIP_REFUSED_ARGUMENT;
    if ((form->required & BIT(RECORD_KEY_OF)) && (record->of == 0 || record->of >= record->seq))
        return SCRIP_REFUSED_ARGUMENT;

    uint64_t keys = form->required | form->optional;
    size_t pairs = 0;
    for (int key = 0; key < RECORD_KEYS; key++) {
        if (is_left_out(record, key))
            keys &= ~BIT(key);
        pairs += keys >> key & 1;
    }
    struct buffer trial = *out;
    cbor_put_map(&trial, pairs);
    for (int key = 0; key < RECORD_KEYS; key++) {
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
