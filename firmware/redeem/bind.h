/*
 * bind: the sale, the permit and the voucher become one redemption, ours and nobody else's.
 *
 * Format   SPEC section 4: the transaction hash txh and the hash of a sale's lines.
 */
#ifndef REDEEM_BIND_H
#define REDEEM_BIND_H

#include "base/identity.h"
#include "redeem/policy.h"

/*
 * One hash over a sale's items, in message order, fed item by item so that no list is kept: SHA-256
 * of det-CBOR [[product code, quantity x 1000, amount]...]. After start, finish must be called
 * whatever add answers: it releases the hash.
 */
struct sale_lines {
    struct crypto_hash hash;
    size_t count; /* items still to come */
};
MUST_CHECK enum scrip_status sale_lines_start(struct sale_lines *lines, size_t count);
/* REFUSED_TOO_LONG: the code is beyond LIMIT_PRODUCT_CODE. REFUSED_ARGUMENT: more items than start
 * was told. The item is then not part of the hash. */
MUST_CHECK enum scrip_status sale_lines_add(struct sale_lines *lines, struct bytes product_code,
                                            uint32_t quantity_milli, int64_t amount_minor);
/* REFUSED_ARGUMENT: fewer items than start was told; digest is not to be used. */
MUST_CHECK enum scrip_status sale_lines_finish(struct sale_lines *lines,
                                               uint8_t digest[CRYPTO_HASH_BYTES]);

/* txh = SHA-256("SCRIP/TXH/1" || det-CBOR[aud, epoch, nonce or h'', SaleTransactionID, total,
 * currency, lines])[0..15]; nonce: 16 bytes, or NULL for h''. */
MUST_CHECK enum scrip_status bind_txh(const struct identity *terminal, uint32_t epoch,
                                      const uint8_t *nonce, const struct sale *sale,
                                      uint8_t txh[TOKEN_ID_BYTES]);

/*
 * What makes two requests of a till the same request: hash of everything in it that has a meaning,
 * ids, code (empty where the terminal's scanner is to be asked) and sale, and whether it is an
 * award. Who stands at the till has none. The digest is recorded: a raw identifier is not put in,
 * for it could be found by trying.
 */
MUST_CHECK enum scrip_status sale_digest(const struct sale *sale, struct bytes code,
                                         uint8_t digest[SALE_DIGEST_BYTES]);

struct redemption {
    uint32_t seal;
    struct permit permit;
    struct sale sale;
};

/* Consumes the permit's seal. REFUSED_BINDING: the voucher is bound, and not to sale->txh.
 * FAULT_SEAL, FAULT_CRYPTO. *out is without seal unless OK. */
MUST_CHECK enum scrip_status bind_sale(struct permit *permit, const struct sale *sale,
                                       struct redemption *out);

#endif
