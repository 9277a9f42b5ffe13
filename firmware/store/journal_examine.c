/* Reading an image for a person: everything that is there, also what a mount would pass over.
 * Linked into tools alone. */
#include "store/journal_layout.h"

#include <string.h>

/* The sectors held, lowest first, by a plain search: an image may be damaged in any way. */
static enum scrip_status find_range(const struct hal_flash *flash, uint32_t format_id,
                                    uint32_t *first, uint32_t *last)
{
    uint32_t sectors = flash->size / flash->sector_size, sector, i;
    bool any = false;

    for (i = 0; i < sectors; i++) {
        enum scrip_status status = journal_mark_read(flash, format_id, i, &sector);
        if (status == SCRIP_AGAIN)
            continue;
        TRY(status);
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

/* Reports an entry whose header is whole: authentic, void or damaged, and a fence's copy. */
static enum scrip_status report(const struct journal *journal, struct journal_at here,
                                struct journal_at after, const struct journal_header *header,
                                journal_visit *visit, void *context)
{
    uint8_t data[ENTRY_BUFFER];
    struct journal_finding finding = {.what = JOURNAL_FOUND_ENTRY,
                                      .entry = {header->type, header->seq, here, {NULL, 0}},
                                      .ack = header->ack};
    bool is_void, copied;

    TRY(journal_judge(journal, here, after, data, &is_void, &copied));
    enum scrip_status status = journal_open(journal, here, header, data);
    if (status == SCRIP_FAULT_CORRUPT) {
        finding.what = JOURNAL_FOUND_DAMAGED;
        return visit(context, &finding);
    }
    TRY(status);
    finding.entry.payload = bytes_of(data, header->len);
    if (is_void)
        finding.what = JOURNAL_FOUND_VOID;
    if (is_void || !is_fence(header->type) || header->len < FENCE_BYTES || data[6] == 0)
        return visit(context, &finding);
    finding.entry.payload.len = FENCE_BYTES;
    TRY(visit(context, &finding));
    finding.what = JOURNAL_FOUND_COPY;
    finding.entry = (struct journal_entry){
        (enum journal_type)data[6], bytes_get_u32(data + 8), journal_fence_last(data),
        bytes_of(data + FENCE_BYTES, header->len - (size_t)FENCE_BYTES)};
    return visit(context, &finding);
}

static enum scrip_status examine_sector(const struct journal *journal, uint32_t sector,
                                        journal_visit *visit, void *context)
{
    const struct hal_flash *flash = journal->flash;
    struct journal_at at = {sector, journal_unit(flash), 0, 0};
    struct journal_finding finding = {.what = JOURNAL_FOUND_SECTOR};
    struct journal_header header;
    bool blank;

    finding.entry.at.sector = sector;
    TRY(visit(context, &finding));
    while (at.offset + HEADER_BYTES <= flash->sector_size) {
        enum scrip_status status = journal_header(journal, at, &header, &blank);
        struct journal_at here = at;
        if (status == SCRIP_OK) {
            TRY(journal_step(journal, &at, &header));
            TRY(report(journal, here, at, &header, visit, context));
            continue;
        }
        if (status != SCRIP_AGAIN)
            return status;
        at.offset = round_up(at.offset + 1, flash->page_size);
        finding.what = JOURNAL_FOUND_TORN;
        finding.entry.at = here;
        /* Where programming overwrites, what lies behind the log is the last lap's. */
        if (!blank && flash->needs_erase)
            TRY(visit(context, &finding));
    }
    return SCRIP_OK;
}

enum scrip_status journal_examine(const struct hal_flash *flash, const struct keys *keys,
                                  journal_visit *visit, void *context)
{
    struct journal journal = {.flash = flash, .keys = keys};
    uint32_t sectors = flash->size / flash->sector_size, last = 0, sector, found;

    TRY(find_range(flash, keys->format_id, &journal.tail_sector, &last));
    journal.head = (struct journal_at){last, flash->sector_size, 0, 0};
    for (sector = journal.tail_sector; sector <= last; sector++) {
        enum scrip_status status = journal_mark_read(flash, keys->format_id, sector % sectors,
                                                     &found);
        if (status == SCRIP_OK && found == sector)
            status = examine_sector(&journal, sector, visit, context);
        if (status != SCRIP_OK && status != SCRIP_AGAIN)
            return status;
    }
    return SCRIP_OK;
}
