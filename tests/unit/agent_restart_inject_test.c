/*
 * Accidents at every call of a start, of a challenge and its answer, and of sealing a raw
 * identifier: the library, its allocator and the entropy source fail once. A start that had one may
 * leave a terminal out of service, by a fault; one in service gives no answer that the accident
 * made: no refusal that the cashier would believe, and no second value for a code.
 */
#include "redeem/challenge.h"
#include "tests/check.h"
#include "tests/support/inject.h"
#include "tests/support/terminal.h"

static struct test_terminal terminal;
static const struct hal_entropy *source;
static struct scrip_answer answer;
static uint8_t text[LIMIT_CODE_CHARS], used_text[LIMIT_CODE_CHARS];
static struct bytes used; /* the first code: minted anew, its signature would be another */

static void open_terminal(void)
{
    test_terminal_make(&terminal);
    terminal.hal.entropy = source = inject_entropy(&terminal.entropy.hal);
}

static void free_terminal(void)
{
    test_terminal_free(&terminal);
}

static enum scrip_status redeem(struct bytes code, unsigned number)
{
    struct scrip_sale sale = test_sale(number);
    return scrip_redeem(&terminal.scrip, (const char *)code.data, code.len, &sale, &answer);
}

/* A start ------------------------------------------------------------------------------------- */

static void stopped_after_a_sale(void)
{
    open_terminal();
    CHECK_STATUS(test_terminal_enroll(&terminal, 1), SCRIP_OK);
    used = test_terminal_code(&terminal, 1, used_text);
    CHECK_STATUS(redeem(used, 1), SCRIP_OK);
}

static enum scrip_status start(void)
{
    return test_terminal_boot(&terminal);
}

/* What it holds, and whose it is, is not known: neither a redemption nor an enrolment is answered
 * as if it were. */
static void out_of_service(void)
{
    uint8_t der[1024];
    size_t len;

    inject_check_fault(redeem(used, 2));
    inject_check_fault(scrip_enroll_request(&terminal.scrip, TEST_TERMINAL, der, sizeof der, &len));
    inject_check_fault(scrip_enroll_install(&terminal.scrip, der, 0));
}

static void start_judge(enum scrip_status status)
{
    struct scrip_status_page page;
    bool in_service = status == SCRIP_OK;

    CHECK(in_service || scrip_is_fault(status));
    /* The used code first: whatever the start has lost of it, it is worth nothing more. */
    if (in_service)
        CHECK_STATUS(redeem(used, 2), SCRIP_REFUSED_USED);
    else
        out_of_service();
    if (in_service)
        CHECK_STATUS(redeem(test_terminal_code(&terminal, 2, text), 3), SCRIP_OK);
    /* And after a start without an accident everything is as it was. */
    CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
    CHECK_STATUS(redeem(used, 1), SCRIP_OK);
    CHECK_STATUS(redeem(used, 4), SCRIP_REFUSED_USED);
    scrip_read_state(&terminal.scrip, &page);
    CHECK_EQ_INT(page.unsettled_count, in_service ? 2 : 1);
}

static void test_a_start_faults_or_knows_everything(void)
{
    const struct inject_experiment experiment = {"scrip_open", stopped_after_a_sale, start,
                                                 start_judge, free_terminal};
    inject_run(&experiment);
}

/* A challenge --------------------------------------------------------------------------------- */

static char shown[SCRIP_CHALLENGE_CHARS];

static struct scrip_sale challenged_sale(unsigned number)
{
    struct scrip_sale sale = test_sale(number);
    sale.transaction_id = "CHECKOUT-1";
    return sale;
}

static enum scrip_status challenge(void)
{
    struct scrip_sale sale = challenged_sale(1);
    return scrip_challenge(&terminal.scrip, &sale, shown, sizeof shown, &answer);
}

/* What the customer's app makes of it. */
static void mint_answer(void)
{
    struct challenge_code code;
    struct token_claims claims = test_claims(1);
    CHECK_STATUS(challenge_read(bytes_text(shown), &code), SCRIP_OK);
    claims.audience = code.audience;
    claims.has_txh = claims.has_nonce = true;
    memcpy(claims.txh, code.txh, sizeof claims.txh);
    memcpy(claims.nonce, code.nonce, sizeof claims.nonce);
    used = test_code(&terminal.issuer, &claims, 'B', used_text);
}

static enum scrip_status answer_challenge(void)
{
    struct scrip_sale sale = challenged_sale(1);
    return scrip_redeem(&terminal.scrip, (const char *)used.data, used.len, &sale, &answer);
}

static void enrolled(void)
{
    open_terminal();
    CHECK_STATUS(test_terminal_enroll(&terminal, 1), SCRIP_OK);
    CHECK_STATUS(crypto_open(source), SCRIP_OK);
}

static void challenge_judge(enum scrip_status status)
{
    inject_check_fault(status);
    CHECK(scrip_is_fault(answer.status));
    /* None was opened that would keep others from redeeming. */
    CHECK_STATUS(redeem(test_terminal_code(&terminal, 2, text), 2), SCRIP_OK);
    CHECK_STATUS(challenge(), SCRIP_OK);
    mint_answer();
    CHECK_STATUS(answer_challenge(), SCRIP_OK);
}

static void test_a_challenge_faults_at_every_call(void)
{
    const struct inject_experiment experiment = {"scrip_challenge", enrolled, challenge,
                                                 challenge_judge, free_terminal};
    inject_run(&experiment);
}

static void challenged(void)
{
    enrolled();
    CHECK_STATUS(challenge(), SCRIP_OK);
    mint_answer();
}

static void answered_judge(enum scrip_status status)
{
    struct scrip_status_page page;

    CHECK(!scrip_is_refused(status) && !scrip_is_refused(answer.status));
    /* An append in doubt is settled first. Asked again by the same request: its answer, or the
     * challenge still waits for one. */
    test_terminal_settle(&terminal);
    CHECK_STATUS(answer_challenge(), SCRIP_OK);
    CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
    scrip_read_state(&terminal.scrip, &page);
    CHECK_EQ_INT(page.unsettled_count, 1);
    CHECK_EQ_INT(page.unsettled_minor, 500);
}

static void test_its_answer_faults_or_is_durable(void)
{
    const struct inject_experiment experiment = {"an answered challenge", challenged,
                                                 answer_challenge, answered_judge, free_terminal};
    inject_run(&experiment);
}

/* A raw identifier ---------------------------------------------------------------------------- */

static struct crypto_key vault;
static struct scrip_member member;

static void with_a_vault(void)
{
    open_terminal();
    struct keyset_key *entry = test_terminal_vault(&terminal, &vault);
    entry->nbf_s = TEST_NOW_S - 10;
    entry->sign_until_s = entry->verify_until_s = TEST_NOW_S + 1000;
    CHECK_STATUS(test_terminal_enroll(&terminal, 1), SCRIP_OK);
    CHECK_STATUS(crypto_open(source), SCRIP_OK);
}

static enum scrip_status seal(void)
{
    static const char phone[] = "+493012345678";
    struct scrip_sale sale = test_sale(1);
    char detail[80];
    return scrip_member(&terminal.scrip, SCRIP_MEMBER_PHONE, phone, sizeof phone - 1, &sale,
                        &member, detail);
}

static void seal_judge(enum scrip_status status)
{
    static const struct scrip_member nothing;
    inject_check_fault(status);
    CHECK_EQ_BYTES(&member, &nothing, sizeof member);
    CHECK_STATUS(seal(), SCRIP_OK);
}

static void with_vault_end(void)
{
    crypto_key_close(&vault);
    free_terminal();
}

static void test_a_seal_faults_at_every_call(void)
{
    const struct inject_experiment experiment = {"scrip_member", with_a_vault, seal, seal_judge,
                                                 with_vault_end};
    inject_run(&experiment);
}

int main(void)
{
    CHECK_RUN(test_a_start_faults_or_knows_everything);
    CHECK_RUN(test_a_challenge_faults_at_every_call);
    CHECK_RUN(test_its_answer_faults_or_is_durable);
    CHECK_RUN(test_a_seal_faults_at_every_call);
    return check_done();
}
