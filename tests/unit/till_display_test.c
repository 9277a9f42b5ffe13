/*
 * A display that draws, beside a printer and without one: who shows a code, what does not fit, and
 * what the terminal's buttons do.
 */
#include "tests/check.h"
#include "tests/fake/agent.h"

#define TOTAL                                                                                      \
    "'LoyaltyTransaction':{'LoyaltyTransactionType':'Redemption','Currency':'EUR','TotalAmount':"  \
    "25.5}"
#define CODE                                                                                       \
    "'LoyaltyData':[{'LoyaltyAccountID':{'EntryMode':['Scanned'],'IdentificationType':'BarCode',"  \
    "'LoyaltyID':'SECRET-CODE'}}]"
#define SALE(type) "'SaleData':{" type "'SaleTransactionID':{'TransactionID':'T-9'}}"
#define REDEEM "{" SALE("") "," TOTAL "," CODE "}"
#define CHALLENGE "{" SALE("'TokenRequestedType':'Transaction',") "," TOTAL "}"

static struct {
    char lines[64]; /* as last shown, and "QR" behind them once a code is drawn */
    uint16_t side;
    uint8_t dark; /* the corner of a finder pattern */
    bool reply_was_out;
    enum scrip_status status;
} screen;

static enum scrip_status show(void *context, const char *line1, const char *line2,
                              enum hal_tone tone)
{
    (void)context;
    (void)tone;
    (void)snprintf(screen.lines, sizeof screen.lines, "%s|%s", line1, line2);
    return SCRIP_OK;
}

static enum scrip_status draw(void *context, const uint8_t *modules, uint16_t side)
{
    size_t len = strlen(screen.lines);

    (void)context;
    if (modules == NULL) {
        char *code = strstr(screen.lines, "|QR");
        if (code != NULL)
            *code = '\0';
        return screen.status;
    }
    if (screen.status != SCRIP_OK)
        return screen.status;
    screen.side = side;
    screen.dark = modules[0] & 1;
    screen.reply_was_out = link.reply[0] != '\0';
    (void)snprintf(screen.lines + len, sizeof screen.lines - len, "|QR");
    return SCRIP_OK;
}

/* Heights at which a module of version 1 is just a pixel, with its margin, and just is not. */
static const struct hal_display panel = {NULL, 128, 29, show, NULL, draw};
static const struct hal_display low = {NULL, 128, 28, show, NULL, draw};
static const struct hal_display text_only = {NULL, 0, 0, show, NULL, NULL};

static void begin(const struct hal_display *display)
{
    fake_open();
    fake_login();
    fake_hal.display = display;
    memset(&screen, 0, sizeof screen);
    agent.answer = (struct scrip_answer){.status = SCRIP_OK,
                                         .seq = 17,
                                         .epoch = 4,
                                         .amount_minor = 500,
                                         .currency = 978,
                                         .reference = "M1.S1.T1-4-17",
                                         .sale_id = "POS-7",
                                         .service_id = "S1",
                                         .transaction_id = "T-9",
                                         .line1 = "EUR 5.00 OFF"};
}

static void test_a_receipt_is_drawn_and_no_paper_wasted(void)
{
    begin(&panel);
    fake_nexo("Loyalty", "S1", REDEEM);
    CHECK_EQ_INT(screen.side, 21);
    CHECK_EQ_INT(screen.dark, 1);
    CHECK(screen.reply_was_out);
    CHECK_EQ_STRING(screen.lines, "|QR"); /* the lines are the agent's */
    CHECK_EQ_STRING(printer.paper, "");
}

static void test_without_a_printer_too(void)
{
    begin(&panel);
    fake_hal.printer = NULL;
    fake_nexo("Loyalty", "S1", REDEEM);
    CHECK_EQ_INT(screen.side, 21);
    /* A fault changes no answer. */
    screen.status = SCRIP_FAULT_DEVICE;
    agent.answer.seq = 18;
    fake_nexo("Loyalty", "S2", REDEEM);
    CHECK(strstr(link.reply, "\"Result\":\"Success\"") != NULL);
    CHECK_EQ_INT(agent.receipts, 2);
}

static void test_what_does_not_fit_is_printed(void)
{
    begin(&low);
    fake_nexo("Loyalty", "S1", REDEEM);
    CHECK_EQ_INT(screen.side, 0);
    CHECK_EQ_STRING(printer.paper, "EUR 5.00 OFF\nM1.S1.T1-4-17\nQR RECEIPTU17\nCUT\n");
    begin(&low);
    fake_nexo("Loyalty", "S1", CHALLENGE);
    CHECK_EQ_STRING(printer.paper, "QR SCCB-T-9\nCUT\n");
    /* The display's own word counts too. */
    begin(&panel);
    screen.status = SCRIP_REFUSED_TOO_LONG;
    fake_nexo("Loyalty", "S1", REDEEM);
    CHECK(strstr(printer.paper, "QR RECEIPTU17") != NULL);
}

static void test_a_display_of_text_leaves_codes_to_the_printer(void)
{
    begin(&text_only);
    fake_nexo("Loyalty", "S1", REDEEM);
    CHECK(strstr(printer.paper, "QR RECEIPTU17") != NULL);
    begin(&text_only);
    fake_hal.printer = NULL;
    fake_nexo("Loyalty", "S1", REDEEM);
    CHECK_EQ_INT(agent.receipts, 0);
}

/* What is on the display from the sale before is no caption for this one. */
static void test_a_challenge_has_its_caption(void)
{
    begin(&panel);
    (void)snprintf(screen.lines, sizeof screen.lines, "Already used|Do not retry");
    fake_nexo("Loyalty", "S6", CHALLENGE);
    CHECK_EQ_STRING(screen.lines, "Scan this|with the app|QR");
    CHECK_EQ_INT(screen.side, 21);
    CHECK_EQ_INT(screen.dark, 1);
    CHECK_EQ_STRING(printer.paper, "");
    CHECK_EQ_INT(till.challenge[0], 0);
    screen.status = SCRIP_FAULT_DEVICE;
    fake_nexo("Loyalty", "S7", CHALLENGE);
    CHECK(strstr(link.reply, "\"BarcodeValue\":\"SCCB-T-9\"") != NULL);
    CHECK_EQ_STRING(printer.paper, "QR SCCB-T-9\nCUT\n");
}

static struct {
    bool pressed;
    enum hal_button button;
} key;

static enum scrip_status read_key(void *context, enum hal_button *button)
{
    (void)context;
    if (!key.pressed)
        return SCRIP_AGAIN;
    key.pressed = false;
    *button = key.button;
    return SCRIP_OK;
}

static const struct hal_buttons keys = {NULL, read_key};

static void press(enum hal_button button)
{
    fake_hal.buttons = &keys;
    key.pressed = true;
    key.button = button;
    till_poll(&till);
}

static void test_confirm_takes_a_code_away(void)
{
    begin(&panel);
    fake_nexo("Loyalty", "S1", CHALLENGE);
    CHECK_EQ_STRING(screen.lines, "Scan this|with the app|QR");
    press(HAL_BUTTON_CONFIRM);
    CHECK_EQ_STRING(screen.lines, "Scan this|with the app");
    CHECK_EQ_INT(agent.aborts, 0);
    /* There may be nothing to take away, and no display. */
    press(HAL_BUTTON_CONFIRM);
    fake_hal.display = NULL;
    press(HAL_BUTTON_CONFIRM);
    CHECK_EQ_INT(agent.aborts + agent.syncs, 0);
}

static void test_cancel_undoes_the_sale_that_waits(void)
{
    begin(&panel);
    agent.answer.status = SCRIP_AGAIN;
    fake_nexo("Loyalty", "S1", REDEEM);
    /* Another till's, meanwhile, is told Busy: it is the last one, and not the one that runs. */
    agent.answer.status = SCRIP_REFUSED_BUSY;
    fake_nexo("Loyalty", "S2", REDEEM);
    agent.running = "S1";
    press(HAL_BUTTON_CANCEL);
    CHECK_EQ_INT(agent.aborts, 2);
    CHECK_EQ_STRING(agent.service_id, "S1");
    CHECK_EQ_STRING(screen.lines, "Cancelled|");
}

static void test_cancel_withdraws_a_challenge(void)
{
    begin(&panel);
    fake_nexo("Loyalty", "S1", CHALLENGE);
    agent.running = "S1";
    press(HAL_BUTTON_CANCEL);
    CHECK_EQ_INT(agent.aborts, 1);
    CHECK_EQ_STRING(screen.lines, "Cancelled|");
}

static void test_cancel_leaves_what_is_over(void)
{
    begin(&panel);
    fake_nexo("Loyalty", "S1", REDEEM);
    (void)snprintf(screen.lines, sizeof screen.lines, "EUR 5.00 OFF|Will sync|QR");
    agent.abort = SCRIP_REFUSED_STATE;
    press(HAL_BUTTON_CANCEL);
    CHECK_EQ_INT(agent.reverses, 0);
    CHECK_EQ_STRING(screen.lines, "EUR 5.00 OFF|Will sync");
    /* Who cannot read the receipt there has it on paper, once. */
    CHECK_EQ_STRING(printer.paper, "EUR 5.00 OFF\nM1.S1.T1-4-17\nQR RECEIPTU17\nCUT\n");
    press(HAL_BUTTON_CANCEL);
    CHECK_EQ_INT(agent.receipts, 2);
    /* Not one that has been read, and not an older one. */
    agent.answer.seq = 18;
    fake_nexo("Loyalty", "S2", REDEEM);
    press(HAL_BUTTON_CONFIRM);
    press(HAL_BUTTON_CANCEL);
    CHECK_EQ_INT(agent.receipts, 3);
    agent.answer.seq = 19;
    fake_nexo("Loyalty", "S3", REDEEM);
    agent.answer.seq = 0;
    agent.answer.status = SCRIP_REFUSED_USED;
    fake_nexo("Loyalty", "S4", REDEEM);
    press(HAL_BUTTON_CANCEL);
    CHECK_EQ_INT(agent.receipts, 4);
    /* Nothing has happened yet. */
    begin(&panel);
    agent.abort = SCRIP_REFUSED_ARGUMENT;
    press(HAL_BUTTON_CANCEL);
    CHECK_EQ_STRING(screen.lines, "");
}

static void test_a_supervisor_tries_the_host(void)
{
    begin(&panel);
    press(HAL_BUTTON_SUPERVISOR);
    CHECK_EQ_INT(agent.syncs, 1);
    till_poll(&till);
    CHECK_EQ_INT(agent.syncs, 1);
    CHECK_EQ_INT(agent.aborts, 0);
}

int main(void)
{
    CHECK_RUN(test_a_receipt_is_drawn_and_no_paper_wasted);
    CHECK_RUN(test_without_a_printer_too);
    CHECK_RUN(test_what_does_not_fit_is_printed);
    CHECK_RUN(test_a_display_of_text_leaves_codes_to_the_printer);
    CHECK_RUN(test_a_challenge_has_its_caption);
    CHECK_RUN(test_confirm_takes_a_code_away);
    CHECK_RUN(test_cancel_undoes_the_sale_that_waits);
    CHECK_RUN(test_cancel_withdraws_a_challenge);
    CHECK_RUN(test_cancel_leaves_what_is_over);
    CHECK_RUN(test_a_supervisor_tries_the_host);
    return check_done();
}
