/* scrip: the tool of operators and developers. */
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "platform/posix/entropy.h"
#include "tools/scrip/commands.h"

static const struct command *const commands[] = {
    &command_token_mint,     &command_token_inspect,   &command_token_sample,
    &command_pki_init,       &command_pki_objects,     &command_pki_operators,
    &command_pki_revoke,     &command_terminal_enroll, &command_status,
    &command_sync_now,       &command_redeem,          &command_challenge,
    &command_reverse,        &command_receipt_verify,  &command_journal_dump,
    &command_journal_verify, &command_journal_stat,    &command_journal_export,
    &command_policy_explain, &command_vault_init,      &command_vault_rotate,
    &command_vault_prove,    &command_vault_open,      NULL,
};

/* How many words of argv are the command's name; 0: another command. */
static int match(const struct command *command, int argc, char **argv)
{
    const char *name = command->name;
    int words = 0;
    while (*name != '\0') {
        size_t len = strcspn(name, " ");
        if (words >= argc || strlen(argv[words]) != len || memcmp(argv[words], name, len) != 0)
            return 0;
        words++;
        name += len + (name[len] == ' ');
    }
    return words;
}

static const struct command *find(int argc, char **argv, int *words)
{
    for (int i = 0; commands[i] != NULL; i++) {
        *words = match(commands[i], argc, argv);
        if (*words > 0)
            return commands[i];
    }
    return NULL;
}

static void list(FILE *out)
{
    (void)fputs("usage: scrip COMMAND [..]\n\n", out);
    for (int i = 0; commands[i] != NULL; i++) {
        size_t line = strcspn(commands[i]->summary, "\n");
        (void)fprintf(out, "  %-16s %.*s\n", commands[i]->name, (int)line, commands[i]->summary);
    }
    (void)fputs(
        "\n`scrip help COMMAND` lists its options. Exit status: 0 done, 1 refused or failed,\n"
        "2 not understood.\n",
        out);
}

static int help(int argc, char **argv)
{
    int words;
    const struct command *command = find(argc, argv, &words);
    if (command != NULL)
        command_help(command);
    else if (argc == 0)
        list(stdout);
    else
        return misuse("no command %s (scrip help)", argv[0]);
    return EXIT_DONE;
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    int words;
    argc--;
    argv++;
    if (argc == 0) {
        list(stderr);
        return EXIT_MISUSE;
    }
    if (strcmp(argv[0], "help") == 0 || strcmp(argv[0], "--help") == 0)
        return help(argc - 1, argv + 1);
    const struct command *command = find(argc, argv, &words);
    if (command == NULL)
        return misuse("no command %s (scrip help)", argv[0]);
    if (argc > words && strcmp(argv[words], "--help") == 0)
        return help(words, argv);
    if (!command_parse(command, argc - words, argv + words, &arguments))
        return EXIT_MISUSE;
    enum scrip_status status = crypto_open(&posix_entropy);
    if (status != SCRIP_OK)
        return refuse("no cryptography: %s", scrip_status_text(status));
    int code = command->run(&arguments);
    if (fflush(stdout) != 0)
        return refuse("the output could not be written");
    return code;
}
