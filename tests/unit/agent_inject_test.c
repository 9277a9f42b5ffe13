/*
 * Accidents at every call: the library, its allocator and the entropy source fail once, at the
 * first call, the second, and so on until a step needs no further call. What comes of it is a
 * fault: never a refusal, which the cashier would believe, and never a yes without a record that
 * outlives it.
 */
#include "redeem/bind.h"
#include "tests/check.h"
#include "tests/support/inject.h"
#include "tests/support/terminal.h"

static struct test_terminal terminal;
static const struct hal_entropy *source;

static void open_terminal(void)
{
    test_terminal_make(&terminal);
    terminal.hal.entropy = source = inject_entropy(&terminal.entropy.hal);
}

/* The path, from the code's text to the redemption --------------------------------------------- */

static struct {
    struct identity identity;
    struct object_roots roots;
    uint8_t code_memory[LIMIT_CODE_CHARS], keys_memory[LIMIT_OBJECT_BYTES];
    uint8_t policy_memory[LIMIT_OBJECT_BYTES];
    struct bytes code, keys_object, policy_object;
    struct redemption redemption;
} path;

static void path_prepare(void)
{
    open_terminal();
    CHECK_STATUS(crypto_open(source), SCRIP_OK);
    CHECK_STATUS(identity_parse(bytes_text(TEST_TERMINAL), &path.identity), SCRIP_OK);
    CHECK_STATUS(crypto_signing_public(terminal.root, path.roots.point[0]), SCRIP_OK);
    path.roots.count = 1;
    CHECK_STATUS(cose_kid(path.roots.point[0], terminal.issuer.keys.root[0]), SCRIP_OK);
    path.keys_object = test_terminal_object(&terminal, OBJECT_KEYS, terminal.root, path.keys_memory,
                                            sizeof path.keys_memory);
    path.policy_object = test_terminal_object(&terminal, OBJECT_POLICY, terminal.root,
                                              path.policy_memory, sizeof path.policy_memory);
    path.code = test_terminal_code(&terminal, 1, path.code_memory);
    memset(&path.redemption, 0, sizeof path.redemption);
}

static enum scrip_status path_step(void)
{
    static struct scan scan;
    static struct keyset keys;
    struct object object;
    struct policy policy;
    struct token token;
    struct voucher voucher;
    struct permit permit;
    struct sale sale = {.sale_id = "TILL1",
                        .service_id = "S1",
                        .transaction_id = "T1",
                        .total_minor = 2000,
                        .currency = TEST_CURRENCY};
    struct trust trust = {.keys = &keys,
                          .identity = &path.identity,
                          .now = {.t_s = TEST_NOW_S, .tolerance_s = 31, .quality = WALLCLOCK_GOOD}};
    struct facts facts = {.policy = &policy, .capacity = 10};
    struct sale_lines lines;

    TRY(object_verify(span_of(path.keys_object), OBJECT_KEYS, &path.roots, &object));
    TRY(keyset_read(&object, &keys));
    TRY(object_verify(span_of(path.policy_object), OBJECT_POLICY, &path.roots, &object));
    TRY(policy_read(&object, &policy));
    TRY(sale_lines_start(&lines, 1));
    enum scrip_status added = sale_lines_add(&lines, bytes_text("4006381333931"), 1000, 2000);
    enum scrip_status ended = sale_lines_finish(&lines, sale.lines);
    TRY(added);
    TRY(ended);
    TRY(bind_txh(&path.identity, 1, NULL, &sale, sale.txh));
    TRY(sale_digest(&sale, path.code, sale.digest));
    TRY(scan_decode(path.code, &scan));
    TRY(token_parse(&scan, &token));
    TRY(verify_token(&trust, &token, &voucher));
    TRY(policy_permit(&facts, &voucher, &sale, &permit));
    return bind_sale(&permit, &sale, &path.redemption);
}

static void path_judge(enum scrip_status status)
{
    inject_check_fault(status);
    CHECK(path.redemption.seal == 0);
}

static void free_terminal(void)
{
    test_terminal_free(&terminal);
}

static void test_the_path_faults_at_every_call(void)
{
    const struct inject_experiment experiment = {"code to redemption", path_prepare, path_step,
                                                 path_judge, free_terminal};
    inject_run(&experiment);
}

/* The agent --------------------------------------------------------------------------------------
 */

static uint8_t text[LIMIT_CODE_CHARS];
static struct bytes code;
static struct scrip_answer answer;

static void enrolled(void)
{
    open_terminal();
    CHECK_STATUS(test_terminal_enroll(&terminal, 1), SCRIP_OK);
    code = test_terminal_code(&terminal, 1, text);
    CHECK_STATUS(crypto_open(source), SCRIP_OK);
}

static enum scrip_status redeem(void)
{
    struct scrip_sale sale = test_sale(1);
    return scrip_redeem(&terminal.scrip, (const char *)code.data, code.len, &sale, &answer);
}

/* After a restart the same request is worth 5.00, once, whatever it was told before. */
static void worth_once(void)
{
    struct scrip_status_page page;

    CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
    CHECK_STATUS(redeem(), SCRIP_OK);
    CHECK_EQ_INT(answer.amount_minor, 500);
    struct scrip_sale other = test_sale(2);
    CHECK_STATUS(scrip_redeem(&terminal.scrip, (const char *)code.data, code.len, &other, &answer),
                 SCRIP_REFUSED_USED);
    scrip_read_state(&terminal.scrip, &page);
    CHECK_EQ_INT(page.unsettled_count, 1);
    CHECK_EQ_INT(page.unsettled_minor, 500);
}

static void redeem_judge(enum scrip_status status)
{
    struct scrip_ref ref = {.sale_id = "TILL1", .service_id = "S1"};

    CHECK(!scrip_is_refused(status) && !scrip_is_refused(answer.status));
    if (status == SCRIP_OK) {
        /* The record was durable before the accident: nothing may turn it into a failure. */
        CHECK_EQ_INT(answer.amount_minor, 500);
        CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
        CHECK_STATUS(scrip_result(&terminal.scrip, &ref, &answer), SCRIP_OK);
    }
    worth_once();
}

static void test_a_redemption_faults_or_is_durable(void)
{
    const struct inject_experiment experiment = {"scrip_redeem", enrolled, redeem, redeem_judge,
                                                 free_terminal};
    inject_run(&experiment);
}

static struct crypto_key vault;

static void enrolled_with_vault(void)
{
    open_terminal();
    (void)test_terminal_vault(&terminal, &vault);
    CHECK_STATUS(test_terminal_enroll(&terminal, 1), SCRIP_OK);
    CHECK_STATUS(crypto_open(source), SCRIP_OK);
}

static enum scrip_status note(void)
{
    struct scrip_sale sale = test_sale(1);
    return scrip_award(&terminal.scrip, SCRIP_MEMBER_PHONE, "+493012345678", 13, &sale, &answer);
}

/* Whatever it was told, the same request is noted, once. */
static void note_judge(enum scrip_status status)
{
    struct scrip_status_page page;

    CHECK(!scrip_is_refused(status) && !scrip_is_refused(answer.status));
    CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
    CHECK_STATUS(note(), SCRIP_OK);
    CHECK(answer.award && answer.sealed);
    scrip_read_state(&terminal.scrip, &page);
    CHECK_EQ_INT(page.head_seq, 1);
}

static void free_with_vault(void)
{
    crypto_key_close(&vault);
    test_terminal_free(&terminal);
}

static void test_an_award_faults_or_is_durable(void)
{
    const struct inject_experiment experiment = {"scrip_award", enrolled_with_vault, note,
                                                 note_judge, free_with_vault};
    inject_run(&experiment);
}

static char receipt[LIMIT_CODE_CHARS + 1];

static void redeemed(void)
{
    enrolled();
    CHECK_STATUS(redeem(), SCRIP_OK);
}

static enum scrip_status sign_receipt(void)
{
    return scrip_receipt(&terminal.scrip, 1, 'B', receipt, sizeof receipt);
}

static void receipt_judge(enum scrip_status status)
{
    inject_check_fault(status);
    CHECK_STATUS(sign_receipt(), SCRIP_OK);
}

static void test_a_receipt_faults_at_every_call(void)
{
    const struct inject_experiment experiment = {"scrip_receipt", redeemed, sign_receipt,
                                                 receipt_judge, free_terminal};
    inject_run(&experiment);
}

static enum scrip_status reverse(void)
{
    struct scrip_ref ref = {.sale_id = "TILL1", .service_id = "S1"};
    struct scrip_sale sale = test_sale(3);
    return scrip_reverse(&terminal.scrip, &ref, &sale, &answer);
}

static void reverse_judge(enum scrip_status status)
{
    struct scrip_status_page page;

    CHECK(!scrip_is_refused(status));
    CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
    CHECK_STATUS(reverse(), SCRIP_OK);
    scrip_read_state(&terminal.scrip, &page);
    CHECK_EQ_INT(page.unsettled_minor, 0);
}

static void test_a_reversal_faults_or_is_durable(void)
{
    const struct inject_experiment experiment = {"scrip_reverse", redeemed, reverse, reverse_judge,
                                                 free_terminal};
    inject_run(&experiment);
}

/* Enrolment. The two calls are armed where test_terminal_enroll() makes them. -------------------
 */

static struct {
    bool request, install;
    enum inject_kind kind;
    unsigned long n;
    bool hit;
} at;

enum scrip_status real_request(struct scrip *scrip, const char *identity, uint8_t *der, size_t cap,
                               size_t *len) __asm__("__real_scrip_enroll_request");
enum scrip_status wrap_request(struct scrip *scrip, const char *identity, uint8_t *der, size_t cap,
                               size_t *len) __asm__("__wrap_scrip_enroll_request");
enum scrip_status wrap_request(struct scrip *scrip, const char *identity, uint8_t *der, size_t cap,
                               size_t *len)
{
    if (at.request)
        inject_arm(at.kind, at.n);
    enum scrip_status status = real_request(scrip, identity, der, cap, len);
    if (at.request)
        at.hit = inject_end();
    return status;
}

enum scrip_status real_install(struct scrip *scrip, const uint8_t *bundle,
                               size_t len) __asm__("__real_scrip_enroll_install");
enum scrip_status wrap_install(struct scrip *scrip, const uint8_t *bundle,
                               size_t len) __asm__("__wrap_scrip_enroll_install");
enum scrip_status wrap_install(struct scrip *scrip, const uint8_t *bundle, size_t len)
{
    if (at.install)
        inject_arm(at.kind, at.n);
    enum scrip_status status = real_install(scrip, bundle, len);
    if (at.install)
        at.hit = inject_end();
    return status;
}

static void enrol(const char *name, bool install)
{
    printf("    %-24s", name);
    for (enum inject_kind kind = 0; kind < INJECT_KINDS; kind++) {
        unsigned long n = 1, tried = 0;
        for (at.hit = true; at.hit && n < INJECT_MOST && check_state.failures == 0;
             n = inject_next(kind, n)) {
            at.kind = kind;
            at.n = n;
            at.request = !install;
            at.install = install;
            open_terminal();
            enum scrip_status status = test_terminal_enroll(&terminal, 1);
            at.request = at.install = false;
            tried += at.hit;
            if (at.hit && status != SCRIP_OK) {
                inject_check_fault(status);
                /* Nothing is spoiled: the next attempt enrols it. */
                CHECK_STATUS(test_terminal_enroll(&terminal, 2), SCRIP_OK);
            } else {
                /* A yes is one after a restart, too: the accident came behind what made it so. */
                CHECK_STATUS(status, SCRIP_OK);
                CHECK(!at.hit || install);
                CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
            }
            code = test_terminal_code(&terminal, 1, text);
            CHECK_STATUS(redeem(), SCRIP_OK);
            test_terminal_free(&terminal);
            if (check_state.failures > 0)
                printf("    at %s call %lu of %s\n", inject_name(kind), n, name);
        }
        CHECK(n < INJECT_MOST);
        printf(" %5lu %s", tried, inject_name(kind));
    }
    printf("\n");
}

static void test_enrolment_faults_at_every_call(void)
{
    enrol("scrip_enroll_request", false);
    enrol("scrip_enroll_install", true);
}

int main(void)
{
    CHECK_RUN(test_the_path_faults_at_every_call);
    CHECK_RUN(test_a_redemption_faults_or_is_durable);
    CHECK_RUN(test_an_award_faults_or_is_durable);
    CHECK_RUN(test_a_receipt_faults_at_every_call);
    CHECK_RUN(test_a_reversal_faults_or_is_durable);
    CHECK_RUN(test_enrolment_faults_at_every_call);
    return check_done();
}
