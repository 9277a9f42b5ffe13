#include "platform/posix/till_peers.h"

#include <sys/socket.h>
#include <time.h>

#include "platform/posix/till_listen.h"

static uint64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t date_of_a_request(void)
{
    return now_ms() + POSIX_TILL_REQUEST_S * 1000;
}

static struct posix_till_peer *find(struct posix_till *till, int fd)
{
    for (size_t i = 0; i < POSIX_TILL_CONNECTIONS; i++) {
        if (till->peers[i].used && till->peers[i].fd == fd)
            return &till->peers[i];
    }
    return NULL;
}

static bool gives_way(const struct posix_till_peer *peer)
{
    return peer->used && !peer->waits;
}

static unsigned unfinished_of(const struct posix_till *till, uint32_t user)
{
    unsigned count = 0;

    for (size_t i = 0; i < POSIX_TILL_CONNECTIONS; i++)
        count += gives_way(&till->peers[i]) && till->peers[i].user == user;
    return count;
}

/* More places than can ever wait: somebody gives way. */
_Static_assert((int)POSIX_TILL_CONNECTIONS > (int)POSIX_TILL_WAITING + (int)POSIX_TILL_SUBSCRIBERS,
               "a place is left beside all that wait");

static struct posix_till_peer *displace(struct posix_till *till)
{
    struct posix_till_peer *last = NULL;
    unsigned most = 0;

    for (size_t i = 0; i < POSIX_TILL_CONNECTIONS; i++) {
        struct posix_till_peer *peer = &till->peers[i];
        if (!gives_way(peer))
            continue;
        unsigned count = unfinished_of(till, peer->user);
        /* The counter may wrap. */
        if (last == NULL || count > most ||
            (count == most && (int32_t)(peer->since - last->since) < 0)) {
            most = count;
            last = peer;
        }
    }
    if (last != NULL)
        (void)shutdown(last->fd, SHUT_RDWR); /* the server finds it closed, and forgets it */
    return last;
}

void till_peers_join(struct posix_till *till, int fd)
{
    uint32_t user = till_log_peer(fd, till->log);
    struct posix_till_peer *place = NULL;

    (void)pthread_mutex_lock(&till->lock);
    for (size_t i = 0; i < POSIX_TILL_CONNECTIONS && place == NULL; i++) {
        if (!till->peers[i].used)
            place = &till->peers[i];
    }
    if (place == NULL)
        place = displace(till);
    if (place != NULL)
        *place = (struct posix_till_peer){.used = true,
                                          .fd = fd,
                                          .user = user,
                                          .since = till->next_since++,
                                          .until_ms = date_of_a_request()};
    else
        (void)shutdown(fd, SHUT_RDWR);
    (void)pthread_mutex_unlock(&till->lock);
}

void till_peers_waits(struct posix_till *till, int fd, bool waits)
{
    (void)pthread_mutex_lock(&till->lock);
    struct posix_till_peer *peer = find(till, fd);
    if (peer != NULL) {
        peer->waits = waits;
        peer->since = till->next_since++;
        peer->until_ms = date_of_a_request();
    }
    (void)pthread_mutex_unlock(&till->lock);
}

void till_peers_leave(struct posix_till *till, int fd)
{
    (void)pthread_mutex_lock(&till->lock);
    struct posix_till_peer *peer = find(till, fd);
    if (peer != NULL)
        peer->used = false;
    (void)pthread_mutex_unlock(&till->lock);
}

void till_peers_expire(struct posix_till *till)
{
    uint64_t now = now_ms();

    (void)pthread_mutex_lock(&till->lock);
    for (size_t i = 0; i < POSIX_TILL_CONNECTIONS; i++) {
        if (gives_way(&till->peers[i]) && now >= till->peers[i].until_ms)
            (void)shutdown(till->peers[i].fd, SHUT_RDWR);
    }
    (void)pthread_mutex_unlock(&till->lock);
}
