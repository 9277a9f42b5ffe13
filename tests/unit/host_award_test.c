/* Sales noted for members at the host: what it opens, what it keeps, and under which names. */
#include <stdio.h>
#include <sys/stat.h>

#include "redeem/bind.h"
#include "redeem/member.h"
#include "tests/check.h"
#include "tests/support/host_world.h"
#include "tools/host/award.h"
#include "tools/host/vault.h"

static const char PHONE[] = "+493012345678";

static struct world world;
static struct world_terminal *const one = &world.terminal[0];
static struct vault vault;
static struct crypto_key key;
static uint8_t point[CRYPTO_POINT_BYTES];
static uint8_t epoch_key[3][CRYPTO_HASH_BYTES];

static const char *query(const char *sql)
{
    static char text[128];

    return world_query(&world, sql, text, sizeof text) ? text : "(no row)";
}

static const char *award_is(uint32_t seq, const char *column)
{
    char sql[128];

    (void)snprintf(sql, sizeof sql, "SELECT %s FROM awards WHERE seq = %u", column, seq);
    return query(sql);
}

/* A file of the vault's form: only its first 32 bytes are the host's concern. */
static bool add_epoch(unsigned number)
{
    char path[512];
    uint8_t epoch[CRYPTO_HASH_BYTES + MEMBER_TAG_BYTES + MEMBER_SHORT_BYTES + HPKE_OVERHEAD];

    if (crypto_random(epoch, sizeof epoch) != SCRIP_OK)
        return false;
    memcpy(epoch_key[number], epoch, CRYPTO_HASH_BYTES);
    (void)snprintf(path, sizeof path, "%s/vault/epoch-%u", world.pki_dir, number);
    return test_write_file(path, epoch, sizeof epoch);
}

static bool make_vault(void)
{
    char path[512];
    gnutls_x509_privkey_t pem;
    uint8_t scalar[CRYPTO_SCALAR_BYTES];

    (void)snprintf(path, sizeof path, "%s/vault", world.pki_dir);
    if (mkdir(path, 0700) != 0)
        return false;
    (void)snprintf(path, sizeof path, "%s/vault.key", world.pki_dir);
    bool good = test_key_make(&pem) && test_write_key(path, pem) && test_scalar_of(pem, scalar) &&
                crypto_agreement_import(scalar, &key) == SCRIP_OK &&
                crypto_signing_public(key, point) == SCRIP_OK && add_epoch(1);
    gnutls_x509_privkey_deinit(pem);
    return good;
}

static struct record noted(struct record record)
{
    record.type = RECORD_AWARD;
    record.mode = 0;
    record.amount_minor = 0;
    return record;
}

/* An award sealed as the terminal would, for the sale with this transaction id. */
static uint32_t note_phone(const char *transaction_id)
{
    static uint8_t memory[RECORD_SEALED_BYTES];
    struct buffer sealed = buffer_of(memory, sizeof memory);
    struct record record = noted(world_redeem(&world, bytes_of(NULL, 0), PERMIT_OFFLINE));
    struct identity terminal;
    struct member_context context = {
        .terminal = &terminal, .epoch = one->epoch, .t_s = record.stamp.t_s};
    struct sale sale = {.total_minor = record.total_minor, .currency = record.currency};
    struct member_id id;

    (void)snprintf(sale.transaction_id, sizeof sale.transaction_id, "%s", transaction_id);
    memcpy(sale.lines, record.lines.data, sizeof sale.lines);
    CHECK_STATUS(identity_parse(bytes_text(one->name), &terminal), SCRIP_OK);
    CHECK_STATUS(bind_txh(&terminal, one->epoch, NULL, &sale, context.txh), SCRIP_OK);
    CHECK_STATUS(member_normalise(MEMBER_PHONE, bytes_text(PHONE), &id), SCRIP_OK);
    CHECK_STATUS(member_seal(point, &context, &id, &sealed), SCRIP_OK);
    record.issuer = 0;
    record.member = buffer_bytes(&sealed);
    return world_append(one, record);
}

static uint32_t note_code(uint32_t scope, bool has_member)
{
    uint8_t memory[LIMIT_TOKEN_BYTES];
    struct token_claims claims = world_claims(&world);

    claims.scope = scope;
    claims.has_limit = (scope & TOKEN_REDEEM_ANY) != 0;
    claims.has_member = has_member;
    struct bytes token = world_mint(&world, &claims, memory);
    return world_append(one, noted(world_redeem(&world, token, PERMIT_OFFLINE)));
}

/* The name, in an epoch, that the vault gives the phone. */
static const char *name_in(unsigned epoch)
{
    static char text[2 * MEMBER_TAG_BYTES + 1];
    uint8_t name[MEMBER_TAG_BYTES];
    struct member_id id;

    CHECK_STATUS(member_normalise(MEMBER_PHONE, bytes_text(PHONE), &id), SCRIP_OK);
    CHECK_STATUS(member_pseudonym(epoch_key[epoch], one->name, &id, name), SCRIP_OK);
    for (size_t i = 0; i < sizeof name; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", name[i]);
    return text;
}

static void test_a_code_earns_for_its_own_member(void)
{
    uint32_t seq = note_code(TOKEN_EARN, true);

    CHECK(world_settle(one));
    CHECK(world_has_no_verdicts(one));
    CHECK_EQ_STRING(award_is(seq, "state"), "noted");
    CHECK_EQ_STRING(award_is(seq, "member"), "e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1");
    CHECK_EQ_STRING(award_is(seq, "vault_epoch"), "0");
    CHECK_EQ_STRING(award_is(seq, "total_minor"), "1999");
    CHECK_EQ_STRING(query("SELECT count(*) FROM redemptions"), "0");
}

static void test_a_code_that_earns_nothing(void)
{
    uint32_t redeems = note_code(TOKEN_REDEEM_VALUE, true), nobody = note_code(TOKEN_EARN, false);

    CHECK(world_settle(one));
    CHECK(world_has_verdict(one, redeems, "refused", "OTHER"));
    CHECK(world_has_verdict(one, nobody, "refused", "OTHER"));
    CHECK_EQ_STRING(award_is(redeems, "state"), "refused");
    CHECK_EQ_STRING(award_is(redeems, "member"), "");
}

static void test_without_a_vault_a_seal_stays_closed(void)
{
    uint32_t seq = note_phone("20261125-0001");

    CHECK(world_settle(one));
    CHECK(world_has_no_verdicts(one));
    CHECK_EQ_STRING(award_is(seq, "state"), "sealed");
    CHECK_EQ_STRING(award_is(seq, "coalesce(vault_epoch, -1)"), "-1");
}

static void test_the_vault_opens_what_waited(void)
{
    uint32_t other = note_phone("another sale");
    struct db starting; /* as the host's main opens it; world.db is the server's thread's */

    CHECK(world_settle(one));
    REQUIRE(vault_open(&vault, world.pki_dir) == SCRIP_OK);
    world.pki.vault = &vault;
    REQUIRE(db_open(&starting, world.db_path) == SCRIP_OK);
    CHECK_STATUS(award_open_closed(&starting, &world.pki), SCRIP_OK);
    db_close(&starting);
    REQUIRE(world_restart(&world));
    CHECK_EQ_STRING(award_is(4, "state"), "noted");
    CHECK_EQ_STRING(award_is(4, "member"), name_in(1));
    CHECK_EQ_STRING(award_is(4, "vault_epoch"), "1");
    /* Its verdict is given: what does not open is nobody's. */
    CHECK_EQ_STRING(award_is(other, "state"), "sealed");
}

static void test_an_epoch_gives_another_name(void)
{
    uint32_t first = note_phone("20261125-0001"), second;

    CHECK(world_settle(one));
    REQUIRE(add_epoch(2));
    second = note_phone("20261125-0001");
    CHECK(world_settle(one));
    CHECK_EQ_STRING(award_is(first, "member"), name_in(1));
    CHECK_EQ_STRING(award_is(first, "vault_epoch"), "1");
    CHECK_EQ_STRING(award_is(second, "member"), name_in(2));
    CHECK_EQ_STRING(award_is(second, "vault_epoch"), "2");
    CHECK(strcmp(award_is(first, "member"), name_in(2)) != 0);
}

static void test_a_seal_of_another_sale_is_put_aside(void)
{
    uint32_t seq = note_phone("another sale");

    CHECK(world_settle(one));
    CHECK(world_has_verdict(one, seq, "quarantined", "KEY_REMOVED"));
    CHECK_EQ_STRING(award_is(seq, "state"), "refused");
    CHECK_EQ_STRING(award_is(seq, "member"), "");
}

static void test_a_reverse_ends_it(void)
{
    uint32_t seq = note_phone("20261125-0001");
    struct record reverse = world_about(&world, RECORD_REVERSE, seq);

    reverse.amount_minor = 0;
    (void)world_append(one, reverse);
    CHECK(world_settle(one));
    CHECK_EQ_STRING(award_is(seq, "state"), "reversed");
    CHECK_EQ_STRING(query("SELECT count(*) FROM awards WHERE state = 'reversed'"), "1");
}

/* The database as it lies on the disk, with its log. */
static void test_the_number_is_nowhere(void)
{
    static const char *const ends[] = {"", "-wal"};
    static char data[1 << 22];
    unsigned places = 0;

    for (size_t i = 0; i < 2; i++) {
        char path[256];
        (void)snprintf(path, sizeof path, "%s%s", world.db_path, ends[i]);
        FILE *file = fopen(path, "rb");
        size_t len = file != NULL ? fread(data, 1, sizeof data, file) : 0;
        places += len > 0;
        CHECK(memmem(data, len, PHONE + 1, strlen(PHONE) - 1) == NULL);
        if (file != NULL)
            (void)fclose(file);
    }
    CHECK(places >= 1);
}

static void test_every_message_validates(void)
{
    /* A refusal is a message, too. */
    struct world_sync sync = {.from = one->acked_seq + 1, .to = one->seq + 1};

    CHECK(note_code(TOKEN_EARN, true) == sync.to);
    sync.skip = sync.to;
    CHECK(world_send(one, &sync));
    CHECK(one->client.status >= 400);
    CHECK(world_validate(&world));
}

static void test_a_vault_that_is_none(void)
{
    struct vault none;

    CHECK_STATUS(vault_open(&none, "/nowhere"), SCRIP_REFUSED_NOT_FOUND);
    CHECK_STATUS(vault_open(&none, world.wire_dir), SCRIP_REFUSED_NOT_FOUND);
}

int main(void)
{
    if (!world_open(&world) || !make_vault())
        return 1;
    CHECK_RUN(test_a_code_earns_for_its_own_member);
    CHECK_RUN(test_a_code_that_earns_nothing);
    CHECK_RUN(test_without_a_vault_a_seal_stays_closed);
    CHECK_RUN(test_the_vault_opens_what_waited);
    CHECK_RUN(test_an_epoch_gives_another_name);
    CHECK_RUN(test_a_seal_of_another_sale_is_put_aside);
    CHECK_RUN(test_a_reverse_ends_it);
    CHECK_RUN(test_the_number_is_nowhere);
    CHECK_RUN(test_every_message_validates);
    CHECK_RUN(test_a_vault_that_is_none);
    world_close(&world);
    vault_close(&vault);
    crypto_key_close(&key);
    return check_done();
}
