/*
 * Key sets and policies: what is fetched, and what may replace the one in use.
 */
#include "base/object.h"

#include "tests/unit/sync_rig.h"

enum { LARGE = RIG_SLOT - 200 };

static uint8_t object_memory[LIMIT_OBJECT_BYTES];

static uint32_t issued_s = RIG_START_S - 60;

static void make_object(enum object_kind kind, uint32_t seq, uint32_t exp_s, struct crypto_key key)
{
    static const uint8_t body[] = {0xA0};
    struct buffer out = buffer_of(object_memory, sizeof object_memory);
    struct object object = {.kind = kind,
                            .iat_s = issued_s,
                            .exp_s = exp_s,
                            .seq = seq,
                            .body = span_of(bytes_of(body, sizeof body))};

    CHECK_STATUS(object_sign(key, &object, &out), SCRIP_OK);
    rig.host.object = buffer_bytes(&out);
}

static void objects_open(void)
{
    rig_open(0);
    rig.parts.have[OBJECT_KEYS] = 8;
    rig.parts.have[OBJECT_POLICY] = 17;
    rig.host.more = ",\"want\":{\"keys\":9,\"policy\":17}";
}

static void test_a_newer_object_is_stored_and_told(void)
{
    objects_open();
    make_object(OBJECT_KEYS, 9, RIG_START_S + 86400, rig.root_key);
    rig.host.fields = "ETag: \"k9\"\r\n";
    rig_now();
    CHECK_EQ_STRING(rig.path, "/v1/objects/keys");
    CHECK_EQ_STRING(rig.etag, "");
    CHECK(rig_state().objects_changed);
    CHECK_EQ_INT(rig.blob_commits, 1);
    CHECK(bytes_equal(bytes_of(rig.blob, rig.blob_len), rig.host.object));
    /* Not again while the agent has not taken it, nor after. */
    int requests = rig.requests;
    rig.parts.have[OBJECT_KEYS] = 9;
    sync_objects_taken(&rig.sync);
    rig_poll(100);
    CHECK_EQ_INT(rig.requests, requests);
    /* The next one is asked for by what we hold. */
    rig.host.more = ",\"want\":{\"keys\":10}";
    rig.host.object = (struct bytes){NULL, 0};
    rig.host.status = 0;
    sync_now(&rig.sync);
    for (int i = 0; i < 200 && rig.requests < requests + 2; i++)
        rig_poll(1);
    CHECK_EQ_STRING(rig.etag, "\"k9\"");
    rig_close();
}

static enum scrip_status refuse(void *context, enum object_kind kind, struct span data,
                                struct object *out)
{
    CHECK_STATUS(rig_verify(context, kind, data, out), SCRIP_OK);
    CHECK_EQ_INT(out->seq, 9);
    return SCRIP_REFUSED_CLAIMS;
}

static void check_object_refused(enum scrip_status expected)
{
    rig_now();
    CHECK_EQ_STRING(rig.path, "/v1/objects/keys");
    CHECK_EQ_INT(rig.blob_commits, 0);
    CHECK(!rig_state().objects_changed);
    CHECK_EQ_STRING(rig_state().problem, "object-refused");
    CHECK_STATUS(rig_state().last, expected);
    CHECK(sync_ready(&rig.sync));
    rig_close();
}

static void test_objects_that_are_not_for_us(void)
{
    objects_open();
    make_object(OBJECT_KEYS, 9, RIG_START_S + 86400, rig.other_key);
    check_object_refused(SCRIP_REFUSED_KEY);
    objects_open();
    make_object(OBJECT_KEYS, 8, RIG_START_S + 86400, rig.root_key);
    check_object_refused(SCRIP_REFUSED_STATE);
    objects_open();
    make_object(OBJECT_KEYS, 9, RIG_START_S - 1, rig.root_key);
    check_object_refused(SCRIP_REFUSED_EXPIRED);
    objects_open();
    make_object(OBJECT_POLICY, 9, RIG_START_S + 86400, rig.root_key);
    check_object_refused(SCRIP_REFUSED_SIGNATURE);
    objects_open();
    make_object(OBJECT_KEYS, 9, RIG_START_S + 86400, rig.root_key);
    rig.host.object.len--;
    check_object_refused(SCRIP_REFUSED_SHAPE);
    objects_open();
    make_object(OBJECT_KEYS, 9, RIG_START_S + 86400, rig.root_key);
    rig.parts.verify = refuse;
    check_object_refused(SCRIP_REFUSED_CLAIMS);
    /* Dated ahead of a clock that is known. */
    issued_s = RIG_START_S + 3600;
    objects_open();
    make_object(OBJECT_KEYS, 9, RIG_START_S + 86400, rig.root_key);
    check_object_refused(SCRIP_REFUSED_NOT_YET);
    issued_s = RIG_START_S - 60;
}

static void test_a_removed_root_signs_nothing_more(void)
{
    struct object_roots left = {.count = 1};

    objects_open();
    left.point[0][0] = 4;
    CHECK_STATUS(crypto_signing_public(rig.other_key, left.point[0]), SCRIP_OK);
    rig.parts.verify_context = &left;
    make_object(OBJECT_KEYS, 9, RIG_START_S + 86400, rig.root_key);
    check_object_refused(SCRIP_REFUSED_KEY);
}

/* Signed, and as long as the slot but for the envelope. */
static void make_large(struct crypto_key key)
{
    static uint8_t body_memory[RIG_SLOT], memory[RIG_SLOT], zeros[RIG_SLOT];
    struct buffer body = buffer_of(body_memory, sizeof body_memory);
    struct buffer out = buffer_of(memory, sizeof memory);
    struct object object = {
        .kind = OBJECT_KEYS, .iat_s = issued_s, .exp_s = RIG_START_S + 86400, .seq = 9};

    cbor_put_bytes(&body, bytes_of(zeros, LARGE));
    object.body = span_of(buffer_bytes(&body));
    CHECK_STATUS(object_sign(key, &object, &out), SCRIP_OK);
    rig.host.object = buffer_bytes(&out);
}

/* Several times what sync can hold in memory: verified where it lies, then switched. */
static void test_a_slot_full_is_taken(void)
{
    objects_open();
    make_large(rig.root_key);
    CHECK(rig.host.object.len > 2 * sizeof rig.sync.in);
    rig_now();
    CHECK(rig_state().objects_changed);
    CHECK_EQ_INT(rig.blob_commits, 1);
    CHECK(bytes_equal(bytes_of(rig.blob, rig.blob_len), rig.host.object));
    rig_close();

    objects_open();
    make_large(rig.other_key);
    check_object_refused(SCRIP_REFUSED_KEY);
    CHECK(!rig.blob_open);
}

/* A connection that breaks leaves the old one, and the next attempt begins anew. */
static void test_an_object_that_breaks_off(void)
{
    objects_open();
    make_large(rig.root_key);
    rig.host.cut_object = 1;
    rig_now();
    CHECK_EQ_INT(rig.blob_commits, 0);
    CHECK(!rig.blob_open);
    CHECK(!rig_state().objects_changed);
    rig.host.cut_object = 0;
    rig_now();
    rig_poll(400);
    CHECK_EQ_INT(rig.blob_commits, 1);
    CHECK(bytes_equal(bytes_of(rig.blob, rig.blob_len), rig.host.object));
    rig_close();

    /* Closed in the middle. */
    objects_open();
    make_large(rig.root_key);
    sync_now(&rig.sync);
    for (int i = 0; i < 400 && !rig.blob_open; i++)
        rig_poll(1);
    CHECK(rig.blob_open);
    rig_close();
    CHECK(!rig.blob_open);
}

static void test_a_medium_that_fails(void)
{
    objects_open();
    make_object(OBJECT_KEYS, 9, RIG_START_S + 86400, rig.root_key);
    rig.blob_broken = true;
    rig_now();
    CHECK_EQ_INT(rig.blob_commits, 0);
    CHECK(!rig.blob_open);
    CHECK_STATUS(rig_state().last, SCRIP_FAULT_FLASH);
    rig_close();
}

static void test_an_object_too_long_is_not_stored(void)
{
    static uint8_t large[RIG_SLOT + 1];

    objects_open();
    rig.host.object = bytes_of(large, sizeof large);
    check_object_refused(SCRIP_REFUSED_TOO_LONG);
}

int main(void)
{
    CHECK_RUN(test_a_newer_object_is_stored_and_told);
    CHECK_RUN(test_objects_that_are_not_for_us);
    CHECK_RUN(test_a_removed_root_signs_nothing_more);
    CHECK_RUN(test_an_object_too_long_is_not_stored);
    CHECK_RUN(test_a_slot_full_is_taken);
    CHECK_RUN(test_an_object_that_breaks_off);
    CHECK_RUN(test_a_medium_that_fails);
    return check_done();
}
