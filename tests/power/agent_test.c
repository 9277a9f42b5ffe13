/*
 * The promises at the public API, under power cuts: what a till was told is approved is there after
 * the restart with the same answer; what it was not told may be there or not, but is never worth
 * twice. The model is what a till would remember.
 */
#include "agent/agent.h"
#include "tests/power/harness.h"
#include "tests/support/terminal.h"

enum { SALES = 64, BEFORE = 3 };

struct sold {
    uint8_t code;
    bool told;    /* the till heard OK */
    bool settled; /* after a restart it is known whether it stands */
    bool stands;
    bool undo, undone; /* a reversal was asked for; the till heard OK */
    uint32_t seq;
};

static struct test_terminal terminal;
static struct sim_flash flash;

struct model {
    bool open;
    uint32_t count;
    struct sold sold[SALES];
};
static struct model model;

static void close_all(void *context)
{
    (void)context;
    if (terminal.opened)
        scrip_close(&terminal.scrip);
    terminal.opened = false;
    model.open = false;
}

/* Boots on the harness's journal; the blobs never lose power in the middle of a write here. */
static bool open_all(void)
{
    enum scrip_status status;

    if (flash.off)
        return false;
    status = test_terminal_boot(&terminal);
    model.open = status == SCRIP_OK;
    if (!model.open && !flash.off)
        power_fail(POWER_UNMOUNTABLE, "open: %s", scrip_status_name(status));
    return model.open;
}

static enum scrip_status offer(uint8_t code, unsigned sale_number, struct scrip_answer *answer)
{
    uint8_t text[LIMIT_CODE_CHARS];
    struct scrip_sale sale = test_sale(sale_number);
    struct bytes characters = test_terminal_code(&terminal, code, text);
    return scrip_redeem(&terminal.scrip, (const char *)characters.data, characters.len, &sale,
                        answer);
}

/* One sale as a till lives it. False: power has gone. */
static bool sell(void)
{
    struct sold *sold = &model.sold[model.count];
    struct scrip_answer answer;

    *sold = (struct sold){.code = (uint8_t)(model.count + 1)};
    model.count++;
    enum scrip_status status = offer(sold->code, model.count, &answer);
    if (status == SCRIP_OK) {
        sold->told = sold->settled = sold->stands = true;
        sold->seq = answer.seq;
        return true;
    }
    if (!flash.off)
        power_fail(POWER_LOST, "sale %u: %s", model.count, scrip_status_name(status));
    return false;
}

static bool undo(unsigned number)
{
    struct sold *sold = &model.sold[number];
    struct scrip_sale sale = test_sale(1000 + number);
    struct scrip_sale original = test_sale(number + 1);
    struct scrip_ref ref = {.sale_id = original.sale_id, .service_id = original.service_id};
    struct scrip_answer answer;

    sold->undo = true;
    enum scrip_status status = scrip_reverse(&terminal.scrip, &ref, &sale, &answer);
    if (status == SCRIP_OK) {
        sold->undone = true;
        return true;
    }
    if (!flash.off)
        power_fail(POWER_LOST, "reversal of sale %u: %s", number + 1, scrip_status_name(status));
    return false;
}

static bool settle(void)
{
    uint32_t sleep_ms = 0;
    for (int i = 0; i < 100 && sleep_ms == 0 && !flash.off; i++)
        if (scrip_poll(&terminal.scrip, &sleep_ms) != SCRIP_OK)
            return false;
    return !flash.off;
}

static void prepare(void *context)
{
    static uint32_t epoch;

    (void)context;
    memset(&model, 0, sizeof model);
    terminal.hal.journal = &flash.hal;
    if (test_terminal_enroll(&terminal, ++epoch) != SCRIP_OK)
        power_fail(POWER_UNMOUNTABLE, "enrolment");
    for (int i = 0; i < BEFORE; i++)
        (void)sell();
    close_all(NULL);
}

static void work(void *context)
{
    (void)context;
    if (open_all() && sell() && sell() && undo(1) && settle() && sell())
        (void)undo(4);
}

/* What the till asks for every sale after a restart, and what must come of it. */
static void check_sale(unsigned number)
{
    struct sold *sold = &model.sold[number];
    struct scrip_sale sale = test_sale(number + 1);
    struct scrip_ref ref = {.sale_id = sale.sale_id, .service_id = sale.service_id};
    struct scrip_answer answer;
    enum scrip_status status = scrip_result(&terminal.scrip, &ref, &answer);

    if (flash.off)
        return;
    if (status != SCRIP_OK && status != SCRIP_REFUSED_NOT_FOUND) {
        power_fail(POWER_CORRUPT, "sale %u: %s", number + 1, scrip_status_name(status));
        return;
    }
    bool stands = status == SCRIP_OK;
    if (sold->settled && sold->stands != stands) {
        power_fail(stands ? POWER_TWICE : POWER_LOST, "sale %u, code %u", number + 1, sold->code);
        return;
    }
    sold->settled = true;
    sold->stands = stands;
    if (!stands)
        return;
    if (answer.amount_minor != 500 || (sold->seq != 0 && answer.seq != sold->seq))
        power_fail(POWER_CORRUPT, "sale %u has another answer", number + 1);
    sold->seq = answer.seq;
    if (sold->undone && !answer.reversed)
        power_fail(POWER_LOST, "reversal of sale %u", number + 1);
    if (answer.reversed && !sold->undo)
        power_fail(POWER_CORRUPT, "sale %u reversed by nobody", number + 1);
    sold->undone = answer.reversed;
}

static void check(void *context, bool thorough)
{
    struct scrip_status_page page;
    uint64_t minor = 0;
    uint32_t standing = 0;

    (void)context;
    (void)thorough;
    if (!open_all())
        return;
    for (unsigned i = 0; i < model.count && !flash.off; i++)
        check_sale(i);
    if (flash.off)
        return;
    for (unsigned i = 0; i < model.count; i++) {
        bool counts = model.sold[i].stands && !model.sold[i].undone;
        standing += counts;
        minor += counts ? 500 : 0;
    }
    scrip_read_state(&terminal.scrip, &page);
    if (page.unsettled_count != standing || page.unsettled_minor != minor)
        power_fail(POWER_CORRUPT, "%u redemptions of %llu stand, not %u of %llu",
                   page.unsettled_count, (unsigned long long)page.unsettled_minor, standing,
                   (unsigned long long)minor);
}

/* Every code again, for another sale: what stands is worth nothing now. */
static void use(void *context)
{
    struct scrip_answer answer;

    (void)context;
    if (!model.open)
        return;
    for (unsigned i = 0; i < model.count && !flash.off; i++) {
        const struct sold *sold = &model.sold[i];
        if (!sold->stands || sold->undone || sold->undo)
            continue;
        enum scrip_status status = offer(sold->code, 500 + i, &answer);
        if (status != SCRIP_REFUSED_USED && !flash.off)
            power_fail(POWER_TWICE, "code %u: %s", sold->code, scrip_status_name(status));
    }
    if (!flash.off && sell())
        (void)settle();
}

int main(void)
{
    static const struct {
        const char *name;
        struct sim_geometry geometry;
    } media[] = {{"agent, NOR", {24 * 4096, 4096, 256, 1, 1, true}},
                 {"agent, EEPROM", {24 * 4096, 4096, 128, 1, 128, false}},
                 {"agent, file", {40 * 4096, 4096, 512, 512, 512, false}}};

    test_terminal_make(&terminal);
    for (size_t m = 0; m < sizeof media / sizeof *media; m++) {
        struct power_workload workload = {.name = media[m].name,
                                          .geometry = media[m].geometry,
                                          .flash = &flash,
                                          .watch = power_watch_keys,
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
    test_terminal_free(&terminal);
    return power_done(__FILE__);
}
