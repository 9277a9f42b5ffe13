/*
 * till: what a cash register says to a terminal, for the commands that play one.
 */
#ifndef TOOLS_SCRIP_TILL_H
#define TOOLS_SCRIP_TILL_H

#include "tools/scrip/command.h"

/* The options that every command with a till's message has. */
#define TILL_OPTIONS                                                                               \
    {"--socket", "FILE", "socket of the running scripd (scripd.sock)"},                            \
        {"--timeout-s", "SECONDS", "how long to wait for the answer (30)"},                        \
        {"--json", NULL, "print the answer as it came"},                                           \
        {"--sale-id", "TEXT", "name of the till (POS1)"},                                          \
        {"--service-id", "TEXT", "name of this request (derived from the time)"},                  \
    {                                                                                              \
        "--operator", "ID", "number or badge of who stands at the till (1)"                        \
    }

/* Where the terminal answers, and how long to wait for it. */
struct till {
    const char *socket_path;
    uint32_t timeout_s;
    const char *sale_id;
    char service_id[11];
    const char *operator_id;
};

/* False: misused, and said. */
bool till_take(const struct arguments *arguments, struct till *out);

struct json_out;

/*
 * Sends one nexo request, whose content put writes, and prints the answer: as it came, or in words.
 * A terminal that says LoggedOut is logged in to, and asked again. The value is the exit code: done
 * for Success and Partial.
 */
int till_send(const struct arguments *arguments, const struct till *till, const char *category,
              void (*put)(struct json_out *out, const struct arguments *arguments,
                          const struct till *till));

#endif
