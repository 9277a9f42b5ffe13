#include "sync/objects.h"

#include <string.h>

/* What is longer than a slot is read to its end, so that the session lasts, up to so much. */
enum { TAKE_MAX = 64 * 1024 };

_Static_assert(BLOB_POLICY == BLOB_KEYS + (int)OBJECT_POLICY, "blobs follow objects");
_Static_assert(BLOB_OPERATORS == BLOB_KEYS + (int)OBJECT_OPERATORS, "in their order");
_Static_assert(BLOB_LIST == BLOB_KEYS + (int)OBJECT_LIST, "to the last");

static bool wanted(const struct sync *sync, enum object_kind kind)
{
    return sync->objects.want[kind] > sync->parts->have[kind];
}

/* Keys first: the others may lean on them. */
static enum object_kind next_wanted(const struct sync *sync)
{
    int kind = OBJECT_KEYS;

    while (kind < OBJECT_KINDS && !wanted(sync, (enum object_kind)kind))
        kind++;
    return (enum object_kind)kind;
}

bool objects_wanted(const struct sync *sync)
{
    return !sync->state.objects_changed && next_wanted(sync) != OBJECT_KINDS;
}

void objects_drop(struct sync *sync)
{
    if (sync->objects.begun)
        blob_abandon(sync->parts->blobs);
    sync->objects.begun = false;
}

/* What cannot be stored fails the object, not the session. */
static enum scrip_status take(void *context, size_t total, struct bytes piece)
{
    struct sync *sync = context;
    struct blob_store *blobs = sync->parts->blobs;
    enum scrip_status status = sync->objects.status;

    if (!sync->objects.begun && status == SCRIP_OK)
        status = blob_begin(blobs, objects_blob(sync->objects.kind), (uint32_t)total);
    if (status == SCRIP_OK) {
        sync->objects.begun = true;
        status = blob_write(blobs, piece);
    }
    sync->objects.status = status;
    return SCRIP_OK;
}

enum scrip_status objects_start(struct sync *sync)
{
    enum object_kind kind = next_wanted(sync);
    const char *etag = sync->objects.etag[kind];
    char path[32] = "";
    struct buffer out = buffer_of(path, sizeof path - 1);
    const struct http_request request = {.method = "GET",
                                         .path = path,
                                         .host = sync->parts->bundle->host,
                                         .field = etag[0] != '\0' ? "If-None-Match" : NULL,
                                         .value = etag,
                                         .take = take,
                                         .take_max = TAKE_MAX,
                                         .context = sync};

    buffer_put_text(&out, "/v1/objects/");
    buffer_put_text(&out, object_name(kind));
    sync->objects.kind = kind;
    sync->objects.status = SCRIP_OK;
    objects_drop(sync);
    return http_start(&sync->http, &request);
}

static enum scrip_status judge(const struct sync *sync)
{
    const struct sync_parts *parts = sync->parts;
    struct wallclock_time now;
    struct object object;

    TRY(parts->verify(parts->verify_context, sync->objects.kind, blob_written(parts->blobs),
                      &object));
    if (object.seq <= parts->have[object.kind])
        return SCRIP_REFUSED_STATE;
    wallclock_read(parts->clock, &now);
    if (object.exp_s <= now.floor_s || (now.quality != WALLCLOCK_BAD && object.exp_s <= now.t_s))
        return SCRIP_REFUSED_EXPIRED;
    if (now.quality != WALLCLOCK_BAD && object.iat_s > (uint64_t)now.t_s + now.tolerance_s)
        return SCRIP_REFUSED_NOT_YET;
    return SCRIP_OK;
}

enum scrip_status objects_answer(struct sync *sync)
{
    const struct http_answer *answer = &sync->http.answer;
    enum object_kind kind = sync->objects.kind;
    enum scrip_status status = sync->objects.status;
    uint32_t version;

    sync->objects.want[kind] = 0;
    if (answer->status == 304)
        return SCRIP_OK;
    if (status == SCRIP_OK)
        status = judge(sync);
    if (status == SCRIP_OK)
        status = blob_commit(sync->parts->blobs, &version);
    objects_drop(sync);
    TRY(status);
    memcpy(sync->objects.etag[kind], answer->etag, sizeof answer->etag);
    sync->state.objects_changed = true;
    return SCRIP_OK;
}
