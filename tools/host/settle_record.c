#include "tools/host/settle_record.h"

#include <string.h>

enum scrip_status settle_find_chain(struct db *db, const struct allow *terminal, uint32_t epoch,
                                    struct db_chain *chain)
{
    enum scrip_status status = db_chain_find(db, &terminal->terminal, epoch, chain);

    if (status == SCRIP_REFUSED_NOT_FOUND && epoch == terminal->epoch)
        status = db_chain_add(db, &terminal->terminal, epoch, terminal->first_prev, chain);
    return status;
}

static enum scrip_status hold(struct db *db, const struct db_chain *chain, uint32_t seq,
                              struct judgement *judged)
{
    enum use_state wanted = judged->verdict == VERDICT_ACCEPTED ? USE_HELD : USE_REFUSED;
    bool held;

    TRY(db_use_add(db, chain, seq, &judged->use, wanted, &held));
    if (wanted == USE_HELD && !held) {
        judged->verdict = VERDICT_REFUSED;
        judged->code = RECORD_CODE_ALREADY_REDEEMED;
    }
    return SCRIP_OK;
}

/* What a record does to the code that an earlier one holds. An outcome refused or void, and a
 * reversal, free it; where nothing is held there is nothing to undo, and that is fine. */
static enum scrip_status undo(struct db *db, const struct db_chain *chain,
                              const struct record *record)
{
    if (record->type == RECORD_REVERSE) {
        TRY(db_award_end(db, chain, record->of));
        return db_use_end(db, chain, record->of, USE_REVERSED);
    }
    if (record->type == RECORD_OUTCOME &&
        (record->result == RECORD_REFUSED || record->result == RECORD_VOID))
        return db_use_end(db, chain, record->of, USE_VOID);
    return SCRIP_OK;
}

static enum scrip_status note(struct db *db, const struct db_chain *chain,
                              const struct judge_bench *bench, const struct record *record,
                              struct judgement *judged)
{
    struct award_judgement award;

    TRY(judge_award(bench, record, &award));
    judged->verdict = award.verdict;
    judged->code = award.code;
    return db_award_add(db, chain, record->seq, &award.award,
                        award.verdict == VERDICT_ACCEPTED ? USE_HELD : USE_REFUSED);
}

enum scrip_status settle_record(struct db *db, const struct db_chain *chain,
                                const struct judge_bench *bench, const struct record *record,
                                struct db_record *row)
{
    struct judgement judged = {.verdict = VERDICT_ACCEPTED, .code = RECORD_CODE_NONE};

    if (record->type == RECORD_REDEEM) {
        TRY(judge_redeem(bench, record, &judged));
        if (judged.genuine)
            TRY(hold(db, chain, record->seq, &judged));
    } else if (record->type == RECORD_AWARD) {
        TRY(note(db, chain, bench, record, &judged));
    } else {
        TRY(undo(db, chain, record));
    }
    row->seq = record->seq;
    row->type = (uint8_t)record->type;
    row->has_link = true;
    row->bytes = record->raw;
    row->verdict = judged.verdict;
    row->code = judged.code;
    row->claimed_s = record->stamp.t_s;
    row->received_s = bench->now_s;
    return db_record_add(db, chain, row);
}
