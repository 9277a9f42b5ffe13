/*
 * The till's HTTP server, with this program as the agent and as the client, on a Unix socket and on
 * loopback TCP.
 */
#include "platform/posix/till.h"

#include <errno.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/check.h"
#include "tests/support/temp.h"

static struct temp temp;
static struct temp_log text;
static struct posix_till till;
static char answer[40000];

static void begin(bool with_tcp)
{
    struct posix_till_options options = {0};

    temp_log_open(&text);
    CHECK(temp_open(&temp));
    options.socket_path = temp_file(&temp, "till.sock");
    options.cookie_path = with_tcp ? temp_file(&temp, "cookie") : NULL;
    CHECK_STATUS(posix_till_open(&till, &options, &text.hal), SCRIP_OK);
}

static void end(void)
{
    posix_till_close(&till);
    CHECK(access(temp_file(&temp, "till.sock"), F_OK) != 0);
    temp_close(&temp);
}

static int dial(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", till.socket_path);
    CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

static int dial_tcp(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(till.port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

static void say(int fd, const char *data, size_t len)
{
    /* Who is refused by his head may find that the terminal has hung up before his body. */
    ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);
    CHECK(sent == (ssize_t)len || errno == EPIPE);
}

static void post(int fd, const char *path, const char *type, const char *body, size_t len)
{
    char head[256];
    int head_len = snprintf(head, sizeof head,
                            "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                            "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                            path, type, len);
    say(fd, head, (size_t)head_len);
    say(fd, body, len);
}

/* Reads until `until` has come, the peer closes, or two seconds have passed. */
static void hear(int fd, const char *until)
{
    size_t len = 0;

    answer[0] = '\0';
    while (len < sizeof answer - 1 && (until == NULL || strstr(answer, until) == NULL)) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, 2000) != 1)
            break;
        ssize_t got = read(fd, answer + len, sizeof answer - 1 - len);
        if (got <= 0)
            break;
        len += (size_t)got;
        answer[len] = '\0';
    }
    if (until == NULL)
        (void)close(fd);
}

static bool receive(struct hal_till_message *message)
{
    struct pollfd ready = {.fd = till.wake_fd, .events = POLLIN};

    return poll(&ready, 1, 2000) == 1 && till.hal.receive(till.hal.context, message) == SCRIP_OK;
}

static enum scrip_status reply(const struct hal_till_message *message, const char *json)
{
    return till.hal.reply(till.hal.context, message->peer, json, strlen(json));
}

static void refused(const char *path, const char *type, const char *body, const char *code,
                    const char *words)
{
    int fd = dial();

    post(fd, path, type, body, strlen(body));
    hear(fd, NULL);
    CHECK(strncmp(answer, "HTTP/1.1 ", 9) == 0);
    CHECK_EQ_BYTES(answer + 9, code, 3);
    CHECK(strstr(answer, words) != NULL);
    CHECK(strstr(answer, "\"ErrorCondition\":") != NULL);
}

static void test_a_message_waits_for_its_reply(void)
{
    struct hal_till_message message = {0};
    struct stat file;

    begin(false);
    CHECK(stat(till.socket_path, &file) == 0);
    CHECK_EQ_INT(file.st_mode & 0777, 0660);
    int fd = dial();
    post(fd, "/nexo", "application/json; charset=utf-8", "{\"a\":1}", 7);
    REQUIRE(receive(&message));
    CHECK_EQ_INT(message.kind, HAL_TILL_NEXO);
    CHECK_EQ_INT(message.len, 7);
    CHECK_EQ_STRING(message.text, "{\"a\":1}");
    CHECK_STATUS(till.hal.receive(till.hal.context, &message), SCRIP_AGAIN);
    CHECK_STATUS(reply(&message, "{\"b\":2}"), SCRIP_OK);
    CHECK_STATUS(reply(&message, "{}"), SCRIP_FAULT_DEVICE); /* released by the first */
    hear(fd, NULL);
    CHECK(strncmp(answer, "HTTP/1.1 200", 12) == 0);
    CHECK(strstr(answer, "{\"b\":2}") != NULL);
    end();
}

static void test_it_stays_awake_while_messages_wait(void)
{
    struct hal_till_message message = {0};
    int one, two;

    begin(false);
    one = dial();
    two = dial();
    post(one, "/nexo", "application/json", "{}", 2);
    post(two, "/nexo", "application/json", "{}", 2);
    (void)poll(NULL, 0, 100); /* both have arrived, or the second wakes it again */
    REQUIRE(receive(&message));
    CHECK_STATUS(reply(&message, "{}"), SCRIP_OK);
    REQUIRE(receive(&message));
    CHECK_STATUS(reply(&message, "{}"), SCRIP_OK);
    hear(one, NULL);
    hear(two, NULL);
    end();
}

static void test_every_path_has_its_kind(void)
{
    static const struct {
        const char *request;
        enum hal_till_kind kind;
    } cases[] = {{"GET /status HTTP/1.1\r\nHost: x\r\n\r\n", HAL_TILL_STATUS},
                 {"POST /sync HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", HAL_TILL_SYNC},
                 {"POST /enroll/request HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                  "Content-Length: 2\r\n\r\n{}",
                  HAL_TILL_REQUEST},
                 {"POST /enroll/install HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                  "Content-Length: 2\r\n\r\n{}",
                  HAL_TILL_INSTALL}};

    begin(false);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hal_till_message message = {0};
        int fd = dial();
        say(fd, cases[i].request, strlen(cases[i].request));
        REQUIRE(receive(&message));
        CHECK_EQ_INT(message.kind, cases[i].kind);
        CHECK_STATUS(reply(&message, "{}"), SCRIP_OK);
        hear(fd, "{}");
        (void)close(fd);
    }
    end();
}

static void test_bad_http_is_answered_here(void)
{
    struct hal_till_message message;

    begin(false);
    refused("/nexo", "text/plain", "{}", "415", "Content-Type must be application/json");
    refused("/nexo", "application/jsonp", "{}", "415", "Content-Type");
    refused("/nope", "application/json", "{}", "404", "there is /nexo");
    refused("/status", "application/json", "{}", "405", "for GET");
    CHECK_STATUS(till.hal.receive(till.hal.context, &message), SCRIP_AGAIN);
    end();
}

static void test_the_limit_is_exact_and_named(void)
{
    static char body[POSIX_TILL_MESSAGE + 2];
    struct hal_till_message message = {0};

    begin(false);
    memset(body, 'x', sizeof body - 1);
    refused("/nexo", "application/json", body, "413", "16384");
    body[POSIX_TILL_MESSAGE] = '\0';
    int fd = dial();
    post(fd, "/nexo", "application/json", body, POSIX_TILL_MESSAGE);
    REQUIRE(receive(&message));
    CHECK_EQ_INT(message.len, POSIX_TILL_MESSAGE);
    CHECK_STATUS(reply(&message, "{}"), SCRIP_OK);
    hear(fd, NULL);
    end();
}

static void test_more_than_fit_are_told_to_come_again(void)
{
    struct hal_till_message message = {0};
    int waiting[POSIX_TILL_WAITING];

    begin(false);
    for (size_t i = 0; i < POSIX_TILL_WAITING; i++) {
        waiting[i] = dial();
        post(waiting[i], "/nexo", "application/json", "{}", 2);
        REQUIRE(receive(&message)); /* each has arrived before the next is sent */
    }
    refused("/nexo", "application/json", "{}", "503", "try again");
    CHECK_STATUS(reply(&message, "{}"), SCRIP_OK); /* the last one */
    int fd = dial();
    post(fd, "/nexo", "application/json", "{}", 2);
    CHECK(receive(&message));
    posix_till_close(&till); /* answers whoever waits */
    hear(waiting[0], NULL);
    CHECK(strstr(answer, "503") != NULL || answer[0] == '\0');
    (void)close(fd);
    for (size_t i = 1; i < POSIX_TILL_WAITING; i++)
        (void)close(waiting[i]);
    temp_close(&temp);
}

/* Nobody keeps others out by requests that never end, also by ones that go on byte by byte. */
static void test_half_a_request_holds_no_place_that_others_need(void)
{
    static const char
        half[] = "POST /nexo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                 "Content-Length: 2\r\n\r\n{";
    struct hal_till_message message = {0}, other = {0};
    int fds[3 * POSIX_TILL_CONNECTIONS];
    size_t count = sizeof fds / sizeof *fds;

    begin(false);
    int patient = dial();
    post(patient, "/nexo", "application/json", "{}", 2);
    REQUIRE(receive(&message)); /* it waits, however many come */
    for (size_t i = 0; i < count; i++) {
        fds[i] = dial();
        say(fds[i], half, strlen(half));
    }
    int fd = dial();
    post(fd, "/nexo", "application/json", "{}", 2);
    REQUIRE(receive(&other));
    CHECK_STATUS(reply(&other, "{\"second\":1}"), SCRIP_OK);
    hear(fd, NULL);
    CHECK(strstr(answer, "second") != NULL);
    CHECK_STATUS(reply(&message, "{\"first\":1}"), SCRIP_OK);
    hear(patient, NULL);
    CHECK(strstr(answer, "first") != NULL);
    for (size_t i = 0; i < count; i++)
        (void)close(fds[i]);
    end();
}

static void test_half_a_request_ends_in_time(void)
{
    begin(false);
    int fd = dial();
    say(fd, "POST /nexo", 10);
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    CHECK(poll(&ready, 1, (POSIX_TILL_READ_S + 3) * 1000) == 1);
    hear(fd, NULL);
    CHECK(strstr(answer, "200") == NULL);
    end();
}

/* A byte now and then is not silence, but no request either. */
static void test_a_request_has_a_date(void)
{
    struct hal_till_message message = {0};
    struct pollfd ready = {.events = POLLIN};
    int seconds = 0;

    begin(false);
    ready.fd = dial();
    int patient = dial();
    post(patient, "/nexo", "application/json", "{}", 2);
    REQUIRE(receive(&message));
    say(ready.fd, "POST /nexo", 10);
    while (seconds < POSIX_TILL_REQUEST_S + 5 && poll(&ready, 1, 1000) == 0) {
        struct hal_till_message none;
        say(ready.fd, "o", 1);
        CHECK_STATUS(till.hal.receive(till.hal.context, &none), SCRIP_AGAIN);
        seconds++;
    }
    CHECK(seconds >= POSIX_TILL_REQUEST_S - 2 && seconds < POSIX_TILL_REQUEST_S + 5);
    hear(ready.fd, NULL);
    CHECK(strstr(answer, "200") == NULL);
    /* One that was whole waits for the agent, however long that takes. */
    CHECK_STATUS(reply(&message, "{\"first\":1}"), SCRIP_OK);
    hear(patient, NULL);
    CHECK(strstr(answer, "first") != NULL);
    end();
}

static void test_events_go_to_every_subscriber(void)
{
    static const char event[] = "{\"SaleToPOIRequest\":{}}";
    static const char subscribe[] = "GET /events HTTP/1.1\r\nHost: x\r\n\r\n";

    begin(false);
    CHECK_STATUS(till.hal.event(till.hal.context, event, strlen(event)), SCRIP_AGAIN);
    int one = dial(), two = dial();
    say(one, subscribe, strlen(subscribe));
    say(two, subscribe, strlen(subscribe));
    hear(one, ": scrip events");
    CHECK(strstr(answer, "text/event-stream") != NULL);
    hear(two, ": scrip events");
    CHECK_STATUS(till.hal.event(till.hal.context, event, strlen(event)), SCRIP_OK);
    hear(one, "data: {\"SaleToPOIRequest\":{}}\n\n");
    CHECK(strstr(answer, "data: {\"SaleToPOIRequest\":{}}\n\n") != NULL);
    hear(two, "data: {\"SaleToPOIRequest\":{}}\n\n");
    CHECK(strstr(answer, "data: {\"SaleToPOIRequest\":{}}\n\n") != NULL);
    (void)close(one);
    (void)close(two);
    end();
}

/* A till that comes and goes all night, while nothing happens, finds its place in the morning. */
static void test_subscribers_that_hung_up_make_room(void)
{
    static const char subscribe[] = "GET /events HTTP/1.1\r\nHost: x\r\n\r\n";

    begin(false);
    for (int i = 0; i < 3 * POSIX_TILL_SUBSCRIBERS; i++) {
        int fd = dial();
        say(fd, subscribe, strlen(subscribe));
        hear(fd, ": scrip events");
        CHECK(strstr(answer, ": scrip events") != NULL);
        (void)close(fd);
    }
    end();
}

static void test_a_second_server_is_kept_out_and_a_stale_socket_is_not(void)
{
    static struct posix_till second;
    struct posix_till_options options = {0};

    begin(false);
    options.socket_path = temp_file(&temp, "till.sock");
    CHECK_STATUS(posix_till_open(&second, &options, &text.hal), SCRIP_FAULT_DEVICE);
    CHECK(strstr(text.last, "another process") != NULL);
    CHECK(access(till.socket_path, F_OK) == 0);
    posix_till_close(&till);

    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", options.socket_path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && close(fd) == 0);
    CHECK_STATUS(posix_till_open(&till, &options, &text.hal), SCRIP_OK);
    end();
}

/* Sends GET /status with the headers; true when it gets to the agent. */
static bool passes(const char *host, const char *more)
{
    struct hal_till_message message = {0};
    char request[400];
    int fd = dial_tcp();
    bool passed;

    (void)snprintf(request, sizeof request, "GET /status HTTP/1.1\r\nHost: %s:%u\r\n%s\r\n", host,
                   till.port, more);
    say(fd, request, strlen(request));
    struct pollfd ready[2] = {{.fd = till.wake_fd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    CHECK(poll(ready, 2, 2000) > 0);
    passed = till.hal.receive(till.hal.context, &message) == SCRIP_OK;
    if (passed)
        CHECK_STATUS(reply(&message, "{}"), SCRIP_OK);
    hear(fd, "}");
    CHECK(strstr(answer, passed ? "200 OK" : "401 Unauthorized") != NULL);
    (void)close(fd);
    return passed;
}

static void test_tcp_needs_the_cookie(void)
{
    struct stat file;
    char cookie[POSIX_TILL_COOKIE + 1] = "", header[200];

    begin(true);
    CHECK(stat(temp_file(&temp, "cookie"), &file) == 0);
    CHECK_EQ_INT(file.st_mode & 0777, 0600);
    int fd = open(temp_file(&temp, "cookie"), O_RDONLY);
    CHECK(read(fd, cookie, sizeof cookie - 1) == POSIX_TILL_COOKIE && close(fd) == 0);

    (void)snprintf(header, sizeof header, "Authorization: Bearer %s\r\n", cookie);
    CHECK(passes("127.0.0.1", header));
    CHECK(passes("localhost", header));
    CHECK(!passes("till.example", header));
    CHECK(!passes("127.0.0.1", ""));
    (void)snprintf(header, sizeof header, "Authorization: Bearer %s\r\nOrigin: http://x\r\n",
                   cookie);
    CHECK(!passes("127.0.0.1", header));
    cookie[POSIX_TILL_COOKIE - 1] ^= 1;
    (void)snprintf(header, sizeof header, "Authorization: Bearer %s\r\n", cookie);
    CHECK(!passes("127.0.0.1", header));
    end();
}

int main(void)
{
    CHECK_RUN(test_a_message_waits_for_its_reply);
    CHECK_RUN(test_it_stays_awake_while_messages_wait);
    CHECK_RUN(test_every_path_has_its_kind);
    CHECK_RUN(test_bad_http_is_answered_here);
    CHECK_RUN(test_the_limit_is_exact_and_named);
    CHECK_RUN(test_more_than_fit_are_told_to_come_again);
    CHECK_RUN(test_half_a_request_holds_no_place_that_others_need);
    CHECK_RUN(test_half_a_request_ends_in_time);
    CHECK_RUN(test_a_request_has_a_date);
    CHECK_RUN(test_events_go_to_every_subscriber);
    CHECK_RUN(test_subscribers_that_hung_up_make_room);
    CHECK_RUN(test_a_second_server_is_kept_out_and_a_stale_socket_is_not);
    CHECK_RUN(test_tcp_needs_the_cookie);
    return check_done();
}
