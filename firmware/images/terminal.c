/*
 * terminal: the product: an agent, its till, and the board's loop.
 */
#include "boards/board.h"
#include "scrip.h"
#include "till/till.h"

enum {
    AGENT_ARENA_BYTES = SCRIP_AGENT_ARENA,
    BUILD_S = 1767225600 /* 2026-01-01, raised at each release: no clock is believed below it */
};

static struct scrip agent;
static struct till till;
/* The till's, and behind it the agent's. */
static uint64_t work_arena[(TILL_ARENA_BYTES + AGENT_ARENA_BYTES) / sizeof(uint64_t)];

static void say(const struct hal *hal, enum hal_log_level level, enum scrip_status status)
{
    hal->log->write(hal->log->context, level, scrip_status_text(status));
}

/* A terminal that is not enrolled, or whose journal is another's, still answers for enrolment. */
static bool can_run(enum scrip_status status)
{
    return status == SCRIP_OK || status == SCRIP_REFUSED_NOT_ENROLLED ||
           status == SCRIP_FAULT_FOREIGN;
}

int main(int argc, char **argv)
{
    const struct scrip_config config = {.arena = work_arena + TILL_ARENA_BYTES / sizeof *work_arena,
                                        .arena_len = AGENT_ARENA_BYTES,
                                        .build_s = BUILD_S};
    const struct hal *hal;
    uint32_t sleep_ms;
    enum scrip_status status = board_open(argc, argv, &hal);

    if (status != SCRIP_OK)
        return 1;
    status = scrip_open(&agent, hal, &config);
    if (!can_run(status)) {
        say(hal, HAL_LOG_ERROR, status);
        return 1;
    }
    till_open(&till, &agent, hal, work_arena, TILL_ARENA_BYTES, AGENT_ARENA_BYTES);
    do {
        till_poll(&till);
        /* A step that has nothing to do, or no terminal to do it on, is no reason to end. */
        status = scrip_poll(&agent, &sleep_ms);
        (void)status;
    } while (board_wait(sleep_ms));
    return 0;
}
