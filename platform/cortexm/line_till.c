#include "platform/cortexm/line_till.h"

#include <string.h>

static const char too_long[] = "{\"ErrorCondition\":\"MessageFormat\",\"error\":\"the line is too "
                               "long for this terminal\"}";
static const char
    unknown[] = "{\"ErrorCondition\":\"MessageFormat\",\"error\":\"a line is JSON, or "
                "/nexo, /status, /sync, /restart, /enroll/request, /enroll/install\"}";
static const char ends[] = "{\"status\":\"OK\"}";

static void put_line(struct line_till *till, const char *text, size_t len)
{
    uart_put(till->uart, text, len);
    uart_put(till->uart, "\n", 1);
}

/* Whether the line begins with the word, alone or before a blank; *text is then what follows. */
static bool begins(const struct line_till *till, const char *word, const char **text)
{
    size_t len = strlen(word);

    if (till->len < len || memcmp(till->line, word, len) != 0 ||
        (till->line[len] != ' ' && till->line[len] != '\0'))
        return false;
    *text = till->line + len;
    while (**text == ' ')
        ++*text;
    return true;
}

/* False: the line was answered here. */
static bool name_line(struct line_till *till, struct hal_till_message *message)
{
    static const struct {
        const char *word;
        enum hal_till_kind kind;
    } words[] = {{"/nexo", HAL_TILL_NEXO},
                 {"/status", HAL_TILL_STATUS},
                 {"/sync", HAL_TILL_SYNC},
                 {"/enroll/request", HAL_TILL_REQUEST},
                 {"/enroll/install", HAL_TILL_INSTALL}};

    message->peer = 0;
    message->kind = HAL_TILL_NEXO;
    message->text = till->line;
    if (till->line[0] == '/') {
        size_t i = 0;
        while (i < sizeof words / sizeof *words && !begins(till, words[i].word, &message->text))
            i++;
        if (i == sizeof words / sizeof *words) {
            till->restart = begins(till, "/restart", &message->text);
            if (till->restart)
                put_line(till, ends, sizeof ends - 1);
            else
                put_line(till, unknown, sizeof unknown - 1);
            uart_drain(till->uart);
            return false;
        }
        message->kind = words[i].kind;
    }
    message->len = till->len - (size_t)(message->text - till->line);
    return true;
}

/* True: the line is complete, and the agent's. */
static bool finish(struct line_till *till, struct hal_till_message *message)
{
    bool overlong = till->len == till->cap;
    bool good = false;

    if (!overlong && till->len > 0 && till->line[till->len - 1] == '\r')
        till->len--;
    if (overlong) {
        put_line(till, too_long, sizeof too_long - 1);
    } else if (till->len > 0) {
        till->line[till->len] = '\0';
        good = name_line(till, message);
    }
    if (!good)
        till->len = 0;
    return good;
}

static enum scrip_status till_receive(void *context, struct hal_till_message *message)
{
    struct line_till *till = context;
    uint8_t byte;

    if (till->taken)
        till->len = 0;
    till->taken = false;
    while (uart_get(till->uart, &byte)) {
        if (byte == '\n') {
            till->taken = finish(till, message);
            if (till->taken)
                return SCRIP_OK;
        } else if (till->len < till->cap) {
            till->line[till->len++] = (char)byte;
        }
    }
    return SCRIP_AGAIN;
}

static enum scrip_status till_reply(void *context, uint32_t peer, const char *text, size_t len)
{
    struct line_till *till = context;

    (void)peer;
    put_line(till, text, len);
    return SCRIP_OK;
}

static enum scrip_status till_event(void *context, const char *text, size_t len)
{
    put_line(context, text, len);
    return SCRIP_OK;
}

void line_till_open(struct line_till *till, struct uart *uart, void *buffer, size_t cap)
{
    *till = (struct line_till){
        .hal = {.context = till, .receive = till_receive, .reply = till_reply, .event = till_event},
        .uart = uart,
        .line = buffer,
        .cap = cap};
}
