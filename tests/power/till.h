/*
 * till: a till at work on the shop's ledger, a host that settles with it, and the model of what
 * must be there whatever happens to the power.
 *
 * The till redeems, asks, reverses and uses released codes again. The host takes the outbox,
 * refuses some of it and acknowledges. The model is every record whose append returned OK, with its
 * contents and the link that it had then; the one under way may be there or not.
 */
#ifndef TESTS_POWER_TILL_H
#define TESTS_POWER_TILL_H

#include "redeem/ledger.h"
#include "tests/power/harness.h"
#include "tests/support/shop.h"

enum { ITEMS = 700, AMOUNT = 500 };

struct item {
    uint32_t seq, of, code, sale, exp_s;
    uint8_t type, mode, result;
    uint8_t link[RECORD_LINK_BYTES];
    bool sure;
    /* Of a redeem, by the items behind it. */
    uint32_t approved_by;
    bool released, reversed, late;
};

struct till {
    uint32_t count, next_code, next_sale, t_s, floor_s;
    uint32_t acked, acking; /* sure to be durable, and asked for */
    uint32_t host_seq;
    uint8_t host_head[RECORD_LINK_BYTES];
    bool open;
    bool filling; /* until the journal is full, which then is no finding */
    struct item items[ITEMS];
};

/* One shop and one till; till is what the harness copies and restores. */
extern struct shop shop;
extern struct till till;

/* As a start and a power cut do. False here and below: power has gone, or it is reported. */
bool till_open(void);
void till_close(void *context);

bool till_redeem(uint32_t code, enum permit_mode mode);
/* Reverses the redemption `back` places from the newest that can be. */
bool till_reverse(uint32_t back);
/* The host takes at most `most` records, and answers; the answer may be lost with the power. */
bool till_settle(uint32_t most);
bool till_idle(void);
/* A mixture of all that. */
bool till_step(uint32_t number);
bool till_steps(uint32_t count);

struct item *till_item(uint32_t seq);
/* What a durable record means for the redeem that it is about. */
void till_count(struct item *item);
/* The host's verdict, the same for ever. */
bool till_is_refused(uint32_t seq);
/* Forgets what is settled and long past. */
void till_forget(void);

/*
 * Opens, and compares: nothing is lost, no code that gave value is taken again and every released
 * one is free, the chain goes on from what the host has seen, every refusal came before its ack,
 * and the sums are those of the records.
 */
void till_check(void *context, bool thorough);

#endif
