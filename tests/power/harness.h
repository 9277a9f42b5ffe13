/*
 * harness: cuts the power of a workload at every operation of its flash, with every kind of tear,
 * and has the workload compare what is left.
 *
 * For each cut: work until the power fails; then check, use, check. And once more from the same
 * cut, with a second cut at one of the first operations of the recovery. With FULL=1 all that is
 * done in 58 rounds instead of two, each with tears, second cuts and contents of its own. What a
 * workload finds wrong it reports by power_fail(); the harness adds where it was. The last lines
 * are `power: cuts=C nested=N lost=0 twice=0 corrupt=0 unmountable=0` and that of tests/check.h.
 */
#ifndef TESTS_POWER_HARNESS_H
#define TESTS_POWER_HARNESS_H

#include "platform/sim/flash.h"
#include "tests/check.h"

enum power_wrong { POWER_LOST, POWER_TWICE, POWER_CORRUPT, POWER_UNMOUNTABLE, POWER_WRONGS };

/*
 * context is copied and restored as bytes between runs: the model of what must be there, and the
 * devices' state. Pointers in it must point outside of it or to itself.
 */
struct power_workload {
    const char *name;
    struct sim_geometry geometry;
    struct sim_flash *flash;                                         /* opened by the harness */
    void (*watch)(uint32_t offset, const uint8_t *data, size_t len); /* NULL: nobody looks */
    void *context;
    size_t context_bytes;
    /* On an erased medium: what was there before. Nothing is cut. Nothing stays open. */
    void (*prepare)(void *context);
    /* Opens, works until all is done or a call fails because power has gone. */
    void (*work)(void *context);
    /* Power is back: opens, and compares all that must be there. Called with power about to fail,
     * too: then it returns early. thorough: also what is merely history. Leaves it open. */
    void (*check)(void *context, bool thorough);
    /* Goes on with what check has opened, until done or power fails. */
    void (*use)(void *context);
    /* Gives up what is open, as a power cut does. */
    void (*close)(void *context);
};

/* From 0: what a workload varies its contents by. */
extern unsigned power_round;

/* Reports one finding, as printf. */
void power_fail(enum power_wrong wrong, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* For a program that cuts by other means: counts a cut, and says what findings are of. */
void power_cut_at(const char *name, uint64_t cut, int tear);

/* Runs all cuts of one workload. */
void power_run(const struct power_workload *workload);

/* A key and nonce are used once: of all entries programmed in all runs, no two of one salt share a
 * place. Watches the journal's programs; counts as corrupt. */
void power_watch_keys(uint32_t offset, const uint8_t *data, size_t len);

/* Prints the last lines; the value is main's. */
int power_done(const char *file);

#endif
