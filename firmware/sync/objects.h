/*
 * objects: key set, policy, operators and status list, fetched when the host has newer ones than
 * those in use.
 *
 * An object goes into its inactive slot piece by piece as it arrives. It is verified where it lies
 * there, and only then made current: a slot's size is no matter of memory.
 *
 * Memory   Part of struct sync. Threads: owner task only. Time: the first piece erases flash, so
 *          one is asked for only while the till is idle.
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
 * stored, or nothing new. REFUSED_*: the object is not ours, not newer, expired, longer than a slot
 * or not accepted by the agent; the old one stays. FAULT_*: as the blob store's. */
MUST_CHECK enum scrip_status objects_answer(struct sync *sync);

/* Lets go of one that has not come to its end. */
void objects_drop(struct sync *sync);

/* Where a terminal keeps an object. */
static inline enum blob_kind objects_blob(enum object_kind kind)
{
    return (enum blob_kind)(BLOB_KEYS + (int)kind);
}

#endif
