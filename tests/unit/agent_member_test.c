/* Raw identifiers at the API: what comes back opens at the vault, and what may not be sealed. */
#include "agent/agent.h"
#include "tests/check.h"
#include "tests/support/terminal.h"

static struct test_terminal terminal;
static struct crypto_key vault;
static struct scrip_member member;
static char detail[80];

static enum scrip_status seal(enum scrip_member_kind kind, const char *text)
{
    struct scrip_sale sale = test_sale(1);
    return scrip_member(&terminal.scrip, kind, text, strlen(text), &sale, &member, detail);
}

static void open_with_vault(uint32_t nbf_s, uint32_t until_s)
{
    test_terminal_make(&terminal);
    struct keyset_key *entry = test_terminal_vault(&terminal, &vault);
    entry->nbf_s = nbf_s;
    entry->sign_until_s = until_s;
    entry->verify_until_s = until_s;
    CHECK_STATUS(test_terminal_enroll(&terminal, 1), SCRIP_OK);
}

static void test_the_vault_opens_what_comes_back(void)
{
    struct member_id id;
    uint8_t tag[SCRIP_MEMBER_TAG_BYTES];

    open_with_vault(TEST_NOW_S - 10, TEST_NOW_S + 1000);
    CHECK_STATUS(seal(SCRIP_MEMBER_PHONE, "+49 30 123-45678"), SCRIP_OK);
    struct member_context context = {.terminal = &agent_of(&terminal.scrip)->bundle.identity,
                                     .epoch = member.epoch,
                                     .t_s = member.time_s};
    memcpy(context.txh, member.txh, sizeof context.txh);
    CHECK_STATUS(member_open(vault, &context, bytes_of(member.sealed, member.sealed_len), &id),
                 SCRIP_OK);
    CHECK(bytes_equal(bytes_of(id.data, id.len), bytes_text("+493012345678")));
    memcpy(tag, member.tag, sizeof tag);
    CHECK_STATUS(seal(SCRIP_MEMBER_PHONE, "0049 30 12345678"), SCRIP_OK);
    CHECK_EQ_BYTES(member.tag, tag, sizeof tag);
    /* The tag's key dies with the power. */
    CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
    CHECK_STATUS(seal(SCRIP_MEMBER_PHONE, "+493012345678"), SCRIP_OK);
    CHECK(memcmp(member.tag, tag, sizeof tag) != 0);
    /* And nothing of it was recorded. */
    CHECK_EQ_INT(agent_of(&terminal.scrip)->ledger.head_seq, 0);
    crypto_key_close(&vault);
    test_terminal_free(&terminal);
}

static void test_what_is_not_sealed(void)
{
    static const struct scrip_member nothing;

    open_with_vault(TEST_NOW_S - 10, TEST_NOW_S + 1000);
    CHECK_STATUS(seal(SCRIP_MEMBER_NUMBER, "4111 1111 1111 1111"), SCRIP_REFUSED_UNSUPPORTED);
    CHECK_EQ_BYTES(&member, &nothing, sizeof member);
    CHECK_STATUS(seal(SCRIP_MEMBER_GTIN, "4006381333932"), SCRIP_REFUSED_ARGUMENT);
    CHECK_STATUS(seal((enum scrip_member_kind)4, "4006381333931"), SCRIP_REFUSED_ARGUMENT);
    struct scrip_sale sale = test_sale(1);
    sale.transaction_id = NULL;
    CHECK_STATUS(
        scrip_member(&terminal.scrip, SCRIP_MEMBER_NUMBER, "AB12", 4, &sale, &member, detail),
        SCRIP_REFUSED_ARGUMENT);
    CHECK_EQ_STRING(detail, "SaleTransactionID is missing");
    terminal.entropy.broken = true;
    CHECK(scrip_is_fault(seal(SCRIP_MEMBER_NUMBER, "AB12")));
    CHECK_EQ_BYTES(&member, &nothing, sizeof member);
    terminal.entropy.broken = false;
    CHECK_STATUS(seal(SCRIP_MEMBER_NUMBER, "AB12"), SCRIP_OK);
    crypto_key_close(&vault);
    test_terminal_free(&terminal);
}

static void test_a_vault_key_has_its_time(void)
{
    test_terminal_open(&terminal);
    CHECK_STATUS(seal(SCRIP_MEMBER_NUMBER, "AB12"), SCRIP_REFUSED_KEY);
    test_terminal_free(&terminal);
    open_with_vault(TEST_NOW_S + 1, TEST_NOW_S + 1000);
    CHECK_STATUS(seal(SCRIP_MEMBER_NUMBER, "AB12"), SCRIP_REFUSED_KEY);
    crypto_key_close(&vault);
    test_terminal_free(&terminal);
    open_with_vault(TEST_NOW_S - 10, TEST_NOW_S - 1);
    CHECK_STATUS(seal(SCRIP_MEMBER_NUMBER, "AB12"), SCRIP_REFUSED_KEY);
    crypto_key_close(&vault);
    test_terminal_free(&terminal);
}

int main(void)
{
    CHECK_RUN(test_the_vault_opens_what_comes_back);
    CHECK_RUN(test_what_is_not_sealed);
    CHECK_RUN(test_a_vault_key_has_its_time);
    return check_done();
}
