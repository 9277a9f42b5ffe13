/* The ledger under power cuts: a ring that has turned, an empty one, a full one; NOR and a file. */
#include <stdlib.h>

#include "tests/power/till.h"

static void use(void *context)
{
    (void)context;
    if (till.open && till_idle())
        (void)till_steps(8);
}

static void start(void)
{
    memset(&till, 0, sizeof till);
    till.next_code = till.next_sale = 1;
    till.t_s = shop.stamp.t_s = SHOP_NOW_S;
    memcpy(till.host_head, shop.keys.first_prev, RECORD_LINK_BYTES);
    if (journal_format(&shop.flash.hal, &shop.keys) != SCRIP_OK)
        power_fail(POWER_UNMOUNTABLE, "format");
}

static void prepare_first(void *context)
{
    (void)context;
    start();
}

/* A ring that has turned, a checkpoint about to be due. */
static void prepare_turned(void *context)
{
    uint32_t sectors = shop.flash.hal.size / shop.flash.hal.sector_size;
    (void)context;
    start();
    if (!till_open())
        return;
    for (uint32_t i = 0; shop.journal.head.sector < 2 * sectors + 4 ||
                         shop.ledger.since_checkpoint < LEDGER_PERIOD * 3 / 4 - 12;
         i++) {
        if (!till_step(i) || !till_idle())
            break;
        till_forget();
    }
    till_close(NULL);
}

/* Nothing but reversals and what the host says goes in. */
static void prepare_full(void *context)
{
    (void)context;
    start();
    if (!till_open())
        return;
    till.filling = true;
    do {
        shop.stamp.t_s = till.t_s += 30;
        till.floor_s = till.t_s - 60;
        ledger_clock(&shop.ledger, till.floor_s, 30, 0);
    } while (till_idle() && till_redeem(till.next_code++, PERMIT_OFFLINE));
    if (till_redeem(till.next_code, PERMIT_OFFLINE))
        power_fail(POWER_CORRUPT, "full, and then not");
    till.filling = false;
    till_close(NULL);
}

static void work_steady(void *context)
{
    (void)context;
    if (till_open())
        (void)till_steps(33);
}

static void work_full(void *context)
{
    (void)context;
    if (till_open() && till_reverse(0) && till_reverse(3) && till_settle(40) && till_idle() &&
        till_idle())
        (void)till_steps(6);
}

static void use_full(void *context)
{
    (void)context;
    if (till.open && till_idle())
        (void)till_reverse(1);
}

int main(void)
{
    static const struct sim_geometry nor = {24 * 4096, 4096, 256, 1, 1, true};
    static const struct sim_geometry file = {40 * 4096, 4096, 512, 512, 512, false};
    static const struct {
        const char *name;
        const struct sim_geometry *geometry;
        void (*prepare)(void *context), (*work)(void *context), (*use)(void *context);
    } works[] = {{"nor, steady", &nor, prepare_turned, work_steady, use},
                 {"nor, first", &nor, prepare_first, work_steady, use},
                 {"nor, full", &nor, prepare_full, work_full, use_full},
                 {"file, steady", &file, prepare_turned, work_steady, use}};
    const char *only = getenv("ONLY");

    shop_equip(&shop);
    for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
        if (only && !strstr(works[i].name, only))
            continue;
        struct power_workload workload = {.name = works[i].name,
                                          .geometry = *works[i].geometry,
                                          .flash = &shop.flash,
                                          .watch = power_watch_keys,
                                          .context = &till,
                                          .context_bytes = sizeof till,
                                          .prepare = works[i].prepare,
                                          .work = works[i].work,
                                          .check = till_check,
                                          .use = works[i].use,
                                          .close = till_close};
        power_run(&workload);
    }
    keys_close(&shop.keys);
    return power_done(__FILE__);
}
