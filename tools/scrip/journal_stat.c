/* scrip journal stat */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redeem/ledger_private.h"
#include "tools/scrip/commands.h"
#include "tools/scrip/journal_image.h"
#include "tools/scrip/journal_walk.h"

struct stat {
    struct journal_walk walk;
    struct journal_image image;
    uint32_t sectors, sector_size;
    uint32_t *end; /* by physical sector: one above the newest number that it held or saw; 0: empty
                    */
    uint32_t first_sector, last_sector;
    uint32_t marked, used, reclaimable;
    uint32_t boots;
    uint32_t checkpoints, since_checkpoint;
    uint32_t spent, expired, spent_since; /* in the newest whole checkpoint, and behind it */
    unsigned expected;                    /* the next piece of one that has begun; 0: none has */
    struct ledger ledger;                 /* what a checkpoint is read into */
};

static void take_sector(struct stat *stat, uint32_t sector)
{
    if (stat->marked++ == 0)
        stat->first_sector = sector;
    stat->last_sector = sector;
}

static void take_checkpoint(struct stat *stat)
{
    const struct ledger *ledger = &stat->ledger;
    stat->checkpoints++;
    stat->since_checkpoint = stat->spent_since = stat->expired = 0;
    stat->spent = ledger->spent_count;
    for (size_t i = 0; i < ledger->spent_count; i++)
        stat->expired += ledger->spent[i].exp_s < ledger->floor_s;
}

/* A checkpoint counts once all of its pieces have come, one behind the other. */
static void take_note(struct stat *stat, struct bytes note)
{
    uint8_t index;
    bool last;
    bool piece = ledger_note_piece(note, &index, &last);
    if (piece && index == 0) {
        memset(&stat->ledger, 0, sizeof stat->ledger);
        stat->ledger.keys = &stat->image.keys;
        stat->expected = 0;
    }
    if (!piece || index != stat->expected || ledger_note_load(&stat->ledger, note) != SCRIP_OK) {
        stat->expected = 0;
        return;
    }
    stat->expected = index + 1U;
    if (last) {
        stat->expected = 0;
        take_checkpoint(stat);
    }
}

static void take_entry(struct stat *stat, const struct journal_finding *finding)
{
    const struct journal_entry *entry = &finding->entry;
    struct record record;
    /* What is no record tells the number of the next. */
    stat->end[finding->at.sector % stat->sectors] = entry->seq + (entry->type == JOURNAL_DATA);
    stat->boots += entry->type == JOURNAL_BOOT;
    if (entry->type == JOURNAL_NOTE) {
        take_note(stat, entry->payload);
        return;
    }
    stat->expected = 0;
    if (entry->type != JOURNAL_DATA)
        return;
    stat->since_checkpoint++;
    stat->spent_since += record_read(entry->payload, &record) == SCRIP_OK &&
                         record.type == RECORD_REDEEM;
}

static enum scrip_status visit(void *context, const struct journal_finding *finding)
{
    struct stat *stat = context;
    uint32_t records = stat->walk.records;
    TRY(journal_walk_take(&stat->walk, finding));
    if (finding->what == JOURNAL_FOUND_SECTOR)
        take_sector(stat, finding->at.sector);
    /* A fence's copy of a record that was torn is that record. */
    if (finding->what == JOURNAL_FOUND_ENTRY || stat->walk.records > records)
        take_entry(stat, finding);
    return SCRIP_OK;
}

/* What may be overwritten: a sector before the newest whose numbers are all acknowledged. */
static void count_sectors(struct stat *stat)
{
    uint32_t newest = stat->first_sector, sector;
    for (sector = stat->first_sector; stat->marked > 0 && sector <= stat->last_sector; sector++)
        if (stat->end[sector % stat->sectors] > 0) {
            stat->used++;
            newest = sector;
        }
    for (sector = stat->first_sector; sector < newest; sector++) {
        uint32_t end = stat->end[sector % stat->sectors];
        stat->reclaimable += end > 0 && end <= stat->walk.ack + 1;
    }
}

static void print_records(const struct journal_walk *walk)
{
    const char *before = " (";
    printf("entries     %lu records", (unsigned long)walk->records);
    for (unsigned type = 0; type <= RECORD_CLOSE; type++)
        if (walk->of_type[type] > 0) {
            printf("%s%s %lu", before, journal_walk_type((enum record_type)type),
                   (unsigned long)walk->of_type[type]);
            before = ", ";
        }
    printf("%s, %lu notes and acks\n", walk->records > walk->malformed ? ")" : "",
           (unsigned long)walk->notes);
}

static void print_numbers(const struct journal_walk *walk)
{
    uint32_t end = walk->next_seq > 0 ? walk->next_seq - 1 : 0;
    printf("numbers     %lu to %lu, %lu missing; acknowledged up to %lu; %lu unsent\n",
           (unsigned long)walk->first_seq, (unsigned long)end, (unsigned long)walk->missing,
           (unsigned long)walk->ack, (unsigned long)(end > walk->ack ? end - walk->ack : 0));
}

static void print_stat(const struct stat *stat)
{
    const struct journal_walk *walk = &stat->walk;
    printf("sectors     %lu of %lu bytes: %lu with entries (%lu of them reclaimable), %lu erased "
           "ahead, %lu free\n",
           (unsigned long)stat->sectors, (unsigned long)stat->sector_size,
           (unsigned long)stat->used, (unsigned long)stat->reclaimable,
           (unsigned long)(stat->marked - stat->used),
           (unsigned long)(stat->sectors - stat->marked));
    print_records(walk);
    print_numbers(walk);
    printf("fences      %lu boots; left by cuts or second tries: %lu void, %lu torn, %lu damaged\n",
           (unsigned long)stat->boots, (unsigned long)walk->voided, (unsigned long)walk->torn,
           (unsigned long)walk->damaged);
    printf("wear        sector numbers %lu to %lu: laps %lu to %lu\n",
           (unsigned long)stat->first_sector, (unsigned long)stat->last_sector,
           (unsigned long)(stat->first_sector / stat->sectors),
           (unsigned long)(stat->last_sector / stat->sectors));
    printf("checkpoints %lu whole; %lu records since the newest\n",
           (unsigned long)stat->checkpoints, (unsigned long)stat->since_checkpoint);
    printf("spent       %lu of %d codes in the newest checkpoint, %lu of them expired; %lu "
           "redeemed since\n",
           (unsigned long)stat->spent, LIMIT_SPENT, (unsigned long)stat->expired,
           (unsigned long)stat->spent_since);
    if (walk->next_seq > walk->ack + 1)
        printf("the host: it has yet to hear of %lu to %lu\n", (unsigned long)walk->ack + 1,
               (unsigned long)walk->next_seq - 1);
    else
        printf("the host: it has acknowledged everything\n");
}

static int sum_up(struct stat *stat, const char *path)
{
    const struct journal_image *image = &stat->image;
    stat->sector_size = image->flash.sector_size;
    stat->sectors = image->flash.size / image->flash.sector_size;
    stat->end = calloc(stat->sectors, sizeof *stat->end);
    if (stat->end == NULL)
        return refuse("%s", scrip_status_text(SCRIP_FAULT_MEMORY));
    memcpy(stat->walk.link, image->keys.first_prev, sizeof stat->walk.link);
    enum scrip_status status = journal_examine(&image->flash, &image->keys, visit, stat);
    if (status == SCRIP_OK) {
        count_sectors(stat);
        print_stat(stat);
    }
    free(stat->end);
    if (status != SCRIP_OK)
        return refuse("%s cannot be examined: %s", path, scrip_status_text(status));
    return journal_walk_judge(&stat->walk);
}

static int examine(struct stat *stat, const char *path, const char *keystore)
{
    if (journal_image_open(&stat->image, path, keystore) != SCRIP_OK)
        return EXIT_REFUSED;
    int code = sum_up(stat, path);
    journal_image_close(&stat->image);
    return code;
}

/* Each image by itself: the worst of their exit codes. */
static int run(const struct arguments *arguments)
{
    const char *keystore = option_text(arguments, "--keystore");
    int code = EXIT_DONE;
    if (keystore == NULL)
        return misuse("the journal is encrypted: --keystore DIR of the same terminal");
    for (size_t i = 0; i < arguments->count; i++) {
        struct stat stat = {.walk = {.says = WALK_NOTHING}};
        if (arguments->count > 1)
            printf("%s%s\n", i > 0 ? "\n" : "", arguments->argument[i]);
        int one = examine(&stat, arguments->argument[i], keystore);
        code = one > code ? one : code;
    }
    return code;
}

static const struct option options[] = {
    {"--keystore", "DIR", "the terminal's keys"},
    {NULL, NULL, NULL},
};

const struct command command_journal_stat = {
    "journal stat",
    "IMAGE.. --keystore DIR",
    "Sums up a terminal's journal: how full and how worn it is, and what is unsent.\n"
    "Exit status as that of journal verify. A sector is reclaimable once all in it is\n"
    "acknowledged; a lap is one erase of every sector.",
    1,
    options,
    run,
};
