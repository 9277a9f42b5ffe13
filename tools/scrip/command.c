#include "tools/scrip/command.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/currency.h"
#include "base/text.h"

int complain(int code, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    (void)fputs("scrip: ", stderr);
    (void)vfprintf(stderr, format, list);
    (void)fputc('\n', stderr);
    va_end(list);
    return code;
}

uint32_t time_now(void)
{
    return (uint32_t)time(NULL);
}

static const struct option *find_option(const struct command *command, const char *name)
{
    for (const struct option *option = command->options; option->name != NULL; option++)
        if (strcmp(option->name, name) == 0)
            return option;
    return NULL;
}

/* `--name value` and `--name=value`. */
static bool take_option(struct arguments *arguments, int argc, char **argv, int *at)
{
    const struct command *command = arguments->command;
    const char *given = argv[*at], *equals = strchr(given, '=');
    char name[32];
    size_t len = equals != NULL ? (size_t)(equals - given) : strlen(given);
    if (len >= sizeof name)
        len = sizeof name - 1;
    memcpy(name, given, len);
    name[len] = '\0';

    const struct option *option = find_option(command, name);
    if (option == NULL) {
        (void)misuse("%s has no option %s (scrip help %s)", command->name, name, command->name);
        return false;
    }
    const char **value = &arguments->value[option - command->options];
    if (*value != NULL) {
        (void)misuse("%s is given twice", name);
        return false;
    }
    if ((option->value == NULL) != (equals == NULL) && option->value == NULL) {
        (void)misuse("%s takes no value", name);
        return false;
    }
    if (option->value == NULL) {
        *value = option->name;
    } else if (equals != NULL) {
        *value = equals + 1;
    } else if (*at + 1 < argc) {
        *value = argv[++*at];
    } else {
        (void)misuse("%s needs %s", name, option->value);
        return false;
    }
    return true;
}

/* The synopsis begins with what is no option, each a word; a bar has other words for the same. */
static size_t most_arguments(const struct command *command)
{
    size_t most = 0;
    for (const char *at = command->synopsis; *at != '\0'; most++) {
        size_t len = strcspn(at, " ");
        if (strncmp(at, "--", 2) == 0 || strncmp(at, "[--", 3) == 0 || *at == '(' || *at == '|')
            break;
        if (len > 2 && strncmp(at + len - 2, "..", 2) == 0)
            return COMMAND_ARGUMENTS;
        at += len + strspn(at + len, " ");
    }
    return most;
}

bool command_parse(const struct command *command, int argc, char **argv,
                   struct arguments *arguments)
{
    memset(arguments, 0, sizeof *arguments);
    arguments->command = command;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) == 0) {
            if (!take_option(arguments, argc, argv, &i))
                return false;
        } else if (arguments->count < most_arguments(command)) {
            arguments->argument[arguments->count++] = argv[i];
        } else {
            (void)misuse("one argument too many: %s", argv[i]);
            return false;
        }
    }
    if (arguments->count < command->least) {
        (void)misuse("usage: scrip %s %s", command->name, command->synopsis);
        return false;
    }
    return true;
}

void command_help(const struct command *command)
{
    printf("scrip %s %s\n\n%s\n", command->name, command->synopsis, command->summary);
    if (command->options->name != NULL)
        printf("\n");
    for (const struct option *option = command->options; option->name != NULL; option++) {
        char left[40];
        (void)snprintf(left, sizeof left, "%s %s", option->name,
                       option->value != NULL ? option->value : "");
        printf("  %-26s %s\n", left, option->help);
    }
}

const char *option_text(const struct arguments *arguments, const char *name)
{
    const struct option *option = find_option(arguments->command, name);
    assert(option != NULL);
    return arguments->value[option - arguments->command->options];
}

bool option_given(const struct arguments *arguments, const char *name)
{
    return option_text(arguments, name) != NULL;
}

static bool malformed(const char *name, const char *text, const char *want)
{
    (void)misuse("%s %s: it must be %s", name, text, want);
    return false;
}

bool option_number(const struct arguments *arguments, const char *name, uint32_t max,
                   uint32_t *value)
{
    const char *text = option_text(arguments, name);
    char want[48];
    uint64_t number;
    if (text == NULL)
        return true;
    (void)snprintf(want, sizeof want, "a whole number, at most %lu", (unsigned long)max);
    if (text_uint(bytes_text(text), max, &number) != SCRIP_OK)
        return malformed(name, text, want);
    *value = (uint32_t)number;
    return true;
}

bool option_time(const struct arguments *arguments, const char *name, uint32_t *value)
{
    const char *text = option_text(arguments, name);
    uint64_t number;
    if (text == NULL)
        return true;
    bool relative = *text == '+' || *text == '-';
    if (text_uint(bytes_text(text + relative), UINT32_MAX, &number) != SCRIP_OK ||
        (relative && number > INT32_MAX))
        return malformed(name, text, "seconds since 1970, or +N or -N seconds from now");
    *value = (uint32_t)number;
    if (relative)
        *value = *text == '+' ? time_now() + *value : time_now() - *value;
    return true;
}

bool option_hex(const struct arguments *arguments, const char *name, uint8_t *value, size_t len)
{
    const char *text = option_text(arguments, name);
    struct buffer out = buffer_of(value, len);
    char want[48];
    if (text == NULL)
        return true;
    (void)snprintf(want, sizeof want, "%zu hex digits in lower case", 2 * len);
    if (text_hex_decode(bytes_text(text), &out) != SCRIP_OK || out.len != len)
        return malformed(name, text, want);
    return true;
}

bool option_amount(const struct arguments *arguments, const char *name, uint16_t currency,
                   uint32_t *minor)
{
    const char *text = option_text(arguments, name);
    const struct currency *known = currency_of_number(currency);
    if (text == NULL)
        return true;
    if (known == NULL || currency_get_amount(known, bytes_text(text), minor) != SCRIP_OK)
        return malformed(name, text, "an amount such as 5.00");
    return true;
}

bool option_currency(const struct arguments *arguments, const char *name, uint16_t *currency)
{
    const char *text = option_text(arguments, name);
    if (text == NULL)
        return true;
    const struct currency *known = currency_of_letters(bytes_text(text));
    if (known == NULL)
        return malformed(name, text, "three letters of a known currency, such as EUR");
    *currency = known->number;
    return true;
}

bool option_bits(const struct arguments *arguments, const char *name, const char *const *names,
                 uint32_t *bits)
{
    const char *text = option_text(arguments, name);
    if (text == NULL)
        return true;
    uint32_t sum = 0;
    for (const char *at = text; *at != '\0';) {
        size_t len = strcspn(at, ","), i = 0;
        while (names[i] != NULL && (strlen(names[i]) != len || memcmp(names[i], at, len) != 0))
            i++;
        if (names[i] == NULL) {
            char want[160] = "";
            for (i = 0; names[i] != NULL; i++)
                (void)snprintf(want + strlen(want), sizeof want - strlen(want), "%s%s",
                               i > 0 ? "," : "some of ", names[i]);
            return malformed(name, text, want);
        }
        sum |= 1u << i;
        at += len + (at[len] == ',');
    }
    *bits = sum;
    return true;
}
