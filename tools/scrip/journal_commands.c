/* scrip journal dump, scrip journal verify */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/currency.h"
#include "platform/posix/flash.h"
#include "platform/posix/keystore.h"
#include "platform/posix/log.h"
#include "redeem/policy.h"
#include "redeem/record.h"
#include "store/journal.h"
#include "tools/scrip/commands.h"
#include "tools/scrip/file.h"

/* An image is only ever read, also while scripd uses it: what it writes meanwhile may look torn. */
static enum scrip_status read_image(void *context, uint32_t offset, void *data, size_t len)
{
    const int *file = context;
    return pread(*file, data, len, offset) == (ssize_t)len ? SCRIP_OK : SCRIP_FAULT_FLASH;
}

static enum scrip_status refuse_program(void *context, uint32_t offset, const void *data,
                                        size_t len)
{
    (void)context, (void)offset, (void)data, (void)len;
    return SCRIP_FAULT_READ_ONLY;
}

static enum scrip_status refuse_erase(void *context, uint32_t offset)
{
    (void)context, (void)offset;
    return SCRIP_FAULT_READ_ONLY;
}

static enum scrip_status refuse_poll(void *context)
{
    (void)context;
    return SCRIP_FAULT_READ_ONLY;
}

static enum scrip_status refuse_key(void *context, enum hal_key_slot slot, const void *data,
                                    size_t len)
{
    (void)context, (void)slot, (void)data, (void)len;
    return SCRIP_FAULT_READ_ONLY;
}

static enum scrip_status open_image(const char *path, int *file, struct hal_flash *flash)
{
    struct stat found;
    *file = open(path, O_RDONLY | O_CLOEXEC);
    if (*file < 0 || fstat(*file, &found) != 0) {
        (void)refuse("%s: %s", path, strerror(errno));
        return SCRIP_FAULT_FLASH;
    }
    if (found.st_size == 0 || found.st_size % POSIX_FLASH_SECTOR != 0 ||
        found.st_size > INT32_MAX) {
        (void)refuse("%s: not a flash image: its size is no multiple of %d", path,
                     POSIX_FLASH_SECTOR);
        return SCRIP_FAULT_FOREIGN;
    }
    *flash = (struct hal_flash){.context = file,
                                .size = (uint32_t)found.st_size,
                                .sector_size = POSIX_FLASH_SECTOR,
                                .page_size = POSIX_FLASH_PAGE,
                                .granularity = POSIX_FLASH_PAGE,
                                .tear_size = POSIX_FLASH_PAGE,
                                .needs_erase = true,
                                .read = read_image,
                                .program = refuse_program,
                                .erase_start = refuse_erase,
                                .erase_poll = refuse_poll};
    return SCRIP_OK;
}

/* What a walk over the image has seen. */
struct walk {
    bool print;
    uint32_t records, notes, fences, voided, torn, damaged;
    uint32_t malformed, broken; /* records that do not read; places where the chain breaks */
    uint32_t first_seq, last_seq, ack;
    uint32_t next_seq; /* the number of the next record; 0: not known yet */
    bool linked;       /* the next record must carry link */
    uint8_t link[RECORD_LINK_BYTES];
};

static const char *type_name(enum record_type type)
{
    static const char *const names[] = {
        [RECORD_REDEEM] = "redeem",   [RECORD_OUTCOME] = "outcome", [RECORD_REVERSE] = "reverse",
        [RECORD_REFUND] = "refund",   [RECORD_AWARD] = "award",     [RECORD_LATE] = "late",
        [RECORD_COMMAND] = "command", [RECORD_TIME_STEP] = "time",  [RECORD_POLICY] = "policy",
        [RECORD_LOST] = "lost",       [RECORD_CLOSE] = "close"};
    const char *name = type < sizeof names / sizeof *names ? names[type] : NULL;
    return name != NULL ? name : "unknown";
}

static const char *result_name(uint8_t result)
{
    static const char *const names[] = {[RECORD_ACCEPTED] = "accepted",
                                        [RECORD_REFUSED] = "refused",
                                        [RECORD_OFFLINE] = "offline",
                                        [RECORD_VOID] = "void"};
    const char *name = result < sizeof names / sizeof *names ? names[result] : NULL;
    return name != NULL ? name : "?";
}

static void print_money(uint32_t minor, uint16_t currency)
{
    uint8_t memory[24];
    struct buffer amount = buffer_of(memory, sizeof memory);
    const struct currency *known = currency_of_number(currency);
    if (known != NULL)
        currency_put_amount(known, minor, &amount);
    else
        buffer_put_decimal(&amount, minor);
    printf("  %.*s %s", (int)amount.len, (const char *)memory,
           known != NULL ? known->letters : "?");
}

static void print_record(const struct record *record)
{
    char stamp[32];
    time_t t = (time_t)record->stamp.t_s;
    struct tm parts;
    (void)strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", gmtime_r(&t, &parts));
    printf("%8lu  %-8s  %s", (unsigned long)record->seq, type_name(record->type), stamp);
    if (record->type == RECORD_REDEEM) {
        print_money(record->amount_minor, record->currency);
        printf("  %s  %.*s/%.*s  %.*s", record->mode == PERMIT_ASK ? "ask" : "offline",
               (int)record->sale_id.len, (const char *)record->sale_id.data,
               (int)record->service_id.len, (const char *)record->service_id.data,
               (int)record->transaction_id.len, (const char *)record->transaction_id.data);
    } else if (record->of != 0) {
        printf("  of %lu", (unsigned long)record->of);
    }
    if (record->result != 0)
        printf("  %s", result_name(record->result));
    if (record->code != 0)
        printf("  %s", record_code_name((enum record_code)record->code));
    printf("\n");
}

/* Every entry tells the number of the next record, or its own: none may be missing in between. */
static void take_number(struct walk *walk, uint32_t seq)
{
    if (walk->next_seq != 0 && seq > walk->next_seq) {
        walk->broken++;
        printf("%8lu  MISSING   up to %lu\n", (unsigned long)walk->next_seq,
               (unsigned long)seq - 1);
    }
    if (seq != walk->next_seq)
        walk->linked = false;
    walk->next_seq = seq;
}

/* The chain: each record carries the link of the one before it, the first that of the enrolment. */
static enum scrip_status take_record(struct walk *walk, const struct journal_entry *entry)
{
    struct record record;
    bool first = entry->seq == 1;
    take_number(walk, entry->seq);
    if (record_read(entry->payload, &record) != SCRIP_OK || record.seq != entry->seq) {
        walk->malformed++;
        printf("%8lu  MALFORMED\n", (unsigned long)entry->seq);
    } else {
        if (walk->print)
            print_record(&record);
        if ((walk->linked || first) && memcmp(record.prev, walk->link, RECORD_LINK_BYTES) != 0) {
            walk->broken++;
            printf("%8lu  DOES NOT FOLLOW the record before it\n", (unsigned long)entry->seq);
        }
    }
    walk->first_seq = walk->records == 0 ? entry->seq : walk->first_seq;
    walk->records++;
    walk->last_seq = entry->seq;
    walk->next_seq = entry->seq + 1;
    walk->linked = true;
    return record_link(entry->payload, walk->link);
}

static void print_note(const struct walk *walk, const char *what, const struct journal_entry *entry)
{
    if (walk->print)
        printf("%8s  %-8s  sector %lu + %lu\n", "", what, (unsigned long)entry->at.sector,
               (unsigned long)entry->at.offset);
}

/* A power cut may leave an entry whose header is whole and whose rest is not. It is a loss only if
 * what comes later counted it, which take_number() notices. */
static void take_damaged(struct walk *walk, const struct journal_entry *entry)
{
    walk->damaged++;
    if (walk->print)
        printf("%8lu  damaged   sector %lu + %lu\n", (unsigned long)entry->seq,
               (unsigned long)entry->at.sector, (unsigned long)entry->at.offset);
}

static enum scrip_status take_entry(struct walk *walk, const struct journal_entry *entry)
{
    if (entry->type == JOURNAL_DATA)
        return take_record(walk, entry);
    take_number(walk, entry->seq);
    if (entry->type == JOURNAL_BOOT || entry->type == JOURNAL_GAP)
        walk->fences++;
    else
        walk->notes++;
    print_note(walk,
               entry->type == JOURNAL_BOOT  ? "boot"
               : entry->type == JOURNAL_GAP ? "gap"
               : entry->type == JOURNAL_ACK ? "ack"
                                            : "note",
               entry);
    return SCRIP_OK;
}

static enum scrip_status visit(void *context, const struct journal_finding *finding)
{
    struct walk *walk = context;
    const struct journal_entry *entry = &finding->entry;
    walk->ack = finding->ack > walk->ack ? finding->ack : walk->ack;
    switch (finding->what) {
    case JOURNAL_FOUND_ENTRY:
        return take_entry(walk, entry);
    case JOURNAL_FOUND_COPY:
        /* Where the original was torn, this is the record. */
        if (entry->type == JOURNAL_DATA && entry->seq == walk->next_seq)
            return take_record(walk, entry);
        break;
    case JOURNAL_FOUND_VOID:
        walk->voided++;
        print_note(walk, "void", entry);
        break;
    case JOURNAL_FOUND_TORN:
        walk->torn++;
        print_note(walk, "torn", entry);
        break;
    case JOURNAL_FOUND_DAMAGED:
        take_damaged(walk, entry);
        break;
    case JOURNAL_FOUND_SECTOR:
        break;
    }
    return SCRIP_OK;
}

static enum scrip_status examine(const char *path, const char *keystore_path, struct walk *walk)
{
    struct hal_flash flash;
    struct posix_keystore keystore;
    struct keys keys;
    int file;
    if (!file_exists(keystore_path)) {
        (void)refuse("%s: no such directory; scripd keeps its keys in one", keystore_path);
        return SCRIP_FAULT_KEYSTORE;
    }
    TRY(open_image(path, &file, &flash));
    enum scrip_status status = posix_keystore_open(&keystore, keystore_path, &posix_log);
    if (status == SCRIP_OK) {
        /* An empty keystore must not be filled with keys of our making. */
        keystore.hal.write = refuse_key;
        status = keys_open(&keys, &keystore.hal);
        if (status == SCRIP_OK) {
            memcpy(walk->link, keys.first_prev, sizeof walk->link);
            status = journal_examine(&flash, &keys, visit, walk);
            keys_close(&keys);
        }
        posix_keystore_close(&keystore);
    }
    (void)close(file);
    if (status != SCRIP_OK)
        (void)refuse("%s cannot be examined: %s", path, scrip_status_text(status));
    return status;
}

static int run(const struct arguments *arguments, bool print)
{
    struct walk walk = {.print = print};
    const char *keystore = option_text(arguments, "--keystore");
    if (keystore == NULL)
        return misuse("the journal is encrypted: --keystore DIR of the same terminal");
    if (examine(arguments->argument[0], keystore, &walk) != SCRIP_OK)
        return EXIT_REFUSED;
    printf("%lu records (%lu to %lu), %lu acknowledged; %lu notes, %lu fences; left by cuts: "
           "%lu void, %lu torn, %lu damaged\n",
           (unsigned long)walk.records, (unsigned long)walk.first_seq, (unsigned long)walk.last_seq,
           (unsigned long)walk.ack, (unsigned long)walk.notes, (unsigned long)walk.fences,
           (unsigned long)walk.voided, (unsigned long)walk.torn, (unsigned long)walk.damaged);
    if (walk.malformed == 0 && walk.broken == 0) {
        printf("journal: no record is missing and the chain holds\n");
        return EXIT_DONE;
    }
    return refuse("journal: %lu malformed records, the chain breaks at %lu places",
                  (unsigned long)walk.malformed, (unsigned long)walk.broken);
}

static int dump(const struct arguments *arguments)
{
    return run(arguments, true);
}

static int verify(const struct arguments *arguments)
{
    return run(arguments, false);
}

static const struct option options[] = {
    {"--keystore", "DIR", "the terminal's keys"},
    {NULL, NULL, NULL},
};

const struct command command_journal_dump = {
    "journal dump",
    "IMAGE --keystore DIR",
    "Lists what a terminal's journal holds, entry by entry.",
    1,
    options,
    dump,
};

const struct command command_journal_verify = {
    "journal verify",
    "IMAGE --keystore DIR",
    "Checks that no record is missing or changed and that their chain holds.",
    1,
    options,
    verify,
};
