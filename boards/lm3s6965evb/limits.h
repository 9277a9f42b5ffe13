/*
 * limits: what a terminal in 64 KiB of RAM holds, and how long a message it takes. Included by
 * base/limits.h and scrip.h as SCRIP_LIMITS_FILE.
 */
#ifndef BOARDS_LM3S6965EVB_LIMITS_H
#define BOARDS_LM3S6965EVB_LIMITS_H

#define SCRIP_BYTES 7936
#define SCRIP_ITEMS 8
#define SCRIP_SPENT 48
#define SCRIP_REFS 16
#define SCRIP_MEMBERS 8
#define SCRIP_MARKS 24
#define SCRIP_AWARDED 12
#define SCRIP_KEYS 3
#define SCRIP_KEY_TABLES 1
#define SCRIP_BUNDLE_BYTES 2432
#define SCRIP_IDENTITY_BYTES 1536
#define SCRIP_BLOB_CHUNK 128
#define SCRIP_REFUSALS 3
#define SCRIP_EVENTS 4
#define SCRIP_HTTP_HEAD 1024
#define SCRIP_SYNC_OUT 704
#define SCRIP_SYNC_ANSWER 1024
#define SCRIP_MISSING 12        /* a sector of the card holds seven records */
#define SCRIP_TILL_MESSAGE 3328 /* the line that brings a bundle; a sale is at most 2,048 */
#define SCRIP_TILL_ARENA 7680
#define SCRIP_TILL_REPLY 1792
#define SCRIP_TILL_PENDING 2
#define SCRIP_AGENT_ARENA 2560

#endif
