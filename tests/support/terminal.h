/*
 * terminal: a whole simulated terminal for tests: the real agent on virtual devices, enrolled by a
 * back office of its own, without a network unless a test brings one.
 */
#ifndef TESTS_SUPPORT_TERMINAL_H
#define TESTS_SUPPORT_TERMINAL_H

#include "platform/sim/device.h"
#include "platform/sim/flash.h"
#include "redeem/member.h"
#include "redeem/policy.h"
#include "redeem/record.h"
#include "scrip.h"
#include "tests/support/issuer.h"

struct test_display {
    struct hal_display hal;
    char line1[HAL_DISPLAY_COLUMNS + 1], line2[HAL_DISPLAY_COLUMNS + 1];
    char banner[HAL_DISPLAY_COLUMNS + 1];
    enum hal_tone tone;
};

/* Delivers what code points to, once. */
struct test_scanner {
    struct hal_scanner hal;
    const char *code;
    size_t len;
};

struct test_terminal {
    struct test_issuer issuer;
    struct crypto_key root, other_root; /* both are pinned; the first signs at enrolment */
    struct policy policy; /* as signed at enrolment; change it before test_terminal_enroll() */
    struct sim_flash journal, blobs;
    struct sim_keystore keystore;
    struct sim_entropy entropy;
    struct sim_rtc rtc;
    struct test_display display;
    struct test_scanner scanner;
    struct hal_log log;
    struct hal hal;
    struct scrip scrip;
    bool opened;
    uint64_t arena[2048];
};

/* Devices blank, back office ready, clock at TEST_NOW_S; the agent is not open. */
void test_terminal_make(struct test_terminal *terminal);
void test_terminal_free(struct test_terminal *terminal);

/* A vault's key in the key set, before enrolment; the caller closes the private one. */
struct keyset_key *test_terminal_vault(struct test_terminal *terminal, struct crypto_key *vault);

/* Whom an award's record is sealed for, as the vault finds out at the host: from the record alone.
 * REFUSED_SHAPE: not an award by a raw identifier. Else as member_open(). */
enum scrip_status test_award_open(struct crypto_key vault, const struct record *record,
                                  struct member_id *id);

/* Powers the devices on again and opens the agent, as after a restart. */
enum scrip_status test_terminal_boot(struct test_terminal *terminal);

/* Boots, makes the request, issues the certificate and installs the bundle. */
enum scrip_status test_terminal_enroll(struct test_terminal *terminal, uint32_t epoch);

/* The key set (terminal->issuer.keys) or policy as it stands, signed by a root. */
struct bytes test_terminal_object(struct test_terminal *terminal, enum object_kind kind,
                                  struct crypto_key root, uint8_t *data, size_t cap);

/* make, enrol, and a clock that the policy believes. */
void test_terminal_open(struct test_terminal *terminal);

/* Mints code `number` (worth up to 5.00 euro, valid now) as text. */
struct bytes test_terminal_code(struct test_terminal *terminal, uint8_t number,
                                uint8_t out[LIMIT_CODE_CHARS]);

/* A sale of 20.00 euro whose ids end in `number`; two numbers make two sales. */
struct scrip_sale test_sale(unsigned number);

/* Polls until nothing is left to do at once, at most a thousand times. */
void test_terminal_settle(struct test_terminal *terminal);

#endif
