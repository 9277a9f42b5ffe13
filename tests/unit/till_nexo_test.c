/*
 * The nexo messages against a fake agent: what it is asked, and what the till reads.
 */
#include "tests/check.h"
#include "tests/fake/agent.h"

#define SALE                                                                                       \
    "'SaleData':{'SaleTransactionID':{'TransactionID':'T-9','TimeStamp':'2026-03-01T13:00'}}"
#define TOTAL                                                                                      \
    "'LoyaltyTransaction':{'LoyaltyTransactionType':'Redemption','Currency':'EUR','TotalAmount':"  \
    "25.5}"
#define CODE                                                                                       \
    "'LoyaltyAccountID':{'EntryMode':['Scanned'],'IdentificationType':'BarCode',"                  \
    "'LoyaltyID':'SECRET-CODE'}"
#define REDEEM "{" SALE "," TOTAL ",'LoyaltyData':[{" CODE "}]}"

static bool has(const char *text, const char *words)
{
    char quoted[400];

    (void)snprintf(quoted, sizeof quoted, "%s", words);
    for (char *at = quoted; *at != '\0'; at++) {
        if (*at == '\'')
            *at = '"';
    }
    if (strstr(text, quoted) != NULL)
        return true;
    printf("    no %s in %s\n", quoted, text);
    return false;
}

#define CHECK_REPLY(words) CHECK(has(link.reply, words))

static void approve(uint32_t seq)
{
    agent.answer = (struct scrip_answer){.status = SCRIP_OK,
                                         .seq = seq,
                                         .epoch = 4,
                                         .amount_minor = 500,
                                         .currency = 978,
                                         .time_s = 1772366400,
                                         .state = SCRIP_STATE_PENDING_SYNC,
                                         .depth = 3,
                                         .line1 = "EUR 5.00 OFF",
                                         .line2 = "Will sync"};
    (void)snprintf(agent.answer.reference, sizeof agent.answer.reference, "M1.S1.T1-4-%u", seq);
}

static void begin(void)
{
    fake_open();
    fake_login();
    CHECK_REPLY("'LoginResponse':{'Response':{'Result':'Success'");
    approve(17);
}

/* The one member that a request differs in, and how it is answered. */
static void refused(const char *body, const char *condition, const char *field)
{
    char words[120];

    agent.redeems = 0;
    fake_nexo("Loyalty", "S1", body);
    (void)snprintf(words, sizeof words, "'ErrorCondition':'%s'", condition);
    CHECK_REPLY(words);
    (void)snprintf(words, sizeof words, "&field=%s&message=", field);
    CHECK_REPLY(words);
    CHECK_EQ_INT(agent.redeems, 0);
}

static void test_a_redemption_asks_the_agent_and_answers_all_of_it(void)
{
    begin();
    fake_nexo("Loyalty", "S1", REDEEM);
    CHECK_EQ_INT(agent.redeems, 1);
    CHECK_EQ_STRING(agent.code, "SECRET-CODE");
    CHECK_EQ_STRING(agent.sale_id, "TILL-1");
    CHECK_EQ_STRING(agent.service_id, "S1");
    CHECK_EQ_STRING(agent.transaction_id, "T-9");
    CHECK_EQ_INT(agent.sale.total_minor, 2550);
    CHECK_EQ_INT(agent.sale.wanted_minor, 0);
    CHECK_EQ_INT(agent.sale.currency, 978);
    CHECK_EQ_INT(agent.sale.operator_number, 7);
    CHECK_EQ_INT(agent.sale.shift, 2);
    CHECK(!agent.sale.training);
    CHECK_REPLY("'MessageHeader':{'ProtocolVersion':'3.1','MessageClass':'Service',"
                "'MessageCategory':'Loyalty','MessageType':'Response','ServiceID':'S1',"
                "'SaleID':'TILL-1','POIID':'POS-7'}");
    CHECK_REPLY("'LoyaltyResponse':{'Response':{'Result':'Success',"
                "'AdditionalResponse':'code=OK&mode=offline&depth=3&state=8'}");
    CHECK_REPLY("'SaleData':{'SaleTransactionID':{'TransactionID':'T-9',"
                "'TimeStamp':'2026-03-01T13:00'}}");
    CHECK_REPLY("'POIData':{'POITransactionID':{'TransactionID':'M1.S1.T1-4-17',"
                "'TimeStamp':'2026-03-01T12:00:00Z'}}");
    CHECK_REPLY("'LoyaltyAmount':{'LoyaltyUnit':'Monetary','Currency':'EUR','AmountValue':5.00}");
    CHECK_REPLY("'LoyaltyID':'****'");
    CHECK(strstr(link.reply, "SECRET") == NULL);
}

static void test_the_receipt_is_printed_once_after_the_answer(void)
{
    begin();
    fake_nexo("Loyalty", "S1", REDEEM);
    CHECK_EQ_STRING(printer.paper, "EUR 5.00 OFF\nM1.S1.T1-4-17\nQR RECEIPTU17\nCUT\n");
    CHECK(printer.reply_was_out);
    fake_nexo("Loyalty", "S1", REDEEM);
    CHECK_EQ_INT(agent.receipts, 1);
    approve(18);
    fake_nexo("Loyalty", "S2", REDEEM);
    CHECK_EQ_INT(agent.receipts, 2);
    agent.answer.status = SCRIP_REFUSED_USED;
    fake_nexo("Loyalty", "S3", REDEEM);
    CHECK_EQ_INT(agent.receipts, 2);
    /* Sent again after a restart: perhaps it was printed then. */
    begin();
    till.opened_epoch = 4;
    till.opened_seq = 17;
    fake_nexo("Loyalty", "S1", REDEEM);
    CHECK_EQ_INT(strncmp(printer.paper, "COPY\nEUR", 8), 0);
}

static void test_a_dead_printer_changes_no_answer(void)
{
    begin();
    printer.status = SCRIP_FAULT_DEVICE;
    fake_nexo("Loyalty", "S1", REDEEM);
    CHECK_REPLY("'Result':'Success'");
    CHECK_EQ_STRING(printer.paper, "");
    printer.status = SCRIP_OK;
    printer.qr_status = SCRIP_FAULT_DEVICE; /* half a receipt is cut off */
    approve(18);
    fake_nexo("Loyalty", "S2", REDEEM);
    CHECK_REPLY("'Result':'Success'");
    CHECK_EQ_STRING(printer.paper, "EUR 5.00 OFF\nM1.S1.T1-4-18\nCUT\n");
}

static void test_both_spellings_are_read(void)
{
    begin();
    fake_nexo("Loyalty", "S1",
              "{" SALE "," TOTAL ",'LoyaltyData':{'LoyaltyAccountID':{'EntryMode':'Scanned',"
              "'IdentificationType':'QRCode','LoyaltyID':'C'},'LoyaltyAmount':{'LoyaltyUnit':"
              "'Monetary','Value':1.25}}}");
    CHECK_REPLY("'Result':'Success'");
    CHECK_EQ_INT(agent.sale.wanted_minor, 125);
    fake_nexo("Loyalty", "S2",
              "{" SALE "," TOTAL ",'LoyaltyData':[{'LoyaltyAccountID':{'EntryMode':['Mobile'],"
              "'IdentificationType':'QRCODE','LoyaltyID':'C'},'LoyaltyAmount':{'LoyaltyUnit':"
              "'Monetary','Currency':'EUR','AmountValue':2}}]}");
    CHECK_REPLY("'Result':'Success'");
    CHECK_EQ_INT(agent.sale.wanted_minor, 200);
}

static void test_items_and_conditions_reach_the_agent(void)
{
    begin();
    fake_nexo("Loyalty", "S1",
              "{" SALE ",'LoyaltyTransaction':{'LoyaltyTransactionType':'Redemption',"
              "'TotalAmount':10,'TransactionConditions':{'ForceOnlineFlag':true},'SaleItem':["
              "{'ItemID':0,'ProductCode':'APPLE','ItemAmount':12.5,'Quantity':1.5},"
              "{'ItemID':1,'ProductCode':'VOID','ItemAmount':-2.5}]}}");
    CHECK_REPLY("'Result':'Success'");
    CHECK(!agent.has_code); /* the terminal's own scanner is asked */
    CHECK_EQ_INT(agent.sale.mode, SCRIP_MODE_ONLINE_ONLY);
    CHECK_EQ_INT(agent.sale.item_count, 2);
    CHECK_EQ_STRING(agent.product_code, "APPLE");
    CHECK_EQ_INT(agent.items[0].quantity_milli, 1500);
    CHECK_EQ_INT(agent.items[0].amount_minor, 1250);
    CHECK_EQ_INT(agent.items[1].amount_minor, -250);
    CHECK_EQ_INT(agent.items[1].quantity_milli, 1000);
}

static void test_a_wrong_field_is_named(void)
{
#define TRANSACTION_WITH(total)                                                                    \
    "{" SALE ",'LoyaltyTransaction':{'LoyaltyTransactionType':"                                    \
    "'Redemption','TotalAmount':" total "}}"
#define DATA_WITH(data) "{" SALE "," TOTAL ",'LoyaltyData':" data "}"
    static const struct {
        const char *body, *condition, *field;
    } cases[] = {
        {"{" TOTAL "}", "MessageFormat", "SaleData.SaleTransactionID"},
        {"{'SaleData':{'SaleTransactionID':{'TransactionID':''}}," TOTAL "}", "MessageFormat",
         "SaleData.SaleTransactionID.TransactionID"},
        {"{'SaleData':{'SaleTransactionID':{'TransactionID':"
         "'0123456789012345678901234567890123456'}}," TOTAL "}",
         "MessageFormat", "SaleData.SaleTransactionID.TransactionID"},
        {"{" SALE "}", "MessageFormat", "LoyaltyTransaction"},
        {"{" SALE ",'LoyaltyTransaction':{'LoyaltyTransactionType':'AwardRefund','TotalAmount':1}}",
         "UnavailableService", "LoyaltyTransaction.LoyaltyTransactionType"},
        {TRANSACTION_WITH("'12'"), "MessageFormat", "LoyaltyTransaction.TotalAmount"},
        {TRANSACTION_WITH("-1"), "MessageFormat", "LoyaltyTransaction.TotalAmount"},
        {TRANSACTION_WITH("1.005"), "MessageFormat", "LoyaltyTransaction.TotalAmount"},
        {TRANSACTION_WITH("21474836.48"), "MessageFormat", "LoyaltyTransaction.TotalAmount"},
        {TRANSACTION_WITH("1e300"), "MessageFormat", "LoyaltyTransaction.TotalAmount"},
        {"{" SALE ",'LoyaltyTransaction':{'LoyaltyTransactionType':'Redemption','Currency':'XQX',"
         "'TotalAmount':1}}",
         "Refusal", "LoyaltyTransaction.Currency"},
        {TRANSACTION_WITH("1,'SaleItem':{}"), "MessageFormat", "LoyaltyTransaction.SaleItem"},
        {TRANSACTION_WITH("1,'SaleItem':[{'ItemAmount':1}]"), "MessageFormat",
         "LoyaltyTransaction.SaleItem.ProductCode"},
        {TRANSACTION_WITH("1,'SaleItem':[{'ProductCode':'A'}]"), "MessageFormat",
         "LoyaltyTransaction.SaleItem.ItemAmount"},
        {TRANSACTION_WITH("1,'TransactionConditions':{'ForceOnlineFlag':1}"), "MessageFormat",
         "LoyaltyTransaction.TransactionConditions.ForceOnlineFlag"},
        {DATA_WITH("[{" CODE "},{" CODE "}]"), "UnavailableService", "LoyaltyData"},
        {DATA_WITH("[3]"), "MessageFormat", "LoyaltyData"},
        {DATA_WITH("{'LoyaltyAccountID':{'IdentificationType':'BarCode','LoyaltyID':'C'}}"),
         "MessageFormat", "LoyaltyData.LoyaltyAccountID.EntryMode"},
        {DATA_WITH("{'LoyaltyAccountID':{'EntryMode':'Scanned','IdentificationType':"
                   "'PhoneNumber','LoyaltyID':'C'}}"),
         "UnavailableService", "LoyaltyData.LoyaltyAccountID.IdentificationType"},
        {DATA_WITH("{'LoyaltyAccountID':{'EntryMode':'Scanned','IdentificationType':'BarCode',"
                   "'LoyaltyID':5}}"),
         "MessageFormat", "LoyaltyData.LoyaltyAccountID.LoyaltyID"},
        {DATA_WITH("{'LoyaltyAmount':{'LoyaltyUnit':'Point','AmountValue':5}}"),
         "UnavailableService", "LoyaltyData.LoyaltyAmount.LoyaltyUnit"},
        {DATA_WITH("{'LoyaltyAmount':{'LoyaltyUnit':'Monetary','Currency':'USD','Value':5}}"),
         "Refusal", "LoyaltyData.LoyaltyAmount.Currency"},
        {DATA_WITH("{'LoyaltyAmount':{'LoyaltyUnit':'Monetary','Value':0}}"), "MessageFormat",
         "LoyaltyData.LoyaltyAmount"},
    };

    begin();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused(cases[i].body, cases[i].condition, cases[i].field);
}

static void test_amounts_that_binary_fractions_blur_are_whole(void)
{
    begin();
    fake_nexo("Loyalty", "S1", TRANSACTION_WITH("0.30000000000000004"));
    CHECK_EQ_INT(agent.sale.total_minor, 30);
    fake_nexo("Loyalty", "S2", TRANSACTION_WITH("1.1"));
    CHECK_EQ_INT(agent.sale.total_minor, 110);
    fake_nexo("Loyalty", "S3", TRANSACTION_WITH("21474836.47"));
    CHECK_EQ_INT(agent.sale.total_minor, INT32_MAX);
}

static void test_nobody_redeems_before_a_login_or_after_a_logout(void)
{
    fake_open();
    fake_nexo("Loyalty", "S1", REDEEM);
    CHECK_REPLY("'ErrorCondition':'LoggedOut'");
    fake_login();
    fake_nexo("Logout", "L2", "{}");
    CHECK_REPLY("'LogoutResponse':{'Response':{'Result':'Success'");
    fake_nexo("Loyalty", "S1", REDEEM);
    CHECK_REPLY("'ErrorCondition':'LoggedOut'");
    CHECK_EQ_INT(agent.redeems, 0);
}

static void test_training_and_names_of_operators(void)
{
    fake_open();
    fake_nexo("Login", "L1", "{'OperatorID':'Ann','ShiftNumber':'40000','TrainingModeFlag':true}");
    fake_nexo("Loyalty", "S1", REDEEM);
    CHECK(agent.sale.training);
    CHECK(agent.sale.operator_number >= 0x8000);
    CHECK(agent.sale.shift >= 0x8000);
    fake_nexo("Login", "L1", "{'TrainingModeFlag':'yes'}");
    CHECK_REPLY("field=TrainingModeFlag");
}

static void finish(const char *service, enum scrip_status status)
{
    agent.events[0] = (struct scrip_event){SCRIP_EVENT_FINISHED, agent.answer};
    agent.events[0].answer.status = status;
    (void)snprintf(agent.events[0].answer.sale_id, 21, "TILL-1");
    (void)snprintf(agent.events[0].answer.service_id, 11, "%s", service);
    agent.event_count = 1;
    till_poll(&till);
}

static void test_an_answer_that_comes_later_finds_its_till(void)
{
    begin();
    agent.answer.status = SCRIP_AGAIN;
    fake_nexo("Loyalty", "S1", REDEEM);
    CHECK_EQ_STRING(link.reply, "");
    uint32_t replies = link.replies;
    finish("S9", SCRIP_OK); /* another's */
    CHECK_EQ_INT(link.replies, replies);
    finish("S1", SCRIP_OK);
    CHECK_EQ_INT(link.replies, replies + 1);
    CHECK_REPLY("'Result':'Success'");
    CHECK_REPLY("'TimeStamp':'2026-03-01T13:00'");
    CHECK(strstr(printer.paper, "QR RECEIPTU17") != NULL);
    finish("S1", SCRIP_OK);
    CHECK_EQ_INT(link.replies, replies + 1);
}

static void test_more_than_can_wait_are_told_to_ask_again(void)
{
    begin();
    agent.answer.status = SCRIP_AGAIN;
    for (int i = 0; i < TILL_PENDING; i++)
        fake_nexo("Loyalty", "S1", REDEEM);
    CHECK_EQ_STRING(link.reply, "");
    fake_nexo("Loyalty", "S1", REDEEM);
    CHECK_REPLY("'ErrorCondition':'InProgress'");
    uint32_t replies = link.replies;
    finish("S1", SCRIP_REFUSED_EXPIRED);
    CHECK_EQ_INT(link.replies, replies + TILL_PENDING);
    CHECK_REPLY("'ErrorCondition':'Refusal','AdditionalResponse':'code=REFUSED_EXPIRED&");
}

static void test_a_reversal_undoes_the_whole(void)
{
#define REVERSE(more)                                                                              \
    "{'ReversalReason':'CustCancel','OriginalPOITransaction':{'POITransactionID':"                 \
    "{'TransactionID':'M1.S1.T1-4-17','TimeStamp':'2026-03-01T12:00:00Z'}}" more "}"
    begin();
    fake_nexo("Reversal", "R1", REVERSE(",'ReversedAmount':5"));
    CHECK_EQ_INT(agent.reverses, 1);
    CHECK_EQ_STRING(agent.reference, "M1.S1.T1-4-17");
    CHECK_EQ_INT(agent.sale.operator_number, 7);
    CHECK_REPLY("'ReversalResponse':{'Response':{'Result':'Success'");
    CHECK_REPLY("reversed=true");
    CHECK_REPLY("'ReversedAmount':5.00");
    CHECK_EQ_STRING(agent.badge, "");
    fake_nexo("Reversal", "RB", REVERSE(",'SaleData':{'OperatorID':'K3XBADGE'}"));
    CHECK_EQ_STRING(agent.badge, "K3XBADGE");
    CHECK(agent.sale.operator_number >= 0x8000);
    agent.reverses = 1;
    fake_nexo("Reversal", "R2", REVERSE(",'ReversedAmount':4.99"));
    CHECK_REPLY("field=ReversedAmount");
    fake_nexo("Reversal", "R3", "{'ReversalReason':'CustCancel'}");
    CHECK_REPLY("'ErrorCondition':'MessageFormat'");
    CHECK_REPLY("field=OriginalPOITransaction.POITransactionID.TransactionID");
    CHECK_EQ_INT(agent.reverses, 1);
    agent.answer.status = SCRIP_REFUSED_NOT_FOUND;
    fake_nexo("Reversal", "R4", REVERSE(""));
    CHECK_REPLY("'ErrorCondition':'NotFound'");
    CHECK_EQ_INT(agent.reverses, 1);
}

static void test_transaction_status_repeats_the_answer(void)
{
#define ASK "{'MessageReference':{'MessageCategory':'Loyalty','ServiceID':'S1','SaleID':'TILL-1'}"
    fake_open();
    approve(17);
    fake_nexo("TransactionStatus", "Q0", "{}");
    CHECK_REPLY("'ErrorCondition':'NotFound'");
    (void)snprintf(agent.answer.transaction_id, 37, "T-9");
    fake_nexo("TransactionStatus", "Q1", ASK "}");
    CHECK_EQ_STRING(agent.service_id, "S1");
    CHECK_REPLY("'TransactionStatusResponse':{'Response':{'Result':'Success'");
    CHECK_REPLY("'RepeatedMessageResponse':{'MessageHeader':{");
    CHECK_REPLY("'POITransactionID':{'TransactionID':'M1.S1.T1-4-17'");
    CHECK(strstr(link.reply, "PaymentReceipt") == NULL);
    fake_nexo("TransactionStatus", "Q2", ASK ",'ReceiptReprintFlag':true}");
    CHECK_REPLY("'OutputBarcode':{'BarcodeType':'QRCODE','BarcodeValue':'RECEIPTU17'}");
    CHECK_REPLY("'OutputText':[{'Text':'COPY'}]");
    agent.answer.status = SCRIP_REFUSED_USED;
    fake_nexo("TransactionStatus", "Q3", ASK "}");
    CHECK_REPLY("'TransactionStatusResponse':{'Response':{'Result':'Success'");
    CHECK_REPLY("'LoyaltyResponse':{'Response':{'Result':'Failure','ErrorCondition':'Refusal'");
    agent.answer.status = SCRIP_AGAIN;
    fake_nexo("TransactionStatus", "Q4", ASK "}");
    CHECK_REPLY("'ErrorCondition':'InProgress'");
    CHECK(strstr(link.reply, "RepeatedMessageResponse") == NULL);
}

static void test_transaction_status_without_a_reference_means_the_last(void)
{
    begin();
    fake_nexo("Loyalty", "S5", REDEEM);
    fake_nexo("TransactionStatus", "Q1", "{}");
    CHECK_EQ_STRING(agent.service_id, "S5");
    CHECK_REPLY("'RepeatedMessageResponse'");
}

static void test_abort_says_what_became_of_it(void)
{
#define ABORT "{'AbortReason':'cashier','MessageReference':{'ServiceID':'S1'}}"
    begin();
    fake_nexo("Abort", "A1", ABORT);
    CHECK_EQ_STRING(agent.service_id, "S1");
    CHECK_REPLY("'EventToNotify':'Abort'");
    agent.abort = SCRIP_REFUSED_STATE;
    fake_nexo("Abort", "A2", ABORT);
    CHECK_REPLY("'EventToNotify':'Completed'");
    agent.abort = SCRIP_REFUSED_NOT_FOUND;
    fake_nexo("Abort", "A3", ABORT);
    CHECK_REPLY("'EventToNotify':'Reject'");
    CHECK_REPLY("ErrorCondition=NotFound");
}

static void test_diagnosis_tells_the_state(void)
{
    begin();
    agent.page.state = SCRIP_STATE_HOST_UNREACHABLE | SCRIP_STATE_LATE_REFUSALS;
    agent.page.depth = 5;
    agent.page.oldest_age_s = 60;
    agent.page.offline_left_s = 100;
    fake_nexo("Diagnosis", "D1", "{'HostDiagnosisFlag':true}");
    CHECK_EQ_INT(agent.syncs, 1);
    CHECK_REPLY("'GlobalStatus':'OK'");
    CHECK_REPLY("'CommunicationOKFlag':false,'FraudPreventionFlag':true");
    CHECK_REPLY("'HostStatus':[{'AcquirerID':'M1.S1.T1','IsReachableFlag':false}]");
    CHECK_REPLY("depth=5&state=66&message=oldest_s 60, left_s 100, clock within_s 0");
    agent.page.state = SCRIP_STATE_SUSPENDED;
    fake_nexo("Diagnosis", "D2", "{}");
    CHECK_REPLY("'GlobalStatus':'Maintenance'");
    CHECK_REPLY("'CommunicationOKFlag':true");
    agent.page.state = SCRIP_STATE_OUT_OF_SERVICE;
    fake_nexo("Diagnosis", "D3", "{}");
    CHECK_REPLY("mode=offline");
    CHECK_REPLY("'CommunicationOKFlag':false");
    CHECK_EQ_INT(agent.syncs, 1);
}

static void rejected(const char *message, const char *words)
{
    fake_send(HAL_TILL_NEXO, message);
    CHECK_REPLY("'EventToNotify':'Reject'");
    CHECK_REPLY(words);
}

static void test_what_is_no_request_is_rejected(void)
{
    begin();
    rejected("", "ErrorCondition=MessageFormat");
    rejected("{\"SaleToPOIRequest\":", "see byte 20");
    rejected("{\"a\":1,\"a\":2}", "a member twice");
    rejected("[[[[[[[[[[[[[[1]]]]]]]]]]]]]]", "too deep");
    rejected("{}", "field=SaleToPOIRequest&message=SaleToPOIRequest is missing");
    rejected("{\"SaleToPOIRequest\":{}}", "field=MessageHeader");
    rejected("{\"SaleToPOIRequest\":{\"MessageHeader\":{\"SaleID\":\"0123456789012345678901\"}}}",
             "field=MessageHeader.SaleID&message=SaleID is too long");
    fake_nexo("Payment", "P1", "{}");
    CHECK_REPLY("'EventToNotify':'Reject'");
    CHECK_REPLY("ErrorCondition=UnavailableService");
    fake_nexo("Loyalty", "S1", "[]");
    CHECK_REPLY("'ErrorCondition':'MessageFormat'");
    CHECK_REPLY("field=LoyaltyRequest");
    CHECK_EQ_INT(agent.redeems, 0);
}

static void test_hostile_texts_come_back_as_json(void)
{
    begin();
    fake_nexo("Loyalty", "\\\"\\\\x", "{" SALE "}");
    CHECK_REPLY("'ServiceID':'\\'\\\\x'");
    fake_nexo("Loyalty", "S\\u0007", "{" SALE "}");
    CHECK_REPLY("field=MessageHeader.ServiceID&message=ServiceID has control characters");
}

static void test_events_go_to_the_till(void)
{
    static const struct {
        enum scrip_event_kind kind;
        enum scrip_status status;
        const char *name;
    } cases[] = {{SCRIP_EVENT_ONLINE, SCRIP_OK, "NetworkConnected"},
                 {SCRIP_EVENT_OFFLINE, SCRIP_OK, "NetworkDisconnected"},
                 {SCRIP_EVENT_LATE_REFUSAL, SCRIP_OK, "Reject"},
                 {SCRIP_EVENT_UNANSWERED, SCRIP_OK, "Completed"},
                 {SCRIP_EVENT_ALARM, SCRIP_FAULT_FORK, "SecurityAlarm"},
                 {SCRIP_EVENT_ALARM, SCRIP_FAULT_FLASH, "OutOfOrder"}};
    char words[80];

    begin();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        agent.events[0] = (struct scrip_event){cases[i].kind, agent.answer};
        agent.events[0].answer.status = cases[i].status;
        agent.event_count = 1;
        till_poll(&till);
        (void)snprintf(words, sizeof words, "'EventToNotify':'%s'", cases[i].name);
        CHECK(has(link.event, words));
        CHECK(has(link.event, "'TimeStamp':'2026-03-01T12:00:00Z'"));
        CHECK(has(link.event, "&reference=M1.S1.T1-4-17"));
    }
}

int main(void)
{
    CHECK_RUN(test_a_redemption_asks_the_agent_and_answers_all_of_it);
    CHECK_RUN(test_the_receipt_is_printed_once_after_the_answer);
    CHECK_RUN(test_a_dead_printer_changes_no_answer);
    CHECK_RUN(test_both_spellings_are_read);
    CHECK_RUN(test_items_and_conditions_reach_the_agent);
    CHECK_RUN(test_a_wrong_field_is_named);
    CHECK_RUN(test_amounts_that_binary_fractions_blur_are_whole);
    CHECK_RUN(test_nobody_redeems_before_a_login_or_after_a_logout);
    CHECK_RUN(test_training_and_names_of_operators);
    CHECK_RUN(test_an_answer_that_comes_later_finds_its_till);
    CHECK_RUN(test_more_than_can_wait_are_told_to_ask_again);
    CHECK_RUN(test_a_reversal_undoes_the_whole);
    CHECK_RUN(test_transaction_status_repeats_the_answer);
    CHECK_RUN(test_transaction_status_without_a_reference_means_the_last);
    CHECK_RUN(test_abort_says_what_became_of_it);
    CHECK_RUN(test_diagnosis_tells_the_state);
    CHECK_RUN(test_what_is_no_request_is_rejected);
    CHECK_RUN(test_hostile_texts_come_back_as_json);
    CHECK_RUN(test_events_go_to_the_till);
    return check_done();
}
