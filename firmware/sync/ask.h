/*
 * ask: one POST /v1/redemptions: the host decides a redemption while the customer waits.
 *
 * The record is durable before it is asked about, so that an answer which never comes costs time
 * and nothing else: the next sync brings the same bytes, and the host's word for them.
 *
 * Memory   Part of struct sync. Threads: owner task only.
 * Format   SPEC section 12.
 */
#ifndef SYNC_ASK_H
#define SYNC_ASK_H

#include "sync/session_state.h"

/* Sends the queued ask. FAULT_*: as the ledger's; nothing was sent. */
MUST_CHECK enum scrip_status ask_start(struct sync *sync);

/* The answer of status 200. OK: a verdict for our seq, under the host's time. FAULT_PROTOCOL,
 * FAULT_TLS as settle_time(). */
MUST_CHECK enum scrip_status ask_answer(struct sync *sync);

/* Ends the ask, if one is open, with what the till shall hear. */
void ask_end(struct sync *sync, enum scrip_status status);

#endif
