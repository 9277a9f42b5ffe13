#include "tools/scrip/till.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "tools/scrip/client.h"

enum {
    MESSAGE_BYTES = 16384,
    ANSWER_BYTES = 65536,
    ARENA_BYTES = 262144,
    TIMEOUT_S = 30,
    OPERATOR_CHARS = 40
};

bool till_take(const struct arguments *arguments, struct till *out)
{
    const char *socket_path = option_text(arguments, "--socket");
    const char *sale_id = option_text(arguments, "--sale-id");
    const char *service_id = option_text(arguments, "--service-id");
    const char *operator_id = option_text(arguments, "--operator");
    struct timespec now;
    *out = (struct till){.socket_path = socket_path != NULL ? socket_path : "scripd.sock",
                         .timeout_s = TIMEOUT_S,
                         .sale_id = sale_id != NULL ? sale_id : "POS1",
                         .operator_id = operator_id != NULL ? operator_id : "1"};
    if (service_id != NULL && (service_id[0] == '\0' || strlen(service_id) > 10)) {
        (void)misuse("--service-id %s: 1 to 10 characters", service_id);
        return false;
    }
    if (out->operator_id[0] == '\0' || strlen(out->operator_id) > OPERATOR_CHARS) {
        (void)misuse("--operator: 1 to %d characters", OPERATOR_CHARS);
        return false;
    }
    (void)clock_gettime(CLOCK_REALTIME, &now);
    uint64_t stamp = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    (void)snprintf(out->service_id, sizeof out->service_id, "%010llu",
                   (unsigned long long)(stamp % 10000000000u));
    if (service_id != NULL)
        (void)snprintf(out->service_id, sizeof out->service_id, "%s", service_id);
    return option_number(arguments, "--timeout-s", 3600, &out->timeout_s);
}

static void put_header(struct json_out *out, const struct till *till, const char *category,
                       const char *service_id)
{
    json_put_object(out, "MessageHeader");
    json_put_string(out, "MessageClass", "Service");
    json_put_string(out, "MessageCategory", category);
    json_put_string(out, "MessageType", "Request");
    json_put_string(out, "ServiceID", service_id);
    json_put_string(out, "SaleID", till->sale_id);
    json_put_string(out, "POIID", "SCRIP");
    json_end_object(out);
}

static void put_login(struct json_out *out, const struct till *till)
{
    char stamp[32];
    time_t now = time(NULL);
    struct tm parts;
    (void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &parts));
    json_put_object(out, "LoginRequest");
    json_put_string(out, "DateTime", stamp);
    json_put_string(out, "OperatorLanguage", "en");
    json_put_string(out, "OperatorID", till->operator_id);
    json_put_object(out, "SaleSoftware");
    json_put_string(out, "ManufacturerID", "scrip");
    json_put_string(out, "ApplicationName", "scrip");
    json_put_string(out, "SoftwareVersion", "1");
    json_put_string(out, "CertificationCode", "none");
    json_end_object(out);
    json_end_object(out);
}

/* One message and its answer. put NULL: a login. */
static enum scrip_status
exchange(const struct arguments *arguments, const struct till *till, const char *category,
         void (*put)(struct json_out *, const struct arguments *, const struct till *),
         struct client_answer *answer)
{
    static uint8_t message[MESSAGE_BYTES], memory[ANSWER_BYTES];
    struct buffer body = buffer_of(message, sizeof message);
    struct buffer received = buffer_of(memory, sizeof memory);
    struct json_out out;
    char login_id[16];
    (void)snprintf(login_id, sizeof login_id, "L%.9s", till->service_id + 1);
    json_out_open(&out, json_to_buffer, &body);
    json_put_object(&out, NULL);
    json_put_object(&out, "SaleToPOIRequest");
    put_header(&out, till, category, put != NULL ? till->service_id : login_id);
    if (put != NULL)
        put(&out, arguments, till);
    else
        put_login(&out, till);
    json_end_object(&out);
    json_end_object(&out);
    if (json_out_end(&out) != SCRIP_OK) {
        (void)refuse("the message is longer than %d bytes", MESSAGE_BYTES);
        return SCRIP_REFUSED_TOO_LONG;
    }
    return client_ask(till->socket_path, "POST", "/nexo", buffer_bytes(&body), till->timeout_s,
                      &received, answer);
}

/* The content of an answer: the one member of SaleToPOIResponse beside its header. */
static const struct json *content_of(const struct json *root)
{
    const struct json *response = json_member(root, "SaleToPOIResponse");
    const char *name;
    for (size_t i = 0; i < json_count(response); i++) {
        const struct json *member = json_member_at(response, i, &name);
        if (strcmp(name, "MessageHeader") != 0)
            return member;
    }
    return NULL;
}

static bool is_text(const struct json *node, const char *want)
{
    struct bytes text;
    return json_text(node, &text) && bytes_equal(text, bytes_text(want));
}

static void print_text(const char *label, const struct json *node)
{
    struct bytes text;
    if (json_text(node, &text))
        printf("%-10s %.*s\n", label, (int)text.len, (const char *)text.data);
}

/* The challenge of a sale that waits for its token. */
static const struct json *barcode_of(const struct json *content)
{
    const struct json *paper = json_element(json_member(content, "PaymentReceipt"), 0);
    return json_member(json_member(json_member(paper, "OutputContent"), "OutputBarcode"),
                       "BarcodeValue");
}

/* What a cashier would want to know of an answer, where it is in it. */
static void print_content(const struct json *content)
{
    const struct json *response = json_member(content, "Response");
    const struct json *transaction = json_member(json_member(content, "POIData"),
                                                 "POITransactionID");
    const struct json *result = json_member(content, "LoyaltyResult");
    if (json_is_array(result))
        result = json_element(result, 0);
    const struct json *amount = json_member(result, "LoyaltyAmount");
    int64_t cents;
    bool exact;
    print_text("result", json_member(response, "Result"));
    print_text("error", json_member(response, "ErrorCondition"));
    print_text("detail", json_member(response, "AdditionalResponse"));
    print_text("reference", json_member(transaction, "TransactionID"));
    if (json_decimal(json_member(amount, "AmountValue"), 2, &cents, &exact) ||
        json_decimal(json_member(amount, "Value"), 2, &cents, &exact) ||
        json_decimal(amount, 2, &cents, &exact))
        printf("%-10s %s%" PRId64 ".%02" PRId64 "\n", "amount", cents < 0 ? "-" : "",
               cents < 0 ? -cents / 100 : cents / 100, cents < 0 ? -cents % 100 : cents % 100);
    print_text("currency", json_member(amount, "Currency"));
    print_text("challenge", barcode_of(content));
}

/* Prints the answer unless it says LoggedOut and may be asked again. */
static int judge(const struct arguments *arguments, const struct client_answer *answer,
                 bool *logged_out)
{
    static uint8_t arena[ARENA_BYTES];
    const struct json *root;
    if (json_parse(answer->body, arena, sizeof arena, &root, NULL) != SCRIP_OK)
        return refuse("the answer is not JSON: HTTP %u %.*s", answer->code, (int)answer->body.len,
                      (const char *)answer->body.data);
    const struct json *content = content_of(root);
    const struct json *response = json_member(content, "Response");
    const struct json *result = json_member(response, "Result");
    bool again = logged_out != NULL &&
                 is_text(json_member(response, "ErrorCondition"), "LoggedOut");
    int code = is_text(result, "Success") || is_text(result, "Partial") ? EXIT_DONE : EXIT_REFUSED;
    if (logged_out != NULL)
        *logged_out = again;
    if (!again && (option_given(arguments, "--json") || content == NULL))
        printf("%.*s\n", (int)answer->body.len, (const char *)answer->body.data);
    else if (!again)
        print_content(content);
    json_close(root);
    return code;
}

int till_send(const struct arguments *arguments, const struct till *till, const char *category,
              void (*put)(struct json_out *out, const struct arguments *arguments,
                          const struct till *till))
{
    struct client_answer answer;
    bool logged_out = false;
    if (exchange(arguments, till, category, put, &answer) != SCRIP_OK)
        return EXIT_REFUSED;
    int code = judge(arguments, &answer, &logged_out);
    if (!logged_out)
        return code;
    if (exchange(arguments, till, "Login", NULL, &answer) != SCRIP_OK ||
        exchange(arguments, till, category, put, &answer) != SCRIP_OK)
        return EXIT_REFUSED;
    return judge(arguments, &answer, NULL);
}
