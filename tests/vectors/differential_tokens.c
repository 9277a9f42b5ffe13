#include "tests/vectors/differential.h"

#include <string.h>

#include "tests/check.h"

static uint32_t next(struct random *random, uint32_t below)
{
    random->state = random->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random->state >> 33) % below;
}

static bool one_in(struct random *random, uint32_t n)
{
    return next(random, n) == 0;
}

/* What is wrong with a token; each is on with a chance of its own. */
struct wrong {
    struct random *random;
    unsigned longer;     /* heads: one in so many is longer than it need be; 0: none */
    unsigned indefinite; /* containers and strings likewise */
    bool shuffled, doubled, extra;
};

static bool hits(const struct wrong *wrong, unsigned one_in_so_many)
{
    return one_in_so_many != 0 && one_in(wrong->random, one_in_so_many);
}

static void put_head(struct buffer *out, const struct wrong *wrong, unsigned major, uint64_t value)
{
    static const uint64_t least[] = {24, 256, 65536, 4294967296};
    unsigned size = 0;
    while (size < 4 && value >= least[size])
        size++;
    if (size < 4 && hits(wrong, wrong->longer))
        size++;
    if (size == 0) {
        buffer_put_byte(out, (uint8_t)(major << 5 | value));
        return;
    }
    buffer_put_byte(out, (uint8_t)(major << 5 | (23 + size)));
    for (unsigned i = 1u << (size - 1); i-- > 0;)
        buffer_put_byte(out, (uint8_t)(value >> 8 * i));
}

static void put_int(struct buffer *out, const struct wrong *wrong, int64_t value)
{
    put_head(out, wrong, value < 0, (uint64_t)(value < 0 ? -1 - value : value));
}

static void put_string(struct buffer *out, const struct wrong *wrong, unsigned major,
                       struct bytes value)
{
    put_head(out, wrong, major, value.len);
    buffer_put(out, value.data, value.len);
}

/* Pairs of a map, each encoded, put together in whatever order. */
struct pairs {
    uint8_t memory[16][256];
    struct buffer pair[16];
    size_t count;
};

static struct buffer *add(struct pairs *pairs, const struct wrong *wrong, int64_t label)
{
    struct buffer *pair = &pairs->pair[pairs->count];
    *pair = buffer_of(pairs->memory[pairs->count], sizeof pairs->memory[0]);
    pairs->count++;
    put_int(pair, wrong, label);
    return pair;
}

static void add_number(struct pairs *pairs, const struct wrong *wrong, int64_t label,
                       uint64_t value)
{
    put_int(add(pairs, wrong, label), wrong, (int64_t)value);
}

static void add_id(struct pairs *pairs, const struct wrong *wrong, int64_t label, const uint8_t *id)
{
    size_t len = one_in(wrong->random, 200) ? 15 : TOKEN_ID_BYTES;
    put_string(add(pairs, wrong, label), wrong, 2, bytes_of(id, len));
}

static void add_two(struct pairs *pairs, const struct wrong *wrong, int64_t label, uint32_t first,
                    uint32_t second)
{
    struct buffer *pair = add(pairs, wrong, label);
    bool endless = hits(wrong, wrong->indefinite);
    if (endless)
        buffer_put_byte(pair, 0x9F);
    else
        put_head(pair, wrong, 4, 2);
    put_int(pair, wrong, first);
    put_int(pair, wrong, second);
    if (endless)
        buffer_put_byte(pair, 0xFF);
}

static void put_map(struct buffer *out, const struct wrong *wrong, struct pairs *pairs)
{
    /* null, true, a float, a number, bytes, a text */
    static const char *const odd[] = {"\xF6", "\xF5",  "\xFA\x3C\x01\x02\x03",
                                      "\x07", "\x41x", "ax"};
    if (wrong->extra) {
        struct buffer *pair = add(pairs, wrong, 100 + next(wrong->random, 300));
        buffer_put_text(pair, odd[next(wrong->random, sizeof odd / sizeof odd[0])]);
        /* It would come before the private map. */
        if (one_in(wrong->random, 2) && pairs->count > 1) {
            struct buffer last = pairs->pair[pairs->count - 2];
            pairs->pair[pairs->count - 2] = *pair;
            pairs->pair[pairs->count - 1] = last;
        }
    }
    if (wrong->doubled) {
        pairs->pair[pairs->count] = pairs->pair[next(wrong->random, (uint32_t)pairs->count)];
        pairs->count++;
    }
    if (wrong->shuffled) {
        size_t a = next(wrong->random, (uint32_t)pairs->count);
        struct buffer moved = pairs->pair[a];
        pairs->pair[a] = pairs->pair[0];
        pairs->pair[0] = moved;
    }
    bool endless = hits(wrong, wrong->indefinite);
    if (endless)
        buffer_put_byte(out, 0xBF);
    else
        put_head(out, wrong, 5, pairs->count);
    for (size_t i = 0; i < pairs->count; i++)
        buffer_put(out, pairs->pair[i].data, pairs->pair[i].len);
    if (endless)
        buffer_put_byte(out, 0xFF);
}

static struct token_claims some_claims(struct random *random)
{
    static const char *const audiences[] = {"ACME.S1", "ACME.S1.T1",
                                            "ACME",    "ACME.s1",
                                            "A..B",    "MERCHANT-XYZ.STORE-000001.TERMINAL-001",
                                            "ACME.S1."};
    struct token_claims claims = test_claims((uint8_t)next(random, 256));
    unsigned what = next(random, 12);

    if (what < 2)
        claims.audience = bytes_text(audiences[next(random, 7)]);
    if (what == 2)
        claims.scope = next(random, 18);
    if (what == 3)
        claims.exp_s = claims.iat_s + next(random, 1200);
    if (what == 4)
        claims.has_offer = (claims.scope = TOKEN_REDEEM_OFFER) != 0;
    if (what == 5)
        claims.has_txh = claims.has_nonce = true;
    if (what == 6)
        claims.flags = next(random, 18);
    if (what == 7)
        claims.currency = (uint16_t)next(random, 1100);
    if (what == 8) {
        claims.exp_s = claims.iat_s + 100000;
        claims.has_status = !one_in(random, 4);
    }
    return claims;
}

static void put_payload(struct buffer *out, const struct wrong *wrong,
                        const struct token_claims *claims)
{
    static struct pairs own, all;
    struct wrong inner = *wrong, outer = *wrong;
    bool inside = one_in(wrong->random, 2);

    own.count = all.count = 0;
    inner.extra = wrong->extra && inside;
    inner.doubled = wrong->doubled && inside;
    inner.shuffled = wrong->shuffled && inside;
    outer.extra = wrong->extra && !inside;
    outer.doubled = wrong->doubled && !inside;
    outer.shuffled = wrong->shuffled && !inside;

    put_string(add(&all, wrong, 3), wrong, 3, claims->audience);
    add_number(&all, wrong, 4, claims->exp_s);
    add_number(&all, wrong, 6, claims->iat_s);
    add_id(&all, wrong, 7, claims->cti);
    if (claims->has_member)
        add_id(&own, wrong, 1, claims->member);
    add_number(&own, wrong, 2, claims->tier);
    add_number(&own, wrong, 3, claims->scope);
    if (claims->has_offer)
        add_number(&own, wrong, 4, claims->offer);
    if (claims->has_limit)
        add_two(&own, wrong, 5, claims->limit_minor, claims->currency);
    add_number(&own, wrong, 6, claims->flags);
    if (claims->has_txh)
        add_id(&own, wrong, 7, claims->txh);
    if (claims->has_status)
        add_two(&own, wrong, 8, claims->status_list, claims->status_index);
    if (claims->has_nonce)
        add_id(&own, wrong, 9, claims->nonce);
    put_map(add(&all, wrong, -65537), &inner, &own);
    put_map(out, &outer, &all);
}

/* The protected header: right, in another order, with more in it, or without the kid. */
static void put_header(struct buffer *out, const struct wrong *wrong, unsigned how,
                       const uint8_t kid[COSE_KID_BYTES])
{
    bool swapped = how == 1, more = how == 2, bare = how == 3;
    put_head(out, wrong, 5, bare ? 1 : more ? 3 : 2);
    if (!swapped) {
        put_int(out, wrong, 1);
        put_int(out, wrong, -7);
    }
    if (!bare) {
        put_int(out, wrong, 4);
        put_string(out, wrong, 2, bytes_of(kid, COSE_KID_BYTES));
    }
    if (swapped) {
        put_int(out, wrong, 1);
        put_int(out, wrong, -7);
    }
    if (more)
        buffer_put(out, "\x03\x18\x3D", 3);
}

static void sign(const struct test_issuer *issuer, struct bytes header, struct bytes payload,
                 uint8_t signature[CRYPTO_SIGNATURE_BYTES])
{
    static const struct wrong right;
    uint8_t memory[96], hash[CRYPTO_HASH_BYTES];
    struct buffer start = buffer_of(memory, sizeof memory);
    buffer_put(&start, "\x84\x6ASignature1", 12);
    put_string(&start, &right, 2, header);
    put_string(&start, &right, 2, bytes_text("SCT1"));
    put_head(&start, &right, 2, payload.len);
    const struct bytes parts[] = {buffer_bytes(&start), payload};
    CHECK_STATUS(crypto_sha256_parts(parts, 2, hash), SCRIP_OK);
    CHECK_STATUS(crypto_sign(issuer->key, hash, signature), SCRIP_OK);
}

static void spoil(struct random *random, struct buffer *token)
{
    unsigned how = next(random, 4);
    if (how == 0)
        token->len = next(random, (uint32_t)token->len);
    else if (how == 1)
        token->data[next(random, (uint32_t)token->len)] = (uint8_t)next(random, 256);
    else
        token->data[next(random, how == 2 ? 24 : (uint32_t)token->len)] ^= (uint8_t)(1u
                                                                                     << next(random,
                                                                                             8));
}

struct bytes wrong_token(struct random *random, const struct test_issuer *issuer, unsigned number,
                         uint8_t memory[WRONG_TOKEN_BYTES])
{
    static const struct wrong right;
    enum {
        RIGHT,
        LONGER,
        INDEFINITE,
        SHUFFLED,
        DOUBLED,
        EXTRA,
        HEADER,
        UNPROTECTED,
        TAG,
        BEHIND,
        TOO_LONG,
        SPOILED,
        KINDS
    };
    unsigned kind = number % (KINDS + 4);
    struct wrong wrong = {.random = random,
                          .longer = kind == LONGER ? 6 : 0,
                          .indefinite = kind == INDEFINITE ? 2 : 0,
                          .shuffled = kind == SHUFFLED,
                          .doubled = kind == DOUBLED,
                          .extra = kind == EXTRA};
    uint8_t header_memory[64], payload_memory[768], signature[CRYPTO_SIGNATURE_BYTES];
    struct buffer header = buffer_of(header_memory, sizeof header_memory);
    struct buffer payload = buffer_of(payload_memory, sizeof payload_memory);
    struct buffer token = buffer_of(memory, WRONG_TOKEN_BYTES);
    struct token_claims claims = some_claims(random);
    unsigned header_is = kind == HEADER        ? 1 + next(random, 2)
                         : kind == UNPROTECTED ? next(random, 2) * 3
                                               : 0;
    unsigned behind = kind == BEHIND ? 1 + next(random, 2) : 0;
    unsigned tag = kind == TAG ? 1 + next(random, 3) : 0;

    put_header(&header, kind == LONGER ? &wrong : &right, header_is, issuer->kid);
    put_payload(&payload, &wrong, &claims);
    if (kind == TOO_LONG) {
        /* A long private claim of somebody else's. */
        payload_memory[0]++;
        buffer_put(&payload, "\x3A\x00\x01\x00\x01\x58\xC8", 7);
        for (int i = 0; i < 200; i++)
            buffer_put_byte(&payload, 0);
    }
    if (behind == 1)
        buffer_put_byte(&payload, 0);
    sign(issuer, buffer_bytes(&header), buffer_bytes(&payload), signature);

    buffer_put(&token, tag == 2 ? "\xD8\x3D\xD2" : "\xD2", tag == 2 ? 3 : tag == 1 ? 0 : 1);
    if (tag == 3) {
        token.len = 0;
        buffer_put(&token, "\xD8\x12", 2);
    }
    bool endless = kind == INDEFINITE && one_in(random, 4);
    buffer_put_byte(&token, endless ? 0x9F : 0x84);
    put_string(&token, &wrong, 2, buffer_bytes(&header));
    if (header_is == 3) {
        buffer_put(&token, "\xA1\x04\x48", 3);
        buffer_put(&token, issuer->kid, COSE_KID_BYTES);
    } else if (kind == UNPROTECTED) {
        buffer_put(&token, "\xA1\x05\x41\x00", 4);
    } else {
        buffer_put_byte(&token, 0xA0);
    }
    put_string(&token, &wrong, 2, buffer_bytes(&payload));
    put_string(&token, &wrong, 2, bytes_of(signature, sizeof signature));
    if (endless)
        buffer_put_byte(&token, 0xFF);
    if (behind == 2)
        buffer_put_byte(&token, 0);
    if (kind >= SPOILED)
        spoil(random, &token);
    CHECK(!token.overflow && !payload.overflow);
    return buffer_bytes(&token);
}
