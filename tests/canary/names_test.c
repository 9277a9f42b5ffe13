/*
 * A thousand known identifiers go through every path of a terminal: sealed, noted for sales, typed
 * and scanned in place of a code, and in nexo messages that hold them where they do not belong.
 * Then flash, journal, logs, displays, receipts, answers, events, the bodies for the host and all
 * memory of this process are searched for them. processes.sh does the same from outside, with the
 * search below: `names_test --search [--pid PID] FILE..`, `names_test --make`.
 */
#include <stdio.h>
#include <stdlib.h>

#include "agent/agent.h"
#include "tests/canary/ids.h"
#include "tests/canary/line.h"
#include "tests/check.h"
#include "tests/support/terminal.h"
#include "till/till.h"

static struct test_terminal terminal;
static struct till till;
static uint64_t till_arena[TILL_ARENA_BYTES / sizeof(uint64_t)];
static struct capture logs, screens, paper, answers, events, sealed, records;
static struct crypto_key vault;

static char message[4096];
static bool message_waits;
static enum hal_till_kind message_kind;

static unsigned places, found;

/* The devices, which keep all that they are given ---------------------------------------------- */

static void log_line(void *context, enum hal_log_level level, const char *text)
{
    (void)context;
    (void)level;
    capture_put(&logs, text, strlen(text) + 1);
}

static enum scrip_status show(void *context, const char *line1, const char *line2,
                              enum hal_tone tone)
{
    (void)context;
    (void)tone;
    capture_put(&screens, line1, strlen(line1) + 1);
    capture_put(&screens, line2, strlen(line2) + 1);
    return SCRIP_OK;
}

static enum scrip_status print(void *context, const char *text)
{
    (void)context;
    capture_put(&paper, text, strlen(text) + 1);
    return SCRIP_OK;
}

static enum scrip_status cut(void *context)
{
    (void)context;
    return SCRIP_OK;
}

static enum scrip_status receive(void *context, struct hal_till_message *out)
{
    (void)context;
    if (!message_waits)
        return SCRIP_AGAIN;
    message_waits = false;
    *out = (struct hal_till_message){1, message_kind, message, strlen(message)};
    return SCRIP_OK;
}

static enum scrip_status reply(void *context, uint32_t peer, const char *text, size_t len)
{
    (void)context;
    (void)peer;
    capture_put(&answers, text, len);
    return SCRIP_OK;
}

static enum scrip_status publish(void *context, const char *text, size_t len)
{
    (void)context;
    capture_put(&events, text, len);
    return SCRIP_OK;
}

static const struct hal_till till_hal = {NULL, receive, reply, publish};
static const struct hal_printer printer_hal = {NULL, 40, print, print, NULL, cut};
static const struct hal_display display_hal = {NULL, 0, 0, show, NULL, NULL};
static const struct hal_net net_hal = {NULL, NULL, NULL, NULL, NULL, NULL};

static void poll(void)
{
    uint32_t sleep_ms;
    till_poll(&till);
    CHECK_STATUS(scrip_poll(&terminal.scrip, &sleep_ms), SCRIP_OK);
}

static void deliver(enum hal_till_kind kind)
{
    message_kind = kind;
    message_waits = true;
    poll();
    poll();
    bytes_wipe(message, sizeof message);
}

/* One nexo message; in its body, written with single quotes, @ is the identifier. */
static void nexo(const char *category, unsigned number, const char *body, const char *id)
{
    size_t at = (size_t)snprintf(
        message, sizeof message,
        "{\"SaleToPOIRequest\":{\"MessageHeader\":{\"MessageClass\":\"Service\","
        "\"MessageCategory\":\"%s\",\"MessageType\":\"Request\",\"ServiceID\":\"%u\","
        "\"SaleID\":\"TILL1\",\"POIID\":\"P\"},\"%sRequest\":",
        category, number, category);
    for (; *body != '\0' && at + ID_CHARS < sizeof message; body++) {
        if (*body == '@')
            at += (size_t)snprintf(message + at, sizeof message - at, "%s", id);
        else if (*body == '\'')
            message[at++] = '"';
        else
            message[at++] = *body;
    }
    (void)snprintf(message + at, sizeof message - at, "}}");
    deliver(HAL_TILL_NEXO);
}

#define SALE                                                                                       \
    "'SaleData':{'SaleTransactionID':{'TransactionID':'T','TimeStamp':'2026-11-25T12:00:00Z'}}"
#define BASKET                                                                                     \
    "'LoyaltyTransaction':{'LoyaltyTransactionType':'Redemption','Currency':'EUR','TotalAmount':"  \
    "20}"
#define ACCOUNT(kind, id)                                                                          \
    "'LoyaltyData':[{'LoyaltyAccountID':{'EntryMode':['Keyed'],'IdentificationType':'" kind        \
    "','LoyaltyID':'" id "'}}]"

#define AWARD                                                                                      \
    "'LoyaltyTransaction':{'LoyaltyTransactionType':'Award','Currency':'EUR','TotalAmount':20}"

static const struct {
    const char *category, *body;
} echoes[] = {
    {"Loyalty", "{" SALE "," AWARD "," ACCOUNT("AccountNumber", "@") "}"},
    {"Loyalty", "{" SALE "," AWARD "," ACCOUNT("PhoneNumber", "@") "}"},
    {"Loyalty", "{" SALE "," AWARD "," ACCOUNT("BarCode", "@") "}"},
    {"Loyalty", "{" SALE "," AWARD "," ACCOUNT("PAN", "@") "}"},
    {"Loyalty", "{" SALE "," AWARD ",'LoyaltyData':{'LoyaltyAccountID':{'EntryMode':'@',"
                "'IdentificationType':'PhoneNumber','LoyaltyID':'@'},'LoyaltyAmount':'@'}}"},
    {"Loyalty", "{" SALE "," AWARD ",'LoyaltyData':{'LoyaltyAccountID':{'EntryMode':'Keyed',"
                "'IdentificationType':'PhoneNumber','LoyaltyID':@}}}"},
    {"Loyalty", "{" SALE "," BASKET "," ACCOUNT("AccountNumber", "@") "}"},
    {"Loyalty", "{" SALE "," BASKET "," ACCOUNT("PhoneNumber", "@") "}"},
    {"Loyalty", "{" SALE "," BASKET "," ACCOUNT("BarCode", "@") "}"},
    {"Loyalty", "{" SALE "," BASKET "," ACCOUNT("BarCode", "SCTB@") "}"},
    {"Loyalty", "{" SALE "," BASKET "," ACCOUNT("@", "SCTB0") "}"},
    {"Loyalty", "{" SALE ",'@':1," BASKET "," ACCOUNT("BarCode", "SCTB0") ",'Member':'@'}"},
    {"Loyalty", "{" SALE ",'LoyaltyTransaction':{'LoyaltyTransactionType':'@','Currency':'EUR',"
                "'TotalAmount':20}}"},
    {"Loyalty", "{" SALE ",'LoyaltyTransaction':{'LoyaltyTransactionType':'Redemption',"
                "'Currency':'@','TotalAmount':20}}"},
    {"Loyalty", "{'SaleData':{'OperatorID':'@','SaleTransactionID':{'TransactionID':'T',"
                "'TimeStamp':'2026-11-25T12:00:00Z'}}," BASKET "," ACCOUNT("BarCode", "@") "}"},
    {"Reversal", "{'OriginalPOITransaction':{'POITransactionID':{'TransactionID':'@',"
                 "'TimeStamp':'2026-11-25T12:00:00Z'}},'ReversalReason':'@'}"},
    {"TransactionStatus", "{'MessageReference':{'MessageCategory':'@','ServiceID':'1'}}"},
    {"Print", "{'PrintOutput':{'OutputContent':{'OutputText':[{'Text':'@'}]}}}"},
    {"Loyalty", "{" SALE ",'LoyaltyTransaction':'@'"}, /* no JSON at all */
};

static struct scrip_sale sale_of(unsigned number)
{
    static char service[LIMIT_SERVICE_ID + 1], transaction[16];
    struct scrip_sale sale = test_sale(number);
    (void)snprintf(service, sizeof service, "A%u", number);
    (void)snprintf(transaction, sizeof transaction, "X%u", number);
    sale.service_id = service;
    sale.transaction_id = transaction;
    return sale;
}

static void seal(unsigned number, enum scrip_member_kind kind, const char *text)
{
    struct scrip_sale sale = sale_of(number);
    struct scrip_member member;
    char detail[80];
    CHECK_STATUS(scrip_member(&terminal.scrip, kind, text, strlen(text), &sale, &member, detail),
                 SCRIP_OK);
    capture_put(&sealed, &member, sizeof member);
}

/* A sale of the member's: recorded, and the same request again. Then identified, and shown. */
static void award(unsigned number, enum scrip_member_kind kind, const char *text)
{
    struct scrip_sale sale = sale_of(number);
    struct scrip_answer answer;
    for (int again = 0; again < 2; again++) {
        CHECK_STATUS(scrip_award(&terminal.scrip, kind, text, strlen(text), &sale, &answer),
                     SCRIP_OK);
        capture_put(&answers, &answer, sizeof answer);
    }
    CHECK_STATUS(scrip_identify(&terminal.scrip, kind, text, strlen(text), &answer), SCRIP_OK);
    capture_put(&answers, &answer, sizeof answer);
}

/* The journal is small: what was recorded is kept aside, and settled here. The newest stay. */
static void settle(void)
{
    struct ledger *ledger = &agent_of(&terminal.scrip)->ledger;
    struct record record;
    uint8_t link[RECORD_LINK_BYTES];
    uint32_t seq = ledger->acked_seq;
    for (uint32_t i = seq + 1; i <= ledger->head_seq; i++)
        if (ledger_record(ledger, i, &record) == SCRIP_OK)
            capture_put(&records, record.raw.data, record.raw.len);
    seq += (ledger->head_seq - seq) * 3 / 4;
    CHECK_STATUS(ledger_link_at(ledger, seq, link), SCRIP_OK);
    CHECK_STATUS(ledger_ack(ledger, seq, link), SCRIP_OK);
    for (int i = 0; i < 50; i++)
        poll();
}

/* In place of a code, at the scanner and at the API. */
static void scan(unsigned number, char *text)
{
    struct scrip_sale sale = sale_of(number);
    struct scrip_answer answer;
    CHECK_STATUS(scrip_redeem(&terminal.scrip, NULL, 0, &sale, &answer), SCRIP_AGAIN);
    terminal.scanner.code = text;
    terminal.scanner.len = strlen(text);
    poll();
    sale = sale_of(number + IDS);
    CHECK(scrip_redeem(&terminal.scrip, text, strlen(text), &sale, &answer) != SCRIP_OK);
    capture_put(&answers, &answer, sizeof answer);
}

/* A sale that is recorded and printed, between all those that are not. */
static void sell(unsigned number)
{
    uint8_t code[LIMIT_CODE_CHARS + 1];
    struct token_claims claims = test_claims(0);
    bytes_put_u32(claims.cti, number);
    struct bytes text = test_code(&terminal.issuer, &claims, 'B', code);
    code[text.len] = '\0';
    nexo("Loyalty", number, "{" SALE "," BASKET "," ACCOUNT("BarCode", "@") "}",
         (const char *)code);
}

/* A frame of its own, so that what is left on the stack lies below whoever searches it. */
static __attribute__((noinline)) void walk(void)
{
    char text[ID_CHARS];
    for (unsigned i = 0; i < IDS; i++) {
        enum scrip_member_kind kind = id_make(i, text);
        seal(10 * IDS + i, kind, text);
        award(50 * IDS + i, kind, text);
        scan(20 * IDS + i, text);
        for (unsigned e = 0; e < sizeof echoes / sizeof *echoes; e++)
            nexo(echoes[e].category, 100000 + 100 * i + e, echoes[e].body, text);
        id_forget(text);
        if (i % 25 == 0)
            sell(40 * IDS + i);
        if (i % 5 == 0)
            settle();
    }
}

static void start_till(void)
{
    till_open(&till, &terminal.scrip, &terminal.hal, till_arena, sizeof till_arena, 0);
    nexo("Login", 1, "{'OperatorID':'7'}", "");
}

static void open_terminal(void)
{
    test_terminal_make(&terminal);
    (void)test_terminal_vault(&terminal, &vault);
    terminal.policy.max_offline_value_minor = 1000000;
    terminal.policy.per_member_per_day_minor = 1000000;
    terminal.policy.max_awards = 60000; /* the table is for fewer than a thousand */
    terminal.log.write = log_line;
    terminal.hal.display = &display_hal;
    terminal.hal.printer = &printer_hal;
    terminal.hal.till = &till_hal;
    terminal.hal.net = &net_hal;
    CHECK_STATUS(test_terminal_enroll(&terminal, 1), SCRIP_OK);
    start_till();
}

/* Searching -------------------------------------------------------------------------------------
 */

static void look(const char *place, const void *data, size_t len)
{
    unsigned here = ids_search(data, len);
    places++;
    found += here;
    printf("    %-16s %9zu bytes %4u found\n", place, len, here);
}

static void look_into(const char *place, const struct capture *capture)
{
    CHECK(!capture->lost);
    CHECK(capture->len > 0);
    look(place, capture->data, capture->len);
}

static void look_into_journal(void)
{
    /* At the API, and as one of the kinds of an account in nexo, at the least. */
    CHECK(agent_of(&terminal.scrip)->ledger.head_seq >= IDS / 25 + 2 * IDS);
    look_into("records, opened", &records);
}

/* All that this process can write to: its data, heap and stack. */
static void look_into_memory(void)
{
    static char line[512];
    FILE *maps = fopen("/proc/self/maps", "r");
    unsigned here = 0;
    size_t total = 0;
    if (maps == NULL) {
        CHECK(maps != NULL);
        return;
    }
    while (fgets(line, sizeof line, maps) != NULL) {
        char *end;
        uintptr_t low = strtoul(line, &end, 16), high = strtoul(end + 1, &end, 16);
        if (strncmp(end, " rw", 3) != 0 || strstr(line, "[v") != NULL)
            continue;
        here += ids_search((const void *)low, high - low);
        total += high - low;
    }
    (void)fclose(maps);
    places++;
    found += here;
    printf("    %-16s %9zu bytes %4u found\n", "process memory", total, here);
}

/* A search that finds nothing must have been able to find something. */
static void test_the_search_finds_what_is_there(void)
{
    char text[ID_CHARS];
    static char planted[256];
    for (unsigned i = 0; i < IDS; i++) {
        (void)id_make(i, text);
        (void)snprintf(planted, sizeof planted, "<%s>", text);
        CHECK_EQ_INT(ids_search(planted, sizeof planted), 1);
        planted[3] ^= 1;
        CHECK_EQ_INT(ids_search(planted, sizeof planted), 0);
    }
    bytes_wipe(planted, sizeof planted);
    id_forget(text);
    places = found = 0;
    (void)id_make(7, planted);
    look_into_memory();
    CHECK(found >= 1);
    id_forget(planted);
    places = found = 0;
}

static void test_no_identifier_is_left(void)
{
    open_terminal();
    walk();
    CHECK_STATUS(test_terminal_boot(&terminal), SCRIP_OK);
    start_till();
    message[0] = '\0';
    deliver(HAL_TILL_STATUS);
    CHECK_STATUS(scrip_sync_now(&terminal.scrip), SCRIP_OK);
    for (int i = 0; i < 5000; i++) {
        sim_rtc_advance(&terminal.rtc, 20);
        poll();
    }
    look_into_journal();
    scrip_close(&terminal.scrip);
    terminal.opened = false;
    look("flash: journal", terminal.journal.cells, terminal.journal.hal.size);
    look_into("seals", &sealed);
    look("flash: blobs", terminal.blobs.cells, terminal.blobs.hal.size);
    look_into("log", &logs);
    look_into("display", &screens);
    look_into("receipts", &paper);
    look_into("answers", &answers);
    look_into("events", &events);
    look_into("bodies", &wire);
    CHECK(memmem(wire.data, wire.len, "POST /v1/sync", 13) != NULL);
    CHECK(memmem(wire.data, wire.len, "\"rec\":\"", 7) != NULL);
    look_into_memory();
    CHECK_EQ_INT(found, 0);
    crypto_key_close(&vault);
    test_terminal_free(&terminal);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return ids_tool(argc, argv);
    ids_open();
    CHECK_RUN(test_the_search_finds_what_is_there);
    CHECK_RUN(test_no_identifier_is_left);
    printf("names: ids=%d places=%u found=%u\n", IDS, places, found);
    return check_done();
}
