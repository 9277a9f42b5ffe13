/*
 * commands: the rows of the tool's command table, each in the file of its subject.
 */
#ifndef TOOLS_SCRIP_COMMANDS_H
#define TOOLS_SCRIP_COMMANDS_H

#include "tools/scrip/command.h"

extern const struct command command_token_mint;
extern const struct command command_token_inspect;
extern const struct command command_token_sample;
extern const struct command command_pki_init;
extern const struct command command_pki_objects;
extern const struct command command_pki_operators;
extern const struct command command_pki_revoke;
extern const struct command command_policy_explain;
extern const struct command command_vault_init;
extern const struct command command_vault_rotate;
extern const struct command command_vault_prove;
extern const struct command command_vault_open;
extern const struct command command_terminal_enroll;
extern const struct command command_journal_dump;
extern const struct command command_journal_export;
extern const struct command command_journal_stat;
extern const struct command command_journal_verify;
extern const struct command command_receipt_verify;
extern const struct command command_redeem;
extern const struct command command_challenge;
extern const struct command command_reverse;
extern const struct command command_status;
extern const struct command command_sync_now;

#endif
