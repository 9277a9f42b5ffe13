/*
 * A subscriber whose buffer is empty is suspended; an event fills the buffer and resumes it. The
 * response's free callback, which the server calls when the connection ends for whatever reason,
 * takes it off the list.
 */
#include "platform/posix/till_events.h"

#include <stdlib.h>
#include <string.h>

enum { BUFFER = 16384, BLOCK = 4096 };

struct posix_till_subscriber {
    struct posix_till *till;
    struct MHD_Connection *connection;
    bool suspended;
    bool ending;
    size_t len;
    char data[BUFFER];
};

static void wake(struct posix_till_subscriber *subscriber)
{
    if (subscriber->suspended)
        MHD_resume_connection(subscriber->connection);
    subscriber->suspended = false;
}

static bool put(struct posix_till_subscriber *subscriber, const char *data, size_t len)
{
    if (len > sizeof subscriber->data - subscriber->len)
        return false;
    memcpy(subscriber->data + subscriber->len, data, len);
    subscriber->len += len;
    return true;
}

static ssize_t next_bytes(void *context, uint64_t position, char *out, size_t cap)
{
    struct posix_till_subscriber *subscriber = context;
    struct posix_till *till = subscriber->till;
    ssize_t result = 0;

    (void)position;
    (void)pthread_mutex_lock(&till->lock);
    if (subscriber->len > 0) {
        size_t len = subscriber->len < cap ? subscriber->len : cap;
        memcpy(out, subscriber->data, len);
        memmove(subscriber->data, subscriber->data + len, subscriber->len - len);
        subscriber->len -= len;
        result = (ssize_t)len;
    } else if (subscriber->ending) {
        result = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        subscriber->suspended = true;
        MHD_suspend_connection(subscriber->connection);
    }
    (void)pthread_mutex_unlock(&till->lock);
    return result;
}

static void ended(void *context)
{
    struct posix_till_subscriber *subscriber = context;
    struct posix_till *till = subscriber->till;

    (void)pthread_mutex_lock(&till->lock);
    for (size_t i = 0; i < POSIX_TILL_SUBSCRIBERS; i++) {
        if (till->subscribers[i] == subscriber)
            till->subscribers[i] = NULL;
    }
    (void)pthread_mutex_unlock(&till->lock);
    free(subscriber);
}

/* Whoever hung up while nothing happened is found out only by writing to him: a comment, which
 * subscribers skip. */
static void find_dead(struct posix_till *till)
{
    (void)pthread_mutex_lock(&till->lock);
    for (size_t i = 0; i < POSIX_TILL_SUBSCRIBERS; i++) {
        struct posix_till_subscriber *subscriber = till->subscribers[i];
        if (subscriber != NULL && subscriber->suspended && put(subscriber, ":\n\n", 3))
            wake(subscriber);
    }
    (void)pthread_mutex_unlock(&till->lock);
}

static bool enlist(struct posix_till *till, struct posix_till_subscriber *subscriber)
{
    size_t i = 0;

    (void)pthread_mutex_lock(&till->lock);
    while (i < POSIX_TILL_SUBSCRIBERS && till->subscribers[i] != NULL)
        i++;
    bool good = i < POSIX_TILL_SUBSCRIBERS && !till->closing;
    if (good)
        till->subscribers[i] = subscriber;
    (void)pthread_mutex_unlock(&till->lock);
    return good;
}

enum MHD_Result till_events_subscribe(struct posix_till *till, struct MHD_Connection *connection)
{
    static const char hello[] = ": scrip events\n\n";
    struct posix_till_subscriber *subscriber = calloc(1, sizeof *subscriber);

    if (subscriber == NULL)
        return MHD_NO;
    find_dead(till);
    subscriber->till = till;
    subscriber->connection = connection;
    (void)put(subscriber, hello, strlen(hello)); /* so that the client sees the stream begin */
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, BLOCK, next_bytes, subscriber, ended);
    if (response == NULL) {
        free(subscriber);
        return MHD_NO;
    }
    enum MHD_Result result = MHD_NO; /* too many: the connection is closed */
    if (enlist(till, subscriber)) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream");
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
        result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    }
    MHD_destroy_response(response);
    return result;
}

enum scrip_status till_events_send(struct posix_till *till, const char *text, size_t len)
{
    enum scrip_status status = SCRIP_AGAIN;

    (void)pthread_mutex_lock(&till->lock);
    for (size_t i = 0; i < POSIX_TILL_SUBSCRIBERS; i++) {
        struct posix_till_subscriber *subscriber = till->subscribers[i];
        if (subscriber == NULL || subscriber->ending)
            continue;
        size_t before = subscriber->len;
        if (put(subscriber, "data: ", 6) && put(subscriber, text, len) &&
            put(subscriber, "\n\n", 2)) {
            status = SCRIP_OK;
        } else {
            subscriber->len = before;
            subscriber->ending = true;
        }
        wake(subscriber);
    }
    (void)pthread_mutex_unlock(&till->lock);
    return status;
}

void till_events_close(struct posix_till *till)
{
    for (size_t i = 0; i < POSIX_TILL_SUBSCRIBERS; i++) {
        if (till->subscribers[i] == NULL)
            continue;
        till->subscribers[i]->ending = true;
        wake(till->subscribers[i]);
    }
}
