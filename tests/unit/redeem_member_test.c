/* Member tags: one spelling a member, no card ever, and nothing that opens but in its own sale. */
#include "redeem/member.h"

#include "tests/check.h"
#include "tests/support/entropy.h"

static struct test_entropy entropy;
static struct crypto_key vault;
static uint8_t vault_point[CRYPTO_POINT_BYTES];
static struct identity terminal;

static void spells(enum member_kind kind, const char *text, const char *expected)
{
    struct member_id id;
    CHECK_STATUS(member_normalise(kind, bytes_text(text), &id), SCRIP_OK);
    if (!bytes_equal(bytes_of(id.data, id.len), bytes_text(expected)))
        printf("    %s: %.*s\n", text, (int)id.len, (const char *)id.data);
    CHECK(bytes_equal(bytes_of(id.data, id.len), bytes_text(expected)));
    CHECK_EQ_INT(id.kind, kind);
}

static void refused(enum member_kind kind, const char *text, enum scrip_status status)
{
    static const struct member_id nobody;
    struct member_id id;
    CHECK_STATUS(member_normalise(kind, bytes_text(text), &id), status);
    CHECK_EQ_BYTES(&id, &nobody, sizeof id);
}

static void test_one_spelling(void)
{
    spells(MEMBER_GTIN, "4006381333931", "4006381333931");
    spells(MEMBER_PHONE, "+49 (30) 1234-5678", "+493012345678");
    spells(MEMBER_PHONE, "0049 30 12345678", "+493012345678");
    spells(MEMBER_PHONE, "+1.415.555.2671", "+14155552671");
    spells(MEMBER_EMAIL, "  Ann.Lee+Shop@Example.ORG\t", "ann.lee+shop@example.org");
    spells(MEMBER_NUMBER, "ab-12 34c", "AB1234C");
    spells(MEMBER_NUMBER, "1234", "1234");
}

static void test_what_is_no_such_id(void)
{
    refused(MEMBER_GTIN, "4006381333932", SCRIP_REFUSED_ARGUMENT); /* check digit */
    refused(MEMBER_GTIN, "400638133393", SCRIP_REFUSED_ARGUMENT);
    refused(MEMBER_GTIN, "40063813339 1", SCRIP_REFUSED_ARGUMENT);
    refused(MEMBER_PHONE, "030 12345678", SCRIP_REFUSED_ARGUMENT); /* which country? */
    refused(MEMBER_PHONE, "+0301234567", SCRIP_REFUSED_ARGUMENT);
    refused(MEMBER_PHONE, "+123456", SCRIP_REFUSED_ARGUMENT);
    refused(MEMBER_PHONE, "+1234567890123456", SCRIP_REFUSED_ARGUMENT);
    refused(MEMBER_PHONE, "+49x3012345", SCRIP_REFUSED_ARGUMENT);
    refused(MEMBER_EMAIL, "ann", SCRIP_REFUSED_ARGUMENT);
    refused(MEMBER_EMAIL, "@example.org", SCRIP_REFUSED_ARGUMENT);
    refused(MEMBER_EMAIL, "ann@", SCRIP_REFUSED_ARGUMENT);
    refused(MEMBER_EMAIL, "a@b@c", SCRIP_REFUSED_ARGUMENT);
    refused(MEMBER_EMAIL, "an n@example.org", SCRIP_REFUSED_ARGUMENT);
    refused(MEMBER_NUMBER, "123", SCRIP_REFUSED_ARGUMENT);
    refused(MEMBER_NUMBER, "A1/B2", SCRIP_REFUSED_ARGUMENT);
    refused(MEMBER_NUMBER, "123456789012345678901234567890123", SCRIP_REFUSED_ARGUMENT);
    refused((enum member_kind)4, "1234", SCRIP_REFUSED_ARGUMENT);
    char longest[300];
    memset(longest, 'a', sizeof longest);
    memcpy(longest + 40, "@", 1);
    longest[254] = '\0';
    struct member_id id;
    CHECK_STATUS(member_normalise(MEMBER_EMAIL, bytes_text(longest), &id), SCRIP_OK);
    longest[254] = 'a';
    longest[255] = '\0';
    refused(MEMBER_EMAIL, longest, SCRIP_REFUSED_ARGUMENT);
}

static void test_cards_never_come_in(void)
{
    static const char *const cards[] = {
        "4111111111111111",    "4111 1111 1111 1111", "5555555555554444",   "378282246310005",
        "6011111111111117",    "30569309025904",      "3530111333300000",   "2223003122003222",
        "4111-1111-1111-1111", "+4111111111111111",   "6799990100000000019"};
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++) {
        refused(MEMBER_NUMBER, cards[i], SCRIP_REFUSED_UNSUPPORTED);
        refused(MEMBER_PHONE, cards[i], SCRIP_REFUSED_UNSUPPORTED);
        refused(MEMBER_EMAIL, cards[i], SCRIP_REFUSED_UNSUPPORTED);
    }
    /* Not Luhn, not a card's range, too short, or more than digits. */
    spells(MEMBER_NUMBER, "4111111111111112", "4111111111111112");
    spells(MEMBER_NUMBER, "1111111111111117", "1111111111111117");
    spells(MEMBER_NUMBER, "2721000000000004", "2721000000000004");
    spells(MEMBER_NUMBER, "4111111111116", "4111111111116");
    spells(MEMBER_NUMBER, "X4111111111111111", "X4111111111111111");
}

static struct member_context context_of(uint32_t t_s)
{
    struct member_context context = {.terminal = &terminal, .epoch = 7, .t_s = t_s};
    memset(context.txh, 0x5A, sizeof context.txh);
    return context;
}

static void seal_and_open(enum member_kind kind, const char *text, size_t length)
{
    struct member_id id, opened;
    uint8_t memory[MEMBER_SEALED_BYTES];
    struct buffer out = buffer_of(memory, sizeof memory);
    struct member_context context = context_of(1795305600);

    CHECK_STATUS(member_normalise(kind, bytes_text(text), &id), SCRIP_OK);
    CHECK_STATUS(member_seal(vault_point, &context, &id, &out), SCRIP_OK);
    CHECK_EQ_INT(out.len, length + HPKE_OVERHEAD);
    CHECK(memmem(memory, out.len, id.data, id.len) == NULL);
    CHECK_STATUS(member_open(vault, &context, buffer_bytes(&out), &opened), SCRIP_OK);
    CHECK_EQ_BYTES(&opened, &id, sizeof id);
}

static void test_sealed_ids_have_two_lengths(void)
{
    char email[120] = "a@example.org";

    seal_and_open(MEMBER_GTIN, "4006381333931", 64);
    seal_and_open(MEMBER_PHONE, "+493012345678", 64);
    seal_and_open(MEMBER_NUMBER, "1234", 64);
    seal_and_open(MEMBER_EMAIL, email, 64);
    memset(email, 'b', 61);
    email[1] = '@';
    email[62] = '\0';
    email[61] = 'c';
    seal_and_open(MEMBER_EMAIL, email, 64);
    email[62] = 'd';
    email[63] = '\0';
    seal_and_open(MEMBER_EMAIL, email, 256);
}

static void test_it_opens_in_its_own_sale_only(void)
{
    static const struct member_id nobody;
    struct member_id id, opened;
    uint8_t memory[MEMBER_SEALED_BYTES];
    struct buffer out = buffer_of(memory, sizeof memory);
    struct member_context context = context_of(1795305600), other;
    struct identity elsewhere;

    CHECK_STATUS(member_normalise(MEMBER_NUMBER, bytes_text("AB1234"), &id), SCRIP_OK);
    CHECK_STATUS(member_seal(vault_point, &context, &id, &out), SCRIP_OK);
    other = context;
    other.t_s++;
    CHECK_STATUS(member_open(vault, &other, buffer_bytes(&out), &opened), SCRIP_FAULT_CORRUPT);
    CHECK_EQ_BYTES(&opened, &nobody, sizeof opened);
    other = context;
    other.epoch++;
    CHECK_STATUS(member_open(vault, &other, buffer_bytes(&out), &opened), SCRIP_FAULT_CORRUPT);
    other = context;
    other.txh[0]++;
    CHECK_STATUS(member_open(vault, &other, buffer_bytes(&out), &opened), SCRIP_FAULT_CORRUPT);
    CHECK_STATUS(identity_parse(bytes_text("ACME.S1.T2"), &elsewhere), SCRIP_OK);
    other = context;
    other.terminal = &elsewhere;
    CHECK_STATUS(member_open(vault, &other, buffer_bytes(&out), &opened), SCRIP_FAULT_CORRUPT);
    CHECK_STATUS(member_open(vault, &context, buffer_bytes(&out), &opened), SCRIP_OK);
}

static void test_names(void)
{
    struct member_id id, other;
    uint8_t key[32] = {1}, next[32] = {2}, a[16], b[16];

    CHECK_STATUS(member_normalise(MEMBER_NUMBER, bytes_text("4006381333931"), &id), SCRIP_OK);
    CHECK_STATUS(member_normalise(MEMBER_GTIN, bytes_text("4006381333931"), &other), SCRIP_OK);
    CHECK_STATUS(member_pseudonym(key, "ACME", &id, a), SCRIP_OK);
    CHECK_STATUS(member_pseudonym(key, "ACME", &id, b), SCRIP_OK);
    CHECK_EQ_BYTES(a, b, sizeof a);
    CHECK_STATUS(member_pseudonym(key, "ACME", &other, b), SCRIP_OK);
    CHECK(memcmp(a, b, sizeof a) != 0);
    CHECK_STATUS(member_pseudonym(key, "OTHER", &id, b), SCRIP_OK);
    CHECK(memcmp(a, b, sizeof a) != 0);
    CHECK_STATUS(member_pseudonym(next, "ACME", &id, b), SCRIP_OK);
    CHECK(memcmp(a, b, sizeof a) != 0);
}

static void test_a_tag_lives_until_midnight(void)
{
    struct member_day day, restarted;
    struct member_id id;
    uint8_t a[16], b[16];

    CHECK_STATUS(member_normalise(MEMBER_PHONE, bytes_text("+493012345678"), &id), SCRIP_OK);
    member_day_open(&day);
    CHECK_STATUS(member_tag(&day, 86400, "ACME.S1.T1", &id, a), SCRIP_OK);
    CHECK_STATUS(member_tag(&day, 2 * 86400 - 1, "ACME", &id, b), SCRIP_OK);
    CHECK_EQ_BYTES(a, b, sizeof a);
    CHECK_STATUS(member_tag(&day, 2 * 86400, "ACME", &id, b), SCRIP_OK);
    CHECK(memcmp(a, b, sizeof a) != 0);
    member_day_open(&restarted);
    CHECK_STATUS(member_tag(&restarted, 2 * 86400, "ACME", &id, a), SCRIP_OK);
    CHECK(memcmp(a, b, sizeof a) != 0);
}

int main(void)
{
    test_entropy_open(&entropy, 6);
    CHECK_STATUS(crypto_open(&entropy.hal), SCRIP_OK);
    CHECK_STATUS(crypto_agreement_generate(&vault), SCRIP_OK);
    CHECK_STATUS(crypto_signing_public(vault, vault_point), SCRIP_OK);
    CHECK_STATUS(identity_parse(bytes_text("ACME.S1.T1"), &terminal), SCRIP_OK);
    CHECK_RUN(test_one_spelling);
    CHECK_RUN(test_what_is_no_such_id);
    CHECK_RUN(test_cards_never_come_in);
    CHECK_RUN(test_sealed_ids_have_two_lengths);
    CHECK_RUN(test_it_opens_in_its_own_sale_only);
    CHECK_RUN(test_names);
    CHECK_RUN(test_a_tag_lives_until_midnight);
    return check_done();
}
