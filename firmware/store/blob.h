/*
 * blob: a few objects, each replaced whole and atomically, on a flash region of their own.
 *
 * Every kind owns two slots. A new version is written into the inactive slot in pieces, read back,
 * and becomes the current one by the program of its head alone. A cut leaves the old or the new
 * version, and what a mount has once shown stays so.
 *
 * Memory   The caller owns struct blob_store. Threads: owner task only.
 * Time     begin erases the inactive slot's sectors and waits for them (idle only). mount reads
 *          every blob, and after a cut may write up to three heads a kind.
 * Format   SPEC section 10.
 */
#ifndef STORE_BLOB_H
#define STORE_BLOB_H

#include "base/bytes.h"
#include "base/limits.h"
#include "base/span.h"
#include "hal/flash.h"
#include "store/keys.h"

enum blob_kind { BLOB_IDENTITY, BLOB_KEYS, BLOB_POLICY, BLOB_OPERATORS, BLOB_LIST, BLOB_KINDS };

enum { BLOB_CHUNK = SCRIP_BLOB_CHUNK };

struct blob_slot {
    uint32_t version; /* 0: none */
    uint32_t len;
    uint8_t voids;  /* versions after this one that a cut has taken back */
    uint8_t active; /* 0 or 1 */
};

struct blob_store {
    const struct hal_flash *flash;
    uint8_t mac_key[32];
    struct blob_slot slot[BLOB_KINDS];
    struct {
        bool open;
        enum blob_kind kind;
        uint32_t offset, len;
        struct crypto_hash hash;
        uint8_t pending[BLOB_CHUNK];
    } write;
};

/* The bytes that one slot can hold, the same for every kind: size / (2 * BLOB_KINDS), less the
 * heads (eight tear units of at least 64 bytes). */
uint32_t blob_capacity(const struct blob_store *store);

/* Finds the current version of each kind. A damaged newer slot falls back to the older one, and is
 * reported in *damaged (a bit a kind); so is one whose only version is damaged. FAULT_FLASH.
 * REFUSED_ARGUMENT: a region that is not 2 * BLOB_KINDS slots of whole sectors. */
MUST_CHECK enum scrip_status blob_mount(struct blob_store *store, const struct hal_flash *flash,
                                        const struct keys *keys, uint32_t *damaged);

/* Begin, write in order, commit. A second begin abandons the first. REFUSED_TOO_LONG: more than the
 * slot holds, or than was announced. REFUSED_ARGUMENT: nothing is open, or it is not complete.
 * FAULT_FLASH abandons it. Until commit returns OK the old version stays current; after a cut it is
 * the old or the new one. */
MUST_CHECK enum scrip_status blob_begin(struct blob_store *store, enum blob_kind kind,
                                        uint32_t len);
MUST_CHECK enum scrip_status blob_write(struct blob_store *store, struct bytes data);
/* The bytes written so far, read back: once all are written, from the inactive slot, so that they
 * can be verified there before commit. REFUSED_ARGUMENT: not written yet. */
MUST_CHECK enum scrip_status blob_read_back(const struct blob_store *store, uint32_t offset,
                                            void *data, size_t len);
MUST_CHECK enum scrip_status blob_commit(struct blob_store *store, uint32_t *version);
/* Ends a writing that shall not count; also where there is none. */
void blob_abandon(struct blob_store *store);
/* What was written, complete and not yet committed, where it lies; empty otherwise. Valid until
 * commit, abandon or the next begin. */
struct span blob_written(const struct blob_store *store);

/* The current version. REFUSED_NOT_FOUND: there is none. */
MUST_CHECK enum scrip_status blob_size(const struct blob_store *store, enum blob_kind kind,
                                       uint32_t *len);
/* REFUSED_ARGUMENT: beyond its end. */
MUST_CHECK enum scrip_status blob_read(const struct blob_store *store, enum blob_kind kind,
                                       uint32_t offset, void *data, size_t len);
/* The same as a span, empty where there is none. Valid until the next commit of that kind. */
struct span blob_span(const struct blob_store *store, enum blob_kind kind);
/* Appends the whole blob to out, checking its MAC. FAULT_CORRUPT. REFUSED_TOO_LONG: out is too
 * small. */
MUST_CHECK enum scrip_status blob_load(const struct blob_store *store, enum blob_kind kind,
                                       struct buffer *out);

#endif
