/* Enrolment bundles. */
#include <string.h>

#include "base/bundle.h"
#include "tests/fuzz/fuzz.h"

void fuzz_one(struct bytes input)
{
    static uint8_t memory[LIMIT_BUNDLE_BYTES];
    struct buffer out = buffer_of(memory, sizeof memory);
    struct bundle bundle;

    if (bundle_read(input, &bundle) != SCRIP_OK) {
        FUZZ_HOLDS(bundle.epoch == 0 && bundle.chain_count == 0);
        return;
    }
    FUZZ_HOLDS(strlen(bundle.host) <= LIMIT_HOST_NAME && strlen(bundle.host) > 0);
    FUZZ_HOLDS(bundle.stored.len > 0 && bundle.stored.len < input.len);
    bundle_write(&bundle, &out);
    FUZZ_HOLDS(bytes_equal(buffer_bytes(&out), input));
}

void fuzz_seeds(fuzz_visit *visit, void *context)
{
    static const uint8_t der[] = {0x30, 0x01, 0x02}, object[] = {0xD2, 0x01};
    static uint8_t memory[LIMIT_BUNDLE_BYTES];
    struct bundle bundle = {.identity = {"ACME.S1.T1"},
                            .epoch = 7,
                            .chain = {{der, sizeof der}, {der, sizeof der}},
                            .chain_count = 2,
                            .roots = {{der, sizeof der}, {der, sizeof der}},
                            .root_count = 1,
                            .host = "host.example",
                            .port = 8443,
                            .pin_count = 1,
                            .object_roots = {.count = 2},
                            .keyset = {object, sizeof object},
                            .policy = {object, sizeof object}};

    for (int i = 0; i < 4; i++) {
        struct buffer out = buffer_of(memory, sizeof memory);

        bundle_write(&bundle, &out);
        FUZZ_HOLDS(!out.overflow);
        visit(context, buffer_bytes(&out));
        bundle.keyset.len = bundle.policy.len = i == 0 ? 0 : sizeof object;
        bundle.pin_count = (size_t)i % 3;
        bundle.root_count = bundle.object_roots.count = 1 + (size_t)i % 2;
        bundle.chain_count = 1 + (size_t)i % 2;
    }
}
