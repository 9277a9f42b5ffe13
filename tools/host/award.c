#include "tools/host/award.h"

#include "tools/host/judge.h"
#include "tools/host/log.h"

static enum scrip_status open_all(struct db *db, const struct pki *pki, unsigned *opened,
                                  unsigned *closed)
{
    struct db_closed at = {.chain = 0};
    enum scrip_status status;

    TRY(db_begin(db));
    while ((status = db_award_closed(db, &at)) == SCRIP_OK) {
        const struct judge_bench bench = {.pki = pki, .terminal = &at.terminal};
        struct award_judgement judged;
        struct record record;
        if (record_read(bytes_of(at.record, at.record_len), &record) != SCRIP_OK)
            continue;
        TRY(judge_award(&bench, &record, &judged));
        *opened += judged.award.has_member;
        *closed += !judged.award.has_member;
        if (judged.award.has_member)
            TRY(db_award_name(db, &at, &judged.award));
    }
    return status == SCRIP_AGAIN ? db_commit(db) : status;
}

enum scrip_status award_open_closed(struct db *db, const struct pki *pki)
{
    unsigned opened = 0, closed = 0;
    enum scrip_status status = open_all(db, pki, &opened, &closed);

    if (status != SCRIP_OK)
        db_rollback(db);
    else if (opened + closed != 0)
        log_line("vault: %u awards opened, %u stay sealed", opened, closed);
    return status;
}
