#include "agent/request.h"

#include <string.h>

#include "base/text.h"

static enum scrip_status blame(char detail[80], const char *field, const char *problem,
                               enum scrip_status status)
{
    struct buffer out = buffer_of(detail, 79);
    buffer_put_text(&out, field);
    buffer_put_text(&out, " ");
    buffer_put_text(&out, problem);
    detail[out.len] = '\0';
    return status;
}

/* Length without ever reading beyond max + 1 bytes. */
static size_t bounded_length(const char *text, size_t max)
{
    size_t len = 0;
    while (len <= max && text[len] != '\0')
        len++;
    return len;
}

static enum scrip_status copy_id(const char *text, size_t max, char *out, const char *field,
                                 char detail[80])
{
    size_t len;

    if (text == NULL || text[0] == '\0')
        return blame(detail, field, "is missing", SCRIP_REFUSED_ARGUMENT);
    len = bounded_length(text, max);
    if (len > max)
        return blame(detail, field, "is too long", SCRIP_REFUSED_TOO_LONG);
    if (!text_is_utf8(bytes_of(text, len)))
        return blame(detail, field, "is not plain text", SCRIP_REFUSED_ARGUMENT);
    memcpy(out, text, len + 1);
    return SCRIP_OK;
}

static enum scrip_status read_items(const struct scrip_sale *sale, struct sale *out,
                                    char detail[80])
{
    struct sale_lines lines;
    enum scrip_status status;

    if (sale->item_count > LIMIT_ITEMS)
        return blame(detail, "SaleItem", "has too many entries", SCRIP_REFUSED_TOO_LONG);
    for (size_t i = 0; i < sale->item_count; i++) {
        const char *code = sale->items[i].product_code;
        if (code == NULL || bounded_length(code, LIMIT_PRODUCT_CODE) > LIMIT_PRODUCT_CODE)
            return blame(detail, "SaleItem.ProductCode", "is missing or too long",
                         SCRIP_REFUSED_ARGUMENT);
        if (!text_is_utf8(bytes_text(code)))
            return blame(detail, "SaleItem.ProductCode", "is not plain text",
                         SCRIP_REFUSED_ARGUMENT);
    }
    TRY(sale_lines_start(&lines, sale->item_count));
    for (size_t i = 0; i < sale->item_count; i++) {
        const struct scrip_item *item = &sale->items[i];
        status = sale_lines_add(&lines, bytes_text(item->product_code), item->quantity_milli,
                                item->amount_minor);
        if (status != SCRIP_OK) {
            enum scrip_status ended = sale_lines_finish(&lines, out->lines);
            (void)ended; /* the first failure is the one to tell */
            return status;
        }
    }
    return sale_lines_finish(&lines, out->lines);
}

enum scrip_status request_read(const struct agent *agent, const struct scrip_sale *sale,
                               struct sale *out, char detail[80])
{
    memset(out, 0, sizeof *out);
    detail[0] = '\0';
    TRY(copy_id(sale->sale_id, LIMIT_SALE_ID, out->sale_id, "SaleID", detail));
    TRY(copy_id(sale->service_id, LIMIT_SERVICE_ID, out->service_id, "ServiceID", detail));
    TRY(copy_id(sale->transaction_id, LIMIT_TRANSACTION_ID, out->transaction_id,
                "SaleTransactionID", detail));

    if (sale->total_minor == 0 || sale->total_minor > INT32_MAX)
        return blame(detail, "TotalAmount", "is zero or out of range", SCRIP_REFUSED_ARGUMENT);
    if (agent->policy.seq != 0 && sale->currency != agent->policy.currency)
        return blame(detail, "Currency", "is not this terminal's", SCRIP_REFUSED_CURRENCY);
    if ((unsigned)sale->mode > SCRIP_MODE_OFFLINE)
        return blame(detail, "mode", "is unknown", SCRIP_REFUSED_ARGUMENT);
    if (sale->item_count != 0 && sale->items == NULL)
        return blame(detail, "SaleItem", "is missing", SCRIP_REFUSED_ARGUMENT);

    out->total_minor = sale->total_minor;
    out->wanted_minor = sale->wanted_minor;
    out->currency = sale->currency;
    out->operator_number = sale->operator_number;
    out->shift = sale->shift;
    out->training = sale->training;
    switch (sale->mode) {
    case SCRIP_MODE_ANY:
        out->mode = SALE_ANY;
        break;
    case SCRIP_MODE_ONLINE_ONLY:
        out->mode = SALE_ONLINE_ONLY;
        break;
    case SCRIP_MODE_OFFLINE:
        out->mode = SALE_OFFLINE;
        break;
    }
    return read_items(sale, out, detail);
}

static void copy_or_empty(const char *text, size_t max, char *out)
{
    size_t len = text == NULL ? 0 : bounded_length(text, max);
    if (len > max)
        len = 0;
    if (len != 0)
        memcpy(out, text, len);
    out[len] = '\0';
}

void request_ids(const char *sale_id, const char *service_id, const char *transaction_id,
                 struct request_ids *ids)
{
    copy_or_empty(sale_id, LIMIT_SALE_ID, ids->sale_id);
    copy_or_empty(service_id, LIMIT_SERVICE_ID, ids->service_id);
    copy_or_empty(transaction_id, LIMIT_TRANSACTION_ID, ids->transaction_id);
}

void request_sale_ids(const struct sale *sale, struct request_ids *ids)
{
    request_ids(sale->sale_id, sale->service_id, sale->transaction_id, ids);
}
