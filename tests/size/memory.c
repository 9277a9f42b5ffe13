/*
 * The memory that somebody else has to find, as arrays of that size: tools/check/size reads their
 * names and sizes from the object that a compiler made of this for its processor. Nothing runs.
 */
#include "agent/agent.h"

#define SIZE_OF(name) unsigned char sizeof_##name[sizeof(struct name)]

SIZE_OF(scrip); /* what an integrator provides; the agent inside it, and its larger parts: */
SIZE_OF(agent);
SIZE_OF(ledger);
SIZE_OF(journal);
SIZE_OF(blob_store);
SIZE_OF(keys);
SIZE_OF(keyset);
SIZE_OF(sync);
