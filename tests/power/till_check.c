/* What must be there, compared with what is. */
#include <stdlib.h>

#include "tests/power/till.h"

enum { PROBED = 24, GRACE_S = 120 };

static bool same_content(const struct item *item, const struct record *record)
{
    struct cose message;
    struct token_claims claims;
    uint8_t cti[TOKEN_ID_BYTES];
    char sale[16];
    if (record->type != item->type || record->seq != item->seq || record->of != item->of)
        return false;
    if (item->type == RECORD_OUTCOME)
        return record->result == item->result;
    if (item->type != RECORD_REDEEM)
        return true;
    shop_cti(item->code, cti);
    snprintf(sale, sizeof sale, "S%" PRIu32, item->sale);
    return record->mode == item->mode && record->amount_minor == AMOUNT &&
           bytes_equal(record->service_id, bytes_text(sale)) &&
           cose_parse(record->token, &message) == SCRIP_OK &&
           token_claims_read(message.payload, &claims) == SCRIP_OK &&
           memcmp(claims.cti, cti, sizeof cti) == 0;
}

/* The item that was under way: there, or never. */
static void settle_last(void)
{
    struct item *last = &till.items[till.count - 1];
    struct record record;
    if (till.count == 0 || last->sure)
        return;
    if (last->seq > shop.ledger.head_seq ||
        ledger_record(&shop.ledger, last->seq, &record) != SCRIP_OK ||
        !same_content(last, &record) || record_link(record.raw, last->link) != SCRIP_OK) {
        till.count--;
        return;
    }
    till_count(last);
}

/* What recovery itself has written: the outcome of an ask that nobody answered. */
static void adopt_void(void)
{
    struct item *ask = till.count > 0 ? &till.items[till.count - 1] : NULL;
    struct record record;
    uint32_t seq = ask ? ask->seq + 1 : 1;
    if (seq > shop.ledger.head_seq)
        return;
    if (!ask || ask->type != RECORD_REDEEM || ask->mode != PERMIT_ASK ||
        shop.ledger.head_seq != seq || ledger_record(&shop.ledger, seq, &record) != SCRIP_OK ||
        record.type != RECORD_OUTCOME || record.result != RECORD_VOID || record.of != ask->seq) {
        power_fail(POWER_CORRUPT, "record %u comes from nowhere", seq);
        return;
    }
    struct item *item = &till.items[till.count++];
    *item = (struct item){
        .seq = seq, .of = record.of, .type = RECORD_OUTCOME, .result = RECORD_VOID};
    if (record_link(record.raw, item->link) != SCRIP_OK)
        abort();
    till_count(item);
}

static void check_records(bool thorough)
{
    for (uint32_t i = 0; i < till.count; i++) {
        const struct item *item = &till.items[i], *before = i > 0 ? item - 1 : NULL;
        struct record record;
        uint8_t link[RECORD_LINK_BYTES];
        if (!thorough && item->seq + PROBED / 4 <= till.acked)
            continue;
        enum scrip_status status = ledger_record(&shop.ledger, item->seq, &record);
        if (status == SCRIP_REFUSED_NOT_FOUND && item->seq <= till.acked)
            continue;
        if (status != SCRIP_OK || record_link(record.raw, link) != SCRIP_OK)
            power_fail(POWER_LOST, "record %u of %u (acked %u): %s", item->seq,
                       shop.ledger.head_seq, till.acked, scrip_status_name(status));
        else if (!same_content(item, &record) || memcmp(link, item->link, sizeof link) != 0)
            power_fail(POWER_CORRUPT, "record %u has other contents", item->seq);
        else if (before && before->seq + 1 == item->seq &&
                 memcmp(record.prev, before->link, sizeof link) != 0)
            power_fail(POWER_CORRUPT, "record %u does not chain", item->seq);
    }
}

/* Every code's state is that of its newest redeem. */
static void check_codes(bool thorough)
{
    uint32_t probed = 0;
    for (uint32_t i = till.count; i-- > 0 && (thorough || probed < PROBED);) {
        const struct item *item = &till.items[i];
        uint8_t cti[TOKEN_ID_BYTES];
        struct ledger_entry entry;
        uint32_t seq;
        bool newest = item->type == RECORD_REDEEM;
        for (uint32_t k = i + 1; k < till.count && newest; k++)
            newest = till.items[k].type != RECORD_REDEEM || till.items[k].code != item->code;
        if (!newest)
            continue;
        probed++;
        shop_cti(item->code, cti);
        bool spent = ledger_is_spent(&shop.ledger, SHOP_ISSUER, cti, &seq);
        if (item->released && spent)
            power_fail(POWER_CORRUPT, "code %u is not released", item->code);
        if (item->released || till.floor_s > item->exp_s + GRACE_S)
            continue;
        if (!spent)
            power_fail(POWER_TWICE, "code %u of record %u is not spent", item->code, item->seq);
        else if (probed % 8 == 1 && shop_redeem(&shop, item->code, UINT32_MAX, PERMIT_OFFLINE,
                                                &entry) != SCRIP_REFUSED_USED)
            power_fail(POWER_TWICE, "code %u is taken again", item->code);
    }
}

static void check_sums(void)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < till.count; i++) {
        const struct item *item = &till.items[i];
        count += item->type == RECORD_REDEEM && item->approved_by > till.acked && !item->reversed;
        bool late = !till_is_refused(item->seq) || item->seq > till.acked;
        for (uint32_t k = i + 1; k < till.count && !late; k++)
            late = till.items[k].type == RECORD_LATE && till.items[k].of == item->seq;
        if (!late && i > 0)
            power_fail(POWER_LOST, "the refusal of record %u is not recorded, and it is acked",
                       item->seq);
    }
    if (shop.ledger.unsettled_count != count ||
        shop.ledger.unsettled_minor != (uint64_t)count * AMOUNT)
        power_fail(POWER_CORRUPT, "unsettled are %u, %u minor; should be %u",
                   shop.ledger.unsettled_count, (unsigned)shop.ledger.unsettled_minor, count);
}

static void check_host(void)
{
    uint8_t link[RECORD_LINK_BYTES];
    uint32_t acked = shop.ledger.acked_seq;
    if (acked < till.acked || acked > till.acking)
        power_fail(acked < till.acked ? POWER_LOST : POWER_CORRUPT, "acked is %u, was %u to %u",
                   acked, till.acked, till.acking);
    till.acked = till.acking = acked;
    if (till.host_seq > shop.ledger.head_seq)
        power_fail(POWER_LOST, "the host has %u, the head is %u", till.host_seq,
                   shop.ledger.head_seq);
    else if (ledger_link_at(&shop.ledger, till.host_seq, link) != SCRIP_OK ||
             memcmp(link, till.host_head, sizeof link) != 0)
        power_fail(POWER_CORRUPT, "the link at %u is not the host's", till.host_seq);
    if (shop.ledger.fork)
        power_fail(POWER_CORRUPT, "a fork that is none");
}

void till_check(void *context, bool thorough)
{
    (void)context;
    if (!till_open())
        return;
    settle_last();
    adopt_void();
    check_host();
    check_records(thorough);
    check_codes(thorough);
    check_sums();
    if (shop.ledger.open_ask != 0)
        power_fail(POWER_CORRUPT, "ask %u is still open", shop.ledger.open_ask);
}
