/*
 * command: a command of the tool, its options, and what the user gave for them.
 *
 * Every command is one row of a table: name, arguments, options with their help. Help texts, the
 * check for unknown options and the exit codes follow from the table, so that no command has its
 * own.
 */
#ifndef TOOLS_SCRIP_COMMAND_H
#define TOOLS_SCRIP_COMMAND_H

#include "base/bytes.h"

/* Exit codes of the tool. */
enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_MISUSE = 2 };

enum { COMMAND_OPTIONS = 32, COMMAND_ARGUMENTS = 8 };

struct option {
    const char *name;  /* "--key" */
    const char *value; /* what its value is called in the help; NULL: a switch */
    const char *help;
};

struct arguments {
    const struct command *command;
    const char *argument[COMMAND_ARGUMENTS];
    size_t count;
    const char *value[COMMAND_OPTIONS]; /* by option; NULL: not given; a switch: its name */
};

struct command {
    const char *name;     /* "token mint" */
    const char *synopsis; /* "DIR [--list N]": as many arguments; "IMAGE..": COMMAND_ARGUMENTS */
    const char *summary;
    size_t least;                                  /* arguments required */
    const struct option *options;                  /* ended by a NULL name */
    int (*run)(const struct arguments *arguments); /* an exit code */
};

/* Fills arguments from argv, which starts behind the command's name. False: misused, and said. */
bool command_parse(const struct command *command, int argc, char **argv,
                   struct arguments *arguments);
void command_help(const struct command *command);

/* The option's value, or NULL. An option that the command does not have is a programming error. */
const char *option_text(const struct arguments *arguments, const char *name);
bool option_given(const struct arguments *arguments, const char *name);

/* The option's value in its form; *value is left alone where it is not given. False: malformed, and
 * said. Times are seconds since 1970, or +N and -N seconds from now. */
bool option_number(const struct arguments *arguments, const char *name, uint32_t max,
                   uint32_t *value);
bool option_time(const struct arguments *arguments, const char *name, uint32_t *value);
bool option_hex(const struct arguments *arguments, const char *name, uint8_t *value, size_t len);
bool option_amount(const struct arguments *arguments, const char *name, uint16_t currency,
                   uint32_t *minor);
bool option_currency(const struct arguments *arguments, const char *name, uint16_t *currency);

/* Comma-separated names of bits; names is ended by NULL, name i is bit i. */
bool option_bits(const struct arguments *arguments, const char *name, const char *const *names,
                 uint32_t *bits);

/* Prints "scrip: " and the text on stderr; the value is the exit code. */
int complain(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define refuse(...) complain(EXIT_REFUSED, __VA_ARGS__)
#define misuse(...) complain(EXIT_MISUSE, __VA_ARGS__)

uint32_t time_now(void);

#endif
