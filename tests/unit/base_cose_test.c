/* cose, object, identity, status: one shape, two roots, three parts, a sentence for each outcome.
 */
#include "base/cbor.h"
#include "base/cose.h"
#include "base/identity.h"
#include "base/object.h"
#include "base/text.h"
#include "tests/check.h"
#include "tests/support/entropy.h"
#include "tests/vectors/rfc.h"

static struct test_entropy entropy;
static struct crypto_key key, other_key;
static uint8_t point[CRYPTO_POINT_BYTES], other_point[CRYPTO_POINT_BYTES], kid[COSE_KID_BYTES];

static void make_key(struct crypto_key *made, uint8_t *made_point)
{
    uint8_t scalar[CRYPTO_SCALAR_BYTES];
    CHECK_STATUS(crypto_signing_generate(made, scalar), SCRIP_OK);
    CHECK_STATUS(crypto_signing_public(*made, made_point), SCRIP_OK);
}

static void test_kid_is_the_thumbprint(void)
{
    uint8_t published[CRYPTO_POINT_BYTES] = {4}, expected[CRYPTO_HASH_BYTES], made[COSE_KID_BYTES];
    struct buffer x = buffer_of(published + 1, 32), y = buffer_of(published + 33, 32);
    struct buffer thumbprint = buffer_of(expected, sizeof expected);
    CHECK_STATUS(text_hex_decode(bytes_text(RFC9679_X), &x), SCRIP_OK);
    CHECK_STATUS(text_hex_decode(bytes_text(RFC9679_Y), &y), SCRIP_OK);
    CHECK_STATUS(text_hex_decode(bytes_text(RFC9679_THUMBPRINT), &thumbprint), SCRIP_OK);
    CHECK_STATUS(cose_kid(published, made), SCRIP_OK);
    CHECK_EQ_BYTES(made, expected, sizeof made);
}

static struct bytes sign(struct bytes payload, uint8_t *memory, size_t capacity)
{
    struct buffer out = buffer_of(memory, capacity);
    CHECK_STATUS(cose_sign(key, kid, "SCT1", payload, &out), SCRIP_OK);
    return buffer_bytes(&out);
}

static void test_round_trip(void)
{
    static const size_t lengths[] = {0, 23, 24, 230, 255, 256, 300};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        uint8_t payload[300] = {1, 2, 3}, memory[400];
        struct cose message;
        struct bytes data = sign(bytes_of(payload, lengths[i]), memory, sizeof memory);
        CHECK(data.len <= lengths[i] + COSE_OVERHEAD);
        CHECK_STATUS(cose_parse(data, &message), SCRIP_OK);
        CHECK_EQ_INT(message.payload.len, lengths[i]);
        CHECK_EQ_BYTES(message.kid.data, kid, sizeof kid);
        CHECK_STATUS(cose_verify(&message, "SCT1", point), SCRIP_OK);
        CHECK_STATUS(cose_verify(&message, "SCR1", point), SCRIP_REFUSED_SIGNATURE);
        CHECK_STATUS(cose_verify(&message, "", point), SCRIP_REFUSED_SIGNATURE);
        CHECK_STATUS(cose_verify(&message, "SCT1", other_point), SCRIP_REFUSED_SIGNATURE);

        struct buffer small = buffer_of(memory, data.len - 1);
        CHECK_STATUS(cose_sign(key, kid, "SCT1", bytes_of(payload, lengths[i]), &small),
                     SCRIP_REFUSED_TOO_LONG);
        CHECK_EQ_INT(small.len, 0);
    }
}

static void test_every_bit_counts(void)
{
    uint8_t memory[128];
    struct cose message;
    struct bytes data = sign(bytes_of("\xA1\x01\x02", 3), memory, sizeof memory);
    for (size_t bit = 0; bit < data.len * 8; bit++) {
        memory[bit / 8] ^= (uint8_t)(1u << bit % 8);
        enum scrip_status status = cose_parse(data, &message);
        if (status == SCRIP_OK)
            status = cose_verify(&message, "SCT1", point);
        CHECK(status == SCRIP_REFUSED_SHAPE || status == SCRIP_REFUSED_SIGNATURE);
        memory[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t len = 0; len < data.len; len++) {
        CHECK_STATUS(cose_parse(bytes_of(memory, len), &message), SCRIP_REFUSED_SHAPE);
        CHECK(message.payload.data == NULL);
    }
    CHECK_STATUS(cose_parse(bytes_of(memory, data.len + 1), &message), SCRIP_REFUSED_SHAPE);
}

/* A message put together by hand: its tag, its protected and unprotected headers, its payload. */
static enum scrip_status parse_made(const char *start, const char *header, const char *middle,
                                    size_t signature_len)
{
    uint8_t memory[256], scratch[128];
    struct buffer out = buffer_of(memory, sizeof memory), part = buffer_of(scratch, sizeof scratch);
    struct cose message;
    CHECK_STATUS(text_hex_decode(bytes_text(start), &out), SCRIP_OK);
    CHECK_STATUS(text_hex_decode(bytes_text(header), &part), SCRIP_OK);
    cbor_put_bytes(&out, buffer_bytes(&part));
    CHECK_STATUS(text_hex_decode(bytes_text(middle), &out), SCRIP_OK);
    memset(scratch, 1, sizeof scratch);
    cbor_put_bytes(&out, bytes_of(scratch, signature_len));
    return cose_parse(buffer_bytes(&out), &message);
}

static void test_only_the_one_shape(void)
{
    static const char good[] = "a2012604480102030405060708";
    CHECK_STATUS(parse_made("d284", good, "a041ff", 64), SCRIP_OK);
    CHECK_STATUS(parse_made("84", good, "a041ff", 64), SCRIP_REFUSED_SHAPE);       /* no tag */
    CHECK_STATUS(parse_made("d18c84", good, "a041ff", 64), SCRIP_REFUSED_SHAPE);   /* another */
    CHECK_STATUS(parse_made("d83dd284", good, "a041ff", 64), SCRIP_REFUSED_SHAPE); /* CWT tag */
    CHECK_STATUS(parse_made("d81284", good, "a041ff", 64), SCRIP_REFUSED_SHAPE);   /* long tag */
    CHECK_STATUS(parse_made("d283", good, "a041ff", 64), SCRIP_REFUSED_SHAPE);
    CHECK_STATUS(parse_made("d285", good, "a041ff", 64), SCRIP_REFUSED_SHAPE);
    CHECK_STATUS(parse_made("d29804", good, "a041ff", 64), SCRIP_REFUSED_SHAPE);
    CHECK_STATUS(parse_made("d29f", good, "a041ff", 64), SCRIP_REFUSED_SHAPE);
    CHECK_STATUS(parse_made("d284", good, "a1042041ff", 64), SCRIP_REFUSED_SHAPE);
    CHECK_STATUS(parse_made("d284", good, "a0f6", 64), SCRIP_REFUSED_SHAPE); /* detached */
    CHECK_STATUS(parse_made("d284", good, "a061ff", 64), SCRIP_REFUSED_SHAPE);
    CHECK_STATUS(parse_made("d284", good, "a05801ff", 64), SCRIP_REFUSED_SHAPE);
    CHECK_STATUS(parse_made("d284", good, "a041ffff", 64), SCRIP_REFUSED_SHAPE);
    CHECK_STATUS(parse_made("d284", good, "a042ff", 64), SCRIP_REFUSED_SHAPE);
    CHECK_STATUS(parse_made("d284", good, "a041ff", 63), SCRIP_REFUSED_SHAPE);
    CHECK_STATUS(parse_made("d284", good, "a041ff", 65), SCRIP_REFUSED_SHAPE);
    static const char *const headers[] = {"a10126",                           /* no kid */
                                          "a104480102030405060708",           /* no algorithm */
                                          "a2012704480102030405060708",       /* EdDSA */
                                          "a201260447010203040506070800",     /* kid of seven, and a
                                                                                 byte too many */
                                          "a20126044701020304050607",         /* kid of seven */
                                          "a2044801020304050607080126",       /* wrong order */
                                          "a301260448010203040506070803183d", /* a third label */
                                          "a201380604480102030405060708",     /* a long -7 */
                                          "",                                 /* empty */
                                          "bf012604480102030405060708ff"};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        CHECK_STATUS(parse_made("d284", headers[i], "a041ff", 64), SCRIP_REFUSED_SHAPE);
}

static void test_accidents_are_faults(void)
{
    uint8_t memory[128];
    struct cose message;
    struct buffer out = buffer_of(memory, sizeof memory);
    entropy.broken = true;
    CHECK_STATUS(cose_sign(key, kid, "SCT1", bytes_text("x"), &out), SCRIP_FAULT_ENTROPY);
    CHECK_EQ_INT(out.len, 0);
    entropy.broken = false;

    struct bytes data = sign(bytes_text("x"), memory, sizeof memory);
    struct p256v_table table;
    memset(&table, 0, sizeof table);
    CHECK_STATUS(cose_parse(data, &message), SCRIP_OK);
    CHECK_STATUS(cose_verify_prepared(&message, "SCT1", &table), SCRIP_FAULT_SEAL);
    CHECK_STATUS(p256v_prepare(point, &table), SCRIP_OK);
    CHECK_STATUS(cose_verify_prepared(&message, "SCT1", &table), SCRIP_OK);
}

static void test_objects(void)
{
    uint8_t memory[512], body_memory[64];
    struct buffer body = buffer_of(body_memory, sizeof body_memory);
    struct buffer out = buffer_of(memory, sizeof memory);
    struct object_roots roots = {.count = 2}, second = {.count = 1};
    struct object read;
    memcpy(roots.point[0], other_point, sizeof point);
    memcpy(roots.point[1], point, sizeof point);
    memcpy(second.point[0], other_point, sizeof point);
    cbor_put_map(&body, 1);
    cbor_put_uint(&body, 1);
    cbor_put_text(&body, bytes_text("hello"));
    struct object object = {OBJECT_POLICY, 100, 200, 7, span_of(buffer_bytes(&body))};
    CHECK_STATUS(object_sign(key, &object, &out), SCRIP_OK);
    struct bytes data = buffer_bytes(&out);

    CHECK_STATUS(object_verify(span_of(data), OBJECT_POLICY, &roots, &read), SCRIP_OK);
    CHECK_EQ_INT(read.kind, OBJECT_POLICY);
    CHECK_EQ_INT(read.iat_s, 100);
    CHECK_EQ_INT(read.exp_s, 200);
    CHECK_EQ_INT(read.seq, 7);
    uint8_t copy_memory[64];
    struct buffer copy = buffer_of(copy_memory, sizeof copy_memory);
    CHECK_STATUS(span_load(&read.body, &copy), SCRIP_OK);
    CHECK(bytes_equal(buffer_bytes(&copy), buffer_bytes(&body)));
    /* One kind is never another, however genuine. */
    CHECK_STATUS(object_verify(span_of(data), OBJECT_KEYS, &roots, &read), SCRIP_REFUSED_SIGNATURE);
    CHECK_EQ_INT(read.seq, 0);
    CHECK_STATUS(object_verify(span_of(data), OBJECT_POLICY, &second, &read), SCRIP_REFUSED_KEY);
    CHECK_STATUS(
        object_verify(span_of(bytes_of(memory, data.len - 1)), OBJECT_POLICY, &roots, &read),
        SCRIP_REFUSED_SHAPE);
    memory[data.len - 1] ^= 1;
    CHECK_STATUS(object_verify(span_of(data), OBJECT_POLICY, &roots, &read),
                 SCRIP_REFUSED_SIGNATURE);
    memory[data.len - 1] ^= 1;

    object.exp_s = 100;
    out = buffer_of(memory, sizeof memory);
    CHECK_STATUS(object_sign(key, &object, &out), SCRIP_OK);
    CHECK_STATUS(object_verify(span_of(buffer_bytes(&out)), OBJECT_POLICY, &roots, &read),
                 SCRIP_REFUSED_CLAIMS);
    out = buffer_of(memory, 100);
    CHECK_STATUS(object_sign(key, &object, &out), SCRIP_REFUSED_TOO_LONG);
}

/* Genuine, but not {1: iat, 2: exp, 3: seq, 4: body}. */
static void test_objects_of_another_form(void)
{
    static const char *const payloads[] = {
        "",
        "a0",
        "a3010102020303",                     /* no body */
        "a4010102020303",                     /* a map cut short */
        "a40101020203",                       /* a label cut off */
        "a501010202030304000500",             /* a fifth label */
        "a40202010103030400",                 /* wrong order */
        "a4014101020203030400",               /* iat is no number */
        "a40120020203030400",                 /* iat is negative */
        "a4011b0000000100000000020203030400", /* iat is above 32 bits */
        "a401010202030304",                   /* an empty body */
    };
    struct object_roots roots = {.count = 1};
    memcpy(roots.point[0], point, sizeof point);
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
        uint8_t payload[32], memory[160];
        struct buffer decoded = buffer_of(payload, sizeof payload);
        struct buffer out = buffer_of(memory, sizeof memory);
        struct object read;
        CHECK_STATUS(text_hex_decode(bytes_text(payloads[i]), &decoded), SCRIP_OK);
        CHECK_STATUS(cose_sign(key, kid, "SCK1", buffer_bytes(&decoded), &out), SCRIP_OK);
        CHECK_STATUS(object_verify(span_of(buffer_bytes(&out)), OBJECT_KEYS, &roots, &read),
                     SCRIP_REFUSED_CLAIMS);
    }
}

static void test_identities(void)
{
    static const struct {
        const char *text;
        unsigned parts;
    } cases[] = {{"M", 1},
                 {"M1.S-2", 2},
                 {"ABCDEFGHIJKL.S.012345678901", 3},
                 {"", 0},
                 {".", 0},
                 {"M.", 0},
                 {".M", 0},
                 {"M..T", 0},
                 {"M.S.T.X", 0},
                 {"M.S.T.", 0},
                 {"m.S.T", 0},
                 {"M S", 0},
                 {"ABCDEFGHIJKLM", 0},
                 {"M.S.ABCDEFGHIJKLM", 0},
                 {"M/S", 0},
                 {"M_S", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct identity identity;
        CHECK_EQ_INT(identity_audience_parts(bytes_text(cases[i].text)), cases[i].parts);
        CHECK_STATUS(identity_parse(bytes_text(cases[i].text), &identity),
                     cases[i].parts == 3 ? SCRIP_OK : SCRIP_REFUSED_CLAIMS);
        CHECK_EQ_STRING(identity.text, cases[i].parts == 3 ? cases[i].text : "");
    }
    CHECK_EQ_INT(identity_audience_parts(bytes_of("M\0", 2)), 0);
}

static void test_audiences(void)
{
    struct identity identity, nobody = {""};
    CHECK_STATUS(identity_parse(bytes_text("M1.S1.T1"), &identity), SCRIP_OK);
    static const char *const good[] = {"M1", "M1.S1", "M1.S1.T1"};
    static const char *const bad[] = {"M",          "M1.S",     "M1.S1.T", "M1.S1.T12", "M2",
                                      "M1.S2",      "M1.S1.T2", "M1.",     "M1.S1.",    "",
                                      "M1.S1.T1.X", "S1",       "M11"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        CHECK(identity_in_audience(&identity, bytes_text(good[i])));
        CHECK(!identity_in_audience(&nobody, bytes_text(good[i])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!identity_in_audience(&identity, bytes_text(bad[i])));
}

static void test_every_status_has_its_words(void)
{
    const char *unknown = scrip_status_text((enum scrip_status)0x3FF);
    const char *seen[128];
    size_t count = 0;
    for (unsigned value = 0; value < 0x300; value++) {
        const char *name = scrip_status_name((enum scrip_status)value);
        const char *text = scrip_status_text((enum scrip_status)value);
        CHECK((strcmp(name, "UNKNOWN") == 0) == (text == unknown));
        if (text == unknown)
            continue;
        REQUIRE(count < 128);
        CHECK(scrip_is_refused((enum scrip_status)value) == (strncmp(name, "REFUSED_", 8) == 0));
        CHECK(scrip_is_fault((enum scrip_status)value) == (strncmp(name, "FAULT_", 6) == 0));
        CHECK(text[0] >= 'A' && text[0] <= 'Z' && text[strlen(text) - 1] == '.');
        CHECK(strlen(text) <= 120);
        for (size_t i = 0; i < count; i++)
            CHECK(strcmp(seen[i], text) != 0);
        seen[count++] = text;
    }
    /* Whoever is refused is told what to do now. */
    static const enum scrip_status advised[] = {SCRIP_REFUSED_AUDIENCE,  SCRIP_REFUSED_SCOPE,
                                                SCRIP_REFUSED_ARGUMENT,  SCRIP_REFUSED_STATE,
                                                SCRIP_REFUSED_NOT_FOUND, SCRIP_REFUSED_VOID};
    for (size_t i = 0; i < sizeof advised / sizeof *advised; i++) {
        const char *advice = strstr(scrip_status_text(advised[i]), ": ");
        CHECK(advice != NULL && strlen(advice) > 20);
    }
    /* An abort undoes an ask too, and then the host was not late. */
    CHECK(strstr(scrip_status_text(SCRIP_REFUSED_VOID), "in time") == NULL);
    /* That none is missing between is the compiler's to say (-Wswitch). */
    CHECK_EQ_STRING(scrip_status_name(SCRIP_REFUSED_UNSUPPORTED), "REFUSED_UNSUPPORTED");
    CHECK_EQ_STRING(scrip_status_name(SCRIP_FAULT_PROTOCOL), "FAULT_PROTOCOL");
    CHECK_EQ_STRING(scrip_status_name(SCRIP_OK), "OK");
}

int main(void)
{
    test_entropy_open(&entropy, 3);
    CHECK_STATUS(crypto_open(&entropy.hal), SCRIP_OK);
    make_key(&key, point);
    make_key(&other_key, other_point);
    CHECK_STATUS(cose_kid(point, kid), SCRIP_OK);
    CHECK_RUN(test_kid_is_the_thumbprint);
    CHECK_RUN(test_round_trip);
    CHECK_RUN(test_every_bit_counts);
    CHECK_RUN(test_only_the_one_shape);
    CHECK_RUN(test_accidents_are_faults);
    CHECK_RUN(test_objects);
    CHECK_RUN(test_objects_of_another_form);
    CHECK_RUN(test_identities);
    CHECK_RUN(test_audiences);
    CHECK_RUN(test_every_status_has_its_words);
    return check_done();
}
