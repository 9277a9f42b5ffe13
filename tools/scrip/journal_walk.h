/*
 * journal_walk: an examination of a terminal's journal, followed entry by entry: which numbers are
 * there, which are missing, and whether each record follows the one before it.
 */
#ifndef TOOLS_SCRIP_JOURNAL_WALK_H
#define TOOLS_SCRIP_JOURNAL_WALK_H

#include "redeem/record.h"
#include "store/journal.h"

/* What is printed on the way. */
enum journal_walk_says { WALK_NOTHING, WALK_DAMAGE, WALK_ENTRIES };

struct journal_walk {
    enum journal_walk_says says;
    uint32_t records, notes, fences, voided, torn, damaged;
    uint32_t of_type[RECORD_CLOSE + 1]; /* records by enum record_type; 0: of another */
    uint32_t malformed;                 /* records that do not read */
    uint32_t missing, last_missing;
    uint32_t strays; /* records that do not follow the one before */
    uint32_t first_seq, last_seq, ack;
    uint32_t next_seq;               /* the number of the next record; 0: not known yet */
    bool linked;                     /* the next record must carry link */
    uint8_t link[RECORD_LINK_BYTES]; /* at first: the enrolment's */
};

/* What journal_examine() has found goes through here. A failing library ends the walk. */
MUST_CHECK enum scrip_status journal_walk_take(struct journal_walk *walk,
                                               const struct journal_finding *finding);

/* Says whether the journal is whole, else what the host will say when the terminal sends what is
 * left. The value is the exit code. */
int journal_walk_judge(const struct journal_walk *walk);

const char *journal_walk_type(enum record_type type); /* "redeem" */

#endif
