#include "tests/fake/agent.h"

#include <stdio.h>
#include <string.h>

struct fake_agent agent;
struct fake_till link;
struct fake_printer printer;
struct till till;

static struct scrip self;
static uint8_t arena[TILL_ARENA_BYTES];

/* scrip.h */

static void keep_text(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text != NULL ? text : "");
}

static void keep_sale(const struct scrip_sale *sale)
{
    agent.sale = *sale;
    keep_text(agent.sale_id, sizeof agent.sale_id, sale->sale_id);
    keep_text(agent.service_id, sizeof agent.service_id, sale->service_id);
    keep_text(agent.badge, sizeof agent.badge, sale->badge);
    keep_text(agent.transaction_id, sizeof agent.transaction_id, sale->transaction_id);
    for (size_t i = 0; i < sale->item_count; i++)
        agent.items[i] = sale->items[i];
    if (sale->item_count > 0)
        keep_text(agent.product_code, sizeof agent.product_code, sale->items[0].product_code);
}

static enum scrip_status give(struct scrip_answer *answer)
{
    *answer = agent.answer;
    return agent.answer.status;
}

enum scrip_status scrip_redeem(struct scrip *scrip, const char *code, size_t code_len,
                               const struct scrip_sale *sale, struct scrip_answer *answer)
{
    (void)scrip;
    agent.redeems++;
    agent.has_code = code != NULL;
    if (code != NULL)
        (void)snprintf(agent.code, sizeof agent.code, "%.*s", (int)code_len, code);
    keep_sale(sale);
    keep_text(agent.answer.sale_id, sizeof agent.answer.sale_id, sale->sale_id);
    keep_text(agent.answer.service_id, sizeof agent.answer.service_id, sale->service_id);
    keep_text(agent.answer.transaction_id, sizeof agent.answer.transaction_id,
              sale->transaction_id);
    return give(answer);
}

enum scrip_status scrip_award(struct scrip *scrip, enum scrip_member_kind kind, const char *text,
                              size_t text_len, const struct scrip_sale *sale,
                              struct scrip_answer *answer)
{
    agent.awards++;
    agent.redeems--;
    agent.kind = kind;
    return scrip_redeem(scrip, text, text_len, sale, answer);
}

enum scrip_status scrip_result(struct scrip *scrip, const struct scrip_ref *ref,
                               struct scrip_answer *answer)
{
    (void)scrip;
    agent.results++;
    keep_text(agent.sale_id, sizeof agent.sale_id, ref->sale_id);
    keep_text(agent.service_id, sizeof agent.service_id, ref->service_id);
    keep_text(agent.reference, sizeof agent.reference, ref->reference);
    return give(answer);
}

enum scrip_status scrip_challenge(struct scrip *scrip, const struct scrip_sale *sale, char *text,
                                  size_t cap, struct scrip_answer *answer)
{
    (void)scrip;
    agent.challenges++;
    keep_sale(sale);
    (void)snprintf(text, cap, "SCCB-%s", sale->transaction_id);
    *answer = (struct scrip_answer){.status = SCRIP_AGAIN};
    (void)snprintf(answer->transaction_id, sizeof answer->transaction_id, "%s",
                   sale->transaction_id);
    if (agent.challenge != SCRIP_OK) {
        answer->status = agent.challenge;
        text[0] = '\0';
    }
    return agent.challenge;
}

enum scrip_status scrip_abort(struct scrip *scrip, const char *sale_id, const char *service_id)
{
    (void)scrip;
    agent.aborts++;
    keep_text(agent.sale_id, sizeof agent.sale_id, sale_id);
    keep_text(agent.service_id, sizeof agent.service_id, service_id);
    if (agent.running != NULL && strcmp(agent.running, service_id) != 0)
        return SCRIP_REFUSED_NOT_FOUND;
    return agent.abort;
}

enum scrip_status scrip_reverse(struct scrip *scrip, const struct scrip_ref *ref,
                                const struct scrip_sale *sale, struct scrip_answer *answer)
{
    (void)scrip;
    agent.reverses++;
    keep_text(agent.reference, sizeof agent.reference, ref->reference);
    keep_sale(sale);
    agent.answer.reversed = true;
    return give(answer);
}

enum scrip_status scrip_receipt(struct scrip *scrip, uint32_t seq, char transport, char *text,
                                size_t cap)
{
    (void)scrip;
    agent.receipts++;
    (void)snprintf(text, cap, "RECEIPT%c%u", transport, seq);
    return agent.receipt;
}

enum scrip_status scrip_enroll_request(struct scrip *scrip, const char *identity, uint8_t *der,
                                       size_t cap, size_t *len)
{
    (void)scrip;
    (void)cap;
    keep_text(agent.identity, sizeof agent.identity, identity);
    memcpy(der, "\x30\x01\xff", 3);
    *len = 3;
    return agent.enroll;
}

enum scrip_status scrip_enroll_install(struct scrip *scrip, const uint8_t *bundle, size_t len)
{
    (void)scrip;
    agent.bundle_len = len;
    memcpy(agent.bundle, bundle, len < sizeof agent.bundle ? len : sizeof agent.bundle);
    return agent.enroll;
}

enum scrip_status scrip_sync_now(struct scrip *scrip)
{
    (void)scrip;
    agent.syncs++;
    return agent.sync;
}

void scrip_read_state(struct scrip *scrip, struct scrip_status_page *page)
{
    (void)scrip;
    *page = agent.page;
}

enum scrip_status scrip_event(struct scrip *scrip, struct scrip_event *event)
{
    (void)scrip;
    if (agent.event_count == 0)
        return SCRIP_AGAIN;
    *event = agent.events[0];
    agent.event_count--;
    memmove(agent.events, agent.events + 1, sizeof agent.events - sizeof agent.events[0]);
    return SCRIP_OK;
}

/* hal */

static enum scrip_status receive(void *context, struct hal_till_message *message)
{
    (void)context;
    if (link.message == NULL)
        return SCRIP_AGAIN;
    static uint32_t peers;
    *message = (struct hal_till_message){++peers, link.kind, link.message, strlen(link.message)};
    link.message = NULL;
    return SCRIP_OK;
}

static enum scrip_status reply(void *context, uint32_t peer, const char *text, size_t len)
{
    (void)context;
    link.replies++;
    link.peer = peer;
    (void)snprintf(link.reply, sizeof link.reply, "%.*s", (int)len, text);
    return SCRIP_OK;
}

static enum scrip_status send_event(void *context, const char *text, size_t len)
{
    (void)context;
    link.events++;
    (void)snprintf(link.event, sizeof link.event, "%.*s", (int)len, text);
    return SCRIP_OK;
}

static void on_paper(const char *before, const char *text)
{
    size_t len = strlen(printer.paper);

    if (len == 0)
        printer.reply_was_out = link.reply[0] != '\0';
    (void)snprintf(printer.paper + len, sizeof printer.paper - len, "%s%s\n", before, text);
}

static enum scrip_status print_line(void *context, const char *text)
{
    (void)context;
    if (printer.status == SCRIP_OK)
        on_paper("", text);
    return printer.status;
}

static enum scrip_status print_qr(void *context, const char *text)
{
    (void)context;
    if (printer.qr_status == SCRIP_OK)
        on_paper("QR ", text);
    return printer.qr_status;
}

static enum scrip_status cut(void *context)
{
    (void)context;
    if (printer.status == SCRIP_OK)
        on_paper("CUT", "");
    return printer.status;
}

static void log_nothing(void *context, enum hal_log_level level, const char *text)
{
    (void)context;
    (void)level;
    (void)text;
}

static const struct hal_till till_hal = {NULL, receive, reply, send_event};
static const struct hal_printer printer_hal = {NULL, 20, print_line, print_qr, NULL, cut};
static const struct hal_log log_hal = {NULL, log_nothing};
struct hal fake_hal;

void fake_open(void)
{
    memset(&agent, 0, sizeof agent);
    memset(&link, 0, sizeof link);
    memset(&printer, 0, sizeof printer);
    agent.page.identity = "M1.S1.T1";
    agent.page.currency = 978;
    agent.page.currency_exponent = 2;
    agent.page.time_s = 1772366400; /* 2026-03-01T12:00:00Z */
    fake_hal = (struct hal){.till = &till_hal, .printer = &printer_hal, .log = &log_hal};
    till_open(&till, &self, &fake_hal, arena, sizeof arena, 0);
}

void fake_send(enum hal_till_kind kind, const char *message)
{
    link.kind = kind;
    link.message = message;
    link.reply[0] = '\0';
    till_poll(&till);
}

void fake_nexo(const char *category, const char *service, const char *body)
{
    static char message[20000];
    int len = snprintf(
        message, sizeof message,
        "{'SaleToPOIRequest':{'MessageHeader':{'ProtocolVersion':'3.1','MessageClass':'Service',"
        "'MessageCategory':'%s','MessageType':'Request','ServiceID':'%s','SaleID':'TILL-1',"
        "'POIID':'POS-7'},'%sRequest':%s}}",
        category, service, category, body);

    for (int i = 0; i < len && i < (int)sizeof message; i++) {
        if (message[i] == '\'')
            message[i] = '"';
    }
    fake_send(HAL_TILL_NEXO, message);
}

void fake_login(void)
{
    fake_nexo("Login", "L1", "{'OperatorID':'7','ShiftNumber':'2'}");
}
