#include "tools/scrip/journal_walk.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/currency.h"
#include "redeem/policy.h"
#include "tools/scrip/command.h"

const char *journal_walk_type(enum record_type type)
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
    printf("%8lu  %-8s  %s", (unsigned long)record->seq, journal_walk_type(record->type), stamp);
    bool award = record->type == RECORD_AWARD;
    if (award || record->type == RECORD_REDEEM) {
        const char *how = record->mode == PERMIT_ASK ? "ask" : "offline";
        print_money(award ? record->total_minor : record->amount_minor, record->currency);
        if (award)
            how = record->member.len != 0 ? "sealed" : "code";
        printf("  %s  %.*s/%.*s  %.*s", how, (int)record->sale_id.len,
               (const char *)record->sale_id.data, (int)record->service_id.len,
               (const char *)record->service_id.data, (int)record->transaction_id.len,
               (const char *)record->transaction_id.data);
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
static void take_number(struct journal_walk *walk, uint32_t seq)
{
    if (walk->next_seq != 0 && seq > walk->next_seq) {
        walk->missing += seq - walk->next_seq;
        walk->last_missing = seq - 1;
        if (walk->says >= WALK_DAMAGE)
            printf("%8lu  MISSING   up to %lu\n", (unsigned long)walk->next_seq,
                   (unsigned long)seq - 1);
    }
    if (seq != walk->next_seq)
        walk->linked = false;
    walk->next_seq = seq;
}

/* The chain: each record carries the link of the one before it, the first that of the enrolment. */
static enum scrip_status take_record(struct journal_walk *walk, const struct journal_entry *entry)
{
    struct record record;
    bool first = entry->seq == 1;
    take_number(walk, entry->seq);
    if (record_read(entry->payload, &record) != SCRIP_OK || record.seq != entry->seq) {
        walk->malformed++;
        if (walk->says >= WALK_DAMAGE)
            printf("%8lu  MALFORMED\n", (unsigned long)entry->seq);
    } else {
        if (walk->says == WALK_ENTRIES)
            print_record(&record);
        walk->of_type[record.type <= RECORD_CLOSE ? record.type : 0]++;
        if ((walk->linked || first) && memcmp(record.prev, walk->link, RECORD_LINK_BYTES) != 0) {
            walk->strays++;
            if (walk->says >= WALK_DAMAGE)
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

static void print_note(const struct journal_walk *walk, const char *what,
                       const struct journal_finding *finding)
{
    if (walk->says == WALK_ENTRIES)
        printf("%8s  %-8s  sector %lu + %lu\n", "", what, (unsigned long)finding->at.sector,
               (unsigned long)finding->at.offset);
}

/* A power cut may leave an entry whose header is whole and whose rest is not. It is a loss only if
 * what comes later counted it, which take_number() notices. */
static void take_damaged(struct journal_walk *walk, const struct journal_finding *finding)
{
    walk->damaged++;
    if (walk->says == WALK_ENTRIES)
        printf("%8lu  damaged   sector %lu + %lu\n", (unsigned long)finding->entry.seq,
               (unsigned long)finding->at.sector, (unsigned long)finding->at.offset);
}

static enum scrip_status take_entry(struct journal_walk *walk,
                                    const struct journal_finding *finding)
{
    const struct journal_entry *entry = &finding->entry;
    if (entry->type == JOURNAL_DATA)
        return take_record(walk, entry);
    take_number(walk, entry->seq);
    if (entry->type == JOURNAL_BOOT)
        walk->fences++;
    else
        walk->notes++;
    print_note(walk,
               entry->type == JOURNAL_BOOT  ? "boot"
               : entry->type == JOURNAL_ACK ? "ack"
                                            : "note",
               finding);
    return SCRIP_OK;
}

enum scrip_status journal_walk_take(struct journal_walk *walk,
                                    const struct journal_finding *finding)
{
    const struct journal_entry *entry = &finding->entry;
    walk->ack = finding->ack > walk->ack ? finding->ack : walk->ack;
    switch (finding->what) {
    case JOURNAL_FOUND_ENTRY:
        return take_entry(walk, finding);
    case JOURNAL_FOUND_COPY:
        /* Where the original was torn, this is the record. */
        if (entry->type == JOURNAL_DATA && entry->seq == walk->next_seq)
            return take_record(walk, entry);
        break;
    case JOURNAL_FOUND_VOID:
        walk->voided++;
        print_note(walk, "void", finding);
        break;
    case JOURNAL_FOUND_TORN:
        walk->torn++;
        print_note(walk, "torn", finding);
        break;
    case JOURNAL_FOUND_DAMAGED:
        take_damaged(walk, finding);
        break;
    case JOURNAL_FOUND_SECTOR:
        break;
    }
    return SCRIP_OK;
}

int journal_walk_judge(const struct journal_walk *walk)
{
    if (walk->missing == 0 && walk->malformed == 0 && walk->strays == 0) {
        printf("journal: no record is missing and the chain holds\n");
        return EXIT_DONE;
    }
    if (walk->missing > 0 && walk->last_missing <= walk->ack)
        printf("the host: it has acknowledged what is missing, so it holds that\n");
    else if (walk->missing > 0)
        printf("the host: the terminal will declare it missing; what the host has not seen it "
               "stores as lost, and the chain goes on behind\n");
    if (walk->malformed > 0)
        printf("the host: it refuses a record that does not read, and keeps its bytes\n");
    if (walk->strays > 0)
        printf("the host: it will see a fork: redeeming stops until the terminal is enrolled "
               "anew\n");
    return refuse("journal: %lu records are missing, %lu do not read, the chain breaks at %lu "
                  "places",
                  (unsigned long)walk->missing, (unsigned long)walk->malformed,
                  (unsigned long)walk->strays);
}
