/* Status lists on a terminal: which coupons stand, how many go unasked, and what the spent set may
 * let go of. */
#include "agent/agent.h"
#include "redeem/ledger_private.h"
#include "tests/check.h"
#include "tests/support/terminal.h"

static struct test_terminal terminal;
static struct scrip_answer answer;
static uint8_t object_memory[LIMIT_OBJECT_BYTES], bits[64];

static struct agent *agent(void)
{
    return agent_of(&terminal.scrip);
}

static void open_shop(uint32_t offline_coupons)
{
    memset(bits, 0, sizeof bits);
    test_terminal_make(&terminal);
    terminal.policy.max_offline_coupons = offline_coupons;
    terminal.issuer.keys.key[0].uses = KEYSET_TOKENS | KEYSET_STATUS;
    CHECK_STATUS(test_terminal_enroll(&terminal, 1), SCRIP_OK);
}

static struct bytes make_list(uint32_t list, uint32_t seq, uint32_t exp_s, struct crypto_key key)
{
    uint8_t body_memory[128];
    struct buffer body = buffer_of(body_memory, sizeof body_memory);
    struct buffer out = buffer_of(object_memory, sizeof object_memory);
    const struct status_list source = {.list = list, .bits = span_of(bytes_of(bits, sizeof bits))};
    struct object object = {.kind = OBJECT_LIST, .iat_s = TEST_NOW_S, .exp_s = exp_s, .seq = seq};

    CHECK_STATUS(status_list_write(&source, &body), SCRIP_OK);
    object.body = span_of(buffer_bytes(&body));
    CHECK_STATUS(object_sign(key, &object, &out), SCRIP_OK);
    return buffer_bytes(&out);
}

/* As sync brings it. */
static void take_list(uint32_t list, uint32_t seq, uint32_t exp_s)
{
    struct bytes data = make_list(list, seq, exp_s, terminal.issuer.key);
    struct object object;
    uint32_t version;

    CHECK_STATUS(blob_begin(&agent()->blobs, BLOB_LIST, (uint32_t)data.len), SCRIP_OK);
    CHECK_STATUS(blob_write(&agent()->blobs, data), SCRIP_OK);
    CHECK_STATUS(belief_verify(agent(), OBJECT_LIST, blob_written(&agent()->blobs), &object),
                 SCRIP_OK);
    CHECK_EQ_INT(object.seq, seq);
    CHECK_STATUS(blob_commit(&agent()->blobs, &version), SCRIP_OK);
    agent()->sync.state.objects_changed = true;
    belief_follow(agent());
    CHECK_EQ_INT(agent()->list.seq, seq);
    CHECK_EQ_INT(agent()->parts.have[OBJECT_LIST], seq);
}

static void revoke(uint32_t index)
{
    bits[index / 8] = (uint8_t)(bits[index / 8] | 1u << index % 8);
}

static uint8_t code_memory[LIMIT_CODE_CHARS];
static size_t coupon_len;

static struct bytes coupon(uint32_t list, uint32_t index)
{
    struct token_claims claims = test_claims((uint8_t)index);

    claims.exp_s = claims.iat_s + 80000;
    claims.has_status = true;
    claims.status_list = list;
    claims.status_index = index;
    struct bytes code = test_code(&terminal.issuer, &claims, 'B', code_memory);
    coupon_len = code.len;
    return code;
}

static enum scrip_status redeem(uint32_t list, uint32_t index, unsigned sale_number)
{
    struct scrip_sale sale = test_sale(sale_number);
    struct bytes code = coupon(list, index);

    return scrip_redeem(&terminal.scrip, (const char *)code.data, code.len, &sale, &answer);
}

static void acknowledge(void)
{
    struct ledger *ledger = &agent()->ledger;
    CHECK_STATUS(ledger_ack(ledger, ledger->head_seq, ledger->head), SCRIP_OK);
}

static void test_a_list_says_which_coupons_stand(void)
{
    open_shop(1);
    CHECK_STATUS(redeem(1, 1, 1), SCRIP_OK);
    CHECK_STATUS(redeem(1, 2, 2), SCRIP_REFUSED_STATUS);
    CHECK_EQ_STRING(answer.line1, "Can't check coupon");
    CHECK_EQ_STRING(answer.line2, "Needs the network");
    revoke(3);
    take_list(1, 1, TEST_NOW_S + 3600);
    CHECK_STATUS(redeem(1, 2, 3), SCRIP_OK);
    CHECK_STATUS(redeem(1, 4, 4), SCRIP_OK);
    CHECK_STATUS(redeem(1, 3, 5), SCRIP_REFUSED_REVOKED);
    CHECK_EQ_STRING(answer.line1, "Coupon not valid");
    CHECK_EQ_STRING(answer.line2, "Do not retry");
    /* Behind the list's end nothing was ever given out. */
    CHECK_STATUS(redeem(1, 8 * sizeof bits, 6), SCRIP_REFUSED_REVOKED);
    /* Of another list it says nothing. */
    CHECK_STATUS(redeem(2, 5, 7), SCRIP_REFUSED_STATUS);
    /* After a restart it is there again, verified and asked where it lies. */
    CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
    CHECK_EQ_INT(agent()->list.seq, 1);
    CHECK_STATUS(redeem(1, 3, 8), SCRIP_REFUSED_REVOKED);
    CHECK_STATUS(redeem(1, 6, 9), SCRIP_OK);
    test_terminal_free(&terminal);
}

/* What a list revokes stays so past its exp; that a coupon stands is believed until then only. */
static void test_a_list_grows_old(void)
{
    open_shop(1);
    revoke(3);
    take_list(1, 1, TEST_NOW_S + 60);
    CHECK_STATUS(redeem(1, 1, 1), SCRIP_OK);
    CHECK_STATUS(redeem(1, 2, 2), SCRIP_OK);
    sim_rtc_advance(&terminal.rtc, 61000);
    CHECK_STATUS(redeem(1, 4, 3), SCRIP_REFUSED_STATUS);
    CHECK_STATUS(redeem(1, 3, 4), SCRIP_REFUSED_REVOKED);
    take_list(1, 2, TEST_NOW_S + 3600);
    CHECK_STATUS(redeem(1, 4, 5), SCRIP_OK);
    test_terminal_free(&terminal);
}

static void test_no_coupons_offline_means_none(void)
{
    open_shop(0);
    take_list(1, 1, TEST_NOW_S + 3600);
    CHECK_STATUS(redeem(1, 1, 1), SCRIP_REFUSED_STATUS);
    test_terminal_free(&terminal);
}

static void test_who_signs_a_list(void)
{
    struct object object;
    struct bytes data;

    open_shop(1);
    data = make_list(1, 1, TEST_NOW_S + 60, terminal.root);
    CHECK_STATUS(belief_verify(agent(), OBJECT_LIST, span_of(data), &object), SCRIP_REFUSED_KEY);
    data = make_list(1, 1, TEST_NOW_S + 60, terminal.issuer.key);
    CHECK_STATUS(belief_verify(agent(), OBJECT_LIST, span_of(data), &object), SCRIP_OK);
    agent()->keyset.key[0].uses = KEYSET_TOKENS;
    CHECK_STATUS(belief_verify(agent(), OBJECT_LIST, span_of(data), &object), SCRIP_REFUSED_KEY);
    test_terminal_free(&terminal);
}

/* A coupon's place in the spent set goes to the list that refuses it, and to no other. */
static void test_the_spent_set_leaves_coupons_to_the_list(void)
{
    struct scrip_sale sale = test_sale(2);
    char first[LIMIT_CODE_CHARS];
    size_t first_len;

    open_shop(3);
    CHECK_STATUS(redeem(1, 2, 1), SCRIP_OK);
    CHECK_STATUS(redeem(1, 1, 2), SCRIP_OK);
    first_len = coupon_len;
    memcpy(first, code_memory, first_len);
    CHECK_EQ_INT(agent()->ledger.spent_count, 2);
    revoke(1);
    take_list(1, 1, TEST_NOW_S + 3600);
    CHECK_EQ_INT(agent()->ledger.spent_count, 2); /* the host has not settled it */
    acknowledge();
    take_list(2, 2, TEST_NOW_S + 3600);
    CHECK_EQ_INT(agent()->ledger.spent_count, 2); /* another list */
    take_list(1, 3, TEST_NOW_S + 3600);
    CHECK_EQ_INT(agent()->ledger.spent_count, 1);
    CHECK_EQ_INT(agent()->ledger.listed_seq, 3);
    CHECK_STATUS(redeem(1, 1, 3), SCRIP_REFUSED_REVOKED);
    CHECK_STATUS(redeem(1, 2, 4), SCRIP_REFUSED_USED);
    /* The sale that it was used for asks again, under a new ServiceID. */
    sale.service_id = "AGAIN";
    CHECK_STATUS(scrip_redeem(&terminal.scrip, first, first_len, &sale, &answer), SCRIP_OK);
    CHECK_EQ_INT(answer.seq, 2);
    CHECK_EQ_INT(agent()->ledger.head_seq, 2);
    test_terminal_settle(&terminal); /* the ack is durable */
    /* A restart finds the entry in the journal, and lets it go again. */
    CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
    CHECK_EQ_INT(agent()->ledger.spent_count, 1);
    CHECK_EQ_INT(agent()->ledger.listed_seq, 3);
    test_terminal_free(&terminal);
}

/* Once a checkpoint without the entry is durable, nobody but that list, or a newer one, knows of
 * the use: without it this terminal decides on no coupon. */
static void test_without_the_list_nothing_comes_back(void)
{
    open_shop(5);
    CHECK_STATUS(redeem(1, 1, 1), SCRIP_OK);
    acknowledge();
    revoke(1);
    take_list(1, 7, TEST_NOW_S + 3600);
    CHECK_EQ_INT(agent()->ledger.spent_count, 0);
    CHECK_STATUS(ledger_checkpoint(&agent()->ledger), SCRIP_OK);
    CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
    CHECK_EQ_INT(agent()->ledger.spent_count, 0);
    CHECK_EQ_INT(agent()->ledger.listed_seq, 7);
    CHECK_STATUS(redeem(1, 1, 2), SCRIP_REFUSED_REVOKED);
    CHECK_STATUS(redeem(1, 2, 3), SCRIP_OK);

    /* The newest slot decays: what is there now is older, or nothing. */
    agent()->list.seq = 6;
    CHECK_STATUS(redeem(1, 3, 4), SCRIP_REFUSED_STATUS);
    memset(&agent()->list, 0, sizeof agent()->list);
    CHECK_STATUS(redeem(1, 1, 5), SCRIP_REFUSED_STATUS);
    CHECK_STATUS(redeem(1, 3, 6), SCRIP_REFUSED_STATUS);
    /* Another list does not know of it either, but of its own coupons. */
    take_list(2, 8, TEST_NOW_S + 3600);
    CHECK_STATUS(redeem(1, 3, 7), SCRIP_REFUSED_STATUS);
    CHECK_STATUS(redeem(2, 4, 8), SCRIP_OK);
    take_list(1, 9, TEST_NOW_S + 3600);
    CHECK_STATUS(redeem(1, 1, 9), SCRIP_REFUSED_REVOKED);
    CHECK_STATUS(redeem(1, 3, 10), SCRIP_OK);
    test_terminal_free(&terminal);
}

int main(void)
{
    CHECK_RUN(test_a_list_says_which_coupons_stand);
    CHECK_RUN(test_a_list_grows_old);
    CHECK_RUN(test_no_coupons_offline_means_none);
    CHECK_RUN(test_who_signs_a_list);
    CHECK_RUN(test_the_spent_set_leaves_coupons_to_the_list);
    CHECK_RUN(test_without_the_list_nothing_comes_back);
    return check_done();
}
