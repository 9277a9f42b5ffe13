/*
 * model_bench: what the journal asks of a W25Q NOR flash, by the simulator's clock.
 *
 * Three workloads: 200-byte payloads at steady state on sectors of 4 KiB and of 64 KiB, mounts at
 * 90 % full, and a store's day through the ledger. Prints raw samples, `series count amount`, in
 * nanoseconds of the model, operations or erases; tests/bench/journal/report makes the figures.
 */
#include <stdlib.h>

#include "tests/check.h"
#include "tests/support/shop.h"

enum {
    APPENDS = 50000,
    WARM_UP = 20000,
    PAYLOAD = 200,
    BATCH = 16,
    MOUNTS = 200,
    DAY_SALES = 1200
};

/* The flash as the journal sees it, with what an entry cost taken down: its program, and the reads
 * that lie inside of it. Another entry, or take(), closes it. */
static struct {
    struct hal_flash inner;
    struct sim_flash *flash;
    const char *series; /* NULL: nothing is printed */
    uint64_t program_ns, read_ns, programs;
    uint32_t at, len;          /* of the entry; 0: none is open */
    uint64_t first_program_ns; /* when the first program after a mount began; 0: none yet */
    uint32_t erases[256];
} spy;

static void take(void)
{
    if (spy.series != NULL && spy.len != 0)
        printf("%s_program 1 %" PRIu64 "\n%s_readback 1 %" PRIu64 "\n%s_entry 1 %" PRIu64
               "\n%s_programs 1 %" PRIu64 "\n",
               spy.series, spy.program_ns, spy.series, spy.read_ns, spy.series,
               spy.program_ns + spy.read_ns, spy.series, spy.programs);
    spy.len = 0;
    spy.program_ns = spy.read_ns = spy.programs = 0;
}

static enum scrip_status spy_program(void *context, uint32_t offset, const void *data, size_t len)
{
    const uint8_t *entry = data;
    bool counted = len >= 32 && entry[0] == 0x5A &&
                   ((entry[1] & 0x7F) == JOURNAL_DATA || (entry[1] & 0x7F) == JOURNAL_NOTE);
    uint64_t before_ns = spy.flash->time_ns, before = spy.flash->programs;

    take();
    if (spy.first_program_ns == 0)
        spy.first_program_ns = before_ns;
    enum scrip_status status = spy.inner.program(context, offset, data, len);
    if (counted) {
        spy.at = offset;
        spy.len = (uint32_t)len;
        spy.program_ns = spy.flash->time_ns - before_ns;
        spy.programs = spy.flash->programs - before;
    }
    return status;
}

static enum scrip_status spy_read(void *context, uint32_t offset, void *data, size_t len)
{
    uint64_t before_ns = spy.flash->time_ns;
    enum scrip_status status = spy.inner.read(context, offset, data, len);

    if (spy.len != 0 && offset >= spy.at && offset + len <= spy.at + spy.len)
        spy.read_ns += spy.flash->time_ns - before_ns;
    return status;
}

static enum scrip_status spy_erase(void *context, uint32_t offset)
{
    spy.erases[offset / spy.flash->hal.sector_size]++;
    return spy.inner.erase_start(context, offset);
}

static void watch(struct sim_flash *flash)
{
    memset(&spy, 0, sizeof spy);
    spy.inner = flash->hal;
    spy.flash = flash;
    flash->hal.program = spy_program;
    flash->hal.read = spy_read;
    flash->hal.erase_start = spy_erase;
}

static struct sim_entropy entropy;
static struct sim_keystore keystore;
static struct keys keys;
static struct journal journal;
static struct sim_flash flash;

static void settle(void)
{
    enum scrip_status status;

    while ((status = journal_idle(&journal)) == SCRIP_AGAIN)
        ;
    CHECK_STATUS(status, SCRIP_OK);
}

static void mount(void)
{
    crypto_key_close(&journal.aead);
    CHECK_STATUS(journal_mount(&journal, &flash.hal, &keys, NULL, NULL), SCRIP_OK);
}

static void start(uint32_t sector_size)
{
    const struct sim_geometry geometry = {1 << 20, sector_size, 256, 1, 1, true};

    sim_flash_open(&flash, &geometry, 1);
    CHECK_STATUS(journal_format(&flash.hal, &keys), SCRIP_OK);
    mount();
    settle();
    watch(&flash);
}

/* The last number in each sector. */
static uint32_t last_in[(1 << 20) / 4096];

static void append(const char *series)
{
    static uint32_t number;
    uint8_t data[PAYLOAD];
    uint64_t before_ns = flash.time_ns;

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(number * 31 + i);
    number++;
    REQUIRE(journal_append(&journal, JOURNAL_DATA, JOURNAL_NORMAL, bytes_of(data, sizeof data)) ==
            SCRIP_OK);
    last_in[journal_sector(&journal) % (sizeof last_in / sizeof *last_in)] = journal_next_seq(
                                                                                 &journal) -
                                                                             1;
    if (series != NULL)
        printf("%s_append 1 %" PRIu64 "\n", series, flash.time_ns - before_ns);
    take();
}

/* The host acknowledges sixteen at a time, while sales go on. */
static void steady(const char *series, uint32_t sector_size)
{
    uint64_t start_ns = 0;
    uint32_t i;

    start(sector_size);
    for (i = 0; i < WARM_UP + APPENDS; i++) {
        if (i == WARM_UP) {
            start_ns = flash.time_ns;
            spy.series = series;
        }
        append(i >= WARM_UP ? series : NULL);
        settle();
        if (i % BATCH == BATCH - 1)
            CHECK_STATUS(journal_ack(&journal, journal_next_seq(&journal) - 1), SCRIP_OK);
    }
    printf("%s_all %d %" PRIu64 "\n", series, APPENDS, flash.time_ns - start_ns);
    for (i = 0; i < flash.hal.size / sector_size; i++)
        printf("%s_erases 1 %u\n", series, spy.erases[i]);
    sim_flash_close(&flash);
}

/* From a ring that has turned, with nine tenths of it not acknowledged. */
static void mounts(void)
{
    uint32_t sectors = (1 << 20) / 4096;

    start(4096);
    while (journal.head.sector < 3 * sectors) {
        append(NULL);
        settle();
        CHECK_STATUS(journal_ack(&journal, journal_next_seq(&journal) - 1), SCRIP_OK);
    }
    uint32_t first = journal.head.sector;
    while (journal.head.sector < first + sectors * 9 / 10) {
        append(NULL);
        settle();
    }
    for (uint32_t i = 0; i < MOUNTS; i++) {
        uint64_t start_ns = flash.time_ns;
        spy.first_program_ns = 0;
        mount();
        printf("mount 1 %" PRIu64 "\nready 1 %" PRIu64 "\n", spy.first_program_ns - start_ns,
               flash.time_ns - start_ns);
        start_ns = flash.time_ns;
        settle();
        printf("renew 1 %" PRIu64 "\n", flash.time_ns - start_ns);
        uint32_t oldest = journal_sector(&journal) - sectors * 9 / 10;
        CHECK_STATUS(journal_ack(&journal, last_in[oldest % sectors]), SCRIP_OK);
        for (uint32_t k = 0; k < 7; k++)
            append(NULL);
        settle();
    }
    sim_flash_close(&flash);
}

/* Sales as they come: most decided here, some by the host, some taken back; the host acknowledges
 * twenty at a time; checkpoints and notes in between. */
static void day(void)
{
    static struct shop shop;
    struct ledger_entry entry;

    shop_open(&shop, &SHOP_LARGE);
    CHECK_STATUS(shop_start(&shop), SCRIP_OK);
    CHECK_STATUS(shop_idle(&shop), SCRIP_OK);
    watch(&shop.flash);
    spy.series = "day";
    for (uint32_t i = 1; i <= DAY_SALES; i++) {
        shop.stamp.t_s += 40;
        ledger_clock(&shop.ledger, shop.stamp.t_s - 60, 30, 0);
        bool ask = i % 10 == 7;
        CHECK_STATUS(shop_redeem(&shop, i, i, ask ? PERMIT_ASK : PERMIT_OFFLINE, &entry), SCRIP_OK);
        if (ask)
            CHECK_STATUS(ledger_outcome(&shop.ledger, entry.seq, RECORD_ACCEPTED, bytes_text("A17"),
                                        RECORD_CODE_NONE, &shop.stamp),
                         SCRIP_OK);
        if (i % 40 == 13)
            CHECK_STATUS(ledger_reverse(&shop.ledger, entry.seq, &shop.stamp, &entry), SCRIP_OK);
        CHECK_STATUS(shop_idle(&shop), SCRIP_OK);
        if (i % 20 == 19)
            CHECK_STATUS(shop_acknowledge(&shop, shop.ledger.head_seq), SCRIP_OK);
    }
    take();
    shop_close(&shop);
}

int main(void)
{
    sim_entropy_open(&entropy, 1);
    sim_keystore_open(&keystore, false);
    CHECK_STATUS(crypto_open(&entropy.hal), SCRIP_OK);
    CHECK_STATUS(keys_open(&keys, &keystore.hal), SCRIP_OK);
    steady("steady", 4096);
    steady("steady64", 65536);
    mounts();
    crypto_key_close(&journal.aead);
    keys_close(&keys);
    day();
    return check_state.failures == 0 ? 0 : 1;
}
