#include "tests/power/till.h"

#include <stdlib.h>

enum { KEEP = 300, REFUSED_EACH = 5 };

struct shop shop;
struct till till;

static bool till_is_off(void)
{
    return shop.flash.off;
}

static bool wrong(const char *what, enum scrip_status status)
{
    bool full = status == SCRIP_REFUSED_FULL && till.filling;
    if (!till_is_off() && !full)
        power_fail(POWER_UNMOUNTABLE, "%s: %s", what, scrip_status_name(status));
    return false;
}

struct item *till_item(uint32_t seq)
{
    for (uint32_t i = till.count; i-- > 0;)
        if (till.items[i].seq == seq)
            return &till.items[i];
    return NULL;
}

void till_count(struct item *item)
{
    struct item *redeem = item->type == RECORD_REDEEM ? item : till_item(item->of);
    item->sure = true;
    if (!redeem)
        return;
    if (item->type == RECORD_REDEEM && item->mode == PERMIT_OFFLINE)
        redeem->approved_by = item->seq;
    if (item->type == RECORD_OUTCOME) {
        if (item->result == RECORD_ACCEPTED || item->result == RECORD_OFFLINE)
            redeem->approved_by = item->seq;
        else
            redeem->released = item->result == RECORD_VOID;
    }
    if (item->type == RECORD_LATE)
        redeem->late = true;
    if (item->type == RECORD_REVERSE) {
        redeem->reversed = true;
        redeem->released = !redeem->late;
    }
}

static struct item *expect(enum record_type type, uint32_t of)
{
    if (till.count == ITEMS)
        abort();
    struct item *item = &till.items[till.count++];
    *item = (struct item){.seq = journal_next_seq(&shop.journal), .of = of, .type = (uint8_t)type};
    return item;
}

/* Takes the answer to what was expected last. */
static bool came(const char *what, enum scrip_status status)
{
    struct item *item = &till.items[till.count - 1];
    if (status == SCRIP_REFUSED_FULL)
        till.count--;
    if (status != SCRIP_OK)
        return wrong(what, status);
    if (shop.ledger.head_seq != item->seq)
        power_fail(POWER_CORRUPT, "%s took number %u, not %u", what, shop.ledger.head_seq,
                   item->seq);
    memcpy(item->link, shop.ledger.head, RECORD_LINK_BYTES);
    till.acked = till.acking;
    till_count(item);
    return true;
}

bool till_redeem(uint32_t code, enum permit_mode mode)
{
    struct ledger_entry entry;
    struct item *item = expect(RECORD_REDEEM, 0);
    item->mode = (uint8_t)mode;
    item->code = code;
    item->sale = till.next_sale++;
    item->exp_s = shop.stamp.t_s + SHOP_LIFETIME_S;
    return came("redeem", shop_redeem(&shop, code, item->sale, mode, &entry));
}

static bool outcome(enum record_result result)
{
    uint32_t of = shop.ledger.open_ask;
    struct item *item = expect(RECORD_OUTCOME, of);
    item->result = (uint8_t)result;
    return came("outcome", ledger_outcome(&shop.ledger, of, result, bytes_text("A1"),
                                          RECORD_CODE_NONE, &shop.stamp));
}

bool till_reverse(uint32_t back)
{
    struct ledger_entry entry;
    for (uint32_t i = till.count; i-- > 0;) {
        struct item *redeem_item = &till.items[i];
        if (redeem_item->approved_by == 0 || redeem_item->reversed || back-- > 0)
            continue;
        uint32_t of = redeem_item->seq;
        expect(RECORD_REVERSE, of);
        return came("reverse", ledger_reverse(&shop.ledger, of, &shop.stamp, &entry));
    }
    return true;
}

bool till_is_refused(uint32_t seq)
{
    return seq % REFUSED_EACH == 2;
}

bool till_settle(uint32_t most)
{
    uint8_t link[RECORD_LINK_BYTES];
    struct bytes bytes;
    struct record record;
    enum scrip_status status = SCRIP_OK;
    uint32_t seq = shop.ledger.acked_seq, from = seq;
    while (most-- > 0 && (status = ledger_outbox(&shop.ledger, &seq, &bytes)) == SCRIP_OK) {
        if (record_read(bytes, &record) != SCRIP_OK || record_link(bytes, link) != SCRIP_OK)
            power_fail(POWER_CORRUPT, "record %u does not read", seq);
        if (seq <= till.host_seq) {
            struct item *item = till_item(seq);
            if (!item || memcmp(item->link, link, sizeof link) != 0)
                power_fail(POWER_CORRUPT, "record %u is sent with other bytes", seq);
            continue;
        }
        if (record.seq != till.host_seq + 1 ||
            memcmp(record.prev, till.host_head, sizeof link) != 0)
            power_fail(POWER_CORRUPT, "record %u does not chain at the host", seq);
        till.host_seq = seq;
        memcpy(till.host_head, link, sizeof link);
    }
    if (status != SCRIP_OK && status != SCRIP_AGAIN)
        return wrong("outbox", status);
    for (seq = from + 1; seq <= till.host_seq; seq++) {
        uint32_t head = shop.ledger.head_seq;
        if (!till_is_refused(seq))
            continue;
        expect(RECORD_LATE, seq);
        status = ledger_late(&shop.ledger, seq, RECORD_CODE_OTHER, &shop.stamp);
        /* Recorded before an earlier cut. */
        if (status == SCRIP_OK && shop.ledger.head_seq == head)
            till.count--;
        else if (!came("late", status))
            return false;
    }
    till.acking = till.host_seq;
    status = ledger_ack(&shop.ledger, till.host_seq, till.host_head);
    if (status != SCRIP_OK)
        return wrong("ack", status);
    return true;
}

bool till_idle(void)
{
    enum scrip_status status = shop_idle(&shop);
    if (status == SCRIP_OK)
        till.acked = till.acking;
    return status == SCRIP_OK || wrong("idle", status);
}

bool till_step(uint32_t i)
{
    static const uint8_t results[] = {RECORD_ACCEPTED, RECORD_VOID, RECORD_OFFLINE, RECORD_REFUSED};
    shop.stamp.t_s = till.t_s += 2;
    if (till.t_s - 60 > till.floor_s)
        till.floor_s = till.t_s - 60;
    ledger_clock(&shop.ledger, till.floor_s, 30, 0);
    switch (i % 8) {
    case 2:
        return till_redeem(till.next_code++, PERMIT_ASK) &&
               outcome((enum record_result)results[i / 8 % 4]);
    case 4:
        return till_reverse(i % 3);
    case 5: {
        /* What was released is worth something again. */
        const struct item *last = NULL;
        for (uint32_t k = till.count; k-- > 0 && !last;)
            if (till.items[k].type == RECORD_REDEEM && till.items[k].released)
                last = &till.items[k];
        uint32_t seq, code = last ? last->code : 0;
        uint8_t cti[TOKEN_ID_BYTES];
        shop_cti(code, cti);
        if (!last || ledger_is_spent(&shop.ledger, SHOP_ISSUER, cti, &seq))
            code = till.next_code++;
        return till_redeem(code, PERMIT_OFFLINE);
    }
    case 6:
        return till_settle(5 + i % 7);
    case 7:
        return till_idle();
    default:
        return till_redeem(till.next_code++, PERMIT_OFFLINE);
    }
}

bool till_steps(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!till_step(i))
            return false;
    return true;
}

void till_close(void *context)
{
    (void)context;
    crypto_key_close(&shop.journal.aead);
    till.open = false;
}

bool till_open(void)
{
    enum scrip_status status = shop_start(&shop);
    shop.stamp.t_s = till.t_s;
    till.open = status == SCRIP_OK;
    return till.open || wrong("open", status);
}

void till_forget(void)
{
    uint32_t drop = till.count > KEEP ? till.count - KEEP : 0;
    while (drop > 0 && till.items[drop - 1].seq > till.acked)
        drop--;
    memmove(till.items, till.items + drop, (till.count - drop) * sizeof till.items[0]);
    till.count -= drop;
}
