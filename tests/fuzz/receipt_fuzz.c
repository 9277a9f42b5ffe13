/* Receipts, from the text of their code to what they say; and the making of one. */
#include <string.h>

#include "redeem/receipt.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/shop.h"

static struct {
    struct shop shop;
    struct identity terminal;
    struct record record;
    struct crypto_key key;
    uint8_t point[CRYPTO_POINT_BYTES], kid[COSE_KID_BYTES];
    bool open;
} house;

static void open_house(void)
{
    struct ledger_entry entry;

    if (house.open)
        return;
    house.open = true;
    shop_open(&house.shop, &SHOP_NOR);
    FUZZ_HOLDS(shop_start(&house.shop) == SCRIP_OK);
    FUZZ_HOLDS(identity_parse(bytes_text(TEST_TERMINAL), &house.terminal) == SCRIP_OK);
    FUZZ_HOLDS(keys_signing(&house.shop.keys, &house.key, house.point, house.kid) == SCRIP_OK);
    FUZZ_HOLDS(shop_redeem(&house.shop, 77, 5, PERMIT_OFFLINE, &entry) == SCRIP_OK);
    FUZZ_HOLDS(ledger_record(&house.shop.ledger, entry.seq, &house.record) == SCRIP_OK);
}

void fuzz_one(struct bytes input)
{
    static struct scan scan;
    struct receipt receipt;
    uint8_t how = fuzz_take_u8(&input), memory[LIMIT_CODE_CHARS];
    struct buffer text = buffer_of(memory, sizeof memory);

    open_house();
    /* Bytes become text here, so that the search need not find base45 first. */
    if (how & 1)
        scan_encode(TOKEN_RECEIPT, how & 2 ? 'D' : 'B', input, &text);
    enum scrip_status status = receipt_verify(text.len > 0 ? buffer_bytes(&text) : input,
                                              house.point, &scan, &receipt);
    FUZZ_HOLDS(!scrip_is_fault(status));
    if (status == SCRIP_OK)
        FUZZ_HOLDS(receipt.exp_s > receipt.iat_s && receipt.audience.len <= LIMIT_ID_PART &&
                   receipt.currency <= 999);
    else
        FUZZ_HOLDS(receipt.audience.data == NULL && receipt.exp_s == 0);
}

void fuzz_seeds(fuzz_visit *visit, void *context)
{
    static const char transports[] = {'B', 'D'};

    open_house();
    for (size_t i = 0; i < sizeof transports; i++) {
        uint8_t memory[LIMIT_CODE_CHARS];
        struct buffer text = buffer_of(memory, sizeof memory);
        struct scan scan;

        FUZZ_HOLDS(receipt_make(&house.shop.keys, &house.terminal, &house.record, transports[i],
                                &text) == SCRIP_OK);
        fuzz_visit_with(0, buffer_bytes(&text), visit, context);
        FUZZ_HOLDS(scan_decode(buffer_bytes(&text), &scan) == SCRIP_OK);
        fuzz_visit_with(i == 0 ? 1 : 3, bytes_of(scan.data, scan.len), visit, context);
        memory[2] = 'T';
        fuzz_visit_with(0, buffer_bytes(&text), visit, context);
    }
}
