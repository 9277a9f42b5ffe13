/* cert: requests, certificates and chains, made here, judged here, and bent in every way. */
#include "base/cert.h"
#include "base/limits.h"
#include "tests/check.h"
#include "tests/support/entropy.h"

enum { NOW = 1800000000, DAY = 86400 };

static struct test_entropy entropy;

struct party {
    struct crypto_key key;
    uint8_t point[CRYPTO_POINT_BYTES];
    uint8_t memory[LIMIT_CERT_BYTES];
    struct bytes der;
};

static struct party root, other_root, middle, terminal, host;

static void make_key(struct party *party)
{
    uint8_t scalar[CRYPTO_SCALAR_BYTES];
    CHECK_STATUS(crypto_signing_generate(&party->key, scalar), SCRIP_OK);
    CHECK_STATUS(crypto_signing_public(party->key, party->point), SCRIP_OK);
}

static void issue(struct party *party, const struct party *issuer, struct cert_order order)
{
    struct buffer der = buffer_of(party->memory, sizeof party->memory);
    order.point = party->point;
    if (order.not_before_s == 0) {
        order.not_before_s = NOW - DAY;
        order.not_after_s = NOW + DAY;
    }
    CHECK_STATUS(cert_issue(issuer->key, issuer->point, &order, &der), SCRIP_OK);
    party->der = buffer_bytes(&der);
}

static const struct cert_order root_order = {.use = CERT_CA, .subject = "Root", .issuer = "Root"};
static const struct cert_order terminal_order = {.use = CERT_TERMINAL,
                                                 .subject = "M1.S1.T1",
                                                 .uri = "urn:scrip:term:M1.S1.T1",
                                                 .issuer = "Root"};

static enum scrip_status verify(const struct party *leaf, const struct party *anchor,
                                uint32_t now_s, uint32_t floor_s)
{
    return cert_verify(&leaf->der, 1, &anchor->der, 1, now_s, floor_s);
}

/* The shortest form, which the library's reader does not ask for and others do. */
static void check_integer(const uint8_t **at)
{
    const uint8_t *number = *at + 2;
    size_t len = (*at)[1];
    CHECK_EQ_INT((*at)[0], 2);
    REQUIRE(len >= 1 && len <= 33);
    CHECK(number[0] < 0x80);
    CHECK(len == 1 || number[0] != 0 || number[1] >= 0x80);
    *at = number + len;
}

static void test_signatures_of_requests_are_der(void)
{
    struct identity identity;
    CHECK_STATUS(identity_parse(bytes_text("MERCHANT-001.STORE-000002.TERMINAL-003"), &identity),
                 SCRIP_OK);
    for (unsigned i = 0; i < 60; i++) {
        uint8_t memory[CERT_REQUEST_BYTES];
        struct buffer der = buffer_of(memory, sizeof memory);
        REQUIRE(cert_request(terminal.key, &identity, &der) == SCRIP_OK);
        CHECK_EQ_BYTES(memory, "\x30\x82", 2);
        CHECK_EQ_BYTES(memory + 4, "\x30\x81", 2);
        const uint8_t *at = memory + 4 + 3 + memory[6] + 12;
        CHECK_EQ_INT(at[0], 3);
        CHECK(at + 2 + at[1] == memory + der.len);
        at += 3 + 2;
        check_integer(&at);
        check_integer(&at);
        CHECK(at == memory + der.len);
    }
}

static void test_request_round_trip(void)
{
    uint8_t memory[512], point[CRYPTO_POINT_BYTES];
    struct buffer der = buffer_of(memory, sizeof memory);
    struct identity identity, back;
    CHECK_STATUS(identity_parse(bytes_text("MERCHANT-001.STORE-000002.TERMINAL-003"), &identity),
                 SCRIP_OK);
    buffer_put_text(&der, "before");
    CHECK_STATUS(cert_request(terminal.key, &identity, &der), SCRIP_OK);
    CHECK_EQ_BYTES(memory, "before", 6);
    struct bytes request = bytes_of(memory + 6, der.len - 6);
    CHECK_STATUS(cert_request_read(request, &back, point), SCRIP_OK);
    CHECK_EQ_STRING(back.text, identity.text);
    CHECK_EQ_BYTES(point, terminal.point, sizeof point);

    for (size_t len = 0; len < request.len; len++)
        CHECK_STATUS(cert_request_read(bytes_of(request.data, len), &back, point),
                     SCRIP_REFUSED_SHAPE);
    CHECK_STATUS(cert_request_read(bytes_of(request.data, request.len + 1), &back, point),
                 SCRIP_REFUSED_SHAPE);
    /* Any byte changed: malformed, or not signed by its key. */
    for (size_t i = 0; i < request.len; i++) {
        memory[6 + i] ^= 0x40;
        enum scrip_status status = cert_request_read(request, &back, point);
        CHECK(status == SCRIP_REFUSED_SHAPE || status == SCRIP_REFUSED_SIGNATURE);
        CHECK_EQ_STRING(back.text, "");
        memory[6 + i] ^= 0x40;
    }
    /* The longest identity fits the room that is promised. */
    printf("    longest request: %zu bytes\n", request.len);
    der = buffer_of(memory, CERT_REQUEST_BYTES);
    CHECK_STATUS(cert_request(terminal.key, &identity, &der), SCRIP_OK);
    der = buffer_of(memory, CERT_REQUEST_BYTES - 1);
    CHECK_STATUS(cert_request(terminal.key, &identity, &der), SCRIP_REFUSED_TOO_LONG);
    CHECK_EQ_INT(der.len, 0);
    der = buffer_of(memory, sizeof memory);
    CHECK_STATUS(cert_request(terminal.key, &(struct identity){""}, &der), SCRIP_REFUSED_ARGUMENT);
    entropy.broken = true;
    der = buffer_of(memory, sizeof memory);
    CHECK_STATUS(cert_request(terminal.key, &identity, &der), SCRIP_FAULT_ENTROPY);
    entropy.broken = false;
}

static void test_facts(void)
{
    struct cert_facts facts;
    CHECK_STATUS(cert_read(terminal.der, &facts), SCRIP_OK);
    CHECK_EQ_STRING(facts.identity.text, "M1.S1.T1");
    CHECK_EQ_INT(facts.not_before_s, NOW - DAY);
    CHECK_EQ_INT(facts.not_after_s, NOW + DAY);
    CHECK_EQ_BYTES(facts.point, terminal.point, sizeof facts.point);
    CHECK_STATUS(cert_read(host.der, &facts), SCRIP_OK);
    CHECK_EQ_STRING(facts.identity.text, "");

    for (size_t len = 0; len < terminal.der.len; len++)
        CHECK_STATUS(cert_read(bytes_of(terminal.der.data, len), &facts), SCRIP_REFUSED_SHAPE);
    CHECK_STATUS(cert_read(bytes_of(terminal.memory, terminal.der.len + 1), &facts),
                 SCRIP_REFUSED_SHAPE);
    CHECK_EQ_INT(facts.not_after_s, 0);
}

static void test_dates_are_exact(void)
{
    /* 1970, around a leap day, a century's last second, and the last that 32 bits hold. */
    static const uint32_t dates[] = {0,          951782399,  951782400,  951868799, 951868800,
                                     1709164800, 2524607999, 2524608000, 4102444799};
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        struct party party = terminal;
        struct cert_order order = terminal_order;
        struct cert_facts facts;
        order.not_before_s = dates[i];
        order.not_after_s = dates[i] + 1;
        struct buffer der = buffer_of(party.memory, sizeof party.memory);
        order.point = party.point;
        CHECK_STATUS(cert_issue(root.key, root.point, &order, &der), SCRIP_OK);
        CHECK_STATUS(cert_read(buffer_bytes(&der), &facts), SCRIP_OK);
        CHECK_EQ_INT(facts.not_before_s, dates[i]);
        CHECK_EQ_INT(facts.not_after_s, dates[i] + 1);
    }
}

static void test_chains(void)
{
    CHECK_STATUS(verify(&terminal, &root, NOW, 0), SCRIP_OK);
    CHECK_STATUS(verify(&host, &root, NOW, 0), SCRIP_OK);
    CHECK_STATUS(verify(&terminal, &other_root, NOW, 0), SCRIP_REFUSED_KEY);
    const struct bytes roots[] = {other_root.der, root.der};
    CHECK_STATUS(cert_verify(&terminal.der, 1, roots, 2, NOW, 0), SCRIP_OK);
    CHECK_STATUS(cert_verify(&terminal.der, 1, roots, 0, NOW, 0), SCRIP_REFUSED_KEY);
    CHECK_STATUS(cert_verify(&terminal.der, 0, roots, 2, NOW, 0), SCRIP_REFUSED_KEY);

    /* Through an issuing authority, and through one that is none. */
    struct party leaf = {.key = {0}};
    struct cert_order order = terminal_order;
    make_key(&leaf);
    order.issuer = "Issuing";
    issue(&leaf, &middle, order);
    const struct bytes chain[] = {leaf.der, middle.der};
    CHECK_STATUS(cert_verify(chain, 2, &root.der, 1, NOW, 0), SCRIP_OK);
    CHECK_STATUS(cert_verify(chain, 1, &root.der, 1, NOW, 0), SCRIP_REFUSED_KEY);
    order.issuer = "M1.S1.T1";
    issue(&leaf, &terminal, order);
    const struct bytes bad_chain[] = {leaf.der, terminal.der};
    CHECK_STATUS(cert_verify(bad_chain, 2, &root.der, 1, NOW, 0), SCRIP_REFUSED_KEY);
    crypto_key_close(&leaf.key);
}

static void test_any_change_breaks_the_chain(void)
{
    for (size_t i = 0; i < terminal.der.len; i++) {
        terminal.memory[i] ^= 0x20;
        enum scrip_status status = verify(&terminal, &root, NOW, 0);
        CHECK(status == SCRIP_REFUSED_SHAPE || status == SCRIP_REFUSED_KEY);
        terminal.memory[i] ^= 0x20;
    }
}

static void test_times(void)
{
    CHECK_STATUS(verify(&terminal, &root, NOW + DAY, 0), SCRIP_OK);
    CHECK_STATUS(verify(&terminal, &root, NOW + DAY + 1, 0), SCRIP_REFUSED_EXPIRED);
    CHECK_STATUS(verify(&terminal, &root, NOW - DAY - CERT_CLOCKS_DIFFER_S, 0), SCRIP_OK);
    CHECK_STATUS(verify(&terminal, &root, NOW - DAY - CERT_CLOCKS_DIFFER_S - 1, 0),
                 SCRIP_REFUSED_NOT_YET);
    /* Time unknown: "not yet" is tolerated, expiry is judged by the floor. */
    CHECK_STATUS(verify(&terminal, &root, 0, 0), SCRIP_OK);
    CHECK_STATUS(verify(&terminal, &root, 0, NOW + DAY), SCRIP_OK);
    CHECK_STATUS(verify(&terminal, &root, 0, NOW + DAY + 1), SCRIP_REFUSED_EXPIRED);
    CHECK_STATUS(verify(&terminal, &root, NOW, NOW + DAY + 1), SCRIP_REFUSED_EXPIRED);
    /* Both wrong: what does not chain is not merely out of date. */
    CHECK_STATUS(verify(&terminal, &other_root, NOW + 9 * DAY, 0), SCRIP_REFUSED_KEY);
}

static void test_an_expired_root_expires_the_chain(void)
{
    struct party old = root, leaf = terminal;
    struct cert_order order = root_order;
    order.not_before_s = NOW - 9 * DAY;
    order.not_after_s = NOW - DAY;
    issue(&old, &old, order);
    issue(&leaf, &old, terminal_order);
    CHECK_STATUS(verify(&leaf, &old, NOW, 0), SCRIP_REFUSED_EXPIRED);
    CHECK_STATUS(verify(&leaf, &root, NOW, 0), SCRIP_OK);
}

/* Without a free key slot nothing can be checked: an accident, which must not pass for a refusal.
 */
static void test_want_of_memory_is_a_fault(void)
{
    struct crypto_key held[64];
    size_t count = 0;
    const uint8_t secret[CRYPTO_AEAD_KEY_BYTES] = {1};
    while (count < 64 && crypto_aead_key(secret, &held[count]) == SCRIP_OK)
        count++;
    CHECK(count < 64);
    CHECK_STATUS(verify(&terminal, &root, NOW, 0), SCRIP_FAULT_MEMORY);
    while (count > 0)
        crypto_key_close(&held[--count]);
    CHECK_STATUS(verify(&terminal, &root, NOW, 0), SCRIP_OK);
}

static void test_orders_refused(void)
{
    struct party party = terminal;
    const struct {
        struct cert_order order;
        enum scrip_status status;
    } cases[] = {
        {{CERT_TERMINAL, "a,O=b", "urn:x", NULL, party.point, "Root", 1, 2},
         SCRIP_REFUSED_ARGUMENT},
        {{CERT_TERMINAL, "", "urn:x", NULL, party.point, "Root", 1, 2}, SCRIP_REFUSED_ARGUMENT},
        {{CERT_TERMINAL, "a", NULL, NULL, party.point, "Root", 1, 2}, SCRIP_REFUSED_ARGUMENT},
        {{CERT_HOST, "a", NULL, NULL, party.point, "Root", 1, 2}, SCRIP_REFUSED_ARGUMENT},
        {{CERT_HOST, "a", NULL, "b", party.point, "Root", 2, 2}, SCRIP_REFUSED_ARGUMENT},
        {{CERT_HOST, "a", NULL, "b", (const uint8_t[CRYPTO_POINT_BYTES]){4}, "Root", 1, 2},
         SCRIP_REFUSED_KEY}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer der = buffer_of(party.memory, sizeof party.memory);
        CHECK_STATUS(cert_issue(root.key, root.point, &cases[i].order, &der), cases[i].status);
        CHECK_EQ_INT(der.len, 0);
    }
    struct cert_order order = terminal_order;
    struct buffer small = buffer_of(party.memory, 200);
    order.point = party.point;
    order.not_before_s = NOW;
    order.not_after_s = NOW + 1;
    CHECK_STATUS(cert_issue(root.key, root.point, &order, &small), SCRIP_REFUSED_TOO_LONG);
}

int main(void)
{
    test_entropy_open(&entropy, 2);
    CHECK_STATUS(crypto_open(&entropy.hal), SCRIP_OK);
    make_key(&root);
    make_key(&other_root);
    make_key(&middle);
    make_key(&terminal);
    make_key(&host);
    issue(&root, &root, root_order);
    issue(&other_root, &other_root, root_order);
    issue(&middle, &root,
          (struct cert_order){.use = CERT_CA, .subject = "Issuing", .issuer = "Root"});
    issue(&terminal, &root, terminal_order);
    issue(&host, &root,
          (struct cert_order){
              .use = CERT_HOST, .subject = "host", .dns = "127.0.0.1", .issuer = "Root"});
    printf("    terminal certificate: %zu bytes, root: %zu\n", terminal.der.len, root.der.len);
    CHECK_RUN(test_request_round_trip);
    CHECK_RUN(test_signatures_of_requests_are_der);
    CHECK_RUN(test_facts);
    CHECK_RUN(test_dates_are_exact);
    CHECK_RUN(test_chains);
    CHECK_RUN(test_any_change_breaks_the_chain);
    CHECK_RUN(test_times);
    CHECK_RUN(test_an_expired_root_expires_the_chain);
    CHECK_RUN(test_want_of_memory_is_a_fault);
    CHECK_RUN(test_orders_refused);
    return check_done();
}
