/*
 * Sales noted for members, under power cuts at the public API: an award that the till heard of is
 * there after the restart, with the same answer and for the same person; one that it did not hear
 * of may be there or not, and asked for again it is there once. What the host has got stays as it
 * was. Whoever reads the flash, and even the records, finds nobody's identifier.
 */
#include <stdlib.h>

#include "agent/agent.h"
#include "redeem/ledger_private.h"
#include "tests/power/harness.h"
#include "tests/support/terminal.h"

/* Every PEOPLE + 1st award is by a code. */
enum { NOTED = 16, RECORDS = 40, PEOPLE = 4 };

static const struct {
    enum scrip_member_kind kind;
    const char *typed, *normal;
} people[PEOPLE] = {
    {SCRIP_MEMBER_PHONE, "+49 30 123-45678", "+493012345678"},
    {SCRIP_MEMBER_NUMBER, "ab-12 cd-34", "AB12CD34"},
    {SCRIP_MEMBER_EMAIL, "Ada.Example@Mail.Example", "ada.example@mail.example"},
    {SCRIP_MEMBER_GTIN, "4006381333931", "4006381333931"},
};

struct noted {
    bool told;    /* the till heard OK */
    bool settled; /* after a restart it is known whether it stands */
    bool stands;
    bool undo, undone; /* a reversal was asked for; the till heard OK */
    uint32_t seq;
};

static struct test_terminal terminal;
static struct sim_flash flash;
static struct crypto_key vault;
/* A till repeats the very code that was scanned. */
static uint8_t code_memory[NOTED][LIMIT_CODE_CHARS];
static struct bytes codes[NOTED];

static struct model {
    bool open;
    uint32_t count;
    struct noted noted[NOTED];
    /* The host: what it has got, by its links, and never takes otherwise. */
    uint32_t host_seq;
    uint8_t link[RECORDS][RECORD_LINK_BYTES]; /* [0]: what the first record goes on from */
} model;

static struct ledger *ledger(void)
{
    return &agent_of(&terminal.scrip)->ledger;
}

static bool is_by_code(unsigned number)
{
    return number % (PEOPLE + 1) == PEOPLE;
}

static bool contains(const uint8_t *data, size_t len, const char *text)
{
    size_t text_len = strlen(text);
    for (size_t i = 0; i + text_len <= len; i++)
        if (data[i] == (uint8_t)text[0] && memcmp(data + i, text, text_len) == 0)
            return true;
    return false;
}

static bool names_somebody(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < PEOPLE; i++)
        if (contains(data, len, people[i].typed) || contains(data, len, people[i].normal))
            return true;
    return false;
}

static void watch(uint32_t offset, const uint8_t *data, size_t len)
{
    power_watch_keys(offset, data, len);
    if (names_somebody(data, len))
        power_fail(POWER_CORRUPT, "a name in clear is programmed at %u", offset);
}

static void watch_blobs(uint32_t offset, const uint8_t *data, size_t len)
{
    if (names_somebody(data, len))
        power_fail(POWER_CORRUPT, "a name in clear is programmed at %u among the blobs", offset);
}

/* A second goes by with every look at the clock: a small processor takes as long to seal. */
static uint64_t tick(void *context)
{
    (void)context;
    sim_rtc_advance(&terminal.rtc, 1000);
    return terminal.rtc.uptime_ms;
}

static void close_all(void *context)
{
    (void)context;
    if (terminal.opened)
        scrip_close(&terminal.scrip);
    terminal.opened = false;
    model.open = false;
}

static bool open_all(void)
{
    enum scrip_status status;

    if (flash.off)
        return false;
    terminal.rtc.uptime_ms = 0;
    status = test_terminal_boot(&terminal);
    model.open = status == SCRIP_OK;
    if (!model.open && !flash.off)
        power_fail(POWER_UNMOUNTABLE, "open: %s", scrip_status_name(status));
    return model.open;
}

/* The power has gone, or this is wrong. */
static bool gone(enum power_wrong wrong, const char *what, unsigned number,
                 enum scrip_status status)
{
    if (!flash.off)
        power_fail(wrong, "%s %u: %s", what, number, scrip_status_name(status));
    return false;
}

static enum scrip_status ask(unsigned number, struct scrip_answer *answer)
{
    struct scrip_sale sale = test_sale(number + 1);
    unsigned who = number % (PEOPLE + 1);

    if (is_by_code(number))
        return scrip_award(&terminal.scrip, SCRIP_MEMBER_CODE, (const char *)codes[number].data,
                           codes[number].len, &sale, answer);
    return scrip_award(&terminal.scrip, people[who].kind, people[who].typed,
                       strlen(people[who].typed), &sale, answer);
}

/* The till's request, for the first time or once more. False: power has gone. */
static bool note(unsigned number)
{
    struct noted *noted = &model.noted[number];
    struct scrip_answer answer;

    noted->settled = noted->stands; /* what was not there may be from now on */
    enum scrip_status status = ask(number, &answer);
    if (status != SCRIP_OK)
        return gone(POWER_LOST, "award", number, status);
    if (noted->stands && answer.seq != noted->seq)
        power_fail(POWER_TWICE, "award %u is record %u and %u", number, noted->seq, answer.seq);
    noted->told = noted->settled = noted->stands = true;
    noted->seq = answer.seq;
    return true;
}

static bool note_next(void)
{
    if (model.count == NOTED)
        abort();
    model.noted[model.count] = (struct noted){.told = false};
    return note(model.count++);
}

static bool undo(unsigned number)
{
    struct noted *noted = &model.noted[number];
    struct scrip_sale by = test_sale(1000 + number), original = test_sale(number + 1);
    struct scrip_ref ref = {.sale_id = original.sale_id, .service_id = original.service_id};
    struct scrip_answer answer;

    noted->undo = true;
    enum scrip_status status = scrip_reverse(&terminal.scrip, &ref, &by, &answer);
    noted->undone |= status == SCRIP_OK;
    return status == SCRIP_OK || gone(POWER_LOST, "reversal of award", number, status);
}

/* The host takes what is there, and says so. */
static bool deliver(void)
{
    uint32_t seq = ledger()->acked_seq;
    uint8_t link[RECORD_LINK_BYTES];
    struct bytes bytes;
    struct record record;
    enum scrip_status status;

    while ((status = ledger_outbox(ledger(), &seq, &bytes)) == SCRIP_OK) {
        if (seq == RECORDS)
            abort();
        if (record_read(bytes, &record) != SCRIP_OK || record_link(bytes, link) != SCRIP_OK ||
            record.seq != seq || memcmp(record.prev, model.link[seq - 1], sizeof link) != 0)
            power_fail(POWER_CORRUPT, "record %u does not go on from the last", seq);
        if (seq <= model.host_seq && memcmp(link, model.link[seq], sizeof link) != 0)
            power_fail(POWER_CORRUPT, "record %u is sent with other bytes", seq);
        memcpy(model.link[seq], link, sizeof link);
        if (seq > model.host_seq)
            model.host_seq = seq;
    }
    if (status == SCRIP_AGAIN)
        status = ledger_ack(ledger(), model.host_seq, model.link[model.host_seq]);
    return status == SCRIP_OK || gone(POWER_LOST, "delivery up to", model.host_seq, status);
}

/* What a till does not wait for; at its end a checkpoint, as 48 records would bring about. */
static bool rest(void)
{
    uint32_t sleep_ms = 0;

    for (int i = 0; i < 100 && sleep_ms == 0 && !flash.off; i++)
        if (scrip_poll(&terminal.scrip, &sleep_ms) != SCRIP_OK)
            return false;
    enum scrip_status status = flash.off ? SCRIP_FAULT_FLASH : ledger_checkpoint(ledger());
    return status == SCRIP_OK || gone(POWER_CORRUPT, "checkpoint", 0, status);
}

/* A redemption comes first: what an award must not touch. */
static void prepare(void *context)
{
    static uint32_t epoch;
    uint8_t text[LIMIT_CODE_CHARS];
    struct scrip_sale sale = test_sale(900);
    struct scrip_answer answer;

    (void)context;
    memset(&model, 0, sizeof model);
    flash.watch = watch;
    terminal.hal.journal = &flash.hal;
    if (test_terminal_enroll(&terminal, ++epoch) != SCRIP_OK)
        power_fail(POWER_UNMOUNTABLE, "enrolment");
    memcpy(model.link[0], agent_of(&terminal.scrip)->keys.first_prev, RECORD_LINK_BYTES);
    struct bytes code = test_terminal_code(&terminal, 200, text);
    enum scrip_status status = scrip_redeem(&terminal.scrip, (const char *)code.data, code.len,
                                            &sale, &answer);
    if (status != SCRIP_OK || !note_next() || !note_next() || !undo(0))
        (void)gone(POWER_LOST, "preparation", 0, status);
    close_all(NULL);
}

static void work(void *context)
{
    (void)context;
    if (open_all() && note_next() && note_next() && undo(2) && deliver() && rest() && note_next())
        (void)undo(1);
}

/* The vault's name for it, or the code's own. */
static bool is_for_whom(unsigned number, const struct record *record)
{
    const char *normal = is_by_code(number) ? "" : people[number % (PEOPLE + 1)].normal;
    struct cose message;
    struct token_claims claims;
    struct member_id id;

    if (is_by_code(number))
        return cose_parse(record->token, &message) == SCRIP_OK &&
               token_claims_read(message.payload, &claims) == SCRIP_OK &&
               claims.member[0] == number && record->member.len == 0;
    return test_award_open(vault, record, &id) == SCRIP_OK &&
           (int)id.kind == (int)people[number % (PEOPLE + 1)].kind &&
           bytes_equal(bytes_of(id.data, id.len), bytes_text(normal));
}

/* Opening a seal is slow: only where there is time for it. */
static void check_award(const struct record *record, uint32_t seqs[NOTED], bool thorough)
{
    for (unsigned i = 0; i < model.count; i++) {
        struct scrip_sale sale = test_sale(i + 1);
        if (!bytes_equal(record->service_id, bytes_text(sale.service_id)))
            continue;
        if (seqs[i] != 0)
            power_fail(POWER_TWICE, "award %u is record %u and %u", i, seqs[i], record->seq);
        seqs[i] = record->seq;
        if (thorough && !is_for_whom(i, record))
            power_fail(POWER_LOST, "award %u is for nobody, or for another", i);
        return;
    }
    power_fail(POWER_CORRUPT, "record %u is an award of nobody's", record->seq);
}

/* All records: which of them note what. False: power has gone. */
static bool read_records(uint32_t seqs[NOTED], bool thorough)
{
    struct journal_cursor at = {{0, 0}, 0};
    struct record record;
    uint32_t last = 0;
    uint8_t link[RECORD_LINK_BYTES];
    enum scrip_status status;

    while ((status = ledger_next(ledger(), &at, &record)) != SCRIP_AGAIN) {
        if (flash.off)
            return false;
        if (status == SCRIP_FAULT_CORRUPT)
            continue; /* torn: its number comes again */
        if (status != SCRIP_OK || record.seq != last + 1)
            power_fail(POWER_LOST, "record %u: %s", last + 1, scrip_status_name(status));
        last = record.seq;
        if (names_somebody(record.raw.data, record.raw.len))
            power_fail(POWER_CORRUPT, "record %u names somebody", last);
        if (last <= model.host_seq && (record_link(record.raw, link) != SCRIP_OK ||
                                       memcmp(link, model.link[last], sizeof link) != 0))
            power_fail(POWER_LOST, "record %u is not what the host has got", last);
        if (record.type == RECORD_AWARD)
            check_award(&record, seqs, thorough);
    }
    if (last < model.host_seq)
        power_fail(POWER_LOST, "the host has got %u records, and here are %u", model.host_seq,
                   last);
    return true;
}

/* What the till asks for every award after a restart, and what must come of it. */
static void check_noted(unsigned number, uint32_t seq)
{
    struct noted *noted = &model.noted[number];
    struct scrip_sale sale = test_sale(number + 1);
    struct scrip_ref ref = {.sale_id = sale.sale_id, .service_id = sale.service_id};
    struct scrip_answer answer;
    enum scrip_status status = scrip_result(&terminal.scrip, &ref, &answer);

    if (flash.off)
        return;
    bool stands = status == SCRIP_OK;
    if ((!stands && status != SCRIP_REFUSED_NOT_FOUND) || stands != (seq != 0)) {
        power_fail(POWER_CORRUPT, "award %u, record %u: %s", number, seq,
                   scrip_status_name(status));
        return;
    }
    if (noted->settled && noted->stands != stands) {
        power_fail(stands ? POWER_TWICE : POWER_LOST, "award %u", number);
        return;
    }
    noted->settled = true;
    noted->stands = stands;
    if (!stands)
        return;
    if (!answer.award || answer.sealed == is_by_code(number) || answer.amount_minor != 0 ||
        answer.seq != seq || (noted->seq != 0 && noted->seq != seq))
        power_fail(POWER_CORRUPT, "award %u has another answer", number);
    noted->seq = seq;
    if (noted->undone && !answer.reversed)
        power_fail(POWER_LOST, "reversal of award %u", number);
    if (answer.reversed && !noted->undo)
        power_fail(POWER_TWICE, "award %u reversed by nobody", number);
    noted->undone = answer.reversed;
}

static void check(void *context, bool thorough)
{
    uint32_t seqs[NOTED] = {0};
    struct scrip_status_page page;

    (void)context;
    if (!open_all() || !read_records(seqs, thorough))
        return;
    for (unsigned i = 0; i < model.count && !flash.off; i++)
        check_noted(i, seqs[i]);
    if (flash.off)
        return;
    scrip_read_state(&terminal.scrip, &page);
    /* Awards and their reversals are in no sum: the redemption, record 1, alone is. */
    uint32_t unsettled = ledger()->acked_seq == 0;
    if (page.unsettled_count != unsettled || page.unsettled_minor != 500 * unsettled)
        power_fail(POWER_CORRUPT, "%u redemptions of %llu stand", page.unsettled_count,
                   (unsigned long long)page.unsettled_minor);
}

/* The till repeats all that it asked for, whether it heard of it or not. */
static void use(void *context)
{
    (void)context;
    if (!model.open)
        return;
    for (unsigned i = 0; i < model.count; i++)
        if (!(model.noted[i].undo ? !model.noted[i].stands || undo(i) : note(i)))
            return;
    if (note_next())
        (void)deliver();
}

static void make_codes(void)
{
    for (unsigned i = 0; i < NOTED; i++) {
        struct token_claims claims = test_claims((uint8_t)i);
        claims.scope = TOKEN_EARN;
        claims.exp_s = claims.iat_s + TOKEN_IDENTIFY_MAX_S;
        claims.has_limit = false;
        claims.limit_minor = 0;
        claims.currency = 0;
        claims.has_member = true;
        memset(claims.member, (int)i, sizeof claims.member);
        codes[i] = test_code(&terminal.issuer, &claims, 'B', code_memory[i]);
    }
}

int main(void)
{
    static const struct {
        const char *name;
        struct sim_geometry geometry;
    } media[] = {{"award, NOR", {24 * 4096, 4096, 256, 1, 1, true}},
                 {"award, EEPROM", {24 * 4096, 4096, 128, 1, 128, false}},
                 {"award, file", {40 * 4096, 4096, 512, 512, 512, false}}};

    test_terminal_make(&terminal);
    (void)test_terminal_vault(&terminal, &vault);
    terminal.policy.max_awards = 1000; /* limits are other tests' subject */
    terminal.blobs.watch = watch_blobs;
    terminal.rtc.hal.uptime_ms = tick;
    make_codes();
    for (size_t m = 0; m < sizeof media / sizeof *media; m++) {
        struct power_workload workload = {.name = media[m].name,
                                          .geometry = media[m].geometry,
                                          .flash = &flash,
                                          .watch = watch,
                                          .context = &model,
                                          .context_bytes = sizeof model,
                                          .prepare = prepare,
                                          .work = work,
                                          .check = check,
                                          .use = use,
                                          .close = close_all};
        power_run(&workload);
    }
    close_all(NULL);
    crypto_key_close(&vault);
    test_terminal_free(&terminal);
    return power_done(__FILE__);
}
