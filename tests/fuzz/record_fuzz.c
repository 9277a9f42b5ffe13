/* Records: what a journal holds and a host receives has one encoding. */
#include <string.h>

#include "redeem/record.h"
#include "tests/fuzz/fuzz.h"

void fuzz_one(struct bytes input)
{
    struct record record;
    uint8_t memory[LIMIT_RECORD_BYTES], link[RECORD_LINK_BYTES];
    struct buffer again = buffer_of(memory, sizeof memory);

    (void)fuzz_world();
    FUZZ_HOLDS(record_link(input, link) == SCRIP_OK);
    FUZZ_HOLDS(record_code_of(input) < RECORD_CODES);
    if (record_read(input, &record) != SCRIP_OK) {
        FUZZ_HOLDS(record.type == 0 && record.raw.data == NULL);
        return;
    }
    FUZZ_HOLDS(record_code_name((enum record_code)record.code) != NULL);
    FUZZ_HOLDS(record_write(&record, &again) == SCRIP_OK);
    FUZZ_HOLDS(bytes_equal(buffer_bytes(&again), input));
}

static void write(const struct record *record, fuzz_visit *visit, void *context)
{
    uint8_t memory[LIMIT_RECORD_BYTES];
    struct buffer out = buffer_of(memory, sizeof memory);

    FUZZ_HOLDS(record_write(record, &out) == SCRIP_OK);
    visit(context, buffer_bytes(&out));
}

void fuzz_seeds(fuzz_visit *visit, void *context)
{
    static const uint8_t token[170] = {0xD2, 0x84}, lines[32] = {1}, txh[16] = {2};
    struct record record = {.type = RECORD_REDEEM,
                            .epoch = 7,
                            .seq = 1041,
                            .stamp = {TEST_NOW_S, 30, 2, 42, 812, 16, 1},
                            .token = {token, sizeof token},
                            .txh = {txh, sizeof txh},
                            .mode = 1,
                            .amount_minor = 500,
                            .currency = 978,
                            .sale_id = bytes_text("LANE-4"),
                            .service_id = bytes_text("0012"),
                            .transaction_id = bytes_text("2026-11-25/0077"),
                            .lines = {lines, sizeof lines},
                            .total_minor = 4250,
                            .state = 0x10001,
                            .depth = 310,
                            .issuer = 70000};

    write(&record, visit, context);
    record.txh = bytes_of(NULL, 0);
    record.stamp.operator_number = record.stamp.shift = 0;
    write(&record, visit, context);
    /* An award, by a code and by a sealed member. */
    record.type = RECORD_AWARD;
    record.mode = 0;
    record.amount_minor = 0;
    write(&record, visit, context);
    static const uint8_t sealed[RECORD_SEALED_BYTES] = {4, 1, 2};
    record.token = bytes_of(NULL, 0);
    record.issuer = 0;
    record.member = bytes_of(sealed, sizeof sealed);
    write(&record, visit, context);
    for (enum record_result result = RECORD_ACCEPTED; result <= RECORD_VOID; result++) {
        bool approved = result == RECORD_ACCEPTED || result == RECORD_OFFLINE;

        record = (struct record){.type = RECORD_OUTCOME, .epoch = 7, .seq = 12, .of = 11};
        record.result = (uint8_t)result;
        record.amount_minor = approved ? 500 : 0;
        record.currency = approved ? 978 : 0;
        record.code = result == RECORD_REFUSED ? RECORD_CODE_EXPIRED : RECORD_CODE_NONE;
        record.auth = result == RECORD_ACCEPTED ? bytes_text("A1") : bytes_of(NULL, 0);
        write(&record, visit, context);
    }
    record = (struct record){.type = RECORD_REVERSE, .epoch = 7, .seq = 13, .of = 11};
    record.amount_minor = 500;
    record.currency = 978;
    write(&record, visit, context);
    record = (struct record){.type = RECORD_LATE, .epoch = 7, .seq = 14, .of = 11};
    record.code = RECORD_CODE_ALREADY_REDEEMED;
    write(&record, visit, context);
    visit(context, bytes_text("ALREADY_REDEEMED"));
}
