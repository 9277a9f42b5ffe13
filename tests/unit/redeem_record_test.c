/* record: one encoding for one record, and a reader that takes nothing else. */
#include "redeem/record.h"

#include "base/cbor.h"
#include "base/text.h"
#include "tests/check.h"
#include "tests/support/entropy.h"

static const uint8_t TOKEN[170] = {0xD2, 0x84, 1, 2, 3};
static const uint8_t LINES[32] = {9, 8, 7};
static const uint8_t TXH[16] = {4, 5, 6};

static struct record common(enum record_type type, uint32_t seq)
{
    struct record record = {.type = type, .epoch = 7, .seq = seq};
    memset(record.prev, 0xAB, sizeof record.prev);
    record.stamp = (struct record_stamp){1795305600, 30, 2, 42, 812, 16, 1};
    return record;
}

static struct record redeem(void)
{
    struct record record = common(RECORD_REDEEM, 1041);
    record.token = bytes_of(TOKEN, sizeof TOKEN);
    record.txh = bytes_of(TXH, sizeof TXH);
    record.mode = 1;
    record.amount_minor = 500;
    record.currency = 978;
    record.sale_id = bytes_text("LANE-4");
    record.service_id = bytes_text("0012");
    record.transaction_id = bytes_text("2026-11-25/0077");
    record.lines = bytes_of(LINES, sizeof LINES);
    record.total_minor = 4250;
    memset(record.digest, 0x5C, sizeof record.digest);
    record.state = 0x10001;
    record.depth = 310;
    record.issuer = 70000;
    return record;
}

static struct record award(void)
{
    static const uint8_t sealed[RECORD_SEALED_BYTES] = {4, 1, 2};
    struct record record = redeem();
    record.type = RECORD_AWARD;
    record.token = record.txh = bytes_of(NULL, 0);
    record.issuer = 0;
    record.mode = 0;
    record.amount_minor = 0;
    record.member = bytes_of(sealed, sizeof sealed);
    return record;
}

static bool same(struct bytes a, struct bytes b)
{
    return bytes_equal(a, b);
}

static bool equal(const struct record *a, const struct record *b)
{
    return a->type == b->type && a->epoch == b->epoch && a->seq == b->seq &&
           memcmp(a->prev, b->prev, sizeof a->prev) == 0 && a->stamp.t_s == b->stamp.t_s &&
           a->stamp.unc_s == b->stamp.unc_s && a->stamp.source == b->stamp.source &&
           a->stamp.boot == b->stamp.boot && a->stamp.up_s == b->stamp.up_s &&
           a->stamp.operator_number == b->stamp.operator_number &&
           a->stamp.shift == b->stamp.shift && same(a->token, b->token) && same(a->txh, b->txh) &&
           same(a->member, b->member) && a->mode == b->mode && a->amount_minor == b->amount_minor &&
           a->currency == b->currency && same(a->sale_id, b->sale_id) &&
           same(a->service_id, b->service_id) && same(a->transaction_id, b->transaction_id) &&
           same(a->lines, b->lines) && a->total_minor == b->total_minor &&
           memcmp(a->digest, b->digest, 8) == 0 && a->state == b->state && a->depth == b->depth &&
           a->issuer == b->issuer && a->of == b->of && a->result == b->result &&
           same(a->auth, b->auth) && a->code == b->code;
}

static void check_there_and_back(const struct record *record)
{
    uint8_t memory[LIMIT_RECORD_BYTES], again_memory[LIMIT_RECORD_BYTES];
    struct buffer out = buffer_of(memory, sizeof memory);
    struct record read;
    CHECK_STATUS(record_write(record, &out), SCRIP_OK);
    CHECK_STATUS(record_read(buffer_bytes(&out), &read), SCRIP_OK);
    CHECK(equal(record, &read));
    CHECK(read.raw.data == memory && read.raw.len == out.len);

    struct buffer again = buffer_of(again_memory, sizeof again_memory);
    CHECK_STATUS(record_write(&read, &again), SCRIP_OK);
    CHECK(same(buffer_bytes(&out), buffer_bytes(&again)));
}

static struct record outcome(void)
{
    struct record record = common(RECORD_OUTCOME, 1042);
    record.of = 1041;
    record.result = RECORD_ACCEPTED;
    record.amount_minor = 500;
    record.auth = bytes_text("A-77312");
    return record;
}

static void test_every_form_comes_back(void)
{
    struct record record = redeem();
    check_there_and_back(&record);
    record.txh = bytes_of(NULL, 0);
    record.stamp.operator_number = record.stamp.shift = 0;
    record.sale_id = record.service_id = record.transaction_id = bytes_text("");
    check_there_and_back(&record);

    record = outcome();
    check_there_and_back(&record);
    record.result = RECORD_REFUSED;
    record.amount_minor = 0;
    record.auth = bytes_text("");
    record.code = RECORD_CODE_ALREADY_REDEEMED;
    check_there_and_back(&record);

    record = award();
    check_there_and_back(&record);
    record.member = bytes_of(NULL, 0);
    record.token = bytes_of(TOKEN, sizeof TOKEN);
    record.issuer = 70000;
    check_there_and_back(&record);

    record = common(RECORD_REVERSE, 1043);
    record.of = 1041;
    record.amount_minor = 500;
    check_there_and_back(&record);
    record = common(RECORD_LATE, 1044);
    record.of = 1041;
    record.code = RECORD_CODE_EXPIRED;
    check_there_and_back(&record);
}

/* The bytes are the contract with the host: an outcome, written out by hand. */
static void test_bytes_are_as_specified(void)
{
    static const char expected[] = "ac"
                                   "0101"
                                   "0202"
                                   "0307"
                                   "04190412"
                                   "0550abababababababababababababababab"
                                   "061a6b023080"
                                   "07181e"
                                   "0802"
                                   "09182a"
                                   "0a19032c"
                                   "181e190411"
                                   "181f01";
    uint8_t memory[LIMIT_RECORD_BYTES], hex_memory[2 * LIMIT_RECORD_BYTES];
    struct record record = outcome();
    record.stamp.operator_number = record.stamp.shift = 0;
    record.auth = bytes_text("");
    record.amount_minor = 0;
    struct buffer out = buffer_of(memory, sizeof memory);
    CHECK_STATUS(record_write(&record, &out), SCRIP_OK);
    struct buffer hex = buffer_of(hex_memory, sizeof hex_memory);
    text_hex_encode(buffer_bytes(&out), &hex);
    CHECK_EQ_INT(hex.len, sizeof expected - 1);
    CHECK_EQ_BYTES(hex_memory, expected, hex.len);
}

static void check_changed(const struct record *record)
{
    uint8_t memory[LIMIT_RECORD_BYTES + 1], changed[LIMIT_RECORD_BYTES + 1];
    struct record read;
    struct buffer out = buffer_of(memory, LIMIT_RECORD_BYTES);
    CHECK_STATUS(record_write(record, &out), SCRIP_OK);
    for (size_t len = 0; len < out.len; len++) {
        CHECK_STATUS(record_read(bytes_of(memory, len), &read), SCRIP_REFUSED_SHAPE);
        CHECK(read.type == 0 && read.token.data == NULL);
    }
    memory[out.len] = 0;
    CHECK_STATUS(record_read(bytes_of(memory, out.len + 1), &read), SCRIP_REFUSED_SHAPE);

    /* Whatever a flipped bit still reads as, it is written back as exactly those bytes. */
    size_t taken = 0;
    for (size_t bit = 0; bit < out.len * 8; bit++) {
        memcpy(changed, memory, out.len);
        changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (record_read(bytes_of(changed, out.len), &read) != SCRIP_OK)
            continue;
        uint8_t again_memory[LIMIT_RECORD_BYTES];
        struct buffer again = buffer_of(again_memory, sizeof again_memory);
        CHECK_STATUS(record_write(&read, &again), SCRIP_OK);
        CHECK(same(buffer_bytes(&again), bytes_of(changed, out.len)));
        taken++;
    }
    CHECK(taken > 0);
}

static void test_every_changed_structure_is_refused(void)
{
    struct record record = redeem();
    check_changed(&record);
    record = outcome();
    check_changed(&record);
}

/* Each key taken out, head and value, from a record that has them all. */
static void test_every_key_is_missed(void)
{
    uint8_t memory[LIMIT_RECORD_BYTES], shorter[LIMIT_RECORD_BYTES];
    struct record record = redeem(), read;
    struct buffer out = buffer_of(memory, sizeof memory);
    CHECK_STATUS(record_write(&record, &out), SCRIP_OK);
    struct cbor_reader in = cbor_read(buffer_bytes(&out));
    size_t pairs, missed = 0;
    CHECK(cbor_get_map(&in, 24, &pairs));
    for (size_t i = 0; i < pairs; i++) {
        const uint8_t *start = in.at;
        int64_t key;
        CHECK(cbor_get_int(&in, &key) && cbor_skip(&in, 1, NULL));
        struct buffer cut = buffer_of(shorter, sizeof shorter);
        buffer_put_byte(&cut, (uint8_t)(memory[0] - 1));
        buffer_put(&cut, memory + 1, (size_t)(start - memory) - 1);
        buffer_put(&cut, in.at, (size_t)(in.end - in.at));
        bool optional = key == RECORD_KEY_OPERATOR || key == RECORD_KEY_SHIFT ||
                        key == RECORD_KEY_TXH;
        CHECK_STATUS(record_read(buffer_bytes(&cut), &read),
                     optional ? SCRIP_OK : SCRIP_REFUSED_SHAPE);
        missed += !optional;
    }
    CHECK_EQ_INT(missed, 19);
}

static void check_refused(const struct record *record, enum scrip_status expected)
{
    uint8_t memory[2 * LIMIT_RECORD_BYTES];
    struct buffer out = buffer_of(memory, sizeof memory);
    buffer_put_byte(&out, 1);
    CHECK_STATUS(record_write(record, &out), expected);
    CHECK_EQ_INT(out.len, 1);
    CHECK(!out.overflow);
}

static void test_a_writer_makes_nothing_that_a_reader_refuses(void)
{
    static const uint8_t long_token[LIMIT_TOKEN_BYTES] = {1};
    struct record record = redeem();
    record.sale_id = bytes_text("LANE\n4");
    check_refused(&record, SCRIP_REFUSED_ARGUMENT);
    record = redeem();
    record.service_id = bytes_of("\xFF", 1);
    check_refused(&record, SCRIP_REFUSED_ARGUMENT);
    record = redeem();
    record.txh.len = 15;
    check_refused(&record, SCRIP_REFUSED_ARGUMENT);
    record = redeem();
    record.mode = 0;
    check_refused(&record, SCRIP_REFUSED_ARGUMENT);
    record = redeem();
    record.token = bytes_of(long_token, sizeof long_token);
    record.transaction_id = bytes_text("123456789012345678901234567890123456");
    check_refused(&record, SCRIP_REFUSED_TOO_LONG);
    record = outcome();
    record.auth = bytes_text("seventeen letters");
    check_refused(&record, SCRIP_REFUSED_ARGUMENT);
    record = outcome();
    record.of = record.seq;
    check_refused(&record, SCRIP_REFUSED_ARGUMENT);
    record = common(RECORD_REFUND, 9);
    check_refused(&record, SCRIP_REFUSED_ARGUMENT);
    /* An award is for one claimant: not for nobody, not for two, and by a seal of the short form.
     */
    record = award();
    record.token = bytes_of(TOKEN, sizeof TOKEN);
    check_refused(&record, SCRIP_REFUSED_ARGUMENT);
    record = award();
    record.member = bytes_of(NULL, 0);
    check_refused(&record, SCRIP_REFUSED_ARGUMENT);
    record = award();
    record.member.len--;
    check_refused(&record, SCRIP_REFUSED_ARGUMENT);
    record = common(RECORD_LATE, 9);
    record.of = 1;
    check_refused(&record, SCRIP_REFUSED_ARGUMENT);

    uint8_t small[40];
    struct buffer out = buffer_of(small, sizeof small);
    record = redeem();
    CHECK_STATUS(record_write(&record, &out), SCRIP_REFUSED_TOO_LONG);
    CHECK_EQ_INT(out.len, 0);
}

/* The two claimants of one award, merged by hand: the reader holds them apart too. */
static void test_an_award_has_one_claimant(void)
{
    uint8_t memory[LIMIT_RECORD_BYTES], merged_memory[LIMIT_RECORD_BYTES];
    struct buffer out = buffer_of(memory, sizeof memory);
    struct buffer merged = buffer_of(merged_memory, sizeof merged_memory);
    struct record record = award(), read;
    CHECK_STATUS(record_write(&record, &out), SCRIP_OK);
    /* The head of the map counts a pair more, and the pair goes in front of key 23. */
    size_t at = 2;
    while (at < out.len && memcmp(out.data + at, "\x17\x19\x03\xD2", 4) != 0)
        at++;
    CHECK(at < out.len && out.data[0] == 0xB2);
    for (unsigned keys = 1; keys < 4; keys++) {
        merged.len = 0;
        buffer_put(&merged, out.data, at);
        merged.data[0] = (uint8_t)(0xB2 + (keys == 3 ? 2 : 1));
        if (keys & 1)
            buffer_put(&merged, "\x14\x41\x01", 3);
        buffer_put(&merged, out.data + at, out.len - at - (2 + 2 + RECORD_SEALED_BYTES));
        if (keys & 2)
            buffer_put(&merged, "\x18\x1D\x05", 3);
        buffer_put(&merged, out.data + out.len - (2 + 2 + RECORD_SEALED_BYTES),
                   2 + 2 + RECORD_SEALED_BYTES);
        CHECK_STATUS(record_read(buffer_bytes(&merged), &read), SCRIP_REFUSED_SHAPE);
    }
}

static void test_codes_have_names_both_ways(void)
{
    for (unsigned code = 0; code < RECORD_CODES; code++)
        CHECK_EQ_INT(record_code_of(bytes_text(record_code_name((enum record_code)code))), code);
    CHECK_EQ_STRING(record_code_name((enum record_code)200), "OTHER");
    CHECK_EQ_INT(record_code_of(bytes_text("SOMETHING_NEW")), RECORD_CODE_OTHER);
}

static void test_link_is_the_hash_of_the_bytes(void)
{
    uint8_t link[RECORD_LINK_BYTES], hash[CRYPTO_HASH_BYTES];
    CHECK_STATUS(record_link(bytes_text("abc"), link), SCRIP_OK);
    CHECK_STATUS(crypto_sha256(bytes_text("abc"), hash), SCRIP_OK);
    CHECK_EQ_BYTES(link, hash, RECORD_LINK_BYTES);
}

int main(void)
{
    static struct test_entropy entropy;
    test_entropy_open(&entropy, 1);
    CHECK_STATUS(crypto_open(&entropy.hal), SCRIP_OK);
    CHECK_RUN(test_every_form_comes_back);
    CHECK_RUN(test_bytes_are_as_specified);
    CHECK_RUN(test_every_changed_structure_is_refused);
    CHECK_RUN(test_every_key_is_missed);
    CHECK_RUN(test_a_writer_makes_nothing_that_a_reader_refuses);
    CHECK_RUN(test_an_award_has_one_claimant);
    CHECK_RUN(test_codes_have_names_both_ways);
    CHECK_RUN(test_link_is_the_hash_of_the_bytes);
    return check_done();
}
