#include "tools/host/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/host/log.h"

/* TLS 1.3 with P-256 and AES-128-GCM, and nothing else. */
#define PRIORITIES                                                                                 \
    "SECURE128:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:-GROUP-ALL:+GROUP-SECP256R1:"       \
    "-SIGN-ALL:+SIGN-ECDSA-SECP256R1-SHA256:%SERVER_PRECEDENCE"

struct route {
    const char *path;
    enum scrip_status (*handle)(struct handler *, struct exchange *);
    bool post;
    bool expired_too; /* an expired certificate that is on the list may still use it */
};

static const struct route routes[] = {
    {"/v1/sync", handler_sync, true, true},
    {"/v1/redemptions", handler_ask, true, false},
    {"/v1/receipts/claim", handler_claim, true, false},
    {"/v1/objects/keys", handler_keys, false, false},
    {"/v1/objects/policy", handler_policy, false, false},
    {"/v1/objects/operators", handler_operators, false, false},
    {"/v1/objects/lists", handler_lists, false, false},
};

/* A request while its body arrives. One that is refused is read to its end all the same: a terminal
 * that is still sending would lose the answer with the connection. */
struct request {
    struct connection *connection; /* NULL: the server had no memory for it */
    const struct route *route;
    struct allow allow;
    struct problem problem; /* PROBLEM_NONE: so far nothing is wrong */
    size_t len;             /* of what arrived, kept or not */
    uint8_t *body;          /* grows to SERVER_BODY */
    size_t capacity;

    bool answered; /* with response, which is sent once what it says is durable */
    unsigned status;
    struct MHD_Response *response;
    struct MHD_Connection *suspended;
    struct request *next; /* that waits */
};

/* Answers. */

#define NOTHING_STORED "nothing was stored: send it again"

/* NULL: no memory. */
static struct MHD_Response *response_of(const struct exchange *exchange, unsigned status)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        exchange->out.len, exchange->out.data, MHD_RESPMEM_MUST_COPY);

    if (response == NULL)
        return NULL;
    if (exchange->content_type != NULL)
        (void)MHD_add_response_header(response, "Content-Type", exchange->content_type);
    if (exchange->etag != NULL)
        (void)MHD_add_response_header(response, "ETag", exchange->etag);
    if (status == MHD_HTTP_SERVICE_UNAVAILABLE || status == MHD_HTTP_TOO_MANY_REQUESTS)
        (void)MHD_add_response_header(response, "Retry-After", "5");
    (void)MHD_add_response_header(response, "Cache-Control", "no-store");
    return response;
}

static void answer(struct request *request, const struct exchange *exchange, unsigned status)
{
    request->status = status;
    request->response = response_of(exchange, status);
}

static void answer_problem(const struct server *server, struct request *request,
                           struct exchange *exchange)
{
    if (handler_problem(&server->handler, exchange) == SCRIP_OK)
        answer(request, exchange, problem_http_status(exchange->problem.kind));
}

static enum MHD_Result hand_out(struct MHD_Connection *connection, const struct request *request)
{
    return request->response != NULL
               ? MHD_queue_response(connection, request->status, request->response)
               : MHD_NO;
}

static struct exchange exchange_of(struct server *server, const struct peer *peer)
{
    return (struct exchange){
        .peer = peer,
        .now_s = (uint32_t)time(NULL),
        .out = buffer_of(server->out, sizeof server->out),
    };
}

/* Before the body: who, what, how much. */

static struct connection *connection_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *context = MHD_get_connection_info(
        connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return context != NULL ? context->socket_context : NULL;
}

static struct peer *peer_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *session = MHD_get_connection_info(
        connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    struct connection *known = connection_of(connection);
    struct peer *peer = known != NULL ? &known->peer : NULL;

    if (peer == NULL || session == NULL || session->tls_session == NULL)
        return NULL;
    if (!peer->verified && peer_read(session->tls_session, peer) != SCRIP_OK)
        return NULL;
    return peer;
}

static enum scrip_status check_peer(struct server *server, const struct peer *peer,
                                    struct request *request, struct problem *problem)
{
    const char *dir = server->handler.pki->dir;

    if (peer == NULL)
        return problem_set(problem, PROBLEM_NOT_ALLOWED, "no client certificate of this host's");
    if (allow_read(dir, peer->spki_sha256, &request->allow) != SCRIP_OK ||
        strcmp(request->allow.terminal.text, peer->identity.text) != 0)
        return problem_set(problem, PROBLEM_NOT_ALLOWED, "%s with this key is not on the list",
                           peer->identity.text);
    if (request->allow.suspended)
        return problem_set(problem, PROBLEM_SUSPENDED, "%s is suspended: keep everything",
                           peer->identity.text);
    return SCRIP_OK;
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static enum scrip_status check_body(struct MHD_Connection *connection, struct problem *problem)
{
    const char *type = header(connection, "Content-Type");
    static const char json[] = "application/json";

    if (type == NULL || strncasecmp(type, json, sizeof json - 1) != 0 ||
        (type[sizeof json - 1] != '\0' && type[sizeof json - 1] != ';'))
        return problem_set(problem, PROBLEM_MEDIA_TYPE, "Content-Type must be application/json");
    return SCRIP_OK;
}

static enum scrip_status check_route(const char *path, const char *method, const struct peer *peer,
                                     struct request *request, struct problem *problem)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (strcmp(path, routes[i].path) == 0)
            request->route = &routes[i];
    if (request->route == NULL)
        return problem_set(problem, PROBLEM_NOT_FOUND, "no such resource");
    if (strcmp(method, request->route->post ? "POST" : "GET") != 0)
        return problem_set(problem, PROBLEM_METHOD, "%s is for %s", request->route->path,
                           request->route->post ? "POST" : "GET");
    if (peer->expired && !request->route->expired_too)
        return problem_set(problem, PROBLEM_NOT_ALLOWED, "the certificate of %s has expired",
                           peer->identity.text);
    return SCRIP_OK;
}

/* A sync can come later: its records are safe where they are. */
static enum scrip_status check_load(const struct server *server, const struct request *request,
                                    struct problem *problem)
{
    if (request->route->handle != handler_sync || server->under_way <= server->under_way_most)
        return SCRIP_OK;
    return problem_set(problem, PROBLEM_BUSY, "%u requests are under way: come again",
                       server->under_way);
}

/* What can be wrong before the body was read. */
static enum scrip_status begin(struct server *server, struct MHD_Connection *connection,
                               const char *path, const char *method, struct request *request)
{
    const struct peer *peer = peer_of(connection);
    struct problem *problem = &request->problem;

    TRY(check_peer(server, peer, request, problem));
    TRY(check_route(path, method, peer, request, problem));
    TRY(check_load(server, request, problem));
    return request->route->post ? check_body(connection, problem) : SCRIP_OK;
}

/* False: nobody should send that much, or there is no memory; the connection ends. */
static bool take(struct request *request, const char *data, size_t len)
{
    size_t need = request->len + len;

    request->len = need;
    if (need > SERVER_BODY && request->problem.kind == PROBLEM_NONE)
        (void)problem_set(&request->problem, PROBLEM_TOO_LARGE, "at most %d bytes are read",
                          SERVER_BODY);
    if (request->problem.kind != PROBLEM_NONE)
        return need <= SERVER_DRAIN;
    if (need > request->capacity) {
        size_t capacity = need < 8192 ? 8192 : need * 2 < SERVER_BODY ? need * 2 : SERVER_BODY;
        uint8_t *larger = realloc(request->body, capacity);

        if (larger == NULL)
            return false;
        request->body = larger;
        request->capacity = capacity;
    }
    memcpy(request->body + need - len, data, len);
    return true;
}

static enum MHD_Result finish(struct server *server, struct MHD_Connection *connection,
                              struct request *request)
{
    struct exchange exchange = exchange_of(server, peer_of(connection));
    enum scrip_status status = SCRIP_OK;

    exchange.allow = request->allow;
    exchange.problem = request->problem;
    exchange.body = bytes_of(request->body, request->len);
    exchange.idempotency_key = header(connection, "Idempotency-Key");
    exchange.if_none_match = header(connection, "If-None-Match");
    if (exchange.problem.kind == PROBLEM_NONE) {
        pki_refresh(server->handler.pki);
        status = request->route->handle(&server->handler, &exchange);
    }
    if (status != SCRIP_OK) {
        log_line("%s: %s: %s", exchange.allow.terminal.text, request->route->path,
                 scrip_status_name(status));
        (void)problem_set(&exchange.problem, PROBLEM_UNAVAILABLE, NOTHING_STORED);
    }
    request->answered = true;
    if (exchange.problem.kind == PROBLEM_NONE) {
        answer(request, &exchange, exchange.not_modified ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK);
    } else {
        if (exchange.peer != NULL)
            log_line("%s: %s", exchange.peer->identity.text, exchange.problem.detail);
        answer_problem(server, request, &exchange);
    }
    if (!db_group_waits(server->handler.db))
        return hand_out(connection, request);
    request->suspended = connection;
    request->next = server->waiting;
    server->waiting = request;
    MHD_suspend_connection(connection);
    return MHD_YES;
}

/* The end of what was done in one round of the loop: one write to the disk for all of it. */
static void end_group(struct server *server)
{
    enum scrip_status status = db_group_end(server->handler.db);
    struct request *request;

    while ((request = server->waiting) != NULL) {
        server->waiting = request->next;
        if (status != SCRIP_OK) {
            struct exchange exchange = exchange_of(server, NULL);

            log_line("%s: %s: %s", request->allow.terminal.text, request->route->path,
                     scrip_status_name(status));
            (void)problem_set(&exchange.problem, PROBLEM_UNAVAILABLE, NOTHING_STORED);
            MHD_destroy_response(request->response);
            request->response = NULL;
            answer_problem(server, request, &exchange);
        }
        MHD_resume_connection(request->suspended);
    }
}

/* Callbacks of libmicrohttpd. */

static void extend(const struct server *server, struct connection *connection, uint64_t idle_ms)
{
    if (connection != NULL)
        connection->until_ms = connection_now_ms() + idle_ms + server->request_ms;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *data, size_t *len, void **state)
{
    struct server *server = context;
    struct request *request = *state;

    (void)version;
    if (request == NULL) {
        request = calloc(1, sizeof *request);
        *state = request;
        if (request == NULL)
            return MHD_NO;
        request->connection = connection_of(connection);
        extend(server, request->connection, 0);
        server->under_way++;
        /* A refusal stands in the request, and is answered when the body has been read. */
        (void)begin(server, connection, path, method, request);
        return MHD_YES;
    }
    if (*len != 0) {
        size_t got = *len;

        *len = 0;
        return take(request, data, got) ? MHD_YES : MHD_NO;
    }
    return request->answered ? hand_out(connection, request) : finish(server, connection, request);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code)
{
    struct server *server = context;
    struct request *request = *state;

    (void)connection;
    (void)code;
    if (request == NULL)
        return;
    server->under_way--;
    extend(server, request->connection, SERVER_TIMEOUT_S * 1000);
    if (request->response != NULL)
        MHD_destroy_response(request->response);
    free(request->body);
    free(request);
    *state = NULL;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **known,
                          enum MHD_ConnectionNotificationCode code)
{
    struct server *server = context;
    const union MHD_ConnectionInfo *session, *socket;

    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (*known != NULL)
            connection_close(*known);
        *known = NULL;
        return;
    }
    session = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    socket = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (session == NULL || session->tls_session == NULL || socket == NULL)
        return; /* without a peer, every request of it is refused */
    *known = connection_open(&server->connections, socket->connect_fd,
                             connection_now_ms() + server->request_ms);
    peer_prepare(session->tls_session, server->handler.pki, &server->ticket_key);
}

/* What strangers do wrong in a handshake is nothing to write down. */
static void on_log(void *context, const char *format, va_list values)
{
    (void)context;
    (void)format;
    (void)values;
}

/* Opening. */

enum { TICK_MS = 100 }; /* how late a date may be kept, and an end be noticed */

static void *serve(void *context)
{
    struct server *server = context;

    while (!server->ending) {
        db_group_begin(server->handler.db);
        (void)MHD_run_wait(server->daemon, TICK_MS);
        end_group(server);
        connection_expire(server->connections, connection_now_ms());
    }
    return NULL;
}

static enum scrip_status start(struct server *server, const struct sockaddr_in *address)
{
    const struct pki *pki = server->handler.pki;
    const union MHD_DaemonInfo *info;

    server->daemon = MHD_start_daemon(
        MHD_USE_TLS | MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
        on_request, server, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_SOCK_ADDR, address,
        MHD_OPTION_HTTPS_MEM_KEY, pki->key, MHD_OPTION_HTTPS_MEM_CERT, pki->certificate,
        MHD_OPTION_HTTPS_MEM_TRUST, pki->ca, MHD_OPTION_HTTPS_PRIORITIES, PRIORITIES,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, server, MHD_OPTION_CONNECTION_LIMIT, (unsigned)SERVER_CONNECTIONS,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SERVER_TIMEOUT_S, MHD_OPTION_END);
    if (server->daemon == NULL) {
        log_line("cannot listen (%s), or host.crt and host.key do not belong together",
                 strerror(errno));
        return SCRIP_FAULT_NET;
    }
    info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    server->port = info != NULL ? info->port : 0;
    server->running = pthread_create(&server->thread, NULL, serve, server) == 0;
    return server->running ? SCRIP_OK : SCRIP_FAULT_MEMORY;
}

enum scrip_status server_open(struct server *server, struct pki *pki, struct db *db,
                              const char *address, uint16_t port)
{
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons(port)};
    enum scrip_status status;

    memset(server, 0, sizeof *server);
    if (inet_pton(AF_INET, address, &where.sin_addr) != 1) {
        log_line("%s is not an IPv4 address", address);
        return SCRIP_REFUSED_ARGUMENT;
    }
    server->request_ms = SERVER_REQUEST_MS;
    server->under_way_most = SERVER_UNDER_WAY;
    server->handler.pki = pki;
    server->handler.db = db;
    server->handler.arena = malloc(HANDLER_ARENA);
    if (server->handler.arena == NULL ||
        gnutls_session_ticket_key_generate(&server->ticket_key) != 0) {
        free(server->handler.arena);
        return SCRIP_FAULT_MEMORY;
    }
    status = start(server, &where);
    if (status != SCRIP_OK)
        server_close(server);
    return status;
}

void server_close(struct server *server)
{
    server->ending = true;
    if (server->running)
        (void)pthread_join(server->thread, NULL);
    if (server->daemon != NULL)
        MHD_stop_daemon(server->daemon);
    if (server->ticket_key.data != NULL)
        bytes_wipe(server->ticket_key.data, server->ticket_key.size);
    gnutls_free(server->ticket_key.data);
    free(server->handler.arena);
    memset(server, 0, sizeof *server);
}
