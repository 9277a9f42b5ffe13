/*
 * token_names: what people call the bits of a token, on the command line and in what is printed.
 */
#ifndef TOOLS_SCRIP_TOKEN_NAMES_H
#define TOOLS_SCRIP_TOKEN_NAMES_H

/* By bit number, ended by NULL: enum token_scope, enum token_flag. */
extern const char *const token_scope_names[];
extern const char *const token_flag_names[];

#endif
