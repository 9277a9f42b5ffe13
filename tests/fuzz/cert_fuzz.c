/* Certificates and certificate requests. The first byte chooses the reader. */
#include <string.h>

#include "base/cert.h"
#include "tests/fuzz/fuzz.h"

/* As a first byte of its own it also chooses the chain's reader. */
enum { KNOWN_TIME = 4 };

static uint8_t root_memory[LIMIT_CERT_BYTES];
static struct bytes root;

static struct bytes issue(const struct cert_order *order, uint8_t memory[LIMIT_CERT_BYTES])
{
    const struct fuzz_world *world = fuzz_world();
    struct buffer der = buffer_of(memory, LIMIT_CERT_BYTES);

    FUZZ_HOLDS(cert_issue(world->root, world->roots.point[0], order, &der) == SCRIP_OK);
    return buffer_bytes(&der);
}

static struct cert_order order_of(enum cert_use use)
{
    struct fuzz_world *world = fuzz_world();

    return (struct cert_order){.use = use,
                               .subject = use == CERT_CA ? "Root" : TEST_TERMINAL,
                               .issuer = "Root",
                               .uri = use == CERT_TERMINAL ? IDENTITY_URN TEST_TERMINAL : NULL,
                               .dns = use == CERT_HOST ? "host.example" : NULL,
                               .point = world->roots.point[use == CERT_CA ? 0 : 1],
                               .not_before_s = TEST_NOW_S - 86400,
                               .not_after_s = TEST_NOW_S + 86400};
}

static void open_root(void)
{
    struct cert_order order = order_of(CERT_CA);

    if (root.len == 0)
        root = issue(&order, root_memory);
}

void fuzz_one(struct bytes input)
{
    uint8_t how = fuzz_take_u8(&input);
    struct cert_facts facts;
    struct identity identity;
    uint8_t point[CRYPTO_POINT_BYTES];
    enum scrip_status status;

    open_root();
    switch (how % 3) {
    case 0:
        status = cert_read(input, &facts);
        FUZZ_HOLDS(status == SCRIP_OK || facts.not_after_s == 0);
        break;
    case 1:
        status = cert_verify(&input, 1, &root, 1, how & KNOWN_TIME ? TEST_NOW_S : 0,
                             TEST_NOW_S - 100);
        break;
    default:
        status = cert_request_read(input, &identity, point);
        FUZZ_HOLDS(status != SCRIP_OK || identity_audience_parts(bytes_text(identity.text)) == 3);
    }
    FUZZ_HOLDS(!scrip_is_fault(status));
}

void fuzz_seeds(fuzz_visit *visit, void *context)
{
    struct fuzz_world *world = fuzz_world();
    static const uint8_t ways[] = {0, 1, KNOWN_TIME};
    uint8_t memory[LIMIT_CERT_BYTES];
    struct buffer request = buffer_of(memory, sizeof memory);

    open_root();
    for (enum cert_use use = CERT_CA; use <= CERT_HOST; use++) {
        struct cert_order order = order_of(use);
        struct bytes der = issue(&order, memory);

        for (size_t how = 0; how < sizeof ways; how++)
            fuzz_visit_with(ways[how], der, visit, context);
        order.not_after_s = TEST_NOW_S - 3600;
        fuzz_visit_with(KNOWN_TIME, issue(&order, memory), visit, context);
        order.not_before_s = TEST_NOW_S + 3600;
        order.not_after_s = TEST_NOW_S + 7200;
        fuzz_visit_with(KNOWN_TIME, issue(&order, memory), visit, context);
    }
    struct buffer none = buffer_of(memory, CERT_REQUEST_BYTES - 1);
    struct identity nobody = {""};
    FUZZ_HOLDS(cert_request(world->root, &world->terminal, &none) == SCRIP_REFUSED_TOO_LONG);
    FUZZ_HOLDS(cert_request(world->root, &nobody, &request) == SCRIP_REFUSED_ARGUMENT);
    FUZZ_HOLDS(cert_request(world->root, &world->terminal, &request) == SCRIP_OK);
    fuzz_visit_with(2, buffer_bytes(&request), visit, context);
}
