#include "images/selftest/selftest.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct contract {
    const char *name;
    enum selftest_verdict (*check)(struct selftest *test);
};

/* What a cut has left is looked at before anything is written. */
static const struct contract contracts[] = {
    {"log.write", log_write},
    {"board.wait", time_wait},
    {"rtc.wall", time_wall},
    {"flash.tear", tear_flash},
    {"keystore.tear", tear_keystore},
    {"keystore.absent", keys_absent},
    {"keystore.write", keys_write},
    {"keystore.replace", keys_replace},
    {"keystore.read", keys_read},
    {"keystore.counter", keys_counter},
    {"entropy.read", entropy_read},
    {"entropy.health", entropy_health},
    {"flash.erase", flash_erase},
    {"flash.erase_poll", flash_erase_poll},
    {"flash.program", flash_program},
    {"flash.read", flash_read},
    {"flash.granularity", flash_granularity},
    {"flash.pages", flash_pages},
    {"flash.overwrite", flash_overwrite},
    {"flash.bounds", flash_bounds},
    {"flash.whole", flash_whole},
    {"keystore.apart", keys_apart},
    {"net.connect", net_connect},
    {"net.echo", net_echo},
    {"net.idle", net_idle},
    {"rtc.rate", time_rate},
    {"net.end", net_end},
    {"net.reopen", net_reopen},
    {"display.show", display_show},
    {"display.banner", display_banner},
    {"display.qr", display_qr},
    {"printer.print", printer_print},
    {"scanner.idle", scanner_idle},
    {"buttons.idle", buttons_idle},
    {"till.idle", till_idle},
};

void selftest_say(const struct selftest *test, const char *text, ...)
{
    char line[200];
    va_list values;

    va_start(values, text);
    (void)vsnprintf(line, sizeof line, text, values);
    va_end(values);
    test->hal->log->write(test->hal->log->context, HAL_LOG_INFO, line);
}

enum selftest_verdict selftest_broken(struct selftest *test, const char *why, ...)
{
    va_list values;

    va_start(values, why);
    (void)vsnprintf(test->why, sizeof test->why, why, values);
    va_end(values);
    return SELFTEST_BROKEN;
}

enum selftest_verdict selftest_absent(struct selftest *test, const char *why, ...)
{
    va_list values;

    va_start(values, why);
    (void)vsnprintf(test->why, sizeof test->why, why, values);
    va_end(values);
    return SELFTEST_ABSENT;
}

uint64_t selftest_ms(const struct selftest *test)
{
    return test->hal->rtc->uptime_ms(test->hal->rtc->context);
}

uint8_t selftest_byte(uint32_t generation, uint32_t place)
{
    uint32_t mixed = (place ^ generation * 0x85EBCA6Bu) * 0x9E3779B1u;

    mixed ^= mixed >> 15;
    mixed *= 0xC2B2AE35u;
    return (uint8_t)(mixed >> 24);
}

void selftest_fill(uint8_t *data, size_t len, uint32_t generation, uint32_t place)
{
    for (size_t i = 0; i < len; i++)
        data[i] = selftest_byte(generation, place + (uint32_t)i);
}

static void run_one(struct selftest *test, const struct contract *contract)
{
    enum selftest_verdict verdict = contract->check(test);

    if (verdict == SELFTEST_ABSENT) {
        selftest_say(test, "selftest: %s absent: %s", contract->name, test->why);
        return;
    }
    test->contracts++;
    if (verdict == SELFTEST_KEPT) {
        selftest_say(test, "selftest: %s ok", contract->name);
        return;
    }
    test->failed++;
    selftest_say(test, "selftest: %s FAILED: %s", contract->name, test->why);
}

static bool is_wired(const struct hal_flash *flash)
{
    return flash != NULL && flash->read != NULL && flash->program != NULL &&
           (!flash->needs_erase || (flash->erase_start != NULL && flash->erase_poll != NULL));
}

/* What every contract below stands on; without it nothing can be called. */
static const char *missing_wire(const struct hal *hal)
{
    if (!is_wired(hal->journal))
        return "the journal's flash, or a function of it";
    if (!is_wired(hal->blobs))
        return "the blobs' flash, or a function of it";
    if (hal->keystore == NULL || hal->keystore->read == NULL || hal->keystore->write == NULL)
        return "the keystore";
    if ((hal->keystore->counter_read == NULL) != (hal->keystore->counter_advance == NULL))
        return "half of the counter";
    if (hal->entropy == NULL || hal->entropy->read == NULL)
        return "the entropy";
    if (hal->rtc == NULL || hal->rtc->uptime_ms == NULL || hal->rtc->read == NULL ||
        hal->rtc->set == NULL)
        return "the clock";
    return NULL;
}

static enum selftest_verdict hal_wiring(struct selftest *test)
{
    const char *missing = missing_wire(test->hal);

    return missing == NULL ? SELFTEST_KEPT
                           : selftest_broken(test, "%s: NULL in struct hal", missing);
}

/* "host:port"; anything else is nobody. */
static bool parse_peer(struct selftest *test, const char *peer)
{
    const char *colon = peer != NULL ? strrchr(peer, ':') : NULL;
    size_t len = colon != NULL ? (size_t)(colon - peer) : 0;
    uint32_t port = 0;

    if (len == 0 || len >= 64)
        return false;
    for (const char *at = colon + 1; *at >= '0' && *at <= '9' && port <= UINT16_MAX; at++)
        port = port * 10 + (uint32_t)(*at - '0');
    if (port == 0 || port > UINT16_MAX)
        return false;
    memcpy(test->peer_host, peer, len);
    test->peer_host[len] = '\0';
    test->peer_port = (uint16_t)port;
    return true;
}

enum scrip_status selftest_run(struct selftest *test, const struct hal *hal,
                               int (*wait)(uint32_t timeout_ms), const char *peer)
{
    /* Whoever fails one of these cannot be asked for anything else. */
    static const struct contract first[] = {{"hal.wiring", hal_wiring},
                                            {"rtc.monotonic", time_monotonic},
                                            {"flash.geometry", flash_geometry}};

    memset(test, 0, sizeof *test);
    test->hal = hal;
    test->wait = wait;
    if (peer != NULL && peer[0] != '\0' && !parse_peer(test, peer))
        selftest_say(test, "selftest: the peer '%s' is not HOST:PORT, and nobody is asked", peer);
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        run_one(test, &first[i]);
        if (test->failed != 0)
            return SCRIP_OK;
    }
    TRY(keys_guard(test));
    for (size_t i = 0; i < sizeof contracts / sizeof *contracts; i++) {
        run_one(test, &contracts[i]);
        if (test->wait(0) == 0)
            return SCRIP_REFUSED_ABORTED;
    }
    return SCRIP_OK;
}

void selftest_close(const struct selftest *test, const char *board)
{
    selftest_say(test, "selftest: %s contracts=%u failed=%u", board, test->contracts, test->failed);
}
