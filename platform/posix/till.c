/*
 * A request's life: the server's thread reads its body, puts it into till->requests as QUEUED and
 * suspends the connection; the owner task takes it (TAKEN), and its reply (ANSWERED) resumes the
 * connection, whose handler is then called again and sends. The server's completion callback ends
 * it, so a request lives as long as its connection's exchange.
 */
#include "platform/posix/till.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "platform/posix/log.h"
#include "platform/posix/till_events.h"
#include "platform/posix/till_listen.h"
#include "platform/posix/till_peers.h"

/* What till_peers has displaced is still with the server for a moment. */
enum { ACCEPTED = 2 * POSIX_TILL_CONNECTIONS };

enum request_state { READING, QUEUED, TAKEN, ANSWERED };

struct posix_till_request {
    struct MHD_Connection *connection;
    enum request_state state;
    enum hal_till_kind kind;
    uint32_t peer;
    bool events;   /* GET /events */
    bool too_long; /* the body is beyond the limit */
    size_t len, answer_len;
    char *answer;
    char body[POSIX_TILL_MESSAGE + 1];
};

struct route {
    const char *path, *method;
    bool body, events;
    enum hal_till_kind kind;
};

static const struct route routes[] = {
    {"/nexo", MHD_HTTP_METHOD_POST, true, false, HAL_TILL_NEXO},
    {"/status", MHD_HTTP_METHOD_GET, false, false, HAL_TILL_STATUS},
    {"/events", MHD_HTTP_METHOD_GET, false, true, HAL_TILL_STATUS},
    {"/sync", MHD_HTTP_METHOD_POST, false, false, HAL_TILL_SYNC},
    {"/enroll/request", MHD_HTTP_METHOD_POST, true, false, HAL_TILL_REQUEST},
    {"/enroll/install", MHD_HTTP_METHOD_POST, true, false, HAL_TILL_INSTALL},
};

static enum MHD_Result send_json(struct MHD_Connection *connection, unsigned code, void *text,
                                 size_t len, enum MHD_ResponseMemoryMode mode)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(len, text, mode);
    enum MHD_Result result;

    if (response == NULL)
        return MHD_NO;
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
    if (code == MHD_HTTP_UNAUTHORIZED)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    result = MHD_queue_response(connection, code, response);
    MHD_destroy_response(response);
    return result;
}

static int fd_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    return info != NULL ? info->connect_fd : -1;
}

/* What is wrong before the agent sees it: nexo's word for it, and a sentence. */
static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned code,
                              const char *condition, const char *sentence)
{
    char text[240];
    int len = snprintf(text, sizeof text, "{\"ErrorCondition\":\"%s\",\"error\":\"%s\"}\n",
                       condition, sentence);

    return send_json(connection, code, text, (size_t)len, MHD_RESPMEM_MUST_COPY);
}

/* TCP only: anybody on the machine, and any web page in its browser, can reach the port. */
static bool is_admitted(const struct posix_till *till, struct MHD_Connection *connection,
                        const char **why)
{
    static const char scheme[] = "Bearer ";
    const char *given = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
                                                    MHD_HTTP_HEADER_AUTHORIZATION);
    const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
                                                   MHD_HTTP_HEADER_HOST);
    char numeric[32], named[32];

    (void)snprintf(numeric, sizeof numeric, "127.0.0.1:%u", till->port);
    (void)snprintf(named, sizeof named, "localhost:%u", till->port);
    *why = "the Host header must name 127.0.0.1 and this port";
    if (host == NULL || (strcmp(host, numeric) != 0 && strcmp(host, named) != 0))
        return false;
    *why = "web pages may not talk to this port: send no Origin header";
    if (MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ORIGIN) != NULL)
        return false;
    *why = "send the cookie file's text as Authorization: Bearer";
    return given != NULL && strncmp(given, scheme, strlen(scheme)) == 0 &&
           till_same_secret(given + strlen(scheme), till->cookie);
}

static bool is_json(struct MHD_Connection *connection)
{
    static const char json[] = "application/json";
    const char *type = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
                                                   MHD_HTTP_HEADER_CONTENT_TYPE);

    return type != NULL && strncasecmp(type, json, strlen(json)) == 0 &&
           (type[strlen(json)] == '\0' || type[strlen(json)] == ';' || type[strlen(json)] == ' ');
}

static const struct route *find_route(const char *path, const char *method, bool *known)
{
    *known = false;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (strcmp(routes[i].path, path) != 0)
            continue;
        *known = true;
        if (strcmp(routes[i].method, method) == 0)
            return &routes[i];
    }
    return NULL;
}

/* The head of a request: answered at once when it is wrong, else *slot is what collects its body.
 */
static enum MHD_Result start(struct posix_till *till, struct MHD_Connection *connection,
                             const char *path, const char *method, struct posix_till_request **slot)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection,
                                                                   MHD_CONNECTION_INFO_DAEMON);
    bool known;
    const char *why;
    const struct route *route = find_route(path, method, &known);

    if (info != NULL && info->daemon == till->loopback && !is_admitted(till, connection, &why))
        return refuse(connection, MHD_HTTP_UNAUTHORIZED, "NotAllowed", why);
    if (!known)
        return refuse(connection, MHD_HTTP_NOT_FOUND, "UnavailableService",
                      "there is /nexo, /status, /events, /sync, /enroll/request and "
                      "/enroll/install");
    if (route == NULL)
        return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "UnavailableService",
                      "/status and /events are for GET, the others for POST");
    if (route->body && !is_json(connection))
        return refuse(connection, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "MessageFormat",
                      "Content-Type must be application/json");
    struct posix_till_request *request = malloc(sizeof *request);
    if (request == NULL)
        return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "Busy",
                      "the terminal has no memory for another message: try again");
    memset(request, 0, offsetof(struct posix_till_request, body));
    request->connection = connection;
    request->kind = route->kind;
    request->events = route->events;
    *slot = request;
    return MHD_YES;
}

static void collect(struct posix_till_request *request, const char *data, size_t len)
{
    if (len > POSIX_TILL_MESSAGE - request->len) {
        request->too_long = true;
        return;
    }
    memcpy(request->body + request->len, data, len);
    request->len += len;
}

/* Hands the request to the owner task and waits, without a thread, for its answer. */
static enum MHD_Result enqueue(struct posix_till *till, struct posix_till_request *request)
{
    static const uint64_t one = 1;
    size_t i = 0;

    request->body[request->len] = '\0';
    (void)pthread_mutex_lock(&till->lock);
    while (i < POSIX_TILL_WAITING && till->requests[i] != NULL)
        i++;
    bool room = i < POSIX_TILL_WAITING && !till->closing;
    if (room) {
        till->requests[i] = request;
        request->peer = ++till->next_peer;
        request->state = QUEUED;
        MHD_suspend_connection(request->connection);
    }
    (void)pthread_mutex_unlock(&till->lock);
    if (!room)
        return refuse(request->connection, MHD_HTTP_SERVICE_UNAVAILABLE, "Busy",
                      "too many messages wait: try again");
    ssize_t written = write(till->wake_fd, &one, sizeof one);
    return written == sizeof one ? MHD_YES : MHD_NO;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *data,
                              size_t *data_len, void **slot)
{
    struct posix_till *till = context;
    struct posix_till_request *request = *slot;

    (void)version;
    if (request == NULL)
        return start(till, connection, path, method, (struct posix_till_request **)slot);
    if (*data_len > 0) {
        collect(request, data, *data_len);
        *data_len = 0;
        return MHD_YES;
    }
    if (request->too_long)
        return refuse(connection, MHD_HTTP_CONTENT_TOO_LARGE, "MessageFormat",
                      "a message has at most 16384 bytes");
    till_peers_waits(till, fd_of(connection), true);
    if (request->events)
        return till_events_subscribe(till, connection);
    if (request->state == READING)
        return enqueue(till, request);
    if (request->answer == NULL)
        return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "Busy", "the terminal stops");
    return send_json(connection, MHD_HTTP_OK, request->answer, request->answer_len,
                     MHD_RESPMEM_MUST_COPY);
}

static void completed(void *context, struct MHD_Connection *connection, void **slot,
                      enum MHD_RequestTerminationCode code)
{
    struct posix_till *till = context;
    struct posix_till_request *request = *slot;

    (void)code;
    till_peers_waits(till, fd_of(connection), false);
    if (request == NULL)
        return;
    (void)pthread_mutex_lock(&till->lock);
    for (size_t i = 0; i < POSIX_TILL_WAITING; i++) {
        if (till->requests[i] == request)
            till->requests[i] = NULL;
    }
    (void)pthread_mutex_unlock(&till->lock);
    /* A message may hold a customer's code. */
    explicit_bzero(request->body, request->len);
    free(request->answer);
    free(request);
    *slot = NULL;
}

static void connected(void *context, struct MHD_Connection *connection, void **slot,
                      enum MHD_ConnectionNotificationCode code)
{
    struct posix_till *till = context;

    (void)slot;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        till_peers_join(till, fd_of(connection));
    else
        till_peers_leave(till, fd_of(connection));
}

static enum scrip_status till_receive(void *context, struct hal_till_message *message)
{
    struct posix_till *till = context;
    struct posix_till_request *next = NULL;
    uint64_t count;

    /* Takes one off; it stays readable while others wait. Empty is fine. */
    ssize_t got = read(till->wake_fd, &count, sizeof count);
    (void)got;
    till_peers_expire(till);
    (void)pthread_mutex_lock(&till->lock);
    for (size_t i = 0; i < POSIX_TILL_WAITING; i++) {
        struct posix_till_request *request = till->requests[i];
        /* The oldest first; the counter may wrap. */
        if (request != NULL && request->state == QUEUED &&
            (next == NULL || (int32_t)(request->peer - next->peer) < 0))
            next = request;
    }
    if (next != NULL) {
        next->state = TAKEN;
        *message = (struct hal_till_message){next->peer, next->kind, next->body, next->len};
    }
    (void)pthread_mutex_unlock(&till->lock);
    return next != NULL ? SCRIP_OK : SCRIP_AGAIN;
}

static enum scrip_status till_reply(void *context, uint32_t peer, const char *text, size_t len)
{
    struct posix_till *till = context;
    enum scrip_status status = SCRIP_FAULT_DEVICE;

    (void)pthread_mutex_lock(&till->lock);
    for (size_t i = 0; i < POSIX_TILL_WAITING; i++) {
        struct posix_till_request *request = till->requests[i];
        if (request == NULL || request->peer != peer || request->state != TAKEN)
            continue;
        request->answer = malloc(len > 0 ? len : 1);
        if (request->answer != NULL) {
            memcpy(request->answer, text, len);
            request->answer_len = len;
            status = SCRIP_OK;
        }
        request->state = ANSWERED;
        till->requests[i] = NULL;
        MHD_resume_connection(request->connection);
        break;
    }
    (void)pthread_mutex_unlock(&till->lock);
    return status;
}

static enum scrip_status till_event(void *context, const char *text, size_t len)
{
    return till_events_send(context, text, len);
}

static struct MHD_Daemon *serve(struct posix_till *till, int fd)
{
    return MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
        handle, till, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)POSIX_TILL_READ_S, MHD_OPTION_CONNECTION_LIMIT, (unsigned)ACCEPTED,
        MHD_OPTION_NOTIFY_COMPLETED, completed, till, MHD_OPTION_NOTIFY_CONNECTION, connected, till,
        MHD_OPTION_END);
}

static enum scrip_status start_daemon(struct posix_till *till, int fd, struct MHD_Daemon **daemon)
{
    *daemon = serve(till, fd);
    if (*daemon != NULL)
        return SCRIP_OK;
    (void)close(fd);
    posix_log_say(till->log, HAL_LOG_ERROR, "till: the HTTP server does not start");
    return SCRIP_FAULT_DEVICE;
}

static enum scrip_status listen_all(struct posix_till *till,
                                    const struct posix_till_options *options)
{
    int fd;

    till->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
    if (till->wake_fd < 0) {
        posix_log_say(till->log, HAL_LOG_ERROR, "till: %s", strerror(errno));
        return SCRIP_FAULT_DEVICE;
    }
    TRY(till_listen_unix(options->socket_path, till->log, &fd));
    memcpy(till->socket_path, options->socket_path, strlen(options->socket_path) + 1);
    TRY(start_daemon(till, fd, &till->local));
    if (options->cookie_path == NULL)
        return SCRIP_OK;
    till->port = options->port;
    TRY(till_make_cookie(options->cookie_path, till->log, till->cookie, POSIX_TILL_COOKIE));
    TRY(till_listen_loopback(&till->port, till->log, &fd));
    return start_daemon(till, fd, &till->loopback);
}

enum scrip_status posix_till_open(struct posix_till *till, const struct posix_till_options *options,
                                  const struct hal_log *log)
{
    *till = (struct posix_till){
        .hal = {.context = till, .receive = till_receive, .reply = till_reply, .event = till_event},
        .log = log,
        .wake_fd = -1,
    };
    (void)pthread_mutex_init(&till->lock, NULL);
    enum scrip_status status = listen_all(till, options);
    if (status != SCRIP_OK)
        posix_till_close(till);
    return status;
}

/* Nothing may stay suspended when a server stops. */
static void release_all(struct posix_till *till)
{
    (void)pthread_mutex_lock(&till->lock);
    till->closing = true;
    for (size_t i = 0; i < POSIX_TILL_WAITING; i++) {
        if (till->requests[i] == NULL)
            continue;
        till->requests[i]->state = ANSWERED;
        MHD_resume_connection(till->requests[i]->connection);
        till->requests[i] = NULL;
    }
    till_events_close(till);
    (void)pthread_mutex_unlock(&till->lock);
}

void posix_till_close(struct posix_till *till)
{
    release_all(till);
    if (till->local != NULL)
        MHD_stop_daemon(till->local);
    if (till->loopback != NULL)
        MHD_stop_daemon(till->loopback);
    till->local = till->loopback = NULL;
    if (till->socket_path[0] != '\0')
        (void)unlink(till->socket_path);
    till->socket_path[0] = '\0';
    if (till->wake_fd >= 0)
        (void)close(till->wake_fd);
    till->wake_fd = -1;
    (void)pthread_mutex_destroy(&till->lock);
    explicit_bzero(till->cookie, sizeof till->cookie);
}
