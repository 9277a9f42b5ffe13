/*
 * The journal under power cuts. The model is the list of entries that were appended, each with
 * contents of its own: those whose append returned OK must be there, in order and once; the one
 * that was under way may be there, but if it is not there once, it must never be.
 */
#include "store/journal.h"

#include <stdlib.h>

#include "platform/sim/device.h"
#include "tests/power/harness.h"

enum { ITEMS = 1500, HISTORY = 8 };

struct item {
    uint32_t id, seq, sector;
    uint8_t type;
    bool sure;
};

static struct sim_entropy entropy;
static struct sim_keystore keystore;
static struct sim_flash flash;
static struct keys keys;
static uint8_t room[JOURNAL_BUFFER_BYTES];

struct model {
    struct journal journal;
    bool open;
    uint32_t count, next_id;
    uint32_t acked, acking; /* sure to be durable, and asked for */
    uint32_t kept_sector;   /* keep() said yes up to here */
    bool drained;           /* nothing prepared is left, so a mount is read only */
    struct item items[ITEMS];
};
static struct model model;

static struct bytes payload_of(uint32_t id, uint8_t out[JOURNAL_PAYLOAD_MAX])
{
    uint32_t mixed = id * 2654435761u;
    size_t len = mixed % 5 == 0 ? 4 + mixed / 8 % (JOURNAL_PAYLOAD_MAX - 3) : 60 + mixed / 8 % 180;

    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)((mixed >> 24) + i * 11);
    bytes_put_u32(out, id);
    return bytes_of(out, len);
}

static bool power_has_gone(void)
{
    return flash.off;
}

static enum scrip_status append(enum journal_type type, enum journal_reserve reserve)
{
    uint8_t data[JOURNAL_PAYLOAD_MAX];
    struct item *item = &model.items[model.count];
    struct bytes payload = payload_of(model.next_id, data);

    if (reserve != JOURNAL_NORMAL && payload.len > JOURNAL_SMALL_BYTES)
        payload.len = JOURNAL_SMALL_BYTES;
    if (model.count == ITEMS)
        abort();
    *item = (struct item){model.next_id, journal_next_seq(&model.journal), UINT32_MAX,
                          (uint8_t)type, false};
    enum scrip_status status = journal_append(&model.journal, type, reserve, payload);
    if (status == SCRIP_REFUSED_FULL)
        return status;
    model.count++;
    model.next_id++;
    if (status != SCRIP_OK) {
        if (!power_has_gone())
            power_fail(POWER_UNMOUNTABLE, "append: %s", scrip_status_name(status));
        return status;
    }
    item->sure = true;
    item->sector = journal_sector(&model.journal);
    model.acked = model.acking;
    if (journal_next_seq(&model.journal) != item->seq + (type == JOURNAL_DATA))
        power_fail(POWER_CORRUPT, "after number %u comes %u", item->seq,
                   journal_next_seq(&model.journal));
    return SCRIP_OK;
}

static enum scrip_status keep(void *context, uint32_t sector)
{
    enum scrip_status status = append(JOURNAL_NOTE, JOURNAL_SYSTEM);

    (void)context;
    /* Full to the brim there is nothing to keep. */
    if (status == SCRIP_REFUSED_FULL && model.drained)
        status = SCRIP_OK;
    if (status == SCRIP_OK)
        model.kept_sector = sector;
    return status;
}

static enum scrip_status settle(void)
{
    enum scrip_status status;

    while ((status = journal_idle(&model.journal)) == SCRIP_AGAIN)
        ;
    if (status == SCRIP_OK)
        model.acked = model.acking;
    else if (!power_has_gone())
        power_fail(POWER_UNMOUNTABLE, "idle: %s", scrip_status_name(status));
    if (model.journal.tail_sector > model.kept_sector + 1)
        power_fail(POWER_LOST, "sector %u reclaimed before keep()", model.kept_sector + 1);
    return status;
}

static enum scrip_status ack(uint32_t seq)
{
    model.acking = seq;
    enum scrip_status status = journal_ack(&model.journal, seq);
    if (status != SCRIP_OK && !power_has_gone())
        power_fail(POWER_UNMOUNTABLE, "ack: %s", scrip_status_name(status));
    return status;
}

static void close_all(void *context)
{
    (void)context;
    crypto_key_close(&model.journal.aead);
    model.open = false;
}

static bool open_all(void)
{
    enum scrip_status status = journal_mount(&model.journal, &flash.hal, &keys, keep, NULL);

    /* A format that was cut is begun again; once something was durable, nobody may come here. */
    if (status == SCRIP_FAULT_FOREIGN && model.count == 0 &&
        (status = journal_format(&flash.hal, &keys)) == SCRIP_OK)
        status = journal_mount(&model.journal, &flash.hal, &keys, keep, NULL);
    if (status == SCRIP_FAULT_READ_ONLY && model.drained)
        status = SCRIP_OK;
    if (status == SCRIP_OK)
        model.open = true;
    else if (!power_has_gone())
        power_fail(POWER_UNMOUNTABLE, "mount: %s", scrip_status_name(status));
    if (model.open && model.journal.tail_sector > model.kept_sector + 1)
        power_fail(POWER_LOST, "sector %u reclaimed before keep()", model.kept_sector + 1);
    return model.open;
}

/* Whether the sector of an item may have been given up, in whole or, by a cut erase, in part. */
static bool may_be_gone(const struct item *item)
{
    return item->sector <= model.journal.tail_sector && item->sector <= model.kept_sector &&
           (item->type != JOURNAL_DATA || item->seq <= model.acked);
}

static void missing(const struct item *item)
{
    power_fail(POWER_LOST, "%s %u (id %u, sector %u, tail %u, acked %u)",
               item->type == JOURNAL_DATA ? "data" : "note", item->seq, item->id, item->sector,
               model.journal.tail_sector, model.acked);
}

static void compare(const struct journal_entry *entry, const struct journal_at *end, uint32_t *next)
{
    uint8_t data[JOURNAL_PAYLOAD_MAX];
    uint32_t id = entry->payload.len >= 4 ? bytes_get_u32(entry->payload.data) : 0, i;

    for (i = *next; i < model.count && model.items[i].id != id; i++)
        ;
    if (i == model.count) {
        for (i = 0; i < *next && model.items[i].id != id; i++)
            ;
        power_fail(i < *next ? POWER_TWICE : POWER_CORRUPT,
                   "entry %u (id %u) before %u:%u comes %s", entry->seq, id, end->sector,
                   end->offset, i < *next ? "again" : "from nowhere");
        return;
    }
    struct item *item = &model.items[i];
    struct bytes expected = payload_of(id, data);
    if (expected.len > entry->payload.len && entry->payload.len == JOURNAL_SMALL_BYTES)
        expected.len = JOURNAL_SMALL_BYTES;
    if (!bytes_equal(expected, entry->payload) || item->seq != entry->seq ||
        item->type != entry->type)
        power_fail(POWER_CORRUPT, "entry %u (id %u) has other contents", entry->seq, id);
    for (; *next < i; (*next)++)
        if (model.items[*next].sure && !may_be_gone(&model.items[*next]))
            missing(&model.items[*next]);
    *next = i + 1;
    item->sure = true;
    item->sector = end->sector;
}

static void check(void *context, bool thorough)
{
    struct journal_entry entry;
    struct journal_cursor at;
    enum scrip_status status;
    uint32_t next = 0, from, i;

    (void)context;
    if (!open_all())
        return;
    uint32_t acked = journal_acked(&model.journal);
    if (acked < model.acked || acked > model.acking)
        power_fail(acked < model.acked ? POWER_LOST : POWER_CORRUPT, "acked is %u, was %u to %u",
                   acked, model.acked, model.acking);
    model.acked = model.acking = acked;
    from = thorough || acked < HISTORY ? 0 : acked + 1 - HISTORY;
    at = (struct journal_cursor){{0, 0}, 0};
    if (from != 0) {
        for (; next < model.count &&
               (model.items[next].type != JOURNAL_DATA || model.items[next].seq < from);
             next++)
            ;
        if (journal_find(&model.journal, from, &at) != SCRIP_OK)
            power_fail(POWER_UNMOUNTABLE, "find fails");
    }
    while ((status = journal_next(&model.journal, &at, room, &entry)) != SCRIP_AGAIN) {
        if (power_has_gone())
            return;
        if (entry.seq < from + (entry.type == JOURNAL_NOTE))
            continue;
        if (status == SCRIP_OK)
            compare(&entry, &at.at, &next);
        else if (status != SCRIP_FAULT_CORRUPT)
            power_fail(POWER_UNMOUNTABLE, "next: %s", scrip_status_name(status));
        else if (at.at.sector != model.journal.tail_sector || entry.seq > acked)
            power_fail(POWER_CORRUPT, "entry %u before %u:%u does not authenticate", entry.seq,
                       at.at.sector, at.at.offset);
        if (status != SCRIP_OK && status != SCRIP_FAULT_CORRUPT)
            return;
    }
    for (; next < model.count; next++)
        if (model.items[next].sure && !may_be_gone(&model.items[next]))
            missing(&model.items[next]);
    /* What was under way and is not there must never be. */
    for (i = next = 0; i < model.count; i++)
        if (model.items[i].sure)
            model.items[next++] = model.items[i];
    model.count = next;
    for (i = model.count; i > 0 && model.items[i - 1].type != JOURNAL_DATA; i--)
        ;
    from = i > 0 ? model.items[i - 1].seq + 1 : 1;
    if (journal_next_seq(&model.journal) != from)
        power_fail(POWER_CORRUPT, "next number is %u, not %u", journal_next_seq(&model.journal),
                   from);
}

static bool steps(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (append(i % 5 == 4 ? JOURNAL_NOTE : JOURNAL_DATA, JOURNAL_NORMAL) != SCRIP_OK)
            return false;
        if (i % 8 == 7 && ack(journal_next_seq(&model.journal) - 3) != SCRIP_OK)
            return false;
        if (i % 3 == 2 && settle() != SCRIP_OK)
            return false;
    }
    return true;
}

static void start(void)
{
    memset(&model, 0, sizeof model);
    model.next_id = 1 + power_round * 5000;
    model.kept_sector = flash.hal.size / flash.hal.sector_size - 1;
    if (journal_format(&flash.hal, &keys) != SCRIP_OK)
        power_fail(POWER_UNMOUNTABLE, "format");
}

/* A ring that has turned: nothing erased but what idle keeps ahead. */
static void prepare_turned(void *context)
{
    uint32_t sectors = flash.hal.size / flash.hal.sector_size, i, next;

    (void)context;
    start();
    if (!open_all())
        return;
    while (model.journal.head.sector < 2 * sectors + 1) {
        if (append(JOURNAL_DATA, JOURNAL_NORMAL) != SCRIP_OK || settle() != SCRIP_OK)
            break;
        if (journal_next_seq(&model.journal) % 16 == 0 &&
            ack(journal_next_seq(&model.journal) - 3) != SCRIP_OK)
            break;
        /* The model forgets what is gone. */
        for (i = next = 0; i < model.count; i++)
            if (model.items[i].sector >= model.journal.tail_sector)
                model.items[next++] = model.items[i];
        model.count = next;
    }
    (void)settle();
    model.kept_sector = model.journal.tail_sector - 1;
    close_all(NULL);
}

static void prepare_empty(void *context)
{
    (void)context;
    start();
}

/* Another terminal's log, before it becomes ours. */
static void prepare_foreign(void *context)
{
    (void)context;
    start();
    if (open_all())
        (void)steps(30);
    close_all(NULL);
    keys.format_id++;
    memset(&model, 0, sizeof model);
    model.next_id = 1000 + power_round * 5000;
    model.kept_sector = flash.hal.size / flash.hal.sector_size - 1;
}

static void prepare_full(void *context)
{
    (void)context;
    start();
    if (!open_all())
        return;
    while (settle() == SCRIP_OK && append(JOURNAL_DATA, JOURNAL_NORMAL) == SCRIP_OK)
        ;
    close_all(NULL);
}

static void work_steady(void *context)
{
    (void)context;
    if (open_all())
        (void)steps(36);
}

static void work_full(void *context)
{
    (void)context;
    if (!open_all() || settle() != SCRIP_OK)
        return;
    for (int i = 0; i < 6; i++) {
        enum scrip_status status = append(JOURNAL_DATA, i < 3 ? JOURNAL_REVERSE : JOURNAL_VERDICT);
        if (status == SCRIP_REFUSED_FULL)
            power_fail(POWER_UNMOUNTABLE, "the reserve is not there");
        if (status != SCRIP_OK)
            return;
    }
    if (ack(journal_next_seq(&model.journal) / 2) == SCRIP_OK && settle() == SCRIP_OK)
        (void)steps(6);
}

static void work_format(void *context)
{
    (void)context;
    if (journal_format(&flash.hal, &keys) == SCRIP_OK && open_all())
        (void)steps(2);
}

static void work_boots(void *context)
{
    (void)context;
    for (int i = 0; i < 5 && !power_has_gone(); i++) {
        if (!open_all() || (i % 2 == 0 && append(JOURNAL_DATA, JOURNAL_NORMAL) != SCRIP_OK))
            return;
        if (i < 4)
            close_all(NULL);
    }
}

static void use(void *context)
{
    (void)context;
    if (model.open && settle() == SCRIP_OK)
        (void)steps(3);
}

/* Uses up all that was prepared without an idle step, and goes on where the newest was. */
static void use_drain(void *context)
{
    (void)context;
    if (!model.open || settle() != SCRIP_OK)
        return;
    while (model.count + 80 < ITEMS && append(JOURNAL_NOTE, JOURNAL_SYSTEM) == SCRIP_OK)
        ;
    model.drained = model.count + 80 < ITEMS && !power_has_gone();
    if (model.drained && ack(journal_next_seq(&model.journal) - 1) == SCRIP_OK &&
        settle() == SCRIP_OK)
        (void)steps(40);
}

static void work_prepare_ahead(void *context)
{
    (void)context;
    if (open_all() && settle() == SCRIP_OK && steps(12))
        (void)settle();
}

/* A full ring frees nothing for use: reversals still go. */
static void use_full(void *context)
{
    (void)context;
    if (!model.open || settle() != SCRIP_OK)
        return;
    for (int i = 0; i < 2; i++)
        if (append(JOURNAL_DATA, JOURNAL_REVERSE) != SCRIP_OK)
            return;
}

int main(void)
{
    static const struct {
        const char *name;
        struct sim_geometry geometry;
    } media[] = {{"granule 1", {24 * 4096, 4096, 256, 1, 1, true}},
                 {"granule 4", {24 * 4096, 4096, 256, 4, 4, true}},
                 {"granule 16", {24 * 4096, 4096, 256, 16, 16, true}},
                 {"granule 256", {24 * 4096, 4096, 256, 256, 256, true}},
                 {"granule 512", {40 * 4096, 4096, 512, 512, 512, true}},
                 {"sector 64K", {6 * 65536, 65536, 256, 1, 1, true}},
                 {"eeprom", {24 * 4096, 4096, 128, 1, 128, false}},
                 {"file", {40 * 4096, 4096, 512, 512, 512, false}}};
    static const struct {
        const char *name;
        void (*prepare)(void *context), (*work)(void *context), (*use)(void *context);
    } works[] = {{"steady", prepare_turned, work_steady, use},
                 {"first", prepare_empty, work_steady, use},
                 {"full", prepare_full, work_full, use_full},
                 {"boots", prepare_turned, work_boots, use},
                 {"drain", prepare_turned, work_prepare_ahead, use_drain},
                 {"format", prepare_foreign, work_format, use}};
    const char *only = getenv("ONLY");
    char name[64];

    sim_entropy_open(&entropy, 1);
    sim_keystore_open(&keystore, false);
    if (crypto_open(&entropy.hal) != SCRIP_OK || keys_open(&keys, &keystore.hal) != SCRIP_OK)
        return 1;
    for (size_t m = 0; m < sizeof media / sizeof *media; m++) {
        for (size_t w = 0; w < sizeof works / sizeof *works; w++) {
            snprintf(name, sizeof name, "%s, %s", media[m].name, works[w].name);
            if (only != NULL && strstr(name, only) == NULL)
                continue;
            struct power_workload workload = {.name = name,
                                              .geometry = media[m].geometry,
                                              .flash = &flash,
                                              .watch = power_watch_keys,
                                              .context = &model,
                                              .context_bytes = sizeof model,
                                              .prepare = works[w].prepare,
                                              .work = works[w].work,
                                              .check = check,
                                              .use = works[w].use,
                                              .close = close_all};
            power_run(&workload);
        }
    }
    keys_close(&keys);
    return power_done(__FILE__);
}
