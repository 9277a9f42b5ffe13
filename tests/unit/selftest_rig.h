/*
 * selftest_rig: a board in memory that keeps every contract of hal/, until it is given a fault.
 * Time passes in waits, and a little whenever it is read.
 */
#ifndef TESTS_UNIT_SELFTEST_RIG_H
#define TESTS_UNIT_SELFTEST_RIG_H

#include "tests/unit/selftest_rig_storage.h"

/* Entropy, time, log ------------------------------------------------------------------------------
 */

static enum scrip_status noise(void *context, void *data, size_t len)
{
    uint8_t *out = data;

    (void)context;
    if (rig.fault.entropy_fails)
        return SCRIP_FAULT_ENTROPY;
    if (rig.fault.entropy_repeats)
        rig.seed = 7;
    for (size_t i = 0; i < len - rig.fault.entropy_short; i++) {
        out[i] = rig.fault.entropy_stuck ? 0x55 : rig_random();
        if (rig.fault.entropy_biased)
            out[i] |= (uint8_t)(rig_random() & (rig_random() >> 4));
    }
    if (rig.fault.entropy_long)
        out[len] = 0;
    return SCRIP_OK;
}

static uint64_t uptime(void *context)
{
    (void)context;
    if (++rig.reads % 64 == 0)
        rig.now_ms++;
    if (rig.fault.clock_stands)
        return 5;
    if (rig.fault.clock_back && rig.reads % 100 == 0)
        return rig.now_ms - 1;
    return rig.fault.clock_double ? rig.now_ms * 2 : rig.now_ms;
}

static enum scrip_status wall(void *context, uint32_t *unix_s)
{
    (void)context;
    if (rig.rtc.kind == HAL_RTC_NONE)
        return SCRIP_FAULT_DEVICE;
    *unix_s = rig.fault.wall_stands ? 1800000000 : (uint32_t)(1800000000 + rig.now_ms / 1000);
    return SCRIP_OK;
}

static enum scrip_status set_wall(void *context, uint32_t unix_s)
{
    (void)context;
    (void)unix_s;
    return rig.fault.sets_no_clock ? SCRIP_OK : SCRIP_FAULT_DEVICE;
}

static int rig_wait(uint32_t timeout_ms)
{
    if (rig.fault.wait_oversleeps && timeout_ms == 20)
        timeout_ms = 200;
    if (!rig.fault.wait_returns || timeout_ms != 20)
        rig.now_ms += timeout_ms;
    return 1;
}

static void listen(void *context, enum hal_log_level level, const char *text)
{
    const char *failed = strstr(text, " FAILED: ");
    const char *name = strchr(text, ' ');

    (void)context;
    (void)level;
    rig.now_ms += rig.fault.log_blocks ? 50 : 0;
    if (strstr(text, "cut the power now") != NULL) {
        rig.writing = true;
        memcpy(rig.before, rig.journal.byte, NOR_BYTES);
    }
    if (strstr(text, "flash.tear ok") != NULL || strstr(text, "flash.tear FAILED") != NULL)
        rig.tears_seen = true;
    if (strlen(text) > 3 && strcmp(text + strlen(text) - 3, " ok") == 0)
        rig.ok++;
    if (failed != NULL && rig.failed[0] == '\0' && name != NULL)
        (void)snprintf(rig.failed, sizeof rig.failed, "%.*s", (int)(failed - name - 1), name + 1);
}

/* The network, with the peer of tools/peer behind it ----------------------------------------------
 */

static enum scrip_status net_open(void *context, const char *host, uint16_t port)
{
    (void)context;
    if (strcmp(host, "peer") != 0 || port != 4433 || (rig.fault.net_once && rig.opens > 0))
        return SCRIP_FAULT_NET;
    rig.opens++;
    rig.open = true;
    rig.ended = false;
    rig.line_len = rig.back_len = rig.back_at = 0;
    return SCRIP_OK;
}

static enum scrip_status net_state(void *context)
{
    (void)context;
    if (!rig.open)
        return SCRIP_FAULT_NET;
    if (rig.fault.net_never || (rig.fault.net_state_again && rig.back_len > 0))
        return SCRIP_AGAIN;
    return SCRIP_OK;
}

static void peer_answers(void)
{
    memcpy(rig.back, rig.line, rig.line_len);
    if (rig.fault.net_shuffles && rig.line_len > 600)
        rig.back[0] = rig.line[1];
    rig.back_len = rig.line_len;
    rig.back_at = 0;
    rig.back_at_ms = rig.now_ms + (memcmp(rig.line, "wait 2\n", 7) == 0 ? 2000 : 0);
    rig.ended = memcmp(rig.line, "bye\n", 4) == 0;
    if (rig.ended && rig.fault.net_loses_last)
        rig.back_len = 0;
    rig.line_len = 0;
}

static enum scrip_status net_send(void *context, const void *data, size_t len, size_t *sent)
{
    (void)context;
    *sent = len < 500 ? len : 500;
    if (!rig.open || rig.line_len + *sent > sizeof rig.line)
        return SCRIP_FAULT_NET;
    memcpy(rig.line + rig.line_len, data, *sent);
    rig.line_len += *sent;
    if (rig.fault.net_drops && *sent == 500)
        rig.line_len -= 1;
    if (rig.line[rig.line_len - 1] == '\n')
        peer_answers();
    return SCRIP_OK;
}

static enum scrip_status net_receive(void *context, void *data, size_t cap, size_t *received)
{
    size_t left = rig.back_len - rig.back_at;

    (void)context;
    if (!rig.open)
        return SCRIP_FAULT_NET;
    if (left == 0 && rig.fault.net_idle_blocks)
        rig.now_ms += 30;
    if (left == 0 && rig.ended && !rig.fault.net_never_ends) {
        rig.open = false;
        return SCRIP_FAULT_NET;
    }
    if (left == 0 || rig.now_ms < rig.back_at_ms)
        return left == 0 && rig.fault.net_idle_fault ? SCRIP_FAULT_DEVICE : SCRIP_AGAIN;
    *received = left < cap ? left : cap;
    *received = *received < 300 ? *received : 300;
    memcpy(data, rig.back + rig.back_at, *received);
    rig.back_at += *received;
    return SCRIP_OK;
}

static void net_close(void *context)
{
    (void)context;
    rig.open = false;
}

/* Devices -----------------------------------------------------------------------------------------
 */

static enum scrip_status show(void *context, const char *line1, const char *line2,
                              enum hal_tone tone)
{
    (void)context;
    (void)tone;
    return strlen(line1) > 20 || strlen(line2) > 20 || rig.fault.show_fails ? SCRIP_FAULT_DEVICE
                                                                            : SCRIP_OK;
}

static enum scrip_status banner(void *context, const char *text)
{
    (void)context;
    rig.now_ms += rig.fault.banner_slow ? 400 : 1;
    return strlen(text) > 20 ? SCRIP_FAULT_DEVICE : SCRIP_OK;
}

static enum scrip_status draw(void *context, const uint8_t *modules, uint16_t side)
{
    (void)context;
    (void)modules;
    return side + 2 > 64 && !rig.fault.qr_any ? SCRIP_REFUSED_TOO_LONG : SCRIP_OK;
}

static enum scrip_status print_text(void *context, const char *text)
{
    (void)context;
    (void)text;
    return rig.fault.printer_out ? SCRIP_FAULT_DEVICE : SCRIP_OK;
}

static enum scrip_status print_dots(void *context, const uint8_t *modules, uint16_t side)
{
    (void)context;
    (void)modules;
    (void)side;
    return SCRIP_OK;
}

static enum scrip_status print_cut(void *context)
{
    (void)context;
    return SCRIP_OK;
}

static enum scrip_status scan(void *context, void *data, size_t cap, size_t *len)
{
    (void)context;
    memset(data, 'x', cap);
    *len = cap;
    return rig.fault.scanner_talks ? SCRIP_OK : SCRIP_AGAIN;
}

static enum scrip_status press(void *context, enum hal_button *button)
{
    (void)context;
    *button = HAL_BUTTON_CANCEL;
    return rig.fault.button_stuck ? SCRIP_OK : SCRIP_AGAIN;
}

static enum scrip_status hear(void *context, struct hal_till_message *message)
{
    (void)context;
    (void)message;
    return rig.fault.till_talks ? SCRIP_FAULT_DEVICE : SCRIP_AGAIN;
}

/* A new board. */
static void rig_open(struct faults fault)
{
    memset(&rig, 0, sizeof rig);
    rig.fault = fault;
    rig.now_ms = 1000;
    memset(rig.journal.byte, 0xFF, sizeof rig.journal.byte);
    rig.journal.hal = (struct hal_flash){
        &rig.journal, NOR_BYTES,     NOR_SECTOR,        NOR_PAGE,        4, 16, true,
        cells_read,   cells_program, cells_erase_start, cells_erase_poll};
    rig.blobs.hal = (struct hal_flash){.context = &rig.blobs,
                                       .size = EEPROM_BYTES,
                                       .sector_size = EEPROM_SECTOR,
                                       .page_size = EEPROM_PAGE,
                                       .granularity = 1,
                                       .tear_size = EEPROM_PAGE,
                                       .read = cells_read,
                                       .program = cells_program};
    if (fault.odd_blobs)
        rig.blobs.hal.size -= EEPROM_SECTOR;
    if (fault.bad_tear_size)
        rig.blobs.hal.tear_size = 96;
    rig.keystore = (struct hal_keystore){NULL, slots_read, slots_write, counter_read,
                                         counter_advance};
    rig.entropy = (struct hal_entropy){NULL, noise};
    rig.rtc = (struct hal_rtc){NULL, fault.sets_no_clock ? HAL_RTC_NONE : HAL_RTC_TRUSTED, uptime,
                               wall, set_wall};
    rig.log = (struct hal_log){NULL, listen};
    rig.net = (struct hal_net){NULL, net_open, net_state, net_send, net_receive, net_close};
    rig.display = (struct hal_display){NULL, 128, 64, show, banner, draw};
    rig.printer = (struct hal_printer){NULL, 42, print_text, print_text, print_dots, print_cut};
    rig.scanner = (struct hal_scanner){NULL, scan};
    rig.till = (struct hal_till){NULL, hear, NULL, NULL};
    rig.buttons = (struct hal_buttons){NULL, press};
    rig.hal = (struct hal){.journal = &rig.journal.hal,
                           .blobs = &rig.blobs.hal,
                           .keystore = &rig.keystore,
                           .entropy = &rig.entropy,
                           .rtc = &rig.rtc,
                           .log = &rig.log,
                           .net = &rig.net,
                           .scanner = &rig.scanner,
                           .display = &rig.display,
                           .printer = &rig.printer,
                           .buttons = &rig.buttons,
                           .till = &rig.till};
    if (fault.no_keystore)
        rig.hal.keystore = NULL;
}

/* What a boot forgets. */
static void rig_boot(void)
{
    if (rig.fault.caches)
        memcpy(rig.journal.byte, rig.before, NOR_BYTES);
    for (size_t i = 0; i < NOR_BYTES && (rig.fault.forgets || rig.fault.forgets_noisily); i++)
        rig.journal.byte[i] = rig.fault.forgets_noisily ? rig_random() : 0xFF;
    rig.writing = rig.open = rig.journal.erasing = false;
    rig.journal.late_len = 0;
    rig.countdown = 0;
    rig.ok = 0;
    rig.tears_seen = false;
    rig.failed[0] = '\0';
}

#endif
