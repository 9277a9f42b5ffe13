#include "platform/posix/till_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "platform/posix/entropy.h"
#include "platform/posix/file.h"
#include "platform/posix/log.h"

enum { BACKLOG = 16 };

static enum scrip_status fault(const struct hal_log *log, const char *what, const char *why)
{
    posix_log_say(log, HAL_LOG_ERROR, "till %s: %s", what, why);
    return SCRIP_FAULT_DEVICE;
}

static bool somebody_answers(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool answers = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;

    if (fd >= 0)
        (void)close(fd);
    return answers;
}

enum scrip_status till_listen_unix(const char *path, const struct hal_log *log, int *fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat file;

    if (strlen(path) >= sizeof address.sun_path)
        return fault(log, path, "the path is too long for a socket");
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (lstat(path, &file) == 0) {
        if (!S_ISSOCK(file.st_mode))
            return fault(log, path, "is a file and not a socket: remove it or choose another path");
        if (somebody_answers(&address))
            return fault(log, path, "another process answers here: stop that one first");
        (void)unlink(path);
    }
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0)
        return fault(log, path, strerror(errno));
    /* Nobody can connect before listen(), so the mode is right before it matters. */
    if (bind(*fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        chmod(path, S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP) != 0 || listen(*fd, BACKLOG) != 0) {
        int why = errno;
        (void)close(*fd);
        *fd = -1;
        return fault(log, path, strerror(why));
    }
    return SCRIP_OK;
}

enum scrip_status till_listen_loopback(uint16_t *port, const struct hal_log *log, int *fd)
{
    static const int on = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(*port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;

    *fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0)
        return fault(log, "127.0.0.1", strerror(errno));
    if (setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(*fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(*fd, BACKLOG) != 0 ||
        getsockname(*fd, (struct sockaddr *)&address, &len) != 0) {
        int why = errno;
        (void)close(*fd);
        *fd = -1;
        return fault(log, "127.0.0.1", strerror(why));
    }
    *port = ntohs(address.sin_port);
    return SCRIP_OK;
}

enum scrip_status till_make_cookie(const char *path, const struct hal_log *log, char *cookie,
                                   unsigned digits)
{
    static const char hex[] = "0123456789abcdef";
    uint8_t random[64];

    TRY(posix_entropy.read(NULL, random, sizeof random));
    for (unsigned i = 0; i < digits; i++)
        cookie[i] = hex[random[i % sizeof random] & 15];
    cookie[digits] = '\0';
    explicit_bzero(random, sizeof random);

    (void)unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0)
        return fault(log, path, strerror(errno));
    bool good = posix_file_write(fd, cookie, digits);
    if (close(fd) != 0 || !good)
        return fault(log, path, strerror(errno));
    return SCRIP_OK;
}

bool till_same_secret(const char *given, const char *secret)
{
    size_t len = strlen(secret);
    unsigned difference = 0;

    if (strlen(given) != len)
        return false;
    for (size_t i = 0; i < len; i++)
        difference |= (unsigned)(given[i] ^ secret[i]);
    return difference == 0;
}

uint32_t till_log_peer(int fd, const struct hal_log *log)
{
    struct ucred peer;
    socklen_t len = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 || peer.pid <= 0)
        return UINT32_MAX;
    posix_log_say(log, HAL_LOG_INFO, "till: connected: user %u, group %u, process %d", peer.uid,
                  peer.gid, peer.pid);
    return peer.uid;
}
