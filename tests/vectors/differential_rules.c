#include "tests/vectors/differential.h"

#include <string.h>

const char *rule_name(enum rule rule)
{
    static const char *const names[RULES] = {"tag 18 alone",
                                             "nothing behind",
                                             "an empty unprotected header",
                                             "the protected header as it must be",
                                             "definite lengths",
                                             "shortest heads",
                                             "keys ascend",
                                             "known labels alone",
                                             "size"};
    return names[rule];
}

/* A walk over one item of well-formed CBOR, which notes what the profile forbids. */
struct walk {
    const uint8_t *at, *end;
    bool indefinite, longer, disorder, foreign;
};

static uint64_t take_head(struct walk *walk, unsigned *major, bool *endless)
{
    static const uint64_t least[] = {24, 256, 65536, 4294967296};
    unsigned info = *walk->at & 31;
    uint64_t value = info;

    *major = *walk->at++ >> 5;
    *endless = info == 31;
    if (info == 31)
        walk->indefinite = true;
    if (info < 24 || info > 27)
        return info == 31 ? 0 : value;
    value = 0;
    for (unsigned i = 0; i < 1u << (info - 24); i++)
        value = value << 8 | *walk->at++;
    if (*major != 7 && value < least[info - 24])
        walk->longer = true;
    return value;
}

static bool is_break(const struct walk *walk)
{
    return walk->at >= walk->end || *walk->at == 0xFF;
}

/* The labels that a map may have: the payload's, or at its depth the private ones. */
static bool is_known(bool own, unsigned major, uint64_t value)
{
    if (own)
        return major == 0 && value >= 1 && value <= 9;
    return (major == 0 && (value == 3 || value == 4 || value == 6 || value == 7)) ||
           (major == 1 && value == 65536);
}

enum { DEPTH = 4 };

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the messages of this test, at most DEPTH. */
static void walk_item(struct walk *walk, unsigned depth, bool labelled)
{
    unsigned major;
    bool endless;
    uint64_t value = take_head(walk, &major, &endless);

    if (major == 2 || major == 3) {
        if (!endless)
            walk->at += value;
        else
            for (; !is_break(walk); walk->at += take_head(walk, &major, &endless))
                continue;
        walk->at += endless;
        return;
    }
    if (major == 6)
        walk_item(walk, depth, labelled);
    if (major != 4 && major != 5)
        return;

    const uint8_t *previous = NULL;
    size_t previous_len = 0;
    for (uint64_t i = 0; endless ? !is_break(walk) : i < value; i++) {
        const uint8_t *key = walk->at;
        if (major == 5) {
            unsigned key_major;
            bool ignored;
            struct walk peek = *walk;
            uint64_t label = take_head(&peek, &key_major, &ignored);
            if (labelled && depth < 2 && !is_known(depth == 1, key_major, label))
                walk->foreign = true;
            walk_item(walk, DEPTH, false);
            size_t len = (size_t)(walk->at - key);
            size_t common = len < previous_len ? len : previous_len;
            if (previous != NULL && memcmp(previous, key, common) >= 0)
                walk->disorder = true;
            previous = key;
            previous_len = len;
        }
        walk_item(walk, depth + 1, labelled);
    }
    walk->at += endless;
}

static struct walk walk_over(struct bytes data, bool labelled)
{
    struct walk walk = {.at = data.data, .end = data.data + data.len};
    walk_item(&walk, 0, labelled);
    return walk;
}

static struct bytes take_string(struct walk *walk)
{
    unsigned major;
    bool endless;
    uint64_t len = take_head(walk, &major, &endless);
    struct bytes value = bytes_of(walk->at, (size_t)len);
    walk->at += len;
    return value;
}

enum rule rule_broken(struct bytes token)
{
    if (token.data[0] != 0xD2 || (token.data[1] & 0xE0) == 0xC0)
        return (token.data[0] & 0xE0) == 0xC0 && token.data[0] >= 0xD8 && token.data[1] == 18
                   ? RULE_SHORTEST
                   : RULE_TAG;
    struct walk whole = walk_over(token, false);
    if (whole.at < whole.end)
        return RULE_TRAILING;
    if (whole.indefinite)
        return RULE_INDEFINITE;

    struct walk in = {.at = token.data + 1, .end = token.data + token.len};
    unsigned major;
    bool endless;
    (void)take_head(&in, &major, &endless);
    struct bytes header = take_string(&in);
    uint64_t unprotected = take_head(&in, &major, &endless);
    if (unprotected > 0)
        return RULE_UNPROTECTED;
    struct bytes payload = take_string(&in);
    if (header.len != 13 || memcmp(header.data, "\xA2\x01\x26\x04\x48", 5) != 0)
        return RULE_HEADER;
    if (token.len > LIMIT_TOKEN_BYTES || payload.len > LIMIT_TOKEN_PAYLOAD)
        return RULE_SIZE;

    struct walk claims = walk_over(payload, true);
    if (claims.at < claims.end)
        return RULE_TRAILING;
    if (claims.indefinite)
        return RULE_INDEFINITE;
    if (claims.longer || whole.longer)
        return RULE_SHORTEST;
    if (claims.disorder)
        return RULE_ORDER;
    return claims.foreign ? RULE_LABELS : RULES;
}
