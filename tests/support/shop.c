#include "tests/support/shop.h"

#include <stdio.h>
#include <string.h>

#include "base/cbor.h"
#include "redeem/seal.h"
#include "tests/check.h"

const struct sim_geometry SHOP_NOR = {64 * 4096, 4096, 256, 1, 1, true};
const struct sim_geometry SHOP_LARGE = {256 * 4096, 4096, 256, 1, 1, true};

void shop_equip(struct shop *shop)
{
    static const uint8_t first_prev[RECORD_LINK_BYTES] = {0xE0, 0xF1};
    memset(shop, 0, sizeof *shop);
    sim_entropy_open(&shop->entropy, 11);
    sim_keystore_open(&shop->keystore, false);
    shop->stamp = (struct record_stamp){SHOP_NOW_S, 30, WALLCLOCK_RTC, 1, 60, 17, 2};
    shop->members = 5;
    CHECK_STATUS(crypto_open(&shop->entropy.hal), SCRIP_OK);
    CHECK_STATUS(keys_open(&shop->keys, &shop->keystore.hal), SCRIP_OK);
    CHECK_STATUS(keys_set_epoch(&shop->keys, SHOP_EPOCH, first_prev, true), SCRIP_OK);
}

void shop_open(struct shop *shop, const struct sim_geometry *geometry)
{
    shop_equip(shop);
    sim_flash_open(&shop->flash, geometry, 12);
    CHECK_STATUS(journal_format(&shop->flash.hal, &shop->keys), SCRIP_OK);
}

void shop_close(struct shop *shop)
{
    crypto_key_close(&shop->journal.aead);
    keys_close(&shop->keys);
    sim_flash_close(&shop->flash);
}

enum scrip_status shop_start(struct shop *shop)
{
    crypto_key_close(&shop->journal.aead);
    memset(&shop->ledger, 0, sizeof shop->ledger);
    enum scrip_status status = journal_mount(&shop->journal, &shop->flash.hal, &shop->keys,
                                             ledger_keep, &shop->ledger);
    if (status != SCRIP_OK && status != SCRIP_FAULT_READ_ONLY)
        return status;
    shop->read_only = status == SCRIP_FAULT_READ_ONLY;
    shop->stamp.boot = journal_boot(&shop->journal);
    return ledger_open(&shop->ledger, &shop->journal, &shop->keys, &shop->stamp, &shop->found);
}

enum scrip_status shop_idle(struct shop *shop)
{
    enum scrip_status status;
    do
        status = ledger_idle(&shop->ledger);
    while (status == SCRIP_AGAIN);
    return status;
}

void shop_cti(uint32_t code, uint8_t cti[TOKEN_ID_BYTES])
{
    memset(cti, 0xC0, TOKEN_ID_BYTES);
    bytes_put_u32(cti, code);
}

void shop_member(uint32_t number, uint8_t member[TOKEN_ID_BYTES])
{
    memset(member, 0x4D, TOKEN_ID_BYTES);
    bytes_put_u32(member, number);
}

static struct bytes make_token(struct shop *shop, const struct token_claims *claims)
{
    static const uint8_t header[] = {0xA2, 1, 0x26, 4, 0x48, 1, 2, 3, 4, 5, 6, 7, 8};
    static const uint8_t signature[CRYPTO_SIGNATURE_BYTES] = {1};
    uint8_t memory[LIMIT_TOKEN_PAYLOAD];
    struct buffer payload = buffer_of(memory, sizeof memory);
    struct buffer token = buffer_of(shop->token, sizeof shop->token);
    token_claims_write(claims, &payload);
    cbor_put_tag(&token, 18);
    cbor_put_array(&token, 4);
    cbor_put_bytes(&token, bytes_of(header, sizeof header));
    cbor_put_map(&token, 0);
    cbor_put_bytes(&token, buffer_bytes(&payload));
    cbor_put_bytes(&token, bytes_of(signature, sizeof signature));
    return buffer_bytes(&token);
}

void shop_redemption(struct shop *shop, uint32_t code, uint32_t sale, enum permit_mode mode,
                     struct redemption *out)
{
    struct token_claims claims = {
        .audience = bytes_text("ACME.S1"),
        .iat_s = shop->stamp.t_s,
        .exp_s = shop->stamp.t_s + SHOP_LIFETIME_S,
        .scope = TOKEN_REDEEM_VALUE,
        .flags = TOKEN_OFFLINE,
        .has_member = true,
        .has_limit = true,
        .limit_minor = 500,
        .currency = 978,
    };
    shop_cti(code, claims.cti);
    shop_member(code % shop->members, claims.member);

    memset(out, 0, sizeof *out);
    out->permit.mode = mode;
    out->permit.amount_minor = 500;
    out->permit.voucher.token = make_token(shop, &claims);
    out->permit.voucher.claims = claims;
    out->permit.voucher.issuer = SHOP_ISSUER;
    snprintf(out->sale.sale_id, sizeof out->sale.sale_id, "LANE-4");
    snprintf(out->sale.service_id, sizeof out->sale.service_id, "S%" PRIu32, sale);
    snprintf(out->sale.transaction_id, sizeof out->sale.transaction_id, "T%" PRIu32, sale);
    out->sale.total_minor = 4250;
    out->sale.currency = 978;
    bytes_put_u32(out->sale.digest, code);
    bytes_put_u32(out->sale.digest + 4, sale);
    out->seal = SEAL_REDEMPTION;
}

enum scrip_status shop_redeem(struct shop *shop, uint32_t code, uint32_t sale,
                              enum permit_mode mode, struct ledger_entry *entry)
{
    struct redemption redemption;
    shop_redemption(shop, code, sale, mode, &redemption);
    return ledger_append(&shop->ledger, &redemption, &shop->stamp, 0, entry);
}

bool shop_is_spent(struct shop *shop, uint32_t code, uint32_t *seq)
{
    uint8_t cti[TOKEN_ID_BYTES];
    shop_cti(code, cti);
    return ledger_is_spent(&shop->ledger, SHOP_ISSUER, cti, seq);
}

enum scrip_status shop_acknowledge(struct shop *shop, uint32_t seq)
{
    uint8_t link[RECORD_LINK_BYTES];
    TRY(ledger_link_at(&shop->ledger, seq, link));
    return ledger_ack(&shop->ledger, seq, link);
}

/* What the sums should be. */
struct sums {
    uint32_t records; /* unacknowledged */
    uint32_t count;
    uint64_t minor;
    bool chained; /* each record's prev is the hash of the one before */
};

/* Reads the journal itself. The flags say, for each number, what is known of it. */
static void recount(struct shop *shop, struct sums *sums)
{
    enum { MOST = 8192, APPROVED = 1, REVERSED = 2 };
    static uint8_t flags[MOST];
    static uint32_t amounts[MOST], approvals[MOST];
    uint8_t room[JOURNAL_BUFFER_BYTES], link[RECORD_LINK_BYTES];
    uint32_t before = 0, acked = journal_acked(&shop->journal), last = 0;
    struct journal_cursor at = {{0, 0}, 0};
    struct journal_entry entry;
    enum scrip_status status;
    memset(sums, 0, sizeof *sums);
    memset(flags, 0, sizeof flags);
    sums->chained = true;
    for (;;) {
        struct record record;
        status = journal_next(&shop->journal, &at, room, &entry);
        if (status == SCRIP_AGAIN)
            break;
        if (status != SCRIP_OK || entry.type != JOURNAL_DATA)
            continue;
        CHECK_STATUS(record_read(entry.payload, &record), SCRIP_OK);
        if (record.seq <= before)
            continue;
        CHECK(record.seq < MOST && record.of < MOST);
        if (record.seq >= MOST || record.of >= MOST)
            return;
        if (before != 0 && record.seq == before + 1)
            sums->chained &= memcmp(link, record.prev, sizeof link) == 0;
        CHECK_STATUS(record_link(record.raw, link), SCRIP_OK);
        before = last = record.seq;
        sums->records += record.seq > acked;
        if (record.type == RECORD_REDEEM) {
            amounts[record.seq] = record.amount_minor;
            approvals[record.seq] = record.seq;
            if (record.mode == PERMIT_OFFLINE)
                flags[record.seq] |= APPROVED;
        } else if (record.type == RECORD_OUTCOME &&
                   (record.result == RECORD_ACCEPTED || record.result == RECORD_OFFLINE)) {
            flags[record.of] |= APPROVED;
            approvals[record.of] = record.seq;
            amounts[record.of] = record.amount_minor;
        } else if (record.type == RECORD_REVERSE) {
            flags[record.of] |= REVERSED;
        }
    }
    for (uint32_t seq = 1; seq <= last; seq++) {
        if (flags[seq] == APPROVED && approvals[seq] > acked) {
            sums->count++;
            sums->minor += amounts[seq];
        }
    }
}

void shop_check_sums(struct shop *shop)
{
    struct sums sums;
    recount(shop, &sums);
    CHECK(sums.chained);
    CHECK_EQ_INT(shop->ledger.unsettled_count, sums.count);
    CHECK_EQ_INT(shop->ledger.unsettled_minor, sums.minor);
    CHECK_EQ_INT(shop->ledger.head_seq - shop->ledger.acked_seq, sums.records);
}
