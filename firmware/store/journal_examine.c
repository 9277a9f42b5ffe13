/* Reading an image for a person: everything that is there, also what a mount would pass over.
 * Linked into tools alone. */
#include "store/journal_layout.h"

#include <string.h>

/* The sectors held, lowest first, by a plain search: an image may be damaged in any way. */
static enum scrip_status find_range(const struct journal *journal, uint32_t *first, uint32_t *last)
{
    uint32_t sectors = journal->flash->size / journal->flash->sector_size;
    struct journal_header mark = {.at = {0, 0}};
    bool any = false;

    for (; mark.at.sector < sectors; mark.at.sector++) {
        enum scrip_status status = journal_header(journal, &mark);
        /* A number that no mount believes: sectors are counted from the first round on. */
        if (status == SCRIP_AGAIN || (status == SCRIP_OK && mark.seq - sectors > INT32_MAX))
            continue;
        TRY(status);
        uint32_t sector = mark.seq;
        if (!any || sector < *first)
            *first = sector;
        if (!any || sector > *last)
            *last = sector;
        any = true;
    }
    if (!any)
        return SCRIP_FAULT_FOREIGN;
    if (*last - *first >= sectors)
        *first = *last - sectors + 1;
    return SCRIP_OK;
}

/* The last of the fences behind an entry tells what the entry was. If it tells another one, the
 * entry is the remains of a cut, and what the fence tells of does not read any more. */
static enum scrip_status compare(const struct journal *journal, struct journal_at at,
                                 struct bytes payload, enum journal_fate *fate)
{
    uint8_t data[ENTRY_MAX];
    struct journal_header fence, next = {.type = 0};
    enum scrip_status status;

    do {
        fence = next;
        status = journal_scan(journal, &at, &next);
    } while (status == SCRIP_OK && next.type >= JOURNAL_BOOT);
    if (status == SCRIP_OK || status == SCRIP_AGAIN)
        status = journal_open(journal, &fence, data);
    if (status == SCRIP_OK && !bytes_equal(payload, bytes_of(data + LEAD_BYTES, fence.len)))
        *fate = FATE_VOID;
    return status == SCRIP_FAULT_CORRUPT ? SCRIP_OK : status;
}

/* Reports an entry whose header is whole: authentic, void or damaged. A fence is reported as such,
 * and then the copy in it. */
static enum scrip_status report(const struct journal *journal, struct journal_at after,
                                const struct journal_header *header, journal_visit *visit,
                                void *context)
{
    uint8_t data[ENTRY_MAX];
    bool boot = header->type >= JOURNAL_BOOT;
    struct journal_finding finding = {
        .what = JOURNAL_FOUND_ENTRY,
        .at = header->at,
        .entry = {boot ? JOURNAL_BOOT : (enum journal_type)header->type, header->seq, {NULL, 0}},
        .ack = header->ack};
    struct journal_entry copy = finding.entry;
    enum journal_fate fate;

    copy.type = (enum journal_type)(header->type & TYPE_COPIED);
    copy.seq = header->seq - (boot && copy.type == JOURNAL_DATA);
    TRY(journal_judge(journal, &after, journal_name(copy.seq, (uint8_t)(header->turn - boot)),
                      &fate));
    enum scrip_status status = journal_open(journal, header, data);
    if (status == SCRIP_FAULT_CORRUPT) {
        finding.what = JOURNAL_FOUND_DAMAGED;
        return visit(context, &finding);
    }
    TRY(status);
    copy.payload = bytes_of(data + LEAD_BYTES, header->len);
    if (!boot)
        finding.entry.payload = copy.payload;
    if (fate == FATE_TOLD)
        TRY(compare(journal, after, copy.payload, &fate));
    if (fate == FATE_VOID)
        finding.what = JOURNAL_FOUND_VOID;
    TRY(visit(context, &finding));
    if (!boot || fate == FATE_VOID || (copy.type != JOURNAL_DATA && copy.type != JOURNAL_NOTE))
        return SCRIP_OK;
    finding.what = JOURNAL_FOUND_COPY;
    finding.entry = copy;
    return visit(context, &finding);
}

static enum scrip_status examine_sector(const struct journal *journal, uint32_t sector,
                                        journal_visit *visit, void *context)
{
    const struct hal_flash *flash = journal->flash;
    struct journal_finding finding = {.what = JOURNAL_FOUND_SECTOR};
    struct journal_header header = {.at = {sector, journal_unit(flash)}};

    finding.at.sector = sector;
    TRY(visit(context, &finding));
    while (header.at.offset + HEADER_BYTES <= flash->sector_size) {
        enum scrip_status status = journal_header(journal, &header);
        struct journal_at after = header.at;
        if (status == SCRIP_OK) {
            after.offset += journal_extent(flash, header.len);
            TRY(report(journal, after, &header, visit, context));
            header.at = after;
            continue;
        }
        if (status != SCRIP_AGAIN)
            return status;
        finding.what = JOURNAL_FOUND_TORN;
        finding.at = header.at;
        if (!header.blank)
            TRY(visit(context, &finding));
        header.at.offset = round_up(header.at.offset + 1, flash->page_size);
    }
    return SCRIP_OK;
}

enum scrip_status journal_examine(const struct hal_flash *flash, const struct keys *keys,
                                  journal_visit *visit, void *context)
{
    struct journal journal = {
        .flash = flash, .keys = keys, .sectors = flash->size / flash->sector_size};
    uint32_t sectors = flash->size / flash->sector_size, last = 0, sector;

    TRY(find_range(&journal, &journal.tail_sector, &last));
    journal.head = (struct journal_at){last, flash->sector_size};
    for (sector = journal.tail_sector; sector <= last; sector++) {
        struct journal_header mark = {.at = {sector % sectors, 0}};
        enum scrip_status status = journal_header(&journal, &mark);
        if (status == SCRIP_OK && mark.seq == sector)
            status = examine_sector(&journal, sector, visit, context);
        if (status != SCRIP_OK && status != SCRIP_AGAIN)
            return status;
    }
    return SCRIP_OK;
}
