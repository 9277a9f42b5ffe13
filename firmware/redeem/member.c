#include "redeem/member.h"

#include <string.h>

#include "base/cbor.h"

enum { SECONDS_A_DAY = 86400, HEADER_BYTES = 2, NUMBER_MAX = 32, EMAIL_LOCAL_MAX = 64 };

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_one_of(uint8_t c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* Appends, or says that there is no room. */
static bool put(struct member_id *out, uint8_t c)
{
    if (out->len == sizeof out->data)
        return false;
    out->data[out->len++] = c;
    return true;
}

/* Payment cards ---------------------------------------------------------------------------------
 */

static bool luhn(const uint8_t *digits, size_t len)
{
    unsigned sum = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned digit = digits[len - 1 - i] - (unsigned)'0';
        if (i % 2 == 1)
            digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += digit;
    }
    return sum % 10 == 0;
}

/* The ranges of the card schemes: 3 to 6, and 2221 to 2720. */
static bool in_card_range(const uint8_t *digits)
{
    unsigned first4 = 0;
    for (size_t i = 0; i < 4; i++)
        first4 = first4 * 10 + (digits[i] - (unsigned)'0');
    return (digits[0] >= '3' && digits[0] <= '6') || (first4 >= 2221 && first4 <= 2720);
}

/* Whatever else it holds: 14 to 19 digits, in groups or not, that pass for a card. */
static bool is_card(struct bytes text)
{
    uint8_t digits[20];
    size_t len = 0;
    for (size_t i = 0; i < text.len && len < sizeof digits; i++) {
        if (is_digit(text.data[i]))
            digits[len++] = text.data[i];
        else if (!is_one_of(text.data[i], " -./+()"))
            return false;
    }
    bool card = len >= 14 && len <= 19 && luhn(digits, len) && in_card_range(digits);
    bytes_wipe(digits, sizeof digits);
    return card;
}

/* Normalisers -----------------------------------------------------------------------------------
 */

static bool read_gtin(struct bytes text, struct member_id *out)
{
    unsigned sum = 0;
    if (text.len != 13)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_digit(text.data[i]) || !put(out, text.data[i]))
            return false;
        sum += (text.data[i] - (unsigned)'0') * (i % 2 == 0 ? 1u : 3u);
    }
    return sum % 10 == 0;
}

static bool read_phone(struct bytes text, struct member_id *out)
{
    size_t i = 0;
    bool plus = text.len > 0 && text.data[0] == '+';
    if (!plus && (text.len < 2 || text.data[0] != '0' || text.data[1] != '0'))
        return false;
    out->data[out->len++] = '+';
    for (i = plus ? 1 : 2; i < text.len; i++) {
        if (is_one_of(text.data[i], " -./()"))
            continue;
        if (!is_digit(text.data[i]) || out->len > 15)
            return false;
        out->data[out->len++] = text.data[i];
    }
    return out->len >= 8 && out->data[1] != '0';
}

static bool read_email(struct bytes text, struct member_id *out)
{
    size_t at = 0;
    while (text.len > 0 && is_one_of(text.data[0], " \t"))
        text = bytes_of(text.data + 1, text.len - 1);
    while (text.len > 0 && is_one_of(text.data[text.len - 1], " \t"))
        text.len--;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c <= ' ' || c == 0x7F || (c == '@' && at != 0))
            return false;
        if (c == '@')
            at = i;
        if (!put(out, c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c))
            return false;
    }
    return at > 0 && at <= EMAIL_LOCAL_MAX && at + 1 < out->len;
}

static bool read_number(struct bytes text, struct member_id *out)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c == ' ' || c == '-')
            continue;
        if (c >= 'a' && c <= 'z')
            c = (uint8_t)(c - 'a' + 'A');
        if ((!is_digit(c) && (c < 'A' || c > 'Z')) || out->len == NUMBER_MAX)
            return false;
        out->data[out->len++] = c;
    }
    return out->len >= 4;
}

enum scrip_status member_normalise(enum member_kind kind, struct bytes text, struct member_id *out)
{
    bool good = false;
    memset(out, 0, sizeof *out);
    if (is_card(text))
        return SCRIP_REFUSED_UNSUPPORTED;
    out->kind = kind;
    switch (kind) {
    case MEMBER_GTIN:
        good = read_gtin(text, out);
        break;
    case MEMBER_PHONE:
        good = read_phone(text, out);
        break;
    case MEMBER_EMAIL:
        good = read_email(text, out);
        break;
    case MEMBER_NUMBER:
        good = read_number(text, out);
        break;
    case MEMBER_PSEUDONYM:
        break;
    }
    if (!good)
        member_wipe(out);
    return good ? SCRIP_OK : SCRIP_REFUSED_ARGUMENT;
}

void member_wipe(struct member_id *id)
{
    bytes_wipe(id, sizeof *id);
}

/* Seal ------------------------------------------------------------------------------------------
 */

static void put_tenant(struct buffer *out, const char *label, const char *tenant)
{
    buffer_put_text(out, label);
    buffer_put_byte(out, 0);
    for (size_t i = 0; tenant[i] != '\0' && tenant[i] != '.'; i++)
        buffer_put_byte(out, (uint8_t)tenant[i]);
}

static void put_aad(struct buffer *out, const struct member_context *context)
{
    cbor_put_array(out, 4);
    cbor_put_text(out, bytes_text(context->terminal->text));
    cbor_put_uint(out, context->epoch);
    cbor_put_bytes(out, bytes_of(context->txh, sizeof context->txh));
    cbor_put_uint(out, context->t_s);
}

/* Two lengths only, so that the length tells next to nothing. */
static struct bytes pad(const struct member_id *id, uint8_t text[MEMBER_LONG_BYTES])
{
    memset(text, 0, MEMBER_LONG_BYTES);
    text[0] = (uint8_t)id->kind;
    text[1] = (uint8_t)id->len;
    memcpy(text + HEADER_BYTES, id->data, id->len);
    return bytes_of(text, id->len + HEADER_BYTES <= MEMBER_SHORT_BYTES ? MEMBER_SHORT_BYTES
                                                                       : MEMBER_LONG_BYTES);
}

enum { INFO_BYTES = 32, AAD_BYTES = LIMIT_ID_TEXT + 40 };

enum scrip_status member_seal(const uint8_t vault[CRYPTO_POINT_BYTES],
                              const struct member_context *context, const struct member_id *id,
                              struct buffer *out)
{
    uint8_t info_memory[INFO_BYTES], aad_memory[AAD_BYTES], text[MEMBER_LONG_BYTES];
    struct buffer info = buffer_of(info_memory, sizeof info_memory);
    struct buffer aad = buffer_of(aad_memory, sizeof aad_memory);

    put_tenant(&info, "SCRIP/EID/1", context->terminal->text);
    put_aad(&aad, context);
    if (info.overflow || aad.overflow || id->len > MEMBER_ID_BYTES)
        return SCRIP_REFUSED_TOO_LONG;
    enum scrip_status status = hpke_seal(vault, buffer_bytes(&info), buffer_bytes(&aad),
                                         pad(id, text), out);
    bytes_wipe(text, sizeof text);
    return status;
}

static bool unpad(struct bytes text, struct member_id *out)
{
    uint8_t again[MEMBER_LONG_BYTES];
    if (text.len != MEMBER_SHORT_BYTES && text.len != MEMBER_LONG_BYTES)
        return false;
    out->kind = (enum member_kind)text.data[0];
    out->len = text.data[1];
    if (out->len > MEMBER_ID_BYTES || out->len + HEADER_BYTES > text.len)
        return false;
    memcpy(out->data, text.data + HEADER_BYTES, out->len);
    bool same = bytes_equal(pad(out, again), text);
    bytes_wipe(again, sizeof again);
    return same && (out->kind == MEMBER_GTIN || out->kind == MEMBER_PHONE ||
                    out->kind == MEMBER_EMAIL || out->kind == MEMBER_NUMBER);
}

enum scrip_status member_open(struct crypto_key vault, const struct member_context *context,
                              struct bytes sealed, struct member_id *out)
{
    uint8_t info_memory[INFO_BYTES], aad_memory[AAD_BYTES], memory[MEMBER_LONG_BYTES];
    struct buffer info = buffer_of(info_memory, sizeof info_memory);
    struct buffer aad = buffer_of(aad_memory, sizeof aad_memory);
    struct buffer text = buffer_of(memory, sizeof memory);

    memset(out, 0, sizeof *out);
    put_tenant(&info, "SCRIP/EID/1", context->terminal->text);
    put_aad(&aad, context);
    enum scrip_status status = hpke_open(vault, buffer_bytes(&info), buffer_bytes(&aad), sealed,
                                         &text);
    if (status == SCRIP_OK && !unpad(buffer_bytes(&text), out))
        status = SCRIP_REFUSED_SHAPE;
    bytes_wipe(memory, sizeof memory);
    if (status != SCRIP_OK)
        member_wipe(out);
    return status;
}

/* Names -----------------------------------------------------------------------------------------
 */

static enum scrip_status name(const uint8_t key[CRYPTO_HASH_BYTES], const char *label,
                              const char *tenant, const struct member_id *id,
                              uint8_t out[MEMBER_TAG_BYTES])
{
    uint8_t memory[INFO_BYTES], mac[CRYPTO_HASH_BYTES];
    struct buffer head = buffer_of(memory, sizeof memory);
    const uint8_t kind[] = {0, (uint8_t)id->kind};

    put_tenant(&head, label, tenant);
    if (head.overflow)
        return SCRIP_REFUSED_TOO_LONG;
    const struct bytes parts[] = {buffer_bytes(&head), bytes_of(kind, sizeof kind),
                                  bytes_of(id->data, id->len)};
    TRY(crypto_hmac(bytes_of(key, CRYPTO_HASH_BYTES), parts, 3, mac));
    memcpy(out, mac, MEMBER_TAG_BYTES);
    bytes_wipe(mac, sizeof mac);
    return SCRIP_OK;
}

enum scrip_status member_pseudonym(const uint8_t epoch_key[CRYPTO_HASH_BYTES], const char *tenant,
                                   const struct member_id *id, uint8_t pseudonym[MEMBER_TAG_BYTES])
{
    return name(epoch_key, "SCRIP/EID/name/1", tenant, id, pseudonym);
}

void member_day_open(struct member_day *day)
{
    bytes_wipe(day, sizeof *day);
    day->day = UINT32_MAX;
}

enum scrip_status member_tag(struct member_day *day, uint32_t t_s, const char *tenant,
                             const struct member_id *id, uint8_t tag[MEMBER_TAG_BYTES])
{
    if (day->day != t_s / SECONDS_A_DAY) {
        member_day_open(day);
        TRY(crypto_random(day->key, sizeof day->key));
        day->day = t_s / SECONDS_A_DAY;
    }
    return name(day->key, "SCRIP/EID/local/1", tenant, id, tag);
}
