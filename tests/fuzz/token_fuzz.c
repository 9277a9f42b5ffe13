/*
 * A customer token: COSE, CWT and every rule up to the voucher. The first byte of an input chooses
 * what the terminal believes.
 */
#include <string.h>

#include "base/cbor.h"
#include "redeem/bind.h"
#include "tests/fuzz/fuzz.h"

enum { CHALLENGED = 1, BAD_CLOCK = 2, STALE = 4, SHARED_KID = 8, RECEIPT = 16 };

/* What is accepted has one encoding, but that a zero may be written out. */
static void one_encoding(const struct token_claims *claims, struct bytes payload)
{
    uint8_t memory[LIMIT_TOKEN_PAYLOAD];
    struct buffer again = buffer_of(memory, sizeof memory);
    struct token_claims read;

    token_claims_write(claims, &again);
    FUZZ_HOLDS(!again.overflow && again.len <= payload.len);
    FUZZ_HOLDS(claims->tier == 0 || claims->flags == 0 || again.len == payload.len);
    FUZZ_HOLDS(token_claims_read(buffer_bytes(&again), &read) == SCRIP_OK);
    FUZZ_HOLDS(memcmp(read.cti, claims->cti, sizeof read.cti) == 0 &&
               read.limit_minor == claims->limit_minor && read.scope == claims->scope &&
               read.exp_s == claims->exp_s);
}

static void any_cbor(struct bytes input)
{
    struct cbor_reader in = cbor_read(input);
    struct bytes item;

    if (cbor_skip(&in, CBOR_DEPTH, &item))
        FUZZ_HOLDS(item.data == input.data && item.len > 0 && item.len <= input.len);
    else
        FUZZ_HOLDS(!cbor_done(&in));
}

/* What a genuine code may be worth: never more than it says, than was asked, or than was bought. */
static void permit(struct voucher *voucher, struct bytes facts_of)
{
    /* Facts come from the signature's end, which the seam does not look at. */
    struct bytes tail = bytes_of(facts_of.data + facts_of.len - 32, 32);
    uint8_t bits = fuzz_take_u8(&tail);
    struct policy policy = {.exp_s = bits & 1 ? UINT32_MAX : TEST_NOW_S,
                            .max_value_per_token_minor = fuzz_take_u16(&tail),
                            .max_offline_count = fuzz_take_u8(&tail),
                            .max_offline_value_minor = fuzz_take_u16(&tail),
                            .max_offline_s = fuzz_take_u16(&tail),
                            .per_member_per_day_minor = fuzz_take_u16(&tail),
                            .random_online_permille = fuzz_take_u16(&tail) % 1001,
                            .max_awards = 3,
                            .max_offline_coupons = 10,
                            .currency = bits & 2 ? TEST_CURRENCY : 840,
                            .require_online_first = (bits & 4) != 0,
                            .allow_unknown_time = (bits & 8) != 0};
    struct facts facts = {.policy = bits & 16 ? &policy : NULL,
                          .host_ready = (bits & 32) != 0,
                          .suspended = fuzz_take_u8(&tail) == 1,
                          .full = fuzz_take_u8(&tail) == 1,
                          .unsettled_count = fuzz_take_u8(&tail),
                          .unsettled_minor = fuzz_take_u16(&tail),
                          .capacity = 100,
                          .member_today_minor = fuzz_take_u16(&tail)};
    uint32_t total_minor = fuzz_take_u16(&tail), wanted_minor = fuzz_take_u8(&tail);
    struct sale sale = {.sale_id = "TILL",
                        .service_id = "S",
                        .transaction_id = "T",
                        .total_minor = total_minor,
                        .wanted_minor = wanted_minor,
                        .currency = TEST_CURRENCY,
                        .training = (bits & 64) != 0,
                        .mode = fuzz_take_u8(&tail) % 3};
    facts.member_awards = fuzz_take_u8(&tail);
    facts.coupon = (enum policy_coupon)(fuzz_take_u8(&tail) % (POLICY_COUPON_LOST + 1));
    facts.unsettled_coupons = fuzz_take_u8(&tail);
    uint8_t draw[8] = {0};
    uint32_t limit_minor = voucher->claims.limit_minor;
    struct permit permitted;
    struct redemption redemption;

    facts.draw = bits & 128 ? draw : NULL;
    memcpy(sale.txh, fuzz_world()->challenge.txh, sizeof sale.txh);
    const struct token_claims *earner = bits & 8 ? &voucher->claims : NULL;
    enum scrip_status status = policy_award(&facts, earner, &voucher->now, &sale);
    FUZZ_HOLDS(!scrip_is_fault(status));
    FUZZ_HOLDS(status != SCRIP_OK || sale.training || facts.member_awards < policy.max_awards);
    status = policy_permit(&facts, voucher, &sale, &permitted);
    FUZZ_HOLDS(!scrip_is_fault(status) && voucher->seal == 0);
    if (status != SCRIP_OK) {
        FUZZ_HOLDS(permitted.seal == 0 && permitted.amount_minor == 0);
        return;
    }
    FUZZ_HOLDS(permitted.amount_minor > 0 && permitted.amount_minor <= limit_minor &&
               permitted.amount_minor <= total_minor);
    FUZZ_HOLDS(wanted_minor == 0 || permitted.amount_minor == wanted_minor);
    FUZZ_HOLDS(facts.policy != NULL || permitted.mode == PERMIT_ASK || sale.training);
    FUZZ_HOLDS(bind_sale(&permitted, &sale, &redemption) == SCRIP_OK && permitted.seal == 0);
}

void fuzz_one(struct bytes input)
{
    struct fuzz_world *world = fuzz_world();
    uint8_t how = fuzz_take_u8(&input);
    struct trust trust = fuzz_trust(world, (how & CHALLENGED) != 0);
    struct keyset keys = world->issuer.keys;
    struct token token;
    struct voucher voucher;

    any_cbor(input);
    if (how & BAD_CLOCK)
        trust.now.quality = WALLCLOCK_BAD;
    if (how & STALE)
        keys.exp_s = TEST_NOW_S - 1;
    if (how & SHARED_KID)
        keys.key[keys.count++] = keys.key[0];
    trust.keys = &keys;
    if (token_parse_bytes(input, how & RECEIPT ? TOKEN_RECEIPT : TOKEN_CUSTOMER, &token) !=
        SCRIP_OK) {
        FUZZ_HOLDS(token.seal == 0);
        return;
    }
    struct bytes payload = token.cose.payload;
    enum scrip_status status = verify_token(&trust, &token, &voucher);
    FUZZ_HOLDS(!scrip_is_fault(status));
    FUZZ_HOLDS((status == SCRIP_OK) == (voucher.seal != 0));
    if (status != SCRIP_OK)
        return;
    FUZZ_HOLDS((how & RECEIPT) == 0);
    FUZZ_HOLDS(voucher.claims.exp_s > voucher.claims.iat_s);
    FUZZ_HOLDS(voucher.claims.limit_minor <= keys.key[0].max_limit_minor);
    FUZZ_HOLDS(voucher.bound == ((how & CHALLENGED) != 0));
    one_encoding(&voucher.claims, payload);
    permit(&voucher, input);
}

static void mint(uint8_t how, const struct token_claims *claims, fuzz_visit *visit, void *context)
{
    uint8_t memory[LIMIT_TOKEN_BYTES];

    fuzz_visit_with(how, test_mint(&fuzz_world()->issuer, claims, memory), visit, context);
}

/* A good code under facts that stop it, or not: one after the other, as permit() reads them. */
static void mint_permits(fuzz_visit *visit, void *context)
{
    enum { POLICY = 1 | 2 | 16, FACTS = 25 };
    static const uint8_t good[FACTS] = {POLICY, 0xFF, 0xFF, 9, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                        0xFF,   0,    0,    0, 0,    0,    0,    0,    0,
                                        0,      0xFF, 0,    0, 0,    0,    0};
    static const struct {
        uint8_t at, value;
    } changes[] = {{0, POLICY | 4 | 32},
                   {0, POLICY | 32},
                   {0, 2 | 16},
                   {0, 1 | 16},
                   {2, 0},
                   {3, 0},
                   {5, 0},
                   {7, 0},
                   {9, 0},
                   {10, 0xF4},
                   {11, 1},
                   {12, 1},
                   {13, 1},
                   {19, 0},
                   {20, 200},
                   {21, 1},
                   {21, 2},
                   {0, 64},
                   {0, POLICY | 8},
                   {22, 3},
                   {23, 0},
                   {23, 1},
                   {23, 2},
                   {23, 3},
                   {24, 10}};

    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct token_claims claims = test_claims((uint8_t)(40 + i));
        /* What only coupons are asked. */
        claims.has_status = changes[i].at >= 23;
        if (claims.has_status)
            claims.exp_s = claims.iat_s + 3600;
        uint8_t memory[LIMIT_TOKEN_BYTES];
        struct bytes token = test_mint(&fuzz_world()->issuer, &claims, memory);

        memcpy(memory + token.len - 32, good, sizeof good);
        for (uint8_t bits = 0; bits < 2; bits++) {
            memory[token.len - 32 + changes[i].at] = changes[i].value;
            fuzz_visit_with(bits * BAD_CLOCK, token, visit, context);
            memory[token.len - 32] |= 32;
            fuzz_visit_with(0, token, visit, context);
            memory[token.len - 32] |= 128;
        }
    }
}

void fuzz_seeds(fuzz_visit *visit, void *context)
{
    const struct fuzz_world *world = fuzz_world();
    struct token_claims claims = test_claims(1);

    mint_permits(visit, context);
    mint(0, &claims, visit, context);
    mint(SHARED_KID, &claims, visit, context);
    mint(STALE, &claims, visit, context);
    mint(BAD_CLOCK, &claims, visit, context);
    mint(RECEIPT, &claims, visit, context);
    claims.has_txh = claims.has_nonce = true;
    memcpy(claims.txh, world->challenge.txh, sizeof claims.txh);
    memcpy(claims.nonce, world->challenge.nonce, sizeof claims.nonce);
    mint(CHALLENGED, &claims, visit, context);
    mint(CHALLENGED | BAD_CLOCK, &claims, visit, context);
    mint(0, &claims, visit, context);
    claims = test_claims(2);
    claims.scope = TOKEN_REDEEM_OFFER | TOKEN_EARN;
    claims.has_offer = true;
    claims.offer = 70000;
    mint(0, &claims, visit, context);
    claims.has_status = true;
    claims.exp_s = claims.iat_s + 3600;
    claims.status_index = 9;
    mint(0, &claims, visit, context);
    claims = test_claims(3);
    claims.scope = TOKEN_IDENTIFY;
    claims.has_limit = false;
    claims.tier = claims.flags = 0;
    claims.audience = bytes_text("ACME");
    mint(0, &claims, visit, context);
    mint(STALE, &claims, visit, context);
    claims.audience = bytes_text("OTHER");
    mint(0, &claims, visit, context);
    for (int late = -1; late <= 1; late += 2) {
        claims = test_claims(4);
        claims.iat_s = (uint32_t)(TEST_NOW_S + late * 4000);
        claims.exp_s = claims.iat_s + 120;
        mint(0, &claims, visit, context);
        claims.iat_s = (uint32_t)(TEST_NOW_S + late * 90000);
        claims.exp_s = claims.iat_s + 120;
        mint(BAD_CLOCK, &claims, visit, context);
    }
}
