#include "tools/host/connection.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

uint64_t connection_now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct connection *connection_open(struct connection **list, int fd, uint64_t until_ms)
{
    struct connection *connection = calloc(1, sizeof *connection);

    if (connection == NULL)
        return NULL;
    connection->fd = fd;
    connection->until_ms = until_ms;
    connection->next = *list;
    connection->at = list;
    if (*list != NULL)
        (*list)->at = &connection->next;
    *list = connection;
    return connection;
}

void connection_close(struct connection *connection)
{
    *connection->at = connection->next;
    if (connection->next != NULL)
        connection->next->at = connection->at;
    free(connection);
}

void connection_expire(struct connection *list, uint64_t now_ms)
{
    for (struct connection *connection = list; connection != NULL; connection = connection->next)
        if (now_ms >= connection->until_ms)
            (void)shutdown(connection->fd, SHUT_RDWR);
}
