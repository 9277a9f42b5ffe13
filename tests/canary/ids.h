/*
 * ids: a thousand identifiers that nobody has, and the search for any of them.
 *
 * An identifier exists as text only between id_make() and id_forget(): the searcher keeps of each
 * its first bytes under a mask, so that it does not find itself.
 */
#ifndef TESTS_CANARY_IDS_H
#define TESTS_CANARY_IDS_H

#include "scrip.h"

enum { IDS = 1000, ID_CHARS = 48 };

/* NUL-terminated, already in its normal form. */
enum scrip_member_kind id_make(unsigned number, char text[ID_CHARS]);
void id_forget(char text[ID_CHARS]);

void ids_open(void);
/* How many times any of them stands in these bytes. */
unsigned ids_search(const void *data, size_t len);

/* ids_tool.c: `--make` prints kind and text of each; `--search [--pid PID | FILE]..` searches files
 * and all that a process can write to, with a line for each, and answers 1 where it found any or
 * could not look. */
int ids_tool(int argc, char **argv);

#endif
