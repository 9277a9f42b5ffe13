/*
 * The enrolment bundle: what is written is read back, what is stored reads again without its
 * objects, and no byte of a good bundle may be lost or wrong unnoticed.
 */
#include "base/bundle.h"

#include "tests/check.h"

static const uint8_t leaf[] = {0x30, 0x01, 0x02}, issuing[] = {0x30, 0x03}, root[] = {0x30, 0x07};
static const uint8_t keyset[] = {0xD2, 0x01}, policy[] = {0xD2, 0x02, 0x03};

static struct bundle example(void)
{
    struct bundle bundle = {.identity = {"ACME.S1.T1"},
                            .epoch = 7,
                            .chain = {{leaf, sizeof leaf}, {issuing, sizeof issuing}},
                            .chain_count = 2,
                            .roots = {{root, sizeof root}},
                            .root_count = 1,
                            .host = "host.example",
                            .port = 8443,
                            .pin_count = 1,
                            .object_roots = {.count = 2},
                            .keyset = {keyset, sizeof keyset},
                            .policy = {policy, sizeof policy}};
    memset(bundle.first_prev, 0xF1, sizeof bundle.first_prev);
    memset(bundle.pins[0], 0x51, sizeof bundle.pins[0]);
    memset(bundle.object_roots.point[0], 0x04, CRYPTO_POINT_BYTES);
    memset(bundle.object_roots.point[1], 0x05, CRYPTO_POINT_BYTES);
    memset(bundle.host_point, 0x06, sizeof bundle.host_point);
    return bundle;
}

static void check_same(const struct bundle *a, const struct bundle *b)
{
    CHECK_EQ_STRING(a->identity.text, b->identity.text);
    CHECK_EQ_INT(a->epoch, b->epoch);
    CHECK_EQ_BYTES(a->first_prev, b->first_prev, sizeof a->first_prev);
    CHECK_EQ_INT(a->chain_count, b->chain_count);
    CHECK(bytes_equal(a->chain[0], b->chain[0]));
    CHECK(bytes_equal(a->chain[1], b->chain[1]));
    CHECK_EQ_INT(a->root_count, b->root_count);
    CHECK(bytes_equal(a->roots[0], b->roots[0]));
    CHECK_EQ_STRING(a->host, b->host);
    CHECK_EQ_INT(a->port, b->port);
    CHECK_EQ_INT(a->pin_count, b->pin_count);
    CHECK_EQ_BYTES(a->pins[0], b->pins[0], sizeof a->pins[0]);
    CHECK_EQ_INT(a->object_roots.count, b->object_roots.count);
    CHECK_EQ_BYTES(a->object_roots.point, b->object_roots.point, sizeof a->object_roots.point);
    CHECK_EQ_BYTES(a->host_point, b->host_point, sizeof a->host_point);
}

static bool is_zeroed(const void *data, size_t len)
{
    const uint8_t *at = data;
    size_t i = 0;
    while (i < len && at[i] == 0)
        i++;
    return i == len;
}

static void test_written_is_read_back(void)
{
    uint8_t memory[1024];
    struct buffer out = buffer_of(memory, sizeof memory);
    struct bundle bundle = example(), again;

    bundle_write(&bundle, &out);
    REQUIRE(!out.overflow);
    CHECK_STATUS(bundle_read(buffer_bytes(&out), &again), SCRIP_OK);
    check_same(&again, &bundle);
    CHECK(bytes_equal(again.keyset, bundle.keyset));
    CHECK(bytes_equal(again.policy, bundle.policy));
}

static void test_stored_reads_without_objects(void)
{
    uint8_t memory[1024], kept[1024];
    struct buffer out = buffer_of(memory, sizeof memory), stored = buffer_of(kept, sizeof kept);
    struct bundle bundle = example(), read, again;

    bundle_write(&bundle, &out);
    CHECK_STATUS(bundle_read(buffer_bytes(&out), &read), SCRIP_OK);
    buffer_put_byte(&stored, BUNDLE_STORED_HEAD);
    buffer_put(&stored, read.stored.data, read.stored.len);
    CHECK_STATUS(bundle_read(buffer_bytes(&stored), &again), SCRIP_OK);
    check_same(&again, &bundle);
    CHECK_EQ_INT(again.keyset.len, 0);
    CHECK_EQ_INT(again.policy.len, 0);
}

static void test_every_cut_is_refused(void)
{
    uint8_t memory[1024];
    struct buffer out = buffer_of(memory, sizeof memory);
    struct bundle bundle = example(), again;

    bundle_write(&bundle, &out);
    for (size_t len = 0; len < out.len; len++) {
        CHECK_STATUS(bundle_read(bytes_of(memory, len), &again), SCRIP_REFUSED_SHAPE);
        CHECK(is_zeroed(&again, sizeof again));
    }
    memory[out.len] = 0;
    CHECK_STATUS(bundle_read(bytes_of(memory, out.len + 1), &again), SCRIP_REFUSED_SHAPE);
}

static void check_refused(const struct bundle *bundle)
{
    uint8_t memory[1024];
    struct buffer out = buffer_of(memory, sizeof memory);
    struct bundle again;

    bundle_write(bundle, &out);
    REQUIRE(!out.overflow);
    CHECK_STATUS(bundle_read(buffer_bytes(&out), &again), SCRIP_REFUSED_SHAPE);
}

static void test_values_out_of_range_are_refused(void)
{
    struct bundle bundle = example();
    bundle.epoch = 0;
    check_refused(&bundle);
    bundle = example();
    bundle.port = 0;
    check_refused(&bundle);
    bundle = example();
    bundle.chain_count = 0;
    check_refused(&bundle);
    bundle = example();
    bundle.root_count = 0;
    check_refused(&bundle);
    bundle = example();
    bundle.object_roots.count = 0;
    check_refused(&bundle);
    bundle = example();
    memcpy(bundle.host, "host\r\nX: 1", 11);
    check_refused(&bundle);
    bundle = example();
    memcpy(bundle.identity.text, "acme.s1.t1", 11);
    check_refused(&bundle);
    bundle = example();
    memcpy(bundle.identity.text, "ACME.S1", 8);
    check_refused(&bundle);
}

static void test_too_long_says_so(void)
{
    static uint8_t memory[LIMIT_BUNDLE_BYTES + 1];
    struct bundle bundle;

    CHECK_STATUS(bundle_read(bytes_of(memory, sizeof memory), &bundle), SCRIP_REFUSED_TOO_LONG);
}

int main(void)
{
    CHECK_RUN(test_written_is_read_back);
    CHECK_RUN(test_stored_reads_without_objects);
    CHECK_RUN(test_every_cut_is_refused);
    CHECK_RUN(test_values_out_of_range_are_refused);
    CHECK_RUN(test_too_long_says_so);
    return check_done();
}
