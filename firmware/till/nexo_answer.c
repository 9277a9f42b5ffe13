#include "till/nexo.h"

#include <string.h>

enum { TIME_CHARS = 20, ADDITIONAL_CHARS = 400 };

static const char PROTOCOL_VERSION[] = "3.1";

/* Days since 1970-01-01 as a date of the Gregorian calendar, counted in eras of 400 years that
 * begin on a first of March. */
static void civil(uint32_t days, uint32_t *year, uint32_t *month, uint32_t *day)
{
    uint32_t shifted = days + 719468;
    uint32_t era = shifted / 146097;
    uint32_t of_era = shifted % 146097;
    uint32_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint32_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t from_march = (5 * of_year + 2) / 153;

    *day = of_year - (153 * from_march + 2) / 5 + 1;
    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    *year = era * 400 + year_of_era + (*month <= 2 ? 1 : 0);
}

static void put_two(struct buffer *out, uint32_t value, char before)
{
    if (before != '\0')
        buffer_put_byte(out, (uint8_t)before);
    buffer_put_byte(out, (uint8_t)('0' + value / 10));
    buffer_put_byte(out, (uint8_t)('0' + value % 10));
}

/* ISO 8601, UTC. An unknown time is the beginning of 1970: the schema wants one. */
static void put_time(struct json_out *out, const char *name, uint32_t time_s)
{
    uint8_t memory[TIME_CHARS];
    struct buffer text = buffer_of(memory, sizeof memory);
    uint32_t year, month, day, of_day = time_s % 86400;

    civil(time_s / 86400, &year, &month, &day);
    put_two(&text, year / 100, '\0');
    put_two(&text, year % 100, '\0');
    put_two(&text, month, '-');
    put_two(&text, day, '-');
    put_two(&text, of_day / 3600, 'T');
    put_two(&text, of_day / 60 % 60, ':');
    put_two(&text, of_day % 60, ':');
    buffer_put_byte(&text, 'Z');
    json_put_text(out, name, buffer_bytes(&text));
}

static void put_header(struct json_out *out, const struct nexo_header *header)
{
    json_put_object(out, "MessageHeader");
    json_put_string(out, "ProtocolVersion", PROTOCOL_VERSION);
    json_put_string(out, "MessageClass", "Service");
    json_put_string(out, "MessageCategory", nexo_category_name(header->category));
    json_put_string(out, "MessageType", "Response");
    json_put_string(out, "ServiceID", header->service_id);
    json_put_string(out, "SaleID", header->sale_id);
    json_put_string(out, "POIID", header->poi_id);
    json_end_object(out);
}

static void put_pair_uint(struct buffer *out, const char *name, uint32_t value)
{
    buffer_put_byte(out, '&');
    buffer_put_text(out, name);
    buffer_put_byte(out, '=');
    buffer_put_decimal(out, value);
}

/* Response: Result, ErrorCondition, and what stands behind them as name=value pairs. */
static void put_response(struct json_out *out, const struct scrip_answer *answer, const char *field)
{
    const char *condition = nexo_condition(answer->status);
    uint8_t memory[ADDITIONAL_CHARS];
    struct buffer text = buffer_of(memory, sizeof memory);

    nexo_put_pair(&text, "code", scrip_status_name(answer->status));
    nexo_put_pair(&text, "mode", answer->online ? "online" : "offline");
    put_pair_uint(&text, "depth", answer->depth);
    put_pair_uint(&text, "state", answer->state);
    if (answer->reversed)
        nexo_put_pair(&text, "reversed", "true");
    if (answer->late_refused)
        nexo_put_pair(&text, "late_refused", "true");
    if (field != NULL)
        nexo_put_pair(&text, "field", field);
    if (answer->detail[0] != '\0')
        nexo_put_pair(&text, "message", answer->detail);
    else if (condition != NULL)
        nexo_put_pair(&text, "message", scrip_status_text(answer->status));

    json_put_object(out, "Response");
    json_put_string(out, "Result", condition == NULL ? "Success" : "Failure");
    if (condition != NULL)
        json_put_string(out, "ErrorCondition", condition);
    json_put_text(out, "AdditionalResponse", buffer_bytes(&text));
    json_end_object(out);
}

static void begin(struct json_out *out, const struct nexo_header *header)
{
    json_put_object(out, NULL);
    json_put_object(out, "SaleToPOIResponse");
    put_header(out, header);
}

static void end(struct json_out *out)
{
    json_end_object(out);
    json_end_object(out);
}

static const char *const bodies[NEXO_CATEGORIES] = {
    [NEXO_LOGIN] = "LoginResponse",
    [NEXO_LOGOUT] = "LogoutResponse",
    [NEXO_LOYALTY] = "LoyaltyResponse",
    [NEXO_REVERSAL] = "ReversalResponse",
    [NEXO_TRANSACTION_STATUS] = "TransactionStatusResponse",
    [NEXO_DIAGNOSIS] = "DiagnosisResponse",
};

void nexo_put_response(struct json_out *out, const struct nexo_header *header,
                       const struct scrip_answer *answer, const char *field)
{
    begin(out, header);
    json_put_object(out, bodies[header->category]);
    put_response(out, answer, field);
    json_end_object(out);
    end(out);
}

/* The schema wants one also where nothing was recorded: its id is then empty. */
static void put_transaction(struct json_out *out, const char *name, const char *id, uint32_t time_s)
{
    json_put_object(out, name);
    json_put_string(out, "TransactionID", id);
    put_time(out, "TimeStamp", time_s);
    json_end_object(out);
}

static void put_poi_data(struct json_out *out, const struct scrip_answer *answer)
{
    json_put_object(out, "POIData");
    put_transaction(out, "POITransactionID", answer->reference, answer->time_s);
    json_end_object(out);
}

static void put_money(struct json_out *out, const char *name, const struct scrip_answer *answer)
{
    const struct currency *currency = currency_of_number(answer->currency);
    json_put_amount(out, name, answer->amount_minor, currency != NULL ? currency->exponent : 2);
}

/* The till's own time stamp where this answers its request, else the record's. */
static void put_sale_data(struct json_out *out, const struct nexo_header *header,
                          const struct scrip_answer *answer)
{
    json_put_object(out, "SaleData");
    json_put_object(out, "SaleTransactionID");
    json_put_string(out, "TransactionID", answer->transaction_id);
    if (header->time_stamp[0] != '\0')
        json_put_string(out, "TimeStamp", header->time_stamp);
    else
        put_time(out, "TimeStamp", answer->time_s);
    json_end_object(out);
    json_end_object(out);
}

static void put_loyalty_amount(struct json_out *out, const struct scrip_answer *answer)
{
    const struct currency *currency = currency_of_number(answer->currency);

    json_put_object(out, "LoyaltyAmount");
    json_put_string(out, "LoyaltyUnit", "Monetary");
    if (currency != NULL)
        json_put_string(out, "Currency", currency->letters);
    put_money(out, "AmountValue", answer);
    json_end_object(out);
}

/* The account is masked whatever it was: a code is money and a number names somebody. */
static void put_loyalty_result(struct json_out *out, const struct scrip_answer *answer)
{
    json_put_array(out, "LoyaltyResult");
    json_put_object(out, NULL);
    json_put_object(out, "LoyaltyAccount");
    json_put_object(out, "LoyaltyAccountID");
    json_put_string(out, "EntryMode", answer->sealed ? "Keyed" : "Scanned");
    json_put_string(out, "IdentificationType", answer->sealed ? "AccountNumber" : "BarCode");
    json_put_string(out, "LoyaltyID", "****");
    json_end_object(out);
    json_end_object(out);
    if (!answer->award)
        put_loyalty_amount(out, answer);
    json_end_object(out);
    json_end_array(out);
}

static void begin_paper(struct json_out *out, const char *qualifier, const char *format)
{
    json_put_object(out, NULL);
    json_put_string(out, "DocumentQualifier", qualifier);
    json_put_object(out, "OutputContent");
    json_put_string(out, "OutputFormat", format);
}

static void end_paper(struct json_out *out)
{
    json_end_object(out);
    json_end_object(out);
}

static void put_barcode(struct json_out *out, const char *qualifier, const char *text)
{
    begin_paper(out, qualifier, "BarCode");
    json_put_object(out, "OutputBarcode");
    json_put_string(out, "BarcodeType", "QRCODE");
    json_put_string(out, "BarcodeValue", text);
    json_end_object(out);
    end_paper(out);
}

/* A receipt that is asked for again says so above its code. */
static void put_copy(struct json_out *out, const char *receipt)
{
    json_put_array(out, "PaymentReceipt");
    begin_paper(out, "CustomerReceipt", "Text");
    json_put_array(out, "OutputText");
    json_put_object(out, NULL);
    json_put_string(out, "Text", "COPY");
    json_end_object(out);
    json_end_array(out);
    end_paper(out);
    put_barcode(out, "CustomerReceipt", receipt);
    json_end_array(out);
}

/* challenge: a QR text for the customer to answer, or NULL. */
static void put_loyalty_body(struct json_out *out, const struct nexo_header *header,
                             const struct scrip_answer *answer, const char *field,
                             const char *challenge)
{
    json_put_object(out, "LoyaltyResponse");
    put_response(out, answer, field);
    put_sale_data(out, header, answer);
    put_poi_data(out, answer);
    if (answer->status == SCRIP_OK)
        put_loyalty_result(out, answer);
    if (challenge != NULL) {
        json_put_array(out, "PaymentReceipt");
        put_barcode(out, "Document", challenge);
        json_end_array(out);
    }
    json_end_object(out);
}

void nexo_put_challenge(struct json_out *out, const struct nexo_header *header,
                        const struct scrip_answer *answer, const char *text)
{
    begin(out, header);
    put_loyalty_body(out, header, answer, NULL, text);
    end(out);
}

void nexo_put_loyalty(struct json_out *out, const struct nexo_header *header,
                      const struct scrip_answer *answer, const char *field)
{
    begin(out, header);
    put_loyalty_body(out, header, answer, field, NULL);
    end(out);
}

void nexo_put_reversal(struct json_out *out, const struct nexo_header *header, const char *original,
                       const struct scrip_answer *answer, const char *field)
{
    begin(out, header);
    json_put_object(out, "ReversalResponse");
    put_response(out, answer, field);
    put_poi_data(out, answer);
    json_put_object(out, "OriginalPOITransaction");
    put_transaction(out, "POITransactionID", original, answer->time_s);
    json_end_object(out);
    if (answer->status == SCRIP_OK && !answer->award)
        put_money(out, "ReversedAmount", answer);
    json_end_object(out);
    end(out);
}

/* Its own Response says whether the transaction was found; the transaction's is inside. */
void nexo_put_transaction_status(struct json_out *out, const struct nexo_header *header,
                                 const struct nexo_header *of, const struct scrip_answer *answer,
                                 const char *receipt)
{
    bool found = answer->status != SCRIP_AGAIN && answer->status != SCRIP_REFUSED_NOT_FOUND &&
                 answer->transaction_id[0] != '\0';
    struct scrip_answer outer = *answer;

    if (found) {
        outer.status = SCRIP_OK;
        outer.detail[0] = '\0';
    }
    begin(out, header);
    json_put_object(out, "TransactionStatusResponse");
    put_response(out, &outer, NULL);
    json_put_object(out, "MessageReference");
    json_put_string(out, "MessageCategory", nexo_category_name(NEXO_LOYALTY));
    json_put_string(out, "ServiceID", of->service_id);
    json_put_string(out, "SaleID", of->sale_id);
    json_end_object(out);
    if (found) {
        json_put_object(out, "RepeatedMessageResponse");
        put_header(out, of);
        put_loyalty_body(out, of, answer, NULL, NULL);
        json_end_object(out);
    }
    if (receipt != NULL)
        put_copy(out, receipt);
    json_end_object(out);
    end(out);
}

static const char *global_status(uint32_t state)
{
    return (state & (SCRIP_STATE_OUT_OF_SERVICE | SCRIP_STATE_SUSPENDED)) != 0 ? "Maintenance"
                                                                               : "OK";
}

void nexo_put_login(struct json_out *out, const struct nexo_header *header,
                    const struct scrip_answer *answer, const struct scrip_status_page *page)
{
    begin(out, header);
    json_put_object(out, "LoginResponse");
    put_response(out, answer, NULL);
    json_put_object(out, "POISystemData");
    put_time(out, "DateTime", page->time_s);
    json_put_object(out, "POISoftware");
    json_put_string(out, "ProviderIdentification", "Scrip");
    json_put_string(out, "ApplicationName", "Scrip");
    json_put_string(out, "SoftwareVersion", SCRIP_VERSION);
    json_end_object(out);
    json_put_object(out, "POIStatus");
    json_put_string(out, "GlobalStatus", global_status(page->state));
    json_put_bool(out, "CommunicationOKFlag", nexo_is_online(page->state));
    json_end_object(out);
    json_end_object(out);
    json_end_object(out);
    end(out);
}

/* What nexo has no member for: the queue, its age, the time left offline, the clock. */
static void put_diagnosis_response(struct json_out *out, const struct scrip_status_page *page)
{
    struct scrip_answer answer = {.status = SCRIP_OK};
    struct buffer detail = buffer_of(answer.detail, sizeof answer.detail - 1);

    answer.online = nexo_is_online(page->state);
    answer.state = page->state;
    answer.depth = page->depth;
    buffer_put_text(&detail, "oldest_s ");
    buffer_put_decimal(&detail, page->oldest_age_s);
    if (page->offline_left_s != UINT32_MAX) {
        buffer_put_text(&detail, ", left_s ");
        buffer_put_decimal(&detail, page->offline_left_s);
    }
    buffer_put_text(&detail, page->time_s == 0 ? ", clock unknown" : ", clock within_s ");
    if (page->time_s != 0)
        buffer_put_decimal(&detail, page->uncertainty_s);
    put_response(out, &answer, NULL);
}

void nexo_put_diagnosis(struct json_out *out, const struct nexo_header *header,
                        const struct scrip_status_page *page, bool printer_there,
                        const char *sale_id)
{
    bool reachable = nexo_is_online(page->state);
    bool suspicious = (page->state & (SCRIP_STATE_LATE_REFUSALS | SCRIP_STATE_SUSPENDED)) != 0;

    begin(out, header);
    json_put_object(out, "DiagnosisResponse");
    put_diagnosis_response(out, page);
    if (sale_id[0] != '\0') {
        json_put_array(out, "LoggedSaleID");
        json_put_string(out, NULL, sale_id);
        json_end_array(out);
    }
    json_put_object(out, "POIStatus");
    json_put_string(out, "GlobalStatus", global_status(page->state));
    if (printer_there)
        json_put_string(out, "PrinterStatus", "OK");
    json_put_bool(out, "CommunicationOKFlag", reachable);
    json_put_bool(out, "FraudPreventionFlag", suspicious);
    json_end_object(out);
    json_put_array(out, "HostStatus");
    json_put_object(out, NULL);
    json_put_string(out, "AcquirerID", page->identity);
    json_put_bool(out, "IsReachableFlag", reachable);
    json_end_object(out);
    json_end_array(out);
    json_end_object(out);
    end(out);
}

void nexo_put_event(struct json_out *out, const struct nexo_header *header, const char *event,
                    uint32_t time_s, const char *details)
{
    json_put_object(out, NULL);
    json_put_object(out, "SaleToPOIRequest");
    json_put_object(out, "MessageHeader");
    json_put_string(out, "ProtocolVersion", PROTOCOL_VERSION);
    json_put_string(out, "MessageClass", "Event");
    json_put_string(out, "MessageCategory", "Event");
    json_put_string(out, "MessageType", "Notification");
    json_put_string(out, "SaleID", header->sale_id);
    json_put_string(out, "POIID", header->poi_id);
    json_end_object(out);
    json_put_object(out, "EventNotification");
    put_time(out, "TimeStamp", time_s);
    json_put_string(out, "EventToNotify", event);
    if (details[0] != '\0')
        json_put_string(out, "EventDetails", details);
    json_end_object(out);
    json_end_object(out);
    json_end_object(out);
}
