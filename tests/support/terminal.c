#include "tests/support/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bundle.h"
#include "redeem/bind.h"
#include "tests/check.h"

static const struct sim_geometry journal_geometry = {24 * 4096, 4096, 256, 1, 1, true};
static const struct sim_geometry blob_geometry = {163840, 4096, 256, 1, 1, true};

static enum scrip_status show(void *context, const char *line1, const char *line2,
                              enum hal_tone tone)
{
    struct test_display *display = context;
    snprintf(display->line1, sizeof display->line1, "%s", line1);
    snprintf(display->line2, sizeof display->line2, "%s", line2);
    display->tone = tone;
    return SCRIP_OK;
}

static enum scrip_status banner(void *context, const char *text)
{
    struct test_display *display = context;
    snprintf(display->banner, sizeof display->banner, "%s", text);
    return SCRIP_OK;
}

static enum scrip_status scan(void *context, void *data, size_t cap, size_t *len)
{
    struct test_scanner *scanner = context;
    if (scanner->code == NULL)
        return SCRIP_AGAIN;
    *len = scanner->len;
    if (*len <= cap)
        memcpy(data, scanner->code, *len);
    scanner->code = NULL;
    return *len <= cap ? SCRIP_OK : SCRIP_REFUSED_TOO_LONG;
}

/* Where a test wants to see the log, the environment says so. */
static void log_line(void *context, enum hal_log_level level, const char *text)
{
    (void)context;
    if (getenv("SCRIP_TEST_LOG") != NULL)
        printf("    log %d: %s\n", (int)level, text);
}

static void root_kid(struct crypto_key root, uint8_t kid[COSE_KID_BYTES])
{
    uint8_t point[CRYPTO_POINT_BYTES];
    CHECK_STATUS(crypto_signing_public(root, point), SCRIP_OK);
    CHECK_STATUS(cose_kid(point, kid), SCRIP_OK);
}

void test_terminal_make(struct test_terminal *terminal)
{
    uint8_t scalar[CRYPTO_SCALAR_BYTES];

    memset(terminal, 0, sizeof *terminal);
    test_issuer_open(&terminal->issuer);
    CHECK_STATUS(crypto_signing_generate(&terminal->root, scalar), SCRIP_OK);
    CHECK_STATUS(crypto_signing_generate(&terminal->other_root, scalar), SCRIP_OK);
    root_kid(terminal->root, terminal->issuer.keys.root[0]);
    root_kid(terminal->other_root, terminal->issuer.keys.root[1]);
    terminal->issuer.keys.root_count = 2;
    terminal->policy = (struct policy){
        .seq = 1,
        .max_value_per_token_minor = 5000,
        .max_offline_count = 500,
        .max_offline_value_minor = 100000,
        .max_offline_s = 3 * 86400,
        .per_member_per_day_minor = 100000,
        .store_terminals = 2,
        .online_timeout_ms = 800,
        .currency = TEST_CURRENCY,
        .currency_exponent = 2,
        .max_awards = 3,
        .award_window_s = 3600,
    };
    sim_flash_open(&terminal->journal, &journal_geometry, 1);
    sim_flash_open(&terminal->blobs, &blob_geometry, 2);
    sim_keystore_open(&terminal->keystore, false);
    sim_entropy_open(&terminal->entropy, 3);
    sim_rtc_open(&terminal->rtc, HAL_RTC_SETTABLE, TEST_NOW_S);
    terminal->display.hal = (struct hal_display){
        .context = &terminal->display, .show = show, .banner = banner};
    terminal->scanner.hal = (struct hal_scanner){.context = &terminal->scanner, .read = scan};
    terminal->log.write = log_line;
    terminal->hal = (struct hal){
        .journal = &terminal->journal.hal,
        .blobs = &terminal->blobs.hal,
        .keystore = &terminal->keystore.hal,
        .entropy = &terminal->entropy.hal,
        .rtc = &terminal->rtc.hal,
        .log = &terminal->log,
        .scanner = &terminal->scanner.hal,
        .display = &terminal->display.hal,
    };
}

void test_terminal_free(struct test_terminal *terminal)
{
    if (terminal->opened)
        scrip_close(&terminal->scrip);
    sim_flash_close(&terminal->journal);
    sim_flash_close(&terminal->blobs);
    crypto_key_close(&terminal->issuer.key);
    crypto_key_close(&terminal->root);
    crypto_key_close(&terminal->other_root);
}

struct keyset_key *test_terminal_vault(struct test_terminal *terminal, struct crypto_key *vault)
{
    struct keyset_key *entry = &terminal->issuer.keys.key[terminal->issuer.keys.count++];
    CHECK_STATUS(crypto_agreement_generate(vault), SCRIP_OK);
    *entry = test_key_entry(*vault);
    entry->uses = KEYSET_VAULT;
    return entry;
}

enum scrip_status test_award_open(struct crypto_key vault, const struct record *record,
                                  struct member_id *id)
{
    struct identity identity;
    struct sale sale = {.award = true};
    struct member_context context = {.terminal = &identity};

    if (record->type != RECORD_AWARD || record->token.len != 0)
        return SCRIP_REFUSED_SHAPE;
    CHECK_STATUS(identity_parse(bytes_text(TEST_TERMINAL), &identity), SCRIP_OK);
    memcpy(sale.transaction_id, record->transaction_id.data, record->transaction_id.len);
    memcpy(sale.lines, record->lines.data, sizeof sale.lines);
    sale.total_minor = record->total_minor;
    sale.currency = record->currency;
    context.epoch = record->epoch;
    context.t_s = record->stamp.t_s;
    CHECK_STATUS(bind_txh(&identity, context.epoch, NULL, &sale, context.txh), SCRIP_OK);
    return member_open(vault, &context, record->member, id);
}

enum scrip_status test_terminal_boot(struct test_terminal *terminal)
{
    const struct scrip_config config = {
        .arena = terminal->arena,
        .arena_len = sizeof terminal->arena,
        .build_s = TEST_NOW_S - 30 * 86400,
    };
    if (terminal->opened)
        scrip_close(&terminal->scrip);
    terminal->opened = true;
    if (terminal->hal.journal == &terminal->journal.hal)
        sim_flash_power_on(&terminal->journal);
    sim_flash_power_on(&terminal->blobs);
    return scrip_open(&terminal->scrip, &terminal->hal, &config);
}

struct bytes test_terminal_object(struct test_terminal *terminal, enum object_kind kind,
                                  struct crypto_key root, uint8_t *data, size_t cap)
{
    uint8_t memory[LIMIT_OBJECT_BYTES];
    struct buffer body = buffer_of(memory, sizeof memory);
    struct buffer out = buffer_of(data, cap);
    const struct keyset *keys = &terminal->issuer.keys;
    struct object object = {.kind = kind,
                            .iat_s = TEST_NOW_S - 86400,
                            .exp_s = TEST_NOW_S + 86400,
                            .seq = terminal->policy.seq};
    if (kind == OBJECT_KEYS) {
        object.iat_s = keys->iat_s;
        object.exp_s = keys->exp_s;
        object.seq = keys->seq;
        keyset_write(keys, &body);
    } else {
        policy_write(&terminal->policy, &body);
    }
    object.body = span_of(buffer_bytes(&body));
    CHECK_STATUS(object_sign(root, &object, &out), SCRIP_OK);
    return buffer_bytes(&out);
}

static struct bytes issue(struct test_terminal *terminal, const struct cert_order *order,
                          const uint8_t *root_point, uint8_t *data)
{
    struct buffer der = buffer_of(data, LIMIT_CERT_BYTES);
    CHECK_STATUS(cert_issue(terminal->root, root_point, order, &der), SCRIP_OK);
    return buffer_bytes(&der);
}

enum scrip_status test_terminal_enroll(struct test_terminal *terminal, uint32_t epoch)
{
    static uint8_t request[CERT_REQUEST_BYTES], leaf[LIMIT_CERT_BYTES], root[LIMIT_CERT_BYTES];
    static uint8_t keys[LIMIT_OBJECT_BYTES], policy[LIMIT_OBJECT_BYTES];
    static uint8_t wire[LIMIT_BUNDLE_BYTES];
    struct bundle bundle = {.epoch = epoch, .host = "127.0.0.1", .port = 1};
    struct buffer out = buffer_of(wire, sizeof wire);
    struct cert_order order = {.use = CERT_CA,
                               .subject = "Test Root",
                               .issuer = "Test Root",
                               .not_before_s = TEST_NOW_S - 86400,
                               .not_after_s = TEST_NOW_S + 365 * 86400};
    uint8_t point[CRYPTO_POINT_BYTES];
    size_t len = 0;
    enum scrip_status status = test_terminal_boot(terminal);

    if (scrip_is_fault(status) && status != SCRIP_FAULT_FOREIGN)
        return status;
    status = scrip_enroll_request(&terminal->scrip, TEST_TERMINAL, request, sizeof request, &len);
    if (status != SCRIP_OK)
        return status;
    CHECK_STATUS(crypto_signing_public(terminal->root, bundle.object_roots.point[0]), SCRIP_OK);
    CHECK_STATUS(crypto_signing_public(terminal->other_root, bundle.object_roots.point[1]),
                 SCRIP_OK);
    bundle.object_roots.count = 2;
    memcpy(bundle.host_point, bundle.object_roots.point[0], CRYPTO_POINT_BYTES);
    order.point = bundle.host_point;
    bundle.roots[0] = issue(terminal, &order, bundle.host_point, root);
    bundle.root_count = 1;
    CHECK_STATUS(cert_request_read(bytes_of(request, len), &bundle.identity, point), SCRIP_OK);
    order.use = CERT_TERMINAL;
    order.subject = TEST_TERMINAL;
    order.uri = IDENTITY_URN TEST_TERMINAL;
    order.point = point;
    bundle.chain[0] = issue(terminal, &order, bundle.host_point, leaf);
    bundle.chain_count = 1;
    memset(bundle.first_prev, 0x11, sizeof bundle.first_prev);
    bundle.keyset = test_terminal_object(terminal, OBJECT_KEYS, terminal->root, keys, sizeof keys);
    bundle.policy = test_terminal_object(terminal, OBJECT_POLICY, terminal->root, policy,
                                         sizeof policy);
    bundle_write(&bundle, &out);
    CHECK(!out.overflow);
    return scrip_enroll_install(&terminal->scrip, wire, out.len);
}

void test_terminal_open(struct test_terminal *terminal)
{
    test_terminal_make(terminal);
    CHECK_STATUS(test_terminal_enroll(terminal, 1), SCRIP_OK);
}

struct bytes test_terminal_code(struct test_terminal *terminal, uint8_t number,
                                uint8_t out[LIMIT_CODE_CHARS])
{
    struct token_claims claims = test_claims(number);
    return test_code(&terminal->issuer, &claims, 'B', out);
}

struct scrip_sale test_sale(unsigned number)
{
    static char service[8][LIMIT_SERVICE_ID + 1], transaction[8][16];
    unsigned slot = number % 8;
    snprintf(service[slot], sizeof service[slot], "S%u", number % 100000000);
    snprintf(transaction[slot], sizeof transaction[slot], "T%u", number);
    return (struct scrip_sale){
        .sale_id = "TILL1",
        .service_id = service[slot],
        .transaction_id = transaction[slot],
        .total_minor = 2000,
        .currency = TEST_CURRENCY,
        .operator_number = 7,
        .shift = 1,
    };
}

void test_terminal_settle(struct test_terminal *terminal)
{
    uint32_t sleep_ms = 0;
    for (int i = 0; i < 1000 && sleep_ms == 0; i++)
        CHECK_STATUS(scrip_poll(&terminal->scrip, &sleep_ms), SCRIP_OK);
}
