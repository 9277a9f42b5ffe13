/*
 * award: seals that came while the host had no vault are opened once it has one.
 *
 * Threads  Before the server runs.
 */
#ifndef TOOLS_HOST_AWARD_H
#define TOOLS_HOST_AWARD_H

#include "tools/host/db.h"
#include "tools/host/pki.h"

/* Names the members of stored awards that are still sealed, in one transaction, and logs how many.
 * What does not open stays as it is: its verdict was given. FAULT_*: nothing has changed. */
MUST_CHECK enum scrip_status award_open_closed(struct db *db, const struct pki *pki);

#endif
