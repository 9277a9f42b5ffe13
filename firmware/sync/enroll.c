#include "sync/enroll.h"

#include <string.h>

#include "base/cert.h"

enum scrip_status enroll_request(const struct keys *keys, const struct identity *identity,
                                 struct buffer *der)
{
    struct crypto_key key;
    uint8_t point[CRYPTO_POINT_BYTES], kid[COSE_KID_BYTES];

    TRY(keys_signing(keys, &key, point, kid));
    return cert_request(key, identity, der);
}

/* The certificate is for the key that this terminal holds, and for the name that the bundle says.
 */
static enum scrip_status check_certificate(const struct bundle *bundle, const struct keys *keys)
{
    struct crypto_key key;
    struct cert_facts facts;
    uint8_t point[CRYPTO_POINT_BYTES], kid[COSE_KID_BYTES];

    TRY(keys_signing(keys, &key, point, kid));
    TRY(cert_read(bundle->chain[0], &facts));
    if (memcmp(facts.point, point, sizeof point) != 0 ||
        strcmp(facts.identity.text, bundle->identity.text) != 0)
        return SCRIP_REFUSED_KEY;
    /* At enrolment the terminal's time may be unknown: dates are judged at every handshake. */
    return cert_verify(bundle->chain, bundle->chain_count, bundle->roots, bundle->root_count, 0, 0);
}

static enum scrip_status check_objects(const struct bundle *bundle)
{
    struct object object;

    if (bundle->keyset.len == 0 || bundle->policy.len == 0)
        return SCRIP_REFUSED_SHAPE;
    TRY(crypto_point_check(bundle->host_point));
    for (size_t i = 0; i < bundle->object_roots.count; i++)
        TRY(crypto_point_check(bundle->object_roots.point[i]));
    TRY(object_verify(span_of(bundle->keyset), OBJECT_KEYS, &bundle->object_roots, &object));
    return object_verify(span_of(bundle->policy), OBJECT_POLICY, &bundle->object_roots, &object);
}

/* A bundle can be put together from genuine objects and another's roots: so both are asked for. */
static enum scrip_status check_owner(const struct bundle *bundle, const struct enroll_owner *owner)
{
    const struct bundle *own = owner->bundle;
    struct object object;

    if (cert_verify(bundle->chain, bundle->chain_count, own->roots, own->root_count, 0, 0) !=
            SCRIP_OK ||
        object_verify(span_of(bundle->keyset), OBJECT_KEYS, owner->roots, &object) != SCRIP_OK ||
        object_verify(span_of(bundle->policy), OBJECT_POLICY, owner->roots, &object) != SCRIP_OK)
        return SCRIP_REFUSED_KEY;
    return SCRIP_OK;
}

static enum scrip_status store(struct blob_store *blobs, enum blob_kind kind, struct bytes head,
                               struct bytes body)
{
    uint32_t version;

    TRY(blob_begin(blobs, kind, (uint32_t)(head.len + body.len)));
    if (head.len != 0)
        TRY(blob_write(blobs, head));
    TRY(blob_write(blobs, body));
    return blob_commit(blobs, &version);
}

enum scrip_status enroll_install(struct bytes bytes, const struct enroll_owner *owner,
                                 struct keys *keys, struct blob_store *blobs)
{
    static const uint8_t stored_head = BUNDLE_STORED_HEAD;
    static const struct bytes none = {NULL, 0};
    struct bundle bundle;

    TRY(bundle_read(bytes, &bundle));
    /* What this terminal could not load again must not be stored. */
    if (1 + bundle.stored.len > LIMIT_IDENTITY_BYTES)
        return SCRIP_REFUSED_TOO_LONG;
    if (bundle.epoch <= keys->epoch)
        return SCRIP_REFUSED_STATE;
    TRY(check_certificate(&bundle, keys));
    TRY(check_objects(&bundle));
    if (owner != NULL)
        TRY(check_owner(&bundle, owner));

    TRY(store(blobs, BLOB_KEYS, none, bundle.keyset));
    TRY(store(blobs, BLOB_POLICY, none, bundle.policy));
    TRY(store(blobs, BLOB_IDENTITY, bytes_of(&stored_head, 1), bundle.stored));
    return keys_set_epoch(keys, bundle.epoch, bundle.first_prev, true);
}
