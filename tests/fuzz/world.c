#include <string.h>

#include "tests/fuzz/fuzz.h"

struct fuzz_world *fuzz_world(void)
{
    static struct fuzz_world world;
    static bool open;
    uint8_t scalar[CRYPTO_SCALAR_BYTES];

    if (open)
        return &world;
    open = true;
    test_issuer_open(&world.issuer);
    FUZZ_HOLDS(crypto_signing_generate(&world.root, scalar) == SCRIP_OK);
    FUZZ_HOLDS(crypto_signing_public(world.root, world.roots.point[0]) == SCRIP_OK);
    memcpy(world.roots.point[1], world.issuer.keys.key[0].point, CRYPTO_POINT_BYTES);
    world.roots.count = 2;
    FUZZ_HOLDS(cose_kid(world.roots.point[0], world.issuer.keys.root[0]) == SCRIP_OK);
    FUZZ_HOLDS(identity_parse(bytes_text(TEST_TERMINAL), &world.terminal) == SCRIP_OK);
    memset(world.challenge.nonce, 0xC0, sizeof world.challenge.nonce);
    memset(world.challenge.txh, 0xC1, sizeof world.challenge.txh);
    return &world;
}

struct trust fuzz_trust(const struct fuzz_world *world, bool challenged)
{
    return (struct trust){.keys = &world->issuer.keys,
                          .identity = &world->terminal,
                          .now = {.t_s = TEST_NOW_S,
                                  .tolerance_s = 31,
                                  .quality = WALLCLOCK_GOOD,
                                  .source = WALLCLOCK_HOST,
                                  .floor_s = TEST_NOW_S - 3600},
                          .challenge = challenged ? &world->challenge : NULL};
}

uint8_t fuzz_take_u8(struct bytes *input)
{
    if (input->len == 0)
        return 0;
    input->len--;
    return *input->data++;
}

uint16_t fuzz_take_u16(struct bytes *input)
{
    uint16_t low = fuzz_take_u8(input);
    return (uint16_t)(low | fuzz_take_u8(input) << 8);
}

uint32_t fuzz_take_u32(struct bytes *input)
{
    uint32_t low = fuzz_take_u16(input);
    return low | (uint32_t)fuzz_take_u16(input) << 16;
}

struct bytes fuzz_take(struct bytes *input, size_t len)
{
    struct bytes taken = bytes_of(input->data, len < input->len ? len : input->len);

    *input = bytes_of(input->len > 0 ? input->data + taken.len : input->data,
                      input->len - taken.len);
    return taken;
}

void fuzz_visit_with(uint8_t first, struct bytes seed, fuzz_visit *visit, void *context)
{
    uint8_t *copy = malloc(1 + seed.len);

    FUZZ_HOLDS(copy != NULL);
    copy[0] = first;
    if (seed.len > 0)
        memcpy(copy + 1, seed.data, seed.len);
    visit(context, bytes_of(copy, 1 + seed.len));
    free(copy);
}
