/*
 * fake agent: scrip.h, a till link and a printer, faked for the tests of firmware/till.
 *
 * This file's scrip_* functions are linked in place of the agent's. They answer what a test has put
 * into `agent` and keep what they were asked.
 */
#ifndef TESTS_FAKE_AGENT_H
#define TESTS_FAKE_AGENT_H

#include "scrip.h"
#include "till/till.h"

struct fake_agent {
    /* What it answers. */
    struct scrip_answer answer; /* of redeem, result and reverse; the status is theirs */
    enum scrip_status abort, receipt, enroll, sync, challenge;
    struct scrip_status_page page;
    struct scrip_event events[4];
    size_t event_count;

    /* What it was asked. */
    unsigned redeems, awards, challenges, reverses, results, aborts, receipts, syncs;
    bool has_code;
    enum scrip_member_kind kind; /* of an award's */
    char code[1024];
    struct scrip_sale sale; /* items and texts are the copies below */
    struct scrip_item items[LIMIT_ITEMS];
    char sale_id[32], service_id[32], transaction_id[64], reference[80], product_code[32];
    char badge[48];      /* empty: none */
    const char *running; /* only this ServiceID can be aborted; NULL: as abort says */
    char identity[64];
    uint8_t bundle[64];
    size_t bundle_len;
};

struct fake_till {
    const char *message; /* what comes next; NULL: nothing */
    enum hal_till_kind kind;
    char reply[TILL_REPLY_BYTES + 1], event[TILL_REPLY_BYTES + 1];
    unsigned replies, events;
    uint32_t peer; /* of the last reply */
};

struct fake_printer {
    char paper[2048];                    /* lines, "QR <text>", "CUT" */
    enum scrip_status status, qr_status; /* what lines and cut answer, and what a QR does */
    bool reply_was_out;                  /* when the first line came, the reply had left */
};

extern struct fake_agent agent;
extern struct fake_till link;
extern struct fake_printer printer;
extern struct till till;
extern struct hal fake_hal; /* a test may add devices; fake_open() takes them away again */

/* Everything as after a start, with a terminal M1.S1.T1 in euros. */
void fake_open(void);

/* Sends a message and polls once; the answer is link.reply, empty while it is pending. */
void fake_send(enum hal_till_kind kind, const char *message);

/* "{SaleToPOIRequest: {MessageHeader: .., <category>Request: <body>}}" with ServiceID service;
 * body holds single quotes for double ones. */
void fake_nexo(const char *category, const char *service, const char *body);

void fake_login(void);

#endif
