/*
 * import: what a terminal without a line has exported (`scrip journal export`), settled as if it
 * had come by sync. Each line is a sync's body; the terminal is known by the key that signed it,
 * which this host learned at the terminal's first sync, and must still be on the list.
 *
 * The same file again changes nothing: a record is settled once, whichever way it comes.
 */
#ifndef TOOLS_HOST_IMPORT_H
#define TOOLS_HOST_IMPORT_H

#include "tools/host/handler.h"

/* True: every line is settled. Else what is wrong is said, with its line; the lines before it
 * stand.
 */
bool import_file(struct pki *pki, struct db *db, const char *path);

#endif
