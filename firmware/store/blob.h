/*
 * blob: a few objects, each replaced whole and atomically, on a flash region of their own.
 *
 * Every kind owns two slots. A new version is written into the inactive slot in pieces, read back,
 * and becomes the current one by the last program operation alone. A cut leaves the old or the new
 * version.
 *
 * Memory   The caller owns struct blob_store. Threads: owner task only.
 * Time     begin erases the inactive slot's sectors and waits for them (idle only). Format: SPEC
 *          section 3.
 */
#ifndef STORE_BLOB_H
#define STORE_BLOB_H

#include "base/bytes.h"
#include "hal/flash.h"
#include "store/keys.h"

enum blob_kind { BLOB_IDENTITY, BLOB_KEYS, BLOB_POLICY, BLOB_OPERATORS, BLOB_KINDS };

struct blob_slot {
    uint32_t version; /* 0: none */
    uint32_t len;
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
    } write;
};

/* The bytes that one slot can hold, the same for every kind: size / (2 * BLOB_KINDS), less the
 * header. */
uint32_t blob_capacity(const struct blob_store *store);

/* Finds the current version of each kind. A damaged newer slot falls back to the older one, and is
 * reported in *damaged (a bit a kind). FAULT_FLASH. */
MUST_CHECK enum scrip_status blob_mount(struct blob_store *store, const struct hal_flash *flash,
                                        const struct keys *keys, uint32_t *damaged);

/* Begin, write in order, commit. A second begin abandons the first. REFUSED_TOO_LONG. Until commit
 * returns OK the old version stays current, also across a cut. */
MUST_CHECK enum scrip_status blob_begin(struct blob_store *store, enum blob_kind kind,
                                        uint32_t len);
MUST_CHECK enum scrip_status blob_write(struct blob_store *store, struct bytes data);
/* The bytes written so far, read back from the inactive slot: verify them there before commit. */
MUST_CHECK enum scrip_status blob_read_back(const struct blob_store *store, uint32_t offset,
                                            void *data, size_t len);
MUST_CHECK enum scrip_status blob_commit(struct blob_store *store, uint32_t *version);

/* The current version. REFUSED_NOT_FOUND: there is none. */
MUST_CHECK enum scrip_status blob_size(const struct blob_store *store, enum blob_kind kind,
                                       uint32_t *len);
MUST_CHECK enum scrip_status blob_read(const struct blob_store *store, enum blob_kind kind,
                                       uint32_t offset, void *data, size_t len);
/* Reads the whole blob, checking its MAC. FAULT_CORRUPT. REFUSED_TOO_LONG: out is too small. */
MUST_CHECK enum scrip_status blob_load(const struct blob_store *store, enum blob_kind kind,
                                       struct buffer *out);

#endif
