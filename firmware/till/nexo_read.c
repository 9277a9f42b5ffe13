#include "till/nexo.h"

#include <string.h>

#include "base/text.h"

/* Amounts are read in millionths of a minor unit, of which binary fractions may be off by one. */
static const int64_t MILLION = 1000000;

static const struct category {
    const char *name, *body;
} categories[NEXO_CATEGORIES] = {
    [NEXO_LOGIN] = {"Login", "LoginRequest"},
    [NEXO_LOGOUT] = {"Logout", "LogoutRequest"},
    [NEXO_LOYALTY] = {"Loyalty", "LoyaltyRequest"},
    [NEXO_REVERSAL] = {"Reversal", "ReversalRequest"},
    [NEXO_TRANSACTION_STATUS] = {"TransactionStatus", "TransactionStatusRequest"},
    [NEXO_ABORT] = {"Abort", "AbortRequest"},
    [NEXO_DIAGNOSIS] = {"Diagnosis", "DiagnosisRequest"},
};

const char *nexo_category_name(enum nexo_category category)
{
    return categories[category].name;
}

static const char *last_part(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL ? dot + 1 : path;
}

static void copy_text(char *out, size_t size, struct bytes text)
{
    size_t len = text.len < size ? text.len : size - 1;
    if (len > 0)
        memcpy(out, text.data, len);
    out[len] = '\0';
}

enum scrip_status nexo_blame(struct nexo_problem *problem, enum scrip_status status,
                             const char *path, const char *what)
{
    struct buffer sentence = buffer_of(problem->sentence, sizeof problem->sentence - 1);

    problem->status = status;
    copy_text(problem->field, sizeof problem->field, bytes_text(path));
    if (path[0] != '\0') {
        buffer_put_text(&sentence, last_part(path));
        buffer_put_text(&sentence, " ");
    }
    buffer_put_text(&sentence, what);
    problem->sentence[sentence.len] = '\0';
    return status;
}

static enum scrip_status missing(struct nexo_problem *problem, const char *path)
{
    return nexo_blame(problem, SCRIP_REFUSED_ARGUMENT, path, "is missing");
}

static const struct json *find(const struct json *object, const char *path)
{
    return json_member(object, last_part(path));
}

enum scrip_status nexo_read_text(struct nexo_problem *problem, const struct json *object,
                                 const char *path, enum nexo_need need, char *out, size_t max)
{
    const struct json *node = find(object, path);
    struct bytes text;

    out[0] = '\0';
    if (node == NULL)
        return need == NEXO_OPTIONAL ? SCRIP_OK : missing(problem, path);
    if (!json_text(node, &text))
        return nexo_blame(problem, SCRIP_REFUSED_ARGUMENT, path, "is not a text");
    if (text.len == 0 && need == NEXO_REQUIRED)
        return nexo_blame(problem, SCRIP_REFUSED_ARGUMENT, path, "is empty");
    if (text.len > max)
        return nexo_blame(problem, SCRIP_REFUSED_TOO_LONG, path, "is too long");
    if (!text_is_utf8(text))
        return nexo_blame(problem, SCRIP_REFUSED_ARGUMENT, path, "has control characters");
    copy_text(out, max + 1, text);
    return SCRIP_OK;
}

enum scrip_status nexo_read_flag(struct nexo_problem *problem, const struct json *object,
                                 const char *path, bool *value)
{
    const struct json *node = find(object, path);

    if (node != NULL && !json_bool(node, value))
        return nexo_blame(problem, SCRIP_REFUSED_ARGUMENT, path, "is not true or false");
    return SCRIP_OK;
}

enum scrip_status nexo_read_amount(struct nexo_problem *problem, const struct json *object,
                                   const char *path, unsigned exponent, bool may_be_negative,
                                   int64_t *minor)
{
    const struct json *node = find(object, path);
    int64_t value; /* in millionths of a minor unit */
    bool exact;

    *minor = 0;
    if (node == NULL)
        return missing(problem, path);
    if (!json_decimal(node, exponent + 6, &value, &exact))
        return nexo_blame(problem, SCRIP_REFUSED_ARGUMENT, path, "is not a number");
    if (!may_be_negative && value < 0)
        return nexo_blame(problem, SCRIP_REFUSED_ARGUMENT, path, "is negative");
    if (value > INT32_MAX * MILLION || value < -INT32_MAX * MILLION)
        return nexo_blame(problem, SCRIP_REFUSED_ARGUMENT, path, "is out of range");
    int64_t whole = (value < 0 ? value - MILLION / 2 : value + MILLION / 2) / MILLION;
    int64_t off = value - whole * MILLION;
    if (off > 1 || off < -1)
        return nexo_blame(problem, SCRIP_REFUSED_ARGUMENT, path,
                          "has more digits than its currency");
    *minor = whole;
    return SCRIP_OK;
}

enum scrip_status nexo_read_word(struct nexo_problem *problem, const struct json *object,
                                 const char *path, const char *const *words, size_t *index)
{
    char word[40];

    TRY(nexo_read_text(problem, object, path, NEXO_REQUIRED, word, sizeof word - 1));
    for (*index = 0; words[*index] != NULL; (*index)++) {
        if (strcmp(words[*index], word) == 0)
            return SCRIP_OK;
    }
    return nexo_blame(problem, SCRIP_REFUSED_UNSUPPORTED, path, "has a value that is not offered");
}

/* Digits are the number itself below NEXO_NAMED; any other text is told apart by its checksum, from
 * there up: who it names is not recorded. */
enum scrip_status nexo_read_number(struct nexo_problem *problem, const struct json *object,
                                   const char *path, uint16_t *number)
{
    char text[41];
    uint64_t digits;

    TRY(nexo_read_text(problem, object, path, NEXO_OPTIONAL, text, sizeof text - 1));
    if (text[0] == '\0')
        return SCRIP_OK;
    if (text_uint(bytes_text(text), NEXO_NAMED - 1, &digits) == SCRIP_OK)
        *number = (uint16_t)digits;
    else
        *number = (uint16_t)(NEXO_NAMED | (bytes_crc32(0, text, strlen(text)) & (NEXO_NAMED - 1)));
    return SCRIP_OK;
}

static enum scrip_status read_header(const struct json *header, struct nexo_request *request)
{
    static const char *const classes[] = {"Service", NULL};
    static const char *const types[] = {"Request", NULL};
    struct nexo_problem *problem = &request->problem;
    char category[40];
    size_t index;

    if (header == NULL)
        return missing(problem, "MessageHeader");
    /* First what an answer needs, so that as much as possible can be answered. */
    TRY(nexo_read_text(problem, header, "MessageHeader.SaleID", NEXO_REQUIRED,
                       request->header.sale_id, LIMIT_SALE_ID));
    TRY(nexo_read_text(problem, header, "MessageHeader.ServiceID", NEXO_REQUIRED,
                       request->header.service_id, LIMIT_SERVICE_ID));
    TRY(nexo_read_text(problem, header, "MessageHeader.POIID", NEXO_REQUIRED,
                       request->header.poi_id, TILL_POI_ID));
    TRY(nexo_read_word(problem, header, "MessageHeader.MessageClass", classes, &index));
    TRY(nexo_read_word(problem, header, "MessageHeader.MessageType", types, &index));
    TRY(nexo_read_text(problem, header, "MessageHeader.MessageCategory", NEXO_REQUIRED, category,
                       sizeof category - 1));
    for (index = 0; index < NEXO_CATEGORIES; index++) {
        if (strcmp(categories[index].name, category) == 0) {
            request->header.category = (enum nexo_category)index;
            return SCRIP_OK;
        }
    }
    return nexo_blame(problem, SCRIP_REFUSED_UNSUPPORTED, "MessageHeader.MessageCategory",
                      "is a message that this terminal does not offer");
}

static enum scrip_status not_json(struct nexo_problem *problem, enum scrip_status status,
                                  size_t error_at)
{
    char what[64];
    struct buffer out = buffer_of(what, sizeof what - 1);

    if (status == SCRIP_FAULT_MEMORY)
        return nexo_blame(problem, SCRIP_REFUSED_TOO_LONG, "",
                          "The message has too many values: send fewer SaleItems");
    buffer_put_text(&out, "Not JSON, too deep, or a member twice: see byte ");
    buffer_put_decimal(&out, error_at);
    what[out.len] = '\0';
    return nexo_blame(problem, SCRIP_REFUSED_ARGUMENT, "", what);
}

enum scrip_status nexo_read(struct till *till, struct bytes text, const struct json **root,
                            struct nexo_request *request)
{
    const struct json *message;
    size_t error_at;
    enum scrip_status status;

    memset(request, 0, sizeof *request);
    request->header.category = NEXO_CATEGORIES;
    status = json_parse(text, till->arena, till->arena_len, root, &error_at);
    if (status != SCRIP_OK)
        return not_json(&request->problem, status, error_at);
    message = json_member(*root, "SaleToPOIRequest");
    if (message == NULL)
        return missing(&request->problem, "SaleToPOIRequest");
    TRY(read_header(json_member(message, "MessageHeader"), request));
    request->body = json_member(message, categories[request->header.category].body);
    if (!json_is_object(request->body))
        return missing(&request->problem, categories[request->header.category].body);
    return SCRIP_OK;
}
