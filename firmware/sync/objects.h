/*
 * objects: key set and policy, fetched when the host has newer ones than those in use.
 *
 * Memory   Part of struct sync. Threads: owner task only. Time: a store erases flash, so it happens
 *          only while the till is idle.
 * Format   SPEC sections 2 and 12.
 */
#ifndef SYNC_OBJECTS_H
#define SYNC_OBJECTS_H

#include "sync/session_state.h"

/* The host has an object that is newer than ours, and none waits for the agent. */
bool objects_wanted(const struct sync *sync);

/* Asks for one of them. */
MUST_CHECK enum scrip_status objects_start(struct sync *sync);

/* The answer of status 200 or 304, which settles the want until the next sync states it again. OK:
 * stored, or nothing new. REFUSED_*: the object is not ours, not newer, expired, or not accepted by
 * the agent; the old one stays. FAULT_*: as the blob store's. */
MUST_CHECK enum scrip_status objects_answer(struct sync *sync);

#endif
