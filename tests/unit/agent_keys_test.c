/* Key sets and what follows from them: roots that leave, keys that leave, sets that grow old, and
 * coupons. */
#include "agent/agent.h"
#include "tests/check.h"
#include "tests/support/terminal.h"

static struct test_terminal terminal;
static struct scrip_answer answer;
static uint8_t object_memory[LIMIT_OBJECT_BYTES];

static struct agent *agent(void)
{
    return agent_of(&terminal.scrip);
}

static enum scrip_status redeem(const struct token_claims *claims, unsigned number)
{
    uint8_t text[LIMIT_CODE_CHARS];
    struct scrip_sale sale = test_sale(number);
    struct bytes code = test_code(&terminal.issuer, claims, 'B', text);
    return scrip_redeem(&terminal.scrip, (const char *)code.data, code.len, &sale, &answer);
}

/* As sync would store it, had it come from the host; then a restart. */
static void bring(enum object_kind kind, struct crypto_key root)
{
    struct bytes data = test_terminal_object(&terminal, kind, root, object_memory,
                                             sizeof object_memory);
    uint32_t version;
    CHECK_STATUS(blob_begin(&agent()->blobs, kind == OBJECT_KEYS ? BLOB_KEYS : BLOB_POLICY,
                            (uint32_t)data.len),
                 SCRIP_OK);
    CHECK_STATUS(blob_write(&agent()->blobs, data), SCRIP_OK);
    CHECK_STATUS(blob_commit(&agent()->blobs, &version), SCRIP_OK);
    CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
}

static void remove_first_root(void)
{
    memcpy(terminal.issuer.keys.root[0], terminal.issuer.keys.root[1], COSE_KID_BYTES);
    terminal.issuer.keys.root_count = 1;
    terminal.issuer.keys.seq++;
}

static enum scrip_status verify_new(enum object_kind kind, struct crypto_key root,
                                    struct object *object)
{
    return belief_verify(
        agent(), kind,
        span_of(test_terminal_object(&terminal, kind, root, object_memory, sizeof object_memory)),
        object);
}

static void test_one_root_removes_the_other(void)
{
    uint8_t left[CRYPTO_POINT_BYTES];

    test_terminal_open(&terminal);
    CHECK_EQ_INT(agent()->roots.count, 2);
    CHECK_EQ_INT(agent()->policy.seq, 1);
    remove_first_root();
    bring(OBJECT_KEYS, terminal.other_root);
    CHECK_EQ_INT(agent()->keyset.seq, 2);
    CHECK_EQ_INT(agent()->roots.count, 1);
    CHECK_STATUS(crypto_signing_public(terminal.other_root, left), SCRIP_OK);
    CHECK_EQ_BYTES(agent()->roots.point[0], left, sizeof left);
    /* What the removed root has signed is no longer believed, and nothing is permitted by it. */
    CHECK_EQ_INT(agent()->policy.seq, 0);
    struct token_claims claims = test_claims(1);
    CHECK_STATUS(redeem(&claims, 1), SCRIP_REFUSED_NO_POLICY);
    terminal.policy.seq = 2;
    bring(OBJECT_POLICY, terminal.other_root);
    CHECK_EQ_INT(agent()->policy.seq, 2);
    CHECK_STATUS(redeem(&claims, 2), SCRIP_OK);
    terminal.policy.seq = 3;
    bring(OBJECT_POLICY, terminal.root);
    CHECK_EQ_INT(agent()->policy.seq, 0);
    test_terminal_free(&terminal);
}

/* The same of what sync brings, before it replaces anything. */
static void test_what_may_replace_an_object(void)
{
    struct object object;

    test_terminal_open(&terminal);
    CHECK_STATUS(verify_new(OBJECT_POLICY, terminal.root, &object), SCRIP_OK);
    CHECK_STATUS(verify_new(OBJECT_KEYS, terminal.other_root, &object), SCRIP_OK);
    CHECK_EQ_INT(object.seq, terminal.issuer.keys.seq);
    remove_first_root();
    bring(OBJECT_KEYS, terminal.other_root);
    CHECK_STATUS(verify_new(OBJECT_POLICY, terminal.root, &object), SCRIP_REFUSED_KEY);
    CHECK_STATUS(verify_new(OBJECT_KEYS, terminal.root, &object), SCRIP_REFUSED_KEY);
    CHECK_STATUS(verify_new(OBJECT_POLICY, terminal.other_root, &object), SCRIP_OK);
    terminal.policy.currency = 0;
    CHECK_STATUS(verify_new(OBJECT_POLICY, terminal.other_root, &object), SCRIP_REFUSED_CLAIMS);
    memset(terminal.issuer.keys.root, 0, sizeof terminal.issuer.keys.root);
    CHECK_STATUS(verify_new(OBJECT_KEYS, terminal.other_root, &object), SCRIP_REFUSED_KEY);
    test_terminal_free(&terminal);
}

/* A key set that leaves no pinned root would be the last one ever: it is not taken. */
static void test_a_key_set_without_our_roots_is_refused(void)
{
    struct object_roots roots;

    test_terminal_open(&terminal);
    struct keyset keys = terminal.issuer.keys;
    CHECK_STATUS(keyset_roots(&keys, &agent()->bundle.object_roots, &roots), SCRIP_OK);
    CHECK_EQ_INT(roots.count, 2);
    memset(keys.root, 0, sizeof keys.root);
    CHECK_STATUS(keyset_roots(&keys, &agent()->bundle.object_roots, &roots), SCRIP_REFUSED_KEY);
    CHECK_EQ_INT(roots.count, 0);
    memset(terminal.issuer.keys.root, 0, sizeof terminal.issuer.keys.root);
    struct bytes data = test_terminal_object(&terminal, OBJECT_KEYS, terminal.root, object_memory,
                                             sizeof object_memory);
    struct object object;
    CHECK_STATUS(object_verify(span_of(data), OBJECT_KEYS, &agent()->bundle.object_roots, &object),
                 SCRIP_OK);
    /* Had it come into the flash all the same, nobody would be believed by it. */
    bring(OBJECT_KEYS, terminal.root);
    CHECK_EQ_INT(agent()->keyset.count, 0);
    CHECK_EQ_INT(agent()->roots.count, 2);
    struct token_claims claims = test_claims(1);
    CHECK_STATUS(redeem(&claims, 1), SCRIP_REFUSED_KEYS_STALE);
    test_terminal_free(&terminal);
}

static void test_a_removed_key_redeems_no_more(void)
{
    test_terminal_open(&terminal);
    struct token_claims claims = test_claims(1);
    CHECK_STATUS(redeem(&claims, 1), SCRIP_OK);
    terminal.issuer.keys.count = 0;
    terminal.issuer.keys.seq++;
    bring(OBJECT_KEYS, terminal.root);
    claims = test_claims(2);
    CHECK(redeem(&claims, 2) != SCRIP_OK);
    /* What it approved before stays and waits for the host. */
    CHECK_EQ_INT(agent()->ledger.head_seq, 1);
    struct scrip_ref ref = {.sale_id = "TILL1", .service_id = "S1"};
    CHECK_STATUS(scrip_result(&terminal.scrip, &ref, &answer), SCRIP_OK);
    test_terminal_free(&terminal);
}

/* Past its exp nothing is redeemed; the cashier reads why, and a newer set mends it. */
static void test_a_stale_key_set(void)
{
    struct scrip_status_page page;

    test_terminal_open(&terminal);
    terminal.issuer.keys.exp_s = TEST_NOW_S + 10;
    terminal.issuer.keys.seq++;
    bring(OBJECT_KEYS, terminal.root);
    struct token_claims claims = test_claims(1);
    CHECK_STATUS(redeem(&claims, 1), SCRIP_OK);
    sim_rtc_advance(&terminal.rtc, 10000);
    claims = test_claims(2);
    CHECK_STATUS(redeem(&claims, 2), SCRIP_REFUSED_KEYS_STALE);
    CHECK_EQ_STRING(answer.line1, "Keys out of date");
    CHECK_EQ_STRING(answer.line2, "Call supervisor");
    scrip_read_state(&terminal.scrip, &page);
    CHECK((page.state & SCRIP_STATE_KEYS_STALE) != 0);
    terminal.issuer.keys.exp_s = TEST_NOW_S + 86400;
    terminal.issuer.keys.seq++;
    bring(OBJECT_KEYS, terminal.root);
    CHECK_STATUS(redeem(&claims, 3), SCRIP_OK);
    test_terminal_free(&terminal);
}

static struct token_claims coupon(uint8_t number)
{
    struct token_claims claims = test_claims(number);
    claims.exp_s = claims.iat_s + 30000;
    claims.has_status = true;
    claims.status_list = 1;
    claims.status_index = number;
    return claims;
}

static void test_coupons_offline_are_counted(void)
{
    test_terminal_make(&terminal);
    terminal.policy.max_offline_coupons = 2;
    CHECK_STATUS(test_terminal_enroll(&terminal, 1), SCRIP_OK);
    struct token_claims plain = test_claims(9), claims = coupon(1);
    CHECK_STATUS(redeem(&plain, 1), SCRIP_OK);
    CHECK_STATUS(redeem(&claims, 2), SCRIP_OK);
    claims = coupon(2);
    CHECK_STATUS(redeem(&claims, 3), SCRIP_OK);
    claims = coupon(3);
    CHECK_STATUS(redeem(&claims, 4), SCRIP_REFUSED_STATUS);
    CHECK_EQ_STRING(answer.line1, "Can't check coupon");
    CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
    CHECK_STATUS(redeem(&claims, 5), SCRIP_REFUSED_STATUS);
    plain = test_claims(8);
    CHECK_STATUS(redeem(&plain, 6), SCRIP_OK);
    CHECK_EQ_INT(ledger_coupons(&agent()->ledger, 64), 2);
    CHECK_EQ_INT(ledger_coupons(&agent()->ledger, 1), 1);
    test_terminal_free(&terminal);
}

/* Whoever reaches the line that enrols cannot take a terminal from its back office; what is blank
 * belongs to nobody. */
static void test_a_terminal_is_not_enrolled_away(void)
{
    struct crypto_key own, foreign = {0};
    uint8_t scalar[CRYPTO_SCALAR_BYTES];

    test_terminal_open(&terminal);
    own = terminal.root;
    CHECK_STATUS(crypto_signing_generate(&foreign, scalar), SCRIP_OK);
    terminal.root = foreign;
    CHECK_STATUS(test_terminal_enroll(&terminal, 2), SCRIP_REFUSED_KEY);
    CHECK_EQ_INT(agent_of(&terminal.scrip)->keys.epoch, 1);
    CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
    terminal.root = own;
    CHECK_STATUS(test_terminal_enroll(&terminal, 2), SCRIP_OK);
    CHECK_EQ_INT(agent_of(&terminal.scrip)->keys.epoch, 2);
    crypto_key_close(&foreign);
    test_terminal_free(&terminal);
}

int main(void)
{
    CHECK_RUN(test_one_root_removes_the_other);
    CHECK_RUN(test_what_may_replace_an_object);
    CHECK_RUN(test_a_key_set_without_our_roots_is_refused);
    CHECK_RUN(test_a_removed_key_redeems_no_more);
    CHECK_RUN(test_a_stale_key_set);
    CHECK_RUN(test_coupons_offline_are_counted);
    CHECK_RUN(test_a_terminal_is_not_enrolled_away);
    return check_done();
}
