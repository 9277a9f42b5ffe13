/* scrip pki operators */
#include <stdio.h>
#include <string.h>

#include "tools/scrip/commands.h"
#include "tools/scrip/pki.h"

enum { LIFE_S = 30 * 86400, BADGE_CHARS = 16 };

static const char *const role_names[] = {"reverse", "offline", NULL};

static struct operators_entry *find(struct pki_operators *operators, uint32_t number)
{
    for (size_t i = 0; i < operators->count; i++)
        if (operators->entry[i].number == number)
            return &operators->entry[i];
    return NULL;
}

/* Where the number belongs, moved up by one from there. NULL: there are too many. */
static struct operators_entry *insert(struct pki_operators *operators, uint32_t number)
{
    size_t place = 0;
    if (operators->count == OPERATORS_MAX)
        return NULL;
    while (place < operators->count && operators->entry[place].number < number)
        place++;
    memmove(&operators->entry[place + 1], &operators->entry[place],
            (operators->count - place) * sizeof operators->entry[0]);
    operators->count++;
    return &operators->entry[place];
}

/* Eighty random bits: the object lies in every terminal, so a code must not be one that is guessed.
 */
static enum scrip_status make_badge(char badge[BADGE_CHARS + 1])
{
    static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    uint8_t random[BADGE_CHARS];
    TRY(crypto_random(random, sizeof random));
    for (size_t i = 0; i < BADGE_CHARS; i++)
        badge[i] = letters[random[i] % 32];
    badge[BADGE_CHARS] = '\0';
    return SCRIP_OK;
}

static int add(const struct arguments *arguments, struct pki_operators *operators)
{
    uint32_t number = 0, roles = 0;
    char badge[BADGE_CHARS + 1];
    struct operators_entry *entry;
    if (!option_number(arguments, "--add", INT16_MAX, &number) ||
        !option_bits(arguments, "--may", role_names, &roles))
        return EXIT_MISUSE;
    if (number == 0 || roles == 0)
        return misuse("--add needs a number from 1, and --may what it may do");
    if ((entry = find(operators, number)) == NULL && (entry = insert(operators, number)) == NULL)
        return refuse("a list holds %d operators", OPERATORS_MAX);
    *entry = (struct operators_entry){.number = (uint16_t)number, .roles = (uint8_t)roles};
    if (option_given(arguments, "--without-badge"))
        return EXIT_DONE;
    entry->has_tag = true;
    if (make_badge(badge) != SCRIP_OK ||
        operators_tag(operators->salt, bytes_text(badge), entry->tag) != SCRIP_OK)
        return refuse("no randomness for a badge");
    printf("badge      %s\n", badge);
    return EXIT_DONE;
}

static int drop(const struct arguments *arguments, struct pki_operators *operators)
{
    uint32_t number = 0;
    if (!option_number(arguments, "--remove", UINT16_MAX, &number))
        return EXIT_MISUSE;
    struct operators_entry *entry = find(operators, number);
    if (entry == NULL)
        return refuse("there is no operator %lu on the list", (unsigned long)number);
    size_t place = (size_t)(entry - operators->entry);
    operators->count--;
    memmove(entry, entry + 1, (operators->count - place) * sizeof *entry);
    return EXIT_DONE;
}

static void print(const struct pki_operators *operators)
{
    for (size_t i = 0; i < operators->count; i++) {
        const struct operators_entry *entry = &operators->entry[i];
        printf("%-10u %s%s%s, %s\n", entry->number,
               (entry->roles & OPERATORS_REVERSE) != 0 ? "reverse" : "",
               entry->roles == (OPERATORS_REVERSE | OPERATORS_OFFLINE) ? "," : "",
               (entry->roles & OPERATORS_OFFLINE) != 0 ? "offline" : "",
               entry->has_tag ? "by badge" : "as the till says");
    }
    printf("operators %lu with %zu entries\n", (unsigned long)operators->seq, operators->count);
}

static int operators(const struct arguments *arguments)
{
    static struct pki_operators list;
    const char *dir = arguments->argument[0];
    bool adds = option_given(arguments, "--add"), drops = option_given(arguments, "--remove");
    struct keyset keys;
    uint32_t now_s = time_now(), life_s = LIFE_S;
    int code = EXIT_DONE;
    if (!option_number(arguments, "--operators-s", INT32_MAX, &life_s))
        return EXIT_MISUSE;
    if (pki_read_office(dir, &keys) != SCRIP_OK || pki_read_operators(dir, &list) != SCRIP_OK)
        return EXIT_REFUSED;
    if (drops)
        code = drop(arguments, &list);
    if (code == EXIT_DONE && adds)
        code = add(arguments, &list);
    if (code != EXIT_DONE)
        return code;
    list.seq++;
    if (pki_write_operators(dir, &keys, &list, now_s, now_s + life_s) != SCRIP_OK)
        return EXIT_REFUSED;
    print(&list);
    return EXIT_DONE;
}

static const struct option options[] = {
    {"--add", "N", "put this operator on the list, or change what is there"},
    {"--may", "ROLES", "of reverse, offline: take back what was approved, sell without the host"},
    {"--without-badge", NULL, "believe the till's OperatorID; else a badge is made and shown once"},
    {"--remove", "N", "take this operator off the list"},
    {"--operators-s", "SECONDS", "life of the list (30 days)"},
    {NULL, NULL, NULL},
};

const struct command command_pki_operators = {
    "pki operators",
    "DIR",
    "Issues the list of operators anew, and says who is on it. Once there is one, terminals let\n"
    "nobody else reverse a sale, or leave out the host.",
    1,
    options,
    operators,
};
