#include "sync/objects.h"

#include <string.h>

static uint32_t have(const struct sync *sync, enum object_kind kind)
{
    return kind == OBJECT_KEYS ? sync->parts->have_keys : sync->parts->have_policy;
}

static bool wanted(const struct sync *sync, enum object_kind kind)
{
    return sync->objects.want[kind] > have(sync, kind);
}

bool objects_wanted(const struct sync *sync)
{
    return !sync->state.objects_changed &&
           (wanted(sync, OBJECT_KEYS) || wanted(sync, OBJECT_POLICY));
}

enum scrip_status objects_start(struct sync *sync)
{
    /* Keys first: a policy may lean on them. */
    enum object_kind kind = wanted(sync, OBJECT_KEYS) ? OBJECT_KEYS : OBJECT_POLICY;
    const char *etag = sync->objects.etag[kind];
    const struct http_request request = {.method = "GET",
                                         .path = kind == OBJECT_KEYS ? "/v1/objects/keys"
                                                                     : "/v1/objects/policy",
                                         .host = sync->parts->bundle->host,
                                         .field = etag[0] != '\0' ? "If-None-Match" : NULL,
                                         .value = etag};

    sync->objects.kind = kind;
    return http_start(&sync->http, &request);
}

static enum scrip_status judge(const struct sync *sync, const struct object *object)
{
    const struct sync_parts *parts = sync->parts;
    struct wallclock_time now;

    if (object->seq <= have(sync, object->kind))
        return SCRIP_REFUSED_STATE;
    wallclock_read(parts->clock, &now);
    if (object->exp_s <= now.floor_s || (now.quality != WALLCLOCK_BAD && object->exp_s <= now.t_s))
        return SCRIP_REFUSED_EXPIRED;
    if (now.quality != WALLCLOCK_BAD && object->iat_s > (uint64_t)now.t_s + now.tolerance_s)
        return SCRIP_REFUSED_NOT_YET;
    return parts->accept != NULL ? parts->accept(parts->accept_context, object) : SCRIP_OK;
}

static enum scrip_status store(struct blob_store *blobs, enum object_kind kind, struct bytes data)
{
    enum blob_kind blob = kind == OBJECT_KEYS ? BLOB_KEYS : BLOB_POLICY;
    uint32_t version;

    TRY(blob_begin(blobs, blob, (uint32_t)data.len));
    TRY(blob_write(blobs, data));
    return blob_commit(blobs, &version);
}

enum scrip_status objects_answer(struct sync *sync)
{
    const struct http_answer *answer = &sync->http.answer;
    enum object_kind kind = sync->objects.kind;
    struct object object;

    sync->objects.want[kind] = 0;
    if (answer->status == 304)
        return SCRIP_OK;
    if (answer->body.len > LIMIT_OBJECT_BYTES)
        return SCRIP_REFUSED_TOO_LONG;
    TRY(object_verify(span_of(answer->body), kind, sync->parts->roots, &object));
    TRY(judge(sync, &object));
    TRY(store(sync->parts->blobs, kind, answer->body));
    memcpy(sync->objects.etag[kind], answer->etag, sizeof answer->etag);
    sync->state.objects_changed = true;
    return SCRIP_OK;
}
