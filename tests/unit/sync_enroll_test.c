/*
 * Enrolment: a bundle made for this terminal's own request is installed whole; one that is for
 * another key, name, root or epoch changes nothing; a power cut anywhere leaves a terminal that is
 * enrolled as before, or not at all, or anew.
 */
#include "sync/enroll.h"

#include "base/cert.h"
#include "platform/sim/device.h"
#include "platform/sim/flash.h"

#include "tests/check.h"

enum { NOW_S = 1795305600 };

static const struct sim_geometry GEOMETRY = {40 * 4096, 4096, 256, 1, 1, true};

static struct {
    struct sim_entropy entropy;
    struct sim_keystore keystore;
    struct sim_flash flash;
    struct keys keys;
    struct blob_store blobs;
    /* The back office. */
    struct crypto_key ca, root, host;
    uint8_t ca_point[CRYPTO_POINT_BYTES];
    uint8_t ca_der[LIMIT_CERT_BYTES], leaf_der[LIMIT_CERT_BYTES];
    uint8_t keyset[512], policy[512];
    struct bundle bundle;
    uint8_t wire[LIMIT_BUNDLE_BYTES];
    struct bytes bytes;
    bool owned;
    struct enroll_owner owner;
} rig;

static struct crypto_key make_key(uint8_t point[CRYPTO_POINT_BYTES])
{
    struct crypto_key key = {0};
    uint8_t scalar[CRYPTO_SCALAR_BYTES];

    CHECK_STATUS(crypto_signing_generate(&key, scalar), SCRIP_OK);
    CHECK_STATUS(crypto_signing_public(key, point), SCRIP_OK);
    return key;
}

static struct bytes make_object(enum object_kind kind, struct crypto_key root, uint8_t *memory)
{
    static const uint8_t body[] = {0xA0};
    struct buffer out = buffer_of(memory, 512);
    struct object object = {.kind = kind,
                            .iat_s = NOW_S,
                            .exp_s = NOW_S + 86400,
                            .seq = 1,
                            .body = span_of(bytes_of(body, sizeof body))};

    CHECK_STATUS(object_sign(root, &object, &out), SCRIP_OK);
    return buffer_bytes(&out);
}

static struct bytes certify(const uint8_t *point, const char *uri, uint8_t *memory)
{
    struct buffer out = buffer_of(memory, LIMIT_CERT_BYTES);
    const struct cert_order order = {.use = uri != NULL ? CERT_TERMINAL : CERT_CA,
                                     .subject = uri != NULL ? "Terminal" : "CA",
                                     .uri = uri,
                                     .point = point,
                                     .issuer = "CA",
                                     .not_before_s = NOW_S - 60,
                                     .not_after_s = NOW_S + 86400};

    CHECK_STATUS(cert_issue(rig.ca, rig.ca_point, &order, &out), SCRIP_OK);
    return buffer_bytes(&out);
}

static void write_bundle(void)
{
    struct buffer out = buffer_of(rig.wire, sizeof rig.wire);

    bundle_write(&rig.bundle, &out);
    CHECK(!out.overflow);
    rig.bytes = buffer_bytes(&out);
}

static void rig_open(void)
{
    uint8_t der[CERT_REQUEST_BYTES], point[CRYPTO_POINT_BYTES];
    struct buffer request = buffer_of(der, sizeof der);
    struct identity identity;
    uint32_t damaged;

    memset(&rig, 0, sizeof rig);
    sim_entropy_open(&rig.entropy, 5);
    sim_keystore_open(&rig.keystore, false);
    sim_flash_open(&rig.flash, &GEOMETRY, 6);
    CHECK_STATUS(crypto_open(&rig.entropy.hal), SCRIP_OK);
    CHECK_STATUS(keys_open(&rig.keys, &rig.keystore.hal), SCRIP_OK);
    CHECK_STATUS(blob_mount(&rig.blobs, &rig.flash.hal, &rig.keys, &damaged), SCRIP_OK);

    /* As the back office would: from the terminal's own request. */
    CHECK_STATUS(identity_parse(bytes_text("ACME.S1.T1"), &rig.bundle.identity), SCRIP_OK);
    CHECK_STATUS(enroll_request(&rig.keys, &rig.bundle.identity, &request), SCRIP_OK);
    CHECK_STATUS(cert_request_read(buffer_bytes(&request), &identity, point), SCRIP_OK);
    CHECK_EQ_STRING(identity.text, "ACME.S1.T1");
    rig.ca = make_key(rig.ca_point);
    rig.root = make_key(rig.bundle.object_roots.point[0]);
    rig.host = make_key(rig.bundle.host_point);
    rig.bundle.object_roots.count = 1;
    rig.bundle.chain[0] = certify(point, "urn:scrip:term:ACME.S1.T1", rig.leaf_der);
    rig.bundle.chain_count = 1;
    rig.bundle.roots[0] = certify(rig.ca_point, NULL, rig.ca_der);
    rig.bundle.root_count = 1;
    rig.bundle.epoch = 3;
    memset(rig.bundle.first_prev, 0xF1, sizeof rig.bundle.first_prev);
    (void)snprintf(rig.bundle.host, sizeof rig.bundle.host, "host.example");
    rig.bundle.port = 8443;
    rig.bundle.keyset = make_object(OBJECT_KEYS, rig.root, rig.keyset);
    rig.bundle.policy = make_object(OBJECT_POLICY, rig.root, rig.policy);
    write_bundle();
}

static void rig_close(void)
{
    crypto_key_close(&rig.ca);
    crypto_key_close(&rig.root);
    crypto_key_close(&rig.host);
    keys_close(&rig.keys);
    sim_flash_close(&rig.flash);
}

static enum scrip_status install(void)
{
    return enroll_install(rig.bytes, rig.owned ? &rig.owner : NULL, &rig.keys, &rig.blobs);
}

/* What is stored is what the bundle said. */
static void check_enrolled(void)
{
    static uint8_t memory[LIMIT_BUNDLE_BYTES];
    struct buffer out = buffer_of(memory, sizeof memory);
    struct bundle stored;

    CHECK_EQ_INT(rig.keys.epoch, rig.bundle.epoch);
    CHECK_EQ_BYTES(rig.keys.first_prev, rig.bundle.first_prev, sizeof rig.keys.first_prev);
    CHECK_STATUS(blob_load(&rig.blobs, BLOB_IDENTITY, &out), SCRIP_OK);
    CHECK_STATUS(bundle_read(buffer_bytes(&out), &stored), SCRIP_OK);
    CHECK_EQ_STRING(stored.identity.text, "ACME.S1.T1");
    CHECK_EQ_STRING(stored.host, "host.example");
    CHECK_EQ_INT(stored.epoch, rig.bundle.epoch);
    CHECK(bytes_equal(stored.chain[0], rig.bundle.chain[0]));
    CHECK_EQ_INT(stored.keyset.len, 0);
    out = buffer_of(memory, sizeof memory);
    CHECK_STATUS(blob_load(&rig.blobs, BLOB_KEYS, &out), SCRIP_OK);
    CHECK(bytes_equal(buffer_bytes(&out), rig.bundle.keyset));
    out = buffer_of(memory, sizeof memory);
    CHECK_STATUS(blob_load(&rig.blobs, BLOB_POLICY, &out), SCRIP_OK);
    CHECK(bytes_equal(buffer_bytes(&out), rig.bundle.policy));
}

static void test_a_bundle_is_installed_whole(void)
{
    rig_open();
    CHECK_STATUS(install(), SCRIP_OK);
    check_enrolled();
    rig_close();
}

static void test_an_epoch_never_comes_twice(void)
{
    rig_open();
    CHECK_STATUS(install(), SCRIP_OK);
    CHECK_STATUS(install(), SCRIP_REFUSED_STATE);
    rig.bundle.epoch = 2;
    write_bundle();
    CHECK_STATUS(install(), SCRIP_REFUSED_STATE);
    rig.bundle.epoch = 4;
    write_bundle();
    CHECK_STATUS(install(), SCRIP_OK);
    check_enrolled();
    rig_close();
}

/* The bundle as it stands now is refused, and the terminal is as before. */
static void check_refused(enum scrip_status expected)
{
    uint32_t len;

    write_bundle();
    CHECK_STATUS(install(), expected);
    CHECK_EQ_INT(rig.keys.epoch, 0);
    for (int kind = 0; kind < BLOB_KINDS; kind++)
        CHECK_STATUS(blob_size(&rig.blobs, (enum blob_kind)kind, &len), SCRIP_REFUSED_NOT_FOUND);
    rig_close();
}

static void test_bundles_for_others_change_nothing(void)
{
    uint8_t point[CRYPTO_POINT_BYTES], own[CRYPTO_POINT_BYTES], kid[COSE_KID_BYTES];
    struct crypto_key key, other;

    /* Another terminal's key, another name in the certificate, another name in the bundle. */
    rig_open();
    other = make_key(point);
    rig.bundle.chain[0] = certify(point, "urn:scrip:term:ACME.S1.T1", rig.leaf_der);
    check_refused(SCRIP_REFUSED_KEY);
    rig_open();
    CHECK_STATUS(keys_signing(&rig.keys, &key, own, kid), SCRIP_OK);
    rig.bundle.chain[0] = certify(own, "urn:scrip:term:ACME.S1.T2", rig.leaf_der);
    check_refused(SCRIP_REFUSED_KEY);
    rig_open();
    CHECK_STATUS(identity_parse(bytes_text("ACME.S1.T2"), &rig.bundle.identity), SCRIP_OK);
    check_refused(SCRIP_REFUSED_KEY);

    /* A certificate that does not lead to the root given. */
    rig_open();
    crypto_key_close(&rig.ca);
    rig.ca = make_key(rig.ca_point);
    rig.bundle.roots[0] = certify(rig.ca_point, NULL, rig.ca_der);
    check_refused(SCRIP_REFUSED_KEY);

    /* Objects that another root signed, or of the wrong kind, or none. */
    rig_open();
    rig.bundle.keyset = make_object(OBJECT_KEYS, rig.host, rig.keyset);
    check_refused(SCRIP_REFUSED_KEY);
    rig_open();
    rig.bundle.policy = make_object(OBJECT_KEYS, rig.root, rig.policy);
    check_refused(SCRIP_REFUSED_SIGNATURE);
    rig_open();
    rig.bundle.policy.len = 0;
    check_refused(SCRIP_REFUSED_SHAPE);
    rig_open();
    rig.bundle.keyset.len = 0;
    check_refused(SCRIP_REFUSED_SHAPE);

    /* Points that are none. */
    rig_open();
    rig.bundle.host_point[64] ^= 1;
    check_refused(SCRIP_REFUSED_KEY);
    crypto_key_close(&other);
}

/* Everything fits the terminal, and nobody of its back office has signed: another CA, or another
 * root behind either object, also one that its own key set has put out of office. */
static void test_an_owned_terminal_stays_its_owners(void)
{
    uint8_t point[CRYPTO_POINT_BYTES], kid[COSE_KID_BYTES];
    struct crypto_key key;

    for (int what = 0; what < 5; what++) {
        struct bundle own;
        struct object_roots in_office;
        uint8_t own_ca[LIMIT_CERT_BYTES];

        rig_open();
        own = rig.bundle;
        memcpy(own_ca, rig.ca_der, sizeof own_ca);
        own.roots[0].data = own_ca;
        in_office = own.object_roots;
        rig.owner = (struct enroll_owner){&own, &in_office};
        rig.owned = true;
        if (what == 1) {
            crypto_key_close(&rig.ca);
            rig.ca = make_key(rig.ca_point);
            CHECK_STATUS(keys_signing(&rig.keys, &key, point, kid), SCRIP_OK);
            rig.bundle.roots[0] = certify(rig.ca_point, NULL, rig.ca_der);
            rig.bundle.chain[0] = certify(point, "urn:scrip:term:ACME.S1.T1", rig.leaf_der);
        } else if (what == 2 || what == 3) {
            memcpy(rig.bundle.object_roots.point[1], rig.bundle.host_point, CRYPTO_POINT_BYTES);
            rig.bundle.object_roots.count = 2;
            if (what == 2)
                rig.bundle.keyset = make_object(OBJECT_KEYS, rig.host, rig.keyset);
            else
                rig.bundle.policy = make_object(OBJECT_POLICY, rig.host, rig.policy);
        } else if (what == 4) {
            memcpy(in_office.point[0], rig.bundle.host_point, CRYPTO_POINT_BYTES);
        }
        if (what > 0) {
            check_refused(SCRIP_REFUSED_KEY);
            continue;
        }
        CHECK_STATUS(install(), SCRIP_OK);
        check_enrolled();
        rig_close();
    }
}

static void test_a_damaged_bundle_changes_nothing(void)
{
    rig_open();
    rig.bytes.len--;
    CHECK_STATUS(install(), SCRIP_REFUSED_SHAPE);
    CHECK_EQ_INT(rig.keys.epoch, 0);
    rig_close();
}

/* Cut at every flash operation: never enrolled by halves, and the same bundle mends it. */
static void test_every_cut_can_be_enrolled_again(void)
{
    uint32_t damaged, operations = 0;
    enum scrip_status status = SCRIP_FAULT_FLASH;

    for (uint32_t cut = 1; status != SCRIP_OK && cut < 200; cut++) {
        rig_open();
        rig.flash.cut_at = rig.flash.operations + cut;
        status = install();
        if (status != SCRIP_OK) {
            CHECK_EQ_INT(rig.keys.epoch, 0);
            sim_flash_power_on(&rig.flash);
            CHECK_STATUS(blob_mount(&rig.blobs, &rig.flash.hal, &rig.keys, &damaged), SCRIP_OK);
            CHECK_STATUS(install(), SCRIP_OK);
            operations++;
        }
        check_enrolled();
        rig_close();
    }
    CHECK_STATUS(status, SCRIP_OK);
    CHECK(operations > 10);
}

int main(void)
{
    CHECK_RUN(test_a_bundle_is_installed_whole);
    CHECK_RUN(test_an_epoch_never_comes_twice);
    CHECK_RUN(test_bundles_for_others_change_nothing);
    CHECK_RUN(test_an_owned_terminal_stays_its_owners);
    CHECK_RUN(test_a_damaged_bundle_changes_nothing);
    CHECK_RUN(test_every_cut_can_be_enrolled_again);
    return check_done();
}
