/*
 * judge: what the host thinks of one redeem or award record, from the record, the key set and the
 * time alone.
 *
 * The terminal is not believed: the token inside the record is verified again, by the agent's own
 * verify_token() under the terminal's identity and the record's time, and the amount and the sale's
 * hash are held against it. Whether the code was used before is the database's answer (settle.c).
 *
 * Time     One ECDSA verification for each key that shares the token's kid.
 */
#ifndef TOOLS_HOST_JUDGE_H
#define TOOLS_HOST_JUDGE_H

#include "tools/host/db.h"
#include "tools/host/pki.h"

struct judge_bench {
    const struct pki *pki; /* the key set, and the status of coupons */
    const struct identity *terminal;
    uint32_t now_s;
    bool live; /* the till is waiting: a terminal without a clock is judged by ours */
};

struct judgement {
    enum verdict verdict;
    enum record_code code;
    bool genuine;      /* use is known */
    struct db_use use; /* of a genuine token, also when refused for another reason */
};

/* FAULT_*: an accident, nothing was judged. */
MUST_CHECK enum scrip_status judge_redeem(const struct judge_bench *bench,
                                          const struct record *record, struct judgement *out);

struct award_judgement {
    enum verdict verdict;
    enum record_code code;
    struct db_award award;
};

/* An award's code is verified like a redemption's; a seal is opened by the vault, if there is one,
 * under the very sale and time that the record tells of. One that does not open proves nothing
 * against the terminal: it is quarantined. FAULT_*: an accident, nothing was judged. */
MUST_CHECK enum scrip_status judge_award(const struct judge_bench *bench,
                                         const struct record *record, struct award_judgement *out);

#endif
