/*
 * settle: one POST /v1/sync: which records go, what the host says of them, and what that frees.
 *
 * Nothing is freed unless the host's head equals ours and every verdict other than accepted is
 * durable; a host that contradicts itself or us frees nothing.
 *
 * Memory   Part of struct sync. Threads: owner task only.
 * Format   SPEC section 12.
 */
#ifndef SYNC_SETTLE_H
#define SYNC_SETTLE_H

#include "sync/session_state.h"

/* There are records that could be settled now. */
bool settle_pending(const struct sync *sync);

/* Chooses a batch and writes the request: the exchange may be polled. FAULT_*: as the ledger's, or
 * as the signature's; nothing was sent. */
MUST_CHECK enum scrip_status settle_start(struct sync *sync);

/* The answer of status 200. OK: *moved says whether the ack rose. FAULT_PROTOCOL, FAULT_FORK,
 * FAULT_TLS (the time is known now, and the host's certificate does not hold): nothing was freed;
 * others as the ledger's. state.problem tells which rule was broken. */
MUST_CHECK enum scrip_status settle_answer(struct sync *sync, bool *moved);

/* What a problem document asks for: how to go on after an answer other than 200. */
enum settle_next {
    SETTLE_AT_ONCE, /* changed what goes: try again now */
    SETTLE_LATER    /* as the status says */
};
enum settle_next settle_problem(struct sync *sync, const struct message_problem *problem);

/* Time that the host signed for this exchange: sets the clock and judges the host's certificate by
 * it. FAULT_PROTOCOL, FAULT_TLS. Shared with the ask. */
MUST_CHECK enum scrip_status settle_time(struct sync *sync, struct bytes statement,
                                         const uint8_t nonce[MESSAGE_NONCE_BYTES]);

#endif
