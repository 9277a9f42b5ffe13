#include "tools/scrip/print.h"

#include <stdio.h>
#include <time.h>

#include "base/currency.h"
#include "tools/scrip/command.h"

void print_text(const char *label, struct bytes text)
{
    printf("%-10s %.*s\n", label, (int)text.len, (const char *)text.data);
}

void print_hex(const char *label, struct bytes data)
{
    printf("%-10s ", label);
    for (size_t i = 0; i < data.len; i++)
        printf("%02x", data.data[i]);
    printf("\n");
}

void print_time(const char *label, uint32_t t_s, uint32_t now_s)
{
    char text[32];
    time_t t = (time_t)t_s;
    struct tm parts;
    long age_s = (long)now_s - (long)t_s;
    (void)strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", gmtime_r(&t, &parts));
    printf("%-10s %s, %ld s %s\n", label, text, age_s < 0 ? -age_s : age_s,
           age_s < 0 ? "from now" : "ago");
}

void print_amount(const char *label, uint32_t minor, uint16_t currency)
{
    uint8_t memory[24];
    struct buffer amount = buffer_of(memory, sizeof memory);
    const struct currency *known = currency_of_number(currency);
    if (known != NULL)
        currency_put_amount(known, minor, &amount);
    else
        buffer_put_decimal(&amount, minor);
    printf("%-10s %.*s ", label, (int)amount.len, (const char *)memory);
    if (known != NULL)
        printf("%s\n", known->letters);
    else
        printf("minor units of currency %u\n", currency);
}

void print_bits(const char *label, uint32_t bits, const char *const *names)
{
    printf("%-10s", label);
    for (unsigned i = 0; names[i] != NULL; i++)
        if ((bits >> i & 1) != 0)
            printf(" %s", names[i]);
    printf("%s\n", bits == 0 ? " none" : "");
}

int print_verdict(enum scrip_status status, const char *meaning)
{
    if (status == SCRIP_OK) {
        printf("%-10s OK: %s\n", "verdict", meaning);
        return EXIT_DONE;
    }
    printf("%-10s %s: %s\n", "verdict", scrip_status_name(status), scrip_status_text(status));
    return EXIT_REFUSED;
}
