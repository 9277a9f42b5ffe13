#include "tests/power/harness.h"

#include <stdarg.h>
#include <stdlib.h>

#include "store/journal_layout.h"

/* Where programming overwrites, a recovery begins with blanks: the fence comes after them. */
enum {
    NESTED_DEPTH = 8,
    NESTED_DEPTH_OVERWRITING = 24,
    SHOWN = 12,
    KEYS_SEEN = 1 << 21,
    ROUNDS = 2,
    FULL_ROUNDS = 58
};

unsigned power_round;

static const char *const tear_names[SIM_TEARS] = {"none",       "half",     "random", "full",
                                                  "collateral", "marginal", "weak"};

static struct {
    uint64_t cuts, nested, wrong[POWER_WRONGS];
    const char *name;
    uint64_t cut, second;
    enum sim_tear tear;
} state;

static uint64_t *keys_seen;
static uint64_t keys_count;

static uint64_t findings(void)
{
    uint64_t sum = 0;

    for (int i = 0; i < POWER_WRONGS; i++)
        sum += state.wrong[i];
    return sum;
}

void power_fail(enum power_wrong wrong, const char *format, ...)
{
    static const char *const names[POWER_WRONGS] = {"lost", "twice", "corrupt", "unmountable"};
    va_list arguments;

    state.wrong[wrong]++;
    if (findings() > SHOWN)
        return;
    printf("%s: %s, round %u, cut %" PRIu64 " %s, second %" PRIu64 ": ", names[wrong], state.name,
           power_round, state.cut, tear_names[state.tear], state.second);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

void power_cut_at(const char *name, uint64_t cut, int tear)
{
    state.name = name;
    state.cut = cut;
    state.tear = (enum sim_tear)tear;
    state.cuts++;
}

void power_watch_keys(uint32_t offset, const uint8_t *data, size_t len)
{
    uint64_t hash = 0xCBF29CE484222325u;

    if (len < LEAD_BYTES + CRYPTO_TAG_BYTES || data[1] < JOURNAL_DATA ||
        data[1] > (JOURNAL_BOOT | TYPE_COPIED))
        return;
    for (size_t i = HEADER_BYTES; i < LEAD_BYTES; i++)
        hash = (hash ^ data[i]) * 0x100000001B3u;
    hash = (hash ^ offset) * 0x9E3779B97F4A7C15u;
    hash ^= hash >> 29;
    hash |= 1;
    if (keys_seen == NULL && (keys_seen = calloc(KEYS_SEEN, sizeof *keys_seen)) == NULL)
        abort();
    uint64_t slot = hash % KEYS_SEEN;
    while (keys_seen[slot] != 0 && keys_seen[slot] != hash)
        slot = (slot + 1) % KEYS_SEEN;
    if (keys_seen[slot] == hash)
        power_fail(POWER_CORRUPT, "key and nonce used twice at offset %u", offset);
    if (keys_seen[slot] == 0 && ++keys_count > KEYS_SEEN / 2) {
        memset(keys_seen, 0, KEYS_SEEN * sizeof *keys_seen);
        keys_count = 0;
    }
    keys_seen[slot] = hash;
}

/* One life after a cut: what is there, going on, and what is there then. */
static void live_on(const struct power_workload *workload, bool thorough)
{
    workload->check(workload->context, thorough);
    workload->use(workload->context);
    workload->close(workload->context);
    workload->check(workload->context, thorough);
    workload->close(workload->context);
}

/* All cuts of one workload: every operation, every tear. The second cut's place goes round, so that
 * as many rounds have had it at each. */
static void cut_everywhere(const struct power_workload *workload, const struct sim_flash *start,
                           struct sim_flash *torn, uint64_t operations, const void *before,
                           void *after)
{
    struct sim_flash *flash = workload->flash;
    uint64_t k, j, runs = 0;
    uint64_t depth = flash->hal.needs_erase ? NESTED_DEPTH : NESTED_DEPTH_OVERWRITING;

    for (k = 1; k <= operations && findings() < SHOWN; k++) {
        for (int tear = 0; tear < SIM_TEARS; tear++) {
            state.cut = k;
            state.second = 0;
            state.tear = (enum sim_tear)tear;
            memcpy(workload->context, before, workload->context_bytes);
            sim_flash_copy(flash, start);
            flash->operations = 0;
            flash->seed = power_round * 100000000u + k * 1000 + (uint64_t)tear;
            flash->tear = state.tear;
            flash->cut_at = k;
            workload->work(workload->context);
            workload->close(workload->context);
            sim_flash_power_on(flash);
            state.cuts++;
            memcpy(after, workload->context, workload->context_bytes);
            sim_flash_copy(torn, flash);
            live_on(workload, runs++ % 16 == 0);

            j = 1 + (k + 3 * (uint64_t)tear + power_round) % depth;
            state.second = j;
            memcpy(workload->context, after, workload->context_bytes);
            sim_flash_copy(flash, torn);
            flash->operations = 0;
            flash->seed = power_round * 100000000u + k * 1000 + (uint64_t)tear + j * 1000000;
            flash->tear = (enum sim_tear)(((uint64_t)tear + k % 2 * 5 + power_round) % SIM_TEARS);
            flash->cut_at = j;
            workload->check(workload->context, false);
            if (!flash->off)
                workload->use(workload->context);
            workload->close(workload->context);
            sim_flash_power_on(flash);
            state.nested++;
            live_on(workload, runs++ % 16 == 0);
        }
    }
}

static uint64_t run_round(const struct power_workload *workload, uint8_t *before, uint8_t *after)
{
    struct sim_flash *flash = workload->flash;
    struct sim_flash start, torn;

    state.cut = state.second = 0;
    sim_flash_open(flash, &workload->geometry, 1);
    sim_flash_open(&start, &workload->geometry, 1);
    sim_flash_open(&torn, &workload->geometry, 1);
    workload->prepare(workload->context);
    flash->watch = workload->watch;
    memcpy(before, workload->context, workload->context_bytes);
    sim_flash_copy(&start, flash);
    flash->operations = 0;
    workload->work(workload->context);
    uint64_t operations = flash->operations;
    workload->close(workload->context);
    live_on(workload, true);
    cut_everywhere(workload, &start, &torn, operations, before, after);
    sim_flash_close(flash);
    sim_flash_close(&start);
    sim_flash_close(&torn);
    return operations;
}

void power_run(const struct power_workload *workload)
{
    const char *full = getenv("FULL");
    unsigned rounds = full != NULL && *full != '\0' ? FULL_ROUNDS : ROUNDS;
    uint8_t *before = malloc(workload->context_bytes);
    uint8_t *after = malloc(workload->context_bytes);
    uint64_t operations = 0;

    if (before == NULL || after == NULL)
        abort();
    state.name = workload->name;
    for (power_round = 0; power_round < rounds && findings() < SHOWN; power_round++)
        operations += run_round(workload, before, after);
    printf("%s: %" PRIu64 " operations\n", workload->name, operations);
    free(before);
    free(after);
}

int power_done(const char *file)
{
    uint64_t lives = state.cuts + state.nested;
    uint64_t wrong = findings();

    free(keys_seen);
    check_state.passed += wrong < lives ? (int)(lives - wrong) : 0;
    check_state.failed += (int)wrong;
    printf("power: cuts=%" PRIu64 " nested=%" PRIu64 " lost=%" PRIu64 " twice=%" PRIu64
           " corrupt=%" PRIu64 " unmountable=%" PRIu64 "\n",
           state.cuts, state.nested, state.wrong[POWER_LOST], state.wrong[POWER_TWICE],
           state.wrong[POWER_CORRUPT], state.wrong[POWER_UNMOUNTABLE]);
    return check_close(file);
}
