/* Signed objects of the back office: key sets, policies and what else has the same envelope. */
#include <string.h>

#include "redeem/operators.h"
#include "redeem/policy.h"
#include "redeem/status_list.h"
#include "tests/fuzz/fuzz.h"

static struct keyset list_keys(void)
{
    struct keyset keys = fuzz_world()->issuer.keys;

    keys.count = 2;
    keys.key[1] = keys.key[0];
    keys.key[0].uses = KEYSET_TOKENS;
    keys.key[1].uses = KEYSET_STATUS;
    return keys;
}

/* A list's bits are the last thing before the signature. */
static uint8_t list_end(struct bytes input)
{
    return input.data[input.len - 3 - CRYPTO_SIGNATURE_BYTES];
}

static bool same(struct bytes body, const struct span *stored)
{
    uint8_t memory[LIMIT_OBJECT_BYTES];
    struct buffer out = buffer_of(memory, sizeof memory);

    return span_load(stored, &out) == SCRIP_OK && bytes_equal(body, buffer_bytes(&out));
}

static void list(struct bytes input)
{
    struct keyset keys = list_keys();
    struct status_list read;

    bool revoked;

    if (status_list_read(span_of(input), &keys, &read) != SCRIP_OK) {
        FUZZ_HOLDS(read.bits.len == 0 && read.exp_s == 0);
        return;
    }
    FUZZ_HOLDS(read.bits.len > 0 && read.bits.len <= STATUS_LIST_MAX_BYTES);
    FUZZ_HOLDS(status_list_look(&read, 8 * read.bits.len - 1, &revoked) == SCRIP_OK);
    FUZZ_HOLDS(revoked == ((list_end(input) & 0x80) != 0));
    FUZZ_HOLDS(status_list_look(&read, 8 * read.bits.len, &revoked) == SCRIP_OK && revoked);
    uint8_t beyond;
    struct buffer small = buffer_of(&beyond, 0);
    FUZZ_HOLDS(span_read(&read.bits, read.bits.len, &beyond, 1) == SCRIP_REFUSED_ARGUMENT);
    FUZZ_HOLDS(span_load(&read.bits, &small) == SCRIP_REFUSED_TOO_LONG && small.len == 0);
}

/* Whatever is read is what would be written, and whoever is on it is found. */
static void operators(const struct object *object)
{
    static struct operators_entry entries[OPERATORS_MAX];
    static uint8_t memory[LIMIT_OBJECT_BYTES];
    struct buffer body = buffer_of(memory, sizeof memory);
    struct operators_walk walk;
    struct operators read;
    struct operators_entry found;
    size_t count = 0;
    enum scrip_status status;

    if (operators_read(object, &read) != SCRIP_OK) {
        FUZZ_HOLDS(read.seq == 0 && read.body.len == 0);
        return;
    }
    FUZZ_HOLDS(object->kind == OBJECT_OPERATORS && operators_first(&read, &walk) == SCRIP_OK);
    while (count < OPERATORS_MAX && operators_next(&walk, &entries[count]) == SCRIP_OK)
        count++;
    operators_write(walk.salt, entries, count, &body);
    FUZZ_HOLDS(same(buffer_bytes(&body), &object->body));
    for (size_t i = 0; i < count; i += 1 + count / 4) {
        status = operators_find(&read, entries[i].number, bytes_of(NULL, 0), &found);
        FUZZ_HOLDS(status == (entries[i].has_tag ? SCRIP_REFUSED_KEY : SCRIP_OK));
        FUZZ_HOLDS(entries[i].has_tag || found.roles == entries[i].roles);
    }
}

void fuzz_one(struct bytes input)
{
    const struct fuzz_world *world = fuzz_world();
    enum object_kind kind = (enum object_kind)(fuzz_take_u8(&input) % OBJECT_KINDS);
    struct object object;
    struct keyset keys;
    struct policy policy;
    uint8_t memory[LIMIT_OBJECT_BYTES];
    struct buffer body = buffer_of(memory, sizeof memory);

    if (kind == OBJECT_LIST) {
        list(input);
        return;
    }
    if (object_verify(span_of(input), kind, &world->roots, &object) != SCRIP_OK) {
        FUZZ_HOLDS(object.body.len == 0 && object.seq == 0);
        return;
    }
    FUZZ_HOLDS(object.exp_s > object.iat_s && object.body.len > 0);
    if (keyset_read(&object, &keys) == SCRIP_OK) {
        struct object_roots roots;
        enum scrip_status kept = keyset_roots(&keys, &world->roots, &roots);
        FUZZ_HOLDS(!scrip_is_fault(kept) && (kept == SCRIP_OK) == (roots.count > 0));
        FUZZ_HOLDS(kind == OBJECT_KEYS && keys.count <= LIMIT_KEYS && keys.root_count > 0);
        keyset_write(&keys, &body);
        FUZZ_HOLDS(same(buffer_bytes(&body), &object.body));
        static struct keyset_tables tables;
        FUZZ_HOLDS(keyset_prepare(&keys, &tables) == SCRIP_OK);
    }
    operators(&object);
    body = buffer_of(memory, sizeof memory);
    if (policy_read(&object, &policy) == SCRIP_OK) {
        FUZZ_HOLDS(kind == OBJECT_POLICY && policy.random_online_permille <= 1000);
        policy_write(&policy, &body);
        FUZZ_HOLDS(same(buffer_bytes(&body), &object.body));
    }
}

static void sign(enum object_kind kind, struct bytes body, fuzz_visit *visit, void *context)
{
    uint8_t memory[LIMIT_OBJECT_BYTES];
    struct buffer out = buffer_of(memory, sizeof memory);
    struct object object = {.kind = kind,
                            .iat_s = TEST_NOW_S,
                            .exp_s = TEST_NOW_S + 86400,
                            .seq = 3,
                            .body = span_of(body)};

    FUZZ_HOLDS(object_sign(fuzz_world()->root, &object, &out) == SCRIP_OK);
    fuzz_visit_with((uint8_t)kind, buffer_bytes(&out), visit, context);
}

static void list_seed(fuzz_visit *visit, void *context)
{
    static const uint8_t bits[40] = {0x81, 0xFF};
    const struct status_list list = {.list = 3, .bits = span_of(bytes_of(bits, sizeof bits))};
    uint8_t body_memory[64], memory[256];
    struct buffer body = buffer_of(body_memory, sizeof body_memory);
    struct buffer out = buffer_of(memory, sizeof memory);
    struct object object = {.kind = OBJECT_LIST, .iat_s = TEST_NOW_S, .exp_s = TEST_NOW_S + 60};

    FUZZ_HOLDS(status_list_write(&list, &body) == SCRIP_OK);
    object.body = span_of(buffer_bytes(&body));
    FUZZ_HOLDS(object_sign(fuzz_world()->issuer.key, &object, &out) == SCRIP_OK);
    fuzz_visit_with(OBJECT_LIST, buffer_bytes(&out), visit, context);
}

void fuzz_seeds(fuzz_visit *visit, void *context)
{
    const struct fuzz_world *world = fuzz_world();
    struct keyset keys = world->issuer.keys;
    struct policy policy = {.max_value_per_token_minor = 5000,
                            .store_terminals = 2,
                            .online_timeout_ms = 800,
                            .currency = 978,
                            .currency_exponent = 2,
                            .max_awards = 3,
                            .award_window_s = 3600,
                            .refund_offline = true,
                            .max_offline_s = UINT32_MAX};
    uint8_t memory[LIMIT_OBJECT_BYTES];
    struct buffer body = buffer_of(memory, sizeof memory);

    keyset_write(&keys, &body);
    sign(OBJECT_KEYS, buffer_bytes(&body), visit, context);
    keys.key[keys.count] = keys.key[0];
    memcpy(keys.key[keys.count].point, world->roots.point[0], CRYPTO_POINT_BYTES);
    memcpy(keys.key[keys.count].kid, keys.root[0], COSE_KID_BYTES);
    keys.count++;
    keys.root_count = 2;
    memcpy(keys.root[1], keys.key[0].kid, COSE_KID_BYTES);
    body = buffer_of(memory, sizeof memory);
    keyset_write(&keys, &body);
    sign(OBJECT_KEYS, buffer_bytes(&body), visit, context);
    keys.key[1] = keys.key[0];
    body = buffer_of(memory, sizeof memory);
    keyset_write(&keys, &body);
    sign(OBJECT_KEYS, buffer_bytes(&body), visit, context);
    body = buffer_of(memory, sizeof memory);
    policy_write(&policy, &body);
    sign(OBJECT_POLICY, buffer_bytes(&body), visit, context);
    list_seed(visit, context);
    sign(OBJECT_OPERATORS, bytes_of("\xA1\x01\x82\x40\x61x", 6), visit, context);
    static const uint8_t salt[OPERATORS_SALT_BYTES] = {1};
    struct operators_entry entries[40] = {{.number = 0}};
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
        entries[i] = (struct operators_entry){
            .number = (uint16_t)(i * i + 1), .roles = (uint8_t)(1 + i % 3), .has_tag = i % 2 == 1};
    for (size_t count = 0; count <= sizeof entries / sizeof entries[0]; count += 20) {
        body = buffer_of(memory, sizeof memory);
        operators_write(salt, entries, count, &body);
        sign(OBJECT_OPERATORS, buffer_bytes(&body), visit, context);
    }
}
