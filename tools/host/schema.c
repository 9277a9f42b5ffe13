/* The schema, in one place. Times are seconds since 1970, amounts minor units, links the first 16
 * bytes of SHA-256 of a record. Nothing here is a name: members are the tokens' pseudonyms. */
#include "tools/host/db.h"

const char db_schema[] =
    /* One life of a terminal between two enrolments. */
    "CREATE TABLE chain ("
    " id INTEGER PRIMARY KEY,"
    " terminal TEXT NOT NULL," /* MERCHANT.STORE.TERMINAL */
    " epoch INTEGER NOT NULL,"
    " first_prev BLOB NOT NULL,"          /* from enrolment */
    " ack_seq INTEGER NOT NULL,"          /* every number up to it has its verdict here */
    " ack_head BLOB NOT NULL,"            /* the link at ack_seq */
    " closed INTEGER NOT NULL DEFAULT 0," /* its close record is settled */
    " adopted_seq INTEGER,"               /* base taken from the terminal: this host was restored */
    " forked_seq INTEGER,"                /* where a second history was first offered */
    " seen_s INTEGER,"                    /* last sync */
    " boot INTEGER,"                      /* the terminal's boot counter then */
    " report TEXT,"                       /* its counters then, JSON */
    " UNIQUE (terminal, epoch)"
    ") STRICT;"

    /* What terminals sent, byte for byte, with the final verdict. The primary key makes a verdict
     * final: the same (terminal, epoch, seq) can not be judged twice. */
    "CREATE TABLE record ("
    " chain INTEGER NOT NULL,"
    " seq INTEGER NOT NULL,"
    " type INTEGER NOT NULL," /* enum record_type; 0: lost or unreadable */
    " link BLOB,"             /* NULL: lost, and nothing readable followed */
    " bytes BLOB NOT NULL,"
    " verdict INTEGER NOT NULL,"    /* enum verdict */
    " code INTEGER NOT NULL,"       /* enum record_code */
    " claimed_s INTEGER NOT NULL,"  /* the terminal's time: evidence only */
    " received_s INTEGER NOT NULL," /* ours */
    " PRIMARY KEY (chain, seq)"
    ") STRICT, WITHOUT ROWID;"

    /* Which code a redeem record used, for how much. */
    "CREATE TABLE token_use ("
    " chain INTEGER NOT NULL,"
    " seq INTEGER NOT NULL,"
    " issuer INTEGER NOT NULL,"
    " cti BLOB NOT NULL,"
    " member BLOB," /* pseudonym */
    " amount_minor INTEGER NOT NULL,"
    " currency INTEGER NOT NULL,"
    " state INTEGER NOT NULL," /* enum use_state */
    " PRIMARY KEY (chain, seq)"
    ") STRICT, WITHOUT ROWID;"
    /* One code is never worth twice: accepted and not undone, once. */
    "CREATE UNIQUE INDEX token_use_once ON token_use (issuer, cti) WHERE state = 1;"

    /* Sales noted for a member, who may be nobody yet: then the record's seal is closed. */
    "CREATE TABLE award ("
    " chain INTEGER NOT NULL,"
    " seq INTEGER NOT NULL,"
    " member BLOB,"         /* pseudonym: the code's own, or the vault's */
    " vault_epoch INTEGER," /* 0: the code's own */
    " total_minor INTEGER NOT NULL,"
    " currency INTEGER NOT NULL,"
    " state INTEGER NOT NULL," /* enum use_state */
    " PRIMARY KEY (chain, seq)"
    ") STRICT, WITHOUT ROWID;"

    /* Records of a second history of a chain: a cloned or restored terminal. Kept, never judged. */
    "CREATE TABLE branch ("
    " chain INTEGER NOT NULL,"
    " seq INTEGER NOT NULL,"
    " bytes BLOB NOT NULL,"
    " received_s INTEGER NOT NULL,"
    " PRIMARY KEY (chain, seq, bytes)"
    ") STRICT, WITHOUT ROWID;"

    /* Public keys of terminals, as their certificates had them when they settled. */
    "CREATE TABLE terminal_key ("
    " kid BLOB PRIMARY KEY,"
    " point BLOB NOT NULL,"
    " terminal TEXT NOT NULL"
    ") STRICT, WITHOUT ROWID;"

    /* Receipts that a customer's app has handed in, each once. What became of one follows from its
     * record: the view below. */
    "CREATE TABLE receipt_claim ("
    " kid BLOB NOT NULL,"
    " epoch INTEGER NOT NULL,"
    " seq INTEGER NOT NULL,"
    " hash BLOB NOT NULL,"
    " key TEXT NOT NULL," /* the claimer's Idempotency-Key */
    " claimed_s INTEGER NOT NULL,"
    " PRIMARY KEY (kid, epoch, seq)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE VIEW claims AS SELECT"
    " k.terminal, p.epoch, p.seq, p.key, p.claimed_s,"
    " CASE WHEN r.seq IS NULL THEN 'pending' WHEN u.state = 1 AND r.verdict = 1 THEN 'claimed'"
    " WHEN u.state = 2 THEN 'reversed' ELSE 'refused' END AS state"
    " FROM receipt_claim p JOIN terminal_key k ON k.kid = p.kid"
    " LEFT JOIN chain c ON c.terminal = k.terminal AND c.epoch = p.epoch"
    " LEFT JOIN record r ON r.chain = c.id AND r.seq = p.seq"
    " LEFT JOIN token_use u ON u.chain = c.id AND u.seq = p.seq;"

    /* Names of numbers, filled when the file is made. */
    "CREATE TABLE code (number INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;"

    /* For the back office: who, where, when, how much, and what became of it. */
    "CREATE VIEW redemptions AS SELECT"
    " c.terminal, c.epoch, r.seq,"
    " c.terminal || '-' || c.epoch || '-' || r.seq AS transaction_id," /* nexo POITransactionID */
    " lower(hex(u.member)) AS member, u.issuer, lower(hex(u.cti)) AS cti,"
    " u.amount_minor, u.currency,"
    " CASE u.state WHEN 1 THEN 'held' WHEN 2 THEN 'reversed' WHEN 3 THEN 'void' ELSE 'refused' END"
    " AS state,"
    " CASE r.verdict WHEN 1 THEN 'accepted' WHEN 2 THEN 'refused' WHEN 3 THEN 'quarantined'"
    " ELSE 'lost' END AS verdict,"
    " code.name AS code, r.claimed_s, r.received_s, r.seq <= c.ack_seq AS settled"
    " FROM record r JOIN chain c ON c.id = r.chain JOIN code ON code.number = r.code"
    " LEFT JOIN token_use u ON u.chain = r.chain AND u.seq = r.seq"
    " WHERE r.type = 1;"
    "CREATE VIEW awards AS SELECT"
    " c.terminal, c.epoch, a.seq,"
    " c.terminal || '-' || c.epoch || '-' || a.seq AS transaction_id,"
    " lower(hex(a.member)) AS member, a.vault_epoch, a.total_minor, a.currency,"
    " CASE WHEN a.state = 2 THEN 'reversed' WHEN a.state = 0 THEN 'refused'"
    " WHEN a.member IS NULL THEN 'sealed' ELSE 'noted' END AS state,"
    " code.name AS code, r.claimed_s, r.received_s"
    " FROM award a JOIN chain c ON c.id = a.chain"
    " JOIN record r ON r.chain = a.chain AND r.seq = a.seq JOIN code ON code.number = r.code;";
