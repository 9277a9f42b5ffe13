/* What the host does when keys change under records that were queued before, and with coupons. */
#include "redeem/status_list.h"

#include "tests/check.h"
#include "tests/support/host_world.h"

static struct world world;
static struct world_terminal *const one = &world.terminal[0];

static void expect(struct record record, const char *status, const char *code)
{
    uint32_t seq = world_append(one, record);

    REQUIRE(seq != 0);
    CHECK(world_settle(one));
    CHECK_EQ_INT(one->acked_seq, seq);
    if (status == NULL)
        CHECK(world_has_no_verdicts(one));
    else
        CHECK(world_has_verdict(one, seq, status, code));
}

/* Rotation while a terminal is offline: a new key signs, the old one's window is over, and what it
 * signed inside of it still settles. */
static void test_records_of_a_rotated_key_settle(void)
{
    const struct keyset before = world.keys;
    uint8_t memory[LIMIT_TOKEN_BYTES];
    struct token_claims claims = world_claims(&world);
    struct record record = world_redeem(&world, world_mint(&world, &claims, memory),
                                        PERMIT_OFFLINE);
    struct keyset_key *old = &world.keys.key[0], *fresh = &world.keys.key[1];

    *fresh = *old;
    memcpy(fresh->point, world.time_point, sizeof fresh->point);
    REQUIRE(cose_kid(fresh->point, fresh->kid) == SCRIP_OK);
    world.keys.count = 2;
    old->sign_until_s = claims.iat_s;
    old->verify_until_s = claims.exp_s;
    world.keys.seq++;
    REQUIRE(world_write_objects(&world));
    expect(record, NULL, NULL);

    /* One that it signed after its window is not. */
    claims = world_claims(&world);
    claims.iat_s += 1;
    record = world_redeem(&world, world_mint(&world, &claims, memory), PERMIT_OFFLINE);
    expect(record, "quarantined", "KEY_REMOVED");
    world.keys = before;
    world.keys.seq += 2;
    REQUIRE(world_write_objects(&world));
}

static bool write_list(uint32_t list, struct bytes bits, struct crypto_key key)
{
    static uint8_t body_memory[LIMIT_OBJECT_BYTES], memory[LIMIT_OBJECT_BYTES];
    struct buffer body = buffer_of(body_memory, sizeof body_memory);
    struct buffer out = buffer_of(memory, sizeof memory);
    const struct status_list source = {.list = list, .bits = span_of(bits)};
    struct object object = {
        .kind = OBJECT_LIST, .iat_s = world.now_s, .exp_s = world.now_s + 1, .seq = 1};
    char path[512];

    CHECK_STATUS(status_list_write(&source, &body), SCRIP_OK);
    object.body = span_of(buffer_bytes(&body));
    (void)snprintf(path, sizeof path, "%s/objects/list-1.cose", world.pki_dir);
    return object_sign(key, &object, &out) == SCRIP_OK && test_write_file(path, out.data, out.len);
}

static struct record coupon(uint32_t index, uint8_t memory[LIMIT_TOKEN_BYTES])
{
    struct token_claims claims = world_claims(&world);

    claims.exp_s = claims.iat_s + 86400;
    claims.has_status = true;
    claims.status_list = 1;
    claims.status_index = index;
    return world_redeem(&world, world_mint(&world, &claims, memory), PERMIT_OFFLINE);
}

static void test_coupons_stand_while_a_list_says_so(void)
{
    static const uint8_t bits[] = {0x04, 0x00};
    uint8_t memory[LIMIT_TOKEN_BYTES];

    expect(coupon(0, memory), "refused", "OTHER"); /* no list */
    REQUIRE(write_list(1, bytes_of(bits, sizeof bits), world.issuer));
    expect(coupon(0, memory), "refused", "OTHER"); /* its key may not sign lists */
    world.keys.key[0].uses |= KEYSET_STATUS;
    world.keys.seq++;
    REQUIRE(world_write_objects(&world));
    expect(coupon(1, memory), NULL, NULL);
    expect(coupon(2, memory), "refused", "REVOKED");
    expect(coupon(15, memory), NULL, NULL);
    expect(coupon(16, memory), "refused", "REVOKED");
    REQUIRE(write_list(2, bytes_of(bits, sizeof bits), world.issuer));
    expect(coupon(1, memory), "refused", "OTHER"); /* another list under this name */
    REQUIRE(write_list(1, bytes_of(bits, sizeof bits), world.root));
    expect(coupon(1, memory), "refused", "OTHER"); /* nor is a root an issuer */
}

int main(void)
{
    if (!world_open(&world)) {
        printf("the host's surroundings could not be made\n");
        world_close(&world);
        return 1;
    }
    CHECK_RUN(test_records_of_a_rotated_key_settle);
    CHECK_RUN(test_coupons_stand_while_a_list_says_so);
    world_close(&world);
    return check_done();
}
