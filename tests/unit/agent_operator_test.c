/* What only some operators may do: from the day on which the back office says who they are. */
#include "agent/agent.h"
#include "tests/check.h"
#include "tests/support/terminal.h"

static struct test_terminal terminal;
static struct scrip_answer answer;
static const uint8_t salt[OPERATORS_SALT_BYTES] = {7};

static struct agent *agent(void)
{
    return agent_of(&terminal.scrip);
}

/* 7 may reverse, 8 may do both by a badge, 9 may sell offline. */
static void take_operators(uint32_t seq, uint32_t exp_s, struct crypto_key root)
{
    static uint8_t memory[512];
    uint8_t body_memory[256];
    struct buffer body = buffer_of(body_memory, sizeof body_memory);
    struct buffer out = buffer_of(memory, sizeof memory);
    struct operators_entry entries[] = {
        {.number = 7, .roles = OPERATORS_REVERSE},
        {.number = 8, .roles = OPERATORS_REVERSE | OPERATORS_OFFLINE, .has_tag = true},
        {.number = 9, .roles = OPERATORS_OFFLINE}};
    struct object object = {
        .kind = OBJECT_OPERATORS, .iat_s = TEST_NOW_S, .exp_s = exp_s, .seq = seq};
    uint32_t version;

    CHECK_STATUS(operators_tag(salt, bytes_text("K3XBADGE"), entries[1].tag), SCRIP_OK);
    operators_write(salt, entries, sizeof entries / sizeof *entries, &body);
    object.body = span_of(buffer_bytes(&body));
    CHECK_STATUS(object_sign(root, &object, &out), SCRIP_OK);
    CHECK_STATUS(blob_begin(&agent()->blobs, BLOB_OPERATORS, (uint32_t)out.len), SCRIP_OK);
    CHECK_STATUS(blob_write(&agent()->blobs, buffer_bytes(&out)), SCRIP_OK);
    CHECK_STATUS(blob_commit(&agent()->blobs, &version), SCRIP_OK);
    agent()->sync.state.objects_changed = true;
    belief_follow(agent());
}

static enum scrip_status redeem(unsigned number, enum scrip_mode mode, uint16_t operator_number,
                                const char *badge)
{
    uint8_t text[LIMIT_CODE_CHARS];
    struct scrip_sale sale = test_sale(number);
    struct bytes code = test_terminal_code(&terminal, (uint8_t)number, text);

    sale.mode = mode;
    sale.operator_number = operator_number;
    sale.badge = badge;
    return scrip_redeem(&terminal.scrip, (const char *)code.data, code.len, &sale, &answer);
}

static enum scrip_status reverse(uint32_t seq, uint16_t operator_number, const char *badge)
{
    char reference[SCRIP_REFERENCE_CHARS];
    struct scrip_ref ref = {.reference = reference};
    struct scrip_sale sale = test_sale(50 + operator_number);

    (void)snprintf(reference, sizeof reference, TEST_TERMINAL "-1-%u", (unsigned)seq);
    sale.operator_number = operator_number;
    sale.badge = badge;
    return scrip_reverse(&terminal.scrip, &ref, &sale, &answer);
}

static uint16_t recorded(uint32_t seq)
{
    struct record record;
    CHECK_STATUS(ledger_record(&agent()->ledger, seq, &record), SCRIP_OK);
    return record.stamp.operator_number;
}

static void test_without_a_list_everybody_may(void)
{
    test_terminal_open(&terminal);
    CHECK_STATUS(redeem(1, SCRIP_MODE_OFFLINE, 3, NULL), SCRIP_OK);
    CHECK_STATUS(reverse(1, 3, "ANYTHING"), SCRIP_OK);
    CHECK_EQ_INT(recorded(2), 3);
    test_terminal_free(&terminal);
}

static void test_a_reversal_is_for_some(void)
{
    test_terminal_open(&terminal);
    CHECK_STATUS(redeem(1, SCRIP_MODE_ANY, 3, NULL), SCRIP_OK);
    CHECK_STATUS(redeem(2, SCRIP_MODE_ANY, 3, NULL), SCRIP_OK);
    take_operators(4, TEST_NOW_S + 3600, terminal.root);
    CHECK_EQ_INT(agent()->operators.seq, 4);
    CHECK_EQ_INT(agent()->parts.have[OBJECT_OPERATORS], 4);

    CHECK_STATUS(reverse(1, 3, NULL), SCRIP_REFUSED_OPERATOR);
    CHECK_EQ_STRING(answer.line1, "Not allowed");
    CHECK_EQ_STRING(answer.line2, "Call supervisor");
    CHECK_EQ_STRING(answer.detail, "OperatorID is nobody on the list of operators");
    CHECK_STATUS(reverse(1, 9, NULL), SCRIP_REFUSED_OPERATOR);
    CHECK_EQ_STRING(answer.detail, "This operator may not reverse");
    CHECK_STATUS(reverse(1, 8, NULL), SCRIP_REFUSED_OPERATOR);
    CHECK_EQ_STRING(answer.detail, "OperatorID must be this operator's badge");
    CHECK_STATUS(reverse(1, 8, "K3XBADGF"), SCRIP_REFUSED_OPERATOR);
    CHECK_STATUS(reverse(1, 7, "0123456789012345678901234567890123456789X"),
                 SCRIP_REFUSED_OPERATOR);
    CHECK_EQ_INT(agent()->ledger.head_seq, 2); /* nothing was recorded */
    CHECK_EQ_INT(agent()->ledger.unsettled_count, 2);

    CHECK_STATUS(reverse(1, 7, NULL), SCRIP_OK);
    CHECK_EQ_INT(recorded(3), 7);
    /* The badge says who it is, whatever number the till has made of it. */
    CHECK_STATUS(reverse(2, 0x9123, "K3XBADGE"), SCRIP_OK);
    CHECK_EQ_INT(recorded(4), 8);
    /* A sale is for everybody, and after a restart the list still holds. */
    CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
    CHECK_STATUS(redeem(3, SCRIP_MODE_ANY, 3, NULL), SCRIP_OK);
    CHECK_STATUS(reverse(5, 3, NULL), SCRIP_REFUSED_OPERATOR);
    test_terminal_free(&terminal);
}

/* There is no PIN that a few tries could find. So nothing is counted, nothing is worn, and nobody
 * can lock a shop out of its own terminal by typing. */
static void test_guessing_is_only_refused(void)
{
    char guess[] = "K3XB0000";

    test_terminal_open(&terminal);
    CHECK_STATUS(redeem(1, SCRIP_MODE_ANY, 3, NULL), SCRIP_OK);
    take_operators(1, TEST_NOW_S + 3600, terminal.root);
    uint64_t before = terminal.journal.operations + terminal.blobs.operations;
    for (unsigned i = 0; i < 2000; i++) {
        (void)snprintf(guess + 4, 5, "%04u", i);
        CHECK_STATUS(reverse(1, 8, guess), SCRIP_REFUSED_OPERATOR);
    }
    CHECK_EQ_INT(terminal.journal.operations + terminal.blobs.operations, before);
    CHECK_STATUS(reverse(1, 8, "K3XBADGE"), SCRIP_OK);
    test_terminal_free(&terminal);
}

static void test_leaving_out_the_host_is_for_some(void)
{
    test_terminal_open(&terminal);
    take_operators(1, TEST_NOW_S + 3600, terminal.other_root);
    CHECK_STATUS(redeem(1, SCRIP_MODE_OFFLINE, 7, NULL), SCRIP_REFUSED_OPERATOR);
    CHECK_EQ_STRING(answer.detail, "This operator may not go offline");
    CHECK_STATUS(redeem(1, SCRIP_MODE_OFFLINE, 9, NULL), SCRIP_OK);
    CHECK_STATUS(redeem(2, SCRIP_MODE_OFFLINE, 7, "K3XBADGE"), SCRIP_OK);
    CHECK_EQ_INT(recorded(2), 8);
    CHECK_STATUS(redeem(3, SCRIP_MODE_ONLINE_ONLY, 7, NULL), SCRIP_REFUSED_ONLINE_ONLY);
    test_terminal_free(&terminal);
}

/* A list that is old, or signed by nobody whom we know, opens nothing. */
static void test_a_list_that_does_not_count(void)
{
    test_terminal_open(&terminal);
    CHECK_STATUS(redeem(1, SCRIP_MODE_ANY, 3, NULL), SCRIP_OK);
    take_operators(1, TEST_NOW_S + 5, terminal.root);
    sim_rtc_advance(&terminal.rtc, 6000);
    CHECK_STATUS(reverse(1, 7, NULL), SCRIP_REFUSED_OPERATOR);
    CHECK_EQ_STRING(answer.detail, "The list of operators is past its date: it needs a sync");
    take_operators(2, TEST_NOW_S + 3600, terminal.issuer.key);
    CHECK_EQ_INT(agent()->operators.seq, 0);
    CHECK_STATUS(reverse(1, 7, NULL), SCRIP_REFUSED_OPERATOR);
    CHECK_EQ_STRING(answer.detail, "The list of operators here is not believed: it needs a sync");
    take_operators(3, TEST_NOW_S + 3600, terminal.root);
    CHECK_STATUS(reverse(1, 7, NULL), SCRIP_OK);
    test_terminal_free(&terminal);
}

static void test_what_sync_may_bring(void)
{
    static uint8_t memory[256];
    static const uint8_t bad[] = {0xA0};
    struct object object = {.kind = OBJECT_OPERATORS,
                            .iat_s = TEST_NOW_S,
                            .exp_s = TEST_NOW_S + 1,
                            .seq = 1,
                            .body = span_of(bytes_of(bad, sizeof bad))};
    struct object read;
    struct buffer out = buffer_of(memory, sizeof memory);

    test_terminal_open(&terminal);
    CHECK_STATUS(object_sign(terminal.root, &object, &out), SCRIP_OK);
    CHECK_STATUS(belief_verify(agent(), OBJECT_OPERATORS, span_of(buffer_bytes(&out)), &read),
                 SCRIP_REFUSED_CLAIMS);
    test_terminal_free(&terminal);
}

int main(void)
{
    CHECK_RUN(test_without_a_list_everybody_may);
    CHECK_RUN(test_a_reversal_is_for_some);
    CHECK_RUN(test_guessing_is_only_refused);
    CHECK_RUN(test_leaving_out_the_host_is_for_some);
    CHECK_RUN(test_a_list_that_does_not_count);
    CHECK_RUN(test_what_sync_may_bring);
    return check_done();
}
