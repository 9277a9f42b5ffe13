/*
 * shop: a terminal's ledger on virtual flash, and redemptions for it.
 *
 * The path before the ledger is left out: a redemption is made as bind_sale() would leave it,
 * around a token that nobody has signed, as the ledger does not judge tokens.
 */
#ifndef TESTS_SUPPORT_SHOP_H
#define TESTS_SUPPORT_SHOP_H

#include "platform/sim/device.h"
#include "platform/sim/flash.h"
#include "redeem/ledger.h"

enum { SHOP_NOW_S = 1795305600, SHOP_EPOCH = 7, SHOP_ISSUER = 9, SHOP_LIFETIME_S = 120 };

/* 64 and 256 sectors of NOR. */
extern const struct sim_geometry SHOP_NOR, SHOP_LARGE;

struct shop {
    struct sim_entropy entropy;
    struct sim_keystore keystore;
    struct sim_flash flash;
    struct keys keys;
    struct journal journal;
    struct ledger ledger;
    struct ledger_recovery found;
    bool read_only;            /* as the last start found the journal */
    struct record_stamp stamp; /* of every record; t_s is the shop's clock */
    uint32_t members;          /* code number n is of member n % members; 5 */
    uint8_t token[LIMIT_TOKEN_BYTES];
};

/* Enrolled, without a flash. The address must stay. */
void shop_equip(struct shop *shop);
/* The same with a formatted flash; not started. */
void shop_open(struct shop *shop, const struct sim_geometry *geometry);
void shop_close(struct shop *shop);

/* Mounts and opens, as after a restart. */
MUST_CHECK enum scrip_status shop_start(struct shop *shop);
/* Runs idle steps until there is nothing left to do. */
MUST_CHECK enum scrip_status shop_idle(struct shop *shop);

/* Code number `code` (its cti and member follow from it), worth 5.00, for the sale with this
 * number. The redemption has views into the shop's token: one at a time. */
void shop_redemption(struct shop *shop, uint32_t code, uint32_t sale, enum permit_mode mode,
                     struct redemption *out);
/* The same and appends it. */
MUST_CHECK enum scrip_status shop_redeem(struct shop *shop, uint32_t code, uint32_t sale,
                                         enum permit_mode mode, struct ledger_entry *entry);
/* The cti of a code, and a member's pseudonym. */
void shop_cti(uint32_t code, uint8_t cti[TOKEN_ID_BYTES]);
void shop_member(uint32_t number, uint8_t member[TOKEN_ID_BYTES]);

bool shop_is_spent(struct shop *shop, uint32_t code, uint32_t *seq);
/* The host's part: acknowledges up to seq under the terminal's own link. */
MUST_CHECK enum scrip_status shop_acknowledge(struct shop *shop, uint32_t seq);

/* Checks the sums and the chain against every record held, read by other means than the ledger's.
 */
void shop_check_sums(struct shop *shop);

#endif
